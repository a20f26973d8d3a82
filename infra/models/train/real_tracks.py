"""Real people and vehicles, each followed through one clip, with what a person who looked at them says they are.

The labels lie in two files, one for training clips and stills and one for held-out clips, which are for measuring only:
a clip, a moment and a point inside the object's box, so that a label finds its track whatever the track's number is.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import ATTRIBUTE_GROUPS, DETECTOR_CLASSES, ObjectClass, Subject
from infra.models.train import footage, teacher
from infra.models.train.real_crops import MIN_HEIGHT, MIN_WIDTH, cut

LABELS = Path(__file__).with_name("labelled_tracks.toml")
HELD_OUT_LABELS = Path(__file__).with_name("labelled_held_out.toml")
NEARNESS = 0.26
"""Seconds between a label's moment and a sight that it may be about."""
CLOTHES = ("upper_colour", "lower_colour", "sleeves", "legs")
CARRIED = ("hat", "bag", "backpack", "hi_vis")


@dataclass(frozen=True)
class RealTrack:
    """Sights of one object in one clip.

    Attributes:
        clip: where it is from.
        klass: its class.
        pictures: UINT8 [n,192,128,3], RGB, stretched.
        seconds: FP64 [n], into the clip.
        boxes: FP32 [n,4], xyxy, 0-1.
        labels: attribute names (without the subject) to values; empty where nobody looked.
    """

    clip: str
    klass: ObjectClass
    pictures: npt.NDArray[np.uint8]
    seconds: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.float32]
    labels: dict[str, str]

    @property
    def subject(self) -> Subject:
        """Say whether it is a person or a vehicle."""
        return Subject.PERSON if self.klass is ObjectClass.PERSON else Subject.VEHICLE


class UnknownLabelError(ValueError):
    """A label names an attribute or a value that the vocabulary does not have."""

    def __init__(self, entry: dict[str, Any], name: str, value: str) -> None:
        super().__init__(f"{name} = {value!r} of the label {entry} is not in the vocabulary")


def tracks(shared: Path, clips: tuple[str, ...], every_seconds: float) -> list[RealTrack]:
    """Follow what the teacher detector sees; empty where footage or teacher are absent.

    Raises:
        UnknownLabelError: the file of labels says something that cannot be said.
    """
    strong = teacher.picodet(shared / "models")
    if strong is None:
        return []
    labels = read_labels()
    found = []
    for clip in clips:
        frames = footage.all_frames(shared / "footage", (clip,), every_seconds)
        seen = [strong(frame.picture).above(teacher.LABEL_SCORE) for frame in frames]
        for sights in teacher.linked(frames, seen):
            big = [sight for sight in sights if _big_enough(sight, frames[sight.frame].picture.shape[:2])]
            if len(big) < 3:
                continue
            seconds = np.array([frames[sight.frame].seconds for sight in big])
            boxes = np.stack([sight.box for sight in big])
            klass = DETECTOR_CLASSES[big[0].klass]
            pictures = np.stack([cut(frames[sight.frame].picture, sight.box) for sight in big])
            subject = Subject.PERSON if klass is ObjectClass.PERSON else Subject.VEHICLE
            said = _said(labels, clip, subject, seconds, boxes)
            if said is None:
                continue
            found.append(RealTrack(clip, klass, pictures, seconds, boxes, said))
    return found


def stills(shared: Path) -> list[RealTrack]:
    """Give the people and vehicles of the stills, each as a track of one sight; its moment is the still's number.

    Raises:
        UnknownLabelError: the file of labels says something that cannot be said.
    """
    labels = read_labels()
    found = []
    for number, still in enumerate(footage.stills(shared / "stills")):
        height, width = still.picture.shape[:2]
        for name, (x1, y1, x2, y2) in still.boxes:
            if name not in tuple(ObjectClass) or y2 - y1 < MIN_HEIGHT * 2:
                continue
            person = name == ObjectClass.PERSON
            if person and y2 - y1 < 1.4 * (x2 - x1):
                # Half a person, or one who lies: no good example.
                continue
            boxes = np.array([[x1 / width, y1 / height, x2 / width, y2 / height]], np.float32)
            seconds = np.array([float(number)])
            subject = Subject.PERSON if person else Subject.VEHICLE
            said = _said(labels, "stills", subject, seconds, boxes)
            if said is None:
                continue
            picture = cut(still.picture, boxes[0])[None]
            found.append(RealTrack("stills", ObjectClass(name), picture, seconds, boxes, said))
    return found


def read_labels() -> list[dict[str, Any]]:
    """Read both files of labels and hold them to the vocabulary.

    Raises:
        UnknownLabelError: an attribute or a value is not in it.
    """
    known = {group.key: group.values for group in ATTRIBUTE_GROUPS}
    written = [entry for path in (LABELS, HELD_OUT_LABELS) for entry in tomllib.loads(path.read_text())["object"]]
    entries = [_unfolded(entry) for entry in written]
    for entry in entries:
        for name, value in (entry["labels"] or {}).items():
            if value not in known.get(f"{entry['subject']}.{name}", ()):
                raise UnknownLabelError(entry, f"{entry['subject']}.{name}", value)
    return entries


def _unfolded(entry: dict[str, Any]) -> dict[str, Any]:
    """Spell out a short entry: `wears = "red blue short long"`, `carries = "hat bag"` (what is not named is not there).

    A `?` leaves a question open; `carries` may be left out where it could not be seen.
    """
    if "no" in entry:
        return {"clip": entry["clip"], "at": tuple(entry["at"]), "subject": Subject(entry["no"]), "labels": None}
    if "vehicle" in entry:
        colour, kind = entry["vehicle"].split()
        named = {"colour": colour, "type": kind}
        subject = Subject.VEHICLE
    else:
        named = dict(zip(CLOTHES, entry["wears"].split(), strict=True))
        if "carries" in entry:
            carried = entry["carries"].split()
            named |= {name: "yes" if name in carried else "no" for name in CARRIED}
            named |= {name.removesuffix("?"): "?" for name in carried if name.endswith("?")}
        subject = Subject.PERSON
    return {
        "clip": entry["clip"],
        "at": tuple(entry["at"]),
        "subject": subject,
        "labels": {name: value for name, value in named.items() if value != "?"},
    }


def _said(
    labels: list[dict[str, Any]],
    clip: str,
    subject: Subject,
    seconds: npt.NDArray[np.float64],
    boxes: npt.NDArray[np.float32],
) -> dict[str, str] | None:
    """Give a track's labels: none where nobody looked, None where it is not what the detector says."""
    for entry in labels:
        if entry["clip"] != clip or entry["subject"] != subject:
            continue
        moment, x, y = entry["at"]
        row = int(np.abs(seconds - moment).argmin())
        x1, y1, x2, y2 = boxes[row]
        if abs(seconds[row] - moment) <= NEARNESS and x1 < x < x2 and y1 < y < y2:
            return None if entry["labels"] is None else dict(entry["labels"])
    return {}


def _big_enough(sight: teacher.TrackCrop, size: tuple[int, ...]) -> bool:
    height, width = size
    wide, tall = (sight.box[2:] - sight.box[:2]) * np.array([width, height])
    return bool(wide >= MIN_WIDTH and tall >= MIN_HEIGHT * (1 if sight.klass == 0 else 0.5))
