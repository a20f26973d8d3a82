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
from services.search.model.watches import Prepared
from services.search.ports.search import Seen

WatchKey = tuple[UUID, int]
"""A watch and its version."""


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

    def standing(self, tenant_id: UUID) -> Sequence[WatchKey]:
        """The tenant's watched searches that are not muted."""

    def spaces(self) -> str | None:
        """Names of the spaces that serve, as one word for all; None where none does yet."""

    def read(
        self, tenant_id: UUID, watch_ids: Sequence[UUID], spaces: str | None
    ) -> Sequence[tuple[StandingWatch, Prepared | None]]:
        """Watched searches as they are now, and what is kept of what they look for in these spaces."""

    def unprepared(self, tenant_id: UUID, spaces: str, limit: int) -> Sequence[StandingWatch]:
        """Watched searches, muted ones too, of which nothing is kept for these spaces."""

    def keep(self, tenant_id: UUID, spaces: str, made: Mapping[WatchKey, Prepared]) -> None:
        """Keeps what watches look for; forgets that of versions and watches that are gone. Again: nothing changes."""

    def ask_to_prepare(self) -> int:
        """Makes a job for each tenant with watches of which nothing is kept yet; how many tenants there are."""

    def fresh(self, tenant_id: UUID, items: WatchItems) -> FreshBatch:
        """The items' vectors in the spaces that serve."""

    def stills(self, tenant_id: UUID, items: WatchItems) -> Mapping[tuple[UUID, int], Seen]:
        """What ingest stored of every crop (item, rank) and scene (item, 0)."""

    def time_zones(self, tenant_id: UUID) -> Mapping[UUID, str]:
        """Camera → its time zone."""

    def finish(self, lease: Lease, alerts: Sequence[NewAlert], result: Mapping[str, Any]) -> int:
        """Writes the alerts that are not there yet, and completes the job. Returns how many were written. Raises
        LeaseLostError."""

    def done(self, lease: Lease, result: Mapping[str, Any]) -> None:
        """Completes a job that leaves nothing else. Raises LeaseLostError."""
