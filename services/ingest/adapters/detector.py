"""The detector that Triton serves (`ports.Detector`)."""

from collections.abc import Sequence

import numpy as np

from contracts.vocabulary import DETECTOR_CLASSES
from kit.pixels import Letterbox, letterbox
from kit.triton import DETECT, Detections, Triton
from services.ingest.model.observation import Box, Detection
from services.ingest.ports import Picture

_TOGETHER = 4
"""Pictures in one request: more do not go faster, but each request must be answered before its deadline."""


class TritonDetector:
    """`detect`, asked for a few pictures at once."""

    def __init__(self, triton: Triton, *, least_score: float) -> None:
        self._triton = triton
        self._least_score = least_score

    def detect(self, pictures: Sequence[Picture]) -> Sequence[Sequence[Detection]]:
        """What is in each picture, best first. Raises TritonError."""
        facts = self._triton.facts(DETECT)
        boxed = [letterbox(picture, facts.height, facts.width) for picture in pictures]
        found: list[Detections] = []
        for start in range(0, len(boxed), _TOGETHER):
            together = [pixels for pixels, _ in boxed[start : start + _TOGETHER]]
            found.extend(self._triton.detect(np.stack(together)))
        return [self._detections(one, place) for one, (_, place) in zip(found, boxed, strict=True)]

    def _detections(self, found: Detections, place: Letterbox) -> Sequence[Detection]:
        # Rounded: in which company the server batches a picture changes the last bits of its answer.
        edges = np.round(place.to_picture(found.boxes).astype(np.float64), 4)
        scores = np.round(found.scores.astype(np.float64), 3)
        detections = [
            Detection(Box(*(float(edge) for edge in box)), float(score), DETECTOR_CLASSES[int(place_in_list)])
            for box, score, place_in_list in zip(edges, scores, found.classes, strict=True)
            if score >= self._least_score and 0 <= int(place_in_list) < len(DETECTOR_CLASSES)
        ]
        real = [one for one in detections if one.box.width > 0 and one.box.height > 0]
        return sorted(real, key=lambda one: (-one.score, one.object_class.value, one.box.left, one.box.top))
