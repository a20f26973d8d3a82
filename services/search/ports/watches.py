"""What watching needs from the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from contracts.events import Schedule
from contracts.search import Hit, SearchRequest
from contracts.watches import WatchItems
from kit.lease import Lease
from services.search.model.fresh import FreshBatch
from services.search.ports.search import Seen


@dataclass(frozen=True)
class StandingWatch:
    """A search that is watched for, and not muted."""

    id: UUID
    version: int
    request: SearchRequest
    schedule: Schedule | None


@dataclass(frozen=True)
class NewAlert:
    """A hit of a watch."""

    watch: StandingWatch
    hit: Hit


class WatchStore(Protocol):
    """Watches, what is new, and alerts. Every reading method raises StoreUnavailableError."""

    def standing(self, tenant_id: UUID) -> Sequence[StandingWatch]:
        """The tenant's watched searches that are not muted."""

    def fresh(self, tenant_id: UUID, items: WatchItems) -> FreshBatch:
        """The items' vectors in the spaces that serve."""

    def stills(self, tenant_id: UUID, items: WatchItems) -> Mapping[tuple[UUID, int], Seen]:
        """What ingest stored of every crop (item, rank) and scene (item, 0)."""

    def time_zones(self, tenant_id: UUID) -> Mapping[UUID, str]:
        """Camera → its time zone."""

    def finish(self, lease: Lease, alerts: Sequence[NewAlert], result: Mapping[str, Any]) -> int:
        """Writes the alerts that are not there yet, and completes the job. Returns how many were written. Raises
        LeaseLostError."""
