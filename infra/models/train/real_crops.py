"""Crops of real people and vehicles out of clips and stills, with what is known of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from contracts.vocabulary import DETECTOR_CLASSES, ObjectClass
from infra.models.train import footage, teacher
from infra.models.train.footage import Picture
from infra.models.train.rendered import CROP_HEIGHT, CROP_WIDTH

MARGIN = 0.08
"""Of a box's sides, added on every side."""
MIN_HEIGHT, MIN_WIDTH = 28, 12


@dataclass(frozen=True)
class RealCrop:
    """One crop, UINT8 [192,128,3], stretched.

    Attributes:
        picture: the pixels.
        klass: the class's name.
        track: names one object in one clip; -1 where it is not followed.
        clip: where it is from.
        seconds: into the clip; of a still its number.
        sides: width and height of its box in the frame, pixels.
        box: xyxy, 0-1 of the frame.
        mounted: whether another box says that it is somebody on a bicycle or motorcycle.
        counts: of a whole frame: how many people and how many vehicles are in it.
    """

    picture: Picture
    klass: str
    track: int
    clip: str
    seconds: float
    sides: tuple[float, float] = (0.0, 0.0)
    box: tuple[float, ...] = (0.0, 0.0, 1.0, 1.0)
    mounted: bool = False
    counts: tuple[int, int] = (0, 0)


def cut(picture: Picture, box: npt.NDArray[np.floating]) -> Picture:
    """Cut a box (xyxy, 0-1) with a margin out of a picture and stretch it to [192,128,3]."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = box * np.array([width, height, width, height])
    wide, tall = (x2 - x1) * MARGIN, (y2 - y1) * MARGIN
    left, top = max(0, int(x1 - wide)), max(0, int(y1 - tall))
    right, bottom = min(width, int(x2 + wide) + 1), min(height, int(y2 + tall) + 1)
    image = Image.fromarray(np.ascontiguousarray(picture[top:bottom, left:right]))
    return np.asarray(image.resize((CROP_WIDTH, CROP_HEIGHT), Image.Resampling.BILINEAR))


def from_clips(shared: Path, clips: tuple[str, ...], every_seconds: float, min_track: int = 3) -> list[RealCrop]:
    """Follow what the teacher sees in clips and cut it out; empty where footage or teacher are absent."""
    strong = teacher.picodet(shared / "models")
    if strong is None:
        return []
    frames = footage.all_frames(shared / "footage", clips, every_seconds)
    labels = [strong(frame.picture).above(teacher.LABEL_SCORE) for frame in frames]
    crops = []
    for number, track in enumerate(teacher.linked(frames, labels, min_length=min_track)):
        for sight in track:
            frame = frames[sight.frame]
            height, width = frame.picture.shape[:2]
            sides = (sight.box[2:] - sight.box[:2]) * np.array([width, height])
            if sides[0] < MIN_WIDTH or sides[1] < MIN_HEIGHT * (1 if sight.klass == 0 else 0.5):
                continue
            name = DETECTOR_CLASSES[sight.klass].value
            crops.append(
                RealCrop(
                    cut(frame.picture, sight.box),
                    name,
                    number,
                    frame.clip,
                    frame.seconds,
                    (float(sides[0]), float(sides[1])),
                    tuple(float(side) for side in sight.box),
                    _mounted(sight.box, sight.klass, labels[sight.frame]),
                )
            )
    return crops


def _mounted(box: npt.NDArray[np.floating], klass: int, labels: teacher.Labels) -> bool:
    """Tell whether a person's lower half lies over a bicycle or motorcycle, or such a thing's upper half under one."""
    person, wheels = DETECTOR_CLASSES.index(ObjectClass.PERSON), (ObjectClass.BICYCLE, ObjectClass.MOTORCYCLE)
    riding = [DETECTOR_CLASSES.index(name) for name in wheels]
    if klass != person and klass not in riding:
        return False
    others = labels.boxes[np.isin(labels.classes, riding if klass == person else [person])]
    for other in others:
        upper, lower = (box, other) if klass == person else (other, box)
        middle, height = (lower[0] + lower[2]) / 2, upper[3] - upper[1]
        below = upper[1] + 0.45 * height < (lower[1] + lower[3]) / 2 < upper[3] + 0.35 * height
        if below and upper[0] - 0.2 * height < middle < upper[2] + 0.2 * height:
            return True
    return False


def from_stills(shared: Path) -> list[RealCrop]:
    """Cut the labelled things out of the stills."""
    crops = []
    for number, still in enumerate(footage.stills(shared / "stills")):
        height, width = still.picture.shape[:2]
        for name, (x1, y1, x2, y2) in still.boxes:
            if x2 - x1 < MIN_WIDTH * 2 or y2 - y1 < MIN_HEIGHT:
                continue
            box = np.array([x1 / width, y1 / height, x2 / width, y2 / height])
            sides = (x2 - x1, y2 - y1)
            crops.append(
                RealCrop(cut(still.picture, box), name, -1, "stills", float(number), sides, tuple(box.tolist()))
            )
    return crops


def scenes(shared: Path, clips: tuple[str, ...], every_seconds: float) -> list[RealCrop]:
    """Give whole frames of clips with the counts of what the teacher sees in them."""
    strong = teacher.picodet(shared / "models")
    if strong is None:
        return []
    found = []
    for frame in footage.all_frames(shared / "footage", clips, every_seconds):
        classes = strong(frame.picture).above(teacher.LABEL_SCORE).classes
        people, vehicles = int((classes == 0).sum()), int((classes >= 2).sum())
        found.append(
            RealCrop(
                cut(frame.picture, np.array([0.0, 0.0, 1.0, 1.0])),
                "scene",
                -1,
                frame.clip,
                frame.seconds,
                counts=(people, vehicles),
            )
        )
    return found
