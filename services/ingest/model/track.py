"""Tracks: what the tracker's numbers become over a recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from contracts.vocabulary import ObjectClass
from services.ingest.model.crop import Crop
from services.ingest.model.observation import Box, Detection, Kind, kind_of

MAX_PATH_POINTS = 4000


@dataclass(frozen=True)
class TrackRules:
    """When a track begins, goes on, ends and counts."""

    missing_seconds: float = 2.5
    """Out of sight for longer: it has ended."""
    stitch_seconds: float = 2.0
    """A new one that begins where another was lost so long ago is the same one."""
    stitch_distance: float = 0.75
    """How far from there it may begin, in diagonals of its box."""
    seed_score: float = 0.3
    """Detections from this score on may be a track's first."""
    least_detections: int = 3
    """Fewer: it was noise."""
    least_seconds: float = 0.5
    """Shorter: it was noise."""


class PathPoint(msgspec.Struct, frozen=True, array_like=True):
    """Where a track was at one moment."""

    at_us: int
    box: Box


class OpenTrack(msgspec.Struct):
    """A track that may go on. Travels from segment to segment."""

    number: int
    """Order of beginning in the recording."""
    kind: Kind
    tracker_id: int
    """What the tracker calls it now."""
    votes: dict[str, float]
    """Sum of scores by class."""
    score_sum: float
    detections: int
    path: list[PathPoint]
    crops: list[Crop] = []

    @property
    def first_us(self) -> int:
        """When it was first seen."""
        return self.path[0].at_us

    @property
    def last_us(self) -> int:
        """When it was last seen."""
        return self.path[-1].at_us

    @property
    def object_class(self) -> ObjectClass:
        """The class that its detections speak for most."""
        return ObjectClass(min(self.votes, key=lambda name: (-self.votes[name], name)))

    @property
    def score(self) -> float:
        """Mean score of its detections."""
        return self.score_sum / self.detections

    def add(self, at_us: int, detection: Detection) -> None:
        """One more sighting."""
        name = detection.object_class.value
        self.votes[name] = round(self.votes.get(name, 0.0) + detection.score, 4)
        self.score_sum = round(self.score_sum + detection.score, 4)
        self.detections += 1
        self.path.append(PathPoint(at_us, detection.box))
        if len(self.path) > MAX_PATH_POINTS:
            # What stands for hours: every second point, the last one always.
            self.path[1:-1] = self.path[1:-1:2]


class TrackBook:
    """Every open track of a recording."""

    def __init__(
        self,
        rules: TrackRules,
        tracks: Sequence[OpenTrack] = (),
        *,
        next_number: int = 0,
        unmatched: Sequence[Detection] = (),
        unmatched_us: int = -1,
    ) -> None:
        self._rules = rules
        self._open = {track.number: track for track in tracks}
        self.next_number = next_number
        self.unmatched = list(unmatched)
        """Detections of the last looked-at frame that no track took: the first sight of the next ones."""
        self.unmatched_us = unmatched_us

    @property
    def open(self) -> Sequence[OpenTrack]:
        """The open tracks, oldest first."""
        return list(self._open.values())

    def observe(
        self, at_us: int, detections: Sequence[Detection], tracker_ids: Sequence[int | None]
    ) -> Sequence[tuple[OpenTrack, Detection]]:
        """Takes what the tracker said of one frame: for each detection its number for the object, or None."""
        known = {(track.kind, track.tracker_id): track for track in self._open.values()}
        seen: list[tuple[OpenTrack, Detection]] = []
        unmatched: list[Detection] = []
        fresh: list[tuple[Detection, int]] = []
        for detection, tracker_id in zip(detections, tracker_ids, strict=True):
            if tracker_id is None:
                if detection.score >= self._rules.seed_score:
                    unmatched.append(detection)
                continue
            track = known.get((kind_of(detection.object_class), tracker_id))
            if track is None:
                fresh.append((detection, tracker_id))
            else:
                track.add(at_us, detection)
                seen.append((track, detection))
        for detection, tracker_id in sorted(fresh, key=lambda pair: pair[1]):
            track = self._found_again(at_us, detection, tracker_id) or self._begun(detection, tracker_id)
            track.add(at_us, detection)
            seen.append((track, detection))
        self.unmatched, self.unmatched_us = unmatched, at_us
        return seen

    def close(self, at_us: int) -> Sequence[OpenTrack]:
        """Takes out the tracks that ended before a moment, in the order of their ends."""
        patience = round(self._rules.missing_seconds * 1_000_000)
        return self._taken([track for track in self._open.values() if at_us - track.last_us > patience])

    def close_all(self) -> Sequence[OpenTrack]:
        """Takes out the rest: the recording is over."""
        return self._taken(list(self._open.values()))

    def counts(self, track: OpenTrack) -> bool:
        """Whether a track is more than noise."""
        lasted = (track.last_us - track.first_us) / 1_000_000
        return track.detections >= self._rules.least_detections and lasted >= self._rules.least_seconds

    def _taken(self, ended: Sequence[OpenTrack]) -> Sequence[OpenTrack]:
        for track in ended:
            del self._open[track.number]
        return sorted(ended, key=lambda track: (track.last_us, track.number))

    def _begun(self, detection: Detection, tracker_id: int) -> OpenTrack:
        kind = kind_of(detection.object_class)
        track = OpenTrack(self.next_number, kind, tracker_id, votes={}, score_sum=0.0, detections=0, path=[])
        self.next_number += 1
        self._open[track.number] = track
        # Trackers want to see an object twice before they number it; the first sight belongs to it.
        first = max(
            (seed for seed in self.unmatched if kind_of(seed.object_class) is kind),
            key=lambda seed: seed.box.overlap(detection.box),
            default=None,
        )
        if first is not None and first.box.overlap(detection.box) > 0.05:
            self.unmatched.remove(first)
            track.add(self.unmatched_us, first)
        return track

    def _found_again(self, at_us: int, detection: Detection, tracker_id: int) -> OpenTrack | None:
        kind = kind_of(detection.object_class)
        lost = [
            track
            for track in self._open.values()
            if track.kind is kind
            and 0 < at_us - track.last_us <= round(self._rules.stitch_seconds * 1_000_000)
            and _distance(_expected(track, at_us), detection.box) <= self._rules.stitch_distance
        ]
        if not lost:
            return None
        nearest = min(lost, key=lambda track: (_distance(_expected(track, at_us), detection.box), track.number))
        nearest.tracker_id = tracker_id
        return nearest


def _expected(track: OpenTrack, at_us: int) -> Box:
    """Where a track would be if it had gone on as in its last second."""
    last = track.path[-1]
    recent = [point for point in track.path if last.at_us - point.at_us <= 1_000_000]
    first = recent[0]
    if first.at_us == last.at_us:
        return last.box
    ahead = min(1.0, (at_us - last.at_us) / (last.at_us - first.at_us))
    across = (last.box.centre[0] - first.box.centre[0]) * ahead
    down = (last.box.centre[1] - first.box.centre[1]) * ahead
    return Box(last.box.left + across, last.box.top + down, last.box.right + across, last.box.bottom + down)


def _distance(expected: Box, found: Box) -> float:
    """Between the middles, in mean diagonals of the boxes."""
    across, down = (one - other for one, other in zip(expected.centre, found.centre, strict=True))
    diagonal = ((expected.width**2 + expected.height**2) ** 0.5 + (found.width**2 + found.height**2) ** 0.5) / 2
    return float((across**2 + down**2) ** 0.5 / diagonal) if diagonal > 0 else float("inf")


def path_of(track: OpenTrack) -> list[list[float]]:
    """The path as it is stored: seconds since the track's start, and the box in shares of the frame."""
    return [
        [round((point.at_us - track.first_us) / 1_000_000, 3), *(round(edge, 4) for edge in _edges(point.box))]
        for point in track.path
    ]


def _edges(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom
