"""Teaching what people wear and carry and what vehicles are, with probabilities that may be believed.

One network, a group of answers for every question of `contracts.vocabulary.ATTRIBUTE_GROUPS`. Afterwards the answers
are calibrated on objects that were not learnt from: temperature scaling, Guo et al. 2017 (arXiv:1706.04599), one
temperature a question. Nothing is learnt, asked or said of gender, age, ethnicity or emotion.
"""

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from contracts.vocabulary import ATTRIBUTE_GROUPS
from infra.models.train import attributes_figures, sights
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.export import exported, halved, save
from infra.models.train.part_network import HEIGHT, WIDTH, Frozen, PartNetwork
from infra.models.train.plan import Plan, learning_rate, pick_device
from infra.models.train.sights import Lower, Sights

WIDTHS = [len(group.values) for group in ATTRIBUTE_GROUPS]
OUTPUTS = sum(WIDTHS)
BATCH = 96
REAL_SHARE = 0.5
SMOOTHING = 0.03
"""Share of the labels that is taken to be wrong."""
TEMPERATURES = np.exp(np.linspace(np.log(0.4), np.log(4), 93))

logger = logging.getLogger(__name__)


class ServedAttributes(nn.Module):
    """UINT8 crops [N,3,160,96] to `probabilities` [N,51], group after group, each group summing to 1.

    Args:
        frozen: the trunk's first stages.
        network: that gives the answers' logits.
        temperatures: FP32 [10], one a group.
    """

    def __init__(self, frozen: Frozen, network: nn.Module, temperatures: Tensor) -> None:
        super().__init__()
        self.frozen, self.network = frozen, network
        self.register_buffer("cooling", 1 / temperatures.repeat_interleave(torch.tensor(WIDTHS)))

    def forward(self, image: Tensor) -> Tensor:
        """Run the network on UINT8."""
        logits = self.network(*self.frozen(image)) * self.cooling
        return torch.cat([part.softmax(1) for part in logits.split(WIDTHS, 1)], 1)


def train(plan: Plan) -> None:
    """Train, calibrate, export to the repository, measure."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    device = pick_device()
    seen = sights.gathered(plan)
    lower = sights.lower(plan, seen)
    labels = torch.from_numpy(seen.labels)
    pools = [np.flatnonzero(~seen.kept & (seen.real == real)) for real in (False, True)]
    logger.info("attributes: %s sights to learn from", [len(pool) for pool in pools])
    network = PartNetwork(OUTPUTS).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.attributes_rate, weight_decay=0.05)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    checkpoint = Checkpoint(plan.cache / "attributes.pt", network=network, optimizer=optimizer, average=average)
    for step in range(checkpoint.resume(), plan.attributes_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, plan.attributes_steps, plan.attributes_rate)
        rows = _rows(rng, pools)
        logits = network(*(part.to(device) for part in lower.rows(rows)))
        losses = _losses(logits, labels[rows].to(device))
        optimizer.zero_grad()
        losses.sum().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 25 == 0:
            logger.info(
                "attributes: step %d of %d, %s",
                step,
                plan.attributes_steps,
                ", ".join(f"{group.key} {loss:.2f}" for group, loss in zip(ATTRIBUTE_GROUPS, losses, strict=True)),
            )
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
    folder = plan.target / "attributes"
    copy = _copied(average.module)
    temperatures = calibrated(copy, seen, lower)
    served = ServedAttributes(lower.frozen, copy, torch.from_numpy(temperatures).float())
    model = halved(exported(served, (3, HEIGHT, WIDTH), {"probabilities": (OUTPUTS,)}))
    save(model, folder, {})
    chosen = {
        f"temperature.{group.key}": round(float(value), 3)
        for group, value in zip(ATTRIBUTE_GROUPS, temperatures, strict=True)
    }
    save(model, folder, attributes_figures.measure(folder, plan) | chosen)
    checkpoint.done()


def calibrated(network: nn.Module, seen: Sights, lower: Lower) -> npt.NDArray[np.float64]:
    """Choose a temperature for every group, FP64 [10], where the kept sights are least of a surprise.

    Rendered and real sights count the same, however many there are of each.
    """
    rows = np.flatnonzero(seen.kept)
    with torch.no_grad():
        logits = torch.cat([network(*lower.rows(rows[k : k + 256])) for k in range(0, len(rows), 256)])
    labels, real = torch.from_numpy(seen.labels[rows]), torch.from_numpy(seen.real[rows])
    chosen = np.ones(len(ATTRIBUTE_GROUPS))
    for column, part in enumerate(logits.split(WIDTHS, 1)):
        surprise = np.zeros(len(TEMPERATURES))
        for kind in (real, ~real):
            known = (labels[:, column] >= 0) & kind
            if known.any():
                surprise += [
                    functional.cross_entropy(part[known] / temperature, labels[known, column]).item()
                    for temperature in TEMPERATURES
                ]
        if surprise.any():
            chosen[column] = TEMPERATURES[int(surprise.argmin())]
    return chosen


def _copied(network: Any) -> PartNetwork:
    copy = PartNetwork(OUTPUTS)
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    copy.eval()
    return copy


def _rows(rng: np.random.Generator, pools: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    real = round(BATCH * REAL_SHARE) if len(pools[1]) else 0
    counts = (BATCH - real, real)
    return np.concatenate([rng.choice(pool, count) for pool, count in zip(pools, counts, strict=True) if count])


def _losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Give the cross entropy of every group, [10]; 0 where nobody in the batch has a label."""
    losses = []
    for column, part in enumerate(logits.split(WIDTHS, 1)):
        known = labels[:, column] >= 0
        wanted = labels[known, column]
        loss = (
            functional.cross_entropy(part[known], wanted, label_smoothing=SMOOTHING) if known.any() else part.sum() * 0
        )
        losses.append(loss)
    return torch.stack(losses)
