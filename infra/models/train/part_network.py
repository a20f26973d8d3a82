"""The network under `appearance` and `attributes`: what an object looks like, part by part from top to bottom.

A pretrained trunk says what is where; beside it every place counts its colours, softly, as a histogram does. A learnt
mask tells the object from what is around it, and both are averaged over strips: PCB, Sun et al. 2018
(arXiv:1711.09349), with the norm before the last layer of Luo et al. 2019 (arXiv:1903.07071).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.onnx_session import session_of
from infra.models.train.export import exported
from infra.models.train.trunk import pretrained_trunk, trunk_input

HEIGHT, WIDTH = 160, 96
FROZEN = 5
"""Stages of the trunk that are used; they stay as ImageNet left them."""
LOW = (112, HEIGHT // 16, WIDTH // 16)
"""Shape of what the frozen stages give."""
GRID = (HEIGHT // 16, WIDTH // 16)
STRIPS = 5
KINDS = 36
COLOUR_SPREAD = 17.0
"""How far (0-255) a pixel may be from a kind of colour and still count for it."""
WIDE = 192

# Lightness, red against green, yellow against blue; lightness counts for less, as it changes with the light.
_OPPONENT = ((0.22, 0.22, 0.22), (0.6, -0.6, 0.0), (0.35, 0.35, -0.7))


class Frozen(nn.Module):
    """UINT8 [N,3,160,96] to the trunk's maps [N,112,10,6] and shares of colours [N,36,10,6]; nothing is learnt.

    Args:
        kinds: FP32 [36,3], RGB, the kinds of colours that are counted.
    """

    def __init__(self, kinds: Tensor) -> None:
        super().__init__()
        self.trunk = pretrained_trunk(FROZEN, (FROZEN - 1,)).eval()
        self.trunk.freeze(FROZEN)
        opponent = torch.tensor(_OPPONENT)
        # A squared distance less what is the same for all kinds is linear, so a 1x1 convolution gives it.
        places = kinds @ opponent.T
        scale = 1 / (2 * COLOUR_SPREAD**2)
        self.register_buffer("weight", (2 * scale * places @ opponent)[:, :, None, None])
        self.register_buffer("bias", -scale * (places**2).sum(1))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Give the maps and the shares."""
        pixels = image.float()
        shares = functional.conv2d(functional.avg_pool2d(pixels, 2), self.weight, self.bias).softmax(1)
        (low,) = self.trunk(trunk_input(image))
        return low, functional.avg_pool2d(shares, 8)


class Look(nn.Module):
    """A look around, channel by channel, and a mixing of channels, beside a shortcut: [N,192,H,W] to the same."""

    def __init__(self) -> None:
        super().__init__()
        self.around = nn.Conv2d(WIDE, WIDE, 3, padding=1, groups=WIDE, bias=False)
        self.mixed = nn.Conv2d(WIDE, WIDE, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(WIDE), nn.BatchNorm2d(WIDE)])

    def forward(self, x: Tensor) -> Tensor:
        """Give the sum of both."""
        y = functional.relu(self.norms[0](self.around(x)))
        return functional.relu(x + self.norms[1](self.mixed(y)))


class PartNetwork(nn.Module):
    """What `Frozen` gives, to features and from them to outputs [N,D]; to be learnt.

    Args:
        outputs: D.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        mixed = LOW[0] + KINDS
        self.mix = nn.Sequential(nn.Conv2d(mixed, WIDE, 1, bias=False), nn.BatchNorm2d(WIDE), nn.ReLU())
        self.looks = nn.Sequential(Look(), Look())
        self.mask = nn.Conv2d(mixed, 1, 1)
        self.features = (WIDE + KINDS) * STRIPS + WIDE
        self.norm = nn.BatchNorm1d(self.features)
        self.last = nn.Linear(self.features, outputs)

    def pooled(self, low: Tensor, shares: Tensor) -> Tensor:
        """Give the normed features [N, 1332]."""
        both = torch.cat([low, shares], 1)
        seen = self.looks(self.mix(both))
        mask = self.mask(both).sigmoid() + 0.02
        weighted = torch.cat([seen, shares], 1) * mask
        high = GRID[0] // STRIPS
        sums = functional.avg_pool2d(weighted, (high, GRID[1]))
        weights = functional.avg_pool2d(mask, (high, GRID[1]))
        strips = (sums / weights).flatten(2)
        # Roots of the shares, so that likeness of colours is that of Hellinger.
        found = [strips[:, :WIDE].flatten(1), strips[:, WIDE:].clamp(min=1e-6).sqrt().flatten(1), seen.amax((2, 3))]
        return self.norm(torch.cat(found, 1))

    def forward(self, low: Tensor, shares: Tensor) -> Tensor:
        """Give the outputs."""
        outputs: Tensor = self.last(self.pooled(low, shares))
        return outputs


def kinds_of_colours(pictures: npt.NDArray[np.uint8], seed: int) -> Tensor:
    """Choose the colours to be counted: centres of the pictures' pixels, by k-means in the opponent space.

    Args:
        pictures: UINT8 [N,H,W,3].
        seed: of the sample and the start.

    Returns:
        FP32 [36,3], RGB.
    """
    rng = np.random.default_rng(seed)
    some = pictures[rng.choice(len(pictures), min(len(pictures), 2000), replace=False)][:, 8::16, 8::16].reshape(-1, 3)
    # Rare colours count as much as their cells, not as their pixels: else nearly all kinds were greys.
    cells, counts = np.unique(some // 12, axis=0, return_counts=True)
    pixels = torch.from_numpy(cells * 12.0 + 6).float()
    weights = torch.from_numpy(counts.astype(np.float32)) ** 0.5
    places = pixels @ torch.tensor(_OPPONENT).T
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.multinomial(weights, KINDS, generator=generator)
    kinds, centres = pixels[chosen], places[chosen]
    for _ in range(25):
        nearest = torch.cdist(places, centres).argmin(1)
        for kind in range(KINDS):
            rows = nearest == kind
            if rows.any():
                share = (weights[rows] / weights[rows].sum())[:, None]
                kinds[kind], centres[kind] = (pixels[rows] * share).sum(0), (places[rows] * share).sum(0)
    return kinds


class FrozenOutputs:
    """`Frozen` run quickly by ONNX Runtime, one thread."""

    def __init__(self, frozen: Frozen) -> None:
        outputs: dict[str, tuple[int, ...]] = {"low": LOW, "shares": (KINDS, *GRID)}
        graph: Any = exported(frozen, (3, HEIGHT, WIDTH), outputs)
        self._session = session_of(graph.SerializeToString(), torch.get_num_threads())

    def __call__(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
        """Map UINT8 [N,160,96,3] to both outputs, flattened and laid end to end, with 16 bits."""
        low, shares = int(np.prod(LOW)), KINDS * int(np.prod(GRID))
        given = np.empty((len(pictures), low + shares), np.float16)
        for start in range(0, len(pictures), 64):
            image = np.ascontiguousarray(pictures[start : start + 64].transpose(0, 3, 1, 2))
            outputs = self._session.run(None, {"image": image})
            given[start : start + 64] = np.concatenate([output.reshape(len(image), -1) for output in outputs], 1)
        return given
