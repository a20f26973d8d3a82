"""Zones and lines drawn on a camera's view."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from contracts.events import ZoneKind
from gateway.bodies.form import Answer, Name, Request, Share

MOST_POINTS = 100

Points = Annotated[
    list[tuple[Share, Share]],
    Meta(
        min_length=2,
        max_length=MOST_POINTS,
        description="[x, y] in shares of the view's width and height, from its top left.",
        examples=[[[0.1, 0.5], [0.6, 0.5], [0.6, 0.95], [0.1, 0.95]]],
    ),
]
Width = Annotated[
    float,
    Meta(
        gt=0,
        le=10_000,
        description="Metres that the view's whole width spans at the zone: what a speed in km/h is reckoned with.",
    ),
]


class ZoneNew(Request, frozen=True, kw_only=True):
    """A zone or line to draw."""

    name: Annotated[Name, Meta(description="Unique for the camera.", examples=["north gate"])]
    kind: ZoneKind = ZoneKind.ZONE
    points: Points
    width_metres: Width | None = None


class ZoneChange(Request, frozen=True, kw_only=True):
    """What to change of a zone; fields left out stay."""

    name: Name | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    width_metres: Width | UnsetType | None = UNSET


class Zone(Answer, frozen=True, kw_only=True):
    """A polygon, or a directed line, on a camera's view."""

    id: UUID
    camera_id: UUID
    name: str
    kind: ZoneKind
    points: list[tuple[float, float]]
    width_metres: float | None
    version: Annotated[int, Meta(description="Grows with every change; the ETag is this number in quotes.")]
    created_at: datetime
    updated_at: datetime
