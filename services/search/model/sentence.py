"""Reading a sentence: which of its words mean filters, and what is left to look for by likeness.

The grammar is this file and `sentence_times`: phrases as regular expressions over plain words (`sentence_words`), tried
in the order of `read`. Whatever no rule knows stays in the text that the language model encodes. Nothing in a sentence
is executed; it only fills `Reading`. English. Names by `rapidfuzz` (misspelt ones too).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from rapidfuzz import fuzz

from contracts.vocabulary import ObjectClass
from services.search.model.reading import DayTime, Part, Phrase, Place, Reading, Wish
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_times import number_of, read_times
from services.search.model.sentence_words import (
    CLASS_WORDS,
    COLOUR_WORDS,
    FIXTURES,
    LOWER,
    NUMBERS,
    SIGNS,
    THINGS,
    UPPER,
)

__all__ = ["CLASS_WORDS", "DayTime", "Part", "Phrase", "Place", "Reading", "Wish", "read"]

NAME_LIKENESS = 84.0
"""From this share on (Indel similarity in percent, `rapidfuzz.fuzz.ratio`) a word counts as a misspelt name."""


# The phrases ----------------------------------------------------------------------------------------------------------

_NOT = (
    r"(?:(?:and |but )?(?:not|never)(?: counting| including)?|except(?: for)?|excluding|other than|apart from|away from"
    r"|leaving out|(?:any|every)where (?:but|except))"
)
_AT = r"(?:at|near|in|by|on|outside|inside|from|around|through|behind|next to|close to|in front of|entering|leaving)"
_STOP = (
    r"(?= and| but| wearing| carrying| holding| with| at| in| on| near| from| who| that| was| were| is| are| did| came"
    r"| passed|,|\.|\?|\s{2}|\s*$)"
)
_ARTICLE = r"(?:the |a |an |any |some )?"


def read(sentence: str, *, now: datetime, places: Sequence[Place] = ()) -> Reading:
    """Reads a sentence.

    Args:
        sentence: as typed.
        now: the caller's time, with their zone: days and dates are theirs.
        places: the names of the cameras and sites that the caller may see.
    """
    draft = Draft(" ".join(sentence.lower().split()), now)
    read_times(draft)
    _places(draft, places)
    _count(draft)
    _exclusions(draft)
    _classes(draft)
    _attributes(draft)
    phrases = tuple(phrase for _, phrase in sorted(draft.taken, key=lambda one: one[0]))
    return replace(draft.reading, text=_tidied(draft.words), phrases=phrases)


# Places ---------------------------------------------------------------------------------------------------------------


def _places(draft: Draft, places: Sequence[Place]) -> None:
    wanted: list[UUID] = []
    unwanted: list[UUID] = []
    zones: list[UUID] = []
    without_zones: list[UUID] = []
    while (best := _nearest_place(draft.words, places) or _part_of_a_name(draft.words, places)) is not None:
        found, place = best
        drawn = bool(place.zone_ids)
        # Outside a zone is where it is not; outside a door is what its camera sees.
        negated = re.match(rf"{_NOT}|outside(?= )" if drawn else _NOT, found.group(0)) is not None
        if drawn:
            (without_zones if negated else zones).extend(place.zone_ids)
        else:
            (unwanted if negated else wanted).extend(place.camera_ids)
        draft.take(found, Part.PLACE)
    draft.note(
        camera_ids=tuple(dict.fromkeys(wanted)) if wanted else None,
        without_camera_ids=tuple(dict.fromkeys(unwanted)),
        zone_ids=tuple(dict.fromkeys(zones)),
        without_zone_ids=tuple(dict.fromkeys(without_zones)),
    )


def _nearest_place(words: str, places: Sequence[Place]) -> tuple[re.Match[str], Place] | None:
    """The stretch of words after a preposition, or the bare exact name, that is most like a place's name."""
    best: tuple[float, re.Match[str], Place] | None = None
    for place in places:
        name = " ".join(place.name.lower().replace("-", " ").replace("_", " ").split())
        length = len(name.split())
        spoken = rf"((?:{_NOT} (?:{_AT} )?|{_AT} )(?:the |camera |site )*)"
        for start in re.finditer(rf"(?<![\w-]){spoken}", words):
            for count in (length + 1, length, length - 1):
                found = (
                    re.compile(rf"{spoken}((?:[\w'-]+ ?){{{count}}})(?![\w-])").match(words, start.start())
                    if count
                    else None
                )
                if found is None:
                    continue
                said = " ".join(found.group(2).replace("-", " ").split())
                likeness = fuzz.ratio(said, name) if _digits(said) == _digits(name) else 0.0
                if likeness >= NAME_LIKENESS and (best is None or likeness > best[0]):
                    best = (likeness, found, place)
        exact = re.search(rf"(?<![\w-])(?:{_NOT} )?{re.escape(name)}(?![\w-])", words)
        if exact is not None and best is None and len(name) > 3 and name not in CLASS_WORDS:
            best = (100.0, exact, place)
    return None if best is None else best[1:]


def _part_of_a_name(words: str, places: Sequence[Place]) -> tuple[re.Match[str], Place] | None:
    """`in the lobby` where one place alone begins so, as "lobby-door" does, and no noun follows that it belongs to."""
    firsts: dict[str, list[Place]] = {}
    for place in places:
        name = re.split(r"[\s_-]+", place.name.lower())
        if len(name) > 1 and len(name[0]) > 3 and name[0] not in CLASS_WORDS and name[0] not in COLOUR_WORDS:
            firsts.setdefault(name[0], []).append(place)
    for first, own in firsts.items():
        spoken = rf"(?<![\w-])(?:{_NOT} (?:{_AT} )?|{_AT} )(?:the |camera |site )*{re.escape(first)}{_STOP}"
        found = re.search(spoken, words) if len(own) == 1 else None
        if found is not None:
            return found, own[0]
    return None


def _digits(words: str) -> list[str]:
    return re.findall(r"\d+", words)


# Objects --------------------------------------------------------------------------------------------------------------


def _count(draft: Draft) -> None:
    number = rf"(?:at least |more than )?(?:(\d+)|({any_of(NUMBERS)})|(?:a )?(group|crowd)s? of)"
    found = draft.find(rf"{number}(?= (?:[\w-]+ )?{any_of(CLASS_WORDS)}(?![\w-]))")
    if found is None:
        return
    count = 3 if found.group(3) else number_of(found.group(1) or found.group(2))
    draft.note(count=count + (1 if found.group(0).startswith("more than") else 0))
    draft.take(found, Part.COUNT)


def _exclusions(draft: Draft) -> None:
    start = (
        r"(?:without|with no|(?:and |but )?(?:(?:did|do|does) )?(?:not|never) (?:wear|carry|hold|hav)(?:e|ing)?"
        r"|wearing no|carrying no"
        rf"|{_NOT}|no(?! {any_of(SIGNS)}))"
    )
    while (found := draft.find(rf"{start} {_ARTICLE}(\w[\w' -]*?){_STOP}")) is not None:
        for what in re.split(r" or ", found.group(1)):
            _exclude(draft, re.sub(rf"^{_ARTICLE}", "", what.strip()))
        draft.take(found, Part.EXCLUSION)


def _exclude(draft: Draft, what: str) -> None:
    wish = _attribute_of(what) or _colour_of(what, draft)
    # "Without a yellow hat" allows a blue one, which an attribute of hats alone cannot say.
    if wish is not None and not (wish.value == "yes" and len(what.split()) > 1):
        draft.note(attributes=(*draft.reading.attributes, replace(wish, wanted=False)))
    elif what in CLASS_WORDS and not what.startswith(("van", "minivan")):
        # A van is no class of its own: without the detector's word for it cars would be left out, too.
        draft.note(without_classes=(*draft.reading.without_classes, CLASS_WORDS[what][0]))
    else:
        draft.note(without=(*draft.reading.without, what))


def _colour_of(what: str, draft: Draft) -> Wish | None:
    """A colour alone is that of the vehicle that the sentence is about, or of what the person wears above."""
    colour = COLOUR_WORDS.get(what.removeprefix("in ").removeprefix("wearing "))
    found = draft.find(any_of(CLASS_WORDS))
    if colour is None or found is None:
        return None
    person = CLASS_WORDS[found.group(0)][0] is ObjectClass.PERSON
    return Wish("person.upper_colour" if person else "vehicle.colour", colour)


def _classes(draft: Draft) -> None:
    found = draft.find(rf"{any_of(CLASS_WORDS)}(?! {any_of(FIXTURES)})")
    if found is not None:
        draft.note(classes=CLASS_WORDS[found.group(0)])
        draft.take(found, Part.CLASS, keep=True)


def _attributes(draft: Draft) -> None:
    """What describes an object also stays in the text: a network may have missed the attribute."""
    colour = any_of(COLOUR_WORDS)
    garments = any_of((*UPPER, *LOWER))
    for pattern in (
        rf"{colour} (?:[a-z-]+ )?{garments}",
        rf"{colour} {any_of(word for word, classes in CLASS_WORDS.items() if classes[0] is not ObjectClass.PERSON)}",
        rf"(?:with|wearing|carrying|has|holding|in) {_ARTICLE}(?:[a-z]+ )?{any_of(THINGS)}",
        r"(?:short|long)[ -]sleeve[sd]?|shorts|t-shirt",
    ):
        found = draft.find(pattern)
        wish = None if found is None else _attribute_of(found.group(0))
        if found is not None and wish is not None:
            draft.note(attributes=(*draft.reading.attributes, wish))
            draft.take(found, Part.ATTRIBUTE, keep=True)
            _joined(draft, found.end())


def _joined(draft: Draft, end: int) -> None:
    """`with a hat and a backpack`: what else is worn."""
    more = re.compile(rf",? and {_ARTICLE}((?:[a-z]+ )?{any_of(THINGS)})(?![\w-])")
    while (found := more.match(draft.words, end)) is not None:
        wish = _attribute_of(found.group(1))
        if wish is not None:
            draft.note(attributes=(*draft.reading.attributes, wish))
        draft.take(found, Part.ATTRIBUTE, keep=True)
        end = found.end()


def _attribute_of(words: str) -> Wish | None:
    """`red jacket`, `hat`, `blue car`, `short sleeves`."""
    tokens = words.split()
    colour = next((COLOUR_WORDS[token] for token in tokens if token in COLOUR_WORDS), None)
    last = tokens[-1] if tokens else ""
    thing = next((THINGS[name] for name in (" ".join(tokens[-2:]), last) if name in THINGS), None)
    if thing is not None:
        return Wish(thing, "yes")
    if colour is not None and last in UPPER:
        return Wish("person.upper_colour", colour)
    if colour is not None and last in LOWER:
        return Wish("person.lower_colour", colour)
    if colour is not None and last in CLASS_WORDS and CLASS_WORDS[last][0] is not ObjectClass.PERSON:
        return Wish("vehicle.colour", colour)
    if "sleeve" in words or last == "t-shirt":
        return Wish("person.sleeves", "long" if words.startswith("long") else "short")
    return Wish("person.legs", "short") if last == "shorts" else None


def _tidied(words: str) -> str:
    """What is left, without the joints of what was taken."""
    words = " ".join(words.split())
    loose = r"(?:(?:that|who|which) (?:is|are|was|were)|and|or|but|on|at|in|from|the|of|,|\.|\?|!|:|;)"
    previous = None
    while previous != words:
        previous = words
        words = re.sub(rf"^(?:{loose}(?:\s|$))+|(?:\s{loose}|[,.?!:;])+$", "", words).strip()
        words = re.sub(r"\s+([,.?!])", r"\1", words)
    return words
