"""HyperLPR's plate finder as `plates`: its ONNX export of a YOLOv5-face network, with the suppression in the graph.

The export is fixed to one picture of 640 x 640, takes RGB floats of 0-1 and gives decoded boxes in pixels, an
objectness, four corners (not used here) and the scores of two kinds of plate.
"""

from typing import Any

import numpy as np

from infra.models.found_boxes import add_suppression, corners, part, place_outputs
from infra.models.onnx_graph import (
    GraphWriter,
    free_batch,
    only_output,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

SIZE = 640
CHANNELS = 15
"""Of one place: box (4), objectness, four corners (8), one and two lines of letters."""
SUPPRESSION_IOU = 0.4


def served_graph(source: Any) -> Any:
    """Give the export the shapes of `plates`.

    Args:
        source: the loaded `y5fu_640x_sim.onnx` (an `onnx.ModelProto`); it is changed.

    Returns:
        A model with `image` UINT8 [N,3,640,640] RGB → `boxes` FP32 [N,100,4] (0-1, xyxy), `scores` FP32 [N,100].

    Raises:
        UnexpectedGraphError: the head is not that of the export.
    """
    graph = source.graph
    raw = only_output(graph, "HyperLPR export", CHANNELS)
    renamed_input(graph, "floats")
    free_batch(graph)
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "floats", deviation=(255.0, 255.0, 255.0))
    boxes = corners(back, part(back, raw, 0, 2), part(back, raw, 2, 4), scale=(SIZE, SIZE))
    kind = back.op("ReduceMax", part(back, raw, 13, CHANNELS), axes=[2], keepdims=1)
    scores = back.op("Transpose", back.op("Mul", part(back, raw, 4, 5), kind), perm=[0, 2, 1])
    add_suppression(back, boxes, scores, iou=SUPPRESSION_IOU, classes=False)
    picture = tensor("image", np.uint8, "batch", 3, SIZE, SIZE)
    return surrounded(source, front, back, [picture], place_outputs())
