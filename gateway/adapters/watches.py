"""Watches and alerts in Postgres."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg.errors
from msgspec import UnsetType
from psycopg.types.json import Jsonb

from contracts.search import Hit, SearchRequest
from gateway.adapters.cameras import CameraLabel
from gateway.adapters.events import Events
from gateway.bodies.events import ScheduleBody
from gateway.bodies.search import HitBody, SearchNew
from gateway.bodies.watches import Alert, AlertItem, Watch, WatchChange, WatchNew
from gateway.model import Caller
from gateway.refusals import NameTakenError, NotFoundError, StaleVersionError
from gateway.wall_clock import in_zone
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("watches.sql"))

_LINKS = {AlertItem.TRACK: "/v1/tracks", AlertItem.SCENE: "/v1/media/scenes", AlertItem.EVENT: "/v1/events"}

TellHit = Callable[[Hit, CameraLabel], HitBody]


class Watches:
    """The watches of the tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, caller: Caller, new: WatchNew, search: SearchRequest | None, camera_ids: Sequence[UUID] | None
    ) -> Watch:
        """Keeps a watch. `camera_ids`: whose footage is watched, within what the caller may see. Raises
        NameTakenError."""
        parameters = {
            "tenant_id": caller.tenant_id,
            "name": new.name,
            "search": None if search is None else _json(search),
            "asked": None if new.search is None else _json(new.search),
            "rule_id": new.rule_id,
            "camera_ids": None if camera_ids is None else list(camera_ids),
            "schedule": None if new.schedule is None else _json(new.schedule.schedule()),
            "muted_until": new.muted_until,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["insert"], parameters).fetchone()
        if row is None:
            raise NameTakenError("watch", new.name)
        return _watch(row)

    def get(self, caller: Caller, watch_id: UUID) -> Watch:
        """One watch. Raises NotFoundError."""
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["get"], {**_scope(caller), "watch_id": watch_id}).fetchone()
        if row is None:
            raise NotFoundError("watch", watch_id)
        return _watch(row)

    def list(self, caller: Caller, *, rule_id: UUID | None, before: UUID | None, limit: int) -> Sequence[Watch]:
        """Watches, newest first."""
        asked = {**_scope(caller), "rule_id": rule_id, "before": before, "limit": limit}
        with self._database.transaction(caller.tenant_id) as connection:
            return [_watch(row) for row in connection.execute(_SQL["list"], asked).fetchall()]

    def change(
        self, caller: Caller, watch_id: UUID, change: WatchChange, search: SearchRequest | None, *, version: int
    ) -> Watch:
        """Changes a watch if it still has this version. Raises NotFoundError, StaleVersionError, NameTakenError."""
        schedule, muted = change.schedule, change.muted_until
        cameras = None if search is None or search.camera_ids is None else list(search.camera_ids)
        parameters = {
            **_scope(caller),
            "watch_id": watch_id,
            "version": version,
            "name": None if isinstance(change.name, UnsetType) else change.name,
            "search": None if search is None else _json(search),
            "asked": None if isinstance(change.search, UnsetType) else _json(change.search),
            "camera_ids": cameras,
            "keep_schedule": isinstance(schedule, UnsetType),
            "schedule": None if schedule is None or isinstance(schedule, UnsetType) else _json(schedule.schedule()),
            "keep_muted": isinstance(muted, UnsetType),
            "muted_until": None if isinstance(muted, UnsetType) else muted,
        }
        try:
            with self._database.transaction(caller.tenant_id) as connection:
                row = connection.execute(_SQL["change"], parameters).fetchone()
        except psycopg.errors.UniqueViolation as error:
            raise NameTakenError("watch", str(change.name)) from error
        if row is None:
            raise StaleVersionError(self.get(caller, watch_id).version)
        return _watch(row)

    def delete(self, caller: Caller, watch_id: UUID, *, version: int) -> None:
        """Removes a watch; its alerts stay. Raises NotFoundError, StaleVersionError."""
        asked = {**_scope(caller), "watch_id": watch_id, "version": version}
        with self._database.transaction(caller.tenant_id) as connection:
            gone = connection.execute(_SQL["delete"], asked).rowcount
        if not gone:
            raise StaleVersionError(self.get(caller, watch_id).version)


class Alerts:
    """The alerts that a caller may see."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def get(self, caller: Caller, alert_id: UUID, tell: TellHit) -> Alert:
        """One alert. Raises NotFoundError."""
        found = self._list(caller, tell, alert_id=alert_id, limit=1)
        if not found:
            raise NotFoundError("alert", alert_id)
        return found[0]

    def list(
        self,
        caller: Caller,
        tell: TellHit,
        *,
        watch_id: UUID | None,
        camera_id: UUID | None,
        since: datetime | None,
        acknowledged: bool | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[Alert]:
        """Alerts, newest first."""
        return self._list(
            caller,
            tell,
            watch_id=watch_id,
            camera_id=camera_id,
            since=since,
            acknowledged=acknowledged,
            before=before,
            limit=limit,
        )

    def acknowledge(self, caller: Caller, alert_id: UUID, tell: TellHit) -> Alert:
        """Notes who has seen an alert; the first stays. Raises NotFoundError."""
        self.get(caller, alert_id, tell)
        noted = {"alert_id": alert_id, "tenant_id": caller.tenant_id, "by": caller.name}
        with self._database.transaction(caller.tenant_id) as connection:
            connection.execute(_SQL["acknowledge"], noted)
        return self.get(caller, alert_id, tell)

    def _list(self, caller: Caller, tell: TellHit, *, limit: int, **filters: Any) -> Sequence[Alert]:
        names = ("alert_id", "watch_id", "camera_id", "since", "acknowledged", "before")
        asked = {**_scope(caller), **{name: filters.get(name) for name in names}, "limit": limit}
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["alerts"], asked).fetchall()
        about = [row["item_id"] for row in rows if row["item_kind"] == AlertItem.EVENT.value]
        events = self._events.latest(caller, about)
        return [_alert(row, tell, events.get(row["item_id"])) for row in rows]


def _alert(row: dict[str, Any], tell: TellHit, event: Any) -> Alert:
    zone, kind = row["time_zone"], AlertItem(row["item_kind"])
    label = CameraLabel(row["camera"], zone)
    kept = ("id", "watch_id", "watch", "watch_version", "camera_id", "camera", "item_id", "created_at")
    return Alert(
        **{name: row[name] for name in (*kept, "acknowledged_at", "acknowledged_by")},
        kind=kind,
        started_at=in_zone(row["started_at"], zone),
        ended_at=in_zone(row["ended_at"], zone),
        link=f"{_LINKS[kind]}/{row['item_id']}",
        hit=None if row["hit"] is None else tell(msgspec.convert(row["hit"], Hit), label),
        event=event,
    )


def _scope(caller: Caller) -> dict[str, Any]:
    return {"tenant_id": caller.tenant_id, "cameras": caller.cameras}


def _json(value: msgspec.Struct) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


def _watch(row: dict[str, Any]) -> Watch:
    fields = {name: value for name, value in row.items() if name not in {"asked", "schedule"}}
    return Watch(
        **fields,
        search=msgspec.convert(row["asked"], SearchNew | None),
        schedule=ScheduleBody.of(row["schedule"]),
    )
