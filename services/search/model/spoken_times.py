"""Times as people say them, turned into those that the grammar of searches reads: "six", "0600", "lunchtime", "3/3".

Days without a month or year are the latest such days; day before month. What had to be taken for granted is told.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from services.search.model.refused import QuestionRefused, found_in
from services.search.model.sentence import CLASS_WORDS
from services.search.model.sentence_draft import any_of
from services.search.model.sentence_words import HOURS

_HOUR = any_of(HOURS)
_MINUTES = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20, "twenty-five": 25, "twenty five": 25}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?|"
    r"today|yesterday|(?:last )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|\d{4}-\d\d-\d\d"
    r"|the day before yesterday)"
)
_AHEAD = (
    r"(?= (?:this|in the|on|yesterday|today|last|at night|tonight|am|pm|a\.m|p\.m|o'clock|and|to|till?|until)\b"
    r"|[,.?]|\s*$)"
)
_BEFORE = r"(?:before|after|by|until|till|since|from|between|around|about|at)"
_CLOCK = r"(?:noon|midnight|\d{1,2}(?:[:.]\d\d)?(?: ?(?:[ap]m|[ap]\.m\.?|o'clock))?)"
_PARTS: dict[tuple[str, str], tuple[str, str]] = {
    ("early", "morning"): ("4:00", "8:00"),
    ("mid", "morning"): ("9:00", "11:00"),
    ("late", "morning"): ("10:00", "12:00"),
    ("early", "afternoon"): ("12:00", "15:00"),
    ("mid", "afternoon"): ("14:00", "16:00"),
    ("late", "afternoon"): ("15:00", "18:00"),
    ("early", "evening"): ("18:00", "20:00"),
    ("late", "evening"): ("21:00", "0:00"),
}
_SUN = r"(?:after|before|during|until|till|since|at|in the|by) (?:dark|dusk|dawn|sunset|sunrise|daylight|nightfall)"
_LUNCH = ("12:00", "14:00")
_NOW = r"(?<!until )(?<!till )(?<! to )(?<! by )(?<!from )(?:(?:right |just )?now$|currently|at (?:the|this) moment$)"
_MANY = {"both": 2, "the two": 2, "two": 2, "the three": 3, "three": 3, "four": 4, "five": 5}

Found = re.Match[str]


def plain_times(words: str, now: datetime) -> tuple[str, tuple[str, ...]]:
    """The words with such times as the grammar of searches reads, and what was taken for granted, in sentences.

    Args:
        words: lower case.
        now: the caller's time, with their zone.

    Raises:
        QuestionRefused: it names a time that is not known, as when it grows dark.
    """
    sun = found_in(_SUN, words)
    if sun is not None:
        raise QuestionRefused(
            "unknown_words", f'It is not known when "{sun.group(0)}" was.', 'Name a time, as in "after 6 pm".'
        )
    told: list[str] = []

    def turned(pattern: str, turn: Callable[[Found], str | None]) -> None:
        nonlocal words
        words = re.sub(rf"(?<![\w/.:-]){pattern}", lambda found: turn(found) or found.group(0), words)

    turned(rf"(?:a )?({any_of(_MINUTES)}) (past|to) ({_HOUR}|\d{{1,2}})(?![\w:]| ?[ap]m)", _minutes)
    turned(rf"({_BEFORE}) ({_HOUR}){_AHEAD}", lambda it: f"{it[1]} {HOURS[it[2]]}")
    turned(rf"({_CLOCK}) (and|to|until|till) ({_HOUR}){_AHEAD}", lambda it: f"{it[1]} {it[2]} {HOURS[it[3]]}")
    turned(rf"({_BEFORE}|and|to) ([01]\d|2[0-3])([0-5]\d)(?: ?h(?:ours|rs)?)?(?!\w)", lambda it: _military(it, now))
    turned(r"(?:from )?noon (?:to|and|until|till) (\d{1,2})(?! ?[ap]m|[\w:])", _after_noon)
    turned(r"(?:in |during )?the (?:small|wee|early) hours(?: of)?(?!\w)", lambda _: _small_hours(told))
    turned(r"midday(?!\w)", lambda _: "noon")
    turned(r"(\d{1,2}) ?[-\u2013] ?(\d{1,2})(?: ?h(?:rs|ours)?)?(?![\w/:.-])(?= (\w+)|)", _range)
    turned(_NOW, lambda _: _now(told))
    turned(r"(last|past) (\d+) ?(?:h|hrs?)(?!\w)", lambda it: f"{it[1]} {it[2]} hours")
    turned(r"(last|past) (?:couple of|two or so) (hours|days|minutes)", lambda it: f"{it[1]} two {it[2]}")
    turned(r"(last|past) half(?: an)? hour", lambda it: f"{it[1]} 30 minutes")
    turned(r"(?:on )?(?:the )?(\d{1,2})/(\d{1,2})(?![\w/])", lambda it: _slashed(it, now, told))
    turned(
        rf"(?:on )?the (\d{{1,2}})(?:st|nd|rd|th)(?! (?:of |{_MONTH})|\w)(?= (\w+)|)",
        lambda it: _numbered(it, now, told),
    )
    turned(rf"({any_of(_MANY)}) days before today", lambda it: _days_before(_MANY[it[1]], now))
    turned(
        rf"(early|late|mid)[ -]?(?:(this|in the|last|{_DAY}) )?(morning|afternoon|evening)",
        lambda it: _part(it, told),
    )
    turned(
        rf"(since|after|before|until|till) (?:({_DAY}) )?lunch(?:[ -]?(?:time|hour|break))?",
        lambda it: f"{it[1]} {_LUNCH[it[1] == 'after']}{' on ' + it[2] if it[2] else ''}",
    )
    turned(
        r"(?:(?:around|at|over|during|near|about) )?lunch(?:[ -]?(?:time|hour|break))?(?!\w)",
        lambda _: _lunch(told),
    )
    # A clock time of a day is one within that day: "after 9 pm on Tuesday" ends with Tuesday.
    on = rf"(?:,? on)? (?:the )?({_DAY})(?!\w)"
    turned(rf"from ({_CLOCK}) (?:to|until|till) ({_CLOCK}){on}", lambda it: f"between {it[1]} and {it[2]} on {it[3]}")
    turned(rf"after ({_CLOCK}){on}", lambda it: f"between {it[1]} and midnight on {it[2]}")
    turned(rf"(?:before|until|till|by) ({_CLOCK}){on}", lambda it: f"between 0:00 and {it[1]} on {it[2]}")
    return " ".join(words.split()), tuple(told)


def _minutes(found: Found) -> str:
    hour = HOURS.get(found[3]) or int(found[3])
    whole = hour * 60 + (_MINUTES[found[1]] if found[2] == "past" else -_MINUTES[found[1]])
    return f"{whole // 60}:{whole % 60:02d}"


def _military(found: Found, now: datetime) -> str | None:
    """`0600`, which is no year."""
    if abs(int(found[2] + found[3]) - now.year) <= 5:
        return None
    return f"{found[1]} {found[2]}:{found[3]}"


def _after_noon(found: Found) -> str | None:
    hour = int(found[1])
    return f"from noon to {hour + 12}:00" if 0 < hour < 12 else None


def _range(found: Found) -> str | None:
    """`8-9`, but no `2-3 people`."""
    begin, end = int(found[1]), int(found[2])
    if begin >= 24 or end > 24 or found[3] in CLASS_WORDS or (found[3] or "").startswith(("min", "sec", "hour")):
        return None
    return f"between {begin} and {end}"


def _slashed(found: Found, now: datetime, told: list[str]) -> str | None:
    day, month = int(found[1]), int(found[2])
    if month > 12 >= day:
        day, month = month, day
    meant = _latest(now.date(), month, day)
    if meant is None:
        return None
    told.append(f'"{found[1]}/{found[2]}" is taken as {meant.day} {meant:%B %Y}.')
    return f"on {meant.isoformat()}"


def _numbered(found: Found, now: datetime, told: list[str]) -> str | None:
    """`on the 3rd`, but not `the 3rd person`."""
    after = found[2] or ""
    if after in CLASS_WORDS or after in {"one", "time", "floor", "door", "gate", "camera", "object"}:
        return None
    today = now.date()
    day = int(found[1])
    first = today.replace(day=1)
    for _ in range(12):
        meant = _latest(today, first.month, day, first.year)
        if meant is not None and meant <= today:
            told.append(f'"The {found[1]}." is taken as {meant.day} {meant:%B %Y}.')
            return f"on {meant.isoformat()}"
        first = (first - timedelta(1)).replace(day=1)
    return None


def _latest(today: date, month: int, day: int, year: int | None = None) -> date | None:
    """The latest such day that has begun; None: there is no such day."""
    try:
        meant = date(year or today.year, month, day)
        return meant if year or meant <= today else meant.replace(year=today.year - 1)
    except ValueError:
        return None


def _days_before(count: int, now: datetime) -> str:
    today = now.date()
    first, last = today - timedelta(count), today - timedelta(1)
    return f"from {first.isoformat()} to {last.isoformat()}"


def _part(found: Found, told: list[str]) -> str:
    begin, end = _PARTS[found[1], found[3]]
    day = {"this": "today", "last": "yesterday", "in the": "", None: ""}.get(found[2], found[2])
    told.append(f'"{found[1].capitalize()} {found[3]}" is taken as {begin}\u2013{end if end != "0:00" else "24:00"}.')
    return f"between {begin} and {end} {day}"


def _small_hours(told: list[str]) -> str:
    told.append('"The small hours" are taken as 0:00\u20135:00.')
    return "between 0:00 and 5:00"


def _now(told: list[str]) -> str:
    told.append('"Now" is taken as the last 5 minutes.')
    return "in the last 5 minutes"


def _lunch(told: list[str]) -> str:
    begin, end = _LUNCH
    told.append(f'"Lunch" is taken as {begin}\u2013{end}.')
    return f"between {begin} and {end}"
