"""What ingest writes on the real Postgres: all of it with the job's end, or nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from contracts.embed import EMBED_ITEMS
from contracts.events import SEARCH_EVENTS, FindEvents
from contracts.ingest import INGEST_RECORDING, INGEST_SEGMENT, IngestRecording, IngestSegment
from contracts.task import JobState
from kit.jobs import Announcement, Job, Jobs
from kit.lease import Lease, LeaseLostError
from kit.postgres import Database
from services.ingest.adapters.postgres import ITEMS_PER_JOB, PostgresStore
from services.ingest.model.crop import Crop
from services.ingest.model.observation import Box
from services.ingest.model.start import StartSource
from services.ingest.ports import (
    NewRecording,
    NewScene,
    NewSegment,
    NewTrack,
    SegmentOutcome,
    SegmentTask,
    StoredFile,
)
from tests.databases import ServiceDatabases

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")
CAMERA = uuid4()
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


@pytest.fixture
def database(databases: ServiceDatabases) -> Iterator[Database]:
    opened = databases.open("sightline_ingest")
    yield opened
    opened.close()


class House:
    """The store and the jobs around it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.announced: list[Announcement] = []
        self.jobs = Jobs(database, self.announced.append, lease_seconds=60)
        self.store = PostgresStore(database, self.jobs)

    def upload_job(self, recording_id: UUID) -> Lease:
        payload = IngestRecording(recording_id=recording_id, camera_id=CAMERA, object_key="uploads/1", filename="a.mp4")
        with self.jobs.work(TENANT) as work:
            made = work.enqueue(INGEST_RECORDING, payload, key=str(recording_id), subject_id=recording_id)
        return self.claim(made.job_id)

    def claim(self, job_id: UUID) -> Lease:
        claim = self.jobs.claim(job_id, "worker")
        assert claim is not None
        return claim.lease

    def recorded(self, *, segments: int = 2, digest: bytes = b"a" * 32) -> UUID:
        recording_id = uuid4()
        assert self.store.save_recording(self.upload_job(recording_id), recording(recording_id, segments, digest))
        return recording_id

    def segment_job(self, recording_id: UUID, ordinal: int) -> Job:
        (job,) = [
            one
            for one in self.jobs.list(TENANT, subject_id=recording_id)
            if one.contract == INGEST_SEGMENT.name and one.payload["ordinal"] == ordinal
        ]
        return job

    def task(self, recording_id: UUID, ordinal: int) -> SegmentTask:
        task = self.store.segment(TENANT, recording_id, ordinal)
        assert task is not None
        return task

    def analysed(self, recording_id: UUID, ordinal: int, *, tracks: int = 1, scenes: int = 1, before: int = 0) -> None:
        task = self.task(recording_id, ordinal)
        lease = self.claim(self.segment_job(recording_id, ordinal).id)
        self.store.save_segment(lease, outcome(task, tracks=tracks, scenes=scenes, before=before))

    def rows(self, table: str, recording_id: UUID) -> list[dict[str, Any]]:
        column = "id" if table.startswith("recordings") else "recording_id"
        with self.database.transaction(TENANT) as connection:
            return connection.execute(
                f"SELECT * FROM ingest.{table} WHERE {column} = %s",
                (recording_id,),
            ).fetchall()

    def recording(self, recording_id: UUID) -> dict[str, Any]:
        (row,) = self.rows("recordings_read", recording_id)
        return row

    def embed_jobs(self, recording_id: UUID) -> list[Job]:
        jobs = self.jobs.list(TENANT, subject_id=recording_id)
        return sorted((job for job in jobs if job.contract == EMBED_ITEMS.name), key=lambda job: job.key)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def recording(recording_id: UUID, segments: int, digest: bytes) -> NewRecording:
    length = timedelta(seconds=12)
    return NewRecording(
        id=recording_id,
        camera_id=CAMERA,
        filename="a.mp4",
        original=StoredFile("sha256/aa/a.mp4", digest, 1000),
        container="mp4",
        codec="h264",
        width=1280,
        height=720,
        frame_rate=25.0,
        started_at=START,
        ended_at=START + segments * length,
        start_source=StartSource.GIVEN,
        segments=[
            NewSegment(
                StoredFile(f"sha256/bb/{ordinal}.mp4", bytes([ordinal]) * 32, 500),
                START + ordinal * length,
                START + (ordinal + 1) * length,
            )
            for ordinal in range(segments)
        ],
    )


def outcome(task: SegmentTask, *, tracks: int, scenes: int, before: int = 0) -> SegmentOutcome:
    crop = Crop(at_us=1_000_000, box=Box(0.1, 0.2, 0.3, 0.4), quality=0.8, width=90, height=180, object_key="sha256/c")
    return SegmentOutcome(
        task=task,
        tracks=[
            NewTrack(
                ordinal=before + number,
                object_class="person",
                score=0.75,
                started_at=task.started_at,
                ended_at=task.started_at + timedelta(seconds=3),
                detections=15,
                path=[[0.0, 0.1, 0.2, 0.3, 0.4], [3.0, 0.2, 0.2, 0.4, 0.4]],
                crops=[(task.started_at + timedelta(seconds=1), crop)],
            )
            for number in range(tracks)
        ],
        scenes=[
            NewScene(task.started_at + timedelta(seconds=number), f"sha256/s{number}", 1280, 720)
            for number in range(scenes)
        ],
        state=f"state after {task.ordinal}".encode(),
        figures={"decoded": 300, "seconds.decode": 0.123456},
    )


def test_a_recording_comes_with_its_segments_the_first_ones_job_and_its_own_jobs_end(house: House) -> None:
    recording_id = uuid4()
    lease = house.upload_job(recording_id)
    assert house.store.save_recording(lease, recording(recording_id, 3, b"a" * 32))
    row = house.recording(recording_id)
    assert (row["state"], row["segments"], row["segments_done"]) == ("processing", 3, 0)
    assert len(house.rows("segments", recording_id)) == 3
    done = house.jobs.get(TENANT, lease.job_id)
    assert done is not None
    assert done.state is JobState.DONE
    assert done.result == {"recording_id": str(recording_id), "segments": 3, "duplicate": False}
    job = house.segment_job(recording_id, 0)
    assert job.state is JobState.READY
    assert job.id in {announcement.job_id for announcement in house.announced}


def test_the_same_bytes_of_the_same_camera_are_refused_and_nothing_of_the_second_stays(house: House) -> None:
    first = house.recorded()
    second = uuid4()
    lease = house.upload_job(second)
    assert not house.store.save_recording(lease, recording(second, 2, b"a" * 32))
    assert house.rows("segments", second) == []
    known = house.store.known(TENANT, CAMERA, b"a" * 32)
    assert known is not None
    assert (known.id, known.started_at) == (first, START)
    house.store.finish_duplicate(lease, known)
    done = house.jobs.get(TENANT, lease.job_id)
    assert done is not None
    assert done.result == {"recording_id": str(first), "segments": 2, "duplicate": True}


def test_another_camera_or_tenant_may_hold_the_same_bytes(house: House) -> None:
    house.recorded()
    assert house.store.known(TENANT, uuid4(), b"a" * 32) is None
    assert house.store.known(OTHER_TENANT, CAMERA, b"a" * 32) is None


def test_a_lost_lease_leaves_nothing(house: House) -> None:
    recording_id = uuid4()
    lease = house.upload_job(recording_id)
    house.jobs.retry_later(lease, "taken away", 0)
    with pytest.raises(LeaseLostError):
        house.store.save_recording(lease, recording(recording_id, 2, b"a" * 32))
    assert house.rows("recordings", recording_id) == []
    assert house.jobs.list(TENANT, subject_id=recording_id)[0].state is JobState.READY


def test_segments_hand_their_state_on_in_order(house: House) -> None:
    recording_id = house.recorded()
    assert not house.task(recording_id, 1).previous_done
    assert house.task(recording_id, 0).state is None
    house.analysed(recording_id, 0)
    task = house.task(recording_id, 1)
    assert (task.previous_done, task.state, task.last) == (True, b"state after 0", True)
    assert task.recording_started_at == START
    assert house.recording(recording_id)["state"] == "processing"


def test_what_a_segment_gave_is_embedded_before_the_rest_of_the_recording_is_read(house: House) -> None:
    recording_id = house.recorded()
    house.analysed(recording_id, 0, tracks=2, scenes=1)
    assert house.recording(recording_id)["state"] == "processing"
    (job,) = house.embed_jobs(recording_id)
    assert {UUID(track) for track in job.payload["track_ids"]} == {
        row["id"] for row in house.rows("tracks_read", recording_id)
    }
    assert len(job.payload["scene_ids"]) == 1


def test_the_events_of_what_a_segment_gave_are_asked_for_once_and_for_its_time(house: House) -> None:
    recording_id = house.recorded()
    house.analysed(recording_id, 0, tracks=2)
    house.analysed(recording_id, 1, tracks=0, before=2)
    jobs = house.jobs.list(TENANT, subject_id=recording_id)
    (job,) = [job for job in jobs if job.contract == SEARCH_EVENTS.name]
    assert job.key == f"{recording_id}/0"
    task = house.task(recording_id, 0)
    asked = msgspec.convert(job.payload, FindEvents)
    assert (asked.camera_id, asked.from_time) == (CAMERA, task.started_at)
    assert asked.until_time == task.started_at + timedelta(seconds=3)


def test_after_the_last_segment_the_recording_is_ready_and_all_its_vectors_are_asked_for(house: House) -> None:
    recording_id = house.recorded()
    house.analysed(recording_id, 0, tracks=70, scenes=2)
    house.analysed(recording_id, 1, tracks=30, scenes=3, before=70)
    row = house.recording(recording_id)
    assert (row["state"], row["segments_done"]) == ("ready", 2)
    jobs = house.embed_jobs(recording_id)
    counts = [len(job.payload["track_ids"]) + len(job.payload["scene_ids"]) for job in jobs]
    assert counts == [ITEMS_PER_JOB, 8, 33]
    tracks = {str(row["id"]) for row in house.rows("tracks_read", recording_id)}
    scenes = {str(row["id"]) for row in house.rows("scenes_read", recording_id)}
    assert {track for job in jobs for track in job.payload["track_ids"]} == tracks
    assert {scene for job in jobs for scene in job.payload["scene_ids"]} == scenes
    # No state is kept longer than the next segment needs it.
    assert [row["tracker_state"] for row in house.rows("segments", recording_id)] == [None, None]


def test_a_track_is_read_back_as_it_was_written(house: House) -> None:
    recording_id = house.recorded(segments=1)
    house.analysed(recording_id, 0)
    (track,) = house.rows("tracks_read", recording_id)
    assert (track["ordinal"], track["object_class"], track["detections"]) == (0, "person", 15)
    assert track["path"] == [[0.0, 0.1, 0.2, 0.3, 0.4], [3.0, 0.2, 0.2, 0.4, 0.4]]
    with house.database.transaction(TENANT) as connection:
        (crop,) = connection.execute("SELECT * FROM ingest.crops WHERE track_id = %s", (track["id"],)).fetchall()
    assert (crop["rank"], crop["object_key"], crop["at"]) == (0, "sha256/c", START + timedelta(seconds=1))
    assert crop["box"] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    (segment,) = house.rows("segments", recording_id)
    assert segment["figures"] == {"decoded": 300, "seconds.decode": 0.1235}


def test_a_segment_is_written_once_whoever_else_tries(house: House) -> None:
    recording_id = house.recorded(segments=1)
    task = house.task(recording_id, 0)
    lease = house.claim(house.segment_job(recording_id, 0).id)
    house.store.save_segment(lease, outcome(task, tracks=1, scenes=1))
    with pytest.raises(RuntimeError, match="done by somebody else"):
        house.store.save_segment(lease, outcome(task, tracks=1, scenes=1))
    assert len(house.rows("tracks", recording_id)) == 1
    assert house.task(recording_id, 0).done


def test_a_dead_segment_fails_its_recording_and_hides_what_was_found(house: House) -> None:
    recording_id = house.recorded()
    house.analysed(recording_id, 0)
    job = house.segment_job(recording_id, 1)
    house.store.fail(house.claim(job.id), recording_id, "the decoder crashed")
    row = house.recording(recording_id)
    assert (row["state"], row["failure"]) == ("failed", "the decoder crashed")
    assert house.rows("tracks_read", recording_id) == []
    dead = house.jobs.get(TENANT, job.id)
    assert dead is not None
    assert (dead.state, dead.reason) == (JobState.DEAD, "the decoder crashed")


def test_a_replayed_segment_takes_its_recording_back_into_work(house: House) -> None:
    recording_id = house.recorded()
    house.analysed(recording_id, 0)
    job = house.segment_job(recording_id, 1)
    house.store.fail(house.claim(job.id), recording_id, "the decoder crashed")
    assert house.jobs.replay(TENANT, job.id)
    task = house.task(recording_id, 1)
    assert task.state == b"state after 0"
    assert house.recording(recording_id)["state"] == "processing"
    house.store.save_segment(house.claim(job.id), outcome(task, tracks=1, scenes=0, before=1))
    assert house.recording(recording_id)["state"] == "ready"
    assert len(house.rows("tracks_read", recording_id)) == 2


def test_an_upload_that_failed_before_it_was_a_recording_leaves_only_its_dead_job(house: House) -> None:
    recording_id = uuid4()
    lease = house.upload_job(recording_id)
    house.store.fail(lease, recording_id, "the file is empty")
    assert house.rows("recordings", recording_id) == []
    dead = house.jobs.get(TENANT, lease.job_id)
    assert dead is not None
    assert dead.state is JobState.DEAD


def test_nobody_sees_another_tenants_segments(house: House) -> None:
    recording_id = house.recorded()
    assert house.store.segment(OTHER_TENANT, recording_id, 0) is None


def test_a_segments_payload_is_what_its_job_holds(house: House) -> None:
    recording_id = house.recorded()
    claim = house.jobs.claim(house.segment_job(recording_id, 0).id, "worker")
    assert claim is not None
    assert claim.payload == IngestSegment(recording_id=recording_id, ordinal=0)
