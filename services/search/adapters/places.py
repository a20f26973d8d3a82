"""Cameras, sites and zones in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from kit.postgres import Database
from kit.sql import Statements
from services.search.adapters.postgres import tenant_transaction
from services.search.model.filters import Zone
from services.search.ports.places import KnownCamera

_SQL = Statements(Path(__file__).with_name("places.sql"))


class GatewayPlaces:
    """The gateway's cameras and zones, and how far ingest's footage reaches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cameras(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[KnownCamera]:
        """The cameras, by name."""
        rows = self._rows(_SQL["cameras"], tenant_id, permitted)
        return [KnownCamera(row["id"], row["name"], row["site"], row["time_zone"]) for row in rows]

    def zones(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[Zone]:
        """The polygons that are drawn on their views, by name."""
        rows = self._rows(_SQL["zones"], tenant_id, permitted)
        return [Zone(row["id"], row["name"], row["camera_id"], [(x, y) for x, y in row["points"]]) for row in rows]

    def footage_span(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> tuple[datetime, datetime] | None:
        """When the first recording begins and the last ends; None where there is none."""
        (row,) = self._rows(_SQL["footage_span"], tenant_id, permitted)
        return None if row["first"] is None else (row["first"], row["last"])

    def _rows(
        self, statement: LiteralString, tenant_id: UUID, permitted: Sequence[UUID] | None
    ) -> Sequence[dict[str, Any]]:
        parameters = {"tenant_id": tenant_id, "camera_ids": None if permitted is None else list(permitted)}
        with tenant_transaction(self._database, tenant_id) as connection:
            return connection.execute(statement, parameters).fetchall()
