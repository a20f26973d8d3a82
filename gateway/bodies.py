"""What crosses HTTP: the bodies of requests and answers. Pure data, shared by the routes and by Python clients.

Requests refuse fields that they do not know, so that a typing error is told rather than ignored; answers may grow.
Times are RFC 3339 with an offset; a request's time without one is refused.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from contracts.search import MAX_HITS
from contracts.task import JobState
from contracts.vocabulary import ItemKind, ObjectClass, Space

T = TypeVar("T")

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Instant = Annotated[
    datetime, Meta(tz=True, description="RFC 3339 with an offset.", examples=["2026-03-02T08:00:00+01:00"])
]
TimeZone = Annotated[str, Meta(max_length=64, description="IANA time zone.", examples=["Europe/Berlin"])]
Share = Annotated[float, Meta(ge=0, le=1)]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer."""


class Page(Answer, Generic[T], frozen=True, kw_only=True):
    """One page of a list. Ask again with `cursor` set to `next_cursor` until that is null."""

    items: list[T]
    next_cursor: str | None
    """Null on the last page."""


# Problems ------


class FieldError(Answer, frozen=True, kw_only=True):
    """One field that is wrong."""

    field: Annotated[str, Meta(description="Its path, such as `parts.0.etag`.")]
    message: str
    source: Annotated[str, Meta(description="body, query, path or header.")]


class ProblemBody(Answer, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details."""

    type: Annotated[str, Meta(examples=["urn:sightline:problem:not-found"])]
    title: str
    status: int
    detail: Annotated[str, Meta(description="What is wrong here, and what to do.")]
    request_id: str
    errors: list[FieldError] = []


# Cameras ------

ExternalIds = Annotated[
    dict[str, str],
    Meta(max_length=32, description="Ids in other systems.", examples=[{"vms": "5f0c…", "onvif": "Profile_1"}]),
]


class CameraNew(Request, frozen=True, kw_only=True):
    """A camera to register."""

    name: Annotated[Name, Meta(description="Unique within the tenant.", examples=["lobby"])]
    site: Annotated[str, Meta(max_length=200, examples=["headquarters"])] = ""
    time_zone: TimeZone = "UTC"
    external_ids: ExternalIds = {}


class CameraChange(Request, frozen=True, kw_only=True):
    """What to change of a camera; fields left out stay."""

    name: Name | UnsetType = UNSET
    site: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    external_ids: ExternalIds | UnsetType = UNSET


class Camera(Answer, frozen=True, kw_only=True):
    """One source of footage."""

    id: UUID
    name: str
    site: str
    time_zone: TimeZone
    external_ids: dict[str, str]
    version: Annotated[int, Meta(description="Grows with every change; the ETag is this number in quotes.")]
    created_at: datetime
    updated_at: datetime


# Recordings ------


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


# Jobs ------


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


# Search ------


class PictureStored(Answer, frozen=True, kw_only=True):
    """A picture to search with."""

    id: Annotated[str, Meta(description="SHA-256 of the bytes; the same picture has the same id.")]
    size_bytes: int
    media_type: str


class SearchNew(Request, frozen=True, kw_only=True):
    """What is looked for: exactly one of `text`, `picture_id` and `track_id`, narrowed by the rest."""

    text: Annotated[str, Meta(min_length=1, max_length=1000, examples=["a person with a red jacket"])] | None = None
    picture_id: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    track_id: UUID | None = None
    camera_ids: Annotated[list[UUID], Meta(max_length=1000)] | None = None
    """Only these cameras. Null: all that the key may see."""
    from_time: Instant | None = msgspec.field(name="from", default=None)
    """In view at or after this time."""
    until_time: Instant | None = msgspec.field(name="until", default=None)
    """In view before this time."""
    classes: Annotated[list[ObjectClass], Meta(max_length=20)] = []
    kinds: Annotated[list[ItemKind], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: list(ItemKind)
    )
    min_score: Annotated[float, Meta(ge=-1, le=1)] = -1.0
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS)] = 20


class BoxBody(Answer, frozen=True, kw_only=True):
    """A box in a frame, in shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


class HitBody(Answer, frozen=True, kw_only=True):
    """One thing found. Its times carry the camera's own offset."""

    kind: ItemKind
    id: UUID
    camera_id: UUID
    camera: Annotated[str, Meta(description="The camera's name.")]
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    best_at: Annotated[datetime, Meta(description="When the thumbnail was in view.")]
    score: Annotated[float, Meta(description="Cosine similarity, -1 to 1.")]
    space: Annotated[Space, Meta(description="The embedding space in which it was compared.")]
    object_class: ObjectClass | None = msgspec.field(name="class")
    box: Annotated[BoxBody | None, Meta(description="Where in the frame the thumbnail was cut out.")]
    thumbnail_url: str


class SearchTimingsBody(Answer, frozen=True, kw_only=True):
    """Where the time of the search went, in milliseconds, as the worker saw it."""

    encode_ms: float
    query_ms: float
    total_ms: float


class SearchDone(Answer, frozen=True, kw_only=True):
    """The hits, best first."""

    hits: list[HitBody]
    timings: SearchTimingsBody
    spaces: Annotated[
        list[str],
        Meta(
            description="The embedding spaces that were searched, by their models' own names: scores of two answers"
            " compare only where these are the same."
        ),
    ]
    took_ms: Annotated[float, Meta(description="As the gateway saw it, the way to the worker included.")]
    expires_at: Annotated[datetime, Meta(description="When the thumbnails' links expire.")]


# Tracks and media ------


class Track(Answer, frozen=True, kw_only=True):
    """One object followed through one camera's view. Its times carry the camera's own offset."""

    id: UUID
    camera_id: UUID
    recording_id: UUID
    object_class: ObjectClass = msgspec.field(name="class")
    score: Annotated[float, Meta(description="Mean detection score.")]
    started_at: datetime
    ended_at: datetime
    detections: int
    thumbnail_url: Annotated[str | None, Meta(description="Signed link to the best crop.")]


class Crop(Answer, frozen=True, kw_only=True):
    """A picture cut out of a frame."""

    rank: Annotated[int, Meta(description="0 is the best.")]
    at: datetime
    box: BoxBody
    width: int
    height: int
    quality: float
    url: str


class AttributeBody(Answer, frozen=True, kw_only=True):
    """One thing that can be said of how an object looks, and how sure that is. Never gender, age, origin or emotion."""

    name: Annotated[
        str,
        Meta(
            description="Of a person: `upper_colour`, `lower_colour`, `sleeves`, `legs`, `hat`, `bag`, `backpack`,"
            " `hi_vis`; of a vehicle: `colour`, `type`. Which of them there are depends on the weights.",
            examples=["upper_colour"],
        ),
    ]
    value: Annotated[str, Meta(description="The most probable one.", examples=["red"])]
    probability: Annotated[
        float, Meta(ge=0, le=1, description="Of this value; calibrated where the weights' card says so.")
    ]
    probabilities: Annotated[dict[str, float], Meta(description="Every value's; they sum to 1.")]


class TrackDetail(Track, frozen=True, kw_only=True):
    """A track with its path, its crops and what they say of it."""

    path: Annotated[
        list[tuple[float, float, float, float, float]],
        Meta(description="Seconds since `started_at`, left, top, right, bottom (shares of the frame)."),
    ]
    crops: list[Crop]
    attributes: Annotated[
        list[AttributeBody],
        Meta(
            description="By all crops together. Empty until the vectors are made, and where no model says attributes."
        ),
    ]
    expires_at: Annotated[datetime, Meta(description="When the links expire.")]


class MediaLink(Answer, frozen=True, kw_only=True):
    """A signed link that whoever holds it can fetch until it expires."""

    url: str
    expires_at: datetime


# Reports ------


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


# Health ------


class Liveness(Answer, frozen=True, kw_only=True):
    """The process runs."""

    status: str


class Readiness(Answer, frozen=True, kw_only=True):
    """What the gateway stands on: `up` or `down` each."""

    status: Annotated[str, Meta(description="`ready`; `degraded`: searches fail; `unavailable`: nothing works.")]
    checks: dict[str, str]
