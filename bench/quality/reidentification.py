"""Picture → object: is the nearest other picture of the same object, inside one camera and across cameras?

Rank-1 and mean average precision as for Market-1501 (Zheng et al., ICCV 2015): pictures of the same object at about the
same moment are left out, and so are queries of which nothing else is left. Intervals are over objects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bench.quality.estimate import mean_over
from bench.quality.looking import Sight
from bench.quality.table import Row
from bench.quality.truth import Kind
from bench.quality.weights import Vectors, Weights, unit
from kit.pixels import Pixels

APART_SECONDS = 1.0
RETAIL_FILE = "person-reidentification-retail-0287.xml"
RETAIL_SHAPE = (128, 256)
"""Width and height of what it looks at."""

Describe = Callable[[Sequence[Pixels]], Vectors]


@dataclass(frozen=True)
class Answer:
    """How one query went."""

    ident: str
    first: bool
    precision: float


def measure(footage: str, sights: Sequence[Sight], weights: Weights, models: Path | None) -> list[Row]:
    """Rows by kind, inside and across cameras, of the profile's two spaces and their peers."""
    rows: list[Row] = []
    for kind in (Kind.PERSON, Kind.VEHICLE):
        # What stands still shows the same picture twice, and says nothing.
        own = [s for s in sights if s.thing.kind is kind and s.thing.labels.get("action") != "parked"]
        if not own:
            continue
        for name, describe in describers(weights, models if kind is Kind.PERSON else None).items():
            vectors = describe([sight.pixels for sight in own])
            for where, candidates in (("inside", inside(own)), ("across", across(own))):
                rows += _rows(footage, f"{kind}, {where} cameras", name, own, answers(own, vectors, candidates))
    return sorted(rows, key=lambda row: row.subject[0])


def describers(weights: Weights, models: Path | None) -> dict[str, Describe]:
    """What gives vectors: the profile's own spaces, a colour histogram, and a bigger network where it is at hand."""
    found: dict[str, Describe] = {}
    for slot in ("appearance", "embed_image"):
        network = weights.network(slot)
        if network is not None:
            found[f"{'semantic' if slot == 'embed_image' else slot} ({network.weights})"] = _by(weights, slot)
    found["colour histogram"] = histograms
    if models is not None and (models / RETAIL_FILE).is_file():
        found["retail-0287"] = retail(models / RETAIL_FILE)
    return found


def inside(sights: Sequence[Sight]) -> npt.NDArray[np.bool_]:
    """Which are compared [N,N]: the same clip, but not the same object at about the same moment."""
    clips, objects = (np.array(names) for names in zip(*((s.clip, s.thing.id) for s in sights), strict=True))
    seconds = np.array([sight.seconds for sight in sights])
    near = np.abs(seconds[:, None] - seconds[None]) < APART_SECONDS
    same = objects[:, None] == objects[None]
    return np.asarray((clips[:, None] == clips[None]) & ~(same & near))


def across(sights: Sequence[Sight]) -> npt.NDArray[np.bool_]:
    """Which are compared [N,N]: those of every other clip."""
    clips = np.array([sight.clip for sight in sights])
    return np.asarray(clips[:, None] != clips[None])


def answers(sights: Sequence[Sight], vectors: Vectors, candidates: npt.NDArray[np.bool_]) -> list[Answer]:
    """Ask for every sight that has a right candidate."""
    objects = np.array([sight.thing.id for sight in sights])
    likeness = vectors @ vectors.T
    found = []
    for row, ident in enumerate(objects):
        rows = np.flatnonzero(candidates[row])
        right = objects[rows] == ident
        if right.any() and not right.all():
            ranked = right[np.argsort(-likeness[row, rows], kind="stable")]
            found.append(Answer(str(ident), bool(ranked[0]), average_precision(ranked)))
    return found


def average_precision(ranked: npt.NDArray[np.bool_]) -> float:
    """Of a ranking, right or wrong, best first; at least one is right."""
    places = np.flatnonzero(ranked)
    return float(((np.arange(len(places)) + 1) / (places + 1)).mean())


def histograms(crops: Sequence[Pixels]) -> Vectors:
    """Hue and saturation in three strips, from top to bottom, of the middle two thirds: what must be beaten."""
    vectors = []
    for crop in crops:
        colours = cv2.cvtColor(cv2.resize(crop, (96, 192)), cv2.COLOR_RGB2HSV)[:, 16:80]
        strips = [
            cv2.calcHist([np.ascontiguousarray(strip)], [0, 1], None, [12, 6], [0, 180, 0, 256]).ravel()
            for strip in np.split(colours, 3)
        ]
        vectors.append(np.sqrt(np.concatenate(strips)))
    return unit(np.stack(vectors))


def retail(file: Path) -> Describe:
    """Open Model Zoo's person-reidentification-retail-0287, as its own description says it is fed: BGR, 0-255."""
    import openvino

    model = openvino.Core().compile_model(str(file), "CPU", {"INFERENCE_NUM_THREADS": 1})

    def vectors(crops: Sequence[Pixels]) -> Vectors:
        rows = []
        for crop in crops:
            sized = cv2.resize(crop, RETAIL_SHAPE)[:, :, ::-1]
            answer = model({0: np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32)})
            rows.append(np.asarray(answer[0]).ravel())
        return unit(np.stack(rows))

    return vectors


def _by(weights: Weights, slot: str) -> Describe:
    return lambda crops: weights.vectors(slot, crops)


def _rows(footage: str, where: str, name: str, sights: Sequence[Sight], answered: Sequence[Answer]) -> list[Row]:
    if not answered:
        return []
    clip_of = {sight.thing.id: sight.site for sight in sights}
    groups: Mapping[str, list[Answer]] = {}
    if footage != "rendered":
        sites = list(dict.fromkeys(clip_of[one.ident] for one in answered))
        groups = {site: [one for one in answered if clip_of[one.ident] == site] for site in sites}
    rows = [_row(footage, (where, "overall", name), answered)] if len(groups) != 1 else []
    return rows + [_row(footage, (where, site, name), some) for site, some in groups.items()]


def _row(footage: str, subject: tuple[str, ...], answered: Sequence[Answer]) -> Row:
    objects = [one.ident for one in answered]
    return Row(
        "picture to object",
        footage,
        subject,
        {
            "rank-1": mean_over(objects, [float(one.first) for one in answered]),
            "mAP": mean_over(objects, [one.precision for one in answered]),
            "queries": float(len(answered)),
            "objects": float(len(set(objects))),
        },
    )
