"""/v1/watches and /v1/alerts"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from anyio import CapacityLimiter, to_thread
from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import UnsetType

from contracts.search import MAX_HITS, Hit, SearchRequest
from contracts.watches import SEARCH_WATCH_TRIAL, TryWatch
from gateway.adapters.cameras import CameraLabel, Cameras
from gateway.adapters.events import Rules
from gateway.adapters.footage import Footage
from gateway.adapters.pictures import Pictures
from gateway.adapters.queries import Ask, ask_query
from gateway.adapters.watches import Alerts, TellHit, Watches
from gateway.bodies.form import Page
from gateway.bodies.search import HitBody, SearchNew
from gateway.bodies.watches import (
    Alert,
    HitCount,
    Watch,
    WatchChange,
    WatchNew,
    WatchTrial,
    WatchTrialNew,
)
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, IdCursor, read_cursor, write_cursor
from gateway.refusals import InvalidFieldError, UnavailableError
from gateway.routes.parameters import Cursor, Limit
from gateway.routes.search import hit_body, search_request
from gateway.versions import IfMatch, etag, read_version
from gateway.wall_clock import check_time_zone, in_zone, with_offset

_READ = {"needs": Scope.EVENTS_READ}
_WRITE = {"needs": Scope.EVENTS_WRITE}

TRIAL_SECONDS = 30.0
"""How long a trial may take; the search service stops before and says how far it came."""


@post(
    "/",
    operation_id="createWatch",
    summary="Watch for something",
    opt={**_WRITE, "creates": True, "problems": (404, 409)},
    sync_to_thread=True,
)
def create_watch(
    *,
    data: WatchNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    pictures: NamedDependency[Pictures],
    rules: NamedDependency[Rules],
    watches: NamedDependency[Watches],
) -> Response[Watch]:
    """From now on new footage is looked at, within seconds of its analysis. Of a search every track and scene that is
    found alerts once, of a rule every new event. What is watched for is limited to the cameras that the key may see."""
    if (data.search is None) == (data.rule_id is None):
        raise InvalidFieldError("search", "give exactly one of search and rule_id")
    search, camera_ids = None, caller.camera_ids
    if data.search is not None:
        search = _standing(data.search, caller, cameras, footage, pictures)
        camera_ids = search.camera_ids
    elif data.rule_id is not None:
        camera_ids = (rules.get(caller, data.rule_id).camera_id,)
    watch = watches.create(caller, data, search, camera_ids)
    return Response(watch, headers={"Location": f"/v1/watches/{watch.id}", "ETag": etag(watch.version)})


@get("/", operation_id="listWatches", summary="List watches", opt=_READ, sync_to_thread=True)
def list_watches(
    *,
    caller: NamedDependency[Caller],
    watches: NamedDependency[Watches],
    rule_id: Annotated[UUID | None, QueryParameter(name="rule_id")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Watch]:
    """Newest first. A key that is restricted to cameras sees those that watch no others."""
    before = read_cursor(cursor, IdCursor)
    found = watches.list(caller, rule_id=rule_id, before=None if before is None else before.id, limit=limit + 1)
    items = list(found[:limit])
    return Page(items=items, next_cursor=write_cursor(IdCursor(items[-1].id)) if len(found) > limit else None)


@get(
    "/{watch_id:uuid}",
    operation_id="getWatch",
    summary="Get a watch",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_watch(
    watch_id: FromPath[UUID], caller: NamedDependency[Caller], watches: NamedDependency[Watches]
) -> Response[Watch]:
    """The ETag is needed to change it."""
    watch = watches.get(caller, watch_id)
    return Response(watch, headers={"ETag": etag(watch.version)})


@patch(
    "/{watch_id:uuid}",
    operation_id="changeWatch",
    summary="Change, mute or schedule a watch",
    opt={**_WRITE, "problems": (404, 409, 412, 428)},
    sync_to_thread=True,
)
def change_watch(
    *,
    watch_id: FromPath[UUID],
    data: WatchChange,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    pictures: NamedDependency[Pictures],
    watches: NamedDependency[Watches],
    if_match: IfMatch = None,
) -> Response[Watch]:
    """Fields left out stay. A watched search can be changed, but not into a watched rule."""
    version = read_version(if_match)
    search = None
    if not isinstance(data.search, UnsetType):
        if watches.get(caller, watch_id).rule_id is not None:
            raise InvalidFieldError("search", "this watch is over a rule: make another for the search")
        search = _standing(data.search, caller, cameras, footage, pictures)
    watch = watches.change(caller, watch_id, data, search, version=version)
    return Response(watch, headers={"ETag": etag(watch.version)})


@delete(
    "/{watch_id:uuid}",
    operation_id="deleteWatch",
    summary="Remove a watch",
    opt={**_WRITE, "problems": (404, 412, 428)},
    sync_to_thread=True,
)
def delete_watch(
    watch_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    watches: NamedDependency[Watches],
    if_match: IfMatch = None,
) -> None:
    """Its alerts stay."""
    watches.delete(caller, watch_id, version=read_version(if_match))


@post(
    "/test",
    operation_id="testWatch",
    summary="Try a watched search on the past",
    status_code=200,
    opt={**_WRITE, "problems": (404, 504)},
)
async def test_watch(
    *,
    data: WatchTrialNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    pictures: NamedDependency[Pictures],
    watches: NamedDependency[Watches],
    ask: NamedDependency[Ask],
    searches: NamedDependency[CapacityLimiter],
) -> WatchTrial:
    """Counts by day and the best hits of what it would have alerted to; nothing is stored. At most 93 days; where they
    take too long, `examined_until` says how far it came."""

    def asked() -> WatchTrial:
        search = data.search if data.watch_id is None else watches.get(caller, data.watch_id).search
        if search is None:
            raise InvalidFieldError(
                "search", "give a search, or the watch_id of a watched search; a rule is tried by itself"
            )
        request = _standing(search, caller, cameras, footage, pictures)
        answer = ask_query(
            ask,
            SEARCH_WATCH_TRIAL,
            TryWatch(
                tenant_id=caller.tenant_id,
                search=msgspec.structs.replace(request, from_time=data.from_time, until_time=data.until_time),
                time_zone=check_time_zone(data.time_zone),
                samples=data.samples,
            ),
            seconds=TRIAL_SECONDS,
        )
        labels = cameras.labels(caller.tenant_id, [hit.camera_id for hit in answer.samples])
        return WatchTrial(
            count=answer.count,
            capped=answer.capped,
            days=[HitCount(day=one.day, count=one.count) for one in answer.days],
            samples=[hit_body(hit, labels[hit.camera_id], footage.link) for hit in answer.samples],
            examined_until=in_zone(answer.examined_until, data.time_zone),
            complete=answer.examined_until >= data.until_time,
        )

    if data.until_time <= data.from_time:
        raise InvalidFieldError("until", "must be after from")
    if not searches.available_tokens:
        raise UnavailableError(f"{searches.total_tokens:g} searches are waiting already: ask again in a moment")
    return await to_thread.run_sync(asked, limiter=searches)


def _standing(
    search: SearchNew, caller: Caller, cameras: Cameras, footage: Footage, pictures: Pictures
) -> SearchRequest:
    """A search that can be watched for."""
    if search.from_time is not None or search.until_time is not None:
        raise InvalidFieldError("search.from", "a watch looks at whatever comes: leave from and until out")
    if search.min_score <= -1.0:
        raise InvalidFieldError("search.min_score", "say how alike is alike enough, or everything alerts")
    request = search_request(search, caller, cameras, footage, pictures)
    return msgspec.structs.replace(request, limit=MAX_HITS, cursor=None)


# Alerts


@get("/", operation_id="listAlerts", summary="List alerts", opt=_READ, sync_to_thread=True)
def list_alerts(
    *,
    caller: NamedDependency[Caller],
    alerts: NamedDependency[Alerts],
    footage: NamedDependency[Footage],
    watch_id: Annotated[UUID | None, QueryParameter(name="watch_id")] = None,
    camera_id: Annotated[UUID | None, QueryParameter(name="camera_id")] = None,
    since: Annotated[
        datetime | None,
        QueryParameter(name="since", description="Made at or after this time, RFC 3339 with an offset."),
    ] = None,
    acknowledged: Annotated[bool | None, QueryParameter(name="acknowledged")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Alert]:
    """Newest first, with what was found."""
    before = read_cursor(cursor, IdCursor)
    found = alerts.list(
        caller,
        _teller(footage),
        watch_id=watch_id,
        camera_id=camera_id,
        since=with_offset(since, "since"),
        acknowledged=acknowledged,
        before=None if before is None else before.id,
        limit=limit + 1,
    )
    items = list(found[:limit])
    return Page(items=items, next_cursor=write_cursor(IdCursor(items[-1].id)) if len(found) > limit else None)


@get(
    "/{alert_id:uuid}",
    operation_id="getAlert",
    summary="Get an alert",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_alert(
    alert_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    alerts: NamedDependency[Alerts],
    footage: NamedDependency[Footage],
) -> Alert:
    """With what was found."""
    return alerts.get(caller, alert_id, _teller(footage))


@post(
    "/{alert_id:uuid}/acknowledge",
    operation_id="acknowledgeAlert",
    summary="Acknowledge an alert",
    opt={**_WRITE, "creates": True, "problems": (404,)},
    sync_to_thread=True,
)
def acknowledge_alert(
    alert_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    alerts: NamedDependency[Alerts],
    footage: NamedDependency[Footage],
) -> Alert:
    """Says that somebody has seen it; who was first is kept."""
    return alerts.acknowledge(caller, alert_id, _teller(footage))


def _teller(footage: Footage) -> TellHit:
    def tell(hit: Hit, label: CameraLabel) -> HitBody:
        return hit_body(hit, label, footage.link)

    return tell


router = Router(
    "/watches",
    route_handlers=[create_watch, list_watches, get_watch, change_watch, delete_watch, test_watch],
    tags=["watches"],
)
alerts_router = Router("/alerts", route_handlers=[list_alerts, get_alert, acknowledge_alert], tags=["watches"])
