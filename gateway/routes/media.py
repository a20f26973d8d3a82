"""/v1/media"""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from gateway.adapters.footage import Footage
from gateway.bodies.media import MediaLink
from gateway.model import Caller, Scope

_READ = {"needs": Scope.RECORDINGS_READ, "problems": (404,)}

Redirect = Annotated[bool, QueryParameter(name="redirect", description="Answer 307 to the link instead of naming it.")]


@get(
    "/crops/{track_id:uuid}/{rank:int}",
    operation_id="getCropLink",
    summary="Get a link to a crop",
    opt=_READ,
    sync_to_thread=True,
)
def crop_link(
    track_id: FromPath[UUID],
    rank: FromPath[int],
    caller: NamedDependency[Caller],
    footage: NamedDependency[Footage],
    redirect: Redirect = False,
) -> Response[MediaLink | None]:
    """A picture cut out of a frame; rank 0 is the track's best."""
    return _answer(footage.crop_link(caller, track_id, rank), redirect)


@get(
    "/scenes/{scene_id:uuid}",
    operation_id="getSceneLink",
    summary="Get a link to a scene's still",
    opt=_READ,
    sync_to_thread=True,
)
def scene_link(
    scene_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    footage: NamedDependency[Footage],
    redirect: Redirect = False,
) -> Response[MediaLink | None]:
    """A whole frame."""
    return _answer(footage.media_link(caller, "scene", scene_id), redirect)


@get(
    "/segments/{segment_id:uuid}",
    operation_id="getSegmentLink",
    summary="Get a link to a segment",
    opt=_READ,
    sync_to_thread=True,
)
def segment_link(
    segment_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    footage: NamedDependency[Footage],
    redirect: Redirect = False,
) -> Response[MediaLink | None]:
    """A stored piece of footage, never re-encoded. The link takes Range requests."""
    return _answer(footage.media_link(caller, "segment", segment_id), redirect)


def _answer(link: MediaLink, redirect: bool) -> Response[MediaLink | None]:
    if redirect:
        return Response(None, status_code=307, headers={"Location": link.url, "Cache-Control": "no-store"})
    return Response(link)


router = Router("/media", route_handlers=[crop_link, scene_link, segment_link], tags=["media"])
