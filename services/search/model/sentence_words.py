"""The words that sentences are read by."""

from collections.abc import Mapping
from datetime import time

from contracts.vocabulary import COLOURS, ObjectClass
from services.search.model.reading import DayTime

_PERSON, _BICYCLE, _CAR, _MOTORCYCLE, _BUS, _TRUCK = ObjectClass
CLASS_WORDS: Mapping[str, tuple[ObjectClass, ...]] = {
    **dict.fromkeys(
        ("person", "people", "persons", "pedestrian", "pedestrians", "man", "men", "woman", "women"), (_PERSON,)
    ),
    **dict.fromkeys(
        ("someone", "somebody", "anyone", "anybody", "everyone", "everybody", "nobody", "guy", "guys", "folk", "folks"),
        (_PERSON,),
    ),
    **dict.fromkeys(("child", "children", "kid", "kids", "worker", "workers", "visitor", "visitors"), (_PERSON,)),
    **dict.fromkeys(("bicycle", "bicycles", "bike", "bikes", "cyclist", "cyclists"), (_BICYCLE, _PERSON)),
    **dict.fromkeys(("car", "cars", "sedan", "taxi", "taxis", "suv", "suvs"), (_CAR,)),
    **dict.fromkeys(("van", "vans", "minivan"), (_CAR, _TRUCK)),
    **dict.fromkeys(("motorcycle", "motorcycles", "motorbike", "motorbikes", "scooter", "scooters"), (_MOTORCYCLE,)),
    **dict.fromkeys(("bus", "buses", "coach", "coaches"), (_BUS,)),
    **dict.fromkeys(("truck", "trucks", "lorry", "lorries", "hgv", "hgvs", "pickup", "pickups"), (_TRUCK, _CAR)),
    **dict.fromkeys(("vehicle", "vehicles"), (_CAR, _TRUCK, _BUS, _MOTORCYCLE)),
}
"""A van may have been detected as a car or a truck, a cyclist as a person: the likely class first."""

KINDS: Mapping[str, tuple[ObjectClass, ...]] = {
    **dict.fromkeys(("lady", "ladies", "gentleman", "gentlemen", "boy", "boys", "girl", "girls"), (_PERSON,)),
    **dict.fromkeys(("human", "humans", "individual", "individuals", "intruder", "intruders"), (_PERSON,)),
    **dict.fromkeys(("employee", "employees", "customer", "customers", "jogger", "on foot"), (_PERSON,)),
    **dict.fromkeys(("bloke", "blokes", "toddler", "toddlers", "teenager", "teenagers", "passer-by"), (_PERSON,)),
    **dict.fromkeys(("guard", "guards", "courier", "couriers", "runner", "runners"), (_PERSON,)),
    **dict.fromkeys(("biker", "bikers", "motorcyclist", "motorcyclists"), (_MOTORCYCLE, _BICYCLE, _PERSON)),
    **dict.fromkeys(("moped", "mopeds"), (_MOTORCYCLE,)),
    **dict.fromkeys(
        ("bicyclist", "bicyclists", "pushbike", "pushbikes", "e-bike", "e-bikes", "ebike", "ebikes"),
        (_BICYCLE, _PERSON),
    ),
    **dict.fromkeys(("automobile", "automobiles", "hatchback", "hatchbacks", "cab", "cabs", "limousine"), (_CAR,)),
    **dict.fromkeys(("jeep", "jeeps", "4x4", "4x4s"), (_CAR, _TRUCK)),
    **dict.fromkeys(("minibus", "minibuses", "camper", "campervan", "campervans"), (_BUS, _CAR, _TRUCK)),
    **dict.fromkeys(("semi-truck", "semi-trucks", "dumper", "pick-up", "pick-ups"), (_TRUCK, _CAR)),
    **dict.fromkeys(("fire engine", "fire engines", "firetruck", "firetrucks"), (_TRUCK, _CAR)),
    **dict.fromkeys(("ambulance", "ambulances"), (_TRUCK, _CAR, _BUS)),
}
"""Kinds of objects, and what the detector may call them. In a search they narrow the classes; a count of them would
count others of the class, so questions do not know them."""

FIXTURES = (
    *("stop", "station", "shelter", "lane", "park", "parking", "port", "wash", "door", "rack", "path", "depot"),
    *("key", "keys", "seat", "seats", "tyre", "tyres", "tire", "tires", "wheel", "wheels", "window", "windows"),
    *("boot", "horn", "alarm", "ramp", "helmet", "lock", "shed", "hire", "pass", "carrier", "hole", "lights"),
    *("crossing", "barrier", "rail", "rails", "dog", "dogs", "hut"),
    *("bay", "bays", "charger", "entrance", "exit", "lot", "showroom", "ticket", "rank"),
)
"""After a class's word they make another thing of it: a bus stop is no bus."""

DRIVEN = ("driver", "drivers", "passenger", "passengers")
"""After a vehicle's word they are people beside it."""

SIGNS = ("parking", "entry", "smoking", "stopping", "exit", "one", "longer", "matter", "waiting", "trespassing")
"""After "no" they are written on signs."""

UPPER = (
    *("jacket", "coat", "shirt", "t-shirt", "tshirt", "tee", "sweater", "jumper", "hoodie", "hoody", "top", "blouse"),
    *("cardigan", "pullover", "sweatshirt", "fleece", "anorak", "parka", "raincoat", "polo", "polo shirt", "waistcoat"),
    *("jackets", "coats", "shirts", "t-shirts", "sweaters", "jumpers", "hoodies", "tops", "sweatshirts"),
)
LOWER = ("trousers", "pants", "jeans", "shorts", "skirt", "leggings", "chinos", "joggers", "skirts")
SHIRTS = ("t-shirt", "tshirt", "tee", "t-shirts")
"""With short sleeves."""

_HI_VIS = (
    "hi-vis",
    "hi vis",
    "hivis",
    "hi-viz",
    "hi viz",
    "high-vis",
    "high vis",
    "high-visibility",
    "high visibility",
)
_HI_VIS_VESTS = tuple(
    f"{kind} {what}"
    for kind in (*_HI_VIS, "safety", "reflective", "fluorescent")
    for what in ("vest", "vests", "jacket", "jackets")
)
THINGS: Mapping[str, str] = {
    **dict.fromkeys(
        ("hat", "cap", "helmet", "beanie", "hats", "caps", "helmets", "hard hat", "hard hats"), "person.hat"
    ),
    **dict.fromkeys(("backpack", "backpacks", "rucksack", "rucksacks"), "person.backpack"),
    **dict.fromkeys(("bag", "bags", "handbag", "handbags", "suitcase", "briefcase"), "person.bag"),
    **dict.fromkeys(("vest", *_HI_VIS, *_HI_VIS_VESTS), "person.hi_vis"),
}
WORN = tuple(name for name, attribute in THINGS.items() if attribute != "person.bag" and name != "vest")
"""What is surely meant as worn where it is named alone; a bag may stand anywhere, and a vest be underwear."""

COLOUR_WORDS: Mapping[str, str] = {colour: colour for colour in COLOURS} | {
    "gray": "grey",
    "navy": "blue",
    "beige": "brown",
    "violet": "purple",
}
SHADES: Mapping[str, tuple[str, ...]] = {
    **{word: (colour,) for word, colour in COLOUR_WORDS.items()},
    **dict.fromkeys(("silver", "silvery"), ("grey", "white")),
    **dict.fromkeys(("maroon", "burgundy"), ("red", "brown", "purple")),
    **dict.fromkeys(("turquoise", "teal", "cyan"), ("blue", "green")),
    **dict.fromkeys(("khaki", "olive"), ("green", "brown")),
    **dict.fromkeys(("cream", "tan"), ("brown", "yellow", "white")),
    **dict.fromkeys(("crimson", "scarlet"), ("red",)),
    "azure": ("blue",),
    "charcoal": ("grey", "black"),
    "ivory": ("white", "yellow"),
    "magenta": ("pink", "purple", "red"),
    "lilac": ("purple", "pink"),
}
"""Words for colours that the networks have no name for, and what they may call them."""

VEHICLE_KINDS = (
    *(
        "delivery",
        "school",
        "police",
        "pickup",
        "transit",
        "box",
        "dump",
        "tow",
        "small",
        "big",
        "large",
        "little",
        "old",
    ),
    *("sports", "estate", "panel", "postal", "mail", "electric", "mountain", "company", "flatbed", "semi", "garbage"),
    *("double-decker", "tour", "city", "racing", "new", "moving", "parked", "compact", "family", "removal", "cargo"),
)
"""Between a colour and a vehicle's word they change neither."""

NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "several": 2,
}
NUMBERED = (
    *("gate", "door", "camera", "cam", "zone", "lane", "level", "floor", "bay", "dock", "platform", "line", "route"),
    *("number", "no", "entrance", "exit", "room", "building", "block", "unit", "lot", "row", "section", "terminal"),
    *("track", "stop", "area", "site", "hall", "aisle", "post", "pier", "ramp", "dock", "yard", "phase", "channel"),
)
"""A number after one of these names it: it counts nothing."""

# Times ----------------------------------------------------------------------------------------------------------------

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_NAMES: Mapping[str, str] = {day: day for day in WEEKDAYS} | {
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "weds": "wednesday",
    "thu": "thursday",
    "thur": "thursday",
    "thurs": "thursday",
    "fri": "friday",
}
"""As they are written; "sat" and "sun" are words, too, and stand apart."""

MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
HOURS: Mapping[str, int] = {
    word: hour
    for hour, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
}
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("second", "sec"), "seconds"),
    **dict.fromkeys(("minute", "min"), "minutes"),
    **dict.fromkeys(("hour", "hr", "h"), "hours"),
    **dict.fromkeys(("day",), "days"),
    **dict.fromkeys(("week", "wk"), "weeks"),
    **dict.fromkeys(("month",), "months"),
}
PARTS_OF_DAY = {
    "morning": DayTime(time(6), time(12)),
    "early morning": DayTime(time(4), time(9)),
    "early hours": DayTime(time(0), time(6)),
    "small hours": DayTime(time(0), time(6)),
    "late morning": DayTime(time(10), time(12)),
    "lunchtime": DayTime(time(11, 30), time(14)),
    "lunch time": DayTime(time(11, 30), time(14)),
    "afternoon": DayTime(time(12), time(18)),
    "early afternoon": DayTime(time(12), time(15)),
    "late afternoon": DayTime(time(15), time(18)),
    "evening": DayTime(time(18), time(0)),
    "over lunch": DayTime(time(11, 30), time(14)),
    "at lunch": DayTime(time(11, 30), time(14)),
    "during the day": DayTime(time(6), time(20)),
    "by day": DayTime(time(6), time(20)),
    "tonight": DayTime(time(18), time(6)),
    "overnight": DayTime(time(22), time(6)),
    "early evening": DayTime(time(17), time(20)),
    "late evening": DayTime(time(20), time(0)),
    "night": DayTime(time(22), time(6)),
    "daytime": DayTime(time(6), time(20)),
    "daylight": DayTime(time(6), time(20)),
    "dawn": DayTime(time(4), time(8)),
    "sunrise": DayTime(time(4), time(8)),
    "dusk": DayTime(time(16), time(22)),
    "sunset": DayTime(time(16), time(22)),
    "after dark": DayTime(time(17), time(7)),
    "after sunset": DayTime(time(17), time(7)),
    "after nightfall": DayTime(time(17), time(7)),
    "before dawn": DayTime(time(0), time(7)),
    "before sunrise": DayTime(time(0), time(7)),
}
"""What has no hour of its own: wide enough for summer and winter."""

NOT_A_PART_BEFORE = (
    *(
        "vision",
        "shift",
        "club",
        "bus",
        "mode",
        "light",
        "lights",
        "dress",
        "gown",
        "coat",
        "guard",
        "watch",
        "watchman",
    ),
    *("sky", "view", "scene", "camera", "cap", "wear", "bag", "stand"),
)
"""Before one of these a part of the day tells of a thing."""
