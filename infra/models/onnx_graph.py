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


class UnexpectedGraphError(ValueError):
    """A file is a network, but not the export that its surgery was written for."""

    def __init__(self, export: str, expected: str, found: str) -> None:
        super().__init__(f"not the {export} this was written for: expected {expected}, found {found}")


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


def only_output(graph: Any, export: str, length: int) -> str:
    """Name the single output of an export, whose last dimension is known.

    Raises:
        UnexpectedGraphError: there are others, or it has another length.
    """
    found = [[dim.dim_value for dim in output.type.tensor_type.shape.dim] for output in graph.output]
    if len(found) != 1 or found[0][-1] != length:
        raise UnexpectedGraphError(export, f"one output whose last dimension is {length}", str(found))
    return str(graph.output[0].name)


def renamed_input(graph: Any, name: str) -> None:
    """Let the graph read its picture from the tensor `name`, so that a preparation can stand before it."""
    old = graph.input[0].name
    for node in graph.node:
        for place, read in enumerate(node.input):
            if read == old:
                node.input[place] = name
    graph.input[0].name = name


def free_batch(graph: Any) -> None:
    """Let any batch size through reshapes that have a batch of one written in: the first dimension is copied."""
    weights = {constant.name: constant for constant in graph.initializer}
    constants = {
        node.output[0]: attribute.t
        for node in graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[0] in weights:
            continue
        written = weights.get(node.input[1]) or constants.get(node.input[1])
        if written is None:
            continue
        shape = numpy_helper.to_array(written)
        if len(shape) > 1 and shape[0] == 1:
            freed = shape.copy()
            freed[0] = 0
            written.CopyFrom(numpy_helper.from_array(freed, written.name))


def surrounded(source: Any, front: GraphWriter, back: GraphWriter, inputs: list[Any], outputs: list[Any]) -> Any:
    """Put nodes before and behind a loaded network, and give it other inputs and outputs.

    Args:
        source: the network (an `onnx.ModelProto`); it is changed.
        front: nodes that end in the tensors that the network reads.
        back: nodes that begin at the tensors that the network writes.
        inputs: described as `tensor` does.
        outputs: described as `tensor` does; what none of them needs is dropped.

    Returns:
        The changed network, checked, with opset as it was and IR of at most `MAX_IR`.

    Raises:
        onnx.checker.ValidationError: the nodes do not make a valid graph.
    """
    graph = source.graph
    nodes = [*front.nodes, *graph.node, *back.nodes]
    wanted = {output.name for output in outputs}
    needed: list[Any] = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            needed.append(node)
            wanted |= set(node.input)
    constants = [*front.initializers, *graph.initializer, *back.initializers]
    kept = [constant for constant in constants if constant.name in wanted]
    for field_name, values in (("node", needed[::-1]), ("initializer", kept), ("input", inputs), ("output", outputs)):
        # The new list may hold parts of the old one: copy before it is emptied.
        copies = [type(value).FromString(value.SerializeToString()) for value in values]
        graph.ClearField(field_name)
        getattr(graph, field_name).extend(copies)
    graph.ClearField("value_info")
    source.ir_version = min(source.ir_version, MAX_IR)
    onnx.checker.check_model(source, full_check=True)
    return source


def pixels_to_floats(
    writer: GraphWriter,
    into: str,
    *,
    mean: tuple[float, ...] = (),
    deviation: tuple[float, ...] = (),
    reverse_channels: bool = False,
) -> None:
    """Turn the tensor `image` (UINT8 RGB) into the floats that a network was trained on, written to `into`.

    Args:
        writer: receives the nodes.
        into: the tensor that the network's first layer reads.
        mean: of R, G, B in 0-255, taken off; nothing when empty.
        deviation: of R, G, B in 0-255, divided by; nothing when empty.
        reverse_channels: the network wants BGR. Mean and deviation are those of R, G, B all the same.
    """
    pixels = writer.op("Cast", "image", to=onnx.TensorProto.FLOAT)
    if mean:
        pixels = writer.op("Sub", pixels, writer.constant(np.reshape(mean, (1, 3, 1, 1)), np.float32))
    if deviation:
        pixels = writer.op("Div", pixels, writer.constant(np.reshape(deviation, (1, 3, 1, 1)), np.float32))
    if reverse_channels:
        pixels = writer.op("Gather", pixels, writer.constant([2, 1, 0], np.int64), axis=1)
    writer.op("Identity", pixels, name=into)


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
