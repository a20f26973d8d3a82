"""Frames out of stored footage: from the real object store, decoded in the sandbox."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from infra.embedded.stack import Endpoints
from kit.objects import Objects
from kit.settings import ObjectSettings
from services.search.adapters.stored import StoredFrames
from services.search.model.errors import BadPictureError, NotFoundError
from tests.databases import ServiceDatabases
from tests.fixtures.clips import HEIGHT, WIDTH, square_left, steady, write_clip
from tests.fixtures.stored_items import StoredItems

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
CAMERA = UUID(int=5)
BEGINS = timedelta(seconds=10)
"""Of the segment in its recording."""


@pytest.fixture
def objects(servers: Endpoints) -> Objects:
    endpoint, key, secret = servers.s3_endpoint, servers.s3_access_key, servers.s3_secret_key
    return Objects(ObjectSettings(endpoint, endpoint, key, secret, servers.s3_bucket, servers.s3_region))


@pytest.fixture
def items(databases: ServiceDatabases) -> Iterator[StoredItems]:
    stored = StoredItems(databases, uuid4())
    yield stored
    stored.close()


def stored_footage(items: StoredItems, objects: Objects, folder: Path, *, altered: bool = False) -> UUID:
    """A recording with one segment of two seconds, ten seconds after its start."""
    recording = items.recording(CAMERA, START)
    clip = write_clip(folder / "segment.mp4", times_ms=steady(2.0))
    stored = objects.put_file(clip, suffix=".mp4", content_type="video/mp4")
    with items.writing() as connection:
        connection.execute(
            "INSERT INTO ingest.segments (tenant_id, recording_id, ordinal, sha256, object_key, size_bytes, started_at,"
            " ended_at) VALUES (%s, %s, 0, %s, %s, %s, %s, %s)",
            (
                items.tenant_id,
                recording,
                bytes(32) if altered else stored.sha256,
                stored.key,
                stored.size_bytes,
                START + BEGINS,
                START + BEGINS + timedelta(seconds=2),
            ),
        )
    return recording


def test_the_frame_that_was_in_view_is_taken_out(
    items: StoredItems, objects: Objects, databases: ServiceDatabases, tmp_path: Path
) -> None:
    recording = stored_footage(items, objects, tmp_path)
    frames = StoredFrames(databases.open("sightline_search"), objects)
    for number in (0, 20, 33):
        at = START + BEGINS + timedelta(milliseconds=40 * number + 10)
        picture = frames.at(items.tenant_id, recording, at, None)
        assert picture.shape == (HEIGHT, WIDTH, 3)
        red = np.flatnonzero(picture[90, :, 0] > 150)
        assert abs(int(red[0]) - square_left(number)) <= 2, number


def test_footage_that_is_not_there_or_not_permitted_is_not_found(
    items: StoredItems, objects: Objects, databases: ServiceDatabases, tmp_path: Path
) -> None:
    recording = stored_footage(items, objects, tmp_path)
    frames = StoredFrames(databases.open("sightline_search"), objects)
    there = START + BEGINS + timedelta(seconds=1)
    assert frames.at(items.tenant_id, recording, there, (CAMERA,)).shape == (HEIGHT, WIDTH, 3)
    for tenant, at, cameras in (
        (items.tenant_id, START + timedelta(seconds=5), None),
        (items.tenant_id, there, (UUID(int=6),)),
        (items.tenant_id, there, ()),
        (uuid4(), there, None),
    ):
        with pytest.raises(NotFoundError):
            frames.at(tenant, recording, at, cameras)


def test_footage_that_is_not_what_was_taken_in_is_refused(
    items: StoredItems, objects: Objects, databases: ServiceDatabases, tmp_path: Path
) -> None:
    recording = stored_footage(items, objects, tmp_path, altered=True)
    frames = StoredFrames(databases.open("sightline_search"), objects)
    with pytest.raises(BadPictureError, match="hash"):
        frames.at(items.tenant_id, recording, START + BEGINS, None)
