"""What people type into a search box: misspelt, abbreviated, in any order; and what must not be taken for a filter."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.search import SearchRequest
from contracts.vocabulary import ObjectClass
from services.search.model.sentence import DayTime, Part, Place, Reading, Wish, read, read_typed
from services.search.model.understanding import applied, understood_from

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=BERLIN)  # a Sunday
NAMES = ("north-gate", "south-gate", "yard", "lobby-door", "car-park", "works")
PLACES = (
    *(Place(name, (UUID(int=number),)) for number, name in enumerate(NAMES)),
    Place("parking", (UUID(int=4),), (UUID(int=104),)),
    Place("entrance", (UUID(int=3),), (UUID(int=103),)),
)
PERSON, BICYCLE, CAR, MOTORCYCLE, BUS, TRUCK = ObjectClass


def said(sentence: str) -> Reading:
    return read_typed(sentence, now=NOW, places=PLACES)


def cameras(*names: str) -> tuple[UUID, ...]:
    return tuple(UUID(int=NAMES.index(name)) for name in names)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def filters(reading: Reading) -> dict[str, object]:
    """What is set beside the text and the phrases."""
    empty = Reading(text="")
    names = ("text", "phrases")
    return {name: value for name, value in vars(reading).items() if name not in names and value != getattr(empty, name)}


# Times ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "start", "until"),
    [
        ("0800-1000", time(8), time(10)),
        ("0800 to 1000hrs", time(8), time(10)),
        ("8-10am", time(8), time(10)),
        ("between 8am and 10", time(8), time(10)),
        ("from 11 to 1 pm", time(11), time(13)),
        ("from 9 till 5", time(9), time(17)),
        ("between noon and two", time(12), time(14)),
        ("2 in the morning", time(1, 30), time(2, 30)),
        ("early hours", time(0), time(6)),
        ("10pm-6am", time(22), time(6)),
        ("7.30 till 8.15", time(7, 30), time(8, 15)),
        ("half past four to five pm", time(16, 30), time(17)),
        ("before 9", time(0), time(9)),
        ("after 22h", time(22), time(0)),
        ("not before 9am", time(9), time(0)),
        ("no later than 8pm", time(0), time(20)),
        ("after 10 at night", time(22), time(0)),
        ("5pm or later", time(17), time(0)),
        ("around 8ish", time(7, 30), time(8, 30)),
        ("~8pm", time(19, 30), time(20, 30)),
        ("8pm", time(19, 30), time(20, 30)),
        ("over lunch", time(11, 30), time(14)),
        ("after dark", time(17), time(7)),
        ("early mornings", time(4), time(9)),
    ],
)
def test_clock_times_in_any_style(words: str, start: time, until: time) -> None:
    reading = said(f"people {words}")
    assert reading.day_time == DayTime(start, until)
    assert (reading.text, reading.from_time, reading.until_time) == ("people", None, None)


@pytest.mark.parametrize(
    ("words", "start", "until"),
    [
        ("3/11", at(3), at(4)),
        ("on 3.11.", at(3), at(4)),
        ("2/3", datetime(2026, 3, 2, tzinfo=BERLIN), datetime(2026, 3, 3, tzinfo=BERLIN)),
        ("sat 22:00-23:30", at(21, 22), at(21, 23, 30)),
        ("on the 3rd", at(3), at(4)),
        ("2-4 november", at(2), at(5)),
        ("from the 2nd to the 3rd", at(2), at(4)),
        ("tues am", at(17), at(17, 12)),
        ("sat night", at(21, 22), at(22, 6)),
        ("past 30 mins", at(22, 10), NOW),
        ("last 2h", at(22, 8, 30), NOW),
        ("an hour ago", at(22, 9), at(22, 10)),
        ("since two hours ago", at(22, 8, 30), None),
        ("since 5pm", at(21, 17), None),
        ("since yesterday evening", at(21, 18), None),
        ("until yesterday evening", None, at(22)),
        ("before yesterday noon", None, at(21, 12)),
        ("after 9 pm on friday", at(20, 21), at(21)),
        ("before 9 on friday", at(20), at(20, 9)),
        ("since 9 pm on friday", at(20, 21), None),
        ("from friday 22:00 until saturday 05:00", at(20, 22), at(21, 5)),
        ("yesterday 6pm to today 8am", at(21, 18), at(22, 8)),
        ("from monday to friday", at(16), at(21)),
        ("last week", at(9), at(16)),
        ("last weekend", at(14), at(16)),
        ("last night at 11", at(21, 22, 30), at(21, 23, 30)),
        ("yesterday at 8", at(21, 7, 30), at(21, 8, 30)),
        ("early yesterday", at(21, 4), at(21, 9)),
        ("sunday", at(22), at(23)),
        ("in october", datetime(2026, 10, 1, tzinfo=BERLIN), at(1)),
    ],
)
def test_days_in_any_style(words: str, start: datetime | None, until: datetime | None) -> None:
    reading = said(f"people {words}")
    assert (reading.from_time, reading.until_time) == (start, until)
    assert (reading.text, reading.day_time, reading.weekdays) == ("people", None, ())


@pytest.mark.parametrize("words", ["around 5", "at four o'clock", "between 2 and 4", "half past three"])
def test_a_small_hour_may_be_one_after_noon(words: str) -> None:
    reading = said(f"people {words}")
    assert (reading.day_time, reading.text) == (None, f"people {words}")


def test_what_is_still_to_come_is_not_last_weeks() -> None:
    assert filters(said("people next monday")) == {"classes": (PERSON,)}


def test_until_now_is_since_then() -> None:
    assert said("people 7am until now").from_time == at(22, 7)
    assert said("people yesterday 6pm to now").from_time == at(21, 18)


@pytest.mark.parametrize(
    ("words", "weekdays"),
    [
        ("mon-fri 9-5pm", (0, 1, 2, 3, 4)),
        ("mondays and tuesdays", (0, 1)),
        ("every friday", (4,)),
        ("friday nights", (4,)),
        ("on a weekday", (0, 1, 2, 3, 4)),
        ("at the weekend", (5, 6)),
    ],
)
def test_days_that_come_again(words: str, weekdays: tuple[int, ...]) -> None:
    reading = said(f"people {words}")
    assert reading.weekdays == weekdays
    assert (reading.text, reading.from_time) == ("people", None)


def test_several_days_are_these_days_alone() -> None:
    reading = said("people on tuesday and thursday")
    assert (reading.from_time, reading.until_time, reading.weekdays) == (at(17), at(20), (1, 3))


# Places ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("nroth gate van", ("north-gate",)),
        ("van northgate", ("north-gate",)),
        ("van at nort gate", ("north-gate",)),
        ("car-park van", ("car-park",)),
        ("van in carpark", ("car-park",)),
        ("van yard cam", ("yard",)),
        ("van, works", ("works",)),
        ("lobby van", ("lobby-door",)),
        ("van at the lobby and yard", ("lobby-door", "yard")),
    ],
)
def test_places_without_hyphens_prepositions_or_care(sentence: str, names: tuple[str, ...]) -> None:
    reading = said(sentence)
    assert set(reading.camera_ids or ()) == set(cameras(*names))
    assert reading.text == "van"


@pytest.mark.parametrize("joint", ["or", "and", "nor"])
def test_what_is_left_out_may_be_several_places(joint: str) -> None:
    reading = said(f"people not at the lobby {joint} yard")
    assert set(reading.without_camera_ids) == set(cameras("lobby-door", "yard"))
    assert (reading.camera_ids, reading.text) == (None, "people")


def test_a_place_after_a_bare_hour_is_not_counted() -> None:
    reading = said("van before 9 lobby")
    assert (reading.day_time, reading.camera_ids) == (DayTime(time(0), time(9)), cameras("lobby-door"))
    assert said("van before 9 lobsters").day_time is None


@pytest.mark.parametrize("words", ["cam 12", "camera 12", "at cam12", "on Camera-12", "near cam_12"])
def test_cameras_with_numbers_are_called_in_many_ways(words: str) -> None:
    places = tuple(Place(f"Cam-{number}", (UUID(int=number),)) for number in (1, 2, 12))
    reading = read_typed(f"van {words}", now=NOW, places=places)
    assert (reading.camera_ids, reading.text) == ((UUID(int=12),), "van")


def test_names_may_have_marks_in_them() -> None:
    places = (Place("Gate A (outer)", (UUID(int=1),)), Place("Lobby / Desk", (UUID(int=2),)))
    assert read_typed("van at gate a outer", now=NOW, places=places).camera_ids == (UUID(int=1),)
    assert read_typed("van lobby desk", now=NOW, places=places).camera_ids == (UUID(int=2),)


def test_several_places_of_a_kind() -> None:
    assert said("people at both gates").camera_ids == cameras("north-gate", "south-gate")
    assert said("people at the gate").camera_ids is None


def test_who_leaves_a_place_was_there() -> None:
    assert said("car driving away from north gate").camera_ids == cameras("north-gate")
    assert said("cars away from the north gate").without_camera_ids == cameras("north-gate")


@pytest.mark.parametrize(
    "sentence",
    [
        "a man works on a fence",
        "people at work",
        "person at the west gate",
        "person in yard 2",
        "main entrance",
        "red car parked outside",
        "car parking on the street",
    ],
)
def test_a_word_like_a_place_is_none(sentence: str) -> None:
    reading = said(sentence)
    assert (reading.camera_ids, reading.zone_ids) == (None, ())


def test_those_at_a_place_that_is_left_out_are_left_out() -> None:
    reading = said("cars except those at the yard")
    assert (reading.camera_ids, reading.without_camera_ids) == (None, cameras("yard"))


# Objects --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "classes"),
    [
        ("cars and trucks", (CAR, TRUCK)),
        ("car/bus", (CAR, BUS)),
        ("person in a car", (PERSON, CAR)),
        ("woman on a motorcycle", (PERSON, MOTORCYCLE)),
        ("person next to a car", (PERSON,)),
        ("bus driver", (BUS, PERSON)),
        ("fire engine", (TRUCK, CAR)),
        ("bycicle", (BICYCLE, PERSON)),
        ("perosn", (PERSON,)),
        ("sb", (PERSON,)),
    ],
)
def test_classes_hold_all_that_may_be_seen_of_what_is_named(sentence: str, classes: tuple[ObjectClass, ...]) -> None:
    assert said(sentence).classes == classes


@pytest.mark.parametrize(
    ("sentence", "wishes"),
    [
        ("person blue top black trousers", [("person.upper_colour", "blue"), ("person.lower_colour", "black")]),
        ("bycicle red", [("vehicle.colour", "red")]),
        ("yellow school bus", [("vehicle.colour", "yellow")]),
        ("hi-vis", [("person.hi_vis", "yes")]),
        ("black hat", [("person.hat", "yes")]),
        ("person with backpak", [("person.backpack", "yes")]),
        ("person in a black vest", []),
        ("helmet on the floor", []),
        ("person next to a red car", []),
        ("person with a white van logo", []),
        ("man carrying a helmet", []),
        ("hat shop", []),
        ("plastic bag", []),
    ],
)
def test_attributes_are_of_what_is_worn(sentence: str, wishes: list[tuple[str, str]]) -> None:
    assert [(wish.attribute, wish.value) for wish in said(sentence).attributes] == wishes


def test_sleeves_are_read_beside_the_colour_above_them() -> None:
    wishes = said("someone in a black long-sleeved top").attributes
    assert [(wish.attribute, wish.value) for wish in wishes] == [
        ("person.upper_colour", "black"),
        ("person.sleeves", "long"),
    ]


@pytest.mark.parametrize(
    "sentence", ["trucks except the ones with a trailer", "trucks, never mind those with a trailer"]
)
def test_what_those_have_that_are_not_wanted_is_not_looked_for(sentence: str) -> None:
    reading = said(sentence)
    assert (reading.text, reading.without) == ("trucks", ("trailer",))


@pytest.mark.parametrize(
    ("sentence", "lacking"),
    [
        ("hatless person", ["person.hat"]),
        ("unhelmeted cyclist", ["person.hat"]),
        ("worker missing a hard hat", ["person.hat"]),
        ("people not in hi-vis", ["person.hi_vis"]),
        ("no bag person", ["person.bag"]),
        ("person with neither a hat nor a bag", ["person.hat", "person.bag"]),
        ("person without hat and backpack", ["person.hat", "person.backpack"]),
        ("person, no bag, hat", ["person.bag"]),
        ("missing person", []),
        ("no hat shop", []),
        ("people except those with a hat", ["person.hat"]),
        ("people but not the ones who wear a hat", ["person.hat"]),
        ("everyone other than those in hi-vis", ["person.hi_vis"]),
    ],
)
def test_what_is_lacking_is_an_attribute(sentence: str, lacking: list[str]) -> None:
    reading = said(sentence)
    assert [(wish.attribute, wish.wanted) for wish in reading.attributes] == [(name, False) for name in lacking]


@pytest.mark.parametrize(
    ("sentence", "colours"),
    [
        ("non-white vans", ["white"]),
        ("cars not black or grey", ["black", "grey"]),
        ("cars, not black/grey", ["black", "grey"]),
        ("cars except red, white and blue ones", ["red", "white", "blue"]),
        ("any car but red", ["red"]),
        ("all cars except white ones", ["white"]),
        ("car any colour except red", ["red"]),
        ("vehicles other than white vans", []),
    ],
)
def test_colours_can_be_left_out(sentence: str, colours: list[str]) -> None:
    wishes = said(sentence).attributes
    assert wishes == tuple(Wish("vehicle.colour", colour, wanted=False) for colour in colours)


@pytest.mark.parametrize(
    ("sentence", "classes"),
    [
        ("anything but cars", (CAR,)),
        ("everything except people", (PERSON,)),
        ("vehicles except cars and trucks", (CAR, TRUCK)),
        ("nothing but cars", ()),
        ("not only cars", ()),
    ],
)
def test_classes_can_be_left_out(sentence: str, classes: tuple[ObjectClass, ...]) -> None:
    assert said(sentence).without_classes == classes


def test_several_colours_are_alternatives() -> None:
    reading = said("red or blue car")
    assert reading.attributes == (Wish("vehicle.colour", "red"), Wish("vehicle.colour", "blue"))
    request = applied(SearchRequest(tenant_id=UUID(int=0), text="red or blue car"), understood_from(reading))
    left_out = {wish.value for wish in request.attributes}
    assert "white" in left_out
    assert not left_out & {"red", "blue"}
    assert all(not wish.wanted for wish in request.attributes)


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("3+ people", 3),
        ("3 or more people", 3),
        ("a couple of cyclists", 2),
        ("two or three people", 2),
        ("between 5 and 6 people", 5),
        ("group of at least four pedestrians", 4),
        ("two big red trucks", 2),
        ("fewer than 5 people", 1),
        ("no more than two people", 1),
        ("two-tone car", 1),
        ("number 12 bus", 1),
        ("12 year old boy", 1),
        ("lane 2 cars", 1),
        ("22:00 anybody", 1),
        ("900 people", 1),
    ],
)
def test_only_a_number_of_objects_counts_them(sentence: str, count: int) -> None:
    assert said(sentence).count == count


# Movement -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "degrees"),
    [
        ("heading left", 270.0),
        ("going to the right", 90.0),
        ("from left to right", 90.0),
        ("coming from the left", 90.0),
        ("moving upwards", 0.0),
        ("driving down", 180.0),
    ],
)
def test_a_side_of_the_picture_is_a_direction(words: str, degrees: float) -> None:
    reading = said(f"car {words} yesterday")
    assert [(one.degrees, one.within) for one in reading.headings] == [(degrees, 45.0)]
    assert [phrase.part for phrase in reading.phrases] == [Part.CLASS, Part.MOVEMENT, Part.TIME]


@pytest.mark.parametrize(
    "sentence",
    ["car turning left", "man left", "person going up the stairs", "person heading right now", "bus driving away"],
)
def test_other_words_for_sides_are_none(sentence: str) -> None:
    reading = said(sentence)
    assert (reading.headings, reading.text) == ((), sentence)


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        ("for more than 5 minutes", 300.0, None),
        ("> 5 min", 300.0, None),
        ("waiting 20 mins", 1200.0, None),
        ("stood still 90 secs", 90.0, None),
        ("parked for half an hour", 1800.0, None),
        ("loitering for a minute and a half", 90.0, None),
        ("30+ minutes", 1800.0, None),
        ("for less than 10 seconds", None, 10.0),
        ("loitering", 60.0, None),
        ("hanging around north gate", 60.0, None),
        ("speeding", None, None),
        ("on a 5 minute walk", None, None),
        ("in the last 5 minutes", None, None),
        ("10 metres tall", None, None),
    ],
)
def test_stays_need_a_number_or_to_be_loitering(words: str, least: float | None, most: float | None) -> None:
    reading = said(f"person {words}")
    assert (reading.min_seconds_in_view, reading.max_seconds_in_view) == (least, most)


def test_a_request_and_its_sentence_both_limit_a_stay() -> None:
    request = SearchRequest(tenant_id=UUID(int=0), text="person for more than 5 minutes", min_seconds_in_view=60.0)
    narrowed = applied(request, understood_from(said(request.text or "")))
    assert (narrowed.min_seconds_in_view, narrowed.text) == (300.0, "person")


# What stays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        "dog on a lead",
        "May sunshine",
        "newly wed couple",
        "night vision",
        "half price sale",
        "24/7 shop",
        "2 for 1 sign",
        "1/2 full glass",
        "16:9 screen",
        "no entry",
        "train tracks",
        "1999 ford",
        "2015-2018 toyota",
        "evening dress",
        "guard dog",
        "pedestrian crossing",
        "a monday blues poster",
        "a gate in a yard with grass",
        "sat in the sun",
        "gate left open",
        "smoke",
    ],
)
def test_words_that_are_not_surely_a_filter_are_none(sentence: str) -> None:
    assert filters(said(sentence)) == {}
    assert said(sentence).text == sentence.lower()


@pytest.mark.parametrize("sentence", ["violent person", "person on the tracks", "man jumped", "person on the coast"])
def test_a_word_of_its_own_is_not_put_right(sentence: str) -> None:
    reading = said(sentence)
    assert filters(reading) == {"classes": (PERSON,)}
    assert reading.text == sentence


def test_what_is_asked_of_a_machine_is_not_described() -> None:
    assert said("pls show me all footage of a white van").text == "a white van"
    assert said("was there a red car yesterday?").text == "a red car"
    assert said("show").text == "show"


def test_phrases_are_shown_as_they_were_typed() -> None:
    reading = said("sb w/o hat @ lobby dor tonite")
    assert [(phrase.part.value, phrase.words) for phrase in reading.phrases] == [
        ("class", "sb"),
        ("exclusion", "w/o hat"),
        ("place", "@ lobby dor"),
        ("time", "tonite"),
    ]


def test_questions_read_neither_kinds_nor_movement() -> None:
    reading = read("bycicle or ambulance heading left for 5 minutes", now=NOW, places=PLACES)
    assert filters(reading) == {}


@given(st.text(alphabet="aehnorstw 0123456789:-./,&", max_size=120))
def test_whatever_is_typed_is_read(sentence: str) -> None:
    reading = said(sentence)
    assert 1 <= reading.count <= 100


KNOWN = (
    "not at the lobby yard north gate or and without hat red car two people between 6 8 pm monday since until",
    "yesterday evening 3/3 0800-1000 for 5 minutes heading left 31/2 29 february 24:00 last half ago",
)


@given(st.lists(st.sampled_from([word for line in KNOWN for word in line.split()]), max_size=14))
def test_any_order_of_known_words_is_read(words: list[str]) -> None:
    reading = said(" ".join(words))
    assert reading.from_time is None or reading.until_time is None or reading.from_time < reading.until_time
