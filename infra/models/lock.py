"""The lock files: which weights a user may pull, and what each of their files must be.

`<profile>.lock.toml` beside this module has a table for every slot (a model name) with its weights, best first. A file
is pinned by its size and by SHA-256 or SHA-384, whichever its publisher gives. Weights with a file that nobody has
pinned yet are named with their address and licence, and are never pulled: `sightline models pin` says what to write.
"""

import hashlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent
ENDING = ".lock.toml"
CHUNK = 1 << 20

Progress = Callable[[str, int], None]
"""Hears a file's name and how many of its bytes are there and hashed by now."""


def unheard(_name: str, _there: int) -> None:
    """Where nobody listens."""


class UnknownProfileError(ValueError):
    """There is no lock file for a profile of that name."""

    def __init__(self, profile: str) -> None:
        super().__init__(f"there is no profile {profile!r} to pull; there are: {', '.join(pullable_profiles())}")


class UnknownSlotError(ValueError):
    """A slot, weights or a file were asked for that the profile does not name."""

    def __init__(self, what: str, name: str, known: list[str]) -> None:
        super().__init__(f"there is no {what} {name!r}; there are: {', '.join(known)}")


class WeightsMismatchError(RuntimeError):
    """A file has the pinned name, but not the pinned content."""

    def __init__(self, path: object, what: str, expected: str, found: str) -> None:
        super().__init__(
            f"{path}: {what} is {found}, but {expected} is pinned. "
            "The file is damaged or another version; nothing was changed"
        )
        self.path, self.what, self.expected, self.found = path, what, expected, found


class LockedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of some weights.

    Attributes:
        name: what it is called in a mirror's folder.
        urls: where it is had, tried in this order; pinned to a release or a commit where the publisher has them.
        size: in bytes, 0 where it is not pinned.
        sha256: 64 hexadecimal digits, or empty.
        sha384: 96 hexadecimal digits, or empty; some publishers give this one.
    """

    name: str
    urls: tuple[str, ...] = ()
    size: int = 0
    sha256: str = ""
    sha384: str = ""

    @property
    def pinned(self) -> bool:
        """Whether it is known what the file must be."""
        return self.size > 0 and bool(self.sha256 or self.sha384)

    @property
    def algorithm(self) -> str:
        """The digest that it is checked with, as hashlib names it."""
        return "sha256" if self.sha256 else "sha384"

    @property
    def digest(self) -> str:
        """What that digest must be, in hexadecimal."""
        return self.sha256 or self.sha384


class LockedWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights that may serve a slot.

    Attributes:
        name: unique in the lock; also says which surgery makes them fit.
        title: for people.
        good_at: what they are good at, and where they fail.
        licence: SPDX identifier.
        origin: where they are described.
        files: by the part that they play, e.g. `model`, `tokenizer`.
    """

    name: str
    title: str
    good_at: str
    licence: str
    origin: str
    files: dict[str, LockedFile]

    @property
    def unpinned(self) -> list[LockedFile]:
        """The files of which nobody knows yet what they must be."""
        return [file for file in self.files.values() if not file.pinned]

    @property
    def size(self) -> int:
        """Of all files together in bytes."""
        return sum(file.size for file in self.files.values())


class LockedSlot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model name of a profile.

    Attributes:
        served_instead: the profile that goes on serving the name where no weights can be had; empty where none does.
        weights: what may serve it, best first.
        together: a slot that must come from the same weights' family or not at all, because both share a vector space.
    """

    served_instead: str
    weights: tuple[LockedWeights, ...]
    together: str = ""


def pullable_profiles() -> list[str]:
    """Name the profiles that have a lock file."""
    return sorted(path.name.removesuffix(ENDING) for path in FOLDER.glob(f"*{ENDING}"))


def read_lock(profile: str) -> dict[str, LockedSlot]:
    """Read a profile's lock file: slots by model name.

    Raises:
        UnknownProfileError: there is none.
        msgspec.ValidationError: the file says something else than these classes hold.
    """
    if profile not in pullable_profiles():
        raise UnknownProfileError(profile)
    written = tomllib.loads((FOLDER / f"{profile}{ENDING}").read_text(encoding="utf-8"))
    return msgspec.convert(written, dict[str, LockedSlot])


def locked_weights(profile: str, name: str) -> LockedWeights:
    """Find weights by their name.

    Raises:
        UnknownProfileError, UnknownSlotError: no such profile or weights.
    """
    known = {weights.name: weights for slot in read_lock(profile).values() for weights in slot.weights}
    if name not in known:
        raise UnknownSlotError("weights", name, sorted(known))
    return known[name]


def check(path: Path, file: LockedFile, progress: Progress = unheard) -> None:
    """Hold a file against its pin.

    Raises:
        WeightsMismatchError: size or digest are others.
    """
    size = path.stat().st_size
    if size != file.size:
        raise WeightsMismatchError(path, "size", f"{file.size} bytes", f"{size} bytes")
    digest = hashlib.new(file.algorithm)
    hash_into(digest, path, file, progress)
    if digest.hexdigest() != file.digest:
        raise WeightsMismatchError(path, spelled(file), file.digest, digest.hexdigest())


def pinned_file(folder: Path, profile: str, weights: str) -> Path | None:
    """Find the model file of weights in a mirror's folder; None where it is not there.

    Raises:
        UnknownProfileError, UnknownSlotError: no such profile or weights.
        WeightsMismatchError: the file is another one than is pinned.
    """
    locked = locked_weights(profile, weights).files["model"]
    path = folder / locked.name
    if not path.is_file():
        return None
    check(path, locked)
    return path


def hash_into(digest: Any, path: Path, file: LockedFile, progress: Progress) -> int:
    """Feed a file to a digest that hashlib made, and give its length in bytes."""
    read = 0
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            read += len(chunk)
            progress(file.name, read)
    return read


def spelled(file: LockedFile) -> str:
    """Name a file's digest for people."""
    return "SHA-256" if file.algorithm == "sha256" else "SHA-384"


def pin_of(path: Path) -> LockedFile:
    """Say what a file is, as a pin would: for somebody to compare with its publisher's word before it is locked."""
    digests = {name: hashlib.new(name) for name in ("sha256", "sha384")}
    size = 0
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            size += len(chunk)
            for digest in digests.values():
                digest.update(chunk)
    return LockedFile(path.name, size=size, sha256=digests["sha256"].hexdigest(), sha384=digests["sha384"].hexdigest())
