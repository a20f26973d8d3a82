"""/v1/tracks"""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from contracts.vocabulary import ObjectClass
from gateway.adapters.footage import Footage
from gateway.bodies.form import Page
from gateway.bodies.tracks import Track, TrackDetail
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, TimeCursor, read_cursor, time_page
from gateway.routes.parameters import Cursor, From, Limit, Until
from gateway.wall_clock import with_offset

_READ = {"needs": Scope.RECORDINGS_READ}


@get("/", operation_id="listTracks", summary="List tracks", opt=_READ, sync_to_thread=True)
def list_tracks(
    *,
    caller: NamedDependency[Caller],
    footage: NamedDependency[Footage],
    camera_id: Annotated[UUID | None, QueryParameter(name="camera_id")] = None,
    recording_id: Annotated[UUID | None, QueryParameter(name="recording_id")] = None,
    object_class: Annotated[ObjectClass | None, QueryParameter(name="class")] = None,
    from_time: From = None,
    until_time: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Track]:
    """In the order of their start: those in view in a time range, of a camera, recording or class."""
    after = read_cursor(cursor, TimeCursor)
    found = footage.tracks(
        caller,
        camera_id=camera_id,
        recording_id=recording_id,
        object_class=object_class,
        from_time=with_offset(from_time, "from"),
        until_time=with_offset(until_time, "until"),
        after=None if after is None else (after.at, after.id),
        limit=limit + 1,
    )
    return time_page(found, limit)


@get(
    "/{track_id:uuid}",
    operation_id="getTrack",
    summary="Get a track",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_track(
    track_id: FromPath[UUID], caller: NamedDependency[Caller], footage: NamedDependency[Footage]
) -> TrackDetail:
    """With its path through the view and its best crops as signed links."""
    return footage.track(caller, track_id)


router = Router("/tracks", route_handlers=[list_tracks, get_track], tags=["tracks"])
