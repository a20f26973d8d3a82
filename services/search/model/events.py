"""What happened in a rule's sense: pure functions of an object's way through the view.

Every event depends only on what was around its own time, so that the same events come out however footage was cut into
recordings and segments, and whichever stretch of time is looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from contracts.events import Direction, EventKind, ZoneKind
from contracts.vocabulary import ObjectClass
from services.search.model.geometry import Crossing, Polygon, crossings, joined, true_runs
from services.search.model.movers import Mover, Trail, movers
from services.search.model.rules import (
    GRID_SECONDS,
    SETTLE_SECONDS,
    SPEED_SECONDS,
    Event,
    Rule,
    event_of,
    place_of,
    whole_multiples,
)
from services.search.model.standing import STANDING, standing
from services.search.model.stays import crowds, entered, left, loitering, visits, wrong_heading

LEAST_SPEEDING_SECONDS = 0.6


def happenings(rule: Rule, trails: Sequence[Trail]) -> list[Event]:
    """The events that the tracks make in the rule's sense, in the order of their start."""
    objects = movers(_wanted(rule, trails), rule.parameters.bridge_seconds)
    if rule.kind in {EventKind.OBJECT_LEFT, EventKind.OBJECT_REMOVED}:
        on_foot = [trail for trail in trails if trail.object_class is ObjectClass.PERSON]
        people = movers(on_foot, rule.parameters.bridge_seconds)
        return _sorted(standing(rule, objects, people))
    return _sorted(_FINDERS[rule.kind](rule, objects))


def _sorted(found: Iterable[Event]) -> list[Event]:
    return sorted(found, key=lambda event: (event.start, event.key))


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


def _wanted(rule: Rule, trails: Sequence[Trail]) -> list[Trail]:
    classes: Sequence[ObjectClass] = rule.parameters.classes
    if rule.kind in {EventKind.OBJECT_LEFT, EventKind.OBJECT_REMOVED}:
        classes = [known for known in STANDING if not classes or known in classes]
    return [trail for trail in trails if not classes or trail.object_class in classes]


def _crossed(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    wanted = rule.parameters.direction
    for mover in objects:
        for crossing in crossings(rule.points, mover.steps, SETTLE_SECONDS):
            if wanted is None or _direction(crossing) is wanted:
                yield _crossing_event(mover, crossing)


def _wrong_way(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    if rule.shape is ZoneKind.ZONE:
        yield from wrong_heading(rule, objects)
        return
    for mover in objects:
        for crossing in crossings(rule.points, mover.steps, SETTLE_SECONDS):
            if _direction(crossing) is not rule.parameters.direction:
                yield _crossing_event(mover, crossing)


def _direction(crossing: Crossing) -> Direction:
    return Direction.LEFT_TO_RIGHT if crossing.to_right else Direction.RIGHT_TO_LEFT


def _crossing_event(mover: Mover, crossing: Crossing) -> Event:
    return event_of(
        mover.within(crossing.at, crossing.at),
        crossing.at,
        crossing.at,
        place=crossing.place,
        direction=_direction(crossing),
    )


def _speeding(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    kmh = rule.parameters.speed_kmh
    scale = 1.0 if kmh is None or rule.width_metres is None else rule.width_metres * 3.6
    limit = rule.parameters.speed_widths if kmh is None else kmh
    if limit is None:
        return
    polygon = Polygon(rule.points)
    half = SPEED_SECONDS / 2
    for mover in objects:
        moments = whole_multiples(mover.start + half, mover.end - half, GRID_SECONDS)
        if not len(moments):
            continue
        ways = mover.steps.at(moments + half) - mover.steps.at(moments - half)
        speeds = np.hypot(ways[:, 0], ways[:, 1] * mover.trails[0].aspect) / SPEED_SECONDS * scale
        fast = (speeds > limit) & polygon.holds(mover.steps.at(moments))
        for first, last in true_runs(fast):
            begin, end = float(moments[first]), float(moments[last])
            if end - begin >= LEAST_SPEEDING_SECONDS - 1e-6:
                yield event_of(
                    mover.within(begin, end),
                    begin,
                    end,
                    place=place_of(mover, begin),
                    measure=float(speeds[first : last + 1].max()),
                )


_FINDERS: Mapping[EventKind, Callable[[Rule, Sequence[Mover]], Iterable[Event]]] = {
    EventKind.LINE_CROSSED: _crossed,
    EventKind.WRONG_DIRECTION: _wrong_way,
    EventKind.ZONE_ENTERED: entered,
    EventKind.ZONE_LEFT: left,
    EventKind.LOITERING: loitering,
    EventKind.SPEEDING: _speeding,
    EventKind.ZONE_OCCUPIED: crowds,
    EventKind.CROWDING: crowds,
}
