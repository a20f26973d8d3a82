"""Journeys and the times between cameras."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from contracts.journey import HopState, TransitionSource
from contracts.vocabulary import ObjectClass
from gateway.bodies.form import Answer, Instant, Request
from gateway.bodies.tracks import BoxBody

Confidence = Annotated[float, Meta(ge=0, le=1, description="Calibrated probability of being the same object.")]
Seconds = Annotated[float, Meta(ge=0, le=604_800)]


class JourneyNew(Request, frozen=True, kw_only=True):
    """Whom to follow: exactly one of `track_id` and `picture_id`."""

    track_id: UUID | None = None
    picture_id: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    """A stored picture of one person or vehicle."""
    camera_ids: Annotated[list[UUID], Meta(max_length=1000)] | None = None
    """Only on these cameras. Null: on all."""
    from_time: Instant | None = msgspec.field(name="from", default=None)
    """Tracks that began at or after this time. Without it twelve hours before the track; needed for a picture."""
    until_time: Instant | None = msgspec.field(name="until", default=None)
    """Tracks that began before this time. Without it twelve hours after the track; needed for a picture."""


class HopTrack(Answer, frozen=True, kw_only=True):
    """A track in a journey. Its times carry the camera's own offset."""

    id: UUID
    camera_id: UUID
    camera: Annotated[str, Meta(description="The camera's name.")]
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    object_class: ObjectClass = msgspec.field(name="class")
    box: BoxBody | None
    thumbnail_url: str | None


class HopReason(Answer, frozen=True, kw_only=True):
    """What speaks for a hop, or against it."""

    factor: Annotated[str, Meta(examples=["appearance", "attributes", "time"])]
    log_odds: Annotated[float, Meta(description="Above 0: for the same object. Below 0: against it.")]
    told: Annotated[str, Meta(examples=["looks 0.93 alike (1 is the same picture)"])]


class HopAlternative(Answer, frozen=True, kw_only=True):
    """Another track that could take the hop's place."""

    track: HopTrack
    confidence: Confidence


class HopBody(Answer, frozen=True, kw_only=True):
    """One track of a journey."""

    track: HopTrack
    state: Annotated[
        HopState,
        Meta(
            description="`origin`: asked with. `confirmed`: somebody said so. `likely` and `possible`: unconfirmed,"
            " more and less probable than not."
        ),
    ]
    confidence: Annotated[Confidence | None, Meta(description="Null where nothing is estimated: origin, confirmed.")]
    gap_seconds: Annotated[float | None, Meta(description="After the hop before; below 0: seen by both at once.")]
    transition: Annotated[
        TransitionSource | None, Meta(description="Where the usual time between both cameras is known from.")
    ]
    reasons: list[HopReason]
    alternatives: list[HopAlternative]
    decided_by: str | None
    decided_at: datetime | None


class RejectedBody(Answer, frozen=True, kw_only=True):
    """A track that somebody said is not the same object."""

    track_id: UUID
    camera_id: UUID
    decided_by: str
    decided_at: datetime


class JourneyBody(Answer, frozen=True, kw_only=True):
    """The likely appearances of one person or vehicle. Likely, not known: only what is confirmed was looked at by
    somebody."""

    id: UUID
    version: Annotated[int, Meta(description="The ETag.")]
    track_id: UUID | None
    picture_id: str | None
    from_time: datetime = msgspec.field(name="from")
    until_time: datetime = msgspec.field(name="until")
    asked_by: str
    asked_at: datetime
    hops: Annotated[list[HopBody], Meta(description="In the order of time.")]
    unconfirmed: Annotated[int, Meta(description="Hops that nobody confirmed.")]
    summary: Annotated[
        str,
        Meta(
            description="The same in words.",
            examples=["3 likely appearances on other tracks, 3 unconfirmed. Alike is not identified."],
        ),
    ]
    rejected: list[RejectedBody]
    space: Annotated[str, Meta(description="The embedding space that tracks were compared in.")]
    calibrated: Annotated[
        bool, Meta(description="False: confidences were not fitted for this space, and are a rough guess.")
    ]
    expires_at: Annotated[datetime, Meta(description="When the thumbnails' links expire.")]


class JourneyAsked(Answer, frozen=True, kw_only=True):
    """A journey in a list: what was asked, and what was said of it. Get it to see its hops."""

    id: UUID
    track: Annotated[HopTrack | None, Meta(description="What it begins with; null for a picture.")]
    picture_id: str | None
    from_time: datetime = msgspec.field(name="from")
    until_time: datetime = msgspec.field(name="until")
    asked_by: str
    asked_at: datetime
    confirmed: Annotated[int, Meta(description="Tracks that somebody said are the same object.")]
    rejected: Annotated[int, Meta(description="Tracks that somebody said are another one.")]


class HopDecisionNew(Request, frozen=True, kw_only=True):
    """What you say of a track in a journey."""

    decision: Annotated[
        str,
        Meta(
            pattern="^(confirm|reject|withdraw)$",
            description="`confirm`: the same object. `reject`: another one. `withdraw`: take back what was said.",
        ),
    ]


class TransitionNew(Request, frozen=True, kw_only=True):
    """How long it takes from one camera to another: `min_seconds`, `typical_seconds` and `max_seconds`, or
    `overlapping`."""

    from_camera_id: UUID
    to_camera_id: UUID
    min_seconds: Seconds | None = None
    """Nothing is quicker."""
    typical_seconds: Seconds | None = None
    max_seconds: Seconds | None = None
    """Nothing is slower."""
    overlapping: bool = False
    """Both see an object at once."""
    both_ways: bool = True
    """It holds for the way back too. Overlapping always does."""


class TransitionBody(Answer, frozen=True, kw_only=True):
    """What is known of the time from one camera to another."""

    from_camera_id: UUID
    to_camera_id: UUID
    source: Annotated[TransitionSource, Meta(description="`given` by somebody, or `learned` from your footage.")]
    overlapping: bool
    min_seconds: Annotated[float, Meta(description="Learned: nineteen of twenty take longer.")]
    typical_seconds: float
    max_seconds: Annotated[float, Meta(description="Learned: nineteen of twenty take less.")]
    matches: Annotated[float, Meta(description="Passages that it was learned from.")]
    given_by: str | None
    at: Annotated[datetime | None, Meta(description="When it was given or learned.")]


class TransitionList(Answer, frozen=True, kw_only=True):
    """All that is known of the times between the cameras that the key may see."""

    items: list[TransitionBody]
