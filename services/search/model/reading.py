"""What a sentence says, as values."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from contracts.vocabulary import ObjectClass


class Part(StrEnum):
    """What a phrase was understood as."""

    TIME = "time"
    PLACE = "place"
    CLASS = "class"
    ATTRIBUTE = "attribute"
    EXCLUSION = "exclusion"
    COUNT = "count"
    MOVEMENT = "movement"


@dataclass(frozen=True)
class Phrase:
    """Words of the sentence that were understood, as they were written."""

    part: Part
    words: str


@dataclass(frozen=True)
class Place:
    """A name of cameras, a site or what is drawn on a view, and the cameras that it means."""

    name: str
    camera_ids: tuple[UUID, ...]
    zone_ids: tuple[UUID, ...] = ()
    """The zones or lines of that name; empty for a camera or site."""


@dataclass(frozen=True)
class DayTime:
    """A stretch of every day, in the cameras' own time zones; over midnight where `until` is not after `start`."""

    start: time
    until: time


@dataclass(frozen=True)
class Wish:
    """An attribute that is wanted or not, e.g. `vehicle.colour` is `red`."""

    attribute: str
    value: str
    wanted: bool = True


@dataclass(frozen=True)
class Heading:
    """A direction of movement on the picture: 0 degrees is towards its top, 90 to the right."""

    degrees: float
    within: float
    """Degrees off, to either side."""


@dataclass(frozen=True)
class Reading:
    """What a sentence says.

    Attributes:
        text: what is left to look for by likeness; empty where everything meant a filter.
        classes: of the objects that are wanted; empty: any.
        attributes: that the objects should have or lack.
        without: descriptions of what is not wanted.
        without_classes: classes of objects that are not wanted.
        camera_ids: only these cameras; None: any.
        without_camera_ids: none of these.
        zone_ids: in one of these zones; empty: anywhere.
        without_zone_ids: never in any of these zones.
        from_time, until_time: in view within; None: open.
        day_time: only at this time of the day.
        weekdays: only on these, 0 is Monday; empty: any.
        count: so many of them at the same time at least.
        headings: moving in one of these directions; empty: any.
        min_seconds_in_view, max_seconds_in_view: how long they were in view; None: any time.
        phrases: what was understood, in the order of the sentence.
    """

    text: str
    classes: tuple[ObjectClass, ...] = ()
    attributes: tuple[Wish, ...] = ()
    without: tuple[str, ...] = ()
    without_classes: tuple[ObjectClass, ...] = ()
    camera_ids: tuple[UUID, ...] | None = None
    without_camera_ids: tuple[UUID, ...] = ()
    zone_ids: tuple[UUID, ...] = ()
    without_zone_ids: tuple[UUID, ...] = ()
    from_time: datetime | None = None
    until_time: datetime | None = None
    day_time: DayTime | None = None
    weekdays: tuple[int, ...] = ()
    count: int = 1
    headings: tuple[Heading, ...] = ()
    min_seconds_in_view: float | None = None
    max_seconds_in_view: float | None = None
    phrases: tuple[Phrase, ...] = ()
