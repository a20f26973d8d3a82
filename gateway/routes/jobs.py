"""/v1/jobs"""

import time
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import anyio
import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from contracts.task import JobState
from gateway.adapters.work import Work
from gateway.bodies.form import Page
from gateway.bodies.jobs import JobBody
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, IdCursor, read_cursor, write_cursor
from gateway.routes.parameters import Cursor, Limit

_READ = {"needs": Scope.JOBS_READ}
_WRITE = {"needs": Scope.JOBS_WRITE}

_LOOK_SECONDS = 0.5
_QUIET_SECONDS = 15.0
_LONGEST_SECONDS = 900.0


@get("/", operation_id="listJobs", summary="List jobs", opt=_READ, sync_to_thread=True)
def list_jobs(
    *,
    caller: NamedDependency[Caller],
    work: NamedDependency[Work],
    wanted_state: Annotated[JobState | None, QueryParameter(name="state")] = None,
    subject_id: Annotated[
        UUID | None, QueryParameter(name="subject_id", description="Only jobs about this recording or report.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[JobBody]:
    """Newest first."""
    before = read_cursor(cursor, IdCursor)
    found = work.list(
        caller, state=wanted_state, subject_id=subject_id, before=None if before is None else before.id, limit=limit + 1
    )
    items = list(found[:limit])
    return Page(items=items, next_cursor=write_cursor(IdCursor(items[-1].id)) if len(found) > limit else None)


@get(
    "/{job_id:uuid}",
    operation_id="getJob",
    summary="Get a job",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_job(job_id: FromPath[UUID], caller: NamedDependency[Caller], work: NamedDependency[Work]) -> JobBody:
    """How far it is, or why it was given up."""
    return work.get(caller, job_id)


@post(
    "/{job_id:uuid}/replay",
    operation_id="replayJob",
    summary="Start a dead job over",
    status_code=202,
    opt={**_WRITE, "creates": True, "problems": (404, 409)},
    sync_to_thread=True,
)
def replay_job(
    job_id: FromPath[UUID], caller: NamedDependency[Caller], work: NamedDependency[Work]
) -> Response[JobBody]:
    """Only a dead job can be replayed; it gets all its attempts again."""
    return Response(work.replay(caller, job_id), headers={"Location": f"/v1/jobs/{job_id}"})


@get(
    "/{job_id:uuid}/events",
    operation_id="followJob",
    summary="Follow a job",
    opt={**_READ, "problems": (404,)},
    media_type="text/event-stream",
)
async def follow_job(
    job_id: FromPath[UUID], caller: NamedDependency[Caller], work: NamedDependency[Work]
) -> ServerSentEvent:
    """Server-sent events: `job` with the job as its data at every change, the last when it is done or dead."""
    first = await to_thread.run_sync(work.get, caller, job_id)
    return ServerSentEvent(_changes(first, caller, work))


async def _changes(job: JobBody, caller: Caller, work: Work) -> AsyncIterator[ServerSentEventMessage]:
    started = told = time.monotonic()
    yield _message(job)
    while job.state not in {JobState.DONE, JobState.DEAD} and time.monotonic() - started < _LONGEST_SECONDS:
        await anyio.sleep(_LOOK_SECONDS)
        seen = await to_thread.run_sync(work.get, caller, job.id)
        if seen != job:
            job, told = seen, time.monotonic()
            yield _message(job)
        elif time.monotonic() - told > _QUIET_SECONDS:
            # Keeps proxies from closing the connection.
            told = time.monotonic()
            yield ServerSentEventMessage(comment="still here")


def _message(job: JobBody) -> ServerSentEventMessage:
    return ServerSentEventMessage(event="job", data=msgspec.json.encode(job).decode())


router = Router("/jobs", route_handlers=[list_jobs, get_job, replay_job, follow_job], tags=["jobs"])
