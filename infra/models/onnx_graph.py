"""Writing ONNX graphs by hand: a list of nodes that names its own tensors.

Graphs made here stay at opset 17 and IR 9 or below, which is what the ONNX Runtime of every supported Triton reads.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

MAX_OPSET = 17
MAX_IR = 9


@dataclass
class GraphWriter:
    """Collects nodes and constants; every call to `op` gives the name of the new tensor."""

    nodes: list[Any] = field(default_factory=list)
    initializers: list[Any] = field(default_factory=list)
    prefix: str = "t"

    def op(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Add one node with a single output and give that output's name."""
        output = name or f"{self.prefix}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def pair(self, kind: str, *inputs: str, **attributes: Any) -> tuple[str, str]:
        """Add one node with two outputs, such as TopK, and give their names."""
        first, second = (f"{self.prefix}{len(self.nodes)}{suffix}" for suffix in "ab")
        self.nodes.append(helper.make_node(kind, list(inputs), [first, second], **attributes))
        return first, second

    def constant(self, value: npt.ArrayLike, dtype: npt.DTypeLike | None = None, name: str | None = None) -> str:
        """Add one constant tensor and give its name."""
        tensor_name = name or f"{self.prefix}_const{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), tensor_name))
        return tensor_name

    def ints(self, *values: int) -> str:
        """Add a one-dimensional INT64 constant, as shapes and axes want."""
        return self.constant(values, np.int64)


def tensor(name: str, dtype: npt.DTypeLike, *dims: str | int) -> Any:
    """Describe one graph input or output."""
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), list(dims))


def finished(writer: GraphWriter, name: str, inputs: list[Any], outputs: list[Any], opset: int = MAX_OPSET) -> Any:
    """Turn the collected nodes into a checked model.

    Raises:
        onnx.checker.ValidationError: the nodes do not make a valid graph.
    """
    used = {tensor_name for node in writer.nodes for tensor_name in node.input}
    weights = [constant for constant in writer.initializers if constant.name in used]
    graph = helper.make_graph(writer.nodes, name, inputs, outputs, initializer=weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=MAX_IR)
    model.producer_name = "sightline"
    onnx.checker.check_model(model, full_check=True)
    return model
