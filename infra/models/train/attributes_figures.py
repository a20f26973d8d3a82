"""How often the attributes are right and how far their probabilities may be believed, beside two peers."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from contracts.vocabulary import ATTRIBUTE_GROUPS, COLOURS
from infra.models.train import footage, real_tracks, rendered, repaint
from infra.models.train.appearance_figures import served_vectors
from infra.models.train.attribute_labels import label_row, rendered_labels
from infra.models.train.repaint import Region
from infra.rendered_site.looks import tint

if TYPE_CHECKING:
    from infra.models.train.plan import Plan

PERSON_TEACHER = "person-attributes-recognition-crossroad-0230.xml"
VEHICLE_TEACHER = "vehicle-attributes-recognition-barrier-0039.xml"
PERSON_ANSWERS = {1: "person.bag", 2: "person.backpack", 3: "person.hat", 4: "person.sleeves", 5: "person.legs"}
"""The peer's outputs that are read, by their place. Its place 0 says a gender: it is never read."""
VEHICLE_COLOURS = ("white", "grey", "yellow", "red", "green", "blue", "black")
VEHICLE_TYPES = ("car", "bus", "truck", "van")
BINS = 10

Crops = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]
Way = Callable[[Crops], dict[str, Probabilities]]

logger = logging.getLogger(__name__)


def measure(folder: Path, plan: "Plan") -> dict[str, float]:
    """Measure a served model on what was never trained on.

    - `rendered`: held-out renderings; `real`: sights of tracks of held-out clips, labelled by eye, each track counting
      the same.
    - `top1`: the share of right first answers; `ece`: the expected calibration error (Guo et al. 2017) in ten bins;
      `usual`: the share of the commonest answer, which a guess would reach; `objects`: how many were asked about.
    - Peers: `crossroad_0230` and `barrier_0039` where OpenVINO and their weights are there; `pixels`: the colour name
      nearest to the median colour of the middle of a garment or a vehicle.

    Args:
        folder: of the model, with `1/model.onnx`.
        plan: which pictures.
    """
    ways: dict[str, Way] = {"ours": served(folder), "pixels": named_pixels} | _peers(plan.shared / "models")
    held = rendered.crops(plan.cache, plan.held_out_crops, rendered.HELD_OUT_SEED)
    told = np.array([label_row(rendered_labels(seen)) for seen in held.attributes])
    figures = _figures("rendered", ways, held.pictures, told, held.actors)
    tracks = [
        track for track in real_tracks.tracks(plan.shared, footage.HELD_OUT_CLIPS, plan.sample_every) if track.labels
    ]
    if tracks:
        rows = [
            label_row({f"{track.subject}.{name}": value for name, value in track.labels.items()}) for track in tracks
        ]
        lengths = [len(track.pictures) for track in tracks]
        pictures = np.concatenate([track.pictures for track in tracks])
        figures |= _figures(
            "real", ways, pictures, np.repeat(rows, lengths, axis=0), np.repeat(np.arange(len(tracks)), lengths)
        )
    return figures


def served(folder: Path) -> Way:
    """Load a model's file, to be asked for the probabilities of each group's values."""
    run = served_vectors(folder)
    ends = np.cumsum([len(group.values) for group in ATTRIBUTE_GROUPS])[:-1]

    def answers(pictures: Crops) -> dict[str, Probabilities]:
        parts = np.split(run(pictures), ends, axis=1)
        return {group.key: part for group, part in zip(ATTRIBUTE_GROUPS, parts, strict=True)}

    return answers


def named_pixels(pictures: Crops) -> dict[str, Probabilities]:
    """Name the median colour of the middle of garments and vehicles by the nearest tint that the renderer paints."""
    rng = np.random.default_rng(0)
    tints = np.array([[tint(rng, colour) for _ in range(40)] for colour in COLOURS], np.uint8)
    known = cv2.cvtColor(tints, cv2.COLOR_RGB2LAB).astype(np.float32).reshape(-1, 3)

    def named(region: Region) -> Probabilities:
        top, bottom, left, right = region.middle
        height, width = pictures.shape[1:3]
        middle = pictures[:, int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
        medians = np.median(middle.reshape(len(pictures), -1, 3), axis=1).astype(np.uint8)
        places = cv2.cvtColor(medians[None], cv2.COLOR_RGB2LAB).astype(np.float32)[0]
        nearest = np.linalg.norm(places[:, None] - known[None], axis=2).argmin(1) // tints.shape[1]
        return np.asarray(np.eye(len(COLOURS))[nearest], np.float32)

    return {
        "person.upper_colour": named(repaint.UPPER),
        "person.lower_colour": named(repaint.LOWER),
        "vehicle.colour": named(repaint.BODYWORK),
    }


def calibration_error(
    sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> float:
    """Give the expected calibration error: how far, bin by bin of sureness, the share of right answers is from it.

    Args:
        sure: [n], probability of the first answer, 0-1.
        right: [n], whether it was right.
        weights: [n], how much each counts; they sum to 1.
    """
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        rows = bins == number
        error += abs(float((weights[rows] * (sure[rows] - right[rows])).sum()))
    return error


def _figures(
    kind: str,
    ways: dict[str, Way],
    pictures: Crops,
    labels: npt.NDArray[np.int64],
    objects: npt.NDArray[np.int64],
) -> dict[str, float]:
    figures: dict[str, float] = {}
    given = {name: way(pictures) for name, way in ways.items()}
    for column, group in enumerate(ATTRIBUTE_GROUPS):
        rows = labels[:, column] >= 0
        if not rows.any():
            continue
        wanted = labels[rows, column]
        _, places, sizes = np.unique(objects[rows], return_inverse=True, return_counts=True)
        weights = 1 / sizes[places] / len(sizes)
        shares = np.bincount(wanted, weights)
        figures[f"{kind}.{group.key}.objects"] = len(sizes)
        figures[f"{kind}.{group.key}.usual"] = round(float(shares.max()), 4)
        for name, answers in given.items():
            if group.key not in answers:
                continue
            likely = answers[group.key][rows]
            right = likely.argmax(1) == wanted
            figures[f"{kind}.{group.key}.top1.{name}"] = round(float((weights * right).sum()), 4)
            if name != "pixels":
                error = calibration_error(likely.max(1).astype(np.float64), right, weights)
                figures[f"{kind}.{group.key}.ece.{name}"] = round(error, 4)
    return figures


def _peers(models: Path) -> dict[str, Way]:
    """Load the two classifiers of the Open Model Zoo; none where they or the OpenVINO runtime are absent."""
    if not (models / PERSON_TEACHER).is_file() or not (models / VEHICLE_TEACHER).is_file():
        return {}
    try:
        import openvino
    except ModuleNotFoundError:
        logger.warning("attributes: no OpenVINO runtime, measuring without the peers")
        return {}
    core = openvino.Core()

    def compiled(name: str) -> openvino.CompiledModel:
        return core.compile_model(str(models / name), "CPU", {"INFERENCE_NUM_THREADS": 1})

    person, vehicle = compiled(PERSON_TEACHER), compiled(VEHICLE_TEACHER)
    groups = {group.key: group for group in ATTRIBUTE_GROUPS}

    def of_people(pictures: Crops) -> dict[str, Probabilities]:
        said = np.stack([person(_blob(picture, 160, 80))["453"].reshape(-1) for picture in pictures])
        return {key: np.stack([1 - said[:, place], said[:, place]], 1) for place, key in PERSON_ANSWERS.items()}

    def of_vehicles(pictures: Crops) -> dict[str, Probabilities]:
        answers: dict[str, list[npt.NDArray[np.float32]]] = {"vehicle.colour": [], "vehicle.type": []}
        for picture in pictures:
            said = vehicle(_blob(picture, 72, 72))
            for key, output, words in (
                ("vehicle.colour", "color", VEHICLE_COLOURS),
                ("vehicle.type", "type", VEHICLE_TYPES),
            ):
                row = np.zeros(len(groups[key].values), np.float32)
                row[[groups[key].values.index(word) for word in words]] = said[output].reshape(-1)
                answers[key].append(row)
        return {key: np.stack(rows) for key, rows in answers.items()}

    return {"crossroad_0230": of_people, "barrier_0039": of_vehicles}


def _blob(picture: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.float32]:
    sized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[:, :, ::-1]
    return np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32)
