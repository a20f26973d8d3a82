"""Sentences as filters, mixes of parts, what is not wanted, probabilities, folding and pages: on fakes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.search import Asked, AttributeWish, Box, FrameRegion, Understood, Weights
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from services.search.model.calibration import Calibration
from services.search.model.cursor import MAX_DEPTH
from services.search.model.errors import BadRequestError, NotFoundError, UnknownTrackError
from services.search.model.filters import Zone
from services.search.model.search import CAPTION_WEIGHT, Serving, Towers, Vector
from services.search.ports.places import KnownCamera
from tests.fakes.search import SERVING, SPACE_NAMES
from tests.unit.test_search_pipeline import CAMERA, RECORDING, START, House, towards

PICTURE_SHARE = 1 - CAPTION_WEIGHT
GATE = UUID(int=7)


@pytest.fixture
def house() -> House:
    made = House()
    made.places.known = [
        KnownCamera(CAMERA, "Lobby", "", "Europe/Berlin"),
        KnownCamera(GATE, "North gate", "harbour", "Europe/Berlin"),
    ]
    made.places.span = (START - timedelta(days=30), START + timedelta(days=1))
    made.encoders.sentences = {
        sentence: towards(Space.SEMANTIC, 0)
        for sentence in ("a person", "people", "red truck", "a person or a vehicle")
    }
    return made


def mixed(kind: Space, *shares: float) -> Vector:
    """A unit vector with these shares of the first axes."""
    vector = np.zeros(SPACE_DIMENSIONS[kind], np.float32)
    vector[: len(shares)] = shares
    vector[-1] = np.sqrt(max(0.0, 1 - sum(share**2 for share in shares)))
    return vector


@dataclass(frozen=True)
class Serves:
    """Says what serves; `before` happens just before."""

    towers: Serving
    before: Callable[[], None] = lambda: None

    def serving(self) -> Serving:
        self.before()
        return self.towers


# Sentences ------------------------------------------------------------------------------------------------------------


def test_a_sentence_narrows_the_search_and_says_how(house: House) -> None:
    there = house.track(0.5, object_class=ObjectClass.TRUCK, camera_id=GATE)
    house.track(0.9, object_class=ObjectClass.TRUCK)
    house.track(0.9, object_class=ObjectClass.PERSON, camera_id=GATE)
    answer = house.ask(text="red truck at the north gate", read_text=True)
    assert [hit.id for hit in answer.hits] == [there]
    assert house.encoders.asked == ["red truck"]
    understood = answer.understood
    assert understood is not None
    assert (understood.text, understood.camera_ids) == ("red truck", (GATE,))
    assert understood.classes == (ObjectClass.TRUCK, ObjectClass.CAR)
    assert [(phrase.part, phrase.words) for phrase in understood.phrases if phrase.part == "place"] == [
        ("place", "at the north gate")
    ]


def test_scenes_stay_where_a_sentence_names_a_class(house: House) -> None:
    house.track(0.9, object_class=ObjectClass.CAR)
    person, scene = house.track(0.5), house.scene(0.4)
    assert house.found(text="a person", read_text=True) == [person, scene]


def test_reading_can_be_switched_off(house: House) -> None:
    car = house.track(0.9, object_class=ObjectClass.CAR)
    answer = house.ask(text="a person", read_text=False)
    assert [hit.id for hit in answer.hits] == [car]
    assert answer.understood is None


def test_what_was_understood_counts_as_it_is_sent_back(house: House) -> None:
    car, person = house.track(0.9, object_class=ObjectClass.CAR), house.track(0.5)
    first = house.ask(text="a person", read_text=True)
    assert [hit.id for hit in first.hits] == [person]
    changed = Understood(text="a person", classes=(ObjectClass.CAR,))
    again = house.ask(text="a person", understood=changed)
    assert [hit.id for hit in again.hits] == [car]
    assert again.understood == changed


def test_yesterday_is_that_of_whoever_asks(house: House) -> None:
    # It is 7 UTC on 2 March: 18:00 on the first is yesterday in Berlin, and still the first of March in New York.
    track = house.track(0.5, at=-13 * 3600)
    house.track(0.5, at=-3600)
    answer = house.ask(text="a person yesterday", read_text=True, time_zone="Europe/Berlin")
    assert [hit.id for hit in answer.hits] == [track]
    assert answer.understood is not None
    assert answer.understood.from_time is not None
    assert answer.understood.from_time.isoformat() == "2026-03-01T00:00:00+01:00"


def test_zones_are_found_by_their_names_and_kept_to(house: House) -> None:
    zone = Zone(uuid4(), "Loading bay", GATE, [(0, 0), (1, 0), (1, 1)])
    house.places.drawn = [zone]
    house.scene(0.9, camera_id=GATE)
    answer = house.ask(text="a person in the loading bay", read_text=True)
    assert answer.understood is not None
    assert answer.understood.zone_ids == (zone.zone_id,)
    assert answer.hits == ()


@pytest.mark.parametrize("text", ["a person not in the loading bay", "a person outside the loading bay"])
def test_a_zone_that_is_left_out_is_shown_and_can_be_switched_off(house: House, text: str) -> None:
    zone = Zone(uuid4(), "Loading bay", GATE, [(0, 0), (1, 0), (1, 1)])
    house.places.drawn = [zone]
    understood = house.ask(text=text, read_text=True).understood
    assert understood is not None
    assert (understood.without_zone_ids, understood.zone_ids) == ((zone.zone_id,), ())
    changed = msgspec.structs.replace(understood, without_zone_ids=())
    house.places.drawn = []
    assert house.ask(text=text, understood=changed).understood == changed


def test_names_of_places_that_are_not_permitted_mean_nothing(house: House) -> None:
    house.encoders.sentences = {"a person at the north gate": towards(Space.SEMANTIC, 0)}
    answer = house.ask(text="a person at the north gate", read_text=True, camera_ids=(CAMERA,))
    assert answer.understood is not None
    assert answer.understood.camera_ids is None
    assert answer.understood.text == "a person at the north gate"


def test_a_sentence_of_filters_alone_lists_what_passes(house: House) -> None:
    here = house.track(0.2)
    house.track(0.9, camera_id=GATE)
    assert house.found(text="at the lobby", read_text=True) == [here]


def test_an_unknown_zone_or_site_is_not_found(house: House) -> None:
    with pytest.raises(NotFoundError, match="zone"):
        house.ask(text="a person", zone_ids=(uuid4(),))
    with pytest.raises(NotFoundError, match="site moon"):
        house.ask(text="a person", sites=("moon",))


# Mixes ----------------------------------------------------------------------------------------------------------------


def test_what_is_like_all_parts_comes_before_what_is_like_one(house: House) -> None:
    asked = house.track(0.0, 1.0)
    only_words, both, only_looks = house.track(0.9, 0.1), house.track(0.6, 0.8), house.track(0.1, 0.9)
    house.scene(0.99)
    answer = house.ask(text="a person", track_id=asked)
    assert answer.hits[0].id == both
    assert {hit.id for hit in answer.hits} == {only_words, both, only_looks}
    parts = answer.hits[0].reasons.parts
    assert [(part.asked, part.space) for part in parts] == [
        (Asked.TEXT, Space.SEMANTIC),
        (Asked.TRACK, Space.APPEARANCE),
    ]
    assert [part.score for part in parts] == pytest.approx([0.6 * PICTURE_SHARE, 0.8], abs=1e-5)


def test_weights_say_which_part_counts_more(house: House) -> None:
    asked = house.track(0.0, 1.0)
    words, looks = house.track(0.5, 0.2), house.track(0.2, 0.9)
    by_words = house.found(text="a person", track_id=asked, weights=Weights(text=50))
    by_looks = house.found(text="a person", track_id=asked, weights=Weights(track=50))
    assert by_words == [words, looks]
    assert by_looks == [looks, words]


def test_a_mix_finds_what_is_far_down_in_each_part(house: House) -> None:
    asked = house.track(0.0, 1.0)
    for number in range(80):
        house.track(0.9 - number / 1000, 0.0)
        house.track(0.0, 0.9 - number / 1000)
    both = house.track(0.7, 0.7)
    assert house.found(text="a person", track_id=asked, limit=1) == [both]


def test_only_a_region_of_a_picture_is_looked_at(house: House) -> None:
    house.track(0.1, 0.9)
    house.ask(picture_key="upload", kinds=(ItemKind.TRACK,), picture_region=Box(left=0.5, top=0, right=1, bottom=0.5))
    assert house.encoders.seen_pictures == [(50, 100), (50, 100)]


def test_a_region_of_a_recorded_frame_is_searched_with(house: House) -> None:
    alike = house.track(0.1, 0.9)
    frame = FrameRegion(recording_id=RECORDING, at=START, box=Box(left=0, top=0, right=0.5, bottom=1))
    answer = house.ask(frame=frame, kinds=(ItemKind.TRACK,))
    assert [hit.id for hit in answer.hits] == [alike]
    assert answer.hits[0].reasons.parts[0].asked is Asked.FRAME
    assert house.encoders.seen_pictures == [(100, 100), (100, 100)]
    with pytest.raises(NotFoundError):
        house.ask(frame=FrameRegion(recording_id=UUID(int=0), at=START))


# What is not wanted ---------------------------------------------------------------------------------------------------


def test_what_is_nearer_to_what_is_not_wanted_is_left_out(house: House) -> None:
    house.encoders.sentences = {
        "people": towards(Space.SEMANTIC, 0),
        "people with yellow hat": towards(Space.SEMANTIC, 1),
    }
    hatted = house.track(0.0)
    bare = house.track(0.0)
    _look_like(house, hatted, mixed(Space.SEMANTIC, 0.5, 0.7))
    _look_like(house, bare, mixed(Space.SEMANTIC, 0.5, 0.2))
    assert set(house.found(text="people", read_text=True)) == {hatted, bare}
    assert house.found(text="people without a yellow hat", read_text=True) == [bare]
    assert house.found(text="people", without_texts=("people with yellow hat",)) == [bare]


def test_of_equals_the_one_less_like_what_is_not_wanted_comes_first(house: House) -> None:
    house.encoders.sentences = {"a person": towards(Space.SEMANTIC, 0), "a hat": towards(Space.SEMANTIC, 1)}
    like, unlike = house.track(0.0), house.track(0.0)
    _look_like(house, like, mixed(Space.SEMANTIC, 0.6, 0.5))
    _look_like(house, unlike, mixed(Space.SEMANTIC, 0.6, 0.0))
    assert house.found(text="a person", without_texts=("a hat",)) == [unlike, like]


def test_the_likes_of_a_track_can_be_left_out_and_the_track_with_them(house: House) -> None:
    staff = house.track(0.9, 1.0)
    colleague, visitor = house.track(0.8, 0.95), house.track(0.7, 0.3)
    assert house.found(text="a person", without_track_ids=(staff,)) == [visitor]
    assert set(house.found(text="a person")) == {staff, colleague, visitor}


def test_a_hat_that_is_not_wanted_becomes_a_filter_on_the_attribute(house: House) -> None:
    answer = house.ask(text="people without a hat", read_text=True)
    assert answer.understood is not None
    assert answer.understood.attributes == (AttributeWish(attribute="person.hat", value="yes", wanted=False),)


# Probabilities --------------------------------------------------------------------------------------------------------


def _calibrated(house: House) -> None:
    house.stored.fitted = [
        Calibration(Asked.TEXT, SPACE_NAMES[Space.SEMANTIC], 20.0, -7.0, 100, 0.02, "pairs of a test"),
        Calibration(Asked.TRACK, SPACE_NAMES[Space.APPEARANCE], 10.0, -5.0, 100, 0.02, "pairs of a test"),
    ]


def test_scores_become_probabilities_where_they_are_calibrated(house: House) -> None:
    house.track(0.5)
    assert house.ask(text="a person").hits[0].probability is None
    assert house.ask(text="a person").calibrations == ()
    _calibrated(house)
    answer = house.ask(text="a person")
    assert answer.hits[0].score == pytest.approx(0.35, abs=1e-5)
    assert answer.hits[0].probability == pytest.approx(0.5, abs=1e-3)
    assert [(facts.asked, facts.pairs) for facts in answer.calibrations] == [(Asked.TEXT, 100)]


def test_the_least_score_is_a_probability_where_there_is_one(house: House) -> None:
    _calibrated(house)
    likely, _ = house.track(0.6), house.track(0.4)
    assert house.found(text="a person", min_score=0.5) == [likely]
    assert house.found(text="a person", min_score=0.99) == []


def test_a_mix_of_calibrated_parts_has_a_probability(house: House) -> None:
    _calibrated(house)
    asked = house.track(0.0, 1.0)
    house.track(0.5, 0.5)
    assert house.ask(text="a person", track_id=asked).hits[0].probability == pytest.approx(0.5, abs=1e-3)


# Folding --------------------------------------------------------------------------------------------------------------


def test_tracks_of_one_object_seconds_apart_are_one_hit_with_members(house: House) -> None:
    best, later = house.track(0.9, 1.0, at=0), house.track(0.8, 0.99, at=10)
    other_looks, much_later = house.track(0.7, 0.99, appearance_axis=1, at=10), house.track(0.6, 0.99, at=600)
    elsewhere = house.track(0.5, 1.0, at=10, camera_id=GATE)
    answer = house.ask(text="a person", fold=True)
    assert [hit.id for hit in answer.hits] == [best, other_looks, much_later, elsewhere]
    assert [member.id for member in answer.hits[0].members] == [later]
    assert all(not hit.members for hit in answer.hits[1:])
    assert set(house.found(text="a person", fold=False)) == {best, later, other_looks, much_later, elsewhere}


def test_two_who_are_in_view_together_are_never_one(house: House) -> None:
    tracks = [house.track(0.9, 1.0, at=0), house.track(0.8, 1.0, at=1)]
    assert house.found(text="a person", fold=True) == tracks


def test_an_object_lost_again_and_again_is_still_one(house: House) -> None:
    tracks = [house.track(0.9 - number / 100, 1.0, at=15 * number) for number in range(6)]
    (hit,) = house.ask(text="a person", fold=True).hits
    assert [hit.id, *(member.id for member in hit.members)] == tracks


def test_scenes_that_show_the_same_are_one(house: House) -> None:
    scenes = [house.scene(0.6, at=60 * number) for number in range(5)]
    other = house.scene(0.2, at=30)
    answer = house.ask(text="a person", fold=True)
    assert [hit.kind for hit in answer.hits] == [ItemKind.SCENE] * 2
    assert {answer.hits[0].id, *(member.id for member in answer.hits[0].members)} == set(scenes)
    assert answer.hits[1].id == other


# Pages ----------------------------------------------------------------------------------------------------------------


def _pages(house: House, **wanted: object) -> list[list[UUID]]:
    pages, cursor = [], None
    while True:
        answer = house.ask(cursor=cursor, **wanted)
        pages.append([hit.id for hit in answer.hits])
        cursor = answer.next_cursor
        if cursor is None:
            return pages


def test_pages_hold_every_hit_once_and_in_order(house: House) -> None:
    tracks = [house.track(0.9 - number / 100) for number in range(11)]
    pages = _pages(house, text="a person", limit=4)
    assert [len(page) for page in pages] == [4, 4, 3]
    assert [one for page in pages for one in page] == tracks


def test_what_arrives_between_two_pages_changes_neither(house: House) -> None:
    tracks = [house.track(0.5 - number / 100) for number in range(6)]
    first = house.ask(text="a person", limit=3)
    for _ in range(5):
        house.track(0.9)
        house.track(0.1)
    second = house.ask(text="a person", limit=3, cursor=first.next_cursor)
    assert [hit.id for hit in (*first.hits, *second.hits)] == tracks
    assert second.next_cursor is None


def test_a_cursor_is_of_the_models_that_served(house: House) -> None:
    for _ in range(2):
        house.track(0.5)
    cursor = house.ask(text="a person", limit=1).next_cursor
    house.searching = replace(house.searching, spaces=Serves({**SERVING, Space.APPEARANCE: Towers("others")}))
    with pytest.raises(BadRequestError, match="switched"):
        house.ask(text="a person", limit=1, cursor=cursor)


def test_what_was_stored_before_other_models_served_is_not_taken_for_new(house: House) -> None:
    def switch() -> None:
        found.append(house.track(0.5))

    found: list[UUID] = []
    house.searching = replace(house.searching, spaces=Serves(SERVING, before=switch))
    assert [hit.id for hit in house.ask(text="a person").hits] == found


def test_a_cursor_is_of_one_search(house: House) -> None:
    for _ in range(3):
        house.track(0.5)
    cursor = house.ask(text="a person", limit=1).next_cursor
    with pytest.raises(BadRequestError, match="another search"):
        house.ask(text="people", limit=1, cursor=cursor)
    assert len(house.ask(text="a person", limit=2, cursor=cursor).hits) == 2


def test_the_list_of_hits_ends_somewhere(house: House) -> None:
    assert MAX_DEPTH >= 1000


# Permission -----------------------------------------------------------------------------------------------------------


def test_a_track_of_a_camera_that_is_not_permitted_cannot_be_asked_with(house: House) -> None:
    hidden = house.track(0.9, 1.0, camera_id=GATE)
    for wanted in ({"track_id": hidden}, {"text": "a person", "without_track_ids": (hidden,)}):
        with pytest.raises(UnknownTrackError, match="is not there"):
            house.ask(permitted_camera_ids=(CAMERA,), **wanted)
    assert house.ask(track_id=hidden, permitted_camera_ids=(CAMERA, GATE), camera_ids=(CAMERA,)).hits == ()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.floats(0, 0.99), st.floats(0, 0.99), st.integers(0, 60), st.integers(0, 2), st.booleans()),
        max_size=25,
    ),
    permitted=st.sets(st.integers(0, 2)),
    calibrated=st.booleans(),
    limit=st.integers(1, 5),
    folded=st.booleans(),
)
def test_cameras_that_are_not_permitted_might_as_well_not_exist(
    rows: list[tuple[float, float, int, int, bool]], permitted: set[int], calibrated: bool, limit: int, folded: bool
) -> None:
    """Every page of a key that sees some cameras is that of a tenant who has no others."""
    cameras = [UUID(int=100 + number) for number in range(3)]
    everything, only_permitted = House(), House()
    for made in (everything, only_permitted):
        made.encoders.sentences = {"a person": towards(Space.SEMANTIC, 0), "an item": towards(Space.SEMANTIC, 1)}
        if calibrated:
            _calibrated(made)
    for semantic, appearance, at, number, scene in rows:
        if scene:
            item = everything.scene(semantic, camera_id=cameras[number], at=at)
        else:
            item = everything.track(semantic, appearance, camera_id=cameras[number], at=at)
        if number in permitted:
            only_permitted.vectors.rows += [row for row in everything.vectors.rows if row.item_id == item]
            only_permitted.library.known[item] = everything.library.known[item]
    allowed = tuple(cameras[number] for number in sorted(permitted))
    wanted = {"text": "a person", "without_texts": ("an item",), "limit": limit, "fold": folded}
    cursors: tuple[str | None, str | None] = (None, None)
    while True:
        mine = everything.ask(camera_ids=allowed, permitted_camera_ids=allowed, cursor=cursors[0], **wanted)
        theirs = only_permitted.ask(camera_ids=None if permitted else (), cursor=cursors[1], **wanted)
        assert mine.hits == theirs.hits
        cursors = (mine.next_cursor, theirs.next_cursor)
        assert (cursors[0] is None) == (cursors[1] is None)
        if cursors[0] is None:
            return


def _look_like(house: House, item_id: UUID, vector: Vector) -> None:
    """Gives an item another semantic vector."""

    for place, row in enumerate(house.vectors.rows):
        if row.item_id == item_id and row.kind is Space.SEMANTIC:
            house.vectors.rows[place] = replace(row, vector=vector)
