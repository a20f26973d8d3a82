"""Cameras in Postgres."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg.errors
from msgspec import UnsetType
from psycopg.types.json import Jsonb

from gateway.bodies.cameras import Camera, CameraChange, CameraNew
from gateway.model import Caller
from gateway.refusals import CameraNameTakenError, NotFoundError, StaleVersionError
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("cameras.sql"))


@dataclass(frozen=True)
class CameraLabel:
    """What other things show of their camera."""

    name: str
    time_zone: str


class Cameras:
    """The cameras of the tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, caller: Caller, new: CameraNew) -> Camera:
        """Registers a camera. Raises CameraNameTakenError."""
        parameters = {
            "tenant_id": caller.tenant_id,
            "name": new.name,
            "site": new.site,
            "time_zone": new.time_zone,
            "external_ids": Jsonb(new.external_ids),
        }
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["insert"], parameters).fetchone()
        if row is None:
            raise CameraNameTakenError(new.name)
        return Camera(**row)

    def get(self, caller: Caller, camera_id: UUID) -> Camera:
        """One camera that the caller may see. Raises NotFoundError."""
        parameters = {"tenant_id": caller.tenant_id, "camera_id": camera_id, "cameras": caller.cameras}
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["get"], parameters).fetchone()
        if row is None:
            raise NotFoundError("camera", camera_id)
        return Camera(**row)

    def list(
        self, caller: Caller, *, name: str | None, site: str | None, after: str | None, limit: int
    ) -> list[Camera]:
        """Cameras that the caller may see, by name."""
        parameters = {
            "tenant_id": caller.tenant_id,
            "cameras": caller.cameras,
            "name": name,
            "site": site,
            "after": after,
            "limit": limit,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            return [Camera(**row) for row in connection.execute(_SQL["list"], parameters).fetchall()]

    def change(self, caller: Caller, camera_id: UUID, change: CameraChange, *, version: int) -> Camera:
        """Changes a camera if it still has this version. Raises NotFoundError, StaleVersionError,
        CameraNameTakenError."""
        parameters: dict[str, Any] = {
            "tenant_id": caller.tenant_id,
            "camera_id": camera_id,
            "cameras": caller.cameras,
            "version": version,
            "name": _given(change.name),
            "site": _given(change.site),
            "time_zone": _given(change.time_zone),
            "external_ids": None if isinstance(change.external_ids, UnsetType) else Jsonb(change.external_ids),
        }
        try:
            with self._database.transaction(caller.tenant_id) as connection:
                row = connection.execute(_SQL["change"], parameters).fetchone()
        except psycopg.errors.UniqueViolation as error:
            raise CameraNameTakenError(str(change.name)) from error
        if row is None:
            raise StaleVersionError(self.get(caller, camera_id).version)
        return Camera(**row)

    def labels(self, tenant_id: UUID, camera_ids: Iterable[UUID]) -> Mapping[UUID, CameraLabel]:
        """Names and time zones of those of the cameras that are the tenant's."""
        with self._database.transaction(tenant_id) as connection:
            rows = connection.execute(_SQL["found"], {"tenant_id": tenant_id, "ids": list(set(camera_ids))}).fetchall()
        return {row["id"]: CameraLabel(row["name"], row["time_zone"]) for row in rows}


def _given(value: str | UnsetType) -> str | None:
    return None if isinstance(value, UnsetType) else value
