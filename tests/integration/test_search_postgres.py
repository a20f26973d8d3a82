"""Nearest rows on the real Postgres: the right ones, of the right tenant, by the right way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4, uuid5

import numpy as np
import pytest

from contracts.search import SearchRequest
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from kit.postgres import Database
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.postgres import IngestLibrary
from services.search.adapters.stored import StoredFacts
from services.search.adapters.vectors import EmbedVectors
from services.search.model.errors import UnknownTrackError
from services.search.model.filters import Filters
from services.search.model.search import (
    CAPTION_WEIGHT,
    Candidate,
    Encoding,
    Probe,
)
from services.search.pipeline.search import Searching
from tests.databases import ServiceDatabases
from tests.fakes.search import (
    SPACE_NAMES,
    FakeEncoders,
    FakeFrames,
    FakePictures,
    FakeSpaces,
    MemoryVectors,
    StoredVector,
    stages,
)
from tests.fixtures.stored_items import StoredItems

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")
CAMERAS = [UUID(int=number + 1) for number in range(20)]
START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def some_vector(kind: Space, random: np.random.Generator) -> np.ndarray:
    """A unit vector, rounded as the store rounds it."""
    vector = random.normal(size=SPACE_DIMENSIONS[kind])
    return np.asarray(vector / np.linalg.norm(vector), np.float16).astype(np.float32)


def some_rows(count: int, *, tenant_id: UUID = TENANT, days: int = 3, seed: int = 0) -> list[StoredVector]:
    """Rows of `count` items over some days, cameras and classes; tracks have two crops."""
    random = np.random.default_rng(seed)
    rows: list[StoredVector] = []
    for number in range(count):
        started_at = START + timedelta(seconds=int(random.integers(days * 86_400)))
        scene = number % 5 == 0
        camera_id = CAMERAS[int(random.integers(len(CAMERAS)))]
        item = StoredVector(
            tenant_id=tenant_id,
            camera_id=camera_id,
            recording_id=recording_at(tenant_id, camera_id, started_at),
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=0 if scene else int(random.integers(1, 20_000))),
            item=ItemKind.SCENE if scene else ItemKind.TRACK,
            item_id=uuid4(),
            object_class=None if scene else list(ObjectClass)[int(random.integers(6))],
            rank=0,
            kind=Space.SEMANTIC,
            space=SPACE_NAMES[Space.SEMANTIC],
            vector=some_vector(Space.SEMANTIC, random),
        )
        for rank, kind in product(range(1 if scene else 2), [Space.SEMANTIC] if scene else list(Space)):
            fields = vars(item) | {
                "rank": rank,
                "kind": kind,
                "space": SPACE_NAMES[kind],
                "vector": some_vector(kind, random),
            }
            rows.append(StoredVector(**fields))
    return rows


BLOCK = timedelta(hours=6)
"""A camera has a recording of twice this length beginning at each of its multiples, so that each holds its tracks."""


def recording_at(tenant_id: UUID, camera_id: UUID, at: datetime) -> UUID:
    """The recording in whose first half that time lies."""
    return uuid5(tenant_id, f"{camera_id} {(at - START) // BLOCK}")


def filters(**narrowed: Any) -> Filters:
    wide: dict[str, Any] = {
        "tenant_id": TENANT,
        "camera_ids": None,
        "from_time": None,
        "until_time": None,
        "classes": (),
    }
    return Filters(**(wide | narrowed))


LIKENESS: dict[ObjectClass | None, float] = {
    known: 0.1 * number for number, known in enumerate((None, *ObjectClass), start=-2)
}


def probe(
    kind: Space = Space.SEMANTIC, items: tuple[ItemKind, ...] = tuple(ItemKind), *, captions: bool = False
) -> Probe:
    vector = some_vector(kind, np.random.default_rng(99))
    return Probe(kind, Encoding(SPACE_NAMES[kind], vector), items, LIKENESS if captions else {})


@dataclass
class House:
    """A database with rows of two tenants, and the same rows in memory."""

    databases: ServiceDatabases
    database: Database
    items: StoredItems
    foreign: StoredItems

    def store(self, rows: Sequence[StoredVector]) -> MemoryVectors:
        """Stores the vectors, and the recordings that they are said to be of."""
        for items in (self.items, self.foreign):
            own = [row for row in rows if row.tenant_id == items.tenant_id]
            recordings = {
                row.recording_id: (row.camera_id, START + (row.started_at - START) // BLOCK * BLOCK) for row in own
            }
            for recording_id, (camera_id, started_at) in recordings.items():
                items.recording(
                    camera_id, started_at, hours=2 * BLOCK.total_seconds() / 3600, recording_id=recording_id
                )
            if own:
                items.vectors(own)
        return MemoryVectors(list(rows))


@pytest.fixture
def house(databases: ServiceDatabases) -> Iterator[House]:
    made = House(
        databases,
        databases.open("sightline_search"),
        StoredItems(databases, TENANT),
        StoredItems(databases, OTHER_TENANT),
    )
    yield made
    made.database.close()
    made.items.close()
    made.foreign.close()


NARROWED: list[dict[str, Any]] = [
    {},
    {"camera_ids": (CAMERAS[3],)},
    {"camera_ids": tuple(CAMERAS[2:9])},
    {"camera_ids": ()},
    {"from_time": START + timedelta(hours=30)},
    {"until_time": START + timedelta(hours=30)},
    {"from_time": START + timedelta(hours=23), "until_time": START + timedelta(hours=25)},
    {"from_time": START + timedelta(hours=90)},
    {"classes": (ObjectClass.CAR, ObjectClass.BUS)},
    {"camera_ids": (CAMERAS[1], CAMERAS[4]), "classes": (ObjectClass.PERSON,), "from_time": START + timedelta(hours=9)},
]


def test_the_nearest_rows_are_exactly_those_that_a_scan_in_memory_finds(house: House) -> None:
    rows = some_rows(400) + some_rows(50, tenant_id=OTHER_TENANT, seed=1)
    oracle, store = house.store(rows), EmbedVectors(house.database)
    compared = 0
    for narrowed, kind, items in product(NARROWED, Space, [(ItemKind.TRACK,), tuple(ItemKind)]):
        asked = filters(**narrowed)
        expected = oracle.nearest(asked, probe(kind, items), 15)
        found = store.nearest(asked, probe(kind, items), 15)
        assert [replace(row, score=0) for row in found] == [replace(row, score=0) for row in expected], narrowed
        np.testing.assert_allclose([row.score for row in found], [row.score for row in expected], atol=1e-4)
        compared += len(found)
    assert compared > 200


def test_a_look_can_be_kept_to_some_classes_unless_the_request_names_others(house: House) -> None:
    oracle, store = house.store(some_rows(100)), EmbedVectors(house.database)
    vehicles = replace(probe(), classes=(ObjectClass.CAR, ObjectClass.TRUCK))
    for narrowed in ({}, {"classes": (ObjectClass.PERSON,)}):
        found = store.nearest(filters(**narrowed), vehicles, 500)
        expected = oracle.nearest(filters(**narrowed), vehicles, 500)
        assert found
        assert [row.item_id for row in found] == [row.item_id for row in expected]


def test_a_texts_likeness_to_the_captions_of_classes_is_part_of_the_score(house: House) -> None:
    oracle, store = house.store(some_rows(200)), EmbedVectors(house.database)
    for narrowed in NARROWED:
        expected = oracle.nearest(filters(**narrowed), probe(captions=True), 15)
        found = store.nearest(filters(**narrowed), probe(captions=True), 15)
        assert [(row.item_id, row.rank) for row in found] == [(row.item_id, row.rank) for row in expected]
        np.testing.assert_allclose([row.score for row in found], [row.score for row in expected], atol=1e-4)


def test_the_track_that_was_asked_with_is_left_out(house: House) -> None:
    oracle, store = house.store(some_rows(40)), EmbedVectors(house.database)
    best = oracle.nearest(filters(), probe(), 1)[0]
    found = store.nearest(filters(excluded_ids=(best.item_id,)), probe(), 1000)
    assert best.item_id not in {row.item_id for row in found}
    assert len(found) == len([row for row in oracle.rows if row.kind is Space.SEMANTIC and row.item_id != best.item_id])


def test_another_tenants_vectors_never_come_back_even_by_a_wrong_filter(house: House) -> None:
    rows = some_rows(30) + some_rows(30, tenant_id=OTHER_TENANT, seed=1)
    house.store(rows)
    with house.database.transaction(TENANT) as connection:
        foreign = connection.execute(
            "SELECT FROM embed.semantic_384_read WHERE tenant_id = %s", (OTHER_TENANT,)
        ).fetchall()
        assert foreign == []
        unfiltered = connection.execute("SELECT DISTINCT item_id FROM embed.semantic_384_read").fetchall()
    assert {row["item_id"] for row in unfiltered} == {row.item_id for row in rows if row.tenant_id == TENANT}


def test_vectors_of_another_space_are_never_compared(house: House) -> None:
    old = [StoredVector(**(vars(row) | {"space": f"old-{row.kind}"})) for row in some_rows(20)]
    house.store(old)
    store = EmbedVectors(house.database)
    assert store.nearest(filters(), probe(), 100) == []
    house.store(some_rows(10, seed=5))
    assert {row.item_id for row in store.nearest(filters(), probe(), 100)}.isdisjoint({row.item_id for row in old})


def test_a_track_in_view_since_hours_is_found_in_the_hour_that_is_asked_for(house: House) -> None:
    row = next(row for row in some_rows(5) if row.item is ItemKind.TRACK and row.kind is Space.SEMANTIC)
    began = START + timedelta(hours=20)
    house.store([StoredVector(**(vars(row) | {"started_at": began, "ended_at": began + timedelta(hours=8)}))])
    store = EmbedVectors(house.database)
    midnight = filters(from_time=START + timedelta(hours=26), until_time=START + timedelta(hours=27))
    assert [found.item_id for found in store.nearest(midnight, probe(), 5)] == [row.item_id]
    after = filters(from_time=START + timedelta(hours=29))
    assert store.nearest(after, probe(), 5) == []


def test_a_tracks_own_vectors_come_in_the_order_of_their_crops(house: House) -> None:
    recording = house.items.recording(CAMERAS[0], START)
    track = house.items.track(CAMERAS[0], recording, START, crops=2)
    template = some_rows(2)[1]
    random = np.random.default_rng(4)
    rows = [
        StoredVector(
            **(
                vars(template)
                | {
                    "item_id": track,
                    "started_at": START,
                    "ended_at": START + timedelta(seconds=4),
                    "rank": rank,
                    "kind": Space.APPEARANCE,
                    "space": SPACE_NAMES[Space.APPEARANCE],
                    "vector": some_vector(Space.APPEARANCE, random),
                }
            )
        )
        for rank in (1, 0)
    ]
    house.store(rows)
    store = EmbedVectors(house.database)
    looks = store.appearance_of(TENANT, track, SPACE_NAMES[Space.APPEARANCE])
    assert looks.object_class is ObjectClass.PERSON
    np.testing.assert_allclose(looks.vectors, [rows[1].vector, rows[0].vector], atol=1e-6)
    assert store.appearance_of(TENANT, track, "a space that is not there").vectors == []
    with pytest.raises(UnknownTrackError):
        store.appearance_of(OTHER_TENANT, track, SPACE_NAMES[Space.APPEARANCE])


def test_hits_are_described_by_the_crop_that_was_nearest_and_failed_recordings_are_not_shown(house: House) -> None:
    recording, failed = house.items.recording(CAMERAS[0], START), house.items.recording(CAMERAS[1], START)
    track = house.items.track(CAMERAS[0], recording, START, crops=3, object_class=ObjectClass.TRUCK)
    hidden = house.items.track(CAMERAS[1], failed, START)
    scene = house.items.scene(CAMERAS[0], recording, START + timedelta(seconds=7))
    house.items.fail(failed)
    candidates = [
        Candidate(ItemKind.TRACK, track, 2, 0.9, Space.SEMANTIC, ObjectClass.TRUCK),
        Candidate(ItemKind.TRACK, hidden, 0, 0.8, Space.SEMANTIC, ObjectClass.TRUCK),
        Candidate(ItemKind.SCENE, scene, 0, 0.7, Space.SEMANTIC, None),
    ]
    seen = IngestLibrary(house.database).seen(TENANT, candidates)
    assert set(seen) == {track, scene}
    assert seen[track].thumbnail_key == f"crop/{track}/2"
    assert seen[track].best_at == START + timedelta(seconds=2)
    assert seen[track].object_class is ObjectClass.TRUCK
    box = seen[track].box
    assert box is not None
    assert [box.left, box.top, box.right, box.bottom] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert (seen[scene].started_at, seen[scene].thumbnail_key) == (START + timedelta(seconds=7), f"still/{scene}")
    assert IngestLibrary(house.database).seen(OTHER_TENANT, candidates) == {}


def test_a_whole_search_folds_crops_and_keeps_to_the_cameras(house: House) -> None:
    recording = house.items.recording(CAMERAS[0], START)
    track = house.items.track(CAMERAS[0], recording, START, crops=2)
    other = house.items.track(CAMERAS[1], house.items.recording(CAMERAS[1], START), START)
    asked = probe().encoding.vector
    template = next(row for row in some_rows(5) if row.item is ItemKind.TRACK and row.kind is Space.SEMANTIC)
    common = {"started_at": START, "ended_at": START + timedelta(seconds=4), "vector": asked}
    house.store(
        [
            StoredVector(**(vars(template) | common | {"item_id": item, "camera_id": camera, "rank": rank}))
            for item, camera, rank in [(track, CAMERAS[0], 0), (track, CAMERAS[0], 1), (other, CAMERAS[1], 0)]
        ]
    )
    searching = Searching(
        encoders=FakeEncoders(sentences={"a person": asked}),
        spaces=FakeSpaces(),
        pictures=FakePictures(),
        frames=FakeFrames(),
        vectors=EmbedVectors(house.database),
        library=IngestLibrary(house.database),
        places=GatewayPlaces(house.database),
        stored=StoredFacts(house.database),
        stage=stages([]),
    )
    request = SearchRequest(tenant_id=TENANT, text="a person", camera_ids=(CAMERAS[0],), read_text=False)
    hits = searching.answer(request).hits
    assert [hit.id for hit in hits] == [track]
    assert hits[0].score == pytest.approx(1 - CAPTION_WEIGHT, abs=1e-3)
