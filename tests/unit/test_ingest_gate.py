"""What moves is looked at; what stands still, now and then."""

import numpy as np
from numpy.typing import NDArray

from services.ingest.model.gate import LookRules, MotionGate

RULES = LookRules(still_seconds=2.0, active_seconds=1.0)
STILL = np.full((108, 192), 90, np.uint8)


def with_figure(left: int) -> NDArray[np.uint8]:
    luma = STILL.copy()
    luma[40:60, left : left + 8] = 160
    return luma


def looks(lumas: list[NDArray[np.uint8]], *, active: bool = False, step_us: int = 200_000) -> list[int]:
    """The places that are looked at, frames lying a fifth of a second apart."""
    gate, last_look_us, chosen = MotionGate(RULES), -(10**9), []
    for place, luma in enumerate(lumas):
        if gate.wants(luma, place * step_us, last_look_us, active=active):
            last_look_us = place * step_us
            chosen.append(place)
    return chosen


def test_a_still_view_is_looked_at_every_two_seconds() -> None:
    assert looks([STILL] * 30) == [0, 10, 20]


def test_a_still_view_with_open_tracks_is_looked_at_every_second() -> None:
    assert looks([STILL] * 12, active=True) == [0, 5, 10]


def test_motion_is_looked_at_at_once() -> None:
    lumas = [STILL] * 3 + [with_figure(20 + 4 * step) for step in range(4)] + [with_figure(32)] * 3
    assert looks(lumas) == [0, 3, 4, 5, 6]


def test_slow_motion_adds_up() -> None:
    """Each step changes fewer pixels than count, but against the last look they grow."""
    lumas = []
    for step in range(10):
        luma = STILL.copy()
        luma[50 : 50 + step, 10] = 200
        lumas.append(luma)
    assert looks(lumas) == [0, 9]


def test_a_cloud_is_no_motion() -> None:
    assert looks([(STILL + shade).astype(np.uint8) for shade in range(0, 40, 5)]) == [0]


def test_noise_is_no_motion() -> None:
    noise = np.random.default_rng(7)
    lumas = [np.clip(STILL + noise.normal(0, 2, STILL.shape), 0, 255).astype(np.uint8) for _ in range(9)]
    assert looks(lumas) == [0]
