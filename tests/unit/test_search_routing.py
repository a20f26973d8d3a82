"""The choice of a way: by what is stored, what passes the filters, and what is sealed and coded."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.search.model.routing import (
    LEAST_DENSITY,
    LEAST_WALKED,
    MOST_STRETCHES,
    MOST_UNCODED,
    SURELY_EXACT,
    DayCount,
    Kept,
    Part,
    Plan,
    Way,
    by_tracks,
    choose,
    estimated,
    reach_of,
)

FIRST = date(2026, 3, 2)


def days(
    count: int,
    matches: float,
    *,
    stored: int = 33_000,
    scanned: float = 0,
    sealed: bool = True,
    uncoded: int = 0,
    after: int = 0,
) -> list[DayCount]:
    return [
        DayCount(day, matches, scanned or matches, Part(day, stored) if sealed else None, uncoded)
        for day in (FIRST + timedelta(days=after + number) for number in range(count))
    ]


def month(matches: float, *, stored: int = 1_000_000) -> list[DayCount]:
    """Thirty days in one part."""
    return [replace(day, part=Part(FIRST, stored)) for day in days(30, matches)]


def ways(plan: Plan) -> list[Way]:
    return [stretch.way for stretch in plan.stretches]


def test_few_vectors_are_all_compared() -> None:
    assert ways(choose(days(1, 14), 20, coded=True)) == [Way.EXACT]
    assert ways(choose(days(30, SURELY_EXACT / 30), 20, coded=True)) == [Way.EXACT]


def test_a_class_on_a_sealed_day_is_found_by_the_days_index() -> None:
    assert ways(choose(days(1, 11_400), 20, coded=True)) == [Way.INDEX]


def test_everything_over_a_month_is_found_by_the_days_indexes() -> None:
    assert ways(choose(days(30, 33_000), 20, coded=True)) == [Way.INDEX]


def test_ten_cameras_of_two_hundred_over_a_week_are_found_by_their_codes() -> None:
    assert ways(choose(days(7, 1_200), 20, coded=True)) == [Way.CODES]


def test_a_month_in_one_part_is_found_by_one_index_and_costs_less_than_thirty() -> None:
    merged, apart = (choose(counts, 20, coded=True).stretches for counts in (month(33_000), days(30, 33_000)))
    assert [stretch.way for stretch in merged] == [Way.INDEX]
    assert merged[0].milliseconds < apart[0].milliseconds / 4


def test_one_day_of_a_month_in_one_part_is_too_little_of_its_index_to_walk_it() -> None:
    assert ways(choose(month(11_400)[:1], 20, coded=True))[0] is not Way.INDEX


def test_codes_that_must_be_looked_at_for_every_class_are_no_way_to_one_class() -> None:
    one_class = [replace(day, scanned=33_000) for day in month(11_400)[:1]]
    assert ways(choose(one_class, 20, coded=True)) == [Way.EXACT]


def test_without_codes_they_are_all_compared() -> None:
    assert ways(choose(days(7, 1_200), 20, coded=False)) == [Way.EXACT]


def test_a_day_that_is_not_over_has_no_index_to_walk() -> None:
    assert ways(choose(days(1, 30_000, sealed=False), 20, coded=True)) == [Way.CODES]
    assert ways(choose(days(1, 30_000, sealed=False), 20, coded=False)) == [Way.EXACT]


def test_sealed_days_and_the_open_one_are_searched_each_their_way() -> None:
    plan = choose(days(6, 20_000) + days(1, 20_000, sealed=False, after=6), 20, coded=True)
    assert ways(plan) == [Way.INDEX, Way.CODES]
    sealed, still_open = plan.stretches
    assert (sealed.from_day, sealed.until_day) == (FIRST, FIRST + timedelta(days=6))
    assert (still_open.from_day, still_open.until_day) == (FIRST + timedelta(days=6), FIRST + timedelta(days=7))


def test_the_little_of_the_day_before_is_not_looked_for_by_a_walk() -> None:
    before, day, after = days(1, 300), days(1, 11_400, after=1), days(1, 40, after=2)
    plan = choose(before + day + after, 20, coded=True)
    assert ways(plan) == [Way.EXACT, Way.INDEX, Way.EXACT]
    assert [stretch.days for stretch in plan.stretches] == [1, 1, 1]
    assert plan.stretches[1].reach == choose(day, 20, coded=True).stretches[0].reach


def test_a_day_with_less_going_on_is_walked_with_the_others() -> None:
    assert ways(choose(days(1, 5_000) + days(2, 11_400, after=1), 20, coded=True)) == [Way.INDEX]
    # All of a month in one part is one walk, however little happened on its first day.
    quiet = [replace(month(33_000)[0], matches=100.0), *month(33_000)[1:]]
    assert ways(choose(quiet, 20, coded=True)) == [Way.INDEX]


def test_days_sealed_and_open_in_turn_are_searched_at_once() -> None:
    mixed = [
        day for number in range(MOST_STRETCHES + 1) for day in days(1, 9_000, sealed=number % 2 == 0, after=number)
    ]
    plan = choose(mixed, 20, coded=True)
    assert ways(plan) == [Way.CODES]
    assert plan.stretches[0].days == MOST_STRETCHES + 1


def test_an_index_is_not_walked_where_hardly_anything_in_it_passes() -> None:
    sparse = days(1, LEAST_DENSITY * 1_000_000 * 0.9, stored=1_000_000)
    assert ways(choose(sparse, 20, coded=True)) == [Way.CODES]


def test_an_index_is_not_walked_where_filters_hold_that_the_counts_know_nothing_of() -> None:
    assert ways(choose(days(1, 20_000), 20, coded=True, vague=True)) == [Way.CODES]


def test_codes_are_not_trusted_where_many_vectors_have_none() -> None:
    missing = days(7, 1_200, uncoded=MOST_UNCODED)
    assert ways(choose(missing, 20, coded=True)) == [Way.EXACT]


def test_another_tenants_vectors_in_a_day_make_its_index_sparser_for_this_one() -> None:
    assert ways(choose(days(1, 20_000, stored=33_000), 20, coded=True)) == [Way.INDEX]
    assert ways(choose(days(1, 20_000, stored=3_300_000), 20, coded=True)) == [Way.CODES]


def test_nothing_stored_is_no_work() -> None:
    assert choose([], 20, coded=True).stretches == []
    assert choose(days(3, 0), 20, coded=True).told() == "nothing is stored there"


def test_a_plan_says_its_days_its_way_and_why() -> None:
    told = choose(days(7, 1_200), 20, coded=True).told()
    assert (
        told == "2026-03-02 to 2026-03-08: codes, about 8400 vectors pass, which should be quicker than exact or index"
    )
    assert choose(days(1, 14), 20, coded=True).told().endswith("exact, about 14 vectors pass, which needs no other way")
    assert (
        by_tracks(days(2, 100), 40).told().endswith("tracks, about 120 vectors pass, as few tracks have the attributes")
    )


def test_a_plan_told_to_somebody_who_may_not_see_all_has_no_counts() -> None:
    told = choose(days(7, 1_200), 20, coded=True).told(counted=False)
    assert told == "2026-03-02 to 2026-03-08: codes, which should be quicker than exact or index"


def test_the_more_that_are_compared_again_the_more_rows_are_wanted() -> None:
    few, many = (choose(days(7, 30_000, sealed=False), rows, coded=True).stretches[0].reach for rows in (20, 200))
    assert few < many == 1_600


@pytest.mark.parametrize(("rows", "count"), [(20, 1), (20, 30), (120, 1), (120, 30), (1200, 1)])
def test_a_walk_keeps_enough_candidates_for_the_rows_that_are_wanted(rows: int, count: int) -> None:
    assert min(rows, 1000) <= reach_of(rows, count, count * 33_000) * count
    assert LEAST_WALKED <= reach_of(rows, count, count * 33_000) <= 1000


def test_a_walk_keeps_more_in_a_larger_index_and_where_fewer_pass() -> None:
    assert reach_of(20, 1, 33_000) < reach_of(20, 1, 1_000_000) < reach_of(20, 1, 1_000_000, 0.05)
    assert reach_of(20, 1, 1_000_000, 0.05) < 1_000


def test_what_is_counted_on_each_axis_is_put_together_as_if_they_had_nothing_to_do_with_one_another() -> None:
    part = Part(FIRST, 900)
    kept = Kept(FIRST, whole=400, of_kinds=300, of_cameras=200, of_hours=50, uncoded=7, part=part)
    assert estimated(kept, by_camera=True) == DayCount(FIRST, 300 * 0.5 * 0.125, 200 * 0.125, part, 7)
    # No camera is named, and the day is asked for whole.
    whole = replace(kept, of_cameras=0, of_hours=None)
    assert estimated(whole, by_camera=False) == DayCount(FIRST, 300, 400, part, 7)


@given(
    st.lists(
        st.builds(
            DayCount,
            day=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
            matches=st.floats(0, 1e7),
            scanned=st.floats(0, 1e7),
            part=st.none()
            | st.builds(Part, st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 10_000_000)),
            uncoded=st.integers(0, 1000),
        ),
        max_size=40,
        unique_by=lambda day: day.day,
    ),
    st.integers(1, 1200),
    st.booleans(),
    st.booleans(),
)
@example([DayCount(FIRST, matches=5e-324, scanned=0.0, part=Part(FIRST, 2), uncoded=0)], 1, False, False)
def test_every_day_with_matches_is_searched_once_and_only_in_ways_that_are_open_to_it(
    counts: list[DayCount], rows: int, coded: bool, vague: bool
) -> None:
    counts = sorted(counts, key=lambda day: day.day)
    plan = choose(counts, rows, coded=coded, vague=vague)
    for day in counts:
        covering = [one for one in plan.stretches if one.from_day <= day.day < one.until_day]
        assert len(covering) == 1 or (not covering and day.matches == 0) or day.matches == 0
        if day.matches > 0:
            assert day.part is not None or covering[0].way is not Way.INDEX
    if not coded:
        assert Way.CODES not in ways(plan)
    if vague:
        assert Way.INDEX not in ways(plan)
    assert plan.approximate == any(way in {Way.INDEX, Way.CODES} for way in ways(plan))
