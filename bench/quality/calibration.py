"""Fits what share of hits is right to the scores of searches, and writes the calibrations as SQL.

    python -m bench.quality.calibration [--profile tiny] [--sql FILE] [--json FILE]

On rendered sites whose seeds nothing is trained on and nothing is measured on: the rows of `bench.quality` stay unseen.
A pair is a hit among the first 20 of a query, as a search would give it, and whether it is right. The curve is Platt's
("Probabilistic outputs for support vector machines", 1999, with the targets that it smooths): 1 / (1 + exp(-(slope ·
score + offset))). How far it is off is measured on queries that it was not fitted to, in five folds: expected
calibration error in ten bins (Naeini et al., AAAI 2015), Brier score.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from bench.quality.looking import Sight, watch
from bench.quality.rendered import rendered_collection
from bench.quality.retrieval import Thing, by_labels, class_of, gallery, own_words, read_queries
from bench.quality.weights import NOTHING, Found, Vectors, Weights
from contracts.vocabulary import ObjectClass
from kit.pixels import Pixels
from services.search.model.folding import TRACK_GAP
from services.search.model.search import CAPTION_WEIGHT, CAPTIONS, LOOKALIKES, pooled

SEEDS = (91_001, 91_002)
FIRST = 20
"""Hits of a query that count."""
FOLDS, BINS, STEPS = 5, 10, 50
LEAST_CROPS = 4
"""Of a track that is taken for two."""
THRESHOLDS = (0.75, 0.8, 0.85, 0.9, 0.92, 0.95)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Hits of one kind of query: which query [n], its score [n], whether it was right [n]."""

    queries: npt.NDArray[np.int64]
    scores: Floats
    right: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Curve:
    """A fitted curve, and how far it is off on queries that it was not fitted to."""

    slope: float
    offset: float
    pairs: int
    right_share: float
    error: float
    brier: float


class Blind(Weights):
    """Weights that detect nothing: objects are cut out by their true boxes."""

    def detect(self, picture: Pixels) -> Found:  # noqa: ARG002
        """Nothing."""
        return NOTHING


def fit(scores: Floats, right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset by Newton's method on Platt's smoothed targets."""
    positives, negatives = int(right.sum()), int((~right).sum())
    targets = np.where(right, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    middle, spread = float(scores.mean()), max(float(scores.std()), 1e-6)
    design = np.stack([(scores - middle) / spread, np.ones_like(scores)], axis=1)
    weights = np.zeros(2)
    for _ in range(STEPS):
        told = probability(design @ weights)
        gradient = design.T @ (told - targets)
        curvature = (design * (told * (1 - told))[:, None]).T @ design + 1e-9 * np.eye(2)
        weights -= np.linalg.solve(curvature, gradient)
    return float(weights[0] / spread), float(weights[1] - weights[0] * middle / spread)


def probability(logits: Floats) -> Floats:
    """The logistic function."""
    return np.asarray(1 / (1 + np.exp(-logits)), np.float64)


def calibrated(pairs: Pairs) -> Curve:
    """The curve of all pairs, with its error across folds of queries."""
    names = np.unique(pairs.queries)
    fold_of = dict(zip(names.tolist(), (np.arange(len(names)) % FOLDS).tolist(), strict=True))
    folds = np.array([fold_of[query] for query in pairs.queries.tolist()])
    told = np.zeros(len(pairs.scores))
    for fold in range(FOLDS):
        inside = folds == fold
        slope, offset = fit(pairs.scores[~inside], pairs.right[~inside])
        told[inside] = probability(slope * pairs.scores[inside] + offset)
    slope, offset = fit(pairs.scores, pairs.right)
    return Curve(
        slope,
        offset,
        len(pairs.scores),
        float(pairs.right.mean()),
        expected_error(told, pairs.right),
        float(((told - pairs.right) ** 2).mean()),
    )


def expected_error(told: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Mean distance between what was told and what was right, over ten bins, weighted by how many are in each."""
    bins = np.minimum((told * BINS).astype(int), BINS - 1)
    return float(
        sum(
            abs(told[bins == number].mean() - right[bins == number].mean()) * (bins == number).mean()
            for number in np.unique(bins)
        )
    )


def text_pairs(sights: Sequence[Sight], weights: Weights) -> Pairs:
    """Hits of written queries and of descriptions, scored as a search scores them."""
    things = gallery(sights, weights.vectors("embed_image", [sight.pixels for sight in sights]))
    asked = [*(by_labels(query, things) for query in read_queries()), *own_words(things)]
    texts = list(dict.fromkeys(one.text for one in asked))
    vectors = dict(zip(texts, weights.sentences(texts), strict=True))
    captions = dict(zip(CAPTIONS, weights.sentences(list(CAPTIONS.values())), strict=True))

    def hits() -> Iterator[tuple[int, float, bool]]:
        for number, one in enumerate(asked):
            vector = vectors[one.text]
            scored = [
                (
                    (1 - CAPTION_WEIGHT) * float((thing.vectors @ vector).max())
                    + CAPTION_WEIGHT * float(captions[thing.object_class] @ vector),
                    thing.name in one.right,
                )
                for thing in things
                if thing.name not in one.unknown
            ]
            for score, right in sorted(scored, reverse=True)[:FIRST]:
                yield number, score, right

    return _pairs(hits())


def look_pairs(sights: Sequence[Sight], weights: Weights, *, whole: bool) -> Pairs:
    """Hits of the likes of an object, by appearance: asked with all its crops (a track), or with one (a picture)."""
    moving = [sight for sight in sights if sight.thing.labels.get("action") != "parked"]
    things = gallery(moving, weights.vectors("appearance", [sight.pixels for sight in moving]))

    def hits() -> Iterator[tuple[int, float, bool]]:
        for number, one in enumerate(things):
            probe = pooled(list(one.vectors)) if whole else one.vectors[len(one.vectors) // 2]
            scored = [
                (float((other.vectors @ probe).max()), other.ident == one.ident)
                for other in things
                if other is not one and other.object_class in _alike(one)
            ]
            for score, right in sorted(scored, reverse=True)[:FIRST]:
                yield number, score, right

    return _pairs(hits())


def folding_figures(sights: Sequence[Sight], weights: Weights) -> dict[str, float]:
    """How well a threshold on appearance tells one object from two: the two halves of a track, and tracks of one camera
    that follow one another within what search folds, of objects that are taken for one another."""
    moving = [sight for sight in sights if sight.thing.labels.get("action") != "parked"]
    vectors = weights.vectors("appearance", [sight.pixels for sight in moving])
    tracks: dict[tuple[str, str], list[int]] = {}
    for row, sight in enumerate(moving):
        tracks.setdefault((sight.clip, sight.thing.id), []).append(row)
    halves = [rows for rows in tracks.values() if len(rows) >= LEAST_CROPS]
    same = np.array(
        [_pooled(vectors, rows[: len(rows) // 2]) @ _pooled(vectors, rows[len(rows) // 2 :]) for rows in halves]
    )
    gap = TRACK_GAP.total_seconds()
    other = np.array(
        [
            _pooled(vectors, one) @ _pooled(vectors, two)
            for one in halves
            for two in halves
            if one is not two
            and moving[one[0]].clip == moving[two[0]].clip
            and -1 <= moving[two[0]].seconds - moving[one[-1]].seconds <= gap
            and _class(moving[two[0]]) in LOOKALIKES[_class(moving[one[0]])]
        ]
    )
    figures = {"folding.same": float(len(same)), "folding.other": float(len(other))}
    for threshold in THRESHOLDS:
        figures[f"folding.kept_at_{threshold}"] = float((same >= threshold).mean())
        figures[f"folding.wrong_at_{threshold}"] = float((other >= threshold).mean())
    return figures


def _pooled(vectors: Vectors, rows: Sequence[int]) -> Vectors:
    return pooled([vectors[row] for row in rows])


def _class(sight: Sight) -> ObjectClass:
    return class_of(sight.thing.kind, sight.thing.labels)


def _alike(thing: Thing) -> tuple[ObjectClass, ...]:
    return LOOKALIKES[thing.object_class]


def _pairs(hits: Iterator[tuple[int, float, bool]]) -> Pairs:
    queries, scores, right = zip(*hits, strict=True)
    return Pairs(np.array(queries), np.array(scores, np.float64), np.array(right, bool))


def statement(space: str, asked: str, curve: Curve, source: str) -> str:
    """The calibration as a row."""
    return (
        "INSERT INTO search.calibrations (space, asked, slope, intercept, pairs, right_share, error, brier, source)\n"
        f"VALUES ('{space}', '{asked}', {curve.slope:.4f}, {curve.offset:.4f}, {curve.pairs}, {curve.right_share:.4f},"
        f" {curve.error:.4f}, {curve.brier:.4f},\n        '{source}');"
    )


def main() -> None:
    """Fits, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality.calibration")
    parser.add_argument("--profile", default="tiny")
    parser.add_argument("--state", type=Path, default=Path(".sightline"), help="the state folder")
    parser.add_argument("--sql", type=Path, help="write the rows to this file")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    weights = Weights(arguments.profile, arguments.state)
    collection = rendered_collection(arguments.state, print, SEEDS)
    with TemporaryDirectory(prefix="sightline-calibration-") as nothing:
        blind = Blind(arguments.profile, arguments.state)
        sights = [
            sight
            for clip in collection.clips
            for sight in watch(clip, blind, None, {"faces": {}, "plates": {}}, Path(nothing)).sights
            if sight.thing.labels or sight.thing.text
        ]
    semantic = weights.served("embed_image").parameter("space")
    appearance = weights.served("appearance").parameter("space")
    fitted = {
        (semantic, "text"): calibrated(text_pairs(sights, weights)),
        (appearance, "track"): calibrated(look_pairs(sights, weights, whole=True)),
        (appearance, "picture"): calibrated(look_pairs(sights, weights, whole=False)),
    }
    source = f"rendered sites {', '.join(str(seed) for seed in SEEDS)}, the first {FIRST} hits of each query"
    statements = [statement(space, asked, curve, source) for (space, asked), curve in fitted.items()]
    for (space, asked), curve in fitted.items():
        print(f"{asked:8} {space}: {curve}")
    folding = folding_figures(sights, weights)
    for name, value in folding.items():
        print(f"{name:24} {value:.3f}")
    if arguments.sql is not None:
        arguments.sql.write_text("\n".join(statements) + "\n", encoding="utf-8")
    if arguments.json is not None:
        figures = {
            f"{asked}.{name}": value for (_, asked), curve in fitted.items() for name, value in vars(curve).items()
        }
        arguments.json.write_text(json.dumps(figures | folding, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
