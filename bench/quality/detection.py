"""How well people and vehicles are found: average precision at IoU 0.5 and recall at one false box a frame.

Matching and average precision are COCO's (Lin et al., ECCV 2014; 101 recall points); the interval is over stretches of
five seconds, because what is in one frame is in the next one too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.quality.estimate import Counts, bootstrapped
from bench.quality.looking import KINDS, Look, Watched
from bench.quality.table import Row
from bench.quality.truth import Kind
from bench.quality.weights import Found
from services.ingest.settings import AnalysisSettings

IOU = 0.5
STRETCH_SECONDS = 5.0
LEAST_VISIBLE = 0.25
"""What can be seen less of is neither asked for nor held against who finds it."""
ONE_OBJECT_IOU = 0.6
"""Boxes of two classes of one kind that overlap so much are one find, as the tracker takes them."""
SERVED_SCORE = AnalysisSettings().least_score

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Matches:
    """Finds of one kind in many frames, and how many could be found.

    Attributes:
        scores, right, stretch: of every find [M], its score, whether it hit something, and its stretch of footage.
        wanted, frames: of every stretch [S], objects to find, and frames.
    """

    scores: npt.NDArray[np.float32]
    right: npt.NDArray[np.bool_]
    stretch: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.int64]
    frames: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """One frame: what was found (one kind, best first), what should be, and what does not count [N,4]."""

    stretch: int
    boxes: Boxes
    scores: npt.NDArray[np.float32]
    truth: Boxes
    ignored: Boxes


def measure(footage: str, watched: Sequence[Watched]) -> list[Row]:
    """Rows per clip and overall, for people and vehicles, against drawn boxes and against the reference."""
    rows = []
    for against, frames_of in (("boxes by hand", _against_truth), ("PicoDet-S", _against_reference)):
        against_exact = "exact boxes" if footage == "rendered" else against
        for kind in (Kind.PERSON, Kind.VEHICLE):
            clips = {one.clip.name: frames_of(one, kind) for one in watched}
            clips = {clip: asked for clip, asked in clips.items() if any(len(frame.truth) for frame in asked)}
            if len(clips) > 1:
                rows.append(_row(footage, (against_exact, "overall", kind), joined(clips.values())))
            rows += [_row(footage, (against_exact, clip, kind), joined([asked])) for clip, asked in clips.items()]
    return rows


def of_kind(found: Found, kind: Kind) -> Found:
    """What was found of one kind, each object once, best first."""
    rows = [row for row in np.argsort(-found.scores, kind="stable") if KINDS[found.classes[row]] is kind]
    kept: list[int] = []
    for row in rows:
        if not kept or overlaps(found.boxes[row][None], found.boxes[kept]).max() <= ONE_OBJECT_IOU:
            kept.append(int(row))
    return Found(found.boxes[kept], found.scores[kept], found.classes[kept])


def overlaps(first: Boxes, second: Boxes) -> npt.NDArray[np.float64]:
    """Intersection over union of every pair of boxes [N,4] and [M,4]: [N,M]."""
    inner = shared(first, second)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (first, second)]
    return np.asarray(inner / np.maximum(areas[0][:, None] + areas[1][None] - inner, 1e-12))


def shared(first: Boxes, second: Boxes) -> npt.NDArray[np.float64]:
    """Area that every pair of boxes [N,4] and [M,4] has in common: [N,M]."""
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    opposite = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.asarray(np.prod(np.clip(opposite - corner, 0, None), axis=2))


def joined(clips: Iterable[Sequence[Asked]]) -> Matches:
    """Match every frame of several clips; a clip's stretches are its own."""
    scores: list[float] = []
    right: list[bool] = []
    stretch: list[int] = []
    wanted: list[int] = []
    frames: list[int] = []
    for clip in clips:
        numbers = {number: len(wanted) + place for place, number in enumerate(sorted({a.stretch for a in clip}))}
        wanted += [0] * len(numbers)
        frames += [0] * len(numbers)
        for asked in clip:
            row = numbers[asked.stretch]
            wanted[row] += len(asked.truth)
            frames[row] += 1
            for score, hit in matched(asked):
                scores.append(score)
                right.append(hit)
                stretch.append(row)
    order = np.argsort(-np.array(scores, np.float32), kind="stable")
    return Matches(
        np.array(scores, np.float32)[order],
        np.array(right, bool)[order],
        np.array(stretch, np.int64)[order],
        np.array(wanted, np.int64),
        np.array(frames, np.int64),
    )


def matched(asked: Asked) -> list[tuple[float, bool]]:
    """For every find that counts its score and whether it hit: best first, each takes the free object nearest to it."""
    free = overlaps(asked.boxes, asked.truth)
    beside = overlaps(asked.boxes, asked.ignored)
    found = []
    for row, score in enumerate(asked.scores):
        best = int(free[row].argmax()) if free.shape[1] else -1
        if best >= 0 and free[row, best] >= IOU:
            free[:, best] = -1
            found.append((float(score), True))
        elif not (beside.shape[1] and beside[row].max() >= IOU):
            found.append((float(score), False))
    return found


def average_precision(matches: Matches, counts: Counts) -> float:
    """COCO's average precision at one IoU, stretches counted so often. NaN where nothing could be found."""
    wanted = float(counts @ matches.wanted)
    if not wanted:
        return float("nan")
    weight = counts[matches.stretch]
    right = np.cumsum(weight * matches.right)
    wrong = np.cumsum(weight * ~matches.right)
    precision = right / np.maximum(right + wrong, 1e-12)
    # The best precision at this recall or a higher one.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / wanted, np.linspace(0, 1, 101), side="left")
    return float(np.where(places < len(precision), precision[np.minimum(places, len(precision) - 1)], 0).mean())


def recall_at(matches: Matches, counts: Counts, false_per_frame: float) -> float:
    """Recall with the lowest score at which there are at most so many false boxes a frame."""
    wanted = float(counts @ matches.wanted)
    if not wanted:
        return float("nan")
    weight = counts[matches.stretch]
    wrong = np.cumsum(weight * ~matches.right)
    allowed = np.searchsorted(wrong, false_per_frame * float(counts @ matches.frames), side="right")
    return float((weight * matches.right)[:allowed].sum() / wanted)


def recall_from(matches: Matches, counts: Counts, score: float) -> float:
    """Recall of what scores at least so much."""
    wanted = float(counts @ matches.wanted)
    hit = matches.right & (matches.scores >= score)
    return float((counts[matches.stretch] * hit).sum() / wanted) if wanted else float("nan")


def _row(footage: str, subject: tuple[str, ...], matches: Matches) -> Row:
    units = len(matches.wanted)
    wrong = ~matches.right & (matches.scores >= SERVED_SCORE)
    return Row(
        "detection",
        footage,
        subject,
        {
            "AP50": bootstrapped(lambda counts: average_precision(matches, counts), units),
            "recall@1FPPF": bootstrapped(lambda counts: recall_at(matches, counts, 1.0), units),
            f"recall@score{SERVED_SCORE}": bootstrapped(
                lambda counts: recall_from(matches, counts, SERVED_SCORE), units
            ),
            f"false/frame@score{SERVED_SCORE}": float(wrong.sum() / matches.frames.sum()),
            "objects": float(matches.wanted.sum()),
            "frames": float(matches.frames.sum()),
        },
    )


def _against_truth(watched: Watched, kind: Kind) -> list[Asked]:
    complete = set(watched.clip.complete)
    by_frame: dict[int, list[tuple[float, ...]]] = {number: [] for number in complete}
    ignored: dict[int, list[tuple[float, ...]]] = {number: [] for number in complete}
    for one in watched.clip.objects:
        for placed in one.boxes:
            if one.kind is kind and placed.frame in complete:
                (by_frame if placed.visible >= LEAST_VISIBLE else ignored)[placed.frame].append(placed.edges)
    return [
        _asked(watched, look, kind, by_frame[look.frame], ignored[look.frame])
        for look in watched.looks
        if look.frame in complete
    ]


def _against_reference(watched: Watched, kind: Kind) -> list[Asked]:
    asked = []
    for look in watched.looks:
        if look.reference is not None:
            asked.append(_asked(watched, look, kind, of_kind(look.reference, kind).boxes, ()))
    return asked


def _asked(
    watched: Watched,
    look: Look,
    kind: Kind,
    truth: Boxes | Sequence[tuple[float, ...]],
    ignored: Sequence[tuple[float, ...]],
) -> Asked:
    found = of_kind(look.found, kind)
    return Asked(
        int(look.frame / watched.fps // STRETCH_SECONDS),
        found.boxes,
        found.scores,
        np.array(truth, np.float32).reshape(-1, 4),
        np.array(ignored, np.float32).reshape(-1, 4),
    )
