"""Puts actors and things on the stage: poses them, casts shadows, paints them far to near, and says where they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from infra.rendered_site import figure
from infra.rendered_site.model import Actor, Box, Floats, Klass, Patch, Pixels
from infra.rendered_site.optics import Light, Pinhole
from infra.rendered_site.raster import (
    Cover,
    Mesh,
    Sprite,
    blend,
    cast_shadow,
    coverage,
    darken,
    merge,
    place,
    rasterise,
)
from infra.rendered_site.vehicle import build

_STEP = 1.42
"""Metres of one whole walking cycle of an average adult."""


@dataclass(frozen=True)
class Standing:
    """One object at one moment: where it is, which way it goes, how far it has come and how fast it is."""

    actor: Actor
    x: float
    y: float
    heading: float
    """Radians from world x, anticlockwise."""
    travelled: float = 0.0
    """Metres since it set out: drives the walking cycle and the pedals."""
    speed: float = 0.0
    """Metres a second; 0 stands."""
    clock: float = 0.0
    """Seconds, for the sway of who stands."""
    arms: str = "down"


@dataclass(frozen=True)
class Item:
    """A mesh on the stage; scenery has no name and gets no box."""

    mesh: Mesh
    name: str | None = None
    smear: float = 0.0
    """Motion blur in pixels, sideways."""


def mesh_of(at: Standing) -> Mesh:
    """The actor's mesh in world coordinates."""
    person, vehicle = at.actor.person, at.actor.vehicle
    if person is None:
        assert vehicle is not None
        mesh = build(vehicle)
    else:
        body = figure.dress(person)
        if vehicle is not None and vehicle.kind == "motorcycle":
            stance = figure.on_motorcycle()
        elif vehicle is not None:
            stance = figure.cycling(at.travelled / 1.1)
        elif at.speed > 0.15:
            brisk = float(np.clip(at.speed / 1.35, 0.6, 1.35))
            stance = figure.walking(at.travelled / (_STEP * body.scale * (0.55 + 0.45 * brisk)) * 2 * np.pi, brisk)
        else:
            stance = figure.standing(at.clock * 0.9, at.arms)
        mesh = figure.pose(body, stance)
        if vehicle is not None:
            back = np.array([-0.3 if vehicle.kind == "bicycle" else -0.35, 0, 0], np.float32)
            mesh = merge([replace(mesh, vertices=mesh.vertices + back), build(vehicle)])
    return replace(mesh, vertices=place(mesh.vertices, at.x, at.y, at.heading))


def _contact(mesh: Mesh, camera: Pinhole, mask: Pixels) -> None:
    """The dark patch right under an object, whatever the weather."""
    low = mesh.vertices[mesh.vertices[:, 2] < 0.45].copy()
    if len(low) < 3:
        return
    middle = low.mean(0)
    low = middle + (low - middle) * 1.06
    low[:, 2] = 0.0
    pixels, depth = camera.project(low.astype(np.float32))
    if depth.min() < 0.25:
        return
    limit = 4 * max(camera.width, camera.height)
    # Little light gets under a vehicle, more between feet.
    tone = 255 if float(np.ptp(low[:, :2], axis=0).max()) > 1.2 else 150
    cv2.fillConvexPoly(mask, cv2.convexHull(np.clip(pixels, -limit, limit).astype(np.int32)), tone)


def _smeared(sprite: Sprite, amount: float) -> Sprite:
    length = int(amount)
    if length < 2:
        return sprite
    return replace(
        sprite, rgba=np.asarray(cv2.blur(sprite.rgba, (length, 1), borderType=cv2.BORDER_CONSTANT), np.uint8)
    )


@dataclass(frozen=True)
class Drawn:
    """A sprite on the stage, how far its foot is from the camera along the ground, and whose it is."""

    distance: float
    sprite: Sprite
    name: str | None


@dataclass(frozen=True)
class Fixed:
    """What does not move, painted once: the backdrop with everything on it, and the sprites to paint again in front of
    whoever walks behind them."""

    frame: Pixels
    drawn: tuple[Drawn, ...]


def _draw(
    frame: Pixels, items: list[Item], camera: Pinhole, light: Light, haze: tuple[float, Floats] | None
) -> list[Drawn]:
    """Darkens the frame by the items' shadows, in place, and gives their sprites, in the order given."""
    drawn: list[Drawn] = []
    shade = np.zeros(frame.shape[:2], np.uint8)
    contact = np.zeros(frame.shape[:2], np.uint8)
    eye = camera.position[:2]
    for item in items:
        sprite = rasterise(item.mesh, camera, light, haze=haze)
        if light.shadow > 0.05:
            cast_shadow(item.mesh, camera, light, shade)
        if sprite is None:
            continue
        _contact(item.mesh, camera, contact)
        distance = float(np.hypot(*(item.mesh.vertices[:, :2].mean(0) - eye)))
        drawn.append(Drawn(distance, _smeared(sprite, item.smear), item.name))
    softness = camera.focal / 400
    darken(frame, shade, 0.72 * light.shadow, 0.6 * softness + 0.3)
    darken(frame, contact, 0.62, 2.2 * softness + 0.6)
    return drawn


def set_up(
    backdrop: Pixels, items: list[Item], camera: Pinhole, light: Light, *, haze: tuple[float, Floats] | None = None
) -> Fixed:
    """Paints what does not move on a copy of the backdrop."""
    frame = backdrop.copy()
    drawn = sorted(_draw(frame, items, camera, light, haze), key=lambda d: -d.distance)
    for one in drawn:
        blend(frame, one.sprite)
    return Fixed(frame, tuple(drawn))


def _overlap(a: Sprite, b: Sprite) -> bool:
    (ah, aw), (bh, bw) = a.rgba.shape[:2], b.rgba.shape[:2]
    return bool(a.x < b.x + bw and b.x < a.x + aw and a.y < b.y + bh and b.y < a.y + ah)


def compose(
    fixed: Fixed, items: list[Item], camera: Pinhole, light: Light, *, haze: tuple[float, Floats] | None = None
) -> tuple[Pixels, list[Box]]:
    """Paints what moves among what does not; boxes of everything named, in no particular order.

    Objects wholly outside the frame have no box. `visible` counts what hides them, scenery too.
    """
    frame = fixed.frame.copy()
    moving = _draw(frame, items, camera, light, haze)
    everything = sorted([*fixed.drawn, *moving], key=lambda d: -d.distance)
    fresh = {id(one) for one in moving}
    painted: list[Sprite] = []
    for one in everything:
        if id(one) in fresh or any(_overlap(one.sprite, sprite) for sprite in painted):
            blend(frame, one.sprite)
            painted.append(one.sprite)
    cover = coverage([one.sprite for one in everything], camera.width, camera.height)
    boxes: list[Box] = []
    for number, (one, share) in enumerate(zip(everything, cover.shares, strict=True)):
        if one.name is None:
            continue
        patches = _patches(number, one.sprite, cover, camera)
        for klass, x1, y1, x2, y2 in one.sprite.extents:
            left, top = max(x1, 0.0), max(y1, 0.0)
            right, bottom = min(x2, float(camera.width)), min(y2, float(camera.height))
            if right - left >= 1 and bottom - top >= 1:
                # A rider's head belongs to the rider, a plate to the vehicle.
                own = tuple(patch for patch in patches if (patch.name == "plate") != (klass == Klass.PERSON))
                boxes.append(Box(one.name, klass, left, top, right, bottom, share, own))
    return frame, boxes


def _patches(number: int, sprite: Sprite, cover: Cover, camera: Pinhole) -> tuple[Patch, ...]:
    """A sprite's patches as they are in the frame; those wholly outside are left out."""
    clipped = [
        replace(
            patch,
            x1=max(patch.x1, 0.0),
            y1=max(patch.y1, 0.0),
            x2=min(patch.x2, float(camera.width)),
            y2=min(patch.y2, float(camera.height)),
            visible=cover.share(number, sprite, patch),
        )
        for patch in sprite.patches
    ]
    return tuple(patch for patch in clipped if patch.x2 - patch.x1 >= 1 and patch.y2 - patch.y1 >= 1)
