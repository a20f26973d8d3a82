"""The folder of models that the embedded Triton serves, put together from the checkout and the pulled profile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.embedded.child import CannotStartError
from infra.embedded.state import CHECKOUT, Paths

MODELS_VARIABLE = "SIGHTLINE_MODEL_REPOSITORY"
BUILT_IN = "tiny"
"""The profile that the checkout itself holds."""


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
    """Lay out the profile's models; what it does not bring comes from the checkout. Returns the models' names.

    Raises CannotStartError where a profile was not pulled, or where a model has no weights and `all_needed`; otherwise
    such a model is left out.
    """
    checkout = Path(os.environ.get(MODELS_VARIABLE) or CHECKOUT / "model_repository")
    chosen = {model.name: model for model in _models_in(checkout)}
    require_profile(paths, profile)
    if profile != BUILT_IN:
        chosen |= {model.name: model for model in _models_in(paths.profiles / profile)}
    if not chosen:
        raise CannotStartError(f"there are no models in {checkout}")
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
        target = paths.models / name
        target.mkdir(parents=True)
        shutil.copyfile(source / "config.pbtxt", target / "config.pbtxt")
        for version in _versions(source):
            (target / version.name).symlink_to(version, target_is_directory=True)
    return tuple(sorted(folder.name for folder in paths.models.iterdir()))
