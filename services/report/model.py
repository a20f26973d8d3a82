"""What a report is about: sightings, the footage around them, the document's content. Pure values and rules."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.report import BuildReport
from contracts.vocabulary import ItemKind

MAX_ITEMS = 200
"""The most hits that one report holds; as many as one search answers."""

MAX_MARGIN_SECONDS = 600.0
"""The most footage kept before and after a hit."""

LAST_FRAME_SECONDS = 0.1
"""A hit ends when its last frame comes into view; a clip ends when that frame is over."""

MAX_TITLE = 300
"""Characters of a report's heading, at most."""

MAX_NOTE = 4000
"""Characters of a note, and of the query, at most."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in shares of the frame."""


class ReportImpossibleError(Exception):
    """This report can never be built as asked; the message says why and what to do."""


class ItemMissingError(ReportImpossibleError):
    """A chosen hit is not there: deleted, of another tenant, or of a recording that failed."""

    def __init__(self, kind: ItemKind, item_id: UUID, cause: str) -> None:
        super().__init__(f"{kind.value} {item_id} cannot be reported: {cause}")
        self.kind = kind
        self.item_id = item_id


class FootageMissingError(ReportImpossibleError):
    """No stored footage covers a hit."""

    def __init__(self, kind: ItemKind, item_id: UUID, recording_id: UUID) -> None:
        super().__init__(
            f"{kind.value} {item_id} cannot be reported: no stored segment of recording {recording_id} covers it"
        )
        self.item_id = item_id


class FootageAlteredError(ReportImpossibleError):
    """A stored object no longer has the hash under which it was taken in: it must not be passed on as evidence."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the stored object {key} does not have the SHA-256 that was noted when it was taken in; "
            "restore it from a backup before it is used as evidence"
        )
        self.key = key


@dataclass(frozen=True)
class StoredSegment:
    """One stored piece of a recording."""

    object_key: str
    sha256: bytes
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Still:
    """A stored picture of a sighting."""

    object_key: str
    at: datetime
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    box: Box | None = None
    """Drawn over a whole frame to point at the object; None: nothing is drawn."""


@dataclass(frozen=True)
class Sighting:
    """One chosen hit, with everything that is known of it."""

    kind: ItemKind
    id: UUID
    note: str
    score: float | None
    camera_id: UUID
    camera_name: str
    site: str
    recording_id: UUID
    filename: str
    """Of the recording, as its sender named it."""
    original_sha256: bytes
    """Of the recording, as it came."""
    start_given: bool
    """Whether the recording's start was given by a person or system; otherwise it was read from the container."""
    started_at: datetime
    ended_at: datetime
    object_class: str | None
    """None for a scene."""
    crop: Still | None
    """The best crop of a track."""
    scene: Still | None
    """The whole frame: a scene's own still, or the one nearest to a track, with the track's box at that moment."""


@dataclass(frozen=True)
class CutClip:
    """Footage that was cut out and stored."""

    object_key: str
    sha256: bytes
    size_bytes: int
    started_at: datetime
    """True time of the first frame: that of the key frame at or before the wanted start."""
    ended_at: datetime
    """True time at which the last frame ends."""

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Entry:
    """One hit of the report and its clip."""

    sighting: Sighting
    clip: CutClip


@dataclass(frozen=True)
class Content:
    """All that the document says."""

    report_id: UUID
    title: str
    query: str
    requested_by: str
    requested_at: datetime
    time_zone: str
    margin_seconds: float
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Document:
    """The finished PDF."""

    content: bytes
    pages: int


@dataclass(frozen=True)
class StoredDocument:
    """The PDF where clients find it."""

    object_key: str
    sha256: bytes
    size_bytes: int
    pages: int


def check(request: BuildReport) -> None:
    """Refuses what no attempt can build. Raises ReportImpossibleError."""
    if not request.items and not request.query.strip():
        raise ReportImpossibleError(
            "the report names no hits: choose at least one track or scene, or say what was asked"
        )
    if len(request.items) > MAX_ITEMS:
        raise ReportImpossibleError(
            f"the report names {len(request.items)} hits and may name {MAX_ITEMS}: make several reports"
        )
    if not (math.isfinite(request.margin_seconds) and 0 <= request.margin_seconds <= MAX_MARGIN_SECONDS):
        raise ReportImpossibleError(
            f"margin_seconds is {request.margin_seconds}: it must lie between 0 and {MAX_MARGIN_SECONDS:g}"
        )
    if len(request.title) > MAX_TITLE:
        raise ReportImpossibleError(f"the title has {len(request.title)} characters and may have {MAX_TITLE}")
    longest = max([len(request.query), len(request.requested_by), *(len(item.note) for item in request.items)])
    if longest > MAX_NOTE:
        raise ReportImpossibleError(f"a note, the query or a name has {longest} characters and may have {MAX_NOTE}")
    zone(request.time_zone)


def zone(name: str) -> ZoneInfo:
    """The IANA zone of this name. Raises ReportImpossibleError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ReportImpossibleError(
            f"time_zone is {name!r}: it must be a name of the IANA time zone database, such as Europe/Berlin"
        ) from None


def window(sighting: Sighting, margin_seconds: float) -> tuple[datetime, datetime]:
    """The footage wanted for a sighting: from its start less the margin until its end plus the margin, and in any case
    until its last frame is over."""
    before = timedelta(seconds=margin_seconds)
    after = timedelta(seconds=max(margin_seconds, LAST_FRAME_SECONDS))
    return sighting.started_at - before, sighting.ended_at + after


def covering(segments: Sequence[StoredSegment], start: datetime, end: datetime) -> tuple[StoredSegment, ...]:
    """The segments that hold any part of the window, in order of time."""
    inside = [segment for segment in segments if segment.started_at <= end and segment.ended_at >= start]
    return tuple(sorted(inside, key=lambda segment: segment.started_at))


def box_at(path: Sequence[Sequence[float]], seconds: float) -> Box | None:
    """Where a track was, `seconds` after it began: on the straight line between the two points of its path around that
    moment; None outside of it. `path` is as in `ingest.tracks_read`: [seconds, left, top, right, bottom], in order."""
    for before, after in pairwise(path):
        if before[0] <= seconds <= after[0]:
            span = after[0] - before[0]
            share = (seconds - before[0]) / span if span > 0 else 0.0
            left, top, right, bottom = (a + (b - a) * share for a, b in zip(before[1:5], after[1:5], strict=True))
            return left, top, right, bottom
    if len(path) == 1 and path[0][0] == seconds:
        left, top, right, bottom = path[0][1:5]
        return left, top, right, bottom
    return None
