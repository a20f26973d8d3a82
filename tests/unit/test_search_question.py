"""Reading questions: kinds, verbs, places, times, and what is refused rather than guessed."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from contracts.question import Edge, Happening, QuestionKind
from contracts.vocabulary import ObjectClass
from services.search.model.periods import periods_of
from services.search.model.question import Understood, understand
from services.search.model.refused import QuestionRefused
from services.search.model.sentence import Place, Reading

NOW = datetime(2026, 3, 4, 18, 0, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Wednesday."""
NAMES = ("north-gate", "yard", "lobby", "car-park", "main gate")
PLACES = [Place(name, (UUID(int=number + 1),)) for number, name in enumerate(NAMES)]
IDS = {name: UUID(int=number + 1) for number, name in enumerate(NAMES)}


def said(text: str, *, shown: bool = False) -> Understood:
    return understand(text, now=NOW, places=PLACES, shown=shown)


def refusal(text: str) -> str:
    with pytest.raises(QuestionRefused) as refused:
        said(text)
    assert refused.value.refusal.advice
    return refused.value.refusal.code


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Was anyone loitering at the main gate today?", QuestionKind.EXISTENCE),
        ("How many trucks came through the north gate this morning?", QuestionKind.COUNT),
        ("Number of cars at the north gate on Tuesday?", QuestionKind.COUNT),
        ("When did the red car leave?", QuestionKind.WHEN),
        ("At the yard, when did a van arrive?", QuestionKind.WHEN),
        ("Which cameras saw a cyclist after 5 pm?", QuestionKind.CAMERAS),
        ("How long did a person with a red jacket stay at the yard?", QuestionKind.DURATION),
        ("Was it busier in the morning than in the afternoon?", QuestionKind.COMPARE),
        ("Did the red car leave before the blue van arrived?", QuestionKind.ORDER),
        ("Who was the last person at the yard yesterday?", QuestionKind.LIST),
        ("Could you tell me if anyone was in the lobby?", QuestionKind.EXISTENCE),
    ],
)
def test_the_form_of_a_question_says_what_is_asked(text: str, kind: QuestionKind) -> None:
    assert said(text).kind is kind


@pytest.mark.parametrize(
    ("text", "happening"),
    [
        ("How many cars passed the yard?", Happening.PASSED),
        ("When did a car enter the car park?", Happening.ARRIVED),
        ("When did a car leave the car park?", Happening.LEFT),
        ("Did anyone stay in the lobby for more than 20 seconds?", Happening.STAYED),
        ("Was anyone in the lobby?", Happening.IN_VIEW),
    ],
)
def test_the_verb_says_what_must_have_happened_and_leaves_the_place_to_be_read(text: str, happening: Happening) -> None:
    (subject,) = said(text).subjects
    assert subject.happening is happening
    assert subject.reading.camera_ids is not None


def test_a_van_is_no_truck_and_a_truck_no_car() -> None:
    types = [said(f"How many {word} were there?").subjects[0].vehicle_types for word in ("cars", "vans", "trucks")]
    assert types == [("car",), ("van",), ("truck",)]
    (both,) = said("How many cars and trucks passed?").subjects
    assert (both.vehicle_types, both.label) == (("car", "truck"), "car or truck")


def test_loitering_without_a_length_is_a_minute_and_that_is_said() -> None:
    understood = said("Was anyone loitering at the yard?")
    assert understood.subjects[0].stayed_seconds == 60
    assert "60 s" in understood.assumptions[0]
    assert said("Did anyone loiter for half an hour at the yard?").subjects[0].stayed_seconds == 1800


@pytest.mark.parametrize("text", ["Was nobody in the lobby?", "Was the lobby empty?", "Was there no car in the lobby?"])
def test_a_question_asked_the_other_way_round_is_negated(text: str) -> None:
    assert said(text).negated


def test_who_is_not_there_is_no_question_asked_the_other_way_round() -> None:
    assert not said("Wasn't there anyone in the lobby?").negated
    assert not said("Was there a person without a hat in the lobby?").negated


def test_first_and_last_are_picked_out_but_last_tuesday_is_a_day() -> None:
    assert said("When was the first person in the lobby?").edge is Edge.FIRST
    assert said("Who was the last person in the lobby last night?").edge is Edge.LAST
    assert said("When was a person in the lobby last Tuesday?").edge is Edge.ALL


def test_several_at_once_are_not_several_in_all() -> None:
    (at_once,) = said("Were three people in the yard at the same time?").subjects
    assert (at_once.together, at_once.at_least) == (3, 1)
    (in_all,) = said("Were more than five people in the yard today?").subjects
    assert (in_all.together, in_all.at_least) == (1, 6)


def test_both_sides_of_a_comparison_share_what_is_said_once() -> None:
    cars, trucks = said("Were there more cars than trucks at the yard yesterday?").subjects
    assert cars.vehicle_types == ("car",)
    assert cars.reading.camera_ids == trucks.reading.camera_ids == (IDS["yard"],)
    assert cars.reading.from_time == trucks.reading.from_time
    before, after = said("Was it busier in the morning than in the afternoon at the yard yesterday?").subjects
    assert before.reading.until_time == after.reading.from_time == datetime(2026, 3, 3, 12, 0, tzinfo=NOW.tzinfo)


def test_in_red_is_taken_as_upper_clothing_and_that_is_said() -> None:
    understood = said("Was anyone in red at the yard?")
    assert [(w.attribute, w.value) for w in understood.subjects[0].reading.attributes] == [
        ("person.upper_colour", "red")
    ]
    assert understood.assumptions


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Was a woman in the lobby?", "not_observed"),
        ("Was a child in the lobby?", "not_observed"),
        ("Did anyone look suspicious?", "not_observed"),
        ("What is the name of the person in the lobby?", "not_observed"),
        ("Why did the red car leave?", "not_observed"),
        ("How many people with a yellow hat were there?", "not_observed"),
        ("Was anyone at the swimming pool?", "unknown_place"),
        ("Was anyone carrying an umbrella?", "unknown_words"),
        ("Which cameras saw this person?", "unknown_track"),
        ("Will anyone come tomorrow?", "future"),
        ("Was it open?", "unknown_words"),
        ("Was it there yesterday?", "no_subject"),
        ("Hello", "not_a_question"),
    ],
)
def test_what_is_not_observed_or_not_understood_is_refused_with_advice(text: str, code: str) -> None:
    assert refusal(text) == code


def test_a_camera_whose_name_is_a_refused_word_can_still_be_asked_about() -> None:
    places = [*PLACES, Place("ladies entrance", (UUID(int=99),))]
    understood = understand("Was anyone at the ladies entrance?", now=NOW, places=places)
    assert understood.subjects[0].reading.camera_ids == (UUID(int=99),)


def test_this_person_is_whom_the_request_shows() -> None:
    (subject,) = said("Which cameras saw this person today?", shown=True).subjects
    assert subject.this
    assert subject.classes == ()


def test_nothing_after_now_is_asked_about_and_a_clock_time_alone_is_the_latest() -> None:
    today = said("Was anyone in the lobby today?").subjects[0].reading
    (period,), words, _ = periods_of(today, now=NOW, zone="Europe/Berlin", footage=None)
    assert period.until_time == NOW
    assert words == "on 4 March 2026, 00:00–18:00"
    night = said("Was anyone in the lobby between 10 pm and 4 am?").subjects[0].reading
    (period,), _, assumed = periods_of(night, now=NOW, zone="Europe/Berlin", footage=None)
    assert period.from_time == datetime(2026, 3, 3, 22, 0, tzinfo=NOW.tzinfo)
    assert assumed is not None
    with pytest.raises(QuestionRefused, match="future"):
        periods_of(Reading(text="", from_time=NOW + timedelta(hours=1)), now=NOW, zone="Europe/Berlin", footage=None)


def test_a_time_on_every_monday_is_several_periods() -> None:
    reading = said("Was anyone in the lobby on Mondays between 8 and 9 am?").subjects[0].reading
    begin = datetime(2026, 2, 16, tzinfo=NOW.tzinfo)
    periods, words, _ = periods_of(reading, now=NOW, zone="Europe/Berlin", footage=(begin, NOW))
    assert [period.from_time.astimezone(NOW.tzinfo).day for period in periods] == [16, 23, 2]
    assert words.startswith("on Mondays at 08:00–09:00")


def test_only_classes_that_are_said_are_looked_for() -> None:
    (subject,) = said("Any bicycles today?").subjects
    assert subject.classes == (ObjectClass.BICYCLE,)
    (subject,) = said("Did anything move in the yard?").subjects
    assert subject.classes == ()


@pytest.mark.parametrize(
    ("text", "edge"),
    [
        ("Which camera had the most people on Monday?", Edge.MOST),
        ("Which was busier on Monday, the north gate or the yard?", Edge.MOST),
        ("Where were the fewest cars yesterday?", Edge.FEWEST),
        ("Which camera was the quietest yesterday?", Edge.FEWEST),
    ],
)
def test_the_busiest_camera_is_asked_for(text: str, edge: Edge) -> None:
    understood = said(text)
    assert (understood.kind, understood.edge) == (QuestionKind.CAMERAS, edge)


def test_whom_somebody_looks_for_is_whom_they_ask_about() -> None:
    understood = said("I'm looking for someone with a purple top, were they at the yard on Monday?")
    assert understood.kind is QuestionKind.EXISTENCE
    assert understood.subjects[0].label == "person with purple upper clothing"


def test_kinds_of_vehicles_can_be_left_out() -> None:
    (subject,) = said("How many vehicles except trucks were at the yard?").subjects
    assert subject.label == "vehicle other than trucks"
    assert "truck" not in subject.vehicle_types
    assert "van" in subject.vehicle_types


def test_what_is_left_out_must_leave_something() -> None:
    assert refusal("How many trucks other than trucks were at the yard?") == "no_subject"


@pytest.mark.parametrize("text", ["Was anyone outside the parking zone?", "Was anyone not in parking zone today?"])
def test_a_zone_can_be_left_out_of_a_question(text: str) -> None:
    zone = Place("parking zone", (IDS["yard"],), (UUID(int=70),))
    (subject,) = understand(text, now=NOW, places=[*PLACES, zone]).subjects
    assert subject.reading.without_zone_ids == (UUID(int=70),)
