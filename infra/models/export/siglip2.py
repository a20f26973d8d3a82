"""SigLIP 2 (fixed size) from its Transformers checkpoint to two towers, and its tokenizer beside them.

The published configurations name the architecture `siglip`; the text tower reads exactly 64 places without a mask.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import SiglipConfig, SiglipModel

from infra.models.export.tracing import RANDOM, traced
from infra.models.siglip import MAX_TOKENS

IMAGE, TEXT, TOKENIZER = "siglip2_vision.onnx", "siglip2_text.onnx", "siglip2_tokenizer.json"


class _ImageTower(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.tower = model.vision_model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.tower(pixel_values=pixel_values).pooler_output
        return answer


class _TextTower(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.tower = model.text_model

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.tower(input_ids=input_ids).pooler_output
        return answer


def export(checkpoint: str, folder: Path) -> Sequence[Path]:
    """Write both towers.

    Args:
        checkpoint: a folder in the Transformers layout, or `random`.
        folder: where the files are written.

    Raises:
        infra.models.export.tracing.DifferentAnswerError: ONNX Runtime does not say what the checkpoint says.
        OSError: the checkpoint cannot be read.
    """
    torch.manual_seed(0)
    model = _random() if checkpoint == RANDOM else SiglipModel.from_pretrained(checkpoint, attn_implementation="eager")
    model.eval()
    side, words = model.config.vision_config.image_size, model.config.text_config.vocab_size
    written = [
        traced(
            _ImageTower(model), torch.rand(2, 3, side, side) * 2 - 1, "pixel_values", ["pooler_output"], folder / IMAGE
        ),
        traced(
            _TextTower(model), torch.randint(0, words, (2, MAX_TOKENS)), "input_ids", ["pooler_output"], folder / TEXT
        ),
    ]
    if checkpoint != RANDOM:
        written.append(Path(shutil.copyfile(Path(checkpoint) / "tokenizer.json", folder / TOKENIZER)))
    return written


def _random() -> Any:
    small = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    words = {
        "vocab_size": 512,
        "max_position_embeddings": MAX_TOKENS,
        "projection_size": 48,
        "bos_token_id": 2,
        "eos_token_id": 1,
    }
    picture = {"image_size": 224, "patch_size": 16}
    return SiglipModel(
        SiglipConfig(text_config=small | words, vision_config=small | picture, attn_implementation="eager")
    )
