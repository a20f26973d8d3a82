"""/v1/search and /v1/pictures"""

import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from anyio import CapacityLimiter, to_thread
from litestar import Request, Router, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from contracts.search import (
    SEARCH_QUERY,
    AttributeWish,
    Box,
    DayTime,
    FrameRegion,
    Heading,
    Hit,
    Phrase,
    SearchRequest,
    Understood,
    Weights,
)
from contracts.vocabulary import ItemKind
from gateway.adapters.cameras import CameraLabel, Cameras
from gateway.adapters.footage import Footage
from gateway.adapters.pictures import Pictures
from gateway.adapters.queries import Ask, ask_query
from gateway.bodies.search import (
    AttributeFoundBody,
    AttributeWishBody,
    CalibrationBody,
    DayTimeBody,
    DirectionNew,
    HitBody,
    MemberBody,
    PartScoreBody,
    PhraseBody,
    PictureStored,
    ReasonsBody,
    Region,
    SearchDone,
    SearchNew,
    SearchTimingsBody,
    Towards,
    UnderstoodBody,
    Weekday,
)
from gateway.bodies.tracks import BoxBody
from gateway.model import Caller, Scope
from gateway.pictures import MOST_PICTURE_BYTES
from gateway.refusals import InvalidFieldError, NotFoundError, UnavailableError
from gateway.settings import GatewaySettings
from gateway.wall_clock import in_zone

_SEARCH = {"needs": Scope.SEARCH}
_WEEKDAYS = tuple(Weekday)
_FILTER_FIELDS = {"from_time": "from", "until_time": "until", "headings": "directions"}
"""What conditions are called in requests, where that is another name than inside."""
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
    """By any mix of a sentence, a picture (store it first) or a region of it, a track and a region of a frame of
    recorded footage, narrowed by places, times, classes, attributes and movement, and without what is not wanted. What
    a sentence says of them is read out of it; `understood` tells it. The hits' times carry their camera's offset;
    thumbnails are signed links; every hit says why it is one."""
    started = time.monotonic()

    def asked() -> SearchDone:
        request = search_request(data, caller, cameras, footage, pictures)
        answer = ask_query(ask, SEARCH_QUERY, request, seconds=wait_seconds(prefer, settings.search_seconds))
        labels = cameras.labels(caller.tenant_id, [hit.camera_id for hit in answer.hits])
        return SearchDone(
            hits=[hit_body(hit, labels[hit.camera_id], footage.link) for hit in answer.hits],
            timings=SearchTimingsBody(
                encode_ms=answer.timings.encode_ms, query_ms=answer.timings.query_ms, total_ms=answer.timings.total_ms
            ),
            spaces=list(answer.spaces),
            understood=None if answer.understood is None else understood_body(answer.understood),
            calibrations=[CalibrationBody(**msgspec.structs.asdict(facts)) for facts in answer.calibrations],
            next_cursor=answer.next_cursor,
            ways=list(answer.ways),
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
    if not any((data.text, data.understood, data.picture_id, data.track_id, data.frame)):
        raise InvalidFieldError("text", "give a text, a picture_id, a track_id, a frame, or several of them")
    _check_order(data.from_time, data.until_time)
    camera_ids = caller.narrowed(data.camera_ids)
    _check_cameras(caller, cameras, [*(data.camera_ids or ()), *data.without_camera_ids])
    tracks = [*data.without_track_ids, *([] if data.track_id is None else [data.track_id])]
    if tracks:
        footage.check_visible(caller, [(ItemKind.TRACK, track_id) for track_id in tracks])
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
        without_camera_ids=tuple(data.without_camera_ids),
        sites=tuple(data.sites),
        zone_ids=tuple(data.zone_ids),
        without_zone_ids=tuple(data.without_zone_ids),
        day_time=_day_time(data.day_time),
        weekdays=_numbers(data.weekdays),
        without_classes=tuple(data.without_classes),
        attributes=_wishes(data.attributes),
        headings=tuple(_heading(place, direction) for place, direction in enumerate(data.directions)),
        min_seconds_in_view=data.min_seconds_in_view,
        max_seconds_in_view=data.max_seconds_in_view,
        min_speed=data.min_speed,
        max_speed=data.max_speed,
        min_size=data.min_size,
        count=data.count,
        permitted_camera_ids=caller.camera_ids,
        picture_region=_box(data.picture_region),
        frame=None
        if data.frame is None
        else FrameRegion(recording_id=data.frame.recording_id, at=data.frame.at, box=_box(data.frame.region)),
        weights=Weights() if data.weights is None else Weights(**msgspec.structs.asdict(data.weights)),
        without_texts=tuple(data.without_texts),
        without_track_ids=tuple(data.without_track_ids),
        read_text=data.read_text,
        understood=None if data.understood is None else _understood(data.understood, caller, cameras),
        time_zone=data.time_zone,
        fold=data.fold,
        cursor=data.cursor,
        explain=data.explain,
    )


def _check_cameras(caller: Caller, cameras: Cameras, camera_ids: Sequence[UUID]) -> None:
    """Raises NotFoundError for the first that is not there, or not for this caller."""
    if not camera_ids:
        return
    found = cameras.labels(caller.tenant_id, camera_ids)
    for camera_id in camera_ids:
        if camera_id not in found or not caller.sees(camera_id):
            raise NotFoundError("camera", camera_id)


def _understood(body: UnderstoodBody, caller: Caller, cameras: Cameras) -> Understood:
    _check_cameras(caller, cameras, [*(body.camera_ids or ()), *body.without_camera_ids])
    return Understood(
        text=body.text,
        classes=tuple(body.classes),
        without_classes=tuple(body.without_classes),
        attributes=_wishes(body.attributes),
        without=tuple(body.without),
        camera_ids=None if body.camera_ids is None else tuple(body.camera_ids),
        without_camera_ids=tuple(body.without_camera_ids),
        zone_ids=tuple(body.zone_ids),
        without_zone_ids=tuple(body.without_zone_ids),
        from_time=body.from_time,
        until_time=body.until_time,
        day_time=_day_time(body.day_time),
        weekdays=_numbers(body.weekdays),
        count=body.count,
        headings=tuple(_heading(place, direction) for place, direction in enumerate(body.directions)),
        min_seconds_in_view=body.min_seconds_in_view,
        max_seconds_in_view=body.max_seconds_in_view,
        phrases=tuple(Phrase(part=phrase.part, words=phrase.words) for phrase in body.phrases),
    )


def understood_body(understood: Understood) -> UnderstoodBody:
    """As it is shown, and taken back."""
    return UnderstoodBody(
        text=understood.text,
        classes=list(understood.classes),
        without_classes=list(understood.without_classes),
        attributes=[AttributeWishBody(**msgspec.structs.asdict(wish)) for wish in understood.attributes],
        without=list(understood.without),
        camera_ids=None if understood.camera_ids is None else list(understood.camera_ids),
        without_camera_ids=list(understood.without_camera_ids),
        zone_ids=list(understood.zone_ids),
        without_zone_ids=list(understood.without_zone_ids),
        from_time=understood.from_time,
        until_time=understood.until_time,
        day_time=None
        if understood.day_time is None
        else DayTimeBody(start=understood.day_time.start, until=understood.day_time.until),
        weekdays=[_WEEKDAYS[day] for day in understood.weekdays],
        count=understood.count,
        directions=[_direction(heading) for heading in understood.headings],
        min_seconds_in_view=understood.min_seconds_in_view,
        max_seconds_in_view=understood.max_seconds_in_view,
        phrases=[PhraseBody(part=phrase.part, words=phrase.words) for phrase in understood.phrases],
    )


def _day_time(body: DayTimeBody | None) -> DayTime | None:
    return None if body is None else DayTime(start=body.start, until=body.until)


def _numbers(weekdays: Sequence[Weekday]) -> tuple[int, ...]:
    return tuple(sorted({_WEEKDAYS.index(day) for day in weekdays}))


def _wishes(bodies: Sequence[AttributeWishBody]) -> tuple[AttributeWish, ...]:
    return tuple(AttributeWish(**msgspec.structs.asdict(body)) for body in bodies)


def _heading(place: int, direction: DirectionNew) -> Heading:
    if (direction.towards is None) == (direction.degrees is None):
        raise InvalidFieldError(f"directions.{place}", "give one of towards and degrees")
    degrees = direction.degrees if direction.towards is None else 45.0 * tuple(Towards).index(direction.towards)
    return Heading(degrees=degrees or 0.0, within=direction.within)


def _direction(heading: Heading) -> DirectionNew:
    """By the name of its side where it has one."""
    side, beside = divmod(heading.degrees % 360.0, 45.0)
    if beside:
        return DirectionNew(degrees=heading.degrees, within=heading.within)
    return DirectionNew(towards=tuple(Towards)[int(side)], within=heading.within)


def _box(region: Region | None) -> Box | None:
    return None if region is None else Box(**msgspec.structs.asdict(region))


def _check_order(from_time: datetime | None, until_time: datetime | None) -> None:
    if from_time is not None and until_time is not None and until_time <= from_time:
        raise InvalidFieldError("until", "must be after from")


def wait_seconds(prefer: str | None, usual: float) -> float:
    """How long the client wants to wait (RFC 7240 `wait`), or the usual time."""
    found = _WAIT.search(prefer or "")
    return usual if found is None else min(max(float(found.group(1)), 1.0), _MOST_WAIT_SECONDS)


def hit_body(hit: Hit, camera: CameraLabel, link: Callable[[str], str]) -> HitBody:
    """A hit for people; `link` signs an object's address."""
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
        probability=hit.probability,
        space=hit.space,
        object_class=hit.object_class,
        box=None if box is None else BoxBody(left=box.left, top=box.top, right=box.right, bottom=box.bottom),
        thumbnail_url=link(hit.thumbnail_key),
        reasons=ReasonsBody(
            parts=[PartScoreBody(**msgspec.structs.asdict(part)) for part in hit.reasons.parts],
            attributes=[AttributeFoundBody(**msgspec.structs.asdict(found)) for found in hit.reasons.attributes],
            filters=[_FILTER_FIELDS.get(name, name) for name in hit.reasons.filters],
        ),
        members=[
            MemberBody(
                kind=member.kind,
                id=member.id,
                started_at=in_zone(member.started_at, camera.time_zone),
                ended_at=in_zone(member.ended_at, camera.time_zone),
                score=member.score,
                thumbnail_url=link(member.thumbnail_key),
            )
            for member in hit.members
        ],
    )


router = Router("/", route_handlers=[search, store_picture])
