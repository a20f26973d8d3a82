"""Things that stand: left behind, or removed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.events import EventKind
from contracts.vocabulary import ObjectClass
from services.search.model.geometry import Floats, Polygon, joined, true_runs
from services.search.model.movers import Mover, Trail
from services.search.model.rules import (
    BESIDE_SECONDS,
    GRID_SECONDS,
    STILL_SECONDS,
    Event,
    Rule,
    key_of,
    place_of,
    whole_multiples,
)

STILL_SIZES = 0.15
"""What moves less than so many of its sizes in STILL_SECONDS stands."""

ARRIVAL_SIZES = 0.5
"""What stood at least so far from where it was first seen has come."""

BESIDE_SIZES = 1.0
"""A person so near, at most, may have put a thing down."""

STANDING = (
    ObjectClass.BICYCLE,
    ObjectClass.CAR,
    ObjectClass.MOTORCYCLE,
    ObjectClass.BUS,
    ObjectClass.TRUCK,
)
"""What can be left or removed, of the classes that the detector knows."""


@dataclass(frozen=True)
class _Stand:
    """A thing that stood in one place."""

    mover: Mover
    start: float
    end: float


def standing(rule: Rule, objects: Sequence[Mover], people: Sequence[Mover]) -> Iterator[Event]:
    """What was left or removed; `people` may have put it down."""
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
    moments = whole_multiples(mover.start, mover.end, GRID_SECONDS * 5)
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
        key=key_of(own, begin),
        start=begin,
        end=end,
        trails=(*own, *by),
        object_class=own[0].object_class,
        place=place_of(stand.mover, begin),
        measure=stand.end - stand.start,
    )
