"""Values and rules of the embed service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import STORED_DIMENSIONS, AttributeGroup, ItemKind, ObjectClass, Space, Subject

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


class ModelReplacedError(Exception):
    """Another model came under a name while a job asked it: what it says would be taken for the first one's. The job is
    done again."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"model {model!r} was replaced by another while it was asked; it is asked again from the start"
        )
        self.model = model


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
    quality: float = 1.0
    """How much can be seen in it, over 0; of crops only."""

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
class AttributeModel:
    """The network that says attributes, as it is served now."""

    weights: str
    groups: tuple[AttributeGroup, ...]
    """What it says of a crop, in the order of its probabilities."""

    def asked_of(self, subject: Subject) -> tuple[AttributeGroup, ...]:
        """The groups that mean something for a kind of object."""
        return tuple(group for group in self.groups if group.subject is subject)

    def places_of(self, subject: Subject) -> list[int]:
        """Where their probabilities stand among all of a crop's."""
        values = [group.subject for group in self.groups for _ in group.values]
        return [place for place, of in enumerate(values) if of is subject]


@dataclass(frozen=True)
class DescribedTrack:
    """What all crops of a track say together."""

    still: Still
    """Its best crop."""
    groups: tuple[AttributeGroup, ...]
    probabilities: npt.NDArray[np.float32]
    """FP32 [values of all groups], each group's sum to 1."""
    crops: int


@dataclass(frozen=True)
class Described:
    """Tracks with the probabilities of their attributes, by one network."""

    weights: str
    tracks: Sequence[DescribedTrack]


@dataclass(frozen=True)
class EmbeddedStills:
    """Stills of one space with their vectors, row by row."""

    space: ModelSpace
    stills: Sequence[Still]
    vectors: Vectors


@dataclass(frozen=True)
class StoredDay:
    """One day (UTC) of one table of vectors."""

    table: str
    day: date


@dataclass(frozen=True)
class StoredDays:
    """Some days (UTC) in a row of one table."""

    table: str
    first_day: date
    until_day: date
    """Not one of them."""


def subject_of(object_class: ObjectClass) -> Subject:
    """Whom the attributes of a track are about: a rider is a person."""
    return Subject.PERSON if object_class is ObjectClass.PERSON else Subject.VEHICLE


def pooled_attributes(
    model: AttributeModel, stills: Sequence[Still], probabilities: npt.NDArray[np.float32]
) -> list[DescribedTrack]:
    """What the crops of each track say together: the mean of their probabilities, weighted by the crops' quality.

    It is the linear opinion pool (Stone, "The opinion pool", 1961): a group's values still sum to 1, and one blurred
    crop that is sure of something does not outvote four clear ones.

    Args:
        model: the network that was asked.
        stills: the crops that it was asked about; scenes may be among them and are passed over.
        probabilities: FP32 [crops, values], row by row the crops'.
    """
    crops = [still for still in stills if still.kind is ItemKind.TRACK]
    rows: dict[UUID, list[int]] = {}
    for row, still in enumerate(crops):
        rows.setdefault(still.item_id, []).append(row)
    tracks = []
    for own in rows.values():
        best = min((crops[row] for row in own), key=lambda still: still.rank)
        if best.object_class is None:
            continue
        subject = subject_of(best.object_class)
        weights = np.array([max(crops[row].quality, 1e-3) for row in own])
        mean = np.average(probabilities[own][:, model.places_of(subject)], axis=0, weights=weights)
        if mean.size:
            tracks.append(DescribedTrack(best, model.asked_of(subject), mean.astype(np.float32), len(own)))
    return tracks


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
