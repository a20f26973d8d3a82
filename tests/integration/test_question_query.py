"""A question through the real Valkey and the real search worker, about whom a track shows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import numpy as np
import psycopg
import pytest

from contracts.query import Reply
from contracts.question import SEARCH_QUESTION, QuestionAnswer, QuestionRequest
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from infra.cli.tenants import create_tenant
from infra.embedded.stack import Endpoints
from kit.messaging import ask, create_celery
from kit.triton import APPEARANCE, Triton
from tests.databases import ServiceDatabases
from tests.fakes.search import StoredVector
from tests.fixtures.stored_items import StoredItems
from tests.integration.test_search_query import worker

__all__ = ["worker"]

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def camera(servers: Endpoints, tenant_id: UUID, name: str) -> UUID:
    with psycopg.connect(servers.dsn("owner")) as owner:
        row = owner.execute(
            "INSERT INTO gateway.cameras (tenant_id, name) VALUES (%s, %s) RETURNING id", (tenant_id, name)
        ).fetchone()
    assert row is not None
    made: UUID = row[0]
    return made


@pytest.mark.usefixtures("worker")
def test_the_cameras_that_saw_somebody_alike_are_named_and_others_are_not(servers: Endpoints) -> None:
    databases = ServiceDatabases(servers.superuser_dsn, dict(servers.passwords))
    tenant_id = create_tenant(servers.dsn("owner"), "whoever asks")
    items = StoredItems(databases, tenant_id)
    triton = Triton(servers.triton_url)
    space = triton.facts(APPEARANCE).space
    triton.close()
    random = np.random.default_rng(3)
    look, other = (
        vector / np.linalg.norm(vector) for vector in random.normal(size=(2, SPACE_DIMENSIONS[Space.APPEARANCE]))
    )
    tracks = []
    for name, minute, vector in (("lobby", 0, look), ("gate", 5, look), ("yard", 7, other)):
        camera_id = camera(servers, tenant_id, name)
        recording = items.recording(camera_id, NINE)
        began = NINE + timedelta(minutes=minute)
        tracks.append(items.track(camera_id, recording, began))
        items.vectors(
            [
                StoredVector(
                    tenant_id=tenant_id,
                    camera_id=camera_id,
                    recording_id=recording,
                    started_at=began,
                    ended_at=began + timedelta(seconds=4),
                    item=ItemKind.TRACK,
                    item_id=tracks[-1],
                    object_class=ObjectClass.PERSON,
                    rank=0,
                    kind=Space.APPEARANCE,
                    space=space,
                    vector=np.asarray(vector, np.float32),
                )
            ]
        )
    items.close()
    request = QuestionRequest(
        tenant_id=tenant_id,
        text="Which cameras saw this person on 2 March 2026 between 9 and 10 am?",
        asked_at=NINE + timedelta(days=1),
        track_id=tracks[0],
    )
    message = ask(
        create_celery("asker", servers.redis_url), SEARCH_QUESTION, msgspec.json.encode(request).decode(), seconds=90
    )
    answer = msgspec.json.decode(message, type=Reply[QuestionAnswer]).answer
    assert answer is not None
    assert {hit.id for hit in answer.hits} == set(tracks[:2])
    assert len(answer.finding.camera_ids) == 2
    assert all("by likeness" in sentence.text for sentence in answer.sentences if sentence.cites)
