"""Events found again: which are new, which go on, which are no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from contracts.events import Direction, EventKind, FoundEvent, Schedule
from contracts.vocabulary import ObjectClass
from services.search.model.events import extents, happenings
from services.search.model.movers import Trail
from services.search.model.rules import Event, Rule
from services.search.model.schedule import holds

FURTHEST_SECONDS = 24 * 3600.0
"""What began longer ago is not looked for: no recording is longer."""

_WIDENINGS = (600.0, 3600.0, 6 * 3600.0, FURTHEST_SECONDS)


@dataclass(frozen=True)
class PlacedRule:
    """A rule as it is stored, with where and when it holds.

    Attributes:
        zone_version: None for a rule over the whole view.
    """

    id: UUID
    version: int
    camera_id: UUID
    rule: Rule
    armed: bool = True
    zone_id: UUID | None = None
    zone_version: int | None = None
    schedule: Schedule | None = None
    time_zone: str = "UTC"


@dataclass(frozen=True)
class KnownEvent:
    """An event as it is stored now."""

    id: UUID
    revision: int
    key: str
    rule_version: int
    zone_version: int | None
    event: FoundEvent


@dataclass(frozen=True)
class Changes:
    """What must be written."""

    new: tuple[tuple[str, FoundEvent], ...]
    """With their keys."""
    changed: tuple[tuple[KnownEvent, str, FoundEvent], ...]
    gone: tuple[KnownEvent, ...]


Load = Callable[[float, float], Sequence[Trail]]
"""The tracks of the rule's camera that were in view between two times, seconds since 1970."""


def settled(placed: PlacedRule, load: Load, begin: float, end: float) -> tuple[list[Event], Sequence[Trail]]:
    """The rule's events around a stretch of time (`touches`), whole and final as far as the tracks are, and the tracks
    that were looked at. Looks further back and ahead until what an event depends on is known whole."""
    rule = placed.rule
    low, high = begin - 3 * rule.margin, end + 3 * rule.margin
    for widening in (*_WIDENINGS, 0.0):
        trails = load(low, high)
        around = [part for part in extents(rule, trails) if touches(rule, part, begin, end)]
        first = min((part[0] for part in around), default=begin) - rule.margin
        last = max((part[1] for part in around), default=end) + rule.margin
        if first >= low and last <= high:
            break
        low = low if first >= low else min(first, begin - widening) - 2 * rule.margin
        high = high if last <= high else max(last, end + widening) + 2 * rule.margin
    found = [event for event in happenings(rule, trails) if touches(rule, (event.start, event.end), begin, end)]
    if placed.schedule is not None:
        found = [event for event in found if holds(placed.schedule, moment(event.start), placed.time_zone)]
    return found, trails


def touches(rule: Rule, part: tuple[float, float], begin: float, end: float) -> bool:
    """Whether it lies, with the rule's margin, within a stretch of time or reaches into it."""
    return part[1] >= begin - rule.margin and part[0] <= end + rule.margin


def told(placed: PlacedRule, event: Event) -> FoundEvent:
    """An event as it crosses borders: times to the millisecond, places to a ten-thousandth."""
    return FoundEvent(
        kind=placed.rule.kind,
        camera_id=placed.camera_id,
        started_at=moment(event.start),
        ended_at=moment(event.end),
        track_ids=tuple(trail.id for trail in event.trails),
        object_class=event.object_class,
        direction=event.direction,
        x=round(event.place[0], 4),
        y=round(event.place[1], 4),
        measure=None if event.measure is None else round(event.measure, 4),
        confidence=round(event.confidence, 4),
    )


def moment(at: float) -> datetime:
    """Seconds since 1970 as a time in UTC, to the millisecond."""
    return datetime.fromtimestamp(round(at * 1000) / 1000, UTC).replace(microsecond=round(at * 1000) % 1000 * 1000)


def revised(placed: PlacedRule, found: Sequence[Event], known: Sequence[KnownEvent]) -> Changes:
    """Compares what was found with what is stored of the same stretch of time. An event that is found again, longer or
    shorter, by another version of the rule, or made of more tracks, stays the same event: it has the same key, or its
    time overlaps and it shares a track (or it is made by many)."""
    left = {event.key: event for event in known}
    pairs: list[tuple[KnownEvent | None, str, FoundEvent]] = [
        (left.pop(event.key, None), event.key, told(placed, event)) for event in found
    ]
    for number, (before, key, now) in enumerate(pairs):
        if before is None:
            again = next((other for other in left.values() if _same(other.event, now)), None)
            if again is not None:
                del left[again.key]
                pairs[number] = (again, key, now)
    return Changes(
        new=tuple((key, event) for before, key, event in pairs if before is None),
        changed=tuple(
            (before, key, event)
            for before, key, event in pairs
            if before is not None
            and (before.event, before.key, before.rule_version, before.zone_version)
            != (event, key, placed.version, placed.zone_version)
        ),
        gone=tuple(left.values()),
    )


def _same(before: FoundEvent, now: FoundEvent) -> bool:
    if before.kind is not now.kind or before.direction is not now.direction:
        return False
    if before.started_at > now.ended_at or before.ended_at < now.started_at:
        return False
    by_many = now.kind in {EventKind.ZONE_OCCUPIED, EventKind.CROWDING}
    return by_many or bool(set(before.track_ids) & set(now.track_ids))


def stored_event(
    kind: str, camera_id: UUID, times: tuple[datetime, datetime], track_ids: Sequence[UUID], **fields: object
) -> FoundEvent:
    """An event as it was stored."""
    object_class, direction = fields.pop("object_class"), fields.pop("direction")
    return FoundEvent(
        kind=EventKind(kind),
        camera_id=camera_id,
        started_at=times[0],
        ended_at=times[1],
        track_ids=tuple(track_ids),
        object_class=None if object_class is None else ObjectClass(str(object_class)),
        direction=None if direction is None else Direction(str(direction)),
        **fields,  # type: ignore[arg-type]
    )
