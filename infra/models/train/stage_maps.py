"""What the frozen stages see in varied pictures, computed once and kept on disk, so that a step costs little."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from infra.models.onnx_session import session_of
from infra.models.train.crop_network import varied
from infra.models.train.export import exported
from infra.models.train.facts import Row
from infra.models.train.footage import Picture
from infra.models.train.semantic_network import EARLY, MIDDLE, SIZE, FrozenPart

MAP_SHAPE = (EARLY + MIDDLE, 8, 8)
CHUNK = 64
COLOUR = 0.07
"""How far the channels may drift apart: a camera's white balance, not another colour's name."""

View = tuple[Picture, Row, int]
"""A picture UINT8 [192,128,3], what is known of it, and which caption of its own it has (-1: none)."""


@dataclass(frozen=True)
class Part:
    """So many views, the how manieth of parts of that size, and the seed of the training."""

    size: int
    number: int
    seed: int


class ViewsOf(Protocol):
    """A kind of pictures."""

    @property
    def name(self) -> str:
        """Name it."""

    @property
    def view(self) -> Callable[[np.random.Generator, int], View]:
        """Give the view of a number."""


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """Many views of pictures.

    Attributes:
        maps: FP16 [N,192,8,8], memory-mapped.
        facts: INT8 [N, facts].
        own: INT64 [N], the place of the captions that people wrote for this picture, -1 where there are none.
    """

    maps: npt.NDArray[np.float16]
    facts: npt.NDArray[np.int8]
    own: npt.NDArray[np.int64]


class FrozenStages:
    """The frozen stages in ONNX Runtime, which runs them twice as fast as torch does."""

    def __init__(self, part: FrozenPart) -> None:
        model = exported(part, (3, SIZE, SIZE), {"maps": MAP_SHAPE})
        self._session = session_of(model.SerializeToString(), torch.get_num_threads())

    def __call__(self, pictures: torch.Tensor) -> npt.NDArray[np.float32]:
        """Give maps FP32 [N,192,8,8] of pictures UINT8 [N,3,128,128]."""
        return np.asarray(self._session.run(None, {"image": pictures.numpy()})[0], np.float32)


def seen(folder: Path, kind: ViewsOf, part: Part, stages: FrozenStages) -> Seen:
    """Vary views and give what the frozen stages see in them, or read it back from the cache folder.

    Args:
        folder: of the cache.
        kind: what is viewed.
        part: how many views, and which.
        stages: the frozen stages.
    """
    count, seed = part.size, part.seed * 1000 + part.number
    key = hashlib.sha256(f"{kind.name} {count} {seed} {MAP_SHAPE}".encode()).hexdigest()[:8]
    paths = [folder / f"semantic-{kind.name}-{key}.{what}.npy" for what in ("maps", "facts", "own")]
    if not paths[-1].is_file():
        logger.info("image tower: %d views of %s", count, kind.name)
        folder.mkdir(parents=True, exist_ok=True)
        rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        maps = np.lib.format.open_memmap(paths[0], "w+", np.float16, (count, *MAP_SHAPE))
        rows, own = [], []
        for start in range(0, count, CHUNK):
            first = part.number * count
            views = [kind.view(rng, first + number) for number in range(start, min(start + CHUNK, count))]
            pictures = varied(generator, torch.from_numpy(np.stack([v[0] for v in views])), SIZE, SIZE, colour=COLOUR)
            maps[start : start + len(views)] = stages(pictures.round().byte())
            rows += [v[1] for v in views]
            own += [v[2] for v in views]
        maps.flush()
        np.save(paths[1], np.stack(rows))
        np.save(paths[2], np.array(own, np.int64))
    return Seen(np.load(paths[0], mmap_mode="r"), np.load(paths[1]), np.load(paths[2]))
