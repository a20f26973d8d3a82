"""A search: the request, the hits, the answer. Sent over Celery as request and reply, on a queue of its own."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from contracts.query import QueryContract
from contracts.task import Payload, Queue
from contracts.vocabulary import ItemKind, ObjectClass, Space

MAX_HITS = 200
"""The most hits that one answer holds."""


class Asked(StrEnum):
    """A part of a query: what it is asked with."""

    TEXT = "text"
    PICTURE = "picture"
    TRACK = "track"
    FRAME = "frame"


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A box in a frame, in shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


class FrameRegion(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of recorded footage that stands for a picture."""

    recording_id: UUID
    at: datetime
    """The frame that was in view then."""
    box: Box | None = None
    """What of it; None: all."""


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How much each part of a query counts beside the others, above 0."""

    text: float = 1.0
    picture: float = 1.0
    track: float = 1.0
    frame: float = 1.0


class DayTime(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of every day, in each camera's own time zone; over midnight where `until` is not after `start`."""

    start: time
    until: time


class AttributeWish(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute that tracks should have, or lack. One of which nothing is known has none and lacks none: it is left
    out where the attribute is wanted, and kept where it is not."""

    attribute: str
    """Full name of its group in `contracts.vocabulary.ATTRIBUTE_GROUPS`, e.g. `person.upper_colour`."""
    value: str
    """One of the group's values, e.g. `red`."""
    wanted: bool = True
    """False: tracks with it are left out."""
    probability: float = 0.5
    """A track counts as having it from this calibrated probability on, 0 to 1."""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A direction of movement on the picture, from a path's first point to its last."""

    degrees: float
    """0 is towards the top of the picture, 90 to the right, 180 to the bottom, 270 to the left."""
    within: float = 22.5
    """At most so many degrees off, to either side, up to 180."""


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """Words of a sentence that were understood, as they were written."""

    part: str
    """What they were understood as: `time`, `place`, `class`, `attribute`, `exclusion`, `count`, `movement`."""
    words: str


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence was taken to mean. Sent back, changed or not, it is taken in the sentence's place."""

    text: str = ""
    """What is left to look for by likeness; empty where everything meant a filter."""
    classes: tuple[ObjectClass, ...] = ()
    """Only tracks of these; scenes stay. Empty: any."""
    without_classes: tuple[ObjectClass, ...] = ()
    """No tracks of these."""
    attributes: tuple[AttributeWish, ...] = ()
    """One that is wanted leaves out tracks that surely have another value: to be unsure, or not to know, keeps them.
    Several wanted values of one attribute are alternatives."""
    without: tuple[str, ...] = ()
    """Descriptions of what is not wanted."""
    camera_ids: tuple[UUID, ...] | None = None
    """Only these cameras. None: any."""
    without_camera_ids: tuple[UUID, ...] = ()
    """None of these."""
    zone_ids: tuple[UUID, ...] = ()
    """Only tracks in one of these zones. Empty: anywhere."""
    without_zone_ids: tuple[UUID, ...] = ()
    """No tracks that ever were in one of these zones."""
    from_time: datetime | None = None
    until_time: datetime | None = None
    day_time: DayTime | None = None
    weekdays: tuple[int, ...] = ()
    """0 is Monday; empty: any."""
    count: int = 1
    """So many in view together at least."""
    headings: tuple[Heading, ...] = ()
    """Only tracks that moved in one of these directions; empty: all."""
    min_seconds_in_view: float | None = None
    max_seconds_in_view: float | None = None
    """Only tracks that were in view so long."""
    phrases: tuple[Phrase, ...] = ()
    """What was understood, in the order of the sentence. For showing: it changes nothing."""


class SearchRequest(Payload, frozen=True, kw_only=True):
    """What is looked for: any mix of `text`, `picture_key`, `track_id` and `frame`, at least one of them."""

    tenant_id: UUID
    """Whose footage."""
    text: str | None = None
    """A sentence or a word."""
    picture_key: str | None = None
    """Object key of a picture (JPEG, PNG or WebP) that the caller uploaded."""
    track_id: UUID | None = None
    """A stored track whose likes are wanted."""
    camera_ids: tuple[UUID, ...] | None = None
    """Only these cameras. None: all of the tenant's; empty: none, and so no hits."""
    from_time: datetime | None = None
    """Only what was in view at or after this time."""
    until_time: datetime | None = None
    """Only what was in view before this time."""
    classes: tuple[ObjectClass, ...] = ()
    """Only tracks of these classes; empty: all."""
    kinds: tuple[ItemKind, ...] = (ItemKind.TRACK, ItemKind.SCENE)
    """Tracks, scenes, or both."""
    min_score: float = -1.0
    """Only hits with at least this score: a probability of being right, 0 to 1, where the scores of this kind of query
    are calibrated in their space, and else a similarity, -1 to 1. The answer's `calibrations` say which."""
    limit: int = 20
    """At most this many hits, 1 to MAX_HITS."""
    without_camera_ids: tuple[UUID, ...] = ()
    """None of these cameras."""
    sites: tuple[str, ...] = ()
    """Only cameras of these sites; empty: all."""
    zone_ids: tuple[UUID, ...] = ()
    """Only tracks that were in one of these zones: with the bottom middle of their box at a point of their path."""
    without_zone_ids: tuple[UUID, ...] = ()
    """No tracks that were in one of these zones at any point of their path."""
    day_time: DayTime | None = None
    """Only what was in view at this time of a day, on its camera's clock."""
    weekdays: tuple[int, ...] = ()
    """Only what was in view on these days of the week, 0 is Monday, by its camera's calendar; empty: all. A stretch
    over midnight belongs to the day on which it begins."""
    without_classes: tuple[ObjectClass, ...] = ()
    """No tracks of these classes."""
    attributes: tuple[AttributeWish, ...] = ()
    """Attributes that tracks must have or lack: all of them."""
    headings: tuple[Heading, ...] = ()
    """Only tracks that moved in one of these directions; empty: all."""
    min_seconds_in_view: float | None = None
    max_seconds_in_view: float | None = None
    """How long a track was in view."""
    min_speed: float | None = None
    max_speed: float | None = None
    """A track's mean speed on the picture, in widths of the view a second."""
    min_size: float | None = None
    """Share of the view's area that the track's largest box has at least, 0 to 1."""
    count: int = 1
    """Only tracks that were in view together with others of the classes asked for: so many at one moment, on one
    camera, themselves counted."""
    permitted_camera_ids: tuple[UUID, ...] | None = None
    """The cameras whose footage the caller may see at all, wherever `camera_ids` narrows the search to. None: all of
    the tenant's. What is asked with must be of one of these."""
    picture_region: Box | None = None
    """What of the picture counts; None: all."""
    frame: FrameRegion | None = None
    """A piece of recorded footage whose likes are wanted."""
    weights: Weights = Weights()
    """How much the parts of the query count beside one another."""
    without_texts: tuple[str, ...] = ()
    """Descriptions of what is not wanted: what is nearer to one of them than to what is wanted is left out."""
    without_track_ids: tuple[UUID, ...] = ()
    """Tracks whose likes are not wanted, and they themselves neither."""
    read_text: bool = True
    """Whether words of the text become filters where they mean filters."""
    understood: Understood | None = None
    """What the text is to be taken as; None: it is read."""
    time_zone: str = "UTC"
    """IANA, of whoever asks: their `yesterday` is meant."""
    asked_at: datetime | None = None
    """The moment that `yesterday` is the day before of; None: now."""
    fold: bool = True
    """Whether tracks of one object seconds apart, and scenes that look the same, become one hit with members."""
    cursor: str | None = None
    """`next_cursor` of an answer to the same request: its further hits, as they were stored then."""
    explain: bool = False
    """Whether the answer says by which way the nearest were found, and why by that one."""


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    """How like one part of the query a hit is."""

    asked: Asked
    score: float
    """Similarity, -1 to 1."""
    space: Space
    """The embedding space in which it was compared."""
    weight: float
    """Of this part beside the others."""
    probability: float | None = None
    """That a hit with such a score is right, 0 to 1; None where these scores are not calibrated."""


class AttributeFound(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of an attribute that was asked for."""

    attribute: str
    value: str
    probability: float
    """Of this value, 0 to 1."""
    wanted: bool = True


class Reasons(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is a hit."""

    parts: tuple[PartScore, ...] = ()
    """For each part of the query."""
    attributes: tuple[AttributeFound, ...] = ()
    """Those asked for, of which something is known."""
    filters: tuple[str, ...] = ()
    """The request's conditions that it meets, by their names in `SearchRequest`."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A track or scene that was folded into a hit."""

    kind: ItemKind
    id: UUID
    started_at: datetime
    ended_at: datetime
    score: float
    thumbnail_key: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found."""

    kind: ItemKind
    """Track or scene."""
    id: UUID
    """The track's or scene's id."""
    camera_id: UUID
    """Where it was seen."""
    recording_id: UUID
    """In which recording."""
    started_at: datetime
    """First seen."""
    ended_at: datetime
    """Last seen; equals `started_at` for a scene."""
    best_at: datetime
    """When the thumbnail was in view."""
    score: float
    """Similarity to what was looked for, -1 to 1; comparable among hits of one answer and one space."""
    space: Space
    """The embedding space in which it was compared."""
    thumbnail_key: str
    """Object key of the best crop, or of the scene's still."""
    object_class: ObjectClass | None = None
    """The track's class; None for a scene."""
    box: Box | None = None
    """Where in the frame the thumbnail was cut out; None for a scene."""
    probability: float | None = None
    """That it is right, 0 to 1: the share of hits with such scores that were right when they were calibrated. None
    where they are not calibrated."""
    reasons: Reasons = Reasons()
    """Why it is a hit."""
    members: tuple[Member, ...] = ()
    """What was folded into it, itself not among them, in the order of time. Folding says that they look like one object
    or one view, not that they are."""


class SearchTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of a search went, in milliseconds."""

    encode_ms: float
    """Turning the text or picture into a vector."""
    query_ms: float
    """Finding the nearest stored vectors."""
    total_ms: float
    """All of it, as the worker saw it."""


class CalibrationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How the scores of one kind of query in one space became probabilities: 1 / (1 + exp(-(slope · score +
    intercept)))."""

    asked: Asked
    space: str
    """The model's own name for it."""
    slope: float
    intercept: float
    pairs: int
    """Hits whose rightness was known."""
    error: float
    """How far probabilities were off on queries that they were not fitted to: expected calibration error, 0 to 1."""
    source: str
    """What the pairs were of."""


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The hits, best first."""

    hits: tuple[Hit, ...]
    """At most `limit`, best first; a track or scene appears once."""
    timings: SearchTimings
    """Where the time went."""
    spaces: tuple[str, ...] = ()
    """The embedding spaces that were searched, by their models' own names: scores of two answers compare only where
    these are the same."""
    understood: Understood | None = None
    """What the text was taken to mean; None where it was not read."""
    calibrations: tuple[CalibrationFacts, ...] = ()
    """Of the parts of this query that have one."""
    next_cursor: str | None = None
    """For the hits after these; None where there are none."""
    ways: tuple[str, ...] = ()
    """With `explain`: for each look, by which way the nearest were found, and why, in words."""


SEARCH_QUERY = QueryContract(
    name="search.query.v1",
    queue=Queue.SEARCH_QUERY,
    payload=SearchRequest,
    answer=SearchAnswer,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=timedelta(seconds=30),
)
