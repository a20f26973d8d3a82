"""Which days a sentence means, and which stretches and moments of them."""

import re
from datetime import date, datetime, time, timedelta

from services.search.model.reading import DayTime, Part
from services.search.model.sentence_clock import (
    CLOCK,
    DAY,
    DAY_NUMBER,
    DOTTED,
    MONTH,
    PART,
    SURE_CLOCK,
    TO,
    WEEKDAY,
    clock_on,
    day_of,
    midnight,
    moment,
    number_of,
    part_of,
    time_of,
)
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_words import DAY_NAMES, MONTHS, NUMBERS, PARTS_OF_DAY, UNITS, WEEKDAYS

_UNIT = any_of(UNITS)
_AMOUNT = rf"(?:\d{{1,4}}|{any_of(NUMBERS)}|an?|half(?: an?)?)"


def read_days(draft: Draft) -> None:
    """Takes days out, and what says of a day when it begins or ends."""
    for rule in (_recurring_days, _stretch, _ago, _until_now, _moments, _days):
        rule(draft)


# Days that come again -------------------------------------------------------------------------------------------------


def _recurring_days(draft: Draft) -> None:
    """`on Mondays and Tuesdays`, `every Friday`, `Friday nights`, `Mon-Fri`, `on weekdays`."""
    plural = any_of((*(f"{day}s" for day in WEEKDAYS), "mons", "fris", "sats", "suns"))
    whole = r"(?:week ?days?|work(?:ing)? ?days|week ?ends?)"
    joined = r"(?:,| and| or| &|/)+ ?(?:on )?"
    for pattern in (
        rf"(?:on |at |over )?(?:the |a |every |each )?({whole})",
        rf"(?:on |at )?({plural}(?: ?- ?| to | through ){plural}|{plural}(?:{joined}{plural})*)",
        rf"(?:every|each) ({WEEKDAY}(?:{joined}(?:every |each )?{WEEKDAY})*)",
        rf"(?:on )?({WEEKDAY}(?= (?:mornings|afternoons|evenings|nights)))",
        rf"(?<!between )(?<!from )({WEEKDAY}-{WEEKDAY})",
    ):
        found = draft.find(pattern)
        if found is None or re.search(r"(?:last|this|past|next) $", draft.words[: found.start()]):
            continue
        draft.note(weekdays=_weekdays(found.group(1)))
        draft.take(found, Part.TIME)
        return


def _weekdays(words: str) -> tuple[int, ...]:
    if re.match(r"week ?end", words):
        return (5, 6)
    if re.match(r"w(?:eek|ork)", words):
        return (0, 1, 2, 3, 4)
    names = {**DAY_NAMES, "sat": "saturday", "sun": "sunday"}
    days = [WEEKDAYS.index(names[name]) for name in re.findall(any_of(names), words)]
    if re.search(r"-| to | through ", words):
        first, last = days
        days = [day % 7 for day in range(first, (last if last >= first else last + 7) + 1)]
    return tuple(sorted(set(days)))


# Stretches until now --------------------------------------------------------------------------------------------------


def _stretch(draft: Draft) -> None:
    """`in the last two hours`, `past 30 mins`, `last week`, `this month`, `in March`."""
    today = draft.now.date()
    length = rf"(?:({_AMOUNT}|few|couple of) ?)?({_UNIT})s?"
    found = draft.find(rf"(?:in |over |within |during |for |from )?(?:the )?(last|past|previous) {length}")
    if found is not None:
        unit = UNITS[found.group(3)]
        whole = found.group(1) != "past" and found.group(2) is None and "the " not in found.group(0)
        if unit in {"weeks", "months"} and whole:
            draft.days = _calendar(unit, today)
        else:
            draft.note(from_time=draft.now - _length(found.group(2), unit), until_time=draft.now)
        draft.take(found, Part.TIME)
        return
    found = draft.find(r"(?:during |over |for )?this (week|month)") or draft.find(
        r"(?:on |over |at |during )?(?:the )?(last|this|past) week ?end"
    )
    if found is not None:
        match found.group(1):
            case "week":
                draft.days = (today - timedelta(today.weekday()), today)
            case "month":
                draft.days = (today.replace(day=1), today)
            case _:
                # On a Saturday or Sunday the last weekend is the one before.
                back = (today.weekday() - 5) % 7
                within = found.group(1) != "this" and today.weekday() >= 5
                saturday = today - timedelta(back + (7 if within else 0))
                draft.days = (saturday, saturday + timedelta(1))
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(?:in|during) (?:last )?({MONTH})(?: (\d{{4}}))?(?! \d)")
    if found is not None:
        month = MONTHS[found.group(1)]
        year = int(found.group(2) or (today.year if month <= today.month else today.year - 1))
        if 1900 < year < 2200:
            first = date(year, month, 1)
            draft.days = (first, _next_month(first) - timedelta(1))
            draft.take(found, Part.TIME)


def _calendar(unit: str, today: date) -> tuple[date, date]:
    """The week or month before this one."""
    if unit == "weeks":
        monday = today - timedelta(today.weekday() + 7)
        return monday, monday + timedelta(6)
    last = today.replace(day=1) - timedelta(1)
    return last.replace(day=1), last


def _next_month(first: date) -> date:
    return (first + timedelta(31)).replace(day=1)


def _length(amount: str | None, unit: str) -> timedelta:
    count = {
        None: 1.0,
        "a": 1.0,
        "an": 1.0,
        "half an": 0.5,
        "half a": 0.5,
        "half": 0.5,
        "few": 5.0,
        "couple of": 2.0,
    }.get(amount)
    if count is None and amount is not None:
        count = float(number_of(amount))
    return (count or 0.0) * (timedelta(days=30) if unit == "months" else timedelta(**{unit: 1}))


def _ago(draft: Draft) -> None:
    """`since two hours ago`; `an hour ago` is half an hour around then, `ten minutes ago` five minutes around."""
    found = draft.find(rf"(?:(since|from|until|till|before|after) )?(?:about |around )?({_AMOUNT}) ?({_UNIT})s? ago")
    if found is None or UNITS[found.group(3)] not in {"minutes", "hours"}:
        return
    unit = UNITS[found.group(3)]
    then = draft.now - _length(found.group(2), unit)
    match found.group(1):
        case "since" | "from" | "after":
            draft.note(from_time=then)
        case "until" | "till" | "before":
            draft.note(until_time=then)
        case _:
            width = timedelta(minutes=5 if unit == "minutes" else 30)
            draft.note(from_time=then - width, until_time=then + width)
    draft.take(found, Part.TIME)


# Moments of a day -----------------------------------------------------------------------------------------------------

_AT, _ON = r"(?:,? (?:at )?)", r"(?:,? on)? "
_DAYED = rf"(?:(?:{CLOCK}){_ON}{DAY}|{DAY}{_AT}(?:{SURE_CLOCK}|{DOTTED})|{DAY} {PART}|last {PART}|this {PART})"
"""A day with its clock time or part."""


def _until_now(draft: Draft) -> None:
    """`today 7am until now`: since then."""
    found = draft.find(rf"(?:from |since )?({_DAYED}|{DAY}|{SURE_CLOCK}) (?:to|until|till|up to) (?:right )?now")
    if found is None:
        return
    if re.fullmatch(SURE_CLOCK, found.group(1)):
        start = moment(draft.now.date(), time_of(found.group(1)), draft.now)
        draft.note(from_time=start if start <= draft.now else start - timedelta(1))
    else:
        within = _span(found.group(1), draft.now)
        if within is None:
            return
        draft.note(from_time=within[0])
    draft.take(found, Part.TIME)


def _moments(draft: Draft) -> None:
    """`between 10 pm Monday and 6 am Tuesday`, `since 6 pm on Monday`, `until yesterday evening`."""
    end = rf"(?:{_DAYED}|{DAY})"
    for pattern in (rf"(?:between |from )?({_DAYED}){TO}({end})", rf"(?:between |from )({end}){TO}({_DAYED})"):
        found = draft.find(pattern)
        spans = None if found is None else [_span(words, draft.now) for words in found.groups()]
        if found is None or spans is None or spans[0] is None or spans[1] is None or spans[0][0] >= spans[1][1]:
            continue
        draft.note(from_time=spans[0][0], until_time=spans[1][1])
        draft.take(found, Part.TIME)
        return
    found = draft.find(rf"(since|after|before|until|till|til|by|up to) ({_DAYED})(?: on(?:wards)?)?")
    within = None if found is None else _span(found.group(2), draft.now)
    if found is None or within is None:
        return
    clock, day = re.match(rf"(?:{CLOCK}){_ON}{DAY}$", found.group(2)) is not None, within[0].date()
    match found.group(1):
        case "since":
            draft.note(from_time=within[0])
        case "after" if clock:
            # "After 9 pm on Tuesday" is of that day, "after Tuesday, 9 pm" begins there.
            draft.note(from_time=within[0], until_time=midnight(day + timedelta(1), draft.now))
        case "before" if clock:
            draft.note(from_time=midnight(day, draft.now), until_time=within[0])
        case "after":
            draft.note(from_time=within[1])
        case "before":
            draft.note(until_time=within[0])
        case _:
            draft.note(until_time=within[1])
    draft.take(found, Part.TIME)


def _span(words: str, now: datetime) -> tuple[datetime, datetime] | None:
    """Where a moment begins and ends: a clock time at once, a part of a day and a day later."""
    part = re.search(rf"({PART})$", words)
    if part is not None:
        which = words[: part.start()].strip()
        day = {"last": now.date() - timedelta(1), "this": now.date()}.get(which) or day_of(which, now)
        return None if day is None else clock_on(day, part_of(part.group(1)), now)
    clock = re.match(rf"({CLOCK}){_ON}({DAY})$", words) or re.match(rf"({DAY}){_AT}({SURE_CLOCK}|{DOTTED})$", words)
    if clock is not None:
        first, second = clock.groups()
        day, hour = (day_of(second, now), first) if re.fullmatch(DAY, second) else (day_of(first, now), second)
        when = None if day is None else moment(day, time_of(hour), now)
        return None if when is None else (when, when)
    day = day_of(words, now)
    return None if day is None else (midnight(day, now), midnight(day + timedelta(1), now))


# Days -----------------------------------------------------------------------------------------------------------------


def _days(draft: Draft) -> None:
    for rule in (_days_between, _several_days, _days_beyond, _one_day):
        if rule(draft):
            return


def _days_between(draft: Draft) -> bool:
    found = draft.find(rf"(?:between|from) ({DAY})(?: and| to| until| till|,? ?-) ?({DAY})") or draft.find(
        rf"({DAY}) (?:to|until|till) ({DAY})"
    )
    if found is None:
        ordinal = r"(?:the )?(\d{1,2}(?:st|nd|rd|th))"
        numbered = draft.find(rf"(?:between|from) {ordinal}{TO}{ordinal}(?! (?:of )?{MONTH})")
        if numbered is not None:
            return _between_ordinals(draft, numbered)
        numbers = (
            rf"(?:between |from )?(?:the )?({DAY_NUMBER})(?: ?- ?| to | and )(?:the )?({DAY_NUMBER} (?:of )?{MONTH}"
        )
        found = draft.find(rf"{numbers}(?:,? \d{{4}})?)")
        if found is None:
            return False
        month = found.group(2).split(" ", 1)[1]
        first, last = day_of(f"{found.group(1)} {month}", draft.now), day_of(found.group(2), draft.now)
    else:
        first, last = day_of(found.group(1), draft.now), day_of(found.group(2), draft.now)
    if first is None or last is None:
        return False
    if first > last and first - last < timedelta(7):
        # From Monday to Friday, said on a Wednesday.
        first -= timedelta(7)
    draft.days = (first, last)
    draft.between = True
    draft.take(found, Part.TIME)
    return True


def _between_ordinals(draft: Draft, found: re.Match[str]) -> bool:
    """`from the 2nd to the 3rd`: the last ones that were."""
    first, last = (day_of(words, draft.now) for words in found.groups())
    if first is None or last is None or first > last:
        return False
    draft.days = (first, last)
    draft.between = True
    draft.take(found, Part.TIME)
    return True


def _several_days(draft: Draft) -> bool:
    """`on Monday and Tuesday`, `yesterday or today`."""
    named = rf"(?:{WEEKDAY}|yesterday|today|the day before yesterday)"
    found = draft.find(rf"(?:on |last )?({named}(?:(?:,| and| or|/)+ ?(?:on |last )?{named})+)")
    if found is None:
        return False
    days = [day_of(words, draft.now) for words in re.findall(named, found.group(1))]
    known = sorted(day for day in days if day is not None)
    if not known:
        return False
    draft.days = (known[0], known[-1])
    draft.between = True
    if len(known) <= (known[-1] - known[0]).days:
        draft.note(weekdays=tuple(sorted({day.weekday() for day in known})))
    draft.take(found, Part.TIME)
    return True


def _days_beyond(draft: Draft) -> bool:
    found = draft.find(
        rf"(since|after|(?<!day )before|up to|until|till|til|from(?= {DAY} on)) ({DAY})(?: on(?:wards)?)?"
    )
    day = None if found is None else day_of(found.group(2), draft.now)
    if found is None or day is None:
        return False
    before = found.group(1) in {"before", "until", "till", "til", "up to"}
    beyond = 1 if found.group(1) in {"after", "until", "till", "til", "up to"} else 0
    edge = midnight(day + timedelta(beyond), draft.now)
    draft.note(**{"until_time" if before else "from_time": edge})
    draft.take(found, Part.TIME)
    return True


def _one_day(draft: Draft) -> bool:
    found = draft.find(rf"(?:on |during |for |from |of )?(?:(early|late) (?:on )?)?({DAY})(?:'s)?(?: ([ap])\.?m\.?)?")
    day = None if found is None else day_of(found.group(2), draft.now)
    # "Next Monday" is to come, "a Monday" is any, or the name of something.
    if found is None or day is None or re.search(r"(?<!\w)(?:next|a) $", draft.words[: found.start()]):
        return False
    draft.days = (day, day)
    if found.group(3) is not None:
        # "Monday pm": all of that half.
        draft.clock = DayTime(time(0), time(12)) if found.group(3) == "a" else DayTime(time(12), time(0))
    elif found.group(1) is not None:
        draft.clock = PARTS_OF_DAY["early morning" if found.group(1) == "early" else "evening"]
    draft.take(found, Part.TIME)
    return True
