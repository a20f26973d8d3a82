"""A job of the embed service on the real Postgres, S3 and Triton: stills in the bucket become vectors in the store."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID, uuid4

import numpy as np
import pytest
from PIL import Image
from psycopg import Connection
from psycopg.rows import DictRow

from contracts.embed import EMBED_ITEMS, EmbedItems
from contracts.task import JobState
from infra.embedded.stack import Endpoints
from kit.jobs import Jobs
from kit.objects import Objects
from kit.pixels import stretched
from kit.postgres import Database
from kit.settings import ObjectSettings
from kit.triton import EMBED_IMAGE, Triton
from kit.worker import JobWorker
from services.embed.adapters.models import TritonModels
from services.embed.adapters.pictures import StoredPictures, decode_still
from services.embed.adapters.postgres import IngestLibrary, PostgresSpaces, PostgresVectors
from services.embed.pipeline import Embedding, Reembedding
from services.embed.tasks import handlers
from tests.databases import ServiceDatabases
from tests.fixtures.stored_items import StoredItems

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def jpeg(colour: tuple[int, int, int]) -> bytes:
    out = BytesIO()
    noise = np.random.default_rng(sum(colour)).integers(0, 60, (90, 40, 3))
    Image.fromarray((noise + np.array(colour)).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


@dataclass
class House:
    """The embed service in this process, on real servers, for a tenant of its own."""

    items: StoredItems
    database: Database
    jobs: Jobs
    objects: Objects
    triton: Triton

    def work_on(self, payload: EmbedItems) -> UUID:
        """Enqueues the job and does it; its id."""
        ports = (
            IngestLibrary(self.database),
            StoredPictures(self.objects, threads=4),
            TritonModels(self.triton),
            PostgresSpaces(self.database),
            PostgresVectors(self.database, self.jobs),
        )
        with self.jobs.work(self.items.tenant_id) as work:
            job_id = work.enqueue(EMBED_ITEMS, payload, key=str(uuid4()), subject_id=payload.recording_id).job_id
        JobWorker(self.jobs, lease_seconds=30).handle(
            job_id, handlers(Embedding(*ports), Reembedding(*ports, pause=time.sleep))[0]
        )
        return job_id

    def replace_stills(self, track_id: UUID, contents: list[bytes]) -> list[str]:
        """Puts the crops' pictures into the bucket."""
        keys = [self.objects.put(content, suffix=".jpg", content_type="image/jpeg").key for content in contents]
        with self.items.writing() as connection:
            for rank, key in enumerate(keys):
                connection.execute(
                    "UPDATE ingest.crops SET object_key = %s WHERE track_id = %s AND rank = %s", (key, track_id, rank)
                )
        return keys


@pytest.fixture
def house(servers: Endpoints, databases: ServiceDatabases) -> Iterator[House]:
    endpoint, key, secret = servers.s3_endpoint, servers.s3_access_key, servers.s3_secret_key
    database = databases.open("sightline_embed")
    made = House(
        StoredItems(databases, uuid4()),
        database,
        Jobs(database, lambda _: None, lease_seconds=30),
        Objects(ObjectSettings(endpoint, endpoint, key, secret, servers.s3_bucket, servers.s3_region)),
        Triton(servers.triton_url),
    )
    yield made
    made.items.close()
    made.triton.close()
    database.close()


def stored(connection: Connection[DictRow], table: str) -> dict[int, np.ndarray]:
    rows = connection.execute(f"SELECT rank, vector::text AS numbers FROM {table} ORDER BY rank").fetchall()
    return {row["rank"]: np.array(row["numbers"].strip("[]").split(","), np.float32) for row in rows}


def test_each_crop_gets_the_vectors_that_the_models_give_its_picture(house: House) -> None:
    camera = uuid4()
    recording = house.items.recording(camera, START)
    track = house.items.track(camera, recording, START, crops=2)
    contents = [jpeg((180, 20, 20)), jpeg((20, 20, 180))]
    house.replace_stills(track, contents)
    job = house.jobs.get(house.items.tenant_id, house.work_on(EmbedItems(recording_id=recording, track_ids=(track,))))
    assert job is not None
    assert job.state is JobState.DONE, job.reason
    facts = house.triton.facts(EMBED_IMAGE)
    inputs = [stretched(decode_still("still", content), facts.height, facts.width) for content in contents]
    expected = house.triton.embed_image(np.stack(inputs))
    with house.database.transaction(house.items.tenant_id) as connection:
        semantic, appearance = stored(connection, "embed.semantic_384"), stored(connection, "embed.appearance_256")
        spaces = connection.execute("SELECT name FROM embed.spaces WHERE kind = 'semantic'").fetchall()
    for rank in (0, 1):
        np.testing.assert_allclose(semantic[rank], expected[rank], atol=1e-3)
    assert set(appearance) == {0, 1}
    assert [row["name"] for row in spaces] == [facts.space]


def test_a_still_that_is_no_picture_makes_the_job_dead_with_its_name(house: House) -> None:
    camera = uuid4()
    recording = house.items.recording(camera, START)
    track = house.items.track(camera, recording, START)
    (key,) = house.replace_stills(track, [b"no picture at all"])
    job = house.jobs.get(house.items.tenant_id, house.work_on(EmbedItems(recording_id=recording, track_ids=(track,))))
    assert job is not None
    assert job.state is JobState.DEAD
    assert job.reason is not None
    assert key in job.reason


def test_a_still_that_is_not_there_is_tried_again(house: House) -> None:
    camera = uuid4()
    recording = house.items.recording(camera, START)
    track = house.items.track(camera, recording, START)
    job = house.jobs.get(house.items.tenant_id, house.work_on(EmbedItems(recording_id=recording, track_ids=(track,))))
    assert job is not None
    assert (job.state, job.attempts) == (JobState.READY, 1)
    assert job.reason is not None
    assert "there is no object" in job.reason
