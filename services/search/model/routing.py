"""Which way a search finds its nearest vectors: chosen here, from kept counts, not by the database's planner.

No one way wins. Comparing every vector that passes the filters is exact and quickest for few; a part's index (HNSW) is
quickest where a good share of it passes; looking at short codes of all and comparing the best of them again is
quickest in between. What each costs was measured (docs/reference/search-speed.md); the cheapest way that finds enough
is taken, day by day, since a day that is not over yet has no index.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Way(StrEnum):
    """How a stretch of days is searched."""

    EXACT = "exact"
    """Every vector that passes the filters is compared."""
    INDEX = "index"
    """Each part's HNSW index is walked; what does not pass is skipped (Malkov and Yashunin, "Efficient and robust
    approximate nearest neighbor search using Hierarchical Navigable Small World graphs", TPAMI 2020)."""
    CODES = "codes"
    """The codes of all that passes are compared by Hamming distance, and the nearest of them again by their vectors."""
    TRACKS = "tracks"
    """The tracks with a rare attribute are looked up, and their vectors compared."""


SURELY_EXACT = 2_000
"""Up to so many vectors nothing is worth approximating."""

RERANKED = 800
"""Best codes whose vectors are compared, at least; 8 for each row that is wanted."""

WALKED, WALKED_OVER, LEAST_WALKED, MOST_WALKED = 150, 33_000, 40, 1_000
"""Candidates that a walk keeps (ef_search) in an index over so many vectors; the fewest and the most there may be."""

LEAST_DENSITY, DENSE = 0.03, 0.3
"""Share of an index that must pass the filters: below, the walk meets too few that do, and misses some. From the other
on, a walk need not keep more for it."""

MOST_UNCODED = 200
"""Vectors without a code come first among the codes, so that none is missed; more of them would crowd out the rest."""

MOST_STRETCHES = 4
"""Where sealed and open days alternate more often, they are searched as if none were sealed."""

SLIVER = 0.2
"""A first or last day with less than this share of what passes on the day beside it is searched apart."""

MOST_TRACKS = 10_000
"""With a rare attribute, so that looking up each is worth it."""

EXACT_ROW, CODE_ROW, RERANKED_ROW, WALKED_ROW, PART, INDEXED_PART = 1.7, 0.8, 8.0, 16.0, 150.0, 350.0
"""Microseconds: a row compared by its vector, looked at by its code, looked up again, met in an index; a part that is
opened, and one whose index is. Measured on two cores at 384 dimensions; only what they are to one another matters."""


@dataclass(frozen=True)
class DayCount:
    """What is known of a day of one space, for one search."""

    day: date
    """UTC."""
    matches: float
    """Vectors that should pass the filters."""
    scanned: float
    """Vectors whose codes would be looked at: those of the cameras asked for, of every class."""
    part: "Part | None"
    """The part that it lies in; None: the day is not over yet, and has no index."""
    uncoded: int
    """The tenant's vectors without a code."""


@dataclass(frozen=True)
class Part:
    """Days with one index over all their vectors: a day that is over, or several of an old month."""

    first_day: date
    stored: int
    """Vectors in the index, of all tenants and spaces."""


@dataclass(frozen=True)
class Kept:
    """The kept counts of a day: vectors of the tenant, of one space."""

    day: date
    whole: int
    """All of them."""
    of_kinds: int
    """Of the classes that are looked for, and scenes."""
    of_cameras: int
    """Of the cameras asked for."""
    of_hours: int | None
    """In the hours asked for. None: the day is asked for whole."""
    uncoded: int
    """Without a code."""
    part: Part | None


@dataclass(frozen=True)
class Stretch:
    """Days in a row that are searched one way."""

    way: Way
    from_day: date
    until_day: date
    """Not part of it."""
    days: int
    """That hold vectors."""
    matches: int
    """Vectors that should pass the filters."""
    reach: int
    """INDEX: candidates that each part's walk keeps (ef_search). CODES: how many are compared again. Else 0."""
    milliseconds: float
    """What it should cost."""
    reason: str
    """Why this way, for people."""


@dataclass(frozen=True)
class Plan:
    """How a search is done. Its results are merged over the stretches."""

    stretches: Sequence[Stretch]

    @property
    def approximate(self) -> bool:
        """Whether a stretch may miss some of the nearest."""
        return any(stretch.way in {Way.INDEX, Way.CODES} for stretch in self.stretches)

    @property
    def matches(self) -> int:
        """Vectors that should pass the filters."""
        return sum(stretch.matches for stretch in self.stretches)

    def told(self, *, counted: bool = True) -> str:
        """In words: each stretch's days, way and reason. Without `counted` no number of vectors is told, which would
        say something of cameras that the caller may not see."""
        if not self.stretches:
            return "nothing is stored there"
        return "; ".join(
            f"{stretch.from_day} to {stretch.until_day - timedelta(days=1)}: {stretch.way}, "
            + (f"about {stretch.matches} vectors pass, {stretch.reason}" if counted else stretch.reason)
            for stretch in self.stretches
        )


def estimated(kept: Kept, *, by_camera: bool) -> DayCount:
    """How many vectors pass on a day: as if classes, cameras and hours had nothing to do with one another.

    Args:
        kept: what is counted; the day holds something.
        by_camera: whether cameras are asked for.
    """
    of_cameras = kept.of_cameras / kept.whole if by_camera else 1.0
    of_hours = 1.0 if kept.of_hours is None else kept.of_hours / kept.whole
    # The codes lie in an index by camera and time, which leaves out hours only where it is told the cameras.
    scanned = kept.of_cameras * of_hours if by_camera else float(kept.whole)
    return DayCount(kept.day, kept.of_kinds * of_cameras * of_hours, scanned, kept.part, kept.uncoded)


def choose(counts: Iterable[DayCount], rows: int, *, coded: bool, vague: bool = False) -> Plan:
    """The cheapest way for each stretch of days.

    Args:
        counts: the days that hold anything, in order.
        rows: how many nearest are wanted.
        coded: whether the space has codes.
        vague: whether filters hold of which the counts know nothing, so that fewer may pass than they say.
    """
    days = [count for count in counts if count.matches > 0]
    stretches = _alike(days)
    if len(stretches) > MOST_STRETCHES:
        stretches = [days]

    def way_of(some: Sequence[DayCount]) -> Stretch:
        return _way_of(some, rows, coded=coded, vague=vague)

    ways: list[Stretch] = []
    for some in stretches:
        whole = way_of(some)
        pieces = _without_slivers(some) if whole.way is Way.INDEX else [some]
        ways += [way_of(piece) for piece in pieces] if len(pieces) > 1 else [whole]
    return Plan(ways)


def by_tracks(counts: Iterable[DayCount], tracks: int) -> Plan:
    """The plan for a search whose attributes only few tracks have."""
    days = list(counts)
    if not days:
        return Plan([])
    reason = "as few tracks have the attributes"
    return Plan(
        [
            Stretch(
                *(Way.TRACKS, days[0].day, days[-1].day + timedelta(days=1), len(days), 3 * tracks, 0),
                tracks * 3 * RERANKED_ROW / 1000,
                reason,
            )
        ]
    )


def reach_of(rows: int, parts: int, stored: int, density: float = 1.0) -> int:
    """Candidates that each part's walk keeps: the fewer the more parts there are, since the nearest of all lie in some
    of them; more where an index is larger or fewer in it pass. What one part lacks then is fetched by its walk's going
    on.

    Args:
        rows: that are wanted.
        parts: whose indexes are walked.
        stored: vectors in these indexes.
        density: share of those that passes the filters; below LEAST_DENSITY no index is walked, and it counts as that.
    """
    each = stored / max(1, parts)
    sparse = max(1.0, DENSE / max(LEAST_DENSITY, density))
    wanted: float = WALKED * (each / WALKED_OVER) ** 0.28 * math.sqrt(sparse / max(1, parts))
    return round(max(LEAST_WALKED, min(MOST_WALKED, max(wanted, 2 * rows / max(1, parts)))))


def _alike(days: Sequence[DayCount]) -> list[list[DayCount]]:
    stretches: list[list[DayCount]] = []
    for day in days:
        if stretches and (stretches[-1][0].part is None) == (day.part is None):
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return stretches


def _without_slivers(days: Sequence[DayCount]) -> list[Sequence[DayCount]]:
    """The first and the last day apart where little of them is asked for: a walk would go through all of their index to
    find it. Every search for a day has such a sliver of the day before, as tracks count that were in view already."""
    first = 1 if len(days) > 1 and days[0].part != days[1].part and days[0].matches < SLIVER * days[1].matches else 0
    ends = len(days)
    if ends - first > 1 and days[-1].part != days[-2].part and days[-1].matches < SLIVER * days[-2].matches:
        ends -= 1
    return [some for some in (days[:first], days[first:ends], days[ends:]) if some]


def _way_of(days: Sequence[DayCount], rows: int, *, coded: bool, vague: bool) -> Stretch:
    matches = sum(day.matches for day in days)
    scanned = sum(max(day.scanned, day.matches) for day in days)
    parts = {day.part for day in days if day.part is not None}
    stored = max(math.ceil(matches), sum(part.stored for part in parts))
    density = matches / stored
    reach, reranked = reach_of(rows, len(parts), stored, density), max(RERANKED, 8 * rows)
    opened = PART * (len(parts) + sum(day.part is None for day in days))
    costs = {Way.EXACT: opened + EXACT_ROW * matches}
    if matches > SURELY_EXACT:
        indexed = all(day.part is not None for day in days)
        if indexed and not vague and density >= LEAST_DENSITY:
            walked = len(parts) * reach + rows / density
            costs[Way.INDEX] = opened + INDEXED_PART * len(parts) + WALKED_ROW * walked
        if coded and sum(day.uncoded for day in days) <= MOST_UNCODED:
            costs[Way.CODES] = 2 * opened + CODE_ROW * scanned + RERANKED_ROW * min(reranked, matches)
    way = min(costs, key=lambda known: costs[known])
    others = [known for known in costs if known is not way]
    # No times and no totals: they depend on other tenants' vectors in the same days.
    reason = f"which should be quicker than {' or '.join(others)}" if others else "which needs no other way"
    return Stretch(
        way,
        days[0].day,
        days[-1].day + timedelta(days=1),
        len(days),
        round(matches),
        {Way.INDEX: reach, Way.CODES: reranked}.get(way, 0),
        costs[way] / 1000,
        reason,
    )
