"""What the use cases need from outside."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from kit.lease import Lease
from services.ingest.model.crop import Crop
from services.ingest.model.observation import Box, Detection
from services.ingest.model.start import StartSource

Picture = NDArray[np.uint8]
"""RGB, uint8 [height, width, 3]."""


@dataclass(frozen=True)
class StoredFile:
    """Something that was put into the object store."""

    object_key: str
    sha256: bytes
    size_bytes: int


class Files(Protocol):
    """The object store."""

    def fetch(self, object_key: str, path: Path) -> bytes:
        """Writes an object into a file and returns its SHA-256. Raises UploadGoneError."""
        ...

    def keep_original(self, object_key: str, path: Path, sha256: bytes, container: str) -> StoredFile:
        """Stores the upload, fetched before into `path`, under its hash."""
        ...

    def put_files(self, paths: Sequence[tuple[Path, str]]) -> Sequence[StoredFile]:
        """Stores files (path, content type) under their hashes."""
        ...

    def put_pictures(self, pictures: Sequence[bytes]) -> Sequence[StoredFile]:
        """Stores JPEGs under their hashes."""
        ...

    def forget_upload(self, object_key: str) -> None:
        """Removes the upload, which is kept elsewhere by now. Best effort: never raises."""
        ...


@dataclass(frozen=True)
class CutPiece:
    """A segment in a file."""

    path: Path
    content_type: str
    started: timedelta
    ended: timedelta


@dataclass(frozen=True)
class CutFootage:
    """What a file turned out to be, and its segments."""

    container: str
    codec: str
    width: int
    height: int
    frame_rate: float
    duration: timedelta
    tags: Mapping[str, str]
    pieces: Sequence[CutPiece]


@dataclass(frozen=True)
class SampledFrames:
    """A group of neighbouring sampled frames."""

    times_us: Sequence[int]
    """Since the recording's start."""
    lumas: NDArray[np.uint8]
    """[n, height, width]."""


class Frames(Protocol):
    """The sampled frames of a segment, while it is being decoded."""

    def next_group(self) -> SampledFrames | None:
        """The next frames; None at the end."""
        ...

    def fetch(self, wanted: Sequence[int]) -> Sequence[Picture]:
        """The whole pictures at these places of the group; once a group."""
        ...

    def figures(self) -> Mapping[str, float]:
        """Known at the end: `decoded` and `damaged` frames, `seconds.<stage>`."""
        ...


class Footage(Protocol):
    """Media, handled in the sandbox. Methods raise errors that say whether another attempt may help."""

    def cut(self, path: Path, folder: Path, tell_progress: Callable[[float], None]) -> CutFootage:
        """Checks a file and cuts it into segments."""
        ...

    def read(self, path: Path, *, offset: timedelta, last_cell: int) -> AbstractContextManager[Frames]:
        """Decodes a segment; the file may be written until the first group is asked for."""
        ...


class Detector(Protocol):
    """Finds people and vehicles."""

    def detect(self, pictures: Sequence[Picture]) -> Sequence[Sequence[Detection]]:
        """What is in each picture, the strongest first; boxes in shares of the picture."""
        ...


class Tracker(Protocol):
    """Follows objects from frame to frame."""

    def update(self, at_us: int, detections: Sequence[Detection]) -> Sequence[int | None]:
        """For each detection the number of its object within its kind, or None where it is not followed (yet)."""
        ...

    def memory(self) -> dict[str, Any]:
        """All it knows, as plain values: a tracker made from it goes on as if it had never stopped."""
        ...


Scratch = Callable[[], AbstractContextManager[Path]]
"""A folder for large files, removed at the end of the block."""

Trackers = Callable[[float, Mapping[str, Any]], Tracker]
"""Makes a tracker for frames of this height / width from a memory (empty: a new one)."""


class Pictures(Protocol):
    """What is done with decoded pictures."""

    def cut_out(self, picture: Picture, box: Box) -> Picture:
        """A copy of what the box encloses, at least one pixel."""
        ...

    def sharpness(self, picture: Picture) -> float:
        """Variance of the Laplacian of its luma."""
        ...

    def jpeg(self, picture: Picture, *, quality: int, max_width: int | None = None) -> tuple[bytes, int, int]:
        """Encoded, made narrower where it is wider than allowed; with its width and height."""
        ...


@dataclass(frozen=True)
class KnownRecording:
    """A recording that is stored."""

    id: UUID
    started_at: datetime
    segments: int


@dataclass(frozen=True)
class NewSegment:
    """A segment to store."""

    file: StoredFile
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class NewRecording:
    """A recording to store, with its segments in order."""

    id: UUID
    camera_id: UUID
    filename: str
    original: StoredFile
    container: str
    codec: str
    width: int
    height: int
    frame_rate: float
    started_at: datetime
    ended_at: datetime
    start_source: StartSource
    segments: Sequence[NewSegment]


@dataclass(frozen=True)
class SegmentTask:
    """A segment to analyse, and what is needed for it."""

    recording_id: UUID
    camera_id: UUID
    ordinal: int
    last: bool
    done: bool
    previous_done: bool
    object_key: str
    recording_started_at: datetime
    started_at: datetime
    ended_at: datetime
    state: bytes | None
    """What the segment before it handed over."""


@dataclass(frozen=True)
class NewTrack:
    """A track that ended."""

    ordinal: int
    object_class: str
    score: float
    started_at: datetime
    ended_at: datetime
    detections: int
    path: list[list[float]]
    crops: Sequence[tuple[datetime, Crop]]
    """When, and what; best first."""


@dataclass(frozen=True)
class NewScene:
    """A still of the whole view."""

    at: datetime
    object_key: str
    width: int
    height: int


@dataclass(frozen=True)
class SegmentOutcome:
    """All that one segment gave; written in one transaction."""

    task: SegmentTask
    tracks: Sequence[NewTrack]
    scenes: Sequence[NewScene]
    state: bytes
    figures: Mapping[str, float] = field(default_factory=dict)


class Store(Protocol):
    """The schema `ingest`, and the jobs' completions that go with it."""

    def known(self, tenant_id: UUID, camera_id: UUID, sha256: bytes) -> KnownRecording | None:
        """The recording that holds the same bytes of the same camera."""
        ...

    def save_recording(self, lease: Lease, recording: NewRecording) -> bool:
        """Writes it with its segments, makes the first segment's job and completes this one. False, and nothing is
        written: the same bytes of the same camera were stored in between. Raises LeaseLostError."""
        ...

    def finish_duplicate(self, lease: Lease, known: KnownRecording) -> None:
        """Completes the job of a file that is stored already. Raises LeaseLostError."""
        ...

    def segment(self, tenant_id: UUID, recording_id: UUID, ordinal: int) -> SegmentTask | None:
        """What is to be analysed; None where there is no such segment. A recording that had failed is processed
        again."""
        ...

    def save_segment(self, lease: Lease, outcome: SegmentOutcome) -> None:
        """Writes the outcome, makes the next segment's job or, after the last, those of the vectors, and completes
        this one. Raises LeaseLostError."""
        ...

    def finish_done(self, lease: Lease, task: SegmentTask) -> None:
        """Completes the job of a segment whose outcome is stored already. Raises LeaseLostError."""
        ...

    def fail(self, lease: Lease, recording_id: UUID, reason: str) -> None:
        """Ends the job as dead and marks its recording, if there is one, as failed. Raises LeaseLostError."""
        ...


class Telemetry(Protocol):
    """Spans and counts."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """A span around one stage of the work."""
        ...

    def looked(self, camera_id: UUID, figures: Mapping[str, float]) -> None:
        """Counts the frames of a segment, and tells the running span where the time went."""
        ...
