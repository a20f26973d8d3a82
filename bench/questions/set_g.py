"""Set g: sixty questions by somebody who never saw the grammar, only what the site has and that it may be asked.

Their author wrote beside each in words what it means; the answers here are by those words and by what the product says
that can be asked (docs/reference/questions.md), fixed before the questions were put to the service. Where the words can
be taken in two ways either answer is right. The author took the car park for the camera without footage; it is the
south gate, and so many a question about that one has no other right answer than this. The even ones are g1, which the
grammar may learn from; the odd ones are g2, which is held out: what of it failed was looked at once, after the figures
of docs/reference/questions.md.
"""

from collections.abc import Iterator

from bench.questions.form import (
    MON,
    REFUSED,
    TUE,
    WED,
    Case,
    Of,
    Question,
    afternoon,
    case,
    day,
    either,
    fullest_day,
    fullest_hour,
    halves,
    hours,
    morning,
    per_hour,
)
from bench.questions.site import LAST, Appearance, World, at
from bench.questions.truth import (
    ALL,
    Asked,
    Expected,
    any_of,
    anything,
    bicycle,
    both,
    busiest,
    but_not,
    most_at_once,
    motorcycle,
    person,
    refused,
    vehicle,
)

NORTH, SOUTH, YARD, LOBBY, PARK = "north-gate", "south-gate", "yard", "lobby-door", "car-park"
GATES = (NORTH, SOUTH)
WORKS, OFFICES = (*GATES, YARD), (LOBBY, PARK)


def set_g(world: World) -> Iterator[Question]:
    """All of it, in the order of its author."""
    yield from halves("g", _cases(world))


def _cases(world: World) -> Iterator[Case]:
    of = Of(world)
    yield from _first(of)
    yield from _second(of)
    yield from _third(of)
    yield from _fourth(of)
    yield from _fifth(of)
    yield from _sixth(of)


def _first(of: Of) -> Iterator[Case]:
    yield case(
        "existence",
        "anybody at the north gate last night after 10?",
        of(person(), NORTH, at(TUE, "22:00"), at(WED, "06:00")).exists(),
    )
    yield case(
        "footage missing",
        "how many trucks came in through south gate on monday",
        of(vehicle("truck"), SOUTH, *day(MON)).count(),
    )
    yield case(
        "negated",
        "Was nobody in the yard between midnight and 5 this morning?",
        of(person(), YARD, *hours(WED, "00:00", "05:00")).exists(negated=True),
    )
    yield case(
        "when",
        "when did the first lorry show up today",
        of(vehicle("truck"), ALL, *day(WED), did="arrived").when("first"),
        of(vehicle("truck"), ALL, *day(WED)).when("first"),
    )
    yield case(
        "when",
        "last person to leave the offices yesterday, what time?",
        of(person(), OFFICES, *day(TUE), did="left").when("last"),
    )
    yield case(
        "cameras",
        "which cameras saw a white van this afternoon?",
        of(vehicle("van", colour="white"), ALL, *afternoon(WED)).which_cameras(),
        # By the author's words a van is a car.
        of(vehicle("van", "car", colour="white"), ALL, *afternoon(WED)).which_cameras(),
    )
    yield case(
        "list",
        "show me everyone with a red jacket on tuesday",
        of(person(upper_colour="red"), ALL, *day(TUE)).when(),
    )
    yield case(
        "footage missing",
        "did more cars use the north gate than the south gate on monday?",
        of(vehicle("car"), NORTH, *day(MON)).more_than(of(vehicle("car"), SOUTH, *day(MON))),
    )
    days = of(anything, ALL, *day(MON)), of(anything, ALL, *day(TUE))
    yield case(
        "compare",
        "which was busier, monday or tuesday?",
        *either(*days),
        _fuller(*days),
    )
    yield case("when", "busiest hour at the lobby door today pls", fullest_hour(of(anything, LOBBY, *day(WED))))


def _second(of: Of) -> Iterator[Case]:
    yield case("unanswerable", "what's John Miller been up to on site today?", REFUSED)
    yield case(
        "duration",
        "how long did the blue truck stay in the yard yesterday",
        of(vehicle("truck", colour="blue"), YARD, *day(TUE)).duration(),
    )
    yield case("existence", "any motorbikes?", of(motorcycle).exists())
    yield case(
        "footage missing",
        "people with backpack south gate tues 14-16h how many",
        of(person(backpack="yes"), SOUTH, *hours(TUE, "14:00", "16:00")).count(),
    )
    bus = of(vehicle("bus"), GATES, *hours(MON, "00:00", "08:00"), did="arrived")
    yield case(
        "existence",
        "Did a bus arrive at the gate before 8 am on Monday?",
        bus.exists(),
        bus.but(cameras=(NORTH,)).exists(),
        # There are two gates.
        refused("unknown_place"),
    )
    others = both(vehicle(), but_not(vehicle("truck")))
    yield case(
        "count",
        "how many vehicles were there yesterday, not counting trucks?",
        of(others, ALL, *day(TUE)).count(),
        of(any_of(others, bicycle), ALL, *day(TUE)).count(),
    )
    yield case("unanswerable", "Did we hear any gunshots or shouting near the yard last night?", REFUSED)
    yield case(
        "list",
        "who was at the lobby door between 12:30 and half past one today",
        of(person(), LOBBY, *hours(WED, "12:30", "13:30")).when(),
    )
    yield case(
        "existence",
        "Was there somebody in yard who stayed more than 10 minutes on monday?",
        of(person(), YARD, *day(MON), least=600).exists(),
    )
    yield case("when", "quietest day at the works?", _emptiest_day(of(anything, WORKS)))


def _third(of: Of) -> Iterator[Case]:
    yield case(
        "order",
        "did the first car come before the first truck on tuesday at north gate?",
        of(vehicle("car"), NORTH, *day(TUE)).before(of(vehicle("truck"), NORTH, *day(TUE))),
    )
    crowd = of(person(), YARD, *day(WED))
    most = most_at_once(crowd.found())
    yield case(
        "count",
        "what is the most people we had in the yard at once today",
        Expected(state=crowd.state, count=most, absent=most == 0),
    )
    yield case(
        "footage missing",
        "bicycles or motorcycles at the south gate this morning?",
        of(any_of(bicycle, motorcycle), SOUTH, *morning(WED)).exists(),
    )
    yield case(
        "negated",
        "Have no cars parked in the car park since monday?",
        of(vehicle("car"), PARK, at(MON, "00:00"), LAST).exists(negated=True),
        of(vehicle("car"), PARK, at(TUE, "00:00"), LAST).exists(negated=True),
    )
    yield case(
        "existence",
        "hey, can you tell me if anyone wearing a hat went past the north gate around lunchtime yesterday? thanks",
        of(person(hat="yes"), NORTH, *hours(TUE, "12:00", "14:00")).exists(),
    )
    yield case("list", "list all yellow vehicles this week", of(vehicle(colour="yellow")).when())
    yield case("unanswerable", "was that guy planning to steal something at the south gate on monday evening?", REFUSED)
    truck, coach = (of(vehicle(kind), ALL, *day(WED)) for kind in ("truck", "bus"))
    yield case(
        "order",
        "first truck or first bus today - which came earlier",
        truck.before(coach),
        coach.before(truck),
        of(vehicle("truck", "bus"), ALL, *day(WED)).when("first"),
    )
    yield case(
        "count",
        "how many poeple entered the ofices yestreday mornig",
        of(person(), OFFICES, *morning(TUE), did="arrived").count(),
        of(person(), OFFICES, *hours(TUE, "00:00", "12:00"), did="arrived").count(),
    )
    yield case(
        "list",
        "everything on the works cameras except the yard, mon 6pm to 7pm",
        of(anything, GATES, *hours(MON, "18:00", "19:00")).when(),
    )


def _fourth(of: Of) -> Iterator[Case]:
    yield case("when", "When was the last time we saw a red car?", of(vehicle("car", colour="red")).when("last"))
    yield case(
        "footage missing",
        "is it true that nothing moved at the south gate between 1 and 4 a.m. on tuesday",
        of(anything, SOUTH, *hours(TUE, "01:00", "04:00")).exists(negated=True),
    )
    yield case(
        "count",
        "how many people did wear black trousers in lobby today",
        of(person(lower_colour="black"), LOBBY, *day(WED)).count(),
    )
    yield case(
        "compare",
        "more people or more cars at north gate on Monday?",
        *either(of(person(), NORTH, *day(MON)), of(vehicle("car"), NORTH, *day(MON))),
    )
    yield case("unanswerable", "Will there be a lot of trucks tomorrow?", refused("future"))
    yield case(
        "when",
        "at what time did the yard get empty of people on tuesday evening?",
        *(of(person(), YARD, *hours(TUE, begin, "24:00"), did="left").when("last") for begin in ("18:00", "17:00")),
    )
    trucks = of(vehicle("truck"), GATES, *day(TUE))
    yield case(
        "compare",
        "which gate had more trucks yesterday",
        busiest(trucks),
        # There is no footage of the south gate at all.
        refused("no_footage"),
    )
    dark = any_of(vehicle("car", colour="grey"), vehicle("car", colour="black"))
    late = of(dark, YARD, at(WED, "15:00"), LAST)
    yield case("list", "grey or black cars, yard, after 3pm today", late.when(), late.exists(), late.count())
    yield case(
        "footage missing",
        "how long was the longest anyone hung around at the south gate on wednesday?",
        of(person(), SOUTH, *day(WED)).duration(),
    )
    yield case(
        "compare",
        "number of cyclists today vs yesterday",
        *either(of(bicycle, ALL, *day(WED)), of(bicycle, ALL, *day(TUE))),
    )


def _fifth(of: Of) -> Iterator[Case]:
    yield case("unanswerable", "Whose face was that at the lobby door at 9:15 this morning?", REFUSED)
    late = [of(person(), LOBBY, *hours(number, "19:00", "24:00"), did="left").exists() for number in (MON, TUE)]
    yield case(
        "existence",
        "did anyone leave the lobby after 7pm on monday or tuesday",
        next((one for one in late if one.verdict == "yes"), late[0]),
    )
    yield case(
        "count",
        "cars driving left to right at the north gate today how many were there",
        of(both(vehicle("car"), _rightwards), NORTH, *day(WED)).count(),
    )
    yield case(
        "existence",
        "any vehicle other than cars in the yard on monday night?",
        of(both(vehicle(), but_not(vehicle("car"))), YARD, at(MON, "22:00"), at(TUE, "06:00")).exists(),
    )
    yield case(
        "count",
        "how many times did a truck stand in the yard for less than five minutes yesterday",
        of(vehicle("truck"), YARD, *day(TUE), most=300).count(),
    )
    yield case(
        "cameras",
        "where did we see a person with a blue top and a backpack today?",
        of(person(upper_colour="blue", backpack="yes"), ALL, *day(WED)).which_cameras(),
    )
    yield case("unanswerable", "what is the licence plate of the white truck from monday", refused("not_observed"))
    yield case("footage missing", "show the last three cars at the south gate", of(vehicle("car"), SOUTH).when())
    working = of(anything, NORTH, *hours(TUE, "08:00", "18:00"))
    fewest = min(per_hour(working).values())
    yield case(
        "when",
        "quietest hour at north gate yesterday between 8 and 18",
        # Of several hours in which as few were seen any may be named.
        Expected(state=working.state, count=fewest, absent=fewest == 0),
    )
    bus = of(vehicle("bus"), ALL, *day(TUE))
    yield case(
        "order",
        "did the bus come before 9 or after 9 on tuesday?",
        # There was none.
        bus.when("first"),
        bus.exists(),
        *either(bus.but(end=at(TUE, "09:00")), bus.but(start=at(TUE, "09:00"))),
    )


def _sixth(of: Of) -> Iterator[Case]:
    yield case(
        "negated",
        "So nobody with a hat or a backpack was seen at the lobby door on Tuesday, right?",
        of(any_of(person(hat="yes"), person(backpack="yes")), LOBBY, *day(TUE)).exists(negated=True),
    )
    yield case(
        "count",
        "how many cars are in the yard right now",
        of(vehicle("car"), YARD, at(WED, "19:59"), LAST).count(),
    )
    yield case("unanswerable", "Is the guard at the north gate drunk?", REFUSED)
    yield case("when", "what day had the most trucks at the works", fullest_day(of(vehicle("truck"), WORKS)))
    yield case("when", "green truck yard when", of(vehicle("truck", colour="green"), YARD).when())
    yield case(
        "compare",
        "Were there fewer people at the lobby door this morning than yesterday morning?",
        *(
            of(person(), LOBBY, *hours(WED, begin, "12:00")).more_than(
                of(person(), LOBBY, *hours(TUE, begin, "12:00")), less=True
            )
            for begin in ("06:00", "00:00")
        ),
    )
    walker, lorry = of(person(), SOUTH, *day(MON)), of(vehicle("truck"), SOUTH, *day(MON))
    yield case(
        "footage missing",
        "did a person walk through the south gate within 5 minutes after a truck on monday?",
        walker.before(lorry, after=True),
    )
    yield case(
        "existence",
        "did both gates see a motorcycle on tuesday?",
        # There was none at the north gate, and so not at both.
        of(motorcycle, GATES, *day(TUE)).exists(),
        # There is no footage of the south gate, and a "both" that is left over is refused.
        refused("no_footage"),
        refused("unknown_words"),
    )
    yield case(
        "count",
        "please to say me how many persons with bag are gone out from office on Monday from 16 until 18 o'clock",
        of(person(bag="yes"), OFFICES, *hours(MON, "16:00", "18:00"), did="left").count(),
    )
    # Cameras themselves cannot be asked about.
    yield case("unanswerable", "was the north gate camera down at any time on tuesday?", REFUSED)


# Whom -----------------------------------------------------------------------------------------------------------------


def _rightwards(one: Appearance) -> bool:
    return one.path[-1][1] + one.path[-1][3] > one.path[0][1] + one.path[0][3]


# Right answers --------------------------------------------------------------------------------------------------------


def _fuller(some: Asked, other: Asked) -> Expected:
    """That of two days on which more were in view, named by its begin."""
    counts = {one.start: len(one.found()) for one in (some, other)}
    most = max(counts.values())
    times = tuple(start for start, count in counts.items() if count == most)
    return Expected(state="answered" if some.state == other.state == "answered" else "partly", times=times, count=most)


def _emptiest_day(asked: Asked) -> Expected:
    """The day on which the fewest were in view, of all with footage."""
    days = [day(number) for number in (MON, TUE, WED)]
    counts = {begin: len(asked.but(start=begin, end=end).found()) for begin, end in days}
    fewest = min(counts.values())
    times = tuple(start for start, count in counts.items() if count == fewest)
    return Expected(state=asked.state, times=times, count=fewest, absent=fewest == 0)
