"""Folders for large files that outlive no worker (`ports.Scratch`)."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

_PREFIX = "sightline-ingest-"
_YOUNG_SECONDS = 60.0
"""A folder is locked right after it is made; so young a one is left alone."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed at the end; those of killed workers are removed first.

    Its owner holds a lock on it, which ends with the process however that ends, in whichever container it runs.
    """
    _sweep(Path(gettempdir()))
    with TemporaryDirectory(prefix=_PREFIX) as folder:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(folder)
        finally:
            os.close(lock)


def _sweep(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime > _YOUNG_SECONDS and _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except (FileNotFoundError, PermissionError):
            # Swept by another worker, or another user's.
            continue


def _abandoned(folder: Path) -> bool:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
