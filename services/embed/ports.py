"""What the embed service's use cases need from the world."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol
from uuid import UUID

from contracts.embed import EmbedItems, ReembedRecording
from kit.lease import Lease
from services.embed.model import (
    AttributeModel,
    Binding,
    Described,
    EmbeddedStills,
    ModelSpace,
    Pixels,
    Still,
    StoredDay,
    StoredDays,
    Vectors,
)

Size = tuple[int, int]
"""Height and width in pixels."""


class Library(Protocol):
    """What ingest stored."""

    def stills(self, tenant_id: UUID, items: EmbedItems) -> Sequence[Still]:
        """Every crop of the tracks and the still of every scene, always in the same order. What is not there (any more)
        is left out."""

    def missing(self, tenant_id: UUID, recording_id: UUID, space: str) -> Sequence[Still]:
        """The recording's stills that should have a vector in the space and have none, in the same order."""


class Pictures(Protocol):
    """The stills' pixels."""

    def load(self, wanted: Sequence[tuple[str, Sequence[Size]]]) -> Iterator[tuple[Pixels, ...]]:
        """For each object key, in order, its picture stretched to each of the sizes, UINT8 [3, height, width].

        Raises UnreadableStillError, StillGoneError at the one that it is about."""


class Encoder(Protocol):
    """One served model that makes vectors of pictures."""

    @property
    def space(self) -> ModelSpace:
        """The space of its vectors."""

    @property
    def size(self) -> Size:
        """Height and width of its input."""

    def encode(self, pictures: Pixels) -> Vectors:
        """UINT8 [n, 3, height, width] to FP32 [n, dimension]. Raises ModelUnavailableError."""


class Describer(Protocol):
    """The served model that says attributes."""

    @property
    def model(self) -> AttributeModel:
        """Which network, and what it says."""

    @property
    def size(self) -> Size:
        """Height and width of its input."""

    def describe(self, pictures: Pixels) -> Vectors:
        """UINT8 [n, 3, height, width] to probabilities, FP32 [n, values]. Raises ModelUnavailableError and
        ModelReplacedError."""


class Models(Protocol):
    """The models as they are served now."""

    def encoder(self, binding: Binding) -> Encoder:
        """The image encoder of a space. Raises ModelUnavailableError."""

    def describer(self) -> Describer | None:
        """The model that says attributes; None where none is served."""


class Spaces(Protocol):
    """Which spaces are in use."""

    def bindings(self) -> Sequence[Binding]:
        """The serving space of every kind and, of kinds that are being switched, the incoming one after it."""

    def wanted(self, space: str) -> Binding | None:
        """What stands behind the space of this name; None where it neither serves nor is incoming."""

    def fresh_waits(self) -> bool:
        """Whether fresh footage waits for its vectors, or is getting them now."""


class VectorStore(Protocol):
    """Where vectors are kept."""

    def finish(
        self,
        lease: Lease,
        embedded: Sequence[EmbeddedStills],
        seconds: Mapping[str, float],
        described: Described | None = None,
    ) -> None:
        """Stores the vectors and attributes and completes the job, in one transaction. Rows that are there stay as they
        are.
        `seconds` (stage → how long it took) are kept in the job's result, with those of the writing added. For a space
        that came into use meanwhile, what it misses is asked for in the same transaction.

        Raises LeaseLostError, SpaceConflictError."""

    def keep(self, lease: Lease, embedded: EmbeddedStills) -> None:
        """Stores a part of a job's vectors, in a transaction of its own. Raises LeaseLostError, SpaceConflictError."""

    def finish_filling(self, lease: Lease, task: ReembedRecording, filled: int, left_out: Sequence[str]) -> None:
        """Completes the job of a recording; where it was the last, its space serves from now on, in the same
        transaction. `left_out`: object keys of stills that cannot be had.

        Raises LeaseLostError, and NotAllFilledError where more stills than those have no vector."""


class Days(Protocol):
    """The days of the stored vectors."""

    def fresh_waits(self) -> bool:
        """Whether fresh footage waits for its vectors, or is getting them now."""

    def before(self, day: date) -> Sequence[date]:
        """The days before one that hold anything, the oldest first."""

    def drop(self, day: date) -> int:
        """Lets go of a day, of all tenants; how many vectors went."""

    def calibrate(self, fewest: int) -> bool:
        """Takes the codes' thresholds of a space that has that many vectors and none; whether there was one."""

    def to_code(self) -> StoredDay | None:
        """A day with vectors that lack their codes."""

    def code(self, day: StoredDay) -> int:
        """Makes the codes that a day lacks; how many."""

    def to_seal(self, over_before: date) -> StoredDay | None:
        """The next day that is over and has no index yet, or has doubled since."""

    def index(self, day: StoredDay, fewest: int) -> bool:
        """Builds the day's index, if it holds that many vectors. What is there already stays."""

    def settle(self, day: StoredDay) -> None:
        """Makes the day's rows cheap to read."""

    def mark_sealed(self, day: StoredDay, seconds: float) -> None:
        """Lets searches use the day's index."""

    def to_merge(self, over_before: date, most: int) -> StoredDays | None:
        """The next days to put together: of one month that was over before, at most so many vectors."""

    def merge(self, days: StoredDays, fewest: int) -> bool:
        """Makes one part of days, with one index if it holds that many vectors. False, and nothing is changed, where
        something was stored or deleted meanwhile."""


class Turns(Protocol):
    """Who does the upkeep: one process of all."""

    def turn(self) -> AbstractContextManager[Days | None]:
        """The days for the length of a block; None where another process is at it."""
