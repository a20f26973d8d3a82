"""What stands still: ground, walls, sky, ceiling, and the things that people walk behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.rendered_site import materials
from infra.rendered_site.model import Floats, Pixels, VehicleLook
from infra.rendered_site.optics import Light, Pinhole
from infra.rendered_site.props import Prop
from infra.rendered_site.raster import Mesh, place
from infra.rendered_site.vehicle import build
from infra.rendered_site.walls import wall

_GROUNDS: dict[str, Callable[[np.random.Generator, Floats, Floats, Floats], Floats]] = {
    "asphalt": materials.asphalt,
    "concrete": materials.concrete,
    "paving": materials.paving,
    "grass": materials.grass,
    "tiles": materials.tiles,
    "wood": materials.wood,
    "carpet": materials.carpet,
}


@dataclass(frozen=True)
class Band:
    """A straight strip of ground: a road, a pavement, a lawn."""

    x: float
    y: float
    """A point on its middle line."""
    angle: float
    """Of its direction, radians from world x."""
    width: float
    material: str
    marks: str = "none"
    """"road" (dashed middle, edge lines), "bays" (parking bays across it), "kerb" (light edges), or "none"."""


@dataclass(frozen=True)
class Wall:
    """A wall between two ground points."""

    a: tuple[float, float]
    b: tuple[float, float]
    high: float
    seed: int


@dataclass(frozen=True)
class Parked:
    """A vehicle that does not move while the camera looks."""

    look: VehicleLook
    x: float
    y: float
    heading: float


@dataclass(frozen=True)
class Scene:
    """Everything fixed in one camera's view."""

    indoor: bool
    ground: str
    bands: tuple[Band, ...] = ()
    walls: tuple[Wall, ...] = ()
    props: tuple[Prop, ...] = ()
    parked: tuple[Parked, ...] = ()
    ceiling: float = 3.0
    seed: int = 0
    pools: bool = False
    """Lamps make pools of light on the ground (night)."""


@dataclass(frozen=True)
class Backdrop:
    """A painted background."""

    rgb: Pixels
    floor: NDArray[np.bool_]
    """Pixels that show open ground."""


def _band(rng: np.random.Generator, band: Band, grid: tuple[Floats, Floats, Floats], rgb: Floats) -> None:
    """Paints the strip over the ground, in place, touching only the rows and columns where it is seen."""
    x, y, foot = grid
    c, s = float(np.cos(band.angle)), float(np.sin(band.angle))
    across = (y - band.y) * c - (x - band.x) * s
    cover = np.clip((band.width / 2 - np.abs(across)) / foot + 0.5, 0.0, 1.0)
    seen = cover > 0
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    x, y, foot, across, cover = x[window], y[window], foot[window], across[window], cover[window]
    along = (x - band.x) * c + (y - band.y) * s
    surface = _GROUNDS[band.material](rng, along, across, foot)
    white = (225.0, 225.0, 218.0) if rng.random() < 0.8 else (214.0, 178.0, 64.0)
    if band.marks in ("road", "bays"):
        if band.marks == "road":
            dash = materials.line(along - np.floor(along / 6.0) * 6.0 - 3.0, 3.0, foot)
            middle = materials.line(across, 0.12, foot) * dash
            share: Floats = np.maximum(middle, materials.line(np.abs(across) - band.width / 2 + 0.3, 0.12, foot))
        else:
            share = materials.line(along - np.floor(along / 2.6) * 2.6 - 1.3, 0.11, foot)
        worn = np.clip(0.65 + 0.2 * materials.noise(along, across, foot, 9), 0.2, 0.9)
        surface = _mix(surface, white, share * worn)
    if band.marks in ("road", "kerb"):
        surface = _mix(
            surface, (178.0, 176.0, 170.0), 0.5 * materials.line(np.abs(across) - band.width / 2, 0.18, foot)
        )
    rgb[window] += (surface - rgb[window]) * cv2.merge([cover] * 3)


def _mix(rgb: Floats, colour: tuple[float, float, float], share: Floats) -> Floats:
    tone = np.array(colour, np.float32)
    return np.asarray(rgb + (tone - rgb) * cv2.merge([np.asarray(share, np.float32)] * 3), np.float32)


def _sky(rng: np.random.Generator, up: Floats) -> Floats:
    """Blue or overcast, lighter to the horizon; `up` is the rays' rise (rows, columns)."""
    top = np.array((110, 150, 205) if rng.random() < 0.5 else (175, 182, 190), np.float32) * rng.uniform(0.8, 1.1)
    low = np.array((215, 222, 228), np.float32) * rng.uniform(0.85, 1.05)
    v, u = np.asarray(np.indices(up.shape), np.float32)
    cloud = 1 + 0.03 * materials.noise(u * 0.5, v * 1.5, np.ones_like(u), 0.8)
    share = np.clip(up / 0.5, 0, 1)
    sky = cv2.merge([(low[k] + (top[k] - low[k]) * share) * cloud for k in range(3)])
    # A line of trees or roofs along the horizon: bare horizons are rare where cameras hang.
    rise = rng.uniform(0.0, 0.07) + 0.012 * materials.noise(
        u, np.full_like(u, rng.uniform(0, 500)), np.ones_like(u), 1.0
    )
    wood = np.clip((rise - up) * 120, 0, 1)
    leaf = rng.uniform(60, 120) * (1 + 0.12 * materials.noise(u, v, np.ones_like(u), 6.0))
    green = cv2.merge([leaf * rng.uniform(0.85, 1.1), leaf * 1.05, leaf * rng.uniform(0.75, 1.05)])
    return np.asarray(sky + (green - sky) * cv2.merge([np.asarray(wood, np.float32)] * 3), np.float32)


def _ceiling(rng: np.random.Generator, camera: Pinhole, rays: Floats, high: float) -> Floats:
    reach = np.clip((high - camera.above) / np.maximum(rays[..., 2], 1e-3), 0, 80)
    x, y = rays[..., 0] * (reach / 0.6), rays[..., 1] * (reach / 0.6)
    foot = np.maximum(reach * (3 / 0.6 / camera.focal), 1e-3)
    i, j = np.floor(x), np.floor(y)
    tile = np.maximum(materials.line(x - i - 0.5, 0.05, foot), materials.line(y - j - 0.5, 0.05, foot))
    lamp = ((i % 4 == 1) & (j % 3 == 1)).astype(np.float32)
    bright = rng.uniform(120, 215) * (1 - 0.2 * tile)
    bright += (250 - bright) * lamp
    return np.asarray(cv2.merge([bright] * 3), np.float32)


def _paint_wall(
    image: Pixels, floor: NDArray[np.bool_], one: Wall, camera: Pinhole, light: Light, *, indoor: bool
) -> None:
    a, b = np.array(one.a), np.array(one.b)
    share = np.linspace(0, 1, 65)
    points = a + (b - a) * share[:, None]
    low = np.column_stack([points, np.zeros(65)]).astype(np.float32)
    upper = np.column_stack([points, np.full(65, one.high)]).astype(np.float32)
    ok = (camera.project(low)[1] > 0.5) & (camera.project(upper)[1] > 0.5)
    if ok.sum() < 2:
        return
    first, last = int(np.flatnonzero(ok)[0]), int(np.flatnonzero(ok)[-1])
    corners = np.stack([upper[first], upper[last], low[last], low[first]])
    pixels, _ = camera.project(corners)
    if pixels[:, 0].max() < 0 or pixels[:, 0].min() > camera.width or pixels[:, 1].max() < 0:
        return
    # Pictures come in a few sizes and are stretched a little, so that walls of many scenes share them.
    metres, high = float(np.hypot(*(b - a))), one.high
    picture = _wall_picture(
        one.seed, _nearest(metres, (3, 5, 8, 12, 18, 26)), _nearest(high, (1.5, 2.5, 4, 7, 11)), indoor
    )
    w, h = picture.shape[1], picture.shape[0]
    source = np.array(
        [(share[first] * w, 0), (share[last] * w, 0), (share[last] * w, h), (share[first] * w, h)], np.float32
    )
    along = (b - a) / np.linalg.norm(b - a)
    normal = np.array([[along[1], -along[0], 0.0]], np.float32)
    if float(np.dot(normal[0, :2], camera.position[:2] - a)) < 0:
        normal = -normal
    tone = light.shade(normal)[0] * (1.15 if indoor else 1.0)
    lit: Any = cv2.multiply(picture, np.array((*tone.tolist(), 1.0)))
    matrix = cv2.getPerspectiveTransform(source, pixels.astype(np.float32))
    mask = np.zeros(image.shape[:2], np.uint8)
    limit = 8 * max(camera.width, camera.height)
    cv2.fillConvexPoly(mask, np.clip(pixels, -limit, limit).astype(np.int32), 255)
    box = cv2.boundingRect(mask)
    if box[2] == 0:
        return
    x, y, bw, bh = box
    shift = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]], np.float64)
    smaller = max(
        float(np.linalg.norm(pixels[3] - pixels[2])), float(np.linalg.norm(pixels[0] - pixels[3])), 8.0
    ) / max(w, h)
    flags = cv2.INTER_LINEAR
    if smaller < 0.6:
        factor = max(smaller * 1.2, 0.04)
        lit = cv2.resize(lit, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        matrix = matrix @ np.diag([w / lit.shape[1], h / lit.shape[0], 1.0])
    warped = cv2.warpPerspective(lit, shift @ matrix, (bw, bh), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = mask[y : y + bh, x : x + bw] > 0
    image[y : y + bh, x : x + bw][inside] = warped[inside]
    floor[y : y + bh, x : x + bw][inside] = False


def _nearest(value: float, stock: tuple[float, ...]) -> float:
    return min(stock, key=lambda v: abs(v - value))


@lru_cache(maxsize=384)
def _wall_picture(seed: int, metres: float, high: float, indoor: bool) -> Pixels:
    return wall(np.random.default_rng(seed), metres, high, indoor=indoor)


def _ground(
    rng: np.random.Generator, scene: Scene, camera: Pinhole, up: Floats, *, rays: Floats, reach: Floats
) -> Floats:
    """The lit ground for some rows of rays and their reach in metres; `up` is the light on a level surface."""
    x, y = camera.at[0] + rays[..., 0] * reach, camera.at[1] + rays[..., 1] * reach
    # A pixel's footprint on the ground: distance over focal length across, longer along the view, more at flat angles.
    foot = reach * (1 / camera.focal) / np.sqrt(np.maximum(-rays[..., 2], 0.02))
    rgb = _GROUNDS[scene.ground](rng, x, y, foot)
    for band in scene.bands:
        _band(rng, band, (x, y, foot), rgb)
    if scene.pools:
        dim = np.full(x.shape, 0.35, np.float32)
        for _ in range(4):
            px, py, size = rng.uniform(-10, 10), rng.uniform(2, 30), rng.uniform(3, 8)
            dim += 0.9 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * size**2))
        rgb *= np.minimum(dim, 1.2)[..., None]
    if not scene.indoor:
        far = np.clip(1 - np.exp(reach * (-1 / rng.uniform(150, 900))), 0, 0.9)
        rgb = _mix(rgb, (190.0, 196.0, 202.0), far)
    return np.asarray(rgb * up, np.float32)


def paint(scene: Scene, camera: Pinhole, light: Light) -> Backdrop:
    """The background without the things that can hide people (those are sprites, see `prop_mesh`)."""
    rng = np.random.default_rng(scene.seed)
    rays = camera.rays()
    down = -rays[..., 2]
    ground: NDArray[np.bool_] = np.greater(down, 0.004)
    # Rows from here on show ground; rows before there may show sky or ceiling.
    first = int(np.argmax(ground.any(1))) if ground.any() else camera.height
    whole = np.logical_and.reduce(ground, axis=1)
    last = camera.height - int(np.argmin(whole[::-1])) if not ground.all() else 0
    rgb = np.empty((camera.height, camera.width, 3), np.float32)
    reach = np.full(ground.shape, 1e3, np.float32)
    up = light.shade(np.array([[0, 0, 1]], np.float32))[0]
    if first < camera.height:
        reach[first:] = np.minimum(camera.above / np.maximum(down[first:], 0.004), 400.0)
        rgb[first:] = _ground(rng, scene, camera, up, rays=rays[first:], reach=reach[first:])
    if last > 0:
        above = _ceiling(rng, camera, rays[:last], scene.ceiling) if scene.indoor else _sky(rng, rays[:last, :, 2])
        np.copyto(rgb[:last], above, where=np.logical_not(ground)[:last, :, None])
    image = np.clip(rgb, 0, 255).astype(np.uint8)
    floor = ground & (reach < 90)
    eye = camera.position[:2]
    for one in sorted(scene.walls, key=lambda w: -float(np.hypot(*(np.add(w.a, w.b) / 2 - eye)))):
        _paint_wall(image, floor, one, camera, light, indoor=scene.indoor)
    return Backdrop(image, floor)


def parked_mesh(parked: Parked) -> Mesh:
    """The parked vehicle in world coordinates."""
    mesh = build(parked.look)
    return replace(mesh, vertices=place(mesh.vertices, parked.x, parked.y, parked.heading))
