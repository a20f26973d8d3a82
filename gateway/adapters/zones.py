"""Zones and lines in Postgres."""

from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg.errors
from msgspec import UnsetType
from psycopg.types.json import Jsonb

from contracts.events import ZoneKind
from gateway.adapters.events import rerun_over
from gateway.bodies.zones import Zone, ZoneChange, ZoneNew
from gateway.drawing import check_points
from gateway.model import Caller
from gateway.refusals import NameTakenError, NotFoundError, StaleVersionError, ZoneInUseError
from kit.jobs import Jobs
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("zones.sql"))


class Zones:
    """The zones and lines of the tenants' cameras."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def create(self, caller: Caller, camera_id: UUID, new: ZoneNew) -> Zone:
        """Draws a zone on a camera that the caller may see. Raises NameTakenError, InvalidFieldError."""
        check_points(new.kind, new.points)
        parameters = {
            **_place(caller, camera_id),
            "name": new.name,
            "kind": new.kind.value,
            "points": Jsonb(new.points),
            "width_metres": new.width_metres,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["insert"], parameters).fetchone()
        if row is None:
            raise NameTakenError("zone", new.name)
        return _zone(row)

    def get(self, caller: Caller, camera_id: UUID, zone_id: UUID) -> Zone:
        """One zone. Raises NotFoundError."""
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["get"], {**_place(caller, camera_id), "zone_id": zone_id}).fetchone()
        if row is None:
            raise NotFoundError("zone", zone_id)
        return _zone(row)

    def list(self, caller: Caller, camera_id: UUID, *, after: str | None, limit: int) -> list[Zone]:
        """A camera's zones, by name."""
        parameters = {**_place(caller, camera_id), "after": after, "limit": limit}
        with self._database.transaction(caller.tenant_id) as connection:
            return [_zone(row) for row in connection.execute(_SQL["list"], parameters).fetchall()]

    def change(self, caller: Caller, camera_id: UUID, zone_id: UUID, change: ZoneChange, *, version: int) -> Zone:
        """Changes a zone if it still has this version, and has the events of the armed rules over it found anew. Raises
        NotFoundError, StaleVersionError, NameTakenError, InvalidFieldError."""
        before = self.get(caller, camera_id, zone_id)
        if not isinstance(change.points, UnsetType):
            check_points(before.kind, change.points)
        parameters: dict[str, Any] = {
            **_place(caller, camera_id),
            "zone_id": zone_id,
            "version": version,
            "name": None if isinstance(change.name, UnsetType) else change.name,
            "points": None if isinstance(change.points, UnsetType) else Jsonb(change.points),
            "keep_width": isinstance(change.width_metres, UnsetType),
            "width_metres": None if isinstance(change.width_metres, UnsetType) else change.width_metres,
        }
        try:
            with self._jobs.work(caller.tenant_id) as work:
                row = work.connection.execute(_SQL["change"], parameters).fetchone()
                if row is not None:
                    rerun_over(work, zone_id, row["version"])
        except psycopg.errors.UniqueViolation as error:
            raise NameTakenError("zone", str(change.name)) from error
        if row is None:
            raise StaleVersionError(self.get(caller, camera_id, zone_id).version)
        return _zone(row)

    def delete(self, caller: Caller, camera_id: UUID, zone_id: UUID, *, version: int) -> None:
        """Removes a zone if it still has this version. Raises NotFoundError, StaleVersionError, ZoneInUseError."""
        parameters = {**_place(caller, camera_id), "zone_id": zone_id, "version": version}
        try:
            with self._database.transaction(caller.tenant_id) as connection:
                gone = connection.execute(_SQL["delete"], parameters).rowcount
        except psycopg.errors.ForeignKeyViolation as error:
            raise ZoneInUseError(zone_id) from error
        if not gone:
            raise StaleVersionError(self.get(caller, camera_id, zone_id).version)


def _place(caller: Caller, camera_id: UUID) -> dict[str, Any]:
    return {"tenant_id": caller.tenant_id, "camera_id": camera_id, "cameras": caller.cameras}


def _zone(row: dict[str, Any]) -> Zone:
    points = [(float(x), float(y)) for x, y in row["points"]]
    return Zone(**{**row, "kind": ZoneKind(row["kind"]), "points": points})
