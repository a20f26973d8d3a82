"""What watched searches look for, made before anything new comes: sentences read, sentences and pictures encoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec

from contracts.search import SearchRequest
from contracts.vocabulary import ItemKind, Space
from services.search.model.errors import ModelsUnavailableError, SearchError, StoreUnavailableError
from services.search.model.filters import Filters
from services.search.model.routing import Plan
from services.search.model.search import Candidate, Looks, Probe, items_of
from services.search.model.understanding import applied
from services.search.model.watches import Part, Prepared, read_as
from services.search.pipeline.asking import Asking, Look
from services.search.pipeline.fresh import KeptEncoders
from services.search.pipeline.narrowing import narrowed
from services.search.pipeline.search import Searching
from services.search.ports.search import VectorStore
from services.search.ports.watches import StandingWatch


def prepared(
    over: Searching, encoders: KeptEncoders, watches: Sequence[StandingWatch]
) -> Mapping[tuple[UUID, int], Prepared]:
    """Watch and version → what it looks for. Of one that cannot be answered (its zone is gone, say) nothing is known;
    the search itself says what is wrong. Sentences are encoded together. Raises ModelsUnavailableError,
    StoreUnavailableError."""
    read = {(watch.id, watch.version): _read(over, watch.request) for watch in watches}
    texts = [text for request in read.values() if request is not None for text in _texts(request)]
    encoders.warm(over.spaces.serving()[Space.SEMANTIC], texts)
    return {
        key: Prepared(None, ())
        if request is None
        else Prepared(request.understood, _stages(over, _without_times(request)))
        for key, request in read.items()
    }


def sentence_of(request: SearchRequest) -> str | None:
    """What of a read request's text is encoded."""
    effective = request if request.understood is None else applied(request, request.understood)
    return None if effective.text is None else " ".join(effective.text.split())


def _read(over: Searching, request: SearchRequest) -> SearchRequest | None:
    try:
        return read_as(request, over.understood(request))
    except (ModelsUnavailableError, StoreUnavailableError):
        raise
    except SearchError:
        return None


def _texts(request: SearchRequest) -> list[str]:
    effective = request if request.understood is None else applied(request, request.understood)
    texts = [*effective.without_texts, *([] if effective.text is None else [effective.text])]
    return [" ".join(text.split()) for text in texts if text.strip()]


def _without_times(request: SearchRequest) -> SearchRequest:
    """When something is seen does not change what it is compared with."""
    understood = request.understood
    if understood is not None:
        understood = msgspec.structs.replace(understood, day_time=None, weekdays=())
    return msgspec.structs.replace(request, day_time=None, weekdays=(), understood=understood)


def _stages(over: Searching, request: SearchRequest) -> tuple[tuple[Part, ...], ...]:
    try:
        effective = request if request.understood is None else applied(request, request.understood)
        filters = narrowed(effective, over.places)
        items = items_of(effective, filters)
        if not items:
            return ()
        with_picture = effective.picture_key is not None or effective.frame is not None
        stages: list[tuple[Part, ...]] = []
        # What a picture is compared with depends on what is nearest to it. Both may come.
        for neighbour in (None, _SOME_TRACK) if with_picture else (None,):
            asking = Asking(
                over.encoders, over.pictures, over.frames, _OneNeighbour(over.vectors, neighbour), over.stored
            )
            query = asking.query(effective, filters, items, over.spaces.serving())
            stages += [tuple(_part(look) for look in stage) for stage in query.stages]
    except (ModelsUnavailableError, StoreUnavailableError):
        raise
    except SearchError:
        return ()
    return tuple(stages)


def _part(look: Look) -> Part:
    probe = look.probe
    encodings = (probe.encoding, *probe.others)
    return Part(look.asked, look.weight, tuple(replace(probe, encoding=one, others=()) for one in encodings))


_SOME_TRACK = Candidate(ItemKind.TRACK, UUID(int=0), 0, 0.0, Space.SEMANTIC, None)


@dataclass(frozen=True)
class _OneNeighbour:
    """`VectorStore` in which everything is nearest to this, or nothing is."""

    vectors: VectorStore
    neighbour: Candidate | None

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> Sequence[Candidate]:  # noqa: ARG002 (the port's)
        """This one."""
        return () if self.neighbour is None else (self.neighbour,)

    def plan(self, filters: Filters, probe: Probe, rows: int) -> Plan:
        """The way that the store itself would take."""
        return self.vectors.plan(filters, probe, rows)

    def appearance_of(self, tenant_id: UUID, track_id: UUID, space: str) -> Looks:
        """How a stored track looks."""
        return self.vectors.appearance_of(tenant_id, track_id, space)
