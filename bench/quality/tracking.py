"""How well objects are followed: HOTA (Luiten et al., IJCV 2021), IDF1 (Ristani et al., ECCV 2016), switches; and,
where only the people are known and not their boxes, into how many tracks each falls apart.

The tracker, its settings and the book of tracks are ingest's own; the measures are those of the package `trackers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from trackers.eval import (
    aggregate_clear_metrics,
    aggregate_hota_metrics,
    aggregate_identity_metrics,
    compute_clear_metrics,
    compute_hota_metrics,
    compute_identity_metrics,
)

from bench.quality.detection import IOU, LEAST_VISIBLE, overlaps
from bench.quality.estimate import Counts, Estimate, bootstrapped, mean_over
from bench.quality.looking import FRAMES_PER_SECOND, KINDS, Watched
from bench.quality.table import Row
from bench.quality.truth import Edges, Kind, Labelled
from bench.quality.weights import Found
from contracts.vocabulary import DETECTOR_CLASSES
from services.ingest.adapters.bytetrack import ByteTracks
from services.ingest.model.observation import Box, Detection, without_doubles
from services.ingest.model.track import OpenTrack, TrackBook
from services.ingest.settings import AnalysisSettings

SAME_IOU = 0.3
"""A track that overlaps a labelled box so much at the same moment is of that person."""
SAME_MOMENT_US = 300_000
OWN_SHARE = 0.5
"""A track without a labelled box nearby is of the person who is alone in view for so much of it."""


@dataclass(frozen=True)
class Scene:
    """One clip's truth and tracks of one kind, frame by frame, as the measures want them."""

    truth: list[npt.NDArray[np.int64]]
    tracks: list[npt.NDArray[np.int64]]
    likeness: list[npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Followed:
    """One labelled person: how many tracks are of it, and how much of its time they cover."""

    thing: Labelled
    tracks: int
    covered: float


def measure(footage: str, watched: Sequence[Watched]) -> list[Row]:
    """HOTA, IDF1 and switches where every frame has its boxes; fragments where people are known by their intervals."""
    boxed = [one for one in watched if _every_frame_is_complete(one)]
    loose = [one for one in watched if one not in boxed]
    rows = []
    tracks = {one.clip.name: tracks_of(one) for one in watched}
    for kind in (Kind.PERSON, Kind.VEHICLE):
        sequences = [sequence_of(one, tracks[one.clip.name], kind) for one in boxed]
        sequences = [one for one in sequences if any(len(ids) for ids in one.truth)]
        if sequences:
            rows.append(Row("tracking", footage, ("overall", kind), _measured(sequences)))
    followed = {one.clip.name: followed_of(one, tracks[one.clip.name]) for one in loose}
    followed = {clip: people for clip, people in followed.items() if people}
    if len(followed) > 1:
        rows.append(_fragments(footage, "overall", [one for people in followed.values() for one in people]))
    return rows + [_fragments(footage, clip, people) for clip, people in followed.items()]


def tracks_of(watched: Watched) -> list[OpenTrack]:
    """What ingest would store of this clip: every sampled frame through the tracker, noise left out."""
    settings = AnalysisSettings()
    tracker = ByteTracks(
        watched.height / watched.width,
        {},
        frames_per_second=FRAMES_PER_SECOND,
        missing_seconds=settings.tracks.missing_seconds,
    )
    book = TrackBook(settings.tracks)
    ended: list[OpenTrack] = []
    for look in watched.looks:
        if look.sampled:
            at_us = microseconds(watched, look.frame)
            detections = without_doubles(_detections(look.found, settings.least_score))
            book.observe(at_us, detections, tracker.update(at_us, detections))
            ended.extend(book.close(at_us))
    ended.extend(book.close_all())
    return [track for track in ended if book.counts(track)]


def sequence_of(watched: Watched, tracks: Sequence[OpenTrack], kind: Kind) -> Scene:
    """Truth and tracks of one kind in every sampled frame. What can hardly be seen counts neither way."""
    truth: dict[int, list[tuple[int, Edges]]] = {}
    hidden: dict[int, list[Edges]] = {}
    for number, one in enumerate(watched.clip.objects):
        for placed in one.boxes if one.kind is kind else ():
            if placed.visible >= LEAST_VISIBLE:
                truth.setdefault(placed.frame, []).append((number, placed.edges))
            else:
                hidden.setdefault(placed.frame, []).append(placed.edges)
    seen: dict[int, list[tuple[int, Edges]]] = {}
    for track in tracks:
        if KINDS[DETECTOR_CLASSES.index(track.object_class)] is kind:
            for point in track.path:
                seen.setdefault(point.at_us, []).append((track.number, edges_of(point.box)))
    sequence = Scene([], [], [])
    for look in watched.looks:
        if not look.sampled:
            continue
        real, found = truth.get(look.frame, []), seen.get(microseconds(watched, look.frame), [])
        like = overlaps(_table(real), _table(found))
        beside = overlaps(np.array(hidden.get(look.frame, []), np.float32).reshape(-1, 4), _table(found))
        counts = (like.max(0, initial=0) >= IOU) | (beside.max(0, initial=0) < IOU)
        sequence.truth.append(np.array([number for number, _ in real], np.int64))
        sequence.tracks.append(np.array([number for number, _ in found], np.int64)[counts])
        sequence.likeness.append(like[:, counts])
    return sequence


def followed_of(watched: Watched, tracks: Sequence[OpenTrack]) -> list[Followed]:
    """Every person of a clip of whom it can be told which tracks are of them, with these tracks."""
    everybody = [one for one in watched.clip.objects if one.kind is Kind.PERSON]
    people = [one for one in everybody if _lasts(watched, one) and (one.boxes or _alone(one, everybody))]
    own: dict[str, list[OpenTrack]] = {one.id: [] for one in people}
    for track in tracks:
        owner = (
            _owner(watched, people, track) if KINDS[DETECTOR_CLASSES.index(track.object_class)] is Kind.PERSON else None
        )
        if owner is not None:
            own[owner.id].append(track)
    return [Followed(one, len(own[one.id]), _covered(watched, one, own[one.id])) for one in people]


def _alone(one: Labelled, people: Sequence[Labelled]) -> bool:
    """Whether nobody else is in view meanwhile: only then is it known whose a track is without boxes."""
    return not any(other is not one and other.first <= one.last and one.first <= other.last for other in people)


def _lasts(watched: Watched, one: Labelled) -> bool:
    """Whether somebody is known to be in view long enough to be a track."""
    return (one.last - one.first) / watched.fps >= AnalysisSettings().tracks.least_seconds


def _owner(watched: Watched, people: Sequence[Labelled], track: OpenTrack) -> Labelled | None:
    best, owner = SAME_IOU, None
    for one in people:
        for placed in one.boxes:
            at_us = microseconds(watched, placed.frame)
            near = min(track.path, key=lambda point: abs(point.at_us - at_us))
            overlap = near.box.overlap(Box(*placed.edges))
            if abs(near.at_us - at_us) <= SAME_MOMENT_US and overlap >= best:
                best, owner = overlap, one
    if owner is not None:
        return owner
    for one in people:
        inside = shared_time(watched, one, track) / max(1, track.last_us - track.first_us)
        if not one.boxes and inside >= OWN_SHARE:
            return one
    return None


def _covered(watched: Watched, one: Labelled, tracks: Sequence[OpenTrack]) -> float:
    """Share of a person's interval in which some track of it runs."""
    cells = np.linspace(microseconds(watched, one.first), microseconds(watched, one.last), 101)
    inside = [any(track.first_us <= cell <= track.last_us for track in tracks) for cell in cells]
    return float(np.mean(inside))


def shared_time(watched: Watched, one: Labelled, track: OpenTrack) -> int:
    """For how many microseconds a track runs while an object is in view."""
    first, last = microseconds(watched, one.first), microseconds(watched, one.last)
    return max(0, min(last, track.last_us) - max(first, track.first_us))


def _fragments(footage: str, clip: str, people: Sequence[Followed]) -> Row:
    ids = [one.thing.id for one in people]
    found = [one for one in people if one.tracks]
    return Row(
        "tracking",
        footage,
        (clip, "person"),
        {
            "tracks/person": mean_over([one.thing.id for one in found], [one.tracks for one in found])
            if found
            else Estimate(float("nan"), float("nan"), float("nan"), 0),
            "covered": mean_over(ids, [one.covered for one in people]),
            "people": float(len(people)),
            "never followed": float(len(people) - len(found)),
        },
    )


def _measured(sequences: Sequence[Scene]) -> Mapping[str, Estimate | float]:
    computed = [
        [measured(one.truth, one.tracks, one.likeness) for one in sequences]
        for measured in (compute_hota_metrics, compute_identity_metrics, compute_clear_metrics)
    ]

    def estimate(metrics: list[dict[str, float]], aggregate: object, name: str) -> Estimate:
        def over(counts: Counts) -> float:
            drawn = [one for one, times in zip(metrics, counts, strict=True) for _ in range(times)]
            return float(aggregate(drawn)[name])  # type: ignore[operator]

        return bootstrapped(over, len(metrics))

    hota, identity, clear = computed
    return {
        "HOTA": estimate(hota, aggregate_hota_metrics, "HOTA"),
        "IDF1": estimate(identity, aggregate_identity_metrics, "IDF1"),
        "DetA": estimate(hota, aggregate_hota_metrics, "DetA"),
        "AssA": estimate(hota, aggregate_hota_metrics, "AssA"),
        "switches": float(aggregate_clear_metrics(clear)["IDSW"]),
        "objects": float(sum(len(np.unique(np.concatenate(one.truth))) for one in sequences)),
    }


def _every_frame_is_complete(watched: Watched) -> bool:
    complete = set(watched.clip.complete)
    return all(look.frame in complete for look in watched.looks if look.sampled)


def _detections(found: Found, least_score: float) -> list[Detection]:
    # Rounded as the service rounds what Triton says.
    return [
        Detection(Box(*(round(float(edge), 4) for edge in box)), round(float(score), 3), DETECTOR_CLASSES[int(klass)])
        for box, score, klass in zip(found.boxes, found.scores, found.classes, strict=True)
        if score >= least_score
    ]


def microseconds(watched: Watched, frame: int) -> int:
    """When a frame is, since the clip's beginning."""
    return round(frame / watched.fps * 1_000_000)


def edges_of(box: Box) -> Edges:
    """A box as its edges."""
    return box.left, box.top, box.right, box.bottom


def _table(some: Sequence[tuple[int, Edges]]) -> npt.NDArray[np.float32]:
    return np.array([edges for _, edges in some], np.float32).reshape(-1, 4)
