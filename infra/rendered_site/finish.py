"""What a camera does to light: vignette, colour cast, blur, halos, noise, compression, and the text it burns in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.rendered_site.model import Floats, Pixels

_NOISE = 1024


@dataclass(frozen=True)
class Sensor:
    """One camera's way of seeing."""

    noise: float
    """Deviation of the luminance noise in grey levels."""
    blur: float
    """Deviation of the lens's blur in pixels."""
    sharpen: float
    """Strength of the halo that cheap cameras add, 0 for none."""
    vignette: float
    gain: tuple[float, float, float]
    gamma: float
    saturation: float


def random_sensor(rng: np.random.Generator, *, dark: bool = False) -> Sensor:
    """A cheap to decent CCTV camera; in the dark with more noise and less light."""
    cast = rng.normal(0, 0.04, 3)
    exposure = rng.uniform(0.42, 0.75) if dark else rng.uniform(0.8, 1.15)
    gain = tuple(float(v) for v in exposure * (1 + cast))
    return Sensor(
        noise=float(rng.uniform(3, 7) if dark else rng.uniform(0.5, 4.0)),
        blur=float(rng.choice([0.0, rng.uniform(0.3, 0.7), rng.uniform(0.6, 1.1)])),
        sharpen=float(rng.choice([0.0, rng.uniform(0.2, 0.8)])),
        vignette=float(rng.uniform(0, 0.35)),
        gain=(gain[0], gain[1], gain[2]),
        gamma=float(rng.uniform(0.85, 1.2)),
        saturation=float(rng.uniform(0.55, 1.15) * (0.6 if dark else 1.0)),
    )


@lru_cache(maxsize=24)
def _grains(strength: float) -> NDArray[np.int16]:
    """Noise of this deviation, (1024, 1024, 3): coarse and fine, mostly of brightness, a little of colour."""
    rng = np.random.default_rng(22)

    def field() -> Floats:
        fine = rng.normal(0, 1, (_NOISE, _NOISE)).astype(np.float32)
        coarse = cv2.GaussianBlur(fine, (0, 0), 0.8, borderType=cv2.BORDER_REFLECT)
        mixed = fine * 0.5 + coarse / coarse.std() * 0.6
        return np.asarray(mixed * (strength / mixed.std()), np.float32)

    bright, colour = field(), field() * 0.3
    return np.asarray(np.rint(cv2.merge([bright + colour, bright, bright - colour])), np.int16)


@lru_cache(maxsize=16)
def _fall_off(width: int, height: int, strength: float) -> Pixels:
    """(height, width, 3): 255 in the middle, less at the corners."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1
    y = (np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1
    dim = 255 * (1 - strength * 0.5 * (x[None] ** 2 + y[:, None] ** 2))
    return np.asarray(cv2.merge([dim.astype(np.uint8)] * 3))


@lru_cache(maxsize=64)
def _curve(gain: float, gamma: float) -> Pixels:
    levels = np.arange(256, dtype=np.float32) / 255
    return np.clip((levels * gain) ** gamma * 255 + 0.5, 0, 255).astype(np.uint8)


def optics(picture: Pixels, sensor: Sensor) -> Pixels:
    """Everything but noise: blur, halo, colour, tone, vignette."""
    frame: Any = picture
    if sensor.blur > 0.25:
        frame = cv2.GaussianBlur(frame, (0, 0), sensor.blur)
    if sensor.sharpen > 0:
        soft = cv2.GaussianBlur(frame, (0, 0), 1.2)
        frame = cv2.addWeighted(frame, 1 + sensor.sharpen, soft, -sensor.sharpen, 0)
    if abs(sensor.saturation - 1) > 0.03:
        grey = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        frame = cv2.addWeighted(frame, sensor.saturation, grey, 1 - sensor.saturation, 0)
    if sensor.gamma != 1.0 or sensor.gain != (1.0, 1.0, 1.0):
        curves = np.stack([_curve(round(g, 3), round(sensor.gamma, 3)) for g in sensor.gain], -1)
        frame = cv2.LUT(frame, curves[None])
    if sensor.vignette > 0.02:
        dim = _fall_off(frame.shape[1], frame.shape[0], round(sensor.vignette, 1))
        frame = cv2.multiply(frame, dim, scale=1 / 255)
    return np.asarray(frame, np.uint8)


def grain(frame: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
    """Adds sensor noise of this deviation, mostly of brightness and a little of colour."""
    h, w = frame.shape[:2]
    if strength < 0.5 or h >= _NOISE or w >= _NOISE:
        return frame
    # In steps of half a grey level, so that few fields are kept.
    field = _grains(round(strength * 2) / 2)
    y, x = int(rng.integers(_NOISE - h)), int(rng.integers(_NOISE - w))
    return np.asarray(cv2.add(frame, field[y : y + h, x : x + w], dtype=cv2.CV_8U), np.uint8)


def squeeze(frame: Pixels, quality: int) -> Pixels:
    """JPEG there and back: blocks and smeared colour much as a camera's encoder makes them."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    back: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(back, cv2.COLOR_BGR2RGB), np.uint8)


def exposed(sensor: Sensor, frame: Pixels, strength: float = 1.0) -> Sensor:
    """The sensor with its gain set as automatic exposure would for this picture; `strength` 0 leaves it as it is."""
    mean = max(float(frame[::4, ::4].mean()), 1.0)
    factor = float(np.clip(118 / mean, 0.7, 1.7)) ** strength
    red, green, blue = (gain * factor for gain in sensor.gain)
    return replace(sensor, gain=(red, green, blue))


def burn_in(frame: Pixels, text: str) -> None:
    """Writes the on-screen text of the camera into the top left corner, white on a dimmed strip, in place."""
    scale = frame.shape[0] / 360 * 0.45
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    strip = frame[: height + below + 6, : width + 12]
    strip //= 3
    cv2.putText(frame, text, (6, height + 4), cv2.FONT_HERSHEY_SIMPLEX, scale, (245, 245, 245), 1, cv2.LINE_AA)
