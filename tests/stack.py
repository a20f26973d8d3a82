"""The servers that tests run on: the embedded stack, in a folder of its own, for the length of the session.

They stop with the test run, however it ends. Their logs stay in pytest's temporary folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.embedded.stack import Endpoints, Stack
from tests.databases import ServiceDatabases, cloned, prepare_template


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
