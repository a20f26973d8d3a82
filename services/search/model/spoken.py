"""One subject of a question: whom it names, what they did, where and when, in the words of a person.

Kinds of things are read here, what they did by `spoken_verbs`; days, times, places and attributes by the grammar of
searches (`sentence.read`). What no rule knows is told, never guessed around.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.question import Happening, Moving, QuestionKind
from contracts.vocabulary import ATTRIBUTE_GROUPS, COLOURS, ObjectClass
from services.search.model.refused import QuestionRefused, found_in
from services.search.model.sentence import CLASS_WORDS, Part, Place, Reading, Wish, read
from services.search.model.sentence_words import COLOUR_WORDS
from services.search.model.spoken_verbs import VERBS, at_once, back, moving, verb

LOITER_SECONDS = 60.0
"""Staying this long is loitering where the question says no time."""


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
    moving: Moving | None
    stayed_seconds: float | None
    stayed_less_seconds: float | None
    together: int
    at_least: int
    reading: Reading
    places: tuple[str, ...]
    said_class: bool


# Subjects -------------------------------------------------------------------------------------------------------------

_SYNONYMS: Sequence[tuple[str, str]] = (
    (r"(?:signs?|traces?) of", ""),
    (r"no[ -]one|not (?:anybody|anyone)", "nobody"),
    (r"arrivals|entries", "anything arriving"),
    (r"departures|exits", "anything leaving"),
    (r"besides|aside from", "except"),
    (r"wore|wears?|dressed in", "wearing"),
    (r"carries|carried", "carrying"),
    (r"c[ao]me and (?:go|went)", "pass"),
    (r"bloke|chap|fella", "person"),
    (r"blokes|chaps|fellas", "people"),
    (r"(jacket|coat|shirt|t-shirt|sweater|jumper|hoodie|top|blouse|cardigan|pullover|vest)s", r"\1"),
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
    **dict.fromkeys(("truck", "trucks", "lorry", "lorries", "hgv", "hgvs", "pickup", "pickups"), ("truck",)),
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
recordings total altogether just only also please during through past into out up down over then tell
me we our us i you yet caught view views anyone's so same place places location being as if whether happen
happened happening can could may might must would should sighting sightings appearance appearances different many
much side area go going wearing dressed carrying other else outside inside
onto across along get got take took long
again ever really completely entirely totally actually definitely exactly anywhere everywhere somewhere find found
generally overall altogether single perhaps maybe possibly basically moment point stage cctv feed feeds tape tapes
screen order even already inside it's got had let's point points make makes made
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_PLACE_NOUNS = frozenset(["zone", "area", "spot", "section"])
"""They may follow the name of a zone; without a name they name none."""
_BEFORE_PLACE = (
    *(
        "at",
        "near",
        "in",
        "by",
        "on",
        "outside",
        "inside",
        "within",
        "from",
        "around",
        "through",
        "behind",
        "beside",
        "to",
    ),
    *("across", "past", "along", "via", "opposite", "onto", "into", "toward", "towards", "of", "for", "not", "except"),
    *("excluding", "than", "but", "or", "and", "entering", "leaving", "crossing", "passing", "counting", "including"),
)
"""After one of these a place's name needs no other preposition."""
_PREPOSITION = r"(?:at|near|in|by|outside|inside|through|from|on|around|behind|into|to)"


def _placed(words: str, places: Sequence[Place]) -> str:
    """`the yard had three vans` as `at the yard had three vans`: in a question a place's name means the place."""
    for place in places:
        name = r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", place.name.lower()) if part)
        joint = rf"(?<!{')(?<!'.join(f' {one} ' for one in _BEFORE_PLACE)})"
        words = re.sub(rf"{joint}(?<=[ ,])(the {name})(?![\w-])", r"at \1", f" {words}").strip()
    return words


def is_known(word: str) -> bool:
    """Whether it is a word that questions know as a filler or a verb."""
    return word in _FILLERS or any(re.fullmatch(pattern, word) for pattern, _ in (*VERBS, *_SYNONYMS))


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
    words, together = at_once(with_synonyms(words))
    words, assumed = back(words)
    assumptions += assumed
    words, colours = _alternatives(words)
    words, way = moving(words)
    if way is not None:
        assumptions.append("Where somebody goes is told by where the track begins and ends in the picture.")
    happening, (stayed, less), words = verb(words)
    if happening is Happening.STAYED and stayed is None and less is None:
        stayed = LOITER_SECONDS
        assumptions.append(f"Loitering is taken as staying in view for {LOITER_SECONDS:g} s or longer.")
    this, words = _this(words, shown)
    everything = found_in(ANYTHING, words)
    if everything is not None:
        words = words[: everything.start()] + " " + words[everything.end() :]
    reading = read(_placed(words, places), now=now, places=places)
    said = next((phrase.words for phrase in reading.phrases if phrase.part is Part.CLASS), None)
    classes, types, left, named = _objects(reading, said)
    reading, classes, types, but = _without_classes(reading, classes, types)
    reading, more = _worn(replace(reading, text=left))
    assumptions += more
    _refuse_mixed(reading, named)
    reading = _either_colour(reading, colours)
    # What the grammar of searches alone can look for must not be dropped: half a question would be answered.
    moved = next((phrase.words for phrase in reading.phrases if phrase.part.value == "movement"), None)
    if moved is not None:
        raise QuestionRefused(
            "unknown_words",
            f'It is not known how to tell who was "{moved}".',
            "Ask for who goes left, right, towards the camera or away, or use a search.",
        )
    if reading.without:
        raise QuestionRefused(
            "unknown_words",
            f'It is not known how to tell who is without "{reading.without[0]}".',
            "Ask without it, or use a search, which can look for any words.",
        )
    _refuse_unknown(reading, places)
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
    _refuse_unfit(classes, reading, said)
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
            moving=way,
            stayed_seconds=stayed,
            stayed_less_seconds=less,
            together=reading.count if together else 1,
            at_least=1 if together else reading.count,
            reading=reading,
            places=tuple(phrase.words for phrase in reading.phrases if phrase.part is Part.PLACE),
            said_class=said is not None or this or everything is not None,
        ),
        tuple(assumptions),
    )


def _alternatives(words: str) -> tuple[str, dict[str, str]]:
    """`red or orange top` as `orange top`, and that it may be red as well."""
    colour = "|".join(COLOUR_WORDS)
    found = found_in(rf"({colour})(?:-coloured|-colored)? or ({colour})", words)
    if found is None:
        return words, {}
    one, other = found.groups()
    return f"{words[: found.start()]}{other}{words[found.end() :]}", {COLOUR_WORDS[other]: COLOUR_WORDS[one]}


def _either_colour(reading: Reading, colours: Mapping[str, str]) -> Reading:
    more = [
        Wish(wish.attribute, colours[wish.value])
        for wish in reading.attributes
        if wish.wanted and wish.attribute.endswith("colour") and wish.value in colours
    ]
    if colours and not more:
        words = " or ".join([*colours.values(), *colours])
        raise QuestionRefused(
            "unknown_words", f'It is not said what is "{words}".', 'Name it, as in "a red or orange top".'
        )
    return replace(reading, attributes=(*reading.attributes, *more))


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


def _refuse_mixed(reading: Reading, named: Sequence[str]) -> None:
    """`a red car or a blue van` are two subjects with a colour each, which one search cannot tell apart."""
    wanted = [wish for wish in reading.attributes if wish.wanted]
    if len(named) > 1 and len(wanted) > len({wish.attribute for wish in wanted}):
        raise QuestionRefused(
            "unknown_words",
            f"It is not known how to look for {' and '.join(named)} of several colours at once.",
            "Ask for one of them at a time.",
        )


def _refuse_unknown(reading: Reading, places: Sequence[Place]) -> None:
    left = reading.text
    named = any(phrase.part is Part.PLACE for phrase in reading.phrases)
    known = _FILLERS | _PLACE_NOUNS if named else _FILLERS
    tokens = [token for token in re.findall(r"[\w'-]+", left) if token not in known]
    if not tokens:
        return
    at = re.search(
        rf"(?<![\w-]){_PREPOSITION} (?:the |camera |site |zone )*((?:{'|'.join(map(re.escape, tokens))})[\w' -]*)", left
    )
    if at is not None:
        place = " ".join(word for word in at.group(1).split() if word not in known) or at.group(1).strip()
        names = sorted({one.name for one in places})
        listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        raise QuestionRefused(
            "unknown_place",
            f'There is no camera, site or zone "{place}".',
            f"Use one of these names: {listed}." if names else "Register a camera first.",
        )
    unknown = " ".join(dict.fromkeys(tokens))
    raise QuestionRefused(
        "unknown_words",
        f'It is not known how to observe "{unknown}".',
        "Ask for people or vehicles, their colours, hats, bags and backpacks, places and times; a search can look for"
        " any words.",
    )


def _refuse_unfit(classes: Sequence[ObjectClass], reading: Reading, said: str | None) -> None:
    """Nothing is known of a hat on a bicycle: who rides it is another track."""
    subjects = {"person" if one is ObjectClass.PERSON else "vehicle" for one in classes}
    for wish in reading.attributes:
        of, what = wish.attribute.split(".")
        if subjects and of not in subjects:
            raise QuestionRefused(
                "not_observed",
                f"The {what.replace('_', ' ')} of a {said or of} is not observed: that is said of a {of} alone.",
                f"Ask for a {of}, or leave it out.",
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
        others = [one.value for one in attributes if one.wanted and one.attribute == wish.attribute]
        value = wish.value
        if wish.wanted and len(others) > 1:
            if wish.value != others[0]:
                continue
            value = " or ".join(others)
        if wish.attribute == "vehicle.colour":
            before.append(value if wish.wanted else f"non-{value}")
        elif wish.attribute in _WORN:
            wanted = wish.wanted == (wish.value == "yes")
            after.append(f"{'with' if wanted else 'without'} {_WORN[wish.attribute]}")
        elif wish.attribute.endswith("_colour"):
            part = "upper" if wish.attribute == "person.upper_colour" else "lower"
            after.append(f"{joint} {value} {part} clothing")
        else:
            part = "sleeves" if wish.attribute == "person.sleeves" else "trouser legs"
            after.append(f"{joint} {value} {part}")
    return " ".join([*before, noun, " and ".join(after)]).strip()


def _plural(label: str) -> str:
    words = label.split()
    place = next((number for number, word in enumerate(words) if word in {"with", "without"}), len(words)) - 1
    noun = words[place]
    words[place] = _PLURALS.get(noun, noun if noun.endswith("s") else f"{noun}s")
    return " ".join(words)
