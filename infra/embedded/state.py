"""The state folder, and what is remembered in it.

stack.json       ports, passwords and the profile: written once, changed only when a port was taken (0600)
status.json      what the supervisor says of its processes, replaced whole at every change
supervisor.lock  held as long as a supervisor runs on this folder
logs/            one file a process
postgres/ valkey/ s3/ triton/ model_repository/    the servers' own
profiles/        pulled weights
"""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from infra.embedded import processes
from infra.embedded.processes import Identity

STATE_VARIABLE = "SIGHTLINE_STATE"
CHECKOUT = Path(__file__).resolve().parents[2]
"""Where Sightline's own files lie: `model_repository/`, `.venv-triton/`."""

PORT_NAMES = (
    "postgres",
    "valkey",
    "s3",
    "s3_object",
    "s3_container",
    "s3_account",
    "triton",
    "triton_http",
    "triton_metrics",
    "gateway",
)
SECRET_NAMES = (
    "postgres",
    "sightline_owner",
    "sightline_gateway",
    "sightline_ingest",
    "sightline_embed",
    "sightline_search",
    "sightline_report",
    "valkey",
    "s3",
    "s3_internal",
    "s3_paths",
)

# Below the range that Linux gives to outgoing connections (32768 and up), so that none of those takes our ports.
_PORT_RANGE = range(20_000, 32_000)

Phase = Literal["starting", "ready", "stopping", "stopped", "failed"]
ProcessState = Literal["waiting", "starting", "running", "restarting", "stopping", "stopped", "failed", "done"]

T = TypeVar("T")


class StackConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a state folder decided once: who it is, where its servers listen, their passwords."""

    stack_id: str
    """Marks this stack's processes and shared memory."""
    root: str = ""
    """Where the folder lay when the id was given: a copy of it elsewhere is another stack."""
    profile: str
    ports: dict[str, int]
    secrets: dict[str, str]


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the supervisor's table.

    `since` is in seconds since the epoch; `healthy` is None before the first check.
    """

    name: str
    state: ProcessState
    identity: Identity | None = None
    port: int | None = None
    since: float | None = None
    restarts: int = 0
    healthy: bool | None = None
    detail: str = ""

    @property
    def pid(self) -> int | None:
        """The pid of the process that runs now, if one does."""
        return self.identity.pid if self.identity is not None else None


class StackStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor says of itself and its processes."""

    phase: Phase
    supervisor: Identity
    servers_only: bool
    processes: tuple[ProcessStatus, ...]
    notices: tuple[str, ...] = ()
    failure: str = ""


class StateUnusableError(Exception):
    """A state folder that cannot be used; the message says why and what to do."""


class Paths(msgspec.Struct, frozen=True):
    """The places inside one state folder."""

    root: Path

    @property
    def config(self) -> Path:
        """Ports and passwords."""
        return self.root / "stack.json"

    @property
    def status(self) -> Path:
        """The supervisor's table."""
        return self.root / "status.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor."""
        return self.root / "supervisor.lock"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def models(self) -> Path:
        """What Triton serves."""
        return self.root / "model_repository"

    @property
    def profiles(self) -> Path:
        """Pulled weights, one folder a profile."""
        return self.root / "profiles"

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.logs / f"{name}.log"

    def server(self, name: str) -> Path:
        """The folder of one server, made if missing, closed to others."""
        folder = self.root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def state_folder(given: Path | None = None) -> Path:
    """The state folder meant: the one given, else SIGHTLINE_STATE, else `.sightline` in the current folder."""
    chosen = given or Path(os.environ.get(STATE_VARIABLE) or ".sightline")
    return chosen.expanduser().absolute()


def open_state(root: Path) -> Paths:
    """Make the state folder where it is missing and close it to other users. Raises StateUnusableError."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        (root / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StateUnusableError(
            f"cannot use {root} as state folder: {error.strerror}; choose another with --state"
        ) from error
    return Paths(root)


def write_private(path: Path, content: bytes | str) -> None:
    """Replace a file at once (readers see the old or the new one), readable by its owner only."""
    data = content.encode() if isinstance(content, str) else content
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise StateUnusableError(
            f"{path} cannot be read ({error}); restore it, or start over in another state folder"
        ) from error


def read_config(paths: Paths) -> StackConfig | None:
    """What the folder decided, or None where no stack ever ran on it."""
    return _read(paths.config, StackConfig)


def read_status(paths: Paths) -> StackStatus | None:
    """What the last supervisor said; it may be dead by now (`supervisor_runs`).

    None as well where the file cannot be understood: it is not synced, so a power cut can spoil it, and it says nothing
    that the processes' marks do not.
    """
    try:
        return _read(paths.status, StackStatus)
    except StateUnusableError:
        return None


def write_status(paths: Paths, status: StackStatus) -> None:
    """Replace the supervisor's table. Not synced to disk: it matters only as long as the machine runs."""
    fresh = paths.status.with_name(".status.json.new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(status), indent=1))
    fresh.chmod(0o600)
    fresh.replace(paths.status)


def _port_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _choose_port(taken: set[int]) -> int:
    for _ in range(1000):
        port = random.SystemRandom().choice(_PORT_RANGE)
        if port not in taken and _port_free(port):
            return port
    raise StateUnusableError(f"no free port found on 127.0.0.1 between {_PORT_RANGE.start} and {_PORT_RANGE.stop}")


def _place(paths: Paths) -> str:
    return str(paths.root.resolve())


def settle_config(paths: Paths, profile: str | None) -> tuple[StackConfig, tuple[str, ...]]:
    """The folder's decisions, made now where they were not; with a notice for each one that had to change.

    Call it with the lock held and orphans cleared, so that a port in use is in use by somebody else. A profile of None
    keeps the one used before (`tiny` at first). Raises StateUnusableError.
    """
    known = read_config(paths)
    if known is None and (paths.root / "postgres" / "data").exists():
        raise StateUnusableError(
            f"{paths.config} is missing, and with it the passwords of the data beside it: restore it, or choose another"
            " folder with --state"
        )
    ports = dict(known.ports) if known else {}
    notices = []
    for name in PORT_NAMES:
        if name in ports and _port_free(ports[name]):
            continue
        port = _choose_port(set(ports.values()))
        if name in ports:
            notices.append(f"port {ports[name]} of {name} is taken by another program: {name} now listens on {port}")
        ports[name] = port
    passwords = dict(known.secrets) if known else {}
    for name in SECRET_NAMES:
        passwords.setdefault(name, secrets.token_urlsafe(24))
    config = StackConfig(
        stack_id=known.stack_id if known and known.root == _place(paths) else secrets.token_hex(8),
        root=_place(paths),
        profile=profile or (known.profile if known else "tiny"),
        ports=ports,
        secrets=passwords,
    )
    if config != known:
        write_private(paths.config, msgspec.json.format(msgspec.json.encode(config), indent=1))
    return config, tuple(notices)


def remember_profile(paths: Paths, profile: str) -> None:
    """Make the next start serve this profile. Raises StateUnusableError."""
    known = read_config(paths)
    if known is not None and known.profile != profile:
        changed = msgspec.structs.replace(known, profile=profile)
        write_private(paths.config, msgspec.json.format(msgspec.json.encode(changed), indent=1))


def end_leftovers(paths: Paths) -> int:
    """End what a killed supervisor of this folder left running; returns how many processes that were.

    Call it with the lock held. Raises StateUnusableError and processes.OrphansRemainError.
    """
    config, status = read_config(paths), read_status(paths)
    if config is None or config.root != _place(paths):
        # Never ran here: what a copied folder names are the processes of the original.
        return 0
    recorded = [line.identity for line in status.processes if line.identity is not None] if status else []
    return processes.clear_orphans(config.stack_id, recorded)


class AlreadyRunningError(Exception):
    """Another supervisor holds this state folder."""


@contextmanager
def exclusive(paths: Paths, *, patience_s: float = 0.0) -> Iterator[None]:
    """Hold the state folder; the kernel lets go when the process ends, however it ends. Raises AlreadyRunningError.

    A little patience sees past `supervisor_runs`, which holds the folder for an instant.
    """
    deadline = time.monotonic() + patience_s
    with paths.lock.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise AlreadyRunningError(f"a stack already runs on {paths.root}") from error
                time.sleep(0.05)
        yield


def supervisor_runs(paths: Paths) -> bool:
    """Whether some supervisor holds the state folder now."""
    try:
        with exclusive(paths):
            return False
    except FileNotFoundError:
        return False
    except AlreadyRunningError:
        return True
