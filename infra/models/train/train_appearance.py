"""Teaching the appearance network to tell one person or vehicle from another.

Method: supervised contrastive learning, Khosla et al. 2020 (arXiv:2004.11362): sights of one object attract, others
repel. Where the OpenVINO runtime and the teacher's weights are at hand, people are also learnt from Intel's
person-reidentification-retail-0287: which of a batch are alike (as in CompRess, Koohpayegani et al. 2020,
arXiv:2010.14713), and, by a head that is thrown away, its vectors themselves.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.train import appearance_figures, sights
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.export import exported, halved, save
from infra.models.train.hue_saturation import hue_saturation
from infra.models.train.part_network import HEIGHT, WIDTH, Frozen, PartNetwork
from infra.models.train.plan import Plan, learning_rate, pick_device
from infra.models.train.sights import Lower, Sights

CONFIG = Path(__file__).with_name("appearance.pbtxt")
"""What Triton has to know of these weights: another space than the ones before."""
DIMENSION = 256
LEARNT = 128
"""Numbers of a vector that come from what was learnt; the rest from the colours."""
COLOUR_SHARE = 1 / 3
"""Say of the colours in the likeness of two vectors: on training renderings this much costs nothing between cameras,
and a half does."""
OBJECTS = 24
"""In a batch, four sights of each."""
TEMPERATURE = 0.1
TEACHER_TEMPERATURE = 0.05
REAL_SHARE = 0.5
RELATIONS, COPY = 1.0, 2.0
"""Weights of the two ways of learning from the teacher."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Batch:
    """Some sights of some objects: their places, who they are, and the teacher's vectors (zero where it has none)."""

    rows: npt.NDArray[np.int64]
    objects: Tensor
    taught: Tensor


class ServedAppearance(nn.Module):
    """UINT8 crops [N,3,160,96] to `embedding` [N,256] of unit length: what was learnt, and beside it the plain colours.

    Where cameras and light stay the same, hardly anything tells people apart better than their colours, so these have
    a fixed say in the likeness of two vectors: `COLOUR_SHARE`.

    Args:
        frozen: the trunk and the counts of colours that the network looks at.
        network: what was learnt.
        learnt: FP32 [128,256], the directions of the learnt vectors that are kept.
        colours: FP32 [128,216], those of the hues and saturations.
    """

    def __init__(self, frozen: Frozen, network: nn.Module, learnt: Tensor, colours: Tensor) -> None:
        super().__init__()
        self.frozen, self.network = frozen, network
        self.register_buffer("learnt", learnt)
        self.register_buffer("colours", colours)

    def forward(self, image: Tensor) -> Tensor:
        """Run the network on UINT8."""
        low, shares = self.frozen(image)
        learnt = functional.normalize(functional.linear(self.network(low, shares), self.learnt), dim=1)
        colours = functional.normalize(functional.linear(hue_saturation(image), self.colours), dim=1)
        return torch.cat([learnt * (1 - COLOUR_SHARE) ** 0.5, colours * COLOUR_SHARE**0.5], 1)


def directions(vectors: Tensor, count: int) -> Tensor:
    """Give the directions [count,D] that keep most of the likenesses between vectors [N,D]: not centred, by design."""
    _, places = torch.linalg.eigh(vectors.T @ vectors / len(vectors))
    return places.flip(1)[:, :count].T.contiguous()


def train(plan: Plan) -> None:
    """Train, export to the repository, measure."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    device = pick_device()
    seen = sights.gathered(plan)
    strong = appearance_figures.teacher_vectors(plan.shared / "models")
    taught = np.zeros((len(seen.objects), DIMENSION), np.float32)
    if strong is not None:
        asked = _asked(seen)
        taught[asked] = sights.kept_in(plan, "taught", lambda: strong(seen.pictures[asked]))
    lower = sights.lower(plan, seen)
    pools = _pools(seen)
    logger.info("appearance: %s objects", [len(pool) for pool in pools])
    network = PartNetwork(DIMENSION).to(device, memory_format=torch.channels_last)
    copyist = nn.Linear(network.features, DIMENSION).to(device)
    weights = [*network.parameters(), *copyist.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=plan.appearance_rate, weight_decay=0.02)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    checkpoint = Checkpoint(
        plan.cache / "appearance.pt", network=network, optimizer=optimizer, average=average, copyist=copyist
    )
    for step in range(checkpoint.resume(), plan.appearance_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, plan.appearance_steps, plan.appearance_rate)
        batch = _batch(rng, pools, taught)
        features = network.pooled(*(part.to(device) for part in lower.rows(batch.rows)))
        vectors = functional.normalize(network.last(features), dim=1)
        apart = _supervised_contrast(vectors, batch.objects.to(device))
        alike, near = _taught(vectors, copyist(features), batch.taught.to(device))
        optimizer.zero_grad()
        (apart + RELATIONS * alike + COPY * near).backward()
        torch.nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 25 == 0:
            logger.info(
                "appearance: step %d of %d, contrast %.3f, relations %.3f, copy %.3f",
                step,
                plan.appearance_steps,
                apart.item(),
                alike.item(),
                near.item(),
            )
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
    folder = plan.target / "appearance"
    model = halved(_served(seen, lower, average.module))
    save(model, folder, {})
    (folder / "config.pbtxt").write_text(CONFIG.read_text())
    save(model, folder, appearance_figures.measure(folder, plan, strong))
    checkpoint.done()


def _served(seen: Sights, lower: Lower, network: Any) -> Any:
    """Put the learnt vectors and the colours into one graph; the directions are those of the training sights."""
    copy = PartNetwork(DIMENSION)
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    copy.eval()
    learnt, colours = [], []
    with torch.no_grad():
        for rows in np.array_split(np.arange(0, len(lower.given), 4), 64):
            maps, shares = lower.rows(rows)
            learnt.append(functional.normalize(copy(maps, shares), dim=1))
            colours.append(hue_saturation(torch.from_numpy(seen.pictures[rows]).permute(0, 3, 1, 2)))
    served = ServedAppearance(
        lower.frozen,
        copy,
        directions(torch.cat(learnt), LEARNT),
        directions(torch.cat(colours), DIMENSION - LEARNT),
    )
    return exported(served, (3, HEIGHT, WIDTH), {"embedding": (DIMENSION,)})


def _asked(seen: Sights) -> npt.NDArray[np.bool_]:
    """Choose the people whom the teacher is asked about: half of the real sights, a third of the rendered people."""
    every_other = np.arange(len(seen.objects)) % 2 == 0
    return np.asarray(seen.people & np.where(seen.real, every_other, seen.objects % 3 == 0))


def _pools(seen: Sights) -> list[list[npt.NDArray[np.int64]]]:
    """Give the places of the sights of every object, rendered objects apart from real ones."""
    starts = np.flatnonzero(np.diff(seen.objects, prepend=-1))
    objects = np.split(np.arange(len(seen.objects)), starts[1:])
    return [[rows for rows in objects if len(rows) > 1 and seen.real[rows[0]] == real] for real in (False, True)]


def _batch(
    rng: np.random.Generator, pools: list[list[npt.NDArray[np.int64]]], taught: npt.NDArray[np.float32]
) -> _Batch:
    real = round(OBJECTS * REAL_SHARE) if pools[1] else 0
    chosen = []
    for pool, count in zip(pools, (OBJECTS - real, real), strict=True):
        chosen += [pool[int(place)] for place in rng.choice(len(pool), min(count, len(pool)), replace=False)]
    rows = np.concatenate(chosen)
    objects = np.repeat(np.arange(len(chosen)), [len(some) for some in chosen])
    return _Batch(rows, torch.from_numpy(objects), torch.from_numpy(taught[rows]))


def _supervised_contrast(vectors: Tensor, objects: Tensor) -> Tensor:
    likeness = vectors @ vectors.T / TEMPERATURE
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    chances = likeness.masked_fill(itself, -1e4).log_softmax(1)
    same = (objects[:, None] == objects[None]) & ~itself
    return -(chances * same).sum(1).div(same.sum(1)).mean()


def _taught(vectors: Tensor, copied: Tensor, taught: Tensor) -> tuple[Tensor, Tensor]:
    """Compare with the teacher, where it has something to say: who is alike to whom, and its vectors themselves."""
    rows = taught.abs().sum(1) > 0
    if rows.sum() < 2:
        return vectors.sum() * 0, vectors.sum() * 0
    mine, theirs = vectors[rows], taught[rows]
    itself = torch.eye(len(mine), dtype=torch.bool, device=mine.device)
    wanted = (theirs @ theirs.T / TEACHER_TEMPERATURE).masked_fill(itself, -1e4).softmax(1)
    given = (mine @ mine.T / TEACHER_TEMPERATURE).masked_fill(itself, -1e4).log_softmax(1)
    alike = functional.kl_div(given, wanted, reduction="batchmean")
    return alike, (1 - functional.cosine_similarity(copied[rows], theirs)).mean()
