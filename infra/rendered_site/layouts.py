"""The places of a site: each kind of camera's view, its fixed things, and the lanes that people and vehicles take.

A layout is drawn in fractions of the picture (u right, v down) and laid on the ground through the camera, so that what
must be seen is seen whatever the seed does to the camera.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from infra.rendered_site.looks import random_vehicle, tint
from infra.rendered_site.optics import Pinhole
from infra.rendered_site.props import Prop
from infra.rendered_site.scenery import Band, Parked, Scene, Wall

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """One camera's place. Lanes are ground points in metres, each from one edge of the view to another."""

    place: str
    pinhole: Pinhole
    scene: Scene
    walks: tuple[tuple[Point, ...], ...]
    drives: tuple[tuple[Point, ...], ...] = ()
    spots: tuple[tuple[Point, ...], ...] = ()
    """Ways into a parking spot, from the view's edge to where the vehicle stands."""


class _Plan:
    """Turns fractions of the picture into ground points."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], above: float, tilt: float, view: float) -> None:
        self.rng = rng
        width, height = size
        focal = width / 2 / np.tan(np.radians(view) / 2)
        jitter = rng.uniform(-1, 1, 3)
        self.camera = Pinhole(
            width,
            height,
            float(focal),
            above + 0.2 * float(jitter[0]),
            float(np.radians(tilt + 1.0 * jitter[1])),
            roll=float(np.radians(0.6 * jitter[2])),
        )

    def at(self, u: float, v: float) -> Point:
        point = self.camera.ground(u * self.camera.width, v * self.camera.height)
        if point is None:
            raise ValueError(f"({u}, {v}) of the picture shows no ground")
        return point

    def lane(self, *points: Point) -> tuple[Point, ...]:
        return tuple(self.at(u, v) for u, v in points)

    def band(self, a: Point, b: Point, width: float, material: str, marks: str = "none") -> Band:
        (x0, y0), (x1, y1) = self.at(*a), self.at(*b)
        return Band((x0 + x1) / 2, (y0 + y1) / 2, float(np.arctan2(y1 - y0, x1 - x0)), width, material, marks)

    def wall(self, a: Point, b: Point, high: float) -> Wall:
        return Wall(self.at(*a), self.at(*b), high, int(self.rng.integers(2**31)))

    def prop(self, kind: str, u: float, v: float, colour: str = "grey", heading: float = 0.0) -> Prop:
        x, y = self.at(u, v)
        return Prop(kind, x, y, heading, tint(self.rng, colour), int(self.rng.integers(2**31)))


def _beyond(lane: tuple[Point, ...], metres: float) -> tuple[Point, ...]:
    """The lane made longer at both ends, so that whatever takes it starts and ends out of view."""

    def push(end: Point, before: Point) -> Point:
        dx, dy = end[0] - before[0], end[1] - before[1]
        length = float(np.hypot(dx, dy)) or 1.0
        return (end[0] + dx / length * metres, end[1] + dy / length * metres)

    return (push(lane[0], lane[1]), *lane, push(lane[-1], lane[-2]))


def gate(rng: np.random.Generator, size: tuple[int, int]) -> Layout:
    """A road with a pavement along it, past a gate in a fence, buildings behind."""
    plan = _Plan(rng, size, 4.6, 19, 74)
    road = plan.band((-0.05, 0.5), (1.05, 0.63), 6.2, "asphalt", "road")
    scene = Scene(
        indoor=False,
        ground="paving",
        bands=(plan.band((-0.1, 0.34), (1.1, 0.37), 7.0, "grass", "kerb"), road),
        walls=(
            plan.wall((-0.4, 0.262), (0.42, 0.262), 7.5),
            plan.wall((0.52, 0.25), (1.5, 0.26), 9.5),
            plan.wall((0.42, 0.262), (0.44, 0.2), 7.5),
            plan.wall((-0.3, 0.27), (1.3, 0.27), 1.3),
        ),
        props=(
            plan.prop("tree", 0.12, 0.345), plan.prop("tree", 0.8, 0.35), plan.prop("tree", 0.55, 0.33),
            plan.prop("pole", 0.3, 0.43), plan.prop("bollard", 0.1, 0.66, "red"),
            plan.prop("bollard", 0.24, 0.68, "red"), plan.prop("sign", 0.92, 0.47, "blue", 1.2),
            plan.prop("bin", 0.66, 0.4, "green"),
        ),
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
    walks = (
        plan.lane((-0.04, 0.72), (0.4, 0.78), (1.04, 0.93)),
        plan.lane((-0.04, 0.39), (0.5, 0.405), (1.04, 0.44)),
        plan.lane((0.1, 1.12), (0.36, 0.7), (0.62, 0.44), (1.04, 0.44)),
        plan.lane((-0.04, 0.86), (0.35, 0.88), (0.8, 1.2)),
    )
    drives = (plan.lane((-0.02, 0.47), (1.02, 0.565)), plan.lane((1.05, 0.7), (-0.05, 0.535)))
    return Layout("the north gate, road and pavement", plan.camera, scene, _walks(walks), _drives(drives))


def yard(rng: np.random.Generator, size: tuple[int, int]) -> Layout:
    """A concrete yard with loading doors along a wall, crates and a container."""
    plan = _Plan(rng, size, 5.4, 26, 78)
    scene = Scene(
        indoor=False,
        ground="concrete",
        bands=(plan.band((-0.1, 0.3), (1.1, 0.3), 3.0, "asphalt"),),
        walls=(plan.wall((-0.7, 0.235), (0.62, 0.235), 5.5), plan.wall((0.62, 0.235), (1.25, 0.5), 4.5)),
        props=(
            plan.prop("container", 0.12, 0.36, "green"), plan.prop("crate", 0.3, 0.33, "brown", 0.3),
            plan.prop("crate", 0.36, 0.32, "brown", 1.0), plan.prop("cone", 0.55, 0.55, "orange"),
            plan.prop("cone", 0.66, 0.5, "orange"), plan.prop("barrier", 0.86, 0.5, "yellow", -0.7),
            plan.prop("pole", 0.93, 0.74), plan.prop("bin", 0.74, 0.37, "blue"),
        ),
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
    walks = (
        plan.lane((-0.04, 0.66), (0.5, 0.6), (1.04, 0.72)),
        plan.lane((0.62, 1.15), (0.5, 0.7), (0.42, 0.45), (-0.04, 0.42)),
        plan.lane((1.04, 0.84), (0.6, 0.78), (-0.04, 0.86)),
        plan.lane((-0.04, 0.5), (0.3, 0.48), (0.64, 0.44), (0.9, 0.62), (1.04, 0.7)),
    )
    drives = (plan.lane((-0.05, 0.5), (0.4, 0.5), (1.08, 0.6)),)
    spots = (plan.lane((-0.05, 0.8), (0.25, 0.66), (0.44, 0.5), (0.5, 0.37)),)
    return Layout(
        "the yard in front of the loading doors", plan.camera, scene, _walks(walks), _drives(drives), _spots(spots)
    )


def lobby(rng: np.random.Generator, size: tuple[int, int]) -> Layout:
    """An indoor lobby: tiles, a counter, plants, doors in the back wall."""
    plan = _Plan(rng, size, 3.0, 22, 82)
    scene = Scene(
        indoor=True,
        ground="tiles",
        walls=(
            plan.wall((-0.12, 0.30), (1.12, 0.30), 3.4),
            plan.wall((-0.12, 0.30), (-0.9, 0.95), 3.4),
            plan.wall((1.12, 0.30), (1.9, 0.95), 3.4),
        ),
        props=(
            plan.prop("counter", 0.2, 0.375, "brown", 0.05), plan.prop("plant", 0.9, 0.38, "white"),
            plan.prop("plant", 0.03, 0.42, "white"), plan.prop("bench", 0.7, 0.35, "grey", 0.0),
            plan.prop("pillar", 0.61, 0.46, "white"),
        ),
        ceiling=3.4,
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
    walks = (
        plan.lane((-0.06, 0.62), (0.45, 0.6), (1.06, 0.58)),
        plan.lane((1.05, 0.72), (0.6, 0.66), (0.3, 0.8), (0.2, 1.25)),
        plan.lane((-0.06, 0.5), (0.4, 0.48), (0.75, 0.6), (1.06, 0.84)),
        plan.lane((0.78, 1.25), (0.7, 0.75), (0.42, 0.5), (-0.06, 0.46)),
    )
    return Layout("the lobby inside the main door", plan.camera, scene, _walks(walks))


def car_park(rng: np.random.Generator, size: tuple[int, int]) -> Layout:
    """A car park: two rows of bays, some taken, a drive between them."""
    plan = _Plan(rng, size, 6.2, 25, 80)
    far = plan.band((-0.05, 0.335), (1.05, 0.335), 5.2, "asphalt", "bays")
    near = plan.band((-0.05, 0.84), (1.05, 0.84), 4.6, "asphalt", "bays")
    parked = []
    taken = rng.permutation([-4, -3, -2, 0, 1, 3, 4])[:5]
    for k in sorted(taken.tolist()):
        x = far.x + np.cos(far.angle) * 2.6 * k
        y = far.y + np.sin(far.angle) * 2.6 * k
        turn = np.pi / 2 if rng.random() < 0.5 else -np.pi / 2
        parked.append(
            Parked(
                random_vehicle(rng, str(rng.choice(("saloon", "hatchback", "estate", "SUV")))),
                float(x),
                float(y),
                far.angle + turn,
            )
        )
    scene = Scene(
        indoor=False,
        ground="asphalt",
        bands=(plan.band((-0.1, 0.265), (1.1, 0.265), 4.0, "grass", "kerb"), far, near),
        walls=(plan.wall((-0.5, 0.2), (0.35, 0.2), 6.0), plan.wall((0.4, 0.19), (1.5, 0.2), 3.0)),
        props=(
            plan.prop("tree", 0.2, 0.25), plan.prop("tree", 0.72, 0.25), plan.prop("pole", 0.47, 0.262),
            plan.prop("bin", 0.95, 0.45, "grey"), plan.prop("hedge", 0.5, 0.235, "green"),
        ),
        parked=tuple(parked),
        seed=int(rng.integers(2**31)),
    )  # fmt: skip

    def into(k: int) -> tuple[Point, ...]:
        c, s = float(np.cos(far.angle)), float(np.sin(far.angle))
        x, y = far.x + c * 2.6 * k, far.y + s * 2.6 * k
        front = (x + s * 5.2, y - c * 5.2)
        start = plan.at(-0.05, 0.55)
        return (start, (front[0] - 4.5 * c, front[1] - 4.5 * s - 0.4), front, (x + s * 2.0, y - c * 2.0), (x, y))

    walks = (
        plan.lane((-0.04, 0.66), (0.5, 0.63), (1.04, 0.7)),
        plan.lane((1.04, 0.5), (0.5, 0.5), (-0.04, 0.48)),
        plan.lane((0.3, 1.15), (0.42, 0.7), (0.62, 0.5), (1.04, 0.46)),
        plan.lane((-0.04, 0.78), (0.3, 0.68), (0.56, 0.74), (0.8, 1.15)),
    )
    drives = (plan.lane((-0.05, 0.57), (0.5, 0.56), (1.05, 0.6)),)
    return Layout(
        "the car park, rows of bays", plan.camera, scene, _walks(walks), _drives(drives), _spots((into(-1), into(2)))
    )


def _walks(lanes: tuple[tuple[Point, ...], ...]) -> tuple[tuple[Point, ...], ...]:
    return tuple(_beyond(lane, 0.6) for lane in lanes)


def _drives(lanes: tuple[tuple[Point, ...], ...]) -> tuple[tuple[Point, ...], ...]:
    return tuple(_beyond(lane, 3.5) for lane in lanes)


def _spots(lanes: tuple[tuple[Point, ...], ...]) -> tuple[tuple[Point, ...], ...]:
    return tuple(_beyond(lane, 3.5)[:-1] for lane in lanes)


LAYOUTS: tuple[tuple[str, Callable[[np.random.Generator, tuple[int, int]], Layout]], ...] = (
    ("north-gate", gate),
    ("yard", yard),
    ("lobby-door", lobby),
    ("car-park", car_park),
    ("south-gate", gate),
    ("east-yard", yard),
    ("staff-entrance", lobby),
    ("upper-car-park", car_park),
)
"""Names and places in the order in which a site is given cameras."""
