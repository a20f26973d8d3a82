"""Single pictures for teaching small networks: every call another camera, place, light and cast.

The same generator state gives the same picture. One core makes about a hundred crops or a few dozen frames a second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from infra.rendered_site import captions, finish
from infra.rendered_site.looks import random_actor, tint
from infra.rendered_site.model import COLOURS, Actor, Box, Floats, Klass, Pixels
from infra.rendered_site.optics import Light, Pinhole, random_light
from infra.rendered_site.props import PROPS_INDOOR, PROPS_OUTDOOR, Prop, prop_mesh
from infra.rendered_site.routes import room
from infra.rendered_site.scenery import Band, Scene, Wall, paint
from infra.rendered_site.stage import Fixed, Item, Standing, compose, mesh_of

_WALLS = 40
"""Different wall pictures of each size; painting one is slow, so they are shared."""


@dataclass(frozen=True)
class Crop:
    """One object cut out of one frame, with a margin that varies as detectors' boxes do."""

    rgb: Pixels
    """(height, width, 3)."""
    actor: Actor
    klass: Klass
    action: str
    attributes: dict[str, str]
    captions: list[str]


@dataclass(frozen=True)
class Frame:
    """One whole picture with everything labelled that a detector should find."""

    rgb: Pixels
    boxes: list[Box]
    actors: list[Actor]
    """Moving and parked; `Box.actor` names one of them."""


def _random_scene(
    rng: np.random.Generator, *, indoor: bool, clutter: int, near: float = 2.0, far: float = 26.0, above: float = 0.0
) -> Scene:
    seed = int(rng.integers(2**31))
    walls: list[Wall] = []
    if indoor:
        back, left, right = rng.uniform(7, 22), rng.uniform(2.5, 9), rng.uniform(2.5, 9)
        high = max(rng.uniform(2.7, 5.0), above + 0.5)
        skew = rng.uniform(-2.5, 2.5)
        corners = [(-left, -4.0), (-left, back - skew), (right, back + skew), (right, -4.0)]
        walls = [Wall(a, b, high, int(rng.integers(_WALLS))) for a, b in pairwise(corners)]
        ground = str(rng.choice(("tiles", "tiles", "concrete", "wood", "carpet")))
        return Scene(
            True,
            ground,
            (),
            tuple(walls),
            _random_props(rng, PROPS_INDOOR, clutter, near=near, far=back - 1, side=min(left, right)),
            (),
            high,
            seed,
        )
    ground = str(rng.choice(("asphalt", "concrete", "paving", "paving", "grass")))
    bands: list[Band] = []
    angle = rng.uniform(-0.6, 0.6) if rng.random() < 0.6 else np.pi / 2 + rng.uniform(-0.5, 0.5)
    for _ in range(int(rng.integers(0, 4))):
        material = str(rng.choice(("asphalt", "asphalt", "paving", "concrete", "grass")))
        marks = str(rng.choice(("road", "bays", "none"))) if material == "asphalt" else "kerb"
        band = Band(
            rng.uniform(-6, 6), rng.uniform(2, 25), angle + rng.normal(0, 0.02), rng.uniform(2, 9), material, marks
        )
        bands.append(band)
    for _ in range(int(rng.integers(0, 5))):
        distance, wide = rng.uniform(far * 0.5, far * 3), rng.uniform(6, 30)
        x, tilt = rng.uniform(-distance, distance), rng.uniform(-0.7, 0.7)
        dx, dy = wide / 2 * np.cos(tilt), wide / 2 * np.sin(tilt)
        walls.append(
            Wall((x - dx, distance - dy), (x + dx, distance + dy), rng.uniform(1.2, 14), int(rng.integers(_WALLS)))
        )
    for _ in range(int(rng.integers(0, 2))):
        side, start = rng.choice((-1, 1)) * rng.uniform(3, 9), rng.uniform(-2, 6)
        walls.append(
            Wall(
                (side, start),
                (side + rng.uniform(-2, 2), start + rng.uniform(6, 30)),
                rng.uniform(1.5, 9),
                int(rng.integers(_WALLS)),
            )
        )
    return Scene(
        False,
        ground,
        tuple(bands),
        tuple(walls),
        _random_props(rng, PROPS_OUTDOOR, clutter, near=near, far=far, side=9.0),
        (),
        3.0,
        seed,
    )


def _random_props(
    rng: np.random.Generator, kinds: tuple[str, ...], count: int, *, near: float, far: float, side: float
) -> tuple[Prop, ...]:
    props = []
    for _ in range(count):
        rgb = tint(rng, str(rng.choice(COLOURS))) if rng.random() < 0.4 else (int(rng.integers(40, 190)),) * 3
        props.append(
            Prop(
                str(rng.choice(kinds)),
                rng.uniform(-side, side),
                rng.uniform(near, far),
                rng.uniform(0, 6.28),
                (rgb[0], rgb[1], rgb[2]),
                int(rng.integers(2**31)),
            )
        )
    return tuple(props)


def _standing(rng: np.random.Generator, actor: Actor, x: float, y: float) -> tuple[Standing, str]:
    heading = rng.uniform(0, 2 * np.pi)
    if actor.person is not None and actor.vehicle is None:
        moving = rng.random() < 0.72
        arms = str(rng.choice(("down", "phone", "folded")))
        speed = rng.uniform(0.8, 1.7) if moving else 0.0
        return Standing(actor, x, y, heading, rng.uniform(0, 10), speed, rng.uniform(0, 60), arms), (
            "walking" if moving else "standing"
        )
    if actor.person is not None:
        return Standing(actor, x, y, heading, rng.uniform(0, 10), 4.0), "riding"
    moving = rng.random() < 0.6
    return Standing(actor, x, y, heading, 0.0, 5.0 if moving else 0.0), ("driving" if moving else "parked")


def _finish(rng: np.random.Generator, rgb: Pixels, *, dark: bool, quality: tuple[int, int] = (35, 93)) -> Pixels:
    sensor = finish.random_sensor(rng, dark=dark)
    if not dark:
        sensor = finish.exposed(sensor, rgb, 0.7)
    rgb = finish.optics(rgb, sensor)
    rgb = finish.grain(rgb, sensor.noise, rng)
    return finish.squeeze(rgb, int(rng.integers(*quality)))


def _haze(rng: np.random.Generator, light: Light) -> tuple[float, Floats] | None:
    if rng.random() < 0.6:
        return None
    air = np.array((190, 196, 202), np.float32) * (np.array(light.sky, np.float32) + 0.3)
    return (float(rng.uniform(0.001, 0.012)), np.clip(air, 0, 235).astype(np.float32))


def sample_actor(rng: np.random.Generator, people: float = 0.6, riders: float = 0.12) -> Actor:
    """A random actor; crops of one actor from many cameras teach re-identification."""
    return random_actor(rng, "actor", people, riders)


def sample_crop(rng: np.random.Generator, actor: Actor | None = None, *, captions_each: int = 5) -> Crop:
    """A crop of `actor` (or of a random one), 20–230 pixels tall for people, in a fresh place under a fresh camera."""
    actor = actor or sample_actor(rng)
    indoor = actor.vehicle is None and rng.random() < 0.4
    dark = rng.random() < 0.1
    light = random_light(rng, indoor=indoor)
    elevation = rng.uniform(0.06, 0.8)
    distance = float(np.exp(rng.uniform(np.log(4), np.log(28))))
    if actor.person is None:
        distance += 6
    above = distance * np.sin(elevation) + 0.9
    reach = distance * np.cos(elevation)
    at, action = _standing(rng, actor, 0.0, reach)
    mesh = mesh_of(at)
    # First a look through a wide lens, to find the box; then the lens and the window that make the crop.
    tall = float(np.exp(rng.uniform(np.log(22), np.log(220))))
    if actor.person is None:
        tall *= 0.65
    tilt = float(np.arctan2(above - 0.9, reach))
    probe = Pinhole(2, 2, 1000.0, above, tilt, at=(rng.uniform(-0.5, 0.5), 0.0), centre=(0.0, 0.0))
    spots, _ = probe.project(mesh.vertices)
    (x1, y1), (x2, y2) = spots.min(0).tolist(), spots.max(0).tolist()
    scale = tall / (y2 - y1)
    if (x2 - x1) * scale > 330:
        scale = 330 / (x2 - x1)
    w, h = (x2 - x1) * scale, (y2 - y1) * scale
    left, top, right, bottom = rng.uniform(-0.05, 0.16, 4)
    if rng.random() < 0.12:
        cut = int(rng.integers(4))
        left, top, right, bottom = (v - (0.35 if k == cut else 0) for k, v in enumerate((left, top, right, bottom)))
    width, height = max(int(w * (1 + left + right)), 10), max(int(h * (1 + top + bottom)), 14)
    centre = (-x1 * scale + left * w, -y1 * scale + top * h)
    camera = Pinhole(width, height, 1000.0 * scale, above, tilt, at=probe.at, centre=centre)
    scene = _random_scene(rng, indoor=indoor, clutter=0, far=reach + 8, above=above)
    backdrop = paint(scene, camera, light)
    items = [Item(mesh, "actor", rng.uniform(0, 0.04) * w if rng.random() < 0.3 else 0.0)]
    extra = rng.random()
    if extra < 0.22:
        other = random_actor(rng, "other", 0.8 if actor.person is not None else 0.4, 0.0)
        aside, behind = rng.choice((-1, 1)) * rng.uniform(0.5, 1.4), rng.uniform(-1.0, 4.0)
        if other.person is None or actor.person is None:
            aside, behind = aside * 3, abs(behind) * 2 + 3
        items.append(Item(mesh_of(_standing(rng, other, aside, reach + behind)[0])))
    elif extra < 0.4:
        kinds = PROPS_INDOOR if indoor else PROPS_OUTDOOR
        size = 0.7 if actor.person is not None else 2.2
        (prop,) = _random_props(rng, kinds, 1, near=reach - size * 2, far=reach + 5, side=size)
        if np.hypot(prop.x, prop.y - reach) > 0.5:
            items.append(Item(prop_mesh(prop)))
    frame, _ = compose(Fixed(backdrop.rgb, ()), items, camera, light, haze=_haze(rng, light))
    words = captions.captions(rng, actor, action, captions_each)
    # A camera's encoder spends few bits on the ground and more on what moves: small objects are not squeezed to mush.
    quality = (62, 95) if height < 70 else (40, 94)
    return Crop(
        _finish(rng, frame, dark=dark, quality=quality),
        actor,
        actor.klass,
        action,
        captions.attributes(actor, action),
        words,
    )


def _random_camera(rng: np.random.Generator, width: int, height: int, *, indoor: bool) -> Pinhole:
    above = rng.uniform(2.1, 3.6) if indoor else float(np.exp(rng.uniform(np.log(2.2), np.log(9))))
    view = rng.uniform(0.75, 1.75)
    focal = width / 2 / np.tan(view / 2)
    tilt = rng.uniform(0.12, 0.6) if above < 4 else rng.uniform(0.2, 0.75)
    return Pinhole(width, height, float(focal), above, float(tilt), roll=float(rng.normal(0, 0.02)))


def sample_frame(rng: np.random.Generator, size: tuple[int, int] = (416, 416)) -> Frame:
    """A whole picture of `size` (width, height). Boxes of less than 6 pixels or 15 % visible are left out."""
    width, height = size
    indoor = rng.random() < 0.35
    dark = rng.random() < 0.1
    light = random_light(rng, indoor=indoor)
    camera = _random_camera(rng, width, height, indoor=indoor)
    scene = _random_scene(rng, indoor=indoor, clutter=int(rng.integers(0, 6)), above=camera.above)
    if dark and not indoor:
        scene = replace(scene, pools=True)
    backdrop = paint(scene, camera, light)
    items = [Item(prop_mesh(prop)) for prop in scene.props]
    spots = np.flatnonzero(backdrop.floor.ravel())
    actors: list[Actor] = []
    taken: list[tuple[float, float, float]] = []
    wanted = int(rng.choice((0, 1, 2, 3, 4, 6, 8), p=(0.06, 0.18, 0.22, 0.2, 0.16, 0.1, 0.08))) if len(spots) else 0
    for _ in range(wanted * 3):
        if len(actors) >= wanted:
            break
        pixel = int(spots[int(rng.integers(len(spots)))])
        ground = camera.ground(pixel % width + 0.5, pixel // width + 0.5)
        if ground is None:
            continue
        x, y = ground
        distance = float(np.hypot(np.hypot(x, y), camera.above))
        tall = camera.focal * 1.7 / distance
        vehicle_ok = not indoor and distance > 6
        actor = random_actor(
            rng, f"actor-{len(actors) + 1}", 0.55 if vehicle_ok else 0.97, 0.12 if vehicle_ok else 0.03
        )
        radius = room(actor) + 0.2
        if tall < 11 or distance < 1.8 or any(np.hypot(x - a, y - b) < radius + r for a, b, r in taken):
            continue
        taken.append((x, y, radius))
        at, _ = _standing(rng, actor, x, y)
        actors.append(actor)
        items.append(Item(mesh_of(at), actor.id, rng.uniform(0, 0.05) * tall if rng.random() < 0.25 else 0.0))
    frame, boxes = compose(Fixed(backdrop.rgb, ()), items, camera, light, haze=None if indoor else _haze(rng, light))
    kept = [b for b in boxes if b.visible >= 0.15 and b.x2 - b.x1 >= 4 and b.y2 - b.y1 >= 6]
    return Frame(_finish(rng, frame, dark=dark), kept, actors)
