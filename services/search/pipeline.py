"""Use case of the search service: a request to an answer."""

from dataclasses import dataclass, replace
from time import perf_counter
from uuid import UUID

from contracts.search import Hit, SearchAnswer, SearchRequest, SearchTimings
from contracts.vocabulary import ItemKind, Space
from services.search.model import (
    CAPTIONS,
    LOOKALIKES,
    BadRequestError,
    Candidate,
    Encoding,
    Filters,
    Probe,
    UnknownTrackError,
    cut_out,
    filters_of,
    folded,
    items_of,
    main_object,
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
        what it shows, see `_by_subject`. Scores of different spaces cannot be compared: where an answer holds two,
        all hits of the first come before those of the second.

        Raises SearchError.
        """
        began = perf_counter()
        validated(request)
        filters, items = filters_of(request), items_of(request)
        if filters.camera_ids == () or not items:
            return SearchAnswer(hits=(), timings=_timings(began, perf_counter(), perf_counter()))
        with self.stage("encode"):
            probes, ordered = self._probes(request, items)
        encoded = perf_counter()
        with self.stage("query"):
            if len(probes) > 1 and not ordered:
                probes = self._by_subject(filters, *probes)
            hits: list[Hit] = []
            for probe in probes:
                if len(hits) < request.limit:
                    hits += self._hits(filters, probe, request.limit - len(hits), request.min_score)
        return SearchAnswer(hits=tuple(hits), timings=_timings(began, encoded, perf_counter()))

    def _probes(self, request: SearchRequest, items: tuple[ItemKind, ...]) -> tuple[list[Probe], bool]:
        """What is looked for, in the order of the hits, and whether that order is certain."""
        if request.text is not None:
            return [self._text_probe(request.text, items)], True
        if request.track_id is not None:
            return [self._track_probe(request.tenant_id, request.track_id)], True
        if request.picture_key is not None:
            return self._picture_probes(request.picture_key, items)
        raise BadRequestError("give exactly one of text, picture and track")

    def _text_probe(self, text: str, items: tuple[ItemKind, ...]) -> Probe:
        encoding = self.encoders.text(" ".join(text.split()))
        captions = self.encoders.captions(list(CAPTIONS.values()))
        likeness = {known: float(encoding.vector @ captions[caption]) for known, caption in CAPTIONS.items()}
        return Probe(Space.SEMANTIC, encoding, items, likeness)

    def _track_probe(self, tenant_id: UUID, track_id: UUID) -> Probe:
        space = self.encoders.space(Space.APPEARANCE)
        looks = self.vectors.appearance_of(tenant_id, track_id, space)
        if not looks.vectors:
            raise UnknownTrackError(track_id, "has no vectors yet: they are being made, ask again soon")
        encoding = Encoding(space, pooled(looks.vectors))
        return Probe(Space.APPEARANCE, encoding, (ItemKind.TRACK,), classes=LOOKALIKES[looks.object_class])

    def _picture_probes(self, object_key: str, items: tuple[ItemKind, ...]) -> tuple[list[Probe], bool]:
        """Tracks by appearance, scenes by what they mean; and whether the picture is known to be of one object."""
        picture = self.pictures.load(object_key)
        probes, main = [], None
        if ItemKind.TRACK in items:
            main = main_object(self.encoders.objects(picture))
            crop = picture if main is None else cut_out(picture, main)
            encoding = self.encoders.picture(Space.APPEARANCE, crop)
            probes.append(Probe(Space.APPEARANCE, encoding, (ItemKind.TRACK,)))
        if ItemKind.SCENE in items:
            encoding = self.encoders.picture(Space.SEMANTIC, picture)
            probes.append(Probe(Space.SEMANTIC, encoding, (ItemKind.SCENE,)))
        return probes, main is not None

    def _by_subject(self, filters: Filters, tracks: Probe, scenes: Probe) -> list[Probe]:
        """A picture of one object finds the objects that look like it, then scenes; a picture of a place finds scenes,
        and tracks by what they mean, in one order.

        Which of both it is, the detector says; where it finds no main object, the picture's nearest neighbour in the
        semantic space does (Cover and Hart, "Nearest neighbor pattern classification", 1967): crops of objects and
        whole frames lie well apart there.
        """
        everything = replace(scenes, items=(ItemKind.TRACK, ItemKind.SCENE))
        nearest = self.vectors.nearest(filters, everything, 1)
        if nearest and nearest[0].item is ItemKind.TRACK:
            return [tracks, scenes]
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
