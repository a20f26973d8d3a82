"""Writes the suite's world into a database, through the project's schema, as the services would have stored it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np
from psycopg.types.json import Jsonb

from bench.questions.site import DONE_OF_PROCESSING, SITES, ZONES, Appearance, Recording, Step, World, clipped
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


@dataclass(frozen=True)
class Piece:
    """One track as ingest stores it, with its attributes as embed does.

    Attributes:
        path: seconds since `start`, left, top, right, bottom in shares of the frame.
        best_at, box: its best crop.
        probabilities: of the values of all groups of its subject, 0 to 1; empty where nothing is said.
        actor: whose it is, where that is known.
    """

    recording: Recording
    kind: str
    start: datetime
    end: datetime
    path: Sequence[Step]
    best_at: datetime
    box: Sequence[float]
    probabilities: Sequence[float]
    actor: str = ""

    @property
    def subject(self) -> Subject:
        """What its attributes are about."""
        return Subject.PERSON if self.kind == "person" else Subject.VEHICLE


def load(
    gateway: Database,
    ingest: Database,
    embed: Database,
    tenant_id: UUID,
    world: World,
    *,
    pieces: Iterable[Piece] | None = None,
) -> dict[UUID, str]:
    """Stores cameras, recordings, tracks, crops and attributes. Gives the actor of each track.

    `pieces`: the tracks; None: those of the truth.
    """
    with gateway.transaction(tenant_id) as connection:
        for name, camera_id in world.cameras.items():
            connection.execute(_SQL["camera"], (camera_id, tenant_id, name, SITES[name]))
        for name, (camera, (left, top, right, bottom)) in ZONES.items():
            corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
            connection.execute(_SQL["zone"], (tenant_id, world.cameras[camera], name, Jsonb(corners)))
    tracks = list(true_pieces(world) if pieces is None else pieces)
    days = {moment.date() for one in tracks for moment in (one.start, one.end)}
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
        for piece in tracks:
            recording = piece.recording
            ordinal = ordinals[recording.id] = ordinals.get(recording.id, -1) + 1
            track_id = uuid5(_NAMES, f"{ordinal} {piece.actor} {recording.camera} {piece.kind} {piece.start}")
            actors[track_id] = piece.actor
            where = (track_id, tenant_id, world.cameras[recording.camera], recording.id)
            times = (piece.start, piece.end)
            footage.execute(_SQL["track"], (*where, ordinal, piece.kind, *times, len(piece.path), Jsonb(piece.path)))
            footage.execute(_SQL["crop"], (tenant_id, track_id, piece.best_at, list(piece.box)))
            if piece.probabilities:
                shares = [round(share * ATTRIBUTE_UNIT) for share in piece.probabilities]
                row = (tenant_id, *where[2:], *times, track_id, piece.kind, layouts[piece.subject], shares)
                vectors.execute(_SQL["attributes"], row)
    return actors


def true_pieces(world: World) -> Iterator[Piece]:
    """The tracks of the truth: appearances cut by recordings, some of them broken in two."""
    for one, recording in _pieces(world):
        kind = one.klass.name.lower()
        middle = one.path[len(one.path) // 2]
        best = one.start + timedelta(seconds=middle[0])
        subject = Subject.PERSON if one.klass is Klass.PERSON else Subject.VEHICLE
        probabilities = _probabilities(subject, one.labels)
        yield Piece(recording, kind, one.start, one.end, one.path, best, middle[1:], probabilities, one.actor)


def _pieces(world: World) -> Iterator[tuple[Appearance, Recording]]:
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
                yield clipped(whole, begin, middle), recording
                yield clipped(whole, middle + HOLE, until), recording
            else:
                yield whole, recording


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
    row = connection.execute(_SQL["layout"], (attribute_layout(groups_of(subject)),)).fetchone()
    assert row is not None
    return int(row["id"])


def groups_of(subject: Subject) -> tuple[AttributeGroup, ...]:
    """What is said of such a subject."""
    return tuple(group for group in ATTRIBUTE_GROUPS if group.subject is subject)


def _probabilities(subject: Subject, labels: dict[str, str]) -> list[float]:
    """Nearly sure of what is true; even over what cannot be said."""
    shares: list[float] = []
    for group in groups_of(subject):
        true = labels.get(group.key) or None
        others = len(group.values) - (0 if true is None else 1)
        for value in group.values:
            share = 1 / others if true is None else SURE if value == true else (1 - SURE) / others
            shares.append(share)
    return shares
