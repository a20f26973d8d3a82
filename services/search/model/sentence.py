"""Reading a sentence: which of its words mean filters, and what is left to look for by likeness.

The grammar is this file: phrases as regular expressions over plain words (`sentence_words`), tried in the order of
`read`. Whatever no rule knows stays in the text that the language model encodes. Nothing in a sentence is executed; it
only fills `Reading`. English. Days and dates by `dateparser`, names by `rapidfuzz` (misspelt ones too).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import dateparser
from rapidfuzz import fuzz

from contracts.vocabulary import ObjectClass
from services.search.model.reading import DayTime, Part, Phrase, Place, Reading, Wish
from services.search.model.sentence_words import (
    CLASS_WORDS,
    COLOUR_WORDS,
    FIXTURES,
    LOWER,
    NUMBERS,
    PARTS_OF_DAY,
    SIGNS,
    THINGS,
    UPPER,
    WEEKDAYS,
)

__all__ = ["CLASS_WORDS", "DayTime", "Part", "Phrase", "Place", "Reading", "Wish", "read"]

NAME_LIKENESS = 84.0
"""From this share on (Indel similarity in percent, `rapidfuzz.fuzz.ratio`) a word counts as a misspelt name."""


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


# The phrases ----------------------------------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = (
    r"(?:(?:the )?day before yesterday|today|yesterday|\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
    rf"|(?:last |this )?{_any(WEEKDAYS)}|(?:the )?{_DAY_NUMBER} (?:of )?{_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH} {_DAY_NUMBER}(?:,? \d{{4}})?|(?:\d+|{_any(NUMBERS)}|a) days? ago)"
)
_PART = _any(PARTS_OF_DAY)
_SURE_CLOCK = r"(?:\d{1,2}(?:[:.]\d{2})? ?(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}:\d{2}|\d{1,2} o'clock|noon|midnight)"
_CLOCK = rf"(?:{_SURE_CLOCK}|\d{{1,2}})"
_NOT = r"(?:but not|not|except(?: for)?|excluding|other than)"
_AT = r"(?:at|near|in|by|on|outside|inside|from|around|through|behind|next to|close to|in front of|entering|leaving)"
_ARTICLE = r"(?:the |a |an |any |some )?"
_UNIT = r"(?:minute|hour|day|week)"


@dataclass
class _Draft:
    """The sentence while it is read: words that a rule took are blanked."""

    words: str
    now: datetime
    taken: list[tuple[int, Phrase]] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(text=""))
    days: tuple[date, date] | None = None
    clock: DayTime | None = None

    def take(self, found: re.Match[str], part: Part, *, keep: bool = False) -> None:
        """Notes a phrase; blanks it unless it also describes what is looked for."""
        self.taken.append((found.start(), Phrase(part, found.group(0).strip(" ,.?!"))))
        if not keep:
            self.words = self.words[: found.start()] + " " * len(found.group(0)) + self.words[found.end() :]

    def find(self, pattern: str) -> re.Match[str] | None:
        return re.search(rf"(?<![\w-]){pattern}(?![\w-])", self.words)

    def note(self, **changes: object) -> None:
        self.reading = replace(self.reading, **changes)  # type: ignore[arg-type]


def read(sentence: str, *, now: datetime, places: Sequence[Place] = ()) -> Reading:
    """Reads a sentence.

    Args:
        sentence: as typed.
        now: the caller's time, with their zone: days and dates are theirs.
        places: the names of the cameras and sites that the caller may see.
    """
    draft = _Draft(" ".join(sentence.lower().split()), now)
    for rule in (_recurring_days, _stretch, _days, _clock, _part_of_day):
        rule(draft)
    _set_time(draft)
    _places(draft, places)
    _count(draft)
    _exclusions(draft)
    _classes(draft)
    _attributes(draft)
    phrases = tuple(phrase for _, phrase in sorted(draft.taken, key=lambda one: one[0]))
    return replace(draft.reading, text=_tidied(draft.words), phrases=phrases)


# Time -----------------------------------------------------------------------------------------------------------------


def _recurring_days(draft: _Draft) -> None:
    plural = rf"(?:on |at )?(?:{_any(f'{day}s' for day in WEEKDAYS)}|weekdays|weekends|(?:the )?weekend)"
    found = draft.find(plural)
    if found is None or found.group(0).endswith("last weekend"):
        return
    words = found.group(0)
    if "weekday" in words:
        days: tuple[int, ...] = (0, 1, 2, 3, 4)
    elif "weekend" in words:
        days = (5, 6)
    else:
        days = tuple(place for place, day in enumerate(WEEKDAYS) if f"{day}s" in words)
    draft.note(weekdays=days)
    draft.take(found, Part.TIME)


def _stretch(draft: _Draft) -> None:
    """`in the last two hours`, `last week`, `this month`."""
    found = draft.find(rf"(?:in |over |within |during )?(?:the )?(?:last|past) (?:(\d+|{_any(NUMBERS)}) )?({_UNIT})s?")
    if found is not None:
        count = 1 if found.group(1) is None else _number(found.group(1))
        unit = timedelta(**{f"{found.group(2)}s": 1})
        draft.note(from_time=draft.now - count * unit, until_time=draft.now)
        draft.take(found, Part.TIME)
        return
    found = draft.find(r"this (week|month)")
    if found is not None:
        today = draft.now.date()
        first = today - timedelta(today.weekday()) if found.group(1) == "week" else today.replace(day=1)
        draft.days = (first, today)
        draft.take(found, Part.TIME)


def _days(draft: _Draft) -> None:
    found = draft.find(rf"(?:between|from) ({_DAY})(?: and| to| until| till|,? ?[-–]) ({_DAY})")
    if found is not None:
        draft.days = (_day(found.group(1), draft.now), _day(found.group(2), draft.now))
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(since|after|before|until|till|from) ({_DAY})(?: on(?:wards)?)?")
    if found is not None:
        day = _day(found.group(2), draft.now)
        before = found.group(1) in {"before", "until", "till"}
        beyond = 1 if found.group(1) in {"after", "until", "till"} else 0
        edge = _midnight(day + timedelta(beyond), draft.now)
        draft.note(**{"until_time" if before else "from_time": edge})
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(?:on |during )?({_DAY})(?:'s)?")
    if found is not None:
        day = _day(found.group(1), draft.now)
        draft.days = (day, day)
        draft.take(found, Part.TIME)


def _clock(draft: _Draft) -> None:
    found = draft.find(rf"(?:between|from) ({_CLOCK}) ?(?:and|to|until|till|[-–]) ?({_CLOCK})") or draft.find(
        rf"({_CLOCK}) ?(?:[-–]|to|until|till) ?({_SURE_CLOCK})"
    )
    if found is not None:
        until = _time(found.group(2))
        draft.clock = DayTime(_time(found.group(1), like=found.group(2)), until)
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(after|since|from|before|until|till|by|at|around|about) ({_SURE_CLOCK})(?: on(?:wards)?)?")
    if found is None:
        return
    clock = _time(found.group(2))
    match found.group(1):
        case "after" | "since" | "from":
            draft.clock = DayTime(clock, time(0))
        case "before" | "until" | "till" | "by":
            draft.clock = DayTime(time(0), clock)
        case _:
            middle = datetime.combine(date(2000, 1, 2), clock)
            half = timedelta(minutes=30)
            draft.clock = DayTime((middle - half).time(), (middle + half).time())
    draft.take(found, Part.TIME)


def _part_of_day(draft: _Draft) -> None:
    found = draft.find(rf"(this|last|tonight|in the|at|during the|by|every)? ?({_PART}|tonight)s?")
    if found is None:
        return
    word = "night" if found.group(2) == "tonight" else found.group(2)
    if draft.clock is None:
        draft.clock = PARTS_OF_DAY[word]
    today = draft.now.date()
    if draft.days is None and (found.group(1) == "this" or found.group(2) == "tonight"):
        draft.days = (today, today)
    elif draft.days is None and found.group(1) == "last":
        yesterday = today - timedelta(1)
        draft.days = (yesterday, yesterday)
    draft.take(found, Part.TIME)


def _set_time(draft: _Draft) -> None:
    """Days and clock become one stretch of time; a clock alone, or with several days, is a time of every day."""
    if draft.days is None:
        draft.note(day_time=draft.clock)
        return
    first, last = sorted(draft.days)
    if draft.clock is not None and first == last:
        start = datetime.combine(first, draft.clock.start, draft.now.tzinfo)
        until = datetime.combine(first, draft.clock.until, draft.now.tzinfo)
        over = timedelta(1) if draft.clock.until <= draft.clock.start else timedelta(0)
        draft.note(from_time=start, until_time=until + over)
        return
    draft.note(
        from_time=_midnight(first, draft.now),
        until_time=_midnight(last + timedelta(1), draft.now),
        day_time=draft.clock,
    )


def _day(words: str, now: datetime) -> date:
    settings = {
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "DATE_ORDER": "DMY",
        "PREFER_LOCALE_DATE_ORDER": False,
    }
    found = dateparser.parse(words.removeprefix("the ").replace(" of ", " "), languages=["en"], settings=settings)
    return now.date() if found is None else found.date()


def _time(words: str, like: str = "") -> time:
    """`6`, `6 pm`, `18:30`, `noon`; half of the day as in `like` where it is not said."""
    if words in {"noon", "midnight"}:
        return time(12 if words == "noon" else 0)
    hour, minute = (int(number) for number in [*re.findall(r"\d+", words), "0"][:2])
    half = re.search(r"[ap](?=\.?m)", words) or re.search(r"[ap](?=\.?m)", like)
    if half is not None and hour <= 12:
        hour = hour % 12 + (12 if half.group(0) == "p" else 0)
    return time(hour % 24, minute % 60)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(0), now.tzinfo)


# Places ---------------------------------------------------------------------------------------------------------------


def _places(draft: _Draft, places: Sequence[Place]) -> None:
    wanted: list[UUID] = []
    unwanted: list[UUID] = []
    zones: list[UUID] = []
    while (best := _nearest_place(draft.words, places)) is not None:
        found, place = best
        negated = re.match(_NOT, found.group(0)) is not None
        if negated and place.zone_id is not None:
            # Tracks that were never in a zone cannot be asked for: the words stay for the exclusions.
            places = [other for other in places if other is not place]
            continue
        if place.zone_id is not None:
            zones.append(place.zone_id)
        else:
            (unwanted if negated else wanted).extend(place.camera_ids)
        draft.take(found, Part.PLACE)
    draft.note(
        camera_ids=tuple(dict.fromkeys(wanted)) if wanted else None,
        without_camera_ids=tuple(dict.fromkeys(unwanted)),
        zone_ids=tuple(dict.fromkeys(zones)),
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


def _digits(words: str) -> list[str]:
    return re.findall(r"\d+", words)


# Objects --------------------------------------------------------------------------------------------------------------


def _count(draft: _Draft) -> None:
    number = rf"(?:at least |more than )?(?:(\d+)|({_any(NUMBERS)})|(?:a )?(group|crowd)s? of)"
    found = draft.find(rf"{number}(?= (?:[\w-]+ )?{_any(CLASS_WORDS)}(?![\w-]))")
    if found is None:
        return
    count = 3 if found.group(3) else _number(found.group(1) or found.group(2))
    draft.note(count=count + (1 if found.group(0).startswith("more than") else 0))
    draft.take(found, Part.COUNT)


def _exclusions(draft: _Draft) -> None:
    start = (
        r"(?:without|with no|(?:and |but )?(?:not|never) (?:wearing|carrying|holding)|wearing no|carrying no"
        rf"|{_NOT}|no(?! {_any(SIGNS)}))"
    )
    stop = r"(?= and| but| wearing| carrying| holding| with| at| in| on| near|,|\.|\?|\s{2}|\s*$)"
    while (found := draft.find(rf"{start} {_ARTICLE}(\w[\w' -]*?){stop}")) is not None:
        for what in re.split(r" or ", found.group(1)):
            _exclude(draft, re.sub(rf"^{_ARTICLE}", "", what.strip()))
        draft.take(found, Part.EXCLUSION)


def _exclude(draft: _Draft, what: str) -> None:
    wish = _attribute_of(what) or _colour_of(what, draft)
    # "Without a yellow hat" allows a blue one, which an attribute of hats alone cannot say.
    if wish is not None and not (wish.value == "yes" and len(what.split()) > 1):
        draft.note(attributes=(*draft.reading.attributes, replace(wish, wanted=False)))
    elif what in CLASS_WORDS:
        draft.note(without_classes=(*draft.reading.without_classes, CLASS_WORDS[what][0]))
    else:
        draft.note(without=(*draft.reading.without, what))


def _colour_of(what: str, draft: _Draft) -> Wish | None:
    """A colour alone is that of the vehicle that the sentence is about, or of what the person wears above."""
    colour = COLOUR_WORDS.get(what.removeprefix("in ").removeprefix("wearing "))
    found = draft.find(_any(CLASS_WORDS))
    if colour is None or found is None:
        return None
    person = CLASS_WORDS[found.group(0)][0] is ObjectClass.PERSON
    return Wish("person.upper_colour" if person else "vehicle.colour", colour)


def _classes(draft: _Draft) -> None:
    found = draft.find(rf"{_any(CLASS_WORDS)}(?! {_any(FIXTURES)})")
    if found is not None:
        draft.note(classes=CLASS_WORDS[found.group(0)])
        draft.take(found, Part.CLASS, keep=True)


def _attributes(draft: _Draft) -> None:
    """What describes an object also stays in the text: a network may have missed the attribute."""
    colour = _any(COLOUR_WORDS)
    garments = _any((*UPPER, *LOWER))
    for pattern in (
        rf"{colour} (?:[a-z-]+ )?{garments}",
        rf"{colour} {_any(word for word, classes in CLASS_WORDS.items() if classes[0] is not ObjectClass.PERSON)}",
        rf"(?:with|wearing|carrying|has|holding|in) {_ARTICLE}(?:[a-z]+ )?{_any(THINGS)}",
        r"(?:short|long)[ -]sleeve[sd]?|shorts|t-shirt",
    ):
        found = draft.find(pattern)
        wish = None if found is None else _attribute_of(found.group(0))
        if found is not None and wish is not None:
            draft.note(attributes=(*draft.reading.attributes, wish))
            draft.take(found, Part.ATTRIBUTE, keep=True)


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


def _number(words: str) -> int:
    return NUMBERS[words] if words in NUMBERS else int(words)


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
