"""Bigger networks that find faces and plates, where a user brought their weights: what ours are compared with."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bench.quality.weights import NOTHING, Found
from infra.models.onnx_session import session_of
from kit.pixels import Pixels, letterbox

YUNET_FILE, YUNET_SCORE = "yunet_s_dynamic.onnx", 0.6
HYPERLPR_FILE, HYPERLPR_SCORE, HYPERLPR_SIDE = "hyperlpr_y5fu_640x_sim.onnx", 0.4, 640
STEPS = (8, 16, 32)

Peer = tuple[str, Callable[[Pixels], Found]]


def yunet(models: Path) -> Peer | None:
    """YuNet (Wu et al., Machine Intelligence Research 2023), faces at a score of 0.6; None where it is not there."""
    if not (models / YUNET_FILE).is_file():
        return None
    session = session_of(models / YUNET_FILE)

    def find(picture: Pixels) -> Found:
        height, width = picture.shape[:2]
        rows, columns = -(-height // 32) * 32, -(-width // 32) * 32
        canvas = np.zeros((rows, columns, 3), np.float32)
        canvas[:height, :width] = picture[:, :, ::-1]
        names = [output.name for output in session.get_outputs()]
        answer = dict(zip(names, session.run(None, {"input": canvas.transpose(2, 0, 1)[None].copy()}), strict=True))
        boxes, scores = [], []
        for step in STEPS:
            score = np.sqrt(answer[f"cls_{step}"][0, :, 0].clip(0, 1) * answer[f"obj_{step}"][0, :, 0].clip(0, 1))
            keep = score >= YUNET_SCORE
            down, right = np.mgrid[: rows // step, : columns // step]
            box = answer[f"bbox_{step}"][0][keep]
            centre = (box[:, :2] + np.stack([right.ravel()[keep], down.ravel()[keep]], 1)) * step
            size = np.exp(box[:, 2:4]) * step
            boxes.append(np.concatenate([centre - size / 2, centre + size / 2], 1))
            scores.append(score[keep])
        return _suppressed(np.concatenate(boxes) / [width, height, width, height], np.concatenate(scores), 0.3)

    return "YuNet-s", find


def hyperlpr(models: Path) -> Peer | None:
    """HyperLPR3's plate detector (a YOLOv5-face), plates at a score of 0.4; None where it is not there."""
    if not (models / HYPERLPR_FILE).is_file():
        return None
    session = session_of(models / HYPERLPR_FILE)

    def find(picture: Pixels) -> Found:
        pixels, place = letterbox(picture, HYPERLPR_SIDE, HYPERLPR_SIDE)
        rows = session.run(None, {"input": pixels[None].astype(np.float32) / 255})[0][0]
        scores = rows[:, 4] * rows[:, 13:15].max(1)
        keep = scores >= HYPERLPR_SCORE
        centre, size = rows[keep, :2], rows[keep, 2:4]
        boxes = np.concatenate([centre - size / 2, centre + size / 2], 1) / HYPERLPR_SIDE
        return _suppressed(place.to_picture(boxes), scores[keep], 0.4)

    return "HyperLPR3", find


def _suppressed(boxes: npt.NDArray[np.floating], scores: npt.NDArray[np.floating], iou: float) -> Found:
    if not len(boxes):
        return NOTHING
    boxes = np.clip(boxes, 0, 1)
    # OpenCV compares boxes in pixels.
    sized = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1) * 10_000
    kept = np.array(cv2.dnn.NMSBoxes(sized.tolist(), scores.tolist(), 0.0, iou)).reshape(-1)
    return Found(boxes[kept].astype(np.float32), scores[kept].astype(np.float32), np.zeros(len(kept), np.int64))
