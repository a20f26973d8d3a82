"""Which time a question means: its days and clock times as periods, and how an answer names them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.question import Period
from contracts.search import DayTime
from services.search.model.coverage import span, united
from services.search.model.refused import QuestionRefused
from services.search.model.sentence import Reading
from services.search.model.timetable import stretches

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def periods_of(
    reading: Reading, *, now: datetime, zone: str, footage: tuple[datetime, datetime] | None
) -> tuple[tuple[Period, ...], str, str | None]:
    """The periods that are meant, how an answer names them, and what had to be assumed.

    Times that the question leaves open reach from the first footage until now. A clock time without a day is the last
    one that has begun. Nothing after now is asked about.

    Args:
        reading: of the subject.
        now: when it is asked, with the caller's zone.
        zone: the caller's, IANA.
        footage: when the first footage begins and the last ends; None: there is none.

    Raises:
        QuestionRefused: all of it lies in the future.
    """
    own = ZoneInfo(zone)
    first, last = footage or (now - timedelta(days=1), now)
    untimed = reading.from_time is None and reading.until_time is None
    assumed: str | None = None
    if untimed and reading.day_time is not None and not reading.weekdays:
        (period, assumed) = _latest(reading, now, own)
        return (period,), span(period.from_time, period.until_time, own), assumed
    begin = reading.from_time or first
    end = min(reading.until_time or (min(now, last) if untimed else now), now)
    if begin >= end and reading.from_time is not None and reading.from_time >= now:
        raise QuestionRefused("future", "The question is about the future.", "Ask about footage that there is.")
    if begin >= end:
        end = begin + timedelta(seconds=1)
    words = span(begin, end, own)
    if reading.day_time is None and not reading.weekdays:
        if untimed:
            words = f"in all footage ({span(begin, end, own)})"
        return (Period(from_time=begin, until_time=end),), words, None
    day_time = None
    if reading.day_time is not None:
        day_time = DayTime(start=reading.day_time.start, until=reading.day_time.until)
    found = stretches(zone, day_time, reading.weekdays, begin, end)
    periods = united(Period(from_time=start, until_time=until) for start, until in found)
    if not periods:
        raise QuestionRefused("future", "That time has not come yet.", "Ask about footage that there is.")
    return periods, _recurring(periods, reading, words, own), None


def _latest(reading: Reading, now: datetime, zone: ZoneInfo) -> tuple[Period, str]:
    clock = reading.day_time
    assert clock is not None
    local = now.astimezone(zone)
    for back in (0, 1):
        date = local.date() - timedelta(days=back)
        start = datetime.combine(date, clock.start, zone)
        until = datetime.combine(date, clock.until, zone)
        if until <= start:
            until += timedelta(days=1)
        if start < local:
            break
    period = Period(from_time=start, until_time=min(until, local))
    return (
        period,
        f"No day was named: the latest such time is meant, {span(period.from_time, period.until_time, zone)}.",
    )


def _recurring(periods: Sequence[Period], reading: Reading, words: str, zone: ZoneInfo) -> str:
    if len(periods) == 1:
        return span(periods[0].from_time, periods[0].until_time, zone)
    parts = []
    if reading.weekdays:
        parts.append("on " + " and ".join(_DAYS[day] for day in reading.weekdays))
    if reading.day_time is not None:
        closing = "24:00" if f"{reading.day_time.until:%H:%M}" == "00:00" else f"{reading.day_time.until:%H:%M}"
        parts.append(f"at {reading.day_time.start:%H:%M}–{closing}")
    return f"{' '.join(parts)} {words}"
