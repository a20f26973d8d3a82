"""Teaching the image tower to put pictures where the text tower puts their captions, and measuring it.

Method: locked-text tuning, Zhai et al. 2022 (arXiv:2111.07991): the text tower stays as it is, the image tower learns
by a contrastive loss. Captions that mean nearly the same are not held against each other: the goal of each row is soft,
as in SoftCLIP, Gao et al. 2023 (arXiv:2303.17561). Attributes are learnt beside it, which makes it quick.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.profiles import REPOSITORY
from infra.models.train import footage, real_crops, rendered
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.crop_network import CropNetwork, ServedCropNetwork, shown, varied
from infra.models.train.detector import normalised
from infra.models.train.export import exported, halved, save
from infra.models.train.plan import Plan, learning_rate, pick_device
from infra.models.train.rendered import RenderedCrops
from kit.tokens import tokenise

SIZE = 96
DIMENSION = 384
BATCH = 128
TEMPERATURE = 0.05
SOFTNESS = 0.04
"""Temperature of the captions' likeness to each other."""
CAPTIONS_EACH = 3
SHARE_RENDERED, SHARE_SCENES = 0.6, 0.15
ATTRIBUTES = (
    "class",
    "upper",
    "upper_colour",
    "lower",
    "lower_colour",
    "vehicle",
    "vehicle_colour",
    "headwear",
    "bag",
    "vest",
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Captioned:
    """Pictures with captions and, where they are known, attributes.

    Attributes:
        pictures: UINT8 [N,192,128,3].
        captions: INT64 [N,3], places in the table of caption vectors.
        attributes: INT64 [N,10], places in the lists of values, -1 where unknown.
    """

    pictures: Tensor
    captions: Tensor
    attributes: Tensor


class MissingTextTowerError(RuntimeError):
    """The image tower learns from the text tower, which is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not there: build it with `sightline models build-text`")


class TextVectors:
    """The text tower, run directly, with what it said kept in a cache folder."""

    def __init__(self, cache: Path) -> None:
        tower = REPOSITORY / "embed_text" / "1" / "model.onnx"
        if not tower.is_file():
            raise MissingTextTowerError(tower)
        self._cache = cache
        self._session = onnxruntime.InferenceSession(str(tower), providers=["CPUExecutionProvider"])

    def __call__(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """Give FP32 [n,384] of unit length."""
        key = hashlib.sha256("\n".join(sentences).encode()).hexdigest()[:16]
        path = self._cache / f"text-{key}.npy"
        if path.is_file():
            return np.asarray(np.load(path), np.float32)
        # By length, so that little is padded.
        order = np.argsort([len(sentence) for sentence in sentences], kind="stable")
        vectors = np.zeros((len(sentences), DIMENSION), np.float32)
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            ids, mask = tokenise([sentences[row] for row in rows], "minilm-l6-v2", 64)
            longest = int(mask.sum(1).max())
            feed = {"input_ids": ids[:, :longest], "attention_mask": mask[:, :longest]}
            vectors[rows] = self._session.run(None, feed)[0]
        np.save(path, vectors)
        return vectors


def train(plan: Plan) -> None:
    """Train, export to the repository, measure."""
    torch.manual_seed(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    device = pick_device()
    texts = TextVectors(plan.cache)
    sources, table, values = _gathered(plan, texts)
    logger.info("image tower: %s pictures, %d captions", [len(source.pictures) for source in sources], len(table))
    network = CropNetwork(DIMENSION).to(device, memory_format=torch.channels_last)
    heads = nn.ModuleList([nn.Linear(network.features, len(value)) for value in values]).to(device)
    weights = [*network.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=plan.image_rate, weight_decay=0.02)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    checkpoint = Checkpoint(
        plan.cache / "embed_image.pt", network=network, optimizer=optimizer, average=average, heads=heads
    )
    for step in range(checkpoint.resume(), plan.image_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, plan.image_steps, plan.image_rate)
        batch = _batch(generator, sources)
        pictures = varied(generator, batch.pictures, SIZE, SIZE, colour=0.06)
        chosen = batch.captions[torch.arange(BATCH), torch.randint(0, CAPTIONS_EACH, (BATCH,), generator=generator)]
        captions = table[chosen].to(device)
        features = network.pooled(_prepared(pictures, device))
        vectors = functional.normalize(network.last(features), dim=1)
        contrast = _contrast(vectors, captions)
        nearness = (1 - (vectors * captions).sum(1)).mean()
        known = _attribute_loss(heads, features, batch.attributes.to(device))
        optimizer.zero_grad()
        (contrast + nearness + 0.5 * known).backward()
        torch.nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 25 == 0:
            logger.info(
                "image tower: step %d of %d, contrast %.3f, nearness %.3f, attributes %.3f",
                step,
                plan.image_steps,
                contrast.item(),
                nearness.item(),
                known.item(),
            )
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
            _save(average.module, plan, {})
    _save(average.module, plan, measure(average.module, plan, texts))
    checkpoint.done()


def _save(network: Any, plan: Plan, figures: dict[str, float]) -> None:
    copy = CropNetwork(DIMENSION)
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    model = halved(exported(ServedCropNetwork(copy), (3, SIZE, SIZE), {"embedding": (DIMENSION,)}))
    save(model, plan.target / "embed_image", figures)


def vectors_of(network: nn.Module, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Give the vectors of crops, UINT8 [N,192,128,3], as they would be served."""
    network = network.eval().cpu()
    parts = []
    with torch.no_grad():
        for part in torch.from_numpy(pictures).split(128):
            parts.append(network(_prepared(shown(part, SIZE, SIZE), torch.device("cpu"))).numpy())
    return np.concatenate(parts)


def measure(network: nn.Module, plan: Plan, texts: TextVectors) -> dict[str, float]:
    """Measure on what was never trained on.

    Returns:
        `real.person_vs_car.<class>`: share of real held-out crops that are nearer to the right one of "a person" and "a
        car"; `rendered.colour.hit@5`: share of colour-and-class queries with a right crop among the first five;
        `rendered.colour.precision@5`: share of right crops among the first five; `chance`: the same for a random order.
    """
    figures: dict[str, float] = {}
    crops = real_crops.from_clips(plan.shared, footage.HELD_OUT_CLIPS, plan.measure_every, min_track=1)
    if crops:
        vectors = vectors_of(network, np.stack([crop.picture for crop in crops]))
        person, car = (vectors @ text for text in texts(["a person", "a car"]))
        for klass, right in (("person", person > car), ("vehicle", car > person)):
            rows = np.array(
                [(crop.klass == klass) or (klass == "vehicle" and crop.klass in VEHICLES) for crop in crops]
            )
            if rows.any():
                figures[f"real.person_vs_car.{klass}"] = round(float(right[rows].mean()), 4)
                figures[f"real.person_vs_car.{klass}.crops"] = int(rows.sum())
    held = rendered.crops(plan.cache, plan.held_out_crops, rendered.HELD_OUT_SEED)
    return figures | _retrieval(vectors_of(network, held.pictures), held, texts)


VEHICLES = ("car", "bus", "truck")


def _retrieval(vectors: npt.NDArray[np.float32], held: RenderedCrops, texts: TextVectors) -> dict[str, float]:
    """Rank rendered crops for every colour-and-class query that has an answer among them."""
    queries: dict[str, npt.NDArray[np.bool_]] = {}
    for seen in held.attributes:
        if "vehicle_colour" in seen and "upper" not in seen:
            kind, colour = seen["class"], seen["vehicle_colour"]
            queries[f"a {colour} {kind}"] = np.array(
                [a.get("vehicle_colour") == colour and a["class"] == kind for a in held.attributes]
            )
        if "upper_colour" in seen:
            colour = seen["upper_colour"]
            queries[f"a person wearing a {colour} top"] = np.array(
                [a.get("upper_colour") == colour for a in held.attributes]
            )
    words = sorted(queries)
    likeness = texts(words) @ vectors.T
    hits, precise, chance = [], [], []
    for row, query in enumerate(words):
        right = queries[query]
        first = right[np.argsort(-likeness[row])[:5]]
        hits.append(first.any())
        precise.append(first.mean())
        chance.append(right.mean())
    return {
        "rendered.colour.queries": len(words),
        "rendered.colour.hit@5": round(float(np.mean(hits)), 4),
        "rendered.colour.precision@5": round(float(np.mean(precise)), 4),
        "rendered.colour.precision@5.chance": round(float(np.mean(chance)), 4),
        "rendered.colour.hit@5.chance": round(float(np.mean([1 - (1 - share) ** 5 for share in chance])), 4),
    }


def _prepared(pictures: Tensor, device: torch.device) -> Tensor:
    return normalised(pictures.to(device)).contiguous(memory_format=torch.channels_last)


def _contrast(vectors: Tensor, captions: Tensor) -> Tensor:
    """Cross entropy in both directions between pictures and captions; the goal is how alike the captions are."""
    likeness = vectors @ captions.T / TEMPERATURE
    goal = (captions @ captions.T / SOFTNESS).softmax(1)
    return (functional.cross_entropy(likeness, goal) + functional.cross_entropy(likeness.T, goal)) / 2


def _attribute_loss(heads: nn.ModuleList, features: Tensor, wanted: Tensor) -> Tensor:
    losses = []
    for column, head in enumerate(heads):
        rows = wanted[:, column] >= 0
        if rows.any():
            losses.append(functional.cross_entropy(head(features[rows]), wanted[rows, column]))
    return torch.stack(losses).sum() / len(heads) if losses else features.sum() * 0


def _batch(generator: torch.Generator, sources: list[Captioned]) -> Captioned:
    """Mix crops and scenes, rendered and real, in fixed shares."""
    shares = (SHARE_RENDERED, SHARE_SCENES, 1 - SHARE_RENDERED - SHARE_SCENES)
    counts = [round(BATCH * share) for share in shares[: len(sources)]]
    counts[0] += BATCH - sum(counts)
    parts = []
    for source, count in zip(sources, counts, strict=True):
        rows = torch.randint(0, len(source.pictures), (count,), generator=generator)
        parts.append((source.pictures[rows], source.captions[rows], source.attributes[rows]))
    pictures, captions, attributes = (torch.cat(list(column)) for column in zip(*parts, strict=True))
    return Captioned(pictures, captions, attributes)


def _gathered(plan: Plan, texts: TextVectors) -> tuple[list[Captioned], Tensor, list[list[str]]]:
    """Bring together the pictures (rendered crops, scenes, real crops), the caption vectors, the attributes' values."""
    crops = rendered.crops(plan.cache, plan.rendered_crops, 0)
    frames = rendered.frames(plan.cache, plan.rendered_frames, 0)
    real = real_crops.from_clips(plan.shared, footage.TRAINING_CLIPS, plan.sample_every, min_track=1)
    real = _evened([*real, *real_crops.from_stills(plan.shared)])
    scenes = real_crops.scenes(plan.shared, footage.TRAINING_CLIPS, 1.0)
    values = [sorted({seen.get(name, "none") for seen in crops.attributes}) for name in ATTRIBUTES]

    places: dict[str, int] = {}

    def numbered(captions: Sequence[str]) -> list[int]:
        some = [captions[k % len(captions)] for k in range(CAPTIONS_EACH)]
        return [places.setdefault(caption, len(places)) for caption in some]

    whole = np.array([0.0, 0.0, 1.0, 1.0])
    groups = [
        (
            crops.pictures,
            [numbered(captions) for captions in crops.captions],
            [
                [value.index(seen.get(name, "none")) for name, value in zip(ATTRIBUTES, values, strict=True)]
                for seen in crops.attributes
            ],
        ),
        (
            np.stack(
                [*(real_crops.cut(picture, whole) for picture in frames.pictures), *(scene.picture for scene in scenes)]
            ),
            [numbered(captions) for captions in [*frames.captions, *(scene.captions for scene in scenes)]],
            [[-1] * len(ATTRIBUTES)] * (len(frames.pictures) + len(scenes)),
        ),
    ]
    if real:
        classes = values[0]
        groups.append(
            (
                np.stack([crop.picture for crop in real]),
                [numbered(crop.captions) for crop in real],
                [
                    [classes.index(crop.klass) if crop.klass in classes else -1] + [-1] * (len(ATTRIBUTES) - 1)
                    for crop in real
                ],
            )
        )
    table = torch.from_numpy(texts(list(places)))
    sources = [
        Captioned(torch.from_numpy(pictures), torch.tensor(captions), torch.tensor(attributes))
        for pictures, captions, attributes in groups
    ]
    return sources, table, values


def _evened(crops: list[real_crops.RealCrop]) -> list[real_crops.RealCrop]:
    """Repeat the crops of rare kinds, so that the many sights of few cars do not drown the rest."""
    by_kind: dict[str, list[real_crops.RealCrop]] = {}
    for crop in crops:
        by_kind.setdefault(crop.klass, []).append(crop)
    most = max((len(some) for some in by_kind.values()), default=0)
    return [crop for some in by_kind.values() for crop in some * max(1, min(most // len(some), 20))]
