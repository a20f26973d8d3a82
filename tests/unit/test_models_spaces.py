"""Which spaces a profile brings, and under which names its models are served beside the built-in ones."""

from pathlib import Path

import pytest

from contracts.vocabulary import Space
from infra.embedded.repository import assemble, lay_out
from infra.embedded.state import open_state
from infra.models.model_config import read_config
from infra.models.spaces import IncompleteProfileError, profile_spaces, served_name, slot_and_profile

CONFIG = """\
name: "{model}"
backend: "onnxruntime"
max_batch_size: 8
output {{ name: "embedding" data_type: TYPE_FP32 dims: [{size}] }}
parameters {{ key: "space" value {{ string_value: "{space}" }} }}
"""


def put(folder: Path, model: str, space: str = "new-semantic-1", size: int = 768) -> None:
    """A model's folder with a configuration and something for weights."""
    (folder / model / "1").mkdir(parents=True)
    (folder / model / "config.pbtxt").write_text(CONFIG.format(model=model, space=space, size=size))
    (folder / model / "1" / "model.onnx").write_text(f"{folder.name}'s {model}")


def test_a_profile_brings_the_spaces_whose_models_it_has(tmp_path: Path) -> None:
    assert profile_spaces(tmp_path, "base") == []
    put(tmp_path, "appearance", "new-appearance-1", 256)
    put(tmp_path, "embed_image")
    put(tmp_path, "embed_text")
    semantic, appearance = profile_spaces(tmp_path, "base")
    assert (semantic.kind, semantic.name, semantic.dimension) == (Space.SEMANTIC, "new-semantic-1", 768)
    assert (semantic.image_model, semantic.text_model) == ("embed_image__base", "embed_text__base")
    assert (appearance.image_model, appearance.text_model) == ("appearance__base", None)
    assert profile_spaces(tmp_path, "tiny")[0].image_model == "embed_image"


def test_one_tower_alone_makes_no_space(tmp_path: Path) -> None:
    put(tmp_path, "embed_image")
    with pytest.raises(IncompleteProfileError, match=r"without embed_text.*sightline models pull base"):
        profile_spaces(tmp_path, "base")


def test_towers_of_two_spaces_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "embed_image")
    put(tmp_path, "embed_text", "other-semantic-1")
    with pytest.raises(IncompleteProfileError, match="must name one space"):
        profile_spaces(tmp_path, "base")


def test_a_length_that_the_store_cannot_hold_is_refused_before_anything_is_embedded(tmp_path: Path) -> None:
    put(tmp_path, "appearance", "new-appearance-1", 2048)
    with pytest.raises(IncompleteProfileError, match="2048 numbers a vector; the store holds 256"):
        profile_spaces(tmp_path, "base")


def test_only_models_that_make_vectors_have_names_of_their_own() -> None:
    assert served_name("embed_text", "base") == "embed_text__base"
    assert served_name("embed_text", "tiny") == "embed_text"
    assert served_name("detect", "base") == "detect"
    assert slot_and_profile("embed_text__base") == ("embed_text", "base")
    assert slot_and_profile("detect") == ("detect", "tiny")


def test_what_was_laid_beside_stays_over_a_start_with_another_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = open_state(tmp_path / "state")
    checkout = tmp_path / "checkout"
    for model in ("detect", "appearance"):
        put(checkout, model, "tiny", 256)
        put(paths.profiles / "base", model, "base", 256)
    monkeypatch.setenv("SIGHTLINE_MODEL_REPOSITORY", str(checkout))
    assert assemble(paths, "tiny", all_needed=True) == ("appearance", "detect")

    assert lay_out(paths.models, paths.profiles / "base", "base") == ("appearance__base", "detect")

    assert read_config(paths.models / "appearance__base" / "config.pbtxt").name == "appearance__base"
    assert (paths.models / "appearance__base" / "1" / "model.onnx").read_text() == "base's appearance"
    assert (paths.models / "appearance" / "1" / "model.onnx").read_text() == "checkout's appearance"
    assert (paths.models / "detect" / "1" / "model.onnx").read_text() == "base's detect"
    assert assemble(paths, "tiny", all_needed=True) == ("appearance", "appearance__base", "detect")
    assert (paths.models / "detect" / "1" / "model.onnx").read_text() == "checkout's detect"


def test_one_kind_can_be_laid_out_alone(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    for model in ("detect", "appearance"):
        put(tmp_path / "base", model, "base", 256)
    assert lay_out(repository, tmp_path / "base", "base", only={"appearance__base"}) == ("appearance__base",)
    assert [folder.name for folder in repository.iterdir()] == ["appearance__base"]
