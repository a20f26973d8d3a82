"""Recordings, their upload and their segments."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from gateway.bodies.form import Answer, Instant, Name, Request


class RecordingState(StrEnum):
    """Where a recording stands."""

    UPLOADING = "uploading"
    """Parts are still to come."""
    QUEUED = "queued"
    """Complete; waits for a worker."""
    PROCESSING = "processing"
    """Being cut, detected, tracked."""
    READY = "ready"
    """All of it was looked at. Searchable once `open_jobs` is 0 too."""
    FAILED = "failed"
    """Given up, with `failure` as its reason."""
    DUPLICATE = "duplicate"
    """The same file of the same camera is there already, as `duplicate_of`."""


class RecordingNew(Request, frozen=True, kw_only=True):
    """A recording about to be uploaded."""

    camera_id: UUID
    filename: Annotated[Name, Meta(examples=["lobby-0800.mp4"])]
    size_bytes: Annotated[int, Meta(ge=1, description="Size of the file; checked when the upload is complete.")]
    started_at: Instant | None = None
    """True time of the first frame. Null: read from the container, or the recording fails and asks for it."""


class PartLink(Answer, frozen=True, kw_only=True):
    """Where one part of the file goes, by PUT."""

    number: Annotated[int, Meta(description="From 1.")]
    url: str


class UploadLinks(Answer, frozen=True, kw_only=True):
    """How to upload: cut the file into parts of `part_bytes` (the last may be shorter) and PUT each to its link."""

    part_bytes: int
    part_count: int
    parts: Annotated[list[PartLink], Meta(description="Links of the first 100 parts; ask for others by their numbers.")]
    expires_at: datetime


class RecordingOpened(Answer, frozen=True, kw_only=True):
    """A recording whose upload is open."""

    id: UUID
    upload: UploadLinks


class PartDone(Request, frozen=True, kw_only=True):
    """One part that was uploaded."""

    number: Annotated[int, Meta(ge=1, le=10_000)]
    etag: Annotated[str, Meta(min_length=1, max_length=200, description="The ETag header that the PUT answered.")]


class UploadDone(Request, frozen=True, kw_only=True):
    """All parts of an upload."""

    parts: Annotated[list[PartDone], Meta(min_length=1, max_length=10_000)]


class RecordingAccepted(Answer, frozen=True, kw_only=True):
    """A recording that is complete and waits to be processed."""

    id: UUID
    job_id: UUID


class Recording(Answer, frozen=True, kw_only=True):
    """A continuous stretch of one camera's footage."""

    id: UUID
    camera_id: UUID
    filename: str
    size_bytes: int
    state: RecordingState
    failure: Annotated[str | None, Meta(description="Why it failed.")]
    duplicate_of: UUID | None
    job_id: UUID | None
    open_jobs: Annotated[int, Meta(description="Jobs about it that are not over; at 0 nothing more will change.")]
    segments: Annotated[int | None, Meta(description="Null until it was cut.")]
    segments_done: int | None
    started_at: Annotated[datetime | None, Meta(description="True time of the first frame, in the camera's offset.")]
    ended_at: datetime | None
    start_source: Annotated[str | None, Meta(description="Where the time is from: given, or container.")]
    sha256: str | None
    container: str | None
    codec: str | None
    width: int | None
    height: int | None
    frame_rate: float | None
    created_at: datetime


class Segment(Answer, frozen=True, kw_only=True):
    """A stored piece of a recording, cut at key frames without re-encoding."""

    id: UUID
    ordinal: int
    started_at: datetime
    ended_at: datetime
    size_bytes: int
    sha256: str
    url: Annotated[str, Meta(description="Signed link to the bytes.")]
    expires_at: datetime
