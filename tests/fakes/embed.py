"""The embed service's ports in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from contracts.embed import EmbedItems, ReembedRecording
from contracts.vocabulary import SPACE_DIMENSIONS, AttributeGroup, ItemKind, Space, Subject
from kit.lease import Lease
from services.embed.model import (
    AttributeModel,
    Binding,
    Described,
    EmbeddedStills,
    ModelReplacedError,
    ModelSpace,
    ModelUnavailableError,
    Pixels,
    SpaceState,
    Still,
    StillGoneError,
    Vectors,
)
from services.embed.ports import Size

SIZES: dict[Space, Size] = {Space.SEMANTIC: (4, 4), Space.APPEARANCE: (6, 3)}


def binding(kind: Space, state: SpaceState = SpaceState.SERVING, profile: str = "tiny") -> Binding:
    """What stands behind a kind of space of a profile."""
    text_model = f"text-{profile}" if kind is Space.SEMANTIC else None
    return Binding(kind, state, profile, f"{kind}-{profile}", text_model)


def space_of(bound: Binding, dimension: int | None = None) -> ModelSpace:
    """The space that FakeModels' encoder of a binding writes."""
    return ModelSpace(f"fake-{bound.kind}-{bound.profile}", dimension or SPACE_DIMENSIONS[bound.kind], bound)


def vector_of(space: Space, colour: int, dimension: int | None = None) -> np.ndarray:
    """The vector that FakeEncoder gives a picture of one colour, 0 to 255: another for each colour."""
    dimension = dimension or SPACE_DIMENSIONS[space]
    vector = np.zeros(dimension, np.float32)
    vector[colour % dimension] = 1.0
    return vector


@dataclass
class FakeEncoder:
    """Looks at the first pixel only."""

    space: ModelSpace
    size: Size
    asked: list[int] = field(default_factory=list)

    def encode(self, pictures: Pixels) -> Vectors:
        assert pictures.shape[1:] == (3, *self.size)
        self.asked.append(len(pictures))
        colours = [int(picture[0, 0, 0]) for picture in pictures]
        return np.stack([vector_of(self.space.kind, colour, self.space.dimension) for colour in colours])


@dataclass
class BrokenEncoder:
    """Answers what it is told to."""

    space: ModelSpace
    size: Size
    answer: Vectors

    def encode(self, pictures: Pixels) -> Vectors:
        return self.answer


GROUPS = (
    AttributeGroup(Subject.PERSON, "hat", ("no", "yes")),
    AttributeGroup(Subject.VEHICLE, "colour", ("dark", "light", "other")),
)


@dataclass
class FakeDescriber:
    """Says yes to a hat, and light, as surely as the first pixel is bright."""

    model: AttributeModel = field(default_factory=lambda: AttributeModel("fake-attributes-1", GROUPS))
    size: Size = (5, 4)
    down: bool = False
    replaced: bool = False

    def describe(self, pictures: Pixels) -> Vectors:
        assert pictures.shape[1:] == (3, *self.size)
        if self.replaced:
            raise ModelReplacedError("attributes")
        if self.down:
            raise ModelUnavailableError("attributes: no answer within 20.0 s")
        bright = pictures[:, 0, 0, 0].astype(np.float32) / 255
        return np.stack([1 - bright, bright, 1 - bright, bright, 0 * bright], axis=1)


class FakeModels:
    described_by: FakeDescriber | None = None

    def describer(self) -> FakeDescriber | None:
        return self.described_by

    def __init__(self) -> None:
        self.encoders: dict[tuple[Space, str], FakeEncoder | BrokenEncoder] = {}
        """By kind and profile."""
        for kind in Space:
            self.serve(binding(kind))

    def serve(self, bound: Binding, dimension: int | None = None) -> FakeEncoder:
        encoder = FakeEncoder(space_of(bound, dimension), SIZES[bound.kind])
        self.encoders[bound.kind, bound.profile] = encoder
        return encoder

    def encoder(self, binding: Binding) -> FakeEncoder | BrokenEncoder:
        if (binding.kind, binding.profile) not in self.encoders:
            raise ModelUnavailableError(f"{binding.image_model} is not loaded")
        return self.encoders[binding.kind, binding.profile]


@dataclass
class FakeSpaces:
    used: list[Binding] = field(default_factory=lambda: [binding(kind) for kind in Space])
    fresh: list[bool] = field(default_factory=list)
    """What the next questions for fresh footage are answered; then no."""

    def bindings(self) -> Sequence[Binding]:
        return self.used

    def wanted(self, space: str) -> Binding | None:
        return next((bound for bound in self.used if space_of(bound).name == space), None)

    def fresh_waits(self) -> bool:
        return self.fresh.pop(0) if self.fresh else False


@dataclass
class MemoryLibrary:
    kept: dict[UUID, list[Still]] = field(default_factory=dict)
    """Tenant → stills."""

    def stills(self, tenant_id: UUID, items: EmbedItems) -> Sequence[Still]:
        wanted = {ItemKind.TRACK: items.track_ids, ItemKind.SCENE: items.scene_ids}
        return [still for still in self.kept.get(tenant_id, []) if still.item_id in wanted[still.kind]]

    def missing(self, tenant_id: UUID, recording_id: UUID, space: str) -> Sequence[Still]:
        return [still for still in self.kept.get(tenant_id, []) if still.recording_id == recording_id]


@dataclass
class MemoryPictures:
    colours: dict[str, int]
    """Object key → the colour of the whole picture."""

    def load(self, wanted: Sequence[tuple[str, Sequence[Size]]]) -> Iterator[tuple[Pixels, ...]]:
        for key, sizes in wanted:
            if key not in self.colours:
                raise StillGoneError(key, f"there is no object {key}")
            yield tuple(np.full((3, *size), self.colours[key], np.uint8) for size in sizes)


@dataclass
class MemoryVectors:
    finished: list[tuple[Lease, Sequence[EmbeddedStills]]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    described: Described | None = None
    kept: list[EmbeddedStills] = field(default_factory=list)
    """Parts that were stored on the way."""
    filled: list[tuple[ReembedRecording, int, list[str]]] = field(default_factory=list)

    def finish(
        self,
        lease: Lease,
        embedded: Sequence[EmbeddedStills],
        seconds: Mapping[str, float],
        described: Described | None = None,
    ) -> None:
        self.finished.append((lease, embedded))
        self.described = described
        self.seconds = dict(seconds)

    def keep(self, lease: Lease, embedded: EmbeddedStills) -> None:
        self.kept.append(embedded)

    def finish_filling(self, lease: Lease, task: ReembedRecording, filled: int, left_out: Sequence[str]) -> None:
        self.filled.append((task, filled, list(left_out)))

    def rows(self, space: Space) -> list[tuple[Still, np.ndarray]]:
        return [
            (still, vector)
            for _, embedded in self.finished
            for part in embedded
            if part.space.kind is space
            for still, vector in zip(part.stills, part.vectors, strict=True)
        ]
