"""What the `attributes` model says of people and vehicles: how often its first answer is right, and whether its
probabilities mean what they say (expected calibration error, ten bins: Guo et al., ICML 2017)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.quality.estimate import mean_over
from bench.quality.looking import Sight
from bench.quality.table import Note, Row
from bench.quality.truth import Kind
from bench.quality.weights import Weights
from contracts.vocabulary import ATTRIBUTE_GROUPS, Subject

BINS = 10
SECTION = "attributes"


def measure(footage: str, sights: Sequence[Sight], weights: Weights) -> tuple[list[Row], list[Note]]:
    """A row for every attribute that some object is labelled with."""
    if weights.network("attributes") is None:
        return [], [Note(SECTION, f"{footage}: no profile serves `attributes`")]
    if not sights:
        return [], [Note(SECTION, f"{footage}: no object is labelled")]
    said = weights.attributes([sight.pixels for sight in sights])
    rows = []
    for group in ATTRIBUTE_GROUPS:
        asked = [
            (sight, answers[group.key])
            for sight, answers in zip(sights, said, strict=True)
            if group.name in sight.thing.labels and _concerns(group.subject, sight.thing.kind) and group.key in answers
        ]
        if asked:
            rows.append(_row(footage, group.key, asked))
    return rows, []


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Mean gap between how sure and how right, over bins of equal width, weighted by how much is in them."""
    sure: npt.NDArray[np.float64] = np.array(confidences, float)
    hit = np.array(right, float)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [
        abs(sure[bins == one].mean() - hit[bins == one].mean()) * (bins == one).mean() for one in set(bins.tolist())
    ]
    return float(sum(gaps))


def _concerns(subject: Subject, kind: Kind) -> bool:
    return (subject is Subject.PERSON) == (kind is Kind.PERSON)


def _row(footage: str, key: str, asked: Sequence[tuple[Sight, dict[str, float]]]) -> Row:
    name = key.split(".", 1)[1]
    answers = [max(answer, key=lambda value: answer[value]) for _, answer in asked]
    truths = [sight.thing.labels[name] for sight, _ in asked]
    right = [answer == truth for answer, truth in zip(answers, truths, strict=True)]
    sure = [max(answer.values()) for _, answer in asked]
    # A value that is true of few is told from the rest only if the mean over values is high.
    by_value = [
        float(np.mean([hit for hit, truth in zip(right, truths, strict=True) if truth == value]))
        for value in sorted(set(truths))
    ]
    return Row(
        SECTION,
        footage,
        (key,),
        {
            "top-1": mean_over([sight.thing.id for sight, _ in asked], [float(hit) for hit in right]),
            "mean over values": float(np.mean(by_value)),
            "most common": max(truths.count(value) for value in set(truths)) / len(truths),
            "ECE": calibration_error(sure, right),
            "objects": float(len({sight.thing.id for sight, _ in asked})),
            "crops": float(len(asked)),
        },
    )
