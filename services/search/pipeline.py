"""Use case of the search service: a request to an answer."""

from dataclasses import dataclass
from time import perf_counter

from contracts.search import Hit, SearchAnswer, SearchRequest, SearchTimings
from contracts.vocabulary import ItemKind, Space
from services.search.model import (
    BadRequestError,
    Candidate,
    Encoding,
    Filters,
    Probe,
    UnknownTrackError,
    filters_of,
    folded,
    items_of,
    pooled,
    validated,
)
from services.search.ports import Encoders, Library, Pictures, Seen, Stage, VectorStore

ROWS_PER_HIT = 6
"""Rows fetched for each hit that is wanted: a track has several crops. Where that is too few, more are fetched."""


@dataclass(frozen=True)
class Searching:
    """Answers searches."""

    encoders: Encoders
    pictures: Pictures
    vectors: VectorStore
    library: Library
    stage: Stage

    def answer(self, request: SearchRequest) -> SearchAnswer:
        """The hits, best first.

        Text: tracks and scenes in one order, by the semantic space. Track: other tracks, by appearance. Picture: by
        what it shows, see `_picture_probes`. Scores of different spaces cannot be compared: where an answer holds two,
        all hits of the first come before those of the second.

        Raises SearchError.
        """
        began = perf_counter()
        validated(request)
        filters, items = filters_of(request), items_of(request)
        if filters.camera_ids == () or not items:
            return SearchAnswer(hits=(), timings=_timings(began, perf_counter(), perf_counter()))
        with self.stage("encode"):
            encodings = self._encoded(request)
        encoded = perf_counter()
        with self.stage("query"):
            hits: list[Hit] = []
            for probe in self._probes(request, filters, items, encodings):
                if len(hits) < request.limit:
                    hits += self._hits(filters, probe, request.limit - len(hits), request.min_score)
        return SearchAnswer(hits=tuple(hits), timings=_timings(began, encoded, perf_counter()))

    def _encoded(self, request: SearchRequest) -> dict[Space, Encoding]:
        if request.text is not None:
            return {Space.SEMANTIC: self.encoders.text(" ".join(request.text.split()))}
        if request.picture_key is not None:
            picture = self.pictures.load(request.picture_key)
            return {space: self.encoders.picture(space, picture) for space in Space}
        if request.track_id is not None:
            space = self.encoders.space(Space.APPEARANCE)
            looks = self.vectors.appearance_of(request.tenant_id, request.track_id, space)
            if not looks:
                raise UnknownTrackError(request.track_id, "has no vectors yet: they are being made, ask again soon")
            return {Space.APPEARANCE: Encoding(space, pooled(looks))}
        raise BadRequestError("give exactly one of text, picture and track")

    def _probes(
        self,
        request: SearchRequest,
        filters: Filters,
        items: tuple[ItemKind, ...],
        encodings: dict[Space, Encoding],
    ) -> list[Probe]:
        if request.text is not None:
            return [Probe(Space.SEMANTIC, encodings[Space.SEMANTIC], items)]
        if request.track_id is not None:
            return [Probe(Space.APPEARANCE, encodings[Space.APPEARANCE], (ItemKind.TRACK,))]
        return self._picture_probes(filters, items, encodings)

    def _picture_probes(
        self, filters: Filters, items: tuple[ItemKind, ...], encodings: dict[Space, Encoding]
    ) -> list[Probe]:
        """A picture of one object finds objects that look like it, then scenes; a picture of a place finds scenes.

        Which of both it is, its nearest neighbour in the semantic space says (Cover and Hart, "Nearest neighbor
        pattern classification", 1967): crops of objects and whole frames lie well apart there.
        """
        everything = Probe(Space.SEMANTIC, encodings[Space.SEMANTIC], items)
        by_appearance = Probe(Space.APPEARANCE, encodings[Space.APPEARANCE], (ItemKind.TRACK,))
        if ItemKind.SCENE not in items:
            return [by_appearance]
        nearest = self.vectors.nearest(filters, everything, 1)
        if nearest and nearest[0].item is ItemKind.TRACK:
            return [by_appearance, Probe(Space.SEMANTIC, encodings[Space.SEMANTIC], (ItemKind.SCENE,))]
        return [everything]

    def _hits(self, filters: Filters, probe: Probe, wanted: int, min_score: float) -> list[Hit]:
        rows = wanted * ROWS_PER_HIT
        while True:
            found = self.vectors.nearest(filters, probe, rows)
            best = folded(found, min_score)
            seen = self.library.seen(filters.tenant_id, best)
            hits = [_hit(candidate, seen[candidate.item_id]) for candidate in best if candidate.item_id in seen]
            exhausted = len(found) < rows or found[-1].score < min_score
            if len(hits) >= wanted or exhausted:
                return hits[:wanted]
            rows *= 4


def _hit(candidate: Candidate, seen: Seen) -> Hit:
    return Hit(
        kind=candidate.item,
        id=candidate.item_id,
        camera_id=seen.camera_id,
        recording_id=seen.recording_id,
        started_at=seen.started_at,
        ended_at=seen.ended_at,
        best_at=seen.best_at,
        score=max(-1.0, min(1.0, candidate.score)),
        space=candidate.space,
        thumbnail_key=seen.thumbnail_key,
        object_class=seen.object_class,
        box=seen.box,
    )


def _timings(began: float, encoded: float, ended: float) -> SearchTimings:
    return SearchTimings(
        encode_ms=(encoded - began) * 1000, query_ms=(ended - encoded) * 1000, total_ms=(ended - began) * 1000
    )
