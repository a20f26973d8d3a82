"""Searches from many threads at once, as the gateway asks them, over the real Valkey and a real Celery worker."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from contracts.search import SEARCH_QUERY
from infra.embedded.stack import Endpoints
from kit.messaging import ask, create_celery

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def worker(servers: Endpoints, tmp_path: Path) -> Iterator[None]:
    command = (
        *(sys.executable, "-m", "celery", "-A", "tests.fixtures.echo_worker:celery", "worker"),
        *("-Q", SEARCH_QUERY.queue.value, "--concurrency", "2"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    environment = {**os.environ, "SIGHTLINE_REDIS_URL": servers.redis_url}
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    yield
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.usefixtures("worker")
def test_every_thread_gets_the_answer_to_its_own_question(servers: Endpoints) -> None:
    app = create_celery("asker", servers.redis_url)
    ask(app, SEARCH_QUERY, "first", seconds=60)

    def question(number: int) -> str:
        return ask(app, SEARCH_QUERY, f'"{number}"', seconds=30)

    with ThreadPoolExecutor(16) as pool:
        answered = list(pool.map(question, range(200)))
    assert answered == [f'you said "{number}"' for number in range(200)]


@pytest.mark.usefixtures("worker")
def test_threads_that_come_and_go_leave_no_connections_behind(servers: Endpoints) -> None:
    app = create_celery("asker", servers.redis_url)
    ask(app, SEARCH_QUERY, "first", seconds=60)
    with redis.Redis.from_url(servers.redis_url) as watcher:
        before = len(watcher.client_list())
        for _ in range(20):
            thread = threading.Thread(target=lambda: ask(app, SEARCH_QUERY, "x", seconds=30))
            thread.start()
            thread.join()
        after = len(watcher.client_list())
    assert after - before < 15
