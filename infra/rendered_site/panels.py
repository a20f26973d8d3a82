"""Things built of flat panels: boxes, tubes, discs and hoops, gathered into one mesh."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from infra.rendered_site.model import Floats
from infra.rendered_site.raster import Mark, Mesh

Point = tuple[float, float, float]


def _point(v: Floats) -> Point:
    return (float(v[0]), float(v[1]), float(v[2]))


@dataclass
class Panels:
    """Panels under construction: each a quad with its own four corners."""

    corners: list[list[Point]] = field(default_factory=list)
    outward: list[Point] = field(default_factory=list)
    colours: list[tuple[float, ...]] = field(default_factory=list)
    layers: list[int] = field(default_factory=list)
    glow: list[float] = field(default_factory=list)
    gloss: list[float] = field(default_factory=list)
    marked: list[tuple[str, int]] = field(default_factory=list)
    """Names and numbers of panels that are a `Mark`."""

    def quad(
        self,
        corners: list[Point],
        outward: Point,
        colour: tuple[float, ...],
        layer: int = 0,
        *,
        glow: float = 0.0,
        gloss: float = 0.0,
    ) -> None:
        """Adds a panel; its corners are put in the order that makes `outward` its front."""
        self.corners.append(corners)
        self.outward.append(outward)
        self.colours.append(colour)
        self.layers.append(layer)
        self.glow.append(glow)
        self.gloss.append(gloss)

    def block(self, low: Point, high: Point, colour: tuple[float, ...], layer: int = 0) -> None:
        """A box between two corners."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        for x, out in ((x0, -1.0), (x1, 1.0)):
            self.quad([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], (out, 0, 0), colour, layer)
        for y, out in ((y0, -1.0), (y1, 1.0)):
            self.quad([(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)], (0, out, 0), colour, layer)
        for z, out in ((z0, -1.0), (z1, 1.0)):
            self.quad([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], (0, 0, out), colour, layer)

    def disc(self, centre: Point, radius: float, out: float, colour: tuple[float, ...], layer: int) -> None:
        """A wheel's side: a twelve-sided disc that faces +y or -y."""
        x, y, z = centre
        ring: list[Point] = [
            (x + radius * float(np.cos(a)), y, max(z + radius * float(np.sin(a)), 0.0))
            for a in np.arange(12) * np.pi / 6
        ]
        for k in range(1, 10, 2):
            self.quad([ring[0], ring[k], ring[k + 1], ring[k + 2]], (0, out, 0), colour, layer)

    def beam(self, a: Point, b: Point, half: float, colour: tuple[float, ...]) -> None:
        """A square tube between two points."""
        p, q = np.array(a), np.array(b)
        along = (q - p) / (np.linalg.norm(q - p) + 1e-9)
        side = np.cross(along, (0.0, 1.0, 0.0) if abs(along[1]) < 0.9 else (1.0, 0.0, 0.0))
        side = side / np.linalg.norm(side) * half
        other = np.cross(along, side)
        for s, t in ((side, other), (other, -side), (-side, -other), (-other, side)):
            corners = [_point(v) for v in (p + s + t, p + s - t, q + s - t, q + s + t)]
            self.quad(corners, _point(s), colour)

    def hoop(self, x: float, radius: float, thick: float, half: float, colour: tuple[float, ...]) -> None:
        """A wheel on the ground of which one sees the rim: both sides and the tread."""
        angles = (np.arange(15) * 2 * np.pi / 14).tolist()

        def point(angle: float, reach: float, y: float) -> Point:
            return (x + reach * float(np.cos(angle)), y, radius + reach * float(np.sin(angle)))

        for a, b in pairwise(angles):
            inner = radius - thick
            for y in (-half, half):
                face = [point(a, radius, y), point(b, radius, y), point(b, inner, y), point(a, inner, y)]
                self.quad(face, (0, y, 0), colour)
            tread = [point(a, radius, -half), point(b, radius, -half), point(b, radius, half), point(a, radius, half)]
            self.quad(tread, (float(np.cos((a + b) / 2)), 0.0, float(np.sin((a + b) / 2))), colour)

    def mesh(self, seed: int, parts: int = 1) -> Mesh:
        """The finished mesh, in body coordinates; `parts` runs of panels cast a shadow each. It has no objects yet."""
        panels = np.array(self.corners, np.float32)
        normals = np.cross(panels[:, 2] - panels[:, 0], panels[:, 3] - panels[:, 1])
        wrong = (normals * np.array(self.outward, np.float32)).sum(1) < 0
        panels[wrong] = panels[wrong, ::-1]
        vertices = panels.reshape(-1, 3)
        count = len(self.corners)
        dirt = np.random.default_rng(seed).normal(0, 0.025, count).astype(np.float32)
        cuts = np.linspace(0, count, parts + 1).astype(int) * 4
        return Mesh(
            vertices,
            np.arange(count * 4, dtype=np.int32).reshape(-1, 4),
            np.clip(np.array(self.colours, np.float32) * (1 + dirt[:, None]), 0, 255).astype(np.float32),
            np.array(self.layers, np.int8),
            tuple(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)),
            (),
            np.array(self.glow, np.float32),
            np.array(self.gloss, np.float32),
            tuple(
                Mark(
                    name,
                    np.arange(number * 4, number * 4 + 4, dtype=np.int32),
                    (number * 4, number * 4 + 1, number * 4 + 2),
                )
                for name, number in self.marked
            ),
        )
