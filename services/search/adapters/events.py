"""Rules, tracks and events in Postgres."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from contracts.events import (
    SEARCH_RERUN,
    EventKind,
    FoundEvent,
    RerunRule,
    RuleDraft,
    RuleParameters,
    Schedule,
    ZoneKind,
    misfit,
)
from contracts.ingest import LONGEST_RECORDING
from contracts.vocabulary import ObjectClass
from kit.jobs import Jobs, Work
from kit.lease import Lease
from kit.postgres import Connection, Database
from kit.sql import Statements
from services.search.adapters.postgres import tenant_transaction
from services.search.model.errors import BadRequestError, NotFoundError
from services.search.model.geometry import Steps
from services.search.model.movers import Trail
from services.search.model.revision import Changes, KnownEvent, PlacedRule, moment, stored_event
from services.search.model.rules import WHOLE_VIEW, Rule
from services.search.model.schedule import holds

_SQL = Statements(Path(__file__).with_name("events.sql"))


class PostgresEvents:
    """Writes as the role of the search service."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    @contextmanager
    def finishing(self, lease: Lease, camera_id: UUID) -> Iterator["PostgresEventWork"]:
        """The transaction that ends with the job's completion."""
        with self._jobs.completion(lease) as work:
            yield _locked(work, lease, camera_id)

    @contextmanager
    def part(self, lease: Lease, camera_id: UUID) -> Iterator["PostgresEventWork"]:
        """The transaction of a part of a job."""
        with self._jobs.checkpoint(lease) as work:
            yield _locked(work, lease, camera_id)

    def footage_span(self, tenant_id: UUID, camera_id: UUID) -> tuple[datetime, datetime] | None:
        """When the camera's first track begins and its last ends."""
        with self._database.transaction(tenant_id) as connection:
            row = connection.execute(_SQL["footage_span"], {"tenant_id": tenant_id, "camera_id": camera_id}).fetchone()
        return None if row is None or row["first"] is None else (row["first"], row["last"])

    def draft(self, tenant_id: UUID, draft: RuleDraft) -> PlacedRule:
        """A rule that is not stored, over its zone."""
        wanted = {"tenant_id": tenant_id, "camera_id": draft.camera_id, "zone_id": draft.zone_id}
        with tenant_transaction(self._database, tenant_id) as connection:
            row = connection.execute(_SQL["place"], wanted).fetchone()
        if row is None:
            raise NotFoundError(f"camera {draft.camera_id}")
        if draft.zone_id is not None and row["zone_id"] is None:
            raise NotFoundError(f"zone {draft.zone_id}")
        shape = None if row["shape"] is None else ZoneKind(row["shape"])
        wrong = misfit(draft.kind, shape, draft.parameters, scaled=row["width_metres"] is not None)
        if wrong is not None:
            raise BadRequestError(": ".join(wrong))
        return PlacedRule(
            id=UUID(int=0),
            version=0,
            camera_id=draft.camera_id,
            rule=_shaped(row, draft.kind, draft.parameters),
            zone_id=row["zone_id"],
            zone_version=row["zone_version"],
            schedule=draft.schedule,
            time_zone=row["time_zone"],
        )

    def trails(self, tenant_id: UUID, camera_id: UUID, begin: float, end: float) -> Sequence[Trail]:
        """The camera's tracks that were in view between two times."""
        with tenant_transaction(self._database, tenant_id) as connection:
            return _trails(connection, tenant_id, camera_id, begin, end)


class PostgresEventWork:
    """One transaction over one camera."""

    def __init__(self, work: Work, job_id: UUID) -> None:
        self._work = work
        self._job_id = job_id
        self._connection = work.connection
        self._tenant_id = work.tenant_id
        self._seen: dict[tuple[UUID, float, float], Sequence[Trail]] = {}

    def armed(self, camera_id: UUID) -> Sequence[PlacedRule]:
        """The camera's armed rules."""
        rows = self._connection.execute(
            _SQL["armed"], {"tenant_id": self._tenant_id, "camera_id": camera_id}
        ).fetchall()
        return [_placed(row) for row in rows]

    def rule(self, rule_id: UUID) -> PlacedRule | None:
        """A rule, armed or not."""
        row = self._connection.execute(_SQL["rule"], {"tenant_id": self._tenant_id, "rule_id": rule_id}).fetchone()
        return None if row is None else _placed(row)

    def trails(self, camera_id: UUID, begin: float, end: float) -> Sequence[Trail]:
        """The camera's tracks that were in view between two times; read once for all rules that ask the same."""
        asked = (camera_id, begin, end)
        if asked not in self._seen:
            self._seen[asked] = _trails(self._connection, self._tenant_id, camera_id, begin, end)
        return self._seen[asked]

    def known(self, rule_id: UUID, begin: float, end: float) -> Sequence[KnownEvent]:
        """The rule's events that reach into a stretch of time."""
        asked = {"tenant_id": self._tenant_id, "rule_id": rule_id, "begin": moment(begin), "end": moment(end)}
        return [_known(row) for row in self._connection.execute(_SQL["known"], asked).fetchall()]

    def write(self, placed: PlacedRule, changes: Changes) -> Sequence[tuple[UUID, str]]:
        """Writes what has changed."""
        for before in (*changes.gone, *(known for known, _, _ in changes.changed)):
            self._connection.execute(_SQL["supersede"], {"tenant_id": self._tenant_id, "id": before.id})
        for before, key, event in changes.changed:
            self._insert(placed, key, event, before.id, before.revision + 1)
        return [(self._insert(placed, key, event, None, 1), key) for key, event in changes.new]

    def supersede_all(self, rule_id: UUID) -> int:
        """Ends all of a rule's events."""
        asked = {"tenant_id": self._tenant_id, "rule_id": rule_id}
        return self._connection.execute(_SQL["supersede_all"], asked).rowcount

    def alert_of(self, placed: PlacedRule, new: Sequence[UUID]) -> int:
        """Alerts whoever watches the rule to new events, each once."""
        asked = {"tenant_id": self._tenant_id, "rule_id": placed.id, "camera_id": placed.camera_id}
        watching = self._connection.execute(_SQL["watching"], asked).fetchall()
        if not watching:
            return 0
        starts = {
            row["id"]: row["started_at"]
            for row in self._connection.execute(
                _SQL["starts"], {"tenant_id": self._tenant_id, "event_ids": list(new)}
            ).fetchall()
        }
        made = 0
        for watch in watching:
            schedule = msgspec.convert(watch["schedule"], Schedule | None)
            due = [
                event_id
                for event_id, started_at in starts.items()
                if schedule is None or holds(schedule, started_at, placed.time_zone)
            ]
            made += self._connection.execute(
                _SQL["alert"],
                {
                    "tenant_id": self._tenant_id,
                    "watch_id": watch["id"],
                    "watch_version": watch["version"],
                    "event_ids": due,
                },
            ).rowcount
        return made

    def go_on(self, task: RerunRule) -> None:
        """Leaves the rest to a further job."""
        self._work.enqueue(SEARCH_RERUN, task, key=f"{self._job_id}/{task.from_time}", subject_id=task.rule_id)

    def tell(self, result: dict[str, Any]) -> None:
        """What the job's reader learns."""
        self._work.result = result

    def _insert(self, placed: PlacedRule, key: str, event: FoundEvent, event_id: UUID | None, revision: int) -> UUID:
        row = self._connection.execute(
            _SQL["insert"],
            {
                "id": event_id,
                "revision": revision,
                "tenant_id": self._tenant_id,
                "camera_id": event.camera_id,
                "rule_id": placed.id,
                "rule_version": placed.version,
                "zone_id": placed.zone_id,
                "zone_version": placed.zone_version,
                "kind": event.kind.value,
                "key": key,
                "started_at": event.started_at,
                "ended_at": event.ended_at,
                "track_ids": list(event.track_ids),
                "object_class": None if event.object_class is None else event.object_class.value,
                "direction": None if event.direction is None else event.direction.value,
                "x": event.x,
                "y": event.y,
                "measure": event.measure,
                "confidence": event.confidence,
            },
        ).fetchone()
        if row is None:
            raise RuntimeError("inserting an event returned no row")
        inserted: UUID = row["id"]
        return inserted


def _locked(work: Work, lease: Lease, camera_id: UUID) -> PostgresEventWork:
    work.connection.execute(_SQL["lock_camera"], {"camera_id": camera_id})
    return PostgresEventWork(work, lease.job_id)


def _placed(row: Mapping[str, Any]) -> PlacedRule:
    return PlacedRule(
        id=row["id"],
        version=row["version"],
        camera_id=row["camera_id"],
        rule=_shaped(row, EventKind(row["kind"]), msgspec.convert(row["parameters"], RuleParameters)),
        armed=row["armed"],
        zone_id=row["zone_id"],
        zone_version=row["zone_version"],
        schedule=msgspec.convert(row["schedule"], Schedule | None),
        time_zone=row["time_zone"],
    )


def _shaped(row: Mapping[str, Any], kind: EventKind, parameters: RuleParameters) -> Rule:
    if row["points"] is None:
        return Rule(kind, ZoneKind.ZONE, WHOLE_VIEW, parameters)
    points = tuple((float(x), float(y)) for x, y in row["points"])
    return Rule(kind, ZoneKind(row["shape"]), points, parameters, row["width_metres"])


def _trails(connection: Connection, tenant_id: UUID, camera_id: UUID, begin: float, end: float) -> Sequence[Trail]:
    rows = connection.execute(
        _SQL["trails"],
        {
            "tenant_id": tenant_id,
            "camera_id": camera_id,
            "begin": moment(begin),
            "end": moment(end),
            "longest": LONGEST_RECORDING,
        },
        prepare=False,
    ).fetchall()
    return [_trail(row) for row in rows if row["path"]]


def _trail(row: Mapping[str, Any]) -> Trail:
    path = np.array(row["path"], dtype=np.float64)
    aspect = row["height"] / row["width"]
    left, top, right, bottom = path[:, 1], path[:, 2], path[:, 3], path[:, 4]
    return Trail(
        id=row["id"],
        object_class=ObjectClass(row["object_class"]),
        score=row["score"],
        steps=Steps(
            row["started_at"].timestamp() + path[:, 0],
            np.stack([(left + right) / 2, bottom], axis=1),
            np.maximum(right - left, (bottom - top) * aspect),
        ),
        recorded_until=row["recorded_until"].timestamp(),
        aspect=aspect,
    )


def _known(row: Mapping[str, Any]) -> KnownEvent:
    event = stored_event(
        row["kind"],
        row["camera_id"],
        (row["started_at"], row["ended_at"]),
        row["track_ids"],
        **{name: row[name] for name in ("object_class", "direction", "x", "y", "measure", "confidence")},
    )
    return KnownEvent(row["id"], row["revision"], row["key"], row["rule_version"], row["zone_version"], event)
