"""The servers that tests run on: the embedded stack, in a folder of its own, for the length of the session.

They stop with the test run, however it ends. Their logs stay in pytest's temporary folder. With
SIGHTLINE_TEST_SERVERS=containers, Postgres and Valkey come from the images that docker-compose.yml names instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from psycopg.conninfo import make_conninfo

from infra.embedded.stack import Endpoints, Stack
from infra.postgres.migrate import ensure_roles, migrate
from tests.databases import ServiceDatabases, cloned, prepare_template

COMPOSE = Path(__file__).parents[1] / "docker-compose.yml"


def production_image(service: str) -> str:
    """The image that docker-compose.yml names for a service."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return str(services[service]["image"])


@contextmanager
def in_containers(embedded: Endpoints) -> Iterator[Endpoints]:
    """The same servers, with Postgres and Valkey in containers; passwords as in the embedded stack."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    # As compose runs it, but with its data in memory: nothing here outlives the tests.
    postgres = (
        DockerContainer(production_image("postgres"))
        .with_command("postgres")
        .with_env("POSTGRES_PASSWORD", "only-for-this-test-run")
        .with_env("POSTGRES_DB", "sightline")
        .with_env("POSTGRES_INITDB_ARGS", "--auth-host=scram-sha-256 --locale=C.UTF-8")
        .with_kwargs(user="999:999")
        .with_tmpfs_mount("/var/lib/postgresql", "uid=999,gid=999")
        .with_tmpfs_mount("/var/run/postgresql", "uid=999,gid=999")
        .with_exposed_ports(5432)
        # Once while it initialises itself, and once for good.
        .waiting_for(LogMessageWaitStrategy("database system is ready to accept connections", times=2))
    )
    valkey = (
        DockerContainer(production_image("valkey"))
        .with_command("valkey-server --appendonly yes --maxmemory-policy noeviction")
        .with_exposed_ports(6379)
        .waiting_for(LogMessageWaitStrategy("Ready to accept connections"))
    )
    with postgres, valkey:
        superuser = make_conninfo(
            dbname="sightline",
            user="postgres",
            password="only-for-this-test-run",
            host=postgres.get_container_host_ip(),
            port=postgres.get_exposed_port(5432),
        )
        ensure_roles(superuser, embedded.passwords)
        migrate(superuser)
        yield replace(
            embedded,
            superuser_dsn=superuser,
            dsns={
                name.removeprefix("sightline_"): make_conninfo(superuser, user=name, password=password)
                for name, password in embedded.passwords.items()
            },
            redis_url=f"redis://{valkey.get_container_host_ip()}:{valkey.get_exposed_port(6379)}/0",
        )


def _forget(state: Path) -> None:
    """Remove a state folder's data but keep its logs, which pytest keeps for its last three runs."""
    for entry in state.iterdir():
        if entry.is_dir() and entry.name != "logs":
            shutil.rmtree(entry, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Postgres (migrated), Valkey, S3 (with its bucket) and Triton."""
    state = tmp_path_factory.mktemp("servers")
    with Stack(state).run(servers_only=True) as endpoints:
        if os.environ.get("SIGHTLINE_TEST_SERVERS") == "containers":
            with in_containers(endpoints) as mixed:
                yield mixed
        else:
            yield endpoints
    _forget(state)


@pytest.fixture(scope="session")
def database_template(servers: Endpoints) -> Endpoints:
    """A migrated database to clone from."""
    prepare_template(servers.superuser_dsn, dict(servers.passwords))
    return servers


@pytest.fixture
def databases(database_template: Endpoints) -> Iterator[ServiceDatabases]:
    """This test's own migrated database, as each role may open it."""
    with cloned(database_template.superuser_dsn, dict(database_template.passwords)) as own:
        yield own
