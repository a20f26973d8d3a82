"""Keys, cameras, and the manners that every route has, over HTTP on the real Postgres."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest

from infra.cli.client import Client, GatewayRefusedError
from infra.cli.tenants import SCOPES, create_key, revoke_key
from infra.embedded.stack import Endpoints
from tests.databases import ServiceDatabases
from tests.fixtures.gateway import RunningGateway, running_gateway

PROBLEM = "application/problem+json"


def test_without_a_valid_key_nothing_is_answered(gateway: RunningGateway, tenant: str) -> None:
    owner = gateway.databases.dsn("sightline_owner")
    revoked = create_key(owner, tenant, name="old")
    assert revoke_key(owner, revoked.id)
    for key in (None, "sl_" + "x" * 43, "nonsense", revoked.key):
        with gateway.http(key) as http:
            answer = http.get("/v1/cameras")
            assert answer.status_code == 401
            assert answer.headers["content-type"] == PROBLEM
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json()["type"] == "urn:sightline:problem:unauthenticated"


def test_an_expired_key_is_no_key(gateway: RunningGateway, tenant: str) -> None:
    expired = create_key(
        gateway.databases.dsn("sightline_owner"),
        tenant,
        name="short",
        expires_at=datetime.now(UTC) - timedelta(seconds=1),
    )
    with gateway.http(expired.key) as http:
        assert http.get("/v1/cameras").status_code == 401


def test_the_database_holds_no_key_in_clear(gateway: RunningGateway, tenant: str) -> None:
    key = gateway.key(tenant)
    with psycopg.connect(gateway.databases.dsn("sightline_owner")) as connection:
        dump = str(connection.execute("SELECT * FROM gateway.api_keys").fetchall())
    assert key not in dump
    assert key[3:] not in dump


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/cameras", "cameras:read"),
        ("POST", "/v1/cameras", "cameras:write"),
        ("GET", "/v1/recordings", "recordings:read"),
        ("POST", "/v1/recordings", "recordings:write"),
        ("GET", "/v1/tracks", "recordings:read"),
        ("POST", "/v1/search", "search"),
        ("POST", "/v1/pictures", "search"),
        ("GET", "/v1/jobs", "jobs:read"),
        ("POST", f"/v1/jobs/{uuid4()}/replay", "jobs:write"),
        ("GET", "/v1/reports", "reports:read"),
        ("POST", "/v1/reports", "reports:write"),
    ],
)
def test_a_key_does_only_what_its_scopes_say(
    gateway: RunningGateway, tenant: str, method: str, path: str, scope: str
) -> None:
    others = [other for other in SCOPES if other != scope]
    with gateway.http(gateway.key(tenant, scopes=others)) as http:
        answer = http.request(method, path)
        assert answer.status_code == 403
        assert scope in answer.json()["detail"]
    with gateway.http(gateway.key(tenant, scopes=[scope])) as http:
        assert http.request(method, path).status_code not in {401, 403}


def test_a_camera_is_created_listed_read_and_changed(client: Client, http: httpx.Client) -> None:
    camera = client.create_camera("lobby", site="hq", time_zone="Europe/Berlin", external_ids={"vms": "7"})
    assert client.cameras() == [camera]
    answer = http.get(f"/v1/cameras/{camera.id}")
    assert answer.headers["etag"] == '"1"'
    changed = http.patch(f"/v1/cameras/{camera.id}", json={"site": "annex"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    assert changed.json() | {"updated_at": None} == answer.json() | {"site": "annex", "version": 2, "updated_at": None}


def test_a_change_needs_the_version_that_it_is_made_to(client: Client, http: httpx.Client) -> None:
    path = f"/v1/cameras/{client.create_camera('lobby').id}"
    assert http.patch(path, json={"site": "a"}).status_code == 428
    assert http.patch(path, json={"site": "a"}, headers={"If-Match": '"1"'}).status_code == 200
    stale = http.patch(path, json={"site": "b"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.headers["etag"] == '"2"'
    assert http.get(path).json()["site"] == "a"


def test_of_many_changes_to_one_version_one_wins(client: Client, http: httpx.Client) -> None:
    path = f"/v1/cameras/{client.create_camera('lobby').id}"

    def change(number: int) -> int:
        return http.patch(path, json={"site": str(number)}, headers={"If-Match": '"1"'}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(change, range(8)))
    assert sorted(statuses) == [200] + [412] * 7


def test_names_of_cameras_are_unique_within_a_tenant_only(gateway: RunningGateway, client: Client) -> None:
    client.create_camera("lobby")
    other = client.create_camera("gate")
    with pytest.raises(GatewayRefusedError) as refusal:
        client.create_camera("lobby")
    assert refusal.value.status == 409
    assert refusal.value.problem.type == "urn:sightline:problem:camera-name-taken"
    with gateway.client(gateway.key(gateway.tenant())) as stranger:
        assert stranger.create_camera("lobby").name == "lobby"
    with gateway.http(client._http.headers["authorization"].removeprefix("Bearer ")) as http:
        renamed = http.patch(f"/v1/cameras/{other.id}", json={"name": "lobby"}, headers={"If-Match": '"1"'})
        assert renamed.status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": "a", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"name": "a", "time_zone": "../etc/passwd"}, "time_zone"),
        ({"name": "a", "colour": "red"}, "colour"),
        ({"name": "a", "external_ids": {"vms": []}}, "external_ids"),
    ],
)
def test_a_field_that_is_wrong_is_named(http: httpx.Client, body: dict[str, object], field: str) -> None:
    answer = http.post("/v1/cameras", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM
    assert [error["field"].split(".")[0] for error in answer.json()["errors"]] == [field]


def test_pages_follow_one_another_without_gap_or_repetition(client: Client, http: httpx.Client) -> None:
    names = [f"camera {number:02}" for number in range(7)]
    for name in reversed(names):
        client.create_camera(name)
    seen: list[str] = []
    cursor = None
    while True:
        page = http.get("/v1/cameras", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "é", "W10", "bnVsbA"])
def test_a_made_up_cursor_is_refused(http: httpx.Client, cursor: str) -> None:
    for path in ("/v1/cameras", "/v1/recordings", "/v1/tracks", "/v1/jobs", "/v1/reports"):
        answer = http.get(path, params={"cursor": cursor})
        assert answer.status_code == 422, (path, answer.text)
        assert answer.json()["errors"][0]["field"] == "cursor"


def test_another_tenants_camera_is_not_there(gateway: RunningGateway, client: Client) -> None:
    camera = client.create_camera("lobby")
    with gateway.http(gateway.key(gateway.tenant())) as stranger:
        assert stranger.get(f"/v1/cameras/{camera.id}").status_code == 404
        changed = stranger.patch(f"/v1/cameras/{camera.id}", json={"site": "x"}, headers={"If-Match": '"1"'})
        assert changed.status_code == 404
        assert stranger.get("/v1/cameras").json()["items"] == []


def test_a_key_restricted_to_cameras_sees_only_these_and_adds_none(
    gateway: RunningGateway, tenant: str, client: Client
) -> None:
    lobby, gate = client.create_camera("lobby"), client.create_camera("gate")
    with gateway.http(gateway.key(tenant, cameras=["lobby"])) as http:
        assert [item["id"] for item in http.get("/v1/cameras").json()["items"]] == [str(lobby.id)]
        assert http.get(f"/v1/cameras/{gate.id}").status_code == 404
        changed = http.patch(f"/v1/cameras/{gate.id}", json={"site": "x"}, headers={"If-Match": '"1"'})
        assert changed.status_code == 404
        assert http.post("/v1/cameras", json={"name": "new"}).status_code == 403


def test_the_same_request_with_the_same_idempotency_key_is_done_once(http: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = http.post("/v1/cameras", json={"name": "lobby"}, headers=headers)
    again = http.post("/v1/cameras", json={"name": "lobby"}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len(http.get("/v1/cameras").json()["items"]) == 1


def test_an_idempotency_key_stands_for_one_request(http: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert http.post("/v1/cameras", json={"name": "lobby"}, headers=headers).status_code == 201
    other = http.post("/v1/cameras", json={"name": "gate"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:sightline:problem:idempotency-key-reused"


def test_a_refused_request_frees_its_idempotency_key(http: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert http.post("/v1/cameras", json={"name": ""}, headers=headers).status_code == 422
    assert http.post("/v1/cameras", json={"name": "lobby"}, headers=headers).status_code == 201


def test_of_the_same_request_sent_many_times_at_once_one_is_done(http: httpx.Client) -> None:
    def create(_: int) -> int:
        headers = {"Idempotency-Key": "k-1"}
        return http.post("/v1/cameras", json={"name": "lobby"}, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(create, range(8)))
    assert 201 in statuses
    # 409: the first is still running. Never a second camera, never "the name is taken".
    assert statuses <= {201, 409}
    assert http.post("/v1/cameras", json={"name": "lobby"}, headers={"Idempotency-Key": "k-1"}).status_code == 201


def test_tenants_do_not_share_idempotency_keys(gateway: RunningGateway, http: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = http.post("/v1/cameras", json={"name": "lobby"}, headers=headers)
    with gateway.http(gateway.key(gateway.tenant())) as stranger:
        other = stranger.post("/v1/cameras", json={"name": "lobby"}, headers=headers)
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("method", "path", "content", "content_type", "status"),
    [
        ("GET", "/v1/nowhere", None, None, 404),
        ("GET", "/nowhere", None, None, 404),
        ("GET", "/v1/cameras/not-an-id", None, None, 404),
        ("PUT", "/v1/cameras", b"{}", "application/json", 405),
        ("POST", "/v1/cameras", b"{", "application/json", 400),
        ("POST", "/v1/cameras", b'{"name": "\xff"}', "application/json", 400),
        ("POST", "/v1/cameras", b"name=a", "application/x-www-form-urlencoded", 415),
        ("POST", "/v1/cameras", b'{"name": "' + b"a" * 5_000_000 + b'"}', "application/json", 413),
        ("POST", "/v1/cameras", b'{"name": "a\\u0000b"}', "application/json", 422),
        ("POST", "/v1/cameras", b'{"name": "a", "external_ids": {"a": "\\u0000"}}', "application/json", 422),
        ("POST", "/v1/cameras", b'{"name": "\\ud800"}', "application/json", 400),
        ("GET", "/v1/cameras?name=%00", None, None, 422),
        ("GET", "/v1/cameras?limit=1000", None, None, 422),
        ("GET", "/v1/cameras?limit=many", None, None, 422),
        ("GET", "/v1/tracks?from=2026-03-02T08:00:00", None, None, 422),
    ],
)
def test_every_failure_is_a_problem(
    http: httpx.Client, method: str, path: str, content: bytes | None, content_type: str | None, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = http.request(method, path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:sightline:problem:")
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_the_clients_request_id_comes_back_and_a_strange_one_does_not(http: httpx.Client) -> None:
    assert http.get("/v1/cameras", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert http.get("/v1/cameras", headers={"X-Request-Id": "a b"}).headers["x-request-id"] != "a b"
    assert len(http.get("/nowhere").headers["x-request-id"]) == 36


def test_an_access_line_names_the_caller_and_never_the_key(
    gateway: RunningGateway, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = gateway.key(tenant)
    with caplog.at_level(logging.INFO, logger="gateway.access"), gateway.http(key) as http:
        camera_id = uuid4()
        http.get(f"/v1/cameras/{camera_id}?token=secret")
        # The line is written once the answer is out.
        deadline = time.monotonic() + 10
        while not (lines := [record for record in caplog.records if record.name == "gateway.access"]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    line = lines[0]
    assert line.__dict__["route"] == "/v1/cameras/{camera_id}"
    assert line.__dict__["status"] == 404
    assert line.__dict__["key_id"]
    text = str([record.__dict__ for record in caplog.records])
    assert key not in text
    assert "secret" not in text


def test_health_is_told_without_a_key(gateway: RunningGateway) -> None:
    with gateway.http(None) as http:
        assert http.get("/v1/health/live").json() == {"status": "alive"}
        ready = http.get("/v1/health/ready")
        assert ready.status_code == 200
        assert ready.json() == {"status": "ready", "checks": {"postgres": "up", "redis": "up", "objects": "up"}}


def test_health_names_what_is_down(servers: Endpoints, databases: ServiceDatabases) -> None:
    checks = {"postgres": lambda: True, "objects": lambda: True, "redis": lambda: True, "triton": lambda: False}
    with running_gateway(servers, databases, checks=checks) as gateway, gateway.http(None) as http:
        answer = http.get("/v1/health/ready")
        assert answer.status_code == 200
        assert answer.json()["status"] == "degraded"
        assert answer.json()["checks"]["triton"] == "down"
    with (
        running_gateway(servers, databases, checks={**checks, "postgres": lambda: False}) as gateway,
        gateway.http(None) as http,
    ):
        assert http.get("/v1/health/ready").status_code == 503


def test_the_documentation_page_fetches_nothing_from_elsewhere(gateway: RunningGateway) -> None:
    with gateway.http(None) as http:
        page = http.get("/schema")
        assert page.status_code == 200
        assert "createCamera" in page.text
        assert "<script" not in page.text
        assert "http" not in page.text.replace("https://", "http://").split("<style>")[1].split("</style>")[0]
        document = http.get("/schema/openapi.json").json()
        assert document["openapi"].startswith("3.1")
