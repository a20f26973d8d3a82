"""Who is who among the machine's processes, read from /proc.

A pid alone names nobody for long: the kernel gives it out again. An `Identity` adds the start time and the boot, so
that a process recorded by an earlier supervisor is either still that process or gone. Every child also carries the
stack's id in its environment (`MARK`), which finds what was started but not yet recorded.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

MARK = "SIGHTLINE_STACK_ID"

_PROC = Path("/proc")


class Identity(msgspec.Struct, frozen=True):
    """One process for good: its pid, when it started (clock ticks since boot) and in which boot."""

    pid: int
    started_ticks: int
    boot: str


class _Stat(msgspec.Struct, frozen=True):
    state: str
    parent: int
    session: int
    started_ticks: int


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold anything, so count from the last one; fields as in proc(5).
    fields = text.rpartition(")")[2].split()
    return _Stat(state=fields[0], parent=int(fields[1]), session=int(fields[3]), started_ticks=int(fields[19]))


def _running(stat: _Stat | None) -> bool:
    return stat is not None and stat.state not in "ZX"


def _all_pids() -> Iterator[int]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def identify(pid: int) -> Identity | None:
    """The identity of a running process, or None where there is none."""
    stat = _stat(pid)
    if stat is None or not _running(stat):
        return None
    return Identity(pid=pid, started_ticks=stat.started_ticks, boot=_boot())


def is_alive(identity: Identity) -> bool:
    """Whether that very process, and not one that got its pid later, still runs."""
    return identify(identity.pid) == identity


def started_at(identity: Identity) -> float:
    """When the process started, in seconds since the epoch (to the clock's hundredth)."""
    boot_time = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return boot_time + identity.started_ticks / os.sysconf("SC_CLK_TCK")


def session_members(leader: int) -> list[int]:
    """Pids of the processes that run in the session that `leader` opened, the leader included."""
    members = []
    for pid in _all_pids():
        stat = _stat(pid)
        if stat is not None and stat.session == leader and _running(stat):
            members.append(pid)
    return members


def marked(stack_id: str) -> list[int]:
    """Pids of the processes that carry this stack's id in the environment they were started with."""
    wanted = f"{MARK}={stack_id}".encode()
    found = []
    for pid in _all_pids():
        try:
            environment = (_PROC / str(pid) / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if wanted in environment.split(b"\0") and _running(_stat(pid)):
            found.append(pid)
    return found


def own_line() -> set[int]:
    """The pids of this process and of those it descends from: never to be mistaken for orphans."""
    line = set()
    pid = os.getpid()
    while pid > 0 and pid not in line:
        line.add(pid)
        stat = _stat(pid)
        pid = stat.parent if stat is not None else 0
    return line


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each pid; those that went meanwhile are no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_session(leader: int) -> None:
    """SIGKILL whatever is left of the session that `leader` opened (a server's stubs can outlive it)."""
    send(session_members(leader), signal.SIGKILL)


def orphans(stack_id: str, recorded: Iterable[Identity]) -> list[int]:
    """Pids left over from an earlier supervisor of this stack: recorded ones with their sessions, and marked ones."""
    found = set(marked(stack_id))
    for identity in recorded:
        if is_alive(identity):
            found.add(identity.pid)
            found.update(session_members(identity.pid))
    return sorted(found - own_line())


class OrphansRemainError(Exception):
    """Processes of an earlier supervisor that even SIGKILL did not end."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(
            f"processes {', '.join(map(str, pids))} of an earlier run do not end, not even by SIGKILL:"
            " they probably wait for a disk; look at them with ps, or restart the machine"
        )
        self.pids = pids


def clear_orphans(stack_id: str, recorded: Iterable[Identity], *, patience_s: float = 8.0) -> int:
    """End what an earlier supervisor of this stack left running; returns how many processes that were.

    They were told to stop when their supervisor died, so they first get `patience_s` to do it in good order.
    Raises OrphansRemainError where SIGKILL does not help.
    """
    recorded = list(recorded)
    cleared: set[int] = set()
    asked: set[int] = set()
    deadline = time.monotonic() + patience_s
    while left := orphans(stack_id, recorded):
        cleared.update(left)
        if time.monotonic() > deadline + 10:
            raise OrphansRemainError(left)
        if time.monotonic() > deadline:
            send(left, signal.SIGKILL)
        else:
            # SIGINT is "fast shutdown" to Postgres and an orderly end to the others.
            send(set(left) - asked, signal.SIGINT)
            asked.update(left)
        time.sleep(0.1)
    return len(cleared)
