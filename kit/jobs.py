"""Jobs: the row is the truth, the Celery message a wake-up that carries only the job's id.

Measured: no Celery/Redis setting gives neither loss nor duplicates. So a job is inserted in the transaction of the row
it is about, claimed with a lease, and completed in the transaction of its results, fenced by the lease's token.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from contracts import CONTRACT_BY_NAME
from contracts.task import JobState, Payload, TaskContract
from kit.lease import Lease, LeaseLostError
from kit.postgres import Connection, Database
from kit.sql import Statements
from kit.telemetry import current_traceparent

_SQL = Statements(Path(__file__).with_name("jobs.sql"))
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Announcement:
    """A wake-up to send: which job, under which task name, to which queue."""

    job_id: UUID
    contract: str
    queue: str
    trace: str | None = None


Announce = Callable[[Announcement], None]
"""Sends a wake-up, best effort: the reconciler sends those that were lost."""


@dataclass(frozen=True)
class Job:
    """A job as people and clients see it."""

    id: UUID
    contract: str
    queue: str
    key: str
    subject_id: UUID | None
    payload: dict[str, Any]
    state: JobState
    attempts: int
    max_attempts: int
    not_before: datetime
    progress: float
    result: dict[str, Any] | None
    reason: str | None
    worker: str | None
    trace: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class Enqueued:
    """What enqueuing made, or found."""

    job_id: UUID
    created: bool
    """False: the same work had been asked for before."""


@dataclass(frozen=True)
class Claim:
    """A claimed job: the lease and what to do."""

    lease: Lease
    contract: str
    payload: Payload
    exhausted: bool
    """All attempts were used up by workers that died without a word: give it up."""
    trace: str | None
    waited_seconds: float


@dataclass
class Work:
    """One transaction in which results are written and further jobs are made. Wake-ups go out after its commit."""

    connection: Connection
    tenant_id: UUID
    result: Mapping[str, Any] | None = None
    """What the finished job tells its reader."""
    announcements: list[Announcement] = field(default_factory=list)

    def enqueue(
        self, contract: TaskContract[Payload], payload: Payload, *, key: str, subject_id: UUID | None = None
    ) -> Enqueued:
        """Inserts a job. The key makes it one job however often this runs."""
        row = self.connection.execute(
            _SQL["enqueue"],
            {
                "tenant_id": self.tenant_id,
                "contract": contract.name,
                "queue": contract.queue.value,
                "key": key,
                "subject_id": subject_id,
                "payload": Jsonb(msgspec.to_builtins(payload)),
                "max_attempts": contract.max_attempts,
                "trace": current_traceparent(),
            },
        ).fetchone()
        if row is None:
            raise RuntimeError(f"enqueuing {contract.name} {key} returned no row")
        if row["created"]:
            self.announcements.append(
                Announcement(row["id"], contract.name, contract.queue.value, current_traceparent())
            )
        return Enqueued(row["id"], row["created"])


class Jobs:
    """The jobs of every tenant, through one role's database."""

    def __init__(self, database: Database, announce: Announce, *, lease_seconds: float) -> None:
        self._database = database
        self._announce = announce
        self._lease_seconds = lease_seconds

    @contextmanager
    def work(self, tenant_id: UUID) -> Iterator[Work]:
        """A transaction that may write rows and make jobs; announces them after the commit."""
        with self._database.transaction(tenant_id) as connection:
            work = Work(connection, tenant_id)
            yield work
        self._send(work)

    @contextmanager
    def completion(self, lease: Lease) -> Iterator[Work]:
        """The transaction of a job's results, its completion and the jobs that follow. Raises LeaseLostError, and
        then nothing of it is kept."""
        with self.work(lease.tenant_id) as work:
            yield work
            result = None if work.result is None else Jsonb(dict(work.result))
            self._end(work.connection, lease, "complete", {"result": result})

    @contextmanager
    def checkpoint(self, lease: Lease) -> Iterator[Work]:
        """The transaction of a part of a job's results, for a job that goes on where an earlier attempt stopped; keeps
        its progress too. Raises LeaseLostError, and then nothing of it is kept."""
        with self.work(lease.tenant_id) as work:
            yield work
            self._end(work.connection, lease, "checkpoint", {"share": lease.progress})

    @contextmanager
    def giving_up(self, lease: Lease, reason: str) -> Iterator[Work]:
        """The transaction in which a job dies, with its reason and whatever must be written beside it."""
        with self.work(lease.tenant_id) as work:
            yield work
            self._end(work.connection, lease, "give_up", {"reason": reason})

    def retry_later(self, lease: Lease, reason: str, delay_seconds: float) -> None:
        """Puts the job back, to be claimed again after the delay. Raises LeaseLostError."""
        with self._database.transaction(lease.tenant_id) as connection:
            self._end(connection, lease, "retry", {"reason": reason, "delay_seconds": delay_seconds})

    def claim(self, job_id: UUID, claimant: str) -> Claim | None:
        """Takes the job, or None where there is nothing to take."""
        with self._database.system_transaction() as connection:
            row = connection.execute(
                _SQL["claim"], {"job_id": job_id, "claimant": claimant, "lease_seconds": self._lease_seconds}
            ).fetchone()
        if row is None:
            return None
        return Claim(
            lease=Lease(
                job_id=row["id"],
                tenant_id=row["tenant_id"],
                token=row["lease_token"],
                attempt=row["attempts"],
                max_attempts=row["max_attempts"],
                subject_id=row["subject_id"],
            ),
            contract=row["contract"],
            payload=msgspec.convert(row["payload"], CONTRACT_BY_NAME[row["contract"]].payload),
            exhausted=row["exhausted"],
            trace=row["trace"],
            waited_seconds=row["waited_seconds"],
        )

    def renew(self, lease: Lease) -> bool:
        """Keeps the lease; False where it was lost."""
        with self._database.system_transaction() as connection:
            row = connection.execute(
                _SQL["renew"],
                {
                    "job_id": lease.job_id,
                    "token": lease.token,
                    "lease_seconds": self._lease_seconds,
                    "share": lease.progress,
                },
            ).fetchone()
        return row is not None and bool(row["kept"])

    def reconcile(self, *, quiet_seconds: float = 30, batch: int = 500) -> int:
        """Reclaims expired leases and announces ready jobs that nobody took. Returns how many wake-ups were sent."""
        with self._database.system_transaction() as connection:
            rows = connection.execute(_SQL["reconcile"], {"quiet_seconds": quiet_seconds, "batch": batch}).fetchall()
        for row in rows:
            if row["reclaimed"]:
                _LOG.warning("job reclaimed", extra={"job_id": str(row["id"]), "contract": row["contract"]})
            self._announce(Announcement(row["id"], row["contract"], row["queue"], row["trace"]))
        return len(rows)

    def replay(self, tenant_id: UUID, job_id: UUID) -> bool:
        """Starts a dead job over. False where there is no dead job of that id."""
        with self.work(tenant_id) as work:
            row = work.connection.execute(_SQL["replay"], {"tenant_id": tenant_id, "job_id": job_id}).fetchone()
            if row is not None:
                work.announcements.append(Announcement(row["id"], row["contract"], row["queue"], row["trace"]))
        return row is not None

    def get(self, tenant_id: UUID, job_id: UUID) -> Job | None:
        """One job of the tenant."""
        with self._database.transaction(tenant_id) as connection:
            row = connection.execute(_SQL["get"], {"tenant_id": tenant_id, "job_id": job_id}).fetchone()
        return None if row is None else _job(row)

    def list(
        self,
        tenant_id: UUID,
        *,
        state: JobState | None = None,
        subject_id: UUID | None = None,
        before: UUID | None = None,
        limit: int = 50,
    ) -> Sequence[Job]:
        """The tenant's jobs, newest first, older than the cursor `before`."""
        parameters = {
            "tenant_id": tenant_id,
            "state": None if state is None else state.value,
            "subject_id": subject_id,
            "before": before,
            "limit": limit,
        }
        with self._database.transaction(tenant_id) as connection:
            return [_job(row) for row in connection.execute(_SQL["list"], parameters).fetchall()]

    def counts(self) -> Sequence[Mapping[str, Any]]:
        """Jobs by queue, contract and state, and the age of the oldest ready one, over all tenants (for metrics)."""
        with self._database.system_transaction() as connection:
            return connection.execute(_SQL["counts"]).fetchall()

    def _end(self, connection: Connection, lease: Lease, statement: str, parameters: Mapping[str, Any]) -> None:
        fence = {"tenant_id": lease.tenant_id, "job_id": lease.job_id, "token": lease.token}
        if connection.execute(_SQL[statement], {**fence, **parameters}).rowcount != 1:
            raise LeaseLostError(lease.job_id)

    def _send(self, work: Work) -> None:
        for announcement in work.announcements:
            self._announce(announcement)


def _job(row: Mapping[str, Any]) -> Job:
    return Job(**{**row, "state": JobState(row["state"])})
