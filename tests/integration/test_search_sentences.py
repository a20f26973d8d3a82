"""Sentences, exclusions, counts, folding and pages on the real Postgres.

The tests named after other products hold what their own documentation or issues say does not work there.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest

from contracts.search import Asked, SearchAnswer
from contracts.vocabulary import ItemKind, ObjectClass, Space
from services.search.adapters.stored import StoredFacts
from services.search.model.search import Vector
from services.search.ports.stored import Place
from tests.databases import ServiceDatabases
from tests.fakes.search import SPACE_NAMES, StoredVector
from tests.fixtures.stored_items import StoredItems
from tests.integration.test_search_filters import ACROSS, DOWN, MONDAY, PERSON_LAYOUT, Site, axis

SUNDAY = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
PEOPLE, HAT, CAR = 0, 1, 2
SENTENCES: Mapping[str, Vector] = {
    "people": axis(PEOPLE),
    "person": axis(PEOPLE),
    "a person": axis(PEOPLE),
    "people with yellow hat": axis(HAT),
    # Where the lobby is no place that the caller knows, it may be something to see.
    "people at the lobby": axis(HAT),
    "car": axis(CAR),
    "red": axis(3),
    "forklift": axis(4),
    "hat": axis(HAT),
    "vehicle": axis(CAR),
    "cars and trucks": axis(CAR),
    "a person or a vehicle": axis(PEOPLE),
}


def like(**shares: float) -> Vector:
    """A unit vector by its shares of what sentences mean."""
    vector = np.zeros(len(axis(0)), np.float32)
    for name, share in shares.items():
        vector[{"people": PEOPLE, "hat": HAT, "car": CAR}[name]] = share
    vector[-1] = np.sqrt(max(0.0, 1 - float(vector @ vector)))
    return vector


@pytest.fixture
def site(databases: ServiceDatabases) -> Iterator[Site]:
    tenant = uuid4()
    made = Site(databases, tenant, StoredItems(databases, tenant), databases.open("sightline_search"))
    yield made
    made.items.close()
    made.database.close()


def ask(site: Site, text: str, **wanted: Any) -> SearchAnswer:
    return site.ask(SENTENCES, **{"text": text, "asked_at": SUNDAY, "time_zone": "Europe/Berlin", **wanted})


def names(site: Site, answer: SearchAnswer) -> list[str]:
    return [site.names[hit.id] for hit in answer.hits]


def hat(site: Site, track: UUID, probability: float) -> None:
    site.items.attributes(track, PERSON_LAYOUT, [round(10_000 * (1 - probability)), round(10_000 * probability)])


def test_nvidia_vss_people_without_a_hat_are_not_people_with_one(site: Site) -> None:
    """NVIDIA's VSS documents that a negation returns the same as the sentence without it."""
    hat(site, site.track("hat", vector=like(people=0.5)), 0.97)
    hat(site, site.track("no hat", vector=like(people=0.5)), 0.03)
    site.scene("scene", vector=like(people=0.3))
    assert set(names(site, ask(site, "people"))) == {"hat", "no hat", "scene"}
    answer = ask(site, "people without a hat")
    # A scene has no attributes that could be lacking.
    assert names(site, answer) == ["no hat"]
    (found,) = answer.hits[0].reasons.attributes
    assert (found.attribute, found.wanted) == ("person.hat", False)
    assert found.probability == pytest.approx(0.03)


def test_nvidia_vss_without_a_yellow_hat_leaves_out_yellow_hats_by_their_looks(site: Site) -> None:
    """NVIDIA's VSS documents that "people without a yellow hat" returns the same as "people with a yellow hat"."""
    site.track("yellow hat", vector=like(people=0.4, hat=0.7))
    site.track("blue hat", vector=like(people=0.5, hat=0.2))
    answer = ask(site, "people without a yellow hat")
    assert names(site, answer) == ["blue hat"]
    assert answer.understood is not None
    assert answer.understood.without == ("yellow hat",)


@pytest.mark.parametrize("word", ["car", "person", "red", "forklift", "hat", "vehicle", "perosn", "PERSON"])
def test_nvidia_vss_one_word_finds_something(site: Site, word: str) -> None:
    """NVIDIA's VSS documents that one-word queries may return nothing."""
    site.track("person", vector=like(people=0.5))
    site.track("car", object_class=ObjectClass.CAR, vector=like(car=0.5))
    found = names(site, ask(site, word))
    assert found
    asked = {"perosn": "person", "PERSON": "person", "vehicle": "car"}.get(word, word)
    assert asked not in {"car", "person"} or found == [asked]


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("anything but cars", {"person", "bus"}),
        ("everything except people", {"car", "bus"}),
        ("anything except cars and people", {"bus"}),
        ("no people", {"car", "bus"}),
        ("cars and trucks", {"car"}),
    ],
)
def test_nvidia_vss_what_is_left_out_is_not_found(site: Site, sentence: str, left: set[str]) -> None:
    """NVIDIA's VSS documents that what is negated is found as if it was wanted."""
    for name, object_class in (("person", ObjectClass.PERSON), ("car", ObjectClass.CAR), ("bus", ObjectClass.BUS)):
        site.track(name, object_class=object_class, vector=like(people=0.5))
    assert set(names(site, ask(site, sentence))) == left


@pytest.mark.parametrize(
    "sentence", ["hatless person", "person w/o hat", "perosn with no hat", "person not wearing a hat"]
)
def test_nvidia_vss_a_negation_is_one_however_it_is_said(site: Site, sentence: str) -> None:
    """NVIDIA's VSS documents that a negation returns the same as the sentence without it."""
    hat(site, site.track("hat", vector=like(people=0.9)), 0.97)
    hat(site, site.track("no hat", vector=like(people=0.5)), 0.03)
    assert names(site, ask(site, sentence)) == ["no hat"]


def test_frigate_what_is_not_there_can_be_asked_for(site: Site) -> None:
    """Frigate's search over thumbnails compares descriptions: it has no notion of lacking something."""
    hat(site, site.track("hat", vector=like(people=0.9)), 0.9)
    hat(site, site.track("no hat", vector=like(people=0.2)), 0.1)
    assert names(site, ask(site, "person wearing no hat")) == ["no hat"]


def test_frigate_the_same_is_sought_on_the_cameras_and_times_that_are_meant(site: Site) -> None:
    """Frigate filters by menus beside the sentence; here the sentence itself says where and when."""
    for camera in ("lobby", "gate", "pier"):
        for day in (0, 5):
            site.track(f"{camera} {day}", camera, timedelta(days=day, hours=9), vector=like(people=0.5))
    assert names(site, ask(site, "people at the lobby yesterday")) == ["lobby 5"]
    assert names(site, ask(site, "people at the lobby on Saturday")) == ["lobby 5"]
    saturday = ask(site, "people not at the lobby on 2026-03-07")
    assert set(names(site, saturday)) == {"gate 5", "pier 5"}
    assert set(names(site, ask(site, "people at north"))) == {"lobby 0", "lobby 5", "gate 0", "gate 5"}


def test_frigate_a_sentence_says_how_somebody_moves(site: Site) -> None:
    """Frigate compares a sentence with one still of each object, which does not move."""
    site.track("to the right", path=ACROSS, vector=like(people=0.4))
    site.track("down", path=DOWN, vector=like(people=0.9))
    answer = ask(site, "person heading right")
    assert names(site, answer) == ["to the right"]
    assert "headings" in answer.hits[0].reasons.filters


def test_frigate_a_sentence_says_how_long_somebody_stays(site: Site) -> None:
    """Frigate tells of stays by zones that are set up before, not of any that is asked for."""
    site.track("long", seconds=90, vector=like(people=0.4))
    site.track("short", at=timedelta(hours=9), seconds=5, vector=like(people=0.9))
    assert names(site, ask(site, "person for more than a minute")) == ["long"]
    assert names(site, ask(site, "person for less than a minute")) == ["short"]


def test_frigate_objects_are_counted_at_one_moment(site: Site) -> None:
    """Frigate's search has one object a result: "two cars" is any car."""
    for name, begin in (("one", 0), ("other", 10), ("third", 5)):
        site.track(name, at=timedelta(hours=8, seconds=begin), seconds=20, vector=like(people=0.5))
    site.track("alone", at=timedelta(hours=10), vector=like(people=0.9))
    for sentence in ("3 people", "three or more people", "a group of people"):
        assert set(names(site, ask(site, sentence))) == {"one", "other", "third"}
    assert names(site, ask(site, "at least four people")) == []


def test_two_people_are_two_together(site: Site) -> None:
    site.track("one", at=timedelta(hours=8), seconds=20, vector=like(people=0.5))
    site.track("other", at=timedelta(hours=8, seconds=10), seconds=20, vector=like(people=0.4))
    site.track("alone", at=timedelta(hours=10), vector=like(people=0.9))
    site.track("a car", at=timedelta(hours=10), object_class=ObjectClass.CAR, vector=like(people=0.1))
    answer = ask(site, "two people")
    assert names(site, answer) == ["one", "other"]
    assert "count" in answer.hits[0].reasons.filters
    assert names(site, ask(site, "three people")) == []


def test_attributes_that_are_wanted_leave_out_what_surely_lacks_them(site: Site) -> None:
    hat(site, site.track("hat", vector=like(people=0.3)), 0.9)
    hat(site, site.track("doubtful", vector=like(people=0.5)), 0.4)
    hat(site, site.track("no hat", vector=like(people=0.9)), 0.05)
    site.track("not looked at", vector=like(people=0.2))
    sentences = {**SENTENCES, "people with a hat": axis(PEOPLE)}
    answer = site.ask(sentences, text="people with a hat", asked_at=SUNDAY)
    assert names(site, answer) == ["doubtful", "hat", "not looked at"]
    assert [found.probability for hit in answer.hits for found in hit.reasons.attributes] == pytest.approx([0.4, 0.9])


# Folding and pages ----------------------------------------------------------------------------------------------------


def appearance(site: Site, track: UUID, camera: str, begin: datetime, vector: Vector) -> None:
    row = StoredVector(
        tenant_id=site.tenant_id,
        camera_id=site.cameras[camera],
        recording_id=site.recordings[camera],
        started_at=begin,
        ended_at=begin + timedelta(seconds=4),
        item=ItemKind.TRACK,
        item_id=track,
        object_class=ObjectClass.PERSON,
        rank=0,
        kind=Space.APPEARANCE,
        space=SPACE_NAMES[Space.APPEARANCE],
        vector=vector,
    )
    site.items.vectors([row])
    with psycopg.connect(site.databases.dsn("sightline_embed")) as connection:
        connection.execute("UPDATE embed.spaces SET state = 'serving' WHERE name = %s", (row.space,))


def test_tracks_of_one_object_are_folded_by_the_looks_that_are_stored(site: Site) -> None:
    for name, seconds, looks in (("first", 0, 0), ("again", 12, 0), ("somebody else", 24, 1)):
        at = timedelta(hours=8, seconds=seconds)
        track = site.track(name, at=at, vector=like(people=0.5 - seconds / 100))
        appearance(site, track, "lobby", MONDAY + at, axis(looks, kind=Space.APPEARANCE))
    folded = ask(site, "people")
    assert names(site, folded) == ["first", "somebody else"]
    assert [site.names[member.id] for member in folded.hits[0].members] == ["again"]
    assert names(site, ask(site, "people", fold=False)) == ["first", "again", "somebody else"]


def test_a_track_is_like_another_and_like_words_at_once(site: Site) -> None:
    tracks = {}
    for name, hour, words, looks in (("asked", 8, 0.1, 0), ("both", 9, 0.6, 0), ("words", 10, 0.7, 1)):
        tracks[name] = site.track(name, at=timedelta(hours=hour), vector=like(people=words))
        begin = MONDAY + timedelta(hours=hour)
        appearance(site, tracks[name], "lobby", begin, axis(looks, kind=Space.APPEARANCE))
    answer = ask(site, "people", track_id=tracks["asked"])
    assert names(site, answer) == ["both", "words"]
    assert [part.asked for part in answer.hits[0].reasons.parts] == [Asked.TEXT, Asked.TRACK]
    assert names(site, ask(site, "people", without_track_ids=(tracks["asked"],))) == ["words"]


def test_pages_stay_as_they_were_while_footage_is_stored(site: Site) -> None:
    stored = [f"track {number}" for number in range(7)]
    for number, name in enumerate(stored):
        site.track(name, at=timedelta(hours=8 + number), vector=like(people=0.9 - number / 20))
    first = ask(site, "people", limit=3)
    for number in range(4):
        site.track(f"new {number}", at=timedelta(hours=20 + number), vector=like(people=0.95 - number / 4))
    second = ask(site, "people", limit=3, cursor=first.next_cursor)
    third = ask(site, "people", limit=3, cursor=second.next_cursor)
    assert [*names(site, first), *names(site, second), *names(site, third)] == stored
    assert third.next_cursor is None
    assert names(site, ask(site, "people", limit=1)) == ["new 0"]


def test_what_a_transaction_stores_that_ends_after_the_snapshot_is_late(site: Site) -> None:
    facts = StoredFacts(site.database)
    early = site.track("early")
    snapshot = facts.snapshot()
    late = site.track("late")
    places = [Place(early, MONDAY + timedelta(hours=8)), Place(late, MONDAY + timedelta(hours=8))]
    assert facts.arrived_since(site.tenant_id, places, Space.SEMANTIC, snapshot, dimension=384) == {late}
    assert facts.arrived_since(site.tenant_id, places, Space.SEMANTIC, facts.snapshot(), dimension=384) == set()


def test_what_another_model_embeds_between_two_pages_stays_on_them(site: Site) -> None:
    """While a switch of models is under way, everything is embedded again, for a space that does not serve yet."""
    facts = StoredFacts(site.database)
    track = site.track("early")
    snapshot = facts.snapshot()
    embed = site.databases.open("sightline_embed")
    with embed.transaction(site.tenant_id) as connection:
        connection.execute(
            "INSERT INTO embed.semantic_768 (tenant_id, camera_id, recording_id, started_at, ended_at, item_kind,"
            " item_id, object_class, rank, space_id, vector)"
            " SELECT tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank,"
            " space_id, array_fill(1.0::real, ARRAY[768])::halfvec(768) FROM embed.semantic_384 WHERE item_id = %s",
            (track,),
        )
    embed.close()
    places = [Place(track, MONDAY + timedelta(hours=8))]
    assert facts.arrived_since(site.tenant_id, places, Space.SEMANTIC, snapshot, dimension=768) == {track}
    assert facts.arrived_since(site.tenant_id, places, Space.SEMANTIC, snapshot, dimension=384) == set()


# Permission -----------------------------------------------------------------------------------------------------------


ROWS = [
    (camera, hour, share + number / 1000)
    for number, (camera, hour, share) in enumerate(
        product(("lobby", "gate", "pier"), (7, 8), (0.2, 0.6)),
    )
]
"""All scores differ: the order of equals is that of ids, which differ between tenants."""

ASKED = ("people", "two people", "people at the gate", "people not at the lobby")


@pytest.mark.parametrize("permitted", [("lobby",), ("gate", "pier"), ("lobby", "gate")])
def test_results_for_some_cameras_are_those_of_a_tenant_who_has_no_others(
    site: Site, databases: ServiceDatabases, permitted: Sequence[str]
) -> None:
    """Of every sentence, every page. The property over any footage is held in memory, by
    tests/unit/test_search_mixes.py; the memory's filters are the oracle of the SQL's."""
    tenant = uuid4()
    only = Site(databases, tenant, StoredItems(databases, tenant), databases.open("sightline_search"))
    try:
        for number, (camera, hour, share) in enumerate(ROWS):
            for made in (site, only):
                if made is site or camera in permitted:
                    made.track(f"{number}", camera, timedelta(hours=hour), vector=like(people=share))
        sentences = {**SENTENCES, **dict.fromkeys(ASKED, axis(PEOPLE))}
        for text in ASKED:
            told = []
            for made in (site, only):
                cameras = tuple(made.cameras[name] for name in permitted)
                kept = {"camera_ids": cameras, "permitted_camera_ids": cameras, "limit": 3, "asked_at": SUNDAY}
                pages, cursor = [], None
                while True:
                    answer = made.ask(sentences, text=text, cursor=cursor, **kept)
                    pages.append(_told(made, answer.hits))
                    cursor = answer.next_cursor
                    if cursor is None:
                        break
                told.append(pages)
            assert told[0] == told[1], text
            # Of one camera, a sentence may name the other.
            assert told[0] != [[]] or len(permitted) == 1, text
    finally:
        only.items.close()
        only.database.close()


def _told(site: Site, hits: Sequence[Any]) -> list[tuple[str, float, float]]:
    return [(site.names[hit.id], round(hit.score, 4), hit.started_at.timestamp()) for hit in hits]
