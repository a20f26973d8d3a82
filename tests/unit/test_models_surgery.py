"""Foreign networks given our tensors: what comes out is what the network said, read as its paper says."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import openvino
import pytest
from PIL import Image

from contracts.vocabulary import COLOURS
from infra.models import dfine, hyperlpr, open_model_zoo, siglip, vehicle_reid, yolox, yunet
from infra.models.onnx_graph import MAX_IR, MAX_OPSET, GraphWriter, UnexpectedGraphError, finished, tensor
from tests.fixtures.weights import image_tower, text_tower

Array = npt.NDArray[Any]
SHARED = Path(os.environ.get("SIGHTLINE_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def session(model: Any) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(model: Any, **inputs: Array) -> list[Array]:
    return list(session(model).run(None, inputs))


def bytes_of(*shape: int) -> Array:
    return np.random.default_rng(7).integers(0, 256, shape, np.uint8)


def test_an_image_tower_gets_bytes_and_gives_unit_length() -> None:
    pixels = bytes_of(2, 3, 224, 224)
    (raw,) = run(image_tower(), pixel_values=(pixels / 127.5 - 1).astype(np.float32))[1:]
    (embedding,) = run(siglip.served_image(image_tower(), 768, 224), image=pixels)
    assert np.allclose(embedding, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-5)


def test_a_text_tower_sees_its_sixty_four_places_however_short_the_sentence() -> None:
    ids = np.array([[4, 5, 7, 1, 0, 0], [8, 1, 0, 0, 0, 0]], np.int64)
    mask = (ids > 0).astype(np.int64)
    (raw,) = run(text_tower(), input_ids=np.pad(ids, ((0, 0), (0, 58))))
    served = siglip.served_text(text_tower(), 768)
    (embedding,) = run(served, input_ids=ids, attention_mask=mask)
    assert np.allclose(embedding, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-5)


def test_what_the_mask_hides_from_a_text_tower_changes_nothing() -> None:
    served = siglip.served_text(text_tower(), 768)
    ids, mask = np.array([[4, 5, 7, 1, 0, 0]], np.int64), np.array([[1, 1, 1, 1, 0, 0]], np.int64)
    dirty = ids.copy()
    dirty[0, 4:] = 3
    assert np.allclose(
        run(served, input_ids=ids, attention_mask=mask)[0], run(served, input_ids=dirty, attention_mask=mask)[0]
    )


def queries(logits: Array, boxes: Array) -> Any:
    """A network with the tensors of a D-FINE export that says the same of every picture, brighter ones more surely."""
    writer = GraphWriter()
    bright = writer.op("ReduceMean", "pixel_values", axes=[1, 2, 3], keepdims=1)
    scale = writer.op("Reshape", bright, writer.ints(-1, 1, 1))
    writer.op("Add", writer.constant(logits, np.float32), scale, name="logits")
    nothing = writer.op("Mul", scale, writer.constant(0.0, np.float32))
    writer.op("Add", writer.constant(boxes, np.float32), nothing, name="pred_boxes")
    inputs = [tensor("pixel_values", np.float32, "batch", 3, 640, 640)]
    count = logits.shape[1]
    outputs = [
        tensor("logits", np.float32, "batch", count, 80),
        tensor("pred_boxes", np.float32, "batch", count, 4),
    ]
    return finished(writer, "queries", inputs, outputs)


def test_queries_become_boxes_of_our_classes_best_first() -> None:
    logits = np.full((1, 300, 80), -9.0)
    logits[0, 0, 0], logits[0, 1, 2], logits[0, 2, 16] = 1.0, 2.0, 3.0
    boxes = np.tile([0.5, 0.5, 0.2, 0.4], (1, 300, 1))
    boxes[0, 1] = [0.1, 0.5, 0.3, 0.2]
    dark, bright = np.zeros((3, 640, 640), np.uint8), np.full((3, 640, 640), 255, np.uint8)
    found, scores, classes = run(dfine.served_graph(queries(logits, boxes)), image=np.stack([dark, bright]))
    assert classes[:, :2].tolist() == [[2, 0], [2, 0]], "a dog is neither a person nor a vehicle"
    assert scores[0, :3] == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-1)), 0])
    assert scores[1, 0] == pytest.approx(1 / (1 + np.exp(-3)))
    assert found[0, 0] == pytest.approx([0, 0.4, 0.25, 0.6], abs=1e-6), "what leaves the picture is cut"
    assert found[0, 1] == pytest.approx([0.4, 0.3, 0.6, 0.7], abs=1e-6)


def test_a_vehicles_vector_has_unit_length() -> None:
    writer = GraphWriter()
    mean = writer.op("ReduceMean", "input", axes=[2, 3], keepdims=0)
    weights = np.random.default_rng(3).normal(size=(3, 512))
    writer.op("MatMul", mean, writer.constant(weights, np.float32), name="output")
    source = finished(
        writer, "made_up", [tensor("input", np.float32, 1, 3, 208, 208)], [tensor("output", np.float32, 1, 512)]
    )
    pixels = bytes_of(3, 3, 208, 208)
    (embedding,) = run(vehicle_reid.served_graph(source), image=pixels)
    raw = pixels.astype(np.float32).mean((2, 3)) @ weights
    assert np.allclose(embedding, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(
    "surgery",
    [
        dfine.served_graph,
        hyperlpr.served_graph,
        vehicle_reid.served_graph,
        lambda source: yolox.served_graph(source, 320, 544),
        lambda source: yunet.served_graph(source, 320, 544),
        lambda source: siglip.served_image(source, 768, 224),
        lambda source: siglip.served_text(source, 768),
    ],
)
def test_another_network_is_refused(surgery: Any) -> None:
    writer = GraphWriter()
    writer.op("Identity", "image", name="copy")
    other = finished(writer, "other", [tensor("image", np.float32, 1)], [tensor("copy", np.float32, 1)])
    with pytest.raises(UnexpectedGraphError, match="this was written for"):
        surgery(other)


def mirrored(name: str) -> Path:
    path = SHARED / "models" / name
    if not path.is_file():
        pytest.skip(f"no real weights at {path}: set SIGHTLINE_SHARED")
    return path


REAL = {
    "yolox_nano_416.onnx": lambda source: yolox.served_graph(source, 320, 544),
    "yunet_s_dynamic.onnx": lambda source: yunet.served_graph(source, 320, 544),
    "hyperlpr_y5fu_640x_sim.onnx": hyperlpr.served_graph,
}


@pytest.mark.parametrize("name", REAL)
def test_a_batch_of_real_weights_gives_what_its_pictures_give_alone(name: str) -> None:
    model = REAL[name](onnx.load(str(mirrored(name))))
    assert model.ir_version <= MAX_IR
    assert model.opset_import[0].version <= MAX_OPSET
    served = session(model)
    pixels = bytes_of(2, *served.get_inputs()[0].shape[1:])
    together = served.run(None, {"image": pixels})
    for row in range(2):
        alone = served.run(None, {"image": pixels[row : row + 1]})
        assert np.allclose(alone[1][0], together[1][row], atol=1e-4)


def test_yolox_finds_where_its_raw_head_says() -> None:
    path = mirrored("yolox_nano_416.onnx")
    picture = Image.open(SHARED / "stills" / "000000000257.jpg").convert("RGB").resize((416, 416))
    pixels = np.asarray(picture).transpose(2, 0, 1)[None]
    (raw,) = run(onnx.load(str(path)), images=pixels[:, ::-1].astype(np.float32))
    boxes, scores, classes = (
        output[0] for output in run(yolox.served_graph(onnx.load(str(path)), 416, 416), image=pixels)
    )
    likely = raw[0, :, 4:5] * raw[0, :, 5:]
    place = int(likely[:, [0, 1, 2, 3, 5, 7]].max(1).argmax())
    stride, first = (
        (8, 0) if place < 52 * 52 else (16, 52 * 52) if place < 52 * 52 + 26 * 26 else (32, 52 * 52 + 26 * 26)
    )
    y, x = divmod(place - first, 416 // stride)
    centre = (raw[0, place, :2] + [x, y]) * stride
    size = np.exp(raw[0, place, 2:4]) * stride
    wanted = np.concatenate([centre - size / 2, centre + size / 2]).clip(0, 416) / 416
    assert scores[0] == pytest.approx(likely[place].max(), abs=1e-4)
    assert np.allclose(boxes[0], wanted, atol=1e-4)
    assert classes[0] == [0, 1, 2, 3, 5, 7].index(int(likely[place].argmax()))


def test_the_person_networks_gender_has_no_way_out() -> None:
    person = mirrored("person-attributes-recognition-crossroad-0230.xml")
    graph = open_model_zoo.attributes_graph(person, mirrored("vehicle-attributes-recognition-barrier-0039.xml"))
    assert [output.any_name for output in graph.outputs] == ["probabilities"]
    network = openvino.Core().compile_model(graph, "CPU")
    raw = openvino.Core().compile_model(str(person), "CPU")
    for seed in range(4):
        crop = np.random.default_rng(seed).integers(0, 256, (1, 3, 160, 80), np.uint8)
        answers = raw(np.ascontiguousarray(crop[:, ::-1]).astype(np.float32))["453"].ravel()
        told = network(crop)[0].ravel()
        assert told[[23, 25, 27, 29, 31]] == pytest.approx(answers[[4, 5, 3, 1, 2]], abs=1e-4)
        assert len(told) == 43
    assert all("male" not in group.name for group in open_model_zoo.ATTRIBUTE_GROUPS)


@pytest.mark.parametrize(
    ("shade", "name"),
    [
        ((200, 30, 30), "red"),
        ((90, 150, 220), "blue"),
        ((20, 20, 20), "black"),
        ((240, 240, 240), "white"),
        ((240, 210, 40), "yellow"),
        ((30, 120, 50), "green"),
        ((90, 60, 40), "brown"),
    ],
)
def test_clothes_have_the_colour_that_the_crop_has(shade: tuple[int, int, int], name: str) -> None:
    graph = open_model_zoo.attributes_graph(
        mirrored("person-attributes-recognition-crossroad-0230.xml"),
        mirrored("vehicle-attributes-recognition-barrier-0039.xml"),
    )
    crop = np.broadcast_to(np.array(shade, np.uint8)[None, :, None, None], (1, 3, 160, 80))
    told = openvino.Core().compile_model(graph, "CPU")(np.ascontiguousarray(crop))[0].ravel()
    upper, lower = told[:11], told[11:22]
    assert COLOURS[int(upper.argmax())] == COLOURS[int(lower.argmax())] == name
    assert upper.sum() == pytest.approx(1, abs=1e-4)
