"""What a bigger detector sees in real clips: the reference where nobody drew boxes.

PP-PicoDet-S at a score of 0.4 found every one of the people that were counted by eye in six surveillance frames. It is
not the truth: boxes that it misses count as false in those who find them, and it takes pictures of people for people.
"""

from pathlib import Path

import numpy as np
import onnx

from bench.quality.weights import Found, session_of
from infra.models.picodet import served_graph
from infra.models.profiles import sha256_of
from kit.pixels import Pixels, letterbox

SCORE = 0.4
FILE = "picodet_s_416_coco.onnx"
SHA256 = "cdab77bdde16e4f76bec734c4e5791801d1739e4c7ec1995e0e110e04300d0c2"
HEIGHT, WIDTH = 320, 544
"""What it is shown: as many pixels as its own 416 x 416, in the shape that most cameras have."""


class WrongReferenceError(ValueError):
    """The file is not the one that figures are told against."""

    def __init__(self, path: Path, digest: str) -> None:
        super().__init__(f"{path}: SHA-256 is {digest}, not {SHA256}: figures against it would compare with no others")


class Reference:
    """The detector that others are told against."""

    def __init__(self, weights: Path) -> None:
        digest = sha256_of(weights)
        if digest != SHA256:
            raise WrongReferenceError(weights, digest)
        self._session = session_of(served_graph(onnx.load(str(weights)), HEIGHT, WIDTH).SerializeToString())

    def look(self, picture: Pixels) -> Found:
        """People and vehicles of at least `SCORE` in one picture, UINT8 [H,W,3] RGB."""
        pixels, place = letterbox(picture, HEIGHT, WIDTH)
        boxes, scores, classes = (output[0] for output in self._session.run(None, {"image": pixels[None]}))
        keep = scores >= SCORE
        return Found(place.to_picture(boxes[keep]), scores[keep], classes[keep].astype(np.int64))
