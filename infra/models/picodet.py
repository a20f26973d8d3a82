"""PP-PicoDet as `detect`: PaddleDetection's ONNX export, from its raw heads to finished boxes inside one graph.

The export is fixed to batch 1, takes normalised floats and gives eight raw tensors (class scores and box
distributions of four strides). `served_graph` makes it what `model_repository/detect` promises: UINT8 in, any batch
size, decoded and non-maximum-suppressed boxes out.

Sources: generalised focal loss, Li et al. 2020 (arXiv:2006.04388), section 3.2; PP-PicoDet (arXiv:2111.00902).
"""

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from infra.models.found_boxes import add_suppression, detection_outputs, our_classes
from infra.models.onnx_graph import (
    GraphWriter,
    UnexpectedGraphError,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

# The export's own input is this many pixels square; its channel shuffles have the sizes of the feature maps written in.
EXPORTED_SIZE = 416
STRIDES = (8, 16, 32, 64)
SERVED_HEIGHT, SERVED_WIDTH = 320, 544
"""As many pixels as the export's own square, but most cameras are wide."""
BINS = 8
# ImageNet mean and deviation in 0-255 RGB, as PaddleDetection trained it.
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)


def served_graph(source: Any, height: int, width: int) -> Any:
    """Give the PicoDet-S 416 export the shapes of `detect`.

    The network is fully convolutional, so its input may have another shape than the exported one.

    Args:
        source: the loaded `picodet_s_416_coco.onnx` (an `onnx.ModelProto`); it is changed.
        height: of the served input, a multiple of 32 pixels.
        width: of the served input, a multiple of 32 pixels.

    Returns:
        A model with `image` UINT8 [N,3,height,width] RGB → `boxes` FP32 [N,100,4] (0-1, xyxy of the input picture),
        `scores` FP32 [N,100], `classes` INT32 [N,100], best first, padded with score 0.

    Raises:
        UnexpectedGraphError: the heads are not where that export has them.
    """
    graph = source.graph
    heads = [output.name for output in graph.output]
    if len(heads) != 2 * len(STRIDES):
        raise UnexpectedGraphError("PicoDet export", f"{2 * len(STRIDES)} outputs", str(len(heads)))
    renamed_input(graph, "normalised")
    _free_shape(graph, height, width)
    _fuse_hard_swish(graph)
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "normalised", mean=MEAN, deviation=DEVIATION)
    boxes, scores = _decode(back, heads, height, width)
    add_suppression(back, boxes, scores)
    picture = tensor("image", np.uint8, "batch", 3, height, width)
    return surrounded(source, front, back, [picture], detection_outputs())


def _decode(writer: GraphWriter, heads: list[str], height: int, width: int) -> tuple[str, str]:
    """Turn raw heads into boxes [N,P,4] (0-1) and scores [N,6,P]."""
    all_scores = writer.op("Concat", *heads[: len(STRIDES)], axis=1)
    scores = our_classes(writer, all_scores)

    raw = writer.op("Concat", *heads[len(STRIDES) :], axis=1)
    bins = writer.op("Reshape", raw, writer.ints(0, -1, 4, BINS))
    likelihood = writer.op("Softmax", bins, axis=3)
    distance = writer.op("MatMul", likelihood, writer.constant(np.arange(BINS).reshape(BINS, 1), np.float32))
    distance = writer.op("Squeeze", distance, axes=[3])
    centres, strides = _priors(height, width)
    distance = writer.op("Mul", distance, writer.constant(strides, np.float32))
    signed = writer.op("Mul", distance, writer.constant([-1, -1, 1, 1], np.float32))
    corners = writer.op("Add", signed, writer.constant(centres, np.float32))
    unit = writer.op("Div", corners, writer.constant([width, height, width, height], np.float32))
    return writer.op("Clip", unit, writer.constant(0.0, np.float32), writer.constant(1.0, np.float32)), scores


def _priors(height: int, width: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Centres [1,P,4] (x, y, x, y in pixels) and strides [1,P,1] of every place, in the order of the heads."""
    centres, strides = [], []
    for stride in STRIDES:
        rows, columns = _cells(height, stride), _cells(width, stride)
        y, x = np.mgrid[:rows, :columns]
        place = np.stack([(x.ravel() + 0.5) * stride, (y.ravel() + 0.5) * stride], axis=1)
        centres.append(np.concatenate([place, place], axis=1))
        strides.append(np.full((rows * columns, 1), stride))
    return np.concatenate(centres)[None], np.concatenate(strides)[None]


def _cells(pixels: int, stride: int) -> int:
    return -(-pixels // stride)


def _free_shape(graph: Any, height: int, width: int) -> None:
    """Let any batch size through, and another picture size.

    Rewrites the shapes of the reshapes: the first dimension is copied (0), the last two of a channel shuffle are those
    of its stride.
    """
    map_sizes = {_cells(EXPORTED_SIZE, stride): (_cells(height, stride), _cells(width, stride)) for stride in STRIDES}
    weights = {constant.name: constant for constant in graph.initializer}
    on_activations = {
        node.input[1] for node in graph.node if node.op_type == "Reshape" and node.input[0] not in weights
    }
    for name in on_activations & set(weights):
        shape = numpy_helper.to_array(weights[name]).copy()
        shape[0] = 0
        if shape[-1] in map_sizes:
            shape[-2:] = map_sizes[int(shape[-1])]
        weights[name].CopyFrom(numpy_helper.from_array(shape, name))


def _fuse_hard_swish(graph: Any) -> None:
    """Replace the export's Add, Clip, Mul, Div by HardSigmoid and Mul: the same function, half the memory passes."""
    users: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    dead: set[str] = set()
    swaps: dict[str, list[Any]] = {}
    for add in graph.node:
        if add.op_type != "Add" or [user.op_type for user in users.get(add.output[0], [])] != ["Clip"]:
            continue
        clip = users[add.output[0]][0]
        (mul,) = users[clip.output[0]]
        (div,) = users[mul.output[0]]
        if (mul.op_type, div.op_type, mul.input[0]) != ("Mul", "Div", add.input[0]):
            continue
        gate = f"{div.output[0]}_gate"
        swaps[div.output[0]] = [
            onnx.helper.make_node("HardSigmoid", [add.input[0]], [gate], alpha=1 / 6, beta=0.5),
            onnx.helper.make_node("Mul", [add.input[0], gate], [div.output[0]]),
        ]
        dead |= {add.output[0], clip.output[0], mul.output[0]}
    kept: list[Any] = []
    for node in graph.node:
        if node.output[0] in swaps:
            kept.extend(swaps[node.output[0]])
        elif node.output[0] not in dead:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
