"""Choosing the scores from which `faces` and `plates` are believed, and measuring what they cover and miss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infra.models.onnx_session import session_of
from infra.models.train import footage, teacher
from infra.models.train.footage import Picture
from infra.models.train.plan import Plan
from infra.models.train.redaction_network import KINDS, Boxes, Marked, head_of
from infra.models.train.redaction_pictures import FACE, PLATE, clips, rendered, with_plates_on_vehicles
from infra.models.train.redaction_teachers import Found, PlateTeacher
from infra.models.train.rendered import HELD_OUT_SEED
from infra.models.train.rendered_marks import views
from kit.pixels import letterbox

MARGIN = 0.15
"""Of a box's sides, added on every side before anything is covered: what the redactor does."""
COVERED = 0.8
"""Share of a face or plate that must be covered for it to count as found."""
FALSE_AREA = {"face": 0.01, "plate": 0.005}
"""Share of the pictures that may be covered for nothing: as much recall is taken as this buys."""
LOWEST, HIGHEST = 0.06, 0.5
NEAR_MISS = 0.1

Finder = Callable[[Picture], Found]


class Served:
    """A served `faces` or `plates` graph run directly."""

    def __init__(self, graph: bytes) -> None:
        self._session = session_of(graph)
        self._height, self._width = self._session.get_inputs()[0].shape[2:]

    def __call__(self, picture: Picture) -> Found:
        """Find in one picture, UINT8 [H,W,3] RGB."""
        pixels, place = letterbox(picture, self._height, self._width)
        boxes, scores = (output[0] for output in self._session.run(None, {"image": pixels[None]}))
        real = scores > 0
        height, width = picture.shape[:2]
        return Found((place.to_picture(boxes[real]) * np.array([width, height] * 2)).astype(np.float32), scores[real])


@dataclass
class Tally:
    """What was found in a set of pictures, added up.

    Attributes:
        wanted: faces or plates that count.
        covered: those of which `COVERED` lies under one box with its margin.
        matched: those that one box overlaps by half (IoU).
        false_area: shares of each picture that boxes cover which lie on nothing.
        false_boxes: how many boxes those are.
        misses: where the rest is.
    """

    wanted: int = 0
    covered: int = 0
    matched: int = 0
    pictures: int = 0
    false_area: float = 0.0
    false_boxes: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, name: str, marked: Marked, kind: int, boxes: Boxes) -> None:
        """Add one picture and the boxes found in it."""
        mine = marked.kinds == kind
        goals = marked.boxes[mine & marked.counted]
        self.pictures += 1
        self.wanted += len(goals)
        # What must be covered is the face; the box that is served is the head's.
        asked = head_of(goals) if kind == FACE else goals
        cover = shares_covered(goals, enlarged(boxes))
        match = teacher.overlaps(asked, boxes).max(1) if len(boxes) and len(goals) else np.zeros(len(goals))
        self.covered += int((cover >= COVERED).sum())
        self.matched += int((match >= 0.5).sum())
        for goal in goals[cover < COVERED]:
            x1, y1, x2, y2 = goal.round().astype(int).tolist()
            self.misses.append(f"{name} x {x1}-{x2} y {y1}-{y2}")
        wrong = _on_nothing(boxes, marked.boxes[mine])
        self.false_boxes += len(wrong)
        self.false_area += _area(wrong, *marked.picture.shape[:2])

    def figures(self, name: str) -> dict[str, Any]:
        """Give the figures under dotted names."""
        told: dict[str, Any] = {
            f"{name}.pictures": self.pictures,
            f"{name}.false_per_picture": round(self.false_boxes / max(self.pictures, 1), 3),
            f"{name}.false_area": round(self.false_area / max(self.pictures, 1), 5),
        }
        if self.wanted:
            told |= {
                f"{name}.objects": self.wanted,
                f"{name}.recall": round(self.covered / self.wanted, 4),
                f"{name}.recall_iou50": round(self.matched / self.wanted, 4),
            }
        return told


def enlarged(boxes: Boxes) -> Boxes:
    """Add the redactor's margin."""
    sides = (boxes[:, 2:] - boxes[:, :2]) * MARGIN
    return np.concatenate([boxes[:, :2] - sides, boxes[:, 2:] + sides], 1)


def shares_covered(goals: Boxes, boxes: Boxes) -> npt.NDArray[Any]:
    """Give for each goal the largest share of it that lies under one box."""
    if not len(boxes) or not len(goals):
        return np.zeros(len(goals))
    low = np.maximum(goals[:, None, :2], boxes[None, :, :2])
    high = np.minimum(goals[:, None, 2:], boxes[None, :, 2:])
    inner = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = np.prod(goals[:, 2:] - goals[:, :2], axis=1)
    return np.asarray(inner.max(1) / np.maximum(areas, 1e-6))


def _on_nothing(boxes: Boxes, marks: Boxes) -> Boxes:
    """Boxes whose middle lies in no mark, be it one that counts or one that does not, and that overlap none."""
    if not len(marks) or not len(boxes):
        return boxes
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    within = (middle[:, None] >= marks[None, :, :2]) & (middle[:, None] <= marks[None, :, 2:])
    inside = np.asarray(within.all(axis=2), np.bool_).any(axis=1)
    near = teacher.overlaps(boxes, marks).max(1) >= NEAR_MISS
    return np.asarray(boxes[~inside & ~near], np.float32)


def _area(boxes: Boxes, height: int, width: int) -> float:
    """Share of a picture that boxes cover, each place once."""
    covered = np.zeros((height, width), np.bool_)
    for x1, y1, x2, y2 in enlarged(boxes).tolist():
        covered[max(int(y1), 0) : max(int(np.ceil(y2)), 0), max(int(x1), 0) : max(int(np.ceil(x2)), 0)] = True
    return float(covered.mean())


def chosen_threshold(finder: Finder, kind: int, pictures: Sequence[Marked]) -> tuple[float, dict[str, Any]]:
    """Choose the lowest score at which no more is covered for nothing than is allowed, and say what it finds there."""
    found = [finder(marked.picture) for marked in pictures]
    tally = Tally()
    for threshold in np.arange(LOWEST, HIGHEST + 0.001, 0.01).round(2).tolist():
        tally = Tally()
        for marked, one in zip(pictures, found, strict=True):
            tally.add("", marked, kind, one.above(threshold).boxes)
        if tally.false_area / max(tally.pictures, 1) <= FALSE_AREA[KINDS[kind]]:
            break
    return threshold, tally.figures("calibration")


@dataclass(frozen=True)
class HeldOut:
    """Pictures that nothing was learnt from: by name of the set, each with where and when it was taken."""

    sets: dict[str, list[tuple[str, Marked]]]


def held_out(plan: Plan) -> HeldOut:
    """Make ready all that is measured on."""
    sets: dict[str, list[tuple[str, Marked]]] = {}
    known = views(plan.cache, plan.held_out_views, HELD_OUT_SEED)
    sets["rendered"] = [(f"view {number}", rendered(view).marked) for number, view in enumerate(known)]
    rng = np.random.default_rng(HELD_OUT_SEED)
    drawn = []
    for clip, sources in clips(plan, footage.HELD_OUT_CLIPS, plan.redaction_measure_every):
        name = Path(clip).stem
        sets[name] = [(f"{name} {seconds:.1f} s", source.marked) for seconds, source in sources]
        for seconds, source in sources[:: max(1, len(sources) // 20)]:
            marked = with_plates_on_vehicles(rng, source)
            if (marked.counted & (marked.kinds == PLATE)).any():
                drawn.append((f"{name} {seconds:.1f} s", marked))
    if drawn:
        sets["drawn_on_clips"] = drawn
    return HeldOut(sets)


def measure(finder: Finder, kind: int, threshold: float, known: HeldOut) -> dict[str, Any]:
    """Hold a finder against held-out clips and renderings.

    Returns:
        For each set `<set>.recall` (a share of `COVERED` lies under one box with its margin), `<set>.recall_iou50`,
        `<set>.objects`, `<set>.false_area` (share of the picture covered for nothing), `<set>.false_per_picture`; for
        faces the same under `real` for all clips together; and `misses`, where the faces or plates are that are missed.
    """
    figures: dict[str, Any] = {}
    misses: list[str] = []
    everything = Tally()
    for name, pictures in known.sets.items():
        if kind == FACE and name == "drawn_on_clips":
            continue
        tally = Tally()
        for where, marked in pictures:
            boxes = finder(marked.picture).above(threshold).boxes
            tally.add(where, marked, kind, boxes)
            if name not in ("rendered", "drawn_on_clips"):
                everything.add(where, marked, kind, boxes)
        figures |= tally.figures(name)
        misses += tally.misses
    figures |= everything.figures("real")
    return figures | {"misses": misses}


def peer(models: Path, known: HeldOut) -> dict[str, Any]:
    """Measure HyperLPR's plate finder on the same pictures, at the score that its makers use."""
    strong = PlateTeacher.load(models)
    if strong is None:
        return {}
    figures: dict[str, Any] = {}
    for name in ("rendered", "drawn_on_clips"):
        tally = Tally()
        for where, marked in known.sets.get(name, []):
            tally.add(where, marked, PLATE, strong(marked.picture).above(0.3).boxes)
        figures |= tally.figures(f"hyperlpr.{name}")
    return figures
