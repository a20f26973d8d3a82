"""YuNet as `faces`: libfacedetection's ONNX export, from its raw heads to finished boxes inside one graph.

The export takes BGR floats of 0-255 in any size and gives, for three strides, a class score, an objectness, a box
relative to its cell and five landmarks, which are not used here.

Source: YuNet, Wu et al. 2023 (Machine Intelligence Research 20).
"""

from typing import Any

import numpy as np

from infra.models.found_boxes import add_suppression, corners, part, place_outputs
from infra.models.onnx_graph import (
    GraphWriter,
    UnexpectedGraphError,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

STRIDES = (8, 16, 32)
SERVED_HEIGHT, SERVED_WIDTH = 544, 960
"""Faces of people who are far away are few pixels; the network is small enough to look closely."""
SUPPRESSION_IOU = 0.3
"""As upstream: faces hardly overlap."""


def served_graph(source: Any, height: int, width: int) -> Any:
    """Give a YuNet export with free sizes the shapes of `faces`.

    Args:
        source: the loaded export (an `onnx.ModelProto`); it is changed.
        height: of the served input, a multiple of 32 pixels.
        width: of the served input, a multiple of 32 pixels.

    Returns:
        A model with `image` UINT8 [N,3,height,width] RGB → `boxes` FP32 [N,100,4] (0-1, xyxy), `scores` FP32 [N,100].

    Raises:
        UnexpectedGraphError: the heads are not those of that export.
    """
    graph = source.graph
    heads = {output.name for output in graph.output}
    wanted = {f"{head}_{stride}" for head in ("cls", "obj", "bbox") for stride in STRIDES}
    if not wanted <= heads:
        raise UnexpectedGraphError("YuNet export", ", ".join(sorted(wanted)), ", ".join(sorted(heads)))
    renamed_input(graph, "floats")
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "floats", reverse_channels=True)
    boxes, scores = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        cells = np.stack([x.ravel(), y.ravel()], axis=1)[None]
        raw = f"bbox_{stride}"
        step = back.constant(stride, np.float32)
        centres = back.op("Mul", back.op("Add", part(back, raw, 0, 2), back.constant(cells, np.float32)), step)
        sizes = back.op("Mul", back.op("Exp", part(back, raw, 2, 4)), step)
        boxes.append(corners(back, centres, sizes, scale=(width, height)))
        # The geometric mean of two scores, each of which may leave 0-1 by a rounding.
        both = [
            back.op("Clip", f"{head}_{stride}", back.constant(0.0, np.float32), back.constant(1.0, np.float32))
            for head in ("cls", "obj")
        ]
        scores.append(back.op("Sqrt", back.op("Mul", *both)))
    all_scores = back.op("Transpose", back.op("Concat", *scores, axis=1), perm=[0, 2, 1])
    add_suppression(back, back.op("Concat", *boxes, axis=1), all_scores, iou=SUPPRESSION_IOU, classes=False)
    picture = tensor("image", np.uint8, "batch", 3, height, width)
    return surrounded(source, front, back, [picture], place_outputs())
