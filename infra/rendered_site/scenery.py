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


def _band(rng: np.random.Generator, band: Band, x: Floats, y: Floats, foot: Floats, rgb: Floats) -> Floats:
    c, s = float(np.cos(band.angle)), float(np.sin(band.angle))
    along = (x - band.x) * c + (y - band.y) * s
    across = (y - band.y) * c - (x - band.x) * s
    cover = np.clip((band.width / 2 - np.abs(across)) / foot + 0.5, 0.0, 1.0).astype(np.float32)
    if not cover.any():
        return rgb
    surface = _GROUNDS[band.material](rng, along, across, foot)
    worn = np.clip(0.75 + 0.25 * materials.noise(along, across, foot, 9), 0.25, 1.0)
    white = np.array((225, 225, 218) if rng.random() < 0.8 else (214, 178, 64), np.float32)

    def mark(share: Floats) -> None:
        nonlocal surface
        blend = (share * worn * 0.85)[..., None]
        surface = surface * (1 - blend) + white * blend

    if band.marks == "road":
        dashes = materials.line((along % 6.0) - 3.0, 3.0, foot)
        mark(np.asarray(materials.line(across, 0.12, foot) * dashes, np.float32))
        mark(materials.line(np.abs(across) - band.width / 2 + 0.3, 0.12, foot))
    elif band.marks == "bays":
        mark(materials.line((along % 2.6) - 1.3, 0.11, foot))
    if band.marks in ("road", "kerb"):
        edge = materials.line(np.abs(across) - band.width / 2, 0.18, foot)[..., None]
        surface = surface * (1 - 0.5 * edge) + np.array((178, 176, 170), np.float32) * 0.5 * edge
    blend = cover[..., None]
    return np.asarray(rgb * (1 - blend) + surface * blend, np.float32)


def _sky(rng: np.random.Generator, camera: Pinhole, up: Floats) -> Floats:
    top = np.array((110, 150, 205)) if rng.random() < 0.5 else np.array((175, 182, 190))
    low = np.array((215, 222, 228)) * rng.uniform(0.85, 1.05)
    share = np.clip(up / 0.5, 0, 1)[..., None]
    rgb = low * (1 - share) + top * rng.uniform(0.8, 1.1) * share
    u, v = np.meshgrid(np.arange(camera.width, dtype=np.float32), np.arange(camera.height, dtype=np.float32))
    cloud = materials.noise(u * 0.5, v * 1.5, np.ones_like(u), 0.8)
    return np.asarray(rgb * (1 + 0.05 * cloud[..., None]), np.float32)


def _ceiling(rng: np.random.Generator, camera: Pinhole, rays: Floats, high: float) -> Floats:
    reach = (high - camera.above) / np.maximum(rays[..., 2], 1e-3)
    reach = np.clip(reach, 0, 80)
    x, y = rays[..., 0] * reach, rays[..., 1] * reach
    foot = np.maximum(reach / camera.focal * 3, 1e-3).astype(np.float32)
    tile = np.maximum(
        materials.line((x % 0.6) - 0.3, 0.03, foot), materials.line((y % 0.6) - 0.3, 0.03, foot)
    )
    lamp = ((x // 0.6 % 4 == 1) & (y // 0.6 % 3 == 1)).astype(np.float32)
    tone = rng.uniform(120, 215)
    return np.asarray(((tone * (1 - 0.2 * tile))[..., None] * (1 - lamp[..., None])) + 250 * lamp[..., None], np.float32)


def _paint_wall(image: Pixels, floor: NDArray[np.bool_], wall: Wall, camera: Pinhole, light: Light, indoor: bool) -> None:
    a, b = np.array(wall.a), np.array(wall.b)
    share = np.linspace(0, 1, 65)
    points = a + (b - a) * share[:, None]
    low = np.column_stack([points, np.zeros(65)]).astype(np.float32)
    high = np.column_stack([points, np.full(65, wall.high)]).astype(np.float32)
    ok = (camera.project(low)[1] > 0.5) & (camera.project(high)[1] > 0.5)
    if ok.sum() < 2:
        return
    first, last = int(np.flatnonzero(ok)[0]), int(np.flatnonzero(ok)[-1])
    corners = np.stack([high[first], high[last], low[last], low[first]])
    pixels, _ = camera.project(corners)
    if pixels[:, 0].max() < 0 or pixels[:, 0].min() > camera.width or pixels[:, 1].max() < 0:
        return
    picture = _wall_picture(wall, indoor)
    w, h = picture.shape[1], picture.shape[0]
    source = np.array([(share[first] * w, 0), (share[last] * w, 0), (share[last] * w, h), (share[first] * w, h)], np.float32)
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
    smaller = max(float(np.linalg.norm(pixels[3] - pixels[2])), float(np.linalg.norm(pixels[0] - pixels[3])), 8.0) / max(w, h)
    flags = cv2.INTER_LINEAR
    if smaller < 0.6:
        factor = max(smaller * 1.2, 0.04)
        lit = cv2.resize(lit, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        matrix = matrix @ np.diag([w / lit.shape[1], h / lit.shape[0], 1.0])
    warped = cv2.warpPerspective(lit, shift @ matrix, (bw, bh), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = mask[y : y + bh, x : x + bw] > 0
    image[y : y + bh, x : x + bw][inside] = warped[inside]
    floor[y : y + bh, x : x + bw][inside] = False


@lru_cache(maxsize=32)
def _wall_picture(wall: Wall, indoor: bool) -> Pixels:
    metres = float(np.hypot(wall.b[0] - wall.a[0], wall.b[1] - wall.a[1]))
    return materials.wall(np.random.default_rng(wall.seed), metres, wall.high, indoor=indoor)


def paint(scene: Scene, camera: Pinhole, light: Light) -> Backdrop:
    """The background without the things that can hide people (those are sprites, see `prop_mesh`)."""
    rng = np.random.default_rng(scene.seed)
    rays = camera.rays()
    down = -rays[..., 2]
    ground = down > 0.004
    reach = np.minimum(camera.above / np.maximum(down, 0.004), 400.0)
    x, y = camera.at[0] + rays[..., 0] * reach, camera.at[1] + rays[..., 1] * reach
    # A pixel's footprint on the ground: across it is distance over focal length; along it is longer, flat angles more so.
    foot = np.asarray(reach / camera.focal * np.sqrt(1 / np.maximum(down, 0.02)), np.float32)
    x, y = x.astype(np.float32), y.astype(np.float32)
    rgb = _GROUNDS[scene.ground](rng, x, y, foot)
    for band in scene.bands:
        rgb = _band(rng, band, x, y, foot, rgb)
    up = light.shade(np.array([[0, 0, 1]], np.float32))[0]
    rgb = rgb * up
    if scene.pools:
        dim = np.full(x.shape, 0.35, np.float32)
        for _ in range(4):
            px, py, size = rng.uniform(-10, 10), rng.uniform(2, 30), rng.uniform(3, 8)
            dim += 0.9 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * size**2))
        rgb = rgb * np.minimum(dim, 1.2)[..., None]
    if not scene.indoor:
        far = np.clip(1 - np.exp(-reach / rng.uniform(150, 900)), 0, 0.9)[..., None]
        rgb = rgb * (1 - far) + np.array((190, 196, 202), np.float32) * up * far
    if not ground.all():
        above = _ceiling(rng, camera, rays, scene.ceiling) if scene.indoor else _sky(rng, camera, rays[..., 2])
        rgb = np.where(ground[..., None], rgb, above)
    image = np.clip(rgb, 0, 255).astype(np.uint8)
    floor = ground & (reach < 90)
    eye = camera.position[:2]
    for wall in sorted(scene.walls, key=lambda w: -float(np.hypot(*(np.add(w.a, w.b) / 2 - eye)))):
        _paint_wall(image, floor, wall, camera, light, scene.indoor)
    return Backdrop(image, floor)


def _tree(panels: Panels, rng: np.random.Generator, rgb: Rgb) -> None:
    panels.beam((0, 0, 0), (0.1, 0, 2.4), 0.14, (88, 74, 60))
    high = rng.uniform(2.8, 4.2)
    for _ in range(170):
        d = rng.normal(0, 1, 3)
        d /= np.linalg.norm(d)
        centre = d * np.array((1.7, 1.7, 1.4)) * rng.uniform(0.55, 1.0) + (0, 0, high)
        size = rng.uniform(0.18, 0.5)
        u = np.cross(d, (0.1, 0.3, 0.9))
        u = u / np.linalg.norm(u) * size
        v = np.cross(d, u)
        shade = rng.uniform(0.45, 1.15) * (0.75 + 0.25 * d[2])
        corners = [tuple(centre + k) for k in (u, v, -u, -v)]
        panels.quad(corners, tuple(d), tuple(c * shade for c in rgb))


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
        panels.quad([(0, 0, 0.4), (tip[0] * 0.5, tip[1] * 0.4, high * 0.8), tip, (tip[0] * 0.6, tip[1] * 0.8, high * 0.7)], (np.cos(angle), np.sin(angle), 0.3), green)


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
PROPS_OUTDOOR = ("bin", "container", "bollard", "pole", "tree", "tree", "bench", "hedge", "cone", "sign", "barrier", "crate")
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
