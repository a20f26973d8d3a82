"""When a sentence means: days, dates, clock times, parts of the day. Days and dates by `dateparser`."""

import re
from datetime import date, datetime, time, timedelta

import dateparser

from services.search.model.reading import DayTime, Part
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_words import NUMBERS, PARTS_OF_DAY, WEEKDAYS

# The phrases ----------------------------------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = (
    r"(?:(?:the )?day before yesterday|today|yesterday|\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
    rf"|(?:last |this )?{any_of(WEEKDAYS)}|(?:the )?{_DAY_NUMBER} (?:of )?{_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH} {_DAY_NUMBER}(?:,? \d{{4}})?|(?:\d+|{any_of(NUMBERS)}|a) days? ago)"
)
_PART = any_of(PARTS_OF_DAY)
_SURE_CLOCK = (
    r"(?:\d{1,2}(?:[:.]\d{2})? ?(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}:\d{2}|\d{1,2} o'clock|noon|midnight"
    r"|(?:half past|quarter past|quarter to) \d{1,2}(?: ?(?:am|pm))?)"
)
_CLOCK = rf"(?:{_SURE_CLOCK}|\d{{1,2}})"
_OF_DAY = rf" (?:this|in the|at|yesterday|tomorrow|last|on \w+day|\w+day)? ?(?:{_PART})"
_QUARTERS = {"half past": 30, "quarter past": 15, "quarter to": -15}
_UNIT = r"(?:minute|hour|day|week)"


def read_times(draft: Draft) -> None:
    """Takes what says when out of the sentence."""
    for rule in (_recurring_days, _stretch, _moments, _days, _clock, _part_of_day):
        rule(draft)
    _set_time(draft)


# The rules ------------------------------------------------------------------------------------------------------------


def _recurring_days(draft: Draft) -> None:
    plural = rf"(?:on |at )?(?:{any_of(f'{day}s' for day in WEEKDAYS)}|weekdays|weekends|(?:the )?weekend)"
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


def _stretch(draft: Draft) -> None:
    """`in the last two hours`, `last week`, `this month`."""
    found = draft.find(
        rf"(?:in |over |within |during )?(?:the )?(?:last|past) (?:(\d+|{any_of(NUMBERS)}) )?({_UNIT})s?"
    )
    if found is not None:
        count = 1 if found.group(1) is None else number_of(found.group(1))
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


def _moments(draft: Draft) -> None:
    """`between 10 pm Monday and 6 am Tuesday`, `since 6 pm on Monday`, `since Monday morning`."""
    at, on = r"(?:,? (?:at )?)", r"(?: on)? "
    found = draft.find(rf"(?:between|from) ({_CLOCK}){on}({_DAY}) (?:and|to|until|till) ({_CLOCK}){on}({_DAY})")
    if found is not None:
        begin, first, end, last = found.groups()
        draft.note(
            from_time=_moment(_day(first, draft.now), _time(begin), draft.now),
            until_time=_moment(_day(last, draft.now), _time(end), draft.now),
        )
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"since (?:({_SURE_CLOCK}){on}({_DAY})|({_DAY}){at}({_SURE_CLOCK})|({_DAY}) ({_PART}))")
    if found is not None:
        clock, day, other_day, other_clock, parted_day, part = found.groups()
        start = PARTS_OF_DAY[part].start if part else _time(clock or other_clock)
        draft.note(from_time=_moment(_day(day or other_day or parted_day, draft.now), start, draft.now))
        draft.take(found, Part.TIME)


def _days(draft: Draft) -> None:
    found = draft.find(rf"(?:between|from) ({_DAY})(?: and| to| until| till|,? ?[-–]) ({_DAY})")
    if found is not None:
        draft.days = (_day(found.group(1), draft.now), _day(found.group(2), draft.now))
        draft.between = True
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(since|after|(?<!day )before|until|till|from(?= {_DAY} on)) ({_DAY})(?: on(?:wards)?)?")
    if found is not None:
        day = _day(found.group(2), draft.now)
        before = found.group(1) in {"before", "until", "till"}
        beyond = 1 if found.group(1) in {"after", "until", "till"} else 0
        edge = _midnight(day + timedelta(beyond), draft.now)
        draft.note(**{"until_time" if before else "from_time": edge})
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(?:on |during |for |from |of )?({_DAY})(?:'s)?")
    if found is not None:
        day = _day(found.group(1), draft.now)
        draft.days = (day, day)
        draft.take(found, Part.TIME)


def _clock(draft: Draft) -> None:
    found = draft.find(rf"(?:between|from) ({_CLOCK}) ?(?:and|to|until|till|[-–]) ?({_CLOCK})") or draft.find(
        rf"({_CLOCK}) ?(?:[-–]|to|until|till) ?({_SURE_CLOCK})"
    )
    if found is not None:
        until = _time(found.group(2))
        draft.clock = DayTime(_time(found.group(1), like=found.group(2)), until)
        draft.take(found, Part.TIME)
        return
    clock = rf"({_SURE_CLOCK}|\d{{1,2}}(?={_OF_DAY}))"
    found = draft.find(rf"(after|since|from|before|until|till|by|at|around|about) {clock}(?: on(?:wards)?)?")
    if found is None:
        return
    said = _time(found.group(2))
    match found.group(1):
        case "after" | "since" | "from":
            draft.clock = DayTime(said, time(0))
        case "before" | "until" | "till" | "by":
            draft.clock = DayTime(time(0), said)
        case _:
            middle = datetime.combine(date(2000, 1, 2), said)
            half = timedelta(minutes=30)
            draft.clock = DayTime((middle - half).time(), (middle + half).time())
    draft.take(found, Part.TIME)


def _part_of_day(draft: Draft) -> None:
    found = draft.find(rf"(this|last|tonight|in the|at|during the|by|every)? ?({_PART}|tonight|overnight)s?")
    if found is None:
        return
    word = "night" if found.group(2) in {"tonight", "overnight"} else found.group(2)
    if draft.clock is None:
        draft.clock = PARTS_OF_DAY[word]
    elif not any(re.search(r"[ap]\.?m|noon|midnight", phrase.words) for _, phrase in draft.taken):
        draft.clock = _within(draft.clock, word)
    today = draft.now.date()
    if draft.days is None and (found.group(1) == "this" or found.group(2) == "tonight"):
        draft.days = (today, today)
    elif draft.days is None and found.group(1) == "last":
        yesterday = today - timedelta(1)
        draft.days = (yesterday, yesterday)
    draft.take(found, Part.TIME)


def _set_time(draft: Draft) -> None:
    """Days and clock become one stretch of time; a clock alone, or with several days, is a time of every day."""
    if draft.days is None:
        draft.note(day_time=draft.clock)
        return
    first, last = sorted(draft.days)
    if draft.between and draft.clock == PARTS_OF_DAY["night"] and last == first + timedelta(1):
        # The night from Monday to Tuesday is one night.
        draft.note(
            from_time=_moment(first, draft.clock.start, draft.now),
            until_time=_moment(last, draft.clock.until, draft.now),
        )
        return
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


def _within(clock: DayTime, part: str) -> DayTime:
    """`between 2 and 3 in the afternoon`: hours up to twelve are those of that half of the day."""
    start, until = clock.start, clock.until
    if part in {"afternoon", "evening"} or (part == "night" and min(start.hour or 24, until.hour or 24) >= 6):
        start, until = (one.replace(hour=one.hour + 12) if 0 < one.hour < 12 else one for one in (start, until))
    return DayTime(start, until)


def _moment(day: date, clock: time, now: datetime) -> datetime:
    return datetime.combine(day, clock, now.tzinfo)


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
    spoken = re.match(rf"({any_of(_QUARTERS)}) ", words)
    if spoken is not None:
        hour, minute = divmod(hour * 60 + _QUARTERS[spoken.group(1)], 60)
    half = re.search(r"[ap](?=\.?m)", words) or re.search(r"[ap](?=\.?m)", like)
    if half is not None and hour <= 12:
        hour = hour % 12 + (12 if half.group(0) == "p" else 0)
    return time(hour % 24, minute % 60)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(0), now.tzinfo)


def number_of(words: str) -> int:
    """`two`, `12`."""
    return NUMBERS[words] if words in NUMBERS else int(words)
