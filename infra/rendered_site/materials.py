"""What the ground is made of.

A material is a function of world coordinates, so that a background keeps its grain and joints in perspective;
`foot` is the size of a pixel on the ground, and detail finer than that fades instead of flickering.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from infra.rendered_site.model import Floats

TEXELS = 512


@lru_cache(maxsize=1)
def cloud() -> Floats:
    """Tileable noise of several octaves, zero mean, about unit deviation, 512×512."""
    rng = np.random.default_rng(20)
    total = np.zeros((TEXELS, TEXELS), np.float32)
    for step, weight in ((1, 0.55), (2, 0.5), (4, 0.5), (8, 0.55), (16, 0.6), (64, 0.6)):
        grid = rng.normal(0, 1, (TEXELS // step, TEXELS // step)).astype(np.float32)
        grid = np.pad(grid, 2, mode="wrap")
        big = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC) if step > 1 else grid
        total += weight * big[2 * step : 2 * step + TEXELS, 2 * step : 2 * step + TEXELS]
    return np.asarray((total - total.mean()) / total.std(), np.float32)


@lru_cache(maxsize=1)
def _white() -> Floats:
    return np.random.default_rng(21).uniform(-1, 1, (TEXELS, TEXELS)).astype(np.float32)


def _wrap(texels: Floats) -> Floats:
    """Into the texture's range: cv2.remap's own wrapping is ten times slower far outside of it."""
    return np.asarray(texels - np.floor(texels * np.float32(1 / TEXELS)) * np.float32(TEXELS), np.float32)


def noise(s: Floats, t: Floats, foot: Floats, per_metre: float) -> Floats:
    """Cloudy noise at ground coordinates, `per_metre` texels to the metre, faded where a pixel holds many texels."""
    field = cv2.remap(cloud(), _wrap(s * per_metre), _wrap(t * per_metre), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(field * np.minimum(2.0 / (foot * per_metre + 1e-6), 1.0), np.float32)


def _cells(i: Floats, j: Floats) -> Floats:
    """One random value −1…1 for each cell of a grid."""
    return _white()[i.astype(np.int32) % TEXELS, j.astype(np.int32) % TEXELS]


def line(distance: Floats, width: float, foot: Floats) -> Floats:
    """How much of a pixel a line of this width covers, 0–1, its middle being `distance` away from the line's."""
    cover = np.clip((width / 2 - np.abs(distance)) / foot + 0.5, 0.0, 1.0)
    return np.asarray(cover * np.minimum(width / foot * 2, 1.0), np.float32)


def _joints(
    s: Floats, t: Floats, foot: Floats, a: float, b: float, *, gap: float, bond: float = 0.0
) -> tuple[Floats, Floats]:
    """Slabs of a×b metres: how much of a pixel is joint, and a random value for each slab."""
    row = np.floor(t / b)
    shifted = s + row * (bond * a)
    column = np.floor(shifted / a)
    du = (shifted - column * a) - a / 2
    dv = (t - row * b) - b / 2
    joint = np.maximum(line(np.abs(du) - a / 2, gap, foot), line(np.abs(dv) - b / 2, gap, foot))
    return joint, np.asarray(_cells(column, row) * np.minimum(1.0, a / (foot * 2)), np.float32)


def _paint(base: tuple[float, float, float] | Floats, lightness: Floats) -> Floats:
    r, g, b = (float(v) for v in base)
    bright = (1 + lightness).astype(np.float32)
    return np.asarray(cv2.merge([bright * r, bright * g, bright * b]))


def asphalt(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Road surface: fine grain, stains, patches."""
    grey = rng.uniform(58, 128)
    tone = np.array((grey * rng.uniform(0.96, 1.06), grey, grey * rng.uniform(0.96, 1.05)))
    rough = 0.07 * noise(s, t, foot, 55) + rng.uniform(0.03, 0.09) * noise(s + 7, t, foot, 3.1)
    return _paint(tone, rough)


def concrete(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Large cast slabs with dark joints."""
    grey = rng.uniform(105, 185)
    size = rng.uniform(1.5, 4)
    joint, cell = _joints(s, t, foot, size, size, gap=0.03)
    rough = 0.03 * noise(s, t, foot, 40) + 0.06 * noise(s, t + 9, foot, 4) + 0.03 * cell
    return _paint((grey * 1.02, grey, grey * rng.uniform(0.9, 1.0)), rough - 0.35 * joint)


def paving(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Slabs or bricks, each a little different."""
    base = np.array([(150, 146, 140), (168, 120, 96), (140, 104, 86), (176, 164, 144), (120, 122, 126)], np.float32)
    tone = base[int(rng.integers(len(base)))] * rng.uniform(0.75, 1.1)
    a = rng.uniform(0.2, 0.8)
    b, bond = a * float(rng.choice([0.5, 1.0])), float(rng.choice([0.0, 0.5]))
    joint, cell = _joints(s, t, foot, a, b, gap=rng.uniform(0.01, 0.025), bond=bond)
    rough = 0.05 * noise(s, t, foot, 45) + 0.07 * noise(s, t + 3, foot, 3) + rng.uniform(0.03, 0.11) * cell
    return _paint(tone, rough - rng.uniform(0.15, 0.4) * joint)


def grass(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Lawn, green to dry."""
    tone = np.array((rng.uniform(70, 130), rng.uniform(95, 135), rng.uniform(45, 75))) * rng.uniform(0.7, 1.05)
    rough = 0.16 * noise(s, t, foot, 50) + 0.1 * noise(s, t + 5, foot, 6)
    return _paint(tone, rough)


def tiles(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Indoor floor tiles, light or dark."""
    tone = np.array((1.0, rng.uniform(0.95, 1.0), rng.uniform(0.88, 1.0))) * rng.uniform(70, 215)
    a = rng.uniform(0.3, 0.9)
    joint, cell = _joints(s, t, foot, a, a, gap=0.012)
    chequer = 0.0 if rng.random() < 0.8 else rng.uniform(-0.45, -0.2)
    rough = 0.02 * noise(s, t, foot, 12) + 0.02 * cell - rng.uniform(0.1, 0.35) * joint
    odd = (np.floor(s / a) + np.floor(t / a)) % 2
    return _paint(tone, np.asarray(rough + chequer * odd, np.float32))


def wood(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Floor boards."""
    tone = np.array((168, 112, 66)) * rng.uniform(0.6, 1.25) + rng.uniform(-12, 25)
    joint, cell = _joints(s, t, foot, rng.uniform(0.8, 2.0), rng.uniform(0.07, 0.16), gap=0.006, bond=0.37)
    grain = 0.06 * noise(s * 0.12, t, foot, 60)
    return _paint(tone, grain + rng.uniform(0.06, 0.16) * cell - 0.3 * joint)


def carpet(rng: np.random.Generator, s: Floats, t: Floats, foot: Floats) -> Floats:
    """Carpet or vinyl of one colour."""
    tone = rng.uniform(45, 170) + rng.uniform(-25, 25, 3)
    return _paint(np.clip(tone, 20, 220), 0.04 * noise(s, t, foot, 60) + 0.03 * noise(s, t, foot, 3))
