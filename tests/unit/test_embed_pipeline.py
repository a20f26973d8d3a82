"""The embed use case, on fakes."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4

import numpy as np
import pytest

from contracts.embed import EmbedItems
from contracts.vocabulary import ItemKind, ObjectClass, Space
from kit.lease import Lease
from services.embed.model import ModelSpace, Still, UnusableVectorsError, checked, days_of
from services.embed.pipeline import BATCH, Embedding
from tests.fakes.embed import (
    SIZES,
    BrokenEncoder,
    FakeEncoder,
    FakeModels,
    MemoryLibrary,
    MemoryPictures,
    MemoryVectors,
    vector_of,
)

TENANT = uuid4()
RECORDING = uuid4()
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def still(kind: ItemKind, item_id: UUID, rank: int = 0, started_at: datetime = START) -> Still:
    return Still(
        kind=kind,
        item_id=item_id,
        camera_id=uuid4(),
        recording_id=RECORDING,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=4 if kind is ItemKind.TRACK else 0),
        object_class=ObjectClass.PERSON if kind is ItemKind.TRACK else None,
        rank=rank,
        object_key=f"{item_id}/{rank}",
    )


class House:
    """The use case with stills of which each has a colour of its own."""

    def __init__(self, stills: list[Still]) -> None:
        self.models = FakeModels()
        self.vectors = MemoryVectors()
        self.colours = {kept.object_key: number % 256 for number, kept in enumerate(stills)}
        self.embedding = Embedding(
            MemoryLibrary({TENANT: stills}), MemoryPictures(self.colours), self.models, self.vectors
        )
        self.items = EmbedItems(
            recording_id=RECORDING,
            track_ids=tuple({kept.item_id for kept in stills if kept.kind is ItemKind.TRACK}),
            scene_ids=tuple({kept.item_id for kept in stills if kept.kind is ItemKind.SCENE}),
        )
        self.lease = Lease(
            job_id=uuid4(), tenant_id=TENANT, token=uuid4(), attempt=1, max_attempts=3, subject_id=RECORDING
        )

    def run(self) -> None:
        self.embedding.embed(self.items, self.lease)


def test_every_crop_gets_both_vectors_and_a_scene_only_a_semantic_one() -> None:
    track, scene = uuid4(), uuid4()
    house = House([still(ItemKind.TRACK, track, 0), still(ItemKind.TRACK, track, 1), still(ItemKind.SCENE, scene)])
    house.run()
    semantic = [(kept.item_id, kept.rank) for kept, _ in house.vectors.rows(Space.SEMANTIC)]
    appearance = [(kept.item_id, kept.rank) for kept, _ in house.vectors.rows(Space.APPEARANCE)]
    assert semantic == [(track, 0), (track, 1), (scene, 0)]
    assert appearance == [(track, 0), (track, 1)]


def test_each_still_keeps_its_own_vector_over_many_batches_of_both_kinds() -> None:
    kinds = [ItemKind.SCENE if number % 3 == 0 else ItemKind.TRACK for number in range(3 * BATCH + 5)]
    house = House([still(kind, uuid4()) for kind in kinds])
    house.run()
    for space in Space:
        rows = house.vectors.rows(space)
        assert len(rows) == (len(kinds) if space is Space.SEMANTIC else kinds.count(ItemKind.TRACK))
        for kept, vector in rows:
            np.testing.assert_array_equal(vector, vector_of(space, house.colours[kept.object_key]))


def test_pictures_reach_the_models_in_batches() -> None:
    house = House([still(ItemKind.TRACK, uuid4()) for _ in range(BATCH + 1)])
    house.run()
    encoder = house.models.encoders[Space.APPEARANCE]
    assert isinstance(encoder, FakeEncoder)
    assert encoder.asked == [BATCH, 1]


def test_the_job_of_items_that_are_gone_is_completed_without_vectors() -> None:
    house = House([])
    house.run()
    assert house.vectors.finished == [(house.lease, [])]


def test_progress_ends_at_one() -> None:
    house = House([still(ItemKind.TRACK, uuid4()) for _ in range(BATCH * 2)])
    house.run()
    assert house.lease.progress == 1.0


def test_the_time_of_reading_and_encoding_is_told() -> None:
    house = House([still(ItemKind.TRACK, uuid4())])
    house.run()
    assert set(house.vectors.seconds) == {"read", "encode"}
    assert all(value >= 0 for value in house.vectors.seconds.values())


def unit(rows: int, dimension: int) -> np.ndarray:
    vectors = np.zeros((rows, dimension), np.float32)
    vectors[:, 0] = 1.0
    return vectors


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(unit(1, 383), id="of another length"),
        pytest.param(unit(2, 384), id="more than there are stills"),
        pytest.param(unit(1, 384) * 0.9, id="not of unit length"),
        pytest.param(unit(1, 384) * np.nan, id="not numbers"),
        pytest.param(unit(1, 384) * 0, id="zero"),
    ],
)
def test_vectors_that_would_break_searches_are_refused(answer: np.ndarray) -> None:
    house = House([still(ItemKind.SCENE, uuid4())])
    space = ModelSpace("broken-1", Space.SEMANTIC, 384)
    house.models.encoders[Space.SEMANTIC] = BrokenEncoder(space, SIZES[Space.SEMANTIC], answer)
    with pytest.raises(UnusableVectorsError, match="broken-1"):
        house.run()
    assert house.vectors.finished == []


def test_vectors_rounded_a_little_are_taken() -> None:
    vectors = unit(3, 256) * np.float32(1.001)
    assert checked(ModelSpace("rounded", Space.APPEARANCE, 256), vectors, 3) is vectors


def test_partition_days_are_utc_whatever_the_offset_of_the_times() -> None:
    late = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    stills = [still(ItemKind.SCENE, uuid4(), started_at=when) for when in (START, late, START)]
    assert days_of(stills) == [date(2026, 3, 1), date(2026, 3, 2)]
