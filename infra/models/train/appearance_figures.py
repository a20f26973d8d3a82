"""How well vectors tell one object from another, measured on what was never trained on, beside two peers."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from contracts.vocabulary import Subject
from infra.models.onnx_session import session_of
from infra.models.train import footage, real_tracks, rendered
from infra.models.train.real_tracks import RealTrack

if TYPE_CHECKING:
    from infra.models.train.plan import Plan

TEACHER_FILE = "person-reidentification-retail-0287.xml"
TEACHER_SHAPE = (256, 128)

Crops = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Way = Callable[[Crops], Vectors]

logger = logging.getLogger(__name__)


def measure(folder: Path, plan: "Plan", strong: Way | None) -> dict[str, float]:
    """Measure a served model: rank-1, the share of crops whose most alike crop shows the same object.

    - `one_by_one`: six people labelled by eye; a person's earlier crops are looked for among everybody's later ones.
    - `tracks`: the teacher detector's tracks in all held-out clips; the first half of each is looked for among the
      second halves of all of the same clip. `vehicles`: the same among vehicles only.
    - `rendered`: another camera's and light's sight of the same actor among all others; `rendered.people`,
      `rendered.vehicles`: of people (and riders) and of vehicles alone.

    Each for ours, a colour histogram (three strips) and, where it is there, the teacher.

    Args:
        folder: of the model, with `1/model.onnx`.
        plan: which pictures.
        strong: the teacher.
    """
    ways: dict[str, Way] = {"ours": served_vectors(folder), "histogram": histograms}
    if strong is not None:
        ways["retail_0287"] = strong
    held = rendered.crops(plan.cache, plan.held_out_crops, rendered.HELD_OUT_SEED)
    people = np.array(["upper" in seen for seen in held.attributes])
    tracks = real_tracks.tracks(plan.shared, footage.HELD_OUT_CLIPS, plan.sample_every)
    figures: dict[str, float] = {}
    for name, way in ways.items():
        vectors = way(held.pictures)
        figures[f"rendered.rank1.{name}"] = _rank1_across(vectors, held.actors)
        for kind, rows in (("people", people), ("vehicles", ~people)):
            figures[f"rendered.{kind}.rank1.{name}"] = _rank1_across(vectors[rows], held.actors[rows])
        if tracks:
            figures |= {f"{what}.rank1.{name}": value for what, value in _among_tracks(way, tracks, plan).items()}
    return figures


def served_vectors(folder: Path) -> Way:
    """Load a model's file, to be asked for the vectors of crops of any size, UINT8 [N,H,W,3]."""
    session = session_of(folder / "1" / "model.onnx")
    height, width = session.get_inputs()[0].shape[2:]

    def vectors(pictures: Crops) -> Vectors:
        found = []
        for picture in pictures:
            sized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            found.append(session.run(None, {"image": np.ascontiguousarray(sized.transpose(2, 0, 1)[None])})[0])
        return np.concatenate(found)

    return vectors


def histograms(pictures: Crops) -> Vectors:
    """Give colour histograms (hue and saturation, three strips) as vectors of unit length: what must be beaten.

    Args:
        pictures: UINT8 [N,192,128,3].
    """
    vectors = []
    for picture in pictures:
        colours = cv2.cvtColor(picture[:, 24:104], cv2.COLOR_RGB2HSV)
        strips = [
            cv2.calcHist([strip], [0, 1], None, [12, 6], [0, 180, 0, 256]).ravel() for strip in np.split(colours, 3)
        ]
        vectors.append(np.sqrt(np.concatenate(strips)))
    stacked = np.stack(vectors)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)


def teacher_vectors(models: Path) -> Way | None:
    """Load the re-identification teacher; None where its weights or the OpenVINO runtime are absent."""
    path = models / TEACHER_FILE
    if not path.is_file():
        return None
    try:
        import openvino
    except ModuleNotFoundError:
        logger.warning("appearance: no OpenVINO runtime, going on without the teacher")
        return None
    model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_NUM_THREADS": 1})
    request = model.create_infer_request()

    def vectors(pictures: Crops) -> Vectors:
        found = []
        for picture in pictures:
            sized = cv2.resize(picture, (TEACHER_SHAPE[1], TEACHER_SHAPE[0]))[:, :, ::-1]
            request.infer({0: np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32)})
            found.append(request.get_output_tensor(0).data.ravel().copy())
        stacked = np.stack(found)
        return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), np.float32)

    return vectors


def _among_tracks(way: Way, tracks: list[RealTrack], plan: "Plan") -> dict[str, float]:
    vectors = way(np.concatenate([track.pictures for track in tracks]))
    lengths = [len(track.pictures) for track in tracks]
    numbers = np.repeat(np.arange(len(tracks)), lengths)
    clips = np.repeat([footage.HELD_OUT_CLIPS.index(track.clip) for track in tracks], lengths)
    figures = {"tracks": _rank1_halves(vectors, numbers, clips)}
    people = _labelled_people(plan.shared, tracks)
    rows = people >= 0
    if rows.any():
        figures["one_by_one"] = _rank1_halves(vectors[rows], people[rows], clips[rows])
    rows = np.repeat([track.subject is Subject.VEHICLE for track in tracks], lengths)
    if rows.any():
        figures["vehicles"] = _rank1_halves(vectors[rows], numbers[rows], clips[rows])
    return figures


def _labelled_people(shared: Path, tracks: list[RealTrack]) -> npt.NDArray[np.int64]:
    """Number the people of the one-by-one clip by the labelled intervals; -1 for every other sight."""
    numbers = np.full(sum(len(track.pictures) for track in tracks), -1, np.int64)
    truth = shared / "footage" / "truth.json"
    clip = footage.HELD_OUT_CLIPS[0]
    if not truth.is_file():
        return numbers
    labelled = json.loads(truth.read_text())["clips"][clip]
    start = 0
    for track in tracks:
        if track.clip == clip and track.subject is Subject.PERSON:
            for number, person in enumerate(labelled["persons"]):
                first, last = person["frames"]
                inside = (track.seconds * labelled["fps"] >= first) & (track.seconds * labelled["fps"] <= last)
                numbers[start : start + len(inside)][inside] = number
        start += len(track.pictures)
    return numbers


def _rank1_halves(vectors: Vectors, objects: npt.NDArray[Any], groups: npt.NDArray[Any]) -> float:
    """Look for each object's earlier crops among all later crops of the same group."""
    early = np.zeros(len(objects), bool)
    for thing in np.unique(objects):
        rows = np.flatnonzero(objects == thing)
        early[rows[: len(rows) // 2]] = True
    likeness = vectors[early] @ vectors[~early].T
    likeness[groups[early][:, None] != groups[~early][None]] = -2
    return round(float((objects[~early][likeness.argmax(1)] == objects[early]).mean()), 4)


def _rank1_across(vectors: Vectors, objects: npt.NDArray[np.int64]) -> float:
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    return round(float((objects[likeness.argmax(1)] == objects).mean()), 4)
