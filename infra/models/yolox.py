"""YOLOX as `detect`: Megvii's ONNX export, from its raw head to finished boxes inside one graph.

The export is fixed to batch 1, takes BGR floats of 0-255 and gives, for every place of three strides, a box relative to
its cell, an objectness and 80 class scores.

Source: YOLOX, Ge et al. 2021 (arXiv:2107.08430).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from infra.models.found_boxes import add_suppression, corners, detection_outputs, our_classes, part
from infra.models.onnx_graph import (
    GraphWriter,
    free_batch,
    only_output,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

STRIDES = (8, 16, 32)
SERVED_HEIGHT, SERVED_WIDTH = 320, 544
"""As many pixels as the export's own 416 x 416, but most cameras are wide."""
CHANNELS = 85
"""Of one place: box (4), objectness, COCO's 80 classes."""


def served_graph(source: Any, height: int, width: int) -> Any:
    """Give a YOLOX export without decoding the shapes of `detect`.

    The network is fully convolutional, so its input may have another shape than the exported one.

    Args:
        source: the loaded export (an `onnx.ModelProto`); it is changed.
        height: of the served input, a multiple of 32 pixels.
        width: of the served input, a multiple of 32 pixels.

    Returns:
        A model with `image` UINT8 [N,3,height,width] RGB → the outputs of `detect`.

    Raises:
        UnexpectedGraphError: the head is not where that export has it.
    """
    graph = source.graph
    raw = only_output(graph, "YOLOX export", CHANNELS)
    renamed_input(graph, "floats")
    free_batch(graph)
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "floats", reverse_channels=True)
    cells, strides = _cells(height, width)
    step = back.constant(strides, np.float32)
    centres = back.op("Mul", back.op("Add", part(back, raw, 0, 2), back.constant(cells, np.float32)), step)
    sizes = back.op("Mul", back.op("Exp", part(back, raw, 2, 4)), step)
    boxes = corners(back, centres, sizes, scale=(width, height))
    scores = back.op("Mul", part(back, raw, 5, CHANNELS), part(back, raw, 4, 5))
    add_suppression(back, boxes, our_classes(back, scores))
    picture = tensor("image", np.uint8, "batch", 3, height, width)
    return surrounded(source, front, back, [picture], detection_outputs())


def _cells(height: int, width: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Upper left corners [1,P,2] (x, y in cells) and strides [1,P,1] of every place, in the order of the head."""
    cells, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((x.size, 1), stride))
    return np.concatenate(cells)[None], np.concatenate(strides)[None]
