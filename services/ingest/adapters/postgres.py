"""The schema `ingest` (`ports.Store`): results and the job's completion in one transaction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from contracts.embed import EMBED_ITEMS, EmbedItems
from contracts.events import SEARCH_EVENTS, FindEvents
from contracts.ingest import INGEST_SEGMENT, IngestSegment
from kit.jobs import Jobs, Work
from kit.lease import Lease
from kit.postgres import Connection, Database
from kit.sql import Statements
from services.ingest.ports import KnownRecording, NewRecording, NewScene, NewTrack, SegmentOutcome, SegmentTask

_SQL = Statements(Path(__file__).with_name("queries.sql"))

ITEMS_PER_JOB = 64
"""Tracks and scenes whose vectors one job makes."""


class _KnownAlreadyError(Exception):
    """Ends the transaction of a recording that turned out to be stored."""


class PostgresStore:
    """Writes as the role of the ingest service."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def known(self, tenant_id: UUID, camera_id: UUID, sha256: bytes) -> KnownRecording | None:
        """The recording that holds the same bytes of the same camera."""
        with self._database.transaction(tenant_id) as connection:
            row = connection.execute(
                _SQL["known_recording"], {"tenant_id": tenant_id, "camera_id": camera_id, "sha256": sha256}
            ).fetchone()
        return None if row is None else KnownRecording(**row)

    def save_recording(self, lease: Lease, recording: NewRecording) -> bool:
        """Writes a recording. False: the same was stored in between. Raises LeaseLostError."""
        try:
            with self._jobs.completion(lease) as work:
                self._insert_recording(work, recording)
                work.enqueue(
                    INGEST_SEGMENT,
                    IngestSegment(recording_id=recording.id, ordinal=0),
                    key=_segment_key(recording.id, 0),
                    subject_id=recording.id,
                )
                work.result = {
                    "recording_id": str(recording.id),
                    "segments": len(recording.segments),
                    "duplicate": False,
                }
        except _KnownAlreadyError:
            return False
        return True

    def finish_duplicate(self, lease: Lease, known: KnownRecording) -> None:
        """Completes the job of a file that is stored already."""
        with self._jobs.completion(lease) as work:
            work.result = {"recording_id": str(known.id), "segments": known.segments, "duplicate": True}

    def segment(self, tenant_id: UUID, recording_id: UUID, ordinal: int) -> SegmentTask | None:
        """What is to be analysed; a failed recording is processed again."""
        with self._database.transaction(tenant_id) as connection:
            row = connection.execute(
                _SQL["segment"], {"tenant_id": tenant_id, "recording_id": recording_id, "ordinal": ordinal}
            ).fetchone()
            connection.execute(_SQL["resume_recording"], {"tenant_id": tenant_id, "recording_id": recording_id})
        return None if row is None else SegmentTask(**row)

    def save_segment(self, lease: Lease, outcome: SegmentOutcome) -> None:
        """Writes all that a segment gave. Raises LeaseLostError."""
        task = outcome.task
        place = {"tenant_id": lease.tenant_id, "recording_id": task.recording_id, "ordinal": task.ordinal}
        item = {"tenant_id": lease.tenant_id, "camera_id": task.camera_id, "recording_id": task.recording_id}
        with self._jobs.completion(lease) as work:
            connection = work.connection
            figures = {name: round(figure, 4) for name, figure in outcome.figures.items()}
            state = None if task.last else outcome.state
            finished = connection.execute(
                _SQL["finish_segment"], {**place, "state": state, "figures": Jsonb(figures)}
            ).rowcount
            if finished != 1:
                raise RuntimeError(f"segment {task.ordinal} of recording {task.recording_id} was done by somebody else")
            if task.ordinal > 0:
                connection.execute(_SQL["forget_state"], {**place, "ordinal": task.ordinal - 1})
            tracks = [_insert_track(connection, item, track) for track in outcome.tracks]
            scenes = [_insert_scene(connection, item, scene) for scene in outcome.scenes]
            _enqueue_vectors(work, task, tracks, [scene for scene in scenes if scene is not None])
            _enqueue_events(work, task, outcome.tracks)
            if task.last:
                connection.execute(_SQL["ready_recording"], place)
            else:
                work.enqueue(
                    INGEST_SEGMENT,
                    IngestSegment(recording_id=task.recording_id, ordinal=task.ordinal + 1),
                    key=_segment_key(task.recording_id, task.ordinal + 1),
                    subject_id=task.recording_id,
                )
            work.result = {
                "recording_id": str(task.recording_id),
                "ordinal": task.ordinal,
                "tracks": len(outcome.tracks),
                "scenes": len(outcome.scenes),
            }

    def finish_done(self, lease: Lease, task: SegmentTask) -> None:
        """Completes the job of a segment that is done."""
        with self._jobs.completion(lease) as work:
            work.result = {"recording_id": str(task.recording_id), "ordinal": task.ordinal}

    def fail(self, lease: Lease, recording_id: UUID, reason: str) -> None:
        """Ends the job as dead, its recording as failed. Raises LeaseLostError."""
        with self._jobs.giving_up(lease, reason) as work:
            work.connection.execute(
                _SQL["fail_recording"],
                {"tenant_id": lease.tenant_id, "recording_id": recording_id, "reason": reason},
            )

    def _insert_recording(self, work: Work, recording: NewRecording) -> None:
        original = recording.original
        row = work.connection.execute(
            _SQL["insert_recording"],
            {
                "id": recording.id,
                "tenant_id": work.tenant_id,
                "camera_id": recording.camera_id,
                "sha256": original.sha256,
                "filename": recording.filename,
                "container": recording.container,
                "codec": recording.codec,
                "width": recording.width,
                "height": recording.height,
                "frame_rate": recording.frame_rate,
                "size_bytes": original.size_bytes,
                "object_key": original.object_key,
                "started_at": recording.started_at,
                "ended_at": recording.ended_at,
                "start_source": recording.start_source.value,
                "segments": len(recording.segments),
            },
        ).fetchone()
        if row is None:
            raise _KnownAlreadyError
        with work.connection.cursor() as cursor:
            cursor.executemany(
                _SQL["insert_segment"],
                [
                    {
                        "tenant_id": work.tenant_id,
                        "recording_id": recording.id,
                        "ordinal": ordinal,
                        "sha256": segment.file.sha256,
                        "object_key": segment.file.object_key,
                        "size_bytes": segment.file.size_bytes,
                        "started_at": segment.started_at,
                        "ended_at": segment.ended_at,
                    }
                    for ordinal, segment in enumerate(recording.segments)
                ],
            )


def _enqueue_vectors(work: Work, task: SegmentTask, tracks: Sequence[UUID], scenes: Sequence[UUID]) -> None:
    """Asks for the vectors of what a segment gave, so that it can be found before the rest of the recording is read."""
    items = [*(("track", track_id) for track_id in tracks), *(("scene", scene_id) for scene_id in scenes)]
    for number, start in enumerate(range(0, len(items), ITEMS_PER_JOB)):
        part = items[start : start + ITEMS_PER_JOB]
        work.enqueue(
            EMBED_ITEMS,
            EmbedItems(
                recording_id=task.recording_id,
                track_ids=tuple(item for kind, item in part if kind == "track"),
                scene_ids=tuple(item for kind, item in part if kind == "scene"),
            ),
            key=f"{_segment_key(task.recording_id, task.ordinal)}/{number}",
            subject_id=task.recording_id,
        )


def _enqueue_events(work: Work, task: SegmentTask, tracks: Sequence[NewTrack]) -> None:
    """Asks for the events that a segment's tracks make, before the rest of the recording is read."""
    if tracks:
        work.enqueue(
            SEARCH_EVENTS,
            FindEvents(
                recording_id=task.recording_id,
                camera_id=task.camera_id,
                from_time=min(track.started_at for track in tracks),
                until_time=max(track.ended_at for track in tracks),
            ),
            key=_segment_key(task.recording_id, task.ordinal),
            subject_id=task.recording_id,
        )


def _segment_key(recording_id: UUID, ordinal: int) -> str:
    return f"{recording_id}/{ordinal}"


def _insert_track(connection: Connection, item: Mapping[str, Any], track: NewTrack) -> UUID:
    row = connection.execute(
        _SQL["insert_track"],
        {
            **item,
            "ordinal": track.ordinal,
            "object_class": track.object_class,
            "score": track.score,
            "started_at": track.started_at,
            "ended_at": track.ended_at,
            "detections": track.detections,
            "path": Jsonb(track.path),
        },
    ).fetchone()
    if row is None:
        raise RuntimeError("inserting a track returned no row")
    with connection.cursor() as cursor:
        cursor.executemany(
            _SQL["insert_crop"],
            [
                {
                    "tenant_id": item["tenant_id"],
                    "track_id": row["id"],
                    "rank": rank,
                    "at": at,
                    "box": [crop.box.left, crop.box.top, crop.box.right, crop.box.bottom],
                    "object_key": crop.object_key,
                    "width": crop.width,
                    "height": crop.height,
                    "quality": crop.quality,
                }
                for rank, (at, crop) in enumerate(track.crops)
            ],
        )
    track_id: UUID = row["id"]
    return track_id


def _insert_scene(connection: Connection, item: Mapping[str, Any], scene: NewScene) -> UUID | None:
    """Gives None for a scene of a moment that has one."""
    row = connection.execute(
        _SQL["insert_scene"],
        {**item, "at": scene.at, "object_key": scene.object_key, "width": scene.width, "height": scene.height},
    ).fetchone()
    return None if row is None else row["id"]
