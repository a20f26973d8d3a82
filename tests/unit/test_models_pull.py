"""Weights from a folder: checked before anything is bound to them."""

import os
from pathlib import Path

import pytest

from infra.models import lock
from infra.models.bind import SURGERY
from infra.models.lock import (
    LockedFile,
    LockedWeights,
    UnknownProfileError,
    UnknownSlotError,
    pin_of,
    pullable_profiles,
    read_lock,
)
from infra.models.model_config import parameter, read_config
from infra.models.profiles import WeightsState, slots
from infra.models.pull import Outcome, pull
from tests.fixtures.weights import siglip_lock, write_siglip

SHARED = Path(os.environ.get("SIGHTLINE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
PERMISSIVE = {"Apache-2.0", "MIT", "BSD-3-Clause"}
BASE = [(slot, weights) for slot in read_lock("base").values() for weights in slot.weights]


def test_the_base_profile_has_every_slot_that_open_weights_can_fill() -> None:
    assert set(read_lock("base")) == {
        *("detect", "embed_image", "embed_text", "appearance", "appearance_vehicle", "attributes", "faces", "plates")
    }


@pytest.mark.parametrize("weights", [weights for _, weights in BASE], ids=lambda weights: weights.name)
def test_locked_weights_say_whose_they_are_and_what_they_must_be(weights: LockedWeights) -> None:
    assert weights.licence in PERMISSIVE
    assert weights.origin.startswith("https://")
    assert weights.title
    assert weights.good_at
    assert weights.name in SURGERY
    for file in weights.files.values():
        assert file.pinned, f"{file.name} may be locked without a pin, but today none is"
        assert all(url.startswith("https://") for url in file.urls)
        assert file.urls
        assert len(file.digest) == {"sha256": 64, "sha384": 96}[file.algorithm]
        assert set(file.digest) <= set("0123456789abcdef")


def test_no_two_files_of_a_mirror_have_one_name() -> None:
    names = [file.name for _, weights in BASE for file in weights.files.values()]
    assert len(set(names)) == len(names)


def test_slots_without_weights_say_why_and_what_serves_instead(tmp_path: Path) -> None:
    pulled = {slot.model: slot for slot in pull("base", tmp_path, tmp_path / "state")}
    assert set(pulled) == set(read_lock("base"))
    assert all(slot.outcome is Outcome.KEPT for slot in pulled.values())
    assert all(slot.weights == "tiny" for model, slot in pulled.items() if model != "appearance_vehicle")
    told = " ".join(pulled["detect"].reasons)
    assert "D-FINE-S, COCO: dfine_s_coco.onnx is not in" in told
    assert "picodet_s_416_coco.onnx is not in" in told
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("content", "what"), [(b"short", "size"), (bytes(4040573), "SHA-256")])
def test_a_file_with_other_content_is_refused_and_nothing_is_written(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "picodet_s_416_coco.onnx").write_bytes(content)
    (slot,) = pull("base", tmp_path, tmp_path / "state", only=("detect",))
    assert slot.outcome is Outcome.REFUSED
    assert slot.weights == "tiny"
    assert f"picodet_s_416_coco.onnx: {what} is" in slot.reasons[-1]
    assert not (tmp_path / "state").exists()


def test_unknown_names_are_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownProfileError, match="base"):
        pull("huge", tmp_path, tmp_path)
    with pytest.raises(UnknownSlotError, match="embed_image"):
        pull("base", tmp_path, tmp_path, only=("detector",))
    with pytest.raises(UnknownSlotError, match="dfine-s-coco"):
        pull("base", tmp_path, tmp_path, weights=("dfine",))


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock in the place of ours, that pins a pair of made-up towers in `tmp_path`."""
    write_siglip(tmp_path)
    locks = tmp_path / "locks"
    locks.mkdir()
    (locks / "made-up.lock.toml").write_text(siglip_lock(tmp_path))
    monkeypatch.setattr(lock, "FOLDER", locks)
    return locks / "made-up.lock.toml"


def test_two_towers_of_a_space_come_together_with_their_tokenizer(tmp_path: Path, made_up: Path) -> None:
    assert pullable_profiles() == ["made-up"]
    assert made_up.is_file()
    pulled = pull("made-up", tmp_path, tmp_path / "state", only=("embed_text",))
    assert [(slot.model, slot.outcome) for slot in pulled] == [
        ("embed_image", Outcome.BOUND),
        ("embed_text", Outcome.BOUND),
    ]
    image, text = slots(tmp_path / "state", ("made-up",))
    assert image.space == text.space != ""
    assert image.dimension == text.dimension == 768
    config = read_config(text.folder / "config.pbtxt")
    assert (text.folder / f"{parameter(config, 'tokenizer')}.json").is_file()
    assert not [entry for entry in (tmp_path / "state" / "profiles").iterdir() if entry.name.startswith(".")]


def test_one_tower_alone_is_not_bound_and_the_space_stays_whole(tmp_path: Path, made_up: Path) -> None:
    assert made_up.is_file()
    (tmp_path / "image.onnx").unlink()
    image, text = pull("made-up", tmp_path, tmp_path / "state")
    assert (image.outcome, text.outcome) == (Outcome.KEPT, Outcome.KEPT)
    assert "no use without embed_image" in text.reasons[-1]


def test_weights_that_nobody_pinned_are_never_bound(tmp_path: Path, made_up: Path) -> None:
    written = made_up.read_text().replace(pin_of(tmp_path / "image.onnx").sha256, "")
    made_up.write_text(written)
    image, _ = pull("made-up", tmp_path, tmp_path / "state")
    assert image.outcome is Outcome.KEPT
    assert image.reasons == ("made up image tower is not pinned yet (image.onnx): sightline models pin",)


def test_what_serves_already_goes_on_where_a_later_pull_fails(tmp_path: Path, made_up: Path) -> None:
    assert made_up.is_file()
    pull("made-up", tmp_path, tmp_path / "state")
    (tmp_path / "text.onnx").write_bytes(b"damaged")
    image, text = pull("made-up", tmp_path, tmp_path / "state")
    assert text.outcome is Outcome.REFUSED
    assert image.outcome is Outcome.KEPT
    assert image.weights == "siglip2-base-patch16-224-image"
    assert len(slots(tmp_path / "state", ("made-up",))) == 2


def test_another_network_under_a_pinned_name_is_refused(tmp_path: Path, made_up: Path) -> None:
    (tmp_path / "image.onnx").write_bytes((tmp_path / "text.onnx").read_bytes())
    made_up.write_text(siglip_lock(tmp_path))
    image, _ = pull("made-up", tmp_path, tmp_path / "state")
    assert image.outcome is Outcome.REFUSED
    assert "not the SigLIP export this was written for" in image.reasons[-1]


def test_a_pin_says_what_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "three").write_bytes(b"abc")
    pin = pin_of(tmp_path / "three")
    assert pin == LockedFile(
        "three",
        size=3,
        sha256="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        sha384="cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    )


def test_real_weights_become_a_model_that_is_listed_and_ready(tmp_path: Path) -> None:
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no real weights at {SHARED / 'models'}: set SIGHTLINE_SHARED")
    heard: dict[str, int] = {}
    state = tmp_path / "state"
    (bound,) = pull("base", SHARED / "models", state, only=("detect",), progress=heard.__setitem__)
    assert bound.outcome is Outcome.BOUND
    assert heard == {"picodet_s_416_coco.onnx": 4040573}
    (slot,) = slots(state, profiles=("base",))
    assert (slot.model, slot.profile, slot.weights) == ("detect", "base", "picodet-s-416-coco")
    assert slot.state is WeightsState.READY
    assert slot.input_shape == (3, 320, 544)
    assert slot.licence == "Apache-2.0"
