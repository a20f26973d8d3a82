"""Things that stand about and hide people: trees, bins, benches, shelves, pillars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from infra.rendered_site.model import Rgb
from infra.rendered_site.panels import Panels
from infra.rendered_site.raster import Mesh, place


@dataclass(frozen=True)
class Prop:
    """A thing that stands on the ground and can hide people; `kind` is a word of `PROPS_OUTDOOR` or `PROPS_INDOOR`."""

    kind: str
    x: float
    y: float
    heading: float
    rgb: Rgb
    seed: int


def _tree(panels: Panels, rng: np.random.Generator, _: Rgb) -> None:
    green = np.array((rng.uniform(55, 110), rng.uniform(85, 125), rng.uniform(40, 60)))
    panels.beam((0, 0, 0), (0.1, 0, 2.4), 0.14, (88, 74, 60))
    count = 170
    out = rng.normal(0, 1, (count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    centre = out * np.array((1.7, 1.7, 1.4)) * rng.uniform(0.55, 1.0, (count, 1)) + (0, 0, rng.uniform(2.8, 4.2))
    u = np.cross(out, (0.1, 0.3, 0.9))
    u *= rng.uniform(0.18, 0.5, (count, 1)) / np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(out, u)
    shade = rng.uniform(0.45, 1.15, count) * (0.75 + 0.25 * out[:, 2])
    colours = green * shade[:, None]
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


_SIZES: dict[str, tuple[float, float, float]] = {
    # Boxes: half length, half width, height.
    "bin": (0.28, 0.28, 1.0),
    "container": (0.7, 0.5, 1.25),
    "bollard": (0.08, 0.08, 0.95),
    "pole": (0.07, 0.07, 5.5),
    "pillar": (0.25, 0.25, 3.2),
    "crate": (0.6, 0.5, 0.9),
    "counter": (1.5, 0.4, 1.1),
    "hedge": (2.2, 0.5, 1.1),
    "cone": (0.16, 0.16, 0.65),
}
PROPS_OUTDOOR = (
    "bin", "container", "bollard", "pole", "tree", "tree", "bench", "hedge", "cone", "sign", "barrier", "crate",
)  # fmt: skip
PROPS_INDOOR = ("bin", "pillar", "crate", "shelf", "counter", "table", "plant", "bench", "sign", "barrier")


def _sign(panels: Panels, rgb: Rgb) -> None:
    panels.block((-0.03, -0.03, 0), (0.03, 0.03, 2.1), (130, 132, 134))
    panels.block((-0.02, -0.3, 1.6), (0.02, 0.3, 2.15), rgb)


def _barrier(panels: Panels, rgb: Rgb) -> None:
    for z in (0.1, 0.45, 0.8):
        panels.block((-1.1, -0.03, z), (1.1, 0.03, z + 0.12), rgb if z > 0.3 else (190, 190, 190))
    for x in (-1.0, 1.0):
        panels.block((x - 0.04, -0.2, 0), (x + 0.04, 0.2, 0.95), (90, 92, 94))


def _shelf(panels: Panels, rng: np.random.Generator, rgb: Rgb) -> None:
    panels.block((-1.2, 0.22, 0), (1.2, 0.28, 2.0), (120, 122, 126))
    for z in (0.1, 0.7, 1.3, 1.95):
        panels.block((-1.2, -0.3, z), (1.2, 0.28, z + 0.04), rgb)
        for x in np.arange(-1.1, 1.0, 0.35).tolist() if z < 1.9 else []:
            tone = tuple(float(v) for v in rng.uniform(40, 220, 3))
            panels.block((x, -0.2, z + 0.04), (x + rng.uniform(0.15, 0.32), 0.2, z + rng.uniform(0.2, 0.5)), tone)


def _solid(panels: Panels, rng: np.random.Generator, prop: Prop) -> None:
    length, wide, high = _SIZES[prop.kind]
    levels = np.linspace(0, high * rng.uniform(0.8, 1.25), 5)
    for low, top in zip(levels[:-1].tolist(), levels[1:].tolist(), strict=True):
        tone = 0.8 + 0.25 * top / high
        panels.block((-length, -wide, low), (length, wide, top), tuple(min(c * tone, 255.0) for c in prop.rgb))
    if prop.kind == "cone":
        panels.block((-0.17, -0.17, 0.3), (0.17, 0.17, 0.45), (235, 235, 235), 1)


_BUILDERS: dict[str, Callable[[Panels, np.random.Generator, Rgb], None]] = {
    "tree": _tree,
    "plant": _plant,
    "shelf": _shelf,
    "bench": lambda panels, _, rgb: _bench(panels, rgb),
    "table": lambda panels, _, rgb: _table(panels, rgb),
    "sign": lambda panels, _, rgb: _sign(panels, rgb),
    "barrier": lambda panels, _, rgb: _barrier(panels, rgb),
}


@lru_cache(maxsize=128)
def prop_mesh(prop: Prop) -> Mesh:
    """The thing in world coordinates."""
    rng = np.random.default_rng(prop.seed)
    panels = Panels()
    if prop.kind in _SIZES:
        _solid(panels, rng, prop)
    else:
        _BUILDERS[prop.kind](panels, rng, prop.rgb)
    mesh = panels.mesh(prop.seed, parts=1 if prop.kind in _SIZES else 6)
    return replace(mesh, vertices=place(mesh.vertices, prop.x, prop.y, prop.heading))
