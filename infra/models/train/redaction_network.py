"""The network under `faces` and `plates`: a pretrained trunk, and every face or plate a peak on a map of a quarter.

Method as the detector's: TTFNet, Liu et al. 2019 (arXiv:1909.00700), after CenterNet, Zhou et al. 2019
(arXiv:1904.07850); GIoU loss, Rezatofighi et al. 2019 (arXiv:1902.09630). The map is finer, because faces and plates
are small, and each kind has distances of its own, because the two have other shapes.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.train.footage import Picture
from infra.models.train.trunk import pretrained_trunk, trunk_input

KINDS = ("face", "plate")
STRIDE = 4
SPREAD = 0.54
"""Share of a box's sides over which its Gaussian reaches."""
DISTANCE_PIXELS = 24.0
"""Unit of the predicted distances."""

ASIDE, ABOVE, BELOW = 0.12, 0.25, 0.05
"""How far a head reaches beyond its face, in shares of the face's sides. Faces are learnt, as their teacher boxes them;
heads are served, so that a face half turned away is covered too."""

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Marked:
    """A picture, UINT8 [H,W,3] RGB, and the faces and plates in it.

    Attributes:
        picture: the pixels.
        boxes: FP32 [N,4], xyxy in pixels.
        kinds: INT64 [N], places in `KINDS`.
        counted: BOOL [N]; False marks a place that is neither to be found nor to be missed.
    """

    picture: Picture
    boxes: Boxes
    kinds: npt.NDArray[np.int64]
    counted: npt.NDArray[np.bool_]


class Look(nn.Module):
    """Convolution, norm, rectifier."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to [N,C',H,W]."""
        return functional.relu(self.norm(self.conv(x)))


class RedactionNetwork(nn.Module):
    """Pictures FP32 [N,3,H,W] to heat logits [N,2,H/4,W/4] and distances [N,2,4,H/4,W/4] in pixels; sides in 16s."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = pretrained_trunk(4, (1, 2, 3))
        self.widen = Look(80 * 3, 64, 1)
        self.side8 = nn.Conv2d(40, 64, 1)
        self.merge8 = Look(64, 64)
        self.narrow = nn.Conv2d(64, 32, 1)
        self.side4 = nn.Conv2d(24, 32, 1)
        self.merge4 = Look(32, 32)
        self.last = Look(32, 48)
        self.heat = nn.Conv2d(48, len(KINDS), 1)
        self.distance = nn.Conv2d(48, 4 * len(KINDS), 1)
        # A place is empty until it is seen to be full.
        nn.init.constant_(self.heat.bias, -math.log(199))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give heat logits and distances (left, top, right, bottom)."""
        at4, at8, at16 = self.trunk(x)
        # Two wider looks, so that a face knows the body under it, and a plate its vehicle.
        wide = functional.max_pool2d(at16, 5, 1, 2)
        wider = functional.max_pool2d(wide, 5, 1, 2)
        top = self.widen(torch.cat([at16, wide, wider], 1))
        mid = self.merge8(self.side8(at8) + functional.interpolate(top, scale_factor=2.0, mode="nearest"))
        low = self.side4(at4) + functional.interpolate(self.narrow(mid), scale_factor=2.0, mode="nearest")
        seen = self.last(self.merge4(functional.relu(low)))
        distance = functional.softplus(self.distance(seen)) * DISTANCE_PIXELS
        return self.heat(seen), distance.unflatten(1, (len(KINDS), 4))


class ServedRedaction(nn.Module):
    """UINT8 pictures to boxes [N,P,4] (0-1) and scores [N,1,P] of one kind, only peaks left."""

    def __init__(self, network: RedactionNetwork, kind: int, height: int, width: int) -> None:
        super().__init__()
        self.network, self.kind = network, kind
        y, x = torch.meshgrid(torch.arange(height // STRIDE), torch.arange(width // STRIDE), indexing="ij")
        self.register_buffer("centres", (torch.stack([x, y], 0).float()[None] + 0.5) * STRIDE)
        self.register_buffer("size", torch.tensor([width, height, width, height]).float())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Run the network on UINT8 [N,3,H,W]."""
        heats, distances = self.network(trunk_input(image))
        heat = heats[:, self.kind : self.kind + 1].sigmoid()
        distance = distances[:, self.kind]
        if KINDS[self.kind] == "face":
            wide, tall = distance[:, 0] + distance[:, 2], distance[:, 1] + distance[:, 3]
            distance = distance + torch.stack([ASIDE * wide, ABOVE * tall, ASIDE * wide, BELOW * tall], 1)
        heat = heat * (heat >= functional.max_pool2d(heat, 3, 1, 1)).float()
        boxes = torch.cat([self.centres - distance[:, :2], self.centres + distance[:, 2:]], 1)
        boxes = (boxes.flatten(2).transpose(1, 2) / self.size).clamp(0, 1)
        return boxes, heat.flatten(2)


def head_of(faces: Boxes) -> Boxes:
    """Boxes [N,4] of the heads that faces belong to, as `ServedRedaction` gives them."""
    wide, tall = (faces[:, 2:] - faces[:, :2]).T
    beyond = np.stack([-ASIDE * wide, -ABOVE * tall, ASIDE * wide, BELOW * tall], 1)
    return np.asarray(faces + beyond, np.float32)


def targets(sample: Marked) -> tuple[npt.NDArray[Any], ...]:
    """Heat [2,h,w], where it counts [2,h,w], boxes [2,4,h,w] in pixels and their weights [2,h,w] for one picture."""
    height, width = sample.picture.shape[0] // STRIDE, sample.picture.shape[1] // STRIDE
    heat = np.zeros((len(KINDS), height, width), np.float32)
    counts = np.ones_like(heat)
    boxes = np.zeros((len(KINDS), 4, height, width), np.float32)
    weights = np.zeros_like(heat)
    sides = sample.boxes[:, 2:] - sample.boxes[:, :2]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    # What does not count comes first: a face before a head that does not count is still a face. Small ones last.
    for row in np.lexsort((-sides.prod(1), sample.counted)):
        kind = int(sample.kinds[row])
        x1, y1, x2, y2 = sample.boxes[row] / STRIDE
        if not sample.counted[row]:
            counts[kind, int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = 0
            continue
        centre_x, centre_y = min(int((x1 + x2) / 2), width - 1), min(int((y1 + y2) / 2), height - 1)
        sigma_x, sigma_y = (max(SPREAD * side / 6, 0.4) for side in (x2 - x1, y2 - y1))
        bump = np.exp(-((xs - centre_x) ** 2) / (2 * sigma_x**2) - ((ys - centre_y) ** 2) / (2 * sigma_y**2))
        bump[bump < 0.05] = 0
        heat[kind] = np.maximum(heat[kind], bump)
        near = bump > 0
        boxes[kind][:, near] = sample.boxes[row][:, None]
        weights[kind][near] = bump[near] / bump.sum() * np.log(max(float(sides[row].prod()), 16.0))
        counts[kind][near] = 1
    return heat, counts, boxes, weights


def loss(heat: Tensor, distance: Tensor, wanted: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Focal loss of the heat maps, each kind per object of its own, and GIoU loss of the boxes."""
    goal, counts, boxes, weights = wanted
    likely = heat.sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = (goal > 0.999).float()
    hit = -torch.log(likely) * (1 - likely) ** 2 * centre
    empty = -torch.log(1 - likely) * likely**2 * (1 - goal) ** 4 * (1 - centre)
    objects = centre.sum((0, 2, 3)).clamp(min=4)
    focal = (((hit + empty) * counts).sum((0, 2, 3)) / objects).sum()

    rows, columns = heat.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(rows, device=heat.device), torch.arange(columns, device=heat.device), indexing="ij"
    )
    centre_x, centre_y = (x + 0.5) * STRIDE, (y + 0.5) * STRIDE
    left, top, right, bottom = distance.unbind(2)
    found = torch.stack([centre_x - left, centre_y - top, centre_x + right, centre_y + bottom], 2)
    box = ((1 - _generous_overlap(found, boxes)) * weights).sum() / weights.sum().clamp(min=1)
    return focal, box


def _generous_overlap(found: Tensor, wanted: Tensor) -> Tensor:
    """GIoU of boxes that lie in dimension 2."""
    inner = (torch.minimum(found[:, :, 2:], wanted[:, :, 2:]) - torch.maximum(found[:, :, :2], wanted[:, :, :2])).clamp(
        min=0
    )
    outer = (torch.maximum(found[:, :, 2:], wanted[:, :, 2:]) - torch.minimum(found[:, :, :2], wanted[:, :, :2])).clamp(
        min=1e-3
    )
    areas = [(b[:, :, 2] - b[:, :, 0]).clamp(min=0) * (b[:, :, 3] - b[:, :, 1]).clamp(min=0) for b in (found, wanted)]
    shared = inner[:, :, 0] * inner[:, :, 1]
    union = (areas[0] + areas[1] - shared).clamp(min=1e-3)
    hull = outer[:, :, 0] * outer[:, :, 1]
    return shared / union - (hull - union) / hull
