"""What has just been stored: few enough rows to be compared in memory with everything that is watched for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import numpy as np

from contracts.vocabulary import ItemKind, ObjectClass, Space
from services.search.model.filters import Filters
from services.search.model.search import Candidate, Probe, Vector, pooled


@dataclass(frozen=True, eq=False)
class FreshRow:
    """One stored vector of a serving space, with what is filtered on."""

    kind: Space
    space: str
    """The space's own name."""
    item: ItemKind
    item_id: UUID
    rank: int
    object_class: ObjectClass | None
    camera_id: UUID
    started_at: datetime
    ended_at: datetime
    vector: Vector


@dataclass(frozen=True, eq=False)
class FreshBatch:
    """The rows of one tenant's new tracks and scenes."""

    rows: Sequence[FreshRow]

    @cached_property
    def item_ids(self) -> tuple[UUID, ...]:
        """Each once, in a fixed order."""
        return tuple(sorted({row.item_id for row in self.rows}))

    @cached_property
    def span(self) -> tuple[datetime, datetime] | None:
        """From when until when something of it was in view; None where there is nothing."""
        if not self.rows:
            return None
        # The end itself was in view; a range's end is not part of it.
        last = max(row.ended_at for row in self.rows) + timedelta(microseconds=1)
        return min(row.started_at for row in self.rows), last

    @cached_property
    def spaces(self) -> frozenset[str]:
        """The names of the spaces."""
        return frozenset(row.space for row in self.rows)

    @cached_property
    def _of_space(self) -> Mapping[tuple[Space, str], tuple[Sequence[FreshRow], Vector]]:
        groups: dict[tuple[Space, str], list[FreshRow]] = {}
        for row in self.rows:
            groups.setdefault((row.kind, row.space), []).append(row)
        return {key: (rows, np.stack([row.vector for row in rows])) for key, rows in groups.items()}

    def best_scores(self, probes: Sequence[Probe]) -> list[float]:
        """For each look, the score of the row that it is most like, whatever else is asked of it; -2 where nothing can
        be compared. One matrix product for each space."""
        best = [-2.0] * len(probes)
        for key, (rows, vectors) in self._of_space.items():
            places = [place for place, probe in enumerate(probes) if (probe.kind, probe.encoding.space) == key]
            if not places:
                continue
            likeness = np.stack([probes[place].encoding.vector for place in places]) @ vectors.T
            weights = np.array([probes[place].picture_weight for place in places])
            known = sorted({row.object_class for row in rows}, key=str)
            terms = np.array([[probes[place].caption_term(one) for one in known] for place in places])
            scores = weights[:, None] * likeness + terms[:, [known.index(row.object_class) for row in rows]]
            for place, score in zip(places, scores.max(axis=1), strict=True):
                best[place] = float(score)
        return best

    def passing(self, filters: Filters, probe: Probe) -> list[Candidate]:
        """The rows that meet the conditions that are known of every vector, nearest first, with the score that the
        stored ones would have. What only a track's path or attributes say is left to the store."""
        rows, vectors = self._of_space.get((probe.kind, probe.encoding.space), ((), np.empty((0, 0), np.float32)))
        places = [place for place, row in enumerate(rows) if _kept(filters, probe, row)]
        if not places:
            return []
        likeness = vectors[places] @ probe.encoding.vector
        found = []
        for place, cosine in zip(places, likeness, strict=True):
            row = rows[place]
            score = probe.picture_weight * float(cosine) + probe.caption_term(row.object_class)
            found.append(Candidate(row.item, row.item_id, row.rank, score, row.kind, row.object_class))
        return sorted(found, key=lambda one: (-one.score, one.item_id, one.rank))

    def looks(self, item_ids: Iterable[UUID], kind: Space) -> dict[UUID, Vector]:
        """One unit vector for each of the items that has some in the space of this kind."""
        wanted = set(item_ids)
        vectors: dict[UUID, list[Vector]] = {}
        for row in self.rows:
            if row.kind is kind and row.item_id in wanted:
                vectors.setdefault(row.item_id, []).append(row.vector)
        return {item_id: pooled(own) for item_id, own in vectors.items()}


def _kept(filters: Filters, probe: Probe, row: FreshRow) -> bool:
    """As `kept` in the store's statements."""
    classes = filters.classes or probe.classes
    seconds = (row.ended_at - row.started_at).total_seconds()
    return (
        row.item in probe.items
        and (filters.camera_ids is None or row.camera_id in filters.camera_ids)
        and row.camera_id not in filters.without_camera_ids
        and (filters.from_time is None or row.ended_at >= filters.from_time)
        and (filters.until_time is None or row.started_at < filters.until_time)
        and (not classes or row.object_class in classes)
        and (row.object_class is None or row.object_class not in filters.without_classes)
        and row.item_id not in filters.excluded_ids
        and (filters.item_ids is None or row.item_id in filters.item_ids)
        and (filters.min_seconds_in_view is None or seconds >= filters.min_seconds_in_view)
        and (filters.max_seconds_in_view is None or seconds <= filters.max_seconds_in_view)
        and _on_time(filters, row)
    )


def _on_time(filters: Filters, row: FreshRow) -> bool:
    table = filters.timetable
    if table is None:
        return True
    zone = table.zone_of.get(row.camera_id)
    return zone is not None and any(
        row.started_at < end and row.ended_at >= begin for begin, end in table.stretches.get(zone, ())
    )
