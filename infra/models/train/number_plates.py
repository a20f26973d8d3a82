"""Number plates that never were: random letters in common shapes and colours, put onto pictures in perspective."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from infra.models.train.footage import Picture

Corners = npt.NDArray[np.float32]
"""FP32 [4,2]: x and y in pixels of the upper left, upper right, lower right and lower left corner."""

Pen = tuple[int, int, tuple[int, int, int]]
"""Font, thickness and colour of letters."""

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DIGITS = "0123456789"
TALL = 72
"""Height of a drawn plate in pixels, before it is put anywhere."""
SHAPES = ((4.7, 0.45), (3.1, 0.2), (2.0, 0.25), (1.35, 0.1))
"""Width by height, and how often: long European, East Asian, North American, of motorcycles."""
COLOURS = (
    ((232, 232, 228), (24, 24, 28), 0.42),
    ((238, 196, 40), (22, 20, 16), 0.2),
    ((22, 62, 168), (235, 236, 240), 0.1),
    ((228, 232, 236), (26, 54, 140), 0.08),
    ((228, 230, 226), (22, 96, 52), 0.05),
    ((34, 34, 36), (224, 224, 220), 0.06),
    ((234, 234, 230), (170, 26, 30), 0.04),
    ((160, 214, 160), (20, 26, 22), 0.05),
)
"""Ground, letters, and how often."""
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX)


def drawn_plate(rng: np.random.Generator) -> Picture:
    """Draw a plate: UINT8 [72,W,3] RGB, 97 to 340 pixels wide."""
    shape = SHAPES[int(rng.choice(len(SHAPES), p=[often for _, often in SHAPES]))][0] * float(rng.uniform(0.92, 1.08))
    ground, ink, _ = COLOURS[int(rng.choice(len(COLOURS), p=[often for *_, often in COLOURS]))]
    wide = int(TALL * shape)
    plate = np.full((TALL, wide, 3), ground, np.uint8)
    left = 4
    if shape > 3.8 and rng.random() < 0.5:
        cv2.rectangle(plate, (0, 0), (int(0.09 * wide), TALL), (20, 48, 150), -1)
        left = int(0.09 * wide) + 4
    if rng.random() < 0.7:
        cv2.rectangle(plate, (2, 2), (wide - 3, TALL - 3), ink, int(rng.integers(1, 4)))
    font = int(rng.choice(FONTS))
    thick = int(rng.integers(2, 6))
    if shape > 2.6:
        _write(plate, _text(rng, int(rng.integers(5, 9))), (left, 6, wide - 4, TALL - 6), (font, thick, ink))
    elif shape > 1.7 and rng.random() < 0.6:
        # A narrow line of small letters above or below, as a state's name.
        _write(plate, _text(rng, 8), (wide // 4, 2, wide * 3 // 4, 16), (font, 1, ink))
        _write(plate, _text(rng, int(rng.integers(5, 8))), (left, 18, wide - 4, TALL - 6), (font, thick, ink))
    else:
        _write(plate, _text(rng, 3), (wide // 5, 4, wide * 4 // 5, TALL // 2 - 1), (font, thick, ink))
        _write(plate, _text(rng, 4), (left, TALL // 2 + 1, wide - 4, TALL - 5), (font, thick, ink))
    # Uneven light and dirt.
    slope = np.linspace(1, float(rng.uniform(0.7, 1.15)), wide)[None, :, None]
    dirt = rng.normal(0, rng.uniform(2, 16), (TALL // 4, wide // 4, 1)).astype(np.float32)
    spots = cv2.resize(dirt, (wide, TALL), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(plate * slope + spots, 0, 255).astype(np.uint8)


def _text(rng: np.random.Generator, length: int) -> str:
    letters = LETTERS + DIGITS if rng.random() < 0.5 else DIGITS
    text = "".join(str(rng.choice(list(letters))) for _ in range(length))
    gap = int(rng.integers(2, 4))
    return f"{text[:gap]} {text[gap:]}" if length > 4 and rng.random() < 0.6 else text


def _write(plate: Picture, text: str, where: tuple[int, int, int, int], pen: Pen) -> None:
    """Write so that the text fills its place, whatever the font's own proportions are."""
    x1, y1, x2, y2 = where
    font, thick, ink = pen
    (wide, tall), below = cv2.getTextSize(text, font, 2.0, thick)
    mask = np.zeros((tall + below // 2 + 6, wide + 4), np.uint8)
    cv2.putText(mask, text, (2, tall + 3), font, 2.0, 255, thick, cv2.LINE_AA)
    fitted: Any = cv2.resize(mask, (max(x2 - x1, 1), max(y2 - y1, 1)), interpolation=cv2.INTER_AREA)
    share = fitted[..., None] / 255.0
    part = plate[y1:y2, x1:x2]
    plate[y1:y2, x1:x2] = (part * (1 - share) + np.array(ink) * share).astype(np.uint8)


def put(picture: Picture, plate: Picture, corners: Corners, light: float) -> None:
    """Put a plate onto a picture, in place; `light` 1 leaves its colours as drawn."""
    height, width = picture.shape[:2]
    low = np.floor(corners.min(0) - 1).astype(int)
    high = np.ceil(corners.max(0) + 2).astype(int)
    x1, y1, x2, y2 = max(low[0], 0), max(low[1], 0), min(high[0], width), min(high[1], height)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return
    sides = np.linalg.norm(corners - np.roll(corners, -1, 0), axis=1)
    size = (max(int(max(sides[0], sides[2])), 2), max(int(max(sides[1], sides[3])), 2))
    # Shrunk by area first: warping alone would skip pixels.
    small = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    source = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, (corners - np.array([x1, y1])).astype(np.float32) - 0.5)
    place = (x2 - x1, y2 - y1)
    warped: Any = cv2.warpPerspective(small, matrix, place, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    solid = np.full(small.shape[:2], 255, np.uint8)
    share = np.asarray(cv2.warpPerspective(solid, matrix, place, flags=cv2.INTER_LINEAR))[..., None] / 255.0
    part = picture[y1:y2, x1:x2]
    picture[y1:y2, x1:x2] = np.clip(part * (1 - share) + warped * light * share, 0, 255).astype(np.uint8)


def in_order(corners: npt.ArrayLike) -> Corners:
    """Sort four corners of something that stands upright: upper left, upper right, lower right, lower left."""
    spots = np.asarray(corners, np.float32)
    upper, lower = np.split(spots[np.argsort(spots[:, 1])], 2)
    return np.stack([*upper[np.argsort(upper[:, 0])], *lower[np.argsort(-lower[:, 0])]])


def askew(rng: np.random.Generator, x: float, y: float, width: float, aspect: float) -> Corners:
    """Corners of a plate about (x, y) that is seen from some side and a little from above."""
    turned = float(rng.uniform(0.45, 1.0))
    half_wide, half_tall = width / 2, width / turned / aspect / 2
    angle = float(rng.normal(0, 0.06))
    slope = float(rng.uniform(-0.35, 0.35)) * (1 - turned)
    nearer = float(rng.uniform(0.85, 1.0)) if turned < 0.9 else 1.0
    right_nearer = rng.random() < 0.5
    left_tall, right_tall = (half_tall * nearer, half_tall) if right_nearer else (half_tall, half_tall * nearer)
    flat = np.array(
        [[-half_wide, -left_tall], [half_wide, -right_tall], [half_wide, right_tall], [-half_wide, left_tall]]
    )
    flat[:, 1] += flat[:, 0] * slope
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(flat @ turn + np.array([x, y]), np.float32)


def light_about(picture: Picture, corners: Corners) -> float:
    """How bright a plate would be where it is put, from the pixels around it."""
    height, width = picture.shape[:2]
    low, high = corners.min(0).astype(int) - 6, corners.max(0).astype(int) + 6
    around = picture[max(low[1], 0) : min(high[1], height), max(low[0], 0) : min(high[0], width)]
    return float(np.clip(around.mean() / 120, 0.4, 1.1)) if around.size else 1.0
