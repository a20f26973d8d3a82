"""The stored vectors: the nearest to a look, by the way that `routing` chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import numpy as np
from pgvector import HalfVector
from psycopg import sql

from contracts.vocabulary import ItemKind, ObjectClass, Space
from kit.postgres import Connection, Database
from kit.sql import Statements
from services.search.adapters.conditions import filter_parameters
from services.search.adapters.postgres import tenant_transaction
from services.search.model.attributes import attribute_place
from services.search.model.errors import UnknownTrackError
from services.search.model.filters import Filters
from services.search.model.routing import (
    MOST_TRACKS,
    DayCount,
    Kept,
    Part,
    Plan,
    Stretch,
    Way,
    by_tracks,
    choose,
    estimated,
)
from services.search.model.search import Candidate, Looks, Probe, Vector

_SQL = Statements(Path(__file__).with_name("vectors.sql"))

TABLES: Mapping[tuple[Space, int], str] = {
    (Space.SEMANTIC, 384): "semantic_384",
    (Space.SEMANTIC, 768): "semantic_768",
    (Space.APPEARANCE, 256): "appearance_256",
}
"""Where vectors of a kind and length lie."""

CONDITIONS = (
    "camera_ids",
    "started_from",
    "until",
    "in_view_from",
    "classes",
    "item_ids",
    "excluded_ids",
    "without_camera_ids",
    "without_classes",
    "least_view",
    "most_view",
    "clock_cameras",
)
"""Of what a vector itself can tell; each holds where the parameter of its name is not None."""

LIKELY = 0.3
"""From this probability on `embed.likely_values` names a value."""

CAPTIONED_POOL = 2
"""Rows fetched by the picture alone for each that is wanted with a term for its class: on a surveyed site enough of
them are surely the best in 199 of 200 searches by text."""

SIEVED_POOL = 8
"""Rows looked at for each that is wanted, where conditions are asked row by row: fewer found, and all are compared."""


@dataclass(frozen=True)
class Thresholds:
    """What a space's codes are made with, [dimension] each."""

    low: Vector
    high: Vector

    def code(self, vector: Vector) -> str:
        """A vector's code, as Postgres writes bits: above the low threshold, then above the high one."""
        rounded = vector.astype(np.float16)
        above = np.concatenate([rounded > self.low.astype(np.float16), rounded > self.high.astype(np.float16)])
        return "".join("1" if bit else "0" for bit in above)

    def bits_for(self, vector: Vector, likeness: float) -> float:
        """How many bits nearer a stored vector's code is, at a rough guess, when it is nearer by so much similarity.

        For normal deviates that correlate by ρ, a threshold t parts a pair with a probability that falls by
        2·φ(t, t; ρ) (Sheppard, 1899), 0.26 at t = 0.43 and ρ = 0; the correlation is the similarity to the mean-free
        query, over the lengths that the query and the stored vectors have around the mean.
        """
        mean = (self.low + self.high) / 2
        spread = float(np.linalg.norm(vector - mean)) * max(1e-3, 1.0 - float(mean @ mean)) ** 0.5
        return float(0.26 * 2 * len(vector) * likeness / max(spread, 1e-3))


@dataclass(frozen=True)
class _Look:
    """A probe with all that is known before a way is chosen."""

    filters: Filters
    probe: Probe
    rows: int
    space_id: int
    started_from: datetime | None
    layouts: Mapping[int, str]
    counts: Sequence[DayCount]
    thresholds: Thresholds | None
    likely: Sequence[int]
    """Numbers of the values of the rarest attribute that is wanted; empty where too many tracks have it."""
    tracks: int
    """That have it."""

    @property
    def table(self) -> str:
        return TABLES[self.probe.kind, len(self.probe.encoding.vector)]

    @property
    def sieved(self) -> bool:
        """Whether conditions are left that are asked row by row."""
        return self.filters.by_track

    @property
    def kinds(self) -> list[ObjectClass | None]:
        """What can be found: classes, and None for scenes; the likeliest by a text's captions first."""
        return sorted(kinds_of(self.filters, self.probe), key=lambda kind: -self.probe.caption_term(kind))

    def plan(self) -> Plan:
        if self.likely:
            return by_tracks(self.counts, self.tracks)
        filters = self.filters
        counts = self.counts
        if filters.item_ids is not None:
            share = min(1.0, 3 * len(filters.item_ids) / max(1.0, sum(day.matches for day in counts)))
            counts = [replace(day, matches=day.matches * share) for day in counts]
        vague = filters.timetable is not None or any(
            limit is not None for limit in (filters.item_ids, filters.min_seconds_in_view, filters.max_seconds_in_view)
        )
        return choose(counts, self.rows, coded=self.thresholds is not None, vague=vague)


class EmbedVectors:
    """The vectors, through the embed service's views."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._space_ids: dict[str, int] = {}
        self._thresholds: dict[int, Thresholds] = {}

    def nearest(self, filters: Filters, probe: Probe, rows: int) -> Sequence[Candidate]:
        """The `rows` nearest stored vectors, nearest first. Where many pass the filters some of them may be missed:
        fewer than two in a hundred, as measured."""
        with tenant_transaction(self._database, filters.tenant_id) as connection:
            look = self._look(connection, filters, probe, rows)
            return [] if look is None else self._found(connection, look)

    def plan(self, filters: Filters, probe: Probe, rows: int) -> Plan:
        """The way that `nearest` takes now."""
        with tenant_transaction(self._database, filters.tenant_id) as connection:
            look = self._look(connection, filters, probe, rows)
            return Plan([]) if look is None else look.plan()

    def appearance_of(self, tenant_id: UUID, track_id: UUID, space: str) -> Looks:
        """How the track looks in one appearance space. Raises UnknownTrackError."""
        with tenant_transaction(self._database, tenant_id) as connection:
            track = connection.execute(_SQL["track"], {"tenant_id": tenant_id, "track_id": track_id}).fetchone()
            if track is None:
                raise UnknownTrackError(track_id, "is not there")
            parameters = {
                "tenant_id": tenant_id,
                "track_id": track_id,
                "started_at": track["started_at"],
                "space_id": self._space_id(connection, space),
            }
            found = connection.execute(_SQL["track_vectors"], parameters, prepare=False).fetchall()
        vectors = [HalfVector.from_text(row["vector"]).to_numpy().astype(np.float32) for row in found]
        return Looks(ObjectClass(track["object_class"]), vectors)

    def _look(self, connection: Connection, filters: Filters, probe: Probe, rows: int) -> _Look | None:
        space_id = self._space_id(connection, probe.encoding.space)
        if space_id is None:
            return None
        filters = replace(filters, classes=filters.classes or probe.classes)
        started_from, counts = _facts(connection, filters, probe, space_id)
        layouts = _layouts(connection) if filters.attributes else {}
        likely, tracks = _rarest(connection, filters, started_from, layouts)
        thresholds = self._thresholds_of(connection, space_id)
        return _Look(filters, probe, rows, space_id, started_from, layouts, counts, thresholds, likely, tracks)

    def _found(self, connection: Connection, look: _Look) -> list[Candidate]:
        plan = look.plan()
        found: list[Candidate] = []
        # What walks indexes comes last: it steers the planner, and would have to be steered back.
        for stretch in sorted(plan.stretches, key=lambda one: one.way is Way.INDEX):
            found += self._in(connection, look, stretch)
        return sorted(found, key=lambda row: (-row.score, row.item_id, row.rank))[: look.rows]

    def _in(self, connection: Connection, look: _Look, stretch: Stretch) -> list[Candidate]:
        if stretch.way is not Way.INDEX:
            found = _by(connection, look, stretch)
        elif look.probe.captions and len(look.kinds) > 1:
            return self._kind_by_kind(connection, look, stretch)
        else:
            found = _by_index(connection, look, stretch)
        # Fewer than there should be: too many were passed over. All of them are compared then.
        if stretch.way is not Way.EXACT and len(found) < look.rows and len(found) < stretch.matches / 2:
            return _by(connection, look, replace(stretch, way=Way.EXACT), steered=True)
        return found

    def _kind_by_kind(self, connection: Connection, look: _Look, stretch: Stretch) -> list[Candidate]:
        """An index is ordered by the picture alone, and a text's score has a term for the class as well. So more are
        fetched by the picture, and those of them are the best of all that reach what the last would with the greatest
        term (Fagin's threshold algorithm, "Optimal aggregation algorithms for middleware", PODS 2001). Where they are
        too few, the classes are searched one by one, from the one with the greatest term on, until what is nearest of
        all could not reach the best any more if it were of the next class."""
        probe = look.probe
        plain = replace(look, probe=replace(probe, captions={}), rows=CAPTIONED_POOL * look.rows)
        nearest = _by_index(connection, plain, stretch)
        if len(nearest) == plain.rows:
            out_of_reach = probe.picture_weight * nearest[-1].score + probe.caption_term(look.kinds[0])
            scored = [
                replace(row, score=probe.picture_weight * row.score + probe.caption_term(row.object_class))
                for row in nearest
            ]
            sure = [row for row in scored if row.score >= out_of_reach]
            if len(sure) >= look.rows:
                return sorted(sure, key=lambda row: (-row.score, row.item_id, row.rank))[: look.rows]
        likeness = nearest[0].score if nearest else -1.0
        best: list[Candidate] = []
        for kind in look.kinds:
            possible = probe.picture_weight * likeness + probe.caption_term(kind)
            if len(best) == look.rows and possible <= best[-1].score:
                break
            best += self._of_kind(connection, look, stretch, kind)
            best = sorted(best, key=lambda row: (-row.score, row.item_id, row.rank))[: look.rows]
        return best

    def _of_kind(
        self, connection: Connection, look: _Look, stretch: Stretch, kind: ObjectClass | None
    ) -> list[Candidate]:
        item = ItemKind.SCENE if kind is None else ItemKind.TRACK
        filters = replace(look.filters, classes=() if kind is None else (kind,))
        probe = replace(look.probe, items=(item,), classes=())
        _, counts = _facts(connection, filters, probe, look.space_id)
        inside = [day for day in counts if stretch.from_day <= day.day < stretch.until_day]
        return self._found(connection, replace(look, filters=filters, probe=probe, counts=inside))

    def _space_id(self, connection: Connection, name: str) -> int | None:
        """None where nothing was stored in that space yet. A space never changes its number."""
        if name not in self._space_ids:
            row = connection.execute(_SQL["space"], {"name": name}).fetchone()
            if row is None:
                return None
            self._space_ids[name] = int(row["id"])
        return self._space_ids[name]

    def _thresholds_of(self, connection: Connection, space_id: int) -> Thresholds | None:
        """None where the space has none yet. They never change."""
        if space_id not in self._thresholds:
            row = connection.execute(_SQL["thresholds"], {"space_id": space_id}).fetchone()
            if row is None:
                return None
            low, high = (HalfVector.from_text(row[name]).to_numpy().astype(np.float32) for name in ("low", "high"))
            self._thresholds[space_id] = Thresholds(low, high)
        return self._thresholds[space_id]


def kinds_of(filters: Filters, probe: Probe) -> list[ObjectClass | None]:
    """What can be found: classes, and None for scenes."""
    kinds: list[ObjectClass | None] = []
    if ItemKind.TRACK in probe.items:
        wanted = filters.classes or probe.classes or tuple(ObjectClass)
        kinds += [kind for kind in wanted if kind not in filters.without_classes]
    if ItemKind.SCENE in probe.items and not (filters.classes or probe.classes):
        kinds.append(None)
    return kinds


@cache
def statement(
    name: str, table: str, conditions: tuple[str, ...], *, sieved: bool = False, captioned: bool = False
) -> LiteralString:
    """One of the statements that search a table; kept, as putting it together takes as long as a narrow search.

    Args:
        name: `by_…`.
        table: which.
        conditions: names of those that hold, of `CONDITIONS`.
        sieved: whether conditions are asked row by row.
        captioned: whether a class has a term in the score.
    """
    kind, _, dimension = table.rpartition("_")
    types = {
        "vector": sql.SQL("halfvec({})").format(sql.Literal(int(dimension))),
        "code": sql.SQL("bit({})").format(sql.Literal(2 * int(dimension))),
    }
    scored = "captioned" if captioned else "plain"
    composed = sql.SQL(_SQL[name]).format(
        view=sql.Identifier("embed", f"{kind}_{dimension}_read"),
        kept=sql.SQL("\n AND ").join(sql.SQL(_SQL[one]) for one in ("kept", *(f"kept.{name}" for name in conditions))),
        score=sql.SQL(_SQL[f"{scored}_score"]).format(**types),
        nearness=sql.SQL(_SQL[f"{scored}_nearness"]).format(**types),
        fits=sql.SQL(_SQL["fits"] if sieved else "true"),
        **types,
    )
    return composed.as_string()


def look_parameters(look: _Look, stretch: Stretch) -> dict[str, Any]:
    """The parameters of a `by_…` statement: those of its conditions, within the days, and what is looked for."""
    filters, probe = look.filters, look.probe
    begin = datetime.combine(stretch.from_day, time(), UTC)
    end = datetime.combine(stretch.until_day, time(), UTC)
    parameters = filter_parameters(
        filters,
        probe.items,
        begin if look.started_from is None else max(begin, look.started_from),
        sorted(set(look.layouts.values())),
    )
    terms = [probe.caption_term(kind) for kind in (*ObjectClass, None)]
    parameters |= {
        "until": end if filters.until_time is None else min(end, filters.until_time),
        "space_id": look.space_id,
        "vector": _text_of(probe.encoding.vector),
        "picture_weight": probe.picture_weight,
        "caption_classes": [kind.value for kind in ObjectClass],
        "caption_terms": terms,
        "pool": None if look.sieved else look.rows,
        "rows": look.rows,
        "reach": stretch.reach,
        "likely": list(look.likely),
    }
    if stretch.way is Way.CODES and look.thresholds is not None:
        thresholds, vector = look.thresholds, probe.encoding.vector
        parameters |= {
            "code": thresholds.code(vector),
            "class_bits": [thresholds.bits_for(vector, term / probe.picture_weight) for term in terms],
        }
    return parameters


def _conditions(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that hold."""
    return tuple(name for name in CONDITIONS if parameters[name] is not None)


def _text_of(vector: Vector) -> str:
    """As pgvector reads it, in half precision. By an encoder of JSON: Python's own writing of numbers takes longer than
    all of the rest of a narrow search's preparation."""
    return msgspec.json.encode(vector.astype(np.float16).tolist()).decode()


def _by(connection: Connection, look: _Look, stretch: Stretch, *, steered: bool = False) -> list[Candidate]:
    """Exactly, by codes or by tracks. `steered`: the planner has been told otherwise before."""
    if stretch.way is not Way.EXACT or steered:
        _steer(connection, walking=False, reach=40)
    parameters = look_parameters(look, stretch)
    found = connection.execute(
        statement(
            f"by_{stretch.way}",
            look.table,
            _conditions(parameters),
            sieved=look.sieved,
            captioned=bool(look.probe.captions),
        ),
        parameters,
        # Planned anew with its values, so that partitions are pruned and the right index is taken.
        prepare=False,
    ).fetchall()
    return [_candidate(row, look.probe.kind, float(row["score"])) for row in found]


def _by_index(connection: Connection, look: _Look, stretch: Stretch) -> list[Candidate]:
    """By the days' indexes. Where there are captions, all rows are of one kind."""
    _steer(connection, walking=True, reach=stretch.reach)
    parameters = look_parameters(look, stretch)
    # Some more, as they come a little out of order.
    parameters["pool"] = look.rows * (SIEVED_POOL if look.sieved else 1) + 20
    found = connection.execute(
        statement("by_index", look.table, _conditions(parameters), sieved=look.sieved),
        parameters,
        # Planned anew: a plan for all days would sort where one of them, that is not over, has no index.
        prepare=False,
    ).fetchall()
    probe = look.probe
    candidates = [
        _candidate(row, probe.kind, probe.picture_weight * float(row["score"]) + probe.caption_term(_class(row)))
        for row in found
    ]
    return sorted(candidates, key=lambda row: (-row.score, row.item_id, row.rank))[: look.rows]


def _steer(connection: Connection, *, walking: bool, reach: int) -> None:
    connection.execute(
        _SQL["steer"],
        {"scans": "off" if walking else "on", "bitmaps": "off" if walking else "on", "reach": str(reach)},
    )


def _candidate(row: Mapping[str, Any], kind: Space, score: float) -> Candidate:
    return Candidate(ItemKind(row["item_kind"]), row["item_id"], row["rank"], score, kind, _class(row))


def _class(row: Mapping[str, Any]) -> ObjectClass | None:
    return None if row["object_class"] is None else ObjectClass(row["object_class"])


def _facts(
    connection: Connection, filters: Filters, probe: Probe, space_id: int
) -> tuple[datetime | None, list[DayCount]]:
    """When the recordings began that were running at `from_time`, and how much passes on each day since then. A track
    lies within a recording, so none in view began earlier. Partitions and indexes are by a track's start; this is what
    lets a narrow time range read little."""
    parameters = {
        "at": filters.from_time,
        "until": filters.until_time,
        "camera_ids": None if filters.camera_ids is None else list(filters.camera_ids),
        "space_id": space_id,
        "parent": TABLES[probe.kind, len(probe.encoding.vector)],
        "kinds": [ItemKind.SCENE.value if kind is None else kind.value for kind in kinds_of(filters, probe)],
    }
    rows = connection.execute(_SQL["facts"], parameters).fetchall()
    by_camera = filters.camera_ids is not None
    return rows[0]["started_from"], [
        estimated(_kept(row), by_camera=by_camera) for row in rows if row["day"] is not None
    ]


def _kept(row: Mapping[str, Any]) -> Kept:
    part = None if row["part"] is None else Part(row["part"], row["indexed"])
    return Kept(row["day"], row["whole"], row["of_kinds"], row["of_cameras"], row["of_hours"], row["uncoded"], part)


def _layouts(connection: Connection) -> dict[int, str]:
    """How stored attributes are laid out, by the layouts' numbers."""
    return {row["id"]: row["layout"] for row in connection.execute(_SQL["attribute_layouts"])}


def _rarest(
    connection: Connection, filters: Filters, started_from: datetime | None, layouts: Mapping[int, str]
) -> tuple[list[int], int]:
    """The wanted attribute that the fewest tracks have, as the numbers of its values, and how many tracks; nothing
    where all are too common."""
    rarest: list[int] = []
    fewest = MOST_TRACKS
    for wish in filters.attributes:
        if not wish.wanted or wish.probability < LIKELY:
            continue
        likely = [
            number * 256 + place + 1
            for number, layout in layouts.items()
            if (place := attribute_place(layout, wish.attribute, wish.value)) is not None
        ]
        parameters = {
            "tenant_id": filters.tenant_id,
            "likely": likely,
            "started_from": started_from,
            "until": filters.until_time,
            "most_tracks": fewest,
        }
        row = connection.execute(_SQL["few_tracks"], parameters).fetchone()
        tracks = fewest if row is None else int(row["tracks"])
        if tracks < fewest:
            rarest, fewest = likely, tracks
    return rarest, fewest
