"""Which crops of a track are kept: a few good ones, from different moments."""

import math
from collections.abc import Sequence

import msgspec

from services.ingest.model.observation import Box

CROPS_PER_TRACK = 3
APART_US = 1_000_000
"""Crops nearer in time than this show the same; only the better one is kept."""
SPREAD = 5
"""Of a long track, crops lie at least this part of its length apart."""
LEAST_SHARE = 0.4
"""A crop of less quality, measured by the best one, says nothing new."""
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


def with_crop(kept: Sequence[Crop], new: Crop, first_us: int) -> Sequence[Crop]:
    """The crops to keep, best first, once a new one is offered; `first_us` is when the track was first seen.

    They lie apart, the more the longer the track lasts, and none is much worse than the best.
    """
    apart = max(APART_US, (new.at_us - first_us) // SPREAD)
    chosen: list[Crop] = []
    for crop in sorted([*kept, new], key=lambda crop: (-crop.quality, crop.at_us)):
        if len(chosen) == CROPS_PER_TRACK or (chosen and crop.quality < LEAST_SHARE * chosen[0].quality):
            break
        if all(abs(crop.at_us - other.at_us) >= apart for other in chosen):
            chosen.append(crop)
    return chosen
