"""What stands still: ground, walls, sky, ceiling, and the things that people walk behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.rendered_site import materials
from infra.rendered_site.model import Floats, Pixels, Rgb, VehicleLook
from infra.rendered_site.optics import Light, Pinhole
from infra.rendered_site.panels import Panels
from infra.rendered_site.raster import Mesh, place
from infra.rendered_site.vehicle import build

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
class Prop:
    """A thing that stands on the ground and can hide people; `kind` is a word of `PROPS`."""

    kind: str
    x: float
    y: float
    heading: float
    rgb: Rgb
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


def _band(rng: np.random.Generator, band: Band, x: Floats, y: Floats, foot: Floats, rgb: Floats) -> None:
    """Paints the strip over the ground, in place, touching only the rows and columns where it is seen."""
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
            share = materials.line(across, 0.12, foot) * materials.line(
                along - np.floor(along / 6.0) * 6.0 - 3.0, 3.0, foot
            )
            share = np.maximum(share, materials.line(np.abs(across) - band.width / 2 + 0.3, 0.12, foot))
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
    v, u = np.indices(up.shape, np.float32)
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
    image: Pixels, floor: NDArray[np.bool_], wall: Wall, camera: Pinhole, light: Light, indoor: bool
) -> None:
    a, b = np.array(wall.a), np.array(wall.b)
    share = np.linspace(0, 1, 65)
    points = a + (b - a) * share[:, None]
    low = np.column_stack([points, np.zeros(65)]).astype(np.float32)
    upper = np.column_stack([points, np.full(65, wall.high)]).astype(np.float32)
    ok = (camera.project(low)[1] > 0.5) & (camera.project(upper)[1] > 0.5)
    if ok.sum() < 2:
        return
    first, last = int(np.flatnonzero(ok)[0]), int(np.flatnonzero(ok)[-1])
    corners = np.stack([upper[first], upper[last], low[last], low[first]])
    pixels, _ = camera.project(corners)
    if pixels[:, 0].max() < 0 or pixels[:, 0].min() > camera.width or pixels[:, 1].max() < 0:
        return
    # Pictures come in a few sizes and are stretched a little, so that walls of many scenes share them.
    metres, high = float(np.hypot(*(b - a))), wall.high
    picture = _wall_picture(
        wall.seed, _nearest(metres, (3, 5, 8, 12, 18, 26)), _nearest(high, (1.5, 2.5, 4, 7, 11)), indoor
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
    lit = cv2.multiply(picture, (float(tone[0]), float(tone[1]), float(tone[2]), 1.0))
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
    return materials.wall(np.random.default_rng(seed), metres, high, indoor=indoor)


def _ground(rng: np.random.Generator, scene: Scene, camera: Pinhole, up: Floats, rays: Floats, reach: Floats) -> Floats:
    """The lit ground for some rows of rays and their reach in metres; `up` is the light on a level surface."""
    x, y = camera.at[0] + rays[..., 0] * reach, camera.at[1] + rays[..., 1] * reach
    # A pixel's footprint on the ground: across it is distance over focal length; along it is longer, flat angles more so.
    foot = reach * (1 / camera.focal) / np.sqrt(np.maximum(-rays[..., 2], 0.02))
    rgb = _GROUNDS[scene.ground](rng, x, y, foot)
    for band in scene.bands:
        _band(rng, band, x, y, foot, rgb)
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
    ground = down > 0.004
    # Rows from here on show ground; rows before there may show sky or ceiling.
    first = int(np.argmax(ground.any(1))) if ground.any() else camera.height
    last = camera.height - int(np.argmin(ground.all(1)[::-1])) if not ground.all() else 0
    rgb = np.empty((camera.height, camera.width, 3), np.float32)
    reach = np.full(ground.shape, 1e3, np.float32)
    up = light.shade(np.array([[0, 0, 1]], np.float32))[0]
    if first < camera.height:
        reach[first:] = np.minimum(camera.above / np.maximum(down[first:], 0.004), 400.0)
        rgb[first:] = _ground(rng, scene, camera, up, rays[first:], reach[first:])
    if last > 0:
        above = _ceiling(rng, camera, rays[:last], scene.ceiling) if scene.indoor else _sky(rng, rays[:last, :, 2])
        np.copyto(rgb[:last], above, where=~ground[:last, :, None])
    image = np.clip(rgb, 0, 255).astype(np.uint8)
    floor = ground & (reach < 90)
    eye = camera.position[:2]
    for wall in sorted(scene.walls, key=lambda w: -float(np.hypot(*(np.add(w.a, w.b) / 2 - eye)))):
        _paint_wall(image, floor, wall, camera, light, scene.indoor)
    return Backdrop(image, floor)


def _tree(panels: Panels, rng: np.random.Generator, rgb: Rgb) -> None:
    panels.beam((0, 0, 0), (0.1, 0, 2.4), 0.14, (88, 74, 60))
    count = 170
    out = rng.normal(0, 1, (count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    centre = out * np.array((1.7, 1.7, 1.4)) * rng.uniform(0.55, 1.0, (count, 1)) + (0, 0, rng.uniform(2.8, 4.2))
    u = np.cross(out, (0.1, 0.3, 0.9))
    u *= rng.uniform(0.18, 0.5, (count, 1)) / np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(out, u)
    shade = rng.uniform(0.45, 1.15, count) * (0.75 + 0.25 * out[:, 2])
    colours = np.array(rgb) * shade[:, None]
    leaves = np.stack([centre + u, centre + v, centre - u, centre - v], 1)
    panels.corners += leaves.tolist()
    panels.outward += out.tolist()
    panels.colours += colours.tolist()
    panels.layers += [0] * count
    panels.glow += [0.0] * count
    panels.gloss += [0.0] * count


def _bench(panels: Panels, rgb: Rgb) -> None:
    for z in (0.42, 0.62, 0.78):
        panels.block((-0.9, -0.2 if z < 0.5 else 0.18, z), (0.9, 0.2, z + 0.06), rgb)
    for x in (-0.7, 0.7):
        panels.block((x - 0.04, -0.18, 0), (x + 0.04, 0.18, 0.42), (60, 60, 62))


def _table(panels: Panels, rgb: Rgb) -> None:
    panels.block((-0.8, -0.45, 0.72), (0.8, 0.45, 0.77), rgb)
    for x in (-0.72, 0.72):
        for y in (-0.38, 0.38):
            panels.block((x - 0.03, y - 0.03, 0), (x + 0.03, y + 0.03, 0.72), (70, 70, 72))


def _plant(panels: Panels, rng: np.random.Generator, rgb: Rgb) -> None:
    panels.block((-0.22, -0.22, 0), (0.22, 0.22, 0.42), rgb)
    for _ in range(40):
        angle, high = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.5)
        tip = (0.45 * np.cos(angle) * rng.uniform(0.3, 1), 0.45 * np.sin(angle) * rng.uniform(0.3, 1), high)
        green = (float(rng.uniform(40, 80)), float(rng.uniform(80, 130)), float(rng.uniform(40, 60)))
        panels.quad(
            [(0, 0, 0.4), (tip[0] * 0.5, tip[1] * 0.4, high * 0.8), tip, (tip[0] * 0.6, tip[1] * 0.8, high * 0.7)],
            (np.cos(angle), np.sin(angle), 0.3),
            green,
        )


_SIZES: dict[str, tuple[tuple[float, float, float], ...]] = {
    # Boxes: half length, half width, height.
    "bin": ((0.28, 0.28, 1.0),),
    "container": ((0.7, 0.5, 1.25),),
    "bollard": ((0.08, 0.08, 0.95),),
    "pole": ((0.07, 0.07, 5.5),),
    "pillar": ((0.25, 0.25, 3.2),),
    "crate": ((0.6, 0.5, 0.9),),
    "shelf": ((1.2, 0.3, 2.0),),
    "counter": ((1.5, 0.4, 1.1),),
    "hedge": ((2.2, 0.5, 1.1),),
    "cone": ((0.16, 0.16, 0.65),),
    "sign": ((0.03, 0.03, 2.1), (0.02, 0.3, 0.0)),
    "barrier": ((1.1, 0.06, 1.0),),
}
PROPS_OUTDOOR = (
    "bin",
    "container",
    "bollard",
    "pole",
    "tree",
    "tree",
    "bench",
    "hedge",
    "cone",
    "sign",
    "barrier",
    "crate",
)
PROPS_INDOOR = ("bin", "pillar", "crate", "shelf", "counter", "table", "plant", "bench", "sign", "barrier")


@lru_cache(maxsize=128)
def prop_mesh(prop: Prop) -> Mesh:
    """The thing in world coordinates."""
    rng = np.random.default_rng(prop.seed)
    panels = Panels()
    if prop.kind == "tree":
        green = (rng.uniform(55, 110), rng.uniform(85, 125), rng.uniform(40, 60))
        _tree(panels, rng, (int(green[0]), int(green[1]), int(green[2])))
    elif prop.kind == "bench":
        _bench(panels, prop.rgb)
    elif prop.kind == "table":
        _table(panels, prop.rgb)
    elif prop.kind == "plant":
        _plant(panels, rng, prop.rgb)
    elif prop.kind == "sign":
        panels.block((-0.03, -0.03, 0), (0.03, 0.03, 2.1), (130, 132, 134))
        panels.block((-0.02, -0.3, 1.6), (0.02, 0.3, 2.15), prop.rgb)
    elif prop.kind == "barrier":
        for z in (0.1, 0.45, 0.8):
            panels.block((-1.1, -0.03, z), (1.1, 0.03, z + 0.12), prop.rgb if z > 0.3 else (190, 190, 190))
        for x in (-1.0, 1.0):
            panels.block((x - 0.04, -0.2, 0), (x + 0.04, 0.2, 0.95), (90, 92, 94))
    elif prop.kind == "shelf":
        panels.block((-1.2, 0.22, 0), (1.2, 0.28, 2.0), (120, 122, 126))
        for z in (0.1, 0.7, 1.3, 1.95):
            panels.block((-1.2, -0.3, z), (1.2, 0.28, z + 0.04), prop.rgb)
            for x in np.arange(-1.1, 1.0, 0.35).tolist() if z < 1.9 else []:
                tone = tuple(float(v) for v in rng.uniform(40, 220, 3))
                panels.block((x, -0.2, z + 0.04), (x + rng.uniform(0.15, 0.32), 0.2, z + rng.uniform(0.2, 0.5)), tone)
    else:
        length, wide, high = _SIZES[prop.kind][0]
        stretch = rng.uniform(0.8, 1.25)
        levels = np.linspace(0, high * stretch, 5)
        for low, top in zip(levels[:-1].tolist(), levels[1:].tolist(), strict=True):
            tone = 0.8 + 0.25 * top / high
            panels.block((-length, -wide, low), (length, wide, top), tuple(min(c * tone, 255.0) for c in prop.rgb))
        if prop.kind == "cone":
            panels.block((-0.17, -0.17, 0.3), (0.17, 0.17, 0.45), (235, 235, 235), 1)
    mesh = panels.mesh(prop.seed, parts=1 if prop.kind in _SIZES else 6)
    return replace(mesh, vertices=place(mesh.vertices, prop.x, prop.y, prop.heading))


def parked_mesh(parked: Parked) -> Mesh:
    """The parked vehicle in world coordinates."""
    mesh = build(parked.look)
    return replace(mesh, vertices=place(mesh.vertices, parked.x, parked.y, parked.heading))
