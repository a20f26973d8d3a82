"""Bigger networks that know faces and plates: YuNet-S for labels, HyperLPR's plate finder to compare with.

YuNet: Wu et al. 2023 (doi:10.1007/s11633-023-1423-y), weights of ShiqiYu/libfacedetection.train; plates: weights of
szad670401/HyperLPR. Both Apache-2.0.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from infra.models.lock import pinned_file
from infra.models.onnx_session import session_of
from infra.models.train.footage import Picture
from kit.pixels import GREY

YUNET, HYPERLPR = "yunet-s", "hyperlpr-y5fu-640"
"""Weights of the `base` profile."""
YUNET_STRIDES = (8, 16, 32)
YUNET_MULTIPLE = 32
HYPERLPR_SIDE = 640
OVERLAP = 0.4

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """Boxes [N,4] (xyxy in pixels) and scores [N] of one picture."""

    boxes: Boxes
    scores: npt.NDArray[np.float32]

    def above(self, score: float) -> "Found":
        """Keep those of at least this score."""
        keep = self.scores >= score
        return Found(self.boxes[keep], self.scores[keep])


class FaceTeacher:
    """YuNet on pictures of any size."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._names = [output.name for output in session.get_outputs()]

    @classmethod
    def load(cls, models: Path) -> "FaceTeacher | None":
        """Load it from a folder of weights; None where it is not there."""
        session = _session(models, YUNET)
        return None if session is None else cls(session)

    def __call__(self, picture: Picture, floor: float = 0.3, zoom: float = 1.0) -> Found:
        """Find faces in UINT8 [H,W,3] RGB, seen `zoom` times as large, that score at least `floor`."""
        if zoom != 1.0:
            picture = np.asarray(cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC), np.uint8)
        height, width = picture.shape[:2]
        tall, wide = (-(-side // YUNET_MULTIPLE) * YUNET_MULTIPLE for side in (height, width))
        image = np.zeros((1, 3, tall, wide), np.float32)
        image[0, :, :height, :width] = picture[..., ::-1].transpose(2, 0, 1)
        heads = dict(zip(self._names, self._session.run(None, {"input": image}), strict=True))
        boxes, scores = [], []
        for stride in YUNET_STRIDES:
            likely = np.sqrt(heads[f"cls_{stride}"][0, :, 0].clip(0, 1) * heads[f"obj_{stride}"][0, :, 0].clip(0, 1))
            keep = likely > floor
            y, x = np.divmod(np.flatnonzero(keep), wide // stride)
            raw = heads[f"bbox_{stride}"][0][keep]
            centre = (raw[:, :2] + np.stack([x, y], 1)) * stride
            half = np.exp(raw[:, 2:]) * stride / 2
            boxes.append(np.concatenate([centre - half, centre + half], 1) / zoom)
            scores.append(likely[keep])
        return _suppressed(np.concatenate(boxes), np.concatenate(scores))


class PlateTeacher:
    """HyperLPR's plate finder on pictures of any size, which it sees 640 pixels square."""

    def __init__(self, session: Any) -> None:
        self._session = session

    @classmethod
    def load(cls, models: Path) -> "PlateTeacher | None":
        """Load it from a folder of weights; None where it is not there."""
        session = _session(models, HYPERLPR)
        return None if session is None else cls(session)

    def __call__(self, picture: Picture, floor: float = 0.3) -> Found:
        """Find plates in UINT8 [H,W,3] RGB that score at least `floor`."""
        scale = HYPERLPR_SIDE / max(picture.shape[:2])
        sized = cv2.resize(picture, (int(picture.shape[1] * scale), int(picture.shape[0] * scale)))
        square = np.full((HYPERLPR_SIDE, HYPERLPR_SIDE, 3), GREY, np.uint8)
        square[: sized.shape[0], : sized.shape[1]] = sized
        rows = self._session.run(None, {"input": square.transpose(2, 0, 1)[None].astype(np.float32) / 255})[0][0]
        scores = rows[:, 4] * rows[:, 13:15].max(1)
        keep = scores > floor
        centre, half = rows[keep, :2], rows[keep, 2:4] / 2
        return _suppressed(np.concatenate([centre - half, centre + half], 1) / scale, scores[keep])


def _session(models: Path, weights: str) -> Any:
    path = pinned_file(models, "base", weights)
    return None if path is None else session_of(path)


def _suppressed(boxes: npt.NDArray[Any], scores: npt.NDArray[Any]) -> Found:
    """Keep the best of boxes that overlap."""
    corners_and_sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxes(corners_and_sides.tolist(), scores.tolist(), 0.0, OVERLAP) if len(boxes) else []
    rows = np.array(kept, np.int64).reshape(-1)
    return Found(boxes[rows].astype(np.float32), scores[rows].astype(np.float32))
