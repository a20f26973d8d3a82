"""An exported network taken down to 8 bits."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from infra.models.onnx_graph import GraphWriter, finished, tensor
from infra.models.train.quantise import quantised

WIDTH = 16


@pytest.fixture
def network() -> Any:
    """Pixels → padded convolution → clip → last layer `/last/Conv`."""
    rng = np.random.default_rng(0)
    writer = GraphWriter()
    pixels = writer.op("Cast", "image", to=TensorProto.FLOAT)
    centred = writer.op("Sub", pixels, writer.constant(127.0, np.float32))
    scaled = writer.op("Mul", centred, writer.constant(1 / 128, np.float32))
    padded = writer.op("Pad", scaled, writer.ints(0, 0, 0, 0, 0, 0, 1, 1), writer.constant(0.0, np.float32))
    first = writer.constant(rng.normal(0, 0.4, (WIDTH, 3, 3, 3)), np.float32)
    seen = writer.op("Conv", padded, first, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 0, 0])
    kept = writer.op("Clip", seen, writer.constant(0.0, np.float32), writer.constant(6.0, np.float32))
    last = writer.constant(rng.normal(0, 0.3, (4, WIDTH, 1, 1)), np.float32)
    writer.op("Conv", kept, last, name="out", kernel_shape=[1, 1])
    writer.nodes[-1].name = "/last/Conv"
    inputs = [tensor("image", np.uint8, "batch", 3, 32, 48)]
    return finished(writer, "network", inputs, [tensor("out", np.float32, "batch", 4, 16, 24)])


@pytest.fixture
def pictures() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (20, 3, 32, 48), dtype=np.uint8)


def run(model: Any, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"image": pictures})[0])


def test_it_answers_nearly_the_same_with_8_bits(network: Any, pictures: npt.NDArray[np.uint8]) -> None:
    before = run(network, pictures)
    small = quantised(network, pictures)
    after = run(small, pictures)
    assert after.shape == before.shape
    assert 0 < np.abs(after - before).mean() < 0.05 * np.abs(before).mean()
    kinds = [weight.data_type for weight in small.graph.initializer if len(weight.dims) == 4]
    assert kinds == [TensorProto.INT8, TensorProto.INT8]


def test_the_first_layer_reads_the_bytes_and_pads_by_itself(network: Any, pictures: npt.NDArray[np.uint8]) -> None:
    small = quantised(network, pictures)
    kinds = {node.op_type for node in small.graph.node}
    assert kinds <= {"DequantizeLinear", "QuantizeLinear", "Conv"}
    assert small.graph.node[0].input[0] == "image"


def test_what_is_named_stays_in_floats(network: Any, pictures: npt.NDArray[np.uint8]) -> None:
    small = quantised(network, pictures, keep_float=("/last/",))
    weights = {weight.name: weight.data_type for weight in small.graph.initializer}
    last = next(node for node in small.graph.node if "/last/" in node.name)
    assert weights[last.input[1]] == TensorProto.FLOAT
    assert TensorProto.INT8 in weights.values()


def test_a_name_that_no_layer_has_is_refused(network: Any, pictures: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="/lst/"):
        quantised(network, pictures, keep_float=("/lst/",))


def test_the_served_servers_can_read_it(network: Any, pictures: npt.NDArray[np.uint8]) -> None:
    small = quantised(network, pictures)
    assert small.ir_version <= 9
    assert [(opset.domain, opset.version) for opset in small.opset_import] == [("", 17)]
    onnx.checker.check_model(small, full_check=True)
