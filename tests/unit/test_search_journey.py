"""What speaks for two tracks being one object, and what is told of a chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from contracts.journey import HopState, SeenTrack
from contracts.vocabulary import COLOURS, ObjectClass, Subject
from services.search.model.journey import (
    FITTED,
    AttributesSaid,
    Case,
    Sighting,
    agreement,
    closeness,
    confidence,
    hops_of,
    own_score,
    solved,
    weights_of,
)
from services.search.model.journey import factors_of as factors
from services.search.model.search import Vector
from services.search.model.transition import GivenTransition, known_transitions

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
GATE, YARD, LOBBY = (UUID(int=number) for number in (1, 2, 3))
WEIGHTS = next(iter(FITTED.values()))[Subject.PERSON]


def look(alike: float, seed: int = 0) -> Vector:
    """A look that is so alike (cosine) to the first axis."""
    other = np.random.default_rng(seed).normal(size=256)
    other[0] = 0
    other *= np.sqrt(1 - alike**2) / np.linalg.norm(other)
    other[0] = alike
    return np.asarray(other, np.float32)


def coloured(colour: str, sure: float = 0.9) -> AttributesSaid:
    rest = (1 - sure) / (len(COLOURS) - 1)
    return {"person.upper_colour": tuple(sure if one == colour else rest for one in COLOURS)}


def sighting(
    number: int, camera: UUID, at: float, *, alike: float = 1.0, attributes: AttributesSaid | None = None
) -> Sighting:
    track = SeenTrack(
        id=UUID(int=100 + number),
        camera_id=camera,
        recording_id=camera,
        started_at=START + timedelta(seconds=at),
        ended_at=START + timedelta(seconds=at + 8),
        object_class=ObjectClass.PERSON,
    )
    return Sighting(track, look(alike, number), attributes or {})


def case_of(origin: Sighting, *candidates: Sighting) -> Case:
    given = {
        pair: GivenTransition(overlapping=False, min_seconds=10, typical_seconds=30, max_seconds=120)
        for pair in ((GATE, YARD), (YARD, GATE), (YARD, LOBBY), (LOBBY, YARD), (GATE, LOBBY), (LOBBY, GATE))
    }
    rates = {GATE: 0.02, YARD: 0.02, LOBBY: 0.02}
    return Case((), origin, (), candidates, known_transitions(given, {}, 3), rates, 3600.0)


def test_attributes_that_agree_speak_for_one_object_and_contradicting_colours_against_it() -> None:
    red, blue = coloured("red"), coloured("blue")
    anything: dict[str, tuple[float, ...]] = {}
    assert agreement(red, red, anything)["person.upper_colour"] > 1
    assert agreement(red, blue, anything)["person.upper_colour"] < -0.5
    assert agreement(red, coloured("red", 1 / 11), anything)["person.upper_colour"] == pytest.approx(0, abs=1e-9)
    assert agreement(red, {"vehicle.colour": red["person.upper_colour"]}, anything) == {}
    # Agreeing on what most wear says little.
    reds = coloured("red", 0.8)
    assert agreement(red, red, reds)["person.upper_colour"] < 0.5 * agreement(red, red, anything)["person.upper_colour"]


def test_a_track_scores_more_the_more_alike_it_is() -> None:
    origin = sighting(0, GATE, 0)
    scores = [
        own_score(WEIGHTS, factors(case_of(origin), sighting(1, YARD, 40, alike=alike), {}))
        for alike in (0.3, 0.6, 0.9, 0.98)
    ]
    assert scores == sorted(scores)
    assert closeness(0.98) - closeness(0.9) > closeness(0.5) - closeness(0.3)


def test_a_chain_is_told_in_order_with_states_reasons_and_alternatives() -> None:
    origin = sighting(0, GATE, 0, attributes=coloured("red"))
    next_one = sighting(1, YARD, 38, alike=0.98, attributes=coloured("red"))
    rival = sighting(2, YARD, 41, alike=0.93, attributes=coloured("red"))
    impossible = sighting(3, LOBBY, 4, alike=0.99)
    case = case_of(origin, rival, impossible, next_one)
    hops = hops_of(case, solved(case, WEIGHTS), WEIGHTS, {})
    assert [hop.track.id for hop in hops] == [origin.track.id, next_one.track.id]
    assert (hops[0].state, hops[0].confidence, hops[0].alternatives) == (HopState.ORIGIN, None, ())
    hop = hops[1]
    assert hop.state in (HopState.LIKELY, HopState.POSSIBLE)
    assert hop.gap_seconds == pytest.approx(30)
    assert {reason.factor for reason in hop.reasons} == {"appearance", "attributes", "time"}
    assert "upper colour" in next(reason.told for reason in hop.reasons if reason.factor == "attributes")
    assert [one.track.id for one in hop.alternatives] == [rival.track.id]
    assert hop.confidence is not None
    assert hop.confidence > hop.alternatives[0].confidence


def test_a_confirmed_track_is_compared_with_too() -> None:
    origin, confirmed = sighting(0, GATE, 0), sighting(1, YARD, 38, alike=0.5)
    # Like what was confirmed, not like the origin.
    later = replace(sighting(2, LOBBY, 80), vector=confirmed.vector)
    before = case_of(origin, later)
    after = replace(before, confirmed=(confirmed,))
    assert factors(after, later, {})["appearance"] > factors(before, later, {})["appearance"] + 1
    chain = solved(after, WEIGHTS)
    assert confirmed.track.id in {stop.id for stop in chain.stops}
    states = {hop.track.id: hop.state for hop in hops_of(after, chain, WEIGHTS, {})}
    assert states[confirmed.track.id] is HopState.CONFIRMED


def test_confidence_grows_with_the_chains_probability_and_is_never_certain() -> None:
    sure = [confidence(WEIGHTS, probability) for probability in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert sure == sorted(sure)
    assert sure[0] >= 0.0
    assert sure[-1] < 1.0


def test_with_no_times_known_a_lookalike_is_followed_and_a_stranger_is_not() -> None:
    red, blue = coloured("red"), coloured("blue")
    origin = sighting(0, GATE, 0, attributes=red)
    alike = sighting(1, YARD, 30, alike=0.98, attributes=red)
    others = [sighting(number, LOBBY, 20.0 * number, alike=0.3, attributes=blue) for number in range(2, 7)]
    case = replace(case_of(origin, alike, *others), transitions=known_transitions({}, {}, 3))
    hops = hops_of(case, solved(case, WEIGHTS), WEIGHTS, {})
    assert [hop.track.id for hop in hops] == [origin.track.id, alike.track.id]
    assert hops[1].state is HopState.LIKELY


def test_who_is_seen_by_two_cameras_at_once_is_less_sure_than_where_the_views_are_known_to_overlap() -> None:
    origin, other = sighting(0, GATE, 0), sighting(1, YARD, 2, alike=0.98)
    unknown = replace(case_of(origin, other), transitions=known_transitions({}, {}, 2))
    said = {pair: GivenTransition(overlapping=True) for pair in ((GATE, YARD), (YARD, GATE))}
    told = replace(unknown, transitions=known_transitions(said, {}, 2))
    sure = [solved(case, WEIGHTS).probabilities[other.track.id] for case in (unknown, told)]
    assert 0.01 < sure[0] < sure[1]
    apart = {pair: GivenTransition(False, 1, 5, 60) for pair in ((GATE, YARD), (YARD, GATE))}
    never = solved(replace(unknown, transitions=known_transitions(apart, {}, 2)), WEIGHTS)
    assert never.probabilities[other.track.id] == 0


def test_a_space_that_nothing_was_fitted_for_is_told() -> None:
    assert weights_of("another space")[1] is False
    assert all(weights_of(space)[1] for space in FITTED)
    assert all(weights.fitted_on for fitted in FITTED.values() for weights in fitted.values())
