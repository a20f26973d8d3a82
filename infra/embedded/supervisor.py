"""Keeps the table of `topology.py` running: starts in order, watches, restarts, stops in reverse order.

Run as a program (`python -m infra.embedded.supervisor --state DIR`), one a state folder; `stack.py` starts it. All that
others may know of it stands in `status.json`; SIGTERM or SIGINT end it in good order. Killed in any other way it takes
its children with it: each asked the kernel for that (`launch.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from infra.embedded import processes, repository, topology
from infra.embedded.child import CannotStartError, Child, NotHealthyError, Step
from infra.embedded.launch import die_with_parent
from infra.embedded.processes import Identity
from infra.embedded.state import (
    AlreadyRunningError,
    Paths,
    Phase,
    ProcessStatus,
    StackStatus,
    StateUnusableError,
    end_leftovers,
    exclusive,
    open_state,
    settle_config,
    write_status,
)

_LOG = logging.getLogger("supervisor")

_STARTS_BEFORE_GIVING_UP = 4
_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 10.0
_STABLE_AFTER_S = 60.0
_LOG_BYTES_BEFORE_ROTATION = 20_000_000
_LAST_LINES = 8
_LINE_LENGTH = 400


class StartFailedError(Exception):
    """A child that never became healthy, or a step that failed; the message says what was last seen."""


class _Running:
    """One started process, and an event for its end (by pidfd, so that no thread waits for it)."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.popen = popen
        self.exited = asyncio.Event()
        self._pidfd = os.pidfd_open(popen.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_exit)

    def _on_exit(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self.popen.wait()
        self.exited.set()

    def how_it_ended(self) -> str:
        code = self.popen.returncode
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    async def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it came in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.exited.wait(), seconds)
        return self.exited.is_set()


def _last_lines(log: Path) -> str:
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        return "\n".join(f"    {line[:_LINE_LENGTH]}" for line in lines[-_LAST_LINES:])
    return ""


class Supervisor:
    """Runs one table until told to stop."""

    def __init__(
        self, paths: Paths, table: Sequence[Child | Step], *, notices: tuple[str, ...], servers_only: bool, me: Identity
    ) -> None:
        self._paths = paths
        self._table = {entry.name: entry for entry in table}
        self._ready = {name: asyncio.Event() for name in self._table}
        self._running: dict[str, _Running] = {}
        self._stop = asyncio.Event()
        self._status = StackStatus(
            phase="starting",
            supervisor=me,
            servers_only=servers_only,
            notices=notices,
            processes=tuple(
                ProcessStatus(name=entry.name, state="waiting", port=entry.port if isinstance(entry, Child) else None)
                for entry in table
            ),
        )

    def stop(self) -> None:
        """Ask for an orderly end (a signal handler)."""
        _LOG.info("asked to stop")
        self._stop.set()

    def _publish(self, phase: Phase | None = None, *, failure: str = "") -> None:
        if phase is not None:
            self._status = msgspec.structs.replace(self._status, phase=phase, failure=failure or self._status.failure)
        write_status(self._paths, self._status)

    def _say(self, name: str, **changes: object) -> None:
        """Change one line of the table and let everybody see it."""
        lines = tuple(
            msgspec.structs.replace(line, **changes) if line.name == name else line for line in self._status.processes
        )
        self._status = msgspec.structs.replace(self._status, processes=lines)
        self._publish()

    def _line(self, name: str) -> ProcessStatus:
        return next(line for line in self._status.processes if line.name == name)

    async def run(self) -> bool:
        """Start everything, keep it running until `stop`, end it. Returns whether it ever became ready."""
        self._publish()
        started = time.monotonic()
        tasks = [asyncio.create_task(self._tend(entry), name=entry.name) for entry in self._table.values()]
        stopping = asyncio.create_task(self._stop.wait())
        everything = asyncio.create_task(self._all_ready())
        failure = ""
        pending: set[asyncio.Task[object]] = {stopping, everything, *tasks}
        while not stopping.done() and not failure:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            failure = "\n".join(str(problem) for task in done if (problem := task.exception()) is not None)
            if everything in done:
                _LOG.info("everything runs after %.1f s", time.monotonic() - started)
                self._publish("ready")
        was_ready = everything.done()
        if failure:
            _LOG.error("%s", failure)
        self._publish("stopping", failure=failure)
        for task in (*tasks, everything, stopping):
            task.cancel()
        await asyncio.gather(*tasks, everything, stopping, return_exceptions=True)
        await self._stop_all()
        self._publish("failed" if failure else "stopped")
        return was_ready and not failure

    async def _all_ready(self) -> None:
        for event in self._ready.values():
            await event.wait()

    async def _tend(self, entry: Child | Step) -> None:
        for name in entry.needs:
            await self._ready[name].wait()
        if isinstance(entry, Child):
            await self._keep(entry)
        else:
            await self._take(entry)

    async def _take(self, step: Step) -> None:
        self._say(step.name, state="starting", since=time.time())
        try:
            detail = await asyncio.to_thread(step.run)
        except Exception as error:
            # Whatever a step raises ends the start; its kind goes to the log, its message to the person.
            _LOG.exception("step %s failed", step.name)
            self._say(step.name, state="failed", detail=str(error))
            raise StartFailedError(f"{step.name} failed: {error}") from error
        _LOG.info("%s: %s", step.name, detail)
        self._say(step.name, state="done", detail=detail, since=time.time())
        self._ready[step.name].set()

    async def _keep(self, child: Child) -> None:
        """Start a child again and again; give up only if it never once became healthy."""
        failed_starts = 0
        while True:
            if child.before_start is not None:
                await asyncio.to_thread(child.before_start)
            running = self._start(child)
            began = time.monotonic()
            problem = await self._until_healthy(child, running)
            if problem is None:
                self._ready[child.name].set()
                _LOG.info("%s is healthy after %.1f s", child.name, time.monotonic() - began)
                await self._watch(child, running)
                problem = running.how_it_ended()
            processes.kill_session(running.popen.pid)
            await running.exited.wait()
            failed_starts = 1 if time.monotonic() - began > _STABLE_AFTER_S else failed_starts + 1
            _LOG.warning("%s %s", child.name, problem)
            if failed_starts >= _STARTS_BEFORE_GIVING_UP and not self._ready[child.name].is_set():
                self._say(child.name, state="failed", identity=None, healthy=False, detail=problem)
                log = self._paths.log(child.name)
                raise StartFailedError(
                    f"{child.name} does not start: it {problem}. The end of {log}:\n{_last_lines(log)}"
                )
            self._say(
                child.name,
                state="restarting",
                identity=None,
                healthy=False,
                restarts=self._line(child.name).restarts + 1,
                detail=problem,
            )
            await asyncio.sleep(min(_FIRST_BACKOFF_S * 2 ** (failed_starts - 1), _LONGEST_BACKOFF_S))

    def _start(self, child: Child) -> _Running:
        log_path = self._paths.log(child.name)
        if log_path.exists() and log_path.stat().st_size > _LOG_BYTES_BEFORE_ROTATION:
            log_path.replace(log_path.with_suffix(".log.1"))
        with log_path.open("ab") as log:
            popen = subprocess.Popen(
                child.launch_command(),
                env=dict(child.environment),
                cwd=child.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        running = _Running(popen)
        self._running[child.name] = running
        # Recorded at once: this is what finds it again if the supervisor is killed the next moment.
        self._say(
            child.name,
            state="starting",
            identity=processes.identify(popen.pid),
            since=time.time(),
            healthy=None,
            detail="",
        )
        _LOG.info("%s started as pid %d", child.name, popen.pid)
        return running

    async def _until_healthy(self, child: Child, running: _Running) -> str | None:
        """Poll until the child serves; otherwise say what was wrong."""
        deadline = time.monotonic() + child.start_within_s
        pause = 0.05
        seen = "was never asked"
        while time.monotonic() < deadline:
            if await running.wait(pause):
                return running.how_it_ended()
            pause = min(pause * 1.3, 0.5)
            try:
                await asyncio.to_thread(child.healthy)
            except NotHealthyError as problem:
                seen = str(problem)
                continue
            if running.exited.is_set():
                return running.how_it_ended()
            self._say(child.name, state="running", healthy=True, detail="")
            return None
        return f"was not healthy within {child.start_within_s:.0f} s ({seen})"

    async def _watch(self, child: Child, running: _Running) -> None:
        """Check a running child's health now and then until it ends; tell when it changes."""
        while not await running.wait(child.check_every_s):
            try:
                await asyncio.to_thread(child.healthy)
                problem = ""
            except NotHealthyError as error:
                problem = str(error)
            healthy = not problem
            if not running.exited.is_set() and healthy != self._line(child.name).healthy:
                _LOG.log(logging.INFO if healthy else logging.WARNING, "%s: %s", child.name, problem or "healthy again")
                self._say(child.name, healthy=healthy, detail=problem)

    async def _stop_all(self) -> None:
        """End every child after those that need it, through steps as well (the gateway needs the bucket needs s3)."""
        stopped = {name: asyncio.Event() for name in self._table}

        async def stop(name: str) -> None:
            for other, entry in self._table.items():
                if name in entry.needs:
                    await stopped[other].wait()
            entry = self._table[name]
            running = self._running.get(name)
            if isinstance(entry, Child) and running is not None:
                await self._stop_one(entry, running)
            stopped[name].set()

        await asyncio.gather(*(stop(name) for name in self._table))

    async def _stop_one(self, child: Child, running: _Running) -> None:
        if not running.exited.is_set():
            self._say(child.name, state="stopping")
            running.popen.send_signal(child.stop_signal)
            if not await running.wait(child.stop_within_s):
                _LOG.warning("%s did not end within %.0f s: killed", child.name, child.stop_within_s)
        processes.kill_session(running.popen.pid)
        await running.exited.wait()
        _LOG.info("%s stopped", child.name)
        self._say(child.name, state="stopped", identity=None, healthy=None)


def _identity() -> Identity:
    me = processes.identify(os.getpid())
    if me is None:
        raise StateUnusableError("/proc does not show this process: the embedded stack needs Linux with /proc")
    return me


def _serve(paths: Paths, *, profile: str | None, servers_only: bool) -> bool:
    me = _identity()

    def tell(phase: Phase, failure: str = "") -> None:
        write_status(
            paths, StackStatus(phase=phase, supervisor=me, servers_only=servers_only, processes=(), failure=failure)
        )

    try:
        if ended := end_leftovers(paths):
            _LOG.warning("ended %d processes that an earlier supervisor left behind", ended)
        tell("starting")
        if profile is not None:
            # Before it is remembered.
            repository.require_profile(paths, profile)
        config, notices = settle_config(paths, profile)
        for notice in notices:
            _LOG.warning("%s", notice)
        table = topology.table(paths, config, servers_only=servers_only)
    except (CannotStartError, StateUnusableError, processes.OrphansRemainError) as error:
        _LOG.error("%s", error)
        tell("failed", str(error))
        return False

    async def run() -> bool:
        supervisor = Supervisor(paths, table, notices=notices, servers_only=servers_only, me=me)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        return await supervisor.run()

    return asyncio.run(run())


def main() -> None:
    """Run on one state folder; exit code 0 after an orderly stop, 1 if it could not start, 3 if one already runs."""
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.supervisor")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--profile")
    parser.add_argument("--servers-only", action="store_true")
    parser.add_argument("--parent", type=int, default=0, help="stop when this process, which started us, is gone")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    if wanted.parent:
        die_with_parent(signal.SIGTERM, wanted.parent)
    paths = open_state(wanted.state)
    try:
        with exclusive(paths, patience_s=1.0):
            ok = _serve(paths, profile=wanted.profile, servers_only=wanted.servers_only)
    except AlreadyRunningError as error:
        _LOG.info("%s", error)
        sys.exit(3)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
