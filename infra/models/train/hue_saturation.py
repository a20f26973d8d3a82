"""Counts of hues and saturations from top to bottom: how people were told apart before there was anything learnt.

Swain and Ballard, "Color indexing", 1991, in three bands; brightness is left out, as it changes with the light. Roots
of the shares, so that the likeness of two is Bhattacharyya's, as in Kailath 1967.
"""

import torch
from torch import Tensor
from torch.nn import functional

HUES, SATURATIONS = 12, 6
BANDS = ((0, 54), (54, 107), (107, 160))
"""Rows of a crop of 160."""
MIDDLE = slice(18, 78)
"""Columns of a crop of 96 that show more of the object than of what is around it."""
COUNTED = HUES * SATURATIONS * len(BANDS)


def hue_saturation(image: Tensor) -> Tensor:
    """Map UINT8 [N,3,160,96], RGB, to the roots of the shares [N,216], of unit length."""
    red, green, blue = image[:, :, :, MIDDLE].float().unbind(1)
    most = torch.maximum(torch.maximum(red, green), blue)
    least = torch.minimum(torch.minimum(red, green), blue)
    spread = most - least
    divisor = spread.clamp(min=1.0)
    by_green, by_blue = 2 + (blue - red) / divisor, 4 + (red - green) / divisor
    # In sixths of the circle; grey has hue 0.
    sixth = torch.where(most == red, (green - blue) / divisor, torch.where(most == green, by_green, by_blue))
    hue = torch.floor(torch.remainder(sixth, 6.0) * (HUES / 6)).clamp(max=HUES - 1)
    saturation = torch.floor(spread / most.clamp(min=1.0) * SATURATIONS).clamp(max=SATURATIONS - 1)
    hues = _of_kinds(hue, HUES)
    saturations = _of_kinds(saturation, SATURATIONS)
    counts = [
        hues[:, :, top:end].flatten(2) @ saturations[:, :, top:end].flatten(2).transpose(1, 2) for top, end in BANDS
    ]
    shares = torch.cat([count.flatten(1) / (end - top) for count, (top, end) in zip(counts, BANDS, strict=True)], 1)
    return functional.normalize(shares.clamp(min=1e-8).sqrt(), dim=1)


def _of_kinds(values: Tensor, kinds: int) -> Tensor:
    """Mark the kind of every place: [N,H,W] to [N,kinds,H,W] of 0 and 1."""
    return (values[:, None] == torch.arange(kinds, dtype=torch.float32)[None, :, None, None]).float()
