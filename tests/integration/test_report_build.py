"""Reports on the real servers: clips cut in the sandbox from segments in S3, rows in Postgres, the PDF in S3."""

import hashlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import numpy as np
import psycopg
import pypdfium2
import pytest
from PIL import Image
from psycopg.types.json import Jsonb

from contracts.report import REPORT_BUILD, BuildReport, ReportItem
from contracts.task import JobState
from contracts.vocabulary import ItemKind
from infra.embedded.stack import Endpoints
from kit.jobs import Announcement, Job, Jobs
from kit.lease import LeaseLostError
from kit.objects import Objects
from kit.postgres import Database
from kit.settings import ObjectSettings
from kit.worker import JobHandler, JobWorker
from services.report.adapters.footage import StoredFootage
from services.report.adapters.pdf import PdfPress
from services.report.adapters.postgres import PostgresRecords
from services.report.tasks import build_handler
from tests.databases import ServiceDatabases

BEGIN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
FRAMES_A_SECOND, FRAMES_A_KEY = 10, 10
SEGMENT_SECONDS = 4


@dataclass(frozen=True)
class Site:
    """A tenant with one recording of two segments, one track across their border and one scene."""

    tenant: UUID
    recording: UUID
    track: UUID
    scene: UUID
    segments: tuple[bytes, ...]
    original_sha256: bytes


@pytest.fixture
def objects(servers: Endpoints) -> Objects:
    return Objects(
        ObjectSettings(
            endpoint=servers.s3_endpoint,
            public_endpoint=servers.s3_endpoint,
            access_key=servers.s3_access_key,
            secret_key=servers.s3_secret_key,
            bucket=servers.s3_bucket,
            region=servers.s3_region,
        )
    )


@pytest.fixture
def database(databases: ServiceDatabases) -> Iterator[Database]:
    opened = databases.open("sightline_report")
    yield opened
    opened.close()


@pytest.fixture
def jobs(database: Database) -> Jobs:
    sent: list[Announcement] = []
    return Jobs(database, sent.append, lease_seconds=60)


@pytest.fixture
def handler(database: Database, jobs: Jobs, objects: Objects, tmp_path: Path) -> JobHandler[BuildReport]:
    return build_handler(
        PostgresRecords(database, jobs), StoredFootage(objects), PdfPress(tmp_path / "bundled-fonts-only")
    )


@pytest.fixture
def site(databases: ServiceDatabases, objects: Objects) -> Site:
    return make_site(databases.superuser_dsn, objects)


def footage(first_second: int) -> bytes:
    """A segment: noise that moves, with a key frame every second."""
    target = io.BytesIO()
    noise = np.random.default_rng(first_second).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.gop_size = FRAMES_A_KEY
        stream.codec_context.options = {"sc_threshold": "1000000000"}
        for number in range(SEGMENT_SECONDS * FRAMES_A_SECOND):
            frame = av.VideoFrame.from_ndarray(np.roll(noise, number, axis=1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target.getvalue()


def packets(content: bytes) -> list[bytes]:
    """The encoded pictures of a file, in order."""
    with av.open(io.BytesIO(content), "r") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def jpeg(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "JPEG")
    return target.getvalue()


def make_site(superuser_dsn: str, objects: Objects) -> Site:
    site = Site(
        tenant=uuid4(),
        recording=uuid4(),
        track=uuid4(),
        scene=uuid4(),
        segments=tuple(footage(number * SEGMENT_SECONDS) for number in range(2)),
        original_sha256=hashlib.sha256(uuid4().bytes).digest(),
    )
    camera = uuid4()
    crop = objects.put(jpeg(40, 90), suffix=".jpg", content_type="image/jpeg")
    still = objects.put(jpeg(128, 96), suffix=".jpg", content_type="image/jpeg")
    with psycopg.connect(superuser_dsn) as connection:
        insert(connection, "gateway.tenants", id=site.tenant, name=str(site.tenant))
        insert(connection, "gateway.cameras", id=camera, tenant_id=site.tenant, name="Вход №3", site="Łódź, depot")
        insert(
            connection,
            "ingest.recordings",
            id=site.recording,
            tenant_id=site.tenant,
            camera_id=camera,
            sha256=site.original_sha256,
            filename="depot.mp4",
            container="mp4",
            codec="mpeg4",
            width=128,
            height=96,
            frame_rate=FRAMES_A_SECOND,
            size_bytes=sum(map(len, site.segments)),
            object_key="sha256/original.mp4",
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(seconds=2 * SEGMENT_SECONDS),
            start_source="given",
            segments=2,
            state="ready",
        )
        for ordinal, content in enumerate(site.segments):
            stored = objects.put(content, suffix=".mp4", content_type="video/mp4")
            insert(
                connection,
                "ingest.segments",
                tenant_id=site.tenant,
                recording_id=site.recording,
                ordinal=ordinal,
                sha256=stored.sha256,
                object_key=stored.key,
                size_bytes=stored.size_bytes,
                started_at=BEGIN + timedelta(seconds=ordinal * SEGMENT_SECONDS),
                ended_at=BEGIN + timedelta(seconds=(ordinal + 1) * SEGMENT_SECONDS),
                state="done",
            )
        insert(
            connection,
            "ingest.tracks",
            id=site.track,
            tenant_id=site.tenant,
            camera_id=camera,
            recording_id=site.recording,
            ordinal=0,
            object_class="person",
            score=0.9,
            started_at=BEGIN + timedelta(seconds=3.3),
            ended_at=BEGIN + timedelta(seconds=5.2),
            detections=10,
            path=Jsonb([[0.0, 0.1, 0.1, 0.3, 0.5], [1.9, 0.5, 0.1, 0.7, 0.5]]),
        )
        insert(
            connection,
            "ingest.crops",
            tenant_id=site.tenant,
            track_id=site.track,
            rank=0,
            at=BEGIN + timedelta(seconds=4),
            box=[0.1, 0.1, 0.3, 0.5],
            object_key=crop.key,
            width=40,
            height=90,
            quality=1.0,
        )
        insert(
            connection,
            "ingest.scenes",
            id=site.scene,
            tenant_id=site.tenant,
            camera_id=camera,
            recording_id=site.recording,
            at=BEGIN + timedelta(seconds=4),
            object_key=still.key,
            width=128,
            height=96,
        )
    return site


def insert(connection: psycopg.Connection[Any], table: str, **values: Any) -> None:
    columns = ", ".join(values)
    holes = ", ".join(f"%({name})s" for name in values)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({holes})", values)


def ask(jobs: Jobs, site: Site, *items: ReportItem, tenant: UUID | None = None, **more: Any) -> tuple[UUID, UUID]:
    """Asks for a report as the gateway does. Returns its id and its job's."""
    chosen = items or (
        ReportItem(kind=ItemKind.TRACK, id=site.track, note="carries a <b>bag</b>", score=0.31),
        ReportItem(kind=ItemKind.SCENE, id=site.scene),
    )
    report_id = uuid4()
    payload = BuildReport(
        report_id=report_id, title="Depot", items=chosen, time_zone="Europe/Warsaw", margin_seconds=1.0, **more
    )
    with jobs.work(tenant or site.tenant) as work:
        enqueued = work.enqueue(REPORT_BUILD, payload, key=str(report_id), subject_id=report_id)
    return report_id, enqueued.job_id


def job_of(jobs: Jobs, tenant: UUID, job_id: UUID) -> Job:
    job = jobs.get(tenant, job_id)
    assert job is not None
    return job


def rows(database: Database, tenant: UUID, view: str, report_id: UUID) -> list[Any]:
    column = "id" if view == "report.reports_read" else "report_id"
    with database.transaction(tenant) as connection:
        found = connection.execute(f"SELECT * FROM {view} WHERE {column} = %s", (report_id,)).fetchall()
    return sorted(found, key=lambda row: row.get("position", 0))


def test_a_report_holds_clips_whose_pictures_are_those_that_were_recorded(
    site: Site, jobs: Jobs, handler: JobHandler[BuildReport], database: Database, objects: Objects
) -> None:
    report_id, job_id = ask(jobs, site)
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)

    job = job_of(jobs, site.tenant, job_id)
    assert (job.state, job.reason) == (JobState.DONE, None)
    track_clip, scene_clip = rows(database, site.tenant, "report.clips_read", report_id)
    content = objects.get(track_clip["object_key"])
    assert hashlib.sha256(content).digest() == track_clip["sha256"]
    assert len(content) == track_clip["size_bytes"]
    assert track_clip["original_sha256"] == site.original_sha256
    # The hit lasts from 3.3 s to 5.2 s: with its margin from 2.3 s to 6.2 s, and so from the key frame at 2 s.
    recorded = [packet for segment in site.segments for packet in packets(segment)]
    copied = packets(content)
    first = recorded.index(copied[0])
    assert copied == recorded[first : first + len(copied)]
    assert first == 2 * FRAMES_A_SECOND
    assert track_clip["started_at"] == BEGIN + timedelta(seconds=2)
    assert BEGIN + timedelta(seconds=6.2) <= track_clip["ended_at"] <= BEGIN + timedelta(seconds=6.4)
    length = (track_clip["ended_at"] - track_clip["started_at"]).total_seconds()
    assert length == pytest.approx(len(copied) / FRAMES_A_SECOND)
    assert scene_clip["started_at"] <= BEGIN + timedelta(seconds=3)


def test_the_document_in_the_store_tells_what_the_rows_tell(
    site: Site, jobs: Jobs, handler: JobHandler[BuildReport], database: Database, objects: Objects
) -> None:
    report_id, job_id = ask(jobs, site, query="a person", requested_by="desk 4")
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)

    (report,) = rows(database, site.tenant, "report.reports_read", report_id)
    clips = rows(database, site.tenant, "report.clips_read", report_id)
    document = objects.get(report["object_key"])
    assert hashlib.sha256(document).digest() == report["sha256"]
    pdf = pypdfium2.PdfDocument(document)
    assert len(pdf) == report["pages"]
    told = " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pdf).split())
    assert "Вход №3 (Łódź, depot)" in told
    assert "carries a <b>bag</b>" in told
    assert "2026-03-02 08:00:03.300 +01:00 = 2026-03-02 07:00:03.300 UTC" in told
    assert site.original_sha256.hex() in told
    assert all(clip["sha256"].hex() in told for clip in clips)
    # The whole picture with its frame, and the best view, of the track; the whole picture of the scene.
    shown = sum(1 for page in pdf for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
    assert shown == 3


def test_a_worker_that_lost_its_lease_writes_nothing_and_the_next_one_gives_the_same_document(
    site: Site, jobs: Jobs, handler: JobHandler[BuildReport], database: Database, objects: Objects
) -> None:
    report_id, job_id = ask(jobs, site)
    hasty = Jobs(database, lambda _: None, lease_seconds=0)
    lost = hasty.claim(job_id, "slow worker")
    assert lost is not None
    time.sleep(0.01)
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    (first,) = rows(database, site.tenant, "report.reports_read", report_id)

    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    assert isinstance(lost.payload, BuildReport)
    with pytest.raises(LeaseLostError):
        handler.run(lost.payload, lost.lease)
    assert rows(database, site.tenant, "report.reports_read", report_id) == [first]
    assert job_of(jobs, site.tenant, job_id).state is JobState.DONE


def test_an_unknown_hit_makes_the_job_dead_with_its_id_and_leaves_nothing(
    site: Site, jobs: Jobs, handler: JobHandler[BuildReport], database: Database
) -> None:
    unknown = uuid4()
    report_id, job_id = ask(jobs, site, ReportItem(kind=ItemKind.TRACK, id=unknown))
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)

    job = job_of(jobs, site.tenant, job_id)
    assert (job.state, job.attempts) == (JobState.DEAD, 1)
    assert str(unknown) in (job.reason or "")
    assert rows(database, site.tenant, "report.reports_read", report_id) == []
    assert rows(database, site.tenant, "report.clips_read", report_id) == []


@pytest.mark.parametrize("kind", ItemKind)
def test_a_hit_of_a_failed_recording_makes_the_job_dead(
    kind: ItemKind, site: Site, jobs: Jobs, handler: JobHandler[BuildReport], databases: ServiceDatabases
) -> None:
    with psycopg.connect(databases.superuser_dsn) as connection:
        connection.execute(
            "UPDATE ingest.recordings SET state = 'failed', failure = 'damaged' WHERE id = %s", (site.recording,)
        )
    item = ReportItem(kind=kind, id=site.track if kind is ItemKind.TRACK else site.scene)
    _, job_id = ask(jobs, site, item)
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    job = job_of(jobs, site.tenant, job_id)
    assert job.state is JobState.DEAD
    assert str(item.id) in (job.reason or "")


def test_a_hit_of_another_tenant_is_unknown(
    site: Site, jobs: Jobs, handler: JobHandler[BuildReport], databases: ServiceDatabases, objects: Objects
) -> None:
    stranger = make_site(databases.superuser_dsn, objects)
    _, job_id = ask(jobs, site, tenant=stranger.tenant)
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    job = job_of(jobs, stranger.tenant, job_id)
    assert job.state is JobState.DEAD
    assert str(site.track) in (job.reason or "")


def test_altered_footage_is_never_passed_on_as_evidence(
    site: Site, jobs: Jobs, handler: JobHandler[BuildReport], databases: ServiceDatabases, objects: Objects
) -> None:
    with psycopg.connect(databases.superuser_dsn) as connection:
        found = connection.execute(
            "SELECT object_key FROM ingest.segments WHERE recording_id = %s AND ordinal = 0", (site.recording,)
        ).fetchone()
        assert found is not None
        altered = f"altered/{uuid4()}.mp4"
        objects.put_at(altered, site.segments[0] + b"\0", content_type="video/mp4")
        connection.execute(
            "UPDATE ingest.segments SET object_key = %s WHERE recording_id = %s AND ordinal = 0",
            (altered, site.recording),
        )
    _, job_id = ask(jobs, site)
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    job = job_of(jobs, site.tenant, job_id)
    assert job.state is JobState.DEAD
    assert altered in (job.reason or "")


def test_a_worker_process_builds_a_report_that_nobody_announced_and_shows_its_heartbeat(
    site: Site, jobs: Jobs, servers: Endpoints, databases: ServiceDatabases, tmp_path: Path
) -> None:
    beat = tmp_path / "heartbeat"
    _, job_id = ask(jobs, site)
    environment = {
        **os.environ,
        "SIGHTLINE_POSTGRES_DSN": databases.dsn("sightline_report"),
        "SIGHTLINE_REDIS_URL": servers.redis_url,
        "SIGHTLINE_S3_ENDPOINT": servers.s3_endpoint,
        "SIGHTLINE_S3_ACCESS_KEY": servers.s3_access_key,
        "SIGHTLINE_S3_SECRET_KEY": servers.s3_secret_key,
        "SIGHTLINE_S3_BUCKET": servers.s3_bucket,
        "SIGHTLINE_S3_REGION": servers.s3_region,
        "SIGHTLINE_RECONCILE_SECONDS": "0.5",
        "SIGHTLINE_HEARTBEAT_FILE": str(beat),
    }
    command = [sys.executable, "-m", "celery", "-A", "services.report.app:celery", "worker", "-Q", "report", "-c", "1"]
    worker = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 90
        while job_of(jobs, site.tenant, job_id).state is not JobState.DONE and time.monotonic() < deadline:
            time.sleep(0.2)
        assert job_of(jobs, site.tenant, job_id).state is JobState.DONE
    finally:
        worker.terminate()
        _, said = worker.communicate(timeout=30)
    assert worker.returncode == 0, said
    assert time.time() - beat.stat().st_mtime < 60
