"""The chain of one object's tracks: what holds for every site, and what a few small ones must give."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.model.chain import NEVER, Chain, Scores, Stop, best_chain

CAMERAS = [UUID(int=number) for number in range(1, 5)]
TOGETHER = {(CAMERAS[0], CAMERAS[1]), (CAMERAS[1], CAMERAS[0]), (CAMERAS[1], CAMERAS[2]), (CAMERAS[2], CAMERAS[1])}
"""Whose views overlap; the first and the third do not."""


@dataclass(frozen=True)
class Drawn:
    """Stops, what each is worth, and which are certain."""

    stops: tuple[Stop, ...]
    worth: dict[UUID, float]
    certain: frozenset[UUID]

    def scores(self, *, first: float = 0.0) -> Scores:
        return Scores(lambda stop: self.worth[stop.id], between, together, first)


def together(one: UUID, other: UUID) -> float:
    return 0.0 if (one, other) in TOGETHER else NEVER


def between(before: Stop, after: Stop) -> float:
    """Slow transitions are less likely; none takes more than 40 s."""
    gap = after.began - before.ended
    if gap > 40 or (gap < 0 and together(before.camera_id, after.camera_id) == NEVER):
        return NEVER
    return -abs(gap) / 20


@st.composite
def drawn(draw: st.DrawFn, most: int = 7) -> Drawn:
    stops = tuple(
        Stop(UUID(int=100 + number), draw(st.sampled_from(CAMERAS)), float(begin), float(begin + length))
        for number, (begin, length) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=most))
        )
    )
    worth = {stop.id: draw(st.floats(-4, 4)) for stop in stops}
    certain = frozenset([draw(st.sampled_from(stops)).id]) if draw(st.booleans()) else frozenset()
    return Drawn(stops, worth, certain)


def solved(site: Drawn, stops: Sequence[Stop] | None = None, *, first: float = -1.0) -> Chain:
    return best_chain(site.stops if stops is None else stops, site.certain, site.scores(first=first))


def possible(chain: Sequence[Stop]) -> bool:
    """Whether one object can have made these tracks: told apart from the solver, pair by pair."""
    apart = all(
        one.ended <= other.began
        or (one.camera_id != other.camera_id and together(one.camera_id, other.camera_id) > NEVER)
        for one, other in combinations(chain, 2)
    )
    return apart and all(between(*pair) > NEVER for pair in pairwise(chain))


def value(site: Drawn, chain: Sequence[Stop], first: float) -> float:
    own = sum(site.worth[stop.id] for stop in chain if stop.id not in site.certain)
    steps = sum(between(*pair) for pair in pairwise(chain))
    return own + steps + (first if chain and not site.certain else 0.0)


def every_chain(site: Drawn) -> list[tuple[Stop, ...]]:
    ordered = sorted(site.stops, key=lambda stop: (stop.began, stop.ended, stop.id))
    chains = [chain for size in range(len(ordered) + 1) for chain in combinations(ordered, size)]
    return [chain for chain in chains if possible(chain) and site.certain <= {stop.id for stop in chain}]


@settings(max_examples=150, deadline=None)
@given(drawn())
def test_the_chain_is_the_best_of_all_that_one_object_can_have_made(site: Drawn) -> None:
    found = solved(site)
    assert possible(found.stops)
    assert site.certain <= {stop.id for stop in found.stops}
    best = max(value(site, chain, -1.0) for chain in every_chain(site))
    assert value(site, found.stops, -1.0) == pytest.approx(best)


@settings(max_examples=150, deadline=None)
@given(drawn(most=6))
def test_a_tracks_probability_is_its_share_among_all_chains(site: Drawn) -> None:
    weights = {chain: math.exp(value(site, chain, -1.0)) for chain in every_chain(site)}
    total = sum(weights.values())
    for stop in site.stops:
        share = sum(weight for chain, weight in weights.items() if stop in chain) / total
        assert solved(site).probabilities[stop.id] == pytest.approx(share, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(drawn(), st.randoms())
def test_the_order_in_which_candidates_come_means_nothing(site: Drawn, random: object) -> None:
    shuffled = list(site.stops)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert solved(site, shuffled) == solved(site)


@settings(max_examples=100, deadline=None)
@given(drawn(), st.floats(0, 4))
def test_a_candidate_that_cannot_be_the_object_changes_nothing(site: Drawn, worth: float) -> None:
    known = next((stop for stop in site.stops if stop.id in site.certain), None)
    if known is None:
        return
    # At the same time as what is certain, on a camera whose view overlaps no other.
    impossible = Stop(UUID(int=999), CAMERAS[3], known.began, known.ended)
    if known.camera_id == CAMERAS[3]:
        impossible = replace(impossible, camera_id=CAMERAS[0])
    more = replace(site, stops=(*site.stops, impossible), worth={**site.worth, impossible.id: worth})
    found, before = solved(more), solved(site)
    assert found.stops == before.stops
    assert found.probabilities[impossible.id] == 0.0
    assert {**found.probabilities, impossible.id: 0.0} == pytest.approx({**before.probabilities, impossible.id: 0.0})


@settings(max_examples=100, deadline=None)
@given(drawn())
def test_a_track_that_is_taken_away_is_never_in_the_chain(site: Drawn) -> None:
    for taken in solved(site).stops:
        if taken.id not in site.certain:
            left = [stop for stop in site.stops if stop != taken]
            assert taken not in solved(site, left).stops


def stop(number: int, camera: int, begin: float, end: float) -> Stop:
    return Stop(UUID(int=100 + number), CAMERAS[camera], begin, end)


def test_one_object_cannot_be_on_three_cameras_though_each_overlaps_the_next() -> None:
    one, two, three = stop(0, 0, 0, 30), stop(1, 1, 5, 25), stop(2, 2, 10, 20)
    site = Drawn((one, two, three), {s.id: 2.0 for s in (one, two, three)}, frozenset({one.id}))
    # The first camera's view overlaps the second's, and that the third's; the first's and the third's are apart.
    assert solved(site).stops == (one, two)


def test_what_was_confirmed_is_kept_even_where_it_contradicts_the_origin() -> None:
    origin, confirmed, other = stop(0, 0, 0, 10), stop(1, 2, 5, 15), stop(2, 3, 3, 12)
    site = Drawn((origin, confirmed, other), {other.id: 4.0}, frozenset({origin.id, confirmed.id}))
    assert solved(site).stops == (origin, confirmed)


def test_nothing_is_a_chain_too_where_nothing_is_certain_or_likely() -> None:
    far = stop(0, 0, 0, 10)
    site = Drawn((far,), {far.id: -3.0}, frozenset())
    assert solved(site).stops == ()
    assert solved(site).probabilities[far.id] < 0.05
    assert best_chain((), frozenset(), site.scores()).stops == ()
