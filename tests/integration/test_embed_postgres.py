"""Vectors on the real Postgres: stored with their job's completion or not at all, once, in partitions that appear."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from contracts.embed import EMBED_ITEMS, EmbedItems
from contracts.task import JobState
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space, Subject
from contracts.watches import SEARCH_WATCH
from kit.jobs import Claim, Jobs
from kit.lease import LeaseLostError
from kit.postgres import Database
from services.embed.adapters.postgres import IngestLibrary, PostgresVectors
from services.embed.model import (
    AttributeModel,
    Described,
    DescribedTrack,
    EmbeddedStills,
    ModelSpace,
    SpaceConflictError,
    Still,
)
from tests.databases import ServiceDatabases
from tests.fakes.embed import GROUPS, binding
from tests.fixtures.stored_items import StoredItems, count_rows

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
SEMANTIC = ModelSpace("test-semantic-1", 384, binding(Space.SEMANTIC))
APPEARANCE = ModelSpace("test-appearance-1", 256, binding(Space.APPEARANCE))


@pytest.fixture
def database(databases: ServiceDatabases) -> Iterator[Database]:
    opened = databases.open("sightline_embed")
    yield opened
    opened.close()


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database, lambda _: None, lease_seconds=30)


@pytest.fixture
def items(databases: ServiceDatabases) -> Iterator[StoredItems]:
    stored = StoredItems(databases, TENANT)
    yield stored
    stored.close()


def claimed(jobs: Jobs, payload: EmbedItems, key: str = "one") -> Claim:
    with jobs.work(TENANT) as work:
        job_id = work.enqueue(EMBED_ITEMS, payload, key=key, subject_id=payload.recording_id).job_id
    claim = jobs.claim(job_id, "worker")
    assert claim is not None
    return claim


def embedded(stills: list[Still], space: ModelSpace, seed: int = 0) -> EmbeddedStills:
    kept = [still for still in stills if space.kind in still.spaces]
    vectors = np.random.default_rng(seed).normal(size=(len(kept), space.dimension))
    return EmbeddedStills(space, kept, np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32))


def still(started_at: datetime, kind: ItemKind = ItemKind.TRACK) -> Still:
    return Still(
        kind=kind,
        item_id=uuid4(),
        camera_id=uuid4(),
        recording_id=uuid4(),
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=4),
        object_class=ObjectClass.CAR if kind is ItemKind.TRACK else None,
        rank=0,
        object_key="key",
    )


def test_the_library_gives_every_crop_and_scene_and_nothing_of_others(
    databases: ServiceDatabases, database: Database, items: StoredItems
) -> None:
    camera = uuid4()
    recording = items.recording(camera, START)
    track = items.track(camera, recording, START, crops=3, object_class=ObjectClass.BUS)
    scene = items.scene(camera, recording, START + timedelta(seconds=9))
    foreign_items = StoredItems(databases, OTHER_TENANT)
    foreign_recording = foreign_items.recording(camera, START)
    foreign = foreign_items.track(camera, foreign_recording, START)
    foreign_items.close()
    library = IngestLibrary(database)
    stills = library.stills(
        TENANT, EmbedItems(recording_id=recording, track_ids=(track, foreign), scene_ids=(scene, uuid4()))
    )
    assert [(kept.kind, kept.item_id, kept.rank) for kept in stills] == [
        (ItemKind.TRACK, track, 0),
        (ItemKind.TRACK, track, 1),
        (ItemKind.TRACK, track, 2),
        (ItemKind.SCENE, scene, 0),
    ]
    assert stills[1].object_key == f"crop/{track}/1"
    assert stills[1].object_class is ObjectClass.BUS
    assert (stills[3].started_at, stills[3].ended_at, stills[3].object_class) == (START + timedelta(seconds=9),) * 2 + (
        None,
    )
    assert library.stills(TENANT, EmbedItems(recording_id=foreign_recording, track_ids=(foreign,))) == []


def test_items_of_a_recording_that_failed_get_no_vectors(database: Database, items: StoredItems) -> None:
    camera = uuid4()
    recording = items.recording(camera, START)
    track = items.track(camera, recording, START)
    items.fail(recording)
    assert IngestLibrary(database).stills(TENANT, EmbedItems(recording_id=recording, track_ids=(track,))) == []


def test_vectors_and_the_jobs_completion_are_one(database: Database, jobs: Jobs) -> None:
    stills = [still(START), still(START, ItemKind.SCENE)]
    claim = claimed(jobs, EmbedItems(recording_id=uuid4()))
    store = PostgresVectors(database, jobs)
    store.finish(claim.lease, [embedded(stills, SEMANTIC), embedded(stills, APPEARANCE)], {"encode": 0.25})
    done = jobs.get(TENANT, claim.lease.job_id)
    assert done is not None
    assert done.state is JobState.DONE
    assert done.result is not None
    assert (done.result["semantic_vectors"], done.result["appearance_vectors"]) == (2, 1)
    assert done.result["seconds"]["encode"] == 0.25
    assert done.result["seconds"]["write"] > 0
    assert count_rows(database, TENANT, "embed.semantic_384") == 2
    assert count_rows(database, TENANT, "embed.appearance_256") == 1
    with pytest.raises(LeaseLostError):
        store.finish(claim.lease, [embedded([still(START)], SEMANTIC)], {})
    assert count_rows(database, TENANT, "embed.semantic_384") == 2


def test_what_has_its_vectors_is_compared_with_what_is_watched_for_in_the_same_transaction(
    database: Database, jobs: Jobs
) -> None:
    stills = [still(START), still(START, ItemKind.SCENE)]
    claim = claimed(jobs, EmbedItems(recording_id=stills[0].recording_id))
    store = PostgresVectors(database, jobs)
    store.finish(claim.lease, [embedded(stills, SEMANTIC), embedded(stills, APPEARANCE)], {})
    with pytest.raises(LeaseLostError):
        store.finish(claim.lease, [embedded([still(START)], SEMANTIC)], {})
    (job,) = [job for job in jobs.list(TENANT) if job.contract == SEARCH_WATCH.name]
    assert job.key == str(claim.lease.job_id)
    assert job.payload["track_ids"] == [str(stills[0].item_id)]
    assert job.payload["scene_ids"] == [str(stills[1].item_id)]


def test_a_row_holds_what_searches_filter_on_and_the_vector_to_half_precision(database: Database, jobs: Jobs) -> None:
    kept = still(START)
    part = embedded([kept], APPEARANCE)
    PostgresVectors(database, jobs).finish(claimed(jobs, EmbedItems(recording_id=uuid4())).lease, [part], {})
    with database.transaction(TENANT) as connection:
        row = connection.execute("SELECT *, vector::text AS numbers FROM embed.appearance_256").fetchone()
    assert row is not None
    assert (row["tenant_id"], row["camera_id"], row["recording_id"]) == (TENANT, kept.camera_id, kept.recording_id)
    assert (row["started_at"], row["ended_at"]) == (kept.started_at, kept.ended_at)
    assert (row["item_kind"], row["item_id"], row["object_class"], row["rank"]) == ("track", kept.item_id, "car", 0)
    numbers = np.array(row["numbers"].strip("[]").split(","), np.float32)
    np.testing.assert_allclose(numbers, part.vectors[0], atol=1e-3)


def test_embedding_the_same_items_again_changes_nothing(database: Database, jobs: Jobs) -> None:
    stills = [still(START)]
    store = PostgresVectors(database, jobs)
    store.finish(claimed(jobs, EmbedItems(recording_id=uuid4()), "one").lease, [embedded(stills, SEMANTIC, seed=1)], {})
    store.finish(claimed(jobs, EmbedItems(recording_id=uuid4()), "two").lease, [embedded(stills, SEMANTIC, seed=1)], {})
    assert count_rows(database, TENANT, "embed.semantic_384") == 1


def test_another_models_vectors_stand_beside_the_old_ones(database: Database, jobs: Jobs) -> None:
    stills = [still(START)]
    store = PostgresVectors(database, jobs)
    store.finish(claimed(jobs, EmbedItems(recording_id=uuid4()), "one").lease, [embedded(stills, SEMANTIC)], {})
    newer = ModelSpace("test-semantic-2", 384, binding(Space.SEMANTIC, profile="base"))
    store.finish(claimed(jobs, EmbedItems(recording_id=uuid4()), "two").lease, [embedded(stills, newer)], {})
    assert count_rows(database, TENANT, "embed.semantic_384") == 2


def test_a_space_cannot_become_another_kind(database: Database, jobs: Jobs) -> None:
    store = PostgresVectors(database, jobs)
    store.finish(claimed(jobs, EmbedItems(recording_id=uuid4()), "one").lease, [embedded([still(START)], SEMANTIC)], {})
    impostor = ModelSpace(SEMANTIC.name, SPACE_DIMENSIONS[Space.APPEARANCE], binding(Space.APPEARANCE))
    claim = claimed(jobs, EmbedItems(recording_id=uuid4()), "two")
    with pytest.raises(SpaceConflictError, match="test-semantic-1"):
        store.finish(claim.lease, [embedded([still(START)], impostor)], {})


def test_vectors_are_seen_by_their_tenant_only(database: Database, jobs: Jobs) -> None:
    PostgresVectors(database, jobs).finish(
        claimed(jobs, EmbedItems(recording_id=uuid4())).lease, [embedded([still(START)], SEMANTIC)], {}
    )
    assert count_rows(database, OTHER_TENANT, "embed.semantic_384") == 0


def test_many_workers_may_need_the_same_new_days_at_once(databases: ServiceDatabases, jobs: Jobs) -> None:
    days = [START + timedelta(days=number) for number in range(6)]

    def work(worker: int) -> None:
        own = databases.open("sightline_embed")
        own_jobs = Jobs(own, lambda _: None, lease_seconds=30)
        claim = claimed(own_jobs, EmbedItems(recording_id=uuid4()), f"worker {worker}")
        # Each meets the days in another order; within its job they are made in theirs.
        stills = [still(day) for day in days[worker % 6 :] + days[: worker % 6]]
        PostgresVectors(own, own_jobs).finish(
            claim.lease, [embedded(stills, SEMANTIC), embedded(stills, APPEARANCE)], {"encode": 0.25}
        )
        own.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    database = databases.open("sightline_embed")
    assert count_rows(database, TENANT, "embed.semantic_384") == 8 * len(days)
    assert count_rows(database, TENANT, "embed.appearance_256") == 8 * len(days)
    with database.system_transaction() as connection:
        leaves = {
            row["name"]
            for row in connection.execute(
                "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
                " WHERE inhparent = 'embed.semantic_384'::regclass"
            )
        }
    database.close()
    assert leaves == {f"embed.semantic_384_{date(2026, 3, 2 + number):%Y%m%d}" for number in range(6)}


def test_attributes_are_stored_small_and_read_back_by_their_layout(database: Database, jobs: Jobs) -> None:
    person, bus = still(START), replace(still(START), object_class=ObjectClass.BUS)
    groups = AttributeModel("test-attributes-1", GROUPS)
    described = Described(
        groups.weights,
        [
            DescribedTrack(person, groups.asked_of(Subject.PERSON), np.array([0.12344, 0.87656], np.float32), 3),
            DescribedTrack(bus, groups.asked_of(Subject.VEHICLE), np.array([0.5, 0.25, 0.25], np.float32), 1),
        ],
    )
    store = PostgresVectors(database, jobs)
    for key in ("one", "again"):
        claim = claimed(jobs, EmbedItems(recording_id=uuid4()), key)
        store.finish(claim.lease, [embedded([person, bus], SEMANTIC)], {}, described)
    done = jobs.get(TENANT, claim.lease.job_id)
    assert done is not None
    assert done.result is not None
    assert done.result["attributes"] == 2
    with database.transaction(TENANT) as connection:
        rows = connection.execute("SELECT * FROM embed.attributes_read ORDER BY object_class DESC").fetchall()
    assert [(row["track_id"], row["crops"], row["weights"], row["layout"], row["probabilities"]) for row in rows] == [
        (person.item_id, 3, "test-attributes-1", "person.hat=no|yes", [1234, 8766]),
        (bus.item_id, 1, "test-attributes-1", "vehicle.colour=dark|light|other", [5000, 2500, 2500]),
    ]
    assert count_rows(database, OTHER_TENANT, "embed.attributes_read") == 0
