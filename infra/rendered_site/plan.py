"""Who goes where and when: a site's cameras, its actors and their routes from camera to camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import numpy as np

from infra.rendered_site.finish import Sensor, random_sensor
from infra.rendered_site.layouts import LAYOUTS, Layout, Point
from infra.rendered_site.looks import random_actor, random_person, random_vehicle, vivid
from infra.rendered_site.model import Actor, Floats, PersonLook, Worn
from infra.rendered_site.optics import Light, random_light
from infra.rendered_site.routes import Leg, Route, room

START = datetime(2026, 3, 2, 8, 0, 0, tzinfo=timezone(timedelta(hours=1)))
"""When a site's footage begins unless told otherwise."""


class TooManyCamerasError(ValueError):
    """More cameras were asked for than there are places."""

    def __init__(self, asked: int) -> None:
        super().__init__(f"a rendered site has 1 to {len(LAYOUTS)} cameras, {asked} were asked for")
        self.asked = asked


@dataclass(frozen=True)
class Camera:
    """One fixed camera: its name, its place in words, what it sees and how well."""

    name: str
    layout: Layout
    light: Light
    sensor: Sensor
    seed: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return (self.layout.pinhole.width, self.layout.pinhole.height)


@dataclass(frozen=True)
class Site:
    """A whole site, ready to be rendered. The same seed and arguments give the same site."""

    seed: int
    start: datetime
    seconds: float
    fps: int
    cameras: tuple[Camera, ...]
    routes: tuple[Route, ...]
    dark: bool = False

    def camera(self, name: str) -> Camera:
        """The camera of this name; KeyError where there is none."""
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise KeyError(name)

    @property
    def frames(self) -> int:
        """Frames of each camera's footage."""
        return max(round(self.seconds * self.fps), 1)


def _bright(rng: np.random.Generator, kind: str, colour: str) -> Worn:
    """A plain thing of a colour that can be told from afar."""
    return Worn(kind, colour, vivid(rng, colour))


def _person(
    rng: np.random.Generator, upper: tuple[str, str], lower: tuple[str, str], **more: Worn | None
) -> PersonLook:
    look = random_person(rng)
    dressed = replace(look, upper=_bright(rng, *upper), lower=_bright(rng, *lower))
    return replace(dressed, headwear=more.get("headwear"), vest=more.get("vest"), bag=more.get("bag"))


def _cast(rng: np.random.Generator, count: int) -> list[tuple[Actor, tuple[str, ...]]]:
    """Actors and the kinds of place that they pass, in order. The first ones look clearly different from each other."""
    g, y, lob, c = "gate", "yard", "lobby", "car_park"
    helmet = _bright(rng, "helmet", "white")
    vest, hat = _bright(rng, "hi-vis vest", "yellow"), _bright(rng, "hard hat", "white")
    backpack, suitcase = _bright(rng, "backpack", "black"), _bright(rng, "suitcase", "orange")
    shoulder_bag, cap = _bright(rng, "shoulder bag", "brown"), _bright(rng, "cap", "red")
    cast: list[tuple[PersonLook | None, tuple[str, str] | None, tuple[str, ...]]] = [
        (_person(rng, ("jacket", "red"), ("jeans", "blue"), bag=backpack), None, (g, y, lob)),
        (None, ("van", "blue"), (g, y)),
        (_person(rng, ("jumper", "grey"), ("trousers", "black"), vest=vest, headwear=hat), None, (y, c)),
        (None, ("hatchback", "white"), (g, c)),
        (_person(rng, ("t-shirt", "orange"), ("shorts", "black"), headwear=helmet), ("bicycle", "green"), (c, g)),
        (_person(rng, ("coat", "green"), ("trousers", "black"), bag=suitcase), None, (c, lob)),
        (_person(rng, ("hoodie", "black"), ("jeans", "grey")), None, (g, c)),
        (_person(rng, ("shirt", "white"), ("trousers", "blue"), bag=shoulder_bag), None, (lob, y)),
        (None, ("saloon", "red"), (c, g)),
        (_person(rng, ("t-shirt", "yellow"), ("shorts", "blue"), headwear=cap), None, (lob, c)),
        (_person(rng, ("jacket", "purple"), ("trousers", "grey")), None, (y, g)),
        (None, ("lorry", "white"), (g, y)),
    ]
    found: list[tuple[Actor, tuple[str, ...]]] = []
    for number in range(count):
        ident = f"actor-{number + 1}"
        if number < len(cast):
            person, vehicle, places = cast[number]
            look = None if vehicle is None else random_vehicle(rng, *vehicle)
            look = None if look is None else replace(look, rgb=vivid(rng, look.colour))
            found.append((Actor(ident, person, look), places))
        else:
            actor = random_actor(rng, ident)
            outside = [g, y, c]
            order = rng.permutation(outside if actor.vehicle is not None else [g, y, lob, c])
            found.append((actor, tuple(order[:2].tolist())))
    return found


def _round(points: Sequence[Point], passes: int = 3) -> tuple[Point, ...]:
    """Chaikin's corner cutting, ends kept."""
    path = np.array(points)
    for _ in range(passes):
        cut = np.empty((2 * (len(path) - 1), 2))
        cut[0::2] = 0.75 * path[:-1] + 0.25 * path[1:]
        cut[1::2] = 0.25 * path[:-1] + 0.75 * path[1:]
        path = np.concatenate([path[:1], cut, path[-1:]])
    return tuple((float(x), float(y)) for x, y in path)


def _aside(points: tuple[Point, ...], metres: float) -> tuple[Point, ...]:
    """The way moved to its left."""
    path = np.array(points)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    path = path + metres * np.stack([-along[:, 1], along[:, 0]], 1)
    return tuple((float(x), float(y)) for x, y in path)


def _leg(rng: np.random.Generator, actor: Actor, camera: Camera, *, last: bool, free: dict[str, int]) -> Leg:
    """One passage, still starting at 0."""
    layout = camera.layout
    if actor.vehicle is None:
        lane = layout.walks[int(rng.integers(len(layout.walks)))]
        if rng.random() < 0.4:
            lane = lane[::-1]
        speed = float(np.clip(rng.normal(1.4, 0.15), 1.1, 1.8))
        return Leg(camera.name, 0.0, speed, _aside(_round(lane), float(rng.uniform(-0.4, 0.4))))
    rider = actor.person is not None
    taken = free.get(camera.name, 0)
    if last and not rider and taken < len(layout.spots):
        free[camera.name] = taken + 1
        return Leg(camera.name, 0.0, float(rng.uniform(3.6, 4.6)), _round(layout.spots[taken]), "arrive")
    lane = layout.drives[int(rng.integers(len(layout.drives)))]
    speed = float(rng.uniform(3.4, 4.4) if rider else rng.uniform(4.5, 6.0))
    return Leg(camera.name, 0.0, speed, _round(lane))


def _clearance(legs: tuple[Leg, ...], actor: Actor, others: list[Route], times: Floats) -> float:
    """Metres between the actor and whoever comes nearest to it, less the room that both take; at most 100."""
    nearest = 100.0
    for leg in legs:
        mine = leg.track(times)
        for other in others:
            for their in other.legs:
                if their.camera == leg.camera:
                    gaps = np.hypot(*(mine - their.track(times)).T) - room(actor) - room(other.actor)
                    nearest = min([nearest, *gaps[~np.isnan(gaps)].tolist()])
    return nearest


def _schedule(
    rng: np.random.Generator, legs: list[Leg], actor: Actor, seconds: float, others: list[Route]
) -> tuple[Leg, ...]:
    """Puts legs one after the other, with the time that the way between two cameras takes, as many as fit in.

    Of a few starts the first is taken at which the actor bumps into nobody, else the one that comes least close.
    """
    vehicle = actor.vehicle is not None
    gaps = [float(rng.uniform(2.5, 5.0) if vehicle else rng.uniform(4.0, 8.0)) for _ in legs]
    room_left = seconds - sum(leg.duration for leg in legs[:2]) - gaps[0]
    times = np.arange(0.0, seconds, 0.5)
    best: tuple[float, tuple[Leg, ...]] = (-np.inf, ())
    for _ in range(8):
        begin = float(rng.uniform(0, room_left)) if room_left > 0 else room_left / 2 + float(rng.uniform(-1, 1))
        placed: list[Leg] = []
        for leg, gap in zip(legs, gaps, strict=True):
            if begin > seconds - 1:
                break
            placed.append(replace(leg, start=begin))
            begin += leg.duration + gap
        clear = _clearance(tuple(placed), actor, others, times)
        if clear > best[0]:
            best = (clear, tuple(placed))
        if clear > 0:
            break
    return best[1]


def _routes(
    rng: np.random.Generator, cameras: tuple[Camera, ...], kinds: dict[str, list[Camera]], count: int, seconds: float
) -> tuple[Route, ...]:
    routes: list[Route] = []
    free: dict[str, int] = {}
    outside = [camera for camera in cameras if camera.layout.drives]
    for actor, places in _cast(rng, count):
        usable = cameras if actor.vehicle is None else tuple(outside)
        if not usable:
            continue
        stops: list[Camera] = []
        for place in places:
            options = [camera for camera in kinds.get(place, []) if camera in usable]
            camera = options[int(rng.integers(len(options)))] if options else usable[int(rng.integers(len(usable)))]
            if not stops or stops[-1] is not camera:
                stops.append(camera)
        legs = [
            _leg(rng, actor, camera, last=number == len(stops) - 1, free=free) for number, camera in enumerate(stops)
        ]
        on_foot = actor.vehicle is None
        if on_foot and len(routes) % 4 == 2:
            # Every fourth waits somewhere for a while.
            wait = min(float(rng.uniform(7, 12)), seconds * 0.25)
            arms = str(rng.choice(("phone", "folded", "down")))
            legs[0] = replace(legs[0], pause=(float(rng.uniform(0.4, 0.6)), wait), arms=arms)
        routes.append(Route(actor, _schedule(rng, legs, actor, seconds, routes)))
    return _companions(rng, routes)


def _companions(rng: np.random.Generator, routes: list[Route]) -> tuple[Route, ...]:
    """Makes the last walker of the cast go beside the first, so that two people hide each other now and then."""
    walkers = [k for k, route in enumerate(routes) if route.actor.vehicle is None and route.legs]
    if len(walkers) >= 4:
        lead, follow = routes[walkers[1]], walkers[-1]
        legs = tuple(
            replace(leg, start=leg.start + float(rng.uniform(0.2, 0.7)), points=_aside(leg.points, 0.75))
            for leg in lead.legs
        )
        routes[follow] = replace(routes[follow], legs=legs)
    return tuple(route for route in routes if route.legs)


def plan_site(
    seed: int,
    cameras: int = 4,
    seconds: float = 50.0,
    *,
    fps: int = 10,
    size: tuple[int, int] = (640, 360),
    actors: int = 12,
    start: datetime = START,
    dark: bool = False,
) -> Site:
    """Plans a site. `size` is (width, height) in pixels; `dark` makes it night.

    Raises TooManyCamerasError outside of 1 to 8 cameras, and ValueError for a start without its offset from UTC.
    """
    if not 1 <= cameras <= len(LAYOUTS):
        raise TooManyCamerasError(cameras)
    if start.tzinfo is None:
        raise ValueError("the site's start needs its offset from UTC, for example 2026-03-02T08:00:00+01:00")
    rng = np.random.default_rng((seed, 1))
    sun = random_light(rng, indoor=False)
    lamps = random_light(rng, indoor=True)
    placed: list[Camera] = []
    kinds: dict[str, list[Camera]] = {}
    for number in range(cameras):
        name, draw = LAYOUTS[number]
        own = np.random.default_rng((seed, 2, number))
        layout = draw(own, size)
        night = dark and not layout.scene.indoor
        if night:
            layout = replace(layout, scene=replace(layout.scene, pools=True))
        sensor = random_sensor(own, dark=night)
        if not night:
            sensor = replace(
                sensor,
                noise=min(sensor.noise, 2.0),
                blur=0.0 if sensor.sharpen else sensor.blur,
                gain=(1.0, 1.0, 1.0),
                gamma=1.0,
                saturation=1.0,
            )
        camera = Camera(name, layout, lamps if layout.scene.indoor else sun, sensor, int(own.integers(2**31)))
        placed.append(camera)
        kinds.setdefault(draw.__name__, []).append(camera)
    routes = _routes(np.random.default_rng((seed, 3)), tuple(placed), kinds, actors, seconds)
    return Site(seed, start, seconds, fps, tuple(placed), routes, dark)
