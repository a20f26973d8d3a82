"""What is stored about hits besides their nearness, in Postgres; and frames out of stored footage."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString
from uuid import UUID

import numpy as np
import psycopg
from pgvector import HalfVector
from psycopg import sql

from contracts.search import Asked, AttributeWish
from contracts.vocabulary import ATTRIBUTE_UNIT, Space
from kit.media import FrameReader, MediaError, SandboxError
from kit.objects import ObjectMissingError, Objects, ObjectsUnavailableError, file_digest
from kit.postgres import Database
from kit.sql import Statements
from services.search.adapters.postgres import tenant_transaction, translated
from services.search.model.attributes import attribute_place
from services.search.model.calibration import Calibration
from services.search.model.errors import BadPictureError, BadRequestError, NotFoundError, StoreUnavailableError
from services.search.model.search import Pixels, Vector
from services.search.ports.stored import Place

_SQL = Statements(Path(__file__).with_name("stored.sql"))

FRAMES_PER_SECOND = 25
"""Frames of a segment are looked through at this rate for the one that is asked for."""


class StoredFacts:
    """Embed's and ingest's views, and the search service's own calibrations."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calibrations: Sequence[Calibration] | None = None

    def snapshot(self) -> str:
        """What is stored now."""
        with translated(), self._database.system_transaction() as connection:
            row = connection.execute(_SQL["snapshot"]).fetchone()
        assert row is not None
        return str(row["snapshot"])

    def arrived_since(
        self, tenant_id: UUID, places: Sequence[Place], kind: Space, snapshot: str, *, dimension: int
    ) -> set[UUID]:
        """Those whose vectors were not stored yet. Raises BadRequestError."""
        if not places:
            return set()
        parameters = {**_of(tenant_id, places), "snapshot": snapshot}
        with tenant_transaction(self._database, tenant_id) as connection:
            try:
                rows = connection.execute(_on(_SQL["arrived_since"], kind, dimension), parameters, prepare=True)
                return {row["item_id"] for row in rows}
            except psycopg.errors.DataError as error:
                raise BadRequestError("the cursor is none that a search gave: start again without one") from error

    def looks(self, tenant_id: UUID, places: Sequence[Place], kind: Space) -> Mapping[UUID, Vector]:
        """One unit vector for each item that has some."""
        if not places:
            return {}
        with tenant_transaction(self._database, tenant_id) as connection:
            space = connection.execute(_SQL["serving_space"], {"kind": kind.value}).fetchone()
            if space is None:
                return {}
            statement = _on(_SQL["looks"], kind, space["dimension"])
            parameters = {**_of(tenant_id, places), "space_id": space["id"]}
            rows = connection.execute(statement, parameters, prepare=True).fetchall()
        return {row["item_id"]: _unit(row["vector"]) for row in rows}

    def attributes(
        self, tenant_id: UUID, places: Sequence[Place], wishes: Sequence[AttributeWish]
    ) -> Mapping[UUID, Mapping[tuple[str, str], float]]:
        """Track → (attribute, value) → its probability."""
        if not places or not wishes:
            return {}
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["attributes"], _of(tenant_id, places), prepare=True).fetchall()
        asked = list(dict.fromkeys((wish.attribute, wish.value) for wish in wishes))
        return {
            row["track_id"]: {
                (attribute, value): row["probabilities"][place] / ATTRIBUTE_UNIT
                for attribute, value in asked
                if (place := attribute_place(row["layout"], attribute, value)) is not None
            }
            for row in rows
        }

    def permitted_tracks(
        self, tenant_id: UUID, track_ids: Sequence[UUID], camera_ids: Sequence[UUID] | None
    ) -> set[UUID]:
        """Those that are there and of these cameras."""
        parameters = {
            "tenant_id": tenant_id,
            "ids": list(track_ids),
            "camera_ids": None if camera_ids is None else list(camera_ids),
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            return {row["id"] for row in connection.execute(_SQL["permitted_tracks"], parameters)}

    def calibrations(self) -> Sequence[Calibration]:
        """All that were fitted. Read once: they change with a migration, and then workers start anew."""
        if self._calibrations is None:
            with translated(), self._database.system_transaction() as connection:
                rows = connection.execute(_SQL["calibrations"]).fetchall()
            self._calibrations = [Calibration(**{**row, "asked": Asked(row["asked"])}) for row in rows]
        return self._calibrations


class StoredFrames:
    """Frames of segments in S3, decoded in the media sandbox."""

    def __init__(self, database: Database, objects: Objects) -> None:
        self._database = database
        self._objects = objects

    def at(self, tenant_id: UUID, recording_id: UUID, at: datetime, camera_ids: Sequence[UUID] | None) -> Pixels:
        """The frame that was in view then. Raises NotFoundError, BadPictureError, StoreUnavailableError."""
        parameters = {
            "tenant_id": tenant_id,
            "recording_id": recording_id,
            "at": at,
            "camera_ids": None if camera_ids is None else list(camera_ids),
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            row = connection.execute(_SQL["segment_at"], parameters).fetchone()
        if row is None:
            raise NotFoundError(f"recording {recording_id} with footage of {at.isoformat()}")
        begin: datetime = row["recording_started_at"]
        with TemporaryDirectory(prefix="sightline-frame-") as scratch:
            path = Path(scratch) / f"segment{Path(row['object_key']).suffix}"
            try:
                self._objects.get_file(row["object_key"], path)
                if file_digest(path) != row["sha256"]:
                    raise BadPictureError("the stored footage is not what was taken in: its hash differs")
                return _frame(path, _microseconds(row["started_at"] - begin), _microseconds(at - begin))
            except ObjectMissingError as error:
                raise NotFoundError(f"recording {recording_id} with its footage") from error
            except MediaError as error:
                raise BadPictureError(f"the footage cannot be decoded there: {error}") from error
            except (ObjectsUnavailableError, SandboxError) as error:
                raise StoreUnavailableError(f"the footage could not be read now, ask again: {error}") from error


def _frame(path: Path, offset_us: int, wanted_us: int) -> Pixels:
    """The last frame shown at or before the moment, or the first of the segment."""
    found: Pixels | None = None
    reader = FrameReader(
        path,
        offset_us=offset_us,
        last_cell=-1,
        per_second=FRAMES_PER_SECOND,
        luma_width=64,
        group_size=FRAMES_PER_SECOND,
    )
    with reader as frames:
        while (group := frames.next_group()) is not None:
            before = [place for place, time_us in enumerate(group.times_us) if time_us <= wanted_us]
            if before or found is None:
                (found,) = frames.fetch([before[-1] if before else 0])
            if group.times_us[-1] > wanted_us:
                break
    if found is None:
        raise BadPictureError("the footage holds no frame there")
    return found


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _on(statement: LiteralString, kind: Space, dimension: int) -> sql.Composed:
    return sql.SQL(statement).format(view=sql.Identifier(f"{kind.value}_{dimension}_read"))


def _of(tenant_id: UUID, places: Sequence[Place]) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "ids": [place.item_id for place in places],
        "starts": sorted({place.started_at.astimezone(UTC) for place in places}),
    }


def _unit(binary: bytes) -> Vector:
    vector = HalfVector.from_binary(binary).to_numpy().astype(np.float32)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
