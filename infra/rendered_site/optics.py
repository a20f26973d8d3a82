"""A pinhole camera over a flat ground, and the light that falls on it.

World axes in metres: x right, y away from the camera, z up; the ground is z = 0.
Camera axes: x right, y down, z forward. Pixels: origin at the top left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from infra.rendered_site.model import Floats


@dataclass(frozen=True)
class Pinhole:
    """Where a camera hangs and what it sees. Angles in radians, lengths in metres, the focal length in pixels."""

    width: int
    height: int
    focal: float
    above: float
    """Height over the ground."""
    tilt: float
    """Downwards from the horizon."""
    pan: float = 0.0
    """Clockwise seen from above; 0 looks along y."""
    roll: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)
    centre: tuple[float, float] | None = None
    """Where the optical axis meets the picture; its middle when not given. A crop of a larger picture shifts it."""
    axes: Floats = field(init=False, repr=False, compare=False)
    """The camera's axes as rows, in world coordinates, 3×3."""

    def __post_init__(self) -> None:
        ct, st, cp, sp = np.cos(self.tilt), np.sin(self.tilt), np.cos(self.pan), np.sin(self.pan)
        forward = np.array([sp * ct, cp * ct, -st])
        right = np.array([cp, -sp, 0.0])
        down = np.cross(forward, right)
        cr, sr = np.cos(self.roll), np.sin(self.roll)
        rows = np.stack([cr * right + sr * down, cr * down - sr * right, forward])
        object.__setattr__(self, "axes", rows.astype(np.float32))

    @property
    def middle(self) -> tuple[float, float]:
        """The principal point in pixels."""
        return self.centre if self.centre is not None else (self.width / 2, self.height / 2)

    @property
    def position(self) -> Floats:
        """The camera's place, 3 world coordinates."""
        return np.array([self.at[0], self.at[1], self.above], np.float32)

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """World points (N, 3) → pixels (N, 2) and depths (N,) along the optical axis. Depths ≤ 0 are behind."""
        seen = (points - self.position) @ self.axes.T
        depth = seen[:, 2]
        safe = np.maximum(depth, 1e-3)
        return seen[:, :2] * (self.focal / safe)[:, None] + np.array(self.middle, np.float32), depth

    def ground(self, u: float, v: float) -> tuple[float, float] | None:
        """The ground point (x, y) under a pixel, or None at and above the horizon."""
        mx, my = self.middle
        ray = np.array([(u - mx) / self.focal, (v - my) / self.focal, 1.0]) @ self.axes
        if ray[2] > -1e-4:
            return None
        reach = self.above / -ray[2]
        return (float(self.at[0] + ray[0] * reach), float(self.at[1] + ray[1] * reach))

    def rays(self) -> Floats:
        """A ray through the middle of every pixel, (height, width, 3), world axes, not normalised."""
        mx, my = self.middle
        u = (np.arange(self.width, dtype=np.float32) + 0.5 - mx) / self.focal
        v = (np.arange(self.height, dtype=np.float32) + 0.5 - my) / self.focal
        across = u[:, None] * self.axes[0]
        down = v[:, None] * self.axes[1] + self.axes[2]
        return np.asarray(across[None, :, :] + down[:, None, :], np.float32)


@dataclass(frozen=True)
class Light:
    """Sun (or lamp), sky and bounce. Colours are factors on a surface's own colour, about 0–1.2."""

    toward: tuple[float, float, float]
    """Unit vector from the ground to the sun."""
    sun: tuple[float, float, float]
    sky: tuple[float, float, float]
    shadow: float
    """How dark the cast shadow is, 0 (overcast) to 1."""

    def shade(self, normals: Floats) -> Floats:
        """Factors (N, 3) on the colours of faces with these unit normals (N, 3)."""
        direct = np.maximum(normals @ np.array(self.toward, np.float32), 0.0)
        dome = 0.62 + 0.38 * normals[:, 2]
        linear = direct[:, None] * np.array(self.sun, np.float32) + dome[:, None] * np.array(self.sky, np.float32)
        # Colours here are as displayed, not linear: a camera's tone curve lifts what is in the shade.
        return np.asarray(linear**0.6, np.float32)


def random_light(rng: np.random.Generator, *, indoor: bool) -> Light:
    """Sun high or low, or an overcast sky; indoors lamps from above."""
    azimuth = rng.uniform(0, 2 * np.pi)
    height = rng.uniform(0.9, 1.4) if indoor else rng.uniform(0.35, 1.25)
    toward = (float(np.cos(azimuth) * np.cos(height)), float(np.sin(azimuth) * np.cos(height)), float(np.sin(height)))
    warm = rng.uniform(-0.06, 0.08)
    strength = rng.uniform(0.1, 0.4) if indoor else float(rng.choice([rng.uniform(0.08, 0.25), rng.uniform(0.45, 0.8)]))
    dome = rng.uniform(0.55, 0.85) if strength < 0.4 else rng.uniform(0.4, 0.62)
    sun = tuple(float(strength * f) for f in (1 + warm, 1.0, 1 - warm))
    sky = tuple(float(dome * f) for f in (1 - warm * 0.6, 1.0, 1 + warm * 0.6))
    return Light(toward, (sun[0], sun[1], sun[2]), (sky[0], sky[1], sky[2]), float(strength / (strength + 0.6 * dome)))
