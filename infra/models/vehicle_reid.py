"""vehicle-reid-0001 (OSNet-AIN) as `appearance_vehicle`: Open Model Zoo's ONNX export, bytes in, unit vectors out.

The export takes RGB floats and brings its own normalisation.

Source: OSNet-AIN, Zhou et al. 2021 (arXiv:1910.06827), trained for vehicles by Intel.
"""

from typing import Any

import numpy as np

from infra.models.onnx_graph import (
    GraphWriter,
    free_batch,
    only_output,
    pixels_to_floats,
    renamed_input,
    surrounded,
    tensor,
)

SIZE, LENGTH = 208, 512


def served_graph(source: Any) -> Any:
    """Give the export the shapes of an appearance model.

    Args:
        source: the loaded export (an `onnx.ModelProto`); it is changed.

    Returns:
        A model with `image` UINT8 [N,3,208,208] RGB → `embedding` FP32 [N,512], unit length.

    Raises:
        UnexpectedGraphError: it has not one output of 512 numbers.
    """
    graph = source.graph
    raw = only_output(graph, "vehicle-reid-0001 export", LENGTH)
    renamed_input(graph, "floats")
    free_batch(graph)
    front, back = GraphWriter(prefix="front"), GraphWriter(prefix="back")
    pixels_to_floats(front, "floats")
    back.op("LpNormalization", raw, name="embedding", axis=-1, p=2)
    picture = tensor("image", np.uint8, "batch", 3, SIZE, SIZE)
    return surrounded(source, front, back, [picture], [tensor("embedding", np.float32, "batch", LENGTH)])
