"""What happens in a rule's sense: known ways through a view, and what must hold for all ways."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import Direction, EventKind, RuleParameters, ZoneKind
from contracts.vocabulary import ObjectClass
from services.search.model.events import happenings
from services.search.model.geometry import Steps
from services.search.model.movers import Trail, movers
from services.search.model.rules import WHOLE_VIEW, Event, Rule

START = 1_772_438_400.0
MIDDLE = ((0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7))
UPRIGHT = ((0.5, 0.0), (0.5, 1.0))
"""Drawn downwards: its left, seen along it, is the right of the picture."""
BOTH = {Direction.LEFT_TO_RIGHT: Direction.RIGHT_TO_LEFT, Direction.RIGHT_TO_LEFT: Direction.LEFT_TO_RIGHT}


def trail(
    points: Sequence[tuple[float, float, float]],
    *,
    number: int = 1,
    object_class: ObjectClass = ObjectClass.PERSON,
    size: float = 0.1,
    recorded_until: float = 1000.0,
) -> Trail:
    """Of (seconds, x, y)."""
    table = np.array(points, dtype=np.float64)
    return Trail(
        id=UUID(int=number),
        object_class=object_class,
        score=0.8,
        steps=Steps(START + table[:, 0], table[:, 1:], np.full(len(table), size)),
        recorded_until=START + recorded_until,
        aspect=1.0,
    )


def walk(*corners: tuple[float, float, float], **more: object) -> Trail:
    """Straight from corner to corner, seen five times a second."""
    times = np.arange(round(corners[0][0] * 5), round(corners[-1][0] * 5) + 1) / 5
    known = np.array(corners)
    xs, ys = (np.interp(times, known[:, 0], known[:, axis]) for axis in (1, 2))
    return trail(list(zip(times, xs, ys, strict=True)), **more)  # type: ignore[arg-type]


def rule(kind: EventKind, points: Sequence[tuple[float, float]] = MIDDLE, **parameters: object) -> Rule:
    shape = ZoneKind.ZONE if len(points) > 2 else ZoneKind.LINE
    return Rule(kind, shape, tuple(points), RuleParameters(**parameters))  # type: ignore[arg-type]


def spans(events: Sequence[Event]) -> list[tuple[float, float]]:
    return [(round(event.start - START, 2), round(event.end - START, 2)) for event in events]


def cut(one: Trail, at: float, number: int) -> list[Trail]:
    """As two recordings would hold it that meet at a time; pieces too short to be tracks are left out by neither."""
    times = one.steps.times
    pieces = []
    for mask, ident in ((times < at, one.id), (times >= at, UUID(int=number))):
        if mask.any():
            steps = Steps(times[mask], one.steps.feet[mask], one.steps.sizes[mask])
            pieces.append(replace(one, id=ident, steps=steps))
    return pieces


ACROSS = walk((0, 0.1, 0.5), (8, 0.9, 0.5))
"""From left to right through the middle, a tenth of the width a second: in the zone from 2 to 6 s."""


def test_a_line_is_crossed_in_the_direction_that_one_sees_along_it() -> None:
    [event] = happenings(rule(EventKind.LINE_CROSSED, UPRIGHT), [ACROSS])
    assert event.direction is Direction.RIGHT_TO_LEFT
    assert event.start == event.end == pytest.approx(START + 4.0)
    assert event.place == pytest.approx((0.5, 0.5))
    assert event.object_class is ObjectClass.PERSON


def test_only_the_direction_that_was_asked_for_counts() -> None:
    asked = rule(EventKind.LINE_CROSSED, UPRIGHT, direction=Direction.LEFT_TO_RIGHT)
    assert happenings(asked, [ACROSS]) == []
    assert len(happenings(asked, [walk((0, 0.9, 0.5), (8, 0.1, 0.5))])) == 1


def test_who_goes_against_the_allowed_direction_goes_wrong() -> None:
    wrong = rule(EventKind.WRONG_DIRECTION, UPRIGHT, direction=Direction.LEFT_TO_RIGHT)
    assert len(happenings(wrong, [ACROSS])) == 1
    assert happenings(wrong, [walk((0, 0.9, 0.5), (8, 0.1, 0.5))]) == []


def test_a_box_that_trembles_on_the_line_does_not_cross_it_again_and_again() -> None:
    trembling = [(0.2 * number, 0.5 + 0.004 * (-1) ** number, 0.5) for number in range(50)]
    ending_right = [(-1.0, 0.4, 0.5), *trembling, (11.0, 0.6, 0.5)]
    crossed = rule(EventKind.LINE_CROSSED, UPRIGHT)
    assert len(happenings(crossed, [trail(trembling)])) <= 1
    assert len(happenings(crossed, [trail(ending_right)])) == 1


def test_beside_the_end_of_a_line_nothing_is_crossed() -> None:
    short = ((0.5, 0.6), (0.5, 0.9))
    assert happenings(rule(EventKind.LINE_CROSSED, short), [ACROSS]) == []


def test_a_zone_is_entered_and_left_at_its_edge() -> None:
    assert spans(happenings(rule(EventKind.ZONE_ENTERED), [ACROSS])) == [(2.0, 2.0)]
    assert spans(happenings(rule(EventKind.ZONE_LEFT), [ACROSS])) == [(6.0, 6.0)]


def test_what_is_quicker_than_the_detector_looks_was_in_the_zone_all_the_same() -> None:
    quick = trail([(0, 0.1, 0.5), (1, 0.9, 0.5)])
    assert spans(happenings(rule(EventKind.ZONE_ENTERED), [quick])) == [(0.25, 0.25)]


def test_who_was_first_seen_inside_has_entered_only_where_the_rule_says_so() -> None:
    inside = walk((0, 0.5, 0.5), (8, 0.9, 0.5))
    assert happenings(rule(EventKind.ZONE_ENTERED), [inside]) == []
    assert len(happenings(rule(EventKind.ZONE_ENTERED, first_seen_inside=True), [inside])) == 1
    assert len(happenings(rule(EventKind.ZONE_LEFT), [inside])) == 1


def test_who_stays_longer_than_allowed_loiters() -> None:
    waiting = walk((0, 0.1, 0.5), (4, 0.5, 0.5), (64, 0.5, 0.5), (68, 0.9, 0.5))
    [event] = happenings(rule(EventKind.LOITERING, seconds=60), [waiting])
    assert spans([event]) == [(2.0, 66.0)]
    assert event.measure == pytest.approx(64.0)
    assert happenings(rule(EventKind.LOITERING, seconds=65), [waiting]) == []


def test_a_short_step_out_of_the_zone_is_bridged_and_a_long_one_is_not() -> None:
    out = walk((0, 0.5, 0.5), (20, 0.5, 0.5), (21, 0.8, 0.5), (23, 0.8, 0.5), (24, 0.5, 0.5), (40, 0.5, 0.5))
    assert spans(happenings(rule(EventKind.LOITERING, seconds=30, bridge_seconds=5), [out])) == [(0.0, 40.0)]
    assert happenings(rule(EventKind.LOITERING, seconds=30, bridge_seconds=1), [out]) == []


def test_a_person_whom_the_tracker_lost_and_found_where_they_stood_is_one() -> None:
    before, after = (
        walk((0, 0.5, 0.5), (30, 0.5, 0.5)),
        walk((33, 0.51, 0.5), (60, 0.5, 0.5), number=2),
    )
    [event] = happenings(rule(EventKind.LOITERING, seconds=50), [before, after])
    assert spans([event]) == [(0.0, 60.0)]
    assert [part.id for part in event.trails] == [before.id, after.id]
    elsewhere = walk((33, 0.9, 0.9), (60, 0.9, 0.9), number=2)
    assert happenings(rule(EventKind.LOITERING, WHOLE_VIEW, seconds=50), [before, elsewhere]) == []


def test_a_crowd_is_so_many_at_once_for_so_long() -> None:
    people = [walk((10 * n, 0.4 + 0.1 * n, 0.5), (40, 0.4 + 0.1 * n, 0.5), number=n + 1) for n in range(3)]
    [event] = happenings(rule(EventKind.CROWDING, count=3, seconds=15), people)
    assert spans([event]) == [(20.0, 40.0)]
    assert event.measure == 3
    assert len(event.trails) == 3
    assert happenings(rule(EventKind.CROWDING, count=3, seconds=25), people) == []
    assert happenings(rule(EventKind.CROWDING, count=4, seconds=0), people) == []


def test_a_zone_is_occupied_from_the_first_who_comes_to_the_last_who_goes() -> None:
    first = walk((0, 0.5, 0.5), (20, 0.5, 0.5))
    second = walk((15, 0.4, 0.4), (50, 0.4, 0.4), number=2)
    [event] = happenings(rule(EventKind.ZONE_OCCUPIED), [first, second])
    assert spans([event]) == [(0.0, 50.0)]
    assert event.measure == 2


def test_who_is_faster_than_allowed_speeds() -> None:
    [event] = happenings(rule(EventKind.SPEEDING, WHOLE_VIEW, speed_widths=0.09), [ACROSS])
    assert event.measure == pytest.approx(0.1, abs=1e-3)
    assert happenings(rule(EventKind.SPEEDING, WHOLE_VIEW, speed_widths=0.11), [ACROSS]) == []


def test_a_zone_with_a_scale_knows_speeds_in_kilometres_an_hour() -> None:
    scaled = replace(rule(EventKind.SPEEDING, speed_kmh=7.0), width_metres=20.0)
    [event] = happenings(scaled, [ACROSS])
    assert event.measure == pytest.approx(7.2, abs=0.05)


def test_who_goes_through_a_zone_against_its_heading_goes_wrong() -> None:
    assert len(happenings(rule(EventKind.WRONG_DIRECTION, heading_degrees=270.0), [ACROSS])) == 1
    assert happenings(rule(EventKind.WRONG_DIRECTION, heading_degrees=90.0), [ACROSS]) == []
    assert happenings(rule(EventKind.WRONG_DIRECTION, heading_degrees=45.0), [ACROSS]) == []


CAR = {"object_class": ObjectClass.CAR, "size": 0.2}


def test_a_car_that_comes_and_stands_was_left_and_is_removed_when_it_drives_off() -> None:
    parked = walk((0, 0.0, 0.5), (5, 0.5, 0.5), (125, 0.5, 0.5), (130, 1.0, 0.5), **CAR)
    [left] = happenings(rule(EventKind.OBJECT_LEFT, seconds=60), [parked])
    assert left.start - START == pytest.approx(5.0, abs=2)
    assert left.measure == pytest.approx(120.0, abs=4)
    [removed] = happenings(rule(EventKind.OBJECT_REMOVED, seconds=60), [parked])
    assert removed.start - START == pytest.approx(125.0, abs=2)


def test_a_car_that_stood_there_all_the_time_was_not_left_but_can_be_removed() -> None:
    standing = walk((0, 0.5, 0.5), (120, 0.5, 0.5), **CAR)
    assert happenings(rule(EventKind.OBJECT_LEFT, seconds=60), [standing]) == []
    assert len(happenings(rule(EventKind.OBJECT_REMOVED, seconds=60), [standing])) == 1
    until_the_end = replace(standing, recorded_until=START + 120.0)
    assert happenings(rule(EventKind.OBJECT_REMOVED, seconds=60), [until_the_end]) == []


def test_a_bicycle_was_left_where_somebody_put_it_down_and_went() -> None:
    bicycle = walk((10, 0.5, 0.5), (120, 0.5, 0.5), object_class=ObjectClass.BICYCLE)
    rider = walk((0, 0.1, 0.5), (9, 0.5, 0.5), (12, 0.5, 0.5), (20, 0.9, 0.5), number=2)
    waiter = walk((0, 0.52, 0.5), (120, 0.52, 0.5), number=3)
    [event] = happenings(rule(EventKind.OBJECT_LEFT, seconds=60), [bicycle, rider])
    assert {part.id for part in event.trails} == {bicycle.id, rider.id}
    assert happenings(rule(EventKind.OBJECT_LEFT, seconds=60), [bicycle]) == []
    assert happenings(rule(EventKind.OBJECT_LEFT, seconds=60), [bicycle, waiter]) == []


def test_a_rule_looks_only_at_the_classes_it_names() -> None:
    only_cars = rule(EventKind.LINE_CROSSED, UPRIGHT, classes=(ObjectClass.CAR,))
    assert happenings(only_cars, [ACROSS]) == []


# What holds for all ways ------------------------------------------------------------------------------------------


@st.composite
def ways(draw: st.DrawFn, number: int = 1, lane: float | None = None) -> Trail:
    """Somebody who wanders about, seen five times a second; in a lane of their own where one is given."""
    length = draw(st.integers(20, 120))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    paces = random.normal(0, 0.012, (length, 2)).cumsum(axis=0) * [1, 0.2 if lane is not None else 1]
    start = draw(st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9)))
    feet = np.clip(paces + np.array([start[0], start[1] if lane is None else lane]), 0.001, 0.999)
    times = START + draw(st.integers(0, 50)) + np.arange(length) / 5
    return Trail(UUID(int=number), ObjectClass.PERSON, 0.8, Steps(times, feet, np.full(length, 0.1)), START + 1000, 1.0)


def backwards(one: Trail) -> Trail:
    steps = one.steps
    times = 2 * START + 200 - steps.times[::-1]
    return replace(one, steps=Steps(times, steps.feet[::-1], steps.sizes[::-1]))


@settings(deadline=None)
@given(ways())
def test_the_same_way_backwards_crosses_a_line_in_the_other_direction(one: Trail) -> None:
    crossed = rule(EventKind.LINE_CROSSED, UPRIGHT)
    there = [event.direction for event in happenings(crossed, [one])]
    back = [event.direction for event in happenings(crossed, [backwards(one)])]
    assert sorted(BOTH[way] for way in there if way) == sorted(way for way in back if way)


@settings(deadline=None)
@given(ways())
def test_a_line_drawn_the_other_way_round_is_crossed_in_the_other_direction(one: Trail) -> None:
    there = happenings(rule(EventKind.LINE_CROSSED, UPRIGHT), [one])
    turned = happenings(rule(EventKind.LINE_CROSSED, UPRIGHT[::-1]), [one])
    assert spans(there) == spans(turned)
    assert [BOTH[event.direction] for event in there if event.direction] == [event.direction for event in turned]


@settings(deadline=None)
@given(ways())
def test_entering_backwards_is_leaving(one: Trail) -> None:
    entered = happenings(rule(EventKind.ZONE_ENTERED), [one])
    left = happenings(rule(EventKind.ZONE_LEFT), [backwards(one)])
    turned = sorted(round(200 - (event.start - START), 2) for event in left)
    assert turned == pytest.approx([round(event.start - START, 2) for event in entered], abs=0.011)


@settings(deadline=None)
@given(ways())
def test_whoever_is_inside_at_the_end_entered_as_often_as_they_left_or_once_more(one: Trail) -> None:
    entered = len(happenings(rule(EventKind.ZONE_ENTERED, first_seen_inside=True), [one]))
    left = len(happenings(rule(EventKind.ZONE_LEFT), [one]))
    assert entered - left in {0, 1}


EVERY_KIND = [
    rule(EventKind.LINE_CROSSED, UPRIGHT),
    rule(EventKind.WRONG_DIRECTION, UPRIGHT, direction=Direction.LEFT_TO_RIGHT),
    rule(EventKind.ZONE_ENTERED),
    rule(EventKind.ZONE_LEFT),
    rule(EventKind.ZONE_OCCUPIED, seconds=2),
    rule(EventKind.LOITERING, seconds=3),
    rule(EventKind.CROWDING, count=2, seconds=1),
    rule(EventKind.SPEEDING, WHOLE_VIEW, speed_widths=0.05),
]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.floats(1, 60), st.floats(1, 60))
def test_cutting_the_footage_anywhere_changes_nothing(data: st.DataObject, first: float, second: float) -> None:
    whole = [data.draw(ways(number=n + 1, lane=lane)) for n, lane in enumerate((0.1, 0.5, 0.9))]
    numbers = count(100)
    parts = whole
    for at in (first, second):
        parts = [piece for one in parts for piece in cut(one, START + at, next(numbers))]
    for looked_for in EVERY_KIND:
        expected, found = happenings(looked_for, whole), happenings(looked_for, parts)
        assert spans(found) == spans(expected), looked_for.kind
        assert [(event.direction, event.object_class) for event in found] == [
            (event.direction, event.object_class) for event in expected
        ]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.randoms())
def test_the_order_in_which_tracks_come_changes_nothing(data: st.DataObject, random: object) -> None:
    trails = [data.draw(ways(number=n + 1)) for n in range(4)]
    mixed = list(trails)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for looked_for in EVERY_KIND:
        assert [event.key for event in happenings(looked_for, mixed)] == [
            event.key for event in happenings(looked_for, trails)
        ]


@settings(deadline=None)
@given(ways())
def test_a_mover_that_was_cut_is_one_mover(one: Trail) -> None:
    pieces = cut(one, float(one.steps.times[len(one.steps.times) // 2]), 2)
    [mover] = movers(pieces, 5.0)
    assert np.array_equal(mover.steps.times, one.steps.times)


def test_who_is_cut_off_by_the_views_edge_crosses_a_line_that_was_drawn_to_it() -> None:
    crossed = rule(EventKind.LINE_CROSSED, UPRIGHT)
    for lower_edge in (0.999, 1.0, 1.08):
        along_the_edge = walk((0, 0.1, lower_edge), (8, 0.9, lower_edge))
        assert len(happenings(crossed, [along_the_edge])) == 1, lower_edge
    nearly = rule(EventKind.LINE_CROSSED, ((0.5, 0.0), (0.5, 0.995)))
    assert len(happenings(nearly, [walk((0, 0.1, 1.0), (8, 0.9, 1.0))])) == 1
    short = rule(EventKind.LINE_CROSSED, ((0.5, 0.0), (0.5, 0.9)))
    assert happenings(short, [walk((0, 0.1, 1.0), (8, 0.9, 1.0))]) == []


def test_who_reaches_over_the_views_edge_is_in_a_zone_that_was_drawn_to_it() -> None:
    lower_half = rule(EventKind.ZONE_ENTERED, ((0.3, 0.5), (0.7, 0.5), (0.7, 1.0), (0.3, 1.0)))
    assert len(happenings(lower_half, [walk((0, 0.1, 1.08), (8, 0.9, 1.08))])) == 1


def test_what_drives_out_on_the_right_is_not_what_drives_in_on_the_left() -> None:
    first = walk((0, 0.1, 0.5), (4, 0.9, 0.5), number=1, object_class=ObjectClass.TRUCK, size=0.17)
    second = walk((7, 0.1, 0.5), (11, 0.9, 0.5), number=2, object_class=ObjectClass.TRUCK, size=0.17)
    assert len(movers([first, second], 5.0)) == 2
    entered = happenings(rule(EventKind.ZONE_ENTERED), [first, second])
    crossed = happenings(rule(EventKind.LINE_CROSSED, UPRIGHT), [first, second])
    assert (len(entered), len(crossed)) == (2, 2)


def test_who_stops_or_turns_behind_a_pillar_is_still_the_same() -> None:
    came = walk((0, 0.1, 0.5), (4, 0.4, 0.5), number=1)
    stopped = walk((7, 0.4, 0.5), (9, 0.4, 0.5), number=2)
    turned = walk((7, 0.4, 0.5), (9, 0.25, 0.5), number=3)
    went_on = walk((7, 0.625, 0.5), (9, 0.775, 0.5), number=4)
    for after in (stopped, turned, went_on):
        assert len(movers([came, after], 5.0)) == 1, after.id
