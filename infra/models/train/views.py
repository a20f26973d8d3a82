"""What the `tiny` detector learns from: many views of few pictures, each labelled by the bigger detector.

A view is a picture moved, zoomed, mirrored, put together with others, or with cut-out objects pasted in. The teacher
looks at every view as it would look at a frame, and its scores are kept, so that the student learns how sure to be
(distillation, Hinton et al. 2015, arXiv:1503.02531; on unlabelled pictures, Radosavovic et al. 2018, arXiv:1712.04440).
"""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from infra.models.picodet import SERVED_HEIGHT, SERVED_WIDTH
from infra.models.train import footage, rendered, teacher
from infra.models.train.footage import Picture
from infra.models.train.pictures import UNCLEAR, WHOLE, Labelled, mosaic, pasted, placed
from infra.models.train.plan import Plan

# What the teacher looks at; the student gets it smaller.
HEIGHT, WIDTH = SERVED_HEIGHT, SERVED_WIDTH
CHUNK = 200
FLOOR = 0.2
"""Teacher's score below which nothing is told."""
KNOWN_SCORE = 0.5
"""How sure to be of what is known to be there, where the teacher does not see it."""
VISIBLE = 0.3
LEAST_PIXELS = 12
LEAST_SHARED = 0.2
"""Overlap (IoU) from which a box may be meant for a labelled object."""
COCO_NAMES = {"person": 0, "bicycle": 1, "car": 2, "motorcycle": 3, "bus": 4, "truck": 5}
# How often a view is taken from each kind of source.
ODDS = {"clips": 0.5, "stills": 0.25, "rendered": 0.25}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CutOut:
    """One object without its surroundings: UINT8 [h,w,3], how much of each pixel is object (0-1, [h,w]), its class."""

    picture: Picture
    mask: npt.NDArray[np.float32]
    klass: int


@dataclass(frozen=True)
class Sources:
    """Pictures to take views of, by kind (and by clip, so that a long one does not drown the rest), and cut-outs."""

    pictures: dict[str, list[list[Labelled]]]
    cut_outs: list[CutOut]


def views(plan: Plan) -> list[Labelled]:
    """Take views and have them labelled, or read them back: pictures UINT8 [320,544,3], memory-mapped."""
    chunks = -(-plan.views // CHUNK)
    # Named for what decides them, so that a smoke run's are not taken for a full run's.
    name = f"labelled-views-{plan.seed}-{plan.rendered_frames}-{plan.sample_every}"
    paths = [plan.cache / f"{name}-{number}" for number in range(chunks)]
    if not all(_rows(path).is_file() for path in paths):
        sources = _sources(plan)
        strong = teacher.picodet(plan.shared / "models")
        for number, path in enumerate(paths):
            if not _rows(path).is_file():
                _make(np.random.default_rng([plan.seed, number]), sources, strong, path)
                logger.info("detector: %d of %d chunks of views", number + 1, chunks)
    return [view for path in paths for view in _read(path)][: plan.views]


def _make(rng: np.random.Generator, sources: Sources, strong: teacher.Detector | None, path: Path) -> None:
    made = [labelled(_view(rng, sources), strong) for _ in range(CHUNK)]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(_pixels(path), np.stack([view.picture for view in made]))
    rows = [
        np.column_stack([np.full(len(view.boxes), place), view.boxes, view.classes, view.certainty])
        for place, view in enumerate(made)
    ]
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.npz")
    np.savez(unfinished, rows=np.concatenate(rows).astype(np.float32))
    unfinished.replace(_rows(path))


def _read(path: Path) -> list[Labelled]:
    pictures = np.load(_pixels(path), mmap_mode="r")
    with np.load(_rows(path)) as stored:
        rows = stored["rows"]
    parts = [rows[rows[:, 0] == place] for place in range(len(pictures))]
    return [
        Labelled(picture, part[:, 1:5], part[:, 5].astype(np.int64), part[:, 6])
        for picture, part in zip(pictures, parts, strict=True)
    ]


def _rows(path: Path) -> Path:
    return path.with_name(f"{path.name}.npz")


def _pixels(path: Path) -> Path:
    return path.with_name(f"{path.name}.npy")


def _sources(plan: Plan) -> Sources:
    strong = teacher.picodet(plan.shared / "models")
    clips: list[list[Labelled]] = []
    cut_outs: list[CutOut] = []
    for clip in footage.TRAINING_CLIPS:
        frames = footage.all_frames(plan.shared / "footage", (clip,), plan.sample_every)
        if not frames or strong is None:
            continue
        samples = []
        for frame in frames:
            found = strong(frame.picture).above(teacher.LABEL_SCORE)
            samples.append(Labelled(frame.picture, _in_pixels(frame.picture, found.boxes), found.classes))
        clips.append(samples)
        cut_outs += _cut_outs(samples)
    stills = []
    for still in footage.stills(plan.shared / "stills"):
        rows = [(box, COCO_NAMES[name]) for name, box in still.boxes if name in COCO_NAMES]
        boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
        classes = np.array([klass for _, klass in rows], np.int64)
        stills.append(Labelled(still.picture, boxes, classes, np.ones(len(rows), np.float32)))
    drawn = rendered.frames(plan.cache, plan.rendered_frames, 0)
    size = np.array([rendered.FRAME_WIDTH, rendered.FRAME_HEIGHT] * 2, np.float32)
    renderings = [
        Labelled(
            picture,
            np.concatenate([rows[:, 1:5], [[0, 0, 1, 1]]]).astype(np.float32) * size,
            np.append(np.where(rows[:, 5] < VISIBLE, UNCLEAR, rows[:, 0]), WHOLE).astype(np.int64),
            np.ones(len(rows) + 1, np.float32),
        )
        for picture, rows in zip(drawn.pictures, drawn.labels, strict=True)
    ]
    kinds = {"clips": clips, "stills": [[still] for still in stills], "rendered": [renderings]}
    logger.info("detector: %d clips, %d stills, %d cut-outs", len(clips), len(stills), len(cut_outs))
    return Sources({kind: groups for kind, groups in kinds.items() if groups}, cut_outs)


def _in_pixels(picture: Picture, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    height, width = picture.shape[:2]
    return boxes * np.array([width, height, width, height], np.float32)


def _cut_outs(samples: Sequence[Labelled]) -> list[CutOut]:
    """Cut out what differs from the clip's middle picture, which shows the place without what moves."""
    empty = np.median(np.stack([sample.picture for sample in samples[:: max(1, len(samples) // 40)]]), axis=0)
    found = []
    for sample in samples:
        height, width = sample.picture.shape[:2]
        for (x1, y1, x2, y2), klass in zip(sample.boxes.astype(int), sample.classes, strict=True):
            inside = x1 > 2 and y1 > 2 and x2 < width - 2 and y2 < height - 2
            if not inside or y2 - y1 < 30 or x2 - x1 < 14:
                continue
            crop = sample.picture[y1:y2, x1:x2]
            change = np.abs(crop - empty[y1:y2, x1:x2]).max(axis=2)
            solid = cv2.morphologyEx((change > 24).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
            if 0.3 < solid.mean() < 0.97:
                mask = np.asarray(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 1.0), np.float32)
                found.append(CutOut(crop, mask, int(klass)))
    return found


def _view(rng: np.random.Generator, sources: Sources) -> Labelled:
    odds = np.array([ODDS[kind] for kind in sources.pictures])
    kinds = list(sources.pictures)

    def one() -> Labelled:
        groups = sources.pictures[kinds[int(rng.choice(len(kinds), p=odds / odds.sum()))]]
        group = groups[int(rng.integers(len(groups)))]
        return group[int(rng.integers(len(group)))]

    chance = rng.random()
    if chance < 0.25:
        view = mosaic(rng, [one() for _ in range(4)], HEIGHT, WIDTH)
    elif chance < 0.35:
        parts = [mosaic(rng, [one() for _ in range(4)], HEIGHT // 2, WIDTH // 2) for _ in range(4)]
        view = mosaic(rng, parts, HEIGHT, WIDTH, still=True)
    else:
        view = placed(rng, one(), HEIGHT, WIDTH, still=chance < 0.5)
    if sources.cut_outs and rng.random() < 0.5:
        classes = np.array([cut_out.klass for cut_out in sources.cut_outs])
        likely = 1 / np.bincount(classes)[classes] ** 0.5
        for _ in range(int(rng.integers(1, 6))):
            chosen = sources.cut_outs[int(rng.choice(len(classes), p=likely / likely.sum()))]
            view = pasted(rng, view, chosen.picture, chosen.mask, chosen.klass)
    return view


def labelled(view: Labelled, strong: Callable[[Picture], teacher.Labels] | None) -> Labelled:
    """Give a view the teacher's boxes and scores, and what is known besides.

    Boxes drawn or labelled by hand (score 1) that the teacher misses are to be found all the same, and what it finds
    where everything is labelled (renderings) and nothing is, such as bollards, is not; what only an earlier look of
    the teacher has told is neither to be found nor to be missed.
    """
    whole, view = view.boxes[view.classes == WHOLE], _without_areas(view)
    if strong is None:
        return view
    found = strong(view.picture).above(FLOOR)
    boxes = _in_pixels(view.picture, found.boxes)
    true = ~_false(boxes, whole, view.boxes)
    boxes, classes, scores = boxes[true], found.classes[true], found.scores[true].copy()
    extra_boxes, extra_classes = [], []
    shared = teacher.overlaps(view.boxes, boxes) if len(boxes) else np.zeros((len(view.boxes), 1))
    for row, (box, klass, sure) in enumerate(zip(view.boxes, view.classes, view.certainty, strict=True)):
        alike = np.flatnonzero(shared[row] >= 0.5) if len(boxes) else np.zeros(0, int)
        if klass >= 0 and sure == 1:
            same = [place for place in alike if classes[place] == klass]
            if same:
                scores[same[0]] = max(scores[same[0]], KNOWN_SCORE)
                continue
            small = min(box[2:] - box[:2]) < LEAST_PIXELS / 2 or max(box[2:] - box[:2]) < LEAST_PIXELS
            extra_boxes.append(box)
            extra_classes.append(UNCLEAR if small else int(klass))
        elif not len(alike):
            extra_boxes.append(box)
            extra_classes.append(UNCLEAR)
    return Labelled(
        view.picture,
        np.concatenate([boxes, np.array(extra_boxes, np.float32).reshape(-1, 4)]),
        np.concatenate([classes, np.array(extra_classes, np.int64)]),
        np.concatenate([scores, np.full(len(extra_boxes), KNOWN_SCORE, np.float32)]),
    )


def _without_areas(view: Labelled) -> Labelled:
    objects = view.classes != WHOLE
    return Labelled(view.picture, view.boxes[objects], view.classes[objects], view.certainty[objects])


def _false(
    boxes: npt.NDArray[np.float32], whole: npt.NDArray[np.float32], known: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Which boxes lie, with their middle, where everything is labelled, and on nothing that is."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = np.logical_and(middles[:, None] >= whole[None, :, :2], middles[:, None] <= whole[None, :, 2:])
    on_known = teacher.overlaps(known, boxes) if len(boxes) and len(known) else np.zeros((1, len(boxes)))
    in_any = np.any(np.all(inside, axis=2), axis=1)
    return np.asarray(np.logical_and(in_any, np.max(on_known, axis=0) < LEAST_SHARED), np.bool_)
