"""Ours: the search service's own adapter; and pgvector as it comes, on the same server."""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from pgvector import HalfVector

from bench.search.data import CLASSES, TENANT, K, Mix, Queries, Site, at, camera_id
from bench.search.load import space_name
from contracts.search import AttributeWish
from contracts.vocabulary import ItemKind, Space
from kit.postgres import Database
from services.search.adapters.vectors import EmbedVectors
from services.search.model.filters import Filters
from services.search.model.routing import Plan
from services.search.model.search import Encoding, Probe

Search = Callable[[str, int], Sequence[int]]
"""A mix and a query's number to the rows found, best first."""


def filters_of(mix: Mix) -> Filters:
    """A query's filters, as the search service has them."""
    return Filters(
        tenant_id=TENANT,
        camera_ids=tuple(camera_id(one) for one in mix.cameras) or None,
        from_time=None if mix.from_second is None else at(mix.from_second),
        until_time=None if mix.until_second is None else at(mix.until_second),
        classes=() if mix.object_class is None else (CLASSES[mix.object_class],),
        attributes=()
        if mix.attribute is None
        else (AttributeWish(attribute="person.upper_colour", value=f"c{mix.attribute}"),),
    )


def probe_of(kind: Space, vector: Any) -> Probe:
    """A query's vector, as the search service asks with it."""
    return Probe(kind, Encoding(space_name(kind), np.asarray(vector, np.float32)), (ItemKind.TRACK,))


class Rows:
    """Finds a row's number by its track and crop."""

    def __init__(self, site: Site) -> None:
        _, self._first = np.unique(site.tracks, return_index=True)

    def number(self, item_id: UUID, rank: int) -> int:
        """The row of one crop."""
        return int(self._first[(item_id.int & (2**64 - 1)) - 1]) + rank


class Ours:
    """Searches as the search service does, with one connection."""

    def __init__(self, dsn: str, kind: Space, site: Site, queries: Queries) -> None:
        self._database = Database(dsn, pool_size=1)
        self._vectors = EmbedVectors(self._database)
        self._kind, self._queries, self._rows = kind, queries, Rows(site)

    def search(self, mix: str, number: int) -> list[int]:
        """The rows found."""
        found = self._vectors.nearest(*self._asked(mix, number), K)
        return [self._rows.number(one.item_id, one.rank) for one in found]

    def plan(self, mix: str, number: int) -> Plan:
        """The way that was taken."""
        return self._vectors.plan(*self._asked(mix, number), K)

    def process(self) -> int:
        """The server's process that answers."""
        with self._database.transaction(TENANT) as connection:
            row = connection.execute("SELECT pg_backend_pid() AS pid").fetchone()
        assert row is not None
        return int(row["pid"])

    def close(self) -> None:
        """Lets go of the connection."""
        self._database.close()

    def _asked(self, mix: str, number: int) -> tuple[Filters, Probe]:
        return filters_of(self._queries.mixes[mix][number]), probe_of(self._kind, self._queries.vectors[number])


class PlainPgvector:
    """One table, one HNSW index at ef 200 with relaxed iterative scans, btrees, and the planner's own choice."""

    def __init__(self, dsn: str, kind: Space, site: Site, queries: Queries) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._connection.prepare_threshold = None
        self._table = f"bench.plain_{kind.value}"
        self._queries, self._numbers = queries, Rows(site)

    def build(self, source: str) -> None:
        """Copies our rows into the table and indexes it, once."""
        connection, name = self._connection, self._table.rpartition(".")[2]
        connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
        if connection.execute("SELECT to_regclass(%s)", (self._table,)).fetchone() != (None,):
            return
        with connection.transaction():
            connection.execute(
                f"CREATE TABLE {self._table} AS SELECT v.item_id, v.rank, v.camera_id, v.object_class, v.started_at,"  # noqa: S608
                f" a.likely[1] AS attribute, v.vector FROM {source} v"
                " LEFT JOIN embed.attributes a ON a.track_id = v.item_id AND a.started_at = v.started_at"
            )
            for column in ("camera_id, started_at", "object_class, started_at", "attribute"):
                connection.execute(f"CREATE INDEX ON {self._table} ({column})")
            connection.execute("SET LOCAL maintenance_work_mem = '2GB'")
            connection.execute("SET LOCAL max_parallel_maintenance_workers = 0")
            connection.execute(
                f"CREATE INDEX {name}_hnsw ON {self._table} USING hnsw (vector halfvec_cosine_ops)"
                " WITH (m = 16, ef_construction = 100)"
            )
        connection.execute(f"VACUUM (FREEZE, ANALYZE) {self._table}")

    def search(self, mix: str, number: int) -> list[int]:
        """The rows found."""
        rows = self._connection.execute(*self._statement(self._queries.mixes[mix][number], number)).fetchall()
        return [self._numbers.number(item, rank) for item, rank in rows]

    def steer(self) -> int:
        """Sets what a search wants; the server's process."""
        for setting, value in (
            ("hnsw.ef_search", "200"),
            ("hnsw.iterative_scan", "relaxed_order"),
            ("max_parallel_workers_per_gather", "0"),
        ):
            self._connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
        return self._connection.info.backend_pid

    def close(self) -> None:
        """Lets go of the connection."""
        self._connection.close()

    def _statement(self, asked: Mix, number: int) -> tuple[Any, list[Any]]:
        conditions: list[str] = []
        values: list[Any] = []
        if asked.cameras:
            conditions.append("camera_id = ANY(%s)")
            values.append([camera_id(one) for one in asked.cameras])
        if asked.object_class is not None:
            conditions.append("object_class = %s")
            values.append(CLASSES[asked.object_class].value)
        if asked.attribute is not None:
            conditions.append("attribute = (SELECT max(id) FROM embed.attribute_layouts) * 256 + %s")
            values.append(asked.attribute + 1)
        if asked.from_second is not None and asked.until_second is not None:
            conditions.append("started_at >= %s AND started_at < %s")
            values += [at(asked.from_second).astimezone(UTC), at(asked.until_second).astimezone(UTC)]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        dimension = self._queries.vectors.shape[1]
        statement = (
            f"SELECT item_id, rank FROM {self._table}{where} ORDER BY vector <=> %s::halfvec({dimension}) LIMIT {K}"  # noqa: S608
        )
        return statement, [*values, HalfVector(self._queries.vectors[number]).to_text()]
