"""What is sent to Triton is what protobuf itself would read, and answers are read as they were written."""

import numpy as np
import pytest
from tritonclient.grpc import service_pb2

from kit import kserve


@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_protobuf_reads_a_request_as_it_was_meant(count: int) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (count, 3, 32, 24), np.uint8)
    read = service_pb2.ModelInferRequest.FromString(kserve.request("detect", {"image": pictures}, ("boxes", "scores")))
    assert (read.model_name, [output.name for output in read.outputs]) == ("detect", ["boxes", "scores"])
    assert (read.inputs[0].name, read.inputs[0].datatype) == ("image", "UINT8")
    assert list(read.inputs[0].shape) == [count, 3, 32, 24]
    assert list(read.raw_input_contents) == [pictures.tobytes()]


def test_several_inputs_keep_their_order_and_types() -> None:
    ids, mask = np.arange(6).reshape(2, 3), np.ones((2, 3), np.float32)
    read = service_pb2.ModelInferRequest.FromString(kserve.request("m", {"ids": ids, "mask": mask}, ()))
    assert [(one.name, one.datatype) for one in read.inputs] == [("ids", "INT64"), ("mask", "FP32")]
    assert list(read.raw_input_contents) == [ids.tobytes(), mask.tobytes()]


def test_an_array_that_does_not_lie_in_rows_is_sent_in_rows() -> None:
    turned = np.arange(12, dtype=np.uint8).reshape(3, 4).T
    read = service_pb2.ModelInferRequest.FromString(kserve.request("m", {"x": turned}, ()))
    assert list(read.raw_input_contents) == [turned.tobytes()]


def test_an_answer_is_read_as_it_was_written() -> None:
    boxes, classes = np.ones((2, 3, 4), np.float32), np.arange(6, dtype=np.int32).reshape(2, 3)
    answer = service_pb2.ModelInferResponse()
    answer.outputs.add(name="boxes", datatype="FP32", shape=boxes.shape)
    answer.outputs.add(name="classes", datatype="INT32", shape=classes.shape)
    answer.raw_output_contents.extend([boxes.tobytes(), classes.tobytes()])
    read = kserve.arrays(answer)
    assert read["boxes"].dtype == np.float32
    assert np.array_equal(read["boxes"], boxes)
    assert np.array_equal(read["classes"], classes)
