"""Objects before one camera: tracks, put together where one goes on as another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np

from contracts.vocabulary import ObjectClass
from services.search.model.geometry import Floats, Steps
from services.search.model.search import LOOKALIKES

REACH = 0.5
"""A track goes on as another that begins at most so far from its end, in sizes of the object …"""

REACH_A_SECOND = 1.5
"""… and so much further for each second between them: nobody walks or drives faster before a camera for long."""

STRAY_A_SECOND = 1.0
"""What goes on may be so far, for each second between, from where both its ways lead: people stop and turn behind a
pillar, but a truck that drives out on the right is not the one that drives in on the left."""

HEADING_SECONDS = 1.0
"""A way is told by its last or first so many seconds, …"""

LEAST_HEADING_SECONDS = 0.4
"""… and of a shorter one nothing is told."""


@dataclass(frozen=True, eq=False)
class Trail:
    """One stored track.

    Attributes:
        score: mean detection score, 0 to 1.
        steps: at least one.
        recorded_until: when its recording ends, in seconds since 1970.
        aspect: height of the view by its width.
    """

    id: UUID
    object_class: ObjectClass
    score: float
    steps: Steps
    recorded_until: float
    aspect: float

    @property
    def start(self) -> float:
        """When it begins, in seconds since 1970."""
        return float(self.steps.times[0])

    @property
    def end(self) -> float:
        """When it ends, in seconds since 1970."""
        return float(self.steps.times[-1])

    @cached_property
    def heading_in(self) -> Floats | None:
        """How it went at first, FP64 [2], shares of the view a second; None where it is too short to say."""
        return self._heading(self.start, min(self.start + HEADING_SECONDS, self.end))

    @cached_property
    def heading_out(self) -> Floats | None:
        """How it went at last, in the same way."""
        return self._heading(max(self.end - HEADING_SECONDS, self.start), self.end)

    def _heading(self, begin: float, end: float) -> Floats | None:
        if end - begin < LEAST_HEADING_SECONDS:
            return None
        here, there = self.steps.at(np.array([begin, end]))
        return np.asarray((there - here) / (end - begin))


@dataclass(frozen=True, eq=False)
class Mover:
    """One object: its trails in the order of time."""

    trails: tuple[Trail, ...]

    @cached_property
    def steps(self) -> Steps:
        """All of them; between two trails it went straight."""
        return Steps(
            np.concatenate([trail.steps.times for trail in self.trails]),
            np.concatenate([trail.steps.feet for trail in self.trails]),
            np.concatenate([trail.steps.sizes for trail in self.trails]),
        )

    @property
    def start(self) -> float:
        """When it begins, in seconds since 1970."""
        return self.trails[0].start

    @property
    def end(self) -> float:
        """When it ends, in seconds since 1970."""
        return self.trails[-1].end

    def within(self, begin: float, end: float) -> tuple[Trail, ...]:
        """Its trails of that time; one at least: where the time lies between two, the earlier."""
        found = tuple(trail for trail in self.trails if trail.start <= end and trail.end >= begin)
        if found:
            return found
        return (max((trail for trail in self.trails if trail.end <= begin), key=lambda trail: trail.end),)


def movers(trails: Sequence[Trail], bridge_seconds: float) -> list[Mover]:
    """Puts trails together, in the order of their start. A trail goes on as the one that begins within
    `bridge_seconds` of its end nearest to where it ended, if that one has no nearer end before it: each is the other's
    best (mutual nearest neighbours). Only what ends and begins around one moment decides about it, so that the same
    objects come out whichever stretch of time is looked at."""
    ordered = sorted(trails, key=lambda trail: (trail.start, trail.id))
    starts = np.array([trail.start for trail in ordered])
    next_of: dict[UUID, tuple[float, Trail]] = {}
    before_of: dict[UUID, tuple[float, Trail]] = {}
    for ended in ordered:
        first = int(np.searchsorted(starts, ended.end, side="left"))
        after = int(np.searchsorted(starts, ended.end + bridge_seconds, side="right"))
        for begun in ordered[first:after]:
            cost = _cost(ended, begun)
            if cost is None or begun.id == ended.id:
                continue
            _keep_better(next_of, ended, cost, begun)
            _keep_better(before_of, begun, cost, ended)
    return _chained(ordered, next_of, before_of)


def _keep_better(best: dict[UUID, tuple[float, Trail]], of: Trail, cost: float, other: Trail) -> None:
    known = best.get(of.id)
    if known is None or (cost, other.id) < (known[0], known[1].id):
        best[of.id] = (cost, other)


def _chained(
    ordered: Sequence[Trail], next_of: Mapping[UUID, tuple[float, Trail]], before_of: Mapping[UUID, tuple[float, Trail]]
) -> list[Mover]:
    follower: dict[UUID, Trail] = {}
    for trail in ordered:
        found = next_of.get(trail.id)
        if found is not None and before_of[found[1].id][1].id == trail.id:
            follower[trail.id] = found[1]
    followers = {trail.id for trail in follower.values()}
    chains = []
    for trail in ordered:
        if trail.id in followers:
            continue
        chain = [trail]
        while chain[-1].id in follower:
            chain.append(follower[chain[-1].id])
        chains.append(Mover(tuple(chain)))
    return chains


def _cost(ended: Trail, begun: Trail) -> float | None:
    """How far the second is from going on where the first ended, in sizes, and how late, in what it could have gone
    meanwhile; None where it cannot be the same."""
    if begun.object_class not in LOOKALIKES[ended.object_class]:
        return None
    apart = begun.start - ended.end
    size = float(ended.steps.sizes[-1] + begun.steps.sizes[0]) / 2
    way = begun.steps.feet[0] - ended.steps.feet[-1]
    distance = _sizes(way, ended.aspect, size)
    if distance > REACH + REACH_A_SECOND * apart:
        return None
    out, into = ended.heading_out, begun.heading_in
    if out is not None and into is not None:
        strayed = _sizes(way - (out + into) / 2 * apart, ended.aspect, size)
        if strayed > REACH + STRAY_A_SECOND * apart:
            return None
    return distance + REACH_A_SECOND * apart


def _sizes(way: Floats, aspect: float, size: float) -> float:
    """The length of a way in shares of the view, in sizes of the object."""
    return float(np.hypot(way[0], way[1] * aspect)) / max(size, 1e-6)
