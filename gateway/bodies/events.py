"""Rules over zones, and the events they find."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from contracts.events import Direction, EventKind, RuleParameters, Schedule
from contracts.search import DayTime
from contracts.vocabulary import ObjectClass
from gateway.bodies.form import Answer, Instant, Name, Request
from gateway.bodies.search import DayTimeBody, Weekday

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Degrees = Annotated[float, Meta(ge=0, lt=360)]
Limit = Annotated[float, Meta(gt=0, le=10_000)]


class RuleParametersBody(Request, frozen=True, kw_only=True, omit_defaults=True):
    """What the rule's kind needs; the rest is left out."""

    classes: Annotated[tuple[ObjectClass, ...], Meta(max_length=20, description="Only these; empty: all.")] = ()
    seconds: Annotated[
        Seconds | None,
        Meta(description="How long it must last: `loitering`, `object_left`, `object_removed` (60), `crowding` (5)."),
    ] = None
    bridge_seconds: Annotated[
        float, Meta(ge=0, le=60, description="Out of sight, or out of the zone, for no longer: it stayed.")
    ] = 5.0
    count: Annotated[int, Meta(ge=1, le=1000, description="`crowding`: how many at once.")] = 2
    direction: Annotated[
        Direction | None,
        Meta(
            description="Over a line, seen from its first point towards its last. `line_crossed`: only this one counts;"
            " `wrong_direction`: the one that is allowed."
        ),
    ] = None
    heading_degrees: Annotated[
        Degrees | None,
        Meta(description="`wrong_direction` in a zone: where one should go; 0 is up in the picture, 90 to the right."),
    ] = None
    within_degrees: Annotated[float, Meta(gt=0, le=180, description="How far off is still right.")] = 90.0
    speed_widths: Annotated[Limit | None, Meta(description="`speeding`: the limit in widths of the view a second.")] = (
        None
    )
    speed_kmh: Annotated[
        Limit | None, Meta(description="`speeding`: the limit in km/h, where the zone has `width_metres`.")
    ] = None
    first_seen_inside: Annotated[
        bool, Meta(description="`zone_entered`: who was first seen within the zone has entered it too.")
    ] = False

    def parameters(self) -> RuleParameters:
        """As the search service takes them."""
        return RuleParameters(**msgspec.structs.asdict(self))


class ScheduleBody(Request, frozen=True, kw_only=True):
    """When it counts, on the clock of the camera's place."""

    day_time: DayTimeBody | None = None
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=7, description="Empty: all.")] = ()

    def schedule(self) -> Schedule:
        """As the search service takes it."""
        hours = self.day_time
        return Schedule(
            day_time=None if hours is None else DayTime(start=hours.start, until=hours.until),
            weekdays=tuple(sorted({list(Weekday).index(day) for day in self.weekdays})),
        )

    @classmethod
    def of(cls, kept: Any) -> "ScheduleBody | None":
        """From the plain values of a kept schedule; None: always."""
        if kept is None:
            return None
        schedule = msgspec.convert(kept, Schedule)
        hours = schedule.day_time
        return cls(
            day_time=None if hours is None else DayTimeBody(start=hours.start, until=hours.until),
            weekdays=tuple(list(Weekday)[number] for number in schedule.weekdays),
        )


class RuleNew(Request, frozen=True, kw_only=True):
    """A rule to keep."""

    camera_id: UUID
    name: Annotated[Name, Meta(description="Unique for the camera.", examples=["loitering at the gate"])]
    kind: EventKind
    zone_id: Annotated[UUID | None, Meta(description="A zone or line of the camera. Null: the whole view.")] = None
    parameters: RuleParametersBody = msgspec.field(default_factory=RuleParametersBody)
    schedule: ScheduleBody | None = None
    armed: Annotated[bool, Meta(description="Only armed rules find events.")] = False


class RuleChange(Request, frozen=True, kw_only=True):
    """What to change of a rule; fields left out stay."""

    name: Name | UnsetType = UNSET
    zone_id: UUID | UnsetType | None = UNSET
    parameters: RuleParametersBody | UnsetType = UNSET
    schedule: ScheduleBody | UnsetType | None = UNSET
    armed: bool | UnsetType = UNSET


class Rule(Answer, frozen=True, kw_only=True):
    """What is looked for on a camera's view."""

    id: UUID
    camera_id: UUID
    zone_id: UUID | None
    name: str
    kind: EventKind
    parameters: RuleParametersBody
    schedule: ScheduleBody | None
    armed: bool
    version: Annotated[int, Meta(description="Grows with every change; the ETag is this number in quotes.")]
    created_at: datetime
    updated_at: datetime


class RuleTrialNew(Request, frozen=True, kw_only=True):
    """A rule, and the past to try it on: of a kept rule its id, else what it would be."""

    rule_id: UUID | None = None
    camera_id: UUID | None = None
    kind: EventKind | None = None
    zone_id: UUID | None = None
    parameters: RuleParametersBody = msgspec.field(default_factory=RuleParametersBody)
    schedule: ScheduleBody | None = None
    from_time: Instant = msgspec.field(name="from")
    until_time: Instant = msgspec.field(name="until")
    samples: Annotated[int, Meta(ge=0, le=200)] = 20


class DayCountBody(Answer, frozen=True, kw_only=True):
    """How many on a day of the camera's calendar."""

    day: date
    count: int


class FoundEventBody(Answer, frozen=True, kw_only=True):
    """Something that happened in a rule's sense. Its times carry the camera's own offset."""

    kind: EventKind
    camera_id: UUID
    started_at: datetime
    ended_at: datetime
    track_ids: list[UUID]
    object_class: ObjectClass | None = msgspec.field(name="class")
    direction: Direction | None
    x: Annotated[float, Meta(description="Where it began, in shares of the view.")]
    y: float
    measure: Annotated[
        float | None,
        Meta(
            description="Seconds (`loitering`, `object_left`, `object_removed`), objects at once (`zone_occupied`,"
            " `crowding`), widths of the view a second or km/h (`speeding`), degrees off (`wrong_direction` in a zone)."
        ),
    ]
    confidence: Annotated[float, Meta(description="Mean detection score of the tracks behind it; no probability.")]
    links: Annotated[list[str], Meta(description="The tracks behind it, `/v1/tracks/…`.")]


class RuleTrial(Answer, frozen=True, kw_only=True):
    """What the rule would have found. Nothing of it was stored."""

    count: int
    days: list[DayCountBody]
    samples: Annotated[list[FoundEventBody], Meta(description="Evenly spread over all that were found.")]
    tracks: Annotated[int, Meta(description="How many tracks were looked at.")]
    examined_until: Annotated[
        datetime, Meta(description="Before the time asked for where time ran out: all of this is of the time before.")
    ]
    complete: Annotated[bool, Meta(description="Whether all of the time asked for was examined.")]
    zone_version: int | None


class EventBody(FoundEventBody, frozen=True, kw_only=True):
    """An event as it stands."""

    id: UUID
    revision: Annotated[int, Meta(description="Grows when footage, rule or zone say otherwise later.")]
    camera: Annotated[str, Meta(description="The camera's name.")]
    rule_id: UUID
    rule_version: int
    zone_id: UUID | None
    zone_version: int | None
    found_at: datetime


class EventRevision(EventBody, frozen=True, kw_only=True):
    """An event as it was once."""

    superseded_at: Annotated[datetime | None, Meta(description="Null: this is how it stands.")]


class EventDetail(EventBody, frozen=True, kw_only=True):
    """An event with its history."""

    history: Annotated[list[EventRevision], Meta(description="The latest first.")]


class EventCount(Answer, frozen=True, kw_only=True):
    """How many events began in one bucket of time, of one rule and direction."""

    start: Annotated[datetime, Meta(description="Of the bucket, with the camera's own offset.")]
    camera_id: UUID
    rule_id: UUID
    zone_id: UUID | None
    kind: EventKind
    direction: Direction | None
    object_class: ObjectClass | None = msgspec.field(name="class")
    count: int


class EventCounts(Answer, frozen=True, kw_only=True):
    """Counts over time; buckets without events are left out."""

    items: list[EventCount]
