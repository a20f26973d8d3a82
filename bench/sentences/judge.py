"""Whether a sentence was read as it should be: kind of filter by kind of filter."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum

from bench.sentences.form import CAMERAS, NOW, ZONE, ZONES, Expected
from contracts.vocabulary import ObjectClass
from services.search.model.sentence import CLASS_WORDS, DayTime, Part, Reading
from services.search.model.sentence_spelling import respelt

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
VAGUE = (
    r"around|about|approx|roughly|circa|ish\b|early|late\b|dark|dusk|dawn|lunch|morning|mornin|afternoon|arvo|evening|eve\b"
    r"|night|tonight|noonish|midday"
)
"""Words that say no exact time: any sensible width of theirs is right."""
OVERLAP = 0.3
"""What two stretches that a vague word may mean must share at least, of what they cover together."""
VAGUE_EDGE = timedelta(hours=6)
"""How far apart one end may be where a vague word says it."""
FUNCTION_WORDS = frozenset(
    word
    for line in (
        "a an the of with in on at and or but that who which was were is are be been to for by from near some any all",
        "it its his her their there camera site zone this",
    )
    for word in line.split()
)
_BODY = {"upper_colour", "lower_colour", "sleeves", "hat", "bag", "backpack"}


class Kind(StrEnum):
    """What a part of a sentence can mean."""

    CLASS = "class"
    PLACE = "place"
    TIME = "time"
    ATTRIBUTE = "attribute"
    EXCLUSION = "exclusion"
    COUNT = "count"
    MOVEMENT = "direction, dwell"
    REST = "rest of the text"


class Verdict(StrEnum):
    """How one kind was read."""

    RIGHT = "right"
    ABSENT = "absent"
    """Neither wanted nor read."""
    MISSED = "missed"
    """Wanted and not read: more is found than was asked for."""
    OVER = "over-read"
    """A filter that was not wanted, or not so: what was asked for may not be found."""


Verdicts = Mapping[Kind, Verdict]


def judged(reading: Reading, readings: Sequence[Expected], text: str) -> Verdicts:
    """By the one of the right readings that it is nearest to."""
    found = [_judged(reading, expected, text) for expected in readings]
    return min(found, key=lambda one: sum(_COST[verdict] for verdict in one.values()))


def right(verdicts: Verdicts) -> bool:
    """Whether all of it was read exactly."""
    return all(verdict in {Verdict.RIGHT, Verdict.ABSENT} for verdict in verdicts.values())


def over_read(verdicts: Verdicts) -> bool:
    """Whether a filter is wrong. Words that were lost or left over are no filter."""
    return any(verdict is Verdict.OVER for kind, verdict in verdicts.items() if kind is not Kind.REST)


_COST = {Verdict.RIGHT: 0, Verdict.ABSENT: 0, Verdict.MISSED: 1, Verdict.OVER: 2}


def _judged(reading: Reading, expected: Expected, text: str) -> Verdicts:
    vague = re.search(rf"\b(?:{VAGUE})", text.lower()) is not None
    return {
        Kind.CLASS: _classes(reading, expected),
        Kind.PLACE: _compared(_places(reading), _places_wanted(expected)),
        Kind.TIME: _times(reading, expected, vague=vague),
        Kind.ATTRIBUTE: _attributes(reading, expected),
        Kind.EXCLUSION: _compared(_excluded(reading), _exclusions_wanted(expected)),
        Kind.COUNT: _compared(reading.count if reading.count > 1 else None, expected.get("count")),
        Kind.MOVEMENT: _movement(reading, expected),
        Kind.REST: _rest(reading, expected),
    }


def _compared(read: object, wanted: object) -> Verdict:
    if read == wanted:
        return Verdict.RIGHT if wanted else Verdict.ABSENT
    return Verdict.OVER if read else Verdict.MISSED


# Classes --------------------------------------------------------------------------------------------------------------


def _classes(reading: Reading, expected: Expected) -> Verdict:
    """Right where all of the wanted classes are in, and nothing but what the detector may call them."""
    every = set(ObjectClass)
    read = set(reading.classes or every) - set(reading.without_classes)
    wanted = expected.get("classes")
    if wanted is None:
        # A word of the rest may narrow the classes if all such words are in: "man pushing a bicycle".
        said = [CLASS_WORDS[word] for word in _words(expected.get("rest", "")) if word in CLASS_WORDS]
        named = bool(said) and all(read & set(classes[:1]) for classes in said)
        if read == every or (named and read <= {one for classes in said for one in classes}):
            return Verdict.ABSENT
        return Verdict.OVER
    if read == every:
        return Verdict.MISSED
    may = {one for name in wanted for one in CLASS_WORDS[name]}
    # A van may be found as either of its classes, so either may be left out with the other's name.
    found = all(read & set(CLASS_WORDS[name] if name == "van" else CLASS_WORDS[name][:1]) for name in wanted)
    return Verdict.RIGHT if found and read <= may else Verdict.OVER


# Places ---------------------------------------------------------------------------------------------------------------


def _places(reading: Reading) -> object:
    cameras, zones = frozenset(reading.camera_ids or ()), frozenset(reading.zone_ids)
    return (cameras, zones) if cameras or zones else None


def _places_wanted(expected: Expected) -> object:
    cameras = frozenset(CAMERAS[name] for name in expected.get("cameras", ()))
    zones = frozenset([ZONES[expected["zone"]]] if "zone" in expected else [])
    return (cameras, zones) if cameras or zones else None


# Times ----------------------------------------------------------------------------------------------------------------


def _times(reading: Reading, expected: Expected, *, vague: bool) -> Verdict:
    start, until = (_local(expected.get(key)) for key in ("from", "until"))
    clock = None
    if "time_of_day" in expected:
        clock = DayTime(*(time.fromisoformat(one.replace("24:00", "00:00")) for one in expected["time_of_day"]))
    days = tuple(sorted(WEEKDAYS.index(day) for day in expected.get("weekdays", ())))
    wanted = bool(start or until or clock or days)
    read = bool(reading.from_time or reading.until_time or reading.day_time or reading.weekdays)
    if not wanted or not read:
        return _compared(read, wanted)
    same = (
        _same_stretch((reading.from_time, _past(reading.until_time)), (start, _past(until)), vague=vague)
        and _same_clock(reading.day_time, clock, vague=vague)
        and tuple(sorted(reading.weekdays)) == days
    )
    return Verdict.RIGHT if same else Verdict.OVER


def _local(words: str | None) -> datetime | None:
    return None if words is None else datetime.fromisoformat(words).replace(tzinfo=ZONE)


def _past(moment: datetime | None) -> datetime | None:
    """There is nothing after now."""
    return None if moment is None or moment >= NOW else moment


Stretch = tuple[datetime | None, datetime | None]


def _same_stretch(read: Stretch, wanted: Stretch, *, vague: bool) -> bool:
    if read == wanted:
        return True
    if not vague or read[0] is None or wanted[0] is None:
        return vague and all(
            (one is None) == (other is None) and (one is None or other is None or abs(one - other) <= VAGUE_EDGE)
            for one, other in zip(read, wanted, strict=True)
        )
    ends = (read[1] or NOW, wanted[1] or NOW)
    both = max(timedelta(0), min(ends) - max(read[0], wanted[0]))
    return both >= OVERLAP * (max(ends) - min(read[0], wanted[0]))


def _same_clock(read: DayTime | None, wanted: DayTime | None, *, vague: bool) -> bool:
    if read is None or wanted is None or not vague:
        return read == wanted
    one, other = _minutes(read), _minutes(wanted)
    return len(one & other) >= OVERLAP * len(one | other)


def _minutes(clock: DayTime) -> set[int]:
    start, until = (one.hour * 60 + one.minute for one in (clock.start, clock.until))
    return {minute % 1440 for minute in range(start, until if until > start else until + 1440)}


# Attributes and exclusions --------------------------------------------------------------------------------------------


def _attributes(reading: Reading, expected: Expected) -> Verdict:
    read = {(wish.attribute, wish.value) for wish in reading.attributes if wish.wanted}
    wanted = _wishes(expected.get("attributes", {}), expected)
    # Trousers are what nearly everybody has: to say so as an attribute, too, is as good.
    return _compared(read - {("person.legs", "long")}, wanted)


def _wishes(said: Mapping[str, object], expected: Expected) -> set[tuple[str, str]]:
    person = "person" in expected.get("classes", ())
    wishes: set[tuple[str, str]] = set()
    for key, value in said.items():
        values: Sequence[object] = value if isinstance(value, list) else [value]
        for one in values:
            match key:
                case "colour":
                    wishes.add(("person.upper_colour" if person else "vehicle.colour", str(one)))
                case "vest":
                    wishes.add(("person.hi_vis", "yes"))
                case "lower_type":
                    wishes |= {("person.legs", "short")} if one == "shorts" else set()
                case _ if key in _BODY:
                    wishes.add((f"person.{key}", "yes" if one is True else str(one)))
                case _:
                    raise KeyError(key)
    return wishes


def _excluded(reading: Reading) -> object:
    wishes = frozenset((wish.attribute, wish.value) for wish in reading.attributes if not wish.wanted)
    cameras, zones = frozenset(reading.without_camera_ids), frozenset(reading.without_zone_ids)
    words = frozenset(" ".join(_content(text)) for text in reading.without)
    return (wishes, cameras, zones, words) if wishes or cameras or zones or words else None


def _exclusions_wanted(expected: Expected) -> object:
    wishes = frozenset(_wishes(expected.get("not_attributes", {}), expected))
    cameras = frozenset(CAMERAS[name] for name in expected.get("not_cameras", ()))
    zones = frozenset([ZONES[expected["not_zone"]]] if "not_zone" in expected else [])
    words = frozenset([" ".join(_content(expected["not_text"]))] if "not_text" in expected else [])
    return (wishes, cameras, zones, words) if wishes or cameras or zones or words else None


# Movement -------------------------------------------------------------------------------------------------------------

_DEGREES = {"up": 0.0, "right": 90.0, "down": 180.0, "left": 270.0}


def _movement(reading: Reading, expected: Expected) -> Verdict:
    """Words for speed, and for away from the camera or towards it, name no number and no way on the picture: they are
    to stay in the description, whatever the writer wanted."""
    degrees = _DEGREES.get(expected.get("direction", ""))
    wanted = (degrees, expected.get("min_dwell_s"))
    read = (
        next((heading.degrees for heading in reading.headings), None),
        reading.min_seconds_in_view,
    )
    return _compared(
        read if any(one is not None for one in read) else None,
        wanted if any(one is not None for one in wanted) else None,
    )


# Words ----------------------------------------------------------------------------------------------------------------


def _rest(reading: Reading, expected: Expected) -> Verdict:
    """Missed where a word is left over that means a filter, over-read where one was taken that means none."""
    said = [phrase.words for phrase in reading.phrases if phrase.part in _DESCRIBING]
    kept = {word for words in (*said, *(respelt(words, ())[0] for words in said)) for word in _words(words)}
    wanted, left = set(_content(expected.get("rest", ""))), set(_content(reading.text))
    if wanted - left:
        return Verdict.OVER
    if left - wanted - kept and not _stays(expected):
        return Verdict.MISSED
    return Verdict.RIGHT if wanted else Verdict.ABSENT


def _stays(expected: Expected) -> bool:
    """Whether words of movement are rightly left over: see `_movement`."""
    return "min_speed" in expected or expected.get("direction", "left") not in _DEGREES


_DESCRIBING = {Part.CLASS, Part.ATTRIBUTE, Part.MOVEMENT}


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


def _content(text: str) -> list[str]:
    return [word for word in _words(text) if word not in FUNCTION_WORDS]
