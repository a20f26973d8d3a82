"""Wake-ups and queries over the real Valkey and a real Celery worker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from contracts.embed import EMBED_ITEMS
from contracts.search import SEARCH_QUERY
from infra.embedded.stack import Endpoints
from kit.jobs import Announcement
from kit.messaging import QueryUnansweredError, announcer, ask, create_celery

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def worker(servers: Endpoints, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = (
        *(sys.executable, "-m", "celery", "-A", "tests.fixtures.echo_worker:celery", "worker"),
        *("-Q", f"{SEARCH_QUERY.queue.value},{EMBED_ITEMS.queue.value}", "--concurrency", "1"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    environment = {**os.environ, "SIGHTLINE_REDIS_URL": servers.redis_url}
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_query_is_answered(servers: Endpoints, worker: subprocess.Popen[bytes]) -> None:
    app = create_celery("asker", servers.redis_url)
    assert ask(app, SEARCH_QUERY, '{"text": "a person"}', seconds=60) == 'you said {"text": "a person"}'


def test_a_query_that_nobody_answers_ends_at_its_deadline_and_is_never_answered_later(servers: Endpoints) -> None:
    app = create_celery("asker", servers.redis_url)
    began = time.monotonic()
    with pytest.raises(QueryUnansweredError, match="no worker was free"):
        ask(app, SEARCH_QUERY, "{}", seconds=1)
    assert time.monotonic() - began < 5


def test_an_unreachable_broker_is_said_and_does_not_hang(servers: Endpoints) -> None:
    app = create_celery("asker", "redis://127.0.0.1:1/0")
    with pytest.raises(QueryUnansweredError, match="broker cannot be reached"):
        ask(app, SEARCH_QUERY, "{}", seconds=5)


def test_a_wake_up_that_cannot_be_sent_is_no_error(servers: Endpoints) -> None:
    announce = announcer(create_celery("announcer", "redis://127.0.0.1:1/0"))
    announce(Announcement(uuid4(), EMBED_ITEMS.name, EMBED_ITEMS.queue.value))


def test_a_wake_up_reaches_the_service_that_handles_it(servers: Endpoints, worker: subprocess.Popen[bytes]) -> None:
    job_id = uuid4()
    announcer(create_celery("announcer", servers.redis_url))(
        Announcement(job_id, EMBED_ITEMS.name, EMBED_ITEMS.queue.value)
    )
    connection = redis.Redis.from_url(servers.redis_url, decode_responses=True, socket_timeout=None)
    assert connection.blpop(["woken"], timeout=60) == ("woken", str(job_id))
    connection.close()
