"""How soon after a segment's analysis alerts come, and how many of the events that happened are found.

    python -m bench.events [--json FILE] [--weights FOLDER] [--watches N] [--cameras N] [--seconds S]

A site is rendered, whose truth is known. Each camera gets a zone and a line over its middle, with rules, a watch over
each rule, and so many watched sentences; then its footage goes through the REST API of a fresh, whole stack. What
happened is told by the truth's boxes, frame by frame, by a reckoning of its own: which side of a line, in or out of a
rectangle; short absences and to and fro are left out, as the rules say. `exact` is our rules over the truth's tracks,
seen five times a second and cut into two recordings; `found` is what came out of the stack, whose tracks are the
detector's.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import numpy as np
import psycopg
from psycopg.rows import dict_row

from bench.report import measured, percentiles, publish
from contracts.events import Direction, EventKind, RuleParameters, ZoneKind
from contracts.vocabulary import COLOURS, ObjectClass
from infra.cli.client import Client
from infra.cli.tenants import create_key, create_tenant
from infra.embedded.stack import Endpoints, Stack
from infra.models.pull import pull
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from infra.rendered_site.truth import SiteTruth
from kit.sql import Statements
from services.search.model.events import happenings
from services.search.model.geometry import Steps
from services.search.model.movers import Trail
from services.search.model.rules import SETTLE_SECONDS, Rule

_SQL = Statements(Path(__file__).with_name("events.sql"))

SEED = 23
LINE = ((0.5, 0.0), (0.5, 1.0))
LEFT, TOP, RIGHT, BOTTOM = 0.3, 0.3, 0.7, 1.0
ZONE = ((LEFT, TOP), (RIGHT, TOP), (RIGHT, BOTTOM), (LEFT, BOTTOM))
TOLERANCE_SECONDS = 2.0
"""An event is found where one of its kind, camera, direction and family of classes is so near in time."""

VISIBLE = 0.3
"""Truth counts where at least this share of an object can be seen."""

_PEOPLE = ("person", "bicycle", "motorcycle")
_THINGS = ("van", "truck", "car", "bus", "bicycle", "jacket", "coat", "hat", "backpack", "suitcase", "umbrella", "dog")
_PLACES = (
    "at a gate",
    "in a yard",
    "near a wall",
    "on a road",
    "by a door",
    "in a car park",
    "at night",
    "in the rain",
)


@dataclass(frozen=True)
class Happened:
    """One event, as truth and stack are compared."""

    camera: str
    kind: str
    at: float
    """Seconds since 1970."""
    direction: str | None
    family: str


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.events", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--weights", type=Path, help="folder of the `base` profile's weights for the detector")
    parser.add_argument("--watches", type=int, default=1000, help="watched sentences")
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="of footage, for each camera")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sightline-bench-"))
    try:
        sys.stderr.write("rendering …\n")
        site = plan_site(SEED, cameras=arguments.cameras, seconds=arguments.seconds, actors=4 * arguments.cameras)
        truth = render_site(site, folder / "site")
        with _stack(folder / "state", arguments.weights) as endpoints:
            figures = _figures(endpoints, folder / "site", truth, arguments.watches)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    settings = {
        "detector": "base" if arguments.weights else "tiny",
        "watches": arguments.watches,
        "cameras": arguments.cameras,
        "seconds_each": arguments.seconds,
    }
    publish(measured("events", settings, figures), arguments.json)


def _figures(endpoints: Endpoints, folder: Path, truth: SiteTruth, watches: int) -> dict[str, float]:
    name = f"bench-{uuid4().hex[:8]}"
    tenant = {"tenant_id": create_tenant(endpoints.dsn("owner"), name)}
    key = create_key(endpoints.dsn("owner"), name, name="bench").key
    with (
        Client(endpoints.gateway_url, key) as client,
        httpx.Client(base_url=endpoints.gateway_url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
        psycopg.connect(endpoints.superuser_dsn, row_factory=dict_row, autocommit=True) as connection,
    ):
        cameras = {camera.name: client.create_camera(camera.name).id for camera in truth.cameras}
        for camera_id in cameras.values():
            _arm(http, camera_id)
        for sentence in _sentences(watches):
            _post(http, "/v1/watches", {"name": sentence, "search": {"text": sentence, "min_score": 0.25}})
        for camera in truth.cameras:
            client.upload(folder / camera.file, cameras[camera.name], started_at=datetime.fromisoformat(camera.start))
        _settle(connection, tenant)
        events = connection.execute(_SQL["event_delays"], tenant).fetchall()
        looks = connection.execute(_SQL["watch_delays"], tenant).fetchall()
        found = [_happened(row) for row in connection.execute(_SQL["events"], tenant).fetchall()]
        twice = connection.execute(_SQL["twice"], tenant).fetchone()
    # A worker's first look reads what is kept of every watch; from then on it is in memory.
    first, later = looks[:1], looks[1:]
    return {
        "segments.with_events_looked_for": len(events),
        **percentiles("events.after_segment", [row["ms"] for row in events]),
        **percentiles("searches.after_segment", [row["ms"] for row in later]),
        **percentiles("searches.vectors_after_segment", [row["vectors_ms"] for row in later]),
        **percentiles("searches.waited", [row["waited_ms"] for row in later]),
        **percentiles("searches.look", [row["look_ms"] for row in later]),
        "searches.first_look.ms": first[0]["look_ms"] if first else 0.0,
        "searches.watches": watches,
        "searches.alerts": sum(row["alerts"] for row in looks),
        "alerts.twice": 0 if twice is None else twice["alerts"],
        **_compared("found", found, truth),
        **_compared("exact", _exact(truth), truth),
    }


def _arm(http: httpx.Client, camera_id: UUID) -> None:
    """A zone and a line over the middle, rules over them, and a watch over each rule."""
    path = f"/v1/cameras/{camera_id}/zones"
    line = _post(http, path, {"name": "line", "kind": "line", "points": LINE})["id"]
    zone = _post(http, path, {"name": "zone", "points": ZONE})["id"]
    for kind, place in ((EventKind.LINE_CROSSED, line), (EventKind.ZONE_ENTERED, zone)):
        rule = {"camera_id": str(camera_id), "name": kind.value, "kind": kind.value, "zone_id": place, "armed": True}
        rule_id = _post(http, "/v1/rules", rule)["id"]
        _post(http, "/v1/watches", {"name": f"{kind.value} {camera_id}", "rule_id": rule_id})


def _sentences(count: int) -> list[str]:
    mixed = (f"a {colour} {thing} {place}" for place, thing, colour in product(_PLACES, _THINGS, COLOURS))
    return [sentence for _, sentence in zip(range(count), mixed, strict=False)]


def _post(http: httpx.Client, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = http.post(path, json=body)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def _settle(connection: psycopg.Connection[dict[str, Any]], tenant: Mapping[str, Any]) -> None:
    """Waits until nothing is left to do."""
    quiet = 0
    while quiet < 3:
        time.sleep(2)
        row = connection.execute(_SQL["unfinished"], tenant).fetchone()
        quiet = quiet + 1 if row is not None and row["jobs"] == 0 else 0


# What happened


def _happened(row: Mapping[str, Any]) -> Happened:
    return Happened(
        row["camera"], row["kind"], row["started_at"].timestamp(), row["direction"], _family(row["object_class"])
    )


def _family(klass: str) -> str:
    return "people" if klass in _PEOPLE else "vehicles"


def _truth_paths(truth: SiteTruth) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Camera, actor, class and FP64 [n, 5] of each passage: time, foot x and y, width and height, in shares."""
    for camera in truth.cameras:
        start = datetime.fromisoformat(camera.start).timestamp()
        paths: dict[tuple[str, str], list[tuple[float, ...]]] = {}
        for frame, boxes in enumerate(truth.boxes[camera.name]):
            for box in boxes:
                if box.visible >= VISIBLE:
                    left, top, right, bottom = box.box
                    size = ((right - left) / camera.width, (bottom - top) / camera.height)
                    foot = ((left + right) / 2 / camera.width, bottom / camera.height)
                    paths.setdefault((box.actor, box.klass), []).append((start + frame / camera.fps, *foot, *size))
        for (actor, klass), rows in paths.items():
            whole = np.array(rows)
            for piece in np.split(whole, np.flatnonzero(np.diff(whole[:, 0]) > 2.0) + 1):
                if len(piece) >= 10:
                    yield camera.name, actor, klass, piece


def _true_events(truth: SiteTruth) -> list[Happened]:
    """Told frame by frame, with nothing of ours: a side of the line, in or out of the rectangle."""
    events: list[Happened] = []
    for camera, _, klass, path in _truth_paths(truth):
        times, x, y = path[:, 0], path[:, 1], path[:, 2]
        right = x > LINE[0][0]
        for step in _settled(np.flatnonzero(right[1:] != right[:-1]), times):
            # Drawn downwards: who goes to the right of the picture goes to the line's left.
            way = Direction.RIGHT_TO_LEFT if right[step + 1] else Direction.LEFT_TO_RIGHT
            events.append(Happened(camera, "line_crossed", float(times[step]), way.value, _family(klass)))
        inside = (x >= LEFT) & (x <= RIGHT) & (y >= TOP) & (y <= BOTTOM)
        left = times[:-1][inside[:-1] & ~inside[1:]]
        for step in np.flatnonzero(~inside[:-1] & inside[1:]).tolist():
            # Who was out for no longer than that had stayed, as rules are documented.
            if ((left <= times[step]) & (times[step] - left <= RuleParameters().bridge_seconds)).any():
                continue
            events.append(Happened(camera, "zone_entered", float(times[step]), None, _family(klass)))
    return events


def _settled(steps: np.ndarray, times: np.ndarray) -> list[int]:
    """Without to and fro within SETTLE_SECONDS, which is nothing, as rules are documented."""
    kept: list[int] = []
    for step in steps.tolist():
        if kept and times[step] - times[kept[-1]] <= SETTLE_SECONDS:
            kept.pop()
        else:
            kept.append(step)
    return kept


def _exact(truth: SiteTruth) -> list[Happened]:
    """Our rules over the truth's tracks, seen five times a second and cut in the middle of the footage."""
    trails: dict[str, list[Trail]] = {camera.name: [] for camera in truth.cameras}
    views = {camera.name: camera for camera in truth.cameras}
    for camera, actor, klass, path in _truth_paths(truth):
        view = views[camera]
        middle = datetime.fromisoformat(view.start).timestamp() + truth.seconds / 2
        seen = path[:: max(1, view.fps // 5)]
        aspect = view.height / view.width
        for number, piece in enumerate((seen[seen[:, 0] < middle], seen[seen[:, 0] >= middle])):
            if len(piece):
                steps = Steps(piece[:, 0], piece[:, 1:3], np.maximum(piece[:, 3], piece[:, 4] * aspect))
                ident = uuid5(UUID(int=0), f"{camera} {actor} {piece[0, 0]} {number}")
                trails[camera].append(Trail(ident, ObjectClass(klass), 1.0, steps, middle, aspect))
    rules = (
        Rule(EventKind.LINE_CROSSED, ZoneKind.LINE, LINE, RuleParameters()),
        Rule(EventKind.ZONE_ENTERED, ZoneKind.ZONE, ZONE, RuleParameters()),
    )
    return [
        Happened(
            camera,
            rule.kind.value,
            event.start,
            None if event.direction is None else event.direction.value,
            _family(event.object_class.value if event.object_class else ""),
        )
        for camera, own in trails.items()
        for rule in rules
        for event in happenings(rule, own)
    ]


def _compared(name: str, found: Sequence[Happened], truth: SiteTruth) -> dict[str, float]:
    """Precision and recall of each kind; each event is matched once, nearest in time first."""
    figures: dict[str, float] = {}
    expected = _true_events(truth)
    for kind in ("line_crossed", "zone_entered"):
        wanted = [event for event in expected if event.kind == kind]
        told = [event for event in found if event.kind == kind]
        pairs = sorted(
            (abs(one.at - other.at), i, j)
            for i, one in enumerate(wanted)
            for j, other in enumerate(told)
            if (one.camera, one.direction, one.family) == (other.camera, other.direction, other.family)
            and abs(one.at - other.at) <= TOLERANCE_SECONDS
        )
        left, right = set(range(len(wanted))), set(range(len(told)))
        for _, i, j in pairs:
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
        right_ones = len(wanted) - len(left)
        figures |= {
            f"{name}.{kind}.truth": len(wanted),
            f"{name}.{kind}.told": len(told),
            f"{name}.{kind}.precision": right_ones / len(told) if told else 0.0,
            f"{name}.{kind}.recall": right_ones / len(wanted) if wanted else 0.0,
        }
    return figures


@contextmanager
def _stack(state: Path, weights: Path | None) -> Iterator[Endpoints]:
    if weights is not None:
        pull("base", weights, state, only=("detect",))
    with Stack(state).run(profile="tiny" if weights is None else "base") as endpoints:
        yield endpoints


if __name__ == "__main__":
    main()
