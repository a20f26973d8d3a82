"""The rest of a site: what hits are told by, and which tracks a text should find.

Vectors are of crops and hits are tracks, whose score for a text has a term for their class. So the truth of whole
searches is another than that of the vectors: the tracks whose best crop has the highest score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from bench.search.data import (
    CAMERAS,
    CLASSES,
    DAYS,
    START,
    TENANT,
    Floats,
    K,
    Numbers,
    Queries,
    Site,
    camera_id,
    similarities,
    unit,
)
from bench.search.load import copy_vectors, make_space
from contracts.vocabulary import SPACE_DIMENSIONS, Space
from kit.sql import Statements
from services.search.adapters.vectors import TABLES
from services.search.model.search import CAPTION_WEIGHT

_SQL = Statements(Path(__file__).with_name("tracks.sql"))

TENANT_NAME = "bench"

_MOST_CROPS = 10
"""A track of the site has no more."""
_BLOCK = 50_000
_SAME = 2e-4
"""Two scores that differ by less are one, at half precision."""


@dataclass(frozen=True)
class TrackTruth:
    """The exact answer to each query of a mix."""

    wanted: Numbers
    """Of the K best tracks, how many there are."""
    worst: Floats
    """Score of the last of them."""


def load_tracks(owner: psycopg.Connection[Any], site: Site) -> None:
    """Stores the tenant, its cameras, an hour's recording after the other, tracks and crops, and one appearance vector
    a track: what folding compares. The vectors and attributes are stored already."""
    parameters: dict[str, Any] = {
        "tenant_id": TENANT,
        "name": TENANT_NAME,
        "camera_ids": [camera_id(number) for number in range(CAMERAS)],
        "from": START,
        "until": START + timedelta(days=DAYS),
    }
    for name in ("tenant", "cameras", "recordings", "tracks", "crops"):
        owner.execute(_SQL[name], parameters)
    dimension = SPACE_DIMENSIONS[Space.APPEARANCE]
    space_id = make_space(owner, Space.APPEARANCE, dimension)
    owner.execute(_SQL["serve"], {"space_id": space_id})
    table = f"embed.{TABLES[Space.APPEARANCE, dimension]}"
    looks = np.nonzero(site.ranks == 0)[0]
    for begin in range(0, len(looks), _BLOCK):
        block = _rows(site, looks[begin : begin + _BLOCK])
        shorter = unit(np.asarray(block.vectors[:, :dimension], np.float32)).astype(np.float16)
        copy_vectors(owner, table, replace(block, vectors=shorter), np.arange(len(block)), space_id=space_id)
    owner.execute(_SQL["known"])


def captions_of(queries: Queries) -> Floats:
    """Vectors of the captions of the classes and, last, of scenes, [classes + 1, dimension]: each in the middle of the
    texts that are of its class, as "a car" lies amid sentences about cars."""
    texts = [number for number in range(len(queries.vectors)) if queries.is_text(number)]
    kinds = np.array([queries.mixes["class_day"][number].object_class for number in texts])
    vectors = queries.vectors[texts]
    middles = [vectors[kinds == number if np.any(kinds == number) else slice(None)] for number in range(len(CLASSES))]
    return np.asarray(unit(np.stack([one.mean(axis=0) for one in (*middles, vectors)])), np.float32)


def find_track_truth(site: Site, queries: Queries, folder: Path) -> dict[str, TrackTruth]:
    """The exact answers, by scoring every crop that passes. Kept in the folder."""
    file = folder / "truth-tracks.npz"
    if not file.is_file():
        terms = _terms(queries)
        first = _best_of_all(site, queries, terms)
        found: dict[str, Any] = {}
        for mix, asked in queries.mixes.items():
            best = [
                _best_tracks(site, *first[number])
                if mix == "none"
                else _best_tracks(site, rows := one.rows(site), _scores(site, queries, terms, number, rows))
                for number, one in enumerate(asked)
            ]
            found |= {
                f"{mix}.wanted": [len(scores) for scores in best],
                f"{mix}.worst": [float(scores[-1]) if len(scores) else 0.0 for scores in best],
            }
        np.savez(file, **found)
    known = np.load(file)
    return {mix: TrackTruth(known[f"{mix}.wanted"], known[f"{mix}.worst"]) for mix in queries.mixes}


def track_recall(site: Site, queries: Queries, truth: TrackTruth, number: int, tracks: Sequence[int]) -> float:
    """Share of the truly best tracks that were found; a track as good as the last of them counts as one."""
    wanted = int(truth.wanted[number])
    if not wanted:
        return 1.0
    ends = np.searchsorted(site.tracks, [(track, track + 1) for track in sorted(set(tracks))]).reshape(-1, 2)
    rows = np.concatenate([np.zeros(0, np.int64), *(np.arange(*pair) for pair in ends)])
    best = _best_tracks(site, rows, _scores(site, queries, _terms(queries), number, rows))
    return min(1.0, float((best >= truth.worst[number] - _SAME).sum()) / wanted)


def track_number(item_id: UUID) -> int:
    """Of a track's id."""
    return (item_id.int & (2**64 - 1)) - 1


def _rows(site: Site, rows: Any) -> Site:
    return Site(
        np.asarray(site.vectors[rows]),
        *(part[rows] for part in (site.cameras, site.classes, site.seconds, site.tracks, site.ranks, site.attributes)),
    )


def _terms(queries: Queries) -> Floats:
    """What each class adds to a query's scores, [queries, classes]."""
    return np.asarray(CAPTION_WEIGHT * (queries.vectors @ captions_of(queries)[: len(CLASSES)].T), np.float32)


def _scores(site: Site, queries: Queries, terms: Floats, number: int, rows: Any) -> Floats:
    """A query's scores of some rows, as a text is scored."""
    likeness = (1 - CAPTION_WEIGHT) * similarities(site, queries, number, rows)
    return np.asarray(likeness + terms[number, site.classes[rows]], np.float32)


def _best_tracks(site: Site, rows: Any, scores: Floats) -> Floats:
    """The scores of the K best tracks, best first."""
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(site.tracks[rows][order], return_index=True)
    return np.asarray(-np.sort(-scores[order][first])[:K], np.float32)


def _best_of_all(site: Site, queries: Queries, terms: Floats) -> list[tuple[Numbers, Floats]]:
    """For each query so many of the best rows of everything, with their scores, that K tracks are among them."""
    kept = min(K * _MOST_CROPS, len(site))
    count = len(queries.vectors)
    best, where = np.full((count, 0), -2.0, np.float32), np.zeros((count, 0), np.int64)
    for begin in range(0, len(site), _BLOCK):
        block = unit(np.asarray(site.vectors[begin : begin + _BLOCK], np.float32))
        own = np.arange(begin, begin + len(block))
        scores = (1 - CAPTION_WEIGHT) * (queries.vectors @ block.T) + terms[:, site.classes[own]]
        scores = np.concatenate([best, scores], axis=1)
        numbers = np.concatenate([where, np.broadcast_to(own, (count, len(own)))], axis=1)
        top = np.argpartition(-scores, min(kept, scores.shape[1]) - 1, axis=1)[:, :kept]
        best, where = np.take_along_axis(scores, top, axis=1), np.take_along_axis(numbers, top, axis=1)
    return list(zip(where, best, strict=True))
