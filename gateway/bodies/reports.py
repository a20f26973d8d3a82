"""Reports."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from contracts.search import MAX_HITS
from contracts.vocabulary import ItemKind
from gateway.bodies.form import Answer, Name, Request, TimeZone


class ReportState(StrEnum):
    """Where a report stands."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class ReportItemNew(Request, frozen=True, kw_only=True):
    """One chosen hit."""

    kind: ItemKind
    id: UUID
    note: Annotated[str, Meta(max_length=2000)] = ""
    score: Annotated[float, Meta(ge=-1, le=1)] | None = None


class ReportNew(Request, frozen=True, kw_only=True):
    """A report to write."""

    title: Annotated[Name, Meta(examples=["Bicycle theft, 2 March"])]
    items: Annotated[list[ReportItemNew], Meta(min_length=1, max_length=MAX_HITS)]
    time_zone: TimeZone = "UTC"
    query: Annotated[str, Meta(max_length=1000, description="What was looked for, in your words.")] = ""
    margin_seconds: Annotated[float, Meta(ge=0, le=60, description="Footage kept before and after each hit.")] = 2.0


class ReportAccepted(Answer, frozen=True, kw_only=True):
    """A report that waits to be written."""

    id: UUID
    job_id: UUID


class Clip(Answer, frozen=True, kw_only=True):
    """Footage of one hit, cut without re-encoding."""

    position: Annotated[int, Meta(description="The hit's place in the report, from 0.")]
    kind: ItemKind
    item_id: UUID
    camera_id: UUID
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    size_bytes: int
    sha256: str
    original_sha256: Annotated[str, Meta(description="Of the recording it was cut from.")]
    url: str


class Report(Answer, frozen=True, kw_only=True):
    """A document for people."""

    id: UUID
    title: str
    query: str
    requested_by: str
    state: ReportState
    failure: str | None
    job_id: UUID
    created_at: datetime
    pages: int | None
    size_bytes: int | None
    sha256: str | None


class ReportDetail(Report, frozen=True, kw_only=True):
    """A report with links to its PDF and clips."""

    pdf_url: str | None
    clips: list[Clip]
    expires_at: Annotated[datetime, Meta(description="When the links expire.")]
