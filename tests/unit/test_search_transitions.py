"""Times between cameras: learned from matches of which some are wrong, given by somebody, or assumed."""

import math
from uuid import UUID

import numpy as np
import pytest

from contracts.journey import TransitionSource
from services.search.model.chain import NEVER
from services.search.model.search import Vector
from services.search.model.transition import GivenTransition, Look, known_transitions, learned_passages

GATE, YARD, LOBBY = (UUID(int=number) for number in (1, 2, 3))


def somebody(number: int) -> Vector:
    """The look of one person."""
    own = np.random.default_rng(number).normal(size=64)
    return np.asarray(own / np.linalg.norm(own), np.float32)


def passing(people: int, *, seconds: float, strangers: int = 0, seed: int = 0) -> list[Look]:
    """People who go from the gate to the yard in about so many seconds, and as many strangers on both cameras."""
    random = np.random.default_rng(seed)
    looks = []
    for number in range(people):
        left = float(random.uniform(0, 3000))
        arrived = left + seconds * math.exp(random.normal(0, 0.2))
        looks.append(Look(GATE, left - 5, left, 0, somebody(number)))
        looks.append(Look(YARD, arrived, arrived + 5, 0, somebody(number)))
    for number in range(strangers):
        at, later = random.uniform(0, 3000, 2).tolist()
        # Two who look alike, at any two times.
        looks.append(Look(GATE, at, at + 5, 0, somebody(1000 + number)))
        looks.append(Look(YARD, later, later + 5, 0, somebody(1000 + number)))
    return looks


def test_the_time_of_a_transition_is_learned_from_tracks_that_look_alike() -> None:
    learned = learned_passages(passing(30, seconds=40), sure={0: 0.7})
    known = known_transitions({}, learned, 2).of((GATE, YARD))
    assert known.source is TransitionSource.LEARNED
    assert known.seconds(0) == pytest.approx(40, rel=0.2)
    assert known.seconds(2) < 120
    assert known.log_density(40, 5) > known.log_density(400, 5) + 3


def test_as_many_wrong_matches_as_right_ones_do_not_hide_the_time() -> None:
    learned = learned_passages(passing(30, seconds=40, strangers=30), sure={0: 0.7})
    known = known_transitions({}, learned, 2).of((GATE, YARD))
    assert known.seconds(0) == pytest.approx(40, rel=0.35)
    assert known.log_density(40, 5) > known.log_density(400, 5) + 2


def test_few_passages_say_little() -> None:
    few = known_transitions({}, learned_passages(passing(1, seconds=40), {0: 0.7}), 2).of((GATE, YARD))
    many = known_transitions({}, learned_passages(passing(40, seconds=40), {0: 0.7}), 2).of((GATE, YARD))
    assert few.spread > 2 * many.spread


def test_nobody_is_taken_for_an_overlap_of_views_that_are_apart() -> None:
    known = known_transitions({}, learned_passages(passing(30, seconds=20, strangers=10), {0: 0.7}), 2)
    assert not known.together(GATE, YARD)
    assert known.log_share((GATE, YARD)) > known.log_share((GATE, LOBBY))


def test_views_overlap_where_the_same_people_are_seen_by_both_at_once() -> None:
    looks = []
    for number in range(6):
        looks.append(Look(GATE, 100.0 * number, 100.0 * number + 20, 0, somebody(number)))
        looks.append(Look(YARD, 100.0 * number + 8, 100.0 * number + 30, 0, somebody(number)))
    known = known_transitions({}, learned_passages(looks, {0: 0.7}), 2)
    assert known.together(GATE, YARD)
    assert known.together(YARD, GATE)
    assert known.of((GATE, YARD)).log_density(-12, 20) > NEVER


def test_only_tracks_of_the_two_cameras_say_something_of_the_time_between_them() -> None:
    looks = passing(10, seconds=30)
    elsewhere = [Look(LOBBY, look.began + 1, look.ended + 1, 0, look.vector) for look in looks]
    alone, among = learned_passages(looks, {0: 0.7}), learned_passages([*looks, *elsewhere], {0: 0.7})
    assert among[GATE, YARD] == alone[GATE, YARD]


def test_what_is_given_bounds_the_time_whatever_was_learned() -> None:
    learned = learned_passages(passing(30, seconds=40), {0: 0.7})
    given = {(GATE, YARD): GivenTransition(overlapping=False, min_seconds=60, typical_seconds=90, max_seconds=200)}
    known = known_transitions(given, learned, 2).of((GATE, YARD))
    assert known.source is TransitionSource.GIVEN
    assert [known.log_density(gap, 5) > NEVER for gap in (-1, 40, 60, 199, 201)] == [False, False, True, True, False]


def test_what_is_said_to_overlap_does_and_nothing_else() -> None:
    known = known_transitions({(GATE, YARD): GivenTransition(overlapping=True)}, {}, 3)
    assert known.together(GATE, YARD)
    assert known.together(YARD, GATE)
    assert not known.together(GATE, LOBBY)
    assert known.of((GATE, LOBBY)).source is TransitionSource.ASSUMED


def test_views_that_nobody_told_of_may_overlap_and_probably_do_not() -> None:
    known = known_transitions({}, {}, 3)
    assert not known.together(GATE, YARD)
    assert NEVER < known.log_together(GATE, YARD) < math.log(0.2)
    assert known.of((GATE, YARD)).log_density(-1, 20) < known.of((GATE, YARD)).log_density(5, 20)
    assert known.of((GATE, GATE)).log_density(-1, 20) == NEVER


def test_two_who_are_seen_by_both_at_once_make_an_overlap_likely_and_passages_make_it_unlikely() -> None:
    before = known_transitions({}, {}, 2).log_together(GATE, YARD)
    looks = [Look(camera, 0.0, 1.4, 0, somebody(number)) for number in range(2) for camera in (GATE, YARD)]
    at_once = known_transitions({}, learned_passages(looks, {0: 0.7}), 2)
    assert at_once.log_together(GATE, YARD) == at_once.log_together(YARD, GATE) > math.log(0.5)
    apart = known_transitions({}, learned_passages(passing(30, seconds=20), {0: 0.7}), 2)
    assert apart.log_together(GATE, YARD) == apart.log_together(YARD, GATE) < before - 5


def test_views_whose_times_were_given_do_not_overlap() -> None:
    given = {(GATE, YARD): GivenTransition(overlapping=False, min_seconds=1, typical_seconds=9, max_seconds=20)}
    known = known_transitions(given, {}, 2)
    assert known.log_together(GATE, YARD) == known.log_together(YARD, GATE) == NEVER
