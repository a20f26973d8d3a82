"""Every way to the nearest vectors on the real Postgres: it finds what comparing all finds, by the index it is meant to
use, and never past a tenant, a permission or a filter."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

from contracts.search import AttributeWish
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from infra.embedded.stack import Endpoints
from kit.postgres import Connection, Database
from services.embed.adapters.upkeep import PostgresTurns
from services.embed.pipeline import Upkeep
from services.search.adapters import vectors as adapter
from services.search.adapters.vectors import EmbedVectors
from services.search.model.filters import Filters
from services.search.model.routing import DayCount, Part, Plan, Stretch, Way, choose, reach_of
from services.search.model.search import Encoding, Probe
from tests.databases import ServiceDatabases, cloned
from tests.fakes.search import SPACE_NAMES, MemoryVectors, StoredVector
from tests.fixtures.stored_items import StoredItems

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")
CAMERAS = [UUID(int=number + 1) for number in range(12)]
START = datetime(2026, 3, 2, tzinfo=UTC)
SEALED_DAYS, ROWS = 3, 6_000
LOOKS = 60
RARE = "person.upper_colour=" + "|".join(["plain", "rare"])


def clustered(count: int, kind: Space, seed: int) -> np.ndarray:
    """Unit vectors of some looks, as near to one another as crops are."""
    looks = np.random.default_rng(7).standard_normal((LOOKS, SPACE_DIMENSIONS[kind])) + 1.0
    random = np.random.default_rng(seed)
    vectors = looks[random.integers(LOOKS, size=count)] + 0.7 * random.standard_normal((count, SPACE_DIMENSIONS[kind]))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float16).astype(np.float32)


def rows_of(tenant_id: UUID, count: int, seed: int) -> list[StoredVector]:
    """Rows over the sealed days and the open one after them."""
    random = np.random.default_rng(seed)
    vectors = clustered(count, Space.SEMANTIC, seed)
    rows = []
    for number in range(count):
        scene = number % 10 == 0
        began = START + timedelta(seconds=int(random.integers((SEALED_DAYS + 1) * 86_400)))
        rows.append(
            StoredVector(
                tenant_id=tenant_id,
                camera_id=CAMERAS[int(random.integers(len(CAMERAS)))],
                recording_id=UUID(int=1),
                started_at=began,
                ended_at=began + timedelta(seconds=5),
                item=ItemKind.SCENE if scene else ItemKind.TRACK,
                item_id=UUID(int=(seed << 64) | number),
                object_class=None if scene else list(ObjectClass)[int(random.integers(3))],
                rank=0,
                kind=Space.SEMANTIC,
                space=SPACE_NAMES[Space.SEMANTIC],
                vector=vectors[number],
            )
        )
    return rows


@dataclass
class House:
    """Sealed and open days of two tenants, and the first tenant's rows in memory."""

    databases: ServiceDatabases
    database: Database
    oracle: MemoryVectors
    rare: set[UUID]


@pytest.fixture(scope="module")
def house(database_template: Endpoints) -> Iterator[House]:
    with cloned(database_template.superuser_dsn, dict(database_template.passwords)) as databases:
        own, foreign = rows_of(TENANT, ROWS, 1), rows_of(OTHER_TENANT, ROWS // 3, 2)
        for tenant_id, rows in ((TENANT, own), (OTHER_TENANT, foreign)):
            items = StoredItems(databases, tenant_id)
            items.vectors(rows)
            items.close()
        rare = {row.item_id for row in own[1::40]}
        store_attributes(databases, own, rare=rare)
        with psycopg.connect(databases.dsn("sightline_owner"), autocommit=True) as owner:
            owner.execute("SELECT embed.calibrate_codes(id, 1000) FROM embed.spaces")
        upkeep = Upkeep(PostgresTurns(databases.dsn("sightline_embed")), keep_days=0, seal_after=timedelta(0))
        upkeep.look(START + timedelta(days=SEALED_DAYS, hours=1))
        database = databases.open("sightline_search")
        yield House(databases, database, MemoryVectors(own), rare)
        database.close()


def store_attributes(databases: ServiceDatabases, rows: Sequence[StoredVector], *, rare: set[UUID]) -> None:
    """Says of each track whether it has the rare value."""
    tracks = [row for row in rows if row.item is ItemKind.TRACK]
    with psycopg.connect(databases.dsn("sightline_owner"), autocommit=True) as owner:
        owner.execute("INSERT INTO embed.attribute_layouts (weights, layout) VALUES ('tests', %s)", (RARE,))
        with owner.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO embed.attributes (tenant_id, camera_id, recording_id, started_at, ended_at, track_id,"
                " object_class, layout_id, crops, probabilities)"
                " SELECT %s, %s, %s, %s, %s, %s, %s, id, 1, %s::smallint[] FROM embed.attribute_layouts",
                [
                    (
                        *(row.tenant_id, row.camera_id, row.recording_id, row.started_at, row.ended_at, row.item_id),
                        *(row.object_class, "{500,9500}" if row.item_id in rare else "{9500,500}"),
                    )
                    for row in tracks
                ],
            )


def filters(**narrowed: Any) -> Filters:
    return Filters(**({"tenant_id": TENANT, "camera_ids": None} | narrowed))


CAPTIONS: dict[ObjectClass | None, float] = {
    known: 0.1 + 0.08 * number for number, known in enumerate((None, *ObjectClass))
}


def probes(*, captions: bool = False, items: tuple[ItemKind, ...] = tuple(ItemKind)) -> list[Probe]:
    """Looks near stored vectors, and some that lie apart from all of them, as texts do."""
    near = clustered(10, Space.SEMANTIC, 77)
    gap = np.random.default_rng(5).standard_normal(SPACE_DIMENSIONS[Space.SEMANTIC])
    apart = near + 1.5 * gap / np.linalg.norm(gap)
    apart = np.asarray(apart / np.linalg.norm(apart, axis=1, keepdims=True), np.float32)
    return [
        Probe(Space.SEMANTIC, Encoding(SPACE_NAMES[Space.SEMANTIC], vector), items, CAPTIONS if captions else {})
        for vector in (*near, *apart)
    ]


def only(way: Way) -> Any:
    """A router that knows one way."""

    def forced(counts: Sequence[DayCount], rows: int, *, coded: bool, vague: bool = False) -> Plan:
        assert coded
        assert not vague or way is not Way.INDEX
        stretches = []
        for sealed in (True, False):
            days = [day for day in counts if (day.part is not None) is sealed and day.matches > 0]
            if not days or (way is Way.INDEX and not sealed):
                continue
            reach = {Way.INDEX: reach_of(rows, len(days), ROWS), Way.CODES: 800}.get(way, 0)
            end = days[-1].day + timedelta(days=1)
            matches = round(sum(day.matches for day in days))
            stretches.append(Stretch(way, days[0].day, end, len(days), matches, reach, 0.0, "forced"))
        return Plan(stretches)

    return forced


SEALED: dict[str, Any] = {"until_time": START + timedelta(days=SEALED_DAYS)}

NARROWED: list[dict[str, Any]] = [
    SEALED,
    SEALED | {"camera_ids": tuple(CAMERAS[:5])},
    SEALED | {"classes": (ObjectClass.PERSON, ObjectClass.BICYCLE)},
    {
        "from_time": START + timedelta(hours=20),
        "until_time": START + timedelta(hours=50),
        "camera_ids": tuple(CAMERAS[2:9]),
    },
]


@pytest.mark.parametrize("captions", [False, True], ids=["pictures", "captioned"])
@pytest.mark.parametrize("way", [Way.EXACT, Way.INDEX, Way.CODES])
def test_each_way_finds_at_least_98_of_100_of_the_nearest(
    house: House, monkeypatch: pytest.MonkeyPatch, way: Way, captions: bool
) -> None:
    monkeypatch.setattr(adapter, "choose", only(way))
    store = EmbedVectors(house.database)
    for narrowed in NARROWED:
        shares = []
        for probe in probes(captions=captions):
            known = {row.item_id: row.score for row in house.oracle.nearest(filters(**narrowed), probe, ROWS)}
            worst = sorted(known.values(), reverse=True)[19]
            found = store.nearest(filters(**narrowed), probe, 20)
            assert len(found) == 20
            for row in found:
                assert row.score == pytest.approx(known[row.item_id], abs=1e-3)
            # The store keeps half precision: what lies as near as the last is as good.
            shares.append(sum(known[row.item_id] >= worst - 1e-4 for row in found) / 20)
        assert np.mean(shares) >= (1.0 if way is Way.EXACT else 0.98), (way, narrowed)


@pytest.mark.parametrize("way", [Way.EXACT, Way.INDEX, Way.CODES])
def test_no_way_leads_past_a_permission_a_filter_or_a_tenant(
    house: House, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    monkeypatch.setattr(adapter, "choose", only(way))
    store = EmbedVectors(house.database)
    rows = {row.item_id: row for row in house.oracle.rows}
    narrowed = SEALED | {"camera_ids": tuple(CAMERAS[3:7]), "classes": (ObjectClass.CAR, ObjectClass.PERSON)}
    gone = house.oracle.nearest(filters(**narrowed), probes()[0], 1)[0].item_id
    found = store.nearest(filters(**narrowed, excluded_ids=(gone,)), probes()[0], 300)
    assert found
    for candidate in found:
        row = rows[candidate.item_id]
        assert row.camera_id in CAMERAS[3:7]
        assert row.object_class in (ObjectClass.CAR, ObjectClass.PERSON)
        assert row.started_at < SEALED["until_time"]
        assert candidate.item_id != gone
    assert store.nearest(filters(**(narrowed | {"camera_ids": ()})), probes()[0], 300) == []
    theirs = store.nearest(filters(tenant_id=OTHER_TENANT, **narrowed), probes()[0], 300)
    assert {row.item_id for row in theirs}.isdisjoint(rows)


def test_a_rare_attribute_is_searched_by_the_tracks_that_have_it(house: House) -> None:
    store = EmbedVectors(house.database)
    wish = AttributeWish(attribute="person.upper_colour", value="rare")
    asked = filters(attributes=(wish,))
    for probe in probes(items=(ItemKind.TRACK,))[::5]:
        expected = [row for row in house.oracle.nearest(filters(), probe, ROWS) if row.item_id in house.rare]
        found = store.nearest(asked, probe, 20)
        assert [row.item_id for row in found] == [row.item_id for row in expected[:20]]
    plan = store.plan(asked, probes(items=(ItemKind.TRACK,))[0], 20)
    assert [stretch.way for stretch in plan.stretches] == [Way.TRACKS]
    some = filters(attributes=(wish,), camera_ids=tuple(CAMERAS[:2]))
    cameras = {row.item_id: row.camera_id for row in house.oracle.rows}
    assert {cameras[row.item_id] for row in store.nearest(some, probes(items=(ItemKind.TRACK,))[0], 50)} <= set(
        CAMERAS[:2]
    )


def test_what_is_asked_row_by_row_falls_back_to_comparing_all_where_too_few_pass(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "MOST_TRACKS", 0)
    monkeypatch.setattr(adapter, "choose", only(Way.INDEX))
    store = EmbedVectors(house.database)
    asked = filters(attributes=(AttributeWish(attribute="person.upper_colour", value="rare"),), **SEALED)
    probe = probes(items=(ItemKind.TRACK,))[0]
    expected = [row for row in house.oracle.nearest(filters(**SEALED), probe, ROWS) if row.item_id in house.rare]
    assert [row.item_id for row in store.nearest(asked, probe, 20)] == [row.item_id for row in expected[:20]]


def test_the_counts_say_what_a_search_will_compare(house: House) -> None:
    store = EmbedVectors(house.database)
    assert store.plan(filters(), probes()[0], 20).matches == ROWS
    day = filters(from_time=START, until_time=START + timedelta(days=1), classes=(ObjectClass.CAR,))
    true = len(house.oracle.nearest(day, probes()[0], ROWS))
    assert store.plan(day, probes()[0], 20).matches == true
    hours = filters(
        from_time=START + timedelta(hours=6), until_time=START + timedelta(hours=12), camera_ids=(CAMERAS[0],)
    )
    assert store.plan(hours, probes()[0], 20).matches == pytest.approx(
        len(house.oracle.nearest(hours, probes()[0], ROWS)), rel=0.5
    )
    assert store.plan(filters(camera_ids=()), probes()[0], 20).stretches == []


def test_the_plan_of_a_search_is_that_of_its_counts_and_says_so(house: House) -> None:
    store = EmbedVectors(house.database)
    plan = store.plan(filters(), probes()[0], 20)
    days = [START.date() + timedelta(days=number) for number in range(SEALED_DAYS + 1)]
    counts = [DayCount(day, ROWS / 4, ROWS / 4, None if day == days[-1] else Part(day, ROWS // 3), 0) for day in days]
    assert [one.way for one in plan.stretches] == [one.way for one in choose(counts, 20, coded=True).stretches]
    assert f"about {plan.stretches[0].matches} vectors pass" in plan.told()


def explained(
    house: House, monkeypatch: pytest.MonkeyPatch, way: Way, asked: Filters, probe: Probe
) -> list[dict[str, Any]]:
    """The scans of the statement that searches."""
    monkeypatch.setattr(adapter, "choose", only(way))
    plans: list[Any] = []

    class Watched:
        """Explains the statements that search, before they run."""

        def __init__(self, connection: Connection) -> None:
            self._connection = connection

        def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
            text = statement if isinstance(statement, str) else statement.as_string(None)
            if "n.item_kind" in text:
                told = self._connection.execute("EXPLAIN (FORMAT JSON) " + text, parameters, prepare=False).fetchone()
                assert told is not None
                plans.append(told["QUERY PLAN"][0]["Plan"])
            return self._connection.execute(statement, parameters, **options)

    with house.database.transaction(TENANT) as connection:
        store = EmbedVectors(house.database)
        look = store._look(Watched(connection), asked, probe, 20)  # type: ignore[arg-type]
        assert look is not None
        store._found(Watched(connection), look)  # type: ignore[arg-type]
    return [node for plan in plans for node in nodes(plan) if "Relation Name" in node or "Index Name" in node]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def test_the_index_way_walks_the_index_of_each_day_and_no_other_days(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = filters(from_time=START + timedelta(days=1), until_time=START + timedelta(days=3))
    scans = explained(house, monkeypatch, Way.INDEX, asked, probes()[0])
    assert {scan["Index Name"] for scan in scans} == {f"semantic_384_2026030{day}_hnsw" for day in (3, 4)}


def test_the_codes_way_reads_the_camera_index_alone_and_looks_the_best_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = filters(from_time=START, until_time=START + timedelta(days=1), camera_ids=tuple(CAMERAS[:3]))
    scans = explained(house, monkeypatch, Way.CODES, asked, probes()[0])
    kinds = {
        (scan["Node Type"], scan["Index Name"].removeprefix("semantic_384_20260302_")[:19])
        for scan in scans
        if "Index Name" in scan
    }
    assert ("Index Only Scan", "tenant_id_camera_id") in kinds
    assert ("Index Scan", "pkey") in kinds
    assert not any(scan["Node Type"] == "Seq Scan" for scan in scans)


def test_one_camera_and_one_hour_read_the_camera_index_of_that_day_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    nine = START + timedelta(days=1, hours=9)
    asked = filters(camera_ids=(CAMERAS[3],), from_time=nine, until_time=nine + timedelta(hours=1))
    scans = explained(house, monkeypatch, Way.EXACT, asked, probes()[0])
    named = json.dumps(scans)
    assert {day for day in range(20260302, 20260306) if str(day) in named} == {20260303}, named
    indexes = [scan["Index Name"] for scan in scans if "Index Name" in scan]
    assert indexes
    assert all("_tenant_id_camera_id_started_at" in name for name in indexes)
    assert "Seq Scan" not in named


def test_late_footage_in_a_sealed_day_is_found_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = probes()[3]
    late = replace(rows_of(TENANT, 1, 9)[0], started_at=START + timedelta(hours=3), ended_at=START + timedelta(hours=4))
    late = replace(
        late, item_id=UUID(int=99), item=ItemKind.TRACK, object_class=ObjectClass.CAR, vector=probe.encoding.vector
    )
    items = StoredItems(house.databases, TENANT)
    items.vectors([late])
    items.close()
    try:
        for way in (Way.EXACT, Way.INDEX, Way.CODES):
            monkeypatch.setattr(adapter, "choose", only(way))
            found = EmbedVectors(house.database).nearest(filters(**SEALED), probe, 5)
            assert found[0].item_id == late.item_id, way
    finally:
        with house.databases.open("sightline_embed").transaction(TENANT) as connection:
            connection.execute("DELETE FROM embed.semantic_384 WHERE item_id = %s", (late.item_id,))


def test_a_querys_code_is_made_as_the_store_makes_those_of_vectors(house: House) -> None:
    store = EmbedVectors(house.database)
    with house.database.transaction(TENANT) as connection:
        rows = connection.execute(
            "SELECT space_id, vector::real[] AS vector, code::text AS code FROM embed.semantic_384_read LIMIT 50"
        ).fetchall()
        thresholds = store._thresholds_of(connection, rows[0]["space_id"])
    assert thresholds is not None
    for row in rows:
        assert thresholds.code(np.asarray(row["vector"], np.float32)) == row["code"]


def test_days_that_were_put_together_are_one_index_and_hold_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PostgresTurns(house.databases.dsn("sightline_embed")).turn() as days:
        assert days is not None
        while (old := days.to_merge(START.date() + timedelta(days=60), ROWS * 2)) is not None:
            assert days.merge(old, 1)
    asked = filters(**SEALED)
    scans = explained(house, monkeypatch, Way.INDEX, asked, probes()[0])
    assert [scan["Index Name"] for scan in scans] == ["semantic_384_20260302_hnsw"]
    for way in (Way.EXACT, Way.CODES, Way.INDEX):
        monkeypatch.setattr(adapter, "choose", only(way))
        shares = []
        for probe in probes():
            found = EmbedVectors(house.database).nearest(asked, probe, 20)
            true = {row.item_id for row in house.oracle.nearest(asked, probe, 20)}
            shares.append(len(true & {row.item_id for row in found}) / len(true))
        assert np.mean(shares) >= 0.97
        assert way is not Way.EXACT or min(shares) == 1
