"""The folder of models that the embedded Triton serves, put together from the checkout and the pulled profiles.

Models that make vectors are served beside the checkout's, as `<model>__<profile>`: vectors of two profiles must not get
mixed, so a profile's take over only by `sightline models switch`. Any other model takes the place of the checkout's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from infra.embedded.child import CannotStartError
from infra.embedded.state import CHECKOUT, Paths
from infra.models.model_config import read_config, write_config
from infra.models.spaces import BUILT_IN, VECTOR_MODELS, served_name, slot_and_profile

MODELS_VARIABLE = "SIGHTLINE_MODEL_REPOSITORY"


def _models_in(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(entry for entry in folder.iterdir() if (entry / "config.pbtxt").is_file())


def _build_missing(model: Path) -> None:
    """The text tower is too big to ship; it is built from its locked package where it is wanted."""
    weights = model / "1" / "model.onnx"
    if model.name == "embed_text" and not weights.exists():
        from infra.models import text_tower

        weights.parent.mkdir(exist_ok=True)
        text_tower.build(weights)


def _versions(model: Path) -> list[Path]:
    return sorted(entry for entry in model.iterdir() if entry.name.isdigit() and any(entry.iterdir()))


def require_profile(paths: Paths, profile: str) -> None:
    """Raise CannotStartError where this profile is neither built in nor pulled."""
    if profile != BUILT_IN and not any(_models_in(paths.profiles / profile)):
        raise CannotStartError(f"profile {profile} is not in {paths.profiles}: sightline models pull {profile}")


def assemble(paths: Paths, profile: str, *, all_needed: bool) -> tuple[str, ...]:
    """Lay out what is to be served: the checkout's models and the profile's, those that make vectors beside the
    checkout's, any other in its place. Returns the models' names.

    Raises CannotStartError where a profile was not pulled, or where a model has no weights and `all_needed`; otherwise
    such a model is left out.
    """
    folder = checkout_models()
    chosen = {model.name: model for model in _models_in(folder)}
    require_profile(paths, profile)
    if profile != BUILT_IN:
        chosen |= {served_name(model.name, profile): model for model in _models_in(paths.profiles / profile)}
    if not chosen:
        raise CannotStartError(f"there are no models in {folder}")
    # What was switched to or from stays at hand, whatever profile this start is for.
    chosen = _beside(paths) | chosen
    shutil.rmtree(paths.models, ignore_errors=True)
    paths.models.mkdir()
    for name, source in chosen.items():
        _build_missing(source)
        if not _versions(source):
            if not all_needed:
                continue
            raise CannotStartError(
                f"model {name} has no weights in {source / '1'}: make models, or use a pulled profile"
            )
        _lay(source, paths.models / name)
    return tuple(sorted(folder.name for folder in paths.models.iterdir()))


def checkout_models() -> Path:
    """Where the built-in profile's models lie."""
    return Path(os.environ.get(MODELS_VARIABLE) or CHECKOUT / "model_repository")


def lay_out(repository: Path, folder: Path, profile: str, *, only: Collection[str] | None = None) -> tuple[str, ...]:
    """Put a profile's models into a repository that is being served: those that make vectors beside what is there, any
    other in its place. Returns the names to load.

    Args:
        repository: the folder that Triton serves.
        folder: where the profile's models lie.
        profile: its name.
        only: the names under which models are to be served; None: all of the profile.
    """
    names = []
    for source in _models_in(folder):
        name = served_name(source.name, profile)
        if only is not None and name not in only:
            continue
        _build_missing(source)
        if _versions(source):
            _lay(source, repository / name)
            names.append(name)
    return tuple(names)


def _beside(paths: Paths) -> dict[str, Path]:
    """The second profiles' models that are laid out now and whose weights are still there."""
    if not paths.models.is_dir():
        return {}
    found = {folder.name: slot_and_profile(folder.name) for folder in _models_in(paths.models)}
    sources = {name: paths.profiles / profile / slot for name, (slot, profile) in found.items() if profile != BUILT_IN}
    return {name: source for name, source in sources.items() if (source / "config.pbtxt").is_file()}


def _lay(source: Path, target: Path) -> None:
    """Lay out one model whole or not at all: its configuration under its new name, links to its weights."""
    unfinished = target.with_name(f".{target.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    if target.name == source.name:
        shutil.copyfile(source / "config.pbtxt", unfinished / "config.pbtxt")
    else:
        config = read_config(source / "config.pbtxt")
        config.name = target.name
        write_config(unfinished / "config.pbtxt", config)
    for version in _versions(source):
        (unfinished / version.name).symlink_to(version, target_is_directory=True)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)


__all__ = ["BUILT_IN", "MODELS_VARIABLE", "VECTOR_MODELS", "assemble", "checkout_models", "lay_out", "require_profile"]
