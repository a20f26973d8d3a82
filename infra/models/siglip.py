"""SigLIP and SigLIP 2 as `embed_image` and `embed_text`: the ONNX exports of the two towers, with our tensors.

The image tower takes RGB floats of -1 to 1; the text tower takes exactly 64 ids and no mask, because it was trained on
padded sentences and reads its answer at the last place. Both give `pooler_output`, which is not of unit length.

Source: SigLIP 2, Tschannen et al. 2025 (arXiv:2502.14786). Sentences are put into small letters before they are cut
into tokens, as they were in training.
"""

from pathlib import Path
from typing import Any

import numpy as np

from infra.models.onnx_graph import (
    GraphWriter,
    UnexpectedGraphError,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

MAX_TOKENS = 64
VOCABULARY = "siglip2-gemma"
"""Name of the tokenizer's file, which comes with the text tower."""
PAD = 0
"""The id of the padding token in SigLIP 2's vocabulary (Gemma's)."""
END = "<eos>"
POOLED = "pooler_output"
_HALF = 127.5


def served_image(source: Any, dimension: int, size: int) -> Any:
    """Give an exported image tower the shapes of `embed_image`.

    Args:
        source: the loaded export (an `onnx.ModelProto`); it is changed.
        dimension: length of its vectors.
        size: side of its square input in pixels.

    Returns:
        A model with `image` UINT8 [N,3,size,size] RGB → `embedding` FP32 [N,dimension], unit length.

    Raises:
        UnexpectedGraphError: it is not such an export.
    """
    _check(source, "pixel_values")
    renamed_input(source.graph, "floats")
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "floats", mean=(_HALF,) * 3, deviation=(_HALF,) * 3)
    back.op("LpNormalization", POOLED, name="embedding", axis=-1, p=2)
    picture = tensor("image", np.uint8, "batch", 3, size, size)
    return surrounded(source, front, back, [picture], [tensor("embedding", np.float32, "batch", dimension)])


def served_text(source: Any, dimension: int) -> Any:
    """Give an exported text tower the shapes of `embed_text`.

    Args:
        source: the loaded export (an `onnx.ModelProto`); it is changed.
        dimension: length of its vectors.

    Returns:
        A model with `input_ids` and `attention_mask` INT64 [N,L], L up to 64 → `embedding` FP32 [N,dimension], unit
        length. What the mask hides is padded, and so is the rest up to 64.

    Raises:
        UnexpectedGraphError: it is not such an export.
    """
    _check(source, "input_ids")
    renamed_input(source.graph, "padded_ids")
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    # The padding id is 0, so what is hidden is multiplied away.
    seen = front.op("Mul", "input_ids", "attention_mask")
    length = front.op("Slice", front.op("Shape", seen), front.ints(1), front.ints(2))
    missing = front.op("Concat", front.ints(0, 0, 0), front.op("Sub", front.ints(MAX_TOKENS), length), axis=0)
    front.op("Pad", seen, missing, front.constant(PAD, np.int64), name="padded_ids")
    back.op("LpNormalization", POOLED, name="embedding", axis=-1, p=2)
    words = [tensor(name, np.int64, "batch", "length") for name in ("input_ids", "attention_mask")]
    return surrounded(source, front, back, words, [tensor("embedding", np.float32, "batch", dimension)])


def write_tokenizer(source: Path, target: Path) -> None:
    """Write the published tokenizer as the towers were trained with it: small letters, and an end mark that stays.

    The published file asks for neither, so sentences with capitals would be far from pictures that they describe.

    Args:
        source: the published `tokenizer.json`.
        target: where the file for `kit.tokens` is written.

    Raises:
        UnexpectedGraphError: it has no end mark.
    """
    from tokenizers import Tokenizer, normalizers, processors

    tokenizer = Tokenizer.from_file(str(source))
    end = tokenizer.token_to_id(END)
    if end is None or tokenizer.id_to_token(PAD) != "<pad>":
        raise UnexpectedGraphError("SigLIP 2 tokenizer", f"<pad> as {PAD} and {END}", source.name)
    steps = [normalizers.Lowercase()]
    if tokenizer.normalizer is not None:
        steps.append(tokenizer.normalizer)
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, end)])
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target))


def _check(source: Any, reads: str) -> None:
    inputs, outputs = ([value.name for value in side] for side in (source.graph.input, source.graph.output))
    if inputs != [reads] or POOLED not in outputs:
        raise UnexpectedGraphError("SigLIP export", f"{reads} → {POOLED}", f"{inputs} → {outputs}")
