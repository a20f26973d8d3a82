"""Three days of a site, as its plan says: who was before which camera when, and which footage of it there is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from infra.models.train.attribute_labels import rendered_labels
from infra.rendered_site import captions
from infra.rendered_site.model import Klass
from infra.rendered_site.plan import Camera, Site, plan_site
from infra.rendered_site.routes import Leg, Route
from infra.rendered_site.stage import mesh_of

BERLIN = ZoneInfo("Europe/Berlin")
SIZE = (640, 360)
RATE = 4.0
"""Moments a second at which boxes are worked out."""
SETTLED_STEP = 15.0
"""Of what has come to a stop and stays, so many seconds apart."""
LEAST = 8.0
"""Pixels: what is smaller, nobody finds."""
AWAY = 2.0
"""Seconds out of view after which coming back is another appearance."""

SITES = {"north-gate": "works", "yard": "works", "lobby-door": "offices", "car-park": "offices", "south-gate": "works"}
"""Camera → the site's name. The last has never sent anything."""

ZONES = {
    "parking": ("car-park", (0.25, 0.25, 0.62, 0.44)),
    "entrance": ("lobby-door", (0.6, 0.5, 1.0, 0.85)),
}
"""Zone → its camera and its left, top, right and bottom in shares of the view."""

_NAMES = UUID("01990000-0000-7000-8000-00000000beef")


def at(day: int, clock: str) -> datetime:
    """A time in March 2026, as a clock in Berlin shows it."""
    hour, minute = (int(part) for part in clock.split(":"))
    midnight = datetime(2026, 3, day, tzinfo=BERLIN)
    return midnight + timedelta(hours=hour, minutes=minute)


ASKED_AT = at(4, "20:00")
"""Wednesday evening: when all questions are asked."""

BLOCKS: tuple[tuple[int, datetime, float, int], ...] = (
    (101, at(2, "08:00"), 1200, 14),
    (102, at(2, "14:00"), 1200, 10),
    (103, at(3, "02:00"), 1800, 3),
    (104, at(3, "09:00"), 1200, 16),
    (105, at(3, "17:00"), 1200, 9),
    (106, at(4, "10:00"), 1200, 8),
    (107, at(4, "15:00"), 900, 6),
)
"""Seed, start, seconds, actors. In between nobody is there: that is planned, and so true."""

RECORDING = timedelta(hours=2)
FIRST, LAST = at(2, "00:00"), at(4, "20:00")
WITHHELD = (
    ("lobby-door", at(2, "14:00"), at(2, "16:00"), "missing"),
    ("car-park", at(3, "00:00"), at(4, "00:00"), "missing"),
    ("yard", at(3, "16:00"), at(3, "18:00"), "failed"),
    ("north-gate", at(4, "10:00"), at(4, "12:00"), "processing"),
)
"""Camera, from, until and why: of these there is no footage, or none that was examined."""
DONE_OF_PROCESSING = timedelta(minutes=10)
"""So much of the recording that is being processed is done."""


Step = tuple[float, float, float, float, float]
"""Seconds, left, top, right, bottom in shares of the frame."""


@dataclass(frozen=True)
class Recording:
    """A stretch of one camera's footage. `state`: ready, failed or processing."""

    id: UUID
    camera: str
    start: datetime
    end: datetime
    state: str


@dataclass(frozen=True)
class Appearance:
    """One object before one camera, from first to last sight.

    Attributes:
        path: seconds since `start`, left, top, right, bottom in shares of the frame.
        labels: as `person.upper_colour` → `red`; '' where it cannot be said.
        stays: came to a stop and did not go on.
    """

    actor: str
    camera: str
    klass: Klass
    start: datetime
    end: datetime
    path: tuple[Step, ...]
    labels: dict[str, str] = field(hash=False)
    stays: bool = False

    @property
    def seconds(self) -> float:
        """How long it was in view."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class World:
    """All that is true, and what of it can be known."""

    cameras: dict[str, UUID]
    recordings: tuple[Recording, ...]
    appearances: tuple[Appearance, ...]

    def examined(self, camera: str) -> list[tuple[datetime, datetime]]:
        """The footage of a camera that was examined."""
        return [
            (one.start, one.start + DONE_OF_PROCESSING if one.state == "processing" else one.end)
            for one in self.recordings
            if one.camera == camera and one.state != "failed"
        ]

    def known(self) -> tuple[Appearance, ...]:
        """What was seen in examined footage, cut at its edges."""
        return tuple(cut for one in self.appearances for cut in self._cut(one))

    def _cut(self, one: Appearance) -> Iterator[Appearance]:
        for start, end in _joined(self.examined(one.camera)):
            begin, until = max(one.start, start), min(one.end, end)
            if begin < until:
                yield clipped(one, begin, until)


def clipped(one: Appearance, begin: datetime, until: datetime) -> Appearance:
    """The part of an appearance between two moments."""
    offset, last = (begin - one.start).total_seconds(), (until - one.start).total_seconds()
    steps = [(step[0] - offset, *step[1:]) for step in one.path if offset <= step[0] <= last]
    path = steps or [(0.0, *one.path[0][1:])]
    return Appearance(one.actor, one.camera, one.klass, begin, until, tuple(path), one.labels, one.stays)


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


KEPT = Path(__file__).parents[1] / "results" / "questions-site.json"
"""Working out who is in view takes minutes, and always gives the same."""


def kept_world() -> World:
    """The suite's world, from the file where it was worked out before with the same plan."""
    plan = repr((BLOCKS, RATE, SETTLED_STEP, LEAST, AWAY))
    if KEPT.exists():
        written = msgspec.json.decode(KEPT.read_bytes(), type=tuple[str, tuple[Appearance, ...]])
        if written[0] == plan:
            return _world(written[1])
    world = build_world()
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_bytes(msgspec.json.encode((plan, world.appearances)))
    return world


def build_world(blocks: Sequence[tuple[int, datetime, float, int]] = BLOCKS) -> World:
    """The suite's world; always the same."""
    appearances: list[Appearance] = []
    for planned in planned_blocks(blocks):
        appearances += _appearances(planned, views())
    return _world(sorted(appearances, key=lambda one: (one.start, one.camera, one.actor)))


def views() -> tuple[Camera, ...]:
    """What the cameras look at, the same on all days."""
    return plan_site(BLOCKS[0][0], 4, 1.0, size=SIZE, actors=1, start=BLOCKS[0][1]).cameras


def planned_blocks(blocks: Sequence[tuple[int, datetime, float, int]] = BLOCKS) -> list[Site]:
    """Who goes where, block by block."""
    return [
        plan_site(seed, 4, seconds, size=SIZE, actors=actors, start=start) for seed, start, seconds, actors in blocks
    ]


def _world(appearances: Sequence[Appearance]) -> World:
    cameras = {name: uuid5(_NAMES, name) for name in SITES}
    return World(cameras, tuple(_recordings()), tuple(appearances))


def _recordings() -> Iterator[Recording]:
    for camera in list(SITES)[:-1]:
        start = FIRST
        while start < LAST:
            end = min(start + RECORDING, LAST)
            state = next((why for name, begin, until, why in WITHHELD if name == camera and begin <= start < until), "")
            if state != "missing":
                yield Recording(uuid5(_NAMES, f"{camera} {start}"), camera, start, end, state or "ready")
            start = end


def _appearances(site: Site, cameras: Sequence[Camera]) -> Iterator[Appearance]:
    views = {camera.name: camera for camera in cameras}
    for route in site.routes:
        for leg in route.legs:
            yield from _of_leg(site, views[leg.camera], route, leg)


def _of_leg(site: Site, camera: Camera, route: Route, leg: Leg) -> Iterator[Appearance]:
    actor, name = route.actor, f"{site.start:%d-%H}/{route.actor.id}"
    labels = rendered_labels(captions.attributes(actor, route.action))
    seen: dict[Klass, list[tuple[int, Step]]] = {}
    for number, clock in enumerate(_moments(leg, site.seconds)):
        standing = leg.standing(actor, clock)
        if standing is None:
            continue
        mesh = mesh_of(standing)
        pixels, depth = camera.layout.pinhole.project(mesh.vertices)
        if depth.min() < 0.25:
            continue
        for klass, begin, end in mesh.objects:
            low, high = pixels[begin:end].min(0), pixels[begin:end].max(0)
            left, top = (max(float(edge), 0.0) for edge in low[:2])
            right, bottom = (min(float(edge), float(size)) for edge, size in zip(high[:2], SIZE, strict=True))
            if right - left >= LEAST and bottom - top >= LEAST:
                box = (left / SIZE[0], top / SIZE[1], right / SIZE[0], bottom / SIZE[1])
                seen.setdefault(Klass(klass), []).append((number, (clock, *box)))
    for klass, steps in seen.items():
        subject = "person." if klass is Klass.PERSON else "vehicle."
        own = {key: value for key, value in labels.items() if key.startswith(subject)}
        for run in _runs(steps):
            began = site.start + timedelta(seconds=run[0][0])
            path = tuple((step[0] - run[0][0], *step[1:]) for step in run)
            ended = site.start + timedelta(seconds=run[-1][0])
            yield Appearance(name, camera.name, klass, began, ended, path, own, leg.mode == "arrive")


def _moments(leg: Leg, seconds: float) -> Iterator[float]:
    begin = max(leg.start, 0.0)
    moving_until = min(leg.start + leg.duration + 0.5, seconds)
    yield from np.arange(begin, moving_until, 1 / RATE).tolist()
    if leg.mode == "arrive":
        yield from np.arange(moving_until, seconds, SETTLED_STEP).tolist()
        yield seconds


def _runs(steps: Sequence[tuple[int, Step]]) -> Iterator[list[Step]]:
    """Stretches without a hole of more than AWAY; moments are numbered, as those of what stands are far apart."""
    run: list[Step] = []
    last = 0
    for number, step in steps:
        if run and number - last > AWAY * RATE:
            if len(run) > 1:
                yield run
            run = []
        run.append(step)
        last = number
    if len(run) > 1:
        yield run
