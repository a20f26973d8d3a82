"""Everything that runs, as one table: what it is, what it needs, how to tell that it serves."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from infra.embedded import postgres, repository, swift, triton, valkey
from infra.embedded.child import KEEPS_MEMORY, Child, NotHealthyError, Step, answers_http, plain_environment
from infra.embedded.state import CHECKOUT, Paths, StackConfig

ROLES = ("gateway", "ingest", "embed", "search", "report")
"""The processes' roles; each has its own Postgres login, `sightline_<role>`."""

SERVERS = ("postgres", "valkey", "s3", "triton")

_CONNECTIONS = (
    "SIGHTLINE_POSTGRES_DSN",
    "SIGHTLINE_REDIS_URL",
    "SIGHTLINE_S3_ENDPOINT",
    "SIGHTLINE_S3_PUBLIC_ENDPOINT",
    "SIGHTLINE_S3_ACCESS_KEY",
    "SIGHTLINE_S3_SECRET_KEY",
    "SIGHTLINE_S3_BUCKET",
    "SIGHTLINE_S3_REGION",
    "SIGHTLINE_TRITON_URL",
)

# Workers get their speed from being several; threads of numeric libraries inside each would only fight for the cores.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


_STALE_S = 30.0


def connections(config: StackConfig, role: str) -> dict[str, str]:
    """The SIGHTLINE_* variables that say where the servers are, with the Postgres login of one role."""
    values = (
        postgres.dsn(config, f"sightline_{role}"),
        valkey.url(config),
        swift.endpoint(config),
        swift.endpoint(config),
        swift.ACCESS_KEY,
        config.secrets["s3"],
        swift.BUCKET,
        swift.REGION,
        triton.url(config),
    )
    return dict(zip(_CONNECTIONS, values, strict=True))


def _settings() -> dict[str, str]:
    """The SIGHTLINE_* settings that the caller of `sightline up` has set, such as SIGHTLINE_LEASE_SECONDS."""
    given = {name: value for name, value in os.environ.items() if name.startswith("SIGHTLINE_")}
    return {"SIGHTLINE_LOG_FORMAT": "json"} | {name: value for name, value in given.items() if name not in _CONNECTIONS}


def application_environment(config: StackConfig, role: str) -> dict[str, str]:
    """The whole environment of one process of the application."""
    # The mark comes last: the caller may itself run inside another stack.
    pulled = {"SIGHTLINE_PROFILES": str(Path(config.root) / "profiles")}
    settings = _settings() | connections(config, role) | pulled
    return settings | _ONE_THREAD | KEEPS_MEMORY | plain_environment(config.stack_id, PYTHONUNBUFFERED="1")


def _beats(heartbeat: Path) -> Callable[[], None]:
    """A worker touches the file every two seconds while it is connected and its loop turns."""

    def healthy() -> None:
        try:
            age = time.time() - heartbeat.stat().st_mtime
        except FileNotFoundError as error:
            raise NotHealthyError("no heartbeat yet") from error
        if age > _STALE_S:
            raise NotHealthyError(f"the last heartbeat is {age:.0f} s old")

    return healthy


def _worker(  # noqa: PLR0917  a row of the table below
    paths: Paths, config: StackConfig, name: str, service: str, queue: str, concurrency: int
) -> Child:
    heartbeat = paths.server("heartbeats") / name
    return Child(
        name=name,
        command=(
            *(sys.executable, "-m", "celery", "-A", f"services.{service}.app:celery", "worker"),
            *("-Q", queue, "-n", f"{name}@%h", "--concurrency", str(concurrency)),
            # They talk through Postgres, not among themselves.
            *("--without-gossip", "--without-mingle"),
        ),
        environment=application_environment(config, service) | {"SIGHTLINE_HEARTBEAT_FILE": str(heartbeat)},
        healthy=_beats(heartbeat),
        needs=("migrations", "spaces", "bucket", "valkey", "triton"),
        folder=CHECKOUT,
        start_within_s=300,
        before_start=lambda: heartbeat.unlink(missing_ok=True),
    )


def _gateway(config: StackConfig) -> Child:
    port = config.ports["gateway"]
    return Child(
        name="gateway",
        command=(
            *(sys.executable, "-m", "uvicorn", "gateway.app:create_app", "--factory"),
            *("--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "5"),
        ),
        environment=application_environment(config, "gateway"),
        healthy=answers_http(port, "/v1/health/live"),
        needs=("migrations", "bucket", "valkey"),
        folder=CHECKOUT,
        port=port,
        start_within_s=300,
    )


def _migrations(config: StackConfig) -> Callable[[], str]:
    def run() -> str:
        from infra.postgres import migrate

        postgres.create_database(config)
        superuser = postgres.dsn(config, postgres.SUPERUSER)
        roles = {f"sightline_{role}" for role in (*ROLES, "owner")}
        migrate.ensure_roles(superuser, {role: config.secrets[role] for role in sorted(roles)})
        started = time.monotonic()
        applied = migrate.migrate(postgres.dsn(config, "sightline_owner"))
        took = time.monotonic() - started
        return f"{len(applied)} applied in {took:.1f} s" if applied else "up to date"

    return run


def _spaces(paths: Paths, config: StackConfig) -> Callable[[], str]:
    def run() -> str:
        from infra.models.spaces import bind_laid_out

        return ", ".join(bind_laid_out(postgres.dsn(config, "sightline_owner"), paths.models, config.profile))

    return run


def migrate_now(config: StackConfig) -> str:
    """Bring the database of a running stack to the newest schema; returns what was done."""
    return _migrations(config)()


def table(paths: Paths, config: StackConfig, *, servers_only: bool) -> tuple[Child | Step, ...]:
    """Prepare the servers' folders and list what is to run, in reading order. Raises CannotStartError."""
    repository.assemble(paths, config.profile, all_needed=not servers_only)
    # Those this process may use, of which a container's share can be few.
    cores = len(os.sched_getaffinity(0))
    servers: tuple[Child | Step, ...] = (
        postgres.child(paths, config),
        valkey.child(paths, config),
        swift.child(paths, config),
        triton.child(paths, config),
        Step(name="migrations", run=_migrations(config), needs=("postgres",)),
        Step(name="bucket", run=lambda: swift.make_bucket(config), needs=("s3",)),
    )
    application: tuple[Child | Step, ...] = (
        Step(name="spaces", run=_spaces(paths, config), needs=("migrations",)),
        #                       name            service   queue           concurrency
        _worker(paths, config, "ingest",        "ingest", "ingest",       min(8, max(1, cores // 2))),
        _worker(paths, config, "embed",         "embed",  "embed",        1),
        _worker(paths, config, "embed-bulk",    "embed",  "embed.bulk",   1),
        _worker(paths, config, "search",        "search", "search",       1),
        _worker(paths, config, "search-query",  "search", "search.query", 2),
        _worker(paths, config, "report",        "report", "report",       1),
        _gateway(config),
    )  # fmt: skip
    return servers if servers_only else servers + application
