"""New clothes for real people and new paint for real vehicles: few real objects become many that differ by colour.

A garment is found as what has the colour of its middle; its shading is kept and its colour exchanged.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """A part of a crop, in shares of its sides: where it may reach, and its middle, where its colour is taken."""

    top: float
    bottom: float
    left: float
    right: float
    middle: tuple[float, float, float, float]
    """Top, bottom, left, right."""


UPPER = Region(0.14, 0.56, 0.12, 0.88, (0.25, 0.42, 0.38, 0.62))
LOWER = Region(0.48, 0.93, 0.15, 0.85, (0.58, 0.72, 0.36, 0.64))
BODYWORK = Region(0.05, 0.97, 0.04, 0.96, (0.44, 0.6, 0.3, 0.7))
WAIST = 0.52
"""Where a person is cut in two, as a share of the height."""
COLOUR_SPREAD = 42.0
"""Distance in RGB over which a pixel stops to be of the garment's colour."""
FOUND = 0.3
"""Share of a region's middle that must have one colour, or else it is patterned or hidden and is left as it is."""
REACHED = 0.25
"""Share of a region that must have this colour, or else it is a detail: a windscreen, a grille, a bag."""


def repainted(picture: Picture, region: Region, tint: tuple[int, int, int]) -> Picture | None:
    """Give the colour `tint` to what lies in a region; None where there is no such thing of one colour.

    Args:
        picture: UINT8 [H,W,3], RGB.
        region: where.
        tint: RGB.
    """
    height, width = picture.shape[:2]
    pixels = picture.astype(np.float32)
    top, bottom, left, right = region.middle
    middle = pixels[int(top * height) : int(bottom * height), int(left * width) : int(right * width)].reshape(-1, 3)
    own = np.median(middle, axis=0)
    if (np.abs(middle - own).max(1) < COLOUR_SPREAD).mean() < FOUND:
        return None
    # Shade is a lesser difference than colour: take the part along grey only by a third.
    apart = pixels - own
    grey = apart.mean(2, keepdims=True)
    distance = ((apart - grey) ** 2).sum(2) * 2.5 + 0.33 * grey[..., 0] ** 2
    window = _window(height, width, region)
    share = np.exp(-distance / (2 * (COLOUR_SPREAD * 0.55) ** 2)) * window
    if share.sum() < REACHED * window.sum():
        return None
    brighter = np.clip((sum(tint) / 3 + 20) / (float(own.mean()) + 20), 0.6, 1.6)
    painted = np.array(tint, np.float32) + apart.mean(2, keepdims=True) * brighter
    mixed = pixels * (1 - share[..., None]) + painted * share[..., None]
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def joined(above: Picture, below: Picture) -> Picture:
    """Put one person's upper half on another's lower half, both UINT8 [H,W,3], with a soft seam."""
    height = len(above)
    rows = (np.arange(height) / height - WAIST) / 0.03
    share = (1 / (1 + np.exp(-rows))).astype(np.float32)[:, None, None]
    return np.asarray(np.clip(above * (1 - share) + below * share, 0, 255), np.uint8)


def _window(height: int, width: int, region: Region) -> Floats:
    """Give 1 inside the region and fade to 0 around it: [H,W]."""
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    down = np.clip(np.minimum(y - region.top, region.bottom - y) / 0.05 + 1, 0, 1)
    across = np.clip(np.minimum(x - region.left, region.right - x) / 0.05 + 1, 0, 1)
    return np.asarray(down[:, None] * across[None], np.float32)
