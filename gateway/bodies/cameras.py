"""Cameras."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.bodies.form import Answer, Name, Request, TimeZone

ExternalIds = Annotated[
    dict[str, str],
    Meta(max_length=32, description="Ids in other systems.", examples=[{"vms": "5f0c…", "onvif": "Profile_1"}]),
]


class CameraNew(Request, frozen=True, kw_only=True):
    """A camera to register."""

    name: Annotated[Name, Meta(description="Unique within the tenant.", examples=["lobby"])]
    site: Annotated[str, Meta(max_length=200, examples=["headquarters"])] = ""
    time_zone: TimeZone = "UTC"
    external_ids: ExternalIds = msgspec.field(default_factory=dict)


class CameraChange(Request, frozen=True, kw_only=True):
    """What to change of a camera; fields left out stay."""

    name: Name | UnsetType = UNSET
    site: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    external_ids: ExternalIds | UnsetType = UNSET


class Camera(Answer, frozen=True, kw_only=True):
    """One source of footage."""

    id: UUID
    name: str
    site: str
    time_zone: TimeZone
    external_ids: dict[str, str]
    version: Annotated[int, Meta(description="Grows with every change; the ETag is this number in quotes.")]
    created_at: datetime
    updated_at: datetime
