"""A person's body: lofted limbs, torso and head on a jointed skeleton, dressed by a look.

Body coordinates: x forward, y left, z up, metres, the ground at z = 0 under the hips. The proportions are those of an
average adult of 1.79 m, scaled to the look's height.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from infra.rendered_site.clothes import RING, ROUND, arm_colours, head_colours, leg_colours, torso_colours
from infra.rendered_site.model import Floats, Klass, PersonLook, Rgb, Worn
from infra.rendered_site.raster import Mark, Mesh

_THIGH, _SHANK, _UPPER_ARM, _FOREARM = 0.45, 0.44, 0.30, 0.27
_STANDING = 1.79

# Torso stations from crotch to neck: height over the hips, half width, half depth.
_TORSO = np.array(
    [
        (-0.10, 0.100, 0.085), (-0.04, 0.160, 0.112), (0.02, 0.172, 0.118), (0.08, 0.166, 0.113), (0.14, 0.156, 0.106),
        (0.20, 0.150, 0.103), (0.26, 0.154, 0.107), (0.32, 0.165, 0.114), (0.38, 0.178, 0.119), (0.44, 0.190, 0.117),
        (0.49, 0.196, 0.104), (0.53, 0.165, 0.085), (0.56, 0.095, 0.066), (0.585, 0.058, 0.056),
    ],
    np.float32,
)  # fmt: skip
_HEAD_Z = np.linspace(-1.0, 1.0, 9, dtype=np.float32)


@dataclass(frozen=True)
class Pose:
    """Joint angles in radians, left and right; bending forward is positive."""

    hip: tuple[float, float] = (0.0, 0.0)
    knee: tuple[float, float] = (0.04, 0.04)
    shoulder: tuple[float, float] = (0.0, 0.0)
    elbow: tuple[float, float] = (0.15, 0.15)
    spread: float = 0.05
    """How far legs and arms stand away from the middle, radians."""
    lean: float = 0.02
    """Of the upper body, forwards."""
    look: float = 0.0
    """The head's turn to the left."""
    seat: float | None = None
    """Height of the hips when sitting; None stands on the lower foot."""
    twist: float = 0.0
    """Of the shoulders against the hips, to the left."""


def walking(phase: float, stride: float = 1.0) -> Pose:
    """A step of the walking cycle; phase in radians, a whole cycle is two steps."""

    def leg(p: float) -> tuple[float, float]:
        swing = max(0.0, np.cos(p + 0.35))
        return (0.06 + 0.44 * stride * float(np.sin(p)), 0.1 + 0.78 * stride * float(swing) ** 1.6)

    (left_hip, left_knee), (right_hip, right_knee) = leg(phase), leg(phase + np.pi)
    swing = float(np.sin(phase))
    return Pose(
        hip=(left_hip, right_hip),
        knee=(left_knee, right_knee),
        shoulder=(-0.42 * stride * swing, 0.42 * stride * swing),
        elbow=(0.25 + 0.22 * max(0.0, -swing), 0.25 + 0.22 * max(0.0, swing)),
        lean=0.05,
        twist=-0.12 * swing * stride,
    )


def standing(sway: float, arms: str = "down") -> Pose:
    """Standing still with a slow sway (radians of its cycle); arms down, at the phone, or folded."""
    shift = 0.03 * float(np.sin(sway))
    shoulder, elbow = {"down": (0.02, 0.18), "phone": (0.35, 1.9), "folded": (0.3, 1.5)}[arms]
    left = (shoulder, elbow) if arms != "phone" else (0.05, 0.3)
    return Pose(
        hip=(0.03 + shift, 0.03 - shift),
        knee=(0.06, 0.06),
        shoulder=(left[0], shoulder),
        elbow=(left[1], elbow),
        look=0.5 * float(np.sin(sway * 0.37)),
        lean=0.03 + shift,
        spread=0.08,
    )


def cycling(crank: float, seat: float = 0.98) -> Pose:
    """On a bicycle; `crank` is the pedals' angle in radians."""

    def leg(p: float) -> tuple[float, float]:
        return (1.05 + 0.36 * float(np.sin(p)), 1.2 + 0.5 * float(np.sin(p + 0.5)))

    (a, b), (c, d) = leg(crank), leg(crank + np.pi)
    return Pose((a, c), (b, d), (0.72, 0.72), (0.35, 0.35), lean=0.5, seat=seat, spread=0.06)


def on_motorcycle(seat: float = 0.84) -> Pose:
    """Sitting on a motorcycle."""
    return Pose((1.15, 1.15), (1.55, 1.55), (0.62, 0.62), (0.5, 0.5), lean=0.3, seat=seat, spread=0.2)


def _grid(start: int, stations: int, ring: int) -> NDArray[np.int32]:
    """Quads of a loft whose vertices are `stations` rings of `ring` from vertex `start` on."""
    s, r = np.meshgrid(np.arange(stations - 1), np.arange(ring), indexing="ij")
    a, b = s * ring + r, s * ring + (r + 1) % ring
    return (start + np.stack([a, b, b + ring, a + ring], -1).reshape(-1, 4)).astype(np.int32)


@dataclass(frozen=True)
class Figure:
    """A dressed body, ready to be posed."""

    look: PersonLook
    quads: NDArray[np.int32]
    albedo: Floats
    parts: tuple[tuple[int, int], ...]
    glow: Floats
    scale: float
    leg_radii: Floats
    arm_radii: Floats
    torso: Floats
    head: Floats


# Vertices come in the order of the blocks in `dress`: legs, arms, trunk, head. A ring begins in front and goes left.
_HEAD_START = 2 * 8 * RING + 2 * 9 * RING + len(_TORSO) * ROUND
_HEAD = (_HEAD_START + np.arange(9 * ROUND, dtype=np.int32)).reshape(9, ROUND)
_HEAD_PLANE = (int(_HEAD[4, 9]), int(_HEAD[4, 3]), int(_HEAD[8, 0]))
_HEAD_MARKS = (
    Mark("head", _HEAD.ravel(), _HEAD_PLANE),
    Mark("face", _HEAD[:7, [9, 10, 11, 0, 1, 2, 3]].ravel(), _HEAD_PLANE),
)

_LEG_RADII = np.array([0.098, 0.090, 0.076, 0.062, 0.062, 0.056, 0.048, 0.042], np.float32)
_ARM_RADII = np.array([0.050, 0.058, 0.050, 0.045, 0.043, 0.038, 0.032, 0.038, 0.014], np.float32)


@lru_cache(maxsize=256)
def dress(look: PersonLook) -> Figure:
    """Builds the body's faces and colours for a look; posing it is cheap afterwards."""
    rng = np.random.default_rng(look.seed)
    loose = 0.012 + 0.02 * rng.random()
    leg = _LEG_RADII.copy()
    if look.lower.kind in ("trousers", "jeans"):
        leg[3:] += loose
        leg[7] += 0.012
    elif look.lower.kind == "shorts":
        leg[:4] += 0.02
    sleeve = _ARM_RADII.copy()
    sleeve[: 3 if look.upper.kind == "t-shirt" else 7] += 0.008 + 0.014 * (
        look.upper.kind in ("jacket", "coat", "hoodie")
    )
    torso = _TORSO.copy()
    if look.upper.kind in ("jacket", "coat", "hoodie"):
        torso[1:11, 1:] += 0.014
    belly = max(look.build - 1.05, 0) * 0.5
    torso[2:8, 1:] *= 1 + belly
    head = np.sqrt(np.clip(1 - _HEAD_Z**2, 0.0, 1.0)).astype(np.float32)
    head = np.maximum(head, 0.12)
    head[1:4] *= np.array([0.86, 0.94, 0.98], np.float32)

    trunk_colours, trunk_glow = torso_colours(look)
    blocks: list[tuple[int, int, Floats, Floats | float]] = [
        (8, RING, leg_colours(look), 0.0),
        (8, RING, leg_colours(look), 0.0),
        (9, RING, arm_colours(look), 0.0),
        (9, RING, arm_colours(look), 0.0),
        (len(_TORSO), ROUND, trunk_colours, trunk_glow),
        (9, ROUND, head_colours(look), 0.0),
        (4, RING, np.broadcast_to(np.array(look.shoes, np.float32), (3, RING, 3)), 0.0),
        (4, RING, np.broadcast_to(np.array(look.shoes, np.float32), (3, RING, 3)), 0.0),
    ]
    blocks += [(s, r, np.broadcast_to(np.array(c, np.float32), (s - 1, r, 3)), 0.0) for s, r, c in _extras(look)]
    quads, albedo, glow, parts, start = [], [], [], [], 0
    for stations, ring, colours, shine in blocks:
        quads.append(_grid(start, stations, ring))
        # Folds and dirt: smooth noise along the limb, so that cloth is never one flat colour.
        folds = rng.normal(0, 1, (stations - 1, ring))
        folds = (folds + np.roll(folds, 1, 1) + np.roll(folds, 1, 0)) / 3
        albedo.append((np.asarray(colours) * (1 + 0.13 * folds[..., None])).reshape(-1, 3))
        glow.append(np.broadcast_to(np.asarray(shine, np.float32), (stations - 1, ring)).reshape(-1))
        parts.append((start, start + stations * ring))
        start += stations * ring
    return Figure(
        look,
        np.concatenate(quads),
        np.clip(np.concatenate(albedo), 4, 255).astype(np.float32),
        tuple(parts),
        np.concatenate(glow).astype(np.float32),
        look.height / _STANDING,
        leg,
        sleeve,
        torso,
        head,
    )


def _extras(look: PersonLook) -> list[tuple[int, int, Rgb]]:
    """(stations, ring, colour) of what is not body: in the order in which `_extra_vertices` gives them."""
    extras: list[tuple[int, int, Rgb]] = []
    if look.lower.kind in ("skirt", "dress") or look.upper.kind == "coat":
        extras.append((4, ROUND, look.upper.rgb if look.upper.kind == "coat" else look.lower.rgb))
    if look.headwear is not None and look.headwear.kind in ("cap", "hard hat"):
        extras.append((2, ROUND, look.headwear.rgb))
    if look.headwear is None and look.hair_style in ("long", "tied", "bushy"):
        extras.append((4, RING, look.hair))
    if look.bag is not None:
        extras.append((5, ROUND, look.bag.rgb))
    return extras


def _loft(path: Floats, across: Floats, along: Floats, ring: int) -> Floats:
    """Rings about a path (S, 3): `across` and `along` are half axes (S, 3); → (S·ring, 3)."""
    angle = np.arange(ring, dtype=np.float32) * np.float32(2 * np.pi / ring)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    rings = path[:, None, :] + along[:, None, :] * c + across[:, None, :] * s
    return np.asarray(rings.reshape(-1, 3), np.float32)


@dataclass(frozen=True)
class _Bones:
    """What two limbs of a kind have in common: two lengths, and stations along each bone as shares of it."""

    upper: float
    lower: float
    stations: tuple[tuple[float, ...], tuple[float, ...]]


_LEG = _Bones(_THIGH, _SHANK, ((0.0, 0.35, 0.7, 1.0), (0.25, 0.5, 0.75, 1.0)))
_ARM = _Bones(_UPPER_ARM, _FOREARM, ((-0.1, 0.22, 0.65, 1.0), (0.4, 0.75, 0.98, 1.1, 1.28)))


def _limb(bones: _Bones, root: Floats, angles: tuple[float, float], out: float, radii: Floats) -> tuple[Floats, Floats]:
    """Vertices of a limb hanging from `root`, and its end. Angles from straight down, forwards positive."""
    first, second = angles
    shares, upper, lower = bones.stations, bones.upper, bones.lower
    d1 = np.array([np.sin(first), out, -np.cos(first)], np.float32)
    d2 = np.array([np.sin(second), out * 0.6, -np.cos(second)], np.float32)
    joint = root + d1 * upper
    end = joint + d2 * lower
    path = np.concatenate(
        [
            root + d1 * upper * np.array(shares[0], np.float32)[:, None],
            joint + d2 * lower * np.array(shares[1], np.float32)[:, None],
        ]
    )
    n = len(shares[0])
    along = np.empty((len(path), 3), np.float32)
    along[:n] = (np.cos(first), 0, np.sin(first))
    along[n:] = (np.cos(second), 0, np.sin(second))
    along[n - 1] = along[n - 1] + along[n]
    along[n - 1] /= np.linalg.norm(along[n - 1]) + 1e-6
    across = np.zeros((len(path), 3), np.float32)
    # Paths run downwards: this handedness keeps the quads anticlockwise seen from outside.
    across[:, 1] = -1.0
    return _loft(path, across * radii[:, None], along * radii[:, None], RING), end


def _bag_vertices(bag: Worn, hand: Floats) -> Floats:
    """A bag as a box with rounded corners, 5 stations of 12, where its kind is carried."""
    angle = np.arange(ROUND) * 2 * np.pi / ROUND
    square, other = (np.sign(v) * np.abs(v) ** 0.45 for v in (np.cos(angle), np.sin(angle)))
    centre, half = {
        "backpack": ((-0.21, 0.0, 0.29), (0.09, 0.145, 0.215)),
        "shoulder bag": ((0.0, 0.24, 0.02), (0.15, 0.05, 0.13)),
        "handbag": ((float(hand[0]), float(hand[1]) - 0.02, float(hand[2]) - 0.26), (0.14, 0.05, 0.13)),
        "suitcase": ((-0.42, -0.28, -0.52), (0.13, 0.2, 0.33)),
    }[bag.kind]
    z = np.array([-1.0, -0.96, 0.0, 0.96, 1.0], np.float32)
    width = np.array([0.3, 1.0, 1.0, 0.92, 0.3], np.float32)
    rings = np.empty((5, ROUND, 3), np.float32)
    rings[..., 0] = centre[0] + half[0] * width[:, None] * square
    rings[..., 1] = centre[1] + half[1] * width[:, None] * other
    rings[..., 2] = centre[2] + (half[2] * z)[:, None]
    return rings.reshape(-1, 3)


def _legs(figure: Figure, stance: Pose) -> tuple[list[Floats], list[Floats]]:
    """Legs and feet, left and right."""
    wide = figure.look.build
    legs, feet = [], []
    for number, side in ((0, 1.0), (1, -1.0)):
        hip = stance.hip[number]
        shank = hip - stance.knee[number]
        root = np.array([0.0, 0.092 * side * wide, -0.02], np.float32)
        out = side * float(np.sin(stance.spread * 0.5))
        vertices, end = _limb(_LEG, root, (hip, shank), out, figure.leg_radii * (0.5 + 0.5 * wide))
        legs.append(vertices)
        pitch = float(np.clip(shank * 0.7, -0.7, 0.3))
        toe = np.array([np.cos(pitch), 0, np.sin(pitch)], np.float32)
        up = np.array([-np.sin(pitch), 0, np.cos(pitch)], np.float32)
        path = end + toe * np.array([-0.075, -0.04, 0.09, 0.185], np.float32)[:, None] - up * 0.045
        high = np.array([0.012, 0.05, 0.042, 0.008], np.float32)[:, None] * up
        across = np.zeros((4, 3), np.float32)
        across[:, 1] = (-0.012, -0.042, -0.048, -0.014)
        feet.append(_loft(path, across, high, RING))
    return legs, feet


def _arms(figure: Figure, stance: Pose) -> tuple[list[Floats], list[Floats]]:
    """Arms with hands, left and right, and where they end."""
    wide = figure.look.build
    arms, ends = [], []
    for number, side in ((0, 1.0), (1, -1.0)):
        root = np.array([0.0, 0.178 * side * wide, 0.472], np.float32)
        angle = stance.shoulder[number]
        out = side * float(np.sin(stance.spread + 0.06))
        angles = (angle, angle + stance.elbow[number])
        vertices, end = _limb(_ARM, root, angles, out, figure.arm_radii * (0.5 + 0.5 * wide))
        arms.append(vertices)
        ends.append(end)
    return arms, ends


def _trunk(figure: Figure) -> Floats:
    torso, wide = figure.torso, figure.look.build
    path, across, along = (np.zeros((len(torso), 3), np.float32) for _ in range(3))
    path[:, 2] = torso[:, 0]
    across[:, 1] = torso[:, 1] * wide
    along[:, 0] = torso[:, 2] * (0.4 + 0.6 * wide)
    return _loft(path, across, along, ROUND)


def _head(figure: Figure, stance: Pose) -> Floats:
    worn = figure.look.headwear
    swell = 1.1 if worn is not None and worn.kind in ("helmet", "hard hat", "beanie", "hood") else 1.0
    path, across, along = (np.zeros((9, 3), np.float32) for _ in range(3))
    path[:, 0] = 0.02
    path[:, 2] = 0.705 + 0.125 * _HEAD_Z
    across[:, 1] = 0.08 * figure.head * np.where(_HEAD_Z > 0, swell, 1)
    along[:, 0] = 0.1 * figure.head * np.where(_HEAD_Z > 0, swell, 1)
    return _turn(_loft(path, across, along, ROUND), stance.look)


def pose(figure: Figure, stance: Pose) -> Mesh:
    """The figure in a stance, in body coordinates, feet on z = 0 (or sitting at the stance's seat)."""
    look = figure.look
    legs, feet = _legs(figure, stance)
    arms, hands = _arms(figure, stance)
    body = [*arms, _trunk(figure), _head(figure, stance)]
    extras, skirts = _extra_vertices(look, stance, hands)
    upper = _turn_upper(np.concatenate([*body, *extras]), stance)
    count = sum(len(part) for part in body)
    vertices = np.concatenate([*legs, upper[:count], *feet, *skirts, upper[count:]])
    if stance.seat is None:
        vertices[:, 2] -= min(float(part[:, 2].min()) for part in (*legs, *feet))
    vertices = (vertices * figure.scale).astype(np.float32)
    if stance.seat is not None:
        vertices[:, 2] += stance.seat
    # What is carried beside the body is not part of the person's box.
    beside = 5 * ROUND if look.bag is not None and look.bag.kind in ("suitcase", "handbag") else 0
    return Mesh(
        vertices,
        figure.quads,
        figure.albedo,
        np.zeros(len(figure.quads), np.int8),
        figure.parts,
        ((Klass.PERSON, 0, len(vertices) - beside),),
        figure.glow,
        marks=_HEAD_MARKS,
    )


def _turn(vertices: Floats, angle: float) -> Floats:
    if angle == 0.0:
        return vertices
    c, s = np.cos(angle), np.sin(angle)
    return (vertices @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)).astype(np.float32)


def _turn_upper(vertices: Floats, stance: Pose) -> Floats:
    """Twists what is above the hips, more the higher it is, and leans it forwards."""
    share = np.clip(vertices[:, 2] / 0.5, 0.0, 1.0)
    angle = stance.twist * share
    x = vertices[:, 0] * np.cos(angle) - vertices[:, 1] * np.sin(angle)
    y = vertices[:, 0] * np.sin(angle) + vertices[:, 1] * np.cos(angle)
    c, s = np.cos(stance.lean), np.sin(stance.lean)
    return np.stack([x * c + vertices[:, 2] * s, y, vertices[:, 2] * c - x * s], 1).astype(np.float32)


_HAIR_SHAPES = {
    # Four stations each: x, z, half width, half depth.
    "long": (
        (-0.045, -0.075, -0.08, -0.07),
        (0.46, 0.58, 0.7, 0.79),
        (0.06, 0.095, 0.1, 0.06),
        (0.03, 0.05, 0.06, 0.05),
    ),
    "tied": (
        (-0.15, -0.16, -0.13, -0.09),
        (0.56, 0.64, 0.72, 0.76),
        (0.012, 0.035, 0.04, 0.02),
        (0.012, 0.03, 0.03, 0.02),
    ),
    "bushy": (
        (-0.04, -0.05, -0.05, -0.04),
        (0.66, 0.74, 0.82, 0.88),
        (0.09, 0.13, 0.13, 0.05),
        (0.06, 0.12, 0.13, 0.05),
    ),
}


def _extra_vertices(look: PersonLook, stance: Pose, hands: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Vertices of skirt, brim, hair and bag that move with the upper body, and of those that do not (the skirt)."""
    upper: list[Floats] = []
    lower: list[Floats] = []
    if look.lower.kind in ("skirt", "dress") or look.upper.kind == "coat":
        swing = 0.5 * (stance.hip[0] + stance.hip[1])
        reach = 0.5 * abs(stance.hip[0] - stance.hip[1])
        drop = np.array([0.08, -0.08, -0.25, -0.42], np.float32)
        path = np.zeros((4, 3), np.float32)
        path[:, 2] = drop
        path[:, 0] = -drop * np.sin(swing)
        across = np.zeros_like(path)
        across[:, 1] = np.array([0.172, 0.19, 0.2, 0.205]) * -look.build
        along = np.zeros_like(path)
        along[:, 0] = np.array([0.12, 0.135, 0.15, 0.16]) + np.maximum(-drop, 0) * np.sin(reach) * 0.7
        lower.append(_loft(path, across, along, ROUND))
    if look.headwear is not None and look.headwear.kind in ("cap", "hard hat"):
        path = np.zeros((2, 3), np.float32)
        path[:, 0] = 0.075 if look.headwear.kind == "cap" else 0.02
        path[:, 2] = (0.735, 0.752)
        radius = 0.1 if look.headwear.kind == "cap" else 0.125
        across = np.zeros_like(path)
        across[:, 1] = radius * 0.88
        along = np.zeros_like(path)
        along[:, 0] = radius * np.array([1.1, 0.9])
        upper.append(_turn(_loft(path, across, along, ROUND), stance.look))
    if look.headwear is None and look.hair_style in ("long", "tied", "bushy"):
        path = np.zeros((4, 3), np.float32)
        shape = _HAIR_SHAPES[look.hair_style]
        path[:, 0], path[:, 2] = shape[0], shape[1]
        across = np.zeros_like(path)
        across[:, 1] = shape[2]
        along = np.zeros_like(path)
        along[:, 0] = shape[3]
        upper.append(_turn(_loft(path, across, along, RING), stance.look))
    if look.bag is not None:
        upper.append(_bag_vertices(look.bag, hands[1]))
    return upper, lower
