"""Questions by people who know nothing of the grammar: short forms, misspellings, times in words, other orders."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from contracts.question import Edge, Happening, Moving, QuestionKind, Slot
from contracts.vocabulary import ObjectClass
from services.search.model.periods import periods_of
from services.search.model.question import Understood, understand
from services.search.model.refused import QuestionRefused
from services.search.model.sentence import Place

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 18, 0, tzinfo=ZONE)
"""A Wednesday."""
PLACES = [
    Place("north-gate", (UUID(int=1),)),
    Place("yard", (UUID(int=2),)),
    Place("lobby", (UUID(int=3),)),
    Place("parking", (UUID(int=4),), (UUID(int=70),)),
]


def said(text: str) -> Understood:
    return understand(text, now=NOW, places=PLACES)


def refusal(text: str) -> str:
    with pytest.raises(QuestionRefused) as refused:
        said(text)
    return refused.value.refusal.code


def times(text: str) -> tuple[str, str]:
    """The first and the last moment that is asked about, as `3 14:30`."""
    reading = said(text).subjects[0].reading
    begin = datetime(2026, 2, 20, tzinfo=ZONE)
    periods, _, _ = periods_of(reading, now=NOW, zone="Europe/Berlin", footage=(begin, NOW))
    first, last = (moment.astimezone(ZONE) for moment in (periods[0].from_time, periods[-1].until_time))
    return f"{first.day} {first:%H:%M}", f"{last.day} {last:%H:%M}"


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("Was anyone in the yard before six this morning?", "4 00:00", "4 06:00"),
        ("Was anyone in the yard between half past two and quarter to four yesterday?", "3 02:30", "3 03:45"),
        ("Was anyone in the yard between midnight and four on Tuesday?", "3 00:00", "3 04:00"),
        ("Was anyone in the yard between 0600 and 0730 on Tuesday?", "3 06:00", "3 07:30"),
        ("Was anyone in the yard from noon to one yesterday?", "3 12:00", "3 13:00"),
        ("Was anyone in the yard around lunch on Monday?", "2 12:00", "2 14:00"),
        ("Was anyone in the yard since yesterday lunchtime?", "3 12:00", "4 18:00"),
        ("Early this morning, was anyone in the yard?", "4 04:00", "4 08:00"),
        ("Was anyone in the yard late Monday afternoon?", "2 15:00", "2 18:00"),
        ("Was anyone in the yard on 3/3?", "3 00:00", "4 00:00"),
        ("Was anyone in the yard on the 2nd?", "2 00:00", "3 00:00"),
        ("Was anyone in the yard in the past 48h?", "2 18:00", "4 18:00"),
        ("Within the last hour, who's been in the yard?", "4 17:00", "4 18:00"),
        ("Was anyone in the yard yesterday, 8-9?", "3 08:00", "3 09:00"),
        ("Was anyone in the yard after 9 pm on Monday?", "2 21:00", "3 00:00"),
        ("Was anyone in the yard before 9:30 on 2 March?", "2 00:00", "2 09:30"),
        ("Was anyone in the yard from 07:30 til 09:15 Wednesday?", "4 07:30", "4 09:15"),
        ("Was anyone in the yard between 12:30 and half past one yesterday?", "3 12:30", "3 13:30"),
        ("Was anyone in the yard between 12:30 and 1:15 yesterday?", "3 12:30", "3 13:15"),
        ("Was anyone in the yard between 22:30 and 1:30 on Monday?", "2 22:30", "3 01:30"),
        ("people in the yard monday 14-16h how many", "2 14:00", "2 16:00"),
        ("Is anyone in the yard right now?", "4 17:55", "4 18:00"),
        ("Anybody in the lobby at the moment?", "4 17:55", "4 18:00"),
    ],
)
def test_times_are_read_as_people_say_them(text: str, begin: str, end: str) -> None:
    assert times(text) == (begin, end)


def test_who_wears_two_things_is_one_person() -> None:
    (subject,) = said("Was anyone in a green jacket with black trousers at the yard on Monday?").subjects
    wishes = [(wish.attribute, wish.value) for wish in subject.reading.attributes]
    assert wishes == [("person.upper_colour", "green"), ("person.lower_colour", "black")]


def test_a_heavy_goods_vehicle_is_a_truck() -> None:
    (subject,) = said("How many HGVs came through the north gate on Monday?").subjects
    assert subject.vehicle_types == ("truck",)


@pytest.mark.parametrize("text", ["Did anyone cross the yard while the truck was there?", "Any plants in the yard?"])
def test_an_english_word_is_no_misspelling_of_another(text: str) -> None:
    assert refusal(text) in {"unknown_words", "unknown_place"}


def test_when_the_sun_set_is_not_known() -> None:
    assert refusal("Was anyone in the yard after dark yesterday?") == "unknown_words"


def test_what_a_short_date_was_taken_for_is_told() -> None:
    assert '"3/3" is taken as 3 March 2026.' in said("Was anyone in the yard on 3/3?").assumptions


@pytest.mark.parametrize("text", ["How many poeple were in the yard?", "how many ppl in the yard", "Hoow many"])
def test_misspelt_words_are_understood_or_refused(text: str) -> None:
    if text == "Hoow many":
        assert refusal(text) == "not_a_question"
        return
    assert said(text).subjects[0].classes == (ObjectClass.PERSON,)


def test_a_correction_is_told_and_english_words_and_names_are_left_alone() -> None:
    assert '"vehicels" is taken as "vehicles".' in said("How many vehicels were in the yard?").assumptions
    assert refusal("How many tracks were in the yard?") in {"unknown_words", "no_subject"}
    trucks = [*PLACES, Place("truks", (UUID(int=9),))]
    understood = understand("Was anyone at truks?", now=NOW, places=trucks)
    assert understood.subjects[0].reading.camera_ids == (UUID(int=9),)


@pytest.mark.parametrize(
    ("text", "kind", "edge", "by"),
    [
        ("Need the busiest hour at the north gate, Tuesday.", QuestionKind.WHEN, Edge.MOST, Slot.HOUR),
        ("On which day did we have the most vans?", QuestionKind.WHEN, Edge.MOST, Slot.DAY),
        ("What was the quietest hour yesterday?", QuestionKind.WHEN, Edge.FEWEST, Slot.HOUR),
        ("What's the most people we had in the yard at once?", QuestionKind.COUNT, Edge.MOST, None),
        ("Longest anyone stood about in the lobby?", QuestionKind.DURATION, Edge.ALL, None),
        ("Do we see more people or more cars at the north gate?", QuestionKind.COMPARE, Edge.MOST, None),
        ("Break it down by camera for me: number of people, Monday.", QuestionKind.COUNT, Edge.ALL, None),
        ("What time did everyone clear off from the yard?", QuestionKind.WHEN, Edge.LAST, None),
        ("Yesterday, who was the first person in the yard?", QuestionKind.LIST, Edge.FIRST, None),
        ("How many cameras saw a truck?", QuestionKind.CAMERAS, Edge.ALL, None),
        ("Were there people in the yard today, and how many?", QuestionKind.COUNT, Edge.ALL, None),
    ],
)
def test_forms_that_strangers_use(text: str, kind: QuestionKind, edge: Edge, by: Slot | None) -> None:
    understood = said(text)
    assert (understood.kind, understood.edge, understood.by) == (kind, edge, by)


@pytest.mark.parametrize(
    "text",
    [
        "Which cameras have seen nobody today?",
        "Which cameras saw no trucks?",
        "Which cameras did not see a truck?",
        "Any hours with no one in the yard on Monday?",
    ],
)
def test_it_can_be_asked_which_cameras_or_hours_had_nobody(text: str) -> None:
    assert said(text).negated


def test_whether_all_were_of_a_kind_is_whether_there_was_none_of_another() -> None:
    understood = said("Were all the vehicles in the yard yesterday trucks?")
    assert (understood.kind, understood.negated) == (QuestionKind.EXISTENCE, True)
    assert understood.subjects[0].label == "vehicle other than trucks"


@pytest.mark.parametrize(
    ("text", "happening"),
    [
        ("Did anyone head out of the lobby?", Happening.LEFT),
        ("Was anyone carrying bags out of the lobby?", Happening.LEFT),
        ("Did a van drive off from the yard?", Happening.LEFT),
        ("Count of arrivals at the yard.", Happening.ARRIVED),
        ("Did a van return to the yard?", Happening.ARRIVED),
        ("How many cars were sitting in the parking area for over an hour?", Happening.STAYED),
    ],
)
def test_other_words_for_coming_going_and_staying(text: str, happening: Happening) -> None:
    assert said(text).subjects[0].happening is happening


def test_a_stay_can_have_a_longest_length() -> None:
    (subject,) = said("Which vehicles stayed less than two minutes in the parking zone?").subjects
    assert (subject.happening, subject.stayed_seconds, subject.stayed_less_seconds) == (Happening.STAYED, None, 120.0)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Did anyone walk towards the camera in the lobby?", Moving.NEARER),
        ("How many cars headed left past the north gate?", Moving.LEFT),
        ("Did a truck drive from left to right in the yard?", Moving.RIGHT),
        ("Did a truck leave the yard?", None),
    ],
)
def test_a_way_through_the_picture_can_be_asked_for(text: str, way: Moving | None) -> None:
    assert said(text).subjects[0].moving is way


def test_several_at_one_moment_are_not_several_in_all() -> None:
    (subject,) = said("Is there any moment yesterday when the yard had three vans in it?").subjects
    assert (subject.together, subject.at_least) == (3, 1)


def test_one_of_two_colours_is_enough() -> None:
    (subject,) = said("How many people wearing red or orange tops?").subjects
    assert {wish.value for wish in subject.reading.attributes} == {"red", "orange"}
    assert subject.label == "person with orange or red upper clothing"


@pytest.mark.parametrize(
    "text",
    [
        "Were there bicycles without a backpack?",
        "Did the grey van come back after it drove off?",
    ],
)
def test_what_no_track_can_show_is_refused_and_no_absence_claimed(text: str) -> None:
    assert refusal(text) == "not_observed"


def test_a_second_visit_is_any_such_one_and_that_is_told() -> None:
    understood = said("Has the orange truck been back since yesterday?")
    assert understood.kind is QuestionKind.EXISTENCE
    assert any("same one" in assumed for assumed in understood.assumptions)
    assert understood.subjects[0].reading.from_time == NOW.replace(hour=0) - timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        "How long was the yard empty on Monday?",
        "Was a van seen at both the north gate and the yard?",
        "Did the blue van go to the yard after the north gate?",
        "How many vehicles are still in the yard?",
        "How many trucks per day came through the north gate?",
        "Did anyone arrive in the yard within 10 minutes after 8 on Monday?",
        "Were there any red cars or blue vans in the yard?",
    ],
)
def test_half_a_question_is_never_answered(text: str) -> None:
    assert refusal(text) in {"unknown_words", "unknown_place"}


GATES = [*PLACES, Place("south-gate", (UUID(int=5),))]


def test_of_two_days_the_busier_one_is_asked_for_not_a_camera() -> None:
    understood = said("Which was busier, Monday or Tuesday?")
    assert (understood.kind, understood.edge) == (QuestionKind.COMPARE, Edge.MOST)
    begins = [subject.reading.from_time for subject in understood.subjects]
    assert begins == [datetime(2026, 3, 2, tzinfo=ZONE), datetime(2026, 3, 3, tzinfo=ZONE)]


@pytest.mark.parametrize(
    "text",
    [
        "Did the first car come before the first truck on Tuesday at north gate?",
        "On Tuesday at north gate, did the first car come before the first truck?",
        "Did the first car at north gate come before the first truck on Tuesday?",
    ],
)
def test_of_two_that_came_in_an_order_place_and_time_are_said_once(text: str) -> None:
    understood = said(text)
    assert understood.kind is QuestionKind.ORDER
    for subject in understood.subjects:
        assert subject.reading.camera_ids == (UUID(int=1),)
        assert subject.reading.from_time == datetime(2026, 3, 3, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("green truck yard when", QuestionKind.WHEN),
        ("bikes in the yard on Monday, how many were there", QuestionKind.COUNT),
        ("trucks in the yard, how many of them?", QuestionKind.COUNT),
        ("red car today which cameras", QuestionKind.CAMERAS),
        ("How long was the longest anyone hung around in the yard?", QuestionKind.DURATION),
        ("Please to say me how many persons with bag were in the lobby", QuestionKind.COUNT),
        ("How many people did wear black trousers in the lobby?", QuestionKind.COUNT),
        ("Number of cyclists today vs yesterday", QuestionKind.COMPARE),
        ("How many trucks on Monday compared to Tuesday?", QuestionKind.COMPARE),
        ("first truck or first bus today - which came earlier", QuestionKind.ORDER),
        ("Which came first on Tuesday, the bus or the truck?", QuestionKind.ORDER),
        ("everything in the yard, mon 6pm to 7pm", QuestionKind.LIST),
        ("Everyone who was at the lobby yesterday", QuestionKind.LIST),
    ],
)
def test_the_form_may_stand_anywhere(text: str, kind: QuestionKind) -> None:
    assert said(text).kind is kind


@pytest.mark.parametrize(
    ("text", "edge"),
    [
        ("Which gate had more trucks yesterday?", Edge.MOST),
        ("Which gate was the quietest on Monday?", Edge.FEWEST),
        ("Which gates did the red car pass?", Edge.ALL),
        ("Which cameras saw a truck at the gates?", Edge.ALL),
    ],
)
def test_gates_are_the_cameras_whose_names_say_so(text: str, edge: Edge) -> None:
    understood = understand(text, now=NOW, places=GATES)
    assert (understood.kind, understood.edge) == (QuestionKind.CAMERAS, edge)
    assert set(understood.subjects[0].reading.camera_ids or ()) == {UUID(int=1), UUID(int=5)}


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("How many cars went right to left today?", Moving.LEFT),
        ("Were any cars driving left to right in the yard?", Moving.RIGHT),
        ("Did a car turn left in the yard?", Moving.LEFT),
    ],
)
def test_a_way_from_one_side_to_the_other_is_read(text: str, way: Moving) -> None:
    assert said(text).subjects[0].moving is way


def test_a_day_that_stands_in_front_holds_for_a_time_at_the_end() -> None:
    assert times("On Tuesday, which vehicles came after 9 pm?") == ("3 21:00", "4 00:00")


@pytest.mark.parametrize(
    "text",
    [
        "Which had more trucks, the yard or the lobby?",
        "Was it busier in the yard than the lobby this morning?",
        "Did the yard see more people than the lobby?",
    ],
)
def test_two_places_are_compared_whatever_stands_before_them(text: str) -> None:
    understood = understand(text, now=NOW, places=[*PLACES[:2], Place("lobby-door", (UUID(int=3),))])
    assert understood.kind is QuestionKind.COMPARE
    assert [subject.reading.camera_ids for subject in understood.subjects] == [(UUID(int=2),), (UUID(int=3),)]
