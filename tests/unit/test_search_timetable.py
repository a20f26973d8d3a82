"""Times of day and weekdays on clocks of their own."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.search import DayTime
from services.search.model.timetable import stretches

BERLIN = "Europe/Berlin"


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def between(start: str, until: str) -> DayTime:
    return DayTime(start=time.fromisoformat(start), until=time.fromisoformat(until))


def test_the_same_clock_time_is_another_moment_in_summer() -> None:
    shop = between("09:00", "17:00")
    assert stretches(BERLIN, shop, (), utc(1, 12), utc(1, 13)) == [(utc(1, 12, 8), utc(1, 12, 16))]
    assert stretches(BERLIN, shop, (), utc(7, 12), utc(7, 13)) == [(utc(7, 12, 7), utc(7, 12, 15))]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday_nights = stretches(BERLIN, between("22:00", "06:00"), (4,), utc(1, 5), utc(1, 19))
    assert friday_nights == [(utc(1, 9, 21), utc(1, 10, 5)), (utc(1, 16, 21), utc(1, 17, 5))]


def test_weekdays_without_a_time_are_whole_days_of_the_camera() -> None:
    assert stretches("America/New_York", None, (6,), utc(1, 6), utc(1, 12, 12)) == [(utc(1, 11, 5), utc(1, 12, 5))]


def test_all_days_are_one_stretch() -> None:
    assert stretches(BERLIN, None, (), utc(1, 5), utc(1, 9)) == [(utc(1, 5), utc(1, 9))]


def test_the_night_of_the_change_is_an_hour_longer_or_shorter() -> None:
    night = between("22:00", "06:00")
    assert stretches(BERLIN, night, (), utc(10, 24, 12), utc(10, 25, 12)) == [(utc(10, 24, 20), utc(10, 25, 5))]
    assert stretches(BERLIN, night, (), utc(3, 28, 12), utc(3, 29, 12)) == [(utc(3, 28, 21), utc(3, 29, 4))]


def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_skipped_does_not() -> None:
    early = between("02:15", "02:45")
    assert stretches(BERLIN, early, (), utc(10, 25), utc(10, 25, 12)) == [
        (utc(10, 25, 0, 15), utc(10, 25, 0, 45)),
        (utc(10, 25, 1, 15), utc(10, 25, 1, 45)),
    ]
    assert stretches(BERLIN, early, (), utc(3, 29), utc(3, 29, 12)) == []


@given(
    st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Pacific/Apia"]),
    st.times(),
    st.times(),
    st.sets(st.integers(0, 6)),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001
    st.integers(0, 10 * 86_400),
)
def test_a_moment_is_in_a_stretch_where_its_clock_says_so(
    zone: str, start: time, until: time, weekdays: set[int], first: datetime, seconds: int
) -> None:
    begin = first.replace(tzinfo=UTC)
    found = stretches(zone, DayTime(start=start, until=until), tuple(weekdays), begin, begin + timedelta(days=10))
    moment = begin + timedelta(seconds=seconds)
    shown = moment.astimezone(ZoneInfo(zone))
    clock, over = shown.time(), until <= start
    inside = (clock >= start or clock < until) if over else start <= clock < until
    day = shown.weekday() if not over or clock >= start else (shown.weekday() - 1) % 7
    expected = inside and (not weekdays or day in weekdays) and seconds < 10 * 86_400
    assert any(a <= moment < b for a, b in found) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_stretches_are_in_order_and_apart(zone: str) -> None:
    found = stretches(zone, between("00:30", "00:30"), (0, 1, 2), utc(3, 1), utc(11, 30))
    assert found == sorted(found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
