"""The search service's Postgres: exact nearest rows after a prefilter, and what is known about them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from pgvector import HalfVector

from contracts.search import AttributeWish, Box
from contracts.vocabulary import ATTRIBUTE_UNIT, ItemKind, ObjectClass, Space
from kit.postgres import Connection, Database
from kit.sql import Statements
from kit.triton import APPEARANCE, EMBED_IMAGE, EMBED_TEXT
from services.search.model.attributes import attribute_place
from services.search.model.errors import StoreUnavailableError, UnknownTrackError
from services.search.model.filters import Filters, Timetable, Zone
from services.search.model.search import (
    LONGEST_RECORDING,
    Candidate,
    Looks,
    Probe,
    Serving,
    Towers,
)
from services.search.ports.search import Seen

_SQL = Statements(Path(__file__).with_name("queries.sql"))

NEAREST: Mapping[tuple[Space, int], str] = {
    (Space.SEMANTIC, 384): "nearest_semantic_384",
    (Space.SEMANTIC, 768): "nearest_semantic_768",
    (Space.APPEARANCE, 256): "nearest_appearance_256",
}
"""Statement that searches each kind of space, by the length of its vectors: a table for each."""

FIRST: Mapping[Space, Towers] = {
    Space.SEMANTIC: Towers(EMBED_IMAGE, EMBED_TEXT),
    Space.APPEARANCE: Towers(APPEARANCE),
}
"""What serves a kind of space before anything was embedded."""


class EmbedSpaces:
    """Which spaces serve, through the embed service's view."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def serving(self) -> Serving:
        """What searches are encoded with now. Raises StoreUnavailableError."""
        with _translated(), self._database.system_transaction() as connection:
            rows = connection.execute(_SQL["serving"]).fetchall()
        return {**FIRST, **{Space(row["kind"]): Towers(row["image_model"], row["text_model"]) for row in rows}}


class EmbedVectors:
    """The vectors, through the embed service's views."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._space_ids: dict[str, int] = {}

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> Sequence[Candidate]:
        """The `rows` nearest stored vectors, nearest first."""
        with _reading(self._database, filters.tenant_id) as connection:
            space_id = self._space_id(connection, probe.encoding.space)
            if space_id is None:
                return []
            started_from = _started_from(connection, filters)
            found = connection.execute(
                _SQL[NEAREST[probe.kind, len(probe.encoding.vector)]],
                nearest_parameters(filters, probe, space_id, rows, started_from, layouts=_layouts(connection, filters)),
                # Planned anew with its values, so that partitions are pruned and the right index is taken.
                prepare=False,
            ).fetchall()
        return [
            Candidate(
                ItemKind(row["item_kind"]),
                row["item_id"],
                row["rank"],
                float(row["score"]),
                probe.kind,
                None if row["object_class"] is None else ObjectClass(row["object_class"]),
            )
            for row in found
        ]

    def appearance_of(self, tenant_id: UUID, track_id: UUID, space: str) -> Looks:
        """How the track looks in one appearance space. Raises UnknownTrackError."""
        with _reading(self._database, tenant_id) as connection:
            track = connection.execute(_SQL["track"], {"tenant_id": tenant_id, "track_id": track_id}).fetchone()
            if track is None:
                raise UnknownTrackError(track_id, "is not there")
            space_id = self._space_id(connection, space)
            found = connection.execute(
                _SQL["track_vectors"],
                {
                    "tenant_id": tenant_id,
                    "track_id": track_id,
                    "started_at": track["started_at"],
                    "space_id": space_id,
                },
                prepare=False,
            ).fetchall()
        vectors = [HalfVector.from_text(row["vector"]).to_numpy().astype(np.float32) for row in found]
        return Looks(ObjectClass(track["object_class"]), vectors)

    def _space_id(self, connection: Connection, name: str) -> int | None:
        """None where nothing was stored in that space yet. A space never changes its number."""
        if name not in self._space_ids:
            row = connection.execute(_SQL["space"], {"name": name}).fetchone()
            if row is None:
                return None
            self._space_ids[name] = int(row["id"])
        return self._space_ids[name]


class IngestLibrary:
    """Tracks, crops and scenes, through ingest's views."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, tenant_id: UUID, candidates: Sequence[Candidate]) -> Mapping[UUID, Seen]:
        """Item id → what is known about it."""
        tracks = [candidate for candidate in candidates if candidate.item is ItemKind.TRACK]
        scenes = [candidate for candidate in candidates if candidate.item is ItemKind.SCENE]
        seen: dict[UUID, Seen] = {}
        with _reading(self._database, tenant_id) as connection:
            if tracks:
                parameters: dict[str, Any] = {
                    "tenant_id": tenant_id,
                    "ids": [candidate.item_id for candidate in tracks],
                    "ranks": [candidate.rank for candidate in tracks],
                }
                seen |= {row["id"]: _track(row) for row in connection.execute(_SQL["tracks"], parameters)}
            if scenes:
                parameters = {"tenant_id": tenant_id, "ids": [candidate.item_id for candidate in scenes]}
                seen |= {row["id"]: _scene(row) for row in connection.execute(_SQL["scenes"], parameters)}
        return seen


def filter_parameters(
    filters: Filters, items: Sequence[ItemKind], started_from: datetime | None, layouts: Sequence[str] = ()
) -> dict[str, Any]:
    """The parameters of the conditions `kept` and `fits`, but for the space.

    Args:
        filters: what is looked at.
        items: kinds of items that are looked at.
        started_from: no row that was in view began earlier.
        layouts: how stored attributes are laid out; needed where `filters` has some.
    """
    parameters: dict[str, Any] = {
        "tenant_id": filters.tenant_id,
        "camera_ids": None if filters.camera_ids is None else list(filters.camera_ids),
        "started_from": started_from,
        "in_view_from": filters.from_time,
        "until": filters.until_time,
        "kinds": [kind.value for kind in items],
        "classes": [value.value for value in filters.classes] or None,
        "item_ids": None if filters.item_ids is None else list(filters.item_ids),
        "excluded_ids": list(filters.excluded_ids) or None,
        "without_camera_ids": list(filters.without_camera_ids) or None,
        "without_classes": [value.value for value in filters.without_classes] or None,
        "least_view": _seconds(filters.min_seconds_in_view),
        "most_view": _seconds(filters.max_seconds_in_view),
        "by_path": filters.by_path,
        "zone_cameras": None if filters.zones is None else [zone.camera_id for zone in filters.zones],
        "zone_shapes": None if filters.zones is None else [_polygon(zone) for zone in filters.zones],
        "headings": [heading.degrees for heading in filters.headings] or None,
        "heading_within": [heading.within for heading in filters.headings] or None,
        "least_speed": filters.min_speed,
        "most_speed": filters.max_speed,
        "least_size": filters.min_size,
        "count": filters.count,
        "longest": LONGEST_RECORDING,
    }
    return parameters | _clock_parameters(filters.timetable) | _wish_parameters(filters.attributes, layouts)


def _clock_parameters(timetable: Timetable | None) -> dict[str, Any]:
    if timetable is None:
        return {"clock_cameras": None, "clocks": None, "clock_of": None}
    zones = list(timetable.stretches)
    return {
        "clock_cameras": list(timetable.zone_of),
        "clock_of": [zones.index(zone) + 1 for zone in timetable.zone_of.values()],
        "clocks": [
            "{" + ",".join(f"[{begin.isoformat()},{end.isoformat()})" for begin, end in timetable.stretches[zone]) + "}"
            for zone in zones
        ],
    }


def _wish_parameters(wishes: Sequence[AttributeWish], layouts: Sequence[str]) -> dict[str, Any]:
    placed = [
        (layout, place, wish)
        for layout in layouts
        for wish in wishes
        if (place := attribute_place(layout, wish.attribute, wish.value)) is not None
    ]
    return {
        "by_attributes": bool(wishes),
        "wanted": sum(wish.wanted for wish in wishes),
        "wish_layouts": [layout for layout, _, _ in placed],
        # Arrays of Postgres begin at 1.
        "wish_places": [place + 1 for _, place, _ in placed],
        "wish_least": [math.ceil(wish.probability * ATTRIBUTE_UNIT) for _, _, wish in placed],
        "wish_wanted": [wish.wanted for _, _, wish in placed],
    }


def _seconds(limit: float | None) -> timedelta | None:
    return None if limit is None else timedelta(seconds=limit)


def _polygon(zone: Zone) -> str:
    return "(" + ",".join(f"({x!r},{y!r})" for x, y in zone.points) + ")"


def nearest_parameters(
    filters: Filters,
    probe: Probe,
    space_id: int,
    rows: int,
    started_from: datetime | None,
    *,
    layouts: Sequence[str] = (),
) -> dict[str, Any]:
    """The parameters of a `nearest_…` statement: those of its conditions, and what is looked for."""
    looked_at = replace(filters, classes=filters.classes or probe.classes)
    return filter_parameters(looked_at, probe.items, started_from, layouts) | {
        "space_id": space_id,
        "vector": HalfVector(probe.encoding.vector).to_text(),
        "picture_weight": probe.picture_weight,
        "caption_classes": [value.value for value in ObjectClass],
        "caption_terms": [probe.caption_term(value) for value in (*ObjectClass, None)],
        "pool": None if filters.attributes or filters.by_path or filters.count > 1 else rows,
        "rows": rows,
    }


def _layouts(connection: Connection, filters: Filters) -> list[str]:
    """How stored attributes are laid out, where somebody asks for some."""
    if not filters.attributes:
        return []
    return [row["layout"] for row in connection.execute(_SQL["attribute_layouts"])]


def _started_from(connection: Connection, filters: Filters) -> datetime | None:
    """When the recordings began that were running at `from_time`: a track lies within one, so none in view began
    earlier. Partitions and indexes are by a track's start; this is what lets a narrow time range read little."""
    if filters.from_time is None:
        return None
    row = connection.execute(
        _SQL["earliest_running"],
        {
            "tenant_id": filters.tenant_id,
            "camera_ids": None if filters.camera_ids is None else list(filters.camera_ids),
            "at": filters.from_time,
            "longest": LONGEST_RECORDING,
        },
        prepare=False,
    ).fetchone()
    return filters.from_time if row is None or row["started_at"] is None else min(row["started_at"], filters.from_time)


def _track(row: Mapping[str, Any]) -> Seen:
    left, top, right, bottom = row["box"]
    return Seen(
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        best_at=row["at"],
        thumbnail_key=row["object_key"],
        object_class=ObjectClass(row["object_class"]),
        box=Box(left=left, top=top, right=right, bottom=bottom),
    )


def _scene(row: Mapping[str, Any]) -> Seen:
    return Seen(
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["at"],
        ended_at=row["at"],
        best_at=row["at"],
        thumbnail_key=row["object_key"],
    )


@contextmanager
def _reading(database: Database, tenant_id: UUID) -> Iterator[Connection]:
    with _translated(), database.transaction(tenant_id) as connection:
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(f"the database does not answer now, ask again soon: {error}") from error
