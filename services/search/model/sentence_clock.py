"""Days and clock times as they are written, and what they are. Days and dates by `dateparser`."""

import re
from datetime import date, datetime, time, timedelta

import dateparser

from services.search.model.reading import DayTime
from services.search.model.sentence_draft import any_of
from services.search.model.sentence_words import (
    DAY_NAMES,
    HOURS,
    MONTHS,
    NOT_A_PART_BEFORE,
    NUMBERS,
    PARTS_OF_DAY,
    WEEKDAYS,
)

# Days -----------------------------------------------------------------------------------------------------------------

MONTH = any_of(MONTHS)
DAY_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_DATED = (
    rf"(?:(?:the )?{DAY_NUMBER} (?:of )?{MONTH}\.?(?:,? \d{{4}})?"
    rf"|{MONTH}\.? {DAY_NUMBER}(?:,? \d{{4}})?(?![:.]\d))"
)
_FRACTION = r"(?:1/[234]|2/3|3/4)(?= (?!(?:at|from|between|after|before) )[a-z])"
_SLASHED = (
    rf"(?!24/7|{_FRACTION})(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])"
    r"(?:/\d{4}|/\d{2})?(?![/\d])"
)
"""Day and month; never a fraction of something, or all day and all week."""
_AGO = rf"(?:\d{{1,4}}|{any_of(NUMBERS)}|an?) (?:day|week)s? ago"
_WORDED = rf"(?:(?:the )?day before yesterday|today|yesterday|{_AGO})"
# "Sat" and "sun" are words, too: they are days beside what only a day has.
_SAT_SUN = (
    r"(?:(?:(?<=^)|(?<=on )|(?<=last )|(?<=since )|(?<=from )|(?<=until )|(?<=till )|(?<=between )|(?<=and )|(?<=to )"
    r"|(?<=[-/,] )|(?<=[-/,]))(?:sat|sun)(?=\s*$|\s*[-/,]|\s{2}| (?:and|to|at|until|from|between|after|before) |\s?\d)"
    r"|(?:sat|sun)(?= (?:\d{1,2}[:.]\d{2}|\d{1,2} ?[ap]m|morning|afternoon|evening|night|noon|am|pm|a\.m|p\.m)))"
)
WEEKDAY = rf"(?:(?<!newly ){any_of(DAY_NAMES)}|{_SAT_SUN})"
_NAMED = rf"(?:(?:last |this |past )?{WEEKDAY})"
DAY = (
    rf"(?:{_WORDED}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|{_SLASHED}|{_DATED}|{_NAMED}"
    r"|(?<=on )(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.?(?!\d)|(?<=on the )\d{1,2}(?:st|nd|rd|th))"
)

# Clocks ---------------------------------------------------------------------------------------------------------------

_HOUR, _MINUTE = r"(?:2[0-4]|[01]?\d)", r"[0-5]\d"
_HOUR_WORD = any_of(HOURS)
_HALF = r"(?:am|pm|a\.m\.?|p\.m\.?)"
MILITARY = rf"(?:[01]\d|2[0-3]){_MINUTE}"
DOTTED = rf"{_HOUR}[.:]{_MINUTE}(?!\.?\d)"
SURE_CLOCK = (
    rf"(?:(?:{_HOUR}(?:[:.h]{_MINUTE})?|{_HOUR_WORD}) ?{_HALF}|{_HOUR}:{_MINUTE}(?::{_MINUTE})?(?: ?(?:hrs?|hours|h))?"
    rf"|{_HOUR}h{_MINUTE}|{MILITARY} ?(?:hrs?|hours|h)|(?:{_HOUR}|{_HOUR_WORD}) ?o'? ?clock|noon|midday"
    rf"|midnight(?! blue)|(?:half past|quarter past|quarter to) (?:{_HOUR}|{_HOUR_WORD})(?: ?{_HALF})?)"
)
"""Nothing else is written so."""
CLOCK = rf"(?:{SURE_CLOCK}|{DOTTED}|{_HOUR}(?![\d:.])|{_HOUR_WORD})"
"""A clock time where one is expected: bare numbers, too."""
TO = r"(?: ?- ?| to | and | until | till | til )"
"""Between two of them."""
_QUARTERS = {"half past": 30, "quarter past": 15, "quarter to": -15}


def day_of(words: str, now: datetime) -> date | None:
    """The day, the last one of that name; None where there is no such day."""
    words = re.sub(r"^(?:the|this|past) ", "", words).replace(" of ", " ")
    if re.fullmatch(r"\d{1,2}\.\d{1,2}\.?", words):
        # "3.11." may be a clock time for others.
        words = words.rstrip(".").replace(".", "/")
    last = words.startswith("last ")
    name = DAY_NAMES.get(words.removeprefix("last "))
    if name is not None:
        words = f"last {name}" if last else name
        if not last and WEEKDAYS.index(name) == now.weekday():
            # Who means the one before says "last".
            return now.date()
    settings = {
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "DATE_ORDER": "DMY",
        "PREFER_LOCALE_DATE_ORDER": False,
    }
    found = dateparser.parse(words, languages=["en"], settings=settings)
    return None if found is None else found.date()


def time_of(words: str, like: str = "") -> time:
    """`6`, `six pm`, `18:30`, `0800`, `noon`; half of the day as in `like` where it is not said."""
    if words in {"noon", "midday", "midnight"}:
        return time(0 if words == "midnight" else 12)
    spoken = re.match(rf"({any_of(_QUARTERS)}) ", words)
    named = re.search(rf"(?<!\w){_HOUR_WORD}(?!\w)", words)
    if named is not None:
        hour, minute = HOURS[named.group(0)], 0
    elif re.match(r"\d{4}", words):
        hour, minute = int(words[:2]), int(words[2:4])
    else:
        hour, minute = (int(number) for number in [*re.findall(r"\d+", words), "0"][:2])
    if spoken is not None:
        hour, minute = divmod(hour * 60 + _QUARTERS[spoken.group(1)], 60)
    half = half_of(words) or half_of(like)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour % 24, minute % 60)


def half_of(words: str) -> str:
    """`a` or `p` where the half of the day is said."""
    found = re.search(r"(?<![a-z])[ap](?=\.?m)", words)
    return "" if found is None else found.group(0)


def times_between(first: str, last: str) -> tuple[time, time]:
    """`6` and `8 pm`, `10 pm` and `6`, `11` and `1 pm`: the half of the day that is said once holds for both, where
    that keeps their order."""
    start, until = time_of(first, like=last), time_of(last)
    if start > until and half_of(last) == "p" and not half_of(first):
        start = time_of(first)
    if half_of(first) == "p" and not half_of(last) and re.fullmatch(r"[\d.:]+|\w+", last):
        later = time_of(last, like="pm")
        until = later if later > start and last not in {"noon", "midnight"} else until
    bare = r"\d{1,2}|[a-z]+" if start <= time(12) else r"[1-9](?:[:.]\d\d)?|[a-z]+"
    if until <= start < time(13) and re.fullmatch(bare, last) and last not in {"noon", "midnight"}:
        # From 9 to 5, from noon to two, from 12:30 to 1:30; but 12:30 to 01:30 is into the night.
        until = until.replace(hour=until.hour + 12) if until.hour < 12 else until
    return start, until


def around(clock: time) -> tuple[time, time]:
    """Half an hour to either side."""
    middle = datetime.combine(date(2000, 1, 2), clock)
    half = timedelta(minutes=30)
    return (middle - half).time(), (middle + half).time()


def number_of(words: str) -> int:
    """`two`, `12`."""
    return NUMBERS[words] if words in NUMBERS else int(words)


# Parts of the day -----------------------------------------------------------------------------------------------------

PART = rf"(?:(?:early|late|mid)[ -])?{any_of(PARTS_OF_DAY)}s?(?! {any_of(NOT_A_PART_BEFORE)})"


def part_of(words: str) -> DayTime:
    """`morning`, `early mornings`, `late evening`."""
    words = words.replace("-", " ")
    words = words if words in PARTS_OF_DAY else words.removesuffix("s")
    if words in PARTS_OF_DAY:
        return PARTS_OF_DAY[words]
    return PARTS_OF_DAY[words.split(" ", 1)[1]]


def clock_on(day: date, clock: DayTime, now: datetime) -> tuple[datetime, datetime]:
    """Of that day, into the next where it goes over midnight."""
    over = timedelta(1) if clock.until <= clock.start else timedelta(0)
    return moment(day, clock.start, now), moment(day + over, clock.until, now)


def moment(day: date, clock: time, now: datetime) -> datetime:
    """In the caller's zone."""
    return datetime.combine(day, clock, now.tzinfo)


def midnight(day: date, now: datetime) -> datetime:
    """At which the day begins, in the caller's zone."""
    return datetime.combine(day, time(0), now.tzinfo)
