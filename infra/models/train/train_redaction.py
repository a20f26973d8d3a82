"""Teaching `faces` and `plates` together, choosing from which score they are believed, and measuring them."""

import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from infra.models.found_boxes import add_suppression, place_outputs
from infra.models.onnx_graph import GraphWriter
from infra.models.train.checkpoint import Checkpoint
from infra.models.train.export import exported, halved, save
from infra.models.train.plan import Plan, learning_rate, pick_device
from infra.models.train.redaction_measure import HeldOut, Served, chosen_threshold, held_out, measure, peer
from infra.models.train.redaction_network import (
    KINDS,
    STRIDE,
    Marked,
    RedactionNetwork,
    ServedRedaction,
    loss,
    targets,
)
from infra.models.train.redaction_pictures import PLATE, Source, cutouts, real, rendered, sample
from infra.models.train.rendered_marks import CALIBRATION_SEED, views
from infra.models.train.trunk import trunk_input

HEIGHT, WIDTH = 288, 512
"""Of the served picture."""
CANVAS_HEIGHT, CANVAS_WIDTH = 192, 256
"""Of a picture to learn from: a part of what is served, in which every size of face comes."""
BATCH = 8
FROZEN_STAGES = 2
TRUNK_SHARE = 0.3
"""Of the learning rate, for what ImageNet has taught already."""
REAL_SHARE = 0.55
CALIBRATION_VIEWS = 100
FOLDERS = {"face": "faces", "plate": "plates"}
SUPPRESSION_IOU = 0.5
THRESHOLD = r'(key: "recall_threshold" value \{ string_value: ")[0-9.]+(")'

logger = logging.getLogger(__name__)


def train(plan: Plan) -> None:
    """Train, export to the repository, choose the thresholds, measure."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    device = pick_device()
    real_sources, kept = real(plan)
    rendered_sources = [rendered(view) for view in views(plan.cache, plan.marked_views, 0)]
    logger.info("redaction: %d rendered views, %d real pictures", len(rendered_sources), len(real_sources))
    network = RedactionNetwork().to(device, memory_format=torch.channels_last)
    network.trunk.freeze(FROZEN_STAGES)
    network.train()
    learnt = [(name, value) for name, value in network.named_parameters() if value.requires_grad]
    shares = (TRUNK_SHARE, 1.0)
    optimizer = torch.optim.AdamW(
        [
            {"params": [value for name, value in learnt if name.startswith("trunk.")]},
            {"params": [value for name, value in learnt if not name.startswith("trunk.")]},
        ],
        lr=plan.redaction_rate,
        weight_decay=0.01,
    )
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    batches = _batches(rng, rendered_sources, real_sources)
    checkpoint = Checkpoint(plan.cache / "redaction.pt", network=network, optimizer=optimizer, average=average)
    for step in range(checkpoint.resume(), plan.redaction_steps):
        for group, share in zip(optimizer.param_groups, shares, strict=True):
            group["lr"] = share * learning_rate(step, plan.redaction_steps, plan.redaction_rate)
        images, wanted = next(batches)
        heat, distance = network(trunk_input(images.to(device)).contiguous(memory_format=torch.channels_last))
        focal, box = loss(heat, distance, tuple(part.to(device) for part in wanted))
        optimizer.zero_grad()
        (focal + 5 * box).backward()
        torch.nn.utils.clip_grad_norm_([value for _, value in learnt], 20.0)
        optimizer.step()
        average.update_parameters(network)
        if step % 50 == 0:
            logger.info(
                "redaction: step %d of %d, focal %.3f, box %.3f", step, plan.redaction_steps, float(focal), float(box)
            )
        if step and step % plan.save_every == 0:
            checkpoint.keep(step + 1)
    calibration = kept + [rendered(view) for view in views(plan.cache, CALIBRATION_VIEWS, CALIBRATION_SEED)]
    finish(average.module, plan, [source.marked for source in calibration], held_out(plan))
    checkpoint.done()


def finish(network: torch.nn.Module, plan: Plan, calibration: Sequence[Marked], known: HeldOut) -> None:
    """Write both models with their thresholds and figures."""
    copy = RedactionNetwork()
    copy.load_state_dict({name: value.cpu() for name, value in network.state_dict().items()})
    for kind, name in enumerate(KINDS):
        model = served_graph(copy, kind)
        finder = Served(model.SerializeToString())
        threshold, figures = chosen_threshold(finder, kind, calibration)
        figures = {"threshold": threshold} | figures | measure(finder, kind, threshold, known)
        if kind == PLATE:
            figures |= peer(plan.shared / "models", known)
        logger.info("%s: %s", FOLDERS[name], {key: value for key, value in figures.items() if key != "misses"})
        folder = plan.target / FOLDERS[name]
        save(model, folder, figures)
        if (folder / "config.pbtxt").is_file():
            config = folder / "config.pbtxt"
            config.write_text(re.sub(THRESHOLD, rf"\g<1>{threshold:.2f}\g<2>", config.read_text()))


def served_graph(network: RedactionNetwork, kind: int, height: int = HEIGHT, width: int = WIDTH) -> Any:
    """Give the ONNX model of one kind: `image` UINT8 [N,3,H,W] to `boxes` FP32 [N,100,4] and `scores` FP32 [N,100]."""
    places = (height // STRIDE) * (width // STRIDE)
    served = ServedRedaction(network, kind, height, width)
    model = exported(served, (3, height, width), {"raw_boxes": (places, 4), "raw_scores": (1, places)})
    back = GraphWriter(prefix="back")
    add_suppression(back, "raw_boxes", "raw_scores", iou=SUPPRESSION_IOU, classes=False)
    model.graph.node.extend(back.nodes)
    model.graph.initializer.extend(back.initializers)
    del model.graph.output[:]
    model.graph.output.extend(place_outputs())
    return halved(model)


def _batches(
    rng: np.random.Generator, synthetic: Sequence[Source], filmed: Sequence[Source]
) -> Iterator[tuple[Tensor, tuple[Tensor, ...]]]:
    faces = cutouts(filmed)
    # Pictures with a face come more often than the empty ones between them; clips with many frames less than stills.
    weights = np.array([1.0 if source.marked.counted.any() else 0.35 for source in filmed])
    weights /= max(weights.sum(), 1e-9)

    def one() -> Source:
        if filmed and rng.random() < REAL_SHARE:
            return filmed[int(rng.choice(len(filmed), p=weights))]
        return synthetic[int(rng.integers(len(synthetic)))]

    while True:
        samples = [sample(rng, one(), faces, CANVAS_HEIGHT, CANVAS_WIDTH) for _ in range(BATCH)]
        images = torch.from_numpy(np.stack([each.picture for each in samples]).transpose(0, 3, 1, 2).copy())
        wanted = [torch.from_numpy(np.stack(part)) for part in zip(*(targets(each) for each in samples), strict=True)]
        yield images, tuple(wanted)
