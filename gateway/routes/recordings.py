"""/v1/recordings"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import IO, Annotated, Any, BinaryIO, cast
from uuid import UUID

from anyio import to_thread
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from gateway.adapters.cameras import Cameras
from gateway.adapters.recordings import Recordings
from gateway.bodies.form import Page
from gateway.bodies.recordings import (
    Recording,
    RecordingAccepted,
    RecordingNew,
    RecordingOpened,
    RecordingState,
    Segment,
    UploadDone,
    UploadLinks,
)
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, IdCursor, OrdinalCursor, read_cursor, write_cursor
from gateway.refusals import InvalidFieldError, UploadTooLargeError
from gateway.routes.parameters import Cursor, From, Limit, Until
from gateway.uploads import SMALL_FILE_BYTES
from gateway.wall_clock import check_start, with_offset

_READ = {"needs": Scope.RECORDINGS_READ}
_WRITE = {"needs": Scope.RECORDINGS_WRITE}

_FORM_BYTES = 64 * 1024
"""Room for the boundaries and headers around the file of a form."""

_IN_MEMORY_BYTES = 1024 * 1024


@post(
    "/",
    operation_id="createRecording",
    summary="Open an upload",
    opt={**_WRITE, "creates": True, "problems": (404, 413)},
    sync_to_thread=True,
)
def create_recording(
    data: RecordingNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    recordings: NamedDependency[Recordings],
) -> Response[RecordingOpened]:
    """Cut the file into parts of `part_bytes`, PUT each to its link (straight to the object store, in any order, again
    where one failed), keep each answer's ETag, then complete the recording with them. `started_at` is the true time of
    the first frame; without it the container must know it, or the recording fails and asks for it."""
    check_start(data.started_at, "body")
    cameras.get(caller, data.camera_id)
    opened = recordings.open(caller, data)
    return Response(opened, headers={"Location": f"/v1/recordings/{opened.id}"})


@post(
    "/upload",
    operation_id="uploadRecording",
    summary="Upload a small file",
    status_code=202,
    opt={
        **_WRITE,
        "creates": True,
        "problems": (404,),
        "raw_body": ("application/octet-stream", "video/mp4", "multipart/form-data"),
    },
    request_max_body_size=SMALL_FILE_BYTES + _FORM_BYTES,
)
async def upload_recording(
    *,
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    recordings: NamedDependency[Recordings],
    camera_id: Annotated[UUID, QueryParameter(name="camera_id")],
    filename: Annotated[
        str | None, QueryParameter(name="filename", max_length=200, description="Usually the form's.")
    ] = None,
    started_at: Annotated[
        datetime | None, QueryParameter(name="started_at", description="True time of the first frame, with an offset.")
    ] = None,
) -> Response[RecordingAccepted]:
    """Up to 64 MB, as the body or as the file of a form. Larger files go by an upload in parts."""
    start = check_start(with_offset(started_at, "started_at"), "query")
    await to_thread.run_sync(cameras.get, caller, camera_id)
    async with _content(request) as (content, own_name):
        size = content.seek(0, 2)
        content.seek(0)
        if size == 0:
            raise InvalidFieldError("body", "the file is empty")
        if size > SMALL_FILE_BYTES:
            raise UploadTooLargeError(SMALL_FILE_BYTES, "open an upload in parts: POST /v1/recordings")
        name = filename or own_name
        if not name:
            raise InvalidFieldError("filename", "is needed", "query")
        new = RecordingNew(camera_id=camera_id, filename=name[:200], size_bytes=size, started_at=start)
        accepted = await to_thread.run_sync(partial(recordings.take, caller, new, cast("BinaryIO", content)))
    return _accepted(accepted)


@post(
    "/{recording_id:uuid}/complete",
    operation_id="completeRecording",
    summary="Complete an upload",
    status_code=202,
    opt={**_WRITE, "creates": True, "problems": (404, 409)},
    sync_to_thread=True,
)
def complete_recording(
    recording_id: FromPath[UUID],
    data: UploadDone,
    caller: NamedDependency[Caller],
    recordings: NamedDependency[Recordings],
) -> Response[RecordingAccepted]:
    """Names every part with its ETag. A file of another size than promised is thrown away. Doing it again answers the
    same."""
    return _accepted(recordings.complete(caller, recording_id, [(part.number, part.etag) for part in data.parts]))


@get(
    "/{recording_id:uuid}/parts",
    operation_id="signParts",
    summary="Get fresh links for parts",
    opt={**_WRITE, "problems": (404, 409)},
    sync_to_thread=True,
)
def sign_parts(
    recording_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    recordings: NamedDependency[Recordings],
    numbers: Annotated[
        str | None,
        QueryParameter(name="numbers", max_length=1000, description="Such as `1,3-5`; at most 100 at once."),
    ] = None,
) -> UploadLinks:
    """For parts beyond the first 100, and for links that expired."""
    return recordings.links(caller, recording_id, numbers)


@delete(
    "/{recording_id:uuid}",
    operation_id="abortRecording",
    summary="Abort an upload",
    opt={**_WRITE, "problems": (404, 409)},
    sync_to_thread=True,
)
def abort_recording(
    recording_id: FromPath[UUID], caller: NamedDependency[Caller], recordings: NamedDependency[Recordings]
) -> None:
    """Throws an open upload away. A complete one stays."""
    recordings.abort(caller, recording_id)


@get("/", operation_id="listRecordings", summary="List recordings", opt=_READ, sync_to_thread=True)
def list_recordings(
    *,
    caller: NamedDependency[Caller],
    recordings: NamedDependency[Recordings],
    camera_id: Annotated[UUID | None, QueryParameter(name="camera_id")] = None,
    wanted_state: Annotated[RecordingState | None, QueryParameter(name="state")] = None,
    from_time: From = None,
    until_time: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Recording]:
    """Newest first. Duplicates are shown only where `state=duplicate` asks for them."""
    before = read_cursor(cursor, IdCursor)
    found = recordings.list(
        caller,
        camera_id=camera_id,
        state=None if wanted_state is None else wanted_state.value,
        from_time=with_offset(from_time, "from"),
        until_time=with_offset(until_time, "until"),
        before=None if before is None else before.id,
        limit=limit + 1,
    )
    items = list(found[:limit])
    return Page(items=items, next_cursor=write_cursor(IdCursor(items[-1].id)) if len(found) > limit else None)


@get(
    "/{recording_id:uuid}",
    operation_id="getRecording",
    summary="Get a recording",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_recording(
    recording_id: FromPath[UUID], caller: NamedDependency[Caller], recordings: NamedDependency[Recordings]
) -> Recording:
    """Where it stands. Once `state` is `ready` and `open_jobs` is 0, all of it can be found."""
    return recordings.get(caller, recording_id)


@get(
    "/{recording_id:uuid}/segments",
    operation_id="listSegments",
    summary="List a recording's segments",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def list_segments(
    *,
    recording_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    recordings: NamedDependency[Recordings],
    from_time: From = None,
    until_time: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Segment]:
    """The stored footage itself, in order, with signed links: the segments that overlap a time range."""
    after = read_cursor(cursor, OrdinalCursor)
    found = recordings.segments(
        caller,
        recording_id,
        from_time=with_offset(from_time, "from"),
        until_time=with_offset(until_time, "until"),
        after=None if after is None else after.ordinal,
        limit=limit + 1,
    )
    items = list(found[:limit])
    more = len(found) > limit
    return Page(items=items, next_cursor=write_cursor(OrdinalCursor(items[-1].ordinal)) if more else None)


def _accepted(accepted: RecordingAccepted) -> Response[RecordingAccepted]:
    return Response(accepted, headers={"Location": f"/v1/jobs/{accepted.job_id}"})


@asynccontextmanager
async def _content(request: Request[Any, Any, Any]) -> AsyncIterator[tuple[IO[bytes], str]]:
    """The file in the body, and its own name where a form tells one. Large ones go to disk as they come."""
    if request.content_type[0] == "multipart/form-data":
        form = await request.form()
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if len(files) != 1:
            raise InvalidFieldError("body", "the form must hold exactly one file")
        yield cast("IO[bytes]", files[0].file), files[0].filename
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
        async for chunk in request.stream():
            spool.write(chunk)
        yield cast("IO[bytes]", spool), ""


router = Router(
    "/recordings",
    route_handlers=[
        create_recording,
        upload_recording,
        complete_recording,
        sign_parts,
        abort_recording,
        list_recordings,
        get_recording,
        list_segments,
    ],
    tags=["recordings"],
)
