"""Varying pictures for training: place, size, mirror, light, colour, blur, noise."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from infra.models.train.footage import Picture
from kit.pixels import GREY

Boxes = npt.NDArray[np.float32]

UNCLEAR = -1
"""Class of what is neither to be found nor to be missed."""
WHOLE = -2
"""Class of an area in which everything that is there is labelled: what is found there besides is false."""


@dataclass(frozen=True)
class Labelled:
    """A picture, UINT8 [H,W,3] RGB, and what is in it.

    Attributes:
        picture: the pixels.
        boxes: FP32 [N,4], xyxy in pixels.
        classes: INT64 [N]; besides the detector's, `UNCLEAR` and `WHOLE`.
        scores: FP32 [N], how sure the label is, 0-1; None where nobody has said so.
    """

    picture: Picture
    boxes: Boxes
    classes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32] | None = None

    @property
    def certainty(self) -> npt.NDArray[np.float32]:
        """`scores`, and a half where nobody has said so."""
        return np.full(len(self.boxes), 0.5, np.float32) if self.scores is None else self.scores


def placed(
    rng: np.random.Generator,
    sample: Labelled,
    height: int,
    width: int,
    *,
    still: bool = False,
    zoom: tuple[float, float] = (0.8, 3.0),
) -> Labelled:
    """Put a picture into a canvas: letterboxed when `still`, else moved, scaled, squeezed and mirrored at random."""
    source_height, source_width = sample.picture.shape[:2]
    fit = min(height / source_height, width / source_width)
    if still:
        matrix = np.array(
            [[fit, 0, (width - source_width * fit) / 2], [0, fit, (height - source_height * fit) / 2]], np.float64
        )
    else:
        scale = fit * float(np.exp(rng.uniform(np.log(zoom[0]), np.log(zoom[1]))))
        squeeze = float(np.exp(rng.uniform(-0.15, 0.15)))
        scale_x, scale_y = scale * squeeze, scale / squeeze
        # Anywhere that keeps at least half of the canvas or of the picture in view.
        slack_x, slack_y = width - source_width * scale_x, height - source_height * scale_y
        left = slack_x * rng.uniform(0, 1) + rng.uniform(-0.15, 0.15) * width
        top = slack_y * rng.uniform(0, 1) + rng.uniform(-0.15, 0.15) * height
        matrix = np.array([[scale_x, 0, left], [0, scale_y, top]], np.float64)
        if rng.random() < 0.5:
            matrix[0] = [-matrix[0, 0], 0, width - matrix[0, 2]]
    shrinks = abs(matrix[0, 0]) < 0.7
    picture = cv2.warpAffine(
        sample.picture,
        matrix,
        (width, height),
        flags=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GREY, GREY, GREY),
    )
    return _clipped(
        Labelled(np.asarray(picture, np.uint8), _moved(sample.boxes, matrix), sample.classes, sample.scores),
        height,
        width,
    )


def mosaic(
    rng: np.random.Generator, samples: list[Labelled], height: int, width: int, *, still: bool = False
) -> Labelled:
    """Put four pictures into the quarters of one canvas, letterboxed when `still`, else moved at random."""
    middle_x = int(width * rng.uniform(0.35, 0.65))
    middle_y = int(height * rng.uniform(0.35, 0.65))
    canvas = np.full((height, width, 3), GREY, np.uint8)
    boxes, classes, scores = [], [], []
    quarters = [(0, 0, middle_x, middle_y), (middle_x, 0, width, middle_y), (0, middle_y, middle_x, height)]
    quarters.append((middle_x, middle_y, width, height))
    for sample, (x1, y1, x2, y2) in zip(samples, quarters, strict=True):
        part = placed(rng, sample, y2 - y1, x2 - x1, still=still)
        canvas[y1:y2, x1:x2] = part.picture
        boxes.append(part.boxes + np.array([x1, y1, x1, y1], np.float32))
        classes.append(part.classes)
        scores.append(part.certainty)
    return Labelled(canvas, np.concatenate(boxes), np.concatenate(classes), np.concatenate(scores))


def pasted(
    rng: np.random.Generator, onto: Labelled, crop: Picture, mask: npt.NDArray[np.float32], klass: int
) -> Labelled:
    """Paste what the mask (0-1, [h,w]) leaves of a crop somewhere, at some size.

    What it hides for the most part is neither to be found nor to be missed.
    """
    height, width = onto.picture.shape[:2]
    tall = float(np.exp(rng.uniform(np.log(24), np.log(height * 0.8))))
    scale = tall / crop.shape[0] if klass == 0 else tall * 0.6 / crop.shape[0]
    crop_height, crop_width = max(8, int(crop.shape[0] * scale)), max(6, int(crop.shape[1] * scale))
    if crop_width >= width or crop_height >= height:
        return onto
    x, y = int(rng.integers(0, width - crop_width)), int(rng.integers(0, height - crop_height))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(crop, (crop_width, crop_height), interpolation=way)
    share = cv2.resize(mask, (crop_width, crop_height), interpolation=way)[..., None]
    if rng.random() < 0.5:
        sized, share = sized[:, ::-1], share[:, ::-1]
    picture = onto.picture.copy()
    under = picture[y : y + crop_height, x : x + crop_width]
    picture[y : y + crop_height, x : x + crop_width] = (sized * share + under * (1 - share)).astype(np.uint8)
    new = np.array([x, y, x + crop_width, y + crop_height], np.float32)
    inner = np.prod(
        np.clip(np.minimum(onto.boxes[:, 2:], new[2:]) - np.maximum(onto.boxes[:, :2], new[:2]), 0, None), axis=1
    )
    areas = np.maximum(np.prod(onto.boxes[:, 2:] - onto.boxes[:, :2], axis=1), 1.0)
    classes = np.where((inner / areas > 0.6) & (onto.classes != WHOLE), UNCLEAR, onto.classes)
    certainty = np.append(onto.certainty, np.float32(0.5))
    return Labelled(picture, np.concatenate([onto.boxes, new[None]]), np.append(classes, klass), certainty)


def relit(rng: np.random.Generator, picture: Picture) -> Picture:
    """Change light, colour and sharpness as cameras do."""
    gain = np.exp(rng.uniform(-0.25, 0.35)) * np.exp(rng.uniform(-0.12, 0.12, 3))
    gamma = np.exp(rng.uniform(-0.35, 0.2))
    curve = (np.arange(256) / 255.0) ** gamma
    tables = np.clip(curve[:, None] * gain[None] * 255 + rng.uniform(-18, 18), 0, 255).astype(np.uint8)
    picture = np.asarray(cv2.LUT(picture, tables.reshape(256, 1, 3)), np.uint8)
    if rng.random() < 0.3:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
        share = rng.uniform(0, 1)
        picture = (picture * (1 - share) + grey * share).astype(np.uint8)
    if rng.random() < 0.3:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if rng.random() < 0.35:
        noise = rng.integers(-14, 15, picture.shape[:2], dtype=np.int16)[..., None]
        picture = np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    return picture


def worn(rng: np.random.Generator, picture: Picture) -> Picture:
    """Make one picture in three what bad cameras make of it: dark, coarse, or badly compressed."""
    chance = rng.random()
    if chance < 0.12:
        curve = (np.arange(256) / 255.0) ** rng.uniform(1.0, 1.8) * rng.uniform(0.25, 0.7) * 255
        noise = rng.normal(0, rng.uniform(1, 8), picture.shape[:2])[..., None]
        return np.clip(cv2.LUT(picture, curve.astype(np.uint8)) + noise, 0, 255).astype(np.uint8)
    if chance < 0.22:
        height, width = picture.shape[:2]
        share = rng.uniform(0.35, 0.8)
        small = cv2.resize(picture, (int(width * share), int(height * share)), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if chance < 0.32:
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 50))])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return picture


def _moved(boxes: Boxes, matrix: npt.NDArray[np.float64]) -> Boxes:
    x = boxes[:, 0::2] * matrix[0, 0] + matrix[0, 2]
    y = boxes[:, 1::2] * matrix[1, 1] + matrix[1, 2]
    return np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], axis=1).astype(np.float32)


def _clipped(sample: Labelled, height: int, width: int) -> Labelled:
    """Cut boxes at the canvas; those that are mostly outside, or tiny, are neither to be found nor to be missed."""
    limits = np.array([width, height, width, height], np.float32)
    inside = np.clip(sample.boxes, 0, limits)
    sides = inside[:, 2:] - inside[:, :2]
    whole = np.maximum(np.prod(sample.boxes[:, 2:] - sample.boxes[:, :2], axis=1), 1e-3)
    share = np.prod(np.clip(sides, 0, None), axis=1) / whole
    seen = (sides > 1).all(axis=1)
    unclear = (share < 0.35) | (sides.min(axis=1) < 4) | (sides.max(axis=1) < 8)
    classes = np.where(unclear & (sample.classes != WHOLE), UNCLEAR, sample.classes)
    scores = None if sample.scores is None else sample.scores[seen]
    return Labelled(sample.picture, inside[seen], classes[seen], scores)
