"""The best chain of tracks of one object through time, and how probable each of them is in it.

An object makes one way through time, so its tracks are a path in a graph whose nodes are tracks and whose edges lead
forward in time. With one object, data association by network flow (Zhang, Li and Nevatia, "Global data association
for multi-object tracking using network flows", CVPR 2008) is a best path: found exactly by Viterbi's algorithm, a
track that is not taken costing nothing. The sum over all paths instead of the best one (forward-backward) gives each
track's probability of being in it. Where views overlap, an object is on several cameras at once: a state then is a
track and those before it that are still in view.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

MOST_STATES = 24
"""Of each track, by their best chain. More only where many lookalikes are in many overlapping views at once."""

NEVER = -math.inf


@dataclass(frozen=True)
class Stop:
    """A track as a chain sees it. Times in seconds."""

    id: UUID
    camera_id: UUID
    began: float
    ended: float


@dataclass(frozen=True)
class Scores:
    """What a chain is worth, in log-odds of its tracks being one object rather than others that came by.

    Attributes:
        of: a stop's own, not asked of stops that are certain.
        between: of going from a stop straight to a later one; NEVER where that cannot be.
        first: of beginning a chain that no certain stop is in.
        leniency: added to each stop that is not certain when the best chain is chosen, and to no probability: above 0
            where missing a stop is worse than looking at a wrong one.
        together: of two cameras seeing one object at once, asked of a stop and of what is in view besides the stop
            before it (of that one `between` tells); 0 where their views overlap, NEVER where that cannot be.
    """

    of: Callable[[Stop], float]
    between: Callable[[Stop, Stop], float]
    together: Callable[[UUID, UUID], float]
    first: float = 0.0
    leniency: float = 0.0


@dataclass(frozen=True)
class Chain:
    """The best chain in the order of time, and for every stop the probability of being in the chain, 0 to 1."""

    stops: tuple[Stop, ...]
    probabilities: Mapping[UUID, float]


@dataclass
class _State:
    """A way to have got to a stop. `still`: stops before it that are in view when it begins."""

    place: int
    still: frozenset[int]
    best: float
    total: float
    back: "_State | None"
    after: float = NEVER
    """Log of the sum over all ways on from here."""


def best_chain(stops: Iterable[Stop], certain: frozenset[UUID], scores: Scores) -> Chain:
    """The best chain through all certain stops. What is certain is never doubted: two certain stops may contradict each
    other, no other may contradict them. The order of `stops` means nothing."""
    ordered = sorted(stops, key=lambda stop: (stop.began, stop.ended, stop.id))
    sure = [stop.id in certain for stop in ordered]
    own = [0.0 if known else scores.of(stop) for stop, known in zip(ordered, sure, strict=True)]
    states: list[list[_State]] = []
    edges: list[tuple[_State, _State, float]] = []
    for place, stop in enumerate(ordered):
        found: dict[frozenset[int], _State] = {}
        lenient = 0.0 if sure[place] else scores.leniency
        if not any(sure[:place]):
            first = own[place] + (0.0 if any(sure) else scores.first)
            found[frozenset()] = _State(place, frozenset(), first + lenient, first, None)
        # Certain stops cannot be passed over: nothing before the last of them leads here.
        for before in range(place - 1, -1, -1):
            between = scores.between(ordered[before], stop)
            for state in states[before] if between > NEVER or (sure[before] and sure[place]) else ():
                still, at_once = _still(state, place, ordered, sure, scores)
                if at_once == NEVER:
                    continue
                step = 0.0 if between == NEVER else between + at_once + own[place]
                reached = found.setdefault(still, _State(place, still, NEVER, NEVER, None))
                reached.total = _plus(reached.total, state.total + step)
                if state.best + step + lenient > reached.best:
                    reached.best, reached.back = state.best + step + lenient, state
                edges.append((state, reached, step))
            if sure[before]:
                break
        kept = sorted(found.values(), key=lambda state: (-state.best, sorted(state.still)))[:MOST_STATES]
        states.append(kept)
    return _told(ordered, sure, states, edges)


def _still(
    state: _State, place: int, ordered: list[Stop], sure: list[bool], scores: Scores
) -> tuple[frozenset[int], float]:
    """Who is in view yet when this stop begins, and the log-odds of that; NEVER where one object cannot be at both."""
    stop = ordered[place]
    still = frozenset(other for other in (*state.still, state.place) if ordered[other].ended > stop.began)
    odds = 0.0
    for other in still:
        if sure[other] and sure[place]:
            continue
        cameras = ordered[other].camera_id, stop.camera_id
        together = NEVER if cameras[0] == cameras[1] else scores.together(*cameras)
        if together == NEVER:
            return still, NEVER
        if other != state.place:
            odds += together
    return still, odds


def _told(
    ordered: list[Stop], sure: list[bool], states: list[list[_State]], edges: list[tuple[_State, _State, float]]
) -> Chain:
    last_sure = max((place for place, known in enumerate(sure) if known), default=-1)
    ends = [state for place in range(max(last_sure, 0), len(ordered)) for state in states[place]]
    # A chain of nothing is worth nothing, where nothing is certain.
    total, best = (NEVER, None) if any(sure) else (0.0, None)
    best_score = NEVER if any(sure) else 0.0
    for state in ends:
        state.after = 0.0
        total = _plus(total, state.total)
        if state.best > best_score:
            best_score, best = state.best, state
    kept = {id(state) for place in states for state in place}
    # Edges stand in the order of the stops that they lead to, so from the last on all that follows is known.
    for state, reached, step in reversed(edges):
        if id(reached) in kept:
            state.after = _plus(state.after, step + reached.after)
    probabilities = {
        stop.id: min(1.0, sum(math.exp(s.total + s.after - total) for s in states[place] if s.after > NEVER))
        for place, stop in enumerate(ordered)
    }
    chain: list[Stop] = []
    while best is not None:
        chain.append(ordered[best.place])
        best = best.back
    return Chain(tuple(reversed(chain)), probabilities)


def _plus(one: float, other: float) -> float:
    """Log of the sum of two numbers that are given by their logs."""
    low, high = min(one, other), max(one, other)
    return high if low == NEVER else high + math.log1p(math.exp(low - high))
