"""/v1/rules and /v1/events"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from contracts.events import SEARCH_RULE_TRIAL, EventKind, RuleDraft, TryRule
from gateway.adapters.cameras import Cameras
from gateway.adapters.events import Events, Rules, draft_of, found_event
from gateway.adapters.queries import Ask, ask_query
from gateway.bodies.events import (
    DayCountBody,
    EventBody,
    EventCounts,
    EventDetail,
    Rule,
    RuleChange,
    RuleNew,
    RuleTrial,
    RuleTrialNew,
)
from gateway.bodies.form import Page
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, IdCursor, TimeCursor, read_cursor, time_page, write_cursor
from gateway.refusals import InvalidFieldError, UnavailableError
from gateway.routes.parameters import Cursor, From, Limit, Until
from gateway.versions import IfMatch, etag, read_version
from gateway.wall_clock import in_zone, with_offset

_READ = {"needs": Scope.EVENTS_READ}
_WRITE = {"needs": Scope.EVENTS_WRITE}

TRIAL_SECONDS = 30.0
"""How long a trial may take; the search service stops before and says how far it came."""

CameraId = Annotated[UUID | None, QueryParameter(name="camera_id")]
ZoneId = Annotated[UUID | None, QueryParameter(name="zone_id")]
RuleId = Annotated[UUID | None, QueryParameter(name="rule_id")]
Kind = Annotated[EventKind | None, QueryParameter(name="kind")]


class Bucket(StrEnum):
    """How long the stretches are that events are counted in."""

    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"


_BUCKETS = {
    Bucket.QUARTER: timedelta(minutes=15),
    Bucket.HOUR: timedelta(hours=1),
    Bucket.DAY: timedelta(days=1),
}


# Rules


@post(
    "/",
    operation_id="createRule",
    summary="Make a rule",
    opt={**_WRITE, "creates": True, "problems": (404, 409)},
    sync_to_thread=True,
)
def create_rule(
    data: RuleNew, caller: NamedDependency[Caller], cameras: NamedDependency[Cameras], rules: NamedDependency[Rules]
) -> Response[Rule]:
    """An armed rule finds its events in all footage: what is stored, in the background, and whatever comes. Try it
    before (`/v1/rules/test`). Names are unique for the camera."""
    cameras.get(caller, data.camera_id)
    rule = rules.create(caller, data)
    return Response(rule, headers={"Location": f"/v1/rules/{rule.id}", "ETag": etag(rule.version)})


@get("/", operation_id="listRules", summary="List rules", opt=_READ, sync_to_thread=True)
def list_rules(
    *,
    caller: NamedDependency[Caller],
    rules: NamedDependency[Rules],
    camera_id: CameraId = None,
    zone_id: ZoneId = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Rule]:
    """Newest first."""
    before = read_cursor(cursor, IdCursor)
    found = rules.list(
        caller,
        camera_id=camera_id,
        zone_id=zone_id,
        before=None if before is None else before.id,
        limit=limit + 1,
    )
    items = list(found[:limit])
    return Page(items=items, next_cursor=write_cursor(IdCursor(items[-1].id)) if len(found) > limit else None)


@get(
    "/{rule_id:uuid}",
    operation_id="getRule",
    summary="Get a rule",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_rule(rule_id: FromPath[UUID], caller: NamedDependency[Caller], rules: NamedDependency[Rules]) -> Response[Rule]:
    """The ETag is needed to change it."""
    rule = rules.get(caller, rule_id)
    return Response(rule, headers={"ETag": etag(rule.version)})


@patch(
    "/{rule_id:uuid}",
    operation_id="changeRule",
    summary="Change, arm or disarm a rule",
    opt={**_WRITE, "problems": (404, 409, 412, 428)},
    sync_to_thread=True,
)
def change_rule(
    rule_id: FromPath[UUID],
    data: RuleChange,
    caller: NamedDependency[Caller],
    rules: NamedDependency[Rules],
    if_match: IfMatch = None,
) -> Response[Rule]:
    """Fields left out stay. The events of an armed rule are found anew, in the background: those that go on keep their
    id and get a further revision. Those of a disarmed rule are over."""
    rule = rules.change(caller, rule_id, data, version=read_version(if_match))
    return Response(rule, headers={"ETag": etag(rule.version)})


@delete(
    "/{rule_id:uuid}",
    operation_id="deleteRule",
    summary="Remove a rule",
    opt={**_WRITE, "problems": (404, 412, 428)},
    sync_to_thread=True,
)
def delete_rule(
    rule_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    rules: NamedDependency[Rules],
    if_match: IfMatch = None,
) -> None:
    """Its events are over, and its watches removed."""
    rules.delete(caller, rule_id, version=read_version(if_match))


@post(
    "/test",
    operation_id="testRule",
    summary="Try a rule on the past",
    status_code=200,
    opt={**_WRITE, "problems": (404, 504)},
)
async def test_rule(
    *,
    data: RuleTrialNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    rules: NamedDependency[Rules],
    ask: NamedDependency[Ask],
    searches: NamedDependency[CapacityLimiter],
) -> RuleTrial:
    """Counts by day and samples of what a rule would have found; nothing is stored. With `rule_id` a kept rule is
    tried, else the one that is described. At most 93 days; where they take too long, `examined_until` says how far it
    came: ask again from there."""

    def asked() -> RuleTrial:
        draft = _draft(data, caller, rules)
        time_zone = cameras.get(caller, draft.camera_id).time_zone
        request = TryRule(
            tenant_id=caller.tenant_id,
            camera_ids=caller.camera_ids,
            rule=draft,
            from_time=data.from_time,
            until_time=data.until_time,
            samples=data.samples,
        )
        answer = ask_query(ask, SEARCH_RULE_TRIAL, request, seconds=TRIAL_SECONDS)
        return RuleTrial(
            count=answer.count,
            days=[DayCountBody(day=one.day, count=one.count) for one in answer.days],
            samples=[found_event(event, time_zone) for event in answer.samples],
            tracks=answer.tracks,
            examined_until=in_zone(answer.examined_until, time_zone),
            complete=answer.examined_until >= data.until_time,
            zone_version=answer.zone_version,
        )

    if not searches.available_tokens:
        raise UnavailableError(f"{searches.total_tokens:g} searches are waiting already: ask again in a moment")
    return await to_thread.run_sync(asked, limiter=searches)


def _draft(data: RuleTrialNew, caller: Caller, rules: Rules) -> RuleDraft:
    if data.until_time <= data.from_time:
        raise InvalidFieldError("until", "must be after from")
    if data.rule_id is not None:
        return draft_of(rules.get(caller, data.rule_id))
    if data.camera_id is None or data.kind is None:
        raise InvalidFieldError(
            "camera_id" if data.camera_id is None else "kind", "is needed, or the rule_id of a rule"
        )
    return RuleDraft(
        camera_id=data.camera_id,
        kind=data.kind,
        zone_id=data.zone_id,
        parameters=data.parameters.parameters(),
        schedule=None if data.schedule is None else data.schedule.schedule(),
    )


# Events


@get("/", operation_id="listEvents", summary="List events", opt=_READ, sync_to_thread=True)
def list_events(
    *,
    caller: NamedDependency[Caller],
    events: NamedDependency[Events],
    kind: Kind = None,
    camera_id: CameraId = None,
    zone_id: ZoneId = None,
    rule_id: RuleId = None,
    from_time: From = None,
    until_time: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[EventBody]:
    """What the armed rules found, in the order of its start; going on in a time range, of a kind, camera, zone or
    rule. Each names the versions of rule and zone that found it."""
    after = read_cursor(cursor, TimeCursor)
    found = events.list(
        caller,
        kind=kind,
        camera_id=camera_id,
        zone_id=zone_id,
        rule_id=rule_id,
        **_span(from_time, until_time),
        after=None if after is None else (after.at, after.id),
        limit=limit + 1,
    )
    return time_page(found, limit)


@get(
    "/{event_id:uuid}",
    operation_id="getEvent",
    summary="Get an event",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_event(
    event_id: FromPath[UUID], caller: NamedDependency[Caller], events: NamedDependency[Events]
) -> EventDetail:
    """With its history: what was said of it before footage, rule or zone said otherwise."""
    return events.get(caller, event_id)


@get("/counts", operation_id="countEvents", summary="Count events over time", opt=_READ, sync_to_thread=True)
def count_events(
    *,
    caller: NamedDependency[Caller],
    events: NamedDependency[Events],
    from_time: Annotated[datetime, QueryParameter(name="from", description="RFC 3339 with an offset.")],
    until_time: Annotated[datetime, QueryParameter(name="until", description="RFC 3339 with an offset.")],
    bucket: Annotated[
        Bucket, QueryParameter(name="bucket", description="On the clock of the camera's place.")
    ] = Bucket.HOUR,
    kind: Kind = None,
    camera_id: CameraId = None,
    zone_id: ZoneId = None,
    rule_id: RuleId = None,
) -> EventCounts:
    """How many events began in each stretch of time, by rule, direction and class: how many went over a line each way,
    how many came into a zone."""
    found = events.counts(
        caller,
        bucket=_BUCKETS[bucket],
        kind=kind,
        camera_id=camera_id,
        zone_id=zone_id,
        rule_id=rule_id,
        **_span(from_time, until_time),
    )
    return EventCounts(items=list(found))


def _span(from_time: datetime | None, until_time: datetime | None) -> dict[str, datetime | None]:
    return {"from": with_offset(from_time, "from"), "until": with_offset(until_time, "until")}


router = Router(
    "/rules",
    route_handlers=[create_rule, list_rules, get_rule, change_rule, delete_rule, test_rule],
    tags=["events"],
)
events_router = Router("/events", route_handlers=[list_events, get_event, count_events], tags=["events"])
