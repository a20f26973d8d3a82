"""The embedded stack for Python programs: the command line, the demo, the tests.

    stack = Stack(Path(".sightline"))
    endpoints = stack.start()          # returns when everything is healthy
    requests.get(endpoints.gateway_url + "/v1/cameras")
    stack.stop()

or, for as long as a block runs (and no longer than this process lives):

    with Stack(folder).run(servers_only=True) as endpoints:
        psycopg.connect(endpoints.dsn("ingest"))
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.embedded import postgres, processes, swift, topology, triton, valkey
from infra.embedded.processes import Identity
from infra.embedded.state import (
    CHECKOUT,
    AlreadyRunningError,
    Paths,
    ProcessStatus,
    StackConfig,
    StackStatus,
    StateUnusableError,
    end_leftovers,
    exclusive,
    open_state,
    read_config,
    read_status,
    state_folder,
    supervisor_runs,
)

OnChange = Callable[[StackStatus], None]
"""Hears the supervisor's table whenever it changed."""

SUPERVISOR = "supervisor"

_POLL_S = 0.1


class StackFailedError(Exception):
    """The stack did not come up; the message names the process and shows the end of its log."""


class NotRunningError(Exception):
    """No stack runs on the state folder."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a stack's servers listen, and how to be let in."""

    superuser_dsn: str = field(repr=False)
    """Postgres as superuser, on the application's database."""
    dsns: Mapping[str, str] = field(repr=False)
    """Postgres by role: `owner`, `gateway`, `ingest`, `embed`, `search`, `report`."""
    passwords: Mapping[str, str] = field(repr=False)
    """Of Postgres's roles, by their names there (`sightline_ingest`)."""
    redis_url: str = field(repr=False)
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str = field(repr=False)
    s3_bucket: str
    s3_region: str
    triton_url: str
    """gRPC, host:port."""
    triton_http_url: str
    gateway_url: str

    def dsn(self, role: str) -> str:
        """Postgres as one role."""
        return self.dsns[role]


def endpoints_of(config: StackConfig) -> Endpoints:
    """The endpoints that a state folder's decisions mean."""
    roles = ("owner", *topology.ROLES)
    return Endpoints(
        superuser_dsn=postgres.dsn(config, postgres.SUPERUSER),
        dsns={role: postgres.dsn(config, f"sightline_{role}") for role in roles},
        passwords={f"sightline_{role}": config.secrets[f"sightline_{role}"] for role in roles},
        redis_url=valkey.url(config),
        s3_endpoint=swift.endpoint(config),
        s3_access_key=swift.ACCESS_KEY,
        s3_secret_key=config.secrets["s3"],
        s3_bucket=swift.BUCKET,
        s3_region=swift.REGION,
        triton_url=triton.url(config),
        triton_http_url=f"http://127.0.0.1:{config.ports['triton_http']}",
        gateway_url=f"http://127.0.0.1:{config.ports['gateway']}",
    )


class Stack:
    """The stack of one state folder, running or not. Cheap to make; holds nothing open."""

    def __init__(self, state: Path | None = None) -> None:
        """`state` as for the command line: the folder given, else SIGHTLINE_STATE, else `.sightline`."""
        self.paths = Paths(state_folder(state))

    def __repr__(self) -> str:
        return f"Stack({str(self.paths.root)!r})"

    @property
    def running(self) -> bool:
        """Whether a supervisor holds the state folder."""
        return supervisor_runs(self.paths)

    def status(self) -> StackStatus | None:
        """The supervisor's table, or None where no stack runs."""
        return read_status(self.paths) if self.running else None

    def config(self) -> StackConfig:
        """The folder's ports and passwords. Raises NotRunningError where no stack ever ran on it."""
        config = read_config(self.paths)
        if config is None:
            raise NotRunningError(f"no stack ever ran on {self.paths.root}")
        return config

    def endpoints(self) -> Endpoints:
        """Where the servers listen; the same at every start. Raises NotRunningError where no stack ever ran."""
        return endpoints_of(self.config())

    def environment(self, role: str) -> dict[str, str]:
        """The SIGHTLINE_* variables of a process of this role (`gateway`, `ingest`, `embed`, `search`, `report`)."""
        return topology.connections(self.config(), role)

    def start(
        self,
        *,
        profile: str | None = None,
        servers_only: bool = False,
        with_me: bool = False,
        within_s: float = 900.0,
        on_change: OnChange | None = None,
    ) -> Endpoints:
        """Start everything and wait until it is healthy.

        `profile` None keeps the one used before (`tiny` at first). `servers_only` leaves the workers and the gateway
        out. `with_me` ties the stack to the caller: it stops when that ends, however it ends. The kernel ties it to the
        calling thread, so call it from one that stays.

        Raises AlreadyRunningError, StateUnusableError, and StackFailedError with what was seen.
        """
        open_state(self.paths.root)
        if self.running:
            raise AlreadyRunningError(f"a stack already runs on {self.paths.root}")
        command = [sys.executable, "-m", "infra.embedded.supervisor", "--state", str(self.paths.root)]
        command += ["--profile", profile] if profile is not None else []
        command += ["--servers-only"] if servers_only else []
        command += ["--parent", str(os.getpid())] if with_me else []
        with self.paths.log(SUPERVISOR).open("ab") as log:
            supervisor = subprocess.Popen(
                command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait_ready(supervisor, time.monotonic() + within_s, on_change)
        except BaseException:
            # An impatient Ctrl-C as well: whoever gave up waiting must not leave it behind.
            supervisor.terminate()
            supervisor.wait()
            raise
        return self.endpoints()

    def _wait_ready(self, supervisor: subprocess.Popen[bytes], deadline: float, on_change: OnChange | None) -> None:
        seen: StackStatus | None = None
        while True:
            ended = supervisor.poll() is not None
            status = read_status(self.paths)
            if status is not None and status.supervisor.pid == supervisor.pid and status != seen:
                seen = status
                if on_change is not None:
                    on_change(status)
                if status.phase == "ready":
                    return
            if ended:
                if supervisor.returncode == 3:
                    raise AlreadyRunningError(f"a stack already runs on {self.paths.root}")
                told = seen.failure if seen is not None else ""
                raise StackFailedError(told or f"the supervisor ended at once; see {self.paths.log(SUPERVISOR)}")
            if time.monotonic() > deadline:
                waiting = (
                    [line.name for line in seen.processes if line.state not in ("running", "done")] if seen else []
                )
                raise StackFailedError(f"not ready in time: still waiting for {', '.join(waiting) or 'the supervisor'}")
            time.sleep(_POLL_S)

    def stop(self, *, within_s: float = 180.0, on_change: OnChange | None = None) -> bool:
        """Stop everything in good order, and whatever a killed supervisor left behind; whether there was anything.

        Raises StackFailedError where it does not end in time.
        """
        status = self.status()
        if status is None:
            return self._end_leftovers()
        processes.send([status.supervisor.pid], signal.SIGTERM)
        deadline = time.monotonic() + within_s
        seen = None
        while self.running or processes.is_alive(status.supervisor):
            now = read_status(self.paths)
            if now is not None and now != seen and on_change is not None:
                seen = now
                on_change(now)
            if time.monotonic() > deadline:
                raise StackFailedError(f"the supervisor (pid {status.supervisor.pid}) does not stop; see its log")
            time.sleep(_POLL_S)
        _reap(status.supervisor)
        last = read_status(self.paths)
        if last is not None and on_change is not None:
            on_change(last)
        return True

    def _end_leftovers(self) -> bool:
        if read_config(self.paths) is None:
            return False
        with exclusive(self.paths, patience_s=1.0):
            return end_leftovers(self.paths) > 0

    @contextmanager
    def run(
        self, *, profile: str | None = None, servers_only: bool = False, on_change: OnChange | None = None
    ) -> Iterator[Endpoints]:
        """Start for the length of a block; see `start`."""
        endpoints = self.start(profile=profile, servers_only=servers_only, with_me=True, on_change=on_change)
        try:
            yield endpoints
        finally:
            self.stop()

    def process(self, name: str) -> ProcessStatus:
        """One line of the table. Raises NotRunningError, and KeyError where there is no such process."""
        status = self.status()
        if status is None:
            raise NotRunningError(f"no stack runs on {self.paths.root}")
        for line in status.processes:
            if line.name == name:
                return line
        raise KeyError(name)

    def kill(self, name: str) -> Identity:
        """SIGKILL one process (`supervisor` for the supervisor itself) and return who it was: for tests of recovery.

        Raises NotRunningError where it does not run.
        """
        status = self.status()
        if status is None:
            raise NotRunningError(f"no stack runs on {self.paths.root}")
        identity = status.supervisor if name == SUPERVISOR else self.process(name).identity
        if identity is None:
            raise NotRunningError(f"{name} does not run on {self.paths.root}")
        os.kill(identity.pid, signal.SIGKILL)
        if name == SUPERVISOR:
            _reap(identity)
        return identity

    def wait_replaced(self, killed: Identity, name: str, *, within_s: float = 120.0) -> ProcessStatus:
        """Wait until another process has taken the place of the killed one and is healthy. Raises StackFailedError."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            line = self.process(name)
            if line.state == "running" and line.healthy and line.identity != killed:
                return line
            time.sleep(_POLL_S)
        raise StackFailedError(f"{name} did not come back within {within_s:.0f} s; see {self.paths.log(name)}")


def _reap(identity: Identity) -> None:
    """Collect the supervisor's end if it is a child of this process, so that no zombie stays."""
    try:
        os.waitpid(identity.pid, 0)
    except ChildProcessError:
        return


__all__ = ["AlreadyRunningError", "Endpoints", "NotRunningError", "Stack", "StackFailedError", "StateUnusableError"]
