"""D-FINE as `detect`: the ONNX export of its Transformers form, from its queries to finished boxes inside one graph.

The export takes RGB floats of 0-1, 640 x 640, and gives for each of 300 queries 80 logits and a box (centre and size,
0-1). RT-DETRv2 is exported in the same form, and so served by the same surgery.

Sources: D-FINE, Peng et al. 2024 (arXiv:2410.13842); RT-DETRv2, Lv et al. 2024 (arXiv:2407.17140).
"""

from typing import Any

import numpy as np

from infra.models.found_boxes import add_suppression, corners, detection_outputs, our_classes, part
from infra.models.onnx_graph import (
    GraphWriter,
    UnexpectedGraphError,
    free_batch,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

SIZE = 640
SUPPRESSION_IOU = 0.8
"""Each thing is claimed by one query, so suppression has little to do; a high bar leaves people in a crowd alone."""


def served_graph(source: Any) -> Any:
    """Give the export the shapes of `detect`.

    Args:
        source: the loaded export (an `onnx.ModelProto`); it is changed.

    Returns:
        A model with `image` UINT8 [N,3,640,640] RGB → the outputs of `detect`.

    Raises:
        UnexpectedGraphError: the outputs are not those of the export.
    """
    graph = source.graph
    found = [output.name for output in graph.output]
    if not {"logits", "pred_boxes"} <= set(found):
        raise UnexpectedGraphError("D-FINE export", "the outputs logits and pred_boxes", ", ".join(found))
    renamed_input(graph, "floats")
    free_batch(graph)
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "floats", deviation=(255.0, 255.0, 255.0))
    boxes = corners(back, part(back, "pred_boxes", 0, 2), part(back, "pred_boxes", 2, 4))
    scores = our_classes(back, back.op("Sigmoid", "logits"))
    add_suppression(back, boxes, scores, iou=SUPPRESSION_IOU)
    picture = tensor("image", np.uint8, "batch", 3, SIZE, SIZE)
    return surrounded(source, front, back, [picture], detection_outputs())
