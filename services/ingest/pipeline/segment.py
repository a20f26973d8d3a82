"""Analyses a segment: decode, gate by motion, detect, track, keep the best crops and a scene now and then."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from contracts.ingest import IngestSegment
from kit.lease import Lease
from kit.media.sampling import sampling_cell
from services.ingest.model.crop import MARGIN, Crop, crop_quality, with_crop
from services.ingest.model.errors import SegmentTooEarlyError, SegmentUnknownError
from services.ingest.model.gate import MotionGate
from services.ingest.model.observation import Box, Detection, without_doubles
from services.ingest.model.state import CarriedState, decode_state, encode_state
from services.ingest.model.track import OpenTrack, TrackBook, path_of
from services.ingest.ports import (
    Detector,
    Files,
    Footage,
    Frames,
    NewScene,
    NewTrack,
    Picture,
    Pictures,
    SampledFrames,
    Scratch,
    SegmentOutcome,
    SegmentTask,
    Store,
    Telemetry,
    Tracker,
    Trackers,
)
from services.ingest.settings import AnalysisSettings

_CROP_JPEG = 90
_SCENE_JPEG = 85


@dataclass(frozen=True)
class SegmentAnalysis:
    """The use case behind `ingest.segment.v1`. The same segment and state give the same outcome, every time."""

    files: Files
    footage: Footage
    detector: Detector
    trackers: Trackers
    pictures: Pictures
    store: Store
    telemetry: Telemetry
    scratch: Scratch
    settings: AnalysisSettings

    def analyse(self, payload: IngestSegment, lease: Lease) -> None:
        """Sees a segment through. Raises SegmentUnknownError where it was removed, SegmentTooEarlyError where the one
        before it is not done, and the sandbox's and the detector's errors."""
        task = self.store.segment(lease.tenant_id, payload.recording_id, payload.ordinal)
        if task is None:
            raise SegmentUnknownError(payload.recording_id, payload.ordinal)
        if task.done:
            self.store.finish_done(lease, task)
            return
        if not task.previous_done:
            raise SegmentTooEarlyError(payload.recording_id, payload.ordinal)
        run = _Run(self, task, lease, decode_state(task.state))
        with self.scratch() as folder:
            # The folder is handed to the sandbox before the file is there: its child starts while we fetch.
            path = folder / ("segment" + Path(task.object_key).suffix)
            offset = task.started_at - task.recording_started_at
            with self.footage.read(path, offset=offset, last_cell=run.state.last_cell) as frames:
                with self.telemetry.stage("fetch segment"):
                    self.files.fetch(task.object_key, path)
                with self.telemetry.stage("look at segment"):
                    run.look(frames)
        with self.telemetry.stage("store outcome"):
            self.store.save_segment(lease, run.outcome())

    def give_up(self, payload: IngestSegment, lease: Lease, reason: str) -> None:
        """Ends the job as dead, and its recording as failed."""
        self.store.fail(lease, payload.recording_id, reason)


@dataclass
class _Run:
    """One segment being analysed."""

    use_case: SegmentAnalysis
    task: SegmentTask
    lease: Lease
    state: CarriedState
    scenes: list[tuple[int, bytes, int, int]] = field(default_factory=list)
    closed: list[OpenTrack] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=lambda: {"sampled": 0, "looked_at": 0, "detections": 0})

    def __post_init__(self) -> None:
        self._pixels: dict[tuple[int, int], Picture] = {}
        self._tracker: Tracker | None = None
        self._gate = MotionGate(self.use_case.settings.looks)
        self._book = TrackBook(
            self.use_case.settings.tracks,
            self.state.open,
            next_number=self.state.next_number,
            unmatched=self.state.unmatched,
            unmatched_us=self.state.unmatched_us,
        )

    def look(self, frames: Frames) -> None:
        """Goes through all sampled frames."""
        length_us = max(1, (self.task.ended_at - self.task.started_at) // timedelta(microseconds=1))
        offset_us = (self.task.started_at - self.task.recording_started_at) // timedelta(microseconds=1)
        while True:
            with self._timed("wait"):
                group = frames.next_group()
            if group is None:
                break
            self._look_at_group(group, frames)
            self.lease.tell_progress(0.9 * (group.times_us[-1] - offset_us) / length_us)
        self.figures.update(frames.figures())

    def outcome(self) -> SegmentOutcome:
        """Stores the pictures and says all that the segment gave."""
        if self.task.last:
            self.closed.extend(self._book.close_all())
        kept = [track for track in self.closed if self._book.counts(track)]
        with self._timed("write"):
            scenes = self._store_scenes()
            self._store_crops([*kept, *self._book.open])
        tracks = [self._new_track(track, self.state.closed + place) for place, track in enumerate(kept)]
        self.state.closed += len(kept)
        self.state.open = list(self._book.open)
        self.state.next_number = self._book.next_number
        self.state.unmatched, self.state.unmatched_us = self._book.unmatched, self._book.unmatched_us
        if self._tracker is not None:
            self.state.tracker = self._tracker.memory()
        self.figures["tracks"], self.figures["scenes"] = len(tracks), len(scenes)
        self.use_case.telemetry.looked(self.task.camera_id, self.figures)
        return SegmentOutcome(self.task, tracks, scenes, encode_state(self.state), self.figures)

    def _look_at_group(self, group: SampledFrames, frames: Frames) -> None:
        settings = self.use_case.settings
        with self._timed("gate"):
            wanted, stills = self._choose(group)
        self.state.last_cell = sampling_cell(group.times_us[-1], settings.frames_per_second)
        self.figures["sampled"] += len(group.times_us)
        self.figures["looked_at"] += len(wanted)
        with self._timed("transfer"):
            pictures = frames.fetch(wanted)
        if not wanted:
            return
        with self._timed("detect"):
            found = self.use_case.detector.detect(pictures)
        for place, picture, detections in zip(wanted, pictures, found, strict=True):
            at_us = group.times_us[place]
            self.figures["detections"] += len(detections)
            with self._timed("track"):
                self._track(at_us, picture, without_doubles(detections))
            if place in stills:
                with self._timed("scene"):
                    jpeg = self.use_case.pictures.jpeg(picture, quality=_SCENE_JPEG, max_width=settings.scene_width)
                    self.scenes.append((at_us, *jpeg))

    def _choose(self, group: SampledFrames) -> tuple[list[int], set[int]]:
        """The places that are looked at, and those of them that are kept as scenes."""
        wanted, stills = [], set()
        active = bool(self._book.open)
        for place, (at_us, luma) in enumerate(zip(group.times_us, group.lumas, strict=True)):
            look = self._gate.wants(luma, at_us, self.state.last_look_us, active=active)
            if at_us >= self.state.next_scene_us:
                self.state.next_scene_us = at_us + round(self.use_case.settings.scene_seconds * 1_000_000)
                stills.add(place)
                if not look:
                    self._gate.look(luma)
                    look = True
            if look:
                self.state.last_look_us = at_us
                wanted.append(place)
        return wanted, stills

    def _track(self, at_us: int, picture: Picture, detections: Sequence[Detection]) -> None:
        if self._tracker is None:
            height, width = picture.shape[:2]
            self._tracker = self.use_case.trackers(height / width, self.state.tracker)
        numbers = self._tracker.update(at_us, detections)
        boxes = [detection.box for detection in detections]
        for track, detection in self._book.observe(at_us, detections, numbers):
            others = [box for box in boxes if box is not detection.box]
            self._offer_crop(track, at_us, picture, detection, others)
        self.closed.extend(self._book.close(at_us))

    def _offer_crop(
        self, track: OpenTrack, at_us: int, picture: Picture, detection: Detection, others: Sequence[Box]
    ) -> None:
        height, width = picture.shape[:2]
        box = detection.box.widened(MARGIN)
        pixels = self.use_case.pictures.cut_out(picture, box)
        sharpness = self.use_case.pictures.sharpness(pixels)
        quality = crop_quality(detection.box, detection.score, sharpness, (width, height), others)
        crop = Crop(at_us, box, quality, width=pixels.shape[1], height=pixels.shape[0])
        kept = with_crop(track.crops, crop, track.first_us)
        if crop in kept:
            self._pixels[track.number, at_us] = pixels
        for gone in track.crops:
            if gone not in kept:
                self._pixels.pop((track.number, gone.at_us), None)
        track.crops = list(kept)

    def _store_scenes(self) -> list[NewScene]:
        stored = self.use_case.files.put_pictures([jpeg for _, jpeg, _, _ in self.scenes])
        return [
            NewScene(self._time(at_us), file.object_key, width, height)
            for (at_us, _, width, height), file in zip(self.scenes, stored, strict=True)
        ]

    def _store_crops(self, tracks: Sequence[OpenTrack]) -> None:
        fresh = [(track, crop) for track in tracks for crop in track.crops if not crop.object_key]
        jpegs = [
            self.use_case.pictures.jpeg(self._pixels[track.number, crop.at_us], quality=_CROP_JPEG)
            for track, crop in fresh
        ]
        stored = self.use_case.files.put_pictures([jpeg for jpeg, _, _ in jpegs])
        keys = {(track.number, crop.at_us): file.object_key for (track, crop), file in zip(fresh, stored, strict=True)}
        for track in tracks:
            track.crops = [
                crop if crop.object_key else msgspec.structs.replace(crop, object_key=keys[track.number, crop.at_us])
                for crop in track.crops
            ]

    def _new_track(self, track: OpenTrack, ordinal: int) -> NewTrack:
        return NewTrack(
            ordinal=ordinal,
            object_class=track.object_class.value,
            score=round(track.score, 4),
            started_at=self._time(track.first_us),
            ended_at=self._time(track.last_us),
            detections=track.detections,
            path=path_of(track),
            crops=[(self._time(crop.at_us), crop) for crop in track.crops],
        )

    def _time(self, at_us: int) -> datetime:
        return self.task.recording_started_at + timedelta(microseconds=at_us)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        name = f"seconds.{stage}"
        self.figures[name] = self.figures.get(name, 0.0) + time.perf_counter() - started
