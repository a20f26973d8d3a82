"""Getting a pinned file: out of a mirror's folder or from the network, and checked before anybody uses it.

A download that breaks off goes on where it stopped (HTTP `Range`), now or in the next run: what is there already lies
in `<name>.part`. What comes is hashed on its way; a file with another content is never left under its name.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from infra.models.lock import CHUNK, LockedFile, Progress, WeightsMismatchError, check, hash_into, spelled, unheard

ATTEMPTS = 5
"""In a row without a single new byte, after which an address is given up."""
ATTEMPTS_TO_CONNECT = 2
FIRST_PAUSE_SECONDS = 0.5
TIMEOUT = httpx.Timeout(30.0, connect=15.0)


class NotFetchedError(RuntimeError):
    """A file could not be had from any of its addresses; says why for each."""

    def __init__(self, name: str, reasons: list[str]) -> None:
        super().__init__(f"{name} could not be downloaded: {'; '.join(reasons) or 'it has no address'}")


class _BrokenOffError(Exception):
    """A transfer ended early; another attempt may go on from there."""


def download(
    file: LockedFile,
    folder: Path,
    client: httpx.Client,
    progress: Progress = unheard,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Bring a pinned file into a folder; one that is there and right is not fetched again.

    Args:
        file: what it must be, and where it is had.
        folder: where it is put, and its unfinished part.
        client: follows redirects.
        progress: hears how far it is.
        sleep: waits between attempts.

    Raises:
        NotFetchedError: no address answered with it.
        WeightsMismatchError: an address gave another file, and no other address the right one.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    if target.is_file():
        try:
            check(target, file, progress)
        except WeightsMismatchError:
            # Of an older lock, or damaged since: it is ours, so it is fetched anew.
            target.unlink()
        else:
            return target
    reasons: list[str] = []
    mismatch: WeightsMismatchError | None = None
    for url in file.urls:
        try:
            return _from_address(url, file, target, client, progress, sleep)
        except WeightsMismatchError as error:
            mismatch = error
        except httpx.HTTPError as error:
            reasons.append(f"{url}: {error or type(error).__name__}")
    if mismatch is not None:
        raise mismatch
    raise NotFetchedError(file.name, reasons)


def fetch_unpinned(url: str, target: Path) -> Path:
    """Read a file that nobody has pinned yet, for a maintainer to look at. Nothing is ever served from it.

    Raises:
        httpx.HTTPError: it could not be had.
        OSError: the target cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client, client.stream("GET", url) as answer:
        answer.raise_for_status()
        with target.open("wb") as content:
            for chunk in answer.iter_bytes(CHUNK):
                content.write(chunk)
    return target


def _from_address(  # noqa: PLR0917  what `download` was told
    url: str, file: LockedFile, target: Path, client: httpx.Client, progress: Progress, sleep: Callable[[float], None]
) -> Path:
    part = target.with_name(f"{file.name}.part")
    idle = 0
    while True:
        before = _length(part)
        try:
            found = _transfer(url, file, part, client, progress)
            break
        except (_BrokenOffError, httpx.TransportError) as error:
            idle = 0 if _length(part) > before else idle + 1
            # A machine without a network should say so soon.
            if idle >= (ATTEMPTS_TO_CONNECT if isinstance(error, httpx.ConnectError) else ATTEMPTS):
                raise httpx.TransportError(f"gave up after {idle} attempts: {error or type(error).__name__}") from error
            sleep(FIRST_PAUSE_SECONDS * 2**idle)
    if found != file.digest:
        part.unlink()
        raise WeightsMismatchError(url, spelled(file), file.digest, found)
    part.replace(target)
    return target


def _transfer(url: str, file: LockedFile, part: Path, client: httpx.Client, progress: Progress) -> str:
    """Fetch what is missing of a file and give the digest of the whole."""
    if _length(part) > file.size:
        part.unlink()
    digest = hashlib.new(file.algorithm)
    have = hash_into(digest, part, file, progress) if part.exists() else 0
    if have < file.size:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with client.stream("GET", url, headers=headers) as answer:
            _check_answer(answer, part, have)
            have = _append(answer, file, part, digest, have, progress)
    if have > file.size:
        part.unlink()
        raise WeightsMismatchError(url, "size", f"{file.size} bytes", "more than that")
    if have < file.size:
        raise _BrokenOffError(f"it ended after {have} of {file.size} bytes")
    return digest.hexdigest()


def _check_answer(answer: httpx.Response, part: Path, have: int) -> None:
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
        raise _BrokenOffError(f"HTTP {answer.status_code}")
    rest = answer.status_code == httpx.codes.PARTIAL_CONTENT
    if have and answer.is_success:
        rest = rest and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    if have and (answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE or (answer.is_success and not rest)):
        # The server does not know ranges, or has another file: begin anew.
        part.unlink()
        raise _BrokenOffError(f"HTTP {answer.status_code} instead of the rest")
    answer.raise_for_status()


def _append(  # noqa: PLR0917  what `_transfer` was told
    answer: httpx.Response, file: LockedFile, part: Path, digest: Any, have: int, progress: Progress
) -> int:
    with part.open("ab") as content:
        for chunk in answer.iter_raw(CHUNK):
            content.write(chunk)
            digest.update(chunk)
            have += len(chunk)
            progress(file.name, have)
            if have > file.size:
                # It is another file, and it must not fill the disk.
                break
    return have


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
