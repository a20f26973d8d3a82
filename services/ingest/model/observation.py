"""Boxes and detections, and which classes one tracker follows together."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from contracts.vocabulary import ObjectClass


class Box(msgspec.Struct, frozen=True, array_like=True):
    """A box in a frame, in shares of its width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Share of the frame's width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Share of the frame's height."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        """Share of the frame that it covers."""
        return max(0.0, self.width) * max(0.0, self.height)

    def shared_area(self, other: "Box") -> float:
        """Share of the frame that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def overlap(self, other: "Box") -> float:
        """Intersection over union."""
        both = self.shared_area(other)
        union = self.area + other.area - both
        return both / union if union > 0 else 0.0

    def widened(self, margin: float) -> "Box":
        """With a margin on each side, in shares of its own size, inside the frame."""
        across, down = self.width * margin, self.height * margin
        return Box(
            max(0.0, self.left - across),
            max(0.0, self.top - down),
            min(1.0, self.right + across),
            min(1.0, self.bottom + down),
        )


class Detection(msgspec.Struct, frozen=True, array_like=True):
    """One object that the detector found in one frame."""

    box: Box
    score: float
    object_class: ObjectClass


class Kind(StrEnum):
    """What is followed together. Detectors take a van for a car here and a truck there, but not for a person; a rider
    and the bicycle below are two objects in one place."""

    PERSON = "person"
    CYCLE = "cycle"
    VEHICLE = "vehicle"


_KINDS = {
    ObjectClass.PERSON: Kind.PERSON,
    ObjectClass.BICYCLE: Kind.CYCLE,
    ObjectClass.MOTORCYCLE: Kind.CYCLE,
    ObjectClass.CAR: Kind.VEHICLE,
    ObjectClass.BUS: Kind.VEHICLE,
    ObjectClass.TRUCK: Kind.VEHICLE,
}


def kind_of(object_class: ObjectClass) -> Kind:
    """The kind that a class belongs to."""
    return _KINDS[object_class]


DOUBLE = 0.6
"""Overlap from which two boxes of a kind are one thing by two names, as detectors suppress those of one class."""


def without_doubles(detections: Sequence[Detection]) -> list[Detection]:
    """The detections but for those that a stronger one of another class of their kind stands for. Detectors suppress
    within a class, and see the bicycle below a rider as a motorcycle besides: it would be counted twice.

    Args:
        detections: of one frame, the strongest first.
    """
    kept: list[Detection] = []
    for one in detections:
        if not any(
            other.object_class is not one.object_class
            and kind_of(other.object_class) is kind_of(one.object_class)
            and other.box.overlap(one.box) >= DOUBLE
            for other in kept
        ):
            kept.append(one)
    return kept
