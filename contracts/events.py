"""Zones drawn on a camera's view, rules over them, and the events that tracks make in a rule's sense."""

from enum import StrEnum


class ZoneKind(StrEnum):
    """What is drawn on a camera's view."""

    ZONE = "zone"
    """A polygon of at least three points."""
    LINE = "line"
    """Two points or more, directed from the first to the last."""
