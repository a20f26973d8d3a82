"""Watches: searches and rules that stand, and are looked at whenever there is new footage."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from contracts.events import DayCount
from contracts.query import QueryContract
from contracts.search import Hit, SearchRequest
from contracts.task import Payload, Queue, TaskContract


class WatchItems(Payload, frozen=True, kw_only=True):
    """Compare tracks and scenes, whose vectors are stored now, with everything that is watched for."""

    recording_id: UUID
    """The recording they belong to."""
    track_ids: tuple[UUID, ...] = ()
    scene_ids: tuple[UUID, ...] = ()


class PrepareWatches(Payload, frozen=True, kw_only=True):
    """Read and encode what watched searches look for, before anything new must be compared with it."""

    watches: int = 0
    """How many lacked it when this was asked for."""


class TryWatch(Payload, frozen=True, kw_only=True):
    """How often a search would have alerted in the past; nothing is stored."""

    tenant_id: UUID
    search: SearchRequest
    """With a time range; its cameras are those that the caller may see."""
    time_zone: str = "UTC"
    """IANA: what a day is."""
    samples: int = 20


class WatchTried(msgspec.Struct, frozen=True, kw_only=True):
    """What a watch would have found."""

    count: int
    capped: bool
    """A day had more hits than one search gives, so that there were more than are counted."""
    days: tuple[DayCount, ...]
    """Days with hits, in order."""
    samples: tuple[Hit, ...]
    """The best."""
    examined_until: datetime
    """Where this is before the time asked for, time ran out; what is told is of the time before it."""


SEARCH_WATCH = TaskContract(
    name="search.watch.v1", queue=Queue.SEARCH, payload=WatchItems, owner="search", producers=("embed",)
)
SEARCH_WATCH_PREPARE = TaskContract(
    name="search.watchprepare.v1", queue=Queue.SEARCH, payload=PrepareWatches, owner="search", producers=("search",)
)
SEARCH_WATCH_TRIAL = QueryContract(
    name="search.watchtrial.v1",
    queue=Queue.SEARCH_QUERY,
    payload=TryWatch,
    answer=WatchTried,
    owner="search",
    producers=("gateway",),
    max_attempts=1,
    time_limit=timedelta(seconds=60),
)
