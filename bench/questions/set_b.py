"""Set b: other words for such questions, and other questions; worded after set a, then learnt from."""

from collections.abc import Iterator

from bench.questions.form import MON, TUE, WED, Of, Question, afternoon, day, hours, morning
from bench.questions.site import World, at
from bench.questions.truth import ALL, Expected, anything, bicycle, person, refused, vehicle


def set_b(world: World) -> Iterator[Question]:  # noqa: PLR0915  a list
    """Other words for such questions, and other questions."""
    of = Of(world)

    def ask(kind: str, text: str, expected: Expected, time_zone: str = "Europe/Berlin") -> Question:
        return Question("b", kind, text, expected, time_zone)

    gate = "north-gate"
    yield ask(
        "existence", "Did you see anybody near the yard this morning?", of(person(), "yard", *morning(WED)).exists()
    )
    yield ask(
        "existence",
        "Has there been a person at the lobby door since yesterday?",
        of(person(), "lobby-door", at(TUE, "00:00"), at(WED, "20:00")).exists(),
    )
    yield ask(
        "existence",
        "Is there any footage of a red car on March 2nd?",
        of(vehicle("car", colour="red"), ALL, *day(MON)).exists(),
    )
    yield ask(
        "existence",
        "Have any lorries been through the north gate today?",
        of(vehicle("truck"), gate, *day(WED)).exists(),
    )
    yield ask(
        "existence",
        "Somebody in an orange t-shirt at the car park on Monday?",
        of(person(upper_colour="orange"), "car-park", *day(MON)).exists(),
    )
    yield ask(
        "existence",
        "Did any vehicle stop by at the yard last night?",
        of(vehicle(), "yard", at(TUE, "22:00"), at(WED, "06:00")).exists(),
    )
    yield ask(
        "existence",
        "Was someone hanging around the north gate yesterday for over 20 seconds?",
        of(person(), gate, *day(TUE), least=20).exists(),
    )
    yield ask(
        "existence",
        "Was there anything at the yard between 2 am and 3 am on Tuesday?",
        of(anything, "yard", *hours(TUE, "02:00", "03:00")).exists(),
    )
    yield ask(
        "existence",
        "Could you check whether anyone wearing a hi-vis vest was in the yard on 3 March 2026?",
        of(person(hi_vis="yes"), "yard", *day(TUE)).exists(),
    )
    yield ask(
        "existence",
        "Was anybody at the car park at 3 am on Tuesday?",
        of(person(), "car-park", *hours(TUE, "02:30", "03:30")).exists(),
    )
    yield ask(
        "existence", "Did a bus drive through the north gate on Monday?", of(vehicle("bus"), gate, *day(MON)).exists()
    )
    yield ask(
        "existence",
        "Any pedestrians at the lobby door yesterday evening?",
        of(person(), "lobby-door", at(TUE, "18:00"), at(WED, "00:00")).exists(),
    )
    yield ask(
        "count", "What number of people went past the north gate yesterday?", of(person(), gate, *day(TUE)).count()
    )
    yield ask("count", "Count the vans at the yard on Monday.", of(vehicle("van"), "yard", *day(MON)).count())
    yield ask("count", "On Tuesday, how many people walked through the yard?", of(person(), "yard", *day(TUE)).count())
    yield ask(
        "count",
        "How many cars and trucks drove through the north gate yesterday morning?",
        of(vehicle("car", "truck"), gate, *morning(TUE)).count(),
    )
    yield ask(
        "count",
        "how many folks came to the lobby door on monday morning",
        of(person(), "lobby-door", *morning(MON), did="arrived").count(),
    )
    yield ask(
        "count",
        "How many people carrying a bag did the lobby door camera see on Monday?",
        of(person(bag="yes"), "lobby-door", *day(MON)).count(),
    )
    yield ask(
        "count",
        "How many persons in shorts passed the car park on Monday morning?",
        of(person(legs="short"), "car-park", *morning(MON)).count(),
    )
    yield ask("count", "How many cyclists were there at the north gate in total?", of(bicycle, gate).count())
    yield ask(
        "count",
        "How many vehicles left the car park between 8:00 and 8:30 on Monday?",
        of(vehicle(), "car-park", *hours(MON, "08:00", "08:30"), did="left").count(),
    )
    yield ask(
        "count",
        "How many people were at the works on Monday?",
        of(person(), ("north-gate", "yard", "south-gate"), *day(MON)).count(),
    )
    yield ask(
        "when",
        "What time did the lorry get to the north gate on Monday morning?",
        of(vehicle("truck"), gate, *morning(MON), did="arrived").when(),
    )
    yield ask(
        "when",
        "When exactly was a person with a green coat seen at the lobby door on Monday?",
        of(person(upper_colour="green"), "lobby-door", *day(MON)).when(),
    )
    yield ask(
        "when",
        "When was the most recent sighting of a red car at the north gate?",
        of(vehicle("car", colour="red"), gate).when("last"),
    )
    yield ask(
        "when",
        "When did somebody last enter the lobby door today?",
        of(person(), "lobby-door", *day(WED), did="arrived").when("last"),
    )
    yield ask(
        "when", "When did the white hatchback show up at the car park on Monday morning?", refused("unknown_words")
    )
    yield ask(
        "when",
        "When did the cyclist go through the north gate on Monday morning?",
        of(bicycle, gate, *morning(MON)).when(),
    )
    yield ask(
        "cameras",
        "Where was the white truck on Monday morning?",
        of(vehicle("truck", colour="white"), ALL, *morning(MON)).which_cameras(),
    )
    yield ask(
        "cameras",
        "On which cameras can someone with a yellow t-shirt be seen on Monday?",
        of(person(upper_colour="yellow"), ALL, *day(MON)).which_cameras(),
    )
    yield ask(
        "cameras",
        "Which camera saw the blue van last on Monday?",
        of(vehicle("van", colour="blue"), ALL, *day(MON)).which_cameras("last"),
    )
    yield ask(
        "duration",
        "For how long was the white car parked at the car park on Monday morning?",
        of(vehicle("car", colour="white"), "car-park", *morning(MON)).duration(),
    )
    yield ask(
        "duration",
        "How long did somebody with a hi-vis vest remain in the yard on Monday morning?",
        of(person(hi_vis="yes"), "yard", *morning(MON)).duration(),
    )
    yield ask(
        "negated",
        "Was the lobby door deserted on Tuesday between 2 and 4 in the morning?",
        of(anything, "lobby-door", *hours(TUE, "02:00", "04:00")).exists(negated=True),
    )
    yield ask(
        "negated",
        "Did nobody enter the yard on Wednesday morning?",
        of(person(), "yard", *morning(WED), did="arrived").exists(negated=True),
    )
    yield ask(
        "negated",
        "Were there no cars at the north gate on Monday afternoon?",
        of(vehicle("car"), gate, *afternoon(MON)).exists(negated=True),
    )
    yield ask(
        "negated",
        "Wasn't there anyone at the yard on Monday afternoon?",
        of(person(), "yard", *afternoon(MON)).exists(),
    )
    yield ask(
        "compare",
        "Was there more traffic at the north gate than at the yard on Monday?",
        of(anything, gate, *day(MON)).more_than(of(anything, "yard", *day(MON))),
    )
    yield ask(
        "compare",
        "Was Monday busier than Tuesday at the north gate?",
        of(anything, gate, *day(MON)).more_than(of(anything, gate, *day(TUE))),
    )
    yield ask(
        "compare",
        "Were there fewer vans than trucks at the north gate yesterday?",
        of(vehicle("van"), gate, *day(TUE)).more_than(of(vehicle("truck"), gate, *day(TUE)), less=True),
    )
    yield ask(
        "order",
        "Did the cyclist pass the north gate before the red car left it on Monday morning?",
        of(bicycle, gate, *morning(MON)).before(of(vehicle("car", colour="red"), gate, *morning(MON), did="left")),
    )
    yield ask(
        "order",
        "On Monday morning, did the person with the red jacket reach the lobby door after the blue van"
        " arrived at the yard?",
        of(person(upper_colour="red"), "lobby-door", *morning(MON), did="arrived").before(
            of(vehicle("van", colour="blue"), "yard", *morning(MON), did="arrived"), after=True
        ),
    )
    yield ask(
        "list",
        "Which was the final vehicle to leave the north gate on Monday?",
        of(vehicle(), gate, *day(MON), did="left").when("last"),
    )
    yield ask(
        "list",
        "List the people who came through the lobby door on Monday morning.",
        of(person(), "lobby-door", *morning(MON)).when(),
    )
    yield ask("list", "Show me all bicycles at the car park on Monday.", of(bicycle, "car-park", *day(MON)).when())
    yield ask(
        "time zone",
        "Who was the first person at the yard on 2 March after 6 am?",
        of(person(), "yard", at(MON, "07:00"), at(TUE, "01:00")).when("first"),
        time_zone="UTC",
    )
    yield ask(
        "time zone",
        "Did anybody pass the lobby door on Monday between 10 and 11 pm?",
        of(person(), "lobby-door", at(MON, "14:00"), at(MON, "15:00")).exists(),
        time_zone="Asia/Tokyo",
    )
    yield ask(
        "offline",
        "Has anyone been to the south gate this week?",
        of(person(), "south-gate", at(MON, "00:00"), at(WED, "20:00")).exists(),
    )
    yield ask(
        "offline",
        "Did any car drive through the car park yesterday morning?",
        of(vehicle("car"), "car-park", *morning(TUE)).exists(),
    )
    yield ask(
        "offline",
        "Was anyone in the yard yesterday between 5 and 6 pm?",
        of(person(), "yard", *hours(TUE, "17:00", "18:00")).exists(),
    )
    yield ask("unanswerable", "How old was the person at the north gate?", refused("not_observed"))
    yield ask("unanswerable", "Why did the red car leave?", refused("not_observed"))
    yield ask("unanswerable", "What did they talk about in the yard?", refused("not_observed"))
    yield ask("unanswerable", "Did anyone smoke at the lobby door on Monday?", refused("unknown_words"))
    yield ask("unanswerable", "How many people were in the canteen yesterday?", refused("unknown_place"))
    yield ask("unanswerable", "What was the number plate of the white truck?", refused("not_observed"))
    yield ask("unanswerable", "How many people are going to come through the north gate next week?", refused("future"))
    yield ask("unanswerable", "Was a dog at the yard yesterday?", refused("unknown_words"))
