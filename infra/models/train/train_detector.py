"""Teaching the `tiny` detector, and measuring it on what it never saw."""

import copy
import logging
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from onnx import numpy_helper
from torch import Tensor

from infra.models.onnx_session import session_of
from infra.models.train import footage, teacher
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.detector import (
    CLASSES,
    FROZEN_CHANNELS,
    STRIDE,
    FrozenFront,
    ServedDetector,
    loss,
    new_networks,
    targets,
)
from infra.models.train.detector_figures import measure, score_of_false_boxes
from infra.models.train.export import exported, halved, save, with_suppression
from infra.models.train.pictures import Labelled, placed, relit, worn
from infra.models.train.plan import Plan, pick_device, restarted_rate
from infra.models.train.quantise import quantised
from infra.models.train.views import views

# The served input, and the smaller window on a view at a time that training can afford.
HEIGHT, WIDTH = 224, 384
WINDOW_HEIGHT, WINDOW_WIDTH = 192, 320
BATCH = 16
PRETRAINED_SHARE = 0.2
"""How fast the pretrained part learns, of how fast the new one does."""
CALIBRATION_VIEWS = 96
ONE_VEHICLE = (2, 4, 5)
"""Car, bus and truck: what is one of them is not another."""
KEPT_FLOAT = ("/heat/heat.1/", "/distance/distance.1/")
"""The last layers: their outputs must be finer than 256 steps."""
HEAT_BIAS = "network.heat.1.bias"
WANTED_SCORE = 0.4
FALSE_EACH = 0.1
"""Where one box a picture is false."""
ZOOM = (0.9, 2.0)
"""Of a view in the window: 1.2 is the size that it has in the served input."""

logger = logging.getLogger(__name__)


def train(plan: Plan) -> None:
    """Train, export to the repository, measure."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    device = pick_device()
    samples = views(plan)
    logger.info("detector: %d views", len(samples))
    front, network = new_networks()
    seen = _Front(front, _calibration(samples, rng, WINDOW_HEIGHT, WINDOW_WIDTH))
    network = network.to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        [{"params": network.pretrained(), "share": PRETRAINED_SHARE}, {"params": network.new(), "share": 1.0}],
        lr=plan.detector_rate,
        weight_decay=0.01,
    )
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    steps = sum(plan.detector_steps)
    batches = _batches(rng, samples)
    checkpoint = Checkpoint(plan.cache / "detect.pt", network=network, optimizer=optimizer, average=average)
    for step in range(checkpoint.resume(), steps):
        for group in optimizer.param_groups:
            group["lr"] = restarted_rate(step, plan.detector_steps, plan.detector_rate) * group["share"]
        images, wanted = next(batches)
        maps = [part.to(device, memory_format=torch.channels_last) for part in seen(images)]
        focal, box = loss(network(*maps), tuple(part.to(device) for part in wanted))
        optimizer.zero_grad()
        (focal + 5 * box).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 20.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 20 == 0:
            logger.info("detector: step %d of %d, focal %.3f, box %.3f", step, steps, focal, box)
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
    graph = served(front, average.module, samples, rng)
    surer(graph, score_to_begin_with(finished(graph), plan))
    model = finished(graph)
    save(model, plan.target / "detect", measure(model.SerializeToString(), plan))
    checkpoint.done()


class _Front:
    """The part that is not learnt, run with 8 bits as it will be served: what comes after it learns with its noise."""

    def __init__(self, front: FrozenFront, pictures: npt.NDArray[np.uint8]) -> None:
        sizes = [(WINDOW_HEIGHT // stride, WINDOW_WIDTH // stride) for stride in (STRIDE, 2 * STRIDE)]
        maps = {
            f"at{k}": (channels, *size) for k, (channels, size) in enumerate(zip(FROZEN_CHANNELS, sizes, strict=True))
        }
        graph = quantised(exported(front, (3, WINDOW_HEIGHT, WINDOW_WIDTH), maps), pictures)
        self._session = session_of(graph.SerializeToString(), torch.get_num_threads())

    def __call__(self, images: npt.NDArray[np.uint8]) -> list[Tensor]:
        return [torch.from_numpy(part) for part in self._session.run(None, {"image": images})]


def served(front: FrozenFront, network: Any, samples: list[Labelled], rng: np.random.Generator) -> Any:
    """Put both halves and the decoding of boxes into one graph with 8 bits, its ranges seen on training views."""
    whole = ServedDetector(front, copy.deepcopy(network).cpu(), HEIGHT, WIDTH)
    places = (HEIGHT // STRIDE) * (WIDTH // STRIDE)
    graph = exported(whole, (3, HEIGHT, WIDTH), {"raw_boxes": (places, 4), "raw_scores": (CLASSES, places)})
    return quantised(graph, _calibration(samples, rng, HEIGHT, WIDTH), keep_float=KEPT_FLOAT)


def finished(graph: Any) -> Any:
    """Put suppression behind a copy of a graph and store its weights small."""
    return halved(with_suppression(copy.deepcopy(graph), ONE_VEHICLE))


def score_to_begin_with(model: Any, plan: Plan) -> float:
    """Find the score from which one person in ten pictures is false: the median over the training clips.

    With one in every picture, which a search for single pictures would bear, tracks begin at bollards and bags.
    """
    student, strong = teacher.Detector(model.SerializeToString()), teacher.picodet(plan.shared / "models")
    if strong is None:
        return WANTED_SCORE
    scores = []
    for clip in footage.TRAINING_CLIPS:
        frames = footage.all_frames(plan.shared / "footage", (clip,), plan.measure_every)
        if frames:
            found = [student(frame.picture) for frame in frames]
            wanted = [strong(frame.picture).above(teacher.LABEL_SCORE) for frame in frames]
            scores.append(score_of_false_boxes(found, wanted, FALSE_EACH))
    return float(np.median(scores)) if scores else WANTED_SCORE


def surer(model: Any, score: float) -> None:
    """Shift all scores of a model, in logits, so that what had this score has 0.4, from which ingest begins tracks."""
    score = min(max(score, 0.05), 0.95)
    shift = math.log(WANTED_SCORE / (1 - WANTED_SCORE)) - math.log(score / (1 - score))
    bias = next(weight for weight in model.graph.initializer if weight.name == HEAT_BIAS)
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + np.float32(shift), HEAT_BIAS))
    logger.info("detector: scores of %.3f become %.1f", score, WANTED_SCORE)


def _calibration(samples: list[Labelled], rng: np.random.Generator, height: int, width: int) -> npt.NDArray[np.uint8]:
    chosen = rng.choice(len(samples), min(CALIBRATION_VIEWS, len(samples)), replace=False)
    pictures = [relit(rng, placed(rng, samples[row], height, width, zoom=(0.9, 1.6)).picture) for row in chosen]
    return np.stack(pictures).transpose(0, 3, 1, 2)


def _batches(
    rng: np.random.Generator, samples: list[Labelled]
) -> Iterator[tuple[npt.NDArray[np.uint8], tuple[Tensor, ...]]]:
    """Give UINT8 pictures [16,3,h,w] and what is wanted of them, without end."""
    while True:
        chosen = [samples[int(rng.integers(len(samples)))] for _ in range(BATCH)]
        windows = [placed(rng, sample, WINDOW_HEIGHT, WINDOW_WIDTH, zoom=ZOOM) for sample in chosen]
        windows = [
            Labelled(worn(rng, relit(rng, seen.picture)), seen.boxes, seen.classes, seen.scores) for seen in windows
        ]
        images = np.stack([seen.picture for seen in windows]).transpose(0, 3, 1, 2).copy()
        parts = zip(*(targets(seen) for seen in windows), strict=True)
        yield images, tuple(torch.from_numpy(np.stack(part)) for part in parts)
