"""Set d: worded after sets a, b and c. It is held out: no rule was changed for any of its questions."""

from collections.abc import Iterator

from bench.questions.form import MON, TUE, WED, Of, Question, afternoon, day, hours, morning
from bench.questions.site import LAST, World, at
from bench.questions.truth import ALL, Asked, Expected, anything, bicycle, person, refused, vehicle


def set_d(world: World) -> Iterator[Question]:
    """All of it."""
    of = Of(world)

    def ask(kind: str, text: str, expected: Expected, time_zone: str = "Europe/Berlin") -> Question:
        return Question("d", kind, text, expected, time_zone)

    gate = "north-gate"
    yield ask(
        "existence",
        "Has any truck been seen in the yard since Monday?",
        of(vehicle("truck"), "yard", at(MON, "00:00"), LAST).exists(),
    )
    yield ask(
        "existence",
        "Was there movement at the car park on Monday between 5 and 7 pm?",
        of(anything, "car-park", *hours(MON, "17:00", "19:00")).exists(),
    )
    yield ask(
        "existence",
        "Did a person in white go through the lobby door yesterday?",
        of(person(upper_colour="white"), "lobby-door", *day(TUE)).exists(),
    )
    yield ask(
        "existence", "Were more than five people at the north gate on Monday?", _total(of(person(), gate, *day(MON)), 6)
    )
    yield ask(
        "existence",
        "Was there a bicycle or a motorcycle at the car park today?",
        of(lambda one: one.klass.name in {"BICYCLE", "MOTORCYCLE"}, "car-park", *day(WED)).exists(),
    )
    yield ask(
        "existence",
        "Did someone with short sleeves pass through the car park on the 2nd of March?",
        of(person(sleeves="short"), "car-park", *day(MON)).exists(),
    )
    yield ask(
        "existence",
        "Was anyone near the yard after 9 pm on Tuesday?",
        of(person(), "yard", at(TUE, "21:00"), at(WED, "00:00")).exists(),
    )
    yield ask(
        "count",
        "How many individuals were recorded at the lobby door on Monday?",
        of(person(), "lobby-door", *day(MON)).count(),
    )
    yield ask(
        "count",
        "How many different vehicles drove into the yard yesterday?",
        of(vehicle(), "yard", *day(TUE), did="arrived").count(),
    )
    yield ask(
        "count",
        "How many people wearing a helmet or cap were at the north gate yesterday?",
        of(person(hat="yes"), gate, *day(TUE)).count(),
    )
    yield ask(
        "count",
        "In the afternoon on Monday, how many bikes rode through the north gate?",
        of(bicycle, gate, *afternoon(MON)).count(),
    )
    yield ask("count", "How many pedestrians with jeans crossed the yard on Tuesday morning?", refused("unknown_words"))
    yield ask(
        "count", "How many black cars were there yesterday?", of(vehicle("car", colour="black"), ALL, *day(TUE)).count()
    )
    yield ask(
        "count",
        "How many people passed the north gate from 9:00 to 9:10 yesterday?",
        of(person(), gate, *hours(TUE, "09:00", "09:10")).count(),
    )
    yield ask(
        "when",
        "When was somebody with a brown jacket at the car park on Monday?",
        of(person(upper_colour="brown"), "car-park", *day(MON)).when(),
    )
    yield ask(
        "when",
        "At what time was the last bicycle seen at the car park on Monday?",
        of(bicycle, "car-park", *day(MON)).when("last"),
    )
    yield ask(
        "when",
        "When did the first car pull up at the car park on Monday?",
        of(vehicle("car"), "car-park", *day(MON), did="arrived").when("first"),
    )
    yield ask(
        "when",
        "Since when was the blue van in the yard on Monday afternoon?",
        of(vehicle("van", colour="blue"), "yard", *afternoon(MON)).when(),
    )
    yield ask(
        "cameras", "Which cameras recorded a truck on Tuesday?", of(vehicle("truck"), ALL, *day(TUE)).which_cameras()
    )
    yield ask(
        "cameras",
        "Where did someone with a green coat show up on Monday?",
        of(person(upper_colour="green"), ALL, *day(MON), did="arrived").which_cameras(),
    )
    yield ask(
        "cameras",
        "By which camera was the white truck seen on Monday morning?",
        of(vehicle("truck", colour="white"), ALL, *morning(MON)).which_cameras(),
    )
    yield ask(
        "duration",
        "How long did the white car stand in the car park on Monday morning?",
        of(vehicle("car", colour="white"), "car-park", *morning(MON)).duration(),
    )
    yield ask(
        "negated", "Were there no bicycles at the yard on Monday?", of(bicycle, "yard", *day(MON)).exists(negated=True)
    )
    yield ask(
        "negated",
        "Was the lobby door empty between midnight and 6 am yesterday?",
        of(anything, "lobby-door", *hours(TUE, "00:00", "06:00")).exists(negated=True),
    )
    yield ask(
        "negated",
        "Did no vehicle leave the north gate today?",
        of(vehicle(), gate, *day(WED), did="left").exists(negated=True),
    )
    yield ask("compare", "Did fewer people visit the car park today than yesterday?", refused("no_footage"))
    yield ask(
        "compare",
        "Was there more activity in the yard on Monday than on Tuesday?",
        of(anything, "yard", *day(MON)).more_than(of(anything, "yard", *day(TUE))),
    )
    yield ask(
        "compare",
        "Were there more people with a bag than people with a backpack at the lobby door on Monday?",
        of(person(bag="yes"), "lobby-door", *day(MON)).more_than(of(person(backpack="yes"), "lobby-door", *day(MON))),
    )
    yield ask(
        "order",
        "Did the first bicycle come through the north gate before the first truck on Monday?",
        of(bicycle, gate, *day(MON)).before(of(vehicle("truck"), gate, *day(MON))),
    )
    yield ask(
        "list",
        "Who came to the yard on Tuesday between 2 and 4 am?",
        of(person(), "yard", *hours(TUE, "02:00", "04:00"), did="arrived").when(),
    )
    yield ask(
        "list",
        "What vehicles did the car park camera see on Monday afternoon?",
        of(vehicle(), "car-park", *afternoon(MON)).when(),
    )
    yield ask(
        "time zone",
        "How many people were at the north gate yesterday between 4 and 5 pm?",
        of(person(), gate, *hours(WED, "09:00", "10:00")).count(),
        time_zone="Asia/Shanghai",
    )
    yield ask("offline", "Is the south gate being used?", refused("no_subject"))
    yield ask(
        "offline",
        "How many people passed the yard yesterday between 16:30 and 17:30?",
        of(person(), "yard", *hours(TUE, "16:30", "17:30")).count(),
    )
    yield ask("unanswerable", "Was the driver of the red car tired?", refused("not_observed"))
    yield ask("unanswerable", "Did anyone steal a bicycle from the car park yesterday?", refused("unknown_words"))
    yield ask("unanswerable", "Who is the person with the red jacket?", refused("not_observed"))
    yield ask("unanswerable", "Was it raining at the north gate on Monday?", refused("no_subject"))
    yield ask("unanswerable", "How many people were at gate 7 yesterday?", refused("unknown_place"))


def _total(asked: Asked, least: int) -> Expected:
    """Were there so many in all?"""
    expected = asked.exists()
    there = len(asked.found()) >= least
    return Expected(
        state="answered" if there else asked.state, verdict="yes" if there else "no", absent=expected.absent
    )
