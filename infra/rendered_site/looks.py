"""Looks drawn at random: colours, clothes, bags, vehicles."""

from __future__ import annotations

import colorsys

import numpy as np

from infra.rendered_site.model import COLOURS, Actor, PersonLook, Rgb, VehicleLook, Worn

# Hue in degrees, saturation and value in 0–1, each as (low, high).
_RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "black": ((0, 360), (0.0, 0.15), (0.05, 0.15)),
    "white": ((0, 360), (0.0, 0.05), (0.84, 0.98)),
    "grey": ((200, 230), (0.0, 0.08), (0.33, 0.62)),
    "red": ((352, 366), (0.7, 0.95), (0.5, 0.85)),
    "orange": ((17, 28), (0.8, 0.98), (0.82, 1.0)),
    "yellow": ((46, 56), (0.65, 0.95), (0.82, 0.98)),
    "green": ((90, 155), (0.4, 0.8), (0.26, 0.62)),
    "blue": ((205, 232), (0.5, 0.88), (0.28, 0.8)),
    "purple": ((266, 290), (0.4, 0.75), (0.3, 0.62)),
    "pink": ((325, 347), (0.3, 0.6), (0.82, 0.97)),
    "brown": ((18, 32), (0.45, 0.68), (0.27, 0.44)),
}
# What people and fleets really choose; mixed half and half with an even choice, so that rare colours are learnt too.
_CLOTHES = dict(zip(COLOURS, (0.26, 0.12, 0.15, 0.08, 0.03, 0.03, 0.06, 0.18, 0.02, 0.03, 0.04), strict=True))
_TROUSERS = dict(zip(COLOURS, (0.34, 0.04, 0.16, 0.01, 0.01, 0.01, 0.04, 0.29, 0.01, 0.01, 0.08), strict=True))
_CARS = dict(zip(COLOURS, (0.24, 0.24, 0.25, 0.09, 0.02, 0.03, 0.03, 0.12, 0.01, 0.005, 0.03), strict=True))

_SKIN: tuple[Rgb, ...] = (
    (236, 196, 172),
    (222, 176, 146),
    (198, 148, 114),
    (160, 110, 80),
    (116, 78, 56),
    (84, 56, 42),
)
_HAIR: tuple[Rgb, ...] = ((26, 22, 20), (44, 32, 24), (74, 50, 32), (120, 86, 50), (176, 142, 92), (150, 150, 152))


def tint(rng: np.random.Generator, colour: str) -> Rgb:
    """An RGB value that people would call `colour`."""
    hue, saturation, value = (rng.uniform(*span) for span in _RANGES[colour])
    r, g, b = colorsys.hsv_to_rgb((hue % 360) / 360, saturation, value)
    return (int(r * 255), int(g * 255), int(b * 255))


def vivid(rng: np.random.Generator, colour: str) -> Rgb:
    """The strongest of a few tints of this colour."""
    return max((tint(rng, colour) for _ in range(5)), key=lambda rgb: max(rgb) - min(rgb))


def _colour(rng: np.random.Generator, shares: dict[str, float]) -> str:
    if rng.random() < 0.5:
        return str(rng.choice(COLOURS))
    weights = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def _pick(rng: np.random.Generator, options: dict[str, float]) -> str:
    weights = np.array(list(options.values()))
    return str(rng.choice(list(options), p=weights / weights.sum()))


def worn(rng: np.random.Generator, kind: str, colour: str) -> Worn:
    """A plain thing of this kind and colour."""
    return Worn(kind, colour, tint(rng, colour))


def _upper(rng: np.random.Generator) -> Worn:
    kind = _pick(rng, {"jacket": 0.34, "t-shirt": 0.2, "hoodie": 0.14, "shirt": 0.12, "coat": 0.12, "jumper": 0.08})
    colour = _colour(rng, _CLOTHES)
    pattern = _pick(rng, {"plain": 0.8, "striped": 0.06, "checked": 0.05, "open": 0.09})
    if pattern == "open" and kind in ("t-shirt", "jumper"):
        pattern = "plain"
    other = _colour(rng, _CLOTHES)
    if other == colour:
        other = "white" if colour != "white" else "grey"
    return Worn(kind, colour, tint(rng, colour), pattern, tint(rng, other))


def random_person(rng: np.random.Generator, *, rider: bool = False) -> PersonLook:
    """A person's look. Riders of two-wheelers mostly wear a helmet, and no skirt."""
    lower_kinds = {"trousers": 0.46, "jeans": 0.3, "shorts": 0.12}
    lower_kind = _pick(rng, lower_kinds if rider else {**lower_kinds, "skirt": 0.08, "dress": 0.04})
    upper = _upper(rng)
    lower_colour = upper.colour if lower_kind == "dress" else _colour(rng, _TROUSERS)
    if lower_kind == "jeans":
        lower_colour = _pick(rng, {"blue": 0.75, "black": 0.15, "grey": 0.1})
    lower = Worn(lower_kind, lower_colour, upper.rgb if lower_kind == "dress" else tint(rng, lower_colour))
    headwear = None
    roll = rng.random()
    if rider and roll < 0.7:
        headwear = worn(rng, "helmet", str(rng.choice(COLOURS)))
    elif roll < 0.08:
        headwear = worn(rng, "cap", _colour(rng, _CLOTHES))
    elif roll < 0.16:
        headwear = worn(rng, "beanie", _colour(rng, _CLOTHES))
    elif roll < 0.2 and not rider:
        headwear = worn(rng, "hard hat", str(rng.choice(("white", "yellow", "orange", "blue", "red"))))
    elif roll < 0.24 and upper.kind in ("hoodie", "jacket", "coat"):
        headwear = Worn("hood", upper.colour, upper.rgb)
    vest = None
    if rng.random() < 0.1:
        vest = worn(rng, "hi-vis vest", str(rng.choice(("yellow", "orange"))))
    bag = None
    roll = rng.random()
    if roll < 0.18:
        bag = worn(rng, "backpack", _colour(rng, _CLOTHES))
    elif roll < 0.28 and not rider:
        bag = worn(rng, "handbag", _colour(rng, _CLOTHES))
    elif roll < 0.34:
        bag = worn(rng, "shoulder bag", _colour(rng, _CLOTHES))
    elif roll < 0.38 and not rider:
        bag = worn(rng, "suitcase", _colour(rng, _CLOTHES))
    return PersonLook(
        height=float(np.clip(rng.normal(1.71, 0.09), 1.45, 1.98)),
        build=float(np.clip(rng.normal(1.02, 0.1), 0.82, 1.35)),
        skin=_SKIN[int(rng.integers(len(_SKIN)))],
        hair=_HAIR[int(rng.integers(len(_HAIR)))],
        hair_style=_pick(rng, {"short": 0.5, "long": 0.25, "tied": 0.12, "bald": 0.05, "bushy": 0.08}),
        upper=upper,
        lower=lower,
        shoes=tint(rng, _pick(rng, {"black": 0.5, "white": 0.2, "brown": 0.15, "grey": 0.1, "red": 0.05})),
        headwear=headwear,
        vest=vest,
        bag=bag,
        seed=int(rng.integers(2**31)),
    )


def random_vehicle(rng: np.random.Generator, kind: str | None = None, colour: str | None = None) -> VehicleLook:
    """A vehicle's look; `kind` and `colour` are drawn when not given."""
    kind = kind or _pick(
        rng,
        {"saloon": 0.2, "hatchback": 0.22, "estate": 0.1, "SUV": 0.14, "taxi": 0.03, "van": 0.11, "pickup": 0.04,
         "lorry": 0.07, "bus": 0.07},
    )  # fmt: skip
    if colour is None:
        colour = _pick(rng, {"yellow": 0.4, "black": 0.3, "white": 0.3}) if kind == "taxi" else _colour(rng, _CARS)
    return VehicleLook(kind, colour, tint(rng, colour), float(rng.uniform(0.93, 1.08)), int(rng.integers(2**31)))


def random_actor(rng: np.random.Generator, ident: str, people: float = 0.6, riders: float = 0.12) -> Actor:
    """An actor: a person on foot with share `people`, a rider with share `riders`, else a vehicle."""
    roll = rng.random()
    if roll < people:
        return Actor(ident, person=random_person(rng))
    if roll < people + riders:
        kind = "bicycle" if rng.random() < 0.65 else "motorcycle"
        colour = str(rng.choice(COLOURS))
        return Actor(ident, random_person(rng, rider=True), random_vehicle(rng, kind, colour))
    return Actor(ident, vehicle=random_vehicle(rng))
