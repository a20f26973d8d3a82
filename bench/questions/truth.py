"""What the right answer is, by the site's truth alone. Shares no code with the service that is measured."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bench.questions.site import ASKED_AT, SITES, ZONES, Appearance, World, clipped
from infra.rendered_site.model import Klass

Where = Callable[[Appearance], bool]

CUT = timedelta(seconds=1.5)
"""An appearance that begins or ends so near to the examined footage's own begin or end was cut by it."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The right answer. What is None is not asked for and not compared.

    Attributes:
        state: answered, partly, unanswered.
        absent: whether it is right to say that nobody was there.
        times: each within 1.5 s.
        refusal: the code of why nothing is answered.
        negated: whether it must have been read as asking the other way round.
    """

    state: str
    verdict: str | None = None
    count: int | None = None
    other: int | None = None
    times: tuple[datetime, ...] | None = None
    seconds: float | None = None
    cameras: frozenset[str] | None = None
    refusal: str | None = None
    absent: bool = False
    negated: bool | None = None


def refused(code: str) -> Expected:
    """It must be said that it cannot be answered, and why."""
    return Expected(state="unanswered", refusal=code)


@dataclass(frozen=True)
class Asked:
    """Whom a question is about, where and when.

    Attributes:
        did: in_view, passed, arrived, left.
        least, most: seconds of a stay.
        zone: of the site's ZONES; only the stays in it.
    """

    world: World
    where: Where
    cameras: tuple[str, ...]
    start: datetime
    end: datetime
    did: str = "in_view"
    least: float | None = None
    most: float | None = None
    zone: str | None = None

    def found(self) -> list[Appearance]:
        """Who counts, in the order of time, by examined footage."""
        end = min(self.end, ASKED_AT)
        known = [one for one in self.world.known() if one.camera in self.cameras and self.where(one)]
        if self.zone is not None:
            known = [stay for one in known for stay in stays(one, self.zone)]
        match self.did:
            case "arrived":
                known = [one for one in known if self.start <= one.start < end and not self._cut(one, one.start)]
            case "left":
                known = [one for one in known if self.start <= one.end < end and not self._cut(one, one.end)]
            case _:
                known = [one for one in known if one.start < end and one.end >= self.start]
        if self.least is not None:
            known = [
                one for one in known if (min(one.end, end) - max(one.start, self.start)).total_seconds() >= self.least
            ]
        if self.most is not None:
            known = [one for one in known if one.seconds < self.most]
        return sorted(known, key=lambda one: one.end if self.did == "left" else one.start)

    def _cut(self, one: Appearance, moment: datetime) -> bool:
        edges = _edges(self.world.examined(one.camera))
        return any(abs(moment - edge) <= CUT for edge in edges)

    def coverage(self) -> str:
        """all, some or none of the asked time was examined."""
        end = min(self.end, ASKED_AT)
        asked = (end - self.start).total_seconds() * len(self.cameras)
        examined = 0.0
        for camera in self.cameras:
            for begin, until in self.world.examined(camera):
                examined += max(0.0, (min(end, until) - max(self.start, begin)).total_seconds())
        return "none" if examined == 0 else "all" if examined >= asked - 1 else "some"

    @property
    def state(self) -> str:
        """How much of it can be answered."""
        return {"all": "answered", "some": "partly", "none": "unanswered"}[self.coverage()]

    # Right answers ----------------------------------------------------------------------------------------------------

    def exists(self, *, negated: bool = False, together: int = 1) -> Expected:
        """Was there any?"""
        if self.coverage() == "none":
            return refused("no_footage")
        found = self.found()
        there = bool(found) if together == 1 else most_at_once(found) >= together
        verdict = "yes" if there != negated else "no"
        return Expected(state="answered" if there else self.state, verdict=verdict, absent=not there)

    def count(self) -> Expected:
        """How many?"""
        if self.coverage() == "none":
            return refused("no_footage")
        found = self.found()
        return Expected(state=self.state, count=len(found), absent=not found)

    def when(self, which: str = "all") -> Expected:
        """At what time?"""
        if self.coverage() == "none":
            return refused("no_footage")
        found = picked(self.found(), which, self.did)
        times = tuple(one.end if self.did == "left" else one.start for one in found)
        return Expected(state=self.state, times=times, absent=not found)

    def which_cameras(self, which: str = "all") -> Expected:
        """Where?"""
        if self.coverage() == "none":
            return refused("no_footage")
        found = picked(self.found(), which, self.did)
        return Expected(state=self.state, cameras=frozenset(one.camera for one in found), absent=not found)

    def duration(self) -> Expected:
        """How long, of several the longest."""
        if self.coverage() == "none":
            return refused("no_footage")
        found = self.found()
        longest = max((one.seconds for one in found), default=None)
        return Expected(state=self.state, seconds=longest, absent=not found)

    def more_than(self, other: "Asked", *, less: bool = False) -> Expected:
        """Were there more of these than of those? Numbers an hour where the footage is uneven."""
        if "none" in {self.coverage(), other.coverage()}:
            return refused("no_footage")
        mine, theirs = len(self.found()), len(other.found())
        state = "answered" if {self.coverage(), other.coverage()} == {"all"} else "partly"
        left, right = float(mine), float(theirs)
        if state == "partly":
            left, right = mine / self._hours(), theirs / other._hours()
        verdict = (left < right) if less else (left > right)
        return Expected(state=state, verdict="yes" if verdict else "no", count=mine, other=theirs)

    def _hours(self) -> float:
        end = min(self.end, ASKED_AT)
        spans = [
            max(0.0, (min(end, until) - max(self.start, begin)).total_seconds())
            for camera in self.cameras
            for begin, until in self.world.examined(camera)
        ]
        return sum(spans) / 3600

    def before(self, other: "Asked", *, after: bool = False) -> Expected:
        """Did this happen before that?"""
        if "none" in {self.coverage(), other.coverage()}:
            return refused("no_footage")
        state = "answered" if {self.coverage(), other.coverage()} == {"all"} else "partly"
        mine, theirs = self.found(), other.found()
        if not mine or not theirs:
            missing = self if not mine else other
            return Expected(state=missing.state, verdict="unsure", absent=True)
        moments = []
        for side, found in ((self, mine), (other, theirs)):
            leaving = side.did == "left"
            times = [one.end if leaving else one.start for one in found]
            moments.append(max(times) if leaving and side is self else min(times))
        before = moments[0] < moments[1]
        return Expected(state=state, verdict="yes" if before != after else "no", times=tuple(moments))

    def but(self, **changes: object) -> "Asked":
        """The same with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]


def picked(found: Sequence[Appearance], which: str, did: str) -> list[Appearance]:
    """All, or the first or last."""
    if which == "all" or not found:
        return list(found)
    if which == "last" and did == "in_view":
        return [max(found, key=lambda one: (one.end, one.start))]
    return [found[0] if which == "first" else found[-1]]


def busiest(asked: Asked) -> Expected:
    """The camera that saw the most."""
    found = asked.found()
    per_camera = {one: sum(seen.camera == one for seen in found) for one in asked.cameras}
    most = max(per_camera.values())
    cameras = frozenset(one for one, count in per_camera.items() if count == most and most > 0)
    return Expected(state=asked.state, cameras=cameras, absent=most == 0)


def stays(one: Appearance, zone: str) -> Iterator[Appearance]:
    """The parts of an appearance during which its foot was in a zone, to a sample."""
    camera, (left, top, right, bottom) = ZONES[zone]
    if one.camera != camera:
        return
    run: list[float] = []
    for step in (*one.path, None):
        if step is not None and left <= (step[1] + step[3]) / 2 <= right and top <= step[4] <= bottom:
            run.append(step[0])
        elif run:
            yield clipped(one, one.start + timedelta(seconds=run[0]), one.start + timedelta(seconds=run[-1]))
            run = []


def most_at_once(found: Iterable[Appearance]) -> int:
    """The most before one camera at one moment."""
    appearances = list(found)
    return max(
        (
            sum(other.camera == one.camera and other.start <= one.start <= other.end for other in appearances)
            for one in appearances
        ),
        default=0,
    )


def _edges(spans: Iterable[tuple[datetime, datetime]]) -> list[datetime]:
    ordered = sorted(spans)
    edges = [ordered[0][0], ordered[-1][1]] if ordered else []
    for (_, end), (start, _) in pairwise(ordered):
        if start > end:
            edges += [end, start]
    return edges


# Whom -----------------------------------------------------------------------------------------------------------------

ALL = tuple(SITES)


def person(**labels: str) -> Where:
    """A person whose labels are these, as `upper_colour="red"`."""
    return lambda one: one.klass is Klass.PERSON and all(one.labels.get(f"person.{k}") == v for k, v in labels.items())


def vehicle(*types: str, colour: str | None = None) -> Where:
    """A vehicle of one of these types; none: of any with a motor."""

    def holds(one: Appearance) -> bool:
        if one.klass in {Klass.PERSON, Klass.BICYCLE}:
            return False
        if types and one.labels.get("vehicle.type") not in types:
            return False
        return colour is None or one.labels.get("vehicle.colour") == colour

    return holds


def bicycle(one: Appearance) -> bool:
    """A bicycle."""
    return one.klass is Klass.BICYCLE


def anything(_one: Appearance) -> bool:
    """Whatever moves."""
    return True


def motorcycle(one: Appearance) -> bool:
    """A motorcycle."""
    return one.klass is Klass.MOTORCYCLE


def but_not(where: Where) -> Where:
    """Whoever is not this."""
    return lambda one: not where(one)


def both(some: Where, other: Where) -> Where:
    """Whoever is this and that."""
    return lambda one: some(one) and other(one)


def any_of(*several: Where) -> Where:
    """Whoever is one of these."""
    return lambda one: any(where(one) for where in several)
