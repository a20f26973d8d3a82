"""Old days let go of on the command line, on the real Postgres."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.databases import ServiceDatabases
from tests.integration.test_gateway_cli import sightline, told

TODAY = datetime.now(UTC).date()


def ago(days: int) -> date:
    """A day, so many before today."""
    return TODAY - timedelta(days=days)


@pytest.fixture
def store(databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch) -> ServiceDatabases:
    """With the days 40, 39 and 5 before today, and today."""
    monkeypatch.setenv("SIGHTLINE_POSTGRES_EMBED_DSN", databases.dsn("sightline_embed"))
    with psycopg.connect(databases.superuser_dsn) as connection:
        for day in (ago(40), ago(39), ago(5), TODAY):
            connection.execute("SELECT embed.ensure_day(%s)", (day,))
    return databases


def as_json(*arguments: object) -> Any:
    """What a command tells a program; it must have worked."""
    result = sightline("retention", *arguments, "--json")
    assert result.exit_code == 0, told(result)
    return json.loads(result.stdout)


def kept() -> list[str]:
    """The first days of what is kept."""
    return [part["first_day"] for part in as_json("show")["parts"]]


@pytest.mark.usefixtures("store")
def test_the_days_that_are_kept_are_shown_with_their_bytes() -> None:
    shown = as_json("show")
    assert kept() == [day.isoformat() for day in (ago(40), ago(39), ago(5), TODAY)]
    assert shown["bytes"] == sum(part["bytes"] for part in shown["parts"]) > 0


@pytest.mark.usefixtures("store")
def test_without_yes_nothing_goes_and_it_is_said_what_would() -> None:
    before = as_json("show")
    plan = as_json("drop", "--keep-days", 30)
    assert (plan["dropped"], plan["days"]) == (False, [ago(40).isoformat(), ago(39).isoformat()])
    assert plan["bytes"] == sum(part["bytes"] for part in before["parts"][:2])
    assert as_json("show") == before


@pytest.mark.usefixtures("store")
def test_with_yes_old_days_go_and_the_others_stay() -> None:
    done = as_json("drop", "--keep-days", 30, "--yes")
    assert (done["dropped"], len(done["days"])) == (True, 2)
    assert done["bytes"] > 0
    assert kept() == [ago(5).isoformat(), TODAY.isoformat()]
    assert as_json("drop", "--keep-days", 30, "--yes")["days"] == []


def test_while_the_embed_service_is_at_the_days_nothing_is_done(store: ServiceDatabases) -> None:
    with psycopg.connect(store.superuser_dsn) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('embed.upkeep', 0))")
        result = sightline("retention", "drop", "--keep-days", 30, "--yes")
    assert (result.exit_code, "busy" in told(result)) == (1, True)
    assert len(kept()) == 4


@pytest.mark.usefixtures("store")
def test_at_least_a_day_is_kept() -> None:
    assert sightline("retention", "drop", "--keep-days", 0, "--yes").exit_code == 2
    assert len(kept()) == 4
