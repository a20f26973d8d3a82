"""The search service's Postgres: which spaces serve, and what is known about what was found."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from contracts.search import Box
from contracts.vocabulary import ItemKind, ObjectClass, Space
from kit.postgres import Connection, Database
from kit.sql import Statements
from kit.triton import APPEARANCE, EMBED_IMAGE, EMBED_TEXT
from services.search.model.errors import StoreUnavailableError
from services.search.model.search import (
    Candidate,
    Serving,
    Towers,
)
from services.search.ports.search import Seen

_SQL = Statements(Path(__file__).with_name("queries.sql"))

FIRST: Mapping[Space, Towers] = {
    Space.SEMANTIC: Towers(EMBED_IMAGE, EMBED_TEXT),
    Space.APPEARANCE: Towers(APPEARANCE),
}
"""What serves a kind of space before anything was embedded."""


class EmbedSpaces:
    """Which spaces serve, through the embed service's view."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def serving(self) -> Serving:
        """What searches are encoded with now. Raises StoreUnavailableError."""
        with translated(), self._database.system_transaction() as connection:
            rows = connection.execute(_SQL["serving"]).fetchall()
        return {**FIRST, **{Space(row["kind"]): Towers(row["image_model"], row["text_model"]) for row in rows}}


class IngestLibrary:
    """Tracks, crops and scenes, through ingest's views."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, tenant_id: UUID, candidates: Sequence[Candidate]) -> Mapping[UUID, Seen]:
        """Item id → what is known about it."""
        tracks = [candidate for candidate in candidates if candidate.item is ItemKind.TRACK]
        scenes = [candidate for candidate in candidates if candidate.item is ItemKind.SCENE]
        seen: dict[UUID, Seen] = {}
        with tenant_transaction(self._database, tenant_id) as connection:
            if tracks:
                parameters: dict[str, Any] = {
                    "tenant_id": tenant_id,
                    "ids": [candidate.item_id for candidate in tracks],
                    "ranks": [candidate.rank for candidate in tracks],
                }
                seen |= {row["id"]: track_seen(row) for row in connection.execute(_SQL["tracks"], parameters)}
            if scenes:
                parameters = {"tenant_id": tenant_id, "ids": [candidate.item_id for candidate in scenes]}
                seen |= {row["id"]: scene_seen(row) for row in connection.execute(_SQL["scenes"], parameters)}
        return seen


def track_seen(row: Mapping[str, Any]) -> Seen:
    """A track by its row and that of its crop."""
    left, top, right, bottom = row["box"]
    return Seen(
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        best_at=row["at"],
        thumbnail_key=row["object_key"],
        object_class=ObjectClass(row["object_class"]),
        box=Box(left=left, top=top, right=right, bottom=bottom),
    )


def scene_seen(row: Mapping[str, Any]) -> Seen:
    """A scene by its row."""
    return Seen(
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["at"],
        ended_at=row["at"],
        best_at=row["at"],
        thumbnail_key=row["object_key"],
    )


@contextmanager
def tenant_transaction(database: Database, tenant_id: UUID) -> Iterator[Connection]:
    """A transaction that sees this tenant's rows. Raises StoreUnavailableError."""
    with translated(), database.transaction(tenant_id) as connection:
        yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Around work with the database: raises StoreUnavailableError where it does not answer."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(f"the database does not answer now, ask again soon: {error}") from error
