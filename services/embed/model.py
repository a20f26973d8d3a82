"""Values and rules of the embed service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import STORED_DIMENSIONS, ItemKind, ObjectClass, Space

Vectors = npt.NDArray[np.float32]
"""FP32 [n, dimension], each of unit length."""

Pixels = npt.NDArray[np.uint8]
"""UINT8 [3, height, width] in RGB, or a batch of them."""

UNIT_TOLERANCE = 1e-2
"""How far from 1 a vector's length may be. Cosine is then right to a hundredth, about what half precision keeps."""


class UnusableVectorsError(Exception):
    """A model gave vectors that must not be stored: of the wrong length, not finite, or not of unit length."""

    def __init__(self, space: str, fault: str) -> None:
        super().__init__(
            f"the model of space {space!r} gave vectors that cannot be stored: {fault}; check its weights"
            " (`sightline models`)"
        )
        self.space = space


class UnreadableStillError(Exception):
    """A stored JPEG of a track or scene cannot be decoded."""

    def __init__(self, object_key: str, cause: str) -> None:
        super().__init__(f"the still {object_key} cannot be decoded ({cause}); ingest its recording again")
        self.object_key = object_key


class StillGoneError(Exception):
    """A stored JPEG of a track or scene is not in the bucket."""

    def __init__(self, object_key: str, cause: str) -> None:
        super().__init__(f"a still is gone: {cause}")
        self.object_key = object_key


class ModelUnavailableError(Exception):
    """A model does not answer now: worth another try later."""


class OtherWeightsError(Exception):
    """A space was to be filled, and the model bound to it now gives vectors of another."""

    def __init__(self, space: str, model: str, found: str) -> None:
        super().__init__(
            f"{model} gives vectors of the space {found!r} now, not of {space!r}: start the switch again"
            " (`sightline models switch`)"
        )
        self.space = space


class NotAllFilledError(Exception):
    """A recording's stills should all have their vectors by now, and some do not."""

    def __init__(self, space: str, missing: int) -> None:
        super().__init__(f"{missing} stills have no vector in the space {space!r} yet: looking again")
        self.space = space


class SpaceConflictError(Exception):
    """A space of this name exists, of another kind or dimension."""

    def __init__(self, name: str, known: str, wanted: str) -> None:
        super().__init__(
            f"the space {name!r} is known as {known}, and the model now says {wanted}: give the new weights another"
            " `space` in their config.pbtxt"
        )
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Still:
    """One stored JPEG of a track or a scene, with what searches filter on."""

    kind: ItemKind
    item_id: UUID
    """The track's or scene's id."""
    camera_id: UUID
    recording_id: UUID
    started_at: datetime
    """Of the track, not of the still."""
    ended_at: datetime
    object_class: ObjectClass | None
    """None for a scene."""
    rank: int
    """The crop's place among the track's, 0 is the best; 0 for a scene."""
    object_key: str

    @property
    def spaces(self) -> tuple[Space, ...]:
        """Where it gets a vector: appearance tells objects apart, so a whole frame has none."""
        return (Space.SEMANTIC, Space.APPEARANCE) if self.kind is ItemKind.TRACK else (Space.SEMANTIC,)


class SpaceState(StrEnum):
    """What a space is for."""

    SERVING = "serving"
    """Searches are answered from it. New footage is written to it."""
    INCOMING = "incoming"
    """New footage is written to it as well; stored footage is being re-embedded, until it is complete and serves."""


@dataclass(frozen=True)
class Binding:
    """The names on Triton that stand for one space's models, and what the space is for."""

    kind: Space
    state: SpaceState
    profile: str
    image_model: str
    """Makes vectors of pictures."""
    text_model: str | None
    """Makes vectors of sentences; None where the kind has none."""


@dataclass(frozen=True)
class ModelSpace:
    """The embedding space of the weights that are served under some names now."""

    name: str
    """The model's own word for it; vectors of two names are never compared."""
    dimension: int
    binding: Binding

    @property
    def kind(self) -> Space:
        """Semantic or appearance."""
        return self.binding.kind


@dataclass(frozen=True)
class EmbeddedStills:
    """Stills of one space with their vectors, row by row."""

    space: ModelSpace
    stills: Sequence[Still]
    vectors: Vectors


def days_of(stills: Iterable[Still]) -> list[date]:
    """The days (UTC) whose partitions the stills fall into, in order."""
    return sorted({still.started_at.astimezone(UTC).date() for still in stills})


def checked(space: ModelSpace, vectors: Vectors, count: int) -> Vectors:
    """The vectors, if they may be stored for `count` stills. Raises UnusableVectorsError."""
    if space.dimension not in STORED_DIMENSIONS[space.kind]:
        known = " or ".join(str(dimension) for dimension in STORED_DIMENSIONS[space.kind])
        raise UnusableVectorsError(space.name, f"the store holds {known} numbers a vector, not {space.dimension}")
    if vectors.shape != (count, space.dimension):
        raise UnusableVectorsError(space.name, f"expected {[count, space.dimension]}, not {vectors.shape}")
    lengths = np.linalg.norm(vectors, axis=1)
    # Written so that NaN fails it.
    if not np.all(np.abs(lengths - 1.0) <= UNIT_TOLERANCE):
        worst = lengths[np.argmax(np.nan_to_num(np.abs(lengths - 1.0), nan=np.inf))]
        raise UnusableVectorsError(space.name, f"one has the length {worst:.3f}, not 1")
    return vectors
