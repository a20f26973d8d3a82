"""Weights from a folder: checked before anything is bound to them."""

import os
from pathlib import Path

import pytest

from infra.models import pull as pulling
from infra.models.profiles import WeightsState, slots
from infra.models.pull import (
    LockedWeights,
    Outcome,
    UnknownModelError,
    UnknownProfileError,
    WeightsMismatchError,
    locked_weights,
    pull,
)

SHARED = Path(os.environ.get("SIGHTLINE_SHARED") or Path(__file__).resolve().parents[3] / "shared")


def test_slots_without_weights_say_why_and_what_serves_instead(tmp_path: Path) -> None:
    pulled = {slot.model: slot for slot in pull("base", tmp_path, tmp_path / "state")}
    assert set(pulled) == {"detect", "embed_image", "embed_text", "appearance"}
    assert all(slot.outcome is Outcome.KEPT for slot in pulled.values())
    assert all(slot.weights == "tiny" for slot in pulled.values())
    assert "picodet_s_416_coco.onnx is not in" in pulled["detect"].reason
    assert "embed_text" in pulled["embed_image"].reason
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("content", "what"), [(b"short", "size"), (bytes(4040573), "SHA-256")])
def test_a_file_with_other_content_is_refused_and_nothing_is_written(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "picodet_s_416_coco.onnx").write_bytes(content)
    with pytest.raises(WeightsMismatchError, match=what) as failure:
        pull("base", tmp_path, tmp_path / "state", only=("detect",))
    assert failure.value.path == tmp_path / "picodet_s_416_coco.onnx"
    assert not (tmp_path / "state").exists()


def test_unknown_names_are_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownProfileError, match="base"):
        pull("huge", tmp_path, tmp_path)
    with pytest.raises(UnknownModelError, match="embed_image"):
        pull("base", tmp_path, tmp_path, only=("detector",))


def test_every_pinned_file_names_its_licence_and_what_is_done_with_it() -> None:
    for profile in pulling.pullable_profiles():
        for slot in locked_weights(profile).values():
            assert slot.title
            assert slot.served_instead
            assert_pinned(slot) if slot.file else assert_explained(slot)


def assert_pinned(slot: LockedWeights) -> None:
    assert slot.licence in {"Apache-2.0", "MIT", "BSD-3-Clause"}
    assert len(slot.sha256) == 64
    assert slot.size > 0
    assert slot.origin.startswith("https://")
    assert slot.weights in pulling.SURGERY


def assert_explained(slot: LockedWeights) -> None:
    assert slot.missing


def test_real_weights_become_a_model_that_is_listed_and_ready(tmp_path: Path) -> None:
    if not (SHARED / "models").is_dir():
        pytest.skip(f"no real weights at {SHARED / 'models'}: set SIGHTLINE_SHARED")
    checked: list[int] = []
    state = tmp_path / "state"
    (bound,) = pull("base", SHARED / "models", state, only=("detect",), advance=lambda _, read: checked.append(read))
    assert bound.outcome is Outcome.BOUND
    assert sum(checked) == locked_weights("base")["detect"].size
    (slot,) = slots(state, profiles=("base",))
    assert (slot.model, slot.profile, slot.weights) == ("detect", "base", "picodet-s-416-coco")
    assert slot.state is WeightsState.READY
    assert slot.input_shape == (3, 320, 544)
    assert slot.licence == "Apache-2.0"
