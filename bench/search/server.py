"""A Postgres of its own for the bench: the embedded binaries, the project's schema, in a folder that is kept."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from infra.embedded import postgres
from infra.embedded.child import NotHealthyError
from infra.embedded.state import open_state, settle_config
from infra.postgres.migrate import OWNER, SERVICE_ROLES, ensure_roles, migrate

_SETTINGS = {"shared_buffers": "6GB", "max_wal_size": "16GB", "max_parallel_workers_per_gather": "0"}
"""What differs from the embedded stack: room for a million vectors in each state, and one core a query, as the peers
are given."""


@dataclass(frozen=True)
class Server:
    """A running Postgres."""

    passwords: dict[str, str]
    superuser_dsn: str
    dsns: dict[str, str]
    """By role: `owner`, `embed`, `search`, …"""


@contextmanager
def running_postgres(folder: Path) -> Iterator[Server]:
    """Starts it, migrates it, and stops it at the end; its data stay in the folder. Raises TimeoutError."""
    paths = open_state(folder)
    config, _ = settle_config(paths, None)
    child = postgres.child(paths, config)
    child = replace(
        child,
        command=(*child.command, *(word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}"))),
    )
    if child.before_start is not None:
        child.before_start()
    with paths.log("postgres").open("a") as log:
        process = subprocess.Popen(
            child.launch_command(), stdout=log, stderr=log, cwd=child.folder, env=dict(child.environment)
        )
    try:
        _wait(child.healthy, process)
        postgres.create_database(config)
        superuser = postgres.dsn(config, postgres.SUPERUSER)
        passwords = {role: config.secrets[role] for role in (OWNER, *SERVICE_ROLES)}
        ensure_roles(superuser, passwords)
        migrate(superuser)
        dsns = {role.removeprefix("sightline_"): postgres.dsn(config, role) for role in (OWNER, *SERVICE_ROLES)}
        yield Server(passwords, superuser, dsns)
    finally:
        process.send_signal(child.stop_signal)
        process.wait(timeout=child.stop_within_s)


def _wait(healthy: Callable[[], None], process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            healthy()
        except NotHealthyError:
            if process.poll() is not None or time.monotonic() > ends:
                raise TimeoutError("the bench's Postgres does not come up: see the log in its folder") from None
            time.sleep(0.2)
        else:
            return
