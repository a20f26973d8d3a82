"""From float weights to 8 bits: static quantisation of an exported network, two to three times quicker on a processor.

Method: Jacob et al. 2018 (arXiv:1712.05877): weights get a scale a channel, activations one a tensor, whose ranges are
seen on some pictures; written as QuantizeLinear and DequantizeLinear pairs, which ONNX Runtime melts into integer
operators. Weights are signed and activations unsigned, as processors with VNNI want them.
"""

import logging
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from infra.models.onnx_graph import MAX_IR

LAYERS = ("Conv", "Gemm", "MatMul", "Add")
"""What is worth doing in integers."""
BETWEEN = ("Relu", "Clip", "Concat", "Resize", "MaxPool", "AveragePool", "GlobalAveragePool")
"""What lies between them, and would else go to floats and back."""
CALIBRATION_BATCH = 8


def quantised(model: Any, pictures: npt.NDArray[np.uint8], *, keep_float: Collection[str] = ()) -> Any:
    """Give an exported network whose convolutions, linear layers and what lies between them run with 8 bits.

    Args:
        model: as `infra.models.train.export.exported` gives it: one input `image` UINT8 [N,C,H,W], weights still in
            floats (call `halved` and `with_suppression` afterwards).
        pictures: UINT8 [M,C,H,W] from the training data, 64 to 256 of them, as varied as what will be seen.
        keep_float: nodes whose name contains one of these stay in floats, e.g. `("/heat/", "/distance/")` for last
            layers whose outputs must be fine.

    Returns:
        The same inputs and outputs at the same opset, with int8 weights. Measure what it loses before serving it.

    Raises:
        ValueError: a name of `keep_float` is in no node: the network has changed.
    """
    for part in keep_float:
        if not any(part in node.name for node in model.graph.node):
            raise ValueError(f"no node of the network has {part!r} in its name, so nothing can be kept in floats there")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        simple = _simplified(model, Path(folder, "simple.onnx"))
        aside = [node.name for node in simple.graph.node if any(part in node.name for part in keep_float)]
        onnx.save(simple, str(source))
        # It advises to simplify the network first, which is done.
        logging.disable(logging.WARNING)
        try:
            quantize_static(
                str(source),
                str(target),
                _Pictures(pictures),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=[*LAYERS, *BETWEEN],
                nodes_to_exclude=aside,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
                # One odd picture must not widen the ranges of all.
                extra_options={"CalibMovingAverage": True},
            )
        finally:
            logging.disable(logging.NOTSET)
        result = onnx.load(str(target))
    _read_pixels_as_they_are(result.graph)
    result.ir_version = min(result.ir_version, MAX_IR)
    # The tools name domains of which nothing is used.
    plain = [opset for opset in result.opset_import if opset.domain == ""]
    del result.opset_import[:]
    result.opset_import.extend(plain)
    del result.graph.output[:]
    result.graph.output.extend(model.graph.output)
    onnx.checker.check_model(result, full_check=True)
    return result


class _Pictures(CalibrationDataReader):
    def __init__(self, pictures: npt.NDArray[np.uint8]) -> None:
        self._batches = iter(
            pictures[start : start + CALIBRATION_BATCH] for start in range(0, len(pictures), CALIBRATION_BATCH)
        )

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"image": batch}


def _simplified(model: Any, path: Path) -> Any:
    """Fold what is constant, norms into convolutions, and padding into the convolutions that it stands before."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    simple = onnx.load(str(path))
    graph = simple.graph
    known = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        pad = made_by.get(node.input[0]) if node.op_type == "Conv" else None
        if pad is None or pad.op_type != "Pad":
            continue
        sides, own = known[pad.input[1]], _attribute(node, "pads", [0, 0, 0, 0])
        fill = known[pad.input[2]] if len(pad.input) > 2 and pad.input[2] else 0
        if _attribute(pad, "mode", b"constant") != b"constant" or np.any(fill) or np.any(sides[[0, 1, 4, 5]]):
            continue
        both = [int(more) + int(had) for more, had in zip(sides[[2, 3, 6, 7]], own, strict=True)]
        _replace_attribute(node, "pads", both)
        node.input[0] = pad.input[0]
    _drop_unused(graph)
    return simple


def _read_pixels_as_they_are(graph: Any) -> None:
    """Let the first layer read the bytes: where pixels are (byte - whole number) * scale, nothing is lost."""
    known = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    chain, name = [], "image"
    for kind in ("Cast", "Sub", "Mul", "QuantizeLinear", "DequantizeLinear"):
        if len(readers.get(name, [])) != 1 or readers[name][0].op_type != kind:
            return
        chain.append(readers[name][0])
        name = chain[-1].output[0]
    zero, scale = (known.get(node.input[1]) for node in chain[1:3])
    if zero is None or scale is None or zero.size != 1 or scale.size != 1 or zero.item() not in range(256):
        return
    graph.initializer.append(numpy_helper.from_array(np.array(scale.item(), np.float32), "image_scale"))
    graph.initializer.append(numpy_helper.from_array(np.array(zero.item(), np.uint8), "image_zero"))
    direct = helper.make_node("DequantizeLinear", ["image", "image_scale", "image_zero"], [name], name="image_read")
    kept = [node for node in graph.node if not any(node is link for link in chain)]
    del graph.node[:]
    graph.node.extend([direct, *kept])
    _drop_unused(graph)


def _attribute(node: Any, name: str, default: Any) -> Any:
    return next((helper.get_attribute_value(found) for found in node.attribute if found.name == name), default)


def _replace_attribute(node: Any, name: str, value: Any) -> None:
    kept = [found for found in node.attribute if found.name not in (name, "auto_pad")]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


def _drop_unused(graph: Any) -> None:
    wanted = {output.name for output in graph.output}
    nodes = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            nodes.append(node)
            wanted.update(node.input)
    weights = [weight for weight in graph.initializer if weight.name in wanted]
    del graph.node[:]
    graph.node.extend(reversed(nodes))
    del graph.initializer[:]
    graph.initializer.extend(weights)
