"""Text → object: are those found whom the words describe?

The gallery is the labelled objects, each with up to eight crops; the nearest crop stands for the object, as search does
it. A query says what must hold of an object's labels; an object of which that is not known is left out of that query.
Measures by trec_eval (pytrec_eval: Van Gysel and de Rijke, SIGIR 2018); recall@k is the share of queries with at least
one right object among the first k, as text-to-picture search counts it.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytrec_eval

from bench.quality.estimate import mean_over
from bench.quality.looking import Sight
from bench.quality.table import Note, Row
from bench.quality.truth import TRUTH_FOLDER, Kind
from bench.quality.weights import Vectors, Weights
from contracts.vocabulary import ObjectClass
from services.search.model.search import CAPTION_WEIGHT, CAPTIONS

QUERIES = TRUTH_FOLDER / "queries.json"
MEASURES = {
    "recall@1": "success_1",
    "recall@5": "success_5",
    "recall@10": "success_10",
    "mAP": "map",
    "nDCG@10": "ndcg_cut_10",
}
SECTION = "text to object"
OWN_WORDS = "its own description"
_PERSON_LABELS = (
    "upper_colour",
    "lower_colour",
    "sleeves",
    "legs",
    "hat",
    "bag",
    "backpack",
    "hi_vis",
    "upper",
    "lower",
)
_VEHICLE_LABELS = ("colour", "type")
_GENDERED = re.compile(r"\b(woman|man|girl|boy|lady)\b")

Condition = str | list[str] | dict[str, str | list[str]]


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence, what sort it is of, and what must hold of an object to be right.

    `right`: label → the value, one of several values, or {"not": …}; `class` is person, vehicle or bicycle.
    """

    text: str
    kind: str
    right: dict[str, Condition]


@dataclass(frozen=True)
class Thing:
    """One object of the gallery, with the vectors of its crops [k,D]."""

    name: str
    object_class: ObjectClass
    labels: Mapping[str, str]
    text: str
    ident: str
    vectors: Vectors


@dataclass(frozen=True)
class Asked:
    """One query against one gallery: who is right, and who is not known to be wrong or right."""

    text: str
    kind: str
    right: frozenset[str]
    unknown: frozenset[str]


def read_queries(path: Path = QUERIES) -> list[Query]:
    """Read the queries. Raises msgspec.ValidationError where one is not of the form."""
    return msgspec.convert(json.loads(path.read_text(encoding="utf-8"))["queries"], list[Query])


def measure(
    footage: str, sights: Sequence[Sight], weights: Weights, queries: Sequence[Query]
) -> tuple[list[Row], list[Note]]:
    """Rows overall and by kind of query, of the pictures alone and, overall, as search ranks them."""
    for slot in ("embed_image", "embed_text"):
        if weights.network(slot) is None:
            hint = " (sightline models build-text)" if slot == "embed_text" else ""
            return [], [Note(SECTION, f"{footage}: no profile serves `{slot}`{hint}")]
    if not weights.one_space:
        return [], [Note(SECTION, f"{footage}: embed_image and embed_text write different spaces")]
    things = gallery(sights, weights.vectors("embed_image", [sight.pixels for sight in sights]) if sights else None)
    asked = [
        one for one in [*(by_labels(query, things) for query in queries), *own_words(things)] if _tells(one, things)
    ]
    if not asked:
        return [], [Note(SECTION, f"{footage}: no query has both right and wrong objects among those labelled")]
    texts = list(dict.fromkeys(one.text for one in asked))
    vectors = dict(zip(texts, weights.sentences(texts), strict=True))
    captions = dict(zip(CAPTIONS, weights.sentences(list(CAPTIONS.values())), strict=True))
    pictures = {
        text: {thing.name: float((thing.vectors @ vector).max()) for thing in things}
        for text, vector in vectors.items()
    }
    fused = {
        text: {
            thing.name: (1 - CAPTION_WEIGHT) * pictures[text][thing.name]
            + CAPTION_WEIGHT * float(captions[thing.object_class] @ vectors[text])
            for thing in things
        }
        for text in texts
    }
    written = [one for one in asked if one.kind != OWN_WORDS]
    rows = []
    if written:
        rows = [
            _row(footage, ("all queries",), written, pictures, things),
            _row(footage, ("all queries, with the detector's word",), written, fused, things),
        ]
    for kind in dict.fromkeys(one.kind for one in asked):
        rows.append(_row(footage, (kind,), [one for one in asked if one.kind == kind], pictures, things))
    return rows, []


def gallery(sights: Sequence[Sight], vectors: Vectors | None) -> list[Thing]:
    """Put the crops of each object in each clip together."""
    rows: dict[tuple[str, str], list[int]] = {}
    for row, sight in enumerate(sights):
        rows.setdefault((sight.thing.id, sight.clip), []).append(row)
    return [
        Thing(
            name=f"{clip}|{ident}".replace(" ", "_"),
            object_class=class_of(sights[of[0]].thing.kind, sights[of[0]].thing.labels),
            labels={**sights[of[0]].thing.labels, "class": sights[of[0]].thing.kind.value},
            text=sights[of[0]].thing.text,
            ident=ident,
            vectors=vectors[of] if vectors is not None else np.zeros((len(of), 0), np.float32),
        )
        for (ident, clip), of in rows.items()
    ]


def class_of(kind: Kind, labels: Mapping[str, str]) -> ObjectClass:
    """What a detector should call it."""
    if kind is Kind.PERSON:
        return ObjectClass.PERSON
    name = labels.get("type", kind.value)
    return ObjectClass(name) if name in tuple(ObjectClass) else {"van": ObjectClass.TRUCK}.get(name, ObjectClass.CAR)


def by_labels(query: Query, things: Sequence[Thing]) -> Asked:
    """Who is right for a written query."""
    verdicts = {thing.name: holds(query.right, thing.labels) for thing in things}
    return Asked(
        query.text,
        query.kind,
        frozenset(name for name, verdict in verdicts.items() if verdict),
        frozenset(name for name, verdict in verdicts.items() if verdict is None),
    )


def own_words(things: Sequence[Thing]) -> list[Asked]:
    """Every description as a query for those whom it describes, wherever they are seen."""
    described: dict[str, set[str]] = {}
    for thing in things:
        if thing.text:
            described.setdefault(neutral(thing.text), set()).add(thing.ident)
    return [
        Asked(text, OWN_WORDS, frozenset(thing.name for thing in things if thing.ident in idents), frozenset())
        for text, idents in described.items()
    ]


def neutral(text: str) -> str:
    """A description with its "man", "woman" … said as "person": nobody is asked for by gender."""
    return _GENDERED.sub("person", text)


def holds(right: Mapping[str, Condition], labels: Mapping[str, str]) -> bool | None:
    """Whether all conditions hold of an object; None where that is not known."""
    verdicts = [_one_holds(name, condition, labels) for name, condition in right.items()]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _one_holds(name: str, condition: Condition, labels: Mapping[str, str]) -> bool | None:
    if name not in labels:
        # A car has no sleeves, and somebody on foot is no vehicle; an unlabelled colour may be any.
        person = labels["class"] == Kind.PERSON
        asked_of = _VEHICLE_LABELS if person else _PERSON_LABELS
        return False if name in asked_of else None
    if isinstance(condition, dict):
        return not _among(labels[name], condition["not"])
    return _among(labels[name], condition)


def _among(value: str, wanted: str | list[str]) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def _tells(asked: Asked, things: Sequence[Thing]) -> bool:
    """Whether it can be told good ranking from bad: some are right, some are wrong."""
    return bool(asked.right) and len(asked.right) + len(asked.unknown) < len(things)


def measured(asked: Sequence[Asked], scores: Mapping[str, Mapping[str, float]]) -> dict[str, list[float]]:
    """Every measure of every query, in order."""
    truth = {str(number): dict.fromkeys(one.right, 1) for number, one in enumerate(asked)}
    run: dict[str, dict[str, float]] = {
        str(number): {name: score for name, score in scores[one.text].items() if name not in one.unknown}
        for number, one in enumerate(asked)
    }
    wanted: Any = {"success.1,5,10", "map", "ndcg_cut.10"}
    said = pytrec_eval.RelevanceEvaluator(truth, wanted).evaluate(run)
    return {name: [said[str(number)][own] for number in range(len(asked))] for name, own in MEASURES.items()}


def chance_of_hit(right: int, among: int, first: int) -> float:
    """How likely at least one of `right` objects is among the `first` of `among` in random order."""
    return 1 - math.comb(among - right, min(first, among)) / math.comb(among, min(first, among))


def chance_of_precision(right: int, among: int) -> float:
    """Average precision that a random order is expected to have (Bestgen 2015)."""
    ranks = np.arange(1, among + 1)
    return float(((1 + (ranks - 1) * (right - 1) / max(1, among - 1)) / ranks).mean())


def _row(
    footage: str,
    subject: tuple[str, ...],
    asked: Sequence[Asked],
    scores: Mapping[str, Mapping[str, float]],
    things: Sequence[Thing],
) -> Row:
    texts = [one.text for one in asked]
    among = [len(things) - len(one.unknown) for one in asked]
    rights = [len(one.right) for one in asked]
    return Row(
        SECTION,
        footage,
        subject,
        {
            **{name: mean_over(texts, values) for name, values in measured(asked, scores).items()},
            "chance recall@5": float(
                np.mean([chance_of_hit(right, some, 5) for right, some in zip(rights, among, strict=True)])
            ),
            "chance mAP": float(
                np.mean([chance_of_precision(right, some) for right, some in zip(rights, among, strict=True)])
            ),
            "queries": float(len(asked)),
            "objects": float(len(things)),
        },
    )
