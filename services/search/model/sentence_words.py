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
        ("someone", "somebody", "anyone", "anybody", "everyone", "everybody", "nobody", "guy", "guys"), (_PERSON,)
    ),
    **dict.fromkeys(("child", "children", "kid", "kids", "worker", "workers", "visitor", "visitors"), (_PERSON,)),
    **dict.fromkeys(("bicycle", "bicycles", "bike", "bikes", "cyclist", "cyclists"), (_BICYCLE, _PERSON)),
    **dict.fromkeys(("car", "cars", "sedan", "taxi", "taxis", "suv", "suvs"), (_CAR,)),
    **dict.fromkeys(("van", "vans", "minivan"), (_CAR, _TRUCK)),
    **dict.fromkeys(("motorcycle", "motorcycles", "motorbike", "motorbikes", "scooter", "scooters"), (_MOTORCYCLE,)),
    **dict.fromkeys(("bus", "buses", "coach", "coaches"), (_BUS,)),
    **dict.fromkeys(("truck", "trucks", "lorry", "lorries", "pickup", "pickups"), (_TRUCK, _CAR)),
    **dict.fromkeys(("vehicle", "vehicles"), (_CAR, _TRUCK, _BUS, _MOTORCYCLE)),
}
"""A van may have been detected as a car or a truck, a cyclist as a person: the likely class first."""

FIXTURES = ("stop", "station", "shelter", "lane", "park", "parking", "port", "wash", "door", "rack", "path", "depot")
"""After a class's word they make a place of it: a bus stop is no bus."""

SIGNS = ("parking", "entry", "smoking", "stopping", "exit")
"""After "no" they are written on signs."""

UPPER = (
    "jacket",
    "coat",
    "shirt",
    "t-shirt",
    "tshirt",
    "tee",
    "sweater",
    "jumper",
    "hoodie",
    "top",
    "blouse",
    "cardigan",
    "pullover",
)
LOWER = ("trousers", "pants", "jeans", "shorts", "skirt", "leggings")
THINGS: Mapping[str, str] = {
    **dict.fromkeys(("hat", "cap", "helmet", "beanie", "hats", "caps", "helmets"), "person.hat"),
    **dict.fromkeys(("backpack", "backpacks", "rucksack", "rucksacks"), "person.backpack"),
    **dict.fromkeys(("bag", "bags", "handbag", "suitcase", "briefcase"), "person.bag"),
    **dict.fromkeys(
        ("vest", "hi-vis", "hi-vis vest", "high-vis vest", "safety vest", "reflective vest"), "person.hi_vis"
    ),
}
COLOUR_WORDS = {colour: colour for colour in COLOURS} | {
    "gray": "grey",
    "navy": "blue",
    "beige": "brown",
    "violet": "purple",
}
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
    "several": 2,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS_OF_DAY = {
    "morning": DayTime(time(6), time(12)),
    "afternoon": DayTime(time(12), time(18)),
    "evening": DayTime(time(18), time(0)),
    "night": DayTime(time(22), time(6)),
}
