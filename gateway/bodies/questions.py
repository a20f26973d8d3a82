"""Questions and their answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from contracts.question import (
    MAX_QUESTION,
    AnswerState,
    Finding,
    Plan,
    QuestionKind,
    Refusal,
    Sentence,
    Verdict,
    Wording,
)
from contracts.vocabulary import ItemKind, ObjectClass
from gateway.bodies.form import Answer, Name, Request, TimeZone
from gateway.bodies.tracks import BoxBody


class QuestionNew(Request, frozen=True, kw_only=True):
    """A question in plain English."""

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_QUESTION,
            examples=["How many trucks came through the north gate this morning?"],
        ),
    ]
    time_zone: TimeZone = "UTC"
    """Days and clock times of the question and of the answer are meant in it."""
    camera_ids: Annotated[list[UUID], Meta(max_length=1000)] | None = None
    """Only these cameras. Null: all that the key may see."""
    track_id: UUID | None = None
    """Whom "this person" or "this car" means."""
    picture_id: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    """The same by a picture; store it first."""
    wording: Wording = Wording.RULE
    """`model`: in the words of the `describe` model, where it is served and changes nothing that is said."""


class CitedHitBody(Answer, frozen=True, kw_only=True):
    """What an answer rests on. Its times carry the camera's own offset."""

    kind: ItemKind
    id: UUID
    camera_id: UUID
    camera: Annotated[str, Meta(description="The camera's name.")]
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    best_at: Annotated[datetime, Meta(description="When the thumbnail was in view.")]
    probability: Annotated[float, Meta(ge=0, le=1, description="That it is what was asked for, by its attributes.")]
    object_class: ObjectClass | None = msgspec.field(name="class")
    box: BoxBody | None
    thumbnail_url: str | None
    folded: Annotated[list[UUID], Meta(description="Further tracks of the same object, seconds apart.")]
    verified: Annotated[
        str | None, Meta(description="How clearly the `describe` model sees it: clear, likely, unclear.")
    ]


class GapBody(Answer, frozen=True, kw_only=True):
    """Asked time that was not examined."""

    from_time: datetime = msgspec.field(name="from")
    until_time: datetime = msgspec.field(name="until")
    cause: Annotated[str, Meta(description="no_footage, processing (not examined yet) or failed.")]


class SpanBody(Answer, frozen=True, kw_only=True):
    """Time that was examined."""

    from_time: datetime = msgspec.field(name="from")
    until_time: datetime = msgspec.field(name="until")


class CameraCoverageBody(Answer, frozen=True, kw_only=True):
    """What was examined of one camera."""

    camera_id: UUID
    camera: str
    asked_seconds: float
    examined_seconds: float
    offline: Annotated[bool, Meta(description="There is no footage of it at all in the asked time.")]
    examined: list[SpanBody]
    gaps: list[GapBody]


class CoverageBody(Answer, frozen=True, kw_only=True):
    """What the answer rests on, and what it does not."""

    text: Annotated[str, Meta(description="All of it in sentences.")]
    complete: Annotated[bool, Meta(description="All of the asked time was examined, at every camera.")]
    asked_seconds: float
    examined_seconds: float
    cameras: list[CameraCoverageBody]


class QuestionAnswered(Answer, frozen=True, kw_only=True):
    """An answer. It is kept under its id."""

    id: UUID
    question: str
    asked_at: datetime
    time_zone: str
    state: Annotated[
        AnswerState,
        Meta(description="partly: it holds for the examined part of the asked time; unanswered: `why` says why."),
    ]
    kind: QuestionKind | None
    verdict: Annotated[Verdict | None, Meta(description="Of what is asked for yes or no.")]
    answer: Annotated[str, Meta(description="The sentences as one text.")]
    sentences: Annotated[list[Sentence], Meta(description="Each with the ids of the hits that it rests on.")]
    finding: Annotated[Finding, Meta(description="The answer as values, for programs.")]
    hits: list[CitedHitBody]
    confidence: Annotated[
        float, Meta(ge=0, le=1, description="That the finding is right for the time that was examined.")
    ]
    coverage: CoverageBody
    why: Annotated[list[Refusal], Meta(description="What is not answered, and what to do.")]
    plan: Annotated[Plan | None, Meta(description="What the question was read as. Null where it could not be read.")]
    worded_by: Wording
    expires_at: Annotated[datetime, Meta(description="When the thumbnails' links expire.")]


class QuestionReportNew(Request, frozen=True, kw_only=True):
    """How the report of an answer is made. All may be left out."""

    title: Name | None = None
    """None: the question."""
    margin_seconds: Annotated[float, Meta(ge=0, le=60, description="Footage kept before and after each hit.")] = 2.0
