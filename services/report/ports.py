"""What the report's use case needs from the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.report import ReportItem
from kit.lease import Lease
from services.report.model import Content, CutClip, Document, Sighting, StoredDocument, StoredSegment


class Records(Protocol):
    """What is known of the chosen hits, and where the report's rows go."""

    def requested_at(self, lease: Lease) -> datetime:
        """When the report was asked for; the same in every attempt."""
        ...

    def sightings(self, tenant_id: UUID, items: Sequence[ReportItem]) -> Sequence[Sighting]:
        """The hits in the order asked for. Raises ItemMissingError."""
        ...

    def segments(self, tenant_id: UUID, recording_id: UUID) -> Sequence[StoredSegment]:
        """The stored segments of a recording, in order."""
        ...

    def finish(self, lease: Lease, content: Content, stored: StoredDocument) -> None:
        """Writes the report and its clips together with the job's completion. Raises LeaseLostError."""
        ...


class Footage(Protocol):
    """Stored footage and pictures, and where what is made of them goes."""

    def cut(self, segments: Sequence[StoredSegment], start: datetime, end: datetime) -> CutClip:
        """Cuts [start, end] out of consecutive segments without re-encoding, from the key frame at or before `start`,
        and stores it under its hash. Raises FootageAlteredError where a segment is not what was taken in."""
        ...

    def pictures(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Stored pictures (JPEG or PNG) by key. Raises FootageAlteredError."""
        ...

    def keep(self, document: Document) -> StoredDocument:
        """Stores the PDF under its hash."""
        ...


class Press(Protocol):
    """Prints the document."""

    def print(self, content: Content, pictures: Mapping[str, bytes]) -> Document:
        """The PDF; the same bytes for the same content and pictures."""
        ...
