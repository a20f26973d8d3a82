"""Teaching the `tiny` detector, and measuring it on what it never saw."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from infra.models.train import footage, rendered, teacher
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.detector import CLASSES, STRIDE, ServedDetector, TinyDetector, loss, normalised, targets
from infra.models.train.export import exported, halved, save, with_suppression
from infra.models.train.footage import Picture
from infra.models.train.pictures import Labelled, mosaic, pasted, placed, relit
from infra.models.train.plan import Plan, pick_device, restarted_rate

HEIGHT, WIDTH = 224, 384
BATCH = 16
# Between these the teacher is unsure: neither to be found nor to be missed.
UNSURE_SCORE = 0.15
VISIBLE = 0.3
SCORES = (0.2, 0.3, 0.4)
GROUPS = {"person": (0,), "vehicle": (2, 3, 4, 5), "bicycle": (1,)}
COCO_NAMES = {"person": 0, "bicycle": 1, "car": 2, "motorcycle": 3, "bus": 4, "truck": 5}

logger = logging.getLogger(__name__)


def train(plan: Plan) -> None:
    """Train, export to the repository, measure."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    device = pick_device()
    rendered_samples = _rendered(plan.cache, plan.rendered_frames, 0)
    real_samples = _real(plan)
    logger.info("detector: %d rendered and %d real pictures", len(rendered_samples), len(real_samples))
    network = TinyDetector().to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.detector_rate, weight_decay=0.01)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    steps = sum(plan.detector_steps)
    batches = _batches(rng, rendered_samples, real_samples)
    checkpoint = Checkpoint(plan.cache / "detect.pt", network=network, optimizer=optimizer, average=average)
    for step in range(checkpoint.resume(), steps):
        for group in optimizer.param_groups:
            group["lr"] = restarted_rate(step, plan.detector_steps, plan.detector_rate)
        images, wanted = next(batches)
        heat, distance = network(normalised(images.to(device)).contiguous(memory_format=torch.channels_last))
        focal, box = loss(heat, distance, tuple(part.to(device) for part in wanted))
        optimizer.zero_grad()
        (focal + 5 * box).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 20.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 50 == 0:
            logger.info("detector: step %d of %d, focal %.3f, box %.3f", step, steps, focal, box)
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
            _save(average.module, plan, measured=False)
    _save(average.module, plan, measured=True)
    checkpoint.done()


def _save(network: Any, plan: Plan, *, measured: bool) -> None:
    copy = TinyDetector()
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    served = ServedDetector(copy, HEIGHT, WIDTH)
    places = (HEIGHT // STRIDE) * (WIDTH // STRIDE)
    model = halved(
        with_suppression(
            exported(served, (3, HEIGHT, WIDTH), {"raw_boxes": (places, 4), "raw_scores": (CLASSES, places)})
        )
    )
    figures = measure(model.SerializeToString(), plan) if measured else {}
    save(model, plan.target / "detect", figures)


def measure(graph: bytes, plan: Plan) -> dict[str, float]:
    """Hold a served detector against the teacher on held-out clips, and against the truth on held-out renderings.

    Returns:
        `<set>.<group>.recall@<score>` at IoU 0.5, `<set>.false_per_frame@<score>` and how many objects there were.
    """
    student = teacher.Detector(graph)
    figures: dict[str, float] = {}
    frames = rendered.frames(plan.cache, plan.held_out_frames, rendered.HELD_OUT_SEED)
    truth = [
        teacher.Labels(rows[:, 1:5], rows[:, 0].astype(np.int64), rows[:, 5])
        for rows in (labels[labels[:, 5] >= VISIBLE] for labels in frames.labels)
    ]
    figures |= _compared("rendered", [student(picture) for picture in frames.pictures], truth)
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
        figures |= _compared(Path(clip).stem, found, wanted)
    return figures | _compared("real", *everything)


def _compared(name: str, found: list[teacher.Labels], wanted: list[teacher.Labels]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for score in SCORES:
        spurious = 0
        for group, classes in GROUPS.items():
            hits = total = 0
            for ours, theirs in zip(found, wanted, strict=True):
                sure = ours.above(score)
                mine = sure.boxes[np.isin(sure.classes, classes)]
                goal = theirs.boxes[np.isin(theirs.classes, classes)]
                matched = _matches(mine, goal)
                hits, total, spurious = hits + matched, total + len(goal), spurious + len(mine) - matched
            if total:
                figures[f"{name}.{group}.recall@{score}"] = round(hits / total, 4)
                figures[f"{name}.{group}.objects"] = total
        figures[f"{name}.false_per_frame@{score}"] = round(spurious / max(len(found), 1), 3)
    return figures


def _matches(found: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> int:
    """Count one-to-one matches at IoU 0.5, best first."""
    if not len(found) or not len(wanted):
        return 0
    shared = teacher.overlaps(found, wanted)
    matched = 0
    while shared.max() >= 0.5:
        row, column = np.unravel_index(int(shared.argmax()), shared.shape)
        shared[row], shared[:, column] = -1, -1
        matched += 1
    return matched


def _rendered(cache: Path, count: int, seed: int) -> list[Labelled]:
    frames = rendered.frames(cache, count, seed)
    size = np.array([rendered.FRAME_WIDTH, rendered.FRAME_HEIGHT] * 2, np.float32)
    return [
        Labelled(picture, rows[:, 1:5] * size, np.where(rows[:, 5] < VISIBLE, -1, rows[:, 0]).astype(np.int64))
        for picture, rows in zip(frames.pictures, frames.labels, strict=True)
    ]


def _real(plan: Plan) -> list[Labelled]:
    """Training clips as the teacher sees them, and stills as people labelled them."""
    samples: list[Labelled] = []
    strong = teacher.picodet(plan.shared / "models")
    if strong is not None:
        for frame in footage.all_frames(plan.shared / "footage", footage.TRAINING_CLIPS, plan.sample_every):
            labels = strong(frame.picture).above(UNSURE_SCORE)
            classes = np.where(labels.scores < teacher.LABEL_SCORE, -1, labels.classes)
            samples.append(Labelled(frame.picture, _in_pixels(frame.picture, labels.boxes), classes))
    for still in footage.stills(plan.shared / "stills"):
        rows = [(box, COCO_NAMES[name]) for name, box in still.boxes if name in COCO_NAMES]
        boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
        samples.append(Labelled(still.picture, boxes, np.array([klass for _, klass in rows], np.int64)))
    return samples


def _in_pixels(picture: Picture, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    height, width = picture.shape[:2]
    return boxes * np.array([width, height, width, height], np.float32)


def _crops(samples: list[Labelled]) -> list[tuple[Picture, int]]:
    """Cut out what is clear and whole, to paste it elsewhere."""
    crops = []
    for sample in samples:
        height, width = sample.picture.shape[:2]
        for (x1, y1, x2, y2), klass in zip(sample.boxes.astype(int), sample.classes, strict=True):
            inside = x1 > 2 and y1 > 2 and x2 < width - 2 and y2 < height - 2
            if klass >= 0 and inside and y2 - y1 > 30 and x2 - x1 > 14:
                crops.append((sample.picture[y1:y2, x1:x2], int(klass)))
    return crops


def _batches(
    rng: np.random.Generator, synthetic: list[Labelled], real: list[Labelled]
) -> Iterator[tuple[Tensor, tuple[Tensor, Tensor, Tensor, Tensor]]]:
    crops = _crops(real)
    # Every class as often as another, or the many parked cars would drown the rest.
    counts = np.bincount([klass for _, klass in crops], minlength=6) if crops else np.zeros(6)
    odds = np.array([1 / counts[klass] for _, klass in crops])
    odds /= max(odds.sum(), 1e-9)

    # Pictures with something else than people are rarer among the rendered ones: show them twice as often.
    weights = np.array([2.0 if (sample.classes > 0).any() else 1.0 for sample in synthetic])
    weights /= weights.sum()

    def one() -> Labelled:
        if real and rng.random() < 0.5:
            return real[int(rng.integers(len(real)))]
        return synthetic[int(rng.choice(len(synthetic), p=weights))]

    while True:
        samples = []
        for _ in range(BATCH):
            if rng.random() < 0.12:
                sample = mosaic(rng, [one() for _ in range(4)], HEIGHT, WIDTH)
            else:
                sample = placed(rng, one(), HEIGHT, WIDTH, still=rng.random() < 0.3)
            if crops and rng.random() < 0.4:
                for _ in range(int(rng.integers(1, 4))):
                    sample = pasted(rng, sample, *crops[int(rng.choice(len(crops), p=odds))])
            samples.append(Labelled(relit(rng, sample.picture), sample.boxes, sample.classes))
        images = torch.from_numpy(np.stack([sample.picture for sample in samples]).transpose(0, 3, 1, 2).copy())
        wanted = [
            torch.from_numpy(np.stack(part)) for part in zip(*(targets(sample) for sample in samples), strict=True)
        ]
        yield images, (wanted[0], wanted[1], wanted[2], wanted[3])
