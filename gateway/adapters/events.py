"""Rules and their events in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg.errors
from psycopg.types.json import Jsonb

from contracts.events import SEARCH_RERUN, Direction, EventKind, FoundEvent, RerunRule, RuleDraft, ZoneKind, misfit
from contracts.vocabulary import ObjectClass
from gateway.bodies.events import (
    EventBody,
    EventCount,
    EventDetail,
    EventRevision,
    FoundEventBody,
    Rule,
    RuleChange,
    RuleNew,
    RuleParametersBody,
    ScheduleBody,
)
from gateway.model import Caller
from gateway.refusals import InvalidFieldError, NameTakenError, NotFoundError, StaleVersionError
from gateway.wall_clock import in_zone
from kit.jobs import Jobs, Work
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("events.sql"))
_ZONES = Statements(Path(__file__).with_name("zones.sql"))

MOST_COUNTS = 10_000


class Rules:
    """The rules of the tenants' cameras. A change of what an armed rule finds has its events found anew."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def create(self, caller: Caller, new: RuleNew) -> Rule:
        """Keeps a rule on a camera that the caller may see. Raises NameTakenError, NotFoundError, InvalidFieldError."""
        self._check(caller, new)
        parameters = {
            **_scope(caller),
            "camera_id": new.camera_id,
            "zone_id": new.zone_id,
            "name": new.name,
            "kind": new.kind.value,
            "parameters": _json(new.parameters),
            "schedule": None if new.schedule is None else _json(new.schedule.schedule()),
            "armed": new.armed,
        }
        with self._jobs.work(caller.tenant_id) as work:
            row = work.connection.execute(_SQL["insert_rule"], parameters).fetchone()
            if row is not None and new.armed:
                _rerun(work, row["id"], row["camera_id"], f"{row['version']}")
        if row is None:
            raise NameTakenError("rule", new.name)
        return _rule(row)

    def get(self, caller: Caller, rule_id: UUID) -> Rule:
        """One rule. Raises NotFoundError."""
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["get_rule"], {**_scope(caller), "rule_id": rule_id}).fetchone()
        if row is None:
            raise NotFoundError("rule", rule_id)
        return _rule(row)

    def list(
        self, caller: Caller, *, camera_id: UUID | None, zone_id: UUID | None, before: UUID | None, limit: int
    ) -> Sequence[Rule]:
        """Rules, newest first."""
        asked = {**_scope(caller), "camera_id": camera_id, "zone_id": zone_id, "before": before, "limit": limit}
        with self._database.transaction(caller.tenant_id) as connection:
            return [_rule(row) for row in connection.execute(_SQL["list_rules"], asked).fetchall()]

    def change(self, caller: Caller, rule_id: UUID, change: RuleChange, *, version: int) -> Rule:
        """Changes a rule if it still has this version. Raises NotFoundError, StaleVersionError, NameTakenError,
        InvalidFieldError."""
        before = self.get(caller, rule_id)
        given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
        after = msgspec.structs.replace(before, **given)
        self._check(caller, after)
        parameters = {
            **_scope(caller),
            "rule_id": rule_id,
            "version": version,
            "name": after.name,
            "zone_id": after.zone_id,
            "parameters": _json(after.parameters),
            "schedule": None if after.schedule is None else _json(after.schedule.schedule()),
            "armed": after.armed,
        }
        try:
            with self._jobs.work(caller.tenant_id) as work:
                row = work.connection.execute(_SQL["change_rule"], parameters).fetchone()
                if row is not None and (before.armed or after.armed):
                    _rerun(work, rule_id, before.camera_id, f"{row['version']}")
        except psycopg.errors.UniqueViolation as error:
            raise NameTakenError("rule", str(change.name)) from error
        if row is None:
            raise StaleVersionError(self.get(caller, rule_id).version)
        return _rule(row)

    def delete(self, caller: Caller, rule_id: UUID, *, version: int) -> None:
        """Removes a rule, its events and watches. Raises NotFoundError, StaleVersionError."""
        asked = {**_scope(caller), "rule_id": rule_id, "version": version}
        with self._jobs.work(caller.tenant_id) as work:
            row = work.connection.execute(_SQL["delete_rule"], asked).fetchone()
            if row is not None:
                _rerun(work, rule_id, row["camera_id"], "removed")
        if row is None:
            raise StaleVersionError(self.get(caller, rule_id).version)

    def _check(self, caller: Caller, rule: RuleNew | Rule) -> None:
        shape, scaled = None, False
        if rule.zone_id is not None:
            asked = {**_scope(caller), "camera_id": rule.camera_id, "zone_id": rule.zone_id}
            with self._database.transaction(caller.tenant_id) as connection:
                row = connection.execute(_ZONES["get"], asked).fetchone()
            if row is None:
                raise NotFoundError("zone", rule.zone_id)
            shape, scaled = ZoneKind(row["kind"]), row["width_metres"] is not None
        wrong = misfit(rule.kind, shape, rule.parameters.parameters(), scaled=scaled)
        if wrong is not None:
            raise InvalidFieldError(*wrong)


class Events:
    """What the rules found, as far as a caller may see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(
        self, caller: Caller, *, after: tuple[datetime, UUID] | None, limit: int, **filters: Any
    ) -> Sequence[EventBody]:
        """Events as they stand, in the order of their start. `filters`: camera_id, zone_id, rule_id, kind, from,
        until; None: any."""
        asked = {
            **_scope(caller),
            **filters,
            "after_at": None if after is None else after[0],
            "after_id": None if after is None else after[1],
            "limit": limit,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["events"], asked).fetchall()
        return [EventBody(**_event_fields(row)) for row in rows]

    def get(self, caller: Caller, event_id: UUID) -> EventDetail:
        """One event with its history; one that is over as it stood last. Raises NotFoundError."""
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["history"], {**_scope(caller), "event_id": event_id}).fetchall()
        if not rows:
            raise NotFoundError("event", event_id)
        history = [
            EventRevision(
                **_event_fields(row),
                superseded_at=None if row["superseded_at"] is None else in_zone(row["superseded_at"], row["time_zone"]),
            )
            for row in rows
        ]
        return EventDetail(**_event_fields(rows[0]), history=history)

    def latest(self, caller: Caller, ids: Sequence[UUID]) -> Mapping[UUID, EventBody]:
        """Those of the events that the caller may see, as they stand or stood last."""
        if not ids:
            return {}
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["latest"], {**_scope(caller), "ids": list(ids)}).fetchall()
        return {row["id"]: EventBody(**_event_fields(row)) for row in rows}

    def counts(self, caller: Caller, *, bucket: timedelta, **filters: Any) -> Sequence[EventCount]:
        """How many began in each bucket. `filters` as of `list`; from and until are given."""
        asked = {**_scope(caller), **filters, "bucket": bucket, "limit": MOST_COUNTS}
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["counts"], asked).fetchall()
        return [
            EventCount(
                start=in_zone(row["start"], row["time_zone"]),
                camera_id=row["camera_id"],
                rule_id=row["rule_id"],
                zone_id=row["zone_id"],
                kind=EventKind(row["kind"]),
                direction=None if row["direction"] is None else Direction(row["direction"]),
                object_class=None if row["object_class"] is None else ObjectClass(row["object_class"]),
                count=row["count"],
            )
            for row in rows
        ]


def rerun_over(work: Work, zone_id: UUID, zone_version: int) -> None:
    """Has the events of the armed rules over a zone found anew."""
    rows = work.connection.execute(_SQL["rules_over"], {"tenant_id": work.tenant_id, "zone_id": zone_id}).fetchall()
    for row in rows:
        _rerun(work, row["id"], row["camera_id"], f"{row['version']}/zone {zone_version}")


def draft_of(rule: Rule) -> RuleDraft:
    """A kept rule as one to try."""
    return RuleDraft(
        camera_id=rule.camera_id,
        kind=rule.kind,
        zone_id=rule.zone_id,
        parameters=rule.parameters.parameters(),
        schedule=None if rule.schedule is None else rule.schedule.schedule(),
    )


def found_event(event: FoundEvent, time_zone: str) -> FoundEventBody:
    """An event that is not stored, as it is told."""
    return FoundEventBody(
        kind=event.kind,
        camera_id=event.camera_id,
        started_at=in_zone(event.started_at, time_zone),
        ended_at=in_zone(event.ended_at, time_zone),
        track_ids=list(event.track_ids),
        object_class=event.object_class,
        direction=event.direction,
        x=event.x,
        y=event.y,
        measure=event.measure,
        confidence=event.confidence,
        links=_links(event.track_ids),
    )


def _rerun(work: Work, rule_id: UUID, camera_id: UUID, version: str) -> None:
    work.enqueue(
        SEARCH_RERUN,
        RerunRule(rule_id=rule_id, camera_id=camera_id),
        key=f"{rule_id}/{version}",
        subject_id=rule_id,
    )


def _scope(caller: Caller) -> dict[str, Any]:
    return {"tenant_id": caller.tenant_id, "cameras": caller.cameras}


def _json(value: msgspec.Struct) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        **{
            **row,
            "kind": EventKind(row["kind"]),
            "parameters": msgspec.convert(row["parameters"], RuleParametersBody),
            "schedule": ScheduleBody.of(row["schedule"]),
        }
    )


def _event_fields(row: dict[str, Any]) -> dict[str, Any]:
    zone = row["time_zone"]
    kept = ("id", "revision", "camera_id", "camera", "rule_id", "rule_version", "zone_id", "zone_version", "x", "y")
    return {
        **{name: row[name] for name in (*kept, "measure", "confidence", "track_ids")},
        "kind": EventKind(row["kind"]),
        "started_at": in_zone(row["started_at"], zone),
        "ended_at": in_zone(row["ended_at"], zone),
        "object_class": None if row["object_class"] is None else ObjectClass(row["object_class"]),
        "direction": None if row["direction"] is None else Direction(row["direction"]),
        "found_at": in_zone(row["found_at"], zone),
        "links": _links(row["track_ids"]),
    }


def _links(track_ids: Sequence[UUID]) -> list[str]:
    return [f"/v1/tracks/{track_id}" for track_id in track_ids]
