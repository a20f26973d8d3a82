"""Tracks, crops, scenes and segments: read through ingest's views, handed out as signed links."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from contracts.vocabulary import ATTRIBUTE_UNIT, ItemKind, ObjectClass, parse_attribute_layout
from gateway.bodies.media import MediaLink
from gateway.bodies.tracks import AttributeBody, BoxBody, Crop, Track, TrackDetail
from gateway.model import Caller
from gateway.refusals import NotFoundError
from gateway.wall_clock import in_zone
from kit.objects import Objects
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("footage.sql"))


class Footage:
    """What was seen, as far as a caller may see it."""

    def __init__(self, database: Database, objects: Objects, *, link_seconds: int) -> None:
        self._database = database
        self._objects = objects
        self._link_seconds = link_seconds

    def tracks(
        self,
        caller: Caller,
        *,
        camera_id: UUID | None,
        recording_id: UUID | None,
        object_class: ObjectClass | None,
        from_time: datetime | None,
        until_time: datetime | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[Track]:
        """Tracks in the order of their start."""
        parameters = {
            **self._scope(caller),
            "camera_id": camera_id,
            "recording_id": recording_id,
            "object_class": None if object_class is None else object_class.value,
            "from": from_time,
            "until": until_time,
            "after_at": None if after is None else after[0],
            "after_id": None if after is None else after[1],
            "limit": limit,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["tracks"], parameters).fetchall()
        return [
            Track(
                **_track_fields(row),
                thumbnail_url=None if row["thumbnail_key"] is None else self.link(row["thumbnail_key"]),
            )
            for row in rows
        ]

    def track(self, caller: Caller, track_id: UUID) -> TrackDetail:
        """One track with its path and crops. Raises NotFoundError."""
        parameters = {**self._scope(caller), "id": track_id}
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["track"], parameters).fetchone()
            if row is None:
                raise NotFoundError("track", track_id)
            crops = connection.execute(_SQL["crops"], parameters).fetchall()
            told = connection.execute(
                _SQL["attributes"], {**parameters, "started_at": row["started_at"]}, prepare=False
            ).fetchone()
        shown = [
            Crop(
                rank=crop["rank"],
                at=in_zone(crop["at"], row["time_zone"]),
                box=box_of(crop["box"]),
                width=crop["width"],
                height=crop["height"],
                quality=crop["quality"],
                url=self.link(crop["object_key"]),
            )
            for crop in crops
        ]
        return TrackDetail(
            **_track_fields(row),
            thumbnail_url=shown[0].url if shown else None,
            path=[tuple(step) for step in row["path"]],
            crops=shown,
            attributes=[] if told is None else _attributes(told["layout"], told["probabilities"]),
            expires_at=self.expiry(),
        )

    def crop_link(self, caller: Caller, track_id: UUID, rank: int) -> MediaLink:
        """A link to one crop of a track. Raises NotFoundError."""
        key = self._key(caller, "crop_key", {"id": track_id, "rank": rank})
        if key is None:
            raise NotFoundError("crop", f"{rank} of track {track_id}")
        return MediaLink(url=self.link(key), expires_at=self.expiry())

    def media_link(self, caller: Caller, kind: Literal["scene", "segment"], item_id: UUID) -> MediaLink:
        """A link to a scene's still or a segment's bytes. Raises NotFoundError."""
        key = self._key(caller, f"{kind}_key", {"id": item_id})
        if key is None:
            raise NotFoundError(kind, item_id)
        return MediaLink(url=self.link(key), expires_at=self.expiry())

    def check_visible(self, caller: Caller, items: Sequence[tuple[ItemKind, UUID]]) -> None:
        """Raises NotFoundError for the first item that the caller may not see or that is not there."""
        parameters = {
            **self._scope(caller),
            "kinds": [kind.value for kind, _ in items],
            "ids": [item_id for _, item_id in items],
        }
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["hidden_item"], parameters).fetchone()
        if row is not None:
            raise NotFoundError(row["kind"], row["id"])

    def link(self, key: str) -> str:
        """A signed link to an object."""
        return self._objects.signed_get(key, seconds=self._link_seconds)

    def expiry(self) -> datetime:
        """When a link signed now expires."""
        return datetime.now(UTC) + timedelta(seconds=self._link_seconds)

    def _key(self, caller: Caller, statement: str, parameters: Mapping[str, Any]) -> str | None:
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL[statement], {**self._scope(caller), **parameters}).fetchone()
        return None if row is None else str(row["object_key"])

    @staticmethod
    def _scope(caller: Caller) -> dict[str, Any]:
        return {"tenant_id": caller.tenant_id, "cameras": caller.cameras}


def box_of(sides: Sequence[float]) -> BoxBody:
    """A box from left, top, right, bottom."""
    left, top, right, bottom = sides
    return BoxBody(left=left, top=top, right=right, bottom=bottom)


def _attributes(layout: str, stored: Sequence[int]) -> list[AttributeBody]:
    """Stored ten-thousandths as the layout says, the most probable value of each group first of all."""
    shares = iter(stored)
    bodies = []
    for group in parse_attribute_layout(layout):
        probabilities = {value: round(next(shares) / ATTRIBUTE_UNIT, 4) for value in group.values}
        value = max(probabilities, key=lambda known: probabilities[known])
        bodies.append(
            AttributeBody(name=group.name, value=value, probability=probabilities[value], probabilities=probabilities)
        )
    return bodies


def _track_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "camera_id": row["camera_id"],
        "recording_id": row["recording_id"],
        "object_class": ObjectClass(row["object_class"]),
        "score": row["score"],
        "started_at": in_zone(row["started_at"], row["time_zone"]),
        "ended_at": in_zone(row["ended_at"], row["time_zone"]),
        "detections": row["detections"],
    }
