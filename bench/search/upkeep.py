"""What keeping the vectors costs: sealing days, writing while searching, dropping a day, bytes."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import numpy as np
import psycopg

from bench.report import percentiles
from bench.search.data import DAYS, START, Queries, Site
from bench.search.load import copy_vectors
from bench.search.ours import Ours
from bench.search.server import Server
from contracts.vocabulary import Space
from services.embed.adapters.upkeep import PostgresTurns
from services.embed.pipeline import Upkeep
from services.search.adapters.vectors import Thresholds

RATE, BATCH = 1_000, 100
"""Vectors a second that are stored while searches run, and vectors a transaction: as many as a segment brings."""

SEARCHED = ("camera_hour", "class_day", "cameras_week")


def seal_days(owner: psycopg.Connection[Any], embed_dsn: str, size: str) -> dict[str, float]:
    """Makes codes and indexes of all days as the embed service does; the time that the sealing of all took."""
    over = datetime.combine(START.date() + timedelta(days=DAYS + 1), datetime.min.time(), UTC)
    Upkeep(PostgresTurns(embed_dsn), keep_days=0, seal_after=timedelta(0)).look(over)
    for day in range(DAYS):
        owner.execute(f"VACUUM (FREEZE, ANALYZE) embed.attributes_{START.date() + timedelta(days=day):%Y%m%d}")
    row = owner.execute(
        "SELECT sum(seconds), sum(rows), max(seconds) FROM embed.days WHERE parent = 'semantic_384' AND rows > 0"
    ).fetchone()
    assert row is not None
    return {
        f"upkeep.{size}.seal.all_days_s": float(row[0]),
        f"upkeep.{size}.seal.longest_day_s": float(row[2]),
        f"upkeep.{size}.seal.rows_per_s": float(row[1]) / float(row[0]),
        **_bytes(owner, size),
    }


def measure_upkeep(
    owner: psycopg.Connection[Any], server: Server, site: Site, queries: Queries, *, size: str, space_id: int
) -> dict[str, float]:
    """Writing into an open day, alone and while searches run, writing into one with a live index, dropping a day."""
    thresholds = _thresholds(owner, space_id)
    figures: dict[str, float] = {}
    today = START.date() + timedelta(days=DAYS)
    with _Day(owner, today) as day:
        writer = _Writer(server.dsns["owner"], _moved(site, day.rows_of(site, 60_000)), space_id, thresholds)
        figures[f"upkeep.{size}.copy.open_day_rows_per_s"] = writer.flat_out(30_000, 1_000)
        figures[f"upkeep.{size}.copy.open_day_rows_per_s_by_100"] = writer.flat_out(10_000, 100)
        figures |= _while_writing(server, site, queries, writer, size)
        began = time.perf_counter()
        owner.execute("SELECT embed.index_day('semantic_384', %s, 0)", (today,))
        figures[f"upkeep.{size}.index_day_rows_per_s"] = writer.place / (time.perf_counter() - began)
        figures[f"upkeep.{size}.drop_day_ms"] = day.drop()
    with _Day(owner, today) as day:
        owner.execute("SELECT embed.index_day('semantic_384', %s, 0)", (today,))
        writer = _Writer(server.dsns["owner"], _moved(site, day.rows_of(site, 20_000)), space_id, thresholds)
        figures[f"upkeep.{size}.copy.live_index_rows_per_s"] = writer.flat_out(6_000, 1_000)
        day.drop()
    figures[f"ratio.{size}.copy_open_day_to_live_index"] = (
        figures[f"upkeep.{size}.copy.open_day_rows_per_s"] / figures[f"upkeep.{size}.copy.live_index_rows_per_s"]
    )
    figures[f"goal.{size}.copy_open_day_to_live_index"] = 50.0
    return figures


class _Day:
    """A day after the site's, there for the length of a block."""

    def __init__(self, owner: psycopg.Connection[Any], day: Any) -> None:
        self._owner, self._day = owner, day

    def __enter__(self) -> "_Day":
        self._owner.execute("SELECT embed.drop_day(%s)", (self._day,))
        self._owner.execute("SELECT embed.ensure_day(%s)", (self._day,))
        return self

    def __exit__(self, *_: object) -> None:
        self._owner.execute("SELECT embed.drop_day(%s)", (self._day,))

    def rows_of(self, site: Site, count: int) -> Any:
        """Rows whose vectors are stored again, as others."""
        return np.sort(np.random.default_rng(3).choice(len(site), min(count, len(site)), replace=False))

    def drop(self) -> float:
        """Drops it; in milliseconds."""
        began = time.perf_counter()
        self._owner.execute("SELECT embed.drop_day(%s)", (self._day,))
        return (time.perf_counter() - began) * 1000


class _Writer:
    """Stores vectors into the open day."""

    def __init__(self, dsn: str, site: Site, space_id: int, thresholds: Thresholds) -> None:
        self._dsn, self._site, self._space_id, self._thresholds = dsn, site, space_id, thresholds
        self.place = 0
        self.stored = 0

    def flat_out(self, rows: int, batch: int) -> float:
        """Rows a second, committed by the batch."""
        with self._connected() as connection:
            began = time.perf_counter()
            for _ in range(rows // batch):
                self._store(connection, batch)
            return rows / (time.perf_counter() - began)

    def steadily(self, stop: Event) -> None:
        """RATE rows a second until told to stop, or as many as go."""
        with self._connected() as connection:
            due = time.perf_counter()
            while not stop.is_set() and self.place + BATCH <= len(self._site):
                self._store(connection, BATCH)
                self.stored += BATCH
                due += BATCH / RATE
                stop.wait(max(0.0, due - time.perf_counter()))

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._dsn, autocommit=True)

    def _store(self, connection: psycopg.Connection[Any], count: int) -> None:
        rows = np.arange(self.place, self.place + count)
        copy_vectors(
            connection, "embed.semantic_384", self._site, rows, space_id=self._space_id, thresholds=self._thresholds
        )
        self.place += count


def _while_writing(server: Server, site: Site, queries: Queries, writer: _Writer, size: str) -> dict[str, float]:
    ours = Ours(server.dsns["search"], Space.SEMANTIC, site, queries)
    figures: dict[str, float] = {}
    quiet = {mix: _walls(ours, mix) for mix in SEARCHED}
    stop = Event()
    thread = Thread(target=writer.steadily, args=(stop,), daemon=True)
    thread.start()
    began = time.perf_counter()
    busy = {mix: _walls(ours, mix) for mix in SEARCHED}
    seconds = time.perf_counter() - began
    stop.set()
    thread.join()
    ours.close()
    figures[f"upkeep.{size}.written_while_searching_rows_per_s"] = writer.stored / seconds
    for mix in SEARCHED:
        figures |= percentiles(f"upkeep.{size}.{mix}.quiet", quiet[mix])
        figures |= percentiles(f"upkeep.{size}.{mix}.while_writing", busy[mix])
        figures[f"ratio.{size}.{mix}.p95_while_writing"] = float(
            np.percentile(busy[mix], 95) / np.percentile(quiet[mix], 95)
        )
        figures[f"goal.{size}.{mix}.p95_while_writing"] = 1.5
    return figures


def _walls(ours: Ours, mix: str) -> Sequence[float]:
    walls = []
    for number in range(110):
        began = time.perf_counter()
        ours.search(mix, number)
        walls.append((time.perf_counter() - began) * 1000)
    return walls[10:]


def _moved(site: Site, rows: Any) -> Site:
    """Some rows as tracks of their own, on the day after the site's."""
    count = len(rows)
    return Site(
        np.asarray(site.vectors[rows]),
        site.cameras[rows],
        site.classes[rows],
        np.sort(np.random.default_rng(4).random(count)) * 86_000 + DAYS * 86_400,
        np.arange(count) + 1_000_000_000,
        np.zeros(count, np.int64),
        site.attributes[rows],
    )


def _thresholds(owner: psycopg.Connection[Any], space_id: int) -> Thresholds:
    row = owner.execute("SELECT low::real[], high::real[] FROM embed.codes WHERE space_id = %s", (space_id,)).fetchone()
    assert row is not None
    return Thresholds(*(np.asarray(part, np.float32) for part in row))


def _bytes(owner: psycopg.Connection[Any], size: str) -> dict[str, float]:
    """Of the table and each kind of index, by vector."""
    rows = owner.execute(
        """
        SELECT CASE WHEN x.indexrelid IS NULL THEN 'heap'
                    WHEN m.amname = 'hnsw' THEN 'hnsw'
                    WHEN x.indisprimary THEN 'key'
                    WHEN pg_get_indexdef(c.oid) LIKE '%camera_id%' THEN 'camera_and_codes'
                    ELSE 'class' END, sum(pg_total_relation_size(c.oid) - coalesce(pg_indexes_size(c.oid), 0))
          FROM pg_class c
          LEFT JOIN pg_index x ON x.indexrelid = c.oid
          LEFT JOIN pg_am m ON m.oid = c.relam
          JOIN pg_inherits i ON i.inhrelid = coalesce(x.indrelid, c.oid)
         WHERE i.inhparent = 'embed.semantic_384'::regclass
         GROUP BY 1
        """
    ).fetchall()
    stored = owner.execute("SELECT sum(rows) FROM embed.vector_counts WHERE axis = 'class'").fetchone()
    assert stored is not None
    counts = owner.execute("SELECT pg_total_relation_size('embed.vector_counts')").fetchone()
    assert counts is not None
    each = {name: float(taken) / float(stored[0]) for name, taken in rows} | {
        "counts": float(counts[0]) / float(stored[0])
    }
    return {f"bytes.{size}.semantic_384.{name}_per_vector": taken for name, taken in each.items()} | {
        f"bytes.{size}.semantic_384.all_per_vector": sum(each.values())
    }
