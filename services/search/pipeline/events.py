"""Use cases: the events of new tracks, of a rule that changed, and of a rule that is tried."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from contracts.events import DayCount, FindEvents, FoundEvent, RerunRule, RuleTried, TryRule
from kit.lease import Lease
from services.search.model.errors import BadRequestError, NotFoundError
from services.search.model.revision import PlacedRule, revised, settled, told, touches
from services.search.ports.events import EventStore, EventWork

PART = timedelta(hours=2)
"""Stored footage is gone through in such parts, each a transaction."""

MOST_TRIED = timedelta(days=93)
"""The longest stretch of time that a rule is tried over."""

MOST_SAMPLES = 200

RERUN_SECONDS = 2.0
"""What is fresh waits no longer than this, and one part, behind a rule that runs over stored footage."""

TRIAL_SECONDS = 10.0
"""A trial that takes longer says how far it came."""


@dataclass(frozen=True)
class EventFinding:
    """Finds events and keeps them as they should be."""

    store: EventStore

    def find(self, task: FindEvents, lease: Lease) -> None:
        """The events of new tracks, by the armed rules of their camera, with their alerts. Raises LeaseLostError."""
        begin, end = task.from_time.timestamp(), task.until_time.timestamp()
        counts: Counter[str] = Counter()
        with self.store.finishing(lease, task.camera_id) as work:
            for placed in work.armed(task.camera_id):
                counts += _refresh(work, placed, begin, end, alerting=True)
            work.tell(dict(counts))

    def rerun(self, task: RerunRule, lease: Lease) -> None:
        """A rule's events anew, in all stored footage; none where it is not armed or not there any more. What happened
        long ago alerts nobody. After `RERUN_SECONDS` the rest is left to a further job, behind what is fresh.

        Raises LeaseLostError.
        """
        span = self.store.footage_span(lease.tenant_id, task.camera_id)
        started = monotonic()
        counts: Counter[str] = Counter()
        done = task.from_time
        for begin, end, share in _parts(task.from_time or span[0], span[1]) if span is not None else ():
            with self.store.part(lease, task.camera_id) as work:
                placed = work.rule(task.rule_id)
                if placed is None or not placed.armed:
                    break
                counts += _refresh(work, placed, begin.timestamp(), end.timestamp(), alerting=False)
            lease.tell_progress(share)
            done = end
            if monotonic() - started > RERUN_SECONDS:
                break
        with self.store.finishing(lease, task.camera_id) as work:
            placed = work.rule(task.rule_id)
            if placed is None or not placed.armed:
                counts += Counter(gone=work.supersede_all(task.rule_id))
            elif span is not None and done is not None and done < span[1]:
                work.go_on(replace(task, from_time=done))
            work.tell(dict(counts))

    def attempt(self, request: TryRule) -> RuleTried:
        """What a rule would have found; nothing is stored. Events are counted by the day on which they begin, by the
        camera's calendar. Raises SearchError."""
        _check(request)
        placed = self.store.draft(request.tenant_id, request.rule)
        found: list[FoundEvent] = []
        tracks: set[object] = set()
        until, started = request.from_time, monotonic()
        for begin, end, _ in _parts(request.from_time, request.until_time):
            events, trails = settled(
                placed,
                lambda low, high: self.store.trails(request.tenant_id, placed.camera_id, low, high),
                begin.timestamp(),
                end.timestamp(),
            )
            found += [event for event in (told(placed, one) for one in events) if begin <= event.started_at < end]
            tracks |= {trail.id for trail in trails if trail.start < end.timestamp() and trail.end >= begin.timestamp()}
            until = end
            if monotonic() - started > TRIAL_SECONDS:
                break
        zone = ZoneInfo(placed.time_zone)
        days = Counter(event.started_at.astimezone(zone).date() for event in found)
        return RuleTried(
            count=len(found),
            days=tuple(DayCount(day=day, count=count) for day, count in sorted(days.items())),
            samples=_spread(found, request.samples),
            tracks=len(tracks),
            examined_until=until,
            zone_version=placed.zone_version,
        )


def _refresh(work: EventWork, placed: PlacedRule, begin: float, end: float, *, alerting: bool) -> Counter[str]:
    found, _ = settled(placed, lambda low, high: work.trails(placed.camera_id, low, high), begin, end)
    margin = placed.rule.margin
    known = [
        event
        for event in work.known(placed.id, begin - margin, end + margin)
        if touches(placed.rule, (event.event.started_at.timestamp(), event.event.ended_at.timestamp()), begin, end)
    ]
    changes = revised(placed, found, known)
    new = work.write(placed, changes)
    alerts = work.alert_of(placed, [event_id for event_id, _ in new]) if alerting and new else 0
    return Counter(new=len(new), changed=len(changes.changed), gone=len(changes.gone), alerts=alerts)


def _parts(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime, float]]:
    begin = first
    while begin < last:
        end = min(begin + PART, last)
        yield begin, end, (end - first) / (last - first)
        begin = end


def _spread(found: list[FoundEvent], most: int) -> tuple[FoundEvent, ...]:
    """So many of them at most, evenly spread over all."""
    if len(found) <= most:
        return tuple(found)
    return tuple(found[round(number * (len(found) - 1) / max(most - 1, 1))] for number in range(most))


def _check(request: TryRule) -> None:
    permitted = request.camera_ids
    if permitted is not None and request.rule.camera_id not in permitted:
        raise NotFoundError(f"camera {request.rule.camera_id}")
    if request.from_time >= request.until_time:
        raise BadRequestError("from must be before until")
    if request.until_time - request.from_time > MOST_TRIED:
        raise BadRequestError(f"a rule is tried over at most {MOST_TRIED.days} days at once")
    if not 0 <= request.samples <= MOST_SAMPLES:
        raise BadRequestError(f"samples must be from 0 to {MOST_SAMPLES}")
