"""What the embed service's use cases need from the world."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from contracts.embed import EmbedItems
from contracts.vocabulary import Space
from kit.lease import Lease
from services.embed.model import EmbeddedStills, ModelSpace, Pixels, Still, Vectors

Size = tuple[int, int]
"""Height and width in pixels."""


class Library(Protocol):
    """What ingest stored."""

    def stills(self, tenant_id: UUID, items: EmbedItems) -> Sequence[Still]:
        """Every crop of the tracks and the still of every scene, always in the same order. What is not there (any more)
        is left out."""


class Pictures(Protocol):
    """The stills' pixels."""

    def load(self, wanted: Sequence[tuple[str, Sequence[Size]]]) -> Iterator[tuple[Pixels, ...]]:
        """For each object key, in order, its picture stretched to each of the sizes, UINT8 [3, height, width].

        Raises UnreadableStillError."""


class Encoder(Protocol):
    """One served model that makes vectors of pictures."""

    @property
    def space(self) -> ModelSpace:
        """The space of its vectors."""

    @property
    def size(self) -> Size:
        """Height and width of its input."""

    def encode(self, pictures: Pixels) -> Vectors:
        """UINT8 [n, 3, height, width] to FP32 [n, dimension]."""


class Models(Protocol):
    """The models as they are served now."""

    def encoder(self, kind: Space) -> Encoder:
        """The image encoder of a kind of space."""


class VectorStore(Protocol):
    """Where vectors are kept."""

    def finish(self, lease: Lease, embedded: Sequence[EmbeddedStills], seconds: Mapping[str, float]) -> None:
        """Stores the vectors and completes the job, in one transaction. Rows that are there stay as they are.
        `seconds` (stage → how long it took) are kept in the job's result, with those of the writing added.

        Raises LeaseLostError, SpaceConflictError."""
