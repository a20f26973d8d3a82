"""Where recordings are cut, and which frames are sampled."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kit.media.plan import plan_segments
from kit.media.sampling import sampling_cell


def test_cuts_fall_on_the_first_key_frame_after_the_target() -> None:
    times = np.arange(100)
    keys = times % 8 == 0
    assert list(plan_segments(times, keys, target=30)) == [0, 32, 64, 96]


def test_an_unclean_key_frame_is_passed_over_for_a_clean_one() -> None:
    # Decoding order: at 10 a key frame is followed by two pictures that are shown before it.
    times = np.array([0, 2, 4, 6, 10, 8, 9, 12, 14, 16])
    keys = np.array([True, False, False, False, True, False, False, False, True, False])
    assert list(plan_segments(times, keys, target=8)) == [0, 8]


def test_where_no_key_frame_is_clean_patience_ends() -> None:
    times = np.array([0, 2, 6, 4, 5, 10, 8, 9, 14, 12, 13, 18, 16, 17])
    keys = np.isin(times, [0, 6, 10, 14, 18])
    starts = plan_segments(times, keys, target=5, patience=10)
    assert [int(times[place]) for place in starts] == [0, 10]


@given(
    gaps=st.lists(st.integers(1, 50), min_size=1, max_size=200),
    key_every=st.integers(1, 40),
    target=st.integers(1, 400),
)
def test_segments_cover_every_packet_begin_with_a_key_frame_and_are_long_enough(
    gaps: list[int], key_every: int, target: int
) -> None:
    times = np.cumsum(np.array(gaps))
    keys = np.arange(len(times)) % key_every == 0
    starts = list(plan_segments(times, keys, target=target))
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert all(keys[start] for start in starts)
    lengths = np.diff(times[starts])
    assert all(length >= target for length in lengths)


def frames_sampled(times_us: list[int], per_second: int) -> list[int]:
    sampled, last = [], -1
    for at_us in times_us:
        if sampling_cell(at_us, per_second) > last:
            last = sampling_cell(at_us, per_second)
            sampled.append(at_us)
    return sampled


def test_five_a_second_are_sampled_from_any_steady_rate() -> None:
    for rate in (10, 12.5, 25, 29.97, 60):
        times = [round(number * 1e6 / rate) for number in range(int(rate * 20))]
        assert 95 <= len(frames_sampled(times, 5)) <= 100, rate


@given(gaps=st.lists(st.integers(1_000, 3_000_000), min_size=1, max_size=100), per_second=st.integers(1, 10))
def test_of_a_variable_rate_never_more_than_asked_for_and_never_a_gap_longer_than_the_footage_has(
    gaps: list[int], per_second: int
) -> None:
    times = [int(time) for time in np.cumsum(np.array(gaps))]
    sampled = frames_sampled(times, per_second)
    assert sampled[0] == times[0]
    assert len(sampled) <= (times[-1] - times[0]) / 1e6 * per_second + 2
    for frame, following in itertools.pairwise(sampled):
        skipped = [time for time in times if frame < time < following]
        # Only frames of the same cell are left out.
        assert all(time - frame < 1e6 / per_second + 1_000 for time in skipped)
