"""Labels for real frames from a bigger detector (PicoDet-S, the `base` profile's), and tracks from its boxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from infra.models.lock import pinned_file
from infra.models.onnx_session import session_of
from infra.models.picodet import SERVED_HEIGHT, SERVED_WIDTH, served_graph
from infra.models.train.footage import Frame, Picture
from kit.pixels import letterbox

LABEL_SCORE = 0.4
LINK_IOU = 0.4

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Labels:
    """Boxes [N,4] (xyxy, 0-1 of the picture), classes [N] and scores [N] of one picture."""

    boxes: Boxes
    classes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def above(self, score: float) -> "Labels":
        """Keep those of at least this score."""
        keep = self.scores >= score
        return Labels(self.boxes[keep], self.classes[keep], self.scores[keep])


@dataclass(frozen=True)
class TrackCrop:
    """One sight of one object: its place in `frames`, its box (xyxy, 0-1) and its class."""

    frame: int
    box: Boxes
    klass: int


class Detector:
    """A served `detect` graph run directly, for labels and for measuring."""

    def __init__(self, graph: bytes) -> None:
        self._session = session_of(graph)
        self._height, self._width = self._session.get_inputs()[0].shape[2:]

    def __call__(self, picture: Picture) -> Labels:
        """Detect in one picture, UINT8 [H,W,3] RGB."""
        pixels, place = letterbox(picture, self._height, self._width)
        boxes, scores, classes = (output[0] for output in self._session.run(None, {"image": pixels[None]}))
        real = scores > 0
        return Labels(place.to_picture(boxes[real]), classes[real].astype(np.int64), scores[real])


def picodet(models: Path) -> Detector | None:
    """Load the teacher from a folder with the `base` profile's files; None where it is not there.

    Raises:
        WeightsMismatchError: the file is another one than is pinned.
    """
    path = pinned_file(models, "base", "picodet-s-416-coco")
    if path is None:
        return None
    return Detector(served_graph(onnx.load(str(path)), SERVED_HEIGHT, SERVED_WIDTH).SerializeToString())


def overlaps(first: Boxes, second: Boxes) -> npt.NDArray[Any]:
    """Intersection over union of every pair: [N,M]."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    inner = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (first, second)]
    return np.asarray(inner / np.maximum(areas[0][:, None] + areas[1][None] - inner, 1e-9))


def linked(frames: Sequence[Frame], labels: Sequence[Labels], min_length: int = 3) -> list[list[TrackCrop]]:
    """Link boxes of one class in following frames of a clip by overlap, greedily; shorter tracks are dropped."""
    tracks: list[list[TrackCrop]] = []
    alive: list[int] = []
    clip = ""
    for number, (frame, found) in enumerate(zip(frames, labels, strict=True)):
        if frame.clip != clip:
            clip, alive = frame.clip, []
        following: list[int] = []
        for box, klass in zip(found.boxes, found.classes, strict=True):
            names = [name for name in alive if tracks[name][-1].klass == klass and name not in following]
            last = [tracks[name][-1].box for name in names]
            shared = overlaps(box[None], np.stack(last))[0] if last else np.zeros(1)
            if shared.max() >= LINK_IOU:
                track = names[int(shared.argmax())]
            else:
                track = len(tracks)
                tracks.append([])
            tracks[track].append(TrackCrop(number, box, int(klass)))
            following.append(track)
        alive = following
    return [track for track in tracks if len(track) >= min_length]
