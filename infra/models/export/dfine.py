"""D-FINE and RT-DETRv2 from their Transformers checkpoints to one network with the tensors of the published exports."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import AutoModelForObjectDetection, DFineConfig, DFineForObjectDetection

from infra.models.dfine import SIZE
from infra.models.export.tracing import RANDOM, Answers, traced

NETWORK = "detector.onnx"
TOLERANCE = 0.01
"""Of scores, 0-1."""
RANDOM_TOLERANCE = 0.1
"""The same with arbitrary weights, which make much of little: roundings of 2e-6 behind the first layer were 5e-3 where
the queries are picked, growing from layer to layer, and 0.05 in the scores."""


class _Detector(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        answer = self.model(pixel_values=pixel_values)
        return answer.logits, answer.pred_boxes


def export(checkpoint: str, folder: Path) -> Sequence[Path]:
    """Write the detector.

    Args:
        checkpoint: a folder in the Transformers layout (`d_fine` or `rt_detr_v2`), or `random`.
        folder: where the file is written.

    Raises:
        infra.models.export.tracing.DifferentAnswerError: ONNX Runtime does not say what the checkpoint says.
        OSError: the checkpoint cannot be read.
    """
    torch.manual_seed(0)
    model = _random() if checkpoint == RANDOM else AutoModelForObjectDetection.from_pretrained(checkpoint)
    model.eval()
    return [
        traced(
            _Detector(model),
            _picture(),
            "pixel_values",
            ["logits", "pred_boxes"],
            folder / NETWORK,
            difference=_of_scores,
            tolerance=RANDOM_TOLERANCE if checkpoint == RANDOM else TOLERANCE,
        )
    ]


def _of_scores(wanted: Answers, found: Answers) -> float:
    """How far the queries' best scores are apart, sorted: 95 of 100 within this.

    Which query is which, and which are the last to be picked, is settled by a sort of nearly equal scores, and so by
    rounding; what they find is not.
    """
    first, second = (np.sort(1 / (1 + np.exp(-answers[0].max(2))), 1) for answers in (wanted, found))
    return float(np.quantile(np.abs(first - second), 0.95))


def _random() -> Any:
    model = DFineForObjectDetection(
        DFineConfig(num_labels=80, decoder_layers=2, encoder_layers=1, freeze_backbone_batch_norms=False)
    )
    # Arbitrary weights alone make all places of a picture alike, and which queries are picked a matter of rounding.
    # Normalising by what one picture gives makes them differ.
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    model.train()
    with torch.no_grad():
        model(pixel_values=_picture())
    return model


def _picture() -> torch.Tensor:
    """Two pictures of coarse coloured squares, so that places differ."""
    return nn.functional.interpolate(torch.rand(2, 3, 20, 20), (SIZE, SIZE))
