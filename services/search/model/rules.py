"""Rules, the events that are found in their sense, and how an event is put together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from contracts.events import Direction, EventKind, RuleParameters, ZoneKind
from contracts.vocabulary import ObjectClass
from services.search.model.geometry import Floats
from services.search.model.movers import Mover, Trail

SETTLE_SECONDS = 1.0
"""To and fro over a line within so long is nothing."""

SPEED_SECONDS = 1.0
"""A speed is measured over so long: boxes tremble."""

GRID_SECONDS = 0.2
"""Speeds are looked at at whole multiples of this since 1970, wherever the footage was cut."""

STILL_SECONDS = 2.0
"""How long something is looked at to tell whether it stands."""

BESIDE_SECONDS = 2.0
"""Around the moment at which a thing was first seen: who was beside it may have put it down."""

WHOLE_VIEW: tuple[tuple[float, float], ...] = ((-0.5, -0.5), (1.5, -0.5), (1.5, 1.5), (-0.5, 1.5))
"""What a rule without a zone looks at: boxes may reach over the view's edge."""

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


def event_at(mover: Mover, at: float) -> Event:
    """What happened at one moment."""
    return event_of(mover.within(at, at), at, at, place=place_of(mover, at))


def event_of(
    trails: tuple[Trail, ...],
    begin: float,
    end: float,
    *,
    place: tuple[float, float],
    direction: Direction | None = None,
    measure: float | None = None,
) -> Event:
    """What happened over a stretch of time, keyed by its first track and its start."""
    return Event(
        key=key_of(trails, begin),
        start=begin,
        end=end,
        trails=trails,
        object_class=trails[0].object_class,
        place=place,
        direction=direction,
        measure=measure,
    )


def key_of(trails: Sequence[Trail], begin: float) -> str:
    """The same for the same event, whenever it is found."""
    return f"{trails[0].id}/{round(begin * 1000)}"


def place_of(mover: Mover, at: float) -> tuple[float, float]:
    """Where an object stood, in shares of the view."""
    x, y = mover.steps.at(np.array([at]))[0]
    return float(x), float(y)


def whole_multiples(begin: float, end: float, step: float) -> Floats:
    """The whole multiples of a step from `begin` to `end`, FP64 [n]."""
    first, last = math.ceil(begin / step - 1e-6), math.floor(end / step + 1e-6)
    return np.arange(first, last + 1, dtype=np.float64) * step
