"""Use case of the search service: a request to an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from contracts.search import SearchAnswer, SearchRequest, SearchTimings, Understood
from services.search.model.cursor import MAX_DEPTH, Cursor, read_cursor, write_cursor
from services.search.model.filters import Filters
from services.search.model.search import items_of, validated
from services.search.model.sentence import Place as NamedPlace
from services.search.model.sentence import read_typed
from services.search.model.understanding import applied, understood_from
from services.search.pipeline.asking import Asking, Look, Query
from services.search.pipeline.narrowing import narrowed
from services.search.pipeline.ranking import ROWS_PER_HIT, Found, Ranking
from services.search.pipeline.telling import Telling
from services.search.ports.places import Places
from services.search.ports.search import Encoders, Library, Pictures, Spaces, Stage, VectorStore
from services.search.ports.stored import Frames, Stored


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Searching:
    """Answers searches."""

    encoders: Encoders
    spaces: Spaces
    pictures: Pictures
    frames: Frames
    vectors: VectorStore
    library: Library
    places: Places
    stored: Stored
    stage: Stage
    now: Callable[[], datetime] = _now

    def answer(self, request: SearchRequest) -> SearchAnswer:
        """The hits, best first.

        Text: tracks and scenes in one order, by the semantic space. Track: other tracks, by appearance. Picture: by
        what it shows. Several of them: what is like all of them, in one order. What a sentence means as filters
        narrows the search; what is not wanted is left out; tracks of one object become one hit.

        Raises SearchError.
        """
        began = perf_counter()
        validated(request)
        serving = self.spaces.serving()
        cursor = read_cursor(request, serving)
        asked_at = self._asked_at(request) if cursor is None else cursor.asked_at
        # What arrives while the query is made would else be on the second page and not on the first. Taken after what
        # serves was asked: a space that begins to serve later may hold what the snapshot does not.
        snapshot = self.stored.snapshot() if cursor is None else cursor.snapshot
        effective = self._understood(request, asked_at)
        filters = narrowed(effective, self.places)
        items = items_of(effective, filters)
        if filters.camera_ids == () or not items:
            at = perf_counter()
            return SearchAnswer(hits=(), timings=_timings(began, at, at), understood=effective.understood)
        with self.stage("encode"):
            asking = Asking(self.encoders, self.pictures, self.frames, self.vectors, self.stored)
            query = asking.query(effective, filters, items, serving)
        encoded = perf_counter()
        offset = 0 if cursor is None else cursor.offset
        with self.stage("query"):
            ranking = Ranking(self.vectors, self.library, self.stored, effective, snapshot)
            groups = self._groups(ranking, filters, query, offset + request.limit + 1)
            hits = self._telling(request, effective).hits(groups[offset : offset + request.limit])
        following = offset + len(hits)
        return SearchAnswer(
            hits=tuple(hits),
            timings=_timings(began, encoded, perf_counter()),
            spaces=tuple(dict.fromkeys(look.probe.encoding.space for look in _looks(query))),
            understood=effective.understood,
            calibrations=tuple(
                {look.calibration: look.calibration.facts for look in _looks(query) if look.calibration}.values()
            ),
            ways=self._ways(request, filters, query),
            next_cursor=write_cursor(request, serving, Cursor(snapshot, asked_at, following))
            if len(groups) > following and following <= MAX_DEPTH
            else None,
        )

    def understood(self, request: SearchRequest) -> Understood | None:
        """What the request's sentence is taken to mean; None where there is none to read. Raises SearchError."""
        return self._understood(request, self._asked_at(request)).understood

    def _asked_at(self, request: SearchRequest) -> datetime:
        return self.now() if request.asked_at is None else request.asked_at

    def _understood(self, request: SearchRequest, asked_at: datetime) -> SearchRequest:
        """The request with what its sentence narrows it to; `understood` is set where there is a sentence to show."""
        if request.understood is not None:
            return applied(request, request.understood)
        if request.text is None or not request.read_text:
            return request
        named = [
            *(NamedPlace(name, ids) for name, ids in self._camera_names(request).items()),
            *(
                NamedPlace(zone.name, (zone.camera_id,), (zone.zone_id,))
                for zone in self.places.zones(request.tenant_id, request.camera_ids)
            ),
        ]
        reading = read_typed(request.text, now=asked_at.astimezone(ZoneInfo(request.time_zone)), places=named)
        understood = understood_from(reading)
        return msgspec.structs.replace(applied(request, understood), understood=understood)

    def _camera_names(self, request: SearchRequest) -> Mapping[str, tuple[UUID, ...]]:
        names: dict[str, tuple[UUID, ...]] = {}
        for camera in self.places.cameras(request.tenant_id, request.camera_ids):
            for name in filter(None, (camera.name, camera.site)):
                names[name] = (*names.get(name, ()), camera.camera_id)
        return names

    def _groups(self, ranking: Ranking, filters: Filters, query: Query, wanted: int) -> list[list[Found]]:
        groups: list[list[Found]] = []
        for looks in query.stages:
            if len(groups) < wanted:
                groups += ranking.ranked(filters, looks, query, wanted - len(groups))
        return groups

    def _ways(self, request: SearchRequest, filters: Filters, query: Query) -> tuple[str, ...]:
        """By which ways the nearest are found now, where that is asked for."""
        if not request.explain:
            return ()
        rows = request.limit * ROWS_PER_HIT
        # How many vectors there are tells of cameras that the caller may not see.
        counted = request.permitted_camera_ids is None
        plans = [(look.probe.kind, self.vectors.plan(filters, look.probe, rows)) for look in _looks(query)]
        return tuple(f"{kind}: {plan.told(counted=counted)}" for kind, plan in plans)

    def _telling(self, request: SearchRequest, effective: SearchRequest) -> Telling:
        said = () if effective.understood is None else effective.understood.attributes
        return Telling(self.stored, effective, (*request.attributes, *said))


def _looks(query: Query) -> list[Look]:
    return [look for stage in query.stages for look in stage]


def _timings(began: float, encoded: float, ended: float) -> SearchTimings:
    return SearchTimings(
        encode_ms=(encoded - began) * 1000, query_ms=(ended - encoded) * 1000, total_ms=(ended - began) * 1000
    )
