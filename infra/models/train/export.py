"""From a trained network to the file that Triton serves, and to the figures beside its card."""

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from infra.models.found_boxes import add_suppression, detection_outputs
from infra.models.onnx_graph import MAX_IR, MAX_OPSET, GraphWriter, tensor

HALVED_FROM = 512
"""Weights of at least this many numbers are stored with 16 bits."""


def exported(network: nn.Module, shape: tuple[int, int, int], outputs: Mapping[str, tuple[int, ...]]) -> Any:
    """Write a network that reads UINT8 `image` [N, *shape] and gives FP32 `outputs` [N, *dims] as ONNX, any batch."""
    target = io.BytesIO()
    dynamic = {name: {0: "batch"} for name in ["image", *outputs]}
    torch.onnx.export(
        network.eval().cpu(),
        (torch.zeros(2, *shape, dtype=torch.uint8),),
        target,
        opset_version=MAX_OPSET,
        dynamo=False,
        input_names=["image"],
        output_names=list(outputs),
        dynamic_axes=dynamic,
    )
    model = onnx.load_from_string(target.getvalue())
    model.ir_version = min(model.ir_version, MAX_IR)
    # The exporter loses sight of sizes behind some operators.
    del model.graph.output[:]
    model.graph.output.extend(tensor(name, np.float32, "batch", *dims) for name, dims in outputs.items())
    return model


def with_suppression(model: Any, one_thing: tuple[int, ...] = ()) -> Any:
    """Put non-maximum suppression behind a graph that gives `raw_boxes` and `raw_scores`.

    Classes of `one_thing` suppress each other as if they were one.
    """
    writer = GraphWriter(prefix="back")
    add_suppression(writer, "raw_boxes", "raw_scores", one_thing=one_thing)
    model.graph.node.extend(writer.nodes)
    model.graph.initializer.extend(writer.initializers)
    del model.graph.output[:]
    model.graph.output.extend(detection_outputs())
    return model


def halved(model: Any) -> Any:
    """Store big weights with 16 bits; ONNX Runtime widens them once, when it loads the file."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= HALVED_FROM:
            small = f"{weight.name}_half"
            casts.append(helper.make_node("Cast", [small], [weight.name], to=onnx.TensorProto.FLOAT))
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), small))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return model


def save(model: Any, folder: Path, figures: Mapping[str, Any]) -> None:
    """Write `1/model.onnx` and `figures.json` into a model's folder."""
    weights = folder / "1" / "model.onnx"
    weights.parent.mkdir(parents=True, exist_ok=True)
    unfinished = weights.with_name(f".model.onnx.{os.getpid()}")
    unfinished.write_bytes(model.SerializeToString())
    unfinished.replace(weights)
    (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
