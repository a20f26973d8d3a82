"""The open weights of `base`, bound from a mirror and served by the real Triton, against the files read by hand."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import openvino
import pytest
from PIL import Image

from infra.embedded.stack import Endpoints, Stack
from infra.models import lock
from infra.models.pull import Outcome, pull
from kit.pixels import Pixels, letterbox, stretched
from kit.tokens import PROFILES_VARIABLE
from kit.triton import APPEARANCE, BESIDE, EMBED_IMAGE, EMBED_TEXT, Triton
from tests.fixtures.weights import image_tower, siglip_lock, write_siglip

SHARED = Path(os.environ.get("SIGHTLINE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
MIRROR = SHARED / "models"
BOUND = {"detect", "appearance", "attributes", "faces", "plates"}
BASE_APPEARANCE = f"{APPEARANCE}{BESIDE}base"
"""Models that make vectors are served beside tiny's until somebody switches."""
SERVED = BOUND - {APPEARANCE} | {BASE_APPEARANCE}
STREET, CROWD, CAR = "000000001296.jpg", "000000000257.jpg", "000000001000.jpg"

Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    if not MIRROR.is_dir():
        pytest.skip(f"no real weights at {MIRROR}: set SIGHTLINE_SHARED")
    state = tmp_path_factory.mktemp("base")
    pulled = {slot.model for slot in pull("base", MIRROR, state) if slot.outcome is Outcome.BOUND}
    assert pulled == BOUND
    # The towers are too big for a mirror beside a checkout: made-up networks with the same tensors take their slots.
    made_up = tmp_path_factory.mktemp("towers")
    write_siglip(made_up)
    (made_up / "base.lock.toml").write_text(siglip_lock(made_up))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "FOLDER", made_up)
        assert [slot.outcome for slot in pull("base", made_up, state)] == [Outcome.BOUND] * 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PROFILES_VARIABLE, str(state / "profiles"))
        with Stack(state).run(profile="base", servers_only=True) as endpoints:
            yield endpoints


@pytest.fixture(scope="module")
def client(base: Endpoints) -> Iterator[Triton]:
    made = Triton(base.triton_url)
    yield made
    made.close()


def still(name: str) -> Pixels:
    return np.asarray(Image.open(SHARED / "stills" / name).convert("RGB"))


def crops(height: int, width: int) -> Pixels:
    """Parts of a street, as an embedder would send them."""
    street = still(STREET)
    rows = [street[20:420, 60 * place : 60 * place + 200] for place in range(6)]
    return np.stack([stretched(np.ascontiguousarray(row), height, width) for row in rows])


def by_onnxruntime(file: str, **inputs: Array) -> dict[str, Array]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(MIRROR / file), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def by_openvino(file: str, pixels: Array) -> dict[str, Array]:
    """Each picture alone, as the file stands: BGR floats in, raw tensors out."""
    network = openvino.Core().compile_model(str(MIRROR / file), "CPU")
    reversed_channels = np.ascontiguousarray(pixels[:, ::-1]).astype(np.float32)
    rows = [network(row[None]) for row in reversed_channels]
    return {output.any_name: np.concatenate([row[output] for row in rows]) for output in network.outputs}


def best(boxes: Array, scores: Array, count: int) -> tuple[Array, Array]:
    order = np.argsort(-scores)[:count]
    return boxes[order], scores[order]


def test_every_bound_model_passes_its_canary(client: Triton) -> None:
    for model in SERVED:
        client.canary(model)
        assert client.facts(model).parameters["profile"] == "base"


def test_appearance_is_the_networks_own_vector_at_unit_length(client: Triton) -> None:
    facts = client.facts(BASE_APPEARANCE)
    pixels = crops(facts.height, facts.width)
    raw = by_openvino("person-reidentification-retail-0287.xml", pixels)["reid_embedding"]
    served = client.appearance(pixels, model=BASE_APPEARANCE)
    assert np.allclose(served, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-4)


def test_attributes_are_the_two_networks_answers(client: Triton) -> None:
    facts = client.facts("attributes")
    pixels = crops(facts.height, facts.width)
    answers = by_openvino("person-attributes-recognition-crossroad-0230.xml", pixels)["453"].reshape(len(pixels), 8)
    for told, row in zip(client.attributes(pixels), answers, strict=True):
        assert told["person.sleeves"]["long"] == pytest.approx(row[4], abs=1e-4)
        assert told["person.legs"]["long"] == pytest.approx(row[5], abs=1e-4)
        assert told["person.hat"]["yes"] == pytest.approx(row[3], abs=1e-4)
        assert told["person.backpack"]["yes"] == pytest.approx(row[2], abs=1e-4)
        assert all(sum(values.values()) == pytest.approx(1, abs=1e-3) for values in told.values())


def test_no_answer_about_gender_can_be_asked_for(client: Triton) -> None:
    groups = client.facts("attributes").attributes
    assert {group.name for group in groups} == {
        *("upper_colour", "lower_colour", "sleeves", "legs", "hat", "bag", "backpack", "colour", "type")
    }
    assert sum(len(group.values) for group in groups) == 43


def test_vehicles_have_the_colour_that_the_network_reads(client: Triton) -> None:
    facts = client.facts("attributes")
    picture = still(CAR)
    crop = stretched(picture, facts.height, facts.width)
    # The network itself sees the square picture, the served one a crop that was squeezed first.
    raw = by_openvino("vehicle-attributes-recognition-barrier-0039.xml", stretched(picture, 72, 72)[None])
    (told,) = client.attributes(crop[None])
    colours = ("white", "grey", "yellow", "red", "green", "blue", "black")
    assert (
        max(told["vehicle.colour"], key=lambda value: told["vehicle.colour"][value])
        == colours[int(raw["color"].argmax())]
    )
    assert list(told["vehicle.colour"].values()) == pytest.approx(raw["color"].ravel().tolist(), abs=0.25)


def test_faces_are_where_yunet_sees_them(client: Triton) -> None:
    facts = client.facts("faces")
    pixels, _ = letterbox(still(CROWD), facts.height, facts.width)
    raw = by_onnxruntime("yunet_s_dynamic.onnx", input=pixels[None, ::-1].astype(np.float32))
    boxes, scores = [], []
    for stride in (8, 16, 32):
        y, x = (place.ravel() for place in np.mgrid[: facts.height // stride, : facts.width // stride])
        score = np.sqrt(raw[f"cls_{stride}"][0, :, 0].clip(0, 1) * raw[f"obj_{stride}"][0, :, 0].clip(0, 1))
        box = raw[f"bbox_{stride}"][0]
        cx, cy = (box[:, 0] + x) * stride, (box[:, 1] + y) * stride
        w, h = np.exp(box[:, 2]) * stride, np.exp(box[:, 3]) * stride
        boxes.append(np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], 1))
        scores.append(score)
    (found,) = client.faces(pixels[None])
    place, score = best(np.concatenate(boxes), np.concatenate(scores), 1)
    size = np.array([facts.width, facts.height] * 2)
    assert found.scores[0] == pytest.approx(score[0], abs=1e-4)
    assert np.allclose(found.boxes[0] * size, place[0], atol=0.5)
    assert (found.scores > 0.5).sum() >= 2


def test_plates_are_where_the_plate_finder_sees_them(client: Triton) -> None:
    facts = client.facts("plates")
    pixels, _ = letterbox(still(CAR), facts.height, facts.width)
    raw = by_onnxruntime("hyperlpr_y5fu_640x_sim.onnx", input=pixels[None].astype(np.float32) / 255)["output"][0]
    score = raw[:, 4] * raw[:, 13:15].max(1)
    (found,) = client.plates(pixels[None])
    if score.max() < 0.05:
        assert len(found.scores) == 0
        return
    x, y, w, h = raw[score.argmax(), :4]
    assert found.scores[0] == pytest.approx(score.max(), abs=1e-4)
    assert np.allclose(found.boxes[0] * facts.width, [x - w / 2, y - h / 2, x + w / 2, y + h / 2], atol=0.5)


def test_a_batch_gives_what_its_pictures_give_alone(client: Triton) -> None:
    facts = client.facts("attributes")
    pixels = crops(facts.height, facts.width)
    alone = [client.attributes(row[None])[0] for row in pixels]
    for together, one in zip(client.attributes(pixels), alone, strict=True):
        for group, values in one.items():
            assert together[group] == pytest.approx(values, abs=1e-4)


def test_two_profiles_embed_side_by_side(client: Triton) -> None:
    assert client.facts(EMBED_IMAGE).dimension == 384
    assert client.facts(f"{EMBED_IMAGE}{BESIDE}base").dimension == 768
    assert client.facts(f"{EMBED_IMAGE}{BESIDE}base").space == client.facts(f"{EMBED_TEXT}{BESIDE}base").space
    for model in (EMBED_IMAGE, EMBED_TEXT):
        client.canary(model)
        client.canary(f"{model}{BESIDE}base")


def test_pictures_and_sentences_go_through_towers_with_another_vocabulary(client: Triton) -> None:
    pixels = crops(224, 224)
    served = client.embed_image(pixels, model=f"{EMBED_IMAGE}{BESIDE}base")
    session = onnxruntime.InferenceSession(image_tower().SerializeToString())
    raw = session.run(["pooler_output"], {"pixel_values": (pixels / 127.5 - 1).astype(np.float32)})[0]
    assert np.allclose(served, raw / np.linalg.norm(raw, axis=1, keepdims=True), atol=1e-4)
    capitals, small, other = client.embed_text(
        ["A RED CAR", "a red car", "a person"], model=f"{EMBED_TEXT}{BESIDE}base"
    )
    assert np.allclose(capitals, small, atol=1e-5)
    assert not np.allclose(capitals, other, atol=0.01)


def test_yolox_serves_detect_where_it_is_named(tmp_path: Path) -> None:
    if not MIRROR.is_dir():
        pytest.skip(f"no real weights at {MIRROR}: set SIGHTLINE_SHARED")
    (slot,) = pull("base", MIRROR, tmp_path, only=("detect",), weights=("yolox-nano-416-coco",))
    assert (slot.outcome, slot.weights) == (Outcome.BOUND, "yolox-nano-416-coco")
    assert slot.folder is not None
    onnx.checker.check_model(str(slot.folder / "1" / "model.onnx"))
