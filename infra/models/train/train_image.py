"""Teaching the image tower to put pictures where the text tower puts what is true of them.

Method: locked-text tuning, Zhai et al. 2022 (arXiv:2111.07991): the text tower stays as it is, the image tower learns
by a contrastive loss. Which sentence is true of which picture follows from what is known of the picture, so a picture
has many right sentences and a sentence many right pictures, as in UniCL, Yang et al. 2022 (arXiv:2204.03610). What is
not known is left out of the sums.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from infra.models.onnx_session import session_of
from infra.models.profiles import REPOSITORY
from infra.models.train import image_figures, semantic_pictures, sentences
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.crop_network import shown
from infra.models.train.export import exported, halved, save
from infra.models.train.facts import FACTS, PLACE_OF
from infra.models.train.plan import Plan, learning_rate, pick_device
from infra.models.train.quantise import quantised
from infra.models.train.semantic_network import DIMENSION, SIZE, ServedNetwork, new_network
from infra.models.train.stage_maps import FrozenStages, Seen
from kit.tokens import tokenise

BATCH = 128
TEMPERATURE = 0.04
STAGES_RATE = 0.15
"""Of the head's rate: the pretrained stages are only adjusted."""
NEARNESS, KNOWLEDGE = 1.0, 0.5
"""Shares of the other losses: being near the mean of all true sentences, telling the facts themselves."""

logger = logging.getLogger(__name__)


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
        self._session = session_of(tower, torch.get_num_threads())

    def __call__(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Give FP32 [n,384] of unit length."""
        key = hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]
        path = self._cache / f"text-{key}.npy"
        if path.is_file():
            return np.asarray(np.load(path), np.float32)
        # By length, so that little is padded.
        order = np.argsort([len(sentence) for sentence in words], kind="stable")
        vectors = np.zeros((len(words), DIMENSION), np.float32)
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            ids, mask = tokenise([words[row] for row in rows], "minilm-l6-v2", 64)
            longest = int(mask.sum(1).max())
            feed = {"input_ids": ids[:, :longest], "attention_mask": mask[:, :longest]}
            vectors[rows] = self._session.run(None, feed)[0]
        self._cache.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return vectors


class Bank:
    """All sentences: their vectors FP32 [S,384], what they claim, and which of them were written for one picture."""

    def __init__(self, texts: TextVectors, seed: int, written: Sequence[tuple[str, ...]], device: torch.device) -> None:
        told = sentences.sentences(seed)
        own = [(caption, number) for number, captions in enumerate(written) for caption in captions]
        words = [*(sentence.words for sentence in told), *(caption for caption, _ in own)]
        self.vectors = torch.from_numpy(texts(words)).to(device)
        self._claims = torch.zeros(len(words), len(FACTS), device=device)
        for place, sentence in enumerate(told):
            self._claims[place, [PLACE_OF[fact] for fact in sentence.claims]] = 1
        self._own = torch.tensor([-1] * len(told) + [number for _, number in own], device=device)
        self._scene = PLACE_OF["scene"]

    def __len__(self) -> int:
        return len(self.vectors)

    def judged(self, facts: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """Tell which sentences are true of which pictures.

        Args:
            facts: FP32 [N, facts], 1, -1 or 0.
            own: INT64 [N], for which picture's own captions.

        Returns:
            BOOL [N,S] true, BOOL [N,S] false; neither where it is not known.
        """
        claimed = self._claims.sum(1)
        true = (facts == 1).float() @ self._claims.T >= claimed
        false = (facts == -1).float() @ self._claims.T > 0
        written = (self._own >= 0)[None]
        mine = written & (own[:, None] == self._own[None])
        # Somebody else's caption may be true of another street, but not of another photograph, or of one object.
        foreign = written & ~mine & ((own >= 0) | (facts[:, self._scene] < 0))[:, None]
        return torch.where(written, mine, true), torch.where(written, foreign, false)


def train(plan: Plan) -> None:
    """Train, export to the repository, measure."""
    torch.manual_seed(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    device = pick_device()
    texts = TextVectors(plan.cache)
    network = new_network()
    stages = FrozenStages(network.frozen)
    material = semantic_pictures.Material(plan)
    groups = material.groups()
    sources = [(group.share, semantic_pictures.parts(plan, stages, group)) for group in groups]
    bank = Bank(texts, plan.seed, material.written(), device)
    logger.info("image tower: groups %s, %d sentences", [group.name for group in groups], len(bank))
    learnt = network.learnt.to(device, memory_format=torch.channels_last)
    heads = nn.Linear(learnt.features, len(FACTS)).to(device)
    rates = [plan.image_rate * STAGES_RATE, plan.image_rate]
    optimizer = torch.optim.AdamW(
        [{"params": learnt.stages.parameters()}, {"params": [*learnt.last.parameters(), *heads.parameters()]}],
        weight_decay=0.02,
    )
    average = torch.optim.swa_utils.AveragedModel(learnt, avg_fn=_averaged, use_buffers=True)
    checkpoint = Checkpoint(
        plan.cache / "embed_image.pt", network=learnt, optimizer=optimizer, average=average, heads=heads
    )
    for step in range(checkpoint.resume(), plan.image_steps):
        for group, top in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = learning_rate(step, plan.image_steps, top)
        maps, facts, own = (part.to(device) for part in _batch(generator, sources))
        features = learnt.pooled(maps.float().contiguous(memory_format=torch.channels_last))
        vectors = functional.normalize(learnt.last(features), dim=1)
        true, false = bank.judged(facts, own)
        contrast = _ranked(vectors @ bank.vectors.T / TEMPERATURE, true, false)
        nearness = _nearness(vectors, bank.vectors, true)
        knowledge = functional.binary_cross_entropy_with_logits(heads(features), (facts > 0).float(), facts.abs())
        optimizer.zero_grad()
        (contrast + NEARNESS * nearness + KNOWLEDGE * knowledge).backward()
        torch.nn.utils.clip_grad_norm_([*learnt.parameters(), *heads.parameters()], 5.0)
        optimizer.step()
        average.update_parameters(learnt)
        if step % 10 == 0:
            values = [round(value.item(), 3) for value in (contrast, nearness, knowledge)]
            logger.info("image tower: step %d of %d, contrast, nearness, knowledge %s", step, plan.image_steps, values)
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
    model = _small(network, average.module, plan)
    save(model, plan.target / "embed_image", image_figures.measured(model.SerializeToString(), plan, texts))
    checkpoint.done()


def _small(network: ServedNetwork, learnt: nn.Module, plan: Plan) -> Any:
    """Give the network as it is served: with 8 bits, but for the head, whose weights are stored with 16."""
    copy = new_network()
    copy.learnt.load_state_dict({name: value.cpu() for name, value in learnt.state_dict().items()})
    copy.frozen.load_state_dict(network.frozen.state_dict())
    copy.eval()
    pictures = shown(torch.from_numpy(semantic_pictures.calibration(plan)), SIZE, SIZE).numpy()
    model = exported(copy, (3, SIZE, SIZE), {"embedding": (DIMENSION,)})
    return halved(quantised(model, pictures, keep_float=("/last/",)))


def _averaged(mean: Tensor, new: Tensor, count: Tensor) -> Tensor:
    """Average exponentially over about the last hundred steps, over fewer while there are few."""
    share = torch.clamp(9 / (10.0 + count), min=0.01)
    return torch.lerp(mean, new, share.to(mean.dtype)) if mean.is_floating_point() else new


def _ranked(likeness: Tensor, true: Tensor, false: Tensor) -> Tensor:
    """Ask of every picture that each true sentence comes before all false ones, and of every sentence likewise."""
    losses = []
    for scores, right, wrong in ((likeness, true, false), (likeness.T, true.T, false.T)):
        told = right.any(1) & wrong.any(1)
        others = scores[told].masked_fill(~wrong[told], -1e4).logsumexp(1, keepdim=True)
        behind = functional.softplus(others - scores[told]) * right[told]
        losses.append((behind.sum(1) / right[told].sum(1)).mean())
    return losses[0] + losses[1]


def _nearness(vectors: Tensor, sentences_: Tensor, true: Tensor) -> Tensor:
    """One minus the cosine to the mean of all true sentences: keeps pictures where language is."""
    rows = true.any(1)
    means = functional.normalize(true[rows].float() @ sentences_, dim=1)
    return (1 - (vectors[rows] * means).sum(1)).mean()


def _batch(generator: torch.Generator, sources: list[tuple[float, list[Seen]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Mix the groups in their shares: maps FP16 [N,192,8,8], facts FP32 [N, facts], own captions INT64 [N]."""
    total = sum(share for share, _ in sources)
    counts = [round(BATCH * share / total) for share, _ in sources]
    counts[0] += BATCH - sum(counts)
    maps, facts, own = [], [], []
    for (_, parts), count in zip(sources, counts, strict=True):
        which = torch.randint(0, len(parts), (count,), generator=generator).numpy()
        rows = torch.randint(0, len(parts[0].maps), (count,), generator=generator).numpy()
        for part, row in zip(which, rows, strict=True):
            maps.append(parts[part].maps[row])
            facts.append(parts[part].facts[row])
            own.append(parts[part].own[row])
    return (
        torch.from_numpy(np.stack(maps)),
        torch.from_numpy(np.stack(facts)).float(),
        torch.from_numpy(np.array(own, np.int64)),
    )
