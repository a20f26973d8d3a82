"""The `tiny` detector: a trunk that knows ImageNet, and on it every object a peak on a map of an eighth of the picture.

Method: TTFNet, Liu et al. 2019 (arXiv:1909.00700), after CenterNet, Zhou et al. 2019 (arXiv:1904.07850): per class a
heat map with a Gaussian at each object's centre, and at every place near a centre the distances to the four sides; GIoU
loss, Rezatofighi et al. 2019 (arXiv:1902.09630). A peak is as high as the label is sure: quality focal loss, Li et al.
2020 (arXiv:2006.04388), section 3.1. The maps are merged from coarse to fine: Lin et al. 2017 (arXiv:1612.03144).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from infra.models.train.pictures import Labelled
from infra.models.train.trunk import Trunk, pretrained_trunk, trunk_input

CLASSES = 6
STRIDE = 8
SPREAD = 0.54
"""Share of a box's sides over which its Gaussian reaches."""
LONGEST_SIDE_PIXELS = 64.0
"""Unit of the predicted distances."""
TRUNK_STAGES = 6
FROZEN_STAGES = 4
FROZEN_CHANNELS = (40, 80)
"""Of the frozen maps: of an eighth, and of a sixteenth."""
WIDTH = 48
SURE = 0.4
"""Labels below this yield to surer ones."""


class Block(nn.Module):
    """3x3 convolution, norm, rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to [N,C',H,W]."""
        return functional.relu(self.norm(self.conv(x)))


class FrozenFront(nn.Module):
    """UINT8 pictures [N,3,H,W] to maps FP32 [N,40,H/8,W/8] and [N,80,H/16,W/16]; nothing here is learnt."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.stem = trunk.stem
        self.stages = nn.Sequential(*trunk.stages[:FROZEN_STAGES])

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Run stem and first stages."""
        x = functional.relu6(self.stem["_bn0"](self.stem["_conv_stem"](trunk_input(image))))
        at8 = self.stages[:-1](x)
        return at8, self.stages[-1](at8)


class TinyDetector(nn.Module):
    """Maps of `FrozenFront` to heat logits [N,6,H/8,W/8] and distances [N,4,H/8,W/8] in pixels."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.sixteenth = trunk.stages[4]
        self.thirtysecond = trunk.stages[5]
        self.widen = nn.Conv2d(192 * 3, WIDTH, 1)
        self.side16 = nn.Conv2d(112, WIDTH, 1)
        self.side8 = nn.Conv2d(FROZEN_CHANNELS[0], WIDTH, 1)
        self.merge16 = Block(WIDTH, WIDTH)
        self.merge8 = Block(WIDTH, WIDTH)
        self.heat = nn.Sequential(Block(WIDTH, WIDTH), nn.Conv2d(WIDTH, CLASSES, 1))
        self.distance = nn.Sequential(Block(WIDTH, WIDTH), nn.Conv2d(WIDTH, 4, 1))
        # A place is empty until it is seen to be full.
        nn.init.constant_(self.heat[1].bias, -math.log(99))

    def pretrained(self) -> list[nn.Parameter]:
        """Give the parameters that already know something."""
        both = (*self.sixteenth.parameters(), *self.thirtysecond.parameters())
        return [parameter for parameter in both if parameter.requires_grad]

    def new(self) -> list[nn.Parameter]:
        """Give the parameters that know nothing yet."""
        known = {id(parameter) for part in (self.sixteenth, self.thirtysecond) for parameter in part.parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in known]

    def forward(self, at8: Tensor, early16: Tensor) -> tuple[Tensor, Tensor]:
        """Give heat logits and distances (left, top, right, bottom) in pixels."""
        at16 = self.sixteenth(early16)
        at32 = self.thirtysecond(at16)
        # Two wider looks, so that a place knows its surroundings.
        wide = functional.max_pool2d(at32, 5, 1, 2)
        wider = functional.max_pool2d(wide, 5, 1, 2)
        top = self.widen(torch.cat([at32, wide, wider], 1))
        mid = self.merge16(self.side16(at16) + functional.interpolate(top, scale_factor=2.0, mode="nearest"))
        low = self.merge8(self.side8(at8) + functional.interpolate(mid, scale_factor=2.0, mode="nearest"))
        return self.heat(low), functional.softplus(self.distance(low)) * LONGEST_SIDE_PIXELS


def new_networks() -> tuple[FrozenFront, TinyDetector]:
    """Build both halves on one pretrained trunk."""
    trunk = pretrained_trunk(TRUNK_STAGES, ())
    # The norms keep what they know of far more pictures than there are here: they become part of the convolutions.
    for block in (block for stage in trunk.stages for block in stage):
        for conv, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
            if hasattr(block, conv):
                setattr(block, conv, fuse_conv_bn_eval(getattr(block, conv).eval(), getattr(block, norm).eval()))
                setattr(block, norm, nn.Identity())
        # Few numbers, which know edges already, and half of the time on a processor if they were learnt.
        block._depthwise_conv.requires_grad_(False)
    front = FrozenFront(trunk).eval()
    front.requires_grad_(False)
    return front, TinyDetector(trunk)


class ServedDetector(nn.Module):
    """UINT8 pictures to boxes [N,P,4] (0-1) and scores [N,6,P], only peaks left: what the served graph suppresses."""

    def __init__(self, front: FrozenFront, network: TinyDetector, height: int, width: int) -> None:
        super().__init__()
        self.front = front
        self.network = network
        y, x = torch.meshgrid(torch.arange(height // STRIDE), torch.arange(width // STRIDE), indexing="ij")
        centres = (torch.stack([x, y], 0).float() + 0.5) * STRIDE
        self.register_buffer("centres", centres[None])
        self.register_buffer("size", torch.tensor([width, height, width, height]).float())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Run the network on UINT8 [N,3,H,W]."""
        heat, distance = self.network(*self.front(image))
        heat = heat.sigmoid()
        peak = functional.max_pool2d(heat, 3, 1, 1)
        heat = heat * (heat >= peak).float()
        boxes = torch.cat([self.centres - distance[:, :2], self.centres + distance[:, 2:]], 1)
        boxes = (boxes.flatten(2).transpose(1, 2) / self.size).clamp(0, 1)
        return boxes, heat.flatten(2)


def targets(sample: Labelled) -> tuple[npt.NDArray[Any], ...]:
    """Say what is wanted of one picture.

    Returns:
        Heat [6,h,w]; where centres are, 0 or 1 [6,h,w]; whether a place counts, 0 or 1 [h,w]; boxes [4,h,w] in pixels
        and their weights [h,w].
    """
    height, width = sample.picture.shape[0] // STRIDE, sample.picture.shape[1] // STRIDE
    heat = np.zeros((CLASSES, height, width), np.float32)
    centres = np.zeros((CLASSES, height, width), np.float32)
    counts = np.ones((height, width), np.float32)
    boxes = np.zeros((4, height, width), np.float32)
    weights = np.zeros((height, width), np.float32)
    sizes = np.prod(sample.boxes[:, 2:] - sample.boxes[:, :2], axis=1)
    x, y = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
    # Where two claim a place, the surer has it, then the smaller.
    for row in np.lexsort((-sizes, sample.certainty >= SURE)):
        x1, y1, x2, y2 = sample.boxes[row] / STRIDE
        if sample.classes[row] < 0:
            counts[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = 0
            continue
        centre_x, centre_y = min(int((x1 + x2) / 2), width - 1), min(int((y1 + y2) / 2), height - 1)
        sigma_x = max(SPREAD * (x2 - x1) / 6, 0.4)
        sigma_y = max(SPREAD * (y2 - y1) / 6, 0.4)
        across = np.exp(-((x - centre_x - 0.5) ** 2) / (2 * sigma_x**2))
        bump = np.exp(-((y - centre_y - 0.5) ** 2) / (2 * sigma_y**2))[:, None] * across[None]
        bump[bump < 0.05] = 0
        klass, sure = int(sample.classes[row]), sample.certainty[row]
        heat[klass] = np.maximum(heat[klass], bump * sure)
        centres[klass, centre_y, centre_x] = 1
        near = bump > 0
        boxes[:, near] = sample.boxes[row][:, None]
        weights[near] = bump[near] / bump.sum() * np.log(max(sizes[row], 16.0)) * sure
        counts[near] = 1
    return heat, centres, counts, boxes, weights


def loss(found: tuple[Tensor, Tensor], wanted: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Quality focal loss of the heat maps and GIoU loss of the boxes, per object."""
    heat, distance = found
    goal, centres, counts, boxes, weights = wanted
    likely = heat.sigmoid().clamp(1e-4, 1 - 1e-4)
    wrong = functional.binary_cross_entropy(likely, goal, reduction="none") * (goal - likely) ** 2 * centres
    empty = -torch.log(1 - likely) * likely**2 * (1 - goal) ** 4 * (1 - centres)
    objects = (goal * centres).sum().clamp(min=1)
    focal = ((4 * wrong + empty) * counts[:, None]).sum() / objects

    rows, columns = heat.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(rows, device=heat.device), torch.arange(columns, device=heat.device), indexing="ij"
    )
    centre_x, centre_y = (x + 0.5) * STRIDE, (y + 0.5) * STRIDE
    corners = torch.stack(
        [centre_x - distance[:, 0], centre_y - distance[:, 1], centre_x + distance[:, 2], centre_y + distance[:, 3]], 1
    )
    box = ((1 - _generous_overlap(corners, boxes)) * weights).sum() / weights.sum().clamp(min=1)
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
