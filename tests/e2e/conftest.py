"""One whole stack for the session, as `sightline up` starts it, and a client of a tenant of its own for each test."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from gateway.bodies.recordings import Recording
from infra.cli.client import Client
from infra.cli.tenants import create_key, create_tenant
from infra.embedded.stack import Endpoints, Stack
from infra.models.pull import pull
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from tests.span_collector import SpanCollector, collecting

SEED = 11
"""Of the rendered site."""

START = datetime.fromisoformat("2026-03-02T08:00:00+01:00")
"""When the footage of these tests is said to have begun."""


def shared_folder() -> Path:
    """Where real footage and weights lie, if they do."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    return Path(os.environ.get("SIGHTLINE_SHARED") or beside)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real footage and weights; skips where there is none."""
    folder = shared_folder()
    if not (folder / "footage" / "truth.json").is_file():
        pytest.skip(f"no real footage at {folder}: set SIGHTLINE_SHARED")
    return folder


@pytest.fixture(scope="session")
def collector() -> Iterator[SpanCollector]:
    with collecting() as collector:
        yield collector


@dataclass(frozen=True)
class RunningStack:
    """The stack and how to get in."""

    stack: Stack
    endpoints: Endpoints
    profile: str

    def tenant(self) -> Client:
        """A client with every right in a tenant that nobody else uses."""
        name = f"tenant-{uuid4().hex[:8]}"
        create_tenant(self.endpoints.dsn("owner"), name)
        return Client(self.endpoints.gateway_url, create_key(self.endpoints.dsn("owner"), name, name="tests").key)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, collector: SpanCollector) -> Iterator[RunningStack]:
    """The whole stack, with the `base` detector where its weights are at hand, and short leases."""
    state = tmp_path_factory.mktemp("stack") / "state"
    weights = shared_folder() / "models"
    profile = "base" if weights.is_dir() else "tiny"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGHTLINE_OTLP_ENDPOINT", collector.endpoint)
        environment.setenv("SIGHTLINE_LEASE_SECONDS", "20")
        environment.setenv("SIGHTLINE_RECONCILE_SECONDS", "2")
        if profile == "base":
            pull("base", weights, state, only=("detect",))
        stack = Stack(state)
        with stack.run(profile=profile) as endpoints:
            yield RunningStack(stack, endpoints, profile)


@pytest.fixture(scope="session")
def rendered_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute at one camera of a rendered site: people and vehicles, several segments."""
    folder = tmp_path_factory.mktemp("site")
    truth = render_site(plan_site(SEED, cameras=1, seconds=60.0, actors=6), folder)
    return folder / truth.cameras[0].file


@pytest.fixture
def client(running: RunningStack) -> Iterator[Client]:
    with running.tenant() as client:
        yield client


def take_in(client: Client, clip: Path, camera: str, *, started_at: datetime | None = START) -> Recording:
    """Uploads a clip as a camera's and waits until nothing more will happen to it."""
    camera_id = client.ensure_camera(camera, site="headquarters", time_zone="Europe/Berlin").id
    accepted = client.upload(clip, camera_id, started_at=started_at)
    return client.follow_recording(accepted.id, seconds=300)
