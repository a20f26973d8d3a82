"""Rules of the report service: what footage belongs to a hit, and what no attempt can build."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs

from contracts.report import ReportItem
from contracts.vocabulary import ItemKind
from services.report.model import (
    MAX_ITEMS,
    ReportImpossibleError,
    StoredSegment,
    box_at,
    check,
    covering,
    window,
)
from tests.fakes.report import A_CLIP, A_SCENE, A_TRACK, at, request

SEGMENTS = [StoredSegment(f"{number}", bytes(32), at(10 * number), at(10 * number + 10)) for number in range(4)]


def test_the_window_holds_the_margin_before_and_after_the_hit() -> None:
    assert window(A_TRACK, 2.0) == (at(4), at(17.5))


def test_without_a_margin_the_window_still_holds_the_last_frame() -> None:
    start, end = window(A_SCENE, 0.0)
    assert start == A_SCENE.started_at
    assert end > A_SCENE.ended_at


def test_only_segments_that_touch_the_window_are_fetched_in_order_of_time() -> None:
    found = covering(list(reversed(SEGMENTS)), at(12), at(21))
    assert [segment.object_key for segment in found] == ["1", "2"]


def test_a_window_outside_the_recording_has_no_segments() -> None:
    assert covering(SEGMENTS, at(100), at(110)) == ()


def test_a_box_between_two_points_lies_on_the_line_between_them() -> None:
    path = [[0.0, 0.0, 0.0, 0.2, 0.2], [2.0, 0.4, 0.2, 0.6, 0.4]]
    assert box_at(path, 1.0) == pytest.approx((0.2, 0.1, 0.4, 0.3))


@given(some.lists(some.floats(0, 100), min_size=1, max_size=8, unique=True), some.floats(-10, 110))
def test_a_box_is_known_exactly_while_the_track_lasts(times: list[float], moment: float) -> None:
    path = [[seconds, 0.1, 0.1, 0.3, 0.3] for seconds in sorted(times)]
    found = box_at(path, moment)
    if min(times) <= moment <= max(times):
        assert found == pytest.approx((0.1, 0.1, 0.3, 0.3))
    else:
        assert found is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"time_zone": "Mars/Olympus"}, "IANA"),
        ({"time_zone": "../../etc/passwd"}, "IANA"),
        ({"time_zone": ""}, "IANA"),
        ({"margin_seconds": -1.0}, "margin_seconds"),
        ({"margin_seconds": float("nan")}, "margin_seconds"),
        ({"margin_seconds": 1e9}, "margin_seconds"),
        ({"title": "t" * 301}, "title"),
        ({"query": "q" * 4001}, "4001"),
    ],
)
def test_what_no_attempt_can_build_is_refused_with_what_to_do(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ReportImpossibleError, match=told):
        check(request(**wrong))


def test_a_report_names_at_least_one_hit_and_not_too_many() -> None:
    item = ReportItem(kind=ItemKind.TRACK, id=UUID(int=1))
    with pytest.raises(ReportImpossibleError, match="no hits"):
        check(structs.replace(request(), items=(), query=""))
    with pytest.raises(ReportImpossibleError, match=str(MAX_ITEMS)):
        check(request(*(item,) * (MAX_ITEMS + 1)))
    check(request(*(item,) * MAX_ITEMS))


def test_a_report_that_nobody_was_there_names_no_hits_but_says_what_was_asked() -> None:
    check(structs.replace(request(), items=(), query="Was anyone there? No: nobody was seen."))


def test_a_clip_knows_how_long_it_plays() -> None:
    assert replace(A_CLIP, started_at=at(1), ended_at=at(3.5)).seconds == 2.5
