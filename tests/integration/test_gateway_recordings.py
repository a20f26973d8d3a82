"""Footage in, over HTTP: uploads straight to the real S3, rows and jobs in the real Postgres."""

import hashlib
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.ingest import INGEST_RECORDING
from contracts.task import JobState
from gateway.bodies.cameras import Camera
from gateway.bodies.recordings import RecordingState
from infra.cli.client import Client, GatewayRefusedError, NotFinishedError
from kit.jobs import Jobs
from kit.objects import PART_BYTES, ObjectMissingError
from kit.worker import JobHandler, JobWorker
from tests.databases import ServiceDatabases
from tests.fixtures.gateway import RunningGateway, tenant_of

START = datetime.fromisoformat("2026-03-02T08:00:00+01:00")


@pytest.fixture
def lobby(client: Client) -> Camera:
    return client.create_camera("lobby", time_zone="Europe/Berlin")


def file_of(folder: Path, size: int) -> Path:
    path = folder / "clip.mp4"
    path.write_bytes(os.urandom(size))
    return path


def opened(http: httpx.Client, camera: Camera, **fields: object) -> httpx.Response:
    body = {"camera_id": str(camera.id), "filename": "a.mp4", "size_bytes": 10, **fields}
    return http.post("/v1/recordings", json=body)


def end_job(databases: ServiceDatabases, tenant_id: UUID, job_id: UUID, *, dead: str | None = None) -> None:
    """Ends a job as the ingest service would."""
    database = databases.open("sightline_ingest")
    jobs = Jobs(database, lambda _: None, lease_seconds=60)

    def run(payload: object, lease: object) -> None:
        if dead is not None:
            raise ValueError(dead)
        with jobs.completion(lease) as work:  # type: ignore[arg-type]
            work.result = {"recording_id": str(uuid4()), "duplicate": True}

    handler = JobHandler(INGEST_RECORDING, run, dead_on=(ValueError,))
    JobWorker(jobs, lease_seconds=60).handle(job_id, handler)
    database.close()


def test_a_file_of_several_parts_reaches_the_object_store_whole_and_its_job_is_made(
    gateway: RunningGateway, tenant: str, client: Client, lobby: Camera, tmp_path: Path
) -> None:
    path = file_of(tmp_path, PART_BYTES + 12_345)
    told: list[int] = []
    accepted = client.upload(path, lobby.id, started_at=START, on_bytes=told.append)
    assert sum(told) == path.stat().st_size
    tenant_id = tenant_of(gateway.databases, tenant)
    stored = gateway.objects.get(f"uploads/{tenant_id}/{accepted.id}")
    assert hashlib.sha256(stored).digest() == hashlib.sha256(path.read_bytes()).digest()
    job = client.job(accepted.job_id)
    assert (job.contract, job.subject_id, job.state) == (INGEST_RECORDING.name, accepted.id, JobState.READY)
    assert [found.job_id for found in gateway.announced if found.job_id == job.id] == [job.id]
    recording = client.recording(accepted.id)
    assert recording.state is RecordingState.QUEUED
    assert recording.open_jobs == 1
    assert recording.started_at == START
    assert recording.started_at.utcoffset() == timedelta(hours=1)


def test_the_job_says_what_ingest_must_know(
    gateway: RunningGateway, tenant: str, client: Client, lobby: Camera, tmp_path: Path
) -> None:
    accepted = client.upload(file_of(tmp_path, 100), lobby.id, started_at=START)
    tenant_id = tenant_of(gateway.databases, tenant)
    database = gateway.databases.open("sightline_ingest")
    job = Jobs(database, lambda _: None, lease_seconds=60).get(tenant_id, accepted.job_id)
    database.close()
    assert job is not None
    assert job.payload == {
        "recording_id": str(accepted.id),
        "camera_id": str(lobby.id),
        "object_key": f"uploads/{tenant_id}/{accepted.id}",
        "filename": "clip.mp4",
        "started_at": "2026-03-02T07:00:00Z",
    }


def test_a_request_in_a_trace_hands_the_trace_to_its_job(
    gateway: RunningGateway, tenant: str, http: httpx.Client, lobby: Camera
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer = http.post(
        "/v1/recordings/upload",
        params={"camera_id": str(lobby.id), "filename": "a.mp4"},
        content=b"footage",
        headers={"Content-Type": "video/mp4", "traceparent": f"00-{trace_id}-b7ad6b7169203331-01"},
    )
    assert answer.status_code == 202
    database = gateway.databases.open("sightline_ingest")
    jobs = Jobs(database, lambda _: None, lease_seconds=60)
    job = jobs.get(tenant_of(gateway.databases, tenant), UUID(answer.json()["job_id"]))
    database.close()
    assert job is not None
    assert job.trace is not None
    assert job.trace.split("-")[1] == trace_id


def test_parts_can_be_signed_again(http: httpx.Client, lobby: Camera) -> None:
    recording = opened(http, lobby, size_bytes=250 * PART_BYTES).json()
    assert recording["upload"]["part_count"] == 250
    assert [part["number"] for part in recording["upload"]["parts"]] == list(range(1, 101))
    path = f"/v1/recordings/{recording['id']}/parts"
    again = http.get(path, params={"numbers": "7,101-103"}).json()
    assert [part["number"] for part in again["parts"]] == [7, 101, 102, 103]
    for numbers in ("0", "251", "1-250", "x", "1,,2", "5-1"):
        answer = http.get(path, params={"numbers": numbers})
        assert answer.status_code == 422, numbers


def test_a_file_of_another_size_than_promised_is_refused_and_thrown_away(
    gateway: RunningGateway, tenant: str, http: httpx.Client, lobby: Camera
) -> None:
    recording = opened(http, lobby, size_bytes=10).json()
    etag = httpx.put(recording["upload"]["parts"][0]["url"], content=b"four").headers["etag"]
    answer = http.post(f"/v1/recordings/{recording['id']}/complete", json={"parts": [{"number": 1, "etag": etag}]})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:sightline:problem:size-mismatch"
    assert http.get(f"/v1/recordings/{recording['id']}").status_code == 404
    with pytest.raises(ObjectMissingError):
        gateway.objects.size(f"uploads/{tenant_of(gateway.databases, tenant)}/{recording['id']}")
    assert http.get("/v1/jobs").json()["items"] == []


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [{"number": 2, "etag": '"x"'}],
        [{"number": 1, "etag": '"0123456789abcdef0123456789abcdef"'}],
        [{"number": 1, "etag": '"x"'}, {"number": 1, "etag": '"y"'}],
        [{"number": 1}],
    ],
)
def test_parts_that_do_not_make_up_the_file_are_refused(
    http: httpx.Client, lobby: Camera, parts: list[dict[str, object]]
) -> None:
    recording = opened(http, lobby).json()
    httpx.put(recording["upload"]["parts"][0]["url"], content=b"0123456789")
    answer = http.post(f"/v1/recordings/{recording['id']}/complete", json={"parts": parts})
    assert answer.status_code == 422, answer.text
    assert http.get(f"/v1/recordings/{recording['id']}").json()["state"] == "uploading"


def test_completing_again_answers_the_same_and_makes_no_second_job(http: httpx.Client, lobby: Camera) -> None:
    recording = opened(http, lobby).json()
    etag = httpx.put(recording["upload"]["parts"][0]["url"], content=b"0123456789").headers["etag"]
    path = f"/v1/recordings/{recording['id']}/complete"
    first = http.post(path, json={"parts": [{"number": 1, "etag": etag}]})
    again = http.post(path, json={"parts": [{"number": 1, "etag": etag}]})
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert first.headers["location"] == f"/v1/jobs/{first.json()['job_id']}"
    assert len(http.get("/v1/jobs").json()["items"]) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": -5}, "size_bytes"),
        ({"started_at": "2026-03-02T08:00:00"}, "started_at"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00Z"}, "started_at"),
        ({"started_at": "9999-12-31T23:59:59Z"}, "started_at"),
        ({"filename": ""}, "filename"),
        ({"camera_id": "lobby"}, "camera_id"),
    ],
)
def test_what_cannot_be_a_recording_is_refused_by_its_field(
    http: httpx.Client, lobby: Camera, fields: dict[str, object], field: str
) -> None:
    answer = opened(http, lobby, **fields)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_file_larger_than_is_taken_is_refused_before_it_is_sent(http: httpx.Client, lobby: Camera) -> None:
    assert opened(http, lobby, size_bytes=10**15).status_code == 413


def test_an_upload_can_be_aborted_until_it_is_complete(http: httpx.Client, lobby: Camera) -> None:
    recording = opened(http, lobby).json()
    path = f"/v1/recordings/{recording['id']}"
    assert http.delete(path).status_code == 204
    assert http.get(path).status_code == 404
    assert http.delete(path).status_code == 404
    assert httpx.put(recording["upload"]["parts"][0]["url"], content=b"0123456789").status_code == 404
    done = opened(http, lobby).json()
    etag = httpx.put(done["upload"]["parts"][0]["url"], content=b"0123456789").headers["etag"]
    path = f"/v1/recordings/{done['id']}"
    assert http.post(f"{path}/complete", json={"parts": [{"number": 1, "etag": etag}]}).status_code == 202
    assert http.delete(path).status_code == 409
    assert http.get(f"{path}/parts").status_code == 409


@pytest.mark.parametrize("as_form", [False, True])
def test_a_small_file_goes_in_one_request(
    gateway: RunningGateway, tenant: str, http: httpx.Client, lobby: Camera, as_form: bool
) -> None:
    content = os.urandom(3_000_000)
    query = {"camera_id": str(lobby.id), "started_at": START.isoformat()}
    if as_form:
        answer = http.post("/v1/recordings/upload", params=query, files={"file": ("b.mp4", content, "video/mp4")})
    else:
        headers = {"Content-Type": "application/octet-stream"}
        answer = http.post(
            "/v1/recordings/upload", params={**query, "filename": "b.mp4"}, content=content, headers=headers
        )
    assert answer.status_code == 202, answer.text
    recording = http.get(f"/v1/recordings/{answer.json()['id']}").json()
    assert (recording["filename"], recording["size_bytes"], recording["state"]) == ("b.mp4", len(content), "queued")
    assert gateway.objects.get(f"uploads/{tenant_of(gateway.databases, tenant)}/{recording['id']}") == content


def test_a_small_file_sent_twice_under_one_idempotency_key_is_one_recording(http: httpx.Client, lobby: Camera) -> None:
    def send(content: bytes) -> httpx.Response:
        return http.post(
            "/v1/recordings/upload",
            params={"camera_id": str(lobby.id), "filename": "b.mp4"},
            content=content,
            headers={"Content-Type": "video/mp4", "Idempotency-Key": "k"},
        )

    content = os.urandom(3_000_000)
    first = send(content)
    assert first.status_code == 202
    assert send(content).json() == first.json()
    assert send(content[:-1] + b"x").status_code == 422
    assert len(http.get("/v1/recordings").json()["items"]) == 1


@pytest.mark.parametrize(
    ("content", "query", "status"),
    [
        (b"", {"filename": "a.mp4"}, 422),
        (b"x", {}, 422),
        (b"x", {"filename": "a.mp4", "started_at": "2026-03-02T08:00:00"}, 422),
        (b"x" * (64 * 1024 * 1024 + 1), {"filename": "a.mp4"}, 413),
        (b"x" * (65 * 1024 * 1024), {"filename": "a.mp4"}, 413),
    ],
    ids=["empty", "no name", "no offset", "a byte too large", "larger"],
)
def test_a_small_file_that_is_none_is_refused(
    http: httpx.Client, lobby: Camera, content: bytes, query: dict[str, str], status: int
) -> None:
    answer = http.post(
        "/v1/recordings/upload",
        params={"camera_id": str(lobby.id), **query},
        content=content,
        headers={"Content-Type": "video/mp4"},
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert http.get("/v1/recordings").json()["items"] == []


def test_footage_for_a_camera_that_is_not_the_callers_is_refused(gateway: RunningGateway, lobby: Camera) -> None:
    with gateway.http(gateway.key(gateway.tenant())) as stranger:
        assert opened(stranger, lobby).status_code == 404
        sent = stranger.post(
            "/v1/recordings/upload",
            params={"camera_id": str(lobby.id), "filename": "a.mp4"},
            content=b"x",
            headers={"Content-Type": "video/mp4"},
        )
        assert sent.status_code == 404


def test_another_tenants_recording_and_job_are_not_there(
    gateway: RunningGateway, client: Client, lobby: Camera, tmp_path: Path
) -> None:
    accepted = client.upload(file_of(tmp_path, 10), lobby.id)
    with gateway.http(gateway.key(gateway.tenant())) as stranger:
        assert stranger.get(f"/v1/recordings/{accepted.id}").status_code == 404
        assert stranger.get(f"/v1/recordings/{accepted.id}/parts").status_code == 404
        assert stranger.get(f"/v1/recordings/{accepted.id}/segments").status_code == 404
        assert stranger.delete(f"/v1/recordings/{accepted.id}").status_code == 404
        complete = stranger.post(f"/v1/recordings/{accepted.id}/complete", json={"parts": [{"number": 1, "etag": "x"}]})
        assert complete.status_code == 404
        assert stranger.get(f"/v1/jobs/{accepted.job_id}").status_code == 404
        assert stranger.get(f"/v1/jobs/{accepted.job_id}/events").status_code == 404
        assert stranger.post(f"/v1/jobs/{accepted.job_id}/replay").status_code == 404
        assert stranger.get("/v1/recordings").json()["items"] == []
        assert stranger.get("/v1/jobs").json()["items"] == []


def test_a_key_restricted_to_cameras_sees_only_their_recordings_and_jobs(
    gateway: RunningGateway, tenant: str, client: Client, lobby: Camera, tmp_path: Path
) -> None:
    gate = client.create_camera("gate")
    seen = client.upload(file_of(tmp_path, 10), lobby.id)
    hidden = client.upload(file_of(tmp_path, 11), gate.id)
    with gateway.http(gateway.key(tenant, cameras=["lobby"])) as http:
        assert [item["id"] for item in http.get("/v1/recordings").json()["items"]] == [str(seen.id)]
        assert [item["id"] for item in http.get("/v1/jobs").json()["items"]] == [str(seen.job_id)]
        assert http.get(f"/v1/recordings/{hidden.id}").status_code == 404
        assert http.get(f"/v1/jobs/{hidden.job_id}").status_code == 404
        assert http.get("/v1/recordings", params={"camera_id": str(gate.id)}).json()["items"] == []
        assert http.get("/v1/jobs", params={"subject_id": str(hidden.id)}).json()["items"] == []
        assert opened(http, gate).status_code == 404
        assert opened(http, lobby).status_code == 201


def test_recordings_are_listed_newest_first_by_camera_state_and_page(
    client: Client, http: httpx.Client, lobby: Camera, tmp_path: Path
) -> None:
    sent = [client.upload(file_of(tmp_path, 10 + number), lobby.id).id for number in range(3)]
    open_one = UUID(opened(http, lobby).json()["id"])
    assert [found.id for found in client.recordings()] == [open_one, *reversed(sent)]
    assert [found.id for found in client.recordings(state=RecordingState.UPLOADING)] == [open_one]
    assert list(client.recordings(camera_id=client.create_camera("gate").id)) == []
    first = http.get("/v1/recordings", params={"limit": 2}).json()
    second = http.get("/v1/recordings", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == [str(open_one), *map(str, reversed(sent))]
    assert second["next_cursor"] is None


def test_a_dead_job_is_told_with_its_reason_and_can_be_replayed(
    gateway: RunningGateway, tenant: str, client: Client, lobby: Camera, tmp_path: Path
) -> None:
    accepted = client.upload(file_of(tmp_path, 10), lobby.id)
    with pytest.raises(GatewayRefusedError) as refusal:
        client.replay_job(accepted.job_id)
    assert refusal.value.problem.type == "urn:sightline:problem:job-not-dead"
    end_job(gateway.databases, tenant_of(gateway.databases, tenant), accepted.job_id, dead="no video in it")
    recording = client.recording(accepted.id)
    assert (recording.state, recording.failure, recording.open_jobs) == (RecordingState.FAILED, "no video in it", 0)
    assert [job.reason for job in client.jobs(state=JobState.DEAD)] == ["no video in it"]
    assert client.replay_job(accepted.job_id).state is JobState.READY
    assert client.recording(accepted.id).state is RecordingState.QUEUED
    assert [found.job_id for found in gateway.announced].count(accepted.job_id) == 2


def test_a_duplicate_names_the_first_and_is_not_listed(
    gateway: RunningGateway, tenant: str, client: Client, lobby: Camera, tmp_path: Path
) -> None:
    accepted = client.upload(file_of(tmp_path, 10), lobby.id)
    end_job(gateway.databases, tenant_of(gateway.databases, tenant), accepted.job_id)
    recording = client.recording(accepted.id)
    assert recording.state is RecordingState.DUPLICATE
    assert recording.duplicate_of is not None
    assert list(client.recordings()) == []
    assert [found.id for found in client.recordings(state=RecordingState.DUPLICATE)] == [accepted.id]


def test_a_job_can_be_followed_by_events(
    gateway: RunningGateway, tenant: str, client: Client, http: httpx.Client, lobby: Camera, tmp_path: Path
) -> None:
    accepted = client.upload(file_of(tmp_path, 10), lobby.id)
    states: list[str] = []
    with http.stream("GET", f"/v1/jobs/{accepted.job_id}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        for line in events.iter_lines():
            if line.startswith("data:"):
                states.append(json.loads(line.removeprefix("data:"))["state"])
                if len(states) == 1:
                    tenant_id = tenant_of(gateway.databases, tenant)
                    end_job(gateway.databases, tenant_id, accepted.job_id, dead="no video in it")
    assert states[0] == "ready"
    assert states[-1] == "dead"


def test_following_a_recording_that_never_ends_gives_up(client: Client, lobby: Camera, tmp_path: Path) -> None:
    accepted = client.upload(file_of(tmp_path, 10), lobby.id)
    with pytest.raises(NotFinishedError):
        client.follow_recording(accepted.id, seconds=0.2, interval=0.05)


def test_a_tenants_footage_is_not_named_by_its_links_to_others(http: httpx.Client, lobby: Camera) -> None:
    url = opened(http, lobby).json()["upload"]["parts"][0]["url"]
    tampered = url.replace("partNumber=1", "partNumber=2")
    assert tampered != url
    assert httpx.put(tampered, content=b"x").status_code == 403
    assert httpx.get(url.split("?")[0]).is_client_error
