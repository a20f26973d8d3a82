"""A service's worker: wakes up, claims the job, keeps its lease, calls the use case, and says how it ended."""

import logging
import os
import random
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg
from celery import Celery, bootsteps, signals
from opentelemetry.trace import Status, StatusCode

from contracts.task import Payload, TaskContract
from kit.jobs import Claim, Jobs
from kit.lease import Lease, LeaseLostError, LeaseRenewer
from kit.telemetry import (
    JOB_SECONDS,
    JOBS_FINISHED,
    QUEUE_AGE,
    continued_span,
    log_ids,
    start_logging,
    start_telemetry,
)

_LOG = logging.getLogger(__name__)

P = TypeVar("P", bound=Payload)

HEARTBEAT_VARIABLE = "SIGHTLINE_HEARTBEAT_FILE"
"""A file that a worker touches every few seconds while it is connected to the broker and its loop turns: its age is a
health check that costs nothing, where asking a worker by Celery takes a second. Unset: no file."""

RETRY_DELAYS = (2.0, 10.0, 30.0)
"""Seconds before the second, third, … attempt, each stretched by up to half at random."""


@dataclass(frozen=True)
class JobHandler(Generic[P]):
    """How a service handles one contract."""

    contract: TaskContract[P]
    run: Callable[[P, Lease], None]
    """Does the work and commits it with `Jobs.completion(lease)`."""
    dead_on: tuple[type[Exception], ...] = ()
    """Errors that no second attempt can mend: the job is dead at once, with their message as its reason."""
    give_up: Callable[[P, Lease, str], None] | None = None
    """Ends the job as dead, with the reason, in one transaction with what else must be written
    (`Jobs.giving_up(lease, reason)`). None: nothing else."""


class JobWorker:
    """Runs the jobs of one service."""

    def __init__(self, jobs: Jobs, *, lease_seconds: float) -> None:
        self._jobs = jobs
        self._lease_seconds = lease_seconds
        self._name = socket.gethostname()

    def handle(self, job_id: UUID, handler: JobHandler[Any]) -> None:
        """Claims the job and sees it through. Nothing to claim (done, dead, taken): returns at once."""
        claim = self._jobs.claim(job_id, f"{self._name}:{os.getpid()}")
        if claim is None:
            return
        attributes: dict[str, str | int | float] = {
            "sightline.job_id": str(job_id),
            "sightline.tenant_id": str(claim.lease.tenant_id),
            "sightline.attempt": claim.lease.attempt,
            "messaging.system": "redis",
        }
        QUEUE_AGE.record(max(0.0, claim.waited_seconds), {"contract": claim.contract})
        started = time.monotonic()
        with (
            log_ids(job_id=str(job_id), tenant_id=str(claim.lease.tenant_id)),
            continued_span(f"job {claim.contract}", claim.trace, attributes) as span,
            LeaseRenewer(claim.lease, self._lease_seconds, self._renew),
        ):
            outcome = self._run(claim, handler)
            span.set_attribute("sightline.outcome", outcome)
            if outcome in {"dead", "retry"}:
                span.set_status(Status(StatusCode.ERROR))
        JOBS_FINISHED.add(1, {"contract": claim.contract, "outcome": outcome})
        JOB_SECONDS.record(time.monotonic() - started, {"contract": claim.contract})

    def _run(self, claim: Claim, handler: JobHandler[Any]) -> str:
        lease = claim.lease
        try:
            if claim.exhausted:
                attempts = lease.max_attempts
                self._give_up(
                    claim, handler, f"gave up after {attempts} attempts: every worker that took it died or hung"
                )
                return "dead"
            handler.run(claim.payload, lease)
        except LeaseLostError:
            _LOG.warning("lease lost; its work was dropped")
            return "lost"
        except handler.dead_on as error:
            _LOG.warning("job is dead", extra={"cause": str(error)})
            return self._end(claim, handler, str(error), dead=True)
        except Exception as error:  # noqa: BLE001
            # The border of all work: whatever went wrong is kept with the job, and tried again while attempts are left.
            _LOG.exception("job failed")
            return self._end(claim, handler, f"{type(error).__name__}: {error}", dead=lease.last_attempt)
        _LOG.info("job done", extra={"contract": claim.contract, "attempt": lease.attempt})
        return "done"

    def _end(self, claim: Claim, handler: JobHandler[Any], reason: str, *, dead: bool) -> str:
        try:
            if dead:
                self._give_up(claim, handler, reason)
                return "dead"
            base = RETRY_DELAYS[min(claim.lease.attempt, len(RETRY_DELAYS)) - 1]
            self._jobs.retry_later(claim.lease, reason, base * random.uniform(1.0, 1.5))  # noqa: S311 (jitter)
        except LeaseLostError:
            _LOG.warning("lease lost while ending the job")
            return "lost"
        return "retry"

    def _give_up(self, claim: Claim, handler: JobHandler[Any], reason: str) -> None:
        if handler.give_up is not None:
            handler.give_up(claim.payload, claim.lease, reason)
            return
        with self._jobs.giving_up(claim.lease, reason):
            pass

    def _renew(self, lease: Lease) -> bool:
        try:
            return self._jobs.renew(lease)
        except psycopg.OperationalError as error:
            # The database may be restarting; the next renewal comes well before the lease ends.
            _LOG.warning("lease not renewed", extra={"cause": str(error)})
            return True


def register(app: Celery, worker: JobWorker, handlers: Sequence[JobHandler[Any]]) -> None:
    """Makes a Celery task of each handler, named as its contract."""
    for handler in handlers:
        _register_one(app, worker, handler)


def _register_one(app: Celery, worker: JobWorker, handler: JobHandler[Any]) -> None:
    def task(job_id: str) -> None:
        worker.handle(UUID(job_id), handler)

    limit = handler.contract.time_limit.total_seconds()
    app.task(name=handler.contract.name, ignore_result=True, time_limit=int(limit), shared=False)(task)


@dataclass(frozen=True)
class Duty:
    """Something that a service does from time to time. Every worker's main process does it: it must bear several at
    once, and being cut off."""

    name: str
    seconds: float
    """Between two times, about."""
    run: Callable[[], object]
    """Does it. Errors of Postgres and of the network are noted, and it is tried again at the next time."""


class _Timer:
    """A thread of a worker's main process that does one duty."""

    def __init__(self, duty: Duty) -> None:
        self._duty = duty
        self._stop = Event()
        self._thread = Thread(target=self._loop, name=duty.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.wait(self._duty.seconds * random.uniform(0.8, 1.2)):  # noqa: S311 (spreads the workers)
            try:
                self._duty.run()
            except (psycopg.Error, OSError) as error:
                _LOG.warning("a duty failed; it is tried again", extra={"duty": self._duty.name, "cause": str(error)})


def run_with(
    app: Celery,
    service: str,
    *,
    jobs: Jobs,
    otlp_endpoint: str,
    reconcile_seconds: float,
    duties: Sequence[Duty] = (),
) -> None:
    """Ties logging, telemetry, the reconciler and the service's own duties to the life of this application's worker."""
    quiet = max(2 * reconcile_seconds, 1.0)
    reconciling = Duty("reconciler", reconcile_seconds, lambda: jobs.reconcile(quiet_seconds=quiet))

    class DutiesStep(bootsteps.StartStopStep):
        """Starts and stops with the worker."""

        def __init__(self, parent: object, **options: object) -> None:
            super().__init__(parent, **options)
            self._timers = [_Timer(duty) for duty in (reconciling, *duties)]

        def start(self, parent: object) -> None:  # noqa: ARG002 (Celery's signature)
            for timer in self._timers:
                timer.start()

        def stop(self, parent: object) -> None:  # noqa: ARG002
            for timer in self._timers:
                timer.stop()

    app.steps["worker"].add(DutiesStep)

    def on_setup_logging(**_: object) -> None:
        start_logging(service)
        # Celery's lines for each message hold its arguments, and so what people search for.
        for name in ("celery.worker.strategy", "celery.app.trace"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def on_process(**_: object) -> None:
        start_telemetry(service, otlp_endpoint)

    def on_heartbeat(**_: object) -> None:
        Path(heartbeat_file).touch()

    heartbeat_file = os.environ.get(HEARTBEAT_VARIABLE, "")
    if heartbeat_file:
        signals.heartbeat_sent.connect(on_heartbeat, weak=False)
    signals.setup_logging.connect(on_setup_logging, weak=False)
    signals.worker_process_init.connect(on_process, weak=False)
