"""The embed service's Postgres: reads ingest's views, writes vectors, keeps which spaces are in use."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from pgvector import HalfVector

from contracts.embed import EMBED_REEMBED, EmbedItems, ReembedRecording
from contracts.vocabulary import ATTRIBUTE_UNIT, ItemKind, ObjectClass, Space, attribute_layout
from contracts.watches import SEARCH_WATCH, WatchItems
from kit.jobs import Jobs, Work
from kit.lease import Lease
from kit.postgres import Connection, Database
from kit.sql import Statements
from kit.triton import APPEARANCE, EMBED_IMAGE, EMBED_TEXT
from services.embed.model import (
    Binding,
    Described,
    EmbeddedStills,
    ModelSpace,
    NotAllFilledError,
    SpaceConflictError,
    SpaceState,
    Still,
    days_of,
)

_SQL = Statements(Path(__file__).with_name("queries.sql"))

_INSERT: Mapping[tuple[Space, int], str] = {
    (Space.SEMANTIC, 384): "insert_semantic_384",
    (Space.SEMANTIC, 768): "insert_semantic_768",
    (Space.APPEARANCE, 256): "insert_appearance_256",
}
"""By kind and dimension: a table for each."""

MOST_NAMED = 20
"""Stills that were left out and are named in a job's result."""

FIRST: Mapping[Space, Binding] = {
    Space.SEMANTIC: Binding(Space.SEMANTIC, SpaceState.SERVING, "tiny", EMBED_IMAGE, EMBED_TEXT),
    Space.APPEARANCE: Binding(Space.APPEARANCE, SpaceState.SERVING, "tiny", APPEARANCE, None),
}
"""What serves a kind of space before anything was ever embedded or switched."""


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

    def missing(self, tenant_id: UUID, recording_id: UUID, space: str) -> Sequence[Still]:
        """The recording's stills without a vector in the space, crops before scenes, ordered by id and rank."""
        with self._database.transaction(tenant_id) as connection:
            return _missing(connection, tenant_id, recording_id, space)


class PostgresSpaces:
    """Which spaces are in use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bindings(self) -> Sequence[Binding]:
        """The serving space of every kind and, of kinds that are being switched, the incoming one after it."""
        with self._database.system_transaction() as connection:
            known = [_binding(row) for row in connection.execute(_SQL["bindings"]).fetchall()]
        served = {binding.kind for binding in known if binding.state is SpaceState.SERVING}
        return [FIRST[kind] for kind in Space if kind not in served] + known

    def wanted(self, space: str) -> Binding | None:
        """What stands behind the space of this name; None where it neither serves nor is incoming."""
        with self._database.system_transaction() as connection:
            row = connection.execute(_SQL["wanted_space"], {"name": space}).fetchone()
        return None if row is None else _binding(row)

    def fresh_waits(self) -> bool:
        """Whether fresh footage waits for its vectors, or is getting them now."""
        with self._database.system_transaction() as connection:
            row = connection.execute(_SQL["fresh_waits"]).fetchone()
        return row is not None and bool(row["waits"])


class PostgresVectors:
    """The vectors' tables."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def finish(
        self,
        lease: Lease,
        embedded: Sequence[EmbeddedStills],
        seconds: Mapping[str, float],
        described: Described | None = None,
    ) -> None:
        """Stores the vectors and attributes and completes the job, in one transaction.

        Spaces and partitions are made before, each in a transaction of its own: they take stronger locks, and held
        together with row locks these could wait in a circle.
        """
        began = perf_counter()
        space_ids = {part.space.name: self._prepared(part) for part in embedded}
        layouts = self._layouts(described)
        with self._jobs.completion(lease) as work:
            # Until the commit no space changes hands: it is seen here, or these rows are seen there.
            work.connection.execute(_SQL["hold_spaces"])
            # Always semantic before appearance, and one space after the other: a fixed order of locks.
            for part in sorted(
                embedded, key=lambda part: (list(Space).index(part.space.kind), space_ids[part.space.name])
            ):
                _insert(work, space_ids[part.space.name], part)
            _ask_for_the_rest(work, lease, embedded, set(space_ids.values()))
            _insert_attributes(work, described, layouts)
            _ask_the_watches(work, lease, embedded)
            counts: dict[str, int] = {} if described is None else {"attributes": len(described.tracks)}
            for part in embedded:
                name = f"{part.space.kind}_vectors"
                counts[name] = counts.get(name, 0) + len(part.stills)
            told = {**seconds, "write": perf_counter() - began}
            work.result = {**counts, "seconds": {stage: round(value, 4) for stage, value in told.items()}}

    def keep(self, lease: Lease, embedded: EmbeddedStills) -> None:
        """Stores a part of a job's vectors, in a transaction of its own."""
        space_id = self._prepared(embedded)
        with self._jobs.checkpoint(lease) as work:
            _insert(work, space_id, embedded)

    def finish_filling(self, lease: Lease, task: ReembedRecording, filled: int, left_out: Sequence[str]) -> None:
        """Completes the job of a recording; where it was the last, its space serves from now on."""
        with self._jobs.completion(lease) as work:
            work.connection.execute(_SQL["lock_spaces"])
            row = work.connection.execute(_SQL["named_space"], {"name": task.space}).fetchone()
            state = None if row is None else row["state"]
            if row is not None and state in tuple(SpaceState):
                missing = len(_missing(work.connection, lease.tenant_id, task.recording_id, task.space))
                if missing > len(left_out):
                    raise NotAllFilledError(task.space, missing)
                settled = work.connection.execute(
                    _SQL["settle_switch"], {"space_id": row["id"], "job_id": lease.job_id}
                ).fetchone()
                state = None if settled is None else settled["state"]
            work.result = {
                "space": task.space,
                "state": state,
                "vectors": filled,
                "left_out": len(left_out),
                "left_out_stills": list(left_out[:MOST_NAMED]),
            }

    def _prepared(self, part: EmbeddedStills) -> int:
        """The number of the space, whose partitions are there."""
        space_id = self._space_id(part.space)
        for day in days_of(part.stills):
            self._ensure_day(day)
        return space_id

    def _space_id(self, space: ModelSpace) -> int:
        wanted = {
            "name": space.name,
            "kind": space.kind.value,
            "dimension": space.dimension,
            "profile": space.binding.profile,
            "image_model": space.binding.image_model,
            "text_model": space.binding.text_model,
        }
        with self._database.system_transaction() as connection:
            row = connection.execute(_SQL["bind_space"], wanted).fetchone()
        if row is None:
            raise RuntimeError(f"the space {space.name} was bound and is not there")
        if (row["kind"], row["dimension"]) != (space.kind.value, space.dimension):
            raise SpaceConflictError(
                space.name, f"{row['kind']}, {row['dimension']}-d", f"{space.kind.value}, {space.dimension}-d"
            )
        return int(row["id"])

    def _layouts(self, described: Described | None) -> dict[str, int]:
        """The number of each layout that the tracks' probabilities have; a track's day has its partition already."""
        numbers: dict[str, int] = {}
        for layout in sorted({attribute_layout(track.groups) for track in described.tracks} if described else ()):
            wanted = {"weights": described.weights if described else "", "layout": layout}
            with self._database.system_transaction() as connection:
                row = connection.execute(_SQL["layout"], wanted).fetchone()
                if row is None:
                    connection.execute(_SQL["insert_layout"], wanted)
                    row = connection.execute(_SQL["layout"], wanted).fetchone()
            if row is None:
                raise RuntimeError(f"the layout {layout} was inserted and is not there")
            numbers[layout] = int(row["id"])
        return numbers

    def _ensure_day(self, day: date) -> None:
        with self._database.system_transaction() as connection:
            connection.execute(_SQL["ensure_day"], {"day": day})


def _insert(work: Work, space_id: int, part: EmbeddedStills) -> None:
    statement = _SQL[_INSERT[part.space.kind, part.space.dimension]]
    work.connection.execute(statement, _columns(work.tenant_id, space_id, part))


def _insert_attributes(work: Work, described: Described | None, layouts: Mapping[str, int]) -> None:
    rows = [
        {
            "tenant_id": work.tenant_id,
            "camera_id": track.still.camera_id,
            "recording_id": track.still.recording_id,
            "started_at": track.still.started_at,
            "ended_at": track.still.ended_at,
            "track_id": track.still.item_id,
            "object_class": track.still.object_class,
            "layout_id": layouts[attribute_layout(track.groups)],
            "crops": track.crops,
            "probabilities": [round(float(share) * ATTRIBUTE_UNIT) for share in track.probabilities],
        }
        for track in (described.tracks if described is not None else ())
    ]
    if rows:
        with work.connection.cursor() as cursor:
            cursor.executemany(_SQL["insert_attributes"], rows)


def _ask_for_the_rest(work: Work, lease: Lease, embedded: Sequence[EmbeddedStills], made: set[int]) -> None:
    """Asks for the vectors of spaces that came into use after this job had looked, or whose model had failed it."""
    stills = {part.space.kind: part.stills for part in embedded}
    for row in work.connection.execute(_SQL["spaces_in_use"]).fetchall():
        for_it = stills.get(Space(row["kind"]), ())
        if row["id"] not in made and for_it:
            recording_id = for_it[0].recording_id
            work.enqueue(
                EMBED_REEMBED,
                ReembedRecording(recording_id=recording_id, space=row["name"], stills=len(for_it)),
                # Not the key that the switch itself uses: that job may be running, and have looked too early.
                key=f"{row['name']}/{recording_id}/{lease.job_id}",
                subject_id=recording_id,
            )


def _ask_the_watches(work: Work, lease: Lease, embedded: Sequence[EmbeddedStills]) -> None:
    """Has what is new compared with everything that is watched for."""
    stills = [still for part in embedded for still in part.stills]
    if stills:
        recording_id = stills[0].recording_id
        work.enqueue(
            SEARCH_WATCH,
            WatchItems(recording_id=recording_id, **_item_ids(stills)),
            key=str(lease.job_id),
            subject_id=recording_id,
        )


def _item_ids(stills: Sequence[Still]) -> dict[str, tuple[UUID, ...]]:
    ids = {kind: tuple(dict.fromkeys(still.item_id for still in stills if still.kind is kind)) for kind in ItemKind}
    return {"track_ids": ids[ItemKind.TRACK], "scene_ids": ids[ItemKind.SCENE]}


def _missing(connection: Connection, tenant_id: UUID, recording_id: UUID, space: str) -> list[Still]:
    row = connection.execute(_SQL["named_space"], {"name": space}).fetchone()
    if row is None:
        return []
    parameters = {"tenant_id": tenant_id, "recording_id": recording_id, "space_id": row["id"]}
    stills = [_crop(found) for found in connection.execute(_SQL["missing_crops"], parameters).fetchall()]
    if row["kind"] == Space.SEMANTIC.value:
        stills += [_scene(found) for found in connection.execute(_SQL["missing_scenes"], parameters).fetchall()]
    return stills


def _binding(row: Mapping[str, Any]) -> Binding:
    return Binding(Space(row["kind"]), SpaceState(row["state"]), row["profile"], row["image_model"], row["text_model"])


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
        quality=row["quality"],
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


def _columns(tenant_id: UUID, space_id: int, part: EmbeddedStills) -> dict[str, Any]:
    """The parameters of an `insert_…` statement."""
    stills = part.stills
    return {
        "tenant_id": tenant_id,
        "space_id": space_id,
        "camera_ids": [still.camera_id for still in stills],
        "recording_ids": [still.recording_id for still in stills],
        "started_at": [still.started_at for still in stills],
        "ended_at": [still.ended_at for still in stills],
        "item_kinds": [still.kind.value for still in stills],
        "item_ids": [still.item_id for still in stills],
        "object_classes": [None if still.object_class is None else still.object_class.value for still in stills],
        "ranks": [still.rank for still in stills],
        "vectors": [HalfVector(vector).to_text() for vector in part.vectors],
    }
