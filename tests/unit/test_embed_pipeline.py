"""The embed use case, on fakes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4

import numpy as np
import pytest

from contracts.embed import EmbedItems, ReembedRecording
from contracts.vocabulary import ItemKind, ObjectClass, Space
from kit.lease import Lease
from services.embed.model import (
    ModelReplacedError,
    ModelSpace,
    ModelUnavailableError,
    OtherWeightsError,
    SpaceState,
    Still,
    StillGoneError,
    UnusableVectorsError,
    checked,
    days_of,
)
from services.embed.pipeline import BATCH, GIVE_WAY_SECONDS, Embedding, Reembedding
from tests.fakes.embed import (
    SIZES,
    BrokenEncoder,
    FakeDescriber,
    FakeEncoder,
    FakeModels,
    FakeSpaces,
    MemoryLibrary,
    MemoryPictures,
    MemoryVectors,
    binding,
    space_of,
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
        self.spaces = FakeSpaces()
        self.vectors = MemoryVectors()
        self.colours = {kept.object_key: number % 256 for number, kept in enumerate(stills)}
        self.waited: list[float] = []
        ports = (
            MemoryLibrary({TENANT: stills}),
            MemoryPictures(self.colours),
            self.models,
            self.spaces,
            self.vectors,
        )
        self.embedding = Embedding(*ports)
        self.reembedding = Reembedding(*ports, pause=self.waited.append)
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

    def switch(self, kind: Space, dimension: int | None = None) -> FakeEncoder:
        """Serves a second profile's model, whose space is incoming."""
        incoming = binding(kind, SpaceState.INCOMING, "base")
        self.spaces.used.append(incoming)
        return self.models.serve(incoming, dimension)

    def fill(self, kind: Space, stills: int = 0) -> None:
        name = space_of(binding(kind, profile="base")).name
        self.reembedding.reembed(ReembedRecording(recording_id=RECORDING, space=name, stills=stills), self.lease)


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
    encoder = house.models.encoders[Space.APPEARANCE, "tiny"]
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
    space = ModelSpace("broken-1", 384, binding(Space.SEMANTIC))
    house.models.encoders[Space.SEMANTIC, "tiny"] = BrokenEncoder(space, SIZES[Space.SEMANTIC], answer)
    with pytest.raises(UnusableVectorsError, match="broken-1"):
        house.run()
    assert house.vectors.finished == []


def test_vectors_rounded_a_little_are_taken() -> None:
    vectors = unit(3, 256) * np.float32(1.001)
    assert checked(ModelSpace("rounded", 256, binding(Space.APPEARANCE)), vectors, 3) is vectors


def test_a_length_that_the_store_has_no_table_for_is_named() -> None:
    with pytest.raises(UnusableVectorsError, match="384 or 768 numbers a vector, not 512"):
        checked(ModelSpace("long", 512, binding(Space.SEMANTIC)), unit(1, 512), 1)


def test_new_footage_is_written_to_the_incoming_space_too() -> None:
    track, scene = uuid4(), uuid4()
    house = House([still(ItemKind.TRACK, track), still(ItemKind.SCENE, scene)])
    house.switch(Space.SEMANTIC, dimension=768)
    house.run()
    ((_, embedded),) = house.vectors.finished
    assert [(part.space.name, part.vectors.shape) for part in embedded] == [
        ("fake-semantic-tiny", (2, 384)),
        ("fake-appearance-tiny", (1, 256)),
        ("fake-semantic-base", (2, 768)),
    ]


def test_a_failing_incoming_model_is_left_for_later_and_never_delays_new_footage() -> None:
    house = House([still(ItemKind.TRACK, uuid4()) for _ in range(BATCH + 1)])
    incoming = binding(Space.SEMANTIC, SpaceState.INCOMING, "base")
    house.spaces.used.append(incoming)
    house.run()
    house.models.encoders[Space.SEMANTIC, "base"] = BrokenEncoder(
        space_of(incoming), SIZES[Space.SEMANTIC], unit(1, 384) * np.float32("nan")
    )
    house.run()
    for _, embedded in house.vectors.finished:
        assert [part.space.name for part in embedded] == ["fake-semantic-tiny", "fake-appearance-tiny"]
        assert all(len(part.vectors) == BATCH + 1 for part in embedded)


def test_new_footage_waits_for_the_serving_model() -> None:
    house = House([still(ItemKind.TRACK, uuid4())])
    del house.models.encoders[Space.APPEARANCE, "tiny"]
    with pytest.raises(ModelUnavailableError, match="appearance-tiny"):
        house.run()
    assert house.vectors.finished == []


def test_stored_footage_is_filled_in_batches_that_are_kept_at_once() -> None:
    stills = [still(ItemKind.TRACK, uuid4()) for _ in range(2 * BATCH + 3)]
    house = House(stills)
    house.switch(Space.APPEARANCE)
    house.fill(Space.APPEARANCE, stills=len(stills))
    assert [len(part.stills) for part in house.vectors.kept] == [BATCH, BATCH, 3]
    for part in house.vectors.kept:
        for kept, vector in zip(part.stills, part.vectors, strict=True):
            np.testing.assert_array_equal(vector, vector_of(Space.APPEARANCE, house.colours[kept.object_key]))
    ((_, filled, left_out),) = house.vectors.filled
    assert (filled, left_out) == (len(stills), [])
    assert house.lease.progress == 1.0


def test_progress_goes_on_from_what_an_earlier_attempt_had_done() -> None:
    house = House([still(ItemKind.TRACK, uuid4()) for _ in range(BATCH)])
    encoder = house.switch(Space.APPEARANCE)
    seen: list[float] = []
    encode = encoder.encode

    def watched(pictures: np.ndarray) -> np.ndarray:
        seen.append(house.lease.progress)
        return encode(pictures)

    encoder.encode = watched  # type: ignore[method-assign]
    house.fill(Space.APPEARANCE, stills=4 * BATCH)
    assert seen == [0.75]
    assert house.lease.progress == 1.0


def test_stills_that_cannot_be_had_are_left_out_by_name_and_the_rest_is_filled() -> None:
    stills = [still(ItemKind.TRACK, uuid4()) for _ in range(5)]
    house = House(stills)
    house.switch(Space.APPEARANCE)
    for gone in (stills[0], stills[3], stills[4]):
        del house.colours[gone.object_key]
    house.fill(Space.APPEARANCE)
    assert [kept.item_id for part in house.vectors.kept for kept in part.stills] == [
        stills[1].item_id,
        stills[2].item_id,
    ]
    ((_, filled, left_out),) = house.vectors.filled
    assert filled == 2
    assert left_out == [gone.object_key for gone in (stills[0], stills[3], stills[4])]


def test_fresh_footage_without_its_still_is_not_left_out_but_tried_again() -> None:
    house = House([still(ItemKind.TRACK, uuid4())])
    house.colours.clear()
    with pytest.raises(StillGoneError):
        house.run()


def test_filling_gives_way_to_fresh_footage_but_not_for_ever() -> None:
    house = House([still(ItemKind.TRACK, uuid4()) for _ in range(2 * BATCH)])
    house.switch(Space.APPEARANCE)
    house.spaces.fresh = [True] * 1000
    house.fill(Space.APPEARANCE)
    assert sum(house.waited) == pytest.approx(2 * GIVE_WAY_SECONDS, abs=0.5)
    assert len(house.vectors.kept) == 2


def test_filling_stops_where_the_switch_was_given_up() -> None:
    house = House([still(ItemKind.TRACK, uuid4()) for _ in range(3 * BATCH)])
    encoder = house.switch(Space.APPEARANCE)
    encode = encoder.encode

    def given_up(pictures: np.ndarray) -> np.ndarray:
        house.spaces.used.pop()
        return encode(pictures)

    encoder.encode = given_up  # type: ignore[method-assign]
    house.fill(Space.APPEARANCE)
    house.fill(Space.APPEARANCE)
    assert len(house.vectors.kept) == 1
    assert [filled for _, filled, _ in house.vectors.filled] == [BATCH, 0]


def test_weights_of_another_space_under_the_name_are_refused() -> None:
    house = House([still(ItemKind.TRACK, uuid4())])
    bound = binding(Space.APPEARANCE, SpaceState.INCOMING, "base")
    house.spaces.used.append(bound)
    other = ModelSpace("replaced", 256, bound)
    house.models.encoders[Space.APPEARANCE, "base"] = FakeEncoder(other, SIZES[Space.APPEARANCE])
    with pytest.raises(OtherWeightsError, match="replaced"):
        house.fill(Space.APPEARANCE)
    assert house.vectors.kept == []


def test_partition_days_are_utc_whatever_the_offset_of_the_times() -> None:
    late = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    stills = [still(ItemKind.SCENE, uuid4(), started_at=when) for when in (START, late, START)]
    assert days_of(stills) == [date(2026, 3, 1), date(2026, 3, 2)]


def test_a_track_is_described_by_all_its_crops_the_clear_ones_more() -> None:
    track, other = uuid4(), uuid4()
    stills = [
        replace(still(ItemKind.TRACK, track, 0), quality=3.0),
        replace(still(ItemKind.TRACK, track, 1), quality=1.0),
        still(ItemKind.SCENE, uuid4()),
        replace(still(ItemKind.TRACK, other), object_class=ObjectClass.BUS),
    ]
    house = House(stills)
    house.models.described_by = FakeDescriber()
    house.colours = {kept.object_key: colour for kept, colour in zip(stills, (255, 51, 9, 204), strict=True)}
    house.embedding = replace(house.embedding, pictures=MemoryPictures(house.colours))
    house.run()
    assert house.vectors.described is not None
    person, bus = house.vectors.described.tracks
    assert (person.still.item_id, person.crops, [group.key for group in person.groups]) == (track, 2, ["person.hat"])
    np.testing.assert_allclose(person.probabilities, [0.2, 0.8], atol=1e-6)
    assert (bus.still.item_id, bus.crops, [group.key for group in bus.groups]) == (other, 1, ["vehicle.colour"])
    np.testing.assert_allclose(bus.probabilities, [0.2, 0.8, 0], atol=1e-6)
    assert len(house.vectors.rows(Space.SEMANTIC)) == 4
    assert len(house.vectors.rows(Space.APPEARANCE)) == 3


def test_attributes_of_many_batches_stay_with_their_tracks() -> None:
    stills = [still(ItemKind.TRACK if number % 3 else ItemKind.SCENE, uuid4()) for number in range(2 * BATCH + 5)]
    house = House(stills)
    house.models.described_by = FakeDescriber()
    house.run()
    assert house.vectors.described is not None
    for described in house.vectors.described.tracks:
        bright = house.colours[described.still.object_key] / 255
        np.testing.assert_allclose(described.probabilities, [1 - bright, bright], atol=1e-6)
    assert len(house.vectors.described.tracks) == sum(kept.kind is ItemKind.TRACK for kept in stills)


@pytest.mark.parametrize("describer", [None, FakeDescriber(down=True)])
def test_without_the_attributes_model_footage_is_made_searchable_all_the_same(describer: FakeDescriber | None) -> None:
    house = House([still(ItemKind.TRACK, uuid4())])
    house.models.described_by = describer
    house.run()
    assert house.vectors.described is None
    assert len(house.vectors.rows(Space.SEMANTIC)) == 1


def test_footage_that_another_attributes_model_came_amid_is_embedded_again() -> None:
    house = House([still(ItemKind.TRACK, uuid4())])
    house.models.described_by = FakeDescriber(replaced=True)
    with pytest.raises(ModelReplacedError, match="attributes"):
        house.run()
    assert house.vectors.rows(Space.SEMANTIC) == []
    house.models.described_by = FakeDescriber()
    house.run()
    assert house.vectors.described is not None
    assert len(house.vectors.described.tracks) == 1
