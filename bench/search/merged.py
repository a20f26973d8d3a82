"""The same vectors after their month is over: days put together into parts, in a database beside the days'."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.search.data import DAYS, START
from bench.search.server import Server
from infra.postgres.migrate import migrate
from services.embed.adapters.upkeep import PostgresTurns
from services.embed.pipeline import Upkeep

_NAME = "merged"


def merged_copy(server: Server, size: str) -> tuple[Server, dict[str, float]]:
    """A copy of the database whose days the embed service has put together, made once; what that took."""
    copy = replace(
        server,
        superuser_dsn=_elsewhere(server.superuser_dsn, _NAME),
        dsns={role: _elsewhere(dsn, _NAME) for role, dsn in server.dsns.items()},
    )
    with psycopg.connect(_elsewhere(server.superuser_dsn, "postgres"), autocommit=True) as superuser:
        if superuser.execute("SELECT FROM pg_database WHERE datname = %s", (_NAME,)).fetchone() is None:
            source = str(conninfo_to_dict(server.superuser_dsn)["dbname"])
            superuser.execute(f'CREATE DATABASE {_NAME} TEMPLATE "{source}" STRATEGY file_copy')
    migrate(copy.superuser_dsn)
    # Both ends of the month are well past.
    later = datetime.combine(START.date() + timedelta(days=2 * DAYS + 1), datetime.min.time(), UTC)
    Upkeep(PostgresTurns(copy.dsns["embed"]), keep_days=0, seal_after=timedelta(0), merge_after=timedelta(days=1)).look(
        later
    )
    with psycopg.connect(copy.dsns["owner"], autocommit=True) as owner:
        parts, rows, seconds = owner.execute(
            "SELECT count(*), sum(rows), sum(seconds) FROM (SELECT DISTINCT part, rows, seconds FROM embed.days"
            " WHERE parent = 'semantic_384' AND rows > 0) AS parts"
        ).fetchone() or (0, 0, 1)
    return copy, {
        f"upkeep.{size}.merge.parts": float(parts),
        f"upkeep.{size}.merge.all_days_s": float(seconds),
        f"upkeep.{size}.merge.rows_per_s": float(rows) / float(seconds),
    }


def drop_a_day(copy: Server, size: str) -> dict[str, float]:
    """How long it takes to delete a day out of its part. Undone afterwards, so that the copy stays whole."""
    with psycopg.connect(copy.dsns["owner"]) as owner:
        began = time.perf_counter()
        owner.execute("SELECT embed.drop_day(%s)", (START.date() + timedelta(days=DAYS // 2),))
        taken = (time.perf_counter() - began) * 1000
        owner.rollback()
    return {f"upkeep.{size}.drop_day_of_part_ms": taken}


def _elsewhere(dsn: str, database: str) -> str:
    return make_conninfo(dsn, dbname=database)
