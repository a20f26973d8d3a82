"""Watches, and the alerts that come of them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.bodies.events import EventBody, ScheduleBody
from gateway.bodies.form import Answer, Instant, Name, Request
from gateway.bodies.search import HitBody, SearchNew


class WatchNew(Request, frozen=True, kw_only=True):
    """What to watch for: exactly one of `search` and `rule_id`."""

    name: Annotated[Name, Meta(description="Unique within the tenant.", examples=["red trucks"])]
    search: Annotated[
        SearchNew | None,
        Meta(
            description="As of `/v1/search`, without a time range; `min_score` says how alike is alike enough. Days"
            " that its text names count for nothing."
        ),
    ] = None
    rule_id: Annotated[UUID | None, Meta(description="A rule; it finds events while it is armed.")] = None
    schedule: Annotated[ScheduleBody | None, Meta(description="Only what was seen then alerts. Null: always.")] = None
    muted_until: Annotated[Instant | None, Meta(description="What comes before makes no alert, then or later.")] = None


class WatchChange(Request, frozen=True, kw_only=True):
    """What to change of a watch; fields left out stay."""

    name: Name | UnsetType = UNSET
    search: SearchNew | UnsetType = UNSET
    schedule: ScheduleBody | UnsetType | None = UNSET
    muted_until: Instant | UnsetType | None = UNSET


class Watch(Answer, frozen=True, kw_only=True):
    """A standing search or rule."""

    id: UUID
    name: str
    search: Annotated[SearchNew | None, Meta(description="As it was put.")]
    rule_id: UUID | None
    camera_ids: Annotated[list[UUID] | None, Meta(description="Whose footage is watched. Null: every camera's.")]
    schedule: ScheduleBody | None
    muted_until: datetime | None
    version: Annotated[int, Meta(description="Grows with every change; the ETag is this number in quotes.")]
    created_at: datetime
    updated_at: datetime


class WatchTrialNew(Request, frozen=True, kw_only=True):
    """A search, and the past to try it on: of a kept watch its id, else what it would be. A rule: `/v1/rules/test`."""

    watch_id: UUID | None = None
    search: SearchNew | None = None
    from_time: Instant = msgspec.field(name="from")
    until_time: Instant = msgspec.field(name="until")
    time_zone: Annotated[str, Meta(max_length=64, description="IANA: what a day is.")] = "UTC"
    samples: Annotated[int, Meta(ge=0, le=200)] = 20


class HitCount(Answer, frozen=True, kw_only=True):
    """How many hits began on a day."""

    day: date
    count: int


class WatchTrial(Answer, frozen=True, kw_only=True):
    """How often the watch would have alerted. Nothing of it was stored."""

    count: int
    capped: Annotated[bool, Meta(description="A day had more hits than are counted, 200.")]
    days: list[HitCount]
    samples: Annotated[list[HitBody], Meta(description="The best.")]
    examined_until: datetime
    complete: Annotated[bool, Meta(description="Whether all of the time asked for was examined.")]


class AlertItem(StrEnum):
    """What an alert is about."""

    TRACK = "track"
    SCENE = "scene"
    EVENT = "event"


class Alert(Answer, frozen=True, kw_only=True):
    """A watch's match; each item alerts a watch once."""

    id: UUID
    watch_id: UUID
    watch: Annotated[str | None, Meta(description="The watch's name; null where it was removed.")]
    watch_version: int
    camera_id: UUID
    camera: Annotated[str, Meta(description="The camera's name.")]
    kind: AlertItem
    item_id: UUID
    started_at: Annotated[datetime, Meta(description="When it was seen, with the camera's own offset.")]
    ended_at: datetime
    created_at: datetime
    link: Annotated[str, Meta(description="Where the item is to be had.", examples=["/v1/events/0199…"])]
    hit: Annotated[HitBody | None, Meta(description="Of a watched search, as it was found.")]
    event: Annotated[EventBody | None, Meta(description="Of a watched rule, as it stands now or stood last.")]
    acknowledged_at: datetime | None
    acknowledged_by: Annotated[str | None, Meta(description="The name of the key.")]
