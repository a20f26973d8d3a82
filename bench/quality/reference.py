"""What a bigger detector sees in real clips: the reference where nobody drew boxes.

PP-PicoDet-S at a score of 0.4 found every one of the people that were counted by eye in six surveillance frames. It is
not the truth: boxes that it misses count as false in those who find them, and it takes pictures of people for people.
"""

from pathlib import Path

import numpy as np
import onnx

from bench.quality.weights import Found
from infra.models.lock import check, locked_weights
from infra.models.onnx_session import session_of
from infra.models.picodet import served_graph
from kit.pixels import Pixels, letterbox

SCORE = 0.4
LOCKED = locked_weights("base", "picodet-s-416-coco").files["model"]
FILE, SHA256 = LOCKED.name, LOCKED.sha256
HEIGHT, WIDTH = 320, 544
"""What it is shown: as many pixels as its own 416 x 416, in the shape that most cameras have."""


class Reference:
    """The detector that others are told against.

    Raises:
        infra.models.lock.WeightsMismatchError: the file is another one, against which figures
            would compare with no others.
    """

    def __init__(self, weights: Path) -> None:
        check(weights, LOCKED)
        self._session = session_of(served_graph(onnx.load(str(weights)), HEIGHT, WIDTH).SerializeToString())

    def look(self, picture: Pixels) -> Found:
        """People and vehicles of at least `SCORE` in one picture, UINT8 [H,W,3] RGB."""
        pixels, place = letterbox(picture, HEIGHT, WIDTH)
        boxes, scores, classes = (output[0] for output in self._session.run(None, {"image": pixels[None]}))
        keep = scores >= SCORE
        return Found(place.to_picture(boxes[keep]), scores[keep], classes[keep].astype(np.int64))
