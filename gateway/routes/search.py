"""/v1/search and /v1/pictures"""

import re
import time
from datetime import datetime
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from litestar import Request, Router, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from contracts.search import SEARCH_QUERY, Hit, SearchRequest
from contracts.vocabulary import ItemKind
from gateway.adapters.cameras import CameraLabel, Cameras
from gateway.adapters.footage import Footage
from gateway.adapters.pictures import Pictures
from gateway.adapters.queries import Ask, ask_query
from gateway.bodies.search import HitBody, PictureStored, SearchDone, SearchNew, SearchTimingsBody
from gateway.bodies.tracks import BoxBody
from gateway.model import Caller, Scope
from gateway.pictures import MOST_PICTURE_BYTES
from gateway.refusals import InvalidFieldError, NotFoundError, UnavailableError
from gateway.settings import GatewaySettings
from gateway.wall_clock import in_zone

_SEARCH = {"needs": Scope.SEARCH}
_MOST_WAIT_SECONDS = 30.0
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,3})\b")


@post(
    "/search",
    operation_id="search",
    summary="Search",
    status_code=200,
    tags=["search"],
    opt={**_SEARCH, "problems": (404, 504)},
)
async def search(
    *,
    data: SearchNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    pictures: NamedDependency[Pictures],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
    prefer: Annotated[
        str | None,
        HeaderParameter(name="Prefer", description="`wait=5`: give up after 5 seconds (1 to 30; 10 without it)."),
    ] = None,
) -> SearchDone:
    """By a sentence, a picture (store it first) or a track, narrowed by cameras, time range and classes. The hits'
    times carry their camera's offset; thumbnails are signed links."""
    started = time.monotonic()

    def asked() -> SearchDone:
        request = search_request(data, caller, cameras, footage, pictures)
        answer = ask_query(ask, SEARCH_QUERY, request, seconds=wait_seconds(prefer, settings.search_seconds))
        labels = cameras.labels(caller.tenant_id, [hit.camera_id for hit in answer.hits])
        return SearchDone(
            hits=[hit_body(hit, labels[hit.camera_id], footage.link(hit.thumbnail_key)) for hit in answer.hits],
            timings=SearchTimingsBody(
                encode_ms=answer.timings.encode_ms, query_ms=answer.timings.query_ms, total_ms=answer.timings.total_ms
            ),
            spaces=list(answer.spaces),
            took_ms=round((time.monotonic() - started) * 1000, 1),
            expires_at=footage.expiry(),
        )

    # Searches wait in threads of their own: however many wait for their workers, the other routes go on.
    if not searches.available_tokens:
        raise UnavailableError(f"{searches.total_tokens:g} searches are waiting already: ask again in a moment")
    return await to_thread.run_sync(asked, limiter=searches)


@post(
    "/pictures",
    operation_id="storePicture",
    summary="Store a picture to search with",
    tags=["search"],
    opt={
        **_SEARCH,
        "creates": True,
        "raw_body": ("image/jpeg", "image/png", "image/webp", "application/octet-stream", "multipart/form-data"),
    },
    request_max_body_size=MOST_PICTURE_BYTES + 64 * 1024,
)
async def store_picture(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], pictures: NamedDependency[Pictures]
) -> PictureStored:
    """JPEG, PNG or WebP of up to 10 MB, as the body or as the file of a form."""
    if request.content_type[0] == "multipart/form-data":
        files = [value for value in (await request.form()).values() if isinstance(value, UploadFile)]
        if len(files) != 1:
            raise InvalidFieldError("body", "the form must hold exactly one file")
        content = await files[0].read()
    else:
        content = await request.body()
    return await to_thread.run_sync(pictures.store, caller, content)


def search_request(
    data: SearchNew, caller: Caller, cameras: Cameras, footage: Footage, pictures: Pictures
) -> SearchRequest:
    """A request as the search service takes it, narrowed to what the caller may see. Raises InvalidFieldError,
    NotFoundError."""
    given = [name for name in ("text", "picture_id", "track_id") if getattr(data, name) is not None]
    if len(given) != 1:
        raise InvalidFieldError(given[-1] if given else "text", "give exactly one of text, picture_id and track_id")
    _check_order(data.from_time, data.until_time)
    camera_ids = caller.narrowed(data.camera_ids)
    if data.camera_ids is not None:
        found = cameras.labels(caller.tenant_id, data.camera_ids)
        for camera_id in data.camera_ids:
            if camera_id not in found:
                raise NotFoundError("camera", camera_id)
    if data.track_id is not None:
        footage.check_visible(caller, [(ItemKind.TRACK, data.track_id)])
    return SearchRequest(
        tenant_id=caller.tenant_id,
        text=data.text,
        picture_key=None if data.picture_id is None else pictures.key(caller, data.picture_id),
        track_id=data.track_id,
        camera_ids=camera_ids,
        from_time=data.from_time,
        until_time=data.until_time,
        classes=tuple(data.classes),
        kinds=tuple(data.kinds),
        min_score=data.min_score,
        limit=data.limit,
    )


def _check_order(from_time: datetime | None, until_time: datetime | None) -> None:
    if from_time is not None and until_time is not None and until_time <= from_time:
        raise InvalidFieldError("until", "must be after from")


def wait_seconds(prefer: str | None, usual: float) -> float:
    """How long the client wants to wait (RFC 7240 `wait`), or the usual time."""
    found = _WAIT.search(prefer or "")
    return usual if found is None else min(max(float(found.group(1)), 1.0), _MOST_WAIT_SECONDS)


def hit_body(hit: Hit, camera: CameraLabel, url: str) -> HitBody:
    """A hit as it is told, in its camera's time."""
    box = hit.box
    return HitBody(
        kind=hit.kind,
        id=hit.id,
        camera_id=hit.camera_id,
        camera=camera.name,
        recording_id=hit.recording_id,
        started_at=in_zone(hit.started_at, camera.time_zone),
        ended_at=in_zone(hit.ended_at, camera.time_zone),
        best_at=in_zone(hit.best_at, camera.time_zone),
        score=hit.score,
        space=hit.space,
        object_class=hit.object_class,
        box=None if box is None else BoxBody(left=box.left, top=box.top, right=box.right, bottom=box.bottom),
        thumbnail_url=url,
    )


router = Router("/", route_handlers=[search, store_picture])
