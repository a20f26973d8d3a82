"""Crops as the networks for crops see them: resized as it is done before serving, and varied while they learn."""

import torch
from torch import Tensor
from torch.nn import functional


def shown(pictures: Tensor, height: int, width: int) -> Tensor:
    """Resize UINT8 [N,H,W,3] to UINT8 [N,3,height,width] as it is done before serving."""
    floats = pictures.permute(0, 3, 1, 2).float()
    return functional.interpolate(floats, (height, width), mode="bilinear", antialias=True).round().clamp(0, 255).byte()


def varied(
    generator: torch.Generator, pictures: Tensor, height: int, width: int, *, colour: float, erase: float = 0.0
) -> Tensor:
    """Cut, mirror, light, blur and disturb crops.

    Args:
        generator: of random numbers.
        pictures: UINT8 [N,H,W,3].
        height: of the result.
        width: of the result.
        colour: how far the colour channels may drift apart, as an exponent.
        erase: share of crops in which a rectangle is painted over.

    Returns:
        FP32 [N,3,height,width], 0-255.
    """
    count = len(pictures)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator)

    x = pictures.permute(0, 3, 1, 2).float()
    # Zoom between cutting a tenth away and showing a little more (edges are repeated), off centre, sometimes mirrored.
    zoom, shift = uniform(0.82, 1.06, count, 2), uniform(-0.09, 0.09, count, 2)
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = zoom[:, 0] * mirror, zoom[:, 1], shift
    grid = functional.affine_grid(theta, [count, 3, *x.shape[2:]], align_corners=False)
    x = functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
    # Some were small and far away.
    for rows in torch.randperm(count, generator=generator)[: count // 3].split(max(1, count // 12)):
        far = int(uniform(20, 90, 1))
        small = functional.interpolate(x[rows], (far, max(10, far // 2)), mode="bilinear", antialias=True)
        x[rows] = functional.interpolate(small, x.shape[2:], mode="bilinear")
    x = functional.interpolate(x, (height, width), mode="bilinear", antialias=True)
    gain = torch.exp(uniform(-0.35, 0.35, count, 1, 1, 1) + uniform(-colour, colour, count, 3, 1, 1))
    gamma = torch.exp(uniform(-0.3, 0.3, count, 1, 1, 1))
    x = 255 * (x / 255).clamp(0, 1) ** gamma * gain + uniform(-12, 12, count, 1, 1, 1)
    x = x + torch.randn(x.shape, generator=generator) * uniform(0, 8, count, 1, 1, 1) ** 1.0
    for row in range(int(erase * count)):
        top, left = int(uniform(0, height * 0.7, 1)), int(uniform(0, width * 0.7, 1))
        tall, wide = int(uniform(height * 0.1, height * 0.4, 1)), int(uniform(width * 0.1, width * 0.4, 1))
        x[row, :, top : top + tall, left : left + wide] = float(uniform(0, 255, 1))
    return x.clamp(0, 255)
