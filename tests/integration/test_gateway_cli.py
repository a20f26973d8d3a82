"""The command line against a gateway: results, exit codes, what a program reads."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from contracts.query import Reply
from contracts.search import Hit, SearchAnswer, SearchTimings
from contracts.vocabulary import ItemKind, ObjectClass, Space
from infra import cli
from infra.cli.console import CommandFailed
from tests.fixtures.gateway import RunningGateway, tenant_of
from tests.integration.test_gateway_recordings import START, end_job


@pytest.fixture
def environment(gateway: RunningGateway, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_URL", gateway.url)
    monkeypatch.setenv("SIGHTLINE_API_KEY", gateway.key(tenant))


def sightline(*arguments: object) -> Result:
    """Runs a command as the shell would see it."""
    if not cli.app.registered_commands:
        cli.load_commands()
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if isinstance(result.exception, CommandFailed):
        result.exit_code = result.exception.exit_code
    return result


def told(result: Result) -> str:
    return str(result.exception) if result.exception is not None else result.output


@pytest.mark.usefixtures("environment")
def test_a_camera_is_registered_and_listed() -> None:
    made = sightline("cameras", "create", "lobby", "--time-zone", "Europe/Berlin", "--id", "vms=17", "--json")
    assert made.exit_code == 0, told(made)
    assert json.loads(made.stdout)["external_ids"] == {"vms": "17"}
    listed = json.loads(sightline("cameras", "list", "--json").stdout)
    assert [camera["name"] for camera in listed] == ["lobby"]


@pytest.mark.usefixtures("environment")
def test_footage_is_uploaded_to_a_camera_that_is_made_for_it(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"footage")
    missing = sightline("ingest", clip, "--camera", "lobby", "--no-wait")
    assert missing.exit_code == 1
    assert "no camera 'lobby'" in told(missing)
    done = sightline(
        *("ingest", clip, "--camera", "lobby", "--create-camera", "--time-zone", "Europe/Berlin"),
        *("--started-at", START.isoformat(), "--no-wait", "--json"),
    )
    assert done.exit_code == 0, told(done)
    (recording,) = json.loads(done.stdout)
    assert (recording["state"], recording["started_at"]) == ("queued", START.isoformat())


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("start", ["2026-03-02T08:00:00", "yesterday"])
def test_a_start_without_offset_is_wrong_usage(tmp_path: Path, start: str) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"footage")
    assert sightline("ingest", clip, "--camera", "lobby", "--started-at", start).exit_code == 2


@pytest.mark.usefixtures("environment")
def test_a_dead_job_is_listed_with_its_reason_and_replayed(
    gateway: RunningGateway, tenant: str, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"footage")
    sightline("ingest", clip, "--camera", "lobby", "--create-camera", "--no-wait")
    (job,) = json.loads(sightline("jobs", "list", "--json").stdout)
    end_job(gateway.databases, tenant_of(gateway.databases, tenant), job["id"], dead="no video in it")
    assert "no video in it" in sightline("jobs", "show", job["id"]).stdout
    (dead,) = json.loads(sightline("jobs", "list", "--state", "dead", "--json").stdout)
    assert dead["reason"] == "no video in it"
    assert sightline("jobs", "replay", job["id"]).exit_code == 0
    again = sightline("jobs", "replay", job["id"])
    assert again.exit_code == 1
    assert "only a dead job" in told(again)
    assert sightline("jobs", "list", "--state", "lost").exit_code == 2


@pytest.mark.usefixtures("environment")
def test_a_search_shows_its_hits(gateway: RunningGateway) -> None:
    camera = json.loads(sightline("cameras", "create", "gate", "--time-zone", "Europe/Berlin", "--json").stdout)
    hit = Hit(
        kind=ItemKind.TRACK,
        id=uuid4(),
        camera_id=camera["id"],
        recording_id=uuid4(),
        started_at=START,
        ended_at=START + timedelta(seconds=4),
        best_at=START,
        score=0.25,
        space=Space.SEMANTIC,
        thumbnail_key="none",
        object_class=ObjectClass.CAR,
    )
    gateway.answer = lambda _: Reply(
        answer=SearchAnswer(hits=(hit,), timings=SearchTimings(encode_ms=1, query_ms=1, total_ms=2))
    )
    shown = sightline("search", "a car", "--camera", "gate", "--class", "car")
    assert shown.exit_code == 0, told(shown)
    for word in ("0.250", "car", "gate", "2026-03-02 08:00:00 +0100", "4 s", str(hit.id)):
        assert word in shown.stdout, word
    read = json.loads(sightline("search", "a car", "--json").stdout)
    assert [found["id"] for found in read["hits"]] == [str(hit.id)]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "arguments",
    [[], ["a", "--hours", "25:00-26:00"], ["a", "--class", "dragon"], ["a", "--from", "2026-03-02T08:00:00"]],
)
def test_a_search_that_cannot_be_meant_is_wrong_usage(arguments: list[str]) -> None:
    assert sightline("search", *arguments).exit_code == 2


def test_without_a_stack_or_a_gateway_the_exit_code_is_three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGHTLINE_URL", raising=False)
    monkeypatch.delenv("SIGHTLINE_API_KEY", raising=False)
    assert sightline("search", "a", "--state", tmp_path).exit_code == 3
    monkeypatch.setenv("SIGHTLINE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SIGHTLINE_API_KEY", "sl_none")
    assert sightline("search", "a").exit_code == 3


def test_tenants_and_keys_are_made_and_ended_in_the_database(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = gateway.databases.dsn("sightline_owner")
    name = f"tenant-{uuid4().hex[:8]}"
    first = json.loads(sightline("tenants", "create", name, "--dsn", owner, "--json").stdout)
    assert sightline("tenants", "create", name, "--dsn", owner).exit_code == 1
    second = json.loads(
        sightline("keys", "create", "--tenant", name, "--scope", "search", "--dsn", owner, "--json").stdout
    )
    with gateway.http(first["key"]) as http:
        assert http.get("/v1/cameras").status_code == 200
    with gateway.http(second["key"]) as http:
        assert http.get("/v1/cameras").status_code == 403
    assert sightline("keys", "revoke", second["id"], "--dsn", owner).exit_code == 0
    assert sightline("keys", "revoke", second["id"], "--dsn", owner).exit_code == 1
    with gateway.http(second["key"]) as http:
        assert http.get("/v1/cameras").status_code == 401
    assert sightline("keys", "create", "--tenant", name, "--scope", "all", "--dsn", owner).exit_code == 2
    assert sightline("keys", "create", "--tenant", "nobody", "--dsn", owner).exit_code == 1
