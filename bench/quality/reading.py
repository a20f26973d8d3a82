"""What reading sentences is worth: written queries, taken literally and read, on rendered sites.

    python -m bench.quality.reading [--profile tiny] [--json FILE]

The sites are those that the calibration is fitted on: nothing of a reading is fitted. An object that a reading leaves
out is ranked nowhere. Attributes are the mean of an object's crops, as embed stores them.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np

from bench.quality.calibration import SEEDS, Blind
from bench.quality.looking import Sight, watch
from bench.quality.rendered import rendered_collection
from bench.quality.retrieval import Thing, by_labels, gallery, read_queries
from bench.quality.weights import Weights
from contracts.search import AttributeWish, SearchRequest
from contracts.vocabulary import ObjectClass
from services.search.model.search import CAPTION_WEIGHT, CAPTIONS
from services.search.model.sentence import read_typed
from services.search.model.understanding import applied, understood_from

FIRST = 10

Probabilities = Mapping[str, Mapping[str, float]]
"""Attribute → value → its probability."""


def measure(sights: Sequence[Sight], weights: Weights) -> dict[str, float]:
    """By kind of query and over all: how many, and average precision and precision among the first ten, literally and
    read."""
    things = gallery(sights, weights.vectors("embed_image", [sight.pixels for sight in sights]))
    known = attributes_of(sights, weights)
    captions = dict(zip(CAPTIONS, weights.sentences(list(CAPTIONS.values())), strict=True))

    def scores(text: str) -> dict[str, float]:
        (vector,) = weights.sentences([text])
        return {
            thing.name: (1 - CAPTION_WEIGHT) * float((thing.vectors @ vector).max())
            + CAPTION_WEIGHT * float(captions[thing.object_class] @ vector)
            for thing in things
        }

    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for query in read_queries():
        asked = by_labels(query, things)
        judged = [thing for thing in things if thing.name not in asked.unknown]
        if not 0 < len(asked.right) < len(judged):
            continue
        plain = scores(query.text)
        literal = sorted((thing.name for thing in judged), key=lambda name: -plain[name])
        reading = understood_from(read_typed(query.text, now=datetime.now(UTC)))
        request = applied(SearchRequest(tenant_id=UUID(int=0), text=query.text), reading)
        wanted = scores(request.text or query.text)
        unlike = [scores(text) for text in request.without_texts]
        passing = [
            thing.name
            for thing in judged
            if thing.object_class not in request.without_classes
            and not any(_has(thing, known[thing.name], wish) for wish in request.attributes)
            and all(other[thing.name] <= wanted[thing.name] for other in unlike)
        ]
        read_order = sorted(passing, key=lambda name: -wanted[name])
        figures = (*_precisions(literal, asked.right), *_precisions(read_order, asked.right))
        for kind in (query.kind, "all"):
            rows.setdefault(kind.replace(" ", "_"), []).append(figures)
    names = ("literal.map", "literal.first10", "read.map", "read.first10")
    told: dict[str, float] = {}
    for kind, of in rows.items():
        told[f"{kind}.queries"] = float(len(of))
        told |= {f"{kind}.{name}": float(np.mean([row[place] for row in of])) for place, name in enumerate(names)}
    return told


def attributes_of(sights: Sequence[Sight], weights: Weights) -> dict[str, Probabilities]:
    """What the attributes' network says of each object of the gallery."""
    said = weights.attributes([sight.pixels for sight in sights])
    crops: dict[str, list[Probabilities]] = {}
    for sight, one in zip(sights, said, strict=True):
        crops.setdefault(f"{sight.clip}|{sight.thing.id}".replace(" ", "_"), []).append(one)
    return {
        name: {
            attribute: {value: float(np.mean([one[attribute][value] for one in of])) for value in values}
            for attribute, values in of[0].items()
        }
        for name, of in crops.items()
    }


def _has(thing: Thing, known: Probabilities, wish: AttributeWish) -> bool:
    """Whether it has what a reading does not want (all wishes of a reading are of that form)."""
    subject = "person" if thing.object_class is ObjectClass.PERSON else "vehicle"
    asked_of, _, _ = wish.attribute.partition(".")
    return asked_of == subject and known.get(wish.attribute, {}).get(wish.value, 0.0) >= wish.probability


def _precisions(order: Sequence[str], right: frozenset[str]) -> tuple[float, float]:
    hits, total = 0, 0.0
    for place, name in enumerate(order, start=1):
        if name in right:
            hits += 1
            total += hits / place
    return total / len(right), sum(name in right for name in order[:FIRST]) / FIRST


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality.reading")
    parser.add_argument("--profile", default="tiny")
    parser.add_argument("--state", type=Path, default=Path(".sightline"), help="the state folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    blind = Blind(arguments.profile, arguments.state)
    with TemporaryDirectory(prefix="sightline-reading-") as nothing:
        sights = [
            sight
            for clip in rendered_collection(arguments.state, print, SEEDS).clips
            for sight in watch(clip, blind, None, {"faces": {}, "plates": {}}, Path(nothing)).sights
            if sight.thing.labels or sight.thing.text
        ]
    figures = measure(sights, blind)
    for kind in dict.fromkeys(name.split(".")[0] for name in figures):
        row = {name.partition(".")[2]: value for name, value in figures.items() if name.split(".")[0] == kind}
        print(
            f"{kind:14} {row['queries']:3.0f} queries  mAP {row['literal.map']:.3f} → {row['read.map']:.3f}"
            f"  first ten {row['literal.first10']:.3f} → {row['read.first10']:.3f}"
        )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
