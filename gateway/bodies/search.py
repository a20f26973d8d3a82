"""Searches and what they find."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from contracts.search import MAX_HITS
from contracts.vocabulary import ItemKind, ObjectClass, Space
from gateway.bodies.form import Answer, Instant, Request
from gateway.bodies.tracks import BoxBody


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
    classes: Annotated[list[ObjectClass], Meta(max_length=20)] = msgspec.field(default_factory=list)
    kinds: Annotated[list[ItemKind], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: list(ItemKind)
    )
    min_score: Annotated[float, Meta(ge=-1, le=1)] = -1.0
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS)] = 20


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
