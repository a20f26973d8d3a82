"""Cameras, sites and zones, as the gateway keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.search.model.filters import Zone


@dataclass(frozen=True)
class KnownCamera:
    """A camera, with what people call it."""

    camera_id: UUID
    name: str
    site: str
    """Empty: of none."""
    time_zone: str
    """IANA."""


class Places(Protocol):
    """Where footage is from. `permitted`: only these cameras; None: all. Every method raises StoreUnavailableError."""

    def cameras(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[KnownCamera]:
        """The cameras, by name."""

    def zones(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[Zone]:
        """The polygons that are drawn on their views, by name."""

    def footage_span(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> tuple[datetime, datetime] | None:
        """When the first recording begins and the last ends; None where there is none."""
