"""The report service's ports in memory, and examples of what it is about."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from PIL import Image

from contracts.report import BuildReport, ReportItem
from contracts.vocabulary import ItemKind
from kit.lease import Lease
from services.report.model import (
    Content,
    CutClip,
    Document,
    Entry,
    ItemMissingError,
    Sighting,
    Still,
    StoredDocument,
    StoredSegment,
)

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
REPORT = UUID("01990000-0000-7000-8000-0000000000cc")
RECORDING = UUID("01990000-0000-7000-8000-000000000001")
CAMERA = UUID("01990000-0000-7000-8000-000000000002")
TRACK = UUID("01990000-0000-7000-8000-000000000003")
SCENE = UUID("01990000-0000-7000-8000-000000000004")
BEGIN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
REQUESTED = datetime(2026, 3, 3, 9, 1, 2, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds into the recording."""
    return BEGIN + timedelta(seconds=seconds)


def picture(width: int, height: int, colour: str = "gray") -> bytes:
    """A JPEG of one colour."""
    target = BytesIO()
    Image.new("RGB", (width, height), colour).save(target, "JPEG")
    return target.getvalue()


PICTURES = {"sha256/crop.jpg": picture(60, 120, "red"), "sha256/scene.jpg": picture(320, 180, "teal")}

A_TRACK = Sighting(
    kind=ItemKind.TRACK,
    id=TRACK,
    note="",
    score=0.3123,
    camera_id=CAMERA,
    camera_name="Lobby",
    site="Main building",
    recording_id=RECORDING,
    filename="lobby.mp4",
    original_sha256=hashlib.sha256(b"original").digest(),
    start_given=True,
    started_at=at(6),
    ended_at=at(15.5),
    object_class="person",
    crop=Still("sha256/crop.jpg", at(8), 60, 120),
    scene=Still("sha256/scene.jpg", at(9), 320, 180, (0.4, 0.2, 0.5, 0.8)),
)
A_SCENE = replace(
    A_TRACK,
    kind=ItemKind.SCENE,
    id=SCENE,
    score=None,
    started_at=at(20),
    ended_at=at(20),
    object_class=None,
    crop=None,
    scene=Still("sha256/scene.jpg", at(20), 320, 180),
)
A_CLIP = CutClip("sha256/clip.mp4", hashlib.sha256(b"clip").digest(), 1_234_567, at(2), at(18.25))


def content(*sightings: Sighting, **changes: Any) -> Content:
    """What a report of these hits says."""
    plain = Content(
        report_id=REPORT,
        title="Entry to the lobby",
        query="a person",
        requested_by="desk 4",
        requested_at=REQUESTED,
        time_zone="Europe/Berlin",
        margin_seconds=2.0,
        entries=tuple(Entry(sighting, A_CLIP) for sighting in sightings or (A_TRACK,)),
    )
    return replace(plain, **changes)


def request(*items: ReportItem, **changes: Any) -> BuildReport:
    """A report that was asked for."""
    fields: dict[str, Any] = {
        "report_id": REPORT,
        "title": "Entry to the lobby",
        "items": items or (ReportItem(kind=ItemKind.TRACK, id=TRACK),),
        **changes,
    }
    return BuildReport(**fields)


def lease() -> Lease:
    """A claimed job."""
    return Lease(job_id=UUID(int=1), tenant_id=TENANT, token=UUID(int=2), attempt=1, max_attempts=3, subject_id=REPORT)


@dataclass
class FakeRecords:
    """Knows some hits and the segments of one recording."""

    known: Sequence[Sighting] = (A_TRACK, A_SCENE)
    stored: Sequence[StoredSegment] = tuple(
        StoredSegment(f"sha256/{number}.mp4", bytes(32), at(10 * number), at(10 * number + 10)) for number in range(3)
    )
    finished: list[tuple[Content, StoredDocument]] = field(default_factory=list)

    def requested_at(self, lease: Lease) -> datetime:
        return REQUESTED

    def sightings(self, tenant_id: UUID, items: Sequence[ReportItem]) -> Sequence[Sighting]:
        by_id = {(sighting.kind, sighting.id): sighting for sighting in self.known}
        for item in items:
            if (item.kind, item.id) not in by_id:
                raise ItemMissingError(item.kind, item.id, "there is no such hit")
        return [replace(by_id[item.kind, item.id], note=item.note, score=item.score) for item in items]

    def segments(self, tenant_id: UUID, recording_id: UUID) -> Sequence[StoredSegment]:
        return self.stored

    def finish(self, lease: Lease, content: Content, stored: StoredDocument) -> None:
        self.finished.append((content, stored))


@dataclass
class FakeFootage:
    """Notes what was cut."""

    cuts: list[tuple[tuple[str, ...], datetime, datetime]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def cut(self, segments: Sequence[StoredSegment], start: datetime, end: datetime) -> CutClip:
        self.cuts.append((tuple(segment.object_key for segment in segments), start, end))
        return replace(A_CLIP, started_at=start, ended_at=end)

    def pictures(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self.asked.extend(keys)
        return {key: PICTURES[key] for key in keys}

    def keep(self, document: Document) -> StoredDocument:
        digest = hashlib.sha256(document.content).digest()
        return StoredDocument(f"sha256/{digest.hex()}.pdf", digest, len(document.content), document.pages)


class FakePress:
    """Prints nothing worth reading."""

    def print(self, content: Content, pictures: Mapping[str, bytes]) -> Document:
        return Document(repr((content, sorted(pictures))).encode(), 3)
