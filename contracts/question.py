"""A question: the request, the plan that it was read as, the answer with what it cites and what it covers."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from contracts.query import QueryContract
from contracts.search import Box
from contracts.task import Payload, Queue
from contracts.vocabulary import ItemKind, ObjectClass

MAX_QUESTION = 500
"""Characters of a question."""

MAX_CITED = 100
"""The most hits that one answer cites."""


class QuestionKind(StrEnum):
    """What is asked."""

    EXISTENCE = "existence"
    """Was there any?"""
    COUNT = "count"
    """How many?"""
    WHEN = "when"
    """At what time?"""
    CAMERAS = "cameras"
    """Where, at which cameras?"""
    DURATION = "duration"
    """How long?"""
    COMPARE = "compare"
    """More of this than of that?"""
    ORDER = "order"
    """Did this happen before that?"""
    LIST = "list"
    """Who or what was there?"""


class Happening(StrEnum):
    """What somebody or something must have done to count."""

    IN_VIEW = "in_view"
    """Was there, moving or not."""
    PASSED = "passed"
    """Was there and moved."""
    ARRIVED = "arrived"
    """Came into view."""
    LEFT = "left"
    """Went out of view."""
    STAYED = "stayed"
    """Stayed in view for a time."""


class Moving(StrEnum):
    """Which way somebody goes through the picture."""

    LEFT = "left"
    RIGHT = "right"
    NEARER = "nearer"
    """Towards the camera."""
    AWAY = "away"


class Edge(StrEnum):
    """Which of several is meant."""

    ALL = "all"
    FIRST = "first"
    LAST = "last"
    MOST = "most"
    """Of cameras, hours or days: where or when the most were; of a count: at one moment; of a comparison: which."""
    FEWEST = "fewest"


class Slot(StrEnum):
    """Into what the time is cut, to say which part of it is meant."""

    HOUR = "hour"
    DAY = "day"


class Verdict(StrEnum):
    """The answer to what can be answered by yes or no."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    """What was seen does not settle it; the sentences say why."""


class AnswerState(StrEnum):
    """How much of the question is answered."""

    ANSWERED = "answered"
    """All of the asked time was covered."""
    PARTLY = "partly"
    """Only a part of the asked time or cameras was covered: the answer holds for that."""
    UNANSWERED = "unanswered"
    """Nothing can be said; `why` says the cause and what to do."""


class Wording(StrEnum):
    """Who words the answer."""

    RULE = "rule"
    MODEL = "model"
    """The generative model in the `describe` slot, held to the numbers, times and names of the rule's wording."""


class QuestionRequest(Payload, frozen=True, kw_only=True):
    """A question and who asks it."""

    tenant_id: UUID
    """Whose footage."""
    text: str
    """The question, 1 to MAX_QUESTION characters."""
    asked_at: datetime
    """When; what "today" is. With an offset."""
    time_zone: str = "UTC"
    """IANA zone in which days and clock times of the question and of the answer are meant."""
    camera_ids: tuple[UUID, ...] | None = None
    """Only these cameras. None: all of the tenant's; empty: none."""
    track_id: UUID | None = None
    """Whom "this person" or "this car" means."""
    picture_key: str | None = None
    """Object key of an uploaded picture of whom "this person" or "this car" means."""
    wording: Wording = Wording.RULE
    """Who words the answer, where the model is served."""


class WishedAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute that an object should have, or lack."""

    attribute: str
    """As `person.upper_colour`."""
    value: str
    wanted: bool = True


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time, its end not included."""

    from_time: datetime
    until_time: datetime


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who or what is looked for, where and when: one search of the plan."""

    words: str
    """In words, as the answer names one: "person", "red car"."""
    plural: str
    """And several."""
    classes: tuple[ObjectClass, ...] = ()
    """Empty: any."""
    vehicle_types: tuple[str, ...] = ()
    """What the attributes must call a vehicle: a van is no truck. Empty: any."""
    attributes: tuple[WishedAttribute, ...] = ()
    this: bool = False
    """The one object that the request's track or picture shows."""
    happening: Happening = Happening.IN_VIEW
    stayed_seconds: float | None = None
    """For this long at least, where it must have stayed."""
    stayed_less_seconds: float | None = None
    """For less than this, where it must not have stayed longer."""
    moving: Moving | None = None
    """Only who goes this way through the picture."""
    together: int = 1
    """So many at the same time at least."""
    at_least: int = 1
    """So many in all at least, for a question that says so."""
    place: str | None = None
    """The camera, site or zone that was named; None: everywhere."""
    camera_ids: tuple[UUID, ...] = ()
    """The cameras that are examined."""
    zone_ids: tuple[UUID, ...] = ()
    """Only within these zones of their views, or over these lines; empty: anywhere in view."""
    without_zone_ids: tuple[UUID, ...] = ()
    """Whoever was in one of these zones at any moment does not count."""
    periods: tuple[Period, ...] = ()
    """The time that is examined."""
    time_words: str = ""
    """How the answer names that time."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the question was read as."""

    kind: QuestionKind
    edge: Edge = Edge.ALL
    negated: bool = False
    """Asked the other way round: "was nobody …", "was the lobby empty", "which cameras saw nobody"."""
    by: Slot | None = None
    """Where it is asked which hours or days: the busiest, or those with nobody."""
    subjects: tuple[Subject, ...] = ()
    """One; two where things are compared or put in order."""
    assumptions: tuple[str, ...] = ()
    """What the question leaves open and how it was taken, in sentences."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a question, or a part of it, has no answer."""

    code: str
    """`not_observed`, `unknown_place`, `unknown_words`, `future`, `no_subject`, `not_a_question`, `too_much`,
    `no_footage`, `unknown_track`."""
    message: str
    """What is wrong, in a sentence."""
    advice: str
    """What to do."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of the answer."""

    text: str
    cites: tuple[UUID, ...] = ()
    """Ids of the hits that it rests on; every one is among the answer's hits."""
    event_ids: tuple[UUID, ...] = ()
    """Ids of the events that it tells of, as `/v1/events` has them: of what armed rules found."""


class CitedHit(msgspec.Struct, frozen=True, kw_only=True):
    """A track or scene that an answer rests on."""

    kind: ItemKind
    id: UUID
    camera_id: UUID
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    best_at: datetime
    probability: float
    """That it is what was asked for, 0 to 1; by the attributes' calibrated probabilities."""
    object_class: ObjectClass | None = None
    thumbnail_key: str | None = None
    """Object key of the best crop."""
    box: Box | None = None
    """Where in the frame the thumbnail was cut out."""
    folded: tuple[UUID, ...] = ()
    """Further tracks that are the same object, seconds apart."""
    verified: str | None = None
    """How clearly the `describe` model sees it in the thumbnail: clear, likely, unclear. None: it was not asked."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the asked time that was not examined."""

    from_time: datetime
    until_time: datetime
    cause: str
    """`no_footage`, `processing`, `failed`."""


class CameraCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """What was examined of one camera."""

    camera_id: UUID
    name: str
    examined_seconds: float
    asked_seconds: float
    examined: tuple[Period, ...]
    gaps: tuple[Gap, ...]

    @property
    def offline(self) -> bool:
        """Whether there is no footage of it at all."""
        return self.examined_seconds == 0 and all(gap.cause == "no_footage" for gap in self.gaps)


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer rests on: cameras and hours examined, gaps, cameras without footage."""

    text: str
    """All of it in sentences."""
    asked_seconds: float
    """Summed over cameras."""
    examined_seconds: float
    cameras: tuple[CameraCoverage, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all of the asked time was examined, at every camera."""
        return self.asked_seconds > 0 and not any(camera.gaps for camera in self.cameras)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as values, for programs. What does not apply is None or empty."""

    verdict: Verdict | None = None
    count: int | None = None
    """The most likely number."""
    count_low: int | None = None
    """At least so many, with 95 % probability by the attributes."""
    count_high: int | None = None
    other_count: int | None = None
    """Of what it was compared with."""
    times: tuple[datetime, ...] = ()
    """When, in the order of time."""
    seconds: float | None = None
    """How long; of several the longest."""
    camera_ids: tuple[UUID, ...] = ()
    """Where, in the order of the first sighting."""


class QuestionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a question."""

    id: UUID
    """Under which it is kept."""
    question: str
    asked_at: datetime
    time_zone: str
    state: AnswerState
    plan: Plan | None
    """None where the question could not be read."""
    finding: Finding
    sentences: tuple[Sentence, ...]
    hits: tuple[CitedHit, ...]
    confidence: float
    """That the finding is right for the covered time, 0 to 1."""
    coverage: Coverage
    why: tuple[Refusal, ...] = ()
    """What is not answered, and what to do."""
    worded_by: Wording = Wording.RULE


SEARCH_QUESTION = QueryContract(
    name="search.question.v1",
    queue=Queue.SEARCH_QUERY,
    payload=QuestionRequest,
    answer=QuestionAnswer,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=timedelta(seconds=60),
)
