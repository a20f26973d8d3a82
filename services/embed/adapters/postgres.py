"""The embed service's Postgres: reads ingest's views, writes vectors."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from pgvector import HalfVector

from contracts.embed import EmbedItems
from contracts.vocabulary import ItemKind, ObjectClass, Space
from kit.jobs import Jobs
from kit.lease import Lease
from kit.postgres import Database
from kit.sql import Statements
from services.embed.model import EmbeddedStills, ModelSpace, SpaceConflictError, Still, days_of

_SQL = Statements(Path(__file__).with_name("queries.sql"))

_INSERT: Mapping[Space, str] = {
    Space.SEMANTIC: "insert_semantic_384",
    Space.APPEARANCE: "insert_appearance_256",
}


class IngestLibrary:
    """Tracks, crops and scenes, through ingest's views."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stills(self, tenant_id: UUID, items: EmbedItems) -> Sequence[Still]:
        """Every crop of the tracks, then the still of every scene, ordered by id and rank."""
        parameters = {
            "tenant_id": tenant_id,
            "recording_id": items.recording_id,
            "track_ids": list(items.track_ids),
            "scene_ids": list(items.scene_ids),
        }
        with self._database.transaction(tenant_id) as connection:
            crops = connection.execute(_SQL["crops"], parameters).fetchall()
            scenes = connection.execute(_SQL["scenes"], parameters).fetchall()
        return [_crop(row) for row in crops] + [_scene(row) for row in scenes]


class PostgresVectors:
    """The vectors' tables."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def finish(self, lease: Lease, embedded: Sequence[EmbeddedStills], seconds: Mapping[str, float]) -> None:
        """Stores the vectors and completes the job, in one transaction.

        Spaces and partitions are made before, each in a transaction of its own: they take stronger locks, and held
        together with row locks these could wait in a circle.
        """
        began = perf_counter()
        space_ids = {part.space.name: self._space_id(lease.tenant_id, part.space) for part in embedded}
        for day in days_of(still for part in embedded for still in part.stills):
            self._ensure_day(day)
        with self._jobs.completion(lease) as work, work.connection.cursor() as cursor:
            # Always semantic before appearance: a fixed order of locks.
            for part in sorted(embedded, key=lambda part: list(Space).index(part.space.kind)):
                cursor.executemany(
                    _SQL[_INSERT[part.space.kind]], _rows(lease.tenant_id, space_ids[part.space.name], part)
                )
            counts = {f"{part.space.kind}_vectors": len(part.stills) for part in embedded}
            told = {**seconds, "write": perf_counter() - began}
            work.result = {**counts, "seconds": {stage: round(value, 4) for stage, value in told.items()}}

    def _space_id(self, tenant_id: UUID, space: ModelSpace) -> int:
        wanted = {"name": space.name, "kind": space.kind.value, "dimension": space.dimension}
        with self._database.transaction(tenant_id) as connection:
            row = connection.execute(_SQL["space"], wanted).fetchone()
            if row is None:
                connection.execute(_SQL["insert_space"], wanted)
                row = connection.execute(_SQL["space"], wanted).fetchone()
        if row is None:
            raise RuntimeError(f"the space {space.name} was inserted and is not there")
        if (row["kind"], row["dimension"]) != (space.kind.value, space.dimension):
            raise SpaceConflictError(
                space.name, f"{row['kind']}, {row['dimension']}-d", f"{space.kind.value}, {space.dimension}-d"
            )
        return int(row["id"])

    def _ensure_day(self, day: date) -> None:
        with self._database.system_transaction() as connection:
            connection.execute(_SQL["ensure_day"], {"day": day})


def _crop(row: Mapping[str, Any]) -> Still:
    return Still(
        kind=ItemKind.TRACK,
        item_id=row["track_id"],
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        object_class=ObjectClass(row["object_class"]),
        rank=row["rank"],
        object_key=row["object_key"],
    )


def _scene(row: Mapping[str, Any]) -> Still:
    return Still(
        kind=ItemKind.SCENE,
        item_id=row["id"],
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["at"],
        ended_at=row["at"],
        object_class=None,
        rank=0,
        object_key=row["object_key"],
    )


def _rows(tenant_id: UUID, space_id: int, part: EmbeddedStills) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": tenant_id,
            "camera_id": still.camera_id,
            "recording_id": still.recording_id,
            "started_at": still.started_at,
            "ended_at": still.ended_at,
            "item_kind": still.kind.value,
            "item_id": still.item_id,
            "object_class": still.object_class,
            "rank": still.rank,
            "space_id": space_id,
            "vector": HalfVector(vector).to_text(),
        }
        for still, vector in zip(part.stills, part.vectors, strict=True)
    ]
