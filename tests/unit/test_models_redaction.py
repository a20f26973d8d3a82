"""`faces` and `plates` as shipped: what they answer has the agreed form, and what must be covered is found."""

from functools import cache

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from infra.models.model_config import parameter, read_config
from infra.models.profiles import REPOSITORY
from infra.models.train.number_plates import askew, drawn_plate, in_order, put
from infra.rendered_site.model import Patch, Pixels
from infra.rendered_site.samples import sample_frame
from kit.pixels import letterbox

MARGIN = 0.15
SEEDS_NEVER_LEARNT = 1_000_500


@cache
def session_of(model: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(REPOSITORY / model / "1" / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )


def threshold_of(model: str) -> float:
    return float(parameter(read_config(REPOSITORY / model / "config.pbtxt"), "recall_threshold"))


def found(model: str, picture: Pixels) -> npt.NDArray[np.float32]:
    """Boxes in pixels of what is believed, with the redactor's margin."""
    height, width = session_of(model).get_inputs()[0].shape[2:]
    pixels, place = letterbox(picture, height, width)
    boxes, scores = (output[0] for output in session_of(model).run(None, {"image": pixels[None]}))
    own = place.to_picture(boxes[scores >= threshold_of(model)])
    own = own * np.array([picture.shape[1], picture.shape[0]] * 2)
    sides = (own[:, 2:] - own[:, :2]) * MARGIN
    return np.concatenate([own[:, :2] - sides, own[:, 2:] + sides], 1).astype(np.float32)


def covered(patch: Patch, boxes: npt.NDArray[np.float32]) -> bool:
    low = np.maximum(boxes[:, :2], [patch.x1, patch.y1])
    high = np.minimum(boxes[:, 2:], [patch.x2, patch.y2])
    share = np.clip(high - low, 0, None).prod(1) / ((patch.x2 - patch.x1) * (patch.y2 - patch.y1))
    return bool(share.max(initial=0) > 0.5)


@pytest.mark.parametrize("model", ["faces", "plates"])
def test_boxes_come_best_first_inside_the_picture_and_are_padded_with_nothing(model: str) -> None:
    height, width = session_of(model).get_inputs()[0].shape[2:]
    pictures = np.random.default_rng(1).integers(0, 255, (3, 3, height, width), np.uint8)
    boxes, scores = session_of(model).run(None, {"image": pictures})
    assert boxes.shape == (3, 100, 4)
    assert scores.shape == (3, 100)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert boxes.min() >= 0
    assert boxes.max() <= 1
    assert (boxes[scores == 0] == 0).all()


@pytest.mark.parametrize("model", ["faces", "plates"])
def test_a_picture_is_answered_alike_alone_and_in_company(model: str) -> None:
    height, width = session_of(model).get_inputs()[0].shape[2:]
    frame = sample_frame(np.random.default_rng(3), (width, height)).rgb.transpose(2, 0, 1)
    alone = session_of(model).run(None, {"image": frame[None]})
    together = session_of(model).run(None, {"image": np.stack([np.zeros_like(frame), frame])})
    for one, both in zip(alone, together, strict=True):
        np.testing.assert_allclose(one[0], both[1], atol=1e-4)


@pytest.mark.parametrize(("model", "name", "least"), [("faces", "face", 10), ("plates", "plate", 10)])
def test_most_of_what_is_large_enough_in_rendered_pictures_is_covered(model: str, name: str, least: int) -> None:
    rng = np.random.default_rng(SEEDS_NEVER_LEARNT)
    hits: list[bool] = []
    while len(hits) < 10:
        frame = sample_frame(rng, (1024, 576))
        wanted = [
            patch
            for box in frame.boxes
            for patch in box.patches
            if patch.name == name and patch.facing > 0.3 and patch.visible > 0.9 and patch.x2 - patch.x1 >= 2 * least
        ]
        if wanted:
            boxes = found(model, frame.rgb)
            hits += [covered(patch, boxes) for patch in wanted]
    assert np.mean(hits) >= 0.7


def test_little_of_empty_places_is_covered() -> None:
    rng = np.random.default_rng(SEEDS_NEVER_LEARNT)
    shares: dict[str, list[float]] = {"faces": [], "plates": []}
    while len(shares["faces"]) < 12:
        frame = sample_frame(rng, (512, 288))
        if frame.boxes:
            continue
        for model, told in shares.items():
            hidden = np.zeros((288, 512), np.bool_)
            for x1, y1, x2, y2 in np.clip(found(model, frame.rgb), 0, None).astype(int).tolist():
                hidden[y1:y2, x1:x2] = True
            told.append(float(hidden.mean()))
    means = {model: np.mean(told) for model, told in shares.items()}
    assert max(means.values()) < 0.02, means


def test_a_plate_lies_where_it_is_put() -> None:
    rng = np.random.default_rng(5)
    picture = np.full((120, 200, 3), 60, np.uint8)
    corners = askew(rng, 100.0, 60.0, 80.0, 4.5)
    put(picture, drawn_plate(rng), corners, 1.0)
    ys, xs = np.nonzero((picture != 60).any(2))
    low, high = corners.min(0), corners.max(0)
    assert abs(xs.min() - low[0]) <= 2
    assert abs(xs.max() - high[0]) <= 2
    assert abs(ys.min() - low[1]) <= 2
    assert abs(ys.max() - high[1]) <= 2


def test_corners_are_put_in_order_whatever_order_they_come_in() -> None:
    corners = np.array([[10, 20], [60, 24], [60, 40], [10, 36]], np.float32)
    for shift in range(4):
        np.testing.assert_array_equal(in_order(np.roll(corners, shift, 0)[::-1]), corners)
