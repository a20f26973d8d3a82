"""A query through the real Valkey and the real search worker: asked, encoded on Triton, answered from Postgres."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from PIL import Image

from contracts.query import Reply
from contracts.search import SEARCH_QUERY, SearchAnswer, SearchRequest
from contracts.vocabulary import ItemKind, ObjectClass, Space
from infra.embedded.stack import Endpoints
from kit.messaging import ask, create_celery
from kit.objects import Objects
from kit.settings import ObjectSettings
from kit.triton import EMBED_TEXT, Triton
from services.search.model.search import CAPTION_WEIGHT, Vector
from tests.databases import ServiceDatabases
from tests.fakes.search import StoredVector
from tests.fixtures.stored_items import StoredItems

CHECKOUT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def worker_environment(servers: Endpoints) -> dict[str, str]:
    return {
        **os.environ,
        "SIGHTLINE_POSTGRES_DSN": servers.dsn("search"),
        "SIGHTLINE_REDIS_URL": servers.redis_url,
        "SIGHTLINE_S3_ENDPOINT": servers.s3_endpoint,
        "SIGHTLINE_S3_ACCESS_KEY": servers.s3_access_key,
        "SIGHTLINE_S3_SECRET_KEY": servers.s3_secret_key,
        "SIGHTLINE_S3_BUCKET": servers.s3_bucket,
        "SIGHTLINE_S3_REGION": servers.s3_region,
        "SIGHTLINE_TRITON_URL": servers.triton_url,
    }


@pytest.fixture(scope="module")
def worker(servers: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    command = (
        *(sys.executable, "-m", "celery", "-A", "services.search.app:celery", "worker"),
        *("-Q", SEARCH_QUERY.queue.value, "--concurrency", "1"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    with (tmp_path_factory.mktemp("search") / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=worker_environment(servers), stdout=log, stderr=log, start_new_session=True
        )
    yield
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def items(servers: Endpoints) -> Iterator[StoredItems]:
    """A tenant of its own in the servers' database."""
    stored = StoredItems(ServiceDatabases(servers.superuser_dsn, dict(servers.passwords)), uuid4())
    yield stored
    stored.close()


@pytest.fixture
def objects(servers: Endpoints) -> Objects:
    endpoint, key, secret = servers.s3_endpoint, servers.s3_access_key, servers.s3_secret_key
    return Objects(ObjectSettings(endpoint, endpoint, key, secret, servers.s3_bucket, servers.s3_region))


def reply(servers: Endpoints, request: SearchRequest) -> Reply[SearchAnswer]:
    app = create_celery("asker", servers.redis_url)
    return msgspec.json.decode(
        ask(app, SEARCH_QUERY, msgspec.json.encode(request).decode(), seconds=90), type=Reply[SearchAnswer]
    )


def store_track(items: StoredItems, sentence_vector: Vector, space: str) -> UUID:
    camera = uuid4()
    recording = items.recording(camera, START)
    track = items.track(camera, recording, START)
    items.vectors(
        [
            StoredVector(
                tenant_id=items.tenant_id,
                camera_id=camera,
                recording_id=recording,
                started_at=START,
                ended_at=START + timedelta(seconds=4),
                item=ItemKind.TRACK,
                item_id=track,
                object_class=ObjectClass.PERSON,
                rank=0,
                kind=Space.SEMANTIC,
                space=space,
                vector=sentence_vector,
            )
        ]
    )
    return track


@pytest.mark.usefixtures("worker")
def test_a_sentence_finds_the_track_whose_vector_says_the_same(servers: Endpoints, items: StoredItems) -> None:
    triton = Triton(servers.triton_url)
    space = triton.facts(EMBED_TEXT).space
    right, wrong = (
        store_track(items, vector, space) for vector in triton.embed_text(["a man with a red jacket", "an empty road"])
    )
    triton.close()
    answer = reply(servers, SearchRequest(tenant_id=items.tenant_id, text="a man with a red jacket")).answer
    assert answer is not None
    assert [hit.id for hit in answer.hits] == [right, wrong]
    assert answer.hits[0].score > 1 - CAPTION_WEIGHT
    assert answer.timings.total_ms > answer.timings.encode_ms > 0


@pytest.mark.usefixtures("worker")
def test_a_text_posing_as_a_picture_is_a_bad_picture(servers: Endpoints, objects: Objects) -> None:
    stored = objects.put(b"<svg>not a photo</svg>", suffix=".jpg", content_type="image/jpeg")
    fault = reply(servers, SearchRequest(tenant_id=uuid4(), picture_key=stored.key)).fault
    assert fault is not None
    assert fault.code == "bad_picture"


@pytest.mark.usefixtures("worker")
def test_a_picture_is_encoded_and_answered(servers: Endpoints, objects: Objects) -> None:
    content = BytesIO()
    Image.new("RGB", (64, 128), (200, 30, 30)).save(content, "PNG")
    stored = objects.put(content.getvalue(), suffix=".png", content_type="image/png")
    answer = reply(servers, SearchRequest(tenant_id=uuid4(), picture_key=stored.key)).answer
    assert answer is not None
    assert answer.hits == ()


@pytest.mark.usefixtures("worker")
def test_a_track_that_is_not_there_is_named(servers: Endpoints) -> None:
    unknown = uuid4()
    fault = reply(servers, SearchRequest(tenant_id=uuid4(), track_id=unknown)).fault
    assert fault is not None
    assert fault.code == "unknown_track"
    assert str(unknown) in fault.message
