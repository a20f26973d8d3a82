"""The words that detections, tracks, filters and hits share."""

from enum import StrEnum


class ObjectClass(StrEnum):
    """What a detected object is. The order is that of the `detect` model's class ids (0 …)."""

    PERSON = "person"
    BICYCLE = "bicycle"
    CAR = "car"
    MOTORCYCLE = "motorcycle"
    BUS = "bus"
    TRUCK = "truck"


DETECTOR_CLASSES: tuple[ObjectClass, ...] = tuple(ObjectClass)
"""Class id → class, as the `detect` model numbers them."""


class ItemKind(StrEnum):
    """What a vector, and so a hit, is about."""

    TRACK = "track"
    """One object followed through one camera's view."""
    SCENE = "scene"
    """One sampled whole frame."""


class Space(StrEnum):
    """The embedding spaces."""

    SEMANTIC = "semantic"
    """Aligned with text."""
    APPEARANCE = "appearance"
    """Tells one person or vehicle from another (re-identification)."""


SPACE_DIMENSIONS: dict[Space, int] = {Space.SEMANTIC: 384, Space.APPEARANCE: 256}
"""Length of a vector of each space; every vector has unit length."""
