"""Values and rules of journeys: how much speaks for two tracks being one object, and what is told of a solved chain.

Each candidate's log-odds are a logistic model over factors (appearance, attributes, time), fitted on rendered sites
(`bench.journeys --fit`). A factor that is not known adds nothing; another one, such as the text of plates, is one more
term of the sum.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np

from contracts.journey import Alternative, Decision, Hop, HopState, Reason, SeenTrack, TransitionSource
from contracts.vocabulary import ObjectClass, Subject
from services.search.model.chain import NEVER, Chain, Scores, Stop, best_chain
from services.search.model.errors import SearchError
from services.search.model.search import LOOKALIKES, Vector
from services.search.model.transition import Transitions

MOST_CANDIDATES = 48
"""Tracks that a chain is chosen from, by appearance."""
MOST_ALTERNATIVES = 3
LEAST_ALTERNATIVE = 0.001
"""Of probability, for another track to be worth a look."""
LIKELY = 0.5
POSSIBLE = 0.25
"""From about this probability on a hop is told: somebody who is missed is worse than one more to look at."""
MOST_AGREEMENT = 2.0
"""Log-odds that one attribute can add or take at most: crops of two cameras err together."""
RARE_RATE = 1.0 / 600.0
"""Tracks a second of a camera of which nothing is known."""

AttributesSaid = Mapping[str, tuple[float, ...]]
"""`person.upper_colour` → the probability of each of its values; empty where nobody looked."""


class JourneyMissingError(SearchError):
    """There is no such journey, or it begins where the caller may not look: which of both is not told."""

    code = "not_found"

    def __init__(self, journey_id: UUID) -> None:
        super().__init__(f"journey {journey_id}")
        self.journey_id = journey_id


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """What the factors count in one appearance space, and how sure a chain's tracks are."""

    appearance: float
    """For each 1 of closeness, where attributes are known too."""
    attributes: float
    """For each 1 of log-odds that attributes agree by."""
    bias: float
    appearance_alone: float
    """The same where no attributes are known: then looks say what colours would have said."""
    bias_alone: float
    time: float
    """For each 1 of log-odds of being there then."""
    unknown_time: float
    """Where nothing is known of a transition: a broad guess fits whatever comes later, better or worse."""
    sharpness: float
    shift: float
    """Log-odds of a track = sharpness · those of the chain + shift (Platt scaling)."""
    common: dict[str, tuple[float, ...]]
    """How common each value of an attribute is among tracks: agreeing on what most have says little."""
    sure: float
    """Cosine similarity from which matches teach the times of transitions."""
    fitted_on: str
    """What it was fitted on."""


Fitted = Mapping[Subject, Weights]
"""Vehicles of one colour and model look more alike than people do: each has weights of its own."""

FITTED: Mapping[str, Fitted] = msgspec.json.decode(
    Path(__file__).with_name("journey_weights.json").read_bytes(), type=dict[str, dict[Subject, Weights]]
)
"""By the name of the appearance space. `bench.journeys --fit` writes it."""


def weights_of(space: str) -> tuple[Fitted, bool]:
    """The weights for a space, and whether they were fitted for it; else the first ones there are."""
    return (FITTED[space], True) if space in FITTED else (next(iter(FITTED.values())), False)


@dataclass(frozen=True)
class Known:
    """What the object looks like for certain: the track or picture that was asked with, or a confirmed track."""

    vector: Vector | None
    attributes: AttributesSaid


@dataclass(frozen=True)
class Sighting:
    """A track that may be in a journey. The vector has unit length; None where it is not made yet."""

    track: SeenTrack
    vector: Vector | None
    attributes: AttributesSaid

    @property
    def stop(self) -> Stop:
        """As the chain sees it."""
        track = self.track
        return Stop(track.id, track.camera_id, track.started_at.timestamp(), track.ended_at.timestamp())

    @property
    def known(self) -> Known:
        """As what is certain, once it is."""
        return Known(self.vector, self.attributes)


@dataclass(frozen=True)
class Said:
    """The last word of somebody on a track in a journey."""

    track_id: UUID
    camera_id: UUID
    decision: Decision
    by: str
    at: datetime


@dataclass(frozen=True)
class Case:
    """All that a journey is solved from.

    Attributes:
        pictures: what is known of the object besides tracks.
        origin: the track that was asked with; None for a picture.
        confirmed: tracks that somebody said are the object.
        candidates: the others, without those that were rejected.
        transitions: times between cameras.
        rates: tracks a second of the object's classes, on each camera.
        seconds: how long the time is that is looked through.
    """

    pictures: Sequence[Known]
    origin: Sighting | None
    confirmed: Sequence[Sighting]
    candidates: Sequence[Sighting]
    transitions: Transitions
    rates: Mapping[UUID, float]
    seconds: float

    @property
    def certain(self) -> dict[UUID, Sighting]:
        """The origin and what was confirmed."""
        first = [] if self.origin is None else [self.origin]
        return {one.track.id: one for one in (*first, *self.confirmed)}

    @property
    def known(self) -> list[Known]:
        """What candidates are compared with."""
        return [*self.pictures, *(one.known for one in self.certain.values())]


def similarity(known: Sequence[Known], vector: Vector | None) -> float | None:
    """The best cosine similarity to what is known; None where one of both is not there."""
    found = [float(one.vector @ vector) for one in known if one.vector is not None and vector is not None]
    return max(found, default=None)


def closeness(alike: float) -> float:
    """How near two looks are, finer the nearer they are: -ln of the cosine distance, 0 to 4.6 for likenesses from 0
    on. Between the same object's looks and a lookalike's lies 0.95 to 0.9, not 0.5 to 0."""
    return -math.log(min(max(1.0 - alike, 0.01), 1.0))


def agreement(one: AttributesSaid, other: AttributesSaid, common: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """For each attribute that both have: log-odds of one object having said both, rather than two objects.

    That is Σ p(v) q(v) / c(v), c being how common a value is (as any other, where that is not known): above 0 where
    both say the same, the more the rarer it is; below 0 where a colour contradicts; near 0 where either does not
    know."""
    agreed: dict[str, float] = {}
    for key, said in one.items():
        if key in other and len(other[key]) == len(said):
            known = common.get(key, ())
            shares = known if len(known) == len(said) else [1 / len(said)] * len(said)
            both = sum(p * q / max(c, 0.01) for p, q, c in zip(said, other[key], shares, strict=True))
            agreed[key] = float(np.clip(math.log(max(both, 1e-6)), -MOST_AGREEMENT, MOST_AGREEMENT))
    return agreed


def agreed_with(
    known: Sequence[Known], attributes: AttributesSaid, common: Mapping[str, Sequence[float]]
) -> dict[str, float]:
    """The mean agreement with all that is known, for each attribute."""
    found: dict[str, list[float]] = {}
    for one in known:
        for key, value in agreement(one.attributes, attributes, common).items():
            found.setdefault(key, []).append(value)
    return {key: float(np.mean(values)) for key, values in found.items()}


def factors_of(case: Case, sighting: Sighting, common: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The factors of a candidate that do not depend on what came before it; `time` is log of one over the rate of
    tracks on its camera: where many pass, being there says little."""
    alike = similarity(case.known, sighting.vector)
    agreed = agreed_with(case.known, sighting.attributes, common)
    return {
        "appearance": 0.0 if alike is None else closeness(alike),
        "attributes": sum(agreed.values()),
        "unknown_attributes": 0.0 if agreed else 1.0,
        "time": -math.log(case.rates.get(sighting.track.camera_id, RARE_RATE)),
    }


def own_score(weights: Weights, factors: Mapping[str, float]) -> float:
    """Log-odds of a candidate, the times on its transition left out."""
    return (
        _appearance_score(weights, factors)
        + weights.attributes * factors["attributes"]
        + weights.time * factors["time"]
    )


def _appearance_score(weights: Weights, factors: Mapping[str, float]) -> float:
    if factors["unknown_attributes"]:
        return weights.bias_alone + weights.appearance_alone * factors["appearance"]
    return weights.bias + weights.appearance * factors["appearance"]


def time_score(transitions: Transitions, before: Stop, after: Stop) -> float:
    """Log of the density with which one object is on the second camera so long after the first; NEVER: it cannot."""
    pair = before.camera_id, after.camera_id
    density = transitions.of(pair).log_density(after.began - before.ended, before.ended - before.began)
    return NEVER if density == NEVER else density + transitions.log_share(pair)


def _between_score(weights: Weights, transitions: Transitions, before: Stop, after: Stop) -> float:
    """What the time between two stops adds to the log-odds of the later one; NEVER: it cannot be."""
    score = time_score(transitions, before, after)
    if score == NEVER:
        return NEVER
    known = (before.camera_id, after.camera_id) in transitions.known
    return weights.time * score + (0.0 if known else weights.unknown_time)


def solved(case: Case, weights: Weights) -> Chain:
    """The best chain, with the probability of every candidate as the chain gives it (not yet scaled)."""
    candidates = {one.track.id: one for one in case.candidates if one.track.id not in case.certain}
    own = {ident: own_score(weights, factors_of(case, one, weights.common)) for ident, one in candidates.items()}

    scores = Scores(
        of=lambda stop: own[stop.id],
        between=lambda before, after: _between_score(weights, case.transitions, before, after),
        together=case.transitions.log_together,
        first=-weights.time * math.log(max(case.seconds, 1.0)),
        leniency=math.log((1.0 - POSSIBLE) / POSSIBLE),
    )
    stops = [one.stop for one in (*case.certain.values(), *candidates.values())]
    return best_chain(stops, frozenset(case.certain), scores)


def confidence(weights: Weights, probability: float) -> float:
    """The calibrated probability of a track that the chain gives this one (Platt, 1999), 0 to 1."""
    odds = math.log(max(probability, 1e-9)) - math.log(max(1.0 - probability, 1e-9))
    return 1.0 / (1.0 + math.exp(-(weights.sharpness * odds + weights.shift)))


def hops_of(case: Case, chain: Chain, weights: Weights, words: Mapping[UUID, Said]) -> tuple[Hop, ...]:
    """The chain as it is told: states, reasons, alternatives."""
    sightings = {one.track.id: one for one in (*case.candidates, *case.certain.values())}
    hops: list[Hop] = []
    for place, stop in enumerate(chain.stops):
        before = chain.stops[place - 1] if place else None
        after = chain.stops[place + 1] if place + 1 < len(chain.stops) else None
        sighting = sightings[stop.id]
        certain = stop.id in case.certain
        sure = None if certain else confidence(weights, chain.probabilities[stop.id])
        said = words.get(stop.id)
        confirmed = said if certain and said is not None and said.decision is Decision.CONFIRM else None
        hops.append(
            Hop(
                track=sighting.track,
                state=_state(case, stop, sure),
                confidence=sure,
                gap_seconds=None if before is None else stop.began - before.ended,
                transition=None if before is None else case.transitions.of((before.camera_id, stop.camera_id)).source,
                reasons=() if certain else _reasons(case, weights, sighting, before),
                alternatives=() if certain else _alternatives(case, chain, weights, (before, after)),
                decided_by=None if confirmed is None else confirmed.by,
                decided_at=None if confirmed is None else confirmed.at,
            )
        )
    return tuple(hops)


def subject_of(object_class: ObjectClass) -> Subject:
    """Whose weights count: a rider's are a person's."""
    return Subject.PERSON if ObjectClass.PERSON in LOOKALIKES[object_class] else Subject.VEHICLE


def surenesses(fitted: Fitted) -> dict[int, float]:
    """For each family, the similarity from which matches teach the times of transitions."""
    return {family_of(one): fitted[subject_of(one)].sure for one in ObjectClass}


def family_of(object_class: ObjectClass) -> int:
    """The same number for all classes that one object can be taken for."""
    return list(ObjectClass).index(LOOKALIKES[object_class][0])


def _state(case: Case, stop: Stop, sure: float | None) -> HopState:
    if sure is not None:
        return HopState.LIKELY if sure >= LIKELY else HopState.POSSIBLE
    return HopState.ORIGIN if case.origin is not None and case.origin.track.id == stop.id else HopState.CONFIRMED


def _reasons(case: Case, weights: Weights, sighting: Sighting, before: Stop | None) -> tuple[Reason, ...]:
    factors = factors_of(case, sighting, weights.common)
    agreed = agreed_with(case.known, sighting.attributes, weights.common)
    reasons = []
    if sighting.vector is not None:
        odds = _appearance_score(weights, factors)
        alike = similarity(case.known, sighting.vector) or 0.0
        told = f"looks {alike:.2f} alike (1 is the same picture)"
        reasons.append(Reason(factor="appearance", log_odds=odds, told=told))
    if agreed:
        odds = weights.attributes * factors["attributes"]
        reasons.append(Reason(factor="attributes", log_odds=odds, told=_attributes_told(agreed)))
    if before is not None:
        odds = weights.time * factors["time"] + _between_score(weights, case.transitions, before, sighting.stop)
        reasons.append(Reason(factor="time", log_odds=odds, told=_time_told(case.transitions, before, sighting.stop)))
    return tuple(reasons)


def _attributes_told(agreed: Mapping[str, float]) -> str:
    def named(keys: Sequence[str]) -> str:
        return ", ".join(key.split(".", 1)[-1].replace("_", " ") for key in keys)

    same = sorted((key for key in agreed if agreed[key] > 0.3), key=lambda key: -agreed[key])
    other = sorted((key for key in agreed if agreed[key] < -0.3), key=lambda key: agreed[key])
    told = [f"agree: {named(same)}"] * bool(same) + [f"contradict: {named(other)}"] * bool(other)
    return "; ".join(told) or "say nothing either way"


def _time_told(transitions: Transitions, before: Stop, after: Stop) -> str:
    gap = after.began - before.ended
    transition = transitions.of((before.camera_id, after.camera_id))
    if gap < 0:
        known = "whose views overlap" if transition.overlapping else "but whether their views overlap is not known"
        return f"seen by both cameras at once, {known}"
    if transition.source is TransitionSource.ASSUMED:
        return f"{gap:.0f} s later; how long the way usually takes is not known"
    usual = f"{transition.seconds(-2):.0f} to {transition.seconds(2):.0f} s ({transition.source.value})"
    return f"{gap:.0f} s later; usually {usual}"


def _alternatives(
    case: Case, chain: Chain, weights: Weights, neighbours: tuple[Stop | None, Stop | None]
) -> tuple[Alternative, ...]:
    """Candidates outside of the chain that fit in between its neighbours."""
    before, after = neighbours
    taken = {stop.id for stop in chain.stops}
    found = [
        Alternative(track=one.track, confidence=confidence(weights, chain.probabilities[one.track.id]))
        for one in case.candidates
        if one.track.id not in taken
        and one.track.id in chain.probabilities
        and (before is None or _follows(case.transitions, before, one.stop))
        and (after is None or _follows(case.transitions, one.stop, after))
    ]
    worth = [one for one in found if one.confidence >= LEAST_ALTERNATIVE]
    return tuple(sorted(worth, key=lambda one: (-one.confidence, one.track.id))[:MOST_ALTERNATIVES])


def _follows(transitions: Transitions, before: Stop, after: Stop) -> bool:
    return before.began <= after.began and time_score(transitions, before, after) != NEVER
