"""Binding a profile's model names to open weights: fetched or found in a folder, checked, given our shapes.

Every slot is tried from its best weights downwards. What cannot be had leaves the slot as it was, and the answer says
why and what serves it instead.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import httpx
import msgspec

from infra.models.bind import bind
from infra.models.fetch import TIMEOUT, NotFetchedError, download
from infra.models.lock import (
    LockedSlot,
    LockedWeights,
    Progress,
    UnknownSlotError,
    WeightsMismatchError,
    check,
    read_lock,
    unheard,
)
from infra.models.model_config import parameter, read_config
from infra.models.onnx_graph import UnexpectedGraphError
from infra.models.profiles import profile_folder


class Outcome(StrEnum):
    """What became of one slot."""

    BOUND = "bound"
    """The new weights will be served."""
    KEPT = "kept"
    """No weights were had; what served the slot before goes on serving it."""
    REFUSED = "refused"
    """A file has a pinned name and another content; what served the slot before goes on serving it."""


@dataclass(frozen=True)
class PulledSlot:
    """What became of one slot.

    Attributes:
        model: the slot.
        outcome: whether it was bound.
        weights: what serves it now: the bound weights or the profile that goes on serving it; empty where none does.
        reasons: why better weights are not what was bound, each a sentence.
        title: of the bound weights.
        licence: of the bound weights.
        folder: where Triton finds them.
    """

    model: str
    outcome: Outcome
    weights: str
    reasons: tuple[str, ...] = ()
    title: str = ""
    licence: str = ""
    folder: Path | None = None


@dataclass(frozen=True)
class _Obtained:
    """The weights of a slot whose files are all here and right, or nothing; and why not better ones."""

    weights: LockedWeights | None
    files: dict[str, Path]
    reasons: tuple[str, ...]
    refused: bool = False


class _NotHadError(Exception):
    """Weights cannot be had; says why."""


def chosen_slots(profile: str, only: Sequence[str] = (), weights: Sequence[str] = ()) -> dict[str, LockedSlot]:
    """Say which slots a pull is about, each with the weights it tries, best first.

    Args:
        profile: which lock file to follow.
        only: the slots, all of them when empty. One that shares its space with another brings the other along.
        weights: weights to take for their slots instead of the best.

    Raises:
        infra.models.lock.UnknownProfileError, infra.models.lock.UnknownSlotError: no such profile, slot or weights.
    """
    lock = read_lock(profile)
    for model in only:
        if model not in lock:
            raise UnknownSlotError("model", model, list(lock))
    known = sorted(one.name for slot in lock.values() for one in slot.weights)
    for name in weights:
        if name not in known:
            raise UnknownSlotError("weights", name, known)
    wanted = set(only) | {lock[model].together for model in only}
    chosen = {}
    for model, slot in lock.items():
        if not only or model in wanted:
            named = tuple(one for one in slot.weights if one.name in weights)
            chosen[model] = msgspec.structs.replace(slot, weights=named or slot.weights)
    return chosen


def pull(
    profile: str,
    source: Path | None,
    state: Path,
    *,
    only: Sequence[str] = (),
    weights: Sequence[str] = (),
    progress: Progress = unheard,
) -> list[PulledSlot]:
    """Bind a profile's slots to its pinned weights.

    Args:
        profile: which lock file to follow.
        source: a folder with the files under their names in the lock; None fetches them from the network.
        state: the state folder; `profiles/<profile>/<model>/` is written there, and `weights/` keeps what was fetched.
        only: the slots to pull, all of them when empty.
        weights: weights to take for their slots instead of the best.
        progress: hears how much of each file is there and checked.

    Returns:
        What became of each slot. Nothing is written for one that was not bound.

    Raises:
        infra.models.lock.UnknownProfileError, infra.models.lock.UnknownSlotError: no such profile, slot or weights.
        OSError: the state folder cannot be written.
    """
    chosen = chosen_slots(profile, only, weights)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:

        def files_of(one: LockedWeights) -> dict[str, Path]:
            if source is not None:
                return _found(one, source, progress)
            return _fetched(one, state / "weights", client, progress)

        obtained = {model: _obtain(slot, files_of) for model, slot in chosen.items()}
    pulled = []
    for model, slot in chosen.items():
        got = _unless_alone(model, slot, obtained)
        pulled.append(_bound(profile, model, slot, got, profile_folder(profile, state)))
    return pulled


def _obtain(slot: LockedSlot, files_of: Callable[[LockedWeights], dict[str, Path]]) -> _Obtained:
    """Get the best weights of a slot that can be had."""
    reasons: list[str] = []
    for weights in slot.weights:
        if weights.unpinned:
            names = ", ".join(file.name for file in weights.unpinned)
            reasons.append(f"{weights.title} is not pinned yet ({names}): sightline models pin")
            continue
        try:
            return _Obtained(weights, files_of(weights), tuple(reasons))
        except _NotHadError as error:
            reasons.append(f"{weights.title}: {error}")
        except WeightsMismatchError as error:
            # Not the next best in silence: somebody should look at that file.
            return _Obtained(None, {}, (*reasons, str(error)), refused=True)
    return _Obtained(None, {}, tuple(reasons))


def _found(weights: LockedWeights, source: Path, progress: Progress) -> dict[str, Path]:
    missing = [file.name for file in weights.files.values() if not (source / file.name).is_file()]
    if missing:
        raise _NotHadError(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not in {source}")
    for file in weights.files.values():
        check(source / file.name, file, progress)
    return {part: source / file.name for part, file in weights.files.items()}


def _fetched(weights: LockedWeights, folder: Path, client: httpx.Client, progress: Progress) -> dict[str, Path]:
    try:
        return {part: download(file, folder, client, progress) for part, file in weights.files.items()}
    except NotFetchedError as error:
        raise _NotHadError(str(error)) from error


def _unless_alone(model: str, slot: LockedSlot, obtained: Mapping[str, _Obtained]) -> _Obtained:
    """Give up what was obtained where the slot that shares its vector space was not."""
    got = obtained[model]
    if got.weights is not None and slot.together and obtained[slot.together].weights is None:
        reason = f"{got.weights.title} is of no use without {slot.together}, whose space it shares"
        return replace(got, weights=None, reasons=(*got.reasons, reason))
    return got


def _bound(profile: str, model: str, slot: LockedSlot, got: _Obtained, target: Path) -> PulledSlot:
    one = got.weights
    if one is not None:
        try:
            folder = bind(profile, model, one, got.files, target)
        except UnexpectedGraphError as error:
            got = replace(got, reasons=(*got.reasons, str(error)), refused=True)
        else:
            return PulledSlot(model, Outcome.BOUND, one.name, got.reasons, one.title, one.licence, folder)
    serving = target / model / "config.pbtxt"
    before = parameter(read_config(serving), "weights") if serving.is_file() else slot.served_instead
    return PulledSlot(model, Outcome.REFUSED if got.refused else Outcome.KEPT, before, got.reasons)
