"""Searches and what they find."""

from datetime import datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from contracts.search import MAX_HITS, Asked
from contracts.vocabulary import ItemKind, ObjectClass, Space
from gateway.bodies.form import Answer, Instant, Request, Share, TimeZone
from gateway.bodies.tracks import BoxBody

Weight = Annotated[float, Meta(gt=0, le=100)]

Limit = Annotated[float, Meta(ge=0, le=1e6)]

Classes = Annotated[list[ObjectClass], Meta(max_length=20)]

Ids = Annotated[list[UUID], Meta(max_length=1000)]

FewIds = Annotated[list[UUID], Meta(max_length=100)]

Texts = Annotated[list[Annotated[str, Meta(min_length=1, max_length=1000)]], Meta(max_length=10)]

Sites = Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=100)]


class PictureStored(Answer, frozen=True, kw_only=True):
    """A picture to search with."""

    id: Annotated[str, Meta(description="SHA-256 of the bytes; the same picture has the same id.")]
    size_bytes: int
    media_type: str


class Weekday(StrEnum):
    """A day of the week; the order is that of their numbers, 0 is Monday."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Towards(StrEnum):
    """Where something moves on the picture; the order is clockwise from its top, in steps of 45 degrees."""

    UP = "up"
    UP_RIGHT = "up-right"
    RIGHT = "right"
    DOWN_RIGHT = "down-right"
    DOWN = "down"
    DOWN_LEFT = "down-left"
    LEFT = "left"
    UP_LEFT = "up-left"


class Region(Request, frozen=True, kw_only=True):
    """A box in a picture, in shares of its width and height."""

    left: Share
    top: Share
    right: Share
    bottom: Share


class FrameNew(Request, frozen=True, kw_only=True):
    """A piece of recorded footage to search with."""

    recording_id: UUID
    at: Annotated[Instant, Meta(description="The frame that was in view then.")]
    region: Annotated[Region | None, Meta(description="What of it; null: all.")] = None


class WeightsNew(Request, frozen=True, kw_only=True):
    """How much the parts of a query count beside one another."""

    text: Weight = 1.0
    picture: Weight = 1.0
    track: Weight = 1.0
    frame: Weight = 1.0


class DayTimeBody(Request, frozen=True, kw_only=True):
    """A stretch of every day, by each camera's own clock; over midnight where it ends before it begins."""

    start: Annotated[time, Meta(tz=False, examples=["22:00:00"])]
    until: Annotated[time, Meta(tz=False, examples=["06:00:00"])]


class AttributeWishBody(Request, frozen=True, kw_only=True):
    """An attribute that tracks should have, or lack."""

    attribute: Annotated[
        str,
        Meta(
            max_length=60,
            description="`person.` and `upper_colour`, `lower_colour`, `sleeves`, `legs`, `hat`, `bag`, `backpack` or"
            " `hi_vis`; `vehicle.` and `colour` or `type`.",
            examples=["person.hat"],
        ),
    ]
    value: Annotated[str, Meta(max_length=40, examples=["yes"])]
    wanted: Annotated[bool, Meta(description="False: tracks with it are left out.")] = True
    probability: Annotated[float, Meta(gt=0, le=1, description="A track has it from this probability on.")] = 0.5


Wishes = Annotated[list[AttributeWishBody], Meta(max_length=20)]

Weekdays = Annotated[list[Weekday], Meta(max_length=7)]


class DirectionNew(Request, frozen=True, kw_only=True):
    """A direction of movement on the picture: one of `towards` and `degrees`."""

    towards: Towards | None = None
    degrees: (
        Annotated[float, Meta(ge=0, le=360, description="0: towards the top of the picture; 90: to the right.")] | None
    ) = None
    within: Annotated[float, Meta(gt=0, le=180, description="Degrees off, to either side.")] = 22.5


class PhraseBody(Request, frozen=True, kw_only=True):
    """Words that were understood."""

    part: Annotated[
        str,
        Meta(max_length=40, description="`time`, `place`, `class`, `attribute`, `exclusion`, `count`, `movement`."),
    ]
    words: Annotated[str, Meta(max_length=1000)]


class UnderstoodBody(Request, frozen=True, kw_only=True):
    """What the text was taken to mean. Show it, change it, send it back: it is taken in the text's place."""

    text: Annotated[str, Meta(max_length=1000, description="What is left to look for by likeness.")] = ""
    classes: Annotated[Classes, Meta(description="Only tracks of these; scenes stay.")] = msgspec.field(
        default_factory=list
    )
    without_classes: Classes = msgspec.field(default_factory=list)
    attributes: Annotated[
        Wishes,
        Meta(
            description="One that is wanted leaves out tracks that surely have another value, several of one attribute"
            " are alternatives; one that is not leaves out tracks that probably have it. Where nothing is known,"
            " nothing is left out."
        ),
    ] = msgspec.field(default_factory=list)
    without: Annotated[Texts, Meta(description="Descriptions of what is not wanted.")] = msgspec.field(
        default_factory=list
    )
    camera_ids: Ids | None = None
    without_camera_ids: Ids = msgspec.field(default_factory=list)
    zone_ids: FewIds = msgspec.field(default_factory=list)
    without_zone_ids: FewIds = msgspec.field(default_factory=list)
    from_time: Instant | None = msgspec.field(name="from", default=None)
    until_time: Instant | None = msgspec.field(name="until", default=None)
    day_time: DayTimeBody | None = None
    weekdays: Weekdays = msgspec.field(default_factory=list)
    count: Annotated[int, Meta(ge=1, le=100, description="So many in view together at least.")] = 1
    directions: Annotated[
        list[DirectionNew], Meta(max_length=8, description="Only tracks that moved in one of these; empty: all.")
    ] = msgspec.field(default_factory=list)
    min_seconds_in_view: Limit | None = None
    max_seconds_in_view: Limit | None = None
    phrases: Annotated[
        list[PhraseBody], Meta(max_length=100, description="For showing, in the order of the text; changes nothing.")
    ] = msgspec.field(default_factory=list)


class SearchNew(Request, frozen=True, kw_only=True):
    """What is looked for: any mix of `text`, `picture_id`, `track_id` and `frame`, narrowed by the rest."""

    text: Annotated[str, Meta(min_length=1, max_length=1000, examples=["a person with a red jacket"])] | None = None
    picture_id: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    picture_region: Annotated[Region | None, Meta(description="What of the picture counts; null: all.")] = None
    track_id: UUID | None = None
    frame: FrameNew | None = None
    weights: Annotated[WeightsNew | None, Meta(description="Null: all parts count the same.")] = None
    without_texts: Annotated[
        Texts, Meta(description="What is nearer to one of these than to what is wanted is left out.")
    ] = msgspec.field(default_factory=list)
    without_track_ids: Annotated[
        list[UUID], Meta(max_length=10, description="Tracks whose likes, and who themselves, are not wanted.")
    ] = msgspec.field(default_factory=list)
    camera_ids: Ids | None = None
    """Only these cameras. Null: all that the key may see."""
    without_camera_ids: Ids = msgspec.field(default_factory=list)
    sites: Annotated[Sites, Meta(description="Only cameras of these sites; empty: all.")] = msgspec.field(
        default_factory=list
    )
    zone_ids: Annotated[FewIds, Meta(description="Only tracks that were in one of these zones; empty: anywhere.")] = (
        msgspec.field(default_factory=list)
    )
    without_zone_ids: Annotated[
        FewIds, Meta(description="No tracks that were in one of these zones at any point of their path.")
    ] = msgspec.field(default_factory=list)
    from_time: Instant | None = msgspec.field(name="from", default=None)
    """In view at or after this time."""
    until_time: Instant | None = msgspec.field(name="until", default=None)
    """In view before this time."""
    day_time: Annotated[DayTimeBody | None, Meta(description="In view at this time of a day.")] = None
    weekdays: Annotated[Weekdays, Meta(description="In view on these days, by the camera's calendar; empty: all.")] = (
        msgspec.field(default_factory=list)
    )
    classes: Classes = msgspec.field(default_factory=list)
    without_classes: Classes = msgspec.field(default_factory=list)
    attributes: Wishes = msgspec.field(default_factory=list)
    directions: Annotated[
        list[DirectionNew], Meta(max_length=8, description="Only tracks that moved in one of these; empty: all.")
    ] = msgspec.field(default_factory=list)
    min_seconds_in_view: Limit | None = None
    max_seconds_in_view: Limit | None = None
    min_speed: Annotated[Limit | None, Meta(description="Mean, in widths of the view a second.")] = None
    max_speed: Limit | None = None
    min_size: Annotated[Share | None, Meta(description="Of the largest box, as a share of the view's area.")] = None
    count: Annotated[
        int, Meta(ge=1, le=100, description="So many of the classes asked for in view together at least.")
    ] = 1
    kinds: Annotated[list[ItemKind], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: list(ItemKind)
    )
    min_score: Annotated[
        float,
        Meta(
            ge=-1,
            le=1,
            description="The least probability, where the answer's `calibrations` have the kinds of query; else the"
            " least similarity.",
        ),
    ] = -1.0
    limit: Annotated[int, Meta(ge=1, le=MAX_HITS)] = 20
    cursor: (
        Annotated[
            str,
            Meta(max_length=2000, description="`next_cursor` of the answer before, with the same request otherwise."),
        ]
        | None
    ) = None
    read_text: Annotated[
        bool, Meta(description="Whether words of the text become filters where they mean filters.")
    ] = True
    understood: Annotated[
        UnderstoodBody | None, Meta(description="What the text is to be taken as; null: it is read.")
    ] = None
    time_zone: Annotated[TimeZone, Meta(description="Whose `yesterday` is meant.")] = "UTC"
    explain: Annotated[
        bool, Meta(description="Whether the answer says in `ways` how the nearest were found: exactly, or how else.")
    ] = False
    fold: Annotated[
        bool,
        Meta(
            description="Whether tracks of one object seconds apart, and scenes that look the same, become one hit with"
            " members."
        ),
    ] = True


class PartScoreBody(Answer, frozen=True, kw_only=True):
    """How like one part of the query a hit is."""

    asked: Asked
    score: Annotated[float, Meta(description="Similarity, -1 to 1.")]
    space: Space
    weight: float
    probability: Annotated[float | None, Meta(description="Null where such scores are not calibrated.")]


class AttributeFoundBody(Answer, frozen=True, kw_only=True):
    """What is known of an attribute that was asked for."""

    attribute: str
    value: str
    probability: float
    wanted: bool


class ReasonsBody(Answer, frozen=True, kw_only=True):
    """Why something is a hit."""

    parts: list[PartScoreBody]
    attributes: Annotated[list[AttributeFoundBody], Meta(description="Those asked for, where something is known.")]
    filters: Annotated[list[str], Meta(description="The conditions that it meets, by their names in the request.")]


class MemberBody(Answer, frozen=True, kw_only=True):
    """A track or scene that was folded into a hit."""

    kind: ItemKind
    id: UUID
    started_at: datetime
    ended_at: datetime
    score: float
    thumbnail_url: str


class CalibrationBody(Answer, frozen=True, kw_only=True):
    """How scores of one kind of query became probabilities: 1 / (1 + exp(-(slope · score + intercept)))."""

    asked: Asked
    space: Annotated[str, Meta(description="The embedding space, by its model's own name.")]
    slope: float
    intercept: float
    pairs: Annotated[int, Meta(description="Hits whose rightness was known.")]
    error: Annotated[float, Meta(description="Expected calibration error on queries that it was not fitted to.")]
    source: Annotated[str, Meta(description="What the pairs were of.")]


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
    score: Annotated[float, Meta(description="Similarity, -1 to 1.")]
    probability: Annotated[
        float | None,
        Meta(
            description="That it is right: the share of hits with such scores that were, when they were calibrated."
            " Null where they are not. Never that somebody is somebody."
        ),
    ] = None
    space: Annotated[Space, Meta(description="The embedding space in which it was compared.")]
    object_class: ObjectClass | None = msgspec.field(name="class")
    box: Annotated[BoxBody | None, Meta(description="Where in the frame the thumbnail was cut out.")]
    thumbnail_url: str
    reasons: ReasonsBody
    members: Annotated[
        list[MemberBody],
        Meta(description="Folded into it, in the order of time: they look like one object or one view."),
    ]


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
    understood: Annotated[
        UnderstoodBody | None, Meta(description="What the text was taken to mean; null where it was not read.")
    ] = None
    calibrations: list[CalibrationBody] = msgspec.field(default_factory=list)
    next_cursor: Annotated[str | None, Meta(description="For the hits after these; null where there are none.")] = None
    ways: Annotated[
        list[str],
        Meta(description="With `explain`: for each look, by which way the nearest were found, and why."),
    ] = msgspec.field(default_factory=list)
    took_ms: Annotated[float, Meta(description="As the gateway saw it, the way to the worker included.")]
    expires_at: Annotated[datetime, Meta(description="When the thumbnails' links expire.")]
