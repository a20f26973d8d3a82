"""Transitions: how long it takes from one camera to another, as given, learned from footage, or assumed.

Learned without any calibration, from when likely the same objects left one view and entered another, as in Makris,
Ellis and Black, "Bridging the gaps between cameras", CVPR 2004. Wrong matches are spread evenly over time, right ones
pile up: a log-normal and an even part are told apart by expectation maximisation (Dempster, Laird and Rubin, 1977), and
what few passages say is drawn towards what all say, and that towards a broad guess.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from uuid import UUID

import numpy as np
import numpy.typing as npt

from contracts.journey import TransitionSource
from services.search.model.chain import NEVER
from services.search.model.search import Vector

LONGEST_GAP = 900.0
"""Seconds between two views from which on nothing is learned."""
LEAST_GAP = 0.5
"""Seconds: shorter ones are known no better."""

BROAD_MEAN, BROAD_SPREAD = math.log(60.0), 2.0
"""Of the logarithm of the seconds, where nothing is known: nine of ten between two seconds and half an hour. Some doors
lie beside one another: a narrower guess (1.5) holds their short ways against who is right."""
ALL_PULL, ONE_PULL = 3.0, 5.0
"""As many passages as the broad guess counts for all transitions together, and as all together count for one."""
SHARE_PULL = 2.0
"""As many passages as count for every camera being as likely to be next as any other."""
SURPRISE = 0.1
"""Of passages that take another time than is usual: somebody stops for a talk."""
TOGETHER_SHARE = 0.8
"""Of passages between overlapping views: seen by both at once."""
OVERLAPS = 0.05
"""Of two cameras that nothing is known of: as probable is it that their views overlap."""
TOGETHER_BY_CHANCE = 0.1
"""Of matches between views that are apart: seen by both at once, for they are wrong."""
OVERLAPPING = 0.9
"""Views are told to overlap from this probability on."""
BEGUN_SPREAD = 0.5
"""Of the logarithm of the seconds of one transition, before its passages are looked at."""
_ROUNDS = 25
_PARAMETERS = 3

Pair = tuple[UUID, UUID]
"""From one camera to another, or back to the same."""


@dataclass(frozen=True)
class Look:
    """A track as transitions are learned from it. Times in seconds; the vector has unit length."""

    camera_id: UUID
    began: float
    ended: float
    family: int
    """Only tracks of one family are compared."""
    vector: Vector


@dataclass(frozen=True)
class Passages:
    """What a tenant's footage says of one transition.

    Attributes:
        count: passages with a gap, weighted by how likely they are no chance.
        mean, variance: of the logarithm of their seconds.
        together: matches that both cameras saw at once.
    """

    count: float
    mean: float
    variance: float
    together: int


@dataclass(frozen=True)
class GivenTransition:
    """What somebody said of one transition, in seconds."""

    overlapping: bool
    min_seconds: float = 0.0
    typical_seconds: float = 0.0
    max_seconds: float = 0.0


@dataclass(frozen=True)
class KnownTransition:
    """The times that a transition takes: log-normal, with a share of surprises; `least` and `most` bound it. `overlap`
    is the probability that the two views overlap."""

    source: TransitionSource
    mean: float
    spread: float
    overlap: float = 0.0
    least: float = 0.0
    most: float = math.inf
    matches: float = 0.0

    @property
    def overlapping(self) -> bool:
        """Whether the views are held to overlap."""
        return self.overlap >= OVERLAPPING

    def log_density(self, gap: float, room: float) -> float:
        """Of a gap in seconds, per second; NEVER where it cannot be. Below 0: seen by both at once, which the earlier
        track leaves `room` seconds for."""
        together = self.overlap * TOGETHER_SHARE
        if gap < 0:
            return math.log(together / max(room, 1.0)) if together > 0 else NEVER
        if not self.least <= gap <= self.most:
            return NEVER
        apart = 1.0 - together
        usual = _log_normal(gap, self.mean, self.spread)
        if self.source is TransitionSource.GIVEN and not together:
            return usual
        broad = _log_normal(gap, BROAD_MEAN, BROAD_SPREAD)
        return math.log(apart * ((1.0 - SURPRISE) * math.exp(usual) + SURPRISE * math.exp(broad)) + 1e-12)

    def seconds(self, spreads: float) -> float:
        """The median and what lies so many spreads above it."""
        return math.exp(self.mean + spreads * self.spread)


UNKNOWN = KnownTransition(TransitionSource.ASSUMED, BROAD_MEAN, BROAD_SPREAD)
"""Where nothing at all is known."""


@dataclass(frozen=True)
class Transitions:
    """All transitions between some cameras.

    Attributes:
        known: given and learned ones.
        usual: what one between two cameras is taken for that nothing is known of.
        overlaps: the probability that views overlap, of pairs that something is known of in either direction.
        onward: passages that were learned from each camera.
        cameras: how many there are to go on to.
    """

    known: Mapping[Pair, KnownTransition]
    usual: KnownTransition
    overlaps: Mapping[Pair, float]
    onward: Mapping[UUID, float]
    cameras: int

    def of(self, pair: Pair) -> KnownTransition:
        """What is known of a transition, or taken for known."""
        if pair in self.known:
            return self.known[pair]
        if pair[0] == pair[1]:
            return UNKNOWN
        return replace(self.usual, overlap=self.overlaps[pair]) if pair in self.overlaps else self.usual

    def log_share(self, pair: Pair) -> float:
        """Log of the share of those leaving the first camera who come to the second next."""
        known = self.known.get(pair)
        went = 0.0 if known is None else known.matches
        return math.log((went + SHARE_PULL / self.cameras) / (self.onward.get(pair[0], 0.0) + SHARE_PULL))

    def together(self, one: UUID, other: UUID) -> bool:
        """Whether both are held to see an object at once."""
        return self.of((one, other)).overlapping

    def log_together(self, one: UUID, other: UUID) -> float:
        """Log of the probability that both see an object at once; NEVER where they cannot."""
        overlap = self.of((one, other)).overlap
        return math.log(overlap) if overlap > 0 else NEVER


def known_transitions(
    given: Mapping[Pair, GivenTransition], learned: Mapping[Pair, Passages], cameras: int
) -> Transitions:
    """Transitions from what was said and what was learned."""
    # Coming back to the same camera is another matter.
    apart = [passages for pair, passages in learned.items() if pair[0] != pair[1]]
    total = sum(passages.count for passages in apart)
    pooled = BROAD_MEAN, BROAD_SPREAD**2
    if total > 0:
        mean = sum(p.count * p.mean for p in apart) / total
        variance = sum(p.count * (p.variance + (p.mean - mean) ** 2) for p in apart) / total
        pooled = _drawn((mean, variance), total, pooled, ALL_PULL)
    usual = KnownTransition(TransitionSource.ASSUMED, pooled[0], math.sqrt(pooled[1]), OVERLAPS)
    known: dict[Pair, KnownTransition] = {}
    overlaps = _overlaps(learned)
    for pair, passages in learned.items():
        if not (passages.count or passages.together):
            continue
        guess = pooled if pair[0] != pair[1] else (BROAD_MEAN, BROAD_SPREAD**2)
        mean, variance = _drawn((passages.mean, passages.variance), passages.count, guess, ONE_PULL)
        known[pair] = KnownTransition(
            TransitionSource.LEARNED,
            mean,
            math.sqrt(variance),
            overlaps.get(pair, 0.0),
            matches=passages.count + passages.together,
        )
    for pair, said in given.items():
        matches = known[pair].matches if pair in known else 0.0
        known[pair] = _given(said, usual, matches)
        overlaps[pair] = known[pair].overlap
        if said.overlapping or pair[::-1] not in given:
            overlaps[pair[::-1]] = known[pair].overlap
    onward: dict[UUID, float] = {}
    for pair, transition in known.items():
        onward[pair[0]] = onward.get(pair[0], 0.0) + transition.matches
        if pair[0] != pair[1]:
            known[pair] = replace(transition, overlap=overlaps[pair])
    return Transitions(known, usual, overlaps, onward, max(cameras, 1))


def _overlaps(learned: Mapping[Pair, Passages]) -> dict[Pair, float]:
    """The probability that views overlap, for each pair of cameras in both directions: OVERLAPS, and then what each
    match says that was seen by both at once, or by one after the other (Bayes)."""
    at_once = math.log(TOGETHER_SHARE / TOGETHER_BY_CHANCE)
    later = math.log((1.0 - TOGETHER_SHARE) / (1.0 - TOGETHER_BY_CHANCE))
    overlaps: dict[Pair, float] = {}
    for one, other in learned:
        if one != other:
            both = [learned[pair] for pair in ((one, other), (other, one)) if pair in learned]
            odds = math.log(OVERLAPS / (1.0 - OVERLAPS)) + sum(p.together * at_once + p.count * later for p in both)
            overlaps[one, other] = overlaps[other, one] = 1.0 / (1.0 + math.exp(min(-odds, 500.0)))
    return overlaps


def learned_passages(looks: Sequence[Look], sure: Mapping[int, float]) -> dict[Pair, Passages]:
    """What tracks say of the transitions between their cameras. Two tracks match where each is the other's most alike
    on its camera, at least as alike (cosine) as `sure` says of their family, within LONGEST_GAP. Only the tracks of the
    two cameras say something of their transition."""
    by_camera: dict[tuple[UUID, int], list[Look]] = {}
    for look in looks:
        by_camera.setdefault((look.camera_id, look.family), []).append(look)
    gaps: dict[Pair, list[float]] = {}
    for (one, family), (other, of) in product(sorted(by_camera), repeat=2):
        if family == of and one <= other:
            for before, after in _matches(by_camera[one, family], by_camera[other, of], sure[family]):
                gaps.setdefault((before.camera_id, after.camera_id), []).append(after.began - before.ended)
    spans = _spans(looks)
    return {
        (one, other): _passages(
            found, min(max(spans[one][1], spans[other][1]) - min(spans[one][0], spans[other][0]), LONGEST_GAP)
        )
        for (one, other), found in gaps.items()
    }


def _spans(looks: Sequence[Look]) -> dict[UUID, tuple[float, float]]:
    """From when to when there are tracks, for each camera."""
    spans: dict[UUID, tuple[float, float]] = {}
    for look in looks:
        began, ended = spans.get(look.camera_id, (look.began, look.ended))
        spans[look.camera_id] = min(began, look.began), max(ended, look.ended)
    return spans


def _matches(some: Sequence[Look], others: Sequence[Look], sure: float) -> list[tuple[Look, Look]]:
    """Pairs of tracks that are each other's most alike, the earlier first."""
    alike = np.stack([look.vector for look in some]) @ np.stack([look.vector for look in others]).T
    began, ended = _times(some)
    began_too, ended_too = _times(others)
    gap = np.maximum(began[:, None] - ended_too[None], began_too[None] - ended[:, None])
    same = some[0].camera_id == others[0].camera_id
    # On one camera nobody is there twice at once.
    possible = (gap <= LONGEST_GAP) & ((gap >= 0) if same else True)
    alike = np.where(possible, alike, -np.inf)
    best, best_too = alike.argmax(axis=1), alike.argmax(axis=0)
    rows = [
        row
        for row, column in enumerate(best)
        if alike[row, column] >= sure and best_too[column] == row and not (same and column < row)
    ]
    pairs = [(some[row], others[int(best[row])]) for row in rows]
    return [(one, two) if one.began <= two.began else (two, one) for one, two in pairs]


def _times(looks: Sequence[Look]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.array([look.began for look in looks]), np.array([look.ended for look in looks])


def _passages(gaps: Sequence[float], longest: float) -> Passages:
    """Tells passages from chance: a log-normal part, and an even one over all gaps up to `longest`. It begins with the
    shortest stretch that holds half of the logarithms, which half of them cannot spoil (Rousseeuw, 1984)."""
    apart = np.sort(np.maximum(np.array([gap for gap in gaps if gap >= 0], np.float64), LEAST_GAP))
    together = len(gaps) - len(apart)
    if not len(apart):
        return Passages(0.0, BROAD_MEAN, BROAD_SPREAD**2, together)
    logs = np.log(apart)
    half = (len(logs) + 1) // 2
    start = int((logs[half - 1 :] - logs[: len(logs) - half + 1]).argmin())
    begun = float(logs[start : start + half].mean())
    # As densities of the logarithm: even in seconds is e^x in it.
    even = apart / max(longest, float(apart[-1]))
    mean, variance, share = begun, BEGUN_SPREAD**2, 0.5
    likely = np.ones_like(logs)
    for _ in range(_ROUNDS):
        usual = np.exp(-0.5 * (logs - mean) ** 2 / variance) / math.sqrt(2 * math.pi * variance)
        likely = share * usual / (share * usual + (1 - share) * even)
        weight = float(likely.sum())
        seen = float(likely @ logs) / max(weight, 1e-9)
        spread = float(likely @ (logs - seen) ** 2) / max(weight, 1e-9)
        mean, variance = _drawn((seen, spread), weight, (begun, BEGUN_SPREAD**2), 1.0)
        share = (weight + 1.0) / (len(logs) + 2.0)
    # Some stretch is always the shortest. It counts where it tells more than chance does (Schwarz, 1978).
    usual = np.exp(-0.5 * (logs - mean) ** 2 / variance) / math.sqrt(2 * math.pi * variance)
    gain = float(np.log(share * usual / even + 1 - share).sum())
    if gain < _PARAMETERS / 2 * math.log(len(logs) + 1):
        return Passages(0.0, BROAD_MEAN, BROAD_SPREAD**2, together)
    return Passages(float(likely.sum()), mean, variance, together)


def _drawn(seen: tuple[float, float], count: float, towards: tuple[float, float], pull: float) -> tuple[float, float]:
    """Mean and variance of a normal, the guess `towards` counting as `pull` more observations."""
    (mean, variance), (guess, broad) = seen, towards
    total = count + pull
    drawn = (count * mean + pull * guess) / total
    spread = (count * variance + pull * broad + count * pull / total * (mean - guess) ** 2) / total
    return drawn, max(spread, 0.01)


def _given(said: GivenTransition, usual: KnownTransition, matches: float) -> KnownTransition:
    if said.overlapping:
        return KnownTransition(TransitionSource.GIVEN, usual.mean, usual.spread, 1.0, matches=matches)
    typical = max(said.typical_seconds, LEAST_GAP)
    reach = max(
        math.log(typical / max(said.min_seconds, LEAST_GAP)), math.log(max(said.max_seconds, LEAST_GAP) / typical)
    )
    # Nineteen of twenty lie within what was said.
    spread = min(max(reach / 2, 0.1), BROAD_SPREAD)
    return KnownTransition(
        TransitionSource.GIVEN,
        math.log(typical),
        spread,
        least=said.min_seconds,
        most=said.max_seconds,
        matches=matches,
    )


def _log_normal(gap: float, mean: float, spread: float) -> float:
    log = math.log(max(gap, LEAST_GAP))
    return -0.5 * ((log - mean) / spread) ** 2 - log - math.log(spread * math.sqrt(2 * math.pi))
