"""Answering searches, on fakes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.search import AttributeWish, Box, Heading, SearchAnswer, SearchRequest, Weights
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from services.search.model.errors import BadPictureError, BadRequestError, ModelsUnavailableError, UnknownTrackError
from services.search.model.search import (
    CAPTION_WEIGHT,
    Candidate,
    FoundObject,
    Vector,
    folded,
    pooled,
)
from services.search.pipeline.ranking import ROWS_PER_HIT
from services.search.pipeline.search import Searching
from services.search.ports.search import Seen
from tests.fakes.search import (
    SPACE_NAMES,
    FakeEncoders,
    FakeFrames,
    FakePictures,
    FakeSpaces,
    MemoryLibrary,
    MemoryPlaces,
    MemoryStored,
    MemoryVectors,
    StoredVector,
    stages,
)

TENANT = uuid4()
CAMERA = uuid4()
RECORDING = uuid4()
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def towards(kind: Space, axis: int, share: float = 1.0) -> Vector:
    """A unit vector whose cosine with axis `axis` is `share`; the rest points away from every query."""
    vector = np.zeros(SPACE_DIMENSIONS[kind], np.float32)
    vector[axis] = share
    vector[-1] = np.sqrt(1 - share**2)
    return vector


class House:
    """The use case over a footage of the test's making. Axis 0 is what is asked for."""

    def __init__(self) -> None:
        self.encoders = FakeEncoders(
            sentences={"a person": towards(Space.SEMANTIC, 0)},
            pictures={space: towards(space, 0) for space in Space},
        )
        self.vectors, self.library, self.places = MemoryVectors(), MemoryLibrary(), MemoryPlaces()
        self.stored = MemoryStored(self.vectors.rows)
        self.marked: list[str] = []
        self.searching = Searching(
            encoders=self.encoders,
            spaces=FakeSpaces(),
            pictures=FakePictures(),
            frames=FakeFrames(),
            vectors=self.vectors,
            library=self.library,
            places=self.places,
            stored=self.stored,
            stage=stages(self.marked),
            now=lambda: START,
        )

    def track(
        self,
        semantic: float = 0.0,
        appearance: float = 0.0,
        *,
        crops: int = 1,
        appearance_axis: int = 0,
        object_class: ObjectClass = ObjectClass.PERSON,
        camera_id: UUID = CAMERA,
        visible: bool = True,
        at: float = 0.0,
        semantic_axis: int = 0,
    ) -> UUID:
        """A track whose best crop is the last one; the others are worse by 0.01 each."""
        track_id = uuid4()
        self.vectors.tracks[TENANT, track_id] = object_class
        for rank in range(crops):
            worse = 0.01 * (crops - 1 - rank)
            for kind, share, axis in (
                (Space.SEMANTIC, semantic, semantic_axis),
                (Space.APPEARANCE, appearance, appearance_axis),
            ):
                vector = towards(kind, axis, share - worse)
                self._store(ItemKind.TRACK, track_id, rank, kind, vector, object_class, camera_id, at)
        if visible:
            self._show(track_id, f"crop/{track_id}", object_class, camera_id, at)
        return track_id

    def scene(self, semantic: float, *, camera_id: UUID = CAMERA, at: float = 0.0) -> UUID:
        scene_id = uuid4()
        vector = towards(Space.SEMANTIC, 0, semantic)
        self._store(ItemKind.SCENE, scene_id, 0, Space.SEMANTIC, vector, None, camera_id, at)
        self._show(scene_id, f"still/{scene_id}", None, camera_id, at)
        return scene_id

    def ask(self, **wanted: Any) -> SearchAnswer:
        """A search without the reading of sentences and the folding of hits, unless they are wanted."""
        plain = {"tenant_id": TENANT, "read_text": False, "fold": False}
        return self.searching.answer(SearchRequest(**{**plain, **wanted}))

    def found(self, **wanted: Any) -> list[UUID]:
        return [hit.id for hit in self.ask(**wanted).hits]

    def _store(
        self,
        item: ItemKind,
        item_id: UUID,
        rank: int,
        kind: Space,
        vector: Vector,
        object_class: ObjectClass | None,
        camera_id: UUID,
        at: float,
    ) -> None:
        row = StoredVector(
            tenant_id=TENANT,
            camera_id=camera_id,
            recording_id=RECORDING,
            started_at=START + timedelta(seconds=at),
            ended_at=START + timedelta(seconds=at if item is ItemKind.SCENE else at + 4),
            item=item,
            item_id=item_id,
            object_class=object_class,
            rank=rank,
            kind=kind,
            space=SPACE_NAMES[kind],
            vector=vector,
        )
        self.vectors.rows.append(row)

    def _show(self, item_id: UUID, key: str, object_class: ObjectClass | None, camera_id: UUID, at: float) -> None:
        self.library.known[item_id] = Seen(
            camera_id=camera_id,
            recording_id=RECORDING,
            started_at=START + timedelta(seconds=at),
            ended_at=START + timedelta(seconds=at if object_class is None else at + 4),
            best_at=START + timedelta(seconds=at),
            thumbnail_key=key,
            object_class=object_class,
        )


@pytest.fixture
def house() -> House:
    return House()


def test_text_ranks_tracks_and_scenes_in_one_order(house: House) -> None:
    far, near, scene = house.track(0.2), house.track(0.9), house.scene(0.5)
    answer = house.ask(text="a person")
    assert [hit.id for hit in answer.hits] == [near, scene, far]
    shares = np.array([0.9, 0.5, 0.2]) * (1 - CAPTION_WEIGHT)
    assert [hit.score for hit in answer.hits] == pytest.approx(shares.tolist(), abs=1e-6)
    assert {hit.space for hit in answer.hits} == {Space.SEMANTIC}


def test_a_hit_says_what_ingest_knows_of_it(house: House) -> None:
    track = house.track(0.9, object_class=ObjectClass.CAR)
    hit = house.ask(text="a person").hits[0]
    assert (hit.kind, hit.object_class, hit.camera_id) == (ItemKind.TRACK, ObjectClass.CAR, CAMERA)
    assert (hit.thumbnail_key, hit.started_at) == (f"crop/{track}", START)


def test_what_the_detector_said_counts_beside_what_the_picture_says(house: House) -> None:
    house.encoders.known_captions["a person"] = towards(Space.SEMANTIC, 0)
    person = house.track(0.50, object_class=ObjectClass.PERSON)
    car, scene = house.track(0.60, object_class=ObjectClass.CAR), house.scene(0.55)
    answer = house.ask(text="a person")
    assert [hit.id for hit in answer.hits] == [person, car, scene]
    assert answer.hits[0].score == pytest.approx(0.5 * (1 - CAPTION_WEIGHT) + CAPTION_WEIGHT)


def test_a_text_about_places_prefers_scenes(house: House) -> None:
    house.encoders.known_captions["a view of a place"] = towards(Space.SEMANTIC, 0)
    track, scene = house.track(0.55), house.scene(0.50)
    assert house.found(text="a person") == [scene, track]


def test_captions_count_for_nothing_in_a_search_by_picture(house: House) -> None:
    house.encoders.known_captions["a view of a place"] = towards(Space.SEMANTIC, 0)
    scene = house.scene(0.5)
    answer = house.ask(picture_key="upload")
    assert [(hit.id, round(hit.score, 6)) for hit in answer.hits] == [(scene, 0.5)]


def test_line_breaks_and_doubled_spaces_in_a_text_mean_nothing(house: House) -> None:
    house.ask(text="  a \n person ")
    assert house.encoders.asked == ["a person"]


def test_a_track_appears_once_with_its_best_crop(house: House) -> None:
    track = house.track(0.9, crops=5)
    answer = house.ask(text="a person")
    assert [hit.id for hit in answer.hits] == [track]
    assert answer.hits[0].score == pytest.approx(0.9 * (1 - CAPTION_WEIGHT))


def test_tracks_with_many_crops_do_not_crowd_others_out(house: House) -> None:
    greedy = [house.track(0.9, crops=4 * ROWS_PER_HIT) for _ in range(2)]
    modest = house.track(0.1)
    assert house.found(text="a person", limit=3) == [*sorted(greedy), modest]


def test_what_may_not_be_shown_makes_room_for_what_may(house: House) -> None:
    for _ in range(2 * ROWS_PER_HIT):
        house.track(0.9, visible=False)
    shown = house.track(0.3)
    assert house.found(text="a person", limit=1) == [shown]


def test_no_more_hits_than_the_limit_and_none_below_the_least_score(house: House) -> None:
    best, second, _ = house.track(0.9), house.track(0.8), house.track(0.1)
    assert house.found(text="a person", limit=1) == [best]
    assert house.found(text="a person", min_score=0.5) == [best, second]


def test_equal_scores_keep_one_order(house: House) -> None:
    tracks = [house.track(0.5) for _ in range(8)]
    assert house.found(text="a person") == sorted(tracks)


def test_without_any_permitted_camera_nothing_is_even_looked_at(house: House) -> None:
    house.track(0.9)
    house.encoders.down = True
    assert house.ask(text="a person", camera_ids=()).hits == ()
    assert house.vectors.asked_rows == []


def test_only_the_named_cameras_are_looked_at(house: House) -> None:
    elsewhere = uuid4()
    house.track(0.9)
    there = house.track(0.5, camera_id=elsewhere)
    assert house.found(text="a person", camera_ids=(elsewhere,)) == [there]


def test_a_filter_on_classes_leaves_tracks_of_these_and_no_scenes(house: House) -> None:
    house.track(0.9, object_class=ObjectClass.PERSON)
    car = house.track(0.5, object_class=ObjectClass.CAR)
    house.scene(0.8)
    assert house.found(text="a person", classes=(ObjectClass.CAR, ObjectClass.BUS)) == [car]


def test_scenes_of_a_class_are_no_hits_at_all(house: House) -> None:
    house.scene(0.8)
    assert house.found(text="a person", kinds=(ItemKind.SCENE,), classes=(ObjectClass.CAR,)) == []


def test_a_picture_of_an_object_finds_by_appearance_first_and_then_scenes(house: House) -> None:
    alike, other, scene = house.track(0.7, 0.9), house.track(0.95, 0.1), house.scene(0.6)
    answer = house.ask(picture_key="upload")
    assert [hit.id for hit in answer.hits] == [alike, other, scene]
    assert [hit.space for hit in answer.hits] == [Space.APPEARANCE, Space.APPEARANCE, Space.SEMANTIC]


def test_a_picture_of_a_place_finds_scenes_first(house: House) -> None:
    track, scene, other_scene = house.track(0.6, 0.99), house.scene(0.95), house.scene(0.3)
    answer = house.ask(picture_key="upload")
    assert [hit.id for hit in answer.hits] == [scene, track, other_scene]
    assert {hit.space for hit in answer.hits} == {Space.SEMANTIC}


def test_an_object_that_takes_up_much_of_a_picture_is_cut_out_and_looked_for(house: House) -> None:
    house.encoders.found = [
        FoundObject(ObjectClass.PERSON, 0.4, 0.1, 0.8, 0.9, 0.9),
        FoundObject(ObjectClass.PERSON, 0.0, 0.0, 0.1, 0.1, 0.9),
    ]
    alike, scene = house.track(0.1, 0.9), house.scene(0.99)
    assert house.found(picture_key="upload") == [alike, scene]
    assert house.encoders.seen_pictures == [(100, 200), (100, 200), (96, 96)]


def test_a_track_counts_by_the_better_of_the_whole_picture_and_what_was_cut_out_of_it(house: House) -> None:
    house.encoders.found = [FoundObject(ObjectClass.PERSON, 0.4, 0.1, 0.8, 0.9, 0.9)]
    house.encoders.cut_out = towards(Space.APPEARANCE, 1)
    by_whole, neither = house.track(0.1, 0.8), house.track(0.1, 0.2)
    by_cut = house.track(0.1, 0.1, appearance_axis=1)
    hits = house.ask(picture_key="upload", kinds=(ItemKind.TRACK,)).hits
    assert [hit.id for hit in hits] == [by_whole, neither, by_cut]
    by_cut_best = house.track(0.1, 0.95, appearance_axis=1)
    assert house.found(picture_key="upload", kinds=(ItemKind.TRACK,))[:2] == [by_cut_best, by_whole]


def test_a_crop_is_taken_whole_even_where_the_detector_would_trim_it(house: House) -> None:
    house.encoders.found = [FoundObject(ObjectClass.PERSON, 0.1, 0.0, 0.9, 0.95, 0.9)]
    house.found(picture_key="upload", kinds=(ItemKind.TRACK,))
    assert house.encoders.seen_pictures == [(100, 200), (100, 200)]


@pytest.mark.parametrize(
    "found",
    [
        FoundObject(ObjectClass.PERSON, 0.0, 0.0, 0.4, 0.4, 0.9),
        FoundObject(ObjectClass.PERSON, 0.0, 0.0, 0.9, 0.9, 0.3),
    ],
)
def test_a_small_or_doubtful_object_does_not_make_a_picture_of_a_place_one_of_an_object(
    house: House, found: FoundObject
) -> None:
    house.encoders.found = [found]
    scene = house.scene(0.95)
    house.track(0.6, 0.99)
    assert house.found(picture_key="upload")[0] == scene


def test_only_lookalikes_are_hits_where_detector_and_nearest_neighbour_agree_on_the_object(house: House) -> None:
    house.encoders.found = [FoundObject(ObjectClass.PERSON, 0.1, 0.0, 0.9, 1.0, 0.9)]
    person = house.track(0.9, 0.5, object_class=ObjectClass.PERSON)
    car = house.track(0.5, 0.8, object_class=ObjectClass.CAR)
    assert house.found(picture_key="upload") == [person]
    house.encoders.found = [FoundObject(ObjectClass.CAR, 0.1, 0.0, 0.9, 1.0, 0.9)]
    assert house.found(picture_key="upload") == [car, person]


def test_a_picture_among_tracks_only_goes_by_appearance(house: House) -> None:
    alike, other = house.track(0.1, 0.9), house.track(0.9, 0.1)
    house.scene(0.95)
    assert house.found(picture_key="upload", kinds=(ItemKind.TRACK,)) == [alike, other]


def test_the_likes_of_a_track_leave_itself_out(house: House) -> None:
    asked, alike, other = house.track(0, 1.0, crops=3), house.track(0, 0.9), house.track(0, 0.2)
    house.scene(0.9)
    answer = house.ask(track_id=asked)
    assert [hit.id for hit in answer.hits] == [alike, other]
    assert {hit.space for hit in answer.hits} == {Space.APPEARANCE}


def test_nobody_is_taken_for_a_car_but_a_van_may_be_a_truck(house: House) -> None:
    person = house.track(0, 0.9, object_class=ObjectClass.PERSON)
    cyclist = house.track(0, 0.8, object_class=ObjectClass.BICYCLE)
    car = house.track(0, 0.9, object_class=ObjectClass.CAR)
    truck = house.track(0, 0.7, object_class=ObjectClass.TRUCK)
    assert house.found(track_id=person) == [cyclist]
    assert house.found(track_id=car) == [truck]
    assert house.found(track_id=car, classes=(ObjectClass.PERSON,)) == [person]


def test_a_track_that_is_not_there_and_one_without_vectors_are_told_apart(house: House) -> None:
    with pytest.raises(UnknownTrackError, match="is not there"):
        house.ask(track_id=uuid4())
    waiting = uuid4()
    house.vectors.tracks[TENANT, waiting] = ObjectClass.PERSON
    with pytest.raises(UnknownTrackError, match="no vectors yet"):
        house.ask(track_id=waiting)


def test_vectors_of_another_model_are_never_compared(house: House) -> None:
    house.track(0.9)
    house.vectors.rows = [replace(row, space="an older model") for row in house.vectors.rows]
    assert house.found(text="a person") == []


def test_both_stages_are_marked_and_timed(house: House) -> None:
    house.track(0.9)
    timings = house.ask(text="a person").timings
    assert house.marked == ["encode", "query"]
    assert timings.total_ms == pytest.approx(timings.encode_ms + timings.query_ms)
    assert timings.query_ms > 0


def test_a_broken_picture_and_absent_models_have_names(house: House) -> None:
    with pytest.raises(BadPictureError):
        house.ask(picture_key="broken")
    house.encoders.down = True
    with pytest.raises(ModelsUnavailableError):
        house.ask(text="a person")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({}, "what to look for"),
        ({"text": "a", "weights": Weights(text=0)}, "weights"),
        ({"text": "a", "without_texts": (" ",)}, "not wanted"),
        ({"text": "a", "time_zone": "Mars/Olympus"}, "time zone"),
        ({"text": "a", "weekdays": (7,)}, "weekdays"),
        ({"text": "a", "count": 0}, "count"),
        ({"text": "a", "min_speed": 2.0, "max_speed": 1.0}, "min_speed"),
        ({"text": "a", "headings": (Heading(degrees=400),)}, "heading"),
        ({"text": "a", "attributes": (AttributeWish(attribute="person.mood", value="good"),)}, "person.mood"),
        ({"text": "a", "attributes": (AttributeWish(attribute="person.hat", value="red"),)}, "never 'red'"),
        ({"picture_key": "p", "picture_region": Box(left=0.5, top=0, right=0.4, bottom=1)}, "region"),
        ({"text": "a", "cursor": "no cursor"}, "cursor"),
        ({"text": " \n"}, "empty"),
        ({"text": "a" * 1001}, "1001 characters"),
        ({"text": "a", "limit": 0}, "limit"),
        ({"text": "a", "limit": 201}, "limit"),
        ({"text": "a", "min_score": 1.5}, "min_score"),
        ({"text": "a", "min_score": float("nan")}, "min_score"),
        ({"text": "a", "kinds": ()}, "kind"),
        ({"text": "a", "from_time": datetime(2026, 1, 1)}, "offset"),  # noqa: DTZ001
        ({"text": "a", "from_time": START, "until_time": START}, "before"),
        ({"track_id": uuid4(), "kinds": (ItemKind.SCENE,)}, "likes of a track"),
    ],
)
def test_a_request_that_says_nothing_is_told_what_to_change(house: House, wanted: dict[str, Any], says: str) -> None:
    with pytest.raises(BadRequestError, match=says):
        house.ask(**wanted)


def test_several_looks_are_pooled_to_their_middle_at_unit_length() -> None:
    middle = pooled([np.array([1, 0], np.float32), np.array([0, 1], np.float32)])
    np.testing.assert_allclose(middle, [np.sqrt(0.5), np.sqrt(0.5)], rtol=1e-6)


@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.floats(-1, 1)), max_size=40),
    min_score=st.floats(-1, 1),
)
def test_folding_any_rows_leaves_each_item_once_with_its_best_score_best_first(
    rows: list[tuple[int, int, float]], min_score: float
) -> None:
    found = [
        Candidate(ItemKind.TRACK, UUID(int=item), rank, score, Space.SEMANTIC, ObjectClass.CAR)
        for item, rank, score in rows
    ]
    kept = folded(found, min_score)
    best = {item: max(score for other, _, score in rows if other == item) for item, _, _ in rows}
    assert {candidate.item_id.int: candidate.score for candidate in kept} == {
        item: score for item, score in best.items() if score >= min_score
    }
    assert [candidate.score for candidate in kept] == sorted((candidate.score for candidate in kept), reverse=True)


def test_folding_keeps_the_row_that_was_nearest() -> None:
    item = uuid4()
    rows = [
        Candidate(ItemKind.TRACK, item, rank, score, Space.SEMANTIC, ObjectClass.CAR)
        for rank, score in [(0, 0.2), (1, 0.9)]
    ]
    assert folded(rows, -1.0) == [rows[1]]


def test_an_answer_says_on_request_by_which_way_the_nearest_were_found(house: House) -> None:
    house.track(0.9)
    assert house.ask(text="a person").ways == ()
    (way,) = house.ask(text="a person", explain=True).ways
    assert way.startswith("semantic: 2026-03-02 to 2026-03-02: exact, about ")


def test_nobody_who_may_not_see_all_cameras_is_told_how_many_vectors_there_are(house: House) -> None:
    house.track(0.9)
    (way,) = house.ask(text="a person", explain=True, permitted_camera_ids=(CAMERA,)).ways
    assert way == "semantic: 2026-03-02 to 2026-03-02: exact, it is all in memory"
