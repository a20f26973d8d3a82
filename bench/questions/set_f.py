"""Set f: a hundred questions by somebody who never saw the grammar, only what the site has and that it may be asked.

Their author wrote beside each in words what it means; the answers here are by those words and by what the product says
that can be asked (docs/reference/questions.md), fixed before the questions were put to the service. Where the words can
be taken in two ways either answer is right. The even ones are f1, which the grammar may learn from; the odd ones are
f2, which is held out: what of it failed was looked at once, after the figures of docs/reference/questions.md.
"""

from collections.abc import Iterator, Sequence

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

GATE, YARD, LOBBY, PARK = "north-gate", "yard", "lobby-door", "car-park"
WORKS, OFFICES = (GATE, YARD, "south-gate"), (LOBBY, PARK)
GATES = (GATE, "south-gate")


def set_f(world: World) -> Iterator[Question]:
    """All of it, in the order of its author."""
    yield from halves("f", _cases(world))


def _cases(world: World) -> Iterator[Case]:
    of = Of(world)
    yield from _first_half(of)
    yield from _middle(of)
    yield from _last_third(of)


def _first_half(of: Of) -> Iterator[Case]:
    early = hours(WED, "00:00", "06:00")
    yield case(
        "existence",
        "did anyone show up at the north gate before six this morning?",
        of(person(), GATE, *early, did="arrived").exists(),
        of(person(), GATE, *early).exists(),
    )
    yield case(
        "negated",
        "Was the yard empty overnight Monday into Tuesday?",
        of(anything, YARD, at(MON, "22:00"), at(TUE, "06:00")).exists(negated=True),
    )
    yield case(
        "count",
        "How many lorries came through north gate yesterday",
        of(vehicle("truck"), GATE, *day(TUE)).count(),
    )
    yield case(
        "when",
        "What time did the first van pull in on Monday?",
        of(vehicle("van"), ALL, *day(MON), did="arrived").when("first"),
    )
    yield case("when", "when was the last time a bus was spotted anywhere", of(vehicle("bus")).when("last"))
    yield case(
        "cameras",
        "Tell me which cameras picked up a cyclist on the 3rd.",
        of(bicycle, ALL, *day(TUE)).which_cameras(),
    )
    yield case(
        "duration",
        "how long did the white van hang around in the car park on tuesday afternoon",
        refused("no_footage"),
    )
    yield case(
        "existence",
        "Has anybody loitered by the lobby door for more than five minutes today?",
        of(person(), LOBBY, *day(WED), least=300).exists(),
    )
    yield case(
        "compare",
        "which was busier yesterday, the yard or the car park?",
        busiest(of(anything, (YARD, PARK), *day(TUE))),
        # There is no footage of the car park at all.
        refused("no_footage"),
    )
    yield case(
        "compare",
        "more ppl at the lobby on monday or tuesday?",
        *either(of(person(), LOBBY, *day(MON)), of(person(), LOBBY, *day(TUE))),
    )
    past = (at(MON, "20:00"), LAST)
    yield case(
        "compare",
        "Did we get more cars than vans at the north gate over the past two days?",
        of(vehicle("car"), GATE, *past).more_than(of(vehicle("van"), GATE, *past)),
    )
    yield case(
        "list",
        "List every red car that came into the car park on March 2nd.",
        of(vehicle("car", colour="red"), PARK, *day(MON), did="arrived").when(),
    )
    yield case("when", "Need the busiest hour at lobby-door, Tuesday.", fullest_hour(of(anything, LOBBY, *day(TUE))))
    yield case(
        "cameras",
        "What camera had the most vehicle movements today?",
        busiest(of(vehicle(), ALL, *day(WED))),
    )
    evening, night = (at(TUE, "18:00"), at(WED, "06:00")), (at(TUE, "22:00"), at(WED, "06:00"))
    yield case(
        "list",
        "Who was the last person to head out of the offices last night?",
        of(person(), OFFICES, *evening, did="left").when("last"),
        of(person(), OFFICES, *night, did="left").when("last"),
        of(person(), OFFICES, at(TUE, "18:00"), at(WED, "00:00"), did="left").when("last"),
    )
    yield case(
        "existence",
        "any guys in hi-vis in the yard between half past two and quarter to four yesterday?",
        of(person(hi_vis="yes"), YARD, *hours(TUE, "14:30", "15:45")).exists(),
    )
    lunch = of(person(backpack="yes"), LOBBY, *hours(MON, "12:00", "14:00"))
    yield case(
        "list",
        "Show me folks with a backpack at the lobby around lunch on Monday",
        lunch.when(),
        lunch.but(start=at(MON, "11:00")).when(),
    )
    yield case(
        "existence",
        "Were there ever at least five people in the yard at the same time?",
        of(person(), YARD).exists(together=5),
    )
    yield case(
        "count",
        "How many different people used the lobby door in the last six hours?",
        of(person(), LOBBY, at(WED, "14:00"), LAST).count(),
    )
    yield case(
        "negated",
        "Nobody in the car park after 10pm on the 2nd, right?",
        of(person(), PARK, at(MON, "22:00"), at(TUE, "00:00")).exists(negated=True),
    )
    pickup = of(vehicle("truck", colour="blue"), did="left")
    yield case(
        "order",
        "Did the blue pickup drive off before or after the guy in the orange vest arrived?",
        pickup.before(of(person(hi_vis="yes", upper_colour="orange"), did="arrived")),
        pickup.before(of(person(hi_vis="yes"), did="arrived")),
        # No colour of a vest is observed.
        REFUSED,
    )
    yield case(
        "existence",
        "did a person without a hat or vest walk through the yard this morning",
        of(person(hat="no", hi_vis="no"), YARD, *morning(WED)).exists(),
    )
    yield case(
        "existence",
        "anything other than cars in the car park last night?",
        of(but_not(vehicle("car")), PARK, *night).exists(),
        of(but_not(vehicle("car")), PARK, *evening).exists(),
    )
    yield case(
        "existence",
        "Did the yellow truck turn up anywhere other than north gate?",
        of(vehicle("truck", colour="yellow"), _but(GATE), did="arrived").exists(),
        of(vehicle("truck", colour="yellow"), _but(GATE)).exists(),
    )
    yield from _unanswerable()
    yield case("footage missing", "How many people went through the south gate on Tuesday?", refused("no_footage"))
    yield case(
        "when",
        "At what time did the yard first see any activity on 3/3?",
        of(anything, YARD, *day(TUE)).when("first"),
    )
    yield case("when", "First HGV of the day today - when?", of(vehicle("truck"), ALL, *day(WED)).when("first"))
    yield case("when", "When did the last car leave the parking zone yesterday evening?", refused("no_footage"))
    yield case(
        "count",
        "how many vehicles were sitting in the parking area for over an hour on Monday",
        of(vehicle(), PARK, *day(MON), least=3600).but(zone="parking").count(),
    )
    yield case(
        "duration",
        "Longest anyone stood about at the entrance today?",
        of(person(), LOBBY, *day(WED)).but(zone="entrance").duration(),
    )
    yield case(
        "duration",
        "Which vehicle stayed the longest in the yard on Tuesday",
        of(vehicle(), YARD, *day(TUE)).duration(),
    )
    yield case(
        "count",
        "Break it down by camera for me: number of people, Monday.",
        of(person(), ALL, *day(MON)).count(),
    )
    yield case(
        "count",
        "Give me a per-camera tally of trucks since Monday morning",
        of(vehicle("truck"), ALL, at(MON, "06:00"), LAST).count(),
    )
    yield case(
        "existence",
        "was anyone hanging around the north gate after hours yesterday",
        of(person(), GATE, *hours(TUE, "18:00", "24:00"), least=60).exists(),
        # Which hours those are is not said.
        REFUSED,
    )
    yield case(
        "existence",
        "Two people together at the lobby door at any point on the 2nd?",
        of(person(), LOBBY, *day(MON)).exists(together=2),
    )
    crowd = of(person(), PARK, *day(WED))
    yield case(
        "count",
        "what's the most people we had in the car park at once today",
        Expected(state=crowd.state, count=most_at_once(crowd.found()), absent=not crowd.found()),
    )
    yield case(
        "cameras",
        "Where was the person in the green jacket with the black trousers seen first?",
        of(person(upper_colour="green", lower_colour="black")).which_cameras("first"),
    )
    yield case(
        "existence",
        "I'm looking for a bloke in shorts, did he come by the offices at all?",
        of(person(legs="short"), OFFICES).exists(),
        # "Bloke" says a gender.
        refused("not_observed"),
    )
    busy = [of(who, GATE, *morning(MON)) for who in (vehicle(), anything)]
    yield case(
        "compare",
        "Did more traffic come through north gate in the morning than in the afternoon on Monday?",
        *(one.more_than(one.but(start=at(MON, "12:00"), end=at(MON, "18:00"))) for one in busy),
    )
    yield case(
        "order",
        "did a motorbike come in b4 the bus on tuesday?",
        of(motorcycle, ALL, *day(TUE), did="arrived").before(of(vehicle("bus"), ALL, *day(TUE), did="arrived")),
    )
    yield case(
        "list",
        "Please list in order what happened in the yard between 0600 and 0700 today.",
        of(anything, YARD, *hours(WED, "06:00", "07:00")).when(),
    )


def _unanswerable() -> Iterator[Case]:
    for text, right in (
        ("What was the licence plate of the black car that left at 5?", refused("not_observed")),
        ("how many women came in yesterday", refused("not_observed")),
        ("What did the two men at the gate say to each other?", refused("not_observed")),
        ("Why did the delivery driver go back to his van?", refused("not_observed")),
        ("Was it Dave who left the gate open on Monday night?", REFUSED),
        ("did any of them carry a knife or gun", REFUSED),
        ("Did the visitor at 3pm look angry?", refused("not_observed")),
        ("how old was the person in the red jacket?", refused("not_observed")),
        ("Is the driver of the grey car employed here?", REFUSED),
    ):
        yield case("unanswerable", text, right)


def _middle(of: Of) -> Iterator[Case]:
    # No such vans are known to be fast or slow: there is no footage.
    yield case("existence", "Were any vans moving fast through the car park yesterday?", REFUSED)
    yield case(
        "count",
        "How many cars headed left past the north gate on Tuesday between 8 and 9?",
        of(both(vehicle("car"), _leftwards), GATE, *hours(TUE, "08:00", "09:00")).count(),
    )
    yield case("existence", "Has a bus ever been to the works?", of(vehicle("bus"), WORKS).exists())
    quietest = of(anything, GATE, *day(TUE))
    yield case(
        "when",
        "what hour was quietest at the north gate yesterday",
        # Of several hours in which nothing was seen any may be named.
        Expected(state=quietest.state, count=min(per_hour(quietest).values()), absent=True),
    )
    yield case(
        "existence",
        "Early this morning, was there any vehicle in the yard?",
        of(vehicle(), YARD, *hours(WED, "04:00", "08:00")).exists(),
    )
    cyclists = of(bicycle, ALL, *afternoon(TUE))
    lacking = of(lambda one: bicycle(one) and _rider(of.world, one, "no"), ALL, *afternoon(TUE))
    yield case(
        "existence",
        "Any cyclists w/o a backpack yesterday arvo?",
        lacking.exists(),
        # A bicycle carries no backpack, and who rides it is another track.
        REFUSED,
        *((cyclists.exists(),) if cyclists.exists() == lacking.exists() else ()),
    )
    yield case(
        "list",
        "the day before yesterday, who was the first one in at the lobby?",
        of(person(), LOBBY, *day(MON), did="arrived").when("first"),
        of(person(), LOBBY, *day(MON)).when("first"),
    )
    yield case("footage missing", "Were there at least ten cars in the car park on Tuesday by 9am?", _none())
    grey = of(vehicle("van", colour="grey"), ALL, *day(MON))
    yield case(
        "order",
        "Can you tell me if the grey van came back after it drove off on Monday?",
        # There is no grey van at all, so that it did not come back is right as well.
        grey.exists(),
        grey.but(did="left").before(grey.but(did="arrived"), after=True),
        REFUSED,
    )
    yield case(
        "duration",
        "How long between the first truck and the last truck yesterday?",
        *_between(of(vehicle("truck"), ALL, *day(TUE))),
    )
    warm = of(any_of(person(upper_colour="red"), person(upper_colour="orange")), GATE, *day(WED))
    yield case("count", "How many people wearing red or orange tops at north gate today?", warm.count())
    yield case(
        "existence",
        "was there a person w/ long sleeves and shorts near the lobby",
        of(person(sleeves="long", legs="short"), LOBBY).exists(),
    )
    yield case(
        "cameras", "Which cameras have seen nobody at all today?", _unvisited(of(person(), ALL, *day(WED))), REFUSED
    )
    yield case("footage missing", "is south gate working? when did it last see something", _none())


def _last_third(of: Of) -> Iterator[Case]:
    noons = [of(person(hi_vis="yes"), YARD, *hours(number, "12:00", "13:00")) for number in (MON, TUE)]
    yield case(
        "count",
        "staff in vests, yard, noon to one, both days before today - how many?",
        Expected(state="answered", count=sum(len(one.found()) for one in noons), absent=True),
    )
    trucks = of(vehicle("truck"), YARD, *afternoon(MON)).found()
    yield case(
        "existence",
        "Did anybody cross the yard while the truck was there on Monday afternoon?",
        of(both(person(), lambda one: _beside(one, trucks)), YARD, *afternoon(MON)).exists(),
    )
    arrivals = of(vehicle(), PARK, *hours(WED, "07:30", "09:15"), did="arrived")
    yield case(
        "count",
        "Count of arrivals at car-park from 07:30 til 09:15 Wednesday.",
        arrivals.count(),
        arrivals.but(where=anything).count(),
    )
    brown = of(vehicle("truck", colour="brown"), GATES, did="arrived")
    yield case(
        "cameras",
        "At which gate did the brown truck come in?",
        brown.which_cameras(),
        brown.but(cameras=ALL).which_cameras(),
    )
    yield case(
        "existence",
        "Have there been any people carrying bags out of the lobby since 5 pm?",
        of(person(bag="yes"), LOBBY, at(WED, "17:00"), LAST, did="left").exists(),
    )
    yield case(
        "count",
        "how many black or grey cars total",
        of(any_of(vehicle("car", colour="black"), vehicle("car", colour="grey"))).count(),
    )
    yield case("when", "On which day did we have the most vans?", fullest_day(of(vehicle("van"))))
    yield case(
        "duration",
        "Somebody with a hat stood at the north gate about 11 last night. For how long?",
        of(person(hat="yes"), GATE, *hours(TUE, "22:30", "23:30")).duration(),
    )
    yield case(
        "existence",
        "did anyone walk towards the camera at lobby-door between midnight and four on Tuesday",
        of(both(person(), _nearing), LOBBY, *hours(TUE, "00:00", "04:00")).exists(),
    )
    yield case("footage missing", "Latest departure from the car park on the 3rd of March?", _none())
    yield case(
        "negated",
        "Were all the vehicles in the yard yesterday trucks?",
        of(both(vehicle(), but_not(vehicle("truck"))), YARD, *day(TUE)).exists(negated=True),
    )
    yield case(
        "existence",
        "Any sightings of a bicycle apart from at the lobby door?",
        of(bicycle, _but(LOBBY)).exists(),
    )
    yield case(
        "count",
        "how often did a white van visit the works on monday",
        of(vehicle("van", colour="white"), WORKS, *day(MON)).count(),
    )
    red = of(vehicle("truck", colour="red"), GATE, *day(TUE))
    yield case(
        "order",
        "What came first on Tuesday, the red truck at north gate or the red truck in the yard?",
        red.before(red.but(cameras=(YARD,))),
        red.but(cameras=(YARD,)).before(red),
        red.but(cameras=(GATE, YARD)).which_cameras("first"),
    )
    yield case(
        "footage missing",
        "Did someone hang about in the car park for ten minutes or longer after dark yesterday?",
        REFUSED,
    )
    small = of(anything, ALL, at(TUE, "23:00"), at(WED, "05:00"))
    yield case(
        "existence",
        "quiet night? anything at all between 11pm and 5am?",
        small.exists(),
        small.exists(negated=True),
    )
    yield case(
        "list",
        "Within the last hour, who's been at the lobby?",
        of(person(), LOBBY, at(WED, "19:00"), LAST).when(),
    )
    yield case(
        "count",
        "How many vehicles that were not white went in the yard on March 3?",
        *(
            of(both(vehicle(), but_not(vehicle(colour="white"))), YARD, *day(TUE), did=did).count()
            for did in ("arrived", "in_view")
        ),
    )
    yield case(
        "compare",
        "Do we see more pedestrians or more vehicles at the north gate generally?",
        *either(of(person(), GATE), of(vehicle(), GATE)),
    )
    yield case(
        "when",
        "tell me when the person with blue top and a backpack left the lobby monday evening",
        of(person(upper_colour="blue", backpack="yes"), LOBBY, *hours(MON, "18:00", "24:00"), did="left").when(),
    )
    yield case("footage missing", "Is there any moment yesterday when the car park had three vans in it?", _none())
    lorry = of(vehicle("truck", colour="green"), GATES, *morning(MON))
    yield case(
        "existence",
        "I want to know wether a green lorry has past the gate on monday morning",
        lorry.exists(),
        lorry.but(cameras=(GATE,)).exists(),
        # There are two gates.
        refused("unknown_place"),
    )
    yield case(
        "cameras",
        "On what camera the man with yellow jacket was seen last time?",
        of(person(upper_colour="yellow")).which_cameras("last"),
        refused("not_observed"),
    )
    yield case(
        "duration",
        "How much time did the bus spend at north gate on its longest stop?",
        of(vehicle("bus"), GATE).duration(),
    )
    yield case(
        "list",
        "List the vehicles which stayed less than two minutes in the parking zone this afternoon.",
        of(vehicle(), PARK, *afternoon(WED), most=120).but(zone="parking").when(),
    )
    rush = of(person(), LOBBY, *hours(WED, "08:00", "09:00"))
    yield case(
        "compare",
        "Did the lobby get a rush at 9? compare 8-9 with 9-10 today",
        *either(rush, rush.but(start=at(WED, "09:00"), end=at(WED, "10:00"))),
    )
    working = of(person(), YARD, *hours(MON, "08:00", "18:00"))
    empty = tuple(hour for hour, count in per_hour(working).items() if count == 0)
    yield case(
        "list",
        "any unattended hours, i.e. hours with no one in the yard, on Monday between 8 and 18?",
        Expected(state=working.state, times=empty),
    )
    yield case(
        "when",
        "When did people start turning up on Wednesday?",
        of(person(), ALL, *day(WED), did="arrived").when("first"),
        of(person(), ALL, *day(WED)).when("first"),
    )
    yard = of(person(), YARD, *day(TUE))
    yield case(
        "when",
        "what time yesterday did everyone clear off from the yard",
        yard.but(did="left").when("last"),
        yard.when("last"),
    )
    yield case(
        "count",
        "Were there people in the yard not wearing hi-viz on Tuesday, and how many",
        of(person(hi_vis="no"), YARD, *day(TUE)).count(),
    )
    back = of(vehicle("truck", colour="orange"), ALL, at(TUE, "13:00"), LAST)
    yield case("existence", "Has the orange truck been back since yesterday lunchtime?", back.exists())
    yield case(
        "existence",
        "Three or more vehicles queueing at north gate, ever?",
        of(vehicle(), GATE).exists(together=3),
    )
    yield case(
        "when",
        "in the past 48h, what was our single busiest hour across all cams",
        fullest_hour(of(anything, ALL, at(MON, "20:00"), LAST)),
    )
    yield case("compare", "Did the offices have fewer visitors this morning than yesterday morning?", *_fewer(of))
    yield case(
        "count",
        "How many times did someone enter the entrance zone between 1 and 2 pm on Monday?",
        of(person(), LOBBY, *hours(MON, "13:00", "14:00"), did="arrived").but(zone="entrance").count(),
    )
    parked = of(vehicle("car"), YARD, *hours(MON, "15:15", "15:16"))
    yield case("existence", "Was a car parked in the yard at 3.15 pm on 02/03?", parked.exists())


def _none() -> Expected:
    return refused("no_footage")


# Whom -----------------------------------------------------------------------------------------------------------------


def _but(camera: str) -> tuple[str, ...]:
    return tuple(one for one in ALL if one != camera)


def _leftwards(one: Appearance) -> bool:
    return one.path[-1][1] + one.path[-1][3] < one.path[0][1] + one.path[0][3]


def _nearing(one: Appearance) -> bool:
    """Comes towards the camera: it is taller at last than at first."""
    return one.path[-1][4] - one.path[-1][2] > one.path[0][4] - one.path[0][2]


def _rider(world: World, ridden: Appearance, backpack: str) -> bool:
    return any(
        one.actor == ridden.actor
        and one.camera == ridden.camera
        and one.start <= ridden.end
        and one.end >= ridden.start
        for one in world.known()
        if person(backpack=backpack)(one)
    )


def _beside(one: Appearance, others: Sequence[Appearance]) -> bool:
    return any(one.start <= other.end and other.start <= one.end for other in others)


# Right answers --------------------------------------------------------------------------------------------------------


def _fewer(of: Of) -> tuple[Expected, ...]:
    today, before = (of(person(), OFFICES, *morning(number)) for number in (WED, TUE))
    return (
        today.more_than(before, less=True),
        today.but(did="arrived").more_than(before.but(did="arrived"), less=True),
    )


def _between(asked: Asked) -> tuple[Expected, ...]:
    """From the first to the last: from its coming, or from its going, to the other's coming or going."""
    found = asked.found()
    if not found:
        return (Expected(state=asked.state, absent=True),)
    first, last = found[0], found[-1]
    lengths = [(end - begin).total_seconds() for begin in (first.start, first.end) for end in (last.start, last.end)]
    return tuple(Expected(state=asked.state, seconds=seconds) for seconds in lengths)


def _unvisited(asked: Asked) -> Expected:
    """The cameras with footage before which nobody was."""
    seen = {one.camera for one in asked.found()}
    looked = {one for one in asked.cameras if asked.but(cameras=(one,)).coverage() != "none"}
    return Expected(state=asked.state, cameras=frozenset(looked - seen), negated=True, absent=True)
