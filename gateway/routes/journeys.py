"""/v1/journeys and /v1/transitions"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from anyio import CapacityLimiter, to_thread
from litestar import Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from contracts.journey import (
    JOURNEY_DECIDE,
    JOURNEY_READ,
    JOURNEY_START,
    JOURNEYS_READ,
    TRANSITION_GIVE,
    TRANSITIONS_READ,
    AskedJourney,
    Decision,
    Hop,
    HopDecision,
    HopState,
    Journey,
    JourneyReading,
    JourneyRequest,
    JourneysReading,
    SeenTrack,
    TransitionGiven,
    Transitions,
    TransitionsReading,
)
from gateway.adapters.cameras import CameraLabel, Cameras
from gateway.adapters.footage import Footage
from gateway.adapters.pictures import Pictures
from gateway.adapters.queries import Ask, ask_query
from gateway.bodies.form import Page
from gateway.bodies.journeys import (
    HopAlternative,
    HopBody,
    HopDecisionNew,
    HopReason,
    HopTrack,
    JourneyAsked,
    JourneyBody,
    JourneyNew,
    RejectedBody,
    TransitionBody,
    TransitionList,
    TransitionNew,
)
from gateway.bodies.tracks import BoxBody
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, TimeCursor, read_cursor, write_cursor
from gateway.refusals import InvalidFieldError, NotFoundError, StaleVersionError, UnavailableError
from gateway.routes.parameters import Cursor, Limit
from gateway.settings import GatewaySettings
from gateway.versions import IfMatch, etag, read_version
from gateway.wall_clock import in_zone

_SEARCH = {"needs": Scope.SEARCH}
_AROUND = timedelta(hours=12)
"""Before and after a track, where nobody says when."""

T = TypeVar("T")


@post(
    "/journeys",
    operation_id="startJourney",
    summary="Follow a person or vehicle",
    tags=["journeys"],
    opt={**_SEARCH, "creates": True, "problems": (404, 504)},
)
async def start_journey(
    *,
    data: JourneyNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    pictures: NamedDependency[Pictures],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
) -> Response[JourneyBody]:
    """The likely appearances of what a track or picture shows, on all cameras, in the order of time, each with its
    confidence, its reasons and its alternatives. The journey is kept, and solved anew each time it is read."""

    def asked() -> Response[JourneyBody]:
        request = _request(data, caller, cameras, footage, pictures)
        journey = ask_query(ask, JOURNEY_START, request, seconds=settings.search_seconds)
        return _answer(journey, caller, cameras, footage, location=True)

    return await _waiting(asked, searches)


@get(
    "/journeys",
    operation_id="listJourneys",
    summary="List journeys",
    tags=["journeys"],
    opt={**_SEARCH, "problems": (504,)},
)
async def list_journeys(
    *,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[JourneyAsked]:
    """The latest first, as they were asked for; they are solved when one is read. A journey that begins with a track of
    a camera that the key may not see is not listed."""
    before = read_cursor(cursor, TimeCursor)

    def asked() -> Page[JourneyAsked]:
        request = JourneysReading(
            tenant_id=caller.tenant_id,
            limit=limit + 1,
            before_at=None if before is None else before.at,
            before_id=None if before is None else before.id,
            camera_ids=caller.camera_ids,
        )
        found = ask_query(ask, JOURNEYS_READ, request, seconds=settings.search_seconds).journeys
        shown = found[:limit]
        labels = cameras.labels(caller.tenant_id, [one.track.camera_id for one in shown if one.track is not None])
        last = shown[-1] if len(found) > limit else None
        return Page(
            items=[_asked(one, labels, footage) for one in shown],
            next_cursor=None if last is None else write_cursor(TimeCursor(last.asked_at, last.id)),
        )

    return await _waiting(asked, searches)


@get(
    "/journeys/{journey_id:uuid}",
    operation_id="getJourney",
    summary="Get a journey",
    tags=["journeys"],
    opt={**_SEARCH, "problems": (404, 504)},
)
async def get_journey(
    *,
    journey_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
) -> Response[JourneyBody]:
    """As it stands now, with footage that came since, on the cameras that the key may see. The ETag is needed to say
    something of a hop."""

    def asked() -> Response[JourneyBody]:
        request = JourneyReading(tenant_id=caller.tenant_id, journey_id=journey_id, camera_ids=caller.camera_ids)
        journey = ask_query(ask, JOURNEY_READ, request, seconds=settings.search_seconds)
        return _answer(journey, caller, cameras, footage)

    return await _waiting(asked, searches)


@post(
    "/journeys/{journey_id:uuid}/hops/{track_id:uuid}",
    operation_id="decideHop",
    summary="Confirm or reject a hop",
    status_code=200,
    tags=["journeys"],
    opt={**_SEARCH, "creates": True, "problems": (404, 412, 428, 504)},
)
async def decide_hop(
    *,
    journey_id: FromPath[UUID],
    track_id: FromPath[UUID],
    data: HopDecisionNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
    if_match: IfMatch = None,
) -> Response[JourneyBody]:
    """Any track can be confirmed, a hop or not; what was confirmed is looked for too. Who said it when is kept. The
    journey comes back solved anew. Send its ETag in `If-Match`."""
    version = read_version(if_match)

    def asked() -> Response[JourneyBody]:
        request = HopDecision(
            tenant_id=caller.tenant_id,
            journey_id=journey_id,
            track_id=track_id,
            decision=Decision(data.decision),
            decided_by=caller.name,
            version=version,
            camera_ids=caller.camera_ids,
        )
        decided = ask_query(ask, JOURNEY_DECIDE, request, seconds=settings.search_seconds)
        if decided.journey is None:
            raise StaleVersionError(decided.version)
        return _answer(decided.journey, caller, cameras, footage)

    return await _waiting(asked, searches)


@get(
    "/transitions",
    operation_id="listTransitions",
    summary="List times between cameras",
    tags=["journeys"],
    opt={"needs": Scope.CAMERAS_READ, "problems": (504,)},
)
async def list_transitions(
    *,
    caller: NamedDependency[Caller],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
) -> TransitionList:
    """What somebody gave, and what was learned from your footage where nobody did. Learned ones need no calibration and
    follow the footage; they appear once a first journey was asked for."""

    def asked() -> TransitionList:
        request = TransitionsReading(tenant_id=caller.tenant_id, camera_ids=caller.camera_ids)
        return _listed(ask_query(ask, TRANSITIONS_READ, request, seconds=settings.search_seconds))

    return await _waiting(asked, searches)


@put(
    "/transitions",
    operation_id="giveTransition",
    summary="Say how long it takes between two cameras",
    tags=["journeys"],
    opt={"needs": Scope.CAMERAS_WRITE, "problems": (404, 504)},
)
async def give_transition(
    *,
    data: TransitionNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
) -> TransitionList:
    """What is given counts before what is learned: nothing is quicker than `min_seconds` or slower than `max_seconds`.
    Only overlapping cameras can see an object at once."""
    said = (data.min_seconds, data.typical_seconds, data.max_seconds)
    if data.overlapping == any(seconds is not None for seconds in said):
        raise InvalidFieldError("overlapping", "say that the views overlap, or give min, typical and max seconds")
    if not data.overlapping and None in said:
        raise InvalidFieldError("typical_seconds", "give all three of min_seconds, typical_seconds and max_seconds")

    def asked() -> TransitionList:
        _check_cameras(cameras, caller, (data.from_camera_id, data.to_camera_id))
        request = TransitionGiven(
            tenant_id=caller.tenant_id,
            from_camera_id=data.from_camera_id,
            to_camera_id=data.to_camera_id,
            given_by=caller.name,
            min_seconds=data.min_seconds,
            typical_seconds=data.typical_seconds,
            max_seconds=data.max_seconds,
            overlapping=data.overlapping,
            both_ways=data.both_ways,
            camera_ids=caller.camera_ids,
        )
        return _listed(ask_query(ask, TRANSITION_GIVE, request, seconds=settings.search_seconds))

    return await _waiting(asked, searches)


@delete(
    "/transitions",
    operation_id="forgetTransition",
    summary="Take back the time between two cameras",
    status_code=200,
    tags=["journeys"],
    opt={"needs": Scope.CAMERAS_WRITE, "problems": (404, 504)},
)
async def forget_transition(
    *,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
    from_camera_id: Annotated[UUID, QueryParameter(name="from_camera_id")],
    to_camera_id: Annotated[UUID, QueryParameter(name="to_camera_id")],
) -> TransitionList:
    """Both ways. What was learned counts again."""

    def asked() -> TransitionList:
        _check_cameras(cameras, caller, (from_camera_id, to_camera_id))
        request = TransitionGiven(
            tenant_id=caller.tenant_id,
            from_camera_id=from_camera_id,
            to_camera_id=to_camera_id,
            given_by=caller.name,
            camera_ids=caller.camera_ids,
        )
        return _listed(ask_query(ask, TRANSITION_GIVE, request, seconds=settings.search_seconds))

    return await _waiting(asked, searches)


async def _waiting(asked: Callable[[], T], searches: CapacityLimiter) -> T:
    """Asks in the threads that searches wait in."""
    if not searches.available_tokens:
        raise UnavailableError(f"{searches.total_tokens:g} searches are waiting already: ask again in a moment")
    return await to_thread.run_sync(asked, limiter=searches)


def _request(
    data: JourneyNew, caller: Caller, cameras: Cameras, footage: Footage, pictures: Pictures
) -> JourneyRequest:
    if (data.track_id is None) == (data.picture_id is None):
        raise InvalidFieldError("track_id", "give exactly one of track_id and picture_id")
    only = caller.narrowed(data.camera_ids) if data.camera_ids is not None else None
    _check_cameras(cameras, caller, only or ())
    from_time, until_time = _times(data, caller, footage)
    if until_time <= from_time:
        raise InvalidFieldError("until", "must be after from")
    return JourneyRequest(
        tenant_id=caller.tenant_id,
        journey_id=uuid4(),
        asked_by=caller.name,
        from_time=from_time,
        until_time=until_time,
        track_id=data.track_id,
        picture_key=None if data.picture_id is None else pictures.key(caller, data.picture_id),
        only_camera_ids=only,
        camera_ids=caller.camera_ids,
    )


def _times(data: JourneyNew, caller: Caller, footage: Footage) -> tuple[datetime, datetime]:
    if data.track_id is None:
        if data.from_time is None or data.until_time is None:
            raise InvalidFieldError("from", "a picture has no time of its own: say from and until")
        return data.from_time, data.until_time
    track = footage.track(caller, data.track_id)
    return (
        track.started_at - _AROUND if data.from_time is None else data.from_time,
        track.ended_at + _AROUND if data.until_time is None else data.until_time,
    )


def _check_cameras(cameras: Cameras, caller: Caller, camera_ids: Iterable[UUID]) -> None:
    """Raises NotFoundError for the first that the key may not see or that is not there."""
    wanted = list(camera_ids)
    found = cameras.labels(caller.tenant_id, wanted)
    for camera_id in wanted:
        if camera_id not in found or not caller.sees(camera_id):
            raise NotFoundError("camera", camera_id)


def _answer(
    journey: Journey, caller: Caller, cameras: Cameras, footage: Footage, *, location: bool = False
) -> Response[JourneyBody]:
    tracks = [track for hop in journey.hops for track in (hop.track, *(one.track for one in hop.alternatives))]
    labels = cameras.labels(caller.tenant_id, [track.camera_id for track in tracks])
    body = JourneyBody(
        id=journey.id,
        version=journey.version,
        track_id=journey.track_id,
        picture_id=_picture_id(journey.picture_key),
        from_time=journey.from_time,
        until_time=journey.until_time,
        asked_by=journey.asked_by,
        asked_at=journey.asked_at,
        hops=[_hop(hop, labels, footage) for hop in journey.hops],
        unconfirmed=journey.unconfirmed,
        summary=_summary(journey),
        rejected=[
            RejectedBody(
                track_id=one.track_id, camera_id=one.camera_id, decided_by=one.decided_by, decided_at=one.decided_at
            )
            for one in journey.rejected
        ],
        space=journey.space,
        calibrated=journey.calibrated,
        expires_at=footage.expiry(),
    )
    headers = {"ETag": etag(journey.version)}
    if location:
        headers["Location"] = f"/v1/journeys/{journey.id}"
    return Response(body, headers=headers)


def _asked(journey: AskedJourney, labels: Mapping[UUID, CameraLabel], footage: Footage) -> JourneyAsked:
    return JourneyAsked(
        id=journey.id,
        track=None if journey.track is None else _track(journey.track, labels, footage),
        picture_id=_picture_id(journey.picture_key),
        from_time=journey.from_time,
        until_time=journey.until_time,
        asked_by=journey.asked_by,
        asked_at=journey.asked_at,
        confirmed=journey.confirmed,
        rejected=journey.rejected,
    )


def _picture_id(picture_key: str | None) -> str | None:
    return None if picture_key is None else picture_key.rsplit("/", 1)[-1]


def _summary(journey: Journey) -> str:
    count = {state: sum(hop.state is state for hop in journey.hops) for state in HopState}
    if not (count[HopState.LIKELY] or count[HopState.POSSIBLE] or count[HopState.CONFIRMED]):
        return "No likely appearance was found on the cameras and in the time that were looked at."
    parts = [
        f"{count[state]} {state.value} appearance{'s' if count[state] != 1 else ''}"
        for state in (HopState.CONFIRMED, HopState.LIKELY, HopState.POSSIBLE)
        if count[state]
    ]
    unconfirmed = f" {journey.unconfirmed} unconfirmed: alike is not identified." if journey.unconfirmed else ""
    return f"{', '.join(parts)}.{unconfirmed}"


def _hop(hop: Hop, labels: Mapping[UUID, CameraLabel], footage: Footage) -> HopBody:
    return HopBody(
        track=_track(hop.track, labels, footage),
        state=hop.state,
        confidence=hop.confidence,
        gap_seconds=hop.gap_seconds,
        transition=hop.transition,
        reasons=[HopReason(factor=one.factor, log_odds=one.log_odds, told=one.told) for one in hop.reasons],
        alternatives=[
            HopAlternative(track=_track(one.track, labels, footage), confidence=one.confidence)
            for one in hop.alternatives
        ],
        decided_by=hop.decided_by,
        decided_at=hop.decided_at,
    )


def _track(track: SeenTrack, labels: Mapping[UUID, CameraLabel], footage: Footage) -> HopTrack:
    camera, box = labels[track.camera_id], track.box
    return HopTrack(
        id=track.id,
        camera_id=track.camera_id,
        camera=camera.name,
        recording_id=track.recording_id,
        started_at=in_zone(track.started_at, camera.time_zone),
        ended_at=in_zone(track.ended_at, camera.time_zone),
        object_class=track.object_class,
        box=None if box is None else BoxBody(left=box.left, top=box.top, right=box.right, bottom=box.bottom),
        thumbnail_url=None if track.thumbnail_key is None else footage.link(track.thumbnail_key),
    )


def _listed(transitions: Transitions) -> TransitionList:
    return TransitionList(
        items=[
            TransitionBody(
                from_camera_id=one.from_camera_id,
                to_camera_id=one.to_camera_id,
                source=one.source,
                overlapping=one.overlapping,
                min_seconds=one.min_seconds,
                typical_seconds=one.typical_seconds,
                max_seconds=one.max_seconds,
                matches=one.matches,
                given_by=one.given_by,
                at=one.at,
            )
            for one in transitions.transitions
        ]
    )


router = Router(
    "/",
    route_handlers=[
        start_journey,
        list_journeys,
        get_journey,
        decide_hop,
        list_transitions,
        give_transition,
        forget_transition,
    ],
)
