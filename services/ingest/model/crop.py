"""Which crops of a track are kept: a few good ones, from different moments."""

import math
from collections.abc import Sequence

import msgspec

from services.ingest.model.observation import Box

CROPS_PER_TRACK = 3
APART_US = 1_000_000
"""Crops nearer in time than this show the same; only the better one is kept."""
MARGIN = 0.1
"""Kept around the box, in shares of its size."""

_EDGE = 0.005
_LARGE_PIXELS = 160.0
_SHARP_VARIANCE = 80.0


class Crop(msgspec.Struct, frozen=True):
    """A picture of a track at one moment."""

    at_us: int
    """Microseconds since the recording's start."""
    box: Box
    """What was cut out, with its margin."""
    quality: float
    """0 to 1."""
    width: int
    height: int
    """Pixels."""
    object_key: str = ""
    """Where it is stored; empty while it is only in memory."""


def crop_quality(
    box: Box, score: float, sharpness: float, pixels: tuple[int, int], others: Sequence[Box] = ()
) -> float:
    """How well a crop shows its object, 0 to 1: the detector's score, its size in pixels, its sharpness (variance of
    the Laplacian), less where the frame's edge cuts it or other objects cover it."""
    width, height = pixels
    size = min(1.0, math.sqrt(max(1.0, box.width * width * box.height * height)) / _LARGE_PIXELS)
    sharp = sharpness / (sharpness + _SHARP_VARIANCE)
    quality = score * (0.6 * size + 0.4 * sharp)
    if box.left < _EDGE or box.top < _EDGE or box.right > 1 - _EDGE or box.bottom > 1 - _EDGE:
        quality *= 0.6
    covered = max((box.shared_area(other) / box.area for other in others if box.area > 0), default=0.0)
    return round(quality * (1 - 0.5 * min(1.0, covered)), 4)


def with_crop(kept: Sequence[Crop], new: Crop) -> Sequence[Crop]:
    """The crops to keep, best first, once a new one is offered."""
    near = [crop for crop in kept if abs(crop.at_us - new.at_us) < APART_US]
    if any(crop.quality >= new.quality for crop in near):
        return kept
    rest = [crop for crop in kept if crop not in near]
    return sorted([*rest, new], key=lambda crop: (-crop.quality, crop.at_us))[:CROPS_PER_TRACK]
