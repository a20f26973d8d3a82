"""Measuring a detector: against the bigger one on held-out clips, and against the truth on held-out renderings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infra.models.train import footage, rendered, teacher
from infra.models.train.plan import Plan

VISIBLE = 0.3
MATCH_IOU = 0.5
SCORES = (0.2, 0.3, 0.4)
GROUPS = {"person": (0,), "vehicle": (2, 3, 4, 5), "bicycle": (1,)}


def measure(graph: bytes, plan: Plan) -> dict[str, float]:
    """Hold a served detector against the teacher on held-out clips, and against the truth on held-out renderings."""
    student = teacher.Detector(graph)
    frames = rendered.frames(plan.cache, plan.held_out_frames, rendered.HELD_OUT_SEED)
    truth = [
        teacher.Labels(rows[:, 1:5], rows[:, 0].astype(np.int64), rows[:, 5])
        for rows in (labels[labels[:, 5] >= VISIBLE] for labels in frames.labels)
    ]
    figures = compared("rendered", [student(picture) for picture in frames.pictures], truth)
    strong = teacher.picodet(plan.shared / "models")
    if strong is None:
        return figures
    everything: tuple[list[teacher.Labels], list[teacher.Labels]] = ([], [])
    for clip in footage.HELD_OUT_CLIPS:
        pictures = [frame.picture for frame in footage.all_frames(plan.shared / "footage", (clip,), plan.measure_every)]
        found = [student(picture) for picture in pictures]
        wanted = [strong(picture).above(teacher.LABEL_SCORE) for picture in pictures]
        everything[0].extend(found)
        everything[1].extend(wanted)
        figures |= compared(Path(clip).stem, found, wanted)
    figures |= compared("real", *everything)
    for group in GROUPS:
        each = [figures.get(f"{Path(clip).stem}.{group}.recall@1fp") for clip in footage.HELD_OUT_CLIPS]
        known = [recall for recall in each if recall is not None]
        if known:
            figures[f"clips.{group}.recall@1fp"] = round(float(np.mean(known)), 4)
    return figures


def compared(name: str, found: Sequence[teacher.Labels], wanted: Sequence[teacher.Labels]) -> dict[str, float]:
    """Compare the boxes of some pictures with the wanted ones, by group of classes.

    Returns:
        By `{name}.{group}`: `objects`; `recall@1fp`, the recall at IoU 0.5 that is reached with one false box of the
        group a picture, and `score@1fp`, the score at which that is; at some scores `recall@S` and `false@S`, the false
        boxes a picture. Nothing of a group that is nowhere.
    """
    figures: dict[str, float] = {}
    for group, classes in GROUPS.items():
        scores, right = [], []
        total = 0
        for ours, theirs in zip(found, wanted, strict=True):
            mine = np.isin(ours.classes, classes)
            goal = theirs.boxes[np.isin(theirs.classes, classes)]
            total += len(goal)
            scores.append(ours.scores[mine])
            right.append(_matched(ours.boxes[mine], ours.scores[mine], goal))
        if not total:
            continue
        order = np.argsort(-np.concatenate(scores), kind="stable")
        sure, hit = np.concatenate(scores)[order], np.concatenate(right)[order]
        allowed = np.flatnonzero(np.cumsum(~hit) <= len(found))
        last = int(allowed[-1]) + 1 if len(allowed) else 0
        figures[f"{name}.{group}.objects"] = total
        figures[f"{name}.{group}.recall@1fp"] = round(float(hit[:last].sum()) / total, 4)
        figures[f"{name}.{group}.score@1fp"] = round(float(sure[last - 1]), 3) if last else 1.0
        for score in SCORES:
            figures[f"{name}.{group}.recall@{score}"] = round(float(hit[sure >= score].sum()) / total, 4)
            figures[f"{name}.{group}.false@{score}"] = round(float((~hit[sure >= score]).sum()) / len(found), 3)
    return figures


def score_of_false_boxes(found: Sequence[teacher.Labels], wanted: Sequence[teacher.Labels], each: float) -> float:
    """Find the score above which people are found in vain so many times a picture, 0-1; 0 where they never are."""
    (person,) = GROUPS["person"]
    scores = []
    for ours, theirs in zip(found, wanted, strict=True):
        mine = ours.classes == person
        right = _matched(ours.boxes[mine], ours.scores[mine], theirs.boxes[theirs.classes == person])
        scores.append(ours.scores[mine][~right])
    false = np.sort(np.concatenate(scores))[::-1]
    allowed = int(each * len(found))
    return float(false[allowed]) if len(false) > allowed else 0.0


def _matched(found: npt.NDArray[Any], scores: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say of each found box whether it is the first, surest one on a wanted box, at IoU 0.5."""
    hit = np.zeros(len(found), bool)
    if not len(found) or not len(wanted):
        return hit
    shared = teacher.overlaps(found, wanted)
    for row in np.argsort(-scores, kind="stable"):
        column = int(shared[row].argmax())
        if shared[row, column] >= MATCH_IOU:
            hit[row] = True
            shared[:, column] = -1
    return hit
