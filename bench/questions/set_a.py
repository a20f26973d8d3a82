"""Set a: there while the grammar was written."""

from collections.abc import Iterator

from bench.questions.form import MON, TUE, WED, Of, Question, afternoon, day, hours, morning
from bench.questions.site import World, at
from bench.questions.truth import ALL, Expected, anything, bicycle, person, refused, vehicle


def set_a(world: World) -> Iterator[Question]:  # noqa: PLR0915  a list
    """Templates and hand-worded questions."""
    of = Of(world)

    def ask(kind: str, text: str, expected: Expected, time_zone: str = "Europe/Berlin") -> Question:
        return Question("a", kind, text, expected, time_zone)

    # Templates: every camera and day.
    said = {MON: "on Monday", TUE: "yesterday", WED: "today"}
    spoken = {"north-gate": "north gate", "yard": "yard", "lobby-door": "lobby door", "car-park": "car park"}
    for number, words in said.items():
        for camera, name in spoken.items():
            people = of(person(), camera, *day(number))
            yield ask("existence", f"Was anyone at the {name} {words}?", people.exists())
            yield ask("count", f"How many people were at the {name} {words}?", people.count())
    for camera, name in (("north-gate", "north gate"), ("car-park", "car park")):
        for number, words in said.items():
            cars = of(vehicle("car"), camera, *day(number), did="passed")
            yield ask("count", f"How many cars came through the {name} {words}?", cars.count())
    # Hand-worded.
    gate = "north-gate"
    yield ask(
        "count",
        "How many trucks came through the north gate on Monday morning?",
        of(vehicle("truck"), gate, *morning(MON)).count(),
    )
    yield ask("count", "How many vans passed the north gate yesterday?", of(vehicle("van"), gate, *day(TUE)).count())
    yield ask(
        "count",
        "How many vehicles entered the yard on Monday?",
        of(vehicle(), "yard", *day(MON), did="arrived").count(),
    )
    yield ask(
        "count",
        "How many people without a hat came through the north gate yesterday morning?",
        of(person(hat="no"), gate, *morning(TUE)).count(),
    )
    yield ask(
        "count",
        "How many people with a backpack were seen on Monday?",
        of(person(backpack="yes"), ALL, *day(MON)).count(),
    )
    yield ask(
        "count",
        "How many bicycles passed the north gate between 8 and 9 am on Monday?",
        of(bicycle, gate, *hours(MON, "08:00", "09:00")).count(),
    )
    yield ask(
        "count",
        "How many white vehicles were at the car park today?",
        of(vehicle(colour="white"), "car-park", *day(WED)).count(),
    )
    yield ask(
        "when",
        "When did the red car leave the north gate on Monday?",
        of(vehicle("car", colour="red"), gate, *day(MON), did="left").when(),
    )
    yield ask(
        "when",
        "When did the blue van arrive at the yard on Monday morning?",
        of(vehicle("van", colour="blue"), "yard", *morning(MON), did="arrived").when(),
    )
    yield ask(
        "when",
        "When was the first person seen at the lobby door yesterday?",
        of(person(), "lobby-door", *day(TUE)).when("first"),
    )
    yield ask(
        "when", "When was the last vehicle at the north gate yesterday?", of(vehicle(), gate, *day(TUE)).when("last")
    )
    yield ask(
        "when",
        "At what time did the person with the red jacket enter the yard on Monday?",
        of(person(upper_colour="red"), "yard", *day(MON), did="arrived").when(),
    )
    yield ask(
        "when",
        "When did a green bus arrive at the yard today?",
        of(vehicle("bus", colour="green"), "yard", *day(WED), did="arrived").when(),
    )
    yield ask("cameras", "Which cameras saw the cyclist on Monday?", of(bicycle, ALL, *day(MON)).which_cameras())
    yield ask(
        "cameras",
        "Where was the person in a purple jacket yesterday?",
        of(person(upper_colour="purple"), ALL, *day(TUE)).which_cameras(),
    )
    yield ask(
        "cameras",
        "At which camera was the red car first seen on Monday?",
        of(vehicle("car", colour="red"), ALL, *day(MON)).which_cameras("first"),
    )
    yield ask(
        "duration",
        "How long did the blue van stay at the yard on Monday afternoon?",
        of(vehicle("van", colour="blue"), "yard", *afternoon(MON)).duration(),
    )
    yield ask(
        "duration",
        "How long was the person with the red jacket at the lobby door on Monday?",
        of(person(upper_colour="red"), "lobby-door", *day(MON)).duration(),
    )
    yield ask(
        "existence",
        "Was there anybody at the yard between 2 and 4 am yesterday?",
        of(person(), "yard", *hours(TUE, "02:00", "04:00")).exists(),
    )
    yield ask(
        "existence",
        "Was anyone at the lobby door on Monday between 14:00 and 15:00?",
        of(person(), "lobby-door", *hours(MON, "14:00", "15:00")).exists(),
    )
    yield ask(
        "existence",
        "Did anyone stay at the north gate for more than 15 seconds on Monday?",
        of(person(), gate, *day(MON), least=15).exists(),
    )
    yield ask(
        "existence", "Was anyone loitering at the yard today?", of(person(), "yard", *day(WED), least=60).exists()
    )
    yield ask(
        "existence",
        "Was anyone with a hat at the yard on Monday afternoon?",
        of(person(hat="yes"), "yard", *afternoon(MON)).exists(),
    )
    yield ask(
        "existence",
        "Were two people at the yard at the same time on Monday morning?",
        of(person(), "yard", *morning(MON)).exists(together=2),
    )
    yield ask(
        "existence",
        "Was there a motorcycle at the north gate yesterday?",
        of(lambda one: one.klass.name == "MOTORCYCLE", gate, *day(TUE)).exists(),
    )
    yield ask(
        "negated",
        "Was the yard empty on Monday night?",
        of(anything, "yard", at(MON, "22:00"), at(TUE, "06:00")).exists(negated=True),
    )
    yield ask(
        "negated",
        "Was nobody at the car park on Monday between 10:00 and 12:00?",
        of(person(), "car-park", *hours(MON, "10:00", "12:00")).exists(negated=True),
    )
    yield ask(
        "negated",
        "Was there no truck at the north gate on Monday afternoon?",
        of(vehicle("truck"), gate, *afternoon(MON)).exists(negated=True),
    )
    yield ask(
        "compare",
        "Was it busier in the morning than in the afternoon at the north gate on Monday?",
        of(anything, gate, *morning(MON)).more_than(of(anything, gate, *afternoon(MON))),
    )
    yield ask(
        "compare",
        "Were there more cars than trucks at the north gate yesterday?",
        of(vehicle("car"), gate, *day(TUE)).more_than(of(vehicle("truck"), gate, *day(TUE))),
    )
    yield ask(
        "compare",
        "Did more people come through the yard than through the lobby door on Monday morning?",
        of(person(), "yard", *morning(MON)).more_than(of(person(), "lobby-door", *morning(MON))),
    )
    yield ask(
        "compare",
        "Was the car park quieter today than on Monday?",
        of(anything, "car-park", *day(WED)).more_than(of(anything, "car-park", *day(MON)), less=True),
    )
    yield ask(
        "order",
        "Did the red car leave the north gate before the blue van arrived at the yard on Monday morning?",
        of(vehicle("car", colour="red"), gate, *morning(MON), did="left").before(
            of(vehicle("van", colour="blue"), "yard", *morning(MON), did="arrived")
        ),
    )
    yield ask(
        "order",
        "Did the white truck arrive at the north gate after the red car on Monday morning?",
        of(vehicle("truck", colour="white"), gate, *morning(MON), did="arrived").before(
            of(vehicle("car", colour="red"), gate, *morning(MON)), after=True
        ),
    )
    yield ask(
        "list", "Who was the last person at the north gate on Monday?", of(person(), gate, *day(MON)).when("last")
    )
    yield ask(
        "list",
        "What was the first vehicle to enter the car park today?",
        of(vehicle(), "car-park", *day(WED), did="arrived").when("first"),
    )
    yield ask(
        "time zone",
        "Was anyone at the north gate on Monday between 7 and 8 am?",
        of(person(), gate, *hours(MON, "08:00", "09:00")).exists(),
        time_zone="UTC",
    )
    yield ask(
        "time zone",
        "How many people came through the north gate on 2 March between 2 and 3 am?",
        of(person(), gate, *hours(MON, "08:00", "09:00")).count(),
        time_zone="America/New_York",
    )
    yield ask("offline", "Was anyone at the south gate on Monday?", of(person(), "south-gate", *day(MON)).exists())
    yield ask(
        "offline", "How many cars were at the car park yesterday?", of(vehicle("car"), "car-park", *day(TUE)).count()
    )
    yield ask("unanswerable", "Was a woman at the north gate today?", refused("not_observed"))
    yield ask("unanswerable", "Was the person at the yard angry?", refused("not_observed"))
    yield ask("unanswerable", "Was anyone at the swimming pool on Monday?", refused("unknown_place"))
    yield ask("unanswerable", "Will anyone come to the yard tomorrow?", refused("future"))
    yield ask("unanswerable", "Was anyone carrying an umbrella on Monday?", refused("unknown_words"))
    yield ask("unanswerable", "What is the name of the person at the lobby door?", refused("not_observed"))
    yield ask("unanswerable", "How many people with a yellow hat were at the yard today?", refused("not_observed"))
    yield ask("unanswerable", "Which cameras saw this person on Monday?", refused("unknown_track"))
