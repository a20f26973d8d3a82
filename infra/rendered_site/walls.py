"""Walls: plaster, brick or cladding with windows, doors, signs and posters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from infra.rendered_site.materials import TEXELS, cloud
from infra.rendered_site.model import Floats, Pixels

_STOCK = ((196, 188, 176), (150, 92, 72), (172, 158, 136), (120, 122, 126), (206, 206, 204), (96, 88, 82))
"""Colours of outer walls."""


@dataclass(frozen=True)
class _Canvas:
    """A wall's picture under the brush; lengths in metres from the lower left corner."""

    image: Pixels
    per_metre: float
    metres: float
    high: float

    def box(self, left: float, bottom: float, size: tuple[float, float], colour: tuple[float, ...] | Floats) -> None:
        """Fills a rectangle of `size` (wide, tall)."""
        height = self.image.shape[0]
        a = (int(left * self.per_metre), int(height - (bottom + size[1]) * self.per_metre))
        b = (int((left + size[0]) * self.per_metre), int(height - bottom * self.per_metre))
        cv2.rectangle(self.image, a, b, tuple(int(np.clip(v, 0, 255)) for v in colour), -1)


def _face(
    rng: np.random.Generator, width: int, height: int, per_metre: float, *, indoor: bool
) -> tuple[Pixels, Floats]:
    """The bare wall and its colour."""
    if indoor:
        tone = np.array((1.0, rng.uniform(0.94, 1.0), rng.uniform(0.85, 1.02))) * rng.uniform(120, 228)
    else:
        tone = np.array(_STOCK[int(rng.integers(len(_STOCK)))]) * rng.uniform(0.7, 1.1)
    x0, y0 = int(rng.integers(TEXELS)), int(rng.integers(TEXELS))
    rows, columns = (np.arange(height) // 2 + y0) % TEXELS, (np.arange(width) // 2 + x0) % TEXELS
    grain = cloud()[np.ix_(rows, columns)]
    image = np.clip(tone * (1 + 0.035 * grain[..., None]), 0, 255).astype(np.uint8)
    dark = tuple(int(v) for v in tone * 0.8)
    if not indoor and rng.random() < 0.5:
        for y in range(0, height, max(int(per_metre * rng.uniform(0.08, 0.3)), 2)):
            cv2.line(image, (0, y), (width, y), dark, 1)
    elif rng.random() < 0.3:
        for x in range(0, width, max(int(per_metre * rng.uniform(0.3, 1.2)), 3)):
            cv2.line(image, (x, 0), (x, height), dark, 1)
    return image, tone


def _windows(rng: np.random.Generator, canvas: _Canvas) -> None:
    wide, tall, gap = rng.uniform(0.8, 2.2), rng.uniform(0.9, 1.8), rng.uniform(0.4, 2.5)
    sill, storey = rng.uniform(0.8, 1.2), rng.uniform(2.8, 3.6)
    for bottom in np.arange(sill, canvas.high - tall - 0.2, storey).tolist():
        for left in np.arange(rng.uniform(0.2, 1.0), canvas.metres - wide - 0.1, wide + gap).tolist():
            frame = (float(rng.choice([40, 90, 225])),) * 3
            canvas.box(left - 0.06, bottom - 0.06, (wide + 0.12, tall + 0.12), frame)
            glass = np.array((58, 68, 78)) * rng.uniform(0.5, 2.2)
            canvas.box(left, bottom, (wide, tall), glass)
            if rng.random() < 0.6:
                canvas.box(left, bottom + tall * rng.uniform(0.4, 0.7), (wide, tall * 0.3), glass * 1.3 + 10)
            if wide > 1:
                canvas.box(left + wide / 2 - 0.03, bottom, (0.06, tall), frame)


def _doors(rng: np.random.Generator, canvas: _Canvas) -> None:
    for _ in range(int(rng.integers(0, 3))):
        wide = rng.uniform(0.9, 2.2)
        if canvas.metres > wide + 0.4:
            tone = np.clip(rng.uniform(30, 180) + rng.uniform(-50, 50, 3), 10, 235)
            left = rng.uniform(0.1, canvas.metres - wide - 0.1)
            canvas.box(left - 0.07, 0, (wide + 0.14, 2.17), tone * 0.6)
            canvas.box(left, 0, (wide, 2.1), tone)
            canvas.box(left + wide * 0.85, 0.95, (0.06, 0.16), (200, 200, 200))


def _posters(rng: np.random.Generator, canvas: _Canvas) -> None:
    for _ in range(int(rng.integers(0, 4))):
        wide, tall = rng.uniform(0.3, 1.6), rng.uniform(0.3, 1.0)
        if canvas.metres > wide and canvas.high > tall + 1.2:
            bottom = rng.uniform(1.1, max(min(canvas.high - tall, 2.6), 1.2))
            left = rng.uniform(0, canvas.metres - wide)
            ground = np.clip(rng.uniform(0, 255, 3), 15, 240)
            canvas.box(left, bottom, (wide, tall), ground)
            for k in range(int(rng.integers(1, 5))):
                size = (wide * rng.uniform(0.3, 0.75), tall * 0.08)
                canvas.box(left + wide * 0.12, bottom + tall * (0.12 + 0.19 * k), size, 255 - ground)


def wall(rng: np.random.Generator, metres: float, high: float, *, indoor: bool) -> Pixels:
    """A wall's picture of at most 420 pixels, RGB, its bottom row on the ground."""
    per_metre = float(np.clip(420 / max(metres, high), 8, 48))
    width, height = max(int(metres * per_metre), 8), max(int(high * per_metre), 8)
    image, tone = _face(rng, width, height, per_metre, indoor=indoor)
    canvas = _Canvas(image, per_metre, metres, high)
    if rng.random() < (0.3 if indoor else 0.75):
        _windows(rng, canvas)
    _doors(rng, canvas)
    _posters(rng, canvas)
    canvas.box(0, 0, (metres, rng.uniform(0.05, 0.5)), tone * rng.uniform(0.5, 0.85))
    return image
