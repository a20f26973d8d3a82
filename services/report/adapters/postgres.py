"""The report service's rows, and the views through which it reads others."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.report import ReportItem
from contracts.vocabulary import ItemKind
from kit.jobs import Jobs
from kit.lease import Lease, LeaseLostError
from kit.postgres import Connection, Database
from kit.sql import Statements
from services.report.model import (
    Content,
    Entry,
    ItemMissingError,
    Sighting,
    Still,
    StoredDocument,
    StoredSegment,
    box_at,
)

_SQL = Statements(Path(__file__).with_name("queries.sql"))


class PostgresRecords:
    """Records in Postgres (`ports.Records`)."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def requested_at(self, lease: Lease) -> datetime:
        """When the report's job was made."""
        job = self._jobs.get(lease.tenant_id, lease.job_id)
        if job is None:
            raise LeaseLostError(lease.job_id)
        return job.created_at

    def sightings(self, tenant_id: UUID, items: Sequence[ReportItem]) -> Sequence[Sighting]:
        """The hits in the order asked for. Raises ItemMissingError."""
        with self._database.transaction(tenant_id) as connection:
            rows = {kind: _rows(connection, tenant_id, kind, items) for kind in ItemKind}
            return [_sighting(connection, tenant_id, item, rows[item.kind].get(item.id)) for item in items]

    def segments(self, tenant_id: UUID, recording_id: UUID) -> Sequence[StoredSegment]:
        """The stored segments of a recording, in order."""
        with self._database.transaction(tenant_id) as connection:
            rows = connection.execute(
                _SQL["segments"], {"tenant_id": tenant_id, "recording_id": recording_id}
            ).fetchall()
        return [StoredSegment(**row) for row in rows]

    def finish(self, lease: Lease, content: Content, stored: StoredDocument) -> None:
        """Writes the report and its clips together with the job's completion. Raises LeaseLostError."""
        with self._jobs.completion(lease) as work:
            work.connection.execute(
                _SQL["insert_report"],
                {
                    "id": content.report_id,
                    "tenant_id": lease.tenant_id,
                    "title": content.title,
                    "query": content.query,
                    "requested_by": content.requested_by,
                    "object_key": stored.object_key,
                    "sha256": stored.sha256,
                    "size_bytes": stored.size_bytes,
                    "pages": stored.pages,
                },
            )
            for position, entry in enumerate(content.entries):
                work.connection.execute(
                    _SQL["insert_clip"], _clip_row(lease.tenant_id, content.report_id, position, entry)
                )
            work.result = {
                "report_id": str(content.report_id),
                "sha256": stored.sha256.hex(),
                "pages": stored.pages,
                "clips": len(content.entries),
            }


def _clip_row(tenant_id: UUID, report_id: UUID, position: int, entry: Entry) -> dict[str, Any]:
    sighting, clip = entry.sighting, entry.clip
    return {
        "tenant_id": tenant_id,
        "report_id": report_id,
        "position": position,
        "item_kind": sighting.kind.value,
        "item_id": sighting.id,
        "camera_id": sighting.camera_id,
        "recording_id": sighting.recording_id,
        "started_at": clip.started_at,
        "ended_at": clip.ended_at,
        "object_key": clip.object_key,
        "sha256": clip.sha256,
        "size_bytes": clip.size_bytes,
        "original_sha256": sighting.original_sha256,
    }


def _rows(
    connection: Connection, tenant_id: UUID, kind: ItemKind, items: Sequence[ReportItem]
) -> dict[UUID, Mapping[str, Any]]:
    ids = [item.id for item in items if item.kind is kind]
    if not ids:
        return {}
    statement = _SQL["tracks"] if kind is ItemKind.TRACK else _SQL["scenes"]
    rows = connection.execute(statement, {"tenant_id": tenant_id, "ids": ids}).fetchall()
    return {row["id"]: row for row in rows}


def _sighting(connection: Connection, tenant_id: UUID, item: ReportItem, row: Mapping[str, Any] | None) -> Sighting:
    if row is None or row["state"] == "failed":
        raise ItemMissingError(
            item.kind, item.id, "there is no such hit; it was deleted, or the recording it was seen in has failed"
        )
    if item.kind is ItemKind.TRACK:
        started_at, ended_at, object_class = row["started_at"], row["ended_at"], row["object_class"]
        crop = _crop(row)
        scene = _frame_beside(connection, tenant_id, row, crop)
    else:
        started_at, ended_at, object_class = row["at"], row["at"], None
        crop, scene = None, Still(row["object_key"], row["at"], row["width"], row["height"])
    return Sighting(
        kind=item.kind,
        id=item.id,
        note=item.note,
        score=item.score,
        camera_id=row["camera_id"],
        camera_name=row["camera_name"],
        site=row["site"],
        recording_id=row["recording_id"],
        filename=row["filename"],
        original_sha256=row["sha256"],
        start_given=row["start_source"] == "given",
        started_at=started_at,
        ended_at=ended_at,
        object_class=object_class,
        crop=crop,
        scene=scene,
    )


def _crop(row: Mapping[str, Any]) -> Still | None:
    if row["crop_key"] is None:
        return None
    return Still(row["crop_key"], row["crop_at"], row["crop_width"], row["crop_height"])


def _frame_beside(
    connection: Connection, tenant_id: UUID, track: Mapping[str, Any], crop: Still | None
) -> Still | None:
    """The sampled whole frame nearest to the best crop in which the track is seen, and where it is in it."""
    found = connection.execute(
        _SQL["scene_beside"],
        {
            "tenant_id": tenant_id,
            "recording_id": track["recording_id"],
            "from": track["started_at"],
            "until": track["ended_at"],
            "at": track["started_at"] + (track["ended_at"] - track["started_at"]) / 2 if crop is None else crop.at,
        },
    ).fetchone()
    if found is None:
        return None
    seconds = (found["at"] - track["started_at"]) / timedelta(seconds=1)
    box = box_at(track["path"], seconds)
    return None if box is None else Still(found["object_key"], found["at"], found["width"], found["height"], box)
