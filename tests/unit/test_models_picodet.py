"""PicoDet's raw heads turned into the boxes that `detect` promises."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from infra.models.found_boxes import COCO_CLASSES, add_suppression, detection_outputs
from infra.models.onnx_graph import GraphWriter, UnexpectedGraphError, finished, tensor
from infra.models.picodet import BINS, DEVIATION, MEAN, STRIDES, served_graph

Array = npt.NDArray[Any]
SHARED = Path(os.environ.get("SIGHTLINE_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def session(model: Any) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def suppression() -> onnxruntime.InferenceSession:
    writer = GraphWriter()
    add_suppression(writer, "raw_boxes", "raw_scores")
    inputs = [
        tensor("raw_boxes", np.float32, "batch", "places", 4),
        tensor("raw_scores", np.float32, "batch", 2, "places"),
    ]
    return session(finished(writer, "suppression", inputs, detection_outputs()))


def suppressed(run: onnxruntime.InferenceSession, boxes: Array, scores: Array) -> tuple[Array, Array, Array]:
    pad = 128 - boxes.shape[1]
    boxes = np.pad(boxes, ((0, 0), (0, pad), (0, 0))).astype(np.float32)
    scores = np.pad(scores, ((0, 0), (0, 0), (0, pad))).astype(np.float32)
    found, kept, classes = run.run(None, {"raw_boxes": boxes, "raw_scores": scores})
    return found, kept, classes


def test_of_two_boxes_on_one_thing_the_better_stays(suppression: onnxruntime.InferenceSession) -> None:
    boxes = np.array([[[0.1, 0.1, 0.3, 0.5], [0.1, 0.1, 0.3, 0.52], [0.6, 0.1, 0.8, 0.5]]])
    scores = np.array([[[0.7, 0.9, 0.4], [0, 0, 0]]])
    found, kept, _ = suppressed(suppression, boxes, scores)
    assert kept[0, :3].tolist() == pytest.approx([0.9, 0.4, 0.0])
    assert np.allclose(found[0, :2], boxes[0, [1, 2]])


def test_boxes_of_two_classes_do_not_suppress_each_other(suppression: onnxruntime.InferenceSession) -> None:
    boxes = np.array([[[0.1, 0.1, 0.3, 0.5], [0.1, 0.1, 0.3, 0.5]]])
    scores = np.array([[[0.9, 0], [0, 0.8]]])
    _, kept, classes = suppressed(suppression, boxes, scores)
    assert kept[0, :2].tolist() == pytest.approx([0.9, 0.8])
    assert classes[0, :2].tolist() == [0, 1]


def test_what_is_padded_has_no_score_and_no_box(suppression: onnxruntime.InferenceSession) -> None:
    boxes = np.array([[[0.1, 0.1, 0.3, 0.5]], [[0.2, 0.2, 0.4, 0.4]]])
    scores = np.array([[[0.9], [0]], [[0.01], [0]]])
    found, kept, _ = suppressed(suppression, boxes, scores)
    assert found.shape == (2, 100, 4)
    assert (kept[0, 1:] == 0).all()
    assert (found[0, 1:] == 0).all()
    assert (kept[1] == 0).all(), "a score under the floor is no detection"


def test_every_picture_of_a_batch_keeps_its_own(suppression: onnxruntime.InferenceSession) -> None:
    boxes = np.array([[[0.1, 0.1, 0.3, 0.5]], [[0.2, 0.2, 0.4, 0.4]]])
    scores = np.array([[[0.3], [0]], [[0], [0.8]]])
    found, kept, classes = suppressed(suppression, boxes, scores)
    assert np.allclose(found[:, 0], boxes[:, 0])
    assert kept[:, 0].tolist() == pytest.approx([0.3, 0.8])
    assert classes[:, 0].tolist() == [0, 1]


def test_another_network_is_refused() -> None:
    writer = GraphWriter()
    writer.op("Identity", "image", name="copy")
    other = finished(writer, "other", [tensor("image", np.float32, 1)], [tensor("copy", np.float32, 1)])
    with pytest.raises(UnexpectedGraphError, match="8 outputs"):
        served_graph(other, 416, 416)


@pytest.fixture(scope="module")
def export() -> Path:
    path = SHARED / "models" / "picodet_s_416_coco.onnx"
    if not path.is_file():
        pytest.skip(f"no real weights at {path}: set SIGHTLINE_SHARED")
    return path


def reference(export: Path, pixels: Array) -> list[tuple[int, float, Array]]:
    """Decode the untouched export as its paper describes it: (class, score, box in 0-1), without suppression."""
    raw = session(onnx.load(str(export)))
    mean, deviation = np.reshape(MEAN, (1, 3, 1, 1)), np.reshape(DEVIATION, (1, 3, 1, 1))
    heads = raw.run(None, {"image": ((pixels - mean) / deviation).astype(np.float32)})
    found = []
    for scores, bins, stride in zip(heads[:4], heads[4:], STRIDES, strict=True):
        side = -(-416 // stride)
        likely = np.exp(bins[0].reshape(-1, 4, BINS))
        distance = (likely / likely.sum(2, keepdims=True) * np.arange(BINS)).sum(2) * stride
        for place in np.flatnonzero(scores[0].max(1) > 0.05):
            klass = int(scores[0, place].argmax())
            x, y = (place % side + 0.5) * stride, (place // side + 0.5) * stride
            left, top, right, bottom = distance[place]
            box = np.clip(np.array([x - left, y - top, x + right, y + bottom]) / 416, 0, 1)
            if klass in COCO_CLASSES:
                found.append((COCO_CLASSES.index(klass), float(scores[0, place, klass]), box))
    return found


def test_the_served_graph_finds_what_the_export_finds(export: Path) -> None:
    from PIL import Image

    served = session(served_graph(onnx.load(str(export)), 416, 416))
    seen = 0
    for name in ("000000000785.jpg", "000000001296.jpg", "000000001268.jpg", "000000002592.jpg"):
        picture = Image.open(SHARED / "stills" / name).convert("RGB").resize((416, 416))
        pixels = np.asarray(picture).transpose(2, 0, 1)[None]
        boxes, scores, classes = (output[0] for output in served.run(None, {"image": pixels}))
        wanted = reference(export, pixels)
        for box, score, klass in zip(boxes, scores, classes, strict=True):
            if score > 0:
                seen += 1
                differences = [
                    max(abs(score - other), np.abs(box - place).max()) for k, other, place in wanted if k == klass
                ]
                assert min(differences) < 1e-4
        best = max((score for _, score, _ in wanted), default=0.0)
        assert scores[0] == pytest.approx(best, abs=1e-4)
    assert seen > 10


def test_a_batch_gives_what_its_pictures_give_alone(export: Path) -> None:
    served = session(served_graph(onnx.load(str(export)), 320, 544))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, 3, 320, 544), np.uint8)
    together = served.run(None, {"image": pixels})
    for row in range(3):
        alone = served.run(None, {"image": pixels[row : row + 1]})
        assert np.allclose(alone[1][0], together[1][row], atol=1e-4)
