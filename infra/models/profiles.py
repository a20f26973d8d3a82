"""Profiles: which weights stand behind each model name, where they lie and what is known about them."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from infra.models.model_config import parameter, read_config

MODELS = ("detect", "embed_image", "embed_text", "appearance", "attributes", "faces", "plates")
REPOSITORY = Path(__file__).resolve().parents[2] / "model_repository"
CHUNK = 1 << 20
_WEIGHTS_FILE = {"openvino": "model.bin", "vllm": "model.json"}
"""By backend, where it is not `model.onnx`. An OpenVINO network's graph lies in `model.xml` beside it."""


class WeightsState(StrEnum):
    """Whether a slot of a profile can be served."""

    READY = "ready"
    MISSING = "missing"
    """The weights are not there: to be built or pulled."""


@dataclass(frozen=True)
class ModelSlot:
    """One model of one profile, as it lies on the disk.

    Attributes:
        profile: `tiny`, `base`.
        model: the name that Triton serves.
        weights: which weights they are, e.g. `tiny-detect-1`.
        space: the vector space it writes, empty for models that give no vectors.
        dimension: length of its vectors, 0 for models that give none.
        input_shape: of one input, without the batch.
        state: whether it can be served.
        size: of the weights' file in bytes, 0 when it is missing.
        sha256: of the weights' file, empty when it is missing.
        folder: where `config.pbtxt` and `1/` are.
    """

    profile: str
    model: str
    weights: str
    licence: str
    space: str
    dimension: int
    input_shape: tuple[int, ...]
    state: WeightsState
    size: int
    sha256: str
    folder: Path


def sha256_of(path: Path, advance: Callable[[int], None] | None = None) -> str:
    """Hash a file; `advance` hears how many bytes were read."""
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            if advance is not None:
                advance(len(chunk))
    return digest.hexdigest()


def profile_folder(profile: str, state: Path) -> Path:
    """Say where a profile's models lie: `tiny` in the project, what was pulled in the state folder."""
    return REPOSITORY if profile == "tiny" else state / "profiles" / profile


def slots(state: Path, profiles: Iterable[str] = ("tiny", "base")) -> list[ModelSlot]:
    """List the models of the profiles, those of a profile that was never pulled left out."""
    return [read_slot(folder) for profile in profiles for folder in _models_of(profile_folder(profile, state))]


def _models_of(folder: Path) -> list[Path]:
    """Find a profile's models: first those that every profile should have, then others."""
    found = [config.parent for config in folder.glob("*/config.pbtxt")]
    return sorted(found, key=lambda model: (MODELS.index(model.name) if model.name in MODELS else len(MODELS), model))


def read_slot(folder: Path) -> ModelSlot:
    """Read one model's folder.

    Raises:
        OSError: the folder has no `config.pbtxt`.
        google.protobuf.text_format.ParseError: it is not a model configuration.
    """
    config = read_config(folder / "config.pbtxt")
    weights = folder / "1" / _WEIGHTS_FILE.get(str(config.backend), "model.onnx")
    there = weights.is_file()
    vectors = [output for output in config.output if output.name == "embedding"]
    return ModelSlot(
        profile=parameter(config, "profile"),
        model=str(config.name),
        weights=parameter(config, "weights"),
        licence=parameter(config, "licence"),
        space=parameter(config, "space"),
        dimension=int(vectors[0].dims[0]) if vectors else 0,
        input_shape=tuple(int(size) for size in config.input[0].dims),
        state=WeightsState.READY if there else WeightsState.MISSING,
        size=weights.stat().st_size if there else 0,
        sha256=sha256_of(weights) if there else "",
        folder=folder,
    )
