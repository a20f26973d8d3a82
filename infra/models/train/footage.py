"""Real pictures for training and measuring: which clips may be learnt from and which are kept for measuring only."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

Picture = npt.NDArray[np.uint8]

# The split is by clip. What is measured on is never trained on.
TRAINING_CLIPS = (
    "ahmetozlu_pedestrian.mp4",
    "bgslibrary_video03.avi",
    "intel_store-aisle-detection.mp4",
    "intel_worker-zone-detection.mp4",
    "kwiver_motion.mp4",
    "omz_street_crowd.avi",
    "multicam_pose2sim/cam01.mp4",
    "multicam_pose2sim/cam02.mp4",
)
HELD_OUT_CLIPS = (
    "intel_one-by-one-person-detection.mp4",
    "intel_people-detection.mp4",
    "intel_car-detection.mp4",
    "meva_school_G330_annotated.mp4",
    "night_street.mp4",
    "multicam_pose2sim/cam03.mp4",
    "multicam_pose2sim/cam04.mp4",
)
LONGEST_SIDE = 960
DEFAULT_RATE = 25.0


@dataclass(frozen=True)
class Frame:
    """One picture of a clip: UINT8 [H,W,3] RGB, and its place in the clip in seconds."""

    clip: str
    seconds: float
    picture: Picture


@dataclass(frozen=True)
class Still:
    """One captioned photograph; boxes are (class name, xyxy in pixels)."""

    picture: Picture
    boxes: tuple[tuple[str, tuple[float, float, float, float]], ...]
    captions: tuple[str, ...]


def frames(folder: Path, clip: str, every_seconds: float) -> Iterator[Frame]:
    """Decode a clip of trusted training footage, giving a frame every so many seconds, at most 960 pixels long."""
    with av.open(str(folder / clip)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        rate = float(stream.average_rate or DEFAULT_RATE)
        wanted = 0.0
        for number, frame in enumerate(container.decode(stream)):
            seconds = number / rate
            if seconds + 1e-6 < wanted:
                continue
            wanted += every_seconds
            yield Frame(clip, seconds, shrunk(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)))


def all_frames(folder: Path, clips: tuple[str, ...], every_seconds: float) -> list[Frame]:
    """Decode several clips, leaving out those that are not in the folder."""
    return [frame for clip in clips if (folder / clip).is_file() for frame in frames(folder, clip, every_seconds)]


def stills(folder: Path) -> list[Still]:
    """Read the captioned photographs that `stills.json` describes; none where the folder is absent."""
    index = folder / "stills.json"
    if not index.is_file():
        return []
    return [_still(folder, entry) for entry in json.loads(index.read_text())["images"]]


def shrunk(picture: Picture) -> Picture:
    """Shrink a picture so that its longer side has at most 960 pixels."""
    height, width = picture.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def _still(folder: Path, entry: dict[str, Any]) -> Still:
    with Image.open(folder / entry["file"]) as image:
        picture = np.asarray(image.convert("RGB"))
    boxes = tuple((name, (x, y, x + width, y + height)) for name, x, y, width, height in entry["boxes_xywh"])
    return Still(picture, boxes, tuple(entry.get("captions") or ()))
