"""What is known of a picture: for every fact of a small vocabulary whether it is true, false or not known.

Rendered pictures know everything about themselves, real ones little. What is not known is never held against a picture.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from infra.rendered_site.model import COLOURS

UPPER = ("jacket", "t-shirt", "hoodie", "shirt", "coat", "jumper")
LOWER = ("trousers", "jeans", "shorts", "skirt")
HATS = ("cap", "beanie", "hard hat", "helmet")
BAGS = ("backpack", "handbag", "shoulder bag", "suitcase")
CAR_KINDS = ("saloon", "hatchback", "estate", "SUV", "taxi")
VEHICLES = ("car", *CAR_KINDS, "van", "pickup", "lorry", "bus", "bicycle", "motorcycle")
TRUCKS = {"lorry": True, "pickup": True, "van": None}
"""What people call a truck: yes, or perhaps."""
ACTIONS = ("walking", "standing", "riding", "driving", "parked")
PLACES = ("street", "road", "shop", "warehouse", "path", "car park", "room")
SCENES = ("indoors", "outdoors", "dark", "nobody", "one person", "people", "crowd", "no vehicle", "traffic", *PLACES)

FACTS: tuple[str, ...] = (
    "person",
    "vehicle",
    "scene",
    "rider",
    *(f"{part} {colour}" for part in ("upper", "lower", "vehicle", "hat", "bag", "vest") for colour in COLOURS),
    *UPPER,
    *LOWER,
    "dress",
    "long sleeves",
    "short sleeves",
    "long legs",
    "short legs",
    "hat",
    *HATS,
    "no hat",
    "bag",
    *BAGS,
    "no bag",
    "hi-vis",
    *VEHICLES,
    "truck",
    *ACTIONS,
    *SCENES,
)
PLACE_OF = {fact: place for place, fact in enumerate(FACTS)}
PERSON_FACTS = tuple(
    fact
    for fact in FACTS
    if fact in (*UPPER, *LOWER, *HATS, *BAGS, "dress", "hat", "bag", "no hat", "no bag", "hi-vis", "walking")
    or fact.endswith((" sleeves", " legs"))
    or fact.split()[0] in ("upper", "lower", "hat", "bag", "vest")
)
VEHICLE_FACTS = tuple(
    fact for fact in FACTS if fact in (*VEHICLES, "truck", "driving", "parked") or fact.startswith("vehicle ")
)

Row = npt.NDArray[np.int8]
"""INT8 [facts]: 1 true, -1 false, 0 not known."""


def row(known: Mapping[str, bool]) -> Row:
    """Write down what is known.

    Raises:
        KeyError: a fact is not in the vocabulary.
    """
    found = np.zeros(len(FACTS), np.int8)
    for fact, true in known.items():
        found[PLACE_OF[fact]] = 1 if true else -1
    return found


def crop_of(*kinds: str) -> dict[str, bool]:
    """Start what is known of a crop: it shows a `person`, a `vehicle`, or both (somebody riding one)."""
    person, vehicle = "person" in kinds, "vehicle" in kinds
    known = dict.fromkeys(SCENES, False) | {"scene": False, "person": person, "rider": person and vehicle}
    known["vehicle"] = vehicle
    if not person:
        known |= dict.fromkeys(PERSON_FACTS, False) | {"riding": False}
    if not vehicle:
        known |= dict.fromkeys(VEHICLE_FACTS, False) | {"riding": False}
    return known


def one_of(values: Iterable[str], true: str, maybe: Iterable[str] = ()) -> dict[str, bool]:
    """Say that one of several is true and the others are false, but for some that are left open."""
    open_ones = set(maybe)
    return {value: value == true for value in values if value == true or value not in open_ones}


def coloured(part: str, colour: str, maybe: Iterable[str] = ()) -> dict[str, bool]:
    """Say which colour a part (`upper`, `lower`, `vehicle`, `hat`, `bag`, `vest`) has."""
    return one_of([f"{part} {c}" for c in COLOURS], f"{part} {colour}", [f"{part} {c}" for c in maybe])


def vehicle_kind(kind: str) -> dict[str, bool]:
    """Say which of VEHICLES it is; kinds of cars are cars too. A plain `car` leaves its kind open."""
    known = one_of(VEHICLES, kind, CAR_KINDS if kind == "car" else ())
    if kind in CAR_KINDS:
        known["car"] = True
    truck = TRUCKS.get(kind, False)
    if truck is not None:
        known["truck"] = truck
    return known


def rendered(seen: Mapping[str, str]) -> dict[str, bool]:
    """Take over everything that the renderer knows of a crop (`infra.rendered_site.captions.attributes`)."""
    kinds = [kind for kind, part in (("person", "upper"), ("vehicle", "vehicle")) if part in seen]
    known = crop_of(*kinds) | one_of(ACTIONS, seen["action"])
    if "upper" in seen:
        known |= _clothes(seen)
    if "vehicle" in seen:
        known |= vehicle_kind(seen["vehicle"]) | coloured("vehicle", seen["vehicle_colour"])
    return known


def _clothes(seen: Mapping[str, str]) -> dict[str, bool]:
    dress = seen["lower"] == "dress"
    # A vest lies over what is worn above: both colours may be named.
    over = {seen["vest_colour"]} if "vest" in seen else set()
    known = one_of(UPPER, "" if dress else seen["upper"]) | coloured("upper", seen["upper_colour"], over)
    known |= one_of(LOWER, seen["lower"]) | coloured("lower", seen["lower_colour"]) | {"dress": dress}
    short = seen["upper"] == "t-shirt"
    bare = seen["lower"] in ("shorts", "skirt", "dress")
    known |= {"short sleeves": short, "long sleeves": not short, "short legs": bare, "long legs": not bare}
    for part, values, name in (("hat", HATS, "headwear"), ("bag", BAGS, "bag")):
        worn = seen.get(name, "")
        known |= one_of(values, worn) | {part: bool(worn), f"no {part}": not worn}
        if f"{name}_colour" in seen:
            known |= coloured(part, seen[f"{name}_colour"])
        else:
            known |= {f"{part} {colour}": False for colour in COLOURS}
    known["hi-vis"] = "vest" in seen
    known |= {f"vest {colour}": seen.get("vest_colour") == colour for colour in COLOURS}
    return known


def scene(people: int, vehicles: int, place: Mapping[str, bool] | None = None) -> dict[str, bool]:
    """Say what a whole picture shows: how many people and vehicles, and what is known of the place."""
    known = {
        "scene": True,
        "nobody": people == 0,
        "one person": people == 1,
        "people": people >= 2,
        "crowd": people >= 5,
        "no vehicle": vehicles == 0,
        "traffic": vehicles >= 2,
    }
    if people >= 2:
        known.pop("one person")
    if people in (3, 4):
        known.pop("crowd")
    if not people:
        known |= {"person": False} | dict.fromkeys(PERSON_FACTS, False)
    if not vehicles:
        known |= {"vehicle": False} | dict.fromkeys(VEHICLE_FACTS, False)
    return known | dict(place or {})
