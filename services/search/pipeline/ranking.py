"""Looks become one order of hits: scored by every part, without what is not wanted, folded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from contracts.search import Asked, SearchRequest
from contracts.vocabulary import ItemKind, Space
from services.search.model.calibration import Scored, mixed_level, mixed_probability, mixed_score
from services.search.model.filters import Filters
from services.search.model.folding import SAME_LOOKS, Foldable, fold
from services.search.model.search import Candidate, Vector, folded
from services.search.pipeline.asking import Look, Query
from services.search.ports.search import Library, Seen, VectorStore
from services.search.ports.stored import Place, Stored

ROWS_PER_HIT = 6
"""Rows fetched for each hit that is wanted: a track has several crops. Where that is too few, more are fetched."""

MOST_ROWS = 40_000
"""Where so many rows hold too few hits (a parked car fills a camera's days), an answer ends early rather than late."""

SAME = 0.5
"""Probability from which on a track is taken for the likes of another."""

UNLIKE_WEIGHT = 0.25
"""How much likeness to what is not wanted counts against a hit that stays: the share that Rocchio's formula gives to
what is not relevant (Salton and Buckley, "Improving retrieval performance by relevance feedback", JASIS 1990)."""


@dataclass(frozen=True)
class Found:
    """A track or scene that passed, with its scores and what ingest knows of it."""

    candidate: Candidate
    """Its nearest row in the first part's space."""
    parts: tuple[tuple[Look, Scored], ...]
    seen: Seen
    level: float
    """What hits are ordered by."""
    score: float
    probability: float | None

    @property
    def measure(self) -> float:
        """What `min_score` is compared with."""
        return self.score if self.probability is None else self.probability


@dataclass(frozen=True)
class Ranking:
    """Ranks what one request finds."""

    vectors: VectorStore
    library: Library
    stored: Stored
    request: SearchRequest
    snapshot: str
    """Only what was stored then."""

    def ranked(self, filters: Filters, looks: Sequence[Look], query: Query, wanted: int) -> list[list[Found]]:
        """The first `wanted` groups of a stage, best first; each group's best first. Fewer where there are no more."""
        rows = wanted * ROWS_PER_HIT
        while True:
            pools = [self._pool(filters, look, rows) for look in looks]
            exhausted = all(pool.exhausted for pool in pools)
            found = self._scored(filters, looks, [pool.best for pool in pools])
            found = self._without(filters, found, query)
            best = sorted(found, key=lambda one: (-one.level, one.candidate.item_id))
            # Of one part, what has too low a score is followed by nothing better.
            ended = len(looks) == 1 and any(one.measure < self.request.min_score for one in best)
            groups = self._folded(filters, [one for one in best if one.measure >= self.request.min_score])
            enough = len(groups) >= wanted and (len(looks) == 1 or groups[wanted - 1][0].level >= _bound(looks, pools))
            if enough or exhausted or ended or rows >= MOST_ROWS:
                return groups[:wanted]
            rows *= 4

    def _pool(self, filters: Filters, look: Look, rows: int) -> "_Pool":
        probes = [replace(look.probe, encoding=one) for one in (look.probe.encoding, *look.probe.others)]
        found = [self.vectors.nearest(filters, probe, rows) for probe in probes]
        best = {row.item_id: row for row in folded(chain.from_iterable(found), -1.0)}
        last = max((part[-1].score for part in found if len(part) == rows), default=-1.0)
        return _Pool(best, last, all(len(part) < rows for part in found))

    def _scores(self, filters: Filters, look: Look, item_ids: Iterable[UUID]) -> Mapping[UUID, Candidate]:
        """How like a part these are."""
        ids = tuple(item_ids)
        if not ids:
            return {}
        # Every crop of each: tracks keep a few dozen at the very most.
        return self._pool(replace(filters, item_ids=ids), look, 64 * len(ids)).best

    def _scored(
        self, filters: Filters, looks: Sequence[Look], pools: Sequence[Mapping[UUID, Candidate]]
    ) -> list[Found]:
        """Those that every part knows, and that may be shown."""
        every = set().union(*pools)
        known = [
            {**pool, **self._scores(filters, look, sorted(every - set(pool)))} if len(looks) > 1 else dict(pool)
            for look, pool in zip(looks, pools, strict=True)
        ]
        items = [item_id for item_id in every if all(item_id in part for part in known)]
        candidates = sorted((known[0][item_id] for item_id in items), key=lambda row: (-row.score, row.item_id))
        seen = self._seen(filters, candidates, looks)
        return [
            _found(
                candidate,
                [(look, part[candidate.item_id].score) for look, part in zip(looks, known, strict=True)],
                seen,
            )
            for candidate in candidates
            if candidate.item_id in seen
        ]

    def _seen(self, filters: Filters, candidates: Sequence[Candidate], looks: Sequence[Look]) -> Mapping[UUID, Seen]:
        seen = self.library.seen(filters.tenant_id, candidates)
        places = [Place(item_id, one.started_at) for item_id, one in seen.items()]
        probe = looks[0].probe
        late = self.stored.arrived_since(
            filters.tenant_id, places, probe.kind, self.snapshot, dimension=len(probe.encoding.vector)
        )
        return {item_id: one for item_id, one in seen.items() if item_id not in late}

    def _without(self, filters: Filters, found: list[Found], query: Query) -> list[Found]:
        """Leaves out what is nearer to what is not wanted than to what is, in the space in which both were compared;
        the likes of a track also where they probably are that object. What stays and is like it goes down."""
        for look in (*query.unlike_texts, *query.unlike_tracks):
            scores = self._scores(filters, look, [one.candidate.item_id for one in found])
            found = [
                _lowered(one, look, unlike.score) if unlike is not None else one
                for one in found
                if not _unlike(one, look, unlike := scores.get(one.candidate.item_id))
            ]
        return found

    def _folded(self, filters: Filters, best: Sequence[Found]) -> list[list[Found]]:
        if not self.request.fold:
            return [[one] for one in best]
        vectors: dict[UUID, Vector] = {}
        for item, kind in ((ItemKind.TRACK, Space.APPEARANCE), (ItemKind.SCENE, Space.SEMANTIC)):
            places = _near_one_another([one for one in best if one.candidate.item is item])
            vectors |= self.stored.looks(filters.tenant_id, places, kind)
        groups = fold([_foldable(one) for one in best], vectors, SAME_LOOKS)
        return [[best[place] for place in group] for group in groups]


@dataclass(frozen=True)
class _Pool:
    best: Mapping[UUID, Candidate]
    """The nearest row of each item."""
    last: float
    """No other item has a higher score."""
    exhausted: bool
    """There are no others."""


def _bound(looks: Sequence[Look], pools: Sequence[_Pool]) -> float:
    """The level that nothing reaches which is in no part's pool yet: the stopping rule of the threshold algorithm
    (Fagin, Lotem and Naor, "Optimal aggregation algorithms for middleware", PODS 2001)."""
    return mixed_level(
        [Scored(look.asked, pool.last, look.weight, look.calibration) for look, pool in zip(looks, pools, strict=True)]
    )


def _found(candidate: Candidate, scores: Sequence[tuple[Look, float]], seen: Mapping[UUID, Seen]) -> Found:
    parts = tuple((look, Scored(look.asked, score, look.weight, look.calibration)) for look, score in scores)
    scored = [part for _, part in parts]
    return Found(
        candidate,
        parts,
        seen[candidate.item_id],
        mixed_level(scored),
        mixed_score(scored),
        mixed_probability(scored),
    )


def _unlike(one: Found, look: Look, unlike: Candidate | None) -> bool:
    """Whether it is to be left out for its likeness to what is not wanted."""
    if unlike is None:
        return False
    if look.asked is Asked.TRACK and _same(look, unlike.score):
        return True
    own = [part.score for wanted, part in one.parts if wanted.probe.kind is look.probe.kind]
    return bool(own) and unlike.score > max(own)


def _same(look: Look, score: float) -> bool:
    return score >= SAME_LOOKS if look.calibration is None else look.calibration.probability(score) >= SAME


def _lowered(one: Found, look: Look, score: float) -> Found:
    unlike = Scored(look.asked, score, look.weight, None)
    return replace(one, level=one.level - UNLIKE_WEIGHT * max(0.0, unlike.level))


def _foldable(one: Found) -> Foldable:
    seen, candidate = one.seen, one.candidate
    return Foldable(
        candidate.item, candidate.item_id, seen.camera_id, seen.started_at, seen.ended_at, seen.object_class
    )


def _near_one_another(found: Sequence[Found]) -> list[Place]:
    """Those that share their camera with another: only these can be folded, only their looks are fetched."""
    cameras: dict[UUID, int] = {}
    for one in found:
        cameras[one.seen.camera_id] = cameras.get(one.seen.camera_id, 0) + 1
    return [Place(one.candidate.item_id, one.seen.started_at) for one in found if cameras[one.seen.camera_id] > 1]
