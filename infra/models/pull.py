"""Binding a profile's model names to weights that a user brings: checked, given our shapes, put in the state folder.

Source of the weights: a folder (an air-gapped mirror). Pinned by size and SHA-256 in `<profile>.lock.toml`.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from infra.models.model_config import read_config, set_parameter, write_config
from infra.models.profiles import MODELS, REPOSITORY, profile_folder, sha256_of

# Of the served input. PicoDet's own 416 x 416 has as many pixels, but most cameras are wide.
PICODET_HEIGHT, PICODET_WIDTH = 320, 544


class UnknownProfileError(ValueError):
    """There is no lock file for a profile of that name."""

    def __init__(self, profile: str) -> None:
        super().__init__(f"there is no profile {profile!r} to pull; there are: {', '.join(pullable_profiles())}")


class UnknownModelError(ValueError):
    """A model was asked for that no profile has."""

    def __init__(self, model: str) -> None:
        super().__init__(f"there is no model {model!r}; there are: {', '.join(MODELS)}")


class WeightsMismatchError(RuntimeError):
    """A file has the pinned name, but not the pinned content."""

    def __init__(self, path: Path, what: str, expected: str, found: str) -> None:
        super().__init__(
            f"{path}: {what} is {found}, but {expected} is pinned. "
            "The file is damaged or another version; nothing was changed"
        )
        self.path, self.what, self.expected, self.found = path, what, expected, found


class Outcome(StrEnum):
    """What became of one slot."""

    BOUND = "bound"
    """The new weights will be served."""
    KEPT = "kept"
    """No weights were had; the profile named in `served_instead` goes on serving."""


@dataclass(frozen=True)
class LockedWeights:
    """One slot of a profile's lock file; `file` is empty where no weights are pinned."""

    model: str
    title: str
    served_instead: str
    weights: str = ""
    file: str = ""
    size: int = 0
    sha256: str = ""
    licence: str = ""
    origin: str = ""
    missing: str = ""


@dataclass(frozen=True)
class PulledSlot:
    """What became of one slot, and why."""

    model: str
    outcome: Outcome
    weights: str
    reason: str
    folder: Path | None = None


def pullable_profiles() -> list[str]:
    """Name the profiles that have a lock file."""
    return sorted(path.name.removesuffix(".lock.toml") for path in Path(__file__).parent.glob("*.lock.toml"))


def locked_weights(profile: str) -> dict[str, LockedWeights]:
    """Read a profile's lock file.

    Raises:
        UnknownProfileError: there is none.
    """
    if profile not in pullable_profiles():
        raise UnknownProfileError(profile)
    with (Path(__file__).parent / f"{profile}.lock.toml").open("rb") as lock:
        return {model: LockedWeights(model=model, **slot) for model, slot in tomllib.load(lock).items()}


def pull(
    profile: str,
    source: Path,
    state: Path,
    only: tuple[str, ...] = (),
    advance: Callable[[str, int], None] = lambda _model, _read: None,
) -> list[PulledSlot]:
    """Bind a profile's slots to the weights that a folder holds.

    Args:
        profile: which lock file to follow.
        source: the folder with the weight files.
        state: the state folder; `profiles/<profile>/<model>/` is written there.
        only: the models to pull, all of them when empty.
        advance: hears the model and the number of bytes that were checked.

    Raises:
        UnknownProfileError, UnknownModelError: no such profile or model.
        WeightsMismatchError: a file is there but is not the pinned one.
    """
    locked = locked_weights(profile)
    for model in only:
        if model not in locked:
            raise UnknownModelError(model)
    return [
        _pull_slot(slot, source, profile_folder(profile, state), profile, advance)
        for model, slot in locked.items()
        if not only or model in only
    ]


def _pull_slot(
    slot: LockedWeights, source: Path, target: Path, profile: str, advance: Callable[[str, int], None]
) -> PulledSlot:
    if not slot.file:
        return PulledSlot(slot.model, Outcome.KEPT, slot.served_instead, slot.missing)
    found = source / slot.file
    if not found.is_file():
        return PulledSlot(slot.model, Outcome.KEPT, slot.served_instead, f"{slot.file} is not in {source}")
    size = found.stat().st_size
    if size != slot.size:
        raise WeightsMismatchError(found, "size", f"{slot.size} bytes", f"{size} bytes")
    digest = sha256_of(found, lambda read: advance(slot.model, read))
    if digest != slot.sha256:
        raise WeightsMismatchError(found, "SHA-256", slot.sha256, digest)
    folder = target / slot.model
    SURGERY[slot.weights](slot, found, folder, profile)
    return PulledSlot(slot.model, Outcome.BOUND, slot.weights, f"{slot.title}, {slot.licence}", folder)


def _bind_picodet(slot: LockedWeights, found: Path, folder: Path, profile: str) -> None:
    import onnx

    from infra.models.picodet import served_graph

    config = read_config(REPOSITORY / slot.model / "config.pbtxt")
    config.input[0].dims[:] = [3, PICODET_HEIGHT, PICODET_WIDTH]
    for name, value in (("profile", profile), ("weights", slot.weights), ("licence", slot.licence)):
        set_parameter(config, name, value)
    model = served_graph(onnx.load(str(found)), PICODET_HEIGHT, PICODET_WIDTH)
    weights = folder / "1" / "model.onnx"
    weights.parent.mkdir(parents=True, exist_ok=True)
    unfinished = weights.with_name(f".model.onnx.{os.getpid()}")
    onnx.save(model, str(unfinished))
    unfinished.replace(weights)
    # Last, because a folder with a configuration is one that is served.
    write_config(folder / "config.pbtxt", config)


SURGERY: Mapping[str, Callable[[LockedWeights, Path, Path, str], Any]] = {"picodet-s-416-coco": _bind_picodet}
"""How each pinned file becomes the served graph."""
