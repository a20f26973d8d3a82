"""The words of a rendered site: classes, colours, looks of people and vehicles, boxes. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Floats = NDArray[np.floating[Any]]
"""Any floating array; single precision wherever it is large."""
Pixels = NDArray[np.uint8]

COLOURS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
"""The eleven basic colour names; every colour in a truth file is one of these."""


class Klass(IntEnum):
    """Class ids as the `detect` model gives them."""

    PERSON = 0
    BICYCLE = 1
    CAR = 2
    MOTORCYCLE = 3
    BUS = 4
    TRUCK = 5


@dataclass(frozen=True)
class Worn:
    """A garment, a bag or something on the head: its kind in words, its colour in words and as painted."""

    kind: str
    colour: str
    rgb: Rgb
    pattern: str = "plain"
    second: Rgb = (0, 0, 0)
    """The pattern's other colour; unused when plain."""


@dataclass(frozen=True)
class PersonLook:
    """How one person looks. Lengths in metres; `build` widens the body (1.0 is average)."""

    height: float
    build: float
    skin: Rgb
    hair: Rgb
    hair_style: str
    upper: Worn
    lower: Worn
    shoes: Rgb
    headwear: Worn | None = None
    vest: Worn | None = None
    bag: Worn | None = None
    seed: int = 0


@dataclass(frozen=True)
class VehicleLook:
    """How one vehicle looks. `kind` is a word of `VEHICLE_KINDS`; `stretch` scales its length."""

    kind: str
    colour: str
    rgb: Rgb
    stretch: float = 1.0
    seed: int = 0


VEHICLE_KINDS: dict[str, Klass] = {
    "saloon": Klass.CAR,
    "hatchback": Klass.CAR,
    "estate": Klass.CAR,
    "SUV": Klass.CAR,
    "taxi": Klass.CAR,
    "van": Klass.TRUCK,
    "pickup": Klass.TRUCK,
    "lorry": Klass.TRUCK,
    "bus": Klass.BUS,
    "bicycle": Klass.BICYCLE,
    "motorcycle": Klass.MOTORCYCLE,
}


@dataclass(frozen=True)
class Actor:
    """One object that moves through the site: a person, a vehicle, or a person on a two-wheeler (both looks given)."""

    id: str
    person: PersonLook | None = None
    vehicle: VehicleLook | None = None

    def __post_init__(self) -> None:
        if self.person is None and self.vehicle is None:
            raise ValueError(f"actor {self.id!r} has neither a person's nor a vehicle's look")

    @property
    def klass(self) -> Klass:
        """The class that the actor is looked for by: a rider counts as a person."""
        if self.person is not None:
            return Klass.PERSON
        assert self.vehicle is not None
        return VEHICLE_KINDS[self.vehicle.kind]


@dataclass(frozen=True)
class Patch:
    """A part of an object that redaction looks for: `head`, `face` or `plate`; in pixels, clipped to the frame.

    A head is everything above the neck. A face is the head from brow to chin and from ear to ear, as face detectors
    box it, whichever way it looks.
    """

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    facing: float
    """Cosine of the angle between the way it looks and the way to the camera: 1 straight on, 0 from the side."""
    visible: float
    """Share of it that is inside the frame and not hidden by another object, 0–1."""
    corners: tuple[tuple[float, float], ...] = ()
    """Of a plate: its four corners in order around it, unclipped."""


@dataclass(frozen=True)
class Box:
    """One object in one frame: pixels, `x2`/`y2` exclusive; clipped to the frame, not shrunk by occlusion."""

    actor: str
    klass: Klass
    x1: float
    y1: float
    x2: float
    y2: float
    visible: float
    """Share of the object's silhouette that is inside the frame and not hidden by something nearer, 0–1."""
    patches: tuple[Patch, ...] = ()
    """Its head, face or number plates, those that are inside the frame."""

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels."""
        return (self.x1, self.y1, self.x2, self.y2)
