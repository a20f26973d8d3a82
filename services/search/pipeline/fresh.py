"""The search's ports over what is new: the same searches, restricted to a few rows, from memory where that suffices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from contracts.search import AttributeWish
from contracts.vocabulary import Space
from services.search.model.calibration import Calibration
from services.search.model.filters import Filters, Zone
from services.search.model.fresh import FreshBatch
from services.search.model.routing import Plan
from services.search.model.search import (
    Candidate,
    Encoding,
    FoundObject,
    Looks,
    Pixels,
    Probe,
    Serving,
    Towers,
    Vector,
)
from services.search.ports.places import KnownCamera, Places
from services.search.ports.search import Encoders, Seen, VectorStore
from services.search.ports.stored import Place, Stored

MOST_KEPT_TEXTS = 20_000
"""Encoded sentences that are kept: 384 or 768 numbers each."""


@dataclass(frozen=True)
class FreshVectors:
    """`VectorStore` over a batch."""

    vectors: VectorStore
    batch: FreshBatch

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> Sequence[Candidate]:
        """The batch's nearest rows. What a track's path or attributes must say, the store is asked about those that are
        left."""
        found = self.batch.passing(filters, probe)[:rows]
        if not found or not filters.by_track:
            return found
        left = tuple(dict.fromkeys(one.item_id for one in found))
        return self.vectors.nearest(replace(filters, item_ids=left), probe, rows)

    def plan(self, filters: Filters, probe: Probe, rows: int) -> Plan:
        """The way that the store itself would take."""
        return self.vectors.plan(filters, probe, rows)

    def appearance_of(self, tenant_id: UUID, track_id: UUID, space: str) -> Looks:
        """How a stored track looks."""
        return self.vectors.appearance_of(tenant_id, track_id, space)


@dataclass(frozen=True)
class FreshLibrary:
    """`Library` of a batch, read once."""

    stills: Mapping[tuple[UUID, int], Seen]

    def seen(self, tenant_id: UUID, candidates: Sequence[Candidate]) -> Mapping[UUID, Seen]:  # noqa: ARG002 (the port's)
        """Item id → what is known about it."""
        known = ((one.item_id, self.stills.get((one.item_id, one.rank))) for one in candidates)
        return {item_id: seen for item_id, seen in known if seen is not None}


@dataclass(frozen=True)
class FreshFacts:
    """`Stored` of a batch: all of it is new, and its vectors are at hand."""

    stored: Stored
    batch: FreshBatch
    known_calibrations: Sequence[Calibration]

    def snapshot(self) -> str:
        """None is needed: nothing is paged."""
        return ""

    def arrived_since(
        self,
        tenant_id: UUID,  # noqa: ARG002 (the port's)
        places: Sequence[Place],  # noqa: ARG002
        kind: Space,  # noqa: ARG002
        snapshot: str,  # noqa: ARG002
        *,
        dimension: int,  # noqa: ARG002
    ) -> set[UUID]:
        """None is too new."""
        return set()

    def looks(self, tenant_id: UUID, places: Sequence[Place], kind: Space) -> Mapping[UUID, Vector]:  # noqa: ARG002 (the port's)
        """The middle of each item's vectors."""
        return self.batch.looks([place.item_id for place in places], kind)

    def attributes(
        self, tenant_id: UUID, places: Sequence[Place], wishes: Sequence[AttributeWish]
    ) -> Mapping[UUID, Mapping[tuple[str, str], float]]:
        """As stored; nothing is asked where nothing is wished for."""
        return self.stored.attributes(tenant_id, places, wishes) if places and wishes else {}

    def permitted_tracks(
        self, tenant_id: UUID, track_ids: Sequence[UUID], camera_ids: Sequence[UUID] | None
    ) -> set[UUID]:
        """As stored."""
        return self.stored.permitted_tracks(tenant_id, track_ids, camera_ids)

    def calibrations(self) -> Sequence[Calibration]:
        """All that were fitted."""
        return self.known_calibrations


@dataclass(frozen=True)
class KnownSpaces:
    """`Spaces` for the length of a batch."""

    known: Serving

    def serving(self) -> Serving:
        """What searches are encoded with now."""
        return self.known


@dataclass(frozen=True)
class KeptPlaces:
    """`Places` for the length of a batch: each question is asked once."""

    places: Places
    _cameras: dict[Sequence[UUID] | None, Sequence[KnownCamera]] = field(default_factory=dict)
    _zones: dict[Sequence[UUID] | None, Sequence[Zone]] = field(default_factory=dict)

    def cameras(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[KnownCamera]:
        """The cameras, by name."""
        key = None if permitted is None else tuple(permitted)
        if key not in self._cameras:
            self._cameras[key] = self.places.cameras(tenant_id, permitted)
        return self._cameras[key]

    def zones(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[Zone]:
        """The polygons that are drawn on their views."""
        key = None if permitted is None else tuple(permitted)
        if key not in self._zones:
            self._zones[key] = self.places.zones(tenant_id, permitted)
        return self._zones[key]

    def footage_span(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> tuple[datetime, datetime] | None:
        """When the first recording begins and the last ends."""
        return self.places.footage_span(tenant_id, permitted)


@dataclass(frozen=True)
class KeptEncoders:
    """`Encoders` that keep what a sentence means, as long as the same spaces serve."""

    encoders: Encoders
    _texts: dict[tuple[str | None, str], Encoding] = field(default_factory=dict)
    _serving: list[tuple[Serving, str | None]] = field(default_factory=list)

    def serve(self, serving: Serving, spaces: str | None) -> bool:
        """Forgets everything where other models serve than before, or others under their names, which the names of
        their spaces tell. False: the same do."""
        if self._serving == [(serving, spaces)] and len(self._texts) <= MOST_KEPT_TEXTS:
            return False
        self._texts.clear()
        self._serving[:] = [(serving, spaces)]
        return True

    def warm(self, towers: Towers, sentences: Iterable[str]) -> None:
        """Encodes those that are not kept yet, all at once."""
        new = [one for one in dict.fromkeys(sentences) if (towers.text_model, one) not in self._texts]
        if len(new) > 1:
            space = self.text(towers, new[0]).space
            vectors = self.encoders.captions(towers, new[1:])
            self._texts.update({(towers.text_model, one): Encoding(space, vectors[one]) for one in new[1:]})

    def keep(self, towers: Towers, sentence: str, encoding: Encoding) -> None:
        """Keeps what was encoded before."""
        self._texts.setdefault((towers.text_model, sentence), encoding)

    def text(self, towers: Towers, sentence: str) -> Encoding:
        """A sentence in the semantic space."""
        key = (towers.text_model, sentence)
        if key not in self._texts:
            self._texts[key] = self.encoders.text(towers, sentence)
        return self._texts[key]

    def captions(self, towers: Towers, sentences: Sequence[str]) -> Mapping[str, Vector]:
        """Fixed sentences in the semantic space."""
        return self.encoders.captions(towers, sentences)

    def objects(self, picture: Pixels) -> Sequence[FoundObject]:
        """People and vehicles in a picture."""
        return self.encoders.objects(picture)

    def picture(self, kind: Space, towers: Towers, picture: Pixels) -> Encoding:
        """A picture in a space of this kind."""
        return self.encoders.picture(kind, towers, picture)

    def space(self, towers: Towers) -> str:
        """The name of the space that these models write."""
        return self.encoders.space(towers)
