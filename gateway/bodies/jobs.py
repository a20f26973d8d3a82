"""Jobs."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from contracts.task import JobState
from gateway.bodies.form import Answer, Share


class JobBody(Answer, frozen=True, kw_only=True):
    """A piece of work to follow."""

    id: UUID
    contract: Annotated[str, Meta(examples=["ingest.recording.v1"])]
    subject_id: Annotated[UUID | None, Meta(description="What it is about: a recording, a report.")]
    state: JobState
    attempts: int
    max_attempts: int
    progress: Share
    reason: Annotated[str | None, Meta(description="Of the last failure.")]
    result: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
