"""The days of the stored vectors on the real Postgres: counted, coded, sealed, dropped; by one process at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from services.embed.adapters.upkeep import PostgresTurns
from services.embed.pipeline import ENOUGH_FOR_INDEX, Upkeep
from tests.databases import ServiceDatabases
from tests.fakes.search import SPACE_NAMES, StoredVector
from tests.fixtures.stored_items import StoredItems

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")
START = datetime(2026, 3, 2, tzinfo=UTC)
CAMERAS = [UUID(int=number + 1) for number in range(3)]
Owner = psycopg.Connection[dict[str, Any]]


def rows_of(tenant_id: UUID, count: int, *, day: int = 0, seed: int = 0) -> list[StoredVector]:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, SPACE_DIMENSIONS[Space.SEMANTIC])).astype(np.float32)
    return [
        StoredVector(
            tenant_id=tenant_id,
            camera_id=CAMERAS[number % len(CAMERAS)],
            recording_id=uuid4(),
            started_at=START + timedelta(days=day, minutes=number % 1440),
            ended_at=START + timedelta(days=day, minutes=number % 1440 + 1),
            item=ItemKind.TRACK if number % 4 else ItemKind.SCENE,
            item_id=uuid4(),
            object_class=ObjectClass.CAR if number % 4 else None,
            rank=0,
            kind=Space.SEMANTIC,
            space=SPACE_NAMES[Space.SEMANTIC],
            vector=vectors[number] / np.linalg.norm(vectors[number]),
        )
        for number in range(count)
    ]


@pytest.fixture
def items(databases: ServiceDatabases) -> Iterator[StoredItems]:
    stored = StoredItems(databases, TENANT)
    yield stored
    stored.close()


@pytest.fixture
def owner(databases: ServiceDatabases) -> Iterator[Owner]:
    with psycopg.connect(databases.dsn("sightline_owner"), autocommit=True, row_factory=dict_row) as connection:
        yield connection


def upkeep(databases: ServiceDatabases, *, keep_days: int = 0, merging: bool = False) -> Upkeep:
    return Upkeep(
        PostgresTurns(databases.dsn("sightline_embed")),
        keep_days=keep_days,
        seal_after=timedelta(hours=6),
        merge_after=timedelta(days=7) if merging else None,
    )


def counted(owner: Owner) -> dict[tuple[str, str], int]:
    found = owner.execute("SELECT axis, key, sum(rows)::int AS rows FROM embed.vector_counts GROUP BY 1, 2").fetchall()
    return {(row["axis"], row["key"]): row["rows"] for row in found if row["rows"]}


def sealed(owner: Owner) -> dict[str, int]:
    found = owner.execute("SELECT parent, day, rows FROM embed.days WHERE sealed_at IS NOT NULL").fetchall()
    return {f"{row['parent']}_{row['day']:%Y%m%d}": row["rows"] for row in found}


def indexes(owner: Owner) -> set[str]:
    found = owner.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%_hnsw'").fetchall()
    return {row["indexname"] for row in found}


def leaves(owner: Owner, parent: str = "semantic_384") -> list[str]:
    found = owner.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = format('embed.%%I', %s::text)::regclass ORDER BY 1",
        (parent,),
    ).fetchall()
    return [row["relname"] for row in found]


def test_counts_follow_what_is_stored_and_what_is_deleted(items: StoredItems, owner: Owner) -> None:
    rows = rows_of(TENANT, 120)
    items.vectors(rows)
    assert counted(owner) == {
        ("class", "car"): 90,
        ("class", "scene"): 30,
        ("hour", "00"): 60,
        ("hour", "01"): 60,
        ("uncoded", ""): 120,
        **{("camera", str(camera)): 40 for camera in CAMERAS},
    }
    owner.execute("DELETE FROM embed.semantic_384 WHERE item_id = %s", (rows[0].item_id,))
    # As `sightline models drop` does, leaf by leaf.
    owner.execute("DELETE FROM embed.semantic_384_20260302 WHERE item_id = %s", (rows[1].item_id,))
    after = counted(owner)
    assert (after["class", "car"], after["class", "scene"], after["uncoded", ""]) == (89, 29, 118)
    assert after["hour", "00"] == 58


def test_a_tenant_sees_its_own_counts_alone(databases: ServiceDatabases, items: StoredItems) -> None:
    items.vectors(rows_of(TENANT, 8))
    other = StoredItems(databases, OTHER_TENANT)
    other.vectors(rows_of(OTHER_TENANT, 4))
    other.close()
    database = databases.open("sightline_search")
    with database.transaction(OTHER_TENANT) as connection:
        seen = connection.execute(
            "SELECT tenant_id, rows FROM embed.vector_counts_read WHERE axis = 'class'"
        ).fetchall()
    database.close()
    assert {row["tenant_id"] for row in seen} == {OTHER_TENANT}
    assert sum(row["rows"] for row in seen) == 4


def test_vectors_stored_before_there_were_thresholds_get_their_codes(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    items.vectors(rows_of(TENANT, 600))
    made = owner.execute("SELECT embed.calibrate_codes(id, 500) AS sampled FROM embed.spaces").fetchone()
    assert made is not None
    assert made["sampled"] > 500
    upkeep(databases).look(START + timedelta(hours=3))
    row = owner.execute(
        "SELECT count(*) FILTER (WHERE code IS NULL) AS without, avg(bit_count(code)) AS bits FROM embed.semantic_384"
    ).fetchone()
    assert row is not None
    assert row["without"] == 0
    # A third of the numbers lies above both thresholds, a third above the low one alone.
    assert float(row["bits"]) == pytest.approx(SPACE_DIMENSIONS[Space.SEMANTIC], rel=0.05)
    assert ("uncoded", "") not in counted(owner)


def test_a_day_is_sealed_when_it_is_over_and_only_a_large_one_gets_an_index(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    items.vectors(rows_of(TENANT, ENOUGH_FOR_INDEX) + rows_of(TENANT, 50, day=1) + rows_of(TENANT, 9, day=2))
    upkeep(databases).look(START + timedelta(days=2, hours=5))
    assert sealed(owner)["semantic_384_20260302"] == ENOUGH_FOR_INDEX
    assert "semantic_384_20260303" not in sealed(owner), "it has been over for less than six hours"
    upkeep(databases).look(START + timedelta(days=2, hours=7))
    assert sealed(owner)["semantic_384_20260303"] == 50
    assert "semantic_384_20260304" not in sealed(owner)
    assert indexes(owner) == {"semantic_384_20260302_hnsw"}


def test_sealing_that_was_cut_off_goes_on_and_what_is_sealed_is_left_alone(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    items.vectors(rows_of(TENANT, ENOUGH_FOR_INDEX))
    owner.execute("SELECT embed.index_day('semantic_384', '2026-03-02', 1)")
    assert sealed(owner) == {}
    later = START + timedelta(days=3)
    when = "SELECT sealed_at FROM embed.days WHERE parent = 'semantic_384'"
    upkeep(databases).look(later)
    first = owner.execute(when).fetchall()
    upkeep(databases).look(later)
    assert owner.execute(when).fetchall() == first
    items.vectors(rows_of(TENANT, 2 * ENOUGH_FOR_INDEX + 1_200, seed=4))
    upkeep(databases).look(later)
    assert sealed(owner)["semantic_384_20260302"] == 3 * ENOUGH_FOR_INDEX + 1_200, "it has doubled since"


def test_one_process_keeps_the_days_at_a_time(databases: ServiceDatabases, items: StoredItems, owner: Owner) -> None:
    items.vectors(rows_of(TENANT, 10))
    with PostgresTurns(databases.dsn("sightline_embed")).turn() as days:
        assert days is not None
        upkeep(databases).look(START + timedelta(days=3))
        assert sealed(owner) == {}
    upkeep(databases).look(START + timedelta(days=3))
    assert "semantic_384_20260302" in sealed(owner)


def test_nothing_is_sealed_while_fresh_footage_waits(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    items.vectors(rows_of(TENANT, 10))
    owner.execute(
        "INSERT INTO jobs.jobs (tenant_id, contract, queue, key, payload)"
        " VALUES (%s, 'embed.items.v1', 'embed', 'a', '{}')",
        (TENANT,),
    )
    upkeep(databases).look(START + timedelta(days=3))
    assert sealed(owner) == {}


def test_days_past_their_time_go_with_their_counts_and_the_others_stay(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    for day in range(3):
        items.vectors(rows_of(TENANT, 20, day=day, seed=day))
    upkeep(databases, keep_days=1).look(START + timedelta(days=2, hours=1))
    days = owner.execute(
        "SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date::text AS day FROM embed.semantic_384"
    ).fetchall()
    assert sorted(row["day"] for row in days) == ["2026-03-03", "2026-03-04"]
    assert counted(owner)["class", "car"] == 30
    left = owner.execute("SELECT count(*) AS leaves FROM pg_class WHERE relname LIKE '%_20260302'").fetchone()
    assert left is not None
    assert left["leaves"] == 0


# Parts: the days of a month that is over. START is 2 March.

APRIL = START + timedelta(days=30)


def test_the_days_of_a_month_that_is_over_become_one_part_and_nothing_is_lost(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    for day in (0, 1, 4, 30):
        items.vectors(rows_of(TENANT, 400, day=day, seed=day))
    before = counted(owner)
    upkeep(databases, merging=True).look(APRIL + timedelta(days=5))
    assert len(leaves(owner)) == 4, "the month has been over for less than a week"
    upkeep(databases, merging=True).look(APRIL + timedelta(days=9))
    assert leaves(owner) == ["semantic_384_20260302", "semantic_384_20260401"]
    assert leaves(owner, "attributes") == ["attributes_20260302", "attributes_20260401"]
    assert indexes(owner) == {"semantic_384_20260302_hnsw"}, "three small days are worth an index together"
    assert counted(owner) == before
    kept = owner.execute("SELECT count(*)::int AS rows FROM embed.semantic_384_20260302").fetchone()
    assert kept == {"rows": 1_200}
    upkeep(databases, merging=True).look(APRIL + timedelta(days=9))
    assert leaves(owner) == ["semantic_384_20260302", "semantic_384_20260401"], "what is done is left alone"


def test_late_footage_of_a_merged_month_is_stored_in_its_part_also_on_a_day_that_had_none(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    for day in (0, 4):
        items.vectors(rows_of(TENANT, 20, day=day, seed=day))
    upkeep(databases, merging=True).look(APRIL + timedelta(days=9))
    for day in (0, 2):
        items.vectors(rows_of(TENANT, 8, day=day, seed=50 + day))
    assert leaves(owner) == ["semantic_384_20260302"]
    assert counted(owner)["class", "car"] == 42
    owner.execute("SELECT embed.calibrate_codes(id, 10) FROM embed.spaces")
    upkeep(databases, merging=True).look(APRIL + timedelta(days=10))
    assert ("uncoded", "") not in counted(owner), "codes are made day by day within the part"


def test_a_part_holds_no_more_than_its_index_can_be_built_over(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    for day in range(5):
        items.vectors(rows_of(TENANT, 20, day=day, seed=day))
    upkeep(databases).look(APRIL)
    with PostgresTurns(databases.dsn("sightline_embed")).turn() as days:
        assert days is not None
        while (old := days.to_merge(APRIL.date(), 45)) is not None:
            assert days.merge(old, 10)
    vectors = [leaf for leaf in leaves(owner) if leaf.startswith("semantic_384")]
    assert vectors == ["semantic_384_20260302", "semantic_384_20260304", "semantic_384_20260306"]
    assert "semantic_384_20260302_hnsw" in indexes(owner)


def test_days_that_change_while_they_are_copied_stay_as_they_are_until_another_look(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    for day in range(2):
        items.vectors(rows_of(TENANT, 20, day=day, seed=day))
    upkeep(databases).look(APRIL)
    span = "'semantic_384', '2026-03-02', '2026-03-04'"
    owner.execute(f"SELECT embed.copy_days({span}, 10)")
    late = rows_of(TENANT, 4, day=1, seed=9)
    items.vectors(late)
    assert owner.execute(f"SELECT embed.merge_days({span}, 1) AS merged").fetchone() == {"merged": False}
    assert leaves(owner) == ["semantic_384_20260302", "semantic_384_20260303"]
    owner.execute(f"SELECT embed.copy_days({span}, 10)")
    owner.execute("DELETE FROM embed.semantic_384 WHERE item_id = %s", (late[0].item_id,))
    assert owner.execute(f"SELECT embed.merge_days({span}, 1) AS merged").fetchone() == {"merged": False}
    owner.execute(f"SELECT embed.copy_days({span}, 10)")
    assert owner.execute(f"SELECT embed.merge_days({span}, 1) AS merged").fetchone() == {"merged": True}
    assert counted(owner)["class", "car"] == 33 - (late[0].item is ItemKind.TRACK)


def test_days_past_their_time_go_out_of_their_part_and_the_last_takes_it_along(
    databases: ServiceDatabases, items: StoredItems, owner: Owner
) -> None:
    for day in (0, 2):
        items.vectors(rows_of(TENANT, 20, day=day, seed=day))
    upkeep(databases, merging=True).look(APRIL + timedelta(days=9))
    assert leaves(owner) == ["semantic_384_20260302"]
    upkeep(databases, keep_days=37, merging=True).look(APRIL + timedelta(days=9))
    days = owner.execute(
        "SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date::text AS day FROM embed.semantic_384_20260302"
    ).fetchall()
    assert [row["day"] for row in days] == ["2026-03-04"]
    assert counted(owner)["class", "car"] == 15
    upkeep(databases, keep_days=30, merging=True).look(APRIL + timedelta(days=9))
    assert leaves(owner) == leaves(owner, "attributes") == []
    assert counted(owner) == {}
