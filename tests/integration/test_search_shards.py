"""Past one machine: the same searches over rows that are spread by camera. Several databases stand for the machines."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from contracts.search import AttributeWish
from contracts.vocabulary import ItemKind, ObjectClass
from infra.embedded.stack import Endpoints
from kit.postgres import Database
from services.embed.adapters.upkeep import PostgresTurns
from services.embed.pipeline import Upkeep
from services.search.adapters import vectors as adapter
from services.search.adapters.vectors import EmbedVectors
from services.search.model.filters import Filters
from services.search.model.routing import Way
from services.search.model.search import Candidate, Probe
from tests.databases import ServiceDatabases, cloned
from tests.fixtures.stored_items import StoredItems
from tests.integration.test_search_routes import (
    CAMERAS,
    RARE,
    START,
    TENANT,
    only,
    probes,
    rows_of,
    store_attributes,
)

SHARDS, ROWS, DAYS = 3, 4_000, 4
DISTRIBUTED = ("semantic_384", "semantic_768", "appearance_256", "attributes")
"""What is spread. All else of embed is small, and the same everywhere."""


def shard_of(camera_id: UUID) -> int:
    """Where a camera's rows lie."""
    return hashlib.sha256(camera_id.bytes).digest()[0] % SHARDS


@dataclass
class Cluster:
    """All rows in one database, and the same rows over several."""

    whole: EmbedVectors
    shards: list[EmbedVectors]
    owners: list[ServiceDatabases]

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> tuple[list[Candidate], list[int]]:
        """The nearest among the nearest of each, and which were asked."""
        asked = sorted({shard_of(one) for one in filters.camera_ids or CAMERAS})
        found = [row for number in asked for row in self.shards[number].nearest(filters, probe, rows)]
        return sorted(found, key=lambda row: (-row.score, row.item_id, row.rank))[:rows], asked


@pytest.fixture(scope="module")
def cluster(database_template: Endpoints) -> Iterator[Cluster]:
    rows = rows_of(TENANT, ROWS, 1)
    with ExitStack() as kept:
        stores: list[EmbedVectors] = []
        owners: list[ServiceDatabases] = []
        for number in range(-1, SHARDS):
            databases = kept.enter_context(cloned(database_template.superuser_dsn, dict(database_template.passwords)))
            own = [row for row in rows if number < 0 or shard_of(row.camera_id) == number]
            if number >= 0:
                enforce(databases, number)
            items = StoredItems(databases, TENANT)
            items.vectors(own)
            items.close()
            store_attributes(databases, own, rare={row.item_id for row in rows[1::40]})
            with psycopg.connect(databases.dsn("sightline_owner"), autocommit=True) as owner:
                owner.execute("SELECT embed.calibrate_codes(id, 100) FROM embed.spaces")
            Upkeep(PostgresTurns(databases.dsn("sightline_embed")), keep_days=0, seal_after=timedelta(0)).look(
                START + timedelta(days=DAYS, hours=1)
            )
            database: Database = databases.open("sightline_search")
            kept.callback(database.close)
            stores.append(EmbedVectors(database))
            owners.append(databases)
        yield Cluster(stores[0], stores[1:], owners[1:])


def enforce(databases: ServiceDatabases, number: int) -> None:
    """Lets a machine refuse rows of cameras that are not its own."""
    own = [one for one in CAMERAS if shard_of(one) == number]
    with psycopg.connect(databases.dsn("sightline_owner"), autocommit=True) as owner:
        for table in DISTRIBUTED:
            owner.execute(
                sql.SQL("ALTER TABLE embed.{} ADD CONSTRAINT own_cameras CHECK (camera_id = ANY({}::uuid[]))").format(
                    sql.Identifier(table), sql.Literal(own)
                )
            )


MIXES: list[dict[str, Any]] = [
    {},
    {"camera_ids": (CAMERAS[3],), "from_time": START + timedelta(hours=9), "until_time": START + timedelta(hours=15)},
    {"classes": (ObjectClass.PERSON,), "from_time": START, "until_time": START + timedelta(days=1)},
    {"camera_ids": tuple(CAMERAS[2:9]), "until_time": START + timedelta(days=3)},
    {"attributes": (AttributeWish(attribute="person.upper_colour", value=RARE.rpartition("|")[2]),)},
    {"without_camera_ids": tuple(CAMERAS[:2]), "without_classes": (ObjectClass.CAR,)},
    {"min_seconds_in_view": 2.0, "excluded_ids": (UUID(int=(1 << 64) | 7),)},
]


@pytest.mark.parametrize("captions", [False, True], ids=["pictures", "captioned"])
def test_rows_spread_by_camera_give_the_nearest_that_one_database_gives(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, captions: bool
) -> None:
    monkeypatch.setattr(
        adapter, "choose", lambda counts, rows, *, coded, vague=False: only(Way.EXACT)(counts, rows, coded=True)
    )
    for narrowed in MIXES:
        filters = Filters(**({"tenant_id": TENANT, "camera_ids": None} | narrowed))
        items = (ItemKind.TRACK,) if filters.of_tracks else tuple(ItemKind)
        for probe in probes(captions=captions, items=items)[::4]:
            expected = cluster.whole.nearest(filters, probe, 20)
            found, _ = cluster.nearest(filters, probe, 20)
            assert expected
            assert [(row.item_id, row.rank) for row in found] == [(row.item_id, row.rank) for row in expected], narrowed


@pytest.mark.parametrize("way", [Way.INDEX, Way.CODES])
def test_approximate_ways_find_as_much_of_it_on_each_machine(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    sealed = Filters(tenant_id=TENANT, camera_ids=None, until_time=START + timedelta(days=DAYS))
    shares = []
    for probe in probes():
        monkeypatch.setattr(adapter, "choose", only(Way.EXACT))
        worst = cluster.whole.nearest(sealed, probe, 20)[-1].score
        monkeypatch.setattr(adapter, "choose", only(way))
        found, _ = cluster.nearest(sealed, probe, 20)
        shares.append(sum(row.score >= worst - 1e-4 for row in found) / 20)
    assert sum(shares) / len(shares) >= 0.98


def test_a_search_of_some_cameras_asks_only_where_they_are(cluster: Cluster) -> None:
    one = Filters(tenant_id=TENANT, camera_ids=(CAMERAS[5],))
    found, asked = cluster.nearest(one, probes()[0], 20)
    assert asked == [shard_of(CAMERAS[5])]
    assert len(found) == 20
    for number, store in enumerate(cluster.shards):
        assert bool(store.nearest(one, probes()[0], 20)) == (number in asked)


def test_a_machine_refuses_a_row_of_a_camera_that_is_not_its_own(cluster: Cluster) -> None:
    foreign = next(row for row in rows_of(TENANT, 50, 3) if shard_of(row.camera_id) != 0)
    items = StoredItems(cluster.owners[0], TENANT)
    with pytest.raises(psycopg.errors.CheckViolation):
        items.vectors([foreign])
    items.close()


def test_every_unique_key_of_what_is_spread_holds_the_camera(databases: ServiceDatabases) -> None:
    with psycopg.connect(databases.superuser_dsn) as connection:
        keys = connection.execute(
            """
            SELECT c.relname, array_agg(a.attname) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey::smallint[])
             WHERE i.indisunique AND c.relnamespace = 'embed'::regnamespace AND c.relname = ANY(%s)
             GROUP BY c.relname, i.indexrelid
            """,
            (list(DISTRIBUTED),),
        ).fetchall()
    assert {table for table, _ in keys} == set(DISTRIBUTED)
    assert all("camera_id" in columns for _, columns in keys), keys
