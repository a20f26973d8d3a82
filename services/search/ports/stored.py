"""What is stored about hits besides their nearness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.search import AttributeWish
from contracts.vocabulary import Space
from services.search.model.calibration import Calibration
from services.search.model.search import Pixels, Vector


@dataclass(frozen=True)
class Place:
    """Where an item's vectors lie: by its start, as they are kept by day."""

    item_id: UUID
    started_at: datetime


class Stored(Protocol):
    """The store's further answers. Every method raises StoreUnavailableError."""

    def snapshot(self) -> str:
        """What is stored now, for asking `arrived_since` later."""

    def arrived_since(
        self, tenant_id: UUID, places: Sequence[Place], kind: Space, snapshot: str, *, dimension: int
    ) -> set[UUID]:
        """Those of the items whose vectors, of this kind of space and length, were not stored yet at the snapshot.
        Raises BadRequestError for a snapshot that is none."""

    def looks(self, tenant_id: UUID, places: Sequence[Place], kind: Space) -> Mapping[UUID, Vector]:
        """One unit vector for each of the items: the middle of those that it has in the space of this kind that serves
        now. An item without one is left out."""

    def attributes(
        self, tenant_id: UUID, places: Sequence[Place], wishes: Sequence[AttributeWish]
    ) -> Mapping[UUID, Mapping[tuple[str, str], float]]:
        """Track → (attribute, value) → its probability, of those that are wished for or not and known."""

    def permitted_tracks(
        self, tenant_id: UUID, track_ids: Sequence[UUID], camera_ids: Sequence[UUID] | None
    ) -> set[UUID]:
        """Those of the tracks that are there and of these cameras. None: of any."""

    def calibrations(self) -> Sequence[Calibration]:
        """All that were fitted."""


class Frames(Protocol):
    """Pictures out of recorded footage."""

    def at(self, tenant_id: UUID, recording_id: UUID, at: datetime, camera_ids: Sequence[UUID] | None) -> Pixels:
        """The frame that was in view then, UINT8 [height, width, 3] in RGB, decoded where it can do no harm.

        Raises NotFoundError where there is no such footage of these cameras (None: of any), BadPictureError where it
        cannot be decoded, StoreUnavailableError.
        """
