"""/v1/cameras"""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import UnsetType

from gateway.adapters.cameras import Cameras
from gateway.bodies.cameras import Camera, CameraChange, CameraNew
from gateway.bodies.form import Page, ProblemBody
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, NameCursor, read_cursor, write_cursor
from gateway.refusals import ScopeMissingError
from gateway.routes.parameters import Cursor, Limit
from gateway.versions import IfMatch, etag, read_version
from gateway.wall_clock import check_time_zone

_READ = {"needs": Scope.CAMERAS_READ}
_WRITE = {"needs": Scope.CAMERAS_WRITE}


@post(
    "/",
    operation_id="createCamera",
    summary="Register a camera",
    opt={**_WRITE, "creates": True, "problems": (409,)},
    sync_to_thread=True,
)
def create_camera(
    data: CameraNew, caller: NamedDependency[Caller], cameras: NamedDependency[Cameras]
) -> Response[Camera]:
    """Names are unique within the tenant. The time zone is that of the camera's place. A key that is restricted to
    cameras cannot register others."""
    if caller.camera_ids is not None:
        raise ScopeMissingError(f"{Scope.CAMERAS_WRITE} for every camera")
    check_time_zone(data.time_zone)
    camera = cameras.create(caller, data)
    return Response(camera, headers={"Location": f"/v1/cameras/{camera.id}", "ETag": etag(camera.version)})


@get("/", operation_id="listCameras", summary="List cameras", opt=_READ, sync_to_thread=True)
def list_cameras(
    *,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    name: Annotated[str | None, QueryParameter(name="name", description="Only the camera of this name.")] = None,
    site: Annotated[str | None, QueryParameter(name="site", description="Only cameras of this site.")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Camera]:
    """The cameras that the key may see, by name."""
    after = read_cursor(cursor, NameCursor)
    found = cameras.list(caller, name=name, site=site, after=None if after is None else after.name, limit=limit + 1)
    more = len(found) > limit
    items = found[:limit]
    return Page(items=items, next_cursor=write_cursor(NameCursor(items[-1].name)) if more else None)


@get(
    "/{camera_id:uuid}",
    operation_id="getCamera",
    summary="Get a camera",
    opt={**_READ, "problems": (404,)},
    # Brings the schema of problems into the document.
    responses={404: ResponseSpec(ProblemBody, generate_examples=False)},
    sync_to_thread=True,
)
def get_camera(
    camera_id: FromPath[UUID], caller: NamedDependency[Caller], cameras: NamedDependency[Cameras]
) -> Response[Camera]:
    """The ETag is needed to change it."""
    camera = cameras.get(caller, camera_id)
    return Response(camera, headers={"ETag": etag(camera.version)})


@patch(
    "/{camera_id:uuid}",
    operation_id="changeCamera",
    summary="Change a camera",
    opt={**_WRITE, "problems": (404, 409, 412, 428)},
    sync_to_thread=True,
)
def change_camera(
    camera_id: FromPath[UUID],
    data: CameraChange,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    if_match: IfMatch = None,
) -> Response[Camera]:
    """Fields left out stay. Send the camera's ETag in `If-Match`, so that nobody's change is lost."""
    version = read_version(if_match)
    if not isinstance(data.time_zone, UnsetType):
        check_time_zone(data.time_zone)
    camera = cameras.change(caller, camera_id, data, version=version)
    return Response(camera, headers={"ETag": etag(camera.version)})


router = Router("/cameras", route_handlers=[create_camera, list_cameras, get_camera, change_camera], tags=["cameras"])
