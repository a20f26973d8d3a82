"""Journeys in Postgres: tracks as they see them, what was asked and said, and times of transitions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from pgvector import HalfVector

from contracts.ingest import LONGEST_RECORDING
from contracts.journey import Decision, HopDecision, JourneyRequest, JourneysReading, SeenTrack, TransitionGiven
from contracts.search import Box
from contracts.vocabulary import ATTRIBUTE_UNIT, ObjectClass, parse_attribute_layout
from kit.postgres import Connection, Database
from kit.sql import Statements
from services.search.adapters.postgres import tenant_transaction
from services.search.model.journey import AttributesSaid, Said, Sighting, family_of
from services.search.model.search import Vector, pooled
from services.search.model.transition import GivenTransition, Look, Pair, Passages
from services.search.ports.journey import Asked, KeptJourney, Lesson, SaidTransition

_SQL = Statements(Path(__file__).with_name("journey.sql"))
_AROUND = timedelta(days=1)


class JourneySightings:
    """Tracks, through the views of ingest and embed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(
        self, tenant_id: UUID, track_ids: Sequence[UUID], space: str, camera_ids: Sequence[UUID] | None
    ) -> Mapping[UUID, Sighting]:
        """Those of the tracks that are there, on one of the cameras."""
        with tenant_transaction(self._database, tenant_id) as connection:
            parameters = {
                "tenant_id": tenant_id,
                "ids": list(track_ids),
                "space_id": _space_id(connection, space),
                "cameras": _array(camera_ids),
            }
            rows = connection.execute(_SQL["sightings"], parameters, prepare=False).fetchall()
        return {row["id"]: _sighting(row) for row in rows}

    def rates(
        self,
        tenant_id: UUID,
        classes: Sequence[ObjectClass],
        from_time: datetime,
        until_time: datetime,
        camera_ids: Sequence[UUID] | None,
    ) -> Mapping[UUID, float]:
        """Tracks a second, on each camera."""
        parameters = {
            "tenant_id": tenant_id,
            "classes": [one.value for one in classes],
            "from": from_time,
            "until": until_time,
            "longest": LONGEST_RECORDING,
            "cameras": _array(camera_ids),
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["rates"], parameters, prepare=False).fetchall()
        return {row["camera_id"]: float(row["rate"]) for row in rows}

    def looks(self, tenant_id: UUID, space: str, at: datetime, most: int) -> Sequence[Look]:
        """The latest tracks of the day before and after."""
        with tenant_transaction(self._database, tenant_id) as connection:
            parameters = {
                "tenant_id": tenant_id,
                "space_id": _space_id(connection, space),
                "from": at - _AROUND,
                "until": at + _AROUND,
                "most": most,
            }
            rows = connection.execute(_SQL["looks"], parameters, prepare=False).fetchall()
        return [
            Look(
                row["camera_id"],
                row["started_at"].timestamp(),
                row["ended_at"].timestamp(),
                family_of(ObjectClass(row["object_class"])),
                _vector(row["vector"]),
            )
            for row in rows
        ]


class StoredJourneys:
    """The schema's journeys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, request: JourneyRequest) -> KeptJourney:
        """Stores what was asked, once."""
        parameters = {
            "id": request.journey_id,
            "tenant_id": request.tenant_id,
            "track_id": request.track_id,
            "picture_key": request.picture_key,
            "only": _array(request.only_camera_ids),
            "from": request.from_time,
            "until": request.until_time,
            "asked_by": request.asked_by,
        }
        with tenant_transaction(self._database, request.tenant_id) as connection:
            connection.execute(_SQL["keep"], parameters)
            row = connection.execute(_SQL["find"], parameters).fetchone()
        assert row is not None, "an id of another tenant's journey cannot be guessed"
        return _kept(row)

    def find(self, tenant_id: UUID, journey_id: UUID) -> KeptJourney | None:
        """What was asked."""
        with tenant_transaction(self._database, tenant_id) as connection:
            row = connection.execute(_SQL["find"], {"tenant_id": tenant_id, "id": journey_id}).fetchone()
        return None if row is None else _kept(row)

    def asked(self, request: JourneysReading) -> Sequence[Asked]:
        """What the caller may see of them, the latest first."""
        parameters = {
            "tenant_id": request.tenant_id,
            "cameras": _array(request.camera_ids),
            "before_at": request.before_at,
            "before_id": request.before_id,
            "limit": request.limit,
        }
        with tenant_transaction(self._database, request.tenant_id) as connection:
            rows = connection.execute(_SQL["asked"], parameters, prepare=False).fetchall()
        return [
            Asked(
                _kept({name: value for name, value in row.items() if name not in {"confirmed", "rejected"}}),
                row["confirmed"],
                row["rejected"],
            )
            for row in rows
        ]

    def said(self, tenant_id: UUID, journey_id: UUID, camera_ids: Sequence[UUID] | None) -> Sequence[Said]:
        """Every word on tracks of these cameras, the oldest first."""
        with tenant_transaction(self._database, tenant_id) as connection:
            return _said(connection, tenant_id, journey_id, camera_ids)

    def decide(self, decision: HopDecision, camera_id: UUID) -> int | None:
        """Stores a word, if nobody said another in between; else gives the version that there is by now."""
        parameters = {
            "tenant_id": decision.tenant_id,
            "id": decision.journey_id,
            "track_id": decision.track_id,
            "camera_id": camera_id,
            "decision": decision.decision.value,
            "decided_by": decision.decided_by,
        }
        with tenant_transaction(self._database, decision.tenant_id) as connection:
            connection.execute(_SQL["lock"], parameters)
            said = _said(connection, decision.tenant_id, decision.journey_id, decision.camera_ids)
            if len(said) + 1 != decision.version:
                return len(said) + 1
            connection.execute(_SQL["decide"], parameters)
        return None


class StoredTransitions:
    """The schema's transitions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def given(self, tenant_id: UUID, camera_ids: Sequence[UUID] | None) -> Mapping[Pair, SaidTransition]:
        """What people said."""
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["given"], _between(tenant_id, camera_ids)).fetchall()
        return {
            (row["from_camera_id"], row["to_camera_id"]): SaidTransition(
                GivenTransition(
                    row["overlapping"],
                    row["min_seconds"] or 0.0,
                    row["typical_seconds"] or 0.0,
                    row["max_seconds"] or 0.0,
                ),
                row["given_by"],
                row["given_at"],
            )
            for row in rows
        }

    def learned(self, tenant_id: UUID, camera_ids: Sequence[UUID] | None) -> Mapping[Pair, Passages]:
        """What footage said."""
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["learned"], _between(tenant_id, camera_ids)).fetchall()
        return {
            (row["from_camera_id"], row["to_camera_id"]): Passages(
                row["passages"], row["mean"], row["variance"], row["together"]
            )
            for row in rows
        }

    def lesson(self, tenant_id: UUID) -> Lesson | None:
        """What it was learned from last."""
        with tenant_transaction(self._database, tenant_id) as connection:
            row = connection.execute(_SQL["lesson"], {"tenant_id": tenant_id}).fetchone()
        return None if row is None else Lesson(row["space"], row["learned_at"])

    def give(self, transition: TransitionGiven) -> None:
        """Stores or takes back what somebody says."""
        pairs = [(transition.from_camera_id, transition.to_camera_id)]
        if (transition.both_ways or transition.overlapping) and transition.from_camera_id != transition.to_camera_id:
            pairs.append((transition.to_camera_id, transition.from_camera_id))
        taken_back = not transition.overlapping and transition.typical_seconds is None
        with tenant_transaction(self._database, transition.tenant_id) as connection:
            for one, other in pairs:
                connection.execute(
                    _SQL["take_back" if taken_back else "give"],
                    {
                        "tenant_id": transition.tenant_id,
                        "from_camera": one,
                        "to_camera": other,
                        "overlapping": transition.overlapping,
                        "min": transition.min_seconds,
                        "typical": transition.typical_seconds,
                        "max": transition.max_seconds,
                        "given_by": transition.given_by,
                    },
                )

    def learn(self, tenant_id: UUID, passages: Mapping[Pair, Passages], space: str, tracks: int) -> None:
        """Puts what was learned in the place of what was learned before."""
        with tenant_transaction(self._database, tenant_id) as connection, connection.cursor() as cursor:
            # Its row is locked until the end: two lessons at once come one after the other.
            cursor.execute(_SQL["begin_lesson"], {"tenant_id": tenant_id, "space": space, "tracks": tracks})
            cursor.execute(_SQL["forget"], {"tenant_id": tenant_id})
            cursor.executemany(
                _SQL["learn"],
                [
                    {
                        "tenant_id": tenant_id,
                        "from_camera": pair[0],
                        "to_camera": pair[1],
                        "passages": found.count,
                        "mean": found.mean,
                        "variance": found.variance,
                        "together": found.together,
                    }
                    for pair, found in passages.items()
                ],
            )


def _said(
    connection: Connection, tenant_id: UUID, journey_id: UUID, camera_ids: Sequence[UUID] | None
) -> Sequence[Said]:
    parameters = {"tenant_id": tenant_id, "id": journey_id, "cameras": _array(camera_ids)}
    return [
        Said(row["track_id"], row["camera_id"], Decision(row["decision"]), row["decided_by"], row["decided_at"])
        for row in connection.execute(_SQL["said"], parameters).fetchall()
    ]


def _sighting(row: Mapping[str, Any]) -> Sighting:
    box = None
    if row["box"] is not None:
        left, top, right, bottom = row["box"]
        box = Box(left=left, top=top, right=right, bottom=bottom)
    track = SeenTrack(
        id=row["id"],
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        object_class=ObjectClass(row["object_class"]),
        thumbnail_key=row["object_key"],
        box=box,
    )
    vector = None if row["vector"] is None else _vector(row["vector"])
    return Sighting(track, vector, _attributes(row["layout"], row["probabilities"]))


def _attributes(layout: str | None, shares: Sequence[int] | None) -> AttributesSaid:
    if layout is None or shares is None:
        return {}
    said: dict[str, tuple[float, ...]] = {}
    begin = 0
    for group in parse_attribute_layout(layout):
        end = begin + len(group.values)
        said[group.key] = tuple(share / ATTRIBUTE_UNIT for share in shares[begin:end])
        begin = end
    return said


def _vector(text: str) -> Vector:
    """At unit length: a mean of unit vectors is shorter."""
    return pooled([np.asarray(HalfVector.from_text(text).to_numpy(), np.float32)])


def _kept(row: Mapping[str, Any]) -> KeptJourney:
    only = row["only_camera_ids"]
    return KeptJourney(**(dict(row) | {"only_camera_ids": None if only is None else tuple(only)}))


def _space_id(connection: Connection, name: str) -> int | None:
    row = connection.execute(_SQL["space"], {"name": name}).fetchone()
    return None if row is None else int(row["id"])


def _between(tenant_id: UUID, camera_ids: Sequence[UUID] | None) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "cameras": _array(camera_ids)}


def _array(ids: Sequence[UUID] | None) -> list[UUID] | None:
    return None if ids is None else list(ids)
