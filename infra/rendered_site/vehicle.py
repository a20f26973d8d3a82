"""Vehicles as shaded panels: cars, vans, lorries, buses, bicycles and motorcycles.

Body coordinates: x forward, y left, z up, metres, the ground at z = 0, the middle of the vehicle at x = y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from infra.rendered_site.model import VEHICLE_KINDS, Floats, Klass, Rgb, VehicleLook
from infra.rendered_site.panels import Panels
from infra.rendered_site.raster import Mesh

_TYRE: Rgb = (26, 26, 28)
_DARK: Rgb = (30, 31, 33)


@dataclass(frozen=True)
class Shell:
    """A closed car-like body: its outline seen from the side, from nose to tail, and where its glass is."""

    outline: tuple[tuple[float, float], ...]
    """(x, z) of the upper edge from the front to the back; x strictly falls."""
    sill: float
    belt: float
    """Height of the lower edge of the side windows."""
    half: float
    """Half the width."""
    roof: float
    """Width at the roof as a share of the width."""
    glass: tuple[int, ...]
    """Numbers of the outline's pieces that are windscreen or rear window."""
    windows: tuple[tuple[float, float, float, float], ...]
    """Side windows: lower front x, lower back x, upper front x, upper back x."""
    axles: tuple[float, ...]
    wheel: float
    """The wheels' radius."""
    window_top: float = 0.07
    """How far the side windows end below the roof."""


SHELLS: dict[str, Shell] = {
    "saloon": Shell(
        ((2.27, 0.66), (2.05, 0.78), (1.05, 0.95), (0.32, 1.39), (-0.2, 1.44), (-0.8, 1.41), (-1.5, 1.06), (-2.15, 1.0),
         (-2.27, 0.8)),
        0.24, 0.94, 0.9, 0.72, (2, 5),
        ((0.92, -0.2, 0.36, -0.2), (-0.28, -1.22, -0.28, -0.8)), (1.38, -1.36), 0.32,
    ),
    "hatchback": Shell(
        ((2.0, 0.68), (1.82, 0.8), (1.0, 0.97), (0.38, 1.42), (-0.3, 1.48), (-1.3, 1.44), (-1.88, 1.02), (-2.0, 0.8)),
        0.24, 0.96, 0.88, 0.74, (2, 5),
        ((0.88, -0.15, 0.4, -0.15), (-0.23, -1.25, -0.23, -1.05)), (1.25, -1.25), 0.31,
    ),
    "estate": Shell(
        ((2.3, 0.66), (2.08, 0.78), (1.1, 0.95), (0.4, 1.41), (-0.3, 1.46), (-1.75, 1.42), (-2.2, 1.0), (-2.3, 0.78)),
        0.24, 0.95, 0.9, 0.74, (2, 5),
        ((0.96, -0.1, 0.42, -0.1), (-0.18, -1.0, -0.18, -1.0), (-1.08, -1.85, -1.08, -1.62)), (1.38, -1.38), 0.32,
    ),
    "SUV": Shell(
        ((2.25, 0.82), (2.1, 0.98), (1.1, 1.12), (0.5, 1.62), (-0.3, 1.7), (-1.75, 1.64), (-2.15, 1.12), (-2.25, 0.9)),
        0.32, 1.1, 0.95, 0.8, (2, 5),
        ((1.0, 0.0, 0.55, 0.0), (-0.08, -0.95, -0.08, -0.95), (-1.03, -1.85, -1.03, -1.65)), (1.38, -1.35), 0.37,
    ),
    "van": Shell(
        ((2.65, 0.95), (2.45, 1.12), (1.95, 1.25), (1.2, 2.1), (0.8, 2.28), (-2.6, 2.3), (-2.68, 2.15)),
        0.32, 1.22, 0.98, 0.88, (2,),
        ((1.78, 0.75, 1.25, 0.75),), (1.75, -1.65), 0.35, 0.3,
    ),
    "pickup": Shell(
        ((2.6, 0.85), (2.45, 1.02), (1.35, 1.12), (0.75, 1.66), (-0.45, 1.7), (-0.75, 1.15), (-0.8, 1.1), (-2.55, 1.08),
         (-2.6, 0.9)),
        0.38, 1.1, 0.93, 0.8, (2, 4),
        ((1.2, 0.35, 0.8, 0.35), (0.27, -0.55, 0.27, -0.4)), (1.65, -1.6), 0.38,
    ),
    "bus": Shell(
        ((5.55, 1.1), (5.5, 1.15), (5.35, 2.75), (5.1, 2.95), (-5.3, 2.95), (-5.5, 2.75), (-5.55, 1.1)),
        0.34, 1.2, 1.25, 0.95, (1, 5),
        tuple((x, x - 1.28, x, x - 1.28) for x in (5.0, 3.65, 2.3, 0.95, -0.4, -1.75, -3.1, -4.0)),
        (3.6, -2.9), 0.48, 0.4,
    ),
    "cab": Shell(
        ((3.55, 1.0), (3.5, 1.3), (3.3, 2.35), (3.0, 2.55), (1.9, 2.55), (1.85, 2.4)),
        0.45, 1.35, 1.12, 0.92, (1,),
        ((3.25, 2.35, 3.12, 2.35),), (2.6, -1.5, -2.5), 0.46, 0.35,
    ),
}  # fmt: skip
SHELLS["taxi"] = SHELLS["saloon"]


def _tone(colour: tuple[float, ...], factor: float, lift: float = 0.0) -> tuple[float, ...]:
    return tuple(min(c * factor + lift, 255.0) for c in colour)


def _half(shell: Shell, z: float) -> float:
    """Half the width at a height: a little barrel-shaped below the windows, narrowing to the roof."""
    top = max(z for _, z in shell.outline)
    if z > shell.belt:
        share = (z - shell.belt) / max(top - shell.belt, 0.01)
        return shell.half * (1 - (1 - shell.roof) * share)
    return shell.half * (0.95 + 0.05 * (z - shell.sill) / (shell.belt - shell.sill))


@dataclass(frozen=True)
class _Coat:
    """A shell with its paint and glass."""

    shell: Shell
    paint: Rgb
    glass: tuple[float, ...]
    windscreen: tuple[float, ...]

    @property
    def front(self) -> float:
        return self.shell.outline[0][0]

    @property
    def back(self) -> float:
        return self.shell.outline[-1][0]

    def half(self, x: float, z: float) -> float:
        """Half the width there: narrower at nose and tail, as bumpers are rounded."""
        near = min(self.front - x, x - self.back)
        return _half(self.shell, z) * (0.9 + 0.1 * min(near / 0.35, 1.0))

    def top(self, x: float) -> float:
        """Height of the upper edge at x."""
        xs, zs = zip(*self.shell.outline[::-1], strict=True)
        return float(np.interp(x, xs, zs))


def _upper_side(panels: Panels, coat: _Coat) -> None:
    """Bonnet, windscreen, roof, rear window, boot: strips across the body."""
    for number, ((x0, z0), (x1, z1)) in enumerate(pairwise(coat.shell.outline)):
        h0, h1 = coat.half(x0, z0), coat.half(x1, z1)
        out = (z1 - z0, 0.0, x0 - x1)
        for a, b in pairwise((-1.0, -0.5, 0.0, 0.5, 1.0)):
            corners = [(x0, a * h0, z0), (x0, b * h0, z0), (x1, b * h1, z1), (x1, a * h1, z1)]
            panels.quad(corners, out, _tone(coat.paint, 1.04 - 0.1 * abs(a + b) / 2), 1)
        if number in coat.shell.glass:
            xa, za = x0 + (x1 - x0) * 0.07, z0 + (z1 - z0) * 0.07
            xb, zb = x1 - (x1 - x0) * 0.07, z1 - (z1 - z0) * 0.07
            ya, yb = coat.half(xa, za) * 0.9, coat.half(xb, zb) * 0.88
            xm, zm, ym = (xa + xb) / 2, (za + zb) / 2, (ya + yb) / 2
            tone = coat.windscreen if x0 > 0 else coat.glass
            lower = [(xa, -ya, za), (xa, ya, za), (xm, ym, zm), (xm, -ym, zm)]
            panels.quad(lower, out, _tone(tone, 0.85), 3, gloss=0.6)
            panels.quad([(xm, -ym, zm), (xm, ym, zm), (xb, yb, zb), (xb, -yb, zb)], out, tone, 3, gloss=0.6)


def _flank(panels: Panels, coat: _Coat, side: float, rng: np.random.Generator) -> None:
    """One long side: sill, doors, windows, wheels."""
    shell = coat.shell
    columns = sorted({x for x, _ in shell.outline} | set(np.linspace(coat.back, coat.front, 13).tolist()), reverse=True)
    rows = []
    for x in columns:
        top = coat.top(x)
        belt = min(shell.belt, top)
        levels = (shell.sill, shell.sill + 0.14, (shell.sill + belt) / 2 + 0.05, belt, top)
        rows.append([(x, side * coat.half(x, z), z) for z in levels])
    for a, b in pairwise(rows):
        for r, bright in enumerate((0.6, 0.86, 1.02, 0.96)):
            panels.quad([a[r], b[r], b[r + 1], a[r + 1]], (0, side, 0.05), _tone(coat.paint, bright), 1)
    for low_front, low_back, high_front, high_back in shell.windows:
        z0 = shell.belt + 0.03

        def point(x: float, z: float) -> tuple[float, float, float]:
            return (x, side * (_half(shell, z) + 0.004), z)

        upper = [point(x, coat.top(x) - shell.window_top) for x in (high_back, high_front)]
        corners = [point(low_front, z0), point(low_back, z0), *upper]
        panels.quad(corners, (0, side, 0.1), _tone(coat.glass, float(rng.uniform(0.8, 1.4))), 3, gloss=0.5)
        y, z1 = point(0, z0)[1], shell.sill + 0.1
        seam = [(low_back - 0.03, y, z0), (low_back - 0.05, y, z0), (low_back - 0.05, y, z1), (low_back - 0.03, y, z1)]
        panels.quad(seam, (0, side, 0), _tone(coat.paint, 0.5), 3)
    rim = _tone((150, 152, 156), float(rng.uniform(0.5, 1.15)))
    for axle in shell.axles:
        y = side * (shell.half * 0.99 + 0.005)
        panels.disc((axle, y, shell.wheel), shell.wheel * 1.17, side, _tone(_DARK, 0.6), 2)
        panels.disc((axle, y + side * 0.002, shell.wheel), shell.wheel, side, _TYRE, 3)
        panels.disc((axle, y + side * 0.003, shell.wheel), shell.wheel * 0.62, side, rim, 4)


def _end(panels: Panels, coat: _Coat, out: float, lit: float) -> None:
    """Nose (`out` 1) or tail (-1): bumper, lamps, grille, number plate, the doors of a van."""
    shell = coat.shell
    x, top = shell.outline[0] if out > 0 else shell.outline[-1]
    h = shell.half * 0.9

    def upright(left: float, right: float, low: float, high: float, at: float) -> list[tuple[float, float, float]]:
        return [(at, left, low), (at, right, low), (at, right, high), (at, left, high)]

    facing = (out, 0.0, 0.0)
    middle = shell.sill + 0.42 * (top - shell.sill)
    panels.quad(upright(-h, h, shell.sill, middle, x), facing, _tone(coat.paint, 0.55), 1)
    panels.quad(upright(-h, h, middle, top, x), facing, _tone(coat.paint, 0.95), 1)
    if x * out < 0:
        return  # a lorry's cab has no tail: its box is behind it
    x += out * 0.004
    lamp = (150, 22, 22) if out < 0 else (250, 248, 235) if lit else (205, 210, 214)
    z1 = min(top, shell.belt) - 0.05
    z0 = z1 - 0.2 * (min(top, shell.belt) - shell.sill) - 0.05
    for s in (-1.0, 1.0):
        panels.quad(upright(s * h * 0.62, s * h * 0.97, z0, z1, x), facing, lamp, 3, glow=lit if out > 0 else 0.45)
    if out > 0:
        panels.quad(upright(-h * 0.55, h * 0.55, z0 - 0.02, z1, x), facing, _DARK, 3)
    elif top > 1.9 and shell.glass == (2,):
        for left, right in ((-0.86, -0.06), (0.06, 0.86)):
            panels.quad(upright(h * left, h * right, 1.25, top - 0.3, x), facing, coat.glass, 3, gloss=0.4)
        panels.quad(upright(-0.02, 0.02, shell.sill + 0.2, top, x), facing, _tone(coat.paint, 0.45), 3)
    plate = (225, 225, 220) if out > 0 else (222, 196, 80)
    panels.marked.append(("plate", len(panels.corners)))
    panels.quad(upright(-0.26, 0.26, shell.sill + 0.18, shell.sill + 0.3, x), facing, plate, 4)


def _lettering(panels: Panels, rng: np.random.Generator) -> None:
    """Dark strokes on the number plates, as letters look from a distance; nothing that could be read."""
    for _, number in list(panels.marked):
        corners, out = np.array(panels.corners[number]), panels.outward[number]
        (x, left, low), (_, right, high) = corners.min(0).tolist(), corners.max(0).tolist()
        step = (right - left) * 0.88 / 7
        for place in range(7):
            if place == 2 + int(out[0] < 0):
                continue
            y = left + (right - left) * 0.06 + place * step
            tall = (high - low) * float(rng.uniform(0.55, 0.66))
            z = (low + high - tall) / 2
            wide = step * float(rng.uniform(0.35, 0.75))
            stroke = [(x, y, z), (x, y + wide, z), (x, y + wide, z + tall), (x, y, z + tall)]
            panels.quad(stroke, out, (52, 52, 56), 6)


def _body(panels: Panels, shell: Shell, paint: Rgb, rng: np.random.Generator) -> None:
    glass = _tone((34, 40, 46), 1.0, float(rng.uniform(0, 26)))
    coat = _Coat(shell, paint, glass, _tone((52, 62, 72), 1.0, float(rng.uniform(-22, 32))))
    _upper_side(panels, coat)
    for side in (-1.0, 1.0):
        _flank(panels, coat, side, rng)
    lit = float(rng.random() < 0.35)
    _end(panels, coat, 1.0, lit)
    _end(panels, coat, -1.0, lit)
    if shell.windows:
        x = shell.windows[0][0] - 0.1
        for s in (-1.0, 1.0):
            inner, outer = sorted((s * (shell.half + 0.02), s * (shell.half + 0.16)))
            low, high = (x - 0.05, inner, shell.belt), (x + 0.05, outer, shell.belt + 0.13)
            panels.block(low, high, _tone(paint, 0.8))


def _lorry(look: VehicleLook, rng: np.random.Generator) -> Panels:
    """A cab with a box behind it; the colour is the box's when that is not white or grey."""
    panels = Panels()
    box = look.rgb
    cab = look.rgb if rng.random() < 0.6 else (225, 226, 228)
    panels.block((-3.6, -1.15, 0.55), (1.7, 1.15, 0.95), _DARK)
    _body(panels, SHELLS["cab"], cab, rng)
    high = float(rng.uniform(2.9, 3.4))
    layer = max(panels.layers) + 1
    ribs = np.linspace(-3.6, 1.7, 11)
    for a, b in pairwise(ribs.tolist()):
        tone = float(rng.uniform(0.94, 1.02))
        for y in (-1.22, 1.22):
            panels.quad([(a, y, 0.95), (b, y, 0.95), (b, y, high), (a, y, high)], (0, y, 0), _tone(box, tone), 2)
        panels.quad(
            [(a, -1.22, high), (b, -1.22, high), (b, 1.22, high), (a, 1.22, high)], (0, 0, 1), _tone(box, 1.03), 2
        )
    for x in (-3.6, 1.7):
        panels.quad(
            [(x, -1.22, 0.95), (x, 1.22, 0.95), (x, 1.22, high), (x, -1.22, high)], (x + 1, 0, 0), _tone(box, 0.93), 2
        )
    panels.quad(
        [(-3.61, -0.02, 1.0), (-3.61, 0.02, 1.0), (-3.61, 0.02, high), (-3.61, -0.02, high)],
        (-1, 0, 0),
        _tone(box, 0.5),
        layer,
    )
    for low, high_y in ((-1.1, -0.85), (0.85, 1.1)):
        corners = [(-3.61, low, 0.72), (-3.61, high_y, 0.72), (-3.61, high_y, 0.9), (-3.61, low, 0.9)]
        panels.quad(corners, (-1, 0, 0), (160, 24, 24), layer, glow=0.45)
    return panels


def _bicycle(look: VehicleLook, rng: np.random.Generator) -> Panels:
    panels = Panels()
    paint, metal = look.rgb, _tone((120, 122, 126), float(rng.uniform(0.5, 1.2)))
    for x in (-0.52, 0.52):
        panels.hoop(x, 0.345, 0.035, 0.018, _TYRE)
        for angle in np.arange(3) * np.pi / 3 + float(rng.uniform(0, 1)):
            dx, dz = 0.31 * float(np.cos(angle)), 0.31 * float(np.sin(angle))
            panels.beam((x - dx, 0, 0.34 - dz), (x + dx, 0, 0.34 + dz), 0.004, (150, 150, 152))
    crank, seat, head, fork = (-0.1, 0.0, 0.3), (-0.24, 0.0, 0.82), (0.36, 0.0, 0.86), (0.39, 0.0, 0.7)
    for a, b in (
        (crank, seat),
        (seat, head),
        (crank, fork),
        (crank, (-0.52, 0, 0.34)),
        (seat, (-0.52, 0, 0.34)),
        (head, (0.52, 0, 0.34)),
    ):
        panels.beam(a, b, 0.02, paint)
    panels.beam(head, (0.34, 0, 1.0), 0.016, metal)
    panels.beam((0.36, -0.27, 1.0), (0.36, 0.27, 1.0), 0.016, _DARK)
    panels.beam(seat, (-0.26, 0, 0.93), 0.016, metal)
    panels.block((-0.38, -0.06, 0.92), (-0.14, 0.06, 0.98), _DARK)
    panels.beam((-0.1, -0.1, 0.2), (-0.1, 0.1, 0.4), 0.018, metal)
    return panels


def _motorcycle(look: VehicleLook, rng: np.random.Generator) -> Panels:
    panels = Panels()
    paint, metal = look.rgb, _tone((110, 112, 116), float(rng.uniform(0.6, 1.2)))
    for x in (-0.68, 0.7):
        panels.hoop(x, 0.315, 0.13, 0.06, _TYRE)
        panels.beam((x, -0.06, 0.31), (x, 0.06, 0.31), 0.1, metal)
    panels.block((-0.25, -0.16, 0.28), (0.32, 0.16, 0.62), _tone(metal, 0.6))
    panels.block((-0.1, -0.15, 0.62), (0.38, 0.15, 0.9), paint)
    panels.block((-0.85, -0.14, 0.7), (-0.1, 0.14, 0.84), _DARK)
    panels.block((-0.95, -0.1, 0.55), (-0.45, 0.1, 0.72), paint)
    panels.block((0.42, -0.16, 0.72), (0.62, 0.16, 1.08), paint)
    panels.block((0.6, -0.1, 0.8), (0.64, 0.1, 0.98), (225, 225, 215))
    panels.beam((0.7, 0.08, 0.31), (0.45, 0.08, 1.0), 0.03, metal)
    panels.beam((0.7, -0.08, 0.31), (0.45, -0.08, 1.0), 0.03, metal)
    panels.beam((0.36, -0.36, 1.04), (0.36, 0.36, 1.04), 0.02, _DARK)
    panels.beam((-0.2, -0.17, 0.32), (-0.8, -0.19, 0.4), 0.045, metal)
    if rng.random() < 0.4:
        panels.block((-1.1, -0.2, 0.86), (-0.75, 0.2, 1.18), _DARK)
    return panels


def _panels(kind: str, paint: Rgb, variant: int) -> Panels:
    rng = np.random.default_rng(variant)
    look = VehicleLook(kind, "white", paint, 1.0, variant)
    if kind == "bicycle":
        return _bicycle(look, rng)
    if kind == "motorcycle":
        return _motorcycle(look, rng)
    # The letters come last and from a generator of their own: everything else stays as it is without them.
    letters = np.random.default_rng((variant, 5))
    if kind == "lorry":
        panels = _lorry(look, rng)
        _lettering(panels, letters)
        return panels
    panels = Panels()
    _body(panels, SHELLS[kind], paint, rng)
    if kind == "taxi":
        panels.block((-0.1, -0.25, 1.44), (0.1, 0.25, 1.58), (240, 225, 140), 5)
    if kind == "pickup":
        panels.quad(
            [(-0.9, -0.78, 1.13), (-0.9, 0.78, 1.13), (-2.48, 0.78, 1.11), (-2.48, -0.78, 1.11)], (0, 0, 1), _DARK, 3
        )
    _lettering(panels, letters)
    return panels


@lru_cache(maxsize=128)
def _template(kind: str, variant: int) -> tuple[Mesh, Floats]:
    """A vehicle painted black, and how much of its paint shows in every face: colouring one is then cheap."""
    parts = 8 if VEHICLE_KINDS[kind] in (Klass.BICYCLE, Klass.MOTORCYCLE) else 1
    black = _panels(kind, (0, 0, 0), variant).mesh(variant, parts)
    grey = _panels(kind, (100, 100, 100), variant).mesh(variant, parts)
    share = np.asarray((grey.albedo - black.albedo) / 100, np.float32)
    assert black.gloss is not None
    painted = np.where(share.max(1) > 0.7, 0.22, 0.0).astype(np.float32)
    return replace(black, gloss=np.maximum(black.gloss, painted)), share


_VARIANTS = 8


@lru_cache(maxsize=256)
def build(look: VehicleLook) -> Mesh:
    """The vehicle's mesh in body coordinates."""
    bare, share = _template(look.kind, look.seed % _VARIANTS)
    vertices = bare.vertices * np.array((look.stretch, 1, 1), np.float32)
    albedo = np.clip(bare.albedo + share * np.array(look.rgb, np.float32), 4, 255)
    return replace(bare, vertices=vertices, albedo=albedo, objects=((VEHICLE_KINDS[look.kind], 0, len(vertices)),))
