"""Teaching the appearance network to tell one person or vehicle from another, and measuring it.

Method: supervised contrastive learning, Khosla et al. 2020 (arXiv:2004.11362): sights of one object attract, others
repel. Where the OpenVINO runtime and the teacher's weights are at hand, likenesses of people are also learnt from
Intel's person-reidentification-retail-0287 (relational distillation, Park et al. 2019, arXiv:1904.05068).
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.train import footage, real_crops, rendered
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.crop_network import CropNetwork, ServedCropNetwork, shown, varied
from infra.models.train.detector import normalised
from infra.models.train.export import exported, halved, save
from infra.models.train.plan import Plan, learning_rate, pick_device
from infra.models.train.real_crops import RealCrop

HEIGHT, WIDTH = 128, 64
DIMENSION = 256
OBJECTS, SIGHTS = 32, 4
TEMPERATURE = 0.07
REAL_SHARE = 0.45
TEACHER_FILE = "person-reidentification-retail-0287.xml"
TEACHER_SHAPE = (256, 128)

Crops = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sights:
    """Crops of objects, several of each.

    Attributes:
        pictures: UINT8 [N,192,128,3].
        rows: for each object the places of its crops.
        taught: FP32 [N,256], the teacher's vectors; zero where it has nothing to say.
    """

    pictures: Tensor
    rows: list[Tensor]
    taught: Tensor


def train(plan: Plan) -> None:
    """Train, export to the repository, measure."""
    torch.manual_seed(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    device = pick_device()
    strong = teacher_vectors(plan.shared / "models")
    sources = [_rendered(plan, strong), *_real(plan, strong)]
    logger.info("appearance: %s objects", [len(source.rows) for source in sources])
    network = CropNetwork(DIMENSION).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.appearance_rate, weight_decay=0.02)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    checkpoint = Checkpoint(plan.cache / "appearance.pt", network=network, optimizer=optimizer, average=average)
    for step in range(checkpoint.resume(), plan.appearance_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, plan.appearance_steps, plan.appearance_rate)
        pictures, objects, taught = _batch(generator, sources)
        lit = varied(generator, pictures, HEIGHT, WIDTH, colour=0.06, erase=0.25)
        vectors = network(normalised(lit.to(device)).contiguous(memory_format=torch.channels_last))
        apart = _supervised_contrast(vectors, objects.to(device))
        alike = _relations(vectors, taught.to(device))
        optimizer.zero_grad()
        (apart + 5 * alike).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 25 == 0:
            logger.info(
                "appearance: step %d of %d, contrast %.3f, teacher %.4f",
                step,
                plan.appearance_steps,
                apart.item(),
                alike.item(),
            )
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
            _save(average.module, plan, {})
    _save(average.module, plan, measure(average.module, plan, strong))
    checkpoint.done()


def _save(network: Any, plan: Plan, figures: dict[str, float]) -> None:
    copy = CropNetwork(DIMENSION)
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    model = halved(exported(ServedCropNetwork(copy), (3, HEIGHT, WIDTH), {"embedding": (DIMENSION,)}))
    save(model, plan.target / "appearance", figures)


def measure(network: nn.Module, plan: Plan, strong: Callable[[Crops], Vectors] | None) -> dict[str, float]:
    """Measure on what was never trained on: rank-1, the share of crops whose most alike crop shows the same object.

    - `one_by_one`: six people labelled by eye; a person's earlier crops are looked for among everybody's later ones.
    - `tracks`: the teacher detector's tracks in all held-out clips; the first half of each is looked for among the
      second halves of all of the same clip.
    - `rendered`: another camera's and light's sight of the same actor among all others.
    Each for ours, a colour histogram (three strips) and, where it is there, the teacher.
    """
    ways: dict[str, Callable[[Crops], Vectors]] = {
        "ours": lambda crops: vectors_of(network, crops),
        "histogram": histograms,
    }
    if strong is not None:
        ways["retail_0287"] = strong
    held = rendered.crops(plan.cache, plan.held_out_crops, rendered.HELD_OUT_SEED)
    crops = real_crops.from_clips(plan.shared, footage.HELD_OUT_CLIPS, plan.sample_every)
    people = _labelled_people(plan.shared, crops)
    figures: dict[str, float] = {}
    for name, way in ways.items():
        figures[f"rendered.rank1.{name}"] = _rank1_across(way(held.pictures), held.actors)
        if not crops:
            continue
        vectors = way(np.stack([crop.picture for crop in crops]))
        if people is not None:
            rows = people >= 0
            clip = np.zeros(int(rows.sum()))
            figures[f"one_by_one.rank1.{name}"] = _rank1_halves(vectors[rows], people[rows], clip)
        tracks = np.array([crop.track for crop in crops])
        clips = np.array([footage.HELD_OUT_CLIPS.index(crop.clip) for crop in crops])
        figures[f"tracks.rank1.{name}"] = _rank1_halves(vectors, tracks, clips)
    return figures


def vectors_of(network: nn.Module, pictures: Crops) -> Vectors:
    """Give the vectors of crops, UINT8 [N,192,128,3], as they would be served."""
    network = network.eval().cpu()
    with torch.no_grad():
        parts = [
            network(normalised(shown(part, HEIGHT, WIDTH)).contiguous(memory_format=torch.channels_last)).numpy()
            for part in torch.from_numpy(pictures).split(128)
        ]
    return np.concatenate(parts)


def histograms(pictures: Crops) -> Vectors:
    """Give colour histograms (hue and saturation, three strips) as vectors of unit length: what must be beaten."""
    vectors = []
    for picture in pictures:
        colours = cv2.cvtColor(picture[:, 24:104], cv2.COLOR_RGB2HSV)
        strips = [
            cv2.calcHist([strip], [0, 1], None, [12, 6], [0, 180, 0, 256]).ravel() for strip in np.split(colours, 3)
        ]
        vectors.append(np.sqrt(np.concatenate(strips)))
    stacked = np.stack(vectors)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)


def teacher_vectors(models: Path) -> Callable[[Crops], Vectors] | None:
    """Load the re-identification teacher; None where its weights or the OpenVINO runtime are absent."""
    path = models / TEACHER_FILE
    if not path.is_file():
        return None
    try:
        import openvino
    except ModuleNotFoundError:
        logger.warning("appearance: no OpenVINO runtime, training without the teacher")
        return None
    model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_NUM_THREADS": 1})
    request = model.create_infer_request()

    def vectors(pictures: Crops) -> Vectors:
        found = []
        for picture in pictures:
            sized = cv2.resize(picture, (TEACHER_SHAPE[1], TEACHER_SHAPE[0]))[:, :, ::-1]
            request.infer({0: np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32)})
            found.append(request.get_output_tensor(0).data.ravel().copy())
        stacked = np.stack(found)
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)

    return vectors


def _labelled_people(shared: Path, crops: list[RealCrop]) -> npt.NDArray[np.int64] | None:
    """Number the people of the one-by-one clip by the labelled intervals; -1 for every other crop."""
    truth = shared / "footage" / "truth.json"
    if not truth.is_file():
        return None
    clip = footage.HELD_OUT_CLIPS[0]
    labelled = json.loads(truth.read_text())["clips"][clip]
    numbers = np.full(len(crops), -1, np.int64)
    for row, crop in enumerate(crops):
        if crop.clip != clip or crop.klass != "person":
            continue
        for number, person in enumerate(labelled["persons"]):
            first, last = person["frames"]
            if first <= crop.seconds * labelled["fps"] <= last:
                numbers[row] = number
    return numbers if (numbers >= 0).any() else None


def _rank1_halves(vectors: Vectors, objects: npt.NDArray[Any], groups: npt.NDArray[Any]) -> float:
    """Look for each object's earlier crops among all later crops of the same group."""
    early = np.zeros(len(objects), bool)
    for thing in np.unique(objects):
        rows = np.flatnonzero(objects == thing)
        early[rows[: len(rows) // 2]] = True
    likeness = vectors[early] @ vectors[~early].T
    likeness[groups[early][:, None] != groups[~early][None]] = -2
    return round(float((objects[~early][likeness.argmax(1)] == objects[early]).mean()), 4)


def _rank1_across(vectors: Vectors, objects: npt.NDArray[np.int64]) -> float:
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    return round(float((objects[likeness.argmax(1)] == objects).mean()), 4)


def _rendered(plan: Plan, strong: Callable[[Crops], Vectors] | None) -> Sights:
    crops = rendered.crops(plan.cache, plan.rendered_crops, 0)
    people = np.array([seen["class"] == "person" for seen in crops.attributes])
    # A third of the rendered people are enough for the teacher to show what it attends to.
    asked = people & (crops.actors % 3 == 0)
    return _sights(crops.pictures, crops.actors, asked, strong)


def _real(plan: Plan, strong: Callable[[Crops], Vectors] | None) -> list[Sights]:
    crops = real_crops.from_clips(plan.shared, footage.TRAINING_CLIPS, plan.sample_every)
    if not crops:
        return []
    people = np.array([crop.klass == "person" for crop in crops])
    return [
        _sights(np.stack([crop.picture for crop in crops]), np.array([crop.track for crop in crops]), people, strong)
    ]


def _sights(
    pictures: Crops,
    objects: npt.NDArray[np.int64],
    asked: npt.NDArray[np.bool_],
    strong: Callable[[Crops], Vectors] | None,
) -> Sights:
    taught = np.zeros((len(pictures), DIMENSION), np.float32)
    if strong is not None and asked.any():
        taught[asked] = strong(pictures[asked])
    rows = [torch.from_numpy(np.flatnonzero(objects == thing)) for thing in np.unique(objects)]
    return Sights(torch.from_numpy(pictures), [some for some in rows if len(some) > 1], torch.from_numpy(taught))


def _batch(generator: torch.Generator, sources: list[Sights]) -> tuple[Tensor, Tensor, Tensor]:
    """Take some sights of some objects: pictures [N,192,128,3], object numbers [N], teacher's vectors [N,256]."""
    real = round(OBJECTS * REAL_SHARE) if len(sources) > 1 else 0
    pictures, taught = [], []
    for source, count in zip(sources, (OBJECTS - real, real), strict=False):
        count = min(count, len(source.rows))  # noqa: PLW2901 - a small source gives what it has
        for thing in torch.randperm(len(source.rows), generator=generator)[:count]:
            rows = source.rows[int(thing)]
            chosen = rows[torch.randint(0, len(rows), (SIGHTS,), generator=generator)]
            pictures.append(source.pictures[chosen])
            taught.append(source.taught[chosen])
    objects = torch.arange(len(pictures)).repeat_interleave(SIGHTS)
    return torch.cat(pictures), objects, torch.cat(taught)


def _supervised_contrast(vectors: Tensor, objects: Tensor) -> Tensor:
    likeness = vectors @ vectors.T / TEMPERATURE
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    chances = likeness.masked_fill(itself, -1e4).log_softmax(1)
    same = (objects[:, None] == objects[None]) & ~itself
    return -(chances * same).sum(1).div(same.sum(1)).mean()


def _relations(vectors: Tensor, taught: Tensor) -> Tensor:
    """Compare our likenesses of people with the teacher's."""
    rows = taught.abs().sum(1) > 0
    if rows.sum() < 2:
        return vectors.sum() * 0
    ours, theirs = vectors[rows] @ vectors[rows].T, taught[rows] @ taught[rows].T
    return functional.mse_loss(ours, theirs)
