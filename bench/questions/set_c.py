"""Set c: worded after set b, then learnt from."""

from collections.abc import Iterator

from bench.questions.form import MON, TUE, WED, Of, Question, afternoon, day, hours, morning
from bench.questions.site import World, at
from bench.questions.truth import ALL, Expected, anything, bicycle, person, refused, vehicle


def set_c(world: World) -> Iterator[Question]:  # noqa: PLR0915  a list
    """A second round of other words."""
    of = Of(world)

    def ask(kind: str, text: str, expected: Expected, time_zone: str = "Europe/Berlin") -> Question:
        return Question("c", kind, text, expected, time_zone)

    gate = "north-gate"
    yield ask(
        "existence",
        "Do we have anybody on camera at the north gate on Tuesday morning?",
        of(person(), gate, *morning(TUE)).exists(),
    )
    yield ask(
        "existence",
        "Did a white van come into the yard on Tuesday?",
        of(vehicle("van", colour="white"), "yard", *day(TUE), did="arrived").exists(),
    )
    yield ask(
        "existence",
        "I need to know if someone was inside the lobby door area this afternoon.",
        of(person(), "lobby-door", *afternoon(WED)).exists(),
    )
    yield ask(
        "existence",
        "Is it true that a person wearing a red jacket walked past the north gate on Monday?",
        of(person(upper_colour="red"), gate, *day(MON)).exists(),
    )
    yield ask(
        "existence",
        "Were any vehicles moving in the car park between 1 pm and 3 pm on Monday?",
        of(vehicle(), "car-park", *hours(MON, "13:00", "15:00"), did="passed").exists(),
    )
    yield ask(
        "existence",
        "Did anyone wait at the lobby door for at least 10 seconds yesterday morning?",
        of(person(), "lobby-door", *morning(TUE), least=10).exists(),
    )
    yield ask(
        "existence",
        "Were there three or more people at the yard at once on Monday morning?",
        of(person(), "yard", *morning(MON)).exists(together=3),
    )
    yield ask(
        "existence",
        "Did anything happen at the north gate in the night from Monday to Tuesday?",
        of(anything, gate, at(MON, "22:00"), at(TUE, "06:00")).exists(),
    )
    yield ask("existence", "Was a cyclist in the yard at any time on Monday?", of(bicycle, "yard", *day(MON)).exists())
    yield ask(
        "existence",
        "Did someone carrying a backpack visit the lobby door on 02.03.2026?",
        of(person(backpack="yes"), "lobby-door", *day(MON)).exists(),
    )
    yield ask(
        "count",
        "Tell me how many trucks there were in the yard yesterday.",
        of(vehicle("truck"), "yard", *day(TUE)).count(),
    )
    yield ask(
        "count", "How many times did a van pass the north gate on Monday?", of(vehicle("van"), gate, *day(MON)).count()
    )
    yield ask("count", "How much traffic was there at the north gate today?", of(anything, gate, *day(WED)).count())
    yield ask(
        "count",
        "How many people altogether used the lobby door yesterday before noon?",
        of(person(), "lobby-door", at(TUE, "00:00"), at(TUE, "12:00")).count(),
    )
    yield ask(
        "count",
        "At the car park, how many people were seen with a hat on Monday?",
        of(person(hat="yes"), "car-park", *day(MON)).count(),
    )
    yield ask(
        "count",
        "How many people exited the yard on Monday morning?",
        of(person(), "yard", *morning(MON), did="left").count(),
    )
    yield ask("count", "Number of cars at the north gate on Tuesday?", of(vehicle("car"), gate, *day(TUE)).count())
    yield ask(
        "count",
        "How many people in black came past the north gate yesterday?",
        of(person(upper_colour="black"), gate, *day(TUE)).count(),
    )
    yield ask(
        "when",
        "What was the time when the red car drove through the north gate on Monday?",
        of(vehicle("car", colour="red"), gate, *day(MON)).when(),
    )
    yield ask(
        "when",
        "When did the white truck drive off from the yard on Monday morning?",
        of(vehicle("truck", colour="white"), "yard", *morning(MON), did="left").when(),
    )
    yield ask(
        "when",
        "When was anyone at the yard on Tuesday night between 2:00 and 3:00?",
        of(person(), "yard", *hours(TUE, "02:00", "03:00")).when(),
    )
    yield ask(
        "when",
        "When did we first see a truck at the north gate yesterday?",
        of(vehicle("truck"), gate, *day(TUE)).when("first"),
    )
    yield ask(
        "cameras",
        "What cameras did the person with the purple jacket pass on Monday?",
        of(person(upper_colour="purple"), ALL, *day(MON)).which_cameras(),
    )
    yield ask(
        "cameras",
        "In which places was a person with a suitcase spotted on Monday?",
        of(person(bag="yes"), ALL, *day(MON)).which_cameras(),
    )
    yield ask(
        "duration",
        "How much time did the person in the purple jacket spend in the yard on Monday morning?",
        of(person(upper_colour="purple"), "yard", *morning(MON)).duration(),
    )
    yield ask(
        "duration",
        "How long was the blue van in the yard on Monday morning?",
        of(vehicle("van", colour="blue"), "yard", *morning(MON)).duration(),
    )
    yield ask(
        "negated",
        "Is it right that nobody was at the yard on Monday evening?",
        of(person(), "yard", at(MON, "18:00"), at(TUE, "00:00")).exists(negated=True),
    )
    yield ask(
        "negated",
        "Was the north gate free of vehicles on Wednesday afternoon?",
        of(vehicle(), gate, *afternoon(WED)).exists(negated=True),
    )
    yield ask(
        "negated",
        "No one at the car park on Monday night?",
        of(person(), "car-park", at(MON, "22:00"), at(TUE, "06:00")).exists(negated=True),
    )
    yield ask(
        "compare",
        "Did more vehicles pass the north gate on Monday than on Tuesday?",
        of(vehicle(), gate, *day(MON)).more_than(of(vehicle(), gate, *day(TUE))),
    )
    yield ask(
        "compare",
        "Were there more people in the car park than in the yard on Monday?",
        of(person(), "car-park", *day(MON)).more_than(of(person(), "yard", *day(MON))),
    )
    yield ask(
        "compare",
        "Was the lobby door less busy yesterday afternoon than yesterday morning?",
        of(anything, "lobby-door", *afternoon(TUE)).more_than(of(anything, "lobby-door", *morning(TUE)), less=True),
    )
    yield ask(
        "order",
        "Was the white truck at the north gate before the red car on Monday morning?",
        of(vehicle("truck", colour="white"), gate, *morning(MON)).before(
            of(vehicle("car", colour="red"), gate, *morning(MON))
        ),
    )
    yield ask(
        "order",
        "Did the person with a purple jacket enter the north gate after they left the yard on Monday?",
        refused("unknown_track"),
    )
    yield ask(
        "list",
        "Which vehicles came to the yard on Monday afternoon?",
        of(vehicle(), "yard", *afternoon(MON), did="arrived").when(),
    )
    yield ask(
        "list",
        "Who entered the lobby door first yesterday?",
        of(person(), "lobby-door", *day(TUE), did="arrived").when("first"),
    )
    yield ask(
        "list",
        "What was seen at the yard between 2 and 3 am yesterday?",
        of(anything, "yard", *hours(TUE, "02:00", "03:00")).when(),
    )
    yield ask(
        "time zone",
        "Was anyone at the yard on Tuesday at 1 am?",
        of(person(), "yard", at(TUE, "01:30"), at(TUE, "02:30")).exists(),
        time_zone="UTC",
    )
    yield ask(
        "offline",
        "How many people were at the lobby door on Monday afternoon?",
        of(person(), "lobby-door", *afternoon(MON)).count(),
    )
    yield ask(
        "offline",
        "When did the last car leave the car park yesterday?",
        of(vehicle("car"), "car-park", *day(TUE), did="left").when("last"),
    )
    yield ask(
        "offline",
        "Was there a truck at the north gate today between 10:30 and 11:00?",
        of(vehicle("truck"), gate, *hours(WED, "10:30", "11:00")).exists(),
    )
    yield ask("unanswerable", "Did two men fight in the yard on Monday?", refused("not_observed"))
    yield ask("unanswerable", "Was somebody carrying a gun at the north gate yesterday?", refused("unknown_words"))
    yield ask("unanswerable", "Was anyone in the server room on Monday?", refused("unknown_place"))
    yield ask("unanswerable", "Is Peter at the north gate?", refused("unknown_words"))
    yield ask("unanswerable", "Did anybody look suspicious at the car park today?", refused("not_observed"))
    yield ask("unanswerable", "When will the next truck arrive?", refused("future"))
