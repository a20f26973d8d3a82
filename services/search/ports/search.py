"""What the search service's use cases need from the world."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.search import Box
from contracts.vocabulary import ObjectClass, Space
from services.search.model.filters import Filters
from services.search.model.routing import Plan
from services.search.model.search import (
    Candidate,
    Encoding,
    FoundObject,
    Looks,
    Pixels,
    Probe,
    Serving,
    Towers,
    Vector,
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What ingest stored about the still behind a candidate."""

    camera_id: UUID
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    best_at: datetime
    """When the still was in view."""
    thumbnail_key: str
    object_class: ObjectClass | None = None
    box: Box | None = None


class Encoders(Protocol):
    """The models as they are served now. Every method raises ModelsUnavailableError."""

    def text(self, towers: Towers, sentence: str) -> Encoding:
        """A sentence in the semantic space."""

    def captions(self, towers: Towers, sentences: Sequence[str]) -> Mapping[str, Vector]:
        """Fixed sentences in the semantic space. Kept: asking again costs nothing."""

    def objects(self, picture: Pixels) -> Sequence[FoundObject]:
        """People and vehicles in a picture."""

    def picture(self, kind: Space, towers: Towers, picture: Pixels) -> Encoding:
        """A picture in a space of this kind."""

    def space(self, towers: Towers) -> str:
        """The name of the space that these models write."""


class Spaces(Protocol):
    """Which spaces serve."""

    def serving(self) -> Serving:
        """What searches are encoded with now. Raises StoreUnavailableError."""


class Pictures(Protocol):
    """Pictures that callers uploaded."""

    def load(self, object_key: str) -> Pixels:
        """The picture's pixels, decoded where it can do no harm. Raises BadPictureError, StoreUnavailableError."""


class VectorStore(Protocol):
    """The stored vectors. Every method raises StoreUnavailableError."""

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> Sequence[Candidate]:
        """The `rows` nearest stored vectors, nearest first: exactly those, not an approximation."""

    def plan(self, filters: Filters, probe: Probe, rows: int) -> Plan:
        """The way that `nearest` takes now."""

    def appearance_of(self, tenant_id: UUID, track_id: UUID, space: str) -> Looks:
        """How the track looks in the appearance space of this name. Raises UnknownTrackError where there is no such
        track."""


class Library(Protocol):
    """What ingest stored."""

    def seen(self, tenant_id: UUID, candidates: Sequence[Candidate]) -> Mapping[UUID, Seen]:
        """Item id → what is known about it, without those that may not be shown (any more).

        Raises StoreUnavailableError."""


class Stage(Protocol):
    """Marks a part of a search in telemetry."""

    def __call__(self, name: str, /) -> AbstractContextManager[None]:
        """Around the part."""
