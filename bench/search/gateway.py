"""Searches as a client makes them: `POST /v1/search` to a gateway, over Valkey to a search worker, and back as JSON.

All of it runs as the embedded stack runs it, on the bench's Postgres, but for what encodes (drawn.py).
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from bench.report import percentiles
from bench.search.data import MIXES, K, Mix, Queries, Site
from bench.search.drawn import DRAWN, keep_drawn, text_of
from bench.search.measure import WARMING
from bench.search.ours import filters_of
from bench.search.server import Server
from bench.search.tracks import TENANT_NAME, TrackTruth, find_track_truth, track_number, track_recall
from contracts.search import SEARCH_QUERY
from infra.cli.tenants import create_key
from infra.embedded import valkey
from infra.embedded.child import Child, NotHealthyError, answers_http
from infra.embedded.state import CHECKOUT, Paths, read_config
from infra.embedded.topology import application_environment

WORKERS = 2
"""Processes that answer searches, as many as the embedded stack has."""
CLIENTS = 8
"""That search at once, each without a pause."""
SECONDS_AT_ONCE = 20.0
FOLDED = 40
"""Searches of each mix whose hits are folded, as they are by default."""
PATIENCE_SECONDS = 30.0
"""A mix is cut short after this, but not before 30 searches of each kind."""
_STARTS_WITHIN = 60.0


class Client:
    """Searches over one connection that is kept open."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Prefer": "wait=30"}

    def search(self, mix: Mix, number: int, *, fold: bool = False) -> tuple[float, dict[str, Any]]:
        """Milliseconds until the answer was read and decoded, and the answer. Raises RuntimeError for a refusal."""
        body = body_of(mix, number, fold=fold)
        began = time.perf_counter()
        self._connection.request("POST", "/v1/search", msgspec.json.encode(body), self._headers)
        response = self._connection.getresponse()
        answer: dict[str, Any] = msgspec.json.decode(response.read())
        wall = (time.perf_counter() - began) * 1000
        if response.status != HTTPStatus.OK:
            raise RuntimeError(f"the gateway refused the search with {response.status}: {answer}")
        if answer["understood"]["text"] != body["text"]:
            raise RuntimeError(f"{body['text']!r} was read as something else: {answer['understood']}")
        return wall, answer

    def close(self) -> None:
        """Lets go of the connection."""
        self._connection.close()


def body_of(mix: Mix, number: int, *, fold: bool) -> dict[str, Any]:
    """A query as a client puts it; whatever else there is stays as it is by default."""
    filters = filters_of(mix)
    return {
        "text": text_of(number),
        "limit": K,
        "fold": fold,
        "camera_ids": filters.camera_ids,
        "from": filters.from_time,
        "until": filters.until_time,
        "classes": filters.classes,
        "attributes": [{"attribute": wish.attribute, "value": wish.value} for wish in filters.attributes],
    }


def measure_gateway(server: Server, folder: Path, site: Site, queries: Queries, *, size: str) -> dict[str, float]:
    """Figures of searches through the gateway, over a site that is stored whole."""
    truth = find_track_truth(site, queries, folder / "site")
    key = create_key(server.dsns["owner"], TENANT_NAME, name="bench", scopes=("search",)).key
    keep_drawn(queries, folder / "site" / "drawn.npz")
    figures: dict[str, float] = {}
    with _running_gateway(folder) as port:
        client = Client(port, key)
        for mix in MIXES:
            figures |= _one_client(client, site, queries, truth[mix], mix=mix, name=f"gateway.{size}.{mix}")
        client.close()
        figures |= _many_clients(port, key, queries, f"gateway.{size}.at_once")
    return figures


def _one_client(
    client: Client, site: Site, queries: Queries, truth: TrackTruth, *, mix: str, name: str
) -> dict[str, float]:
    asked, order = queries.mixes[mix], _in_turn(queries)
    for number in order[:WARMING]:
        client.search(asked[number], number)
    walls: dict[str, list[float]] = {part: [] for part in ("", ".route", ".worker", ".query")}
    shares: dict[bool, list[float]] = {False: [], True: []}
    began = time.perf_counter()
    for done, number in enumerate(order):
        if done >= 60 and time.perf_counter() - began > PATIENCE_SECONDS:
            break
        wall, answer = client.search(asked[number], number)
        timings = answer["timings"]
        for part, took in zip(walls, (wall, answer["took_ms"], timings["total_ms"], timings["query_ms"]), strict=True):
            walls[part].append(took)
        found = [track_number(UUID(hit["id"])) for hit in answer["hits"]]
        shares[queries.is_text(number)].append(track_recall(site, queries, truth, number, found))
    folded = [client.search(asked[number], number, fold=True)[0] for number in order[:FOLDED]]
    figures: dict[str, float] = {}
    for part, took in walls.items():
        figures |= percentiles(name + part, took)
    return {
        **figures,
        **percentiles(f"{name}.folded", folded),
        f"{name}.recall20": float(np.mean(shares[False] + shares[True])),
        f"{name}.recall20_picture": float(np.mean(shares[False])),
        f"{name}.recall20_text": float(np.mean(shares[True])),
    }


def _many_clients(port: int, key: str, queries: Queries, name: str) -> dict[str, float]:
    """All mixes in turn, by several clients, each beginning at another query."""
    numbers = _in_turn(queries)
    ends = time.perf_counter() + SECONDS_AT_ONCE

    def searches(place: int) -> list[float]:
        client = Client(port, key)
        walls: list[float] = []
        for number, mix in zip(islice(cycle(numbers), 25 * place, None), cycle(MIXES), strict=False):
            if time.perf_counter() > ends:
                break
            walls.append(client.search(queries.mixes[mix][number], number)[0])
        client.close()
        return walls

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        walls = [wall for own in pool.map(searches, range(CLIENTS)) for wall in own]
    seconds = time.perf_counter() - began
    return {**percentiles(name, walls), f"{name}.searches_per_s": len(walls) / seconds}


def _in_turn(queries: Queries) -> Sequence[int]:
    """Pictures and texts in turn."""
    half = len(queries.vectors) // 2
    return [number for pair in zip(range(half), range(half, 2 * half), strict=True) for number in pair]


@contextmanager
def _running_gateway(folder: Path) -> Iterator[int]:
    """Valkey, the search workers and the gateway, beside the bench's Postgres; the gateway's port. Raises
    TimeoutError."""
    paths = Paths(folder / "postgres")
    config = read_config(paths)
    assert config is not None
    heartbeat = paths.server("heartbeats") / "search-query"
    port = config.ports["gateway"]
    drawn = {DRAWN: str(folder / "site" / "drawn.npz"), "SIGHTLINE_HEARTBEAT_FILE": str(heartbeat)}
    children = [
        valkey.child(paths, config),
        Child(
            name="search-query",
            command=(
                *(sys.executable, "-m", "celery", "-A", "bench.search.worker:celery", "worker"),
                *("-Q", SEARCH_QUERY.queue.value, "-n", "search-query@%h", "--concurrency", str(WORKERS)),
                *("--without-gossip", "--without-mingle"),
            ),
            environment=application_environment(config, "search") | drawn,
            healthy=lambda: _there(heartbeat),
            before_start=lambda: heartbeat.unlink(missing_ok=True),
            folder=CHECKOUT,
        ),
        Child(
            name="gateway",
            command=(
                *(sys.executable, "-m", "uvicorn", "gateway.app:create_app", "--factory"),
                *("--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "5"),
            ),
            environment=application_environment(config, "gateway"),
            healthy=answers_http(port, "/v1/health/live"),
            folder=CHECKOUT,
        ),
    ]
    with ExitStack() as running:
        for child in children:
            running.enter_context(_running(child, paths.log(child.name)))
        yield port


@contextmanager
def _running(child: Child, log: Path) -> Iterator[None]:
    if child.before_start is not None:
        child.before_start()
    with log.open("a") as lines:
        process = subprocess.Popen(
            child.launch_command(), stdout=lines, stderr=lines, cwd=child.folder, env=dict(child.environment)
        )
    try:
        _wait(child, process, log)
        yield
    finally:
        process.send_signal(child.stop_signal)
        process.wait(timeout=60)


def _wait(child: Child, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            child.healthy()
        except NotHealthyError as error:
            if process.poll() is not None or time.monotonic() > ends:
                raise TimeoutError(f"{child.name} does not come up ({error}): see {log}") from error
            time.sleep(0.2)
        else:
            return


def _there(heartbeat: Path) -> None:
    if not heartbeat.exists():
        raise NotHealthyError("no heartbeat yet")
