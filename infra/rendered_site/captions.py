"""Words for looks: attributes as a flat mapping, and captions in many wordings.

What is never said: age, gender, origin. A person is a person.
"""

from __future__ import annotations

import numpy as np

from infra.rendered_site.model import VEHICLE_KINDS, Actor, PersonLook, VehicleLook

_PERSON = ("person", "pedestrian", "individual", "somebody", "someone")
_VEHICLE_WORDS = {
    "saloon": ("car", "saloon car", "sedan", "saloon"),
    "hatchback": ("car", "hatchback", "small car", "compact car"),
    "estate": ("car", "estate car", "station wagon", "estate"),
    "SUV": ("car", "SUV", "off-road car", "large car"),
    "taxi": ("taxi", "cab", "car", "taxi cab"),
    "van": ("van", "delivery van", "transporter", "panel van", "truck"),
    "pickup": ("pickup", "pickup truck", "truck"),
    "lorry": ("truck", "lorry", "box truck", "delivery truck"),
    "bus": ("bus", "coach", "city bus"),
    "bicycle": ("bicycle", "bike", "push bike"),
    "motorcycle": ("motorcycle", "motorbike", "bike"),
}
_UPPER_WORDS = {
    "jacket": ("jacket", "anorak", "top", "windbreaker"),
    "t-shirt": ("t-shirt", "short-sleeved shirt", "tee", "top"),
    "hoodie": ("hoodie", "hooded sweatshirt", "sweatshirt", "top"),
    "shirt": ("shirt", "top", "long-sleeved shirt"),
    "coat": ("coat", "long coat", "overcoat"),
    "jumper": ("jumper", "sweater", "pullover", "top"),
}
_LOWER_WORDS = {
    "trousers": ("trousers", "pants", "slacks"),
    "jeans": ("jeans", "denim trousers", "trousers"),
    "shorts": ("shorts", "short trousers"),
    "skirt": ("skirt",),
    "dress": ("dress",),
}
_BAG_WORDS = {
    "backpack": ("backpack", "rucksack"),
    "handbag": ("bag", "handbag", "carrier bag"),
    "shoulder bag": ("shoulder bag", "bag", "messenger bag"),
    "suitcase": ("suitcase", "trolley case", "wheeled case"),
}
_HAT_WORDS = {
    "cap": ("cap", "baseball cap", "hat"),
    "beanie": ("beanie", "woolly hat", "hat"),
    "hard hat": ("hard hat", "safety helmet", "helmet"),
    "helmet": ("helmet",),
    "hood": ("hood",),
}
_ACTIONS = {
    "walking": ("walking", "walking past", "on foot", "passing by"),
    "standing": ("standing", "waiting", "standing still", "standing around"),
    "riding": ("riding", "cycling past", "on the move"),
    "driving": ("driving", "driving past", "moving", "on the move"),
    "parked": ("parked", "standing", "parked up"),
}


def attributes(actor: Actor, action: str) -> dict[str, str]:
    """What can be seen of an actor, each value one word of a small vocabulary."""
    found = {"class": actor.klass.name.lower(), "action": action}
    person, vehicle = actor.person, actor.vehicle
    if person is not None:
        found |= {
            "upper": person.upper.kind,
            "upper_colour": person.upper.colour,
            "lower": person.lower.kind,
            "lower_colour": person.lower.colour,
        }
        if person.headwear is not None:
            found |= {"headwear": person.headwear.kind, "headwear_colour": person.headwear.colour}
        if person.vest is not None:
            found |= {"vest": person.vest.kind, "vest_colour": person.vest.colour}
        if person.bag is not None:
            found |= {"bag": person.bag.kind, "bag_colour": person.bag.colour}
    if vehicle is not None:
        found |= {"vehicle": vehicle.kind, "vehicle_colour": vehicle.colour}
        if person is not None:
            found["vehicle_class"] = VEHICLE_KINDS[vehicle.kind].name.lower()
    return found


def _an(words: str) -> str:
    return ("an " if words[0] in "aeiou" or words.startswith("SUV") else "a ") + words


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def _grey(rng: np.random.Generator, colour: str) -> str:
    return "gray" if colour == "grey" and rng.random() < 0.4 else colour


def _clothing(rng: np.random.Generator, look: PersonLook) -> list[str]:
    """Phrases such as "a red jacket", the most telling first."""
    phrases: list[str] = []
    if look.vest is not None:
        plain = look.vest.colour + " "
        phrases.append(
            _an(_pick(rng, ("hi-vis vest", plain + "hi-vis vest", "high-visibility vest", plain + "safety vest")))
        )
    colour = _grey(rng, look.upper.colour)
    pattern = {"striped": "striped ", "checked": "checked "}.get(look.upper.pattern, "") if rng.random() < 0.6 else ""
    if look.lower.kind == "dress":
        phrases.append(_an(f"{pattern}{colour} dress"))
    else:
        phrases.append(_an(f"{pattern}{colour} {_pick(rng, _UPPER_WORDS[look.upper.kind])}"))
        lower = f"{_grey(rng, look.lower.colour)} {_pick(rng, _LOWER_WORDS[look.lower.kind])}"
        phrases.append(_an(lower) if look.lower.kind == "skirt" else lower)
    if look.headwear is not None:
        hat = _pick(rng, _HAT_WORDS[look.headwear.kind])
        phrases.append(_an(f"{_grey(rng, look.headwear.colour)} {hat}" if rng.random() < 0.75 else hat))
    return phrases


def _bag(rng: np.random.Generator, look: PersonLook) -> str:
    assert look.bag is not None
    words = _pick(rng, _BAG_WORDS[look.bag.kind])
    return _an(f"{_grey(rng, look.bag.colour)} {words}" if rng.random() < 0.75 else words)


def _person(rng: np.random.Generator, look: PersonLook, action: str) -> str:
    noun = _pick(rng, _PERSON)
    head = noun if noun.startswith("some") else _an(noun)
    phrases = _clothing(rng, look)
    keep = int(rng.integers(1, len(phrases) + 1))
    chosen = phrases[:keep] if rng.random() < 0.6 else [phrases[int(rng.integers(len(phrases)))]]
    joined = chosen[0] if len(chosen) == 1 else ", ".join(chosen[:-1]) + " and " + chosen[-1]
    text = f"{head} {_pick(rng, ('wearing', 'in', 'dressed in', 'with'))} {joined}"
    if look.bag is not None and rng.random() < 0.6:
        text += f" {_pick(rng, ('with', 'carrying'))} {_bag(rng, look)}"
    if rng.random() < 0.4:
        text += f" {_pick(rng, _ACTIONS[action])}" if action in _ACTIONS else f" {action}"
    return text


def _vehicle(rng: np.random.Generator, look: VehicleLook, action: str) -> str:
    words = f"{_grey(rng, look.colour)} {_pick(rng, _VEHICLE_WORDS[look.kind])}"
    form = rng.random()
    if form < 0.35:
        return _an(words)
    if form < 0.6:
        return f"{_an(words)} {_pick(rng, _ACTIONS[action])}"
    if form < 0.8:
        return words
    return f"{_an(_pick(rng, _VEHICLE_WORDS[look.kind]))} that is {_grey(rng, look.colour)}"


def _rider(rng: np.random.Generator, person: PersonLook, vehicle: VehicleLook) -> str:
    bike = f"{_grey(rng, vehicle.colour)} {_pick(rng, _VEHICLE_WORDS[vehicle.kind])}"
    form = rng.random()
    if form < 0.3:
        noun = "cyclist" if vehicle.kind == "bicycle" else "motorcyclist"
        return f"{_an(noun)} in {_clothing(rng, person)[0]}" if rng.random() < 0.6 else f"{_an(noun)} on {_an(bike)}"
    if form < 0.7:
        return f"{_person(rng, person, 'riding')} {_pick(rng, ('on', 'riding'))} {_an(bike)}".replace(
            " riding riding", " riding"
        )
    return f"a person riding {_an(bike)}"


def captions(rng: np.random.Generator, actor: Actor, action: str, count: int = 5) -> list[str]:
    """`count` captions of the actor, differently worded and differently complete. All are true of it."""
    texts = []
    for _ in range(count):
        if actor.person is not None and actor.vehicle is not None:
            texts.append(_rider(rng, actor.person, actor.vehicle))
        elif actor.person is not None:
            texts.append(_person(rng, actor.person, action))
        else:
            assert actor.vehicle is not None
            texts.append(_vehicle(rng, actor.vehicle, action))
    return texts


def description(actor: Actor, action: str) -> str:
    """One full sentence with everything that is known of the actor's look; always the same for the same look."""
    parts: list[str] = []
    person, vehicle = actor.person, actor.vehicle
    if person is not None:
        if person.vest is not None:
            parts.append(_an(f"{person.vest.colour} hi-vis vest"))
        if person.lower.kind == "dress":
            parts.append(_an(f"{person.upper.colour} dress"))
        else:
            parts.append(_an(f"{person.upper.colour} {person.upper.kind}"))
            lower = f"{person.lower.colour} {person.lower.kind}"
            parts.append(_an(lower) if person.lower.kind == "skirt" else lower)
        if person.headwear is not None:
            parts.append(_an(f"{person.headwear.colour} {person.headwear.kind}"))
        text = "a person in " + (parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1])
        if person.bag is not None:
            text += f" with {_an(f'{person.bag.colour} {person.bag.kind}')}"
        if vehicle is not None:
            return f"{text} riding {_an(f'{vehicle.colour} {vehicle.kind}')}"
        return f"{text}, {action}"
    assert vehicle is not None
    noun = {"lorry": "truck", "saloon": "car", "hatchback": "car", "estate": "car"}.get(vehicle.kind, vehicle.kind)
    return f"{_an(f'{vehicle.colour} {noun}')}, {action}"
