"""Questions in Postgres: footage, tracks with their attributes, kept answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from contracts.events import EventKind
from contracts.ingest import LONGEST_RECORDING
from contracts.question import MAX_CITED, CitedHit, QuestionAnswer, Subject
from contracts.search import Box
from contracts.vocabulary import ATTRIBUTE_UNIT, ItemKind, ObjectClass, parse_attribute_layout
from kit.postgres import Database
from kit.sql import Statements
from services.search.adapters.postgres import tenant_transaction
from services.search.model.coverage import FootageSpan
from services.search.model.rules_told import Fired
from services.search.model.sighting import DrawnLine, Sighting

_SQL = Statements(Path(__file__).with_name("questions.sql"))

_BATCH = 1000


class StoredSightings:
    """Footage and tracks through ingest's views, attributes through embed's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def footage(
        self, tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime
    ) -> Sequence[FootageSpan]:
        """The recordings that overlap the time; of one that is being processed, what is done and what is not."""
        parameters = _window(tenant_id, camera_ids, from_time, until_time)
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["footage"], parameters, prepare=False).fetchall()
        return [FootageSpan(row["camera_id"], row["started_at"], row["ended_at"], row["state"]) for row in rows]

    def sightings(
        self,
        tenant_id: UUID,
        camera_ids: Sequence[UUID],
        from_time: datetime,
        until_time: datetime,
        classes: Sequence[ObjectClass],
        *,
        most: int,
    ) -> Sequence[Sighting]:
        """The tracks that were in view within the time, in the order of their start; at most `most` of them."""
        parameters = _window(tenant_id, camera_ids, from_time, until_time) | {
            "classes": [one.value for one in classes] or None,
            "most": most,
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["sightings"], parameters, prepare=False).fetchall()
        return [_sighting(row) for row in rows]

    def standing(
        self, tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime, least: timedelta
    ) -> Sequence[Sighting]:
        """The tracks of people within the time that lasted so long or longer, each with a few points of its path and no
        attributes."""
        parameters = _window(tenant_id, camera_ids, from_time, until_time) | {"least": least}
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["standing"], parameters, prepare=False).fetchall()
        return [
            Sighting(
                id=row["id"],
                camera_id=row["camera_id"],
                recording_id=row["recording_id"],
                object_class=ObjectClass.PERSON,
                started_at=row["started_at"],
                ended_at=row["ended_at"],
                attributes={},
                path=tuple((step[0], step[1], step[2], step[3], step[4]) for step in row["path"]),
            )
            for row in rows
        ]

    def lines(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[DrawnLine]:
        """The lines that are drawn on cameras' views."""
        parameters = {"tenant_id": tenant_id, "camera_ids": None if permitted is None else list(permitted)}
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["lines"], parameters).fetchall()
        return [DrawnLine(row["id"], row["name"], row["camera_id"], [(x, y) for x, y in row["points"]]) for row in rows]

    def fired(self, tenant_id: UUID, kind: EventKind, subject: Subject) -> Sequence[Fired]:
        """How often each armed rule of this kind fired where and when the subject is looked for; those that did."""
        parameters = {
            "tenant_id": tenant_id,
            "kind": kind.value,
            "camera_ids": list(subject.camera_ids),
            "zone_ids": list(subject.zone_ids) or None,
            "classes": [one.value for one in subject.classes] or None,
            "from": [period.from_time for period in subject.periods],
            "until": [period.until_time for period in subject.periods],
            "most": MAX_CITED,
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["fired"], parameters, prepare=False).fetchall()
        return [Fired(**row | {"event_ids": tuple(row["event_ids"])}) for row in rows]

    def scenes(
        self, tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime
    ) -> Sequence[CitedHit]:
        """One sampled frame of each camera within the time."""
        parameters = _window(tenant_id, camera_ids, from_time, until_time)
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["scenes"], parameters, prepare=False).fetchall()
        return [
            CitedHit(
                kind=ItemKind.SCENE,
                id=row["id"],
                camera_id=row["camera_id"],
                recording_id=row["recording_id"],
                started_at=row["at"],
                ended_at=row["at"],
                best_at=row["at"],
                probability=1.0,
                thumbnail_key=row["object_key"],
            )
            for row in rows
        ]


class KeptAnswers:
    """`search.answers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, tenant_id: UUID, answer: QuestionAnswer, camera_ids: Sequence[UUID]) -> None:
        """Stores an answer under its id, with the cameras that whoever reads it must be allowed to see."""
        parameters = {
            "id": answer.id,
            "tenant_id": tenant_id,
            "question": answer.question,
            "camera_ids": sorted(camera_ids),
            "answer": Jsonb(msgspec.to_builtins(answer)),
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            connection.execute(_SQL["keep"], parameters)

    def forget(self, older: timedelta) -> int:
        """Removes the answers of all tenants that are older, a batch at a time. Returns how many those were. Raises
        psycopg.Error, which a duty bears."""
        forgotten = 0
        while True:
            with self._database.system_transaction() as connection:
                row = connection.execute(_SQL["forget"], {"older": older, "batch": _BATCH}).fetchone()
            gone = 0 if row is None else int(row["forgotten"])
            forgotten += gone
            if gone < _BATCH:
                return forgotten


def _window(tenant_id: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "camera_ids": list(camera_ids),
        "from": from_time,
        "until": until_time,
        # A track lies within a recording, and none is longer: what this lets be left out need not be read.
        "longest": LONGEST_RECORDING,
    }


def _sighting(row: Mapping[str, Any]) -> Sighting:
    box = row["box"]
    return Sighting(
        id=row["id"],
        camera_id=row["camera_id"],
        recording_id=row["recording_id"],
        object_class=ObjectClass(row["object_class"]),
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        attributes={} if row["layout"] is None else _attributes(row["layout"], row["probabilities"]),
        path=tuple((step[0], step[1], step[2], step[3], step[4]) for step in row["path"]),
        best_at=row["best_at"],
        thumbnail_key=row["object_key"],
        box=None if box is None else Box(left=box[0], top=box[1], right=box[2], bottom=box[3]),
    )


def _attributes(layout: str, stored: Sequence[int]) -> dict[str, dict[str, float]]:
    shares = iter(stored)
    return {
        group.key: {value: next(shares) / ATTRIBUTE_UNIT for value in group.values}
        for group in parse_attribute_layout(layout)
    }
