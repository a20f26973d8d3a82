"""One subject of a question: whom it names, what they did, where and when, in the words of a person.

Verbs, lengths of stays and kinds of things are read here; days, times, places and attributes by the grammar of searches
(`sentence.read`). What no rule knows is told, never guessed around.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.question import Happening, QuestionKind, Refusal
from contracts.vocabulary import ATTRIBUTE_GROUPS, COLOURS, ObjectClass
from services.search.model.sentence import CLASS_WORDS, Part, Place, Reading, Wish, read

LOITER_SECONDS = 60.0
"""Staying this long is loitering where the question says no time."""


class QuestionRefused(Exception):  # noqa: N818  it is told to the person who asks, as a part of the answer
    """The question, or a part of it, cannot be answered."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code=code, message=message, advice=advice)


@dataclass(frozen=True)
class Spoken:
    """One subject of a question as it was said.

    Attributes:
        label: how the answer names one of them, such as `red car`.
        plural: how it names several.
        classes: of the objects; empty: any.
        vehicle_types: what attributes call the vehicles; empty: any.
        this: the object that the request shows.
        together: so many at the same time.
        at_least: so many in all.
        reading: times, places and attributes.
        places: the words that named places.
    """

    label: str
    plural: str
    classes: tuple[ObjectClass, ...]
    vehicle_types: tuple[str, ...]
    this: bool
    happening: Happening
    stayed_seconds: float | None
    together: int
    at_least: int
    reading: Reading
    places: tuple[str, ...]
    said_class: bool


# Verbs ----------------------------------------------------------------------------------------------------------------

_STAY = r"loiter(?:ed|ing|s)?|linger(?:ed|ing|s)?|(?:hang|hung|hanging|hangs) (?:around|about)|st[ao]nd(?:ing)? around"
_REMAIN = r"stay(?:ed|ing|s)?|remain(?:ed|ing|s)?|wait(?:ed|ing|s)?|sp[e]n[dt]|stood|stand(?:ing|s)?"
VERBS: Sequence[tuple[str, Happening]] = (
    (_STAY, Happening.STAYED),
    (r"le(?:ave|aves|aving|ft)|depart(?:ed|s|ing)?|exit(?:ed|s|ing)?|(?:go|goes|went|gone|going|walk|walked|drive|drove|"
     r"driven|driving|ride|rode) (?:away|off|out of|out)|(?:got|get) out(?: of)?|disappear(?:ed)?", Happening.LEFT),
    (r"arriv(?:e|ed|es|ing|al)|enter(?:ed|s|ing)?|(?:come|comes|came|coming|get|got|walk|walked|walking|drive|drove|driven|"
     r"ride|rode|go|went|going) (?:into|in|onto)(?= |$)|(?:show|showed|turn|turned) up|appear(?:ed|s)?|reach(?:ed|es)?|"
     r"(?:come|came|comes|get|got) (?:to|here)|pull(?:ed)? (?:up|in)", Happening.ARRIVED),
    (r"pass(?:ed|es|ing)?(?: by| through| along)?|(?:come|comes|came|coming|go|goes|went|gone|going|drive|drove|driven|"
     r"driving|walk|walked|walking|ride|rode|ridden|riding|run|ran|running|mov(?:e|ed|ing)) ?(?:through|past|by|across|"
     r"along|around)?|cross(?:ed|es|ing)?|use[ds]?|visit(?:ed|s)?|came?|cycled|"
     r"stop(?:ped|s|ping)?(?: by| at)?|turn(?:ed|s)?", Happening.PASSED),
)  # fmt: skip
"""What somebody did; the first that is found counts. All else is being in view."""

AMOUNT = r"(\d+(?:\.\d+)?|an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty)"
_LONG = (
    rf"(?:for )?(?:more than|longer than|over|at least|minimum|upwards of)? ?{AMOUNT} ?"
    r"(seconds?|secs?|s|minutes?|mins?|hours?|hrs?)(?: or (?:more|longer))?"
)
_AMOUNTS = {
    "a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0,
    "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0,
}  # fmt: skip

# Subjects -------------------------------------------------------------------------------------------------------------

_SYNONYMS: Sequence[tuple[str, str]] = (
    (r"(?:signs?|traces?) of", ""),
    (r"no[ -]one|not (?:anybody|anyone)", "nobody"),
    (r"every ?one|every ?body", "everybody"),
    (r"lorries|lorrys", "trucks"),
    (r"motorists|drivers", "vehicles"),
    (r"cyclist", "bicycle"),
    (r"cyclists|bikers", "bicycles"),
    (r"folks?|humans?|individuals?|pedestrians?|intruders?|persons", "people"),
    (r"automobiles?", "cars"),
    (r"high[ -]vis(?:ibility)?", "hi-vis"),
    (r"rucksack", "backpack"),
)
THIS = (
    r"(?:this|that|the same|the shown|the pictured) (?:person|individual|car|vehicle|truck|van|bus|bicycle|bike|"
    r"motorcycle|object|one)|(?:the )?(?:person|car|vehicle|one) (?:in the picture|in the photo|shown)|him|her|"
    r"them|they|he|she"
)
_ACTIVITY = r"(?:activity|movement|motion|traffic)"
ANYTHING = rf"anything|something|nothing|any (?:{_ACTIVITY}|objects?)|{_ACTIVITY}"
_VEHICLE_TYPES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("car", "cars", "sedan", "taxi", "taxis", "suv", "suvs"), ("car",)),
    **dict.fromkeys(("van", "vans", "minivan"), ("van",)),
    **dict.fromkeys(("truck", "trucks", "lorry", "lorries", "pickup", "pickups"), ("truck",)),
    **dict.fromkeys(("bus", "buses", "coach", "coaches"), ("bus",)),
}
_PLURALS = {
    "person": "people",
    "bus": "buses",
    "object": "objects",
}
_KINDS = next(group.values for group in ATTRIBUTE_GROUPS if group.key == "vehicle.type")
_WHEELS = (ObjectClass.CAR, ObjectClass.TRUCK, ObjectClass.BUS)
_FILLER_WORDS = """
a an the of to in at on by near for from with and or but is was were be been being are am did do does has have had
there here it its any some all one ones ever seen see sees saw show shows showed visible spotted detected recorded
noticed present around about that who which what when where how time times camera cameras footage video recording
recordings total altogether together just only also please during through past into out up down over then than tell
me we our us i you still yet caught view views anyone's so same place places location being as if whether happen
happened happening can could may might must would should sighting sightings appearance appearances different many
much side area go going wearing dressed carrying not per other else both outside inside within between after before
until till since onto across along get got take took long
again ever really completely entirely totally actually definitely exactly anywhere everywhere somewhere find found
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_PREPOSITION = r"(?:at|near|in|by|outside|inside|through|from|on|around|behind|into|to)"


def found_in(pattern: str, words: str) -> re.Match[str] | None:
    """The first place where whole words fit the pattern."""
    return re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", words)


def with_synonyms(words: str) -> str:
    """The words as the grammar of searches knows them."""
    for pattern, word in _SYNONYMS:
        words = re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", word, words)
    return words


def spoken_subject(
    words: str,
    now: datetime,
    places: Sequence[Place],
    shown: bool,
    *,
    who: bool = False,
    anything: bool = False,
    kind: QuestionKind = QuestionKind.EXISTENCE,
) -> tuple[Spoken, tuple[str, ...]]:
    """One subject with its verb, place and time. Raises QuestionRefused for words that are not understood."""
    assumptions: list[str] = []
    words, at_once = _at_once(with_synonyms(words))
    happening, stayed, words = _verb(words)
    if happening is Happening.STAYED and stayed is None:
        stayed = LOITER_SECONDS
        assumptions.append(f"Loitering is taken as staying in view for {LOITER_SECONDS:g} s or longer.")
    this, words = _this(words, shown)
    everything = found_in(ANYTHING, words)
    if everything is not None:
        words = words[: everything.start()] + " " + words[everything.end() :]
    reading = read(words, now=now, places=places)
    said = next((phrase.words for phrase in reading.phrases if phrase.part is Part.CLASS), None)
    classes, types, left, named = _objects(reading, said)
    reading, classes, types, but = _without_classes(reading, classes, types)
    reading, more = _worn(replace(reading, text=left))
    assumptions += more
    if reading.without:
        raise QuestionRefused(
            "unknown_words",
            f'It is not known how to tell who is without "{reading.without[0]}".',
            "Ask without it, or use a search, which can look for any words.",
        )
    _refuse_unknown(reading.text, places)
    if said is None and not this and everything is None:
        person = who or any(wish.attribute.startswith("person.") for wish in reading.attributes)
        if person:
            classes, said = (ObjectClass.PERSON,), "person"
        elif any(wish.attribute.startswith("vehicle.") for wish in reading.attributes):
            said = "vehicle"
        elif not anything and kind is not QuestionKind.LIST:
            raise QuestionRefused(
                "no_subject",
                "The question does not say who or what is looked for.",
                "Name people, cars, trucks, vans, buses, bicycles or motorcycles, or ask for anything.",
            )
    words_of: Sequence[str | None] = named or [said]
    labels = [_label(one, reading.attributes) for one in words_of]
    label = ("this object" if this else " or ".join(labels)) + but
    return (
        Spoken(
            label=label,
            plural=label if this else " or ".join(_plural(one) for one in labels) + but,
            classes=classes,
            vehicle_types=types,
            this=this,
            happening=happening,
            stayed_seconds=stayed,
            together=reading.count if at_once else 1,
            at_least=1 if at_once else reading.count,
            reading=reading,
            places=tuple(phrase.words for phrase in reading.phrases if phrase.part is Part.PLACE),
            said_class=said is not None or this or everything is not None,
        ),
        tuple(assumptions),
    )


def _verb(words: str) -> tuple[Happening, float | None, str]:
    """What must have happened, for how long, and the words without the verb. A place often follows the verb without a
    preposition ("entered the lobby"), so that one is put in the verb's place."""
    stayed: float | None = None
    long = found_in(_LONG, words)
    stay = found_in(f"{_STAY}|{_REMAIN}", words)
    told = long is not None and (
        stay is not None or re.match(r"for |more than|longer than|over|at least", long.group(0))
    )
    if told and long is not None and not re.search(r"(?:last|past|every|ago) *$", words[: long.start()]):
        after = words[long.end() :]
        if not re.match(r" ago", after):
            stayed = _seconds(long.group(1), long.group(2))
            words = f"{words[: long.start()]} {after}"
    for pattern, happening in VERBS:
        found = found_in(pattern, words)
        if found is not None:
            words = f"{words[: found.start()]} at {words[found.end() :]}"
            return (Happening.STAYED if stayed is not None else happening), stayed, " ".join(words.split())
    remains = found_in(rf"{_REMAIN}|parked", words)
    if remains is not None:
        words = f"{words[: remains.start()]} {words[remains.end() :]}"
    if stayed is not None:
        return Happening.STAYED, stayed, " ".join(words.split())
    return Happening.IN_VIEW, None, " ".join(words.split())


def _at_once(words: str) -> tuple[str, bool]:
    """Whether several must have been there at the same time; without such words they are counted over all the time."""
    found = found_in(r"at once|at the same (?:time|moment)|simultaneously|together|side by side", words)
    words = re.sub(r"(?<![\w-])(\w+) or more(?= )", r"at least \1", words)
    if found is None:
        return words, False
    words = re.sub(rf"(?<![\w-]){re.escape(found.group(0))}(?![\w-])", " ", words)
    return " ".join(words.split()), True


def _seconds(amount: str, unit: str) -> float:
    number = _AMOUNTS.get(amount)
    scale = {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]]
    return (float(amount) if number is None else number) * scale


def _this(words: str, shown: bool) -> tuple[bool, str]:
    found = found_in(THIS, words)
    if found is None:
        return False, words
    if not shown:
        raise QuestionRefused(
            "unknown_track",
            f'It is not said whom "{found.group(0)}" means.',
            "Send the id of a track, or a picture, with the question.",
        )
    return True, f"{words[: found.start()]} {words[found.end() :]}"


def _objects(reading: Reading, said: str | None) -> tuple[tuple[ObjectClass, ...], tuple[str, ...], str, list[str]]:
    """Classes and vehicle types of the words, the words left, and those that named things; several where they are
    joined: "cars and trucks"."""
    left = reading.text
    named = [said] if said is not None else []
    if said is not None:
        for found in re.finditer(r"[\w-]+", left):
            if found.group(0) in CLASS_WORDS and found.group(0) not in named and _joins(left, said, found):
                named.append(found.group(0))
    classes: list[ObjectClass] = []
    types: list[str] = []
    for word in named:
        if word in _VEHICLE_TYPES:
            types += _VEHICLE_TYPES[word]
            classes += _WHEELS
        elif word in {"vehicle", "vehicles"}:
            classes += [*_WHEELS, ObjectClass.MOTORCYCLE]
        else:
            classes.append(CLASS_WORDS[word][0])
        left = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", " ", left)
    if len(named) > 1 and types and not all(word in _VEHICLE_TYPES for word in named):
        # A mixture with people or motorcycles: by class alone.
        types = []
    return tuple(dict.fromkeys(classes)), tuple(dict.fromkeys(types)), " ".join(left.split()), named


def _without_classes(
    reading: Reading, classes: tuple[ObjectClass, ...], types: tuple[str, ...]
) -> tuple[Reading, tuple[ObjectClass, ...], tuple[str, ...], str]:
    """Classes and vehicle types without those that are left out, and how the answer says that."""
    kinds = [kind for what in reading.without for kind in _VEHICLE_TYPES.get(what, ())]
    reading = replace(reading, without=tuple(what for what in reading.without if what not in _VEHICLE_TYPES))
    out = [one for one in reading.without_classes if not classes or one in classes]
    if not out and not kinds:
        return reading, classes, types, ""
    names = [one.value for one in out] + kinds
    left = tuple(one for one in classes or tuple(ObjectClass) if one not in out)
    if kinds or (classes and any(one in _WHEELS for one in out)):
        # Of vehicles the attributes' word for their kind decides: the detector takes a van for a car and for a truck.
        types = tuple(one for one in types or _KINDS if one not in names)
        left = classes or (*_WHEELS, ObjectClass.MOTORCYCLE, ObjectClass.BICYCLE)
    if not left or (not types and left == classes):
        raise QuestionRefused("no_subject", "All that the question names is left out again.", "Leave something in it.")
    return reading, left, types, f" other than {' and '.join(_plural(one) for one in names)}"


def _joins(words: str, said: str, other: re.Match[str]) -> bool:
    between = words[words.find(said) + len(said) : other.start()]
    return re.fullmatch(r"(?:[\w-]*,? ?)?(?:,| and| or)+ ?(?:any |the )?", between) is not None


def _worn(reading: Reading) -> tuple[Reading, list[str]]:
    """`in red` is said of clothes, without saying which: taken as the upper ones. Words of attributes leave
    the text."""
    left = reading.text
    for phrase in reading.phrases:
        if phrase.part is Part.ATTRIBUTE:
            for word in phrase.words.split():
                left = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", " ", left, count=1)
    left = " ".join(left.split())
    assumptions: list[str] = []
    found = found_in(
        rf"(?:in|wearing|dressed in) (?:all )?({'|'.join(COLOURS)}|gray|navy)(?: clothes| clothing)?", left
    )
    if found is not None:
        colour = {"gray": "grey", "navy": "blue"}.get(found.group(1), found.group(1))
        reading = replace(reading, attributes=(*reading.attributes, Wish("person.upper_colour", colour)))
        left = f"{left[: found.start()]} {left[found.end() :]}"
        assumptions.append(f'"In {colour}" is taken as {colour} upper clothing.')
    return replace(reading, text=" ".join(left.split())), assumptions


def _refuse_unknown(left: str, places: Sequence[Place]) -> None:
    tokens = [token for token in re.findall(r"[\w'-]+", left) if token not in _FILLERS]
    if not tokens:
        return
    at = re.search(
        rf"(?<![\w-]){_PREPOSITION} (?:the |camera |site |zone )*((?:{'|'.join(map(re.escape, tokens))})[\w' -]*)", left
    )
    if at is not None:
        place = " ".join(word for word in at.group(1).split() if word not in _FILLERS) or at.group(1).strip()
        names = sorted({one.name for one in places})
        known = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        raise QuestionRefused(
            "unknown_place",
            f'There is no camera, site or zone "{place}".',
            f"Use one of these names: {known}." if names else "Register a camera first.",
        )
    unknown = " ".join(dict.fromkeys(tokens))
    raise QuestionRefused(
        "unknown_words",
        f'It is not known how to observe "{unknown}".',
        "Ask for people or vehicles, their colours, hats, bags and backpacks, places and times; a search can look for"
        " any words.",
    )


# Labels ---------------------------------------------------------------------------------------------------------------

_WORN = {
    "person.hat": "a hat",
    "person.bag": "a bag",
    "person.backpack": "a backpack",
    "person.hi_vis": "a hi-vis vest",
}


def _label(said: str | None, attributes: Sequence[Wish]) -> str:
    """`red car`, `person with a hat and without a bag`."""
    noun = "object"
    if said is not None:
        noun = next((one for one, many in _PLURALS.items() if said in (one, many)), said)
        if noun in CLASS_WORDS and CLASS_WORDS[noun][0] is ObjectClass.PERSON:
            noun = "person"
        elif noun in {"lorry", "lorries"}:
            noun = "truck"
        elif noun.endswith("s") and noun[:-1] in CLASS_WORDS:
            noun = noun[:-1]
    before: list[str] = []
    after: list[str] = []
    for wish in attributes:
        joint = "with" if wish.wanted else "without"
        if wish.attribute == "vehicle.colour":
            before.append(wish.value if wish.wanted else f"non-{wish.value}")
        elif wish.attribute in _WORN:
            wanted = wish.wanted == (wish.value == "yes")
            after.append(f"{'with' if wanted else 'without'} {_WORN[wish.attribute]}")
        elif wish.attribute.endswith("_colour"):
            part = "upper" if wish.attribute == "person.upper_colour" else "lower"
            after.append(f"{joint} {wish.value} {part} clothing")
        else:
            part = "sleeves" if wish.attribute == "person.sleeves" else "trouser legs"
            after.append(f"{joint} {wish.value} {part}")
    return " ".join([*before, noun, " and ".join(after)]).strip()


def _plural(label: str) -> str:
    words = label.split()
    place = next((number for number, word in enumerate(words) if word in {"with", "without"}), len(words)) - 1
    noun = words[place]
    words[place] = _PLURALS.get(noun, noun if noun.endswith("s") else f"{noun}s")
    return " ".join(words)
