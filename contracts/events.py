"""Zones drawn on a camera's view, rules over them, and the events that tracks make in a rule's sense."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from contracts.query import QueryContract
from contracts.search import DayTime
from contracts.task import Payload, Queue, TaskContract
from contracts.vocabulary import ObjectClass


class ZoneKind(StrEnum):
    """What is drawn on a camera's view."""

    ZONE = "zone"
    """A polygon of at least three points."""
    LINE = "line"
    """Two points or more, directed from the first to the last."""


class EventKind(StrEnum):
    """What a rule looks for. Where an object is, is the middle of its box's lower edge."""

    LINE_CROSSED = "line_crossed"
    """An object went over a line."""
    WRONG_DIRECTION = "wrong_direction"
    """An object went over a line, or through a zone, against the direction that is allowed."""
    ZONE_ENTERED = "zone_entered"
    """An object came into a zone."""
    ZONE_LEFT = "zone_left"
    """An object went out of a zone."""
    ZONE_OCCUPIED = "zone_occupied"
    """At least one object was in a zone."""
    LOITERING = "loitering"
    """An object stayed in a zone."""
    CROWDING = "crowding"
    """Many objects were in a zone at once."""
    SPEEDING = "speeding"
    """An object moved faster than allowed."""
    OBJECT_LEFT = "object_left"
    """A vehicle came and stood, or a bicycle was put down by somebody who left."""
    OBJECT_REMOVED = "object_removed"
    """What had stood is not there any more."""


class Direction(StrEnum):
    """Over a line, seen from its first point towards its last."""

    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When something counts, on the clock of the camera's place."""

    day_time: DayTime | None = None
    """None: the whole day. Over midnight where `until` is not after `start`."""
    weekdays: tuple[int, ...] = ()
    """0 is Monday; empty: all. A stretch over midnight belongs to the day on which it begins."""


class RuleParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule's kind needs; what it does not need is left as it is."""

    classes: tuple[ObjectClass, ...] = ()
    """Only objects of these; empty: all."""
    seconds: float | None = None
    """How long it must last (loitering, occupied, crowding, object left or removed)."""
    bridge_seconds: float = 5.0
    """An object that is out of sight or out of the zone for no longer is held to have stayed, 0 to 60."""
    count: int = 2
    """How many at once make a crowd."""
    direction: Direction | None = None
    """Lines. Line crossed: only this one counts; wrong direction: the one that is allowed."""
    heading_degrees: float | None = None
    """Wrong direction in a zone: where everybody should go; 0 is up in the picture, 90 to the right."""
    within_degrees: float = 90.0
    """How far off it still is the right direction."""
    speed_widths: float | None = None
    """Speeding: the limit in widths of the view a second."""
    speed_kmh: float | None = None
    """Speeding: the limit in km/h, reckoned with the zone's `width_metres`."""
    first_seen_inside: bool = False
    """Zone entered: an object that was first seen within the zone has entered it too."""


class RuleDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is not stored, to be tried."""

    camera_id: UUID
    kind: EventKind
    zone_id: UUID | None = None
    """None: the whole view."""
    parameters: RuleParameters = RuleParameters()
    schedule: Schedule | None = None


class FoundEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in a rule's sense."""

    kind: EventKind
    camera_id: UUID
    started_at: datetime
    ended_at: datetime
    track_ids: tuple[UUID, ...]
    """The tracks behind it, in the order of their start."""
    object_class: ObjectClass | None
    """None where several objects make the event."""
    direction: Direction | None
    x: float
    y: float
    """Where it began, in shares of the view."""
    measure: float | None
    """Seconds (loitering, object left), objects at once (occupied, crowding), widths of the view a second or km/h
    (speeding), degrees off (wrong direction in a zone)."""
    confidence: float
    """Mean detection score of the tracks behind it, 0 to 1; no probability."""


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often on a day of the camera's calendar."""

    day: date
    count: int


class TryRule(Payload, frozen=True, kw_only=True):
    """Run a rule over the past, and store nothing."""

    tenant_id: UUID
    camera_ids: tuple[UUID, ...] | None
    """Those that the caller may see. None: all."""
    rule: RuleDraft
    from_time: datetime
    until_time: datetime
    samples: int = 20
    """So many events are shown, spread evenly over those found."""


class RuleTried(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would have found."""

    count: int
    days: tuple[DayCount, ...]
    """Days with events, in order."""
    samples: tuple[FoundEvent, ...]
    tracks: int
    """How many tracks were looked at."""
    examined_until: datetime
    """Where this is before the time asked for, time ran out; what is told is of the time before it."""
    zone_version: int | None = None


class FindEvents(Payload, frozen=True, kw_only=True):
    """Look for the events of new tracks, by the armed rules of their camera."""

    recording_id: UUID
    camera_id: UUID
    from_time: datetime
    """When the first of the tracks began."""
    until_time: datetime
    """When the last of them ended."""


class RerunRule(Payload, frozen=True, kw_only=True):
    """Find a rule's events anew in all stored footage: it, or its zone, is another one now, or gone."""

    rule_id: UUID
    camera_id: UUID
    from_time: datetime | None = None
    """Go on from here: the footage before is done. Long footage is done by several jobs, so that fresh footage never
    waits long behind it."""


SEARCH_EVENTS = TaskContract(
    name="search.events.v1", queue=Queue.SEARCH, payload=FindEvents, owner="search", producers=("ingest",)
)
SEARCH_RERUN = TaskContract(
    name="search.rerun.v1", queue=Queue.SEARCH, payload=RerunRule, owner="search", producers=("gateway", "search")
)
SEARCH_RULE_TRIAL = QueryContract(
    name="search.ruletrial.v1",
    queue=Queue.SEARCH_QUERY,
    payload=TryRule,
    answer=RuleTried,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=timedelta(seconds=60),
)


def misfit(
    kind: EventKind, shape: ZoneKind | None, parameters: RuleParameters, *, scaled: bool
) -> tuple[str, str] | None:
    """What is wrong with a rule, as the field and what to do; None where it fits.

    Args:
        shape: what it is over; None: the whole view.
        scaled: whether the zone says how many metres it spans.
    """
    line, zone = shape is ZoneKind.LINE, shape is ZoneKind.ZONE
    over_lines = kind in {EventKind.LINE_CROSSED, EventKind.WRONG_DIRECTION}
    wrong, speeding = kind is EventKind.WRONG_DIRECTION, kind is EventKind.SPEEDING
    limits = (parameters.speed_widths is None) + (parameters.speed_kmh is None)
    faults = (
        (kind is EventKind.LINE_CROSSED and not line, "zone_id", "line_crossed needs a line: draw one and name it"),
        (line and not over_lines, "zone_id", f"{kind} needs a zone, not a line"),
        (kind in _PLACED and shape is None, "zone_id", f"{kind} needs a zone or line: draw one and name it"),
        (
            wrong and line and parameters.direction is None,
            "parameters.direction",
            "say which direction over the line is allowed",
        ),
        (
            wrong and zone and parameters.heading_degrees is None,
            "parameters.heading_degrees",
            "say which way through the zone is allowed",
        ),
        (speeding and limits != 1, "parameters.speed_widths", "give the limit as speed_widths or as speed_kmh"),
        (
            speeding and parameters.speed_kmh is not None and not scaled,
            "parameters.speed_kmh",
            "the zone has no width_metres: say how wide the view is there",
        ),
    )
    return next(((field, message) for found, field, message in faults if found), None)


_PLACED = frozenset({EventKind.ZONE_ENTERED, EventKind.ZONE_LEFT, EventKind.WRONG_DIRECTION})
