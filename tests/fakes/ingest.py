"""The ingest service's ports in memory."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import numpy as np

from contracts.vocabulary import ObjectClass
from kit.lease import Lease
from kit.media.sampling import sampling_cell
from services.ingest.model.errors import UploadGoneError
from services.ingest.model.observation import Box, Detection
from services.ingest.ports import (
    CutFootage,
    KnownRecording,
    NewRecording,
    Picture,
    SampledFrames,
    SegmentOutcome,
    SegmentTask,
    StoredFile,
)

FRAME_SHAPE = (90, 160, 3)
GROUND, FIGURE = 40, 220


@contextmanager
def scratch_folder() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder)


@dataclass
class MemoryFiles:
    objects: dict[str, bytes] = field(default_factory=dict)

    def fetch(self, object_key: str, path: Path) -> bytes:
        if object_key not in self.objects:
            raise UploadGoneError(object_key)
        path.write_bytes(self.objects[object_key])
        return hashlib.sha256(self.objects[object_key]).digest()

    def keep_original(self, object_key: str, path: Path, sha256: bytes, container: str) -> StoredFile:
        return self._put(path.read_bytes(), f".{container}")

    def put_files(self, paths: Sequence[tuple[Path, str]]) -> Sequence[StoredFile]:
        return [self._put(path.read_bytes(), path.suffix) for path, _ in paths]

    def put_pictures(self, pictures: Sequence[bytes]) -> Sequence[StoredFile]:
        return [self._put(picture, ".jpg") for picture in pictures]

    def forget_upload(self, object_key: str) -> None:
        self.objects.pop(object_key, None)

    def _put(self, content: bytes, suffix: str) -> StoredFile:
        digest = hashlib.sha256(content).digest()
        key = f"sha256/{digest.hex()}{suffix}"
        self.objects[key] = content
        return StoredFile(key, digest, len(content))


@dataclass(frozen=True)
class Walker:
    """Somebody who is in view from one moment to another, walking right."""

    from_s: float
    until_s: float
    top: float = 0.3
    object_class: ObjectClass = ObjectClass.PERSON

    def box(self, at_s: float) -> Box | None:
        if not self.from_s <= at_s < self.until_s:
            return None
        left = 0.1 + 0.05 * (at_s - self.from_s)
        return Box(round(left, 4), self.top, round(left + 0.15, 4), self.top + 0.5)


@dataclass
class StagedFrames:
    """The frames of a stretch of a scene, drawn when they are asked for."""

    scene: "Scene"
    times_us: Sequence[int]
    group_size: int
    fetched: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._place = 0
        self._group: Sequence[int] = ()

    def next_group(self) -> SampledFrames | None:
        self._group = self.times_us[self._place : self._place + self.group_size]
        self._place += self.group_size
        if not self._group:
            return None
        lumas = np.stack([self.scene.picture(at_us)[:, :, 0] for at_us in self._group])
        return SampledFrames(self._group, lumas)

    def fetch(self, wanted: Sequence[int]) -> Sequence[Picture]:
        self.fetched.extend(self._group[place] for place in wanted)
        return [self.scene.picture(self._group[place]) for place in wanted]

    def figures(self) -> Mapping[str, float]:
        return {"decoded": len(self.times_us), "damaged": 0, "seconds.decode": 0.0}


@dataclass
class Scene:
    """A made-up view with walkers in it: footage, detector and pictures in one, so that they agree."""

    walkers: Sequence[Walker]
    seconds: float
    per_second: int = 5
    group_size: int = 8
    looked_at_us: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def picture(self, at_us: int) -> Picture:
        height, width, _ = FRAME_SHAPE
        picture = np.full(FRAME_SHAPE, GROUND, np.uint8)
        for walker in self.walkers:
            box = walker.box(at_us / 1e6)
            if box is not None:
                rows = slice(int(box.top * height), int(box.bottom * height))
                picture[rows, int(box.left * width) : int(box.right * width)] = FIGURE
        # The moment is written into a corner, for the detector.
        picture[0, :8, 2] = np.frombuffer(np.int64(at_us).tobytes(), np.uint8)
        return picture

    def detect(self, pictures: Sequence[Picture]) -> Sequence[Sequence[Detection]]:
        self.batches.append(len(pictures))
        found = []
        for picture in pictures:
            at_us = int(np.frombuffer(picture[0, :8, 2].tobytes(), np.int64)[0])
            self.looked_at_us.append(at_us)
            seen = [(walker, walker.box(at_us / 1e6)) for walker in self.walkers]
            found.append([Detection(box, 0.8, walker.object_class) for walker, box in seen if box is not None])
        return found

    @contextmanager
    def read(self, path: Path, *, offset: timedelta, last_cell: int) -> Iterator[StagedFrames]:
        begin_us = offset // timedelta(microseconds=1)
        step = 1_000_000 // self.per_second
        times = [
            at_us
            for at_us in range(begin_us, begin_us + round(self.seconds * 1e6), step)
            if sampling_cell(at_us, self.per_second) > last_cell
        ]
        yield StagedFrames(self, times, self.group_size)

    def cut(self, path: Path, folder: Path, tell_progress: Callable[[float], None]) -> CutFootage:
        raise AssertionError("not to be cut")


@dataclass
class StagedFootage:
    """Cuts a file into what it is told."""

    answer: CutFootage | Exception

    def cut(self, path: Path, folder: Path, tell_progress: Callable[[float], None]) -> CutFootage:
        tell_progress(0.5)
        if isinstance(self.answer, Exception):
            raise self.answer
        pieces = []
        for number, piece in enumerate(self.answer.pieces):
            own = folder / f"segment-{number}.mp4"
            own.write_bytes(f"segment {number} of ".encode() + path.read_bytes())
            pieces.append(replace(piece, path=own))
        return replace(self.answer, pieces=pieces)

    def read(self, path: Path, *, offset: timedelta, last_cell: int) -> Any:
        raise AssertionError("not to be read")


class PlainPictures:
    """Crops as raw bytes."""

    def cut_out(self, picture: Picture, box: Box) -> Picture:
        height, width = picture.shape[:2]
        return picture[
            int(box.top * height) : max(1, int(box.bottom * height)),
            int(box.left * width) : max(1, int(box.right * width)),
        ].copy()

    def sharpness(self, picture: Picture) -> float:
        return float(picture.var())

    def jpeg(self, picture: Picture, *, quality: int, max_width: int | None = None) -> tuple[bytes, int, int]:
        return picture.tobytes(), picture.shape[1], picture.shape[0]


class OverlapTracker:
    """Follows by overlap with the box before; numbers an object the second time it is seen, as real trackers do."""

    def __init__(self, aspect: float, memory: Mapping[str, Any]) -> None:
        self._known: list[tuple[int, list[float]]] = [(number, box) for number, box in memory.get("known", [])]
        self._seeds: list[list[float]] = list(memory.get("seeds", []))
        self._next = int(memory.get("next", 0))

    def update(self, at_us: int, detections: Sequence[Detection]) -> Sequence[int | None]:
        answer: list[int | None] = []
        seeds = []
        for detection in detections:
            box = detection.box
            places = [place for place, (_, known) in enumerate(self._known) if Box(*known).overlap(box) > 0.3]
            edges = [box.left, box.top, box.right, box.bottom]
            if places:
                number = self._known[places[0]][0]
                self._known[places[0]] = (number, edges)
                answer.append(number)
            elif any(Box(*seed).overlap(box) > 0.3 for seed in self._seeds):
                self._known.append((self._next, edges))
                answer.append(self._next)
                self._next += 1
            else:
                seeds.append(edges)
                answer.append(None)
        self._seeds = seeds
        return answer

    def memory(self) -> dict[str, Any]:
        return {"known": [[number, box] for number, box in self._known], "seeds": self._seeds, "next": self._next}


class SilentTelemetry:
    def __init__(self) -> None:
        self.figures: list[Mapping[str, float]] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        yield

    def looked(self, camera_id: UUID, figures: Mapping[str, float]) -> None:
        self.figures.append(dict(figures))


@dataclass
class MemoryStore:
    recordings: list[NewRecording] = field(default_factory=list)
    duplicates: list[KnownRecording] = field(default_factory=list)
    tasks: dict[int, SegmentTask] = field(default_factory=dict)
    outcomes: list[SegmentOutcome] = field(default_factory=list)
    failures: list[tuple[UUID, str]] = field(default_factory=list)
    finished_again: list[int] = field(default_factory=list)
    stored_in_between: NewRecording | None = None
    """Somebody else stores this one just before us."""

    def known(self, tenant_id: UUID, camera_id: UUID, sha256: bytes) -> KnownRecording | None:
        for one in self.recordings:
            if (one.camera_id, one.original.sha256) == (camera_id, sha256):
                return KnownRecording(one.id, one.started_at, len(one.segments))
        return None

    def save_recording(self, lease: Lease, recording: NewRecording) -> bool:
        if self.stored_in_between is not None:
            self.recordings.append(self.stored_in_between)
        if self.known(lease.tenant_id, recording.camera_id, recording.original.sha256) is not None:
            return False
        self.recordings.append(recording)
        return True

    def finish_duplicate(self, lease: Lease, known: KnownRecording) -> None:
        self.duplicates.append(known)

    def segment(self, tenant_id: UUID, recording_id: UUID, ordinal: int) -> SegmentTask | None:
        task = self.tasks.get(ordinal)
        if task is None or ordinal == 0:
            return task
        before = [outcome for outcome in self.outcomes if outcome.task.ordinal == ordinal - 1]
        return replace(task, previous_done=bool(before), state=before[0].state if before else None)

    def save_segment(self, lease: Lease, outcome: SegmentOutcome) -> None:
        self.outcomes.append(outcome)

    def finish_done(self, lease: Lease, task: SegmentTask) -> None:
        self.finished_again.append(task.ordinal)

    def fail(self, lease: Lease, recording_id: UUID, reason: str) -> None:
        self.failures.append((recording_id, reason))
