"""Use case of the search service: a request to an answer."""

from dataclasses import dataclass, replace
from itertools import chain
from time import perf_counter
from uuid import UUID

from contracts.search import Hit, SearchAnswer, SearchRequest, SearchTimings
from contracts.vocabulary import ItemKind, Space
from services.search.model.errors import BadRequestError, UnknownTrackError
from services.search.model.filters import Filters
from services.search.model.search import (
    CAPTIONS,
    LOOKALIKES,
    Candidate,
    Encoding,
    Probe,
    Serving,
    Sight,
    Towers,
    agreed_classes,
    cut_out,
    folded,
    items_of,
    main_object,
    pooled,
    validated,
)
from services.search.pipeline.narrowing import narrowed
from services.search.ports.places import Places
from services.search.ports.search import Encoders, Library, Pictures, Seen, Spaces, Stage, VectorStore

ROWS_PER_HIT = 6
"""Rows fetched for each hit that is wanted: a track has several crops. Where that is too few, more are fetched."""


@dataclass(frozen=True)
class Searching:
    """Answers searches."""

    encoders: Encoders
    spaces: Spaces
    pictures: Pictures
    vectors: VectorStore
    library: Library
    places: Places
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
        filters = narrowed(request, self.places)
        items = items_of(request, filters)
        if filters.camera_ids == () or not items:
            return SearchAnswer(hits=(), timings=_timings(began, perf_counter(), perf_counter()))
        with self.stage("encode"):
            asked = self._asked(request, items, self.spaces.serving())
        encoded = perf_counter()
        with self.stage("query"):
            probes = self._by_subject(filters, items, asked) if isinstance(asked, Sight) else [asked]
            hits: list[Hit] = []
            for probe in probes:
                if len(hits) < request.limit:
                    hits += self._hits(filters, probe, request.limit - len(hits), request.min_score)
        return SearchAnswer(
            hits=tuple(hits),
            timings=_timings(began, encoded, perf_counter()),
            spaces=tuple(dict.fromkeys(probe.encoding.space for probe in probes)),
        )

    def _asked(self, request: SearchRequest, items: tuple[ItemKind, ...], serving: Serving) -> Probe | Sight:
        if request.text is not None:
            return self._text_probe(request.text, items, serving[Space.SEMANTIC])
        if request.track_id is not None:
            return self._track_probe(request.tenant_id, request.track_id, serving[Space.APPEARANCE])
        if request.picture_key is not None:
            return self._sight(request.picture_key, items, serving)
        raise BadRequestError("give exactly one of text, picture and track")

    def _text_probe(self, text: str, items: tuple[ItemKind, ...], towers: Towers) -> Probe:
        encoding = self.encoders.text(towers, " ".join(text.split()))
        captions = self.encoders.captions(towers, list(CAPTIONS.values()))
        likeness = {known: float(encoding.vector @ captions[caption]) for known, caption in CAPTIONS.items()}
        return Probe(Space.SEMANTIC, encoding, items, likeness)

    def _track_probe(self, tenant_id: UUID, track_id: UUID, towers: Towers) -> Probe:
        space = self.encoders.space(towers)
        looks = self.vectors.appearance_of(tenant_id, track_id, space)
        if not looks.vectors:
            raise UnknownTrackError(track_id, "has no vectors yet: they are being made, ask again soon")
        encoding = Encoding(space, pooled(looks.vectors))
        return Probe(Space.APPEARANCE, encoding, (ItemKind.TRACK,), classes=LOOKALIKES[looks.object_class])

    def _sight(self, object_key: str, items: tuple[ItemKind, ...], serving: Serving) -> Sight:
        picture = self.pictures.load(object_key)
        meaning = self.encoders.picture(Space.SEMANTIC, serving[Space.SEMANTIC], picture)
        if ItemKind.TRACK not in items:
            return Sight(meaning, (), None)
        main = main_object(self.encoders.objects(picture))
        crops = [picture] if main is None or main.fills else [picture, cut_out(picture, main)]
        looks = (self.encoders.picture(Space.APPEARANCE, serving[Space.APPEARANCE], crop) for crop in crops)
        return Sight(meaning, tuple(looks), main)

    def _by_subject(self, filters: Filters, items: tuple[ItemKind, ...], sight: Sight) -> list[Probe]:
        """A picture of one object finds the objects that look like it, then scenes; a picture of a place finds scenes,
        and tracks by what they mean, in one order.

        Which of both it is, the detector says; where it finds no main object, the picture's nearest neighbour in the
        semantic space does (Cover and Hart, "Nearest neighbor pattern classification", 1967): crops of objects and
        whole frames lie well apart there. Where both say which object it is, only its lookalikes are looked at.
        """
        by_meaning = Probe(Space.SEMANTIC, sight.meaning, items)
        if ItemKind.TRACK not in items:
            return [by_meaning]
        neighbour = next(iter(self.vectors.nearest(filters, by_meaning, 1)), None)
        if ItemKind.SCENE in items and sight.main is None and (neighbour is None or neighbour.item is ItemKind.SCENE):
            return [by_meaning]
        by_appearance = Probe(
            Space.APPEARANCE,
            sight.appearances[0],
            (ItemKind.TRACK,),
            others=sight.appearances[1:],
            classes=agreed_classes(sight.main, neighbour),
        )
        if ItemKind.SCENE not in items:
            return [by_appearance]
        return [by_appearance, Probe(Space.SEMANTIC, sight.meaning, (ItemKind.SCENE,))]

    def _hits(self, filters: Filters, probe: Probe, wanted: int, min_score: float) -> list[Hit]:
        rows = wanted * ROWS_PER_HIT
        looks = [replace(probe, encoding=encoding) for encoding in (probe.encoding, *probe.others)]
        while True:
            found = [self.vectors.nearest(filters, look, rows) for look in looks]
            best = folded(chain.from_iterable(found), min_score)
            seen = self.library.seen(filters.tenant_id, best)
            hits = [_hit(candidate, seen[candidate.item_id]) for candidate in best if candidate.item_id in seen]
            exhausted = all(len(part) < rows or part[-1].score < min_score for part in found)
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
