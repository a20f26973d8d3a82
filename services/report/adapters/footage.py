"""Footage and pictures in S3, and the cutting of clips in the media sandbox."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from kit.media import ClipSource, MediaError, cut_clip
from kit.objects import Objects, content_key, file_digest
from services.report.model import (
    CutClip,
    Document,
    FootageAlteredError,
    ReportImpossibleError,
    StoredDocument,
    StoredSegment,
)


class StoredFootage:
    """Footage in the bucket (`ports.Footage`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def cut(self, segments: Sequence[StoredSegment], start: datetime, end: datetime) -> CutClip:
        """Cuts [start, end] out of consecutive segments without re-encoding, from the key frame at or before `start`,
        and stores it under its hash. Raises FootageAlteredError where a segment is not what was taken in, and
        ReportImpossibleError where it cannot be cut."""
        with TemporaryDirectory(prefix="sightline-clip-") as scratch:
            folder = Path(scratch)
            sources = [self._fetch(segment, folder / f"segment-{place}") for place, segment in enumerate(segments)]
            out = folder / "out"
            out.mkdir()
            try:
                clip = cut_clip(sources, start, end, out)
            except MediaError as error:
                raise ReportImpossibleError(f"a clip could not be cut from {start} to {end}: {error}") from error
            stored = self._objects.put_file(clip.path, suffix=clip.path.suffix, content_type=clip.content_type)
        return CutClip(stored.key, stored.sha256, stored.size_bytes, clip.started_at, clip.ended_at)

    def pictures(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Stored pictures (JPEG or PNG) by key. Raises FootageAlteredError."""
        return {key: self._picture(key) for key in keys}

    def keep(self, document: Document) -> StoredDocument:
        """Stores the PDF under its hash."""
        stored = self._objects.put(document.content, suffix=".pdf", content_type="application/pdf")
        return StoredDocument(stored.key, stored.sha256, stored.size_bytes, document.pages)

    def _fetch(self, segment: StoredSegment, stem: Path) -> ClipSource:
        path = stem.with_suffix(Path(segment.object_key).suffix)
        self._objects.get_file(segment.object_key, path)
        if file_digest(path) != segment.sha256:
            raise FootageAlteredError(segment.object_key)
        return ClipSource(path, segment.started_at)

    def _picture(self, key: str) -> bytes:
        content = self._objects.get(key)
        # Pictures are content-addressed: their key says what their hash must be.
        if content_key(hashlib.sha256(content).digest(), Path(key).suffix) != key:
            raise FootageAlteredError(key)
        return content
