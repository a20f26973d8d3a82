"""Meshes to pixels: shaded quads painted far to near into a supersampled patch, shadows on the ground, compositing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from infra.rendered_site.model import Floats, Klass, Patch, Pixels
from infra.rendered_site.optics import Light, Pinhole

_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class Mark:
    """Vertices whose extent is a `Patch`, and three of them, anticlockwise seen from where it looks to."""

    name: str
    vertices: NDArray[np.int32]
    plane: tuple[int, int, int]

    def moved(self, offset: int) -> Mark:
        """The same mark in a mesh in which its vertices come `offset` later."""
        a, b, c = self.plane
        return Mark(self.name, (self.vertices + offset).astype(np.int32), (a + offset, b + offset, c + offset))


@dataclass(frozen=True)
class Mesh:
    """A posed object in world coordinates."""

    vertices: Floats
    """(V, 3) metres."""
    quads: NDArray[np.int32]
    """(F, 4) vertex numbers, anticlockwise seen from outside."""
    albedo: Floats
    """(F, 3) colours 0–255 under full light."""
    layer: NDArray[np.int8]
    """(F,) painted in this order first, far to near second: decals lie on a higher layer than what they are on."""
    parts: tuple[tuple[int, int], ...]
    """Vertex ranges of roughly convex parts: each casts its hull as shadow."""
    objects: tuple[tuple[Klass, int, int], ...]
    """Vertex ranges of what gets a box of its own (a rider and the bicycle)."""
    glow: Floats | None = None
    """(F,) 1 where a face shines by itself (lamps, reflective tape), else 0."""
    gloss: Floats | None = None
    """(F,) how much of the sky a face mirrors, 0 (cloth) to 1."""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Sprite:
    """An object's picture: premultiplied RGB and coverage, placed at (x, y) in the frame."""

    x: int
    y: int
    rgba: Pixels
    depth: float
    extents: tuple[tuple[Klass, float, float, float, float], ...]
    """Class and unclipped left, top, right, bottom of every object in it."""
    patches: tuple[Patch, ...] = ()
    """Unclipped, and as if nothing hid them."""


def merge(meshes: list[Mesh]) -> Mesh:
    """Several meshes as one, so that their faces hide each other rightly."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    pairs = list(zip(meshes, offsets[:-1].tolist(), strict=True))
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.quads + offset for mesh, offset in pairs]).astype(np.int32),
        np.concatenate([mesh.albedo for mesh in meshes]),
        np.concatenate([mesh.layer for mesh in meshes]),
        tuple((a + offset, b + offset) for mesh, offset in pairs for a, b in mesh.parts),
        tuple((klass, a + offset, b + offset) for mesh, offset in pairs for klass, a, b in mesh.objects),
        np.concatenate([np.zeros(len(mesh.quads), np.float32) if mesh.glow is None else mesh.glow for mesh in meshes]),
        np.concatenate(
            [np.zeros(len(mesh.quads), np.float32) if mesh.gloss is None else mesh.gloss for mesh in meshes]
        ),
        tuple(mark.moved(offset) for mesh, offset in pairs for mark in mesh.marks),
    )


def place(vertices: Floats, x: float, y: float, heading: float) -> Floats:
    """Body coordinates (x forward, y left, z up) to world ones; heading in radians from world x, anticlockwise."""
    c, s = np.cos(heading), np.sin(heading)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)
    return (vertices @ turn + np.array([x, y, 0.0], np.float32)).astype(np.float32)


def _normals(corners: Floats) -> Floats:
    a = corners[:, 2] - corners[:, 0]
    b = corners[:, 3] - corners[:, 1]
    n = np.empty_like(a)
    n[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    n[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    n[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    n /= np.sqrt((n * n).sum(1, keepdims=True)) + 1e-9
    return n


def _mirrored(colours: Floats, gloss: Floats, rays: Floats, normals: Floats, light: Light) -> Floats:
    """Adds what paint and glass mirror: bright sky above, dark ground below, more at flat angles (after Schlick)."""
    rays = rays / (np.linalg.norm(rays, axis=1, keepdims=True) + 1e-9)
    facing = -(rays * normals).sum(1)
    rise = rays[:, 2] + 2 * facing * normals[:, 2]
    around = np.array(light.sky, np.float32) * 250 * (0.3 + 0.7 * np.clip(rise * 2 + 0.5, 0, 1))[:, None]
    share = gloss * (0.35 + 0.65 * (1 - np.clip(facing, 0, 1)) ** 3)
    return np.asarray(colours + (around - colours) * share[:, None], np.float32)


def _patch(mesh: Mesh, mark: Mark, pixels: Floats, camera: Pinhole) -> Patch:
    a, b, c = mesh.vertices[list(mark.plane)]
    out = np.cross(b - a, c - a)
    to_camera = camera.position - mesh.vertices[mark.vertices].mean(0)
    facing = float(out @ to_camera / (np.linalg.norm(out) * np.linalg.norm(to_camera) + 1e-9))
    spots = pixels[mark.vertices]
    (x1, y1), (x2, y2) = spots.min(0).tolist(), spots.max(0).tolist()
    corners = tuple((float(x), float(y)) for x, y in spots) if len(spots) == 4 else ()
    return Patch(mark.name, x1, y1, x2, y2, facing, 1.0, corners)


def rasterise(mesh: Mesh, camera: Pinhole, light: Light, *, haze: tuple[float, Floats] | None = None) -> Sprite | None:
    """The mesh's picture, or None where it is outside the frame or reaches behind the camera.

    `haze` is (extinction per metre, colour of the air).
    """
    pixels, depth = camera.project(mesh.vertices)
    if depth.min() < 0.25:
        return None
    left, top = pixels.min(0)
    right, bottom = pixels.max(0)
    if right <= 0 or bottom <= 0 or left >= camera.width or top >= camera.height:
        return None
    extents = []
    for klass, a, b in mesh.objects:
        low, high = pixels[a:b].min(0), pixels[a:b].max(0)
        extents.append((klass, float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    x1, y1 = int(max(left - 2, -camera.width)), int(max(top - 2, -camera.height))
    x2, y2 = int(min(right + 3, 2 * camera.width)), int(min(bottom + 3, 2 * camera.height))
    w, h = x2 - x1, y2 - y1
    fine = int(np.clip(420 // max(w, h), 1, 4))

    corners = pixels[mesh.quads]
    p, q = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    facing = np.flatnonzero(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0] < 0)
    far = depth[mesh.quads[facing]].mean(1)
    order = np.lexsort((-far, mesh.layer[facing]))
    facing, far = facing[order], far[order]

    places = mesh.vertices[mesh.quads[facing]]
    normals = _normals(places)
    factors = light.shade(normals)
    if mesh.glow is not None:
        factors = np.maximum(factors, mesh.glow[facing, None])
    colours: Floats = mesh.albedo[facing] * factors
    if mesh.gloss is not None:
        colours = _mirrored(colours, mesh.gloss[facing], places[:, 0] - camera.position, normals, light)
    if haze is not None:
        through = np.exp(-haze[0] * far)[:, None]
        colours = colours * through + haze[1] * (1 - through)
    painted = np.full((len(facing), 4), 255, np.int32)
    painted[:, :3] = np.clip(colours, 0, 255)
    scale = np.float32(fine << _SUBPIXEL_BITS)
    points = ((corners[facing] - np.array([x1, y1], np.float32)) * scale - (1 << (_SUBPIXEL_BITS - 1))).astype(np.int32)

    patch: Any = np.zeros((h * fine, w * fine, 4), np.uint8)
    fill = cv2.fillConvexPoly
    for polygon, colour in zip(points, painted.tolist(), strict=True):
        fill(patch, polygon, colour, cv2.LINE_8, _SUBPIXEL_BITS)
    if fine > 1:
        patch = cv2.resize(patch, (w, h), interpolation=cv2.INTER_AREA)
    patches = tuple(_patch(mesh, mark, pixels, camera) for mark in mesh.marks)
    return Sprite(x1, y1, patch, float(far.mean()) if len(far) else float(depth.mean()), tuple(extents), patches)


def cast_shadow(mesh: Mesh, camera: Pinhole, light: Light, mask: Pixels) -> None:
    """Draws the mesh's shadow on the ground into a mask (height, width), 255 where the sun is hidden."""
    toward = np.array(light.toward, np.float32)
    reach = mesh.vertices[:, 2:3] / max(float(toward[2]), 0.25)
    flat = mesh.vertices - toward * reach
    flat[:, 2] = 0.0
    pixels, depth = camera.project(flat)
    if depth.min() < 0.25:
        return
    limit = 4 * max(camera.width, camera.height)
    points = np.clip(pixels, -limit, limit).astype(np.int32)
    for a, b in mesh.parts:
        cv2.fillConvexPoly(mask, cv2.convexHull(points[a:b]), 255)


def clip(sprite: Sprite, width: int, height: int) -> tuple[slice, slice, slice, slice] | None:
    """Rows and columns of the frame, rows and columns of the patch that overlap; None where nothing does."""
    h, w = sprite.rgba.shape[:2]
    x1, y1 = max(sprite.x, 0), max(sprite.y, 0)
    x2, y2 = min(sprite.x + w, width), min(sprite.y + h, height)
    if x2 <= x1 or y2 <= y1:
        return None
    return (
        slice(y1, y2),
        slice(x1, x2),
        slice(y1 - sprite.y, y2 - sprite.y),
        slice(x1 - sprite.x, x2 - sprite.x),
    )


def blend(frame: Pixels, sprite: Sprite) -> None:
    """Paints the sprite over the frame (height, width, 3), in place."""
    spans = clip(sprite, frame.shape[1], frame.shape[0])
    if spans is None:
        return
    rows, columns, inner_rows, inner_columns = spans
    patch = sprite.rgba[inner_rows, inner_columns]
    keep = cv2.merge([255 - patch[:, :, 3]] * 3)
    under: Any = cv2.multiply(frame[rows, columns], keep, scale=1 / 255)
    frame[rows, columns] = cv2.add(under, np.ascontiguousarray(patch[:, :, :3]))


def darken(frame: Pixels, mask: Pixels, depth: float, softness: float) -> None:
    """Darkens the frame under a shadow mask, in place: `depth` 0–1 how dark, `softness` the blur in pixels."""
    box = cv2.boundingRect(mask)
    if box[2] == 0:
        return
    reach = int(3 * softness) + 1
    y1, y2 = max(box[1] - reach, 0), min(box[1] + box[3] + reach, frame.shape[0])
    x1, x2 = max(box[0] - reach, 0), min(box[0] + box[2] + reach, frame.shape[1])
    soft: Any = mask[y1:y2, x1:x2]
    if softness > 0.3:
        soft = cv2.GaussianBlur(soft, (0, 0), softness)
    keep = 255 - cv2.convertScaleAbs(soft, alpha=depth)
    frame[y1:y2, x1:x2] = cv2.multiply(frame[y1:y2, x1:x2], cv2.merge([keep] * 3), scale=1 / 255)


@dataclass(frozen=True)
class Cover:
    """Who is seen at every pixel of a frame.

    Attributes:
        owner: (height, width), the number of the nearest sprite; -1 where there is none.
        shares: for each sprite the share of its silhouette that is in the frame and not hidden.
    """

    owner: NDArray[np.int16]
    shares: list[float]

    def share(self, number: int, sprite: Sprite, patch: Patch) -> float:
        """The share of a part of a sprite that is in the frame and not hidden by another sprite."""
        x1, y1 = int(np.floor(patch.x1)), int(np.floor(patch.y1))
        x2, y2 = int(np.ceil(patch.x2)), int(np.ceil(patch.y2))
        rows = slice(max(y1 - sprite.y, 0), max(y2 - sprite.y, 0))
        columns = slice(max(x1 - sprite.x, 0), max(x2 - sprite.x, 0))
        whole = int((sprite.rgba[rows, columns, 3] > 127).sum())
        seen = int((self.owner[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] == number).sum())
        return min(seen / max(whole, 1), 1.0)


def coverage(sprites: list[Sprite], width: int, height: int) -> Cover:
    """Who is seen where, of sprites ordered far to near."""
    owner = np.full((height, width), -1, np.int16)
    totals = []
    for number, sprite in enumerate(sprites):
        solid = sprite.rgba[:, :, 3] > 127
        totals.append(max(int(solid.sum()), 1))
        spans = clip(sprite, width, height)
        if spans is not None:
            rows, columns, inner_rows, inner_columns = spans
            owner[rows, columns][solid[inner_rows, inner_columns]] = number
    seen = np.bincount(owner[owner >= 0].ravel(), minlength=len(sprites))
    shares = [float(min(count / total, 1.0)) for count, total in zip(seen.tolist(), totals, strict=True)]
    return Cover(owner, shares)
