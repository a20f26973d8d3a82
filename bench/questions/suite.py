"""The questions, each with its right answer by the truth.

Set a was there while the grammar was written. Sets b and c were worded after it, one after the other; each was answered
once (see docs/reference/questions.md), and then the grammar was widened by what it had shown. So it was with set e, in
a file of its own, which is worded as strangers would ask. Set d is the one that is held out.
"""

from collections.abc import Iterator

from bench.questions.form import MON, TUE, WED, Of, Question, afternoon, day, hours, morning
from bench.questions.set_d import set_d
from bench.questions.set_e import set_e
from bench.questions.set_f import set_f
from bench.questions.site import World, at
from bench.questions.truth import ALL, Expected, anything, bicycle, person, refused, vehicle


def questions(world: World) -> list[Question]:
    """All of them."""
    return [*set_a(world), *set_b(world), *set_c(world), *set_d(world), *set_e(world), *set_f(world)]


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
