"""Sentences become filters where they mean filters.

The tests named after other products hold what their own documentation or issues say does not work there.
"""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import ObjectClass
from services.search.model.sentence import DayTime, Place, Reading, Wish, read

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=BERLIN)  # a Sunday
NAMES = ("North gate", "South gate", "Gate 1", "Gate 2", "Lobby", "Car park", "Main entrance", "Loading dock")
PLACES = tuple(Place(name, (UUID(int=number),)) for number, name in enumerate(NAMES))


def said(sentence: str) -> Reading:
    return read(sentence, now=NOW, places=PLACES)


def cameras(*names: str) -> tuple[UUID, ...]:
    return tuple(UUID(int=NAMES.index(name)) for name in names)


def at(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BERLIN)


def test_a_whole_question_is_taken_apart() -> None:
    reading = said("red truck at the north gate last Tuesday between 6 and 8 pm")
    assert reading.text == "red truck"
    assert reading.classes == (ObjectClass.TRUCK, ObjectClass.CAR)
    assert reading.attributes == (Wish("vehicle.colour", "red"),)
    assert reading.camera_ids == cameras("North gate")
    assert (reading.from_time, reading.until_time) == (at(17, 18), at(17, 20))


@pytest.mark.parametrize(
    ("sentence", "start", "until"),
    [
        ("a car yesterday", at(21), at(22)),
        ("a car today before noon", at(22), at(22, 12)),
        ("a car yesterday evening", at(21, 18), at(22)),
        ("a car last night", at(21, 22), at(22, 6)),
        ("a car on 2026-11-03", at(3), at(4)),
        ("a car on 3 November", at(3), at(4)),
        ("a car on November 3rd, 2026", at(3), at(4)),
        ("a car between 2026-03-02 and 2026-03-05", at(2, month=3), at(6, month=3)),
        ("a car since Monday", at(16), None),
        ("a car before yesterday", None, at(21)),
        ("a car in the last two hours", at(22, 8).replace(minute=30), NOW),
        ("a car on Friday from 10:00 to 11:00", at(20, 10), at(20, 11)),
    ],
)
def test_days_and_hours_are_the_callers(sentence: str, start: datetime | None, until: datetime | None) -> None:
    reading = said(sentence)
    assert (reading.from_time, reading.until_time) == (start, until)
    assert reading.text == "a car"


@pytest.mark.parametrize(
    ("sentence", "day_time"),
    [
        ("people after 5 pm", DayTime(time(17), time(0))),
        ("people between 22:00 and 6:00", DayTime(time(22), time(6))),
        ("people at night", DayTime(time(22), time(6))),
        ("people around noon", DayTime(time(11, 30), time(12, 30))),
        ("people from 8 to 10 am", DayTime(time(8), time(10))),
    ],
)
def test_a_clock_without_a_day_is_a_time_of_every_day(sentence: str, day_time: DayTime) -> None:
    reading = said(sentence)
    assert reading.day_time == day_time
    assert (reading.from_time, reading.until_time, reading.text) == (None, None, "people")


def test_weekdays_and_weekends_recur() -> None:
    assert said("vans on weekends").weekdays == (5, 6)
    assert said("vans on weekdays after 20:00").weekdays == (0, 1, 2, 3, 4)
    assert said("vans on Mondays").weekdays == (0,)


@pytest.mark.parametrize("spelling", ["at the lobby", "in the loby", "near Lobby", "in the lobbby"])
def test_misspelt_places_are_found(spelling: str) -> None:
    assert said(f"a person {spelling}").camera_ids == cameras("Lobby")


def test_numbers_in_names_are_never_taken_for_spelling_mistakes() -> None:
    assert said("a person near gate 2").camera_ids == cameras("Gate 2")
    assert said("a person near gate 3").camera_ids is None
    assert said("a person near gate 3").text == "a person near gate 3"


def test_places_can_be_left_out() -> None:
    assert said("white van not at gate 1").without_camera_ids == cameras("Gate 1")
    reading = said("blue car except the car park")
    assert (reading.without_camera_ids, reading.camera_ids) == (cameras("Car park"), None)


def test_counting_asks_for_so_many_at_once() -> None:
    assert said("two people").count == 2
    assert said("more than three cars").count == 4
    assert said("at least 5 people").count == 5


def test_a_bus_stop_is_no_bus_and_a_sign_no_exclusion() -> None:
    assert said("a person at a bus stop").classes == (ObjectClass.PERSON,)
    assert said("bus stop").classes == ()
    assert said("a car in the no parking area").without == ()
    assert said("bus at a bus stop").classes == (ObjectClass.BUS,)


def test_zones_are_named_like_cameras_and_mean_themselves() -> None:
    zone = Place("Loading bay", (UUID(int=9),), (UUID(int=77),))
    reading = read("a truck in the loading bay", now=NOW, places=(*PLACES, zone))
    assert (reading.zone_ids, reading.camera_ids, reading.text) == ((UUID(int=77),), None, "a truck")
    assert read("a truck not in the loading bay", now=NOW, places=(zone,)).zone_ids == ()


# Documented failures of others ----------------------------------------------------------------------------------------


def test_nvidia_vss_people_without_a_yellow_hat_is_not_people_with_one() -> None:
    """VSS documents that "people without a yellow hat" gives the same as "people with a yellow hat"."""
    without, having = said("people without a yellow hat"), said("people with a yellow hat")
    assert without.without == ("yellow hat",)
    assert without.text == "people"
    assert having.without == ()
    assert having.text == "people with a yellow hat"


@pytest.mark.parametrize("word", ["forklift", "car", "person", "red", "smoke"])
def test_nvidia_vss_one_word_is_a_query(word: str) -> None:
    """VSS documents that one-word queries may return nothing."""
    assert said(word).text == word


def test_frigate_attributes_can_be_lacking() -> None:
    """A search over thumbnails has no notion of what is not there."""
    assert said("people without a hat").attributes == (Wish("person.hat", "yes", wanted=False),)
    reading = said("person with no bag and no hat at gate 1")
    assert {wish.attribute for wish in reading.attributes if not wish.wanted} == {"person.bag", "person.hat"}
    assert said("black car that is not a truck").without_classes == (ObjectClass.TRUCK,)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read(sentence: str) -> None:
    reading = said(sentence)
    assert reading.count >= 1


def test_a_colour_alone_is_that_of_what_the_sentence_is_about() -> None:
    reading = said("a car that is not white")
    assert (reading.text, reading.attributes) == ("a car", (Wish("vehicle.colour", "white", wanted=False),))
    assert said("people not in black").attributes == (Wish("person.upper_colour", "black", wanted=False),)
    assert said("smoke that is not white").without == ("white",)


def test_an_exclusion_ends_where_something_wanted_begins() -> None:
    reading = said("person with no backpack carrying a bag")
    assert reading.attributes == (Wish("person.backpack", "yes", wanted=False), Wish("person.bag", "yes"))


def test_what_is_understood_can_be_shown() -> None:
    phrases = said("two people at the lobby yesterday without a hat").phrases
    assert [(phrase.part, phrase.words) for phrase in phrases] == [
        ("count", "two"),
        ("class", "people"),
        ("place", "at the lobby"),
        ("time", "yesterday"),
        ("exclusion", "without a hat"),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "people not in the loading bay",
        "people outside the loading bay",
        "people but not near the loading bay",
        "people except in the loading bay",
        "people who were never in the loading bay",
    ],
)
def test_a_zone_can_be_left_out_and_is_shown_as_a_place(sentence: str) -> None:
    zone = Place("Loading bay", (UUID(int=9),), (UUID(int=77),))
    reading = read(sentence, now=NOW, places=(*PLACES, zone))
    assert reading.without_zone_ids == (UUID(int=77),)
    assert (reading.zone_ids, reading.camera_ids, reading.without) == ((), None, ())
    assert [phrase.part for phrase in reading.phrases] == ["class", "place"]
    assert reading.text.startswith("people")


def test_outside_a_door_is_what_its_camera_sees() -> None:
    assert said("people outside the lobby").camera_ids == cameras("Lobby")


def test_a_part_of_a_name_is_enough_where_only_one_place_begins_so() -> None:
    assert said("people at the main").camera_ids == cameras("Main entrance")
    assert said("people on the main road").camera_ids is None
    assert said("people at the gate").camera_ids is None


@pytest.mark.parametrize(
    ("sentence", "start", "until"),
    [
        ("a car between 10 pm Monday and 6 am Tuesday", at(16, 22), at(17, 6)),
        ("a car overnight from Monday to Tuesday", at(16, 22), at(17, 6)),
        ("a car since Monday morning", at(16, 6), None),
        ("a car since 6 pm on Monday", at(16, 18), None),
        ("a car the day before yesterday", at(20), at(21)),
        ("a car from Monday", at(16), at(17)),
        ("a car from Monday on", at(16), None),
        ("a car on Friday between 2 and 3 in the afternoon", at(20, 14), at(20, 15)),
        ("a car on Friday between 8 and half past 8", at(20, 8), at(20, 8).replace(minute=30)),
        ("a car before 9 this morning", at(22), at(22, 9)),
    ],
)
def test_times_are_read_as_people_say_them(sentence: str, start: datetime | None, until: datetime | None) -> None:
    reading = said(sentence)
    assert (reading.from_time, reading.until_time) == (start, until)
    assert reading.text == "a car"


def test_several_things_can_be_worn() -> None:
    reading = said("people with a hat and a backpack")
    assert reading.attributes == (Wish("person.hat", "yes"), Wish("person.backpack", "yes"))


def test_leaving_out_vans_does_not_leave_out_cars() -> None:
    assert said("vehicles other than vans").without_classes == ()
    assert said("vehicles other than trucks").without_classes == (ObjectClass.TRUCK,)
