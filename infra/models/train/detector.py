"""The `tiny` detector: one small convolutional network, every object a peak on a map of one eighth of the picture.

Method: TTFNet, Liu et al. 2019 (arXiv:1909.00700), after CenterNet, Zhou et al. 2019 (arXiv:1904.07850): per class a
heat map with a Gaussian at each object's centre, and at every place near a centre the distances to the four sides; GIoU
loss, Rezatofighi et al. 2019 (arXiv:1902.09630).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.train.pictures import Labelled

CLASSES = 6
STRIDE = 8
SPREAD = 0.54
"""Share of a box's sides over which its Gaussian reaches."""
LONGEST_SIDE_PIXELS = 64.0
"""Unit of the predicted distances."""


class Block(nn.Module):
    """3x3 convolution, norm, rectifier; with a shortcut where the shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.shortcut = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to [N,C',H',W']."""
        y = functional.relu(self.norm(self.conv(x)))
        return x + y if self.shortcut else y


class TinyDetector(nn.Module):
    """Pictures FP32 [N,3,H,W] to heat logits [N,6,H/8,W/8] and distances [N,4,H/8,W/8] in pixels; about 1 M weights."""

    def __init__(self) -> None:
        super().__init__()
        self.quarter = nn.Sequential(Block(3, 16, 2), Block(16, 24, 2))
        self.eighth = nn.Sequential(Block(24, 48, 2), Block(48, 48), Block(48, 48))
        self.sixteenth = nn.Sequential(Block(48, 96, 2), Block(96, 96), Block(96, 96))
        self.thirtysecond = nn.Sequential(Block(96, 160, 2), Block(160, 160), Block(160, 160))
        self.widen = nn.Conv2d(160 * 3, 48, 1)
        self.side16 = nn.Conv2d(96, 48, 1)
        self.side8 = nn.Conv2d(48, 48, 1)
        self.merge16 = Block(48, 48)
        self.merge8 = Block(48, 48)
        self.head = Block(48, 48)
        self.heat = nn.Conv2d(48, CLASSES, 1)
        self.distance = nn.Conv2d(48, 4, 1)
        # A place is empty until it is seen to be full.
        nn.init.constant_(self.heat.bias, -math.log(99))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give heat logits and distances (left, top, right, bottom) in pixels."""
        at8 = self.eighth(self.quarter(x))
        at16 = self.sixteenth(at8)
        at32 = self.thirtysecond(at16)
        # Two wider looks, so that a place knows its surroundings.
        wide = functional.max_pool2d(at32, 5, 1, 2)
        wider = functional.max_pool2d(wide, 5, 1, 2)
        top = self.widen(torch.cat([at32, wide, wider], 1))
        mid = self.merge16(self.side16(at16) + functional.interpolate(top, scale_factor=2.0, mode="nearest"))
        low = self.merge8(self.side8(at8) + functional.interpolate(mid, scale_factor=2.0, mode="nearest"))
        seen = self.head(low)
        return self.heat(seen), functional.softplus(self.distance(seen)) * LONGEST_SIDE_PIXELS


class ServedDetector(nn.Module):
    """UINT8 pictures to boxes [N,P,4] (0-1) and scores [N,6,P], only peaks left: what the served graph suppresses."""

    def __init__(self, network: TinyDetector, height: int, width: int) -> None:
        super().__init__()
        self.network = network
        y, x = torch.meshgrid(torch.arange(height // STRIDE), torch.arange(width // STRIDE), indexing="ij")
        centres = (torch.stack([x, y], 0).float() + 0.5) * STRIDE
        self.register_buffer("centres", centres[None])
        self.register_buffer("size", torch.tensor([width, height, width, height]).float())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Run the network on UINT8 [N,3,H,W]."""
        heat, distance = self.network(normalised(image))
        heat = heat.sigmoid()
        peak = functional.max_pool2d(heat, 3, 1, 1)
        heat = heat * (heat >= peak).float()
        boxes = torch.cat([self.centres - distance[:, :2], self.centres + distance[:, 2:]], 1)
        boxes = (boxes.flatten(2).transpose(1, 2) / self.size).clamp(0, 1)
        return boxes, heat.flatten(2)


def normalised(image: Tensor) -> Tensor:
    """UINT8 pixels to the floats that the networks are trained on."""
    return image.float() * (1 / 64.0) - 2.0


def targets(sample: Labelled) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Heat [6,h,w], its weight [h,w], boxes [4,h,w] in pixels and their weights [h,w] for one picture."""
    height, width = sample.picture.shape[0] // STRIDE, sample.picture.shape[1] // STRIDE
    heat = np.zeros((CLASSES, height, width), np.float32)
    counts = np.ones((height, width), np.float32)
    boxes = np.zeros((4, height, width), np.float32)
    weights = np.zeros((height, width), np.float32)
    sizes = np.prod(sample.boxes[:, 2:] - sample.boxes[:, :2], axis=1)
    ys, xs = np.mgrid[:height, :width].astype(np.float32) + 0.5
    # Small ones last: where two claim a place, the smaller has it.
    for row in np.argsort(-sizes):
        x1, y1, x2, y2 = sample.boxes[row] / STRIDE
        if sample.classes[row] < 0:
            counts[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = 0
            continue
        centre_x, centre_y = int((x1 + x2) / 2), int((y1 + y2) / 2)
        centre_x, centre_y = min(centre_x, width - 1), min(centre_y, height - 1)
        sigma_x = max(SPREAD * (x2 - x1) / 6, 0.4)
        sigma_y = max(SPREAD * (y2 - y1) / 6, 0.4)
        bump = np.exp(
            -((xs - centre_x - 0.5) ** 2) / (2 * sigma_x**2) - ((ys - centre_y - 0.5) ** 2) / (2 * sigma_y**2)
        )
        bump[bump < 0.05] = 0
        klass = int(sample.classes[row])
        heat[klass] = np.maximum(heat[klass], bump)
        near = bump > 0
        boxes[:, near] = sample.boxes[row][:, None]
        weights[near] = bump[near] / bump.sum() * np.log(max(sizes[row], 16.0))
        counts[near] = 1
    return heat, counts, boxes, weights


def loss(heat: Tensor, distance: Tensor, wanted: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Focal loss of the heat maps and GIoU loss of the boxes, per object."""
    goal, counts, boxes, weights = wanted
    likely = heat.sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = (goal > 0.999).float()
    hit = -torch.log(likely) * (1 - likely) ** 2 * centre
    empty = -torch.log(1 - likely) * likely**2 * (1 - goal) ** 4 * (1 - centre)
    objects = centre.sum().clamp(min=1)
    focal = ((hit + empty) * counts[:, None]).sum() / objects

    rows, columns = heat.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(rows, device=heat.device), torch.arange(columns, device=heat.device), indexing="ij"
    )
    centre_x, centre_y = (x + 0.5) * STRIDE, (y + 0.5) * STRIDE
    found = torch.stack(
        [centre_x - distance[:, 0], centre_y - distance[:, 1], centre_x + distance[:, 2], centre_y + distance[:, 3]], 1
    )
    box = ((1 - _generous_overlap(found, boxes)) * weights).sum() / weights.sum().clamp(min=1)
    return focal, box


def _generous_overlap(found: Tensor, wanted: Tensor) -> Tensor:
    """GIoU of boxes that lie in dimension 1."""
    inner = (torch.minimum(found[:, 2:], wanted[:, 2:]) - torch.maximum(found[:, :2], wanted[:, :2])).clamp(min=0)
    outer = (torch.maximum(found[:, 2:], wanted[:, 2:]) - torch.minimum(found[:, :2], wanted[:, :2])).clamp(min=1e-3)
    areas = [(b[:, 2] - b[:, 0]).clamp(min=0) * (b[:, 3] - b[:, 1]).clamp(min=0) for b in (found, wanted)]
    shared = inner[:, 0] * inner[:, 1]
    union = (areas[0] + areas[1] - shared).clamp(min=1e-3)
    hull = outer[:, 0] * outer[:, 1]
    return shared / union - (hull - union) / hull
