"""Sentences that the image tower learns from, each with the facts that it claims.

A sentence is true of a picture where all its facts are, and false where one of them is false. Words are varied, but not
exhausted: the text tower knows that crimson is a red and an automobile a car, and is left to say so itself.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from infra.models.train.facts import BAGS, CAR_KINDS, HATS, LOWER, UPPER
from infra.rendered_site.model import COLOURS

PEOPLE = ("person", "pedestrian", "individual", "somebody", "someone", "human", "passer-by")
COLOUR_WORDS = {
    "red": ("red", "red", "scarlet"),
    "blue": ("blue", "blue", "dark blue", "light blue"),
    "grey": ("grey", "gray", "light grey", "dark grey"),
    "black": ("black", "black", "dark"),
    "white": ("white", "white", "pale"),
    "green": ("green", "green", "olive"),
    "brown": ("brown", "brown", "tan"),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink",),
    "orange": ("orange",),
    "yellow": ("yellow",),
}
VEHICLE_COLOUR_WORDS = COLOUR_WORDS | {"grey": ("grey", "gray", "silver")}
UPPER_WORDS = {
    "jacket": ("jacket", "anorak", "windbreaker"),
    "t-shirt": ("t-shirt", "tee", "short-sleeved shirt"),
    "hoodie": ("hoodie", "hooded sweatshirt"),
    "shirt": ("shirt", "long-sleeved shirt"),
    "coat": ("coat", "overcoat"),
    "jumper": ("jumper", "sweater", "pullover"),
}
LOWER_WORDS = {
    "trousers": ("trousers", "pants"),
    "jeans": ("jeans", "denim trousers"),
    "shorts": ("shorts", "short trousers"),
    "skirt": ("skirt",),
}
HAT_WORDS = {
    "cap": ("cap", "baseball cap"),
    "beanie": ("beanie", "woolly hat"),
    "hard hat": ("hard hat", "safety helmet"),
    "helmet": ("helmet",),
}
BAG_WORDS = {
    "backpack": ("backpack", "rucksack"),
    "handbag": ("handbag", "carrier bag"),
    "shoulder bag": ("shoulder bag", "messenger bag"),
    "suitcase": ("suitcase", "trolley case"),
}
VEHICLE_WORDS = {
    "car": ("car", "passenger car", "vehicle"),
    "saloon": ("saloon car", "sedan"),
    "hatchback": ("hatchback", "small car"),
    "estate": ("estate car", "station wagon"),
    "SUV": ("SUV", "off-road car"),
    "taxi": ("taxi", "cab"),
    "van": ("van", "delivery van", "panel van"),
    "pickup": ("pickup", "pickup truck"),
    "truck": ("truck",),
    "lorry": ("lorry", "box truck", "delivery truck"),
    "bus": ("bus", "coach"),
    "bicycle": ("bicycle", "bike", "push bike"),
    "motorcycle": ("motorcycle", "motorbike"),
}
FOUR_WHEELED = ("car", *CAR_KINDS, "van", "pickup", "truck", "lorry", "bus")
ACTION_WORDS = {
    "walking": ("walking", "on foot", "passing by"),
    "standing": ("standing", "waiting", "standing still"),
    "driving": ("driving", "driving past", "on the move"),
    "parked": ("parked", "parked up", "standing at the kerb"),
}
SCENE_WORDS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    ((), ("a view of a place", "a camera view of a place", "surveillance footage of an area", "an overview")),
    (("indoors",), ("indoors", "inside a building", "the inside of a building", "an indoor scene", "an interior")),
    (("outdoors",), ("outdoors", "outside", "an outdoor scene", "a place in the open air")),
    (("dark",), ("night", "at night", "a dark place", "a scene in the dark")),
    (("outdoors", "dark"), ("a street at night", "outside after dark", "a square by night")),
    (("nobody",), ("an empty place", "nobody is here", "no people", "a deserted place")),
    (("nobody", "no vehicle"), ("no people and no vehicles", "nothing is going on")),
    (("one person",), ("one person in view", "a lone person", "a single person in a place")),
    (("people",), ("some people", "a few people", "several people in view", "a group of people")),
    (("people", "outdoors"), ("people outdoors", "pedestrians outside")),
    (("people", "indoors"), ("people in a building", "people in a hall")),
    (("crowd",), ("a crowd", "a crowd of people", "many people walking", "a busy place")),
    (("traffic",), ("traffic", "several vehicles", "cars on a road", "a street with cars")),
    (("traffic", "nobody"), ("cars and nobody on foot",)),
    (("people", "traffic"), ("people and vehicles", "pedestrians and cars")),
    (("street",), ("a street", "a city street", "a pavement", "a town centre")),
    (("street", "crowd"), ("a crowded street", "a busy street with pedestrians")),
    (("road",), ("a road", "a highway", "a road seen from above", "a carriageway")),
    (("road", "traffic"), ("traffic on a road", "cars on a highway")),
    (("shop",), ("a shop", "a shop aisle", "the inside of a shop", "shelves in a store", "a supermarket")),
    (("shop", "people"), ("customers in a shop", "shoppers in an aisle")),
    (("warehouse",), ("a warehouse", "a factory floor", "a workplace", "an industrial hall")),
    (("path",), ("a path", "a foot path in a park", "a cycle path", "trees and grass")),
    (("car park",), ("a car park", "a parking lot", "parked cars")),
    (("room",), ("a room", "a laboratory", "a room with equipment", "an office room")),
)


@dataclass(frozen=True)
class Sentence:
    """Words, and the facts (of `facts.FACTS`) that they claim."""

    words: str
    claims: tuple[str, ...]


def sentences(seed: int) -> list[Sentence]:
    """Word everything that can be said in several ways; the same seed gives the same sentences."""
    rng = np.random.default_rng(seed)
    told = [
        *_people(rng),
        *_garments(rng),
        *_worn_together(rng),
        *_carried(rng),
        *_riders(rng),
        *_vehicles(rng),
        *_scenes(),
    ]
    return list({sentence.words: sentence for sentence in told}.values())


def _an(words: str) -> str:
    return ("an " if words[0] in "aeiou" or words.startswith("SUV") else "a ") + words


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def _someone(rng: np.random.Generator) -> str:
    noun = _pick(rng, PEOPLE)
    return noun if noun.startswith("some") else _an(noun)


def _wearing(rng: np.random.Generator) -> str:
    return _pick(rng, ("wearing", "in", "dressed in", "with"))


def _people(rng: np.random.Generator) -> list[Sentence]:
    """People at all, what they do, and the colours that they wear."""
    told = [Sentence(noun, ("person",)) for noun in (*PEOPLE, "people", "a person", "a human being", "a pedestrian")]
    told += [
        Sentence("long sleeves", ("person", "long sleeves")),
        Sentence("short sleeves", ("person", "short sleeves")),
        Sentence("a person with bare arms", ("person", "short sleeves")),
        Sentence("a person with bare legs", ("person", "short legs")),
        Sentence("a person with long sleeves", ("person", "long sleeves")),
        Sentence("a person in a dress", ("person", "dress")),
        Sentence("dress", ("person", "dress")),
    ]
    for action in ("walking", "standing"):
        for word in ACTION_WORDS[action]:
            told.append(Sentence(f"{_someone(rng)} {word}", ("person", action)))
        told.append(Sentence(action, ("person", action)))
    for colour, words in COLOUR_WORDS.items():
        upper, lower = f"upper {colour}", f"lower {colour}"
        for word, noun in product(words, ("top", "shirt", "jacket", "clothes above the waist")):
            told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {_an(f'{word} {noun}')}", ("person", upper)))
        for word in words:
            told.append(Sentence(f"{_someone(rng)} in {word}", ("person", upper)))
            told.append(Sentence(f"{word} top", ("person", upper)))
            told.append(Sentence(f"{_someone(rng)} all in {word}", ("person", upper, lower)))
            told.append(Sentence(f"{word} clothes", ("person", upper)))
            told.append(Sentence(f"{_an(f'{word} dress')}", ("person", "dress", upper)))
            for noun in ("trousers", "pants"):
                claims = ("person", lower, "long legs")
                told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {word} {noun}", claims))
            told.append(Sentence(f"{word} trousers", ("person", lower, "long legs")))
    return told


def _garments(rng: np.random.Generator) -> list[Sentence]:
    """Everything with one piece of clothing of a named kind."""
    told = []
    for colour, words in COLOUR_WORDS.items():
        upper, lower = f"upper {colour}", f"lower {colour}"
        for kind in UPPER:
            for noun in UPPER_WORDS[kind]:
                thing = _an(f"{_pick(rng, words)} {noun}")
                told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {thing}", ("person", upper, kind)))
            told.append(Sentence(f"{_pick(rng, words)} {UPPER_WORDS[kind][0]}", ("person", upper, kind)))
        for kind in LOWER:
            for noun in LOWER_WORDS[kind]:
                thing = f"{_pick(rng, words)} {noun}"
                told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {thing}", ("person", lower, kind)))
        for action in ("walking", "standing"):
            thing = _an(f"{_pick(rng, words)} top")
            word = _pick(rng, ACTION_WORDS[action])
            told.append(Sentence(f"{_someone(rng)} in {thing} {word}", ("person", upper, action)))
    for kinds, nouns in ((UPPER, UPPER_WORDS), (LOWER, LOWER_WORDS)):
        for kind in kinds:
            for noun in nouns[kind]:
                thing = _an(noun) if noun[-1] != "s" else noun
                told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {thing}", ("person", kind)))
                told.append(Sentence(noun, ("person", kind)))
    return told


def _worn_together(rng: np.random.Generator) -> list[Sentence]:
    told = []
    for above, below in product(COLOURS, COLOURS):
        claims: tuple[str, ...] = ("person", f"upper {above}", f"lower {below}")
        first, second = _pick(rng, COLOUR_WORDS[above]), _pick(rng, COLOUR_WORDS[below])
        told.append(Sentence(f"{_someone(rng)} in {_an(f'{first} top')} and {second} trousers", (*claims, "long legs")))
        told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {first} above and {second} below", claims))
        for _ in range(4):
            kind, under = _pick(rng, UPPER), _pick(rng, LOWER)
            thing = _an(f"{first} {_pick(rng, UPPER_WORDS[kind])}")
            below_it = f"{second} {_pick(rng, LOWER_WORDS[under])}"
            words = f"{_someone(rng)} {_wearing(rng)} {thing} and {below_it}"
            told.append(Sentence(words, (*claims, kind, under)))
    return told


def _carried(rng: np.random.Generator) -> list[Sentence]:
    """Hats, bags, vests, and being without them."""
    told = [
        Sentence("a person with a bag", ("person", "bag")),
        Sentence("bag", ("person", "bag")),
        Sentence("somebody carrying something", ("person", "bag")),
        Sentence("a person without a bag", ("person", "no bag")),
        Sentence("somebody carrying nothing", ("person", "no bag")),
        Sentence("a person with a hat", ("person", "hat")),
        Sentence("hat", ("person", "hat")),
        Sentence("a person with something on the head", ("person", "hat")),
        Sentence("a person without a hat", ("person", "no hat")),
        Sentence("a bare-headed person", ("person", "no hat")),
    ]
    for noun in ("hi-vis vest", "high-visibility vest", "safety vest", "hi-vis jacket"):
        told += [Sentence(noun, ("person", "hi-vis")), Sentence(f"a person in a {noun}", ("person", "hi-vis"))]
        for colour in ("yellow", "orange"):
            claims = ("person", "hi-vis", f"vest {colour}")
            told.append(Sentence(f"{_someone(rng)} {_wearing(rng)} {_an(f'{colour} {noun}')}", claims))
    told += [Sentence("a construction worker", ("person", "hi-vis")), Sentence("a worker", ("person", "hi-vis"))]
    for kinds, nouns, part in ((HATS, HAT_WORDS, "hat"), (BAGS, BAG_WORDS, "bag")):
        for kind in kinds:
            for noun in nouns[kind]:
                told.append(Sentence(noun, ("person", kind)))
                told.append(Sentence(f"{_someone(rng)} with {_an(noun)}", ("person", kind)))
                for colour in COLOURS:
                    claims = ("person", kind, f"{part} {colour}")
                    told.append(Sentence(f"{_someone(rng)} with {_an(f'{colour} {noun}')}", claims))
        for colour, other in product(COLOURS, COLOURS):
            kind = _pick(rng, kinds)
            thing = _an(f"{_pick(rng, COLOUR_WORDS[colour])} {_pick(rng, ('top', 'jacket', 'shirt'))}")
            noun = _pick(rng, nouns[kind])
            claims = ("person", f"upper {colour}", kind)
            told.append(Sentence(f"{_someone(rng)} in {thing} with {_an(noun)}", claims))
            words = f"{_someone(rng)} in {thing} with {_an(f'{other} {noun}')}"
            told.append(Sentence(words, (*claims, f"{part} {other}")))
    return told


def _riders(rng: np.random.Generator) -> list[Sentence]:
    told = []
    for kind, noun in (("bicycle", "cyclist"), ("motorcycle", "motorcyclist")):
        told += [Sentence(noun, ("rider", kind)), Sentence(_an(noun), ("rider", kind))]
        for word in VEHICLE_WORDS[kind]:
            told.append(Sentence(word, (kind,)))
            told.append(Sentence(_an(word), (kind,)))
            told.append(Sentence(f"{_someone(rng)} on {_an(word)}", ("rider", kind)))
            told.append(Sentence(f"{_someone(rng)} riding {_an(word)}", ("rider", kind)))
        for colour, words in COLOUR_WORDS.items():
            for word in words:
                told.append(Sentence(f"{_an(noun)} in {_an(f'{word} top')}", ("rider", kind, f"upper {colour}")))
                bike = _an(f"{word} {_pick(rng, VEHICLE_WORDS[kind])}")
                told.append(Sentence(f"{_someone(rng)} on {bike}", ("rider", kind, f"vehicle {colour}")))
                told.append(Sentence(bike, (kind, f"vehicle {colour}")))
        told.append(Sentence(f"{_an(noun)} with a helmet", ("rider", kind, "helmet")))
        told.append(Sentence(f"{_an(noun)} with a backpack", ("rider", kind, "backpack")))
    return [*told, Sentence("riding", ("rider",)), Sentence("a person riding", ("rider",))]


def _vehicles(rng: np.random.Generator) -> list[Sentence]:
    told = [
        Sentence(words, ("vehicle",)) for words in ("vehicle", "a vehicle", "a motor vehicle", "something on wheels")
    ]
    for kind in FOUR_WHEELED:
        for noun in VEHICLE_WORDS[kind]:
            claims: tuple[str, ...] = ("vehicle",) if noun == "vehicle" else (kind,)
            told += [Sentence(noun, claims), Sentence(_an(noun), claims)]
            for action in ("driving", "parked"):
                told.append(Sentence(f"{_an(noun)} {_pick(rng, ACTION_WORDS[action])}", (*claims, action)))
            for colour, words in VEHICLE_COLOUR_WORDS.items():
                painted = (*claims, f"vehicle {colour}")
                thing = f"{_pick(rng, words)} {noun}"
                told += [Sentence(thing, painted), Sentence(_an(f"{colour} {noun}"), painted)]
                told.append(Sentence(f"{_an(noun)} that is {_pick(rng, words)}", painted))
                for action in ("driving", "parked"):
                    thing = _an(f"{_pick(rng, words)} {noun}")
                    told.append(Sentence(f"{thing} {_pick(rng, ACTION_WORDS[action])}", (*painted, action)))
    return told


def _scenes() -> list[Sentence]:
    return [Sentence(words, ("scene", *claims)) for claims, several in SCENE_WORDS for words in several]
