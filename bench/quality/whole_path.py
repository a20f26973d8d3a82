"""Text → track, the whole path: is somebody found by their own description among the tracks that ingest would store?

Every clip goes through the profile's detector and ingest's tracker; up to three crops of each track are embedded;
tracks are ranked as search ranks them, picture and detector's word together. So whoever is never found or followed is
never found by words either, and counts as missed. A track is of an object if it lies on its boxes; of an object without
boxes, if it is of its kind and mostly within its interval: with several people in view at once this is lenient.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import av
import numpy as np

from bench.quality.detection import overlaps
from bench.quality.estimate import mean_over
from bench.quality.looking import KINDS, Watched
from bench.quality.retrieval import MEASURES, Asked, chance_of_hit, measured, neutral
from bench.quality.table import Note, Row
from bench.quality.tracking import OWN_SHARE, SAME_IOU, edges_of, microseconds, shared_time, tracks_of
from bench.quality.truth import Labelled
from bench.quality.weights import Vectors, Weights
from contracts.vocabulary import DETECTOR_CLASSES, ObjectClass
from kit.pixels import Pixels
from services.ingest.adapters.pictures import OpenCvPictures
from services.ingest.model.crop import CROPS_PER_TRACK, MARGIN
from services.ingest.model.track import OpenTrack, PathPoint
from services.search.model.search import CAPTION_WEIGHT, CAPTIONS

SECTION = "text to track, the whole path"


@dataclass(frozen=True)
class Stored:
    """One track of the gallery, with the vectors of its crops [k,D]."""

    name: str
    object_class: ObjectClass
    vectors: Vectors


def measure(footage: str, watched: Sequence[Watched], weights: Weights) -> tuple[list[Row], list[Note]]:
    """One row: every described object asked for by its own words among all tracks."""
    if weights.network("embed_text") is None or not weights.one_space:
        return [], []
    described = [(one, thing) for one in watched for thing in one.clip.objects if thing.text]
    if not described:
        return [], []
    tracks = {one.clip.name: tracks_of(one) for one in watched}
    stored = [track for one in watched for track in _stored(one, tracks[one.clip.name], weights)]
    if not stored:
        return [], [Note(SECTION, f"{footage}: ingest would store no track at all")]
    # Whoever is described in the same words is as right.
    right: dict[str, set[str]] = {}
    for one, thing in described:
        right.setdefault(neutral(thing.text), set()).update(own_tracks(one, thing, tracks[one.clip.name]))
    found = [text for text, names in right.items() if names]
    missed = [text for text, names in right.items() if not names]
    asked = [Asked(text, SECTION, frozenset(right[text]), frozenset()) for text in found]
    said = measured(asked, _scores(found, stored, weights)) if asked else {name: [] for name in MEASURES}
    chances = [chance_of_hit(len(right[text]), len(stored), 5) for text in found]
    figures = {name: mean_over([*found, *missed], [*values, *[0.0] * len(missed)]) for name, values in said.items()}
    row = Row(
        SECTION,
        footage,
        ("its own description",),
        {
            **figures,
            "chance recall@5": sum(chances) / len(right),
            "descriptions": float(len(right)),
            "never followed": float(len(missed)),
            "tracks": float(len(stored)),
        },
    )
    return [row], []


def _scores(texts: Sequence[str], stored: Sequence[Stored], weights: Weights) -> Mapping[str, Mapping[str, float]]:
    captions = dict(zip(CAPTIONS, weights.sentences(list(CAPTIONS.values())), strict=True))
    return {
        text: {
            track.name: (1 - CAPTION_WEIGHT) * float((track.vectors @ vector).max())
            + CAPTION_WEIGHT * float(captions[track.object_class] @ vector)
            for track in stored
        }
        for text, vector in zip(texts, weights.sentences(texts), strict=True)
    }


def own_tracks(watched: Watched, thing: Labelled, tracks: Iterable[OpenTrack]) -> set[str]:
    """The names of the tracks that are of an object."""
    placed = {microseconds(watched, box.frame): box.edges for box in thing.boxes}
    own = set()
    for track in tracks:
        if KINDS[DETECTOR_CLASSES.index(track.object_class)] is not thing.kind:
            continue
        if placed:
            mutual = [point for point in track.path if point.at_us in placed] or _near(track, placed)
            on = [point for point in mutual if _on(point, placed)]
            belongs = bool(mutual) and len(on) >= OWN_SHARE * len(mutual)
        else:
            inside = shared_time(watched, thing, track)
            belongs = inside >= OWN_SHARE * max(1, track.last_us - track.first_us)
        if belongs:
            own.add(_name(watched, track))
    return own


def _near(track: OpenTrack, placed: Mapping[int, tuple[float, float, float, float]]) -> list[PathPoint]:
    """The points of a track at about the moments of the boxes, where the frames are not the same."""
    close = 150_000
    return [point for point in track.path if any(abs(point.at_us - moment) <= close for moment in placed)]


def _on(point: PathPoint, placed: Mapping[int, tuple[float, float, float, float]]) -> bool:
    moment = min(placed, key=lambda one: abs(one - point.at_us))
    own, theirs = (np.array([edges], np.float32) for edges in (edges_of(point.box), placed[moment]))
    return bool(overlaps(own, theirs)[0, 0] >= SAME_IOU)


def _stored(watched: Watched, tracks: Sequence[OpenTrack], weights: Weights) -> list[Stored]:
    """The tracks with the vectors of their crops: a second pass, now that it is known what to cut out."""
    wanted: dict[int, list[tuple[str, PathPoint]]] = {}
    for track in tracks:
        for point in _best(track):
            frame = round(point.at_us / 1_000_000 * watched.fps)
            wanted.setdefault(frame, []).append((_name(watched, track), point))
    crops: dict[str, list[Pixels]] = {}
    if wanted:
        with av.open(str(watched.clip.path)) as container:
            for number, decoded in enumerate(container.decode(video=0)):
                if number in wanted:
                    picture = np.asarray(decoded.to_ndarray(format="rgb24"), np.uint8)
                    for name, point in wanted[number]:
                        cut = OpenCvPictures().cut_out(picture, point.box.widened(MARGIN))
                        crops.setdefault(name, []).append(cut)
    classes = {_name(watched, track): track.object_class for track in tracks}
    return [Stored(name, classes[name], weights.vectors("embed_image", cut)) for name, cut in crops.items()]


def _best(track: OpenTrack) -> list[PathPoint]:
    """As many points as crops are kept: the largest box of every third of the path."""
    thirds = np.array_split(np.arange(len(track.path)), CROPS_PER_TRACK)
    return [
        max((track.path[place] for place in third), key=lambda point: point.box.area) for third in thirds if len(third)
    ]


def _name(watched: Watched, track: OpenTrack) -> str:
    return f"{watched.clip.name}|{track.number}".replace(" ", "_")
