"""/v1/questions"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from contracts.question import SEARCH_QUESTION, CameraCoverage, CitedHit, QuestionAnswer, QuestionRequest
from contracts.vocabulary import ItemKind
from gateway.adapters.cameras import CameraLabel, Cameras
from gateway.adapters.footage import Footage
from gateway.adapters.pictures import Pictures
from gateway.adapters.queries import Ask, ask_query
from gateway.adapters.questions import Questions, report_of
from gateway.adapters.work import Reports
from gateway.bodies.questions import (
    CameraCoverageBody,
    CitedHitBody,
    CoverageBody,
    GapBody,
    QuestionAnswered,
    QuestionNew,
    QuestionReportNew,
    SpanBody,
)
from gateway.bodies.reports import ReportAccepted
from gateway.bodies.tracks import BoxBody
from gateway.model import Caller, Scope
from gateway.refusals import InvalidFieldError, NotFoundError, UnavailableError
from gateway.routes.search import wait_seconds
from gateway.settings import GatewaySettings
from gateway.wall_clock import check_time_zone, in_zone

_SEARCH = {"needs": Scope.SEARCH}


@post(
    "/",
    operation_id="askQuestion",
    summary="Ask a question",
    status_code=201,
    opt={**_SEARCH, "creates": True, "problems": (404, 504)},
)
async def ask_question(
    *,
    data: QuestionNew,
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    pictures: NamedDependency[Pictures],
    ask: NamedDependency[Ask],
    settings: NamedDependency[GatewaySettings],
    searches: NamedDependency[CapacityLimiter],
    prefer: Annotated[
        str | None,
        HeaderParameter(name="Prefer", description="`wait=20`: give up after 20 seconds (1 to 30; 10 without it)."),
    ] = None,
) -> Response[QuestionAnswered]:
    """Was there anybody, how many, when, where, how long, more than, before: answered in sentences that cite hits, with
    a confidence, the plan, and a statement of what footage was examined. What cannot be answered says so and why."""

    def asked() -> QuestionAnswered:
        request = _request(data, caller, cameras, footage, pictures)
        answer = ask_query(ask, SEARCH_QUESTION, request, seconds=wait_seconds(prefer, settings.search_seconds))
        return _body(answer, caller, cameras, footage)

    if not searches.available_tokens:
        raise UnavailableError(f"{searches.total_tokens:g} searches are waiting already: ask again in a moment")
    body = await to_thread.run_sync(asked, limiter=searches)
    return Response(body, headers={"Location": f"/v1/questions/{body.id}"})


@get(
    "/{answer_id:uuid}",
    operation_id="getAnswer",
    summary="Get a kept answer",
    opt={**_SEARCH, "problems": (404,)},
    sync_to_thread=True,
)
def get_answer(
    answer_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    cameras: NamedDependency[Cameras],
    footage: NamedDependency[Footage],
    questions: NamedDependency[Questions],
) -> QuestionAnswered:
    """As it was given, for who may see every camera that it rests on; with fresh links."""
    return _body(questions.get(caller, answer_id), caller, cameras, footage)


@post(
    "/{answer_id:uuid}/report",
    operation_id="reportAnswer",
    summary="Have a report of an answer written",
    status_code=202,
    opt={"needs": Scope.REPORTS_WRITE, "creates": True, "problems": (404,)},
    sync_to_thread=True,
)
def report_answer(
    *,
    answer_id: FromPath[UUID],
    data: QuestionReportNew,
    caller: NamedDependency[Caller],
    footage: NamedDependency[Footage],
    questions: NamedDependency[Questions],
    reports: NamedDependency[Reports],
) -> Response[ReportAccepted]:
    """The question as its title, the answer with its coverage as its text, a clip and stills of each cited hit."""
    new = report_of(questions.get(caller, answer_id), data)
    footage.check_visible(caller, [(item.kind, item.id) for item in new.items])
    accepted = reports.create(caller, new)
    return Response(accepted, headers={"Location": f"/v1/jobs/{accepted.job_id}"})


def _request(
    data: QuestionNew, caller: Caller, cameras: Cameras, footage: Footage, pictures: Pictures
) -> QuestionRequest:
    check_time_zone(data.time_zone)
    if data.track_id is not None and data.picture_id is not None:
        raise InvalidFieldError("picture_id", "give a track or a picture, not both")
    camera_ids = caller.narrowed(data.camera_ids)
    if data.camera_ids is not None:
        found = cameras.labels(caller.tenant_id, data.camera_ids)
        for camera_id in data.camera_ids:
            if camera_id not in found:
                raise NotFoundError("camera", camera_id)
    if data.track_id is not None:
        footage.check_visible(caller, [(ItemKind.TRACK, data.track_id)])
    return QuestionRequest(
        tenant_id=caller.tenant_id,
        text=data.text,
        asked_at=datetime.now(UTC),
        time_zone=data.time_zone,
        camera_ids=camera_ids,
        track_id=data.track_id,
        picture_key=None if data.picture_id is None else pictures.key(caller, data.picture_id),
        wording=data.wording,
    )


def _body(answer: QuestionAnswer, caller: Caller, cameras: Cameras, footage: Footage) -> QuestionAnswered:
    labels = cameras.labels(caller.tenant_id, [hit.camera_id for hit in answer.hits])
    hits = [_hit(hit, labels[hit.camera_id], footage) for hit in answer.hits if hit.camera_id in labels]
    coverage = answer.coverage
    return QuestionAnswered(
        id=answer.id,
        question=answer.question,
        asked_at=in_zone(answer.asked_at, answer.time_zone),
        time_zone=answer.time_zone,
        state=answer.state,
        kind=None if answer.plan is None else answer.plan.kind,
        verdict=answer.finding.verdict,
        answer=" ".join(sentence.text for sentence in answer.sentences),
        sentences=list(answer.sentences),
        finding=answer.finding,
        hits=hits,
        confidence=answer.confidence,
        coverage=CoverageBody(
            text=coverage.text,
            complete=coverage.complete,
            asked_seconds=coverage.asked_seconds,
            examined_seconds=coverage.examined_seconds,
            cameras=[_camera(camera, answer.time_zone) for camera in coverage.cameras],
        ),
        why=list(answer.why),
        plan=answer.plan,
        worded_by=answer.worded_by,
        expires_at=footage.expiry(),
    )


def _camera(camera: CameraCoverage, time_zone: str) -> CameraCoverageBody:
    return CameraCoverageBody(
        camera_id=camera.camera_id,
        camera=camera.name,
        asked_seconds=camera.asked_seconds,
        examined_seconds=camera.examined_seconds,
        offline=camera.offline,
        examined=[
            SpanBody(from_time=in_zone(one.from_time, time_zone), until_time=in_zone(one.until_time, time_zone))
            for one in camera.examined
        ],
        gaps=[
            GapBody(
                from_time=in_zone(gap.from_time, time_zone),
                until_time=in_zone(gap.until_time, time_zone),
                cause=gap.cause,
            )
            for gap in camera.gaps
        ],
    )


def _hit(hit: CitedHit, camera: CameraLabel, footage: Footage) -> CitedHitBody:
    box = hit.box
    return CitedHitBody(
        kind=hit.kind,
        id=hit.id,
        camera_id=hit.camera_id,
        camera=camera.name,
        recording_id=hit.recording_id,
        started_at=in_zone(hit.started_at, camera.time_zone),
        ended_at=in_zone(hit.ended_at, camera.time_zone),
        best_at=in_zone(hit.best_at, camera.time_zone),
        probability=hit.probability,
        object_class=hit.object_class,
        box=None if box is None else BoxBody(left=box.left, top=box.top, right=box.right, bottom=box.bottom),
        thumbnail_url=None if hit.thumbnail_key is None else footage.link(hit.thumbnail_key),
        folded=list(hit.folded),
        verified=hit.verified,
    )


router = Router("/questions", route_handlers=[ask_question, get_answer, report_answer], tags=["questions"])
