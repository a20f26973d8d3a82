"""The network under `embed_image`: a pretrained trunk, averages of strips, a small head into the text space."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from infra.models.train.trunk import STAGES, InvertedResidual, Trunk, pretrained_trunk, trunk_input

SIZE = 128
DIMENSION = 384
FROZEN = 5
"""Stages that stay as ImageNet taught them: few real crops would only spoil them."""
EARLY, MIDDLE = STAGES[FROZEN - 2].outputs, STAGES[FROZEN - 1].outputs
HIDDEN = 320
STRIPS = 4


class FrozenPart(nn.Module):
    """The stem and the first stages: UINT8 [N,3,128,128] to the maps of the last two of them, [N,80+112,8,8]."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.stem, self.stages = trunk.stem, trunk.stages[:FROZEN]

    def forward(self, image: Tensor) -> Tensor:
        """Run the stages."""
        x = trunk_input(image)
        x = functional.relu6(self.stem["_bn0"](self.stem["_conv_stem"](x)))
        for stage in self.stages[:-1]:
            x = stage(x)
        return torch.cat([x, self.stages[-1](x)], 1)


class LearntPart(nn.Module):
    """The later stages and the head: maps [N,192,8,8] to vectors [N,384] of unit length.

    Strips from head to foot keep what is worn above apart from what is worn below, as re-identification networks do
    it: PCB, Sun et al. 2018 (arXiv:1711.09349). They are averaged over the middle columns, where the object is. Maps of
    a sixteenth of the picture's sides give colour and cloth, those of a thirty-second the kind of thing.
    """

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.stages = trunk.stages[FROZEN:]
        self.features = STRIPS * (EARLY + MIDDLE) + STAGES[-1].outputs
        self.last = nn.Sequential(
            nn.BatchNorm1d(self.features), nn.Linear(self.features, HIDDEN), nn.ReLU6(), nn.Linear(HIDDEN, DIMENSION)
        )

    def pooled(self, maps: Tensor) -> Tensor:
        """Give the features [N, 1088] that lie under the vectors."""
        deep = maps[:, EARLY:]
        for stage in self.stages:
            deep = stage(deep)
        return torch.cat([_strips(maps), deep.mean((2, 3))], 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Give vectors of unit length."""
        return functional.normalize(self.last(self.pooled(maps)), dim=1)


class ServedNetwork(nn.Module):
    """UINT8 pictures [N,3,128,128] to `embedding` [N,384] of unit length."""

    def __init__(self, frozen: FrozenPart, learnt: LearntPart) -> None:
        super().__init__()
        self.frozen, self.learnt = frozen, learnt

    def forward(self, image: Tensor) -> Tensor:
        """Run both parts."""
        vectors: Tensor = self.learnt(self.frozen(image))
        return vectors


def new_network() -> ServedNetwork:
    """Build the network with a trunk that knows ImageNet and a head that knows nothing."""
    trunk = pretrained_trunk(len(STAGES), (len(STAGES) - 1,))
    for module in trunk.modules():
        if isinstance(module, InvertedResidual):
            _fold_norms(module)
    frozen = FrozenPart(trunk).requires_grad_(False)
    return ServedNetwork(frozen.eval(), LearntPart(trunk))


def _fold_norms(block: InvertedResidual) -> None:
    """Work the norms into the convolutions before them.

    Their statistics, from a million photographs, are better than those of our pictures; and a step costs a third less.
    """
    pairs = [("_expand_conv", "_bn0")] if block.expands else []
    for conv_name, norm_name in [*pairs, ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]:
        conv, norm = getattr(block, conv_name), getattr(block, norm_name)
        conv.weight, conv.bias = fuse_conv_bn_weights(
            conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        setattr(block, norm_name, nn.Identity())


def _strips(maps: Tensor) -> Tensor:
    """Average the middle half of the columns by strips: [N,C,8,8] to [N, 4 C]."""
    quarter = maps.shape[3] // 4
    rows = maps[..., quarter : 3 * quarter].mean(3)
    return rows.unflatten(2, (STRIPS, -1)).mean(3).flatten(1)
