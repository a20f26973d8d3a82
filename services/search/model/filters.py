"""Which stored items are looked at, whatever they look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.search import AttributeWish, Heading
from contracts.vocabulary import ObjectClass

Stretch = tuple[datetime, datetime]
"""From, until; the second is not part of it."""


@dataclass(frozen=True)
class Zone:
    """A polygon drawn on a camera's view; points in shares of the view, x from the left, y from the top."""

    zone_id: UUID
    name: str
    camera_id: UUID
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Timetable:
    """Moments by cameras: each camera's clock tells another time.

    Attributes:
        stretches: for each time zone, the stretches of time that count, in order and apart.
        zone_of: camera → its time zone. A camera that is not here is not looked at.
    """

    stretches: Mapping[str, Sequence[Stretch]]
    zone_of: Mapping[UUID, str]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which rows are looked at. All conditions must hold.

    The first part is known of every vector (`kept` in vectors.sql), the second only by way of its track (`fits`).
    """

    tenant_id: UUID
    camera_ids: tuple[UUID, ...] | None
    """Those that the caller may see and wants to. None: all; empty: none."""
    from_time: datetime | None = None
    until_time: datetime | None = None
    classes: tuple[ObjectClass, ...] = ()
    """Empty: all."""
    excluded_ids: tuple[UUID, ...] = ()
    """Never hits: the tracks that were asked with."""
    item_ids: tuple[UUID, ...] | None = None
    """Only these tracks and scenes. None: all."""
    without_camera_ids: tuple[UUID, ...] = ()
    without_classes: tuple[ObjectClass, ...] = ()
    timetable: Timetable | None = None
    min_seconds_in_view: float | None = None
    max_seconds_in_view: float | None = None

    zones: tuple[Zone, ...] | None = None
    """In one of these. None: anywhere."""
    without_zones: tuple[Zone, ...] = ()
    """Never in any of these. A scene has no path: it stays."""
    attributes: tuple[AttributeWish, ...] = ()
    headings: tuple[Heading, ...] = ()
    min_speed: float | None = None
    max_speed: float | None = None
    min_size: float | None = None
    count: int = 1

    @property
    def by_path(self) -> bool:
        """Whether a track's path must be read."""
        limits = (self.min_speed, self.max_speed, self.min_size)
        return self.zones is not None or bool(self.headings) or any(limit is not None for limit in limits)

    @property
    def by_track(self) -> bool:
        """Whether there are conditions that only the track itself can tell (`fits`)."""
        return bool(self.attributes or self.without_zones) or self.by_path or self.count > 1

    @property
    def of_tracks(self) -> bool:
        """Whether only tracks can pass: a scene has no class, no path and nothing that could be lacking."""
        seconds = (self.min_seconds_in_view, self.max_seconds_in_view)
        return (
            bool(self.classes or self.attributes)
            or self.by_path
            or self.count > 1
            or any(limit is not None for limit in seconds)
        )
