"""Times of the day and days of the week, as stretches of true time on a clock that summer time moves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from contracts.search import DayTime
from services.search.model.filters import Stretch

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WHOLE_DAY = DayTime(start=time(0), until=time(0))


def stretches(
    zone_name: str, day_time: DayTime | None, weekdays: Sequence[int], first: datetime, last: datetime
) -> list[Stretch]:
    """When a clock in this time zone shows such a time on such a day, between two moments; in UTC, in order, apart.

    A stretch over midnight belongs to the day on which it begins. Where clocks are turned back, the hour that comes
    twice counts twice; one that is skipped does not count.

    Args:
        zone_name: IANA.
        day_time: None: the whole day.
        weekdays: 0 is Monday; empty: all.
        first: begins at or before everything that is asked for.
        last: ends it.
    """
    zone = ZoneInfo(zone_name)
    wanted = day_time or _WHOLE_DAY
    found: list[Stretch] = []
    day = datetime.combine(first.astimezone(zone).date(), time(0)) - _DAY
    while day <= last.astimezone(zone).replace(tzinfo=None):
        if not weekdays or day.weekday() in weekdays:
            begin = datetime.combine(day, wanted.start)
            end = datetime.combine(day, wanted.until)
            found += _true_times(begin, end if end > begin else end + _DAY, zone)
        day += _DAY
    return _joined(sorted((max(begin, first), min(end, last)) for begin, end in found if begin < last and end > first))


def _true_times(begin: datetime, end: datetime, zone: tzinfo) -> Iterator[Stretch]:
    """When the clock shows a time from `begin` on and before `end` (both without a zone)."""
    # No clock is further from UTC than 14 hours, and none is turned twice within these two days.
    earliest, latest = (begin - _DAY).replace(tzinfo=UTC), (end + _DAY).replace(tzinfo=UTC)
    turn = _turn(earliest, latest, zone)
    for piece_begin, piece_end in ((earliest, turn), (turn, latest)):
        offset = piece_begin.astimezone(zone).utcoffset() or timedelta(0)
        shown_begin, shown_end = (shown.replace(tzinfo=UTC) - offset for shown in (begin, end))
        if max(piece_begin, shown_begin) < min(piece_end, shown_end):
            yield max(piece_begin, shown_begin), min(piece_end, shown_end)


def _turn(earliest: datetime, latest: datetime, zone: tzinfo) -> datetime:
    """The first second with the offset that holds at `latest`; `latest` where it held all the time."""
    offset = latest.astimezone(zone).utcoffset()
    if earliest.astimezone(zone).utcoffset() == offset:
        return latest
    while latest - earliest > _SECOND:
        middle = (earliest + (latest - earliest) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            latest = middle
        else:
            earliest = middle
    return latest


def _joined(found: Sequence[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for begin, end in found:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
