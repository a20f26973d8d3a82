"""Tracks and their crops."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from contracts.vocabulary import ObjectClass
from gateway.bodies.form import Answer


class BoxBody(Answer, frozen=True, kw_only=True):
    """A box in a frame, in shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


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
