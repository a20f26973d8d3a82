"""Stays in a zone: who came, left, stayed, went through the wrong way, and how many were there at once."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from contracts.events import EventKind
from services.search.model.geometry import Polygon, joined
from services.search.model.movers import Mover, Trail
from services.search.model.rules import Event, Rule, event_at, event_of, place_of

LEAST_HEADING_SIZES = 1.0
"""Who moved less within a zone went nowhere."""


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


def visits(rule: Rule, objects: Iterable[Mover]) -> list[Visit]:
    """Who was in the rule's zone, and when. Short absences are bridged."""
    polygon = Polygon(rule.points)
    return [
        Visit(mover, begin, end)
        for mover in objects
        for begin, end in joined(polygon.stays(mover.steps), rule.parameters.bridge_seconds)
    ]


def entered(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    """Who came into the zone."""
    for visit in visits(rule, objects):
        if visit.came or rule.parameters.first_seen_inside:
            yield event_at(visit.mover, visit.start)


def left(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    """Who went out of it."""
    for visit in visits(rule, objects):
        if visit.went:
            yield event_at(visit.mover, visit.end)


def loitering(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    """Who stayed so long."""
    for visit in visits(rule, objects):
        if visit.end - visit.start >= rule.seconds:
            yield _visit_event(visit, measure=visit.end - visit.start)


def wrong_heading(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
    """Who went through the zone off the heading."""
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


def crowds(rule: Rule, objects: Sequence[Mover]) -> Iterator[Event]:
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
        place=place_of(first.mover, begin),
        measure=float(most),
    )


def _visit_event(visit: Visit, *, measure: float) -> Event:
    return event_of(visit.trails, visit.start, visit.end, place=place_of(visit.mover, visit.start), measure=measure)
