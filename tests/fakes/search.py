"""The search service's ports in memory. `MemoryVectors` is also the oracle for the SQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np

from contracts.search import AttributeWish
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from services.search.model.calibration import Calibration
from services.search.model.errors import BadPictureError, ModelsUnavailableError, NotFoundError, UnknownTrackError
from services.search.model.filters import Filters, Zone
from services.search.model.routing import Plan, Stretch, Way
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
    pooled,
)
from services.search.ports.places import KnownCamera
from services.search.ports.search import Seen
from services.search.ports.stored import Place

SPACE_NAMES: dict[Space, str] = {space: f"fake-{space}-1" for space in Space}

SERVING: Serving = {Space.SEMANTIC: Towers("images", "texts"), Space.APPEARANCE: Towers("looks")}


@dataclass(frozen=True, kw_only=True)
class StoredVector:
    """A row as embed stores it."""

    tenant_id: UUID
    camera_id: UUID
    recording_id: UUID
    started_at: datetime
    ended_at: datetime
    item: ItemKind
    item_id: UUID
    object_class: ObjectClass | None
    rank: int
    kind: Space
    space: str
    vector: Vector


@dataclass
class FakeEncoders:
    sentences: Mapping[str, Vector] = field(default_factory=dict)
    pictures: Mapping[Space, Vector] = field(default_factory=dict)
    known_captions: dict[str, Vector] = field(default_factory=dict)
    """Captions that mean something; the others are at right angles to everything."""
    found: list[FoundObject] = field(default_factory=list)
    """In every picture."""
    seen_pictures: list[tuple[int, int]] = field(default_factory=list)
    """Height and width of the pictures that were encoded."""
    cut_out: Vector | None = None
    """The appearance of what is cut out of the picture, where it is another than the picture's."""
    down: bool = False
    asked: list[str] = field(default_factory=list)

    def text(self, towers: Towers, sentence: str) -> Encoding:
        self._check()
        self.asked.append(sentence)
        return Encoding(SPACE_NAMES[Space.SEMANTIC], self.sentences[sentence])

    def captions(self, towers: Towers, sentences: Sequence[str]) -> Mapping[str, Vector]:
        self._check()
        nothing = np.zeros(SPACE_DIMENSIONS[Space.SEMANTIC], np.float32)
        return {sentence: self.known_captions.get(sentence, nothing) for sentence in sentences}

    def objects(self, picture: Pixels) -> Sequence[FoundObject]:
        self._check()
        return self.found

    def picture(self, kind: Space, towers: Towers, picture: Pixels) -> Encoding:
        self._check()
        self.seen_pictures.append(picture.shape[:2])
        if self.cut_out is not None and kind is Space.APPEARANCE and picture.shape[1] < 200:
            return Encoding(SPACE_NAMES[kind], self.cut_out)
        return Encoding(SPACE_NAMES[kind], self.pictures[kind])

    def space(self, towers: Towers) -> str:
        self._check()
        return SPACE_NAMES[next(kind for kind, known in SERVING.items() if known == towers)]

    def _check(self) -> None:
        if self.down:
            raise ModelsUnavailableError("the models do not answer now")


class FakeSpaces:
    def serving(self) -> Serving:
        return SERVING


class FakePictures:
    """One grey picture, 200 wide and 100 high, and keys that hold none."""

    def load(self, object_key: str) -> Pixels:
        if object_key == "broken":
            raise BadPictureError("it is not a picture")
        return np.full((100, 200, 3), 114, np.uint8)


@dataclass
class MemoryVectors:
    rows: list[StoredVector] = field(default_factory=list)
    tracks: dict[tuple[UUID, UUID], ObjectClass] = field(default_factory=dict)
    """(tenant, track) that exist, with vectors or without, and their classes."""
    asked_rows: list[int] = field(default_factory=list)

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> Sequence[Candidate]:
        self.asked_rows.append(rows)
        found = [
            Candidate(row.item, row.item_id, row.rank, _score(row, probe), probe.kind, row.object_class)
            for row in self.rows
            if row.kind is probe.kind
            and row.space == probe.encoding.space
            and row.item in probe.items
            and _passes(row, filters)
            and (filters.classes or not probe.classes or row.object_class in probe.classes)
        ]
        return sorted(found, key=lambda candidate: -candidate.score)[:rows]

    def plan(self, filters: Filters, probe: Probe, rows: int) -> Plan:
        """All are compared, and nobody counted them."""
        day = date(2026, 3, 2)
        return Plan(
            [Stretch(Way.EXACT, day, day + timedelta(days=1), 1, len(self.rows), 0, 0.0, "it is all in memory")]
        )

    def appearance_of(self, tenant_id: UUID, track_id: UUID, space: str) -> Looks:
        if (tenant_id, track_id) not in self.tracks:
            raise UnknownTrackError(track_id, "is not there")
        vectors = [
            row.vector
            for row in sorted(self.rows, key=lambda row: row.rank)
            if (row.tenant_id, row.item_id, row.space) == (tenant_id, track_id, space) and row.kind is Space.APPEARANCE
        ]
        return Looks(self.tracks[tenant_id, track_id], vectors)


@dataclass
class MemoryLibrary:
    known: dict[UUID, Seen] = field(default_factory=dict)

    def seen(self, tenant_id: UUID, candidates: Sequence[Candidate]) -> Mapping[UUID, Seen]:
        return {
            candidate.item_id: self.known[candidate.item_id]
            for candidate in candidates
            if candidate.item_id in self.known
        }


@dataclass
class MemoryPlaces:
    known: list[KnownCamera] = field(default_factory=list)
    drawn: list[Zone] = field(default_factory=list)
    span: tuple[datetime, datetime] | None = None

    def cameras(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[KnownCamera]:
        return [camera for camera in self.known if permitted is None or camera.camera_id in permitted]

    def zones(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[Zone]:
        return [zone for zone in self.drawn if permitted is None or zone.camera_id in permitted]

    def footage_span(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> tuple[datetime, datetime] | None:
        return self.span


@dataclass
class MemoryStored:
    """What is stored about items, over the rows of a `MemoryVectors`. A snapshot is how many rows there were."""

    rows: list[StoredVector]
    fitted: list[Calibration] = field(default_factory=list)
    known: dict[UUID, dict[tuple[str, str], float]] = field(default_factory=dict)

    def snapshot(self) -> str:
        return str(len(self.rows))

    def arrived_since(
        self, tenant_id: UUID, places: Sequence[Place], kind: Space, snapshot: str, *, dimension: int
    ) -> set[UUID]:
        there = {row.item_id for row in self.rows[: int(snapshot)]}
        return {place.item_id for place in places} - there

    def looks(self, tenant_id: UUID, places: Sequence[Place], kind: Space) -> Mapping[UUID, Vector]:
        wanted = {place.item_id for place in places}
        crops: dict[UUID, list[Vector]] = {}
        for row in self.rows:
            if row.item_id in wanted and row.kind is kind:
                crops.setdefault(row.item_id, []).append(row.vector)
        return {item_id: pooled(vectors) for item_id, vectors in crops.items()}

    def attributes(
        self, tenant_id: UUID, places: Sequence[Place], wishes: Sequence[AttributeWish]
    ) -> Mapping[UUID, Mapping[tuple[str, str], float]]:
        return {place.item_id: self.known[place.item_id] for place in places if place.item_id in self.known}

    def permitted_tracks(
        self, tenant_id: UUID, track_ids: Sequence[UUID], camera_ids: Sequence[UUID] | None
    ) -> set[UUID]:
        return {
            row.item_id
            for row in self.rows
            if row.item_id in track_ids and (camera_ids is None or row.camera_id in camera_ids)
        }

    def calibrations(self) -> Sequence[Calibration]:
        return self.fitted


class FakeFrames:
    """One grey frame of every recording but one."""

    def at(self, tenant_id: UUID, recording_id: UUID, at: datetime, camera_ids: Sequence[UUID] | None) -> Pixels:
        if recording_id == UUID(int=0):
            raise NotFoundError(f"recording {recording_id} has no footage of {at.isoformat()}")
        return np.full((100, 200, 3), 114, np.uint8)


def stages(into: list[str]) -> Callable[[str], AbstractContextManager[None]]:
    """A Stage that notes what was marked."""

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        into.append(name)
        yield

    return stage


def _passes(row: StoredVector, filters: Filters) -> bool:
    return (
        row.tenant_id == filters.tenant_id
        and (filters.camera_ids is None or row.camera_id in filters.camera_ids)
        and (filters.from_time is None or row.ended_at >= filters.from_time)
        and (filters.until_time is None or row.started_at < filters.until_time)
        and (not filters.classes or row.object_class in filters.classes)
        and row.object_class not in filters.without_classes
        and row.camera_id not in filters.without_camera_ids
        and (filters.item_ids is None or row.item_id in filters.item_ids)
        and row.item_id not in filters.excluded_ids
        and _within(row, filters)
        and _on_time(row, filters)
    )


def _within(row: StoredVector, filters: Filters) -> bool:
    seconds = (row.ended_at - row.started_at).total_seconds()
    least, most = filters.min_seconds_in_view, filters.max_seconds_in_view
    return (least is None or seconds >= least) and (most is None or seconds <= most)


def _on_time(row: StoredVector, filters: Filters) -> bool:
    if filters.timetable is None:
        return True
    zone = filters.timetable.zone_of.get(row.camera_id)
    stretches = () if zone is None else filters.timetable.stretches[zone]
    return any(row.started_at < until and row.ended_at >= begin for begin, until in stretches)


def _score(row: StoredVector, probe: Probe) -> float:
    cosine = _cosine(row.vector, probe.encoding.vector)
    return probe.picture_weight * cosine + probe.caption_term(row.object_class)


def _cosine(one: Vector, other: Vector) -> float:
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))
