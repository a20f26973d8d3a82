"""Multi-object tracking by Roboflow's `trackers` (ByteTrack: Zhang et al., ECCV 2022), its memory as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import supervision as sv
from trackers.core.bytetrack.tracker import ByteTrackTracker
from trackers.core.bytetrack.tracklet import ByteTrackTracklet

from services.ingest.model.observation import Detection, Kind, kind_of

_SCALE = 320.0
"""Width of the frame in the tracker's units. The filter's noise is fixed in them; at this width it follows people who
turn and stop between frames that lie a fifth of a second apart."""
_FRAMES_IN_BUFFER = 30.0
"""The library counts its patience in frames of a 30 frames/s video."""


class _TrackletMemory(msgspec.Struct, array_like=True):
    number: int
    age: int
    missed: int
    missed_seconds: float
    in_a_row: int
    state: list[float]
    covariance: list[float]


class _TrackerMemory(msgspec.Struct):
    last_seconds: float | None
    next_number: int
    tracklets: list[_TrackletMemory]


class ByteTracks:
    """One ByteTrack a kind of object (`ports.Tracker`)."""

    def __init__(
        self, aspect: float, memory: Mapping[str, Any], *, frames_per_second: float, missing_seconds: float
    ) -> None:
        self._units = np.array([_SCALE, _SCALE * aspect] * 2)
        self._trackers = {kind: _restored(memory.get(kind.value), frames_per_second, missing_seconds) for kind in Kind}

    def update(self, at_us: int, detections: Sequence[Detection]) -> Sequence[int | None]:
        """For each detection the number of its object within its kind, or None."""
        numbers: list[int | None] = [None] * len(detections)
        for kind, tracker in self._trackers.items():
            places = [place for place, one in enumerate(detections) if kind_of(one.object_class) is kind]
            found = sv.Detections(
                xyxy=self._boxes([detections[place] for place in places]),
                confidence=np.array([detections[place].score for place in places]),
                data={"place": np.array(places, int)},
            )
            tracked = tracker.update(found, timestamp=at_us / 1_000_000)
            if len(tracked) == 0 or tracked.tracker_id is None:
                continue
            for place, number in zip(tracked.data["place"], tracked.tracker_id, strict=True):
                numbers[int(place)] = None if number < 0 else int(number)
        return numbers

    def memory(self) -> dict[str, Any]:
        """All three trackers, as plain values."""
        return {kind.value: msgspec.to_builtins(_memory(tracker)) for kind, tracker in self._trackers.items()}

    def _boxes(self, detections: Sequence[Detection]) -> Any:
        boxes = np.array([[d.box.left, d.box.top, d.box.right, d.box.bottom] for d in detections], float)
        return boxes.reshape(-1, 4) * self._units


def _restored(memory: Any, frames_per_second: float, missing_seconds: float) -> ByteTrackTracker:
    tracker = ByteTrackTracker(
        lost_track_buffer=round(missing_seconds * _FRAMES_IN_BUFFER),
        frame_rate=frames_per_second,
        track_activation_threshold=0.4,
        high_conf_det_threshold=0.4,
        minimum_consecutive_frames=2,
        minimum_iou_threshold=0.1,
    )
    if memory is not None:
        known = msgspec.convert(memory, _TrackerMemory)
        tracker.tracks = [_tracklet(tracklet) for tracklet in known.tracklets]
        # The library has no door for these two.
        tracker._next_track_id = known.next_number
        tracker._last_timestamp = known.last_seconds
    return tracker


def _memory(tracker: ByteTrackTracker) -> _TrackerMemory:
    return _TrackerMemory(
        last_seconds=tracker._last_timestamp,
        next_number=tracker._next_track_id,
        tracklets=[
            _TrackletMemory(
                number=tracklet.tracker_id,
                age=tracklet.age,
                missed=tracklet.time_since_update,
                missed_seconds=tracklet.time_since_update_seconds,
                in_a_row=tracklet.number_of_successful_consecutive_updates,
                state=tracklet.state_estimator.kf.state.ravel().tolist(),
                covariance=tracklet.state_estimator.kf.state_covariance.ravel().tolist(),
            )
            for tracklet in tracker.tracks
        ],
    )


def _tracklet(memory: _TrackletMemory) -> ByteTrackTracklet:
    # Only what a filter learns is carried; its matrices are set from the time step before each prediction.
    tracklet = ByteTrackTracklet(np.array(memory.state[:4]))
    tracklet.tracker_id = memory.number
    tracklet.age = memory.age
    tracklet.time_since_update = memory.missed
    tracklet.time_since_update_seconds = memory.missed_seconds
    tracklet.number_of_successful_consecutive_updates = memory.in_a_row
    kalman = tracklet.state_estimator.kf
    kalman.state = np.array(memory.state).reshape(kalman.state.shape)
    kalman.state_covariance = np.array(memory.covariance).reshape(kalman.state_covariance.shape)
    return tracklet
