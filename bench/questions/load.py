"""Writes the suite's world into a database, through the project's schema, as the services would have stored it."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
from psycopg.types.json import Jsonb

from bench.questions.site import DONE_OF_PROCESSING, SITES, Appearance, Recording, World, clipped
from contracts.vocabulary import ATTRIBUTE_GROUPS, ATTRIBUTE_UNIT, AttributeGroup, Subject, attribute_layout
from infra.rendered_site.model import Klass
from kit.postgres import Connection, Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("load.sql"))

SURE = 0.97
"""What the stored attributes give the true value; the rest is shared by the others."""

BROKEN = 3
"""Every so manieth appearance of somebody who moves is stored as two tracklets, as a tracker makes them …"""
HOLE = timedelta(seconds=1.0)
"""… with a hole of this between them."""

_NAMES = UUID("01990000-0000-7000-8000-00000000feed")


def load(gateway: Database, ingest: Database, embed: Database, tenant_id: UUID, world: World) -> dict[UUID, str]:
    """Stores cameras, recordings, tracks, crops and attributes. Gives the actor of each track."""
    with gateway.transaction(tenant_id) as connection:
        for name, camera_id in world.cameras.items():
            connection.execute(_SQL["camera"], (camera_id, tenant_id, name, SITES[name]))
    days = {one.start.date() for one in world.appearances} | {one.end.date() for one in world.appearances}
    with embed.system_transaction() as connection:
        for day in sorted(day + timedelta(days=shift) for day in days for shift in (-1, 0)):
            connection.execute("SELECT embed.ensure_day(%s)", (day,))
    with embed.transaction(tenant_id) as connection:
        layouts = {subject: _layout(connection, subject) for subject in Subject}
    actors: dict[UUID, str] = {}
    with ingest.transaction(tenant_id) as footage, embed.transaction(tenant_id) as vectors:
        for recording in world.recordings:
            _recording(footage, tenant_id, world, recording)
        ordinals: dict[UUID, int] = {}
        for number, piece, recording in _pieces(world):
            ordinal = ordinals[recording.id] = ordinals.get(recording.id, -1) + 1
            track_id = uuid5(_NAMES, f"{number} {piece.actor} {piece.camera} {piece.klass} {piece.start}")
            actors[track_id] = piece.actor
            where = (track_id, tenant_id, world.cameras[piece.camera], recording.id)
            kind = piece.klass.name.lower()
            times = (piece.start, piece.end)
            footage.execute(_SQL["track"], (*where, ordinal, kind, *times, len(piece.path), Jsonb(piece.path)))
            middle = piece.path[len(piece.path) // 2]
            best = piece.start + timedelta(seconds=middle[0])
            footage.execute(_SQL["crop"], (tenant_id, track_id, best, list(middle[1:])))
            subject = Subject.PERSON if piece.klass is Klass.PERSON else Subject.VEHICLE
            row = (
                tenant_id,
                *where[2:],
                *times,
                track_id,
                kind,
                layouts[subject],
                _probabilities(subject, piece.labels),
            )
            vectors.execute(_SQL["attributes"], row)
    return actors


def _pieces(world: World) -> Iterator[tuple[int, Appearance, Recording]]:
    """The tracklets that ingest would store: appearances cut by recordings, some of them broken in two."""
    for number, one in enumerate(world.appearances):
        for recording in world.recordings:
            if recording.camera != one.camera:
                continue
            end = recording.start + DONE_OF_PROCESSING if recording.state == "processing" else recording.end
            begin, until = max(one.start, recording.start), min(one.end, end)
            if begin >= until:
                continue
            whole = clipped(one, begin, until)
            if number % BROKEN == 0 and not one.stays and whole.seconds > 6:
                middle = _slowest(whole)
                yield number, clipped(whole, begin, middle), recording
                yield number, clipped(whole, middle + HOLE, until), recording
            else:
                yield number, whole, recording


def _slowest(one: Appearance) -> datetime:
    """Where it moves least within its middle half: there a tracker that lost it finds it again nearby."""
    path = np.array(one.path)
    middles = np.stack([(path[:, 1] + path[:, 3]) / 2, (path[:, 2] + path[:, 4]) / 2], axis=1)
    first, last = len(path) // 4, max(len(path) * 3 // 4 - 4, len(path) // 4 + 1)
    ahead = [float(np.linalg.norm(middles[min(row + 4, len(path) - 1)] - middles[row])) for row in range(first, last)]
    return one.start + timedelta(seconds=float(path[first + int(np.argmin(ahead)), 0]))


def _recording(connection: Connection, tenant_id: UUID, world: World, recording: Recording) -> None:
    digest = hashlib.sha256(recording.id.bytes).digest()
    parameters = {
        "id": recording.id,
        "tenant_id": tenant_id,
        "camera_id": world.cameras[recording.camera],
        "sha256": digest,
        "start": recording.start,
        "end": recording.end,
        "state": recording.state,
        "failure": "withheld" if recording.state == "failed" else None,
    }
    connection.execute(_SQL["recording"], parameters)
    if recording.state == "processing":
        done = recording.start + DONE_OF_PROCESSING
        for ordinal, (start, end, state) in enumerate(
            ((recording.start, done, "done"), (done, recording.end, "pending"))
        ):
            row = (tenant_id, recording.id, ordinal, digest, start, end, state)
            connection.execute(_SQL["segment"], row)


def _layout(connection: Connection, subject: Subject) -> int:
    row = connection.execute(_SQL["layout"], (attribute_layout(_groups(subject)),)).fetchone()
    assert row is not None
    return int(row["id"])


def _groups(subject: Subject) -> tuple[AttributeGroup, ...]:
    return tuple(group for group in ATTRIBUTE_GROUPS if group.subject is subject)


def _probabilities(subject: Subject, labels: dict[str, str]) -> list[int]:
    """Nearly sure of what is true; even over what cannot be said."""
    shares: list[int] = []
    for group in _groups(subject):
        true = labels.get(group.key) or None
        others = len(group.values) - (0 if true is None else 1)
        for value in group.values:
            share = 1 / others if true is None else SURE if value == true else (1 - SURE) / others
            shares.append(round(share * ATTRIBUTE_UNIT))
    return shares
