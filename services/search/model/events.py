"""What happened in a rule's sense: pure functions of an object's way through the view.

Every event depends only on what was around its own time, so that the same events come out however footage was cut into
recordings and segments, and whichever stretch of time is looked at.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from contracts.events import Direction, EventKind, RuleParameters, ZoneKind
from contracts.vocabulary import ObjectClass
from services.search.model.geometry import Crossing, Floats, Polygon, crossings, joined, true_runs
from services.search.model.movers import Mover, Trail, movers

SETTLE_SECONDS = 1.0
"""To and fro over a line within so long is nothing."""

SPEED_SECONDS = 1.0
"""A speed is measured over so long: boxes tremble."""

LEAST_SPEEDING_SECONDS = 0.6
GRID_SECONDS = 0.2
"""Speeds are looked at at whole multiples of this since 1970, wherever the footage was cut."""

STILL_SECONDS = 2.0
STILL_SIZES = 0.15
"""What moves less than so many of its sizes in so long stands."""

ARRIVAL_SIZES = 0.5
"""What stood at least so far from where it was first seen has come."""

BESIDE_SIZES = 1.0
"""A person so near, at most, may have put a thing down."""

BESIDE_SECONDS = 2.0

LEAST_HEADING_SIZES = 1.0
"""Who moved less within a zone went nowhere."""

WHOLE_VIEW: tuple[tuple[float, float], ...] = ((-0.5, -0.5), (1.5, -0.5), (1.5, 1.5), (-0.5, 1.5))
"""What a rule without a zone looks at: boxes may reach over the view's edge."""

STANDING = (
    ObjectClass.BICYCLE,
    ObjectClass.CAR,
    ObjectClass.MOTORCYCLE,
    ObjectClass.BUS,
    ObjectClass.TRUCK,
)
"""What can be left or removed, of the classes that the detector knows."""

DEFAULT_SECONDS: Mapping[EventKind, float] = {
    EventKind.ZONE_OCCUPIED: 0.0,
    EventKind.LOITERING: 60.0,
    EventKind.CROWDING: 5.0,
    EventKind.OBJECT_LEFT: 60.0,
    EventKind.OBJECT_REMOVED: 60.0,
}
"""How long it must last where the rule does not say."""


@dataclass(frozen=True)
class Rule:
    """What is looked for, and where.

    Attributes:
        points: of the zone or line; the whole view for a rule without one.
        width_metres: what the view's width spans there; None: not known.
    """

    kind: EventKind
    shape: ZoneKind
    points: tuple[tuple[float, float], ...]
    parameters: RuleParameters = field(default_factory=RuleParameters)
    width_metres: float | None = None

    @property
    def seconds(self) -> float:
        """How long it must last."""
        given = self.parameters.seconds
        return DEFAULT_SECONDS.get(self.kind, 0.0) if given is None else given

    @property
    def margin(self) -> float:
        """An event depends on nothing further than so many seconds before its start and after its end."""
        return max(self.parameters.bridge_seconds, STILL_SECONDS, SETTLE_SECONDS, SPEED_SECONDS, BESIDE_SECONDS) + 1.0


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Times are seconds since 1970; fields as in `contracts.events.FoundEvent`."""

    key: str
    """Deterministic: the same event found again has it again."""
    start: float
    end: float
    trails: tuple[Trail, ...]
    object_class: ObjectClass | None
    place: tuple[float, float]
    direction: Direction | None = None
    measure: float | None = None

    @property
    def confidence(self) -> float:
        """Mean score of its tracks."""
        return float(np.mean([trail.score for trail in self.trails]))


@dataclass(frozen=True)
class Visit:
    """One object's stay in a zone."""

    mover: Mover
    start: float
    end: float

    @property
    def came(self) -> bool:
        """Whether it was seen outside before."""
        return self.start > self.mover.start

    @property
    def went(self) -> bool:
        """Whether it was seen outside after."""
        return self.end < self.mover.end

    @property
    def trails(self) -> tuple[Trail, ...]:
        """Its tracks."""
        return self.mover.within(self.start, self.end)


def happenings(rule: Rule, trails: Sequence[Trail]) -> list[Event]:
    """The events that the tracks make in the rule's sense, in the order of their start."""
    objects = movers(_wanted(rule, trails), rule.parameters.bridge_seconds)
    if rule.kind in {EventKind.OBJECT_LEFT, EventKind.OBJECT_REMOVED}:
        on_foot = [trail for trail in trails if trail.object_class is ObjectClass.PERSON]
        people = movers(on_foot, rule.parameters.bridge_seconds)
        return _sorted(_standing(rule, objects, people))
    return _sorted(_FINDERS[rule.kind](rule, objects))


def _sorted(found: Iterable[Event]) -> list[Event]:
    return sorted(found, key=lambda event: (event.start, event.key))


def visits(rule: Rule, objects: Iterable[Mover]) -> list[Visit]:
    """Who was in the rule's zone, and when. Short absences are bridged."""
    polygon = Polygon(rule.points)
    return [
        Visit(mover, begin, end)
        for mover in objects
        for begin, end in joined(polygon.stays(mover.steps), rule.parameters.bridge_seconds)
    ]


def _wanted(rule: Rule, trails: Sequence[Trail]) -> list[Trail]:
    classes: Sequence[ObjectClass] = rule.parameters.classes
    if rule.kind in {EventKind.OBJECT_LEFT, EventKind.OBJECT_REMOVED}:
        classes = [known for known in STANDING if not classes or known in classes]
    return [trail for trail in trails if not classes or trail.object_class in classes]


# Lines ---------------------------------------------------------------------------------------------------------------


def _crossed(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    wanted = rule.parameters.direction
    for mover in objects:
        for crossing in crossings(rule.points, mover.steps, SETTLE_SECONDS):
            if wanted is None or _direction(crossing) is wanted:
                yield _crossing_event(mover, crossing)


def _wrong_way(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    if rule.shape is ZoneKind.ZONE:
        yield from _wrong_heading(rule, objects)
        return
    for mover in objects:
        for crossing in crossings(rule.points, mover.steps, SETTLE_SECONDS):
            if _direction(crossing) is not rule.parameters.direction:
                yield _crossing_event(mover, crossing)


def _direction(crossing: Crossing) -> Direction:
    return Direction.LEFT_TO_RIGHT if crossing.to_right else Direction.RIGHT_TO_LEFT


def _crossing_event(mover: Mover, crossing: Crossing) -> Event:
    return _event(
        mover.within(crossing.at, crossing.at),
        crossing.at,
        crossing.at,
        place=crossing.place,
        direction=_direction(crossing),
    )


# One object in a zone ------------------------------------------------------------------------------------------------


def _entered(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    for visit in visits(rule, objects):
        if visit.came or rule.parameters.first_seen_inside:
            yield _event_at(visit.mover, visit.start)


def _left(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    for visit in visits(rule, objects):
        if visit.went:
            yield _event_at(visit.mover, visit.end)


def _loitering(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    for visit in visits(rule, objects):
        if visit.end - visit.start >= rule.seconds:
            yield _visit_event(visit, measure=visit.end - visit.start)


def _wrong_heading(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    wanted = rule.parameters.heading_degrees or 0.0
    for visit in visits(rule, objects):
        steps, aspect = visit.mover.steps, visit.mover.trails[0].aspect
        here, there = steps.at(np.array([visit.start, visit.end]))
        across, down = float(there[0] - here[0]), float(there[1] - here[1]) * aspect
        if math.hypot(across, down) < LEAST_HEADING_SIZES * float(np.mean(steps.sizes)):
            continue
        heading = math.degrees(math.atan2(across, -down))
        off = abs((heading - wanted + 180.0) % 360.0 - 180.0)
        if off > rule.parameters.within_degrees:
            yield _visit_event(visit, measure=off)


def _speeding(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    kmh = rule.parameters.speed_kmh
    scale = 1.0 if kmh is None or rule.width_metres is None else rule.width_metres * 3.6
    limit = rule.parameters.speed_widths if kmh is None else kmh
    if limit is None:
        return
    polygon = Polygon(rule.points)
    half = SPEED_SECONDS / 2
    for mover in objects:
        moments = _grid(mover.start + half, mover.end - half, GRID_SECONDS)
        if not len(moments):
            continue
        ways = mover.steps.at(moments + half) - mover.steps.at(moments - half)
        speeds = np.hypot(ways[:, 0], ways[:, 1] * mover.trails[0].aspect) / SPEED_SECONDS * scale
        fast = (speeds > limit) & polygon.holds(mover.steps.at(moments))
        for first, last in true_runs(fast):
            begin, end = float(moments[first]), float(moments[last])
            if end - begin >= LEAST_SPEEDING_SECONDS - 1e-6:
                yield _event(
                    mover.within(begin, end),
                    begin,
                    end,
                    place=_place(mover, begin),
                    measure=float(speeds[first : last + 1].max()),
                )


# Many objects in a zone ----------------------------------------------------------------------------------------------


def _crowds(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    """Occupied, crowding: how many there were at once, as a sum of steps up and down (a sweep over the visits)."""
    least = rule.parameters.count if rule.kind is EventKind.CROWDING else 1
    stays = visits(rule, objects)
    enough: list[tuple[float, float]] = []
    now, since = 0, 0.0
    for at, step in sorted(
        chain.from_iterable([((visit.start, 1), (visit.end, -1)) for visit in stays]),
        key=lambda edge: (edge[0], -edge[1]),
    ):
        if now < least <= now + step:
            since = at
        elif now >= least > now + step:
            enough.append((since, at))
        now += step
    for begin, end in joined(enough, rule.parameters.bridge_seconds):
        if end - begin >= rule.seconds:
            yield _crowd(begin, end, [visit for visit in stays if visit.start <= end and visit.end >= begin])


def _crowd(begin: float, end: float, inside: Sequence[Visit]) -> Event:
    trails = {trail.id: trail for visit in inside for trail in visit.mover.within(begin, end)}
    edges = sorted([(max(visit.start, begin), -1) for visit in inside] + [(visit.end, 1) for visit in inside])
    most = now = 0
    for _, step in edges:
        now -= step
        most = max(most, now)
    first = min(inside, key=lambda visit: (max(visit.start, begin), visit.trails[0].id))
    ordered = tuple(sorted(trails.values(), key=lambda trail: (trail.start, trail.id)))
    alone = {trail.object_class for trail in ordered}
    return Event(
        key=f"{round(begin * 1000)}",
        start=begin,
        end=end,
        trails=ordered,
        object_class=alone.pop() if len(alone) == 1 else None,
        place=_place(first.mover, begin),
        measure=float(most),
    )


# Things that stand ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stand:
    """A thing that stood in one place."""

    mover: Mover
    start: float
    end: float


def _standing(rule: Rule, objects: Sequence[Mover], people: Sequence[Mover]) -> Iterator[Event]:
    polygon = Polygon(rule.points)
    for mover in objects:
        for stand in _stands(mover, rule.parameters.bridge_seconds):
            if stand.end - stand.start < rule.seconds or not polygon.holds(mover.steps.at(np.array([stand.start])))[0]:
                continue
            if rule.kind is EventKind.OBJECT_LEFT:
                by = () if _came(stand) else _put_down(stand, people)
                if _came(stand) or by:
                    yield _stand_event(stand, stand.start, stand.end, by)
            elif _gone(stand, rule.parameters.bridge_seconds):
                yield _stand_event(stand, stand.end, stand.end, ())


def _stands(mover: Mover, bridge: float) -> Iterator[_Stand]:
    moments = _grid(mover.start, mover.end, GRID_SECONDS * 5)
    if not len(moments):
        return
    half = STILL_SECONDS / 2
    early, late = np.maximum(moments - half, mover.start), np.minimum(moments + half, mover.end)
    ways = mover.steps.at(late) - mover.steps.at(early)
    sizes = np.interp(moments, mover.steps.times, mover.steps.sizes)
    still = np.hypot(ways[:, 0], ways[:, 1] * mover.trails[0].aspect) < STILL_SIZES * sizes
    runs = [(float(moments[first]), float(moments[last])) for first, last in true_runs(still)]
    for begin, end in joined(runs, bridge):
        yield _Stand(mover, begin, end)


def _came(stand: _Stand) -> bool:
    steps = stand.mover.steps
    return _far(stand, steps.feet[steps.times < stand.start])


def _gone(stand: _Stand, bridge: float) -> bool:
    """It moved off, or was not seen any more though the recording went on."""
    mover = stand.mover
    if _far(stand, mover.steps.feet[mover.steps.times > stand.end]):
        return True
    return mover.trails[-1].recorded_until - mover.end > bridge and mover.end - stand.end <= STILL_SECONDS


def _far(stand: _Stand, feet: Floats) -> bool:
    """Whether it was ever away from where it stood."""
    moments = np.array([stand.start])
    size = float(np.interp(moments, stand.mover.steps.times, stand.mover.steps.sizes)[0])
    ways = (feet - stand.mover.steps.at(moments)) * [1.0, stand.mover.trails[0].aspect]
    return bool((np.hypot(ways[:, 0], ways[:, 1]) >= ARRIVAL_SIZES * size).any())


def _put_down(stand: _Stand, people: Sequence[Mover]) -> tuple[Trail, ...]:
    """The tracks of people who were beside it when it was first seen, and away from it when they were last seen."""
    mover = stand.mover
    place, aspect = mover.steps.feet[0], mover.trails[0].aspect
    found: list[Trail] = []
    for person in people:
        if person.start > mover.start + BESIDE_SECONDS or person.end < mover.start - BESIDE_SECONDS:
            continue
        reach = BESIDE_SIZES * float(mover.steps.sizes[0] + person.steps.sizes[0]) / 2
        moments = np.array([np.clip(mover.start, person.start, person.end), min(person.end, stand.end)])
        near, last = np.hypot(*((person.steps.at(moments) - place) * [1.0, aspect]).T)
        if near <= reach < last:
            found += person.within(mover.start - BESIDE_SECONDS, mover.start + BESIDE_SECONDS)
    return tuple(found)


def _stand_event(stand: _Stand, begin: float, end: float, by: tuple[Trail, ...]) -> Event:
    own = stand.mover.within(stand.start, stand.end)
    return Event(
        key=_key(own, begin),
        start=begin,
        end=end,
        trails=(*own, *by),
        object_class=own[0].object_class,
        place=_place(stand.mover, begin),
        measure=stand.end - stand.start,
    )


def _event_at(mover: Mover, at: float) -> Event:
    return _event(mover.within(at, at), at, at, place=_place(mover, at))


def _visit_event(visit: Visit, *, measure: float) -> Event:
    return _event(visit.trails, visit.start, visit.end, place=_place(visit.mover, visit.start), measure=measure)


def _event(
    trails: tuple[Trail, ...],
    begin: float,
    end: float,
    *,
    place: tuple[float, float],
    direction: Direction | None = None,
    measure: float | None = None,
) -> Event:
    return Event(
        key=_key(trails, begin),
        start=begin,
        end=end,
        trails=trails,
        object_class=trails[0].object_class,
        place=place,
        direction=direction,
        measure=measure,
    )


def _key(trails: Sequence[Trail], begin: float) -> str:
    return f"{trails[0].id}/{round(begin * 1000)}"


def _place(mover: Mover, at: float) -> tuple[float, float]:
    x, y = mover.steps.at(np.array([at]))[0]
    return float(x), float(y)


def _grid(begin: float, end: float, step: float) -> Floats:
    """The whole multiples of a step from `begin` to `end`, FP64 [n]."""
    first, last = math.ceil(begin / step - 1e-6), math.floor(end / step + 1e-6)
    return np.arange(first, last + 1, dtype=np.float64) * step


_FINDERS: Mapping[EventKind, Callable[[Rule, Sequence[Mover]], Iterable[Event]]] = {
    EventKind.LINE_CROSSED: _crossed,
    EventKind.WRONG_DIRECTION: _wrong_way,
    EventKind.ZONE_ENTERED: _entered,
    EventKind.ZONE_LEFT: _left,
    EventKind.LOITERING: _loitering,
    EventKind.SPEEDING: _speeding,
    EventKind.ZONE_OCCUPIED: _crowds,
    EventKind.CROWDING: _crowds,
}


# What an event depends on ---------------------------------------------------------------------------------------------


def extents(rule: Rule, trails: Sequence[Trail]) -> list[tuple[float, float]]:
    """The stretches of time that must be known whole before it can be said what happened in them: stays, crowds and
    what stands, however short. None for what depends on its moment alone."""
    objects = movers(_wanted(rule, trails), rule.parameters.bridge_seconds)
    if rule.kind in {EventKind.OBJECT_LEFT, EventKind.OBJECT_REMOVED}:
        return [(mover.start, mover.end) for mover in objects]
    if rule.kind is EventKind.LOITERING or (rule.kind is EventKind.WRONG_DIRECTION and rule.shape is ZoneKind.ZONE):
        return [(visit.start, visit.end) for visit in visits(rule, objects)]
    if rule.kind in {EventKind.ZONE_OCCUPIED, EventKind.CROWDING}:
        stays = sorted((visit.start, visit.end) for visit in visits(rule, objects))
        return joined(stays, rule.parameters.bridge_seconds)
    return []
