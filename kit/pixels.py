"""Making pictures fit a network's input, and its boxes fit the picture again.

Pictures are UINT8 [height, width, 3] in RGB; a network's input is UINT8 [3, height, width]. Boxes are xyxy, 0-1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.floating[Any]]

GREY = 114
"""What the letterbox's margins are filled with."""


class NotAPictureError(ValueError):
    """An array is not a UINT8 RGB picture."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        super().__init__(
            f"expected a picture as UINT8 [height, width, 3] without an empty side, not {dtype} {list(shape)}"
        )


@dataclass(frozen=True)
class Letterbox:
    """Where a picture lies inside a network's input: parts of the input's size, 0-1."""

    left: float
    top: float
    width: float
    height: float

    def to_picture(self, boxes: Boxes) -> npt.NDArray[np.float32]:
        """Take boxes [N,4] of the letterboxed input back to the picture; what reaches into the margin is cut off."""
        origin = np.array([self.left, self.top, self.left, self.top])
        extent = np.array([self.width, self.height, self.width, self.height])
        inside = np.clip((boxes - origin) / extent, 0.0, 1.0)
        return np.asarray(inside, np.float32)

    def to_input(self, boxes: Boxes) -> npt.NDArray[np.float32]:
        """Take boxes [N,4] of the picture to the letterboxed input."""
        origin = np.array([self.left, self.top, self.left, self.top])
        extent = np.array([self.width, self.height, self.width, self.height])
        return np.asarray(boxes * extent + origin, np.float32)


def letterbox(picture: Pixels, height: int, width: int) -> tuple[Pixels, Letterbox]:
    """Fit a picture into a network's input with its aspect kept, centred, on grey.

    Returns:
        The input, UINT8 [3, height, width], and where the picture lies in it.

    Raises:
        NotAPictureError: the array is no UINT8 RGB picture.
    """
    _check(picture)
    source_height, source_width = picture.shape[:2]
    scale = min(height / source_height, width / source_width)
    inner_height = max(1, round(source_height * scale))
    inner_width = max(1, round(source_width * scale))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    canvas = np.full((height, width, 3), GREY, np.uint8)
    canvas[top : top + inner_height, left : left + inner_width] = _resized(picture, inner_height, inner_width)
    place = Letterbox(left / width, top / height, inner_width / width, inner_height / height)
    return _channels_first(canvas), place


def stretched(picture: Pixels, height: int, width: int) -> Pixels:
    """Resize a picture to a network's input, whatever its aspect: UINT8 [3, height, width].

    Raises:
        NotAPictureError: the array is no UINT8 RGB picture.
    """
    _check(picture)
    return _channels_first(_resized(picture, height, width))


def _check(picture: Pixels) -> None:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise NotAPictureError(picture.shape, str(picture.dtype))


def _resized(picture: Pixels, height: int, width: int) -> Pixels:
    if picture.shape[:2] == (height, width):
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    # Averages over all source pixels when it shrinks, so that small things do not flicker away.
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0))


def _channels_first(picture: Pixels) -> Pixels:
    return np.ascontiguousarray(picture.transpose(2, 0, 1))
