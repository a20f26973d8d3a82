"""A few good crops of a track, from different moments."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.model.crop import APART_US, CROPS_PER_TRACK, LEAST_SHARE, Crop, crop_quality, with_crop
from services.ingest.model.observation import Box

BOX = Box(0.4, 0.3, 0.5, 0.7)
PIXELS = (1280, 720)


def crop(at_s: float, quality: float) -> Crop:
    return Crop(at_us=round(at_s * 1e6), box=BOX, quality=quality, width=100, height=200)


def kept_of(crops: list[Crop]) -> list[Crop]:
    kept: list[Crop] = []
    for one in crops:
        kept = list(with_crop(kept, one, crops[0].at_us))
    return kept


def test_the_best_are_kept_best_first() -> None:
    kept = kept_of([crop(0, 0.5), crop(2, 0.9), crop(4, 0.6), crop(6, 0.7)])
    assert [one.quality for one in kept] == [0.9, 0.7, 0.6]


def test_of_neighbouring_moments_only_the_better_one_is_kept() -> None:
    kept = kept_of([crop(0, 0.8), crop(0.2, 0.9), crop(0.4, 0.85)])
    assert [one.quality for one in kept] == [0.9]


def test_a_crop_much_worse_than_the_best_is_dropped() -> None:
    assert [one.quality for one in kept_of([crop(0, 0.2), crop(5, 0.9)])] == [0.9]


def test_crops_of_a_long_track_lie_further_apart() -> None:
    kept = kept_of([crop(second, 0.8 + second / 1000) for second in range(100)])
    times = sorted(one.at_us for one in kept)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 10e6


@given(st.lists(st.tuples(st.integers(1, 3_000_000), st.floats(0, 1, width=16)), min_size=1, max_size=60))
def test_whatever_comes_few_are_kept_apart_and_with_the_best_among_them(steps: list[tuple[int, float]]) -> None:
    at_us, offered = 0, []
    for gap, quality in steps:
        at_us += gap
        offered.append(Crop(at_us=at_us, box=BOX, quality=quality, width=1, height=1))
    kept = kept_of(offered)
    assert 1 <= len(kept) <= CROPS_PER_TRACK
    assert kept[0].quality == max(one.quality for one in offered)
    assert all(one.quality >= LEAST_SHARE * kept[0].quality for one in kept)
    times = sorted(one.at_us for one in kept)
    assert all(later - earlier >= APART_US for earlier, later in itertools.pairwise(times))


def test_larger_sharper_surer_crops_are_better() -> None:
    plain = crop_quality(BOX, 0.6, 100.0, PIXELS)
    assert crop_quality(Box(0.45, 0.4, 0.5, 0.6), 0.6, 100.0, PIXELS) < plain
    assert crop_quality(BOX, 0.6, 10.0, PIXELS) < plain
    assert crop_quality(BOX, 0.4, 100.0, PIXELS) < plain


def test_what_the_edge_cuts_or_others_cover_is_worse() -> None:
    plain = crop_quality(BOX, 0.6, 100.0, PIXELS)
    at_the_edge = Box(0.0, 0.3, 0.1, 0.7)
    assert crop_quality(at_the_edge, 0.6, 100.0, PIXELS) < plain
    assert crop_quality(BOX, 0.6, 100.0, PIXELS, [Box(0.42, 0.3, 0.55, 0.7)]) < plain
    assert crop_quality(BOX, 0.6, 100.0, PIXELS, [Box(0.8, 0.3, 0.9, 0.7)]) == plain
