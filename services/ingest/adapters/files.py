"""Footage and pictures in S3 (`ports.Files`)."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.objects import ObjectMissingError, Objects, ObjectsUnavailableError, StoredObject, content_key, file_digest
from services.ingest.model.errors import UploadGoneError
from services.ingest.ports import StoredFile

_LOG = logging.getLogger(__name__)

_ORIGINALS = {
    "mp4": (".mp4", "video/mp4"),
    "matroska": (".mkv", "video/x-matroska"),
    "avi": (".avi", "video/x-msvideo"),
    "mpegts": (".ts", "video/mp2t"),
    "mpeg": (".mpg", "video/mpeg"),
}
_COPY_LIMIT = 4 * 1024**3
"""S3 copies at most 5 GiB in one call."""


class StoredFiles:
    """One bucket, several objects at a time."""

    def __init__(self, objects: Objects, *, threads: int) -> None:
        self._objects = objects
        self._threads = threads

    def fetch(self, object_key: str, path: Path) -> bytes:
        """Writes an object into a file; its SHA-256. Raises UploadGoneError, ObjectsUnavailableError."""
        try:
            self._objects.get_file(object_key, path)
        except ObjectMissingError as error:
            raise UploadGoneError(object_key) from error
        return file_digest(path)

    def keep_original(self, object_key: str, path: Path, sha256: bytes, container: str) -> StoredFile:
        """Stores the upload under its hash: copied on the server where that goes."""
        suffix, content_type = _ORIGINALS.get(container, (".bin", "application/octet-stream"))
        size = path.stat().st_size
        if size <= _COPY_LIMIT:
            key = content_key(sha256, suffix)
            self._objects.copy(object_key, key)
            return StoredFile(key, sha256, size)
        return _stored(self._objects.put_file(path, suffix=suffix, content_type=content_type))

    def put_files(self, paths: Sequence[tuple[Path, str]]) -> Sequence[StoredFile]:
        """Stores files under their hashes. Raises ObjectsUnavailableError."""
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._put_file, paths))

    def put_pictures(self, pictures: Sequence[bytes]) -> Sequence[StoredFile]:
        """Stores JPEGs under their hashes. Raises ObjectsUnavailableError."""
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._put_picture, pictures))

    def forget_upload(self, object_key: str) -> None:
        """Removes the upload; what stays is only untidy."""
        try:
            self._objects.delete(object_key)
        except (ObjectMissingError, ObjectsUnavailableError) as error:
            _LOG.warning("upload not removed", extra={"object_key": object_key, "cause": str(error)})

    def _put_file(self, file: tuple[Path, str]) -> StoredFile:
        path, content_type = file
        return _stored(self._objects.put_file(path, suffix=path.suffix, content_type=content_type))

    def _put_picture(self, jpeg: bytes) -> StoredFile:
        return _stored(self._objects.put(jpeg, suffix=".jpg", content_type="image/jpeg"))


def _stored(stored: StoredObject) -> StoredFile:
    return StoredFile(stored.key, stored.sha256, stored.size_bytes)
