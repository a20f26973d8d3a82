"""/v1/cameras/{camera_id}/zones"""

from uuid import UUID

from litestar import Response, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from gateway.adapters.cameras import Cameras
from gateway.adapters.zones import Zones
from gateway.bodies.form import Page
from gateway.bodies.zones import Zone, ZoneChange, ZoneNew
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, NameCursor, read_cursor, write_cursor
from gateway.routes.parameters import Cursor, Limit
from gateway.versions import IfMatch, etag, read_version

_READ = {"needs": Scope.CAMERAS_READ}
_WRITE = {"needs": Scope.CAMERAS_WRITE}


@post(
    "/",
    operation_id="createZone",
    summary="Draw a zone or line",
    opt={**_WRITE, "creates": True, "problems": (404, 409)},
    sync_to_thread=True,
)
def create_zone(
    camera_id: FromPath[UUID],
    data: ZoneNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    zones: NamedDependency[Zones],
) -> Response[Zone]:
    """A `zone` is a polygon of at least three corners whose sides do not cross. A `line` has two points or more and is
    directed: seen from its first point towards its last, it has a left and a right side. Names are unique for the
    camera."""
    cameras.get(caller, camera_id)
    zone = zones.create(caller, camera_id, data)
    location = f"/v1/cameras/{camera_id}/zones/{zone.id}"
    return Response(zone, headers={"Location": location, "ETag": etag(zone.version)})


@get(
    "/",
    operation_id="listZones",
    summary="List zones and lines",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def list_zones(
    *,
    camera_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    zones: NamedDependency[Zones],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Zone]:
    """Those of one camera, by name."""
    cameras.get(caller, camera_id)
    after = read_cursor(cursor, NameCursor)
    found = zones.list(caller, camera_id, after=None if after is None else after.name, limit=limit + 1)
    items = found[:limit]
    more = len(found) > limit
    return Page(items=items, next_cursor=write_cursor(NameCursor(items[-1].name)) if more else None)


@get(
    "/{zone_id:uuid}",
    operation_id="getZone",
    summary="Get a zone or line",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_zone(
    camera_id: FromPath[UUID], zone_id: FromPath[UUID], caller: NamedDependency[Caller], zones: NamedDependency[Zones]
) -> Response[Zone]:
    """The ETag is needed to change it."""
    zone = zones.get(caller, camera_id, zone_id)
    return Response(zone, headers={"ETag": etag(zone.version)})


@patch(
    "/{zone_id:uuid}",
    operation_id="changeZone",
    summary="Change a zone or line",
    opt={**_WRITE, "problems": (404, 409, 412, 428)},
    sync_to_thread=True,
)
def change_zone(
    *,
    camera_id: FromPath[UUID],
    zone_id: FromPath[UUID],
    data: ZoneChange,
    caller: NamedDependency[Caller],
    zones: NamedDependency[Zones],
    if_match: IfMatch = None,
) -> Response[Zone]:
    """Fields left out stay. Send the zone's ETag in `If-Match`. The events of the rules over it are found anew."""
    zone = zones.change(caller, camera_id, zone_id, data, version=read_version(if_match))
    return Response(zone, headers={"ETag": etag(zone.version)})


@delete(
    "/{zone_id:uuid}",
    operation_id="deleteZone",
    summary="Remove a zone or line",
    opt={**_WRITE, "problems": (404, 409, 412, 428)},
    sync_to_thread=True,
)
def delete_zone(
    *,
    camera_id: FromPath[UUID],
    zone_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    zones: NamedDependency[Zones],
    if_match: IfMatch = None,
) -> None:
    """Not while a rule is over it."""
    zones.delete(caller, camera_id, zone_id, version=read_version(if_match))


router = Router(
    "/cameras/{camera_id:uuid}/zones",
    route_handlers=[create_zone, list_zones, get_zone, change_zone, delete_zone],
    tags=["zones"],
)
