"""A search: the request, the hits, the answer. Sent over Celery as request and reply, on a queue of its own."""

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec

from contracts.query import QueryContract
from contracts.task import Payload, Queue
from contracts.vocabulary import ItemKind, ObjectClass, Space

MAX_HITS = 200
"""The most hits that one answer holds."""


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


class SearchRequest(Payload, frozen=True, kw_only=True):
    """What is looked for. Exactly one of `text`, `picture_key` and `track_id` is set."""

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
    """Only hits with at least this score, -1 to 1."""
    limit: int = 20
    """At most this many hits, 1 to MAX_HITS."""
    without_camera_ids: tuple[UUID, ...] = ()
    """None of these cameras."""
    sites: tuple[str, ...] = ()
    """Only cameras of these sites; empty: all."""
    zone_ids: tuple[UUID, ...] = ()
    """Only tracks that were in one of these zones: with the bottom middle of their box at a point of their path."""
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


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A box in a frame, in shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


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


class SearchTimings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of a search went, in milliseconds."""

    encode_ms: float
    """Turning the text or picture into a vector."""
    query_ms: float
    """Finding the nearest stored vectors."""
    total_ms: float
    """All of it, as the worker saw it."""


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The hits, best first."""

    hits: tuple[Hit, ...]
    """At most `limit`, best first; a track or scene appears once."""
    timings: SearchTimings
    """Where the time went."""
    spaces: tuple[str, ...] = ()
    """The embedding spaces that were searched, by their models' own names: scores of two answers compare only where
    these are the same."""


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
