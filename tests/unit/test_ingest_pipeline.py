"""The ingest use cases, on fakes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from contracts.ingest import IngestRecording, IngestSegment
from contracts.vocabulary import ObjectClass
from kit.lease import Lease, LeaseLostError
from services.ingest.model.errors import (
    SegmentTooEarlyError,
    SegmentUnknownError,
    StartConflictError,
    StartUnknownError,
    UploadGoneError,
)
from services.ingest.model.start import StartSource
from services.ingest.pipeline.recording import RecordingIntake
from services.ingest.pipeline.segment import SegmentAnalysis
from services.ingest.ports import CutFootage, CutPiece, NewScene, NewTrack, SegmentTask
from services.ingest.settings import AnalysisSettings
from tests.fakes.ingest import (
    MemoryFiles,
    MemoryStore,
    OverlapTracker,
    PlainPictures,
    Scene,
    SilentTelemetry,
    StagedFootage,
    Walker,
    scratch_folder,
)

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 3, tzinfo=UTC)
CAMERA = uuid4()
RECORDING = uuid4()


def lease() -> Lease:
    return Lease(job_id=uuid4(), tenant_id=uuid4(), token=uuid4(), attempt=1, max_attempts=3, subject_id=RECORDING)


CUT = CutFootage(
    container="mp4",
    codec="h264",
    width=1280,
    height=720,
    frame_rate=25.0,
    duration=timedelta(seconds=20),
    tags={"creation_time": "2025-01-01T00:00:00Z"},
    pieces=[
        CutPiece(Path("unused"), "video/mp4", timedelta(0), timedelta(seconds=12)),
        CutPiece(Path("unused"), "video/mp4", timedelta(seconds=12), timedelta(seconds=20)),
    ],
)


class Intake:
    """The use case around one upload."""

    def __init__(self, answer: CutFootage | Exception = CUT) -> None:
        self.files = MemoryFiles({"uploads/1": b"footage"})
        self.store = MemoryStore()
        self.use_case = RecordingIntake(
            self.files, StagedFootage(answer), self.store, SilentTelemetry(), scratch_folder, now=lambda: NOW
        )

    def take_in(self, *, started_at: datetime | None = START, key: str = "uploads/1") -> None:
        payload = IngestRecording(
            recording_id=uuid4(), camera_id=CAMERA, object_key=key, filename="a.mp4", started_at=started_at
        )
        self.use_case.take_in(payload, lease())


def test_a_recording_is_stored_with_its_original_and_its_segments() -> None:
    intake = Intake()
    intake.take_in()
    (recording,) = intake.store.recordings
    assert (recording.started_at, recording.ended_at) == (START, START + timedelta(seconds=20))
    assert recording.start_source is StartSource.GIVEN
    assert intake.files.objects[recording.original.object_key] == b"footage"
    assert [(one.started_at, one.ended_at) for one in recording.segments] == [
        (START, START + timedelta(seconds=12)),
        (START + timedelta(seconds=12), START + timedelta(seconds=20)),
    ]
    assert all(one.file.object_key in intake.files.objects for one in recording.segments)
    assert "uploads/1" not in intake.files.objects


def test_without_a_given_start_the_containers_is_taken() -> None:
    intake = Intake()
    intake.take_in(started_at=None)
    (recording,) = intake.store.recordings
    assert recording.start_source is StartSource.CONTAINER
    assert recording.started_at == datetime(2025, 1, 1, tzinfo=UTC)


def test_without_any_start_nothing_is_stored_and_the_upload_stays() -> None:
    intake = Intake(CutFootage(**{**CUT.__dict__, "tags": {}}))
    with pytest.raises(StartUnknownError, match="started_at"):
        intake.take_in(started_at=None)
    assert intake.store.recordings == []
    assert list(intake.files.objects) == ["uploads/1"]


def test_the_same_bytes_again_are_the_same_recording() -> None:
    intake = Intake()
    intake.take_in()
    intake.files.objects["uploads/2"] = b"footage"
    intake.take_in(key="uploads/2")
    intake.files.objects["uploads/3"] = b"footage"
    intake.take_in(key="uploads/3", started_at=None)
    (recording,) = intake.store.recordings
    assert [known.id for known in intake.store.duplicates] == [recording.id, recording.id]
    assert not [key for key in intake.files.objects if key.startswith("uploads/")]


def test_the_same_bytes_with_another_start_are_refused() -> None:
    intake = Intake()
    intake.take_in()
    intake.files.objects["uploads/2"] = b"footage"
    with pytest.raises(StartConflictError, match="the same file is recording"):
        intake.take_in(key="uploads/2", started_at=START + timedelta(hours=1))
    assert intake.store.duplicates == []


def test_who_is_second_in_a_race_finds_the_firsts_recording() -> None:
    first = Intake()
    first.take_in()
    intake = Intake()
    intake.store.stored_in_between = first.store.recordings[0]
    intake.take_in()
    assert [known.id for known in intake.store.duplicates] == [first.store.recordings[0].id]


def test_an_upload_that_is_gone_is_said_to_be() -> None:
    with pytest.raises(UploadGoneError, match="send the file again"):
        Intake().take_in(key="uploads/9")


class Analysis:
    """The use case around a recording of equal segments."""

    def __init__(
        self,
        walkers: Sequence[Walker],
        *,
        segments: int,
        seconds: float = 10.0,
        settings: AnalysisSettings | None = None,
    ) -> None:
        self.files = MemoryFiles({f"segment/{ordinal}.mp4": b"" for ordinal in range(segments)})
        self.scene = Scene(walkers, seconds)
        self.store = MemoryStore()
        self.telemetry = SilentTelemetry()
        length = timedelta(seconds=seconds)
        for ordinal in range(segments):
            self.store.tasks[ordinal] = SegmentTask(
                recording_id=RECORDING,
                camera_id=CAMERA,
                ordinal=ordinal,
                last=ordinal == segments - 1,
                done=False,
                previous_done=ordinal == 0,
                object_key=f"segment/{ordinal}.mp4",
                recording_started_at=START,
                started_at=START + ordinal * length,
                ended_at=START + (ordinal + 1) * length,
                state=None,
            )
        self.use_case = SegmentAnalysis(
            files=self.files,
            footage=self.scene,
            detector=self.scene,
            trackers=OverlapTracker,
            pictures=PlainPictures(),
            store=self.store,
            telemetry=self.telemetry,
            scratch=scratch_folder,
            settings=settings or AnalysisSettings(),
        )

    def analyse(self, ordinal: int, held: Lease | None = None) -> None:
        self.use_case.analyse(IngestSegment(recording_id=RECORDING, ordinal=ordinal), held or lease())

    def all(self) -> "Analysis":
        for ordinal in self.store.tasks:
            self.analyse(ordinal)
        return self

    @property
    def tracks(self) -> list[NewTrack]:
        return [track for outcome in self.store.outcomes for track in outcome.tracks]

    @property
    def scenes(self) -> list[NewScene]:
        return [scene for outcome in self.store.outcomes for scene in outcome.scenes]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_walker_becomes_a_track_with_times_path_and_stored_crops() -> None:
    analysis = Analysis([Walker(2.0, 8.0)], segments=1).all()
    (track,) = analysis.tracks
    assert (track.started_at, track.ended_at) == (at(2.0), at(7.8))
    assert (track.ordinal, track.object_class, track.detections) == (0, "person", 30)
    assert len(track.path) == 30
    assert [point[0] for point in track.path][:2] == [0.0, 0.2]
    assert 2 <= len(track.crops) <= 3
    for moment, crop in track.crops:
        assert at(2.0) <= moment <= at(7.8)
        assert crop.object_key in analysis.files.objects


def test_an_empty_view_is_looked_at_now_and_then_and_gives_scenes_alone() -> None:
    analysis = Analysis([], segments=1, seconds=12.0).all()
    assert analysis.tracks == []
    assert [scene.at for scene in analysis.scenes] == [at(0.0), at(10.0)]
    assert 6 <= len(analysis.scene.looked_at_us) <= 8
    (figures,) = analysis.telemetry.figures
    assert figures["sampled"] == 60
    assert figures["looked_at"] == len(analysis.scene.looked_at_us)


def test_scenes_go_on_over_cuts() -> None:
    analysis = Analysis([], segments=4, seconds=7.0).all()
    assert [scene.at for scene in analysis.scenes] == [at(0.0), at(10.0), at(20.0)]


def test_a_track_over_a_cut_is_one_track() -> None:
    analysis = Analysis([Walker(7.0, 14.0)], segments=2).all()
    (track,) = analysis.tracks
    assert (track.started_at, track.ended_at) == (at(7.0), at(13.8))
    assert track.detections == 35
    assert all(crop.object_key in analysis.files.objects for _, crop in track.crops)


def test_ordinals_count_through_the_recording_in_the_order_of_ends() -> None:
    walkers = [Walker(0.0, 6.0, top=0.0), Walker(1.0, 3.0, top=0.5), Walker(12.0, 15.0)]
    analysis = Analysis(walkers, segments=3).all()
    assert [(track.ordinal, track.ended_at) for track in analysis.tracks] == [
        (0, at(2.8)),
        (1, at(5.8)),
        (2, at(14.8)),
    ]


def test_the_last_segment_closes_what_is_open() -> None:
    analysis = Analysis([Walker(5.0, 99.0)], segments=1).all()
    (track,) = analysis.tracks
    assert track.ended_at == at(9.8)


def test_the_same_footage_gives_the_same_every_time() -> None:
    walkers = [Walker(0.5, 9.0), Walker(7.0, 16.0, top=0.1, object_class=ObjectClass.CAR)]
    one, other = (Analysis(walkers, segments=2).all() for _ in range(2))
    assert one.tracks == other.tracks
    assert one.scenes == other.scenes
    assert [outcome.state for outcome in one.store.outcomes] == [outcome.state for outcome in other.store.outcomes]
    assert one.scene.batches == other.scene.batches


def test_a_segment_waits_for_the_one_before_it() -> None:
    analysis = Analysis([], segments=2)
    with pytest.raises(SegmentTooEarlyError):
        analysis.analyse(1)
    assert analysis.store.outcomes == []


def test_a_segment_that_is_done_is_not_done_again() -> None:
    analysis = Analysis([], segments=1)
    analysis.store.tasks[0] = SegmentTask(**{**analysis.store.tasks[0].__dict__, "done": True})
    analysis.analyse(0)
    assert analysis.store.finished_again == [0]
    assert analysis.store.outcomes == []


def test_a_removed_segment_is_said_to_be() -> None:
    with pytest.raises(SegmentUnknownError, match="it was removed"):
        Analysis([], segments=1).analyse(5)


def test_work_stops_when_the_lease_is_lost() -> None:
    analysis = Analysis([Walker(0.0, 9.0)], segments=1)
    held = lease()
    held.mark_lost()
    with pytest.raises(LeaseLostError):
        analysis.analyse(0, held)
    assert analysis.store.outcomes == []
    assert len(analysis.scene.batches) == 1


def test_giving_up_marks_the_recording() -> None:
    analysis = Analysis([], segments=1)
    analysis.use_case.give_up(IngestSegment(recording_id=RECORDING, ordinal=0), lease(), "the decoder crashed")
    assert analysis.store.failures == [(RECORDING, "the decoder crashed")]
