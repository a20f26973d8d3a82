"""The embed service's ports in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from contracts.embed import EmbedItems
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, Space
from kit.lease import Lease
from services.embed.model import EmbeddedStills, ModelSpace, Pixels, Still, Vectors
from services.embed.ports import Size

SIZES: dict[Space, Size] = {Space.SEMANTIC: (4, 4), Space.APPEARANCE: (6, 3)}


def vector_of(space: Space, colour: int) -> np.ndarray:
    """The vector that FakeEncoder gives a picture of one colour, 0 to 255: another for each colour."""
    dimension = SPACE_DIMENSIONS[space]
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
        return np.stack([vector_of(self.space.kind, int(picture[0, 0, 0])) for picture in pictures])


@dataclass
class BrokenEncoder:
    """Answers what it is told to."""

    space: ModelSpace
    size: Size
    answer: Vectors

    def encode(self, pictures: Pixels) -> Vectors:
        return self.answer


class FakeModels:
    def __init__(self) -> None:
        self.encoders: dict[Space, FakeEncoder | BrokenEncoder] = {
            space: FakeEncoder(ModelSpace(f"fake-{space}-1", space, SPACE_DIMENSIONS[space]), SIZES[space])
            for space in Space
        }

    def encoder(self, kind: Space) -> FakeEncoder | BrokenEncoder:
        return self.encoders[kind]


@dataclass
class MemoryLibrary:
    kept: dict[UUID, list[Still]] = field(default_factory=dict)
    """Tenant → stills."""

    def stills(self, tenant_id: UUID, items: EmbedItems) -> Sequence[Still]:
        wanted = {ItemKind.TRACK: items.track_ids, ItemKind.SCENE: items.scene_ids}
        return [still for still in self.kept.get(tenant_id, []) if still.item_id in wanted[still.kind]]


@dataclass
class MemoryPictures:
    colours: dict[str, int]
    """Object key → the colour of the whole picture."""

    def load(self, wanted: Sequence[tuple[str, Sequence[Size]]]) -> Iterator[tuple[Pixels, ...]]:
        for key, sizes in wanted:
            yield tuple(np.full((3, *size), self.colours[key], np.uint8) for size in sizes)


@dataclass
class MemoryVectors:
    finished: list[tuple[Lease, Sequence[EmbeddedStills]]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def finish(self, lease: Lease, embedded: Sequence[EmbeddedStills], seconds: Mapping[str, float]) -> None:
        self.finished.append((lease, embedded))
        self.seconds = dict(seconds)

    def rows(self, space: Space) -> list[tuple[Still, np.ndarray]]:
        return [
            (still, vector)
            for _, embedded in self.finished
            for part in embedded
            if part.space.kind is space
            for still, vector in zip(part.stills, part.vectors, strict=True)
        ]
