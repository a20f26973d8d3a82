"""The words that detections, tracks, filters and hits share."""

from dataclasses import dataclass
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
"""Length of a vector of each space as `tiny` makes them; every vector has unit length."""

STORED_DIMENSIONS: dict[Space, tuple[int, ...]] = {Space.SEMANTIC: (384, 768), Space.APPEARANCE: (256,)}
"""Lengths that the store has a table for: what another profile's weights may give."""


class Subject(StrEnum):
    """What an attribute is about. A rider's attributes are a person's; every other class is a vehicle's."""

    PERSON = "person"
    VEHICLE = "vehicle"


COLOURS = ("black", "blue", "brown", "green", "grey", "orange", "pink", "purple", "red", "white", "yellow")
"""The eleven basic colour names, Berlin and Kay 1969."""

VEHICLE_TYPES = ("bicycle", "bus", "car", "motorcycle", "truck", "van")
"""A taxi is a car, a pickup is a truck."""


@dataclass(frozen=True)
class AttributeGroup:
    """One question about an object, and its answers, of which exactly one holds.

    Attributes:
        subject: whom it is asked of; for others the answer means nothing.
        name: of the question, unique for its subject.
        values: the answers, in the order of the `attributes` model's probabilities.
    """

    subject: Subject
    name: str
    values: tuple[str, ...]

    @property
    def key(self) -> str:
        """Give the full name, e.g. `person.upper_colour`."""
        return f"{self.subject}.{self.name}"


ATTRIBUTE_GROUPS: tuple[AttributeGroup, ...] = (
    AttributeGroup(Subject.PERSON, "upper_colour", COLOURS),
    AttributeGroup(Subject.PERSON, "lower_colour", COLOURS),
    AttributeGroup(Subject.PERSON, "sleeves", ("short", "long")),
    AttributeGroup(Subject.PERSON, "legs", ("short", "long")),
    AttributeGroup(Subject.PERSON, "hat", ("no", "yes")),
    AttributeGroup(Subject.PERSON, "bag", ("no", "yes")),
    AttributeGroup(Subject.PERSON, "backpack", ("no", "yes")),
    AttributeGroup(Subject.PERSON, "hi_vis", ("no", "yes")),
    AttributeGroup(Subject.VEHICLE, "colour", COLOURS),
    AttributeGroup(Subject.VEHICLE, "type", VEHICLE_TYPES),
)
"""What the `attributes` model says, in the order of its output. Never gender, age, ethnicity or emotion.

`hat` is anything on the head (cap, helmet, hood up), `bag` is carried by hand or on one shoulder or wheeled; a backpack
is no `bag`."""


ATTRIBUTE_UNIT = 10_000
"""Stored probabilities are whole ten-thousandths: finer than any calibration."""


def attribute_layout(groups: tuple[AttributeGroup, ...] = ATTRIBUTE_GROUPS) -> str:
    """Write groups as the `attributes` parameter of a model's configuration: `person.legs=short|long;…`."""
    return ";".join(f"{group.key}={'|'.join(group.values)}" for group in groups)


def parse_attribute_layout(layout: str) -> tuple[AttributeGroup, ...]:
    """Read what `attribute_layout` writes.

    Raises:
        ValueError: it is not such a text.
    """
    groups = []
    for part in layout.split(";"):
        key, _, values = part.partition("=")
        subject, _, name = key.partition(".")
        if not (name and values) or subject not in tuple(Subject):
            raise ValueError(f"{part!r} is not of the form person.NAME=VALUE|VALUE or vehicle.NAME=VALUE|VALUE")
        groups.append(AttributeGroup(Subject(subject), name, tuple(values.split("|"))))
    return tuple(groups)
