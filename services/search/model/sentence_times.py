"""When a sentence means: days, stretches, clock times, parts of the day.

The rules are tried in the order of `read_times`; each takes its words out. How days and clock times are written is in
`sentence_clock`.
"""

import re
from datetime import time, timedelta

from services.search.model.reading import DayTime, Part
from services.search.model.sentence_clock import (
    CLOCK,
    DOTTED,
    MILITARY,
    PART,
    SURE_CLOCK,
    TO,
    around,
    clock_on,
    half_of,
    midnight,
    moment,
    part_of,
    time_of,
    times_between,
)
from services.search.model.sentence_days import read_days
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_words import (
    CLASS_WORDS,
    HOURS,
    NUMBERED,
    PARTS_OF_DAY,
    THINGS,
    UNITS,
)

_OF_DAY = rf" (?:this|in the|at|yesterday|tomorrow|last|on \w+day|\w+day)? ?(?:{PART})"
_UNIT = any_of(UNITS)
_THING_NEXT = (
    rf"(?! ?(?:{_UNIT}s?|{any_of(CLASS_WORDS)}|{any_of(THINGS)}|%|metres|meters|\w+ {any_of(CLASS_WORDS)})(?!\w))"
)
"""A bare number before one of these counts it."""
_ENDS = (
    r"(?=\s*$|\s*[,;?!]|\s{2}| (?:on|at|in|near|by|from|with|wearing|every|this|last|today|yesterday|tonight)(?!\w))"
)
"""After these a bare number has ended, which counts nothing."""
_YEARS = r"(?:19[5-9]\d|20[0-5]\d)"


def read_times(draft: Draft) -> None:
    """Takes what says when out of the sentence."""
    read_days(draft)
    _clock(draft)
    _part_of_day(draft)
    _set_time(draft)


# Clock times ----------------------------------------------------------------------------------------------------------


def _clock(draft: Draft) -> None:
    """`between 6 and 8 pm`, `8-10am`, `0800-1000`, `before 9`, `8pm`."""
    for rule in (_clock_between, _clock_beyond, _clock_at):
        if rule(draft):
            return


def _clock_between(draft: Draft) -> bool:
    about = r"(?:(?:at|around|about) )?"
    for pattern in (
        rf"(?:between|from) ({CLOCK}){TO}({CLOCK})(?:hrs|h)?{_THING_NEXT}",
        rf"(?:between|from) ({MILITARY}){TO}({MILITARY})(?: ?hrs| ?h)?",
        rf"{about}(?!{_YEARS} ?- ?{_YEARS})({MILITARY}) ?(?:-|to|until|till|til) ?({MILITARY})(?: ?hrs| ?h)?",
        rf"{about}({CLOCK}) ?(?:-|to|until|till|til) ?({SURE_CLOCK})",
        rf"{about}({DOTTED}) ?(?:-|to|until|till|til) ?({DOTTED})",
        rf"{about}({SURE_CLOCK}) ?(?:-|to|until|till|til) ?({CLOCK}){_ENDS}",
    ):
        found = draft.find(pattern)
        if found is None or _half_unknown(draft, *found.groups()):
            continue
        # "Gate 3 to 5" counts gates; "the yard between 3 and 5" does not.
        counted = found.group(0)[0].isdigit() and re.search(rf"{any_of(NUMBERED)} $", draft.words[: found.start()])
        if not counted:
            draft.clock = DayTime(*times_between(*found.groups()))
            draft.take(found, Part.TIME)
            return True
    return False


def _half_unknown(draft: Draft, *hours: str) -> bool:
    """Whether these are small hours or those after noon: "between 2 and 4", with nothing that tells."""
    small = rf"(?:half past |quarter past |quarter to )?(?:[1-7]|{any_of(_SMALL)})(?: o'? ?clock)?"
    return all(re.fullmatch(small, hour) for hour in hours) and draft.find(PART) is None


_SMALL = tuple(word for word, hour in HOURS.items() if hour <= 7)


def _clock_beyond(draft: Draft) -> bool:
    """Of a bare number only what follows tells that it counts nothing."""
    clock = rf"({SURE_CLOCK}|{DOTTED}|\d{{1,2}}(?={_OF_DAY})|(?!{_YEARS}){MILITARY}{_ENDS}"
    clock = rf"{clock}|(?:2[0-4]|[01]?\d)(?:h(?!\w)|{_ENDS}))"
    after = r"not before|no earlier than|(?<!no )later than|(?<!not )after|since|from(?= \S+ on)|from|past"
    before = r"not after|no later than|(?<!no )earlier than|before|until|till|til|up to|by"
    found = draft.find(rf"({after}) {clock}(?: on(?:wards)?| or later)?") or draft.find(rf"({before}) {clock}")
    if found is None:
        # "Before 9 lobby": a place follows, which is no thing to count.
        placed = draft.find(rf"({after}|{before}) (2[0-4]|[01]?\d)(?= (\w+))")
        found = placed if placed is not None and placed.group(3) in draft.place_words else None
    later = draft.find(rf"({SURE_CLOCK}) (?:onwards|or later|and later|on(?= *$))")
    if found is None and later is None:
        return False
    if found is None and later is not None:
        draft.clock = DayTime(time_of(later.group(1)), time(0))
        draft.take(later, Part.TIME)
        return True
    if found is None or (found.group(1) in {"from", "past", "by", "up to"} and re.fullmatch(r"\d+", found.group(2))):
        return False
    said = time_of(found.group(2))
    if re.fullmatch(before, found.group(1)):
        draft.clock = DayTime(time(0), said)
    elif found.group(1) == "since" and draft.days is None and not re.search(_OF_DAY, draft.words):
        # Since 5 pm: until now, so the last 5 pm that was.
        start = moment(draft.now.date(), said, draft.now)
        draft.note(from_time=start if start <= draft.now else start - timedelta(1))
    else:
        draft.clock = DayTime(said, time(0))
    draft.take(found, Part.TIME)
    return True


def _clock_at(draft: Draft) -> bool:
    known = draft.days is not None or draft.find(rf"{PART}|tonight") is not None
    dayed = rf"|(?:2[0-4]|[01]?\d){_ENDS}" if known else ""
    found = (
        draft.find(rf"(?:at|around|about) ({SURE_CLOCK}|{DOTTED}|\d{{1,2}}(?={_OF_DAY}){dayed})(?: ?-?ish)?")
        or draft.find(r"(?:at |around |about )?((?:2[0-4]|[01]?\d)(?: ?[ap]m)?) ?-?ish")
        or draft.find(r"(\d{1,2})(?= (?:in the (?:early )?(?:morning|afternoon|evening)|at night)(?!\w))")
        or draft.find(rf"(?:(?<=at )|(?<=around ))((?!{_YEARS}){MILITARY}){_ENDS}")
        or draft.find(rf"(?<!and )(?<!to )(?<!or )({SURE_CLOCK})")
    )
    if found is None or _half_unknown(draft, found.group(1)):
        return False
    draft.clock = DayTime(*around(time_of(found.group(1))))
    draft.take(found, Part.TIME)
    return True


# Parts of the day -----------------------------------------------------------------------------------------------------


def _part_of_day(draft: Draft) -> None:
    joint = "this|last|in the|at|over|during the|during|by|every|on"
    found = draft.find(rf"(?:(?:early|late) (?=last|at|in the))?({joint})? ?(?:the )?({PART})")
    if found is None:
        return
    word = found.group(2)
    part = part_of(word)
    said = draft.clock
    if draft.clock is None:
        draft.clock = part
    elif not any(half_of(phrase.words) or re.search(r"noon|midnight", phrase.words) for _, phrase in draft.taken):
        draft.clock = _within(draft.clock, word)
    today = draft.now.date()
    if draft.days is None and (found.group(1) == "this" or word == "tonight"):
        draft.days = (today, today)
    elif draft.days is None and found.group(1) == "last":
        # "At 2 last night" was this morning.
        small = said is not None and draft.clock.start < time(6)
        draft.days = (today, today) if small else (today - timedelta(1),) * 2
    draft.take(found, Part.TIME)


def _within(clock: DayTime, part: str) -> DayTime:
    """`between 2 and 3 in the afternoon`: hours up to twelve are those of that half of the day."""
    start, until = clock.start, clock.until
    late = part.endswith(("afternoon", "evening"))
    if late or (part.endswith("night") and min(start.hour or 24, until.hour or 24) >= 6):
        start, until = (one.replace(hour=one.hour + 12) if 0 < one.hour < 12 else one for one in (start, until))
    return DayTime(start, until)


# What they come to ----------------------------------------------------------------------------------------------------


def _set_time(draft: Draft) -> None:
    """Days and clock become one stretch of time; a clock alone, or with several days, is a time of every day."""
    if draft.days is None:
        draft.note(day_time=draft.clock)
        return
    first, last = sorted(draft.days)
    if draft.between and draft.clock == PARTS_OF_DAY["night"] and last == first + timedelta(1):
        # The night from Monday to Tuesday is one night.
        draft.note(
            from_time=moment(first, draft.clock.start, draft.now),
            until_time=moment(last, draft.clock.until, draft.now),
        )
        return
    if draft.clock is not None and first == last:
        start, until = clock_on(first, draft.clock, draft.now)
        draft.note(from_time=start, until_time=until)
        return
    draft.note(
        from_time=midnight(first, draft.now),
        until_time=midnight(last + timedelta(1), draft.now),
        day_time=draft.clock,
    )
