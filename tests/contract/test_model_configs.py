"""What Triton serves agrees with the contracts and with the weights, and stays readable for every supported runtime."""

from pathlib import Path

import onnx
import pytest
from tritonclient.grpc import model_config_pb2

from contracts.vocabulary import DETECTOR_CLASSES, SPACE_DIMENSIONS, Space
from infra.models.model_config import parameter, read_config
from infra.models.onnx_graph import MAX_IR, MAX_OPSET
from infra.models.profiles import MODELS, REPOSITORY
from kit import triton

LIMIT_BYTES = 25_000_000
REDACTION_LIMIT_BYTES = 3_000_000
TYPES = {
    model_config_pb2.TYPE_UINT8: onnx.TensorProto.UINT8,
    model_config_pb2.TYPE_INT32: onnx.TensorProto.INT32,
    model_config_pb2.TYPE_INT64: onnx.TensorProto.INT64,
    model_config_pb2.TYPE_FP32: onnx.TensorProto.FLOAT,
}
NAMES = {
    "detect": (["image"], ["boxes", "scores", "classes"]),
    "embed_image": (["image"], ["embedding"]),
    "embed_text": (["input_ids", "attention_mask"], ["embedding"]),
    "appearance": (["image"], ["embedding"]),
    "attributes": (["image"], ["probabilities"]),
    "faces": (["image"], ["boxes", "scores"]),
    "plates": (["image"], ["boxes", "scores"]),
}


def weights_of(model: str) -> Path:
    path = REPOSITORY / model / "1" / "model.onnx"
    if model == "embed_text" and not path.is_file():
        pytest.skip("the text tower is not built: sightline models build-text")
    return path


def test_the_client_knows_every_model_of_the_repository() -> None:
    assert set(triton.MODELS) >= set(MODELS) == {path.parent.name for path in REPOSITORY.glob("*/config.pbtxt")}


@pytest.mark.parametrize("model", MODELS)
def test_tensors_have_the_agreed_names(model: str) -> None:
    config = read_config(REPOSITORY / model / "config.pbtxt")
    assert config.name == model
    assert ([entry.name for entry in config.input], [entry.name for entry in config.output]) == NAMES[model]


@pytest.mark.parametrize(
    ("model", "space"),
    [("embed_image", Space.SEMANTIC), ("embed_text", Space.SEMANTIC), ("appearance", Space.APPEARANCE)],
)
def test_vectors_have_the_length_that_the_store_expects(model: str, space: Space) -> None:
    config = read_config(REPOSITORY / model / "config.pbtxt")
    assert list(config.output[0].dims) == [SPACE_DIMENSIONS[space]]
    assert space.value in parameter(config, "space")


def test_both_towers_write_the_same_space() -> None:
    spaces = {
        parameter(read_config(REPOSITORY / model / "config.pbtxt"), "space") for model in ("embed_image", "embed_text")
    }
    assert len(spaces) == 1


def test_the_detector_numbers_the_classes_as_the_contracts_do() -> None:
    config = read_config(REPOSITORY / "detect" / "config.pbtxt")
    assert parameter(config, "classes").split(",") == [klass.value for klass in DETECTOR_CLASSES]


@pytest.mark.parametrize("model", ["faces", "plates"])
def test_redaction_says_from_which_score_a_find_is_believed(model: str) -> None:
    config = read_config(REPOSITORY / model / "config.pbtxt")
    assert 0.05 <= float(parameter(config, "recall_threshold")) <= 0.5


@pytest.mark.parametrize("model", MODELS)
def test_every_model_batches_and_says_what_it_is(model: str) -> None:
    config = read_config(REPOSITORY / model / "config.pbtxt")
    assert config.backend == "onnxruntime"
    assert config.max_batch_size >= 8
    assert config.HasField("dynamic_batching")
    assert config.instance_group
    for name in ("profile", "weights", "licence", "intra_op_thread_count"):
        assert parameter(config, name), f"{model} does not say its {name}"
    assert (REPOSITORY / model / "CARD.md").is_file()


@pytest.mark.parametrize("model", MODELS)
def test_the_weights_have_the_tensors_that_the_configuration_names(model: str) -> None:
    config = read_config(REPOSITORY / model / "config.pbtxt")
    graph = onnx.load(str(weights_of(model))).graph
    for entries, values in ((config.input, graph.input), (config.output, graph.output)):
        by_name = {value.name: value.type.tensor_type for value in values}
        assert set(by_name) == {entry.name for entry in entries}
        for entry in entries:
            found = by_name[entry.name]
            assert found.elem_type == TYPES[entry.data_type]
            batch, *dims = found.shape.dim
            assert batch.dim_param, f"{model}.{entry.name}: the batch is fixed to {batch.dim_value}"
            assert [dim.dim_value or -1 for dim in dims] == list(entry.dims)


@pytest.mark.parametrize("model", MODELS)
def test_the_weights_are_readable_for_every_supported_runtime(model: str) -> None:
    weights = onnx.load(str(weights_of(model)))
    assert weights.ir_version <= MAX_IR
    assert all(opset.version <= MAX_OPSET for opset in weights.opset_import if not opset.domain)


def test_the_committed_weights_stay_small() -> None:
    assert sum(weights_of(model).stat().st_size for model in MODELS if model != "embed_text") <= LIMIT_BYTES


def test_faces_and_plates_together_stay_small() -> None:
    assert sum(weights_of(model).stat().st_size for model in ("faces", "plates")) <= REDACTION_LIMIT_BYTES
