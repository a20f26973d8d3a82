"""Set e: as an investigator, a store's manager or a guard would ask, who knows nothing of the grammar.

It was worded and its answers were fixed before it was put to the service; what that first gave is in
docs/reference/questions.md. Then the grammar was widened by what it had shown, so it is not held out any more.
"""

from collections.abc import Iterator

from bench.questions.form import MON, TUE, WED, Of, Question, afternoon, day, hours, morning
from bench.questions.site import LAST, World, at
from bench.questions.truth import ALL, Expected, anything, bicycle, busiest, person, refused, vehicle

REFUSED = Expected(state="unanswered")
"""It cannot be answered, whichever reason is given."""


def set_e(world: World) -> Iterator[Question]:  # noqa: PLR0915  a list
    """All of it."""
    of = Of(world)

    def ask(kind: str, text: str, expected: Expected, time_zone: str = "Europe/Berlin") -> Question:
        return Question("e", kind, text, expected, time_zone)

    gate = "north-gate"
    yield ask(
        "existence",
        "Any sign of somebody in a red jacket around the yard on Monday?",
        of(person(upper_colour="red"), "yard", *day(MON)).exists(),
    )
    yield ask(
        "existence",
        "Did we have any visitors at the lobby door before 9 this morning?",
        of(person(), "lobby-door", *hours(WED, "00:00", "09:00")).exists(),
    )
    yield ask(
        "existence",
        "Was the blue van here again yesterday?",
        of(vehicle("van", colour="blue"), ALL, *day(TUE)).exists(),
    )
    yield ask(
        "existence",
        "Was there any truck or bus in the yard overnight from Tuesday to Wednesday?",
        of(vehicle("truck", "bus"), "yard", at(TUE, "22:00"), at(WED, "06:00")).exists(),
    )
    yield ask(
        "existence",
        "Did anybody get into the car park between midnight and 5 in the morning today?",
        of(person(), "car-park", *hours(WED, "00:00", "05:00"), did="arrived").exists(),
    )
    yield ask(
        "existence",
        "Were there ever three people in the lobby at once yesterday morning?",
        of(person(), "lobby-door", *morning(TUE)).exists(together=3),
    )
    yield ask(
        "existence",
        "Was anyone seen anywhere except the yard on Monday afternoon?",
        of(person(), tuple(one for one in ALL if one != "yard"), *afternoon(MON)).exists(),
    )
    yield ask(
        "existence",
        "Any vehicles at the yard in the last 12 hours?",
        of(vehicle(), "yard", at(WED, "08:00"), LAST).exists(),
    )
    yield ask(
        "existence",
        "I'm looking for someone with a purple top, were they at the north gate on Monday morning?",
        of(person(upper_colour="purple"), gate, *morning(MON)).exists(),
    )
    yield ask(
        "count",
        "How many people were there on Monday morning, not counting the car park?",
        of(person(), tuple(one for one in ALL if one != "car-park"), *morning(MON)).count(),
    )
    yield ask(
        "count",
        "How many vehicles used the north gate today, not including bicycles?",
        of(vehicle(), gate, *day(WED)).count(),
    )
    yield ask(
        "count",
        "How many people did not wear a hat at the yard on Monday?",
        of(person(hat="no"), "yard", *day(MON)).count(),
    )
    yield ask("count", "How busy was the lobby door on Tuesday?", of(anything, "lobby-door", *day(TUE)).count())
    yield ask(
        "count",
        "How many people turned up at the car park between 8 and half past 8 on Monday?",
        of(person(), "car-park", *hours(MON, "08:00", "08:30"), did="arrived").count(),
    )
    yield ask(
        "count", "Give me a count of trucks at the yard for Tuesday.", of(vehicle("truck"), "yard", *day(TUE)).count()
    )
    yield ask(
        "count",
        "How many red cars have we seen since Monday morning?",
        of(vehicle("car", colour="red"), ALL, at(MON, "06:00"), LAST).count(),
    )
    yield ask(
        "count",
        "How many people with a hat and a backpack were at the north gate on Monday?",
        of(person(hat="yes", backpack="yes"), gate, *day(MON)).count(),
    )
    yield ask(
        "count",
        "How many people were at the north gate the day before yesterday?",
        of(person(), gate, *day(MON)).count(),
    )
    yield ask(
        "count",
        "How many people were at the north gate around 9:15 on Tuesday?",
        of(person(), gate, *hours(TUE, "08:45", "09:45")).count(),
    )
    yield ask(
        "when",
        "When was the yard last visited by a person on Monday?",
        of(person(), "yard", *day(MON)).when("last"),
    )
    yield ask(
        "when",
        "What's the earliest anyone showed up at the north gate on Tuesday?",
        of(person(), gate, *day(TUE), did="arrived").when("first"),
    )
    yield ask(
        "when",
        "At what time did the last person leave the yard on Monday afternoon?",
        of(person(), "yard", *afternoon(MON), did="left").when("last"),
    )
    yield ask(
        "when",
        "Around what time did the white lorry get to the yard on Monday?",
        of(vehicle("truck", colour="white"), "yard", *day(MON), did="arrived").when(),
    )
    yield ask(
        "when",
        "When did somebody in a yellow shirt walk past the lobby door on Monday?",
        of(person(upper_colour="yellow"), "lobby-door", *day(MON)).when(),
    )
    yield ask(
        "when",
        "When was the most recent car at the north gate?",
        of(vehicle("car"), gate).when("last"),
    )
    yield ask(
        "when",
        "Exactly when did the cyclist ride out of the car park on Monday morning?",
        of(bicycle, "car-park", *morning(MON), did="left").when(),
    )
    yield ask(
        "cameras",
        "On which cameras can I find the white van yesterday?",
        of(vehicle("van", colour="white"), ALL, *day(TUE)).which_cameras(),
    )
    yield ask(
        "cameras",
        "Where was a person in orange last seen on Monday?",
        of(person(upper_colour="orange"), ALL, *day(MON)).which_cameras("last"),
    )
    yield ask("cameras", "Which camera had the most people on Monday?", busiest(of(person(), ALL, *day(MON))))
    yield ask(
        "duration",
        "How long did anyone hang around the lobby door yesterday?",
        of(person(), "lobby-door", *day(TUE)).duration(),
    )
    yield ask(
        "duration",
        "What was the longest anybody stayed in the car park today?",
        of(person(), "car-park", *day(WED)).duration(),
    )
    yield ask(
        "negated",
        "Can you confirm that nobody entered the yard between 10 pm Monday and 6 am Tuesday?",
        of(person(), "yard", at(MON, "22:00"), at(TUE, "06:00"), did="arrived").exists(negated=True),
    )
    yield ask(
        "negated",
        "Was the car park completely empty yesterday night?",
        of(anything, "car-park", at(TUE, "22:00"), at(WED, "06:00")).exists(negated=True),
    )
    yield ask(
        "negated",
        "Was there really no one at the north gate after 6 pm on Monday?",
        of(person(), gate, at(MON, "18:00"), at(TUE, "00:00")).exists(negated=True),
    )
    yield ask(
        "compare",
        "Were there more cyclists on Monday than on Tuesday at the north gate?",
        of(bicycle, gate, *day(MON)).more_than(of(bicycle, gate, *day(TUE))),
    )
    yield ask(
        "compare",
        "Did more people come to the yard on Monday morning than on Tuesday morning?",
        of(person(), "yard", *morning(MON), did="arrived").more_than(
            of(person(), "yard", *morning(TUE), did="arrived")
        ),
    )
    yield ask(
        "compare",
        "Which was busier on Monday, the north gate or the yard?",
        busiest(of(anything, (gate, "yard"), *day(MON))),
    )
    yield ask(
        "order",
        "Did the cyclist reach the north gate before the red car did on Monday?",
        of(bicycle, gate, *day(MON), did="arrived").before(
            of(vehicle("car", colour="red"), gate, *day(MON), did="arrived")
        ),
    )
    yield ask(
        "list",
        "Show me everyone in the yard yesterday between 5 and 6 pm.",
        of(person(), "yard", *hours(TUE, "17:00", "18:00")).when(),
    )
    yield ask("list", "Pull up all trucks from Monday.", of(vehicle("truck"), ALL, *day(MON)).when())
    yield ask(
        "list",
        "Who was at the lobby door on Monday without a bag?",
        of(person(bag="no"), "lobby-door", *day(MON)).when(),
    )
    yield ask("unanswerable", "Was the driver wearing a seat belt at the north gate?", REFUSED)
    yield ask("unanswerable", "Did any of our employees come in through the lobby door today?", REFUSED)
    yield ask("unanswerable", "What is the number plate of the blue van?", refused("not_observed"))
    yield ask("unanswerable", "Was the fire exit blocked on Tuesday?", REFUSED)
    yield ask("unanswerable", "How fast was the red car going through the north gate?", REFUSED)
    yield ask("unanswerable", "Did the same person come back to the yard twice on Monday?", REFUSED)
    yield ask("unanswerable", "Were there any deliveries at the yard yesterday morning?", REFUSED)
    yield ask("unanswerable", "How many cars came in during business hours on Monday?", REFUSED)
