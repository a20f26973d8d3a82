"""What the supervisor's table is made of: children to keep alive, and steps to take once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.embedded.processes import MARK

_LAUNCH = Path(__file__).with_name("launch.py")

# What a child may know of the environment that `sightline up` was called in.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20)}
"""For processes that pass pictures on by the megabyte: glibc keeps what they free for the next, instead of giving it
back to the kernel and asking for it again, page by page. That took as long as sending them."""


class NotHealthyError(Exception):
    """A server that does not serve (yet); the message says what was seen."""


class CannotStartError(Exception):
    """A child or step that will not work however often it is tried; the message says what to do."""


def answers_http(port: int, path: str) -> Callable[[], None]:
    """A health check: a GET of this path on 127.0.0.1 is answered with 200."""

    def healthy() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise NotHealthyError(f"no answer on port {port}: {error}") from error
        finally:
            connection.close()
        if status != HTTPStatus.OK:
            raise NotHealthyError(f"{path} answers {status}")

    return healthy


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep alive."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """The whole of it."""
    healthy: Callable[[], None]
    """Returns if the process serves, else raises NotHealthyError. Called from a thread; limits its own time."""
    needs: tuple[str, ...] = ()
    """What must be healthy (children) or done (steps) before this one starts, and outlives it when all stop."""
    folder: Path
    """Where it runs."""
    port: int | None = None
    """Where it listens on 127.0.0.1, if it does."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 15.0
    """How long an orderly end may take before SIGKILL."""
    start_within_s: float = 120.0
    """How long until the first health; generous, for loaded machines."""
    check_every_s: float = 10.0
    """Between health checks once it runs."""
    user: str | None = None
    """Another user to run as (needs root)."""
    directories: Mapping[int, Path] = field(default_factory=dict)
    """Folders handed over as open file descriptors: number → folder."""
    before_start: Callable[[], None] | None = None
    """Clears what an earlier run of this process left behind. Called from a thread before every start."""

    def launch_command(self) -> tuple[str, ...]:
        """The command line that starts it as a supervised child of the calling process."""
        options = ["--death-signal", str(int(self.stop_signal)), "--parent", str(os.getpid())]
        for number, path in self.directories.items():
            options += ["--directory", f"{number}={path}"]
        if self.user is not None:
            options += ["--user", self.user]
        return (*launcher(), *options, "--", *self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do once at every start, between children."""

    name: str
    run: Callable[[], str]
    """Does it and returns what it did, in a few words. Called from a thread. May raise CannotStartError."""
    needs: tuple[str, ...] = ()


def launcher() -> tuple[str, ...]:
    """The command that runs another command as `launch.py` describes."""
    return (sys.executable, "-I", "-S", str(_LAUNCH))


def plain_environment(stack_id: str, **more: str) -> dict[str, str]:
    """The environment every child gets: where programs are, the stack's mark, and what is given."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {"LC_ALL": "C.UTF-8", **passed_on, "TZ": "UTC", MARK: stack_id, **more}
