"""The right to work on a job: held by one worker, kept by renewing it, lost by silence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import UUID


class LeaseLostError(Exception):
    """Somebody else has the job now, or it was given up; nothing this worker did for it may be committed."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"the lease of job {job_id} was lost: another worker has it, or it is over")
        self.job_id = job_id


@dataclass(frozen=True)
class Lease:
    """One claim of one job."""

    job_id: UUID
    tenant_id: UUID
    token: UUID
    """Fences every commit: a stale token changes nothing."""
    attempt: int
    """1 for the first."""
    max_attempts: int
    subject_id: UUID | None
    _progress: list[float] = field(default_factory=lambda: [0.0], compare=False, repr=False)
    _lost: Event = field(default_factory=Event, compare=False, repr=False)

    @property
    def last_attempt(self) -> bool:
        """Whether a failure now is the end."""
        return self.attempt >= self.max_attempts

    @property
    def progress(self) -> float:
        """Share done, 0 to 1, as last told."""
        return self._progress[0]

    def tell_progress(self, share: float) -> None:
        """Notes the share done, 0 to 1; written with the next renewal. Raises LeaseLostError where it is gone."""
        if self._lost.is_set():
            raise LeaseLostError(self.job_id)
        self._progress[0] = min(1.0, max(0.0, share))

    def mark_lost(self) -> None:
        """Called by the renewer when the store no longer knows the token."""
        self._lost.set()


class LeaseRenewer:
    """Renews a lease every third of its length while the block runs."""

    def __init__(self, lease: Lease, seconds: float, renew: Callable[[Lease], bool]) -> None:
        self._lease = lease
        self._interval = seconds / 3
        self._renew = renew
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"lease-{lease.job_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=self._interval)

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            if not self._renew(self._lease):
                self._lease.mark_lost()
                return
