"""The form of a task contract: its name, queue, payload and limits."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Generic, Literal, TypeVar

import msgspec

Service = Literal["ingest", "embed", "search", "report"]
"""The services that handle tasks."""


class Queue(StrEnum):
    """The Celery queues. Queries have their own: behind bulk work on a shared queue three of five timed out. So has the
    re-embedding of stored footage, which must not delay fresh footage."""

    INGEST = "ingest"
    EMBED = "embed"
    EMBED_BULK = "embed.bulk"
    SEARCH = "search"
    SEARCH_QUERY = "search.query"
    REPORT = "report"


class JobState(StrEnum):
    """Where a job stands."""

    READY = "ready"
    """Waits for a worker, now or from `not_before` on."""
    RUNNING = "running"
    """A worker holds its lease."""
    DONE = "done"
    """Its results were committed together with this state."""
    DEAD = "dead"
    """Given up, with a reason; can be replayed."""


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What a task is about. Stored in its job's row; for queries the Celery message itself."""


P_co = TypeVar("P_co", bound=Payload, covariant=True)


@dataclass(frozen=True)
class TaskContract(Generic[P_co]):
    """One task that crosses a border, sent by name and handled by exactly one service."""

    name: str
    """`<owner>.<noun>.v<N>`."""
    queue: Queue
    """Where its messages go."""
    payload: type[P_co]
    """The struct that its payload decodes to."""
    owner: Service
    """The one service that handles it."""
    producers: tuple[str, ...]
    """Who sends it."""
    max_attempts: int = 3
    """Claims after which the job is dead."""
    time_limit: timedelta = timedelta(hours=1)
    """Running longer than this is a fault, however often the lease is renewed."""
