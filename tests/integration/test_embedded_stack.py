"""The embedded stack keeps what it acknowledged, whatever is killed, and leaves nothing behind."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import httpx
import msgspec
import numpy as np
import onnx
import psycopg
import pytest
import redis
from botocore.exceptions import ClientError
from onnx import TensorProto, helper
from tritonclient.grpc import InferenceServerClient, InferInput
from typer.testing import CliRunner

from infra.cli import app, load_commands
from infra.cli.console import CommandFailed
from infra.embedded import processes
from infra.embedded.stack import AlreadyRunningError, Endpoints, NotRunningError, Stack

MEAN_MODEL = """
name: "mean"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "image" data_type: TYPE_UINT8 dims: [ 3, 4, 4 ] } ]
output [ { name: "mean" data_type: TYPE_FP32 dims: [ 1 ] } ]
dynamic_batching { max_queue_delay_microseconds: 1000 }
instance_group [ { count: 1 kind: KIND_AUTO } ]
"""


def write_mean_model(repository: Path) -> None:
    """A network that answers the mean of a picture's values: small, and easy to be right about."""
    nodes = [
        helper.make_node("Cast", ["image"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["values"], ["flat"]),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1], keepdims=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 3, 4, 4])
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["batch", 1])
    model = helper.make_model(
        helper.make_graph(nodes, "mean", [image], [mean]), opset_imports=[helper.make_opsetid("", 17)], ir_version=9
    )
    weights = repository / "mean" / "1" / "model.onnx"
    weights.parent.mkdir(parents=True)
    onnx.save(model, weights)
    (repository / "mean" / "config.pbtxt").write_text(MEAN_MODEL)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own, because these tests break it."""
    repository = tmp_path_factory.mktemp("models")
    write_mean_model(repository)
    stack = Stack(tmp_path_factory.mktemp("broken"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGHTLINE_MODEL_REPOSITORY", str(repository))
        stack.start(servers_only=True, with_me=True)
        yield stack
        stack.stop()


@pytest.fixture
def endpoints(stack: Stack) -> Endpoints:
    if not stack.running:
        stack.start(servers_only=True, with_me=True)
    return stack.endpoints()


def s3(endpoints: Endpoints) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoints.s3_endpoint,
        aws_access_key_id=endpoints.s3_access_key,
        aws_secret_access_key=endpoints.s3_secret_key,
        region_name=endpoints.s3_region,
    )


def means(endpoints: Endpoints, pictures: "np.ndarray[Any, np.dtype[np.uint8]]") -> list[float]:
    with InferenceServerClient(endpoints.triton_url) as client:
        image = InferInput("image", list(pictures.shape), "UINT8")
        image.set_data_from_numpy(pictures)
        answer = client.infer("mean", [image], client_timeout=30)
        return [float(value) for value in answer.as_numpy("mean")[:, 0]]


def tracked(stack: Stack) -> list[int]:
    return processes.marked(stack.config().stack_id)


def test_triton_answers_what_the_network_says_for_each_picture_of_a_batch(endpoints: Endpoints) -> None:
    pictures = np.stack([np.full((3, 4, 4), value, np.uint8) for value in (0, 7, 250)])

    assert means(endpoints, pictures) == [0.0, 7.0, 250.0]


def test_concurrent_requests_do_not_get_each_others_answers(endpoints: Endpoints) -> None:
    wrong = []

    def ask(value: int) -> None:
        for _ in range(20):
            answer = means(endpoints, np.full((1, 3, 4, 4), value, np.uint8))
            if answer != [float(value)]:
                wrong.append((value, answer))

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_rows_committed_before_postgres_is_killed_are_there_afterwards(stack: Stack, endpoints: Endpoints) -> None:
    with psycopg.connect(endpoints.superuser_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        for number in range(200):
            connection.execute("INSERT INTO kept VALUES (%s)", (number,))
        killed = stack.kill("postgres")

    stack.wait_replaced(killed, "postgres")

    with psycopg.connect(endpoints.superuser_dsn) as connection:
        assert connection.execute("SELECT count(*), sum(number) FROM kept").fetchone() == (200, 19900)


def test_every_push_that_valkey_acknowledged_survives_its_death_in_the_middle_of_the_stream(
    stack: Stack, endpoints: Endpoints
) -> None:
    acknowledged = 0
    killer = threading.Timer(0.7, lambda: stack.kill("valkey"))
    before = stack.process("valkey").identity
    assert before is not None
    with redis.Redis.from_url(endpoints.redis_url) as client:
        killer.start()
        with pytest.raises(redis.RedisError):
            while acknowledged < 1_000_000:
                client.rpush("kept", acknowledged)
                acknowledged += 1
    killer.join()
    assert acknowledged > 100

    stack.wait_replaced(before, "valkey")

    with redis.Redis.from_url(endpoints.redis_url) as client:
        assert client.llen("kept") in (acknowledged, acknowledged + 1)


def test_objects_and_their_listing_survive_the_death_of_s3_and_an_upload_in_parts_goes_on(
    stack: Stack, endpoints: Endpoints
) -> None:
    client, bucket, part = s3(endpoints), endpoints.s3_bucket, b"x" * 5 * 1024 * 1024
    for number in range(20):
        client.put_object(Bucket=bucket, Key=f"kept/{number:02}", Body=str(number).encode())
    upload = client.create_multipart_upload(Bucket=bucket, Key="kept-in-parts")["UploadId"]
    where = {"Bucket": bucket, "Key": "kept-in-parts", "UploadId": upload}
    first = client.upload_part(**where, PartNumber=1, Body=part)["ETag"]

    stack.wait_replaced(stack.kill("s3"), "s3")

    listed = client.list_objects_v2(Bucket=bucket, Prefix="kept/")["Contents"]
    assert [entry["Key"] for entry in listed] == [f"kept/{number:02}" for number in range(20)]
    assert client.get_object(Bucket=bucket, Key="kept/07")["Body"].read() == b"7"
    second = client.upload_part(**where, PartNumber=2, Body=b"end")["ETag"]
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert client.head_object(Bucket=bucket, Key="kept-in-parts")["ContentLength"] == len(part) + 3


def test_triton_comes_back_without_stubs_or_shared_memory_of_the_killed_one(stack: Stack, endpoints: Endpoints) -> None:
    mine = f"sightline_{stack.config().stack_id}_*"
    regions = len(list(Path("/dev/shm").glob(mine)))
    assert regions > 0
    killed = stack.kill("triton")

    stack.wait_replaced(killed, "triton")

    assert means(endpoints, np.full((1, 3, 4, 4), 9, np.uint8)) == [9.0]
    assert processes.session_members(killed.pid) == []
    assert len(list(Path("/dev/shm").glob(mine))) == regions


def test_the_servers_behind_s3_turn_away_who_does_not_come_through_it(stack: Stack) -> None:
    ports = stack.config().ports

    for kind in ("s3_object", "s3_container", "s3_account"):
        answer = httpx.get(f"http://127.0.0.1:{ports[kind]}/disk/0/AUTH_sightline")
        assert answer.status_code == 403


def test_no_server_lets_in_who_has_not_the_password(stack: Stack, endpoints: Endpoints) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(endpoints.superuser_dsn, password="guess")
    with redis.Redis(port=stack.config().ports["valkey"]) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3(replace(endpoints, s3_secret_key="guess")).list_objects_v2(Bucket=endpoints.s3_bucket)
    for path in (endpoints.s3_bucket, f"v1/AUTH_sightline/{endpoints.s3_bucket}"):
        assert httpx.get(f"{endpoints.s3_endpoint}/{path}").status_code in (401, 403, 412)


def test_passwords_and_state_are_closed_to_others_and_not_among_the_arguments(
    stack: Stack, endpoints: Endpoints
) -> None:
    assert stack.paths.root.stat().st_mode & 0o077 == 0
    assert stack.paths.config.stat().st_mode & 0o077 == 0
    secrets = stack.config().secrets.values()

    for pid in tracked(stack):
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        assert not any(secret in arguments for secret in secrets)
    assert not any(secret in repr(endpoints) for secret in secrets)


def test_everything_listens_on_loopback_only(stack: Stack, endpoints: Endpoints) -> None:
    for port in stack.config().ports.values():
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in Path(table).read_text().splitlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                if state == "0A" and int(address.rpartition(":")[2], 16) == port:
                    # 127.0.0.1, as itself or mapped into IPv6.
                    assert address.partition(":")[0].endswith("0100007F"), f"port {port} listens on {address}"


def test_a_second_start_says_that_it_runs_already_and_where(stack: Stack, endpoints: Endpoints) -> None:
    load_commands()
    with pytest.raises(AlreadyRunningError, match=str(stack.paths.root)):
        stack.start(servers_only=True)

    told = CliRunner().invoke(app, ["up", "--state", str(stack.paths.root)])

    assert told.exit_code == 0
    assert "already runs" in told.stderr
    assert endpoints.s3_endpoint in told.stderr


def test_status_tells_a_program_of_every_process(stack: Stack, endpoints: Endpoints) -> None:
    load_commands()
    told = CliRunner().invoke(app, ["status", "--json", "--state", str(stack.paths.root)])

    assert told.exit_code == 0
    lines = {line["name"]: line for line in json.loads(told.stdout)["processes"]}
    assert {name for name, line in lines.items() if line["healthy"]} == {"postgres", "valkey", "s3", "triton"}
    assert lines["postgres"]["pid"] in tracked(stack)


def test_after_the_supervisor_is_killed_the_next_start_clears_up_and_finds_data_ports_and_passwords(
    stack: Stack, endpoints: Endpoints
) -> None:
    s3(endpoints).put_object(Bucket=endpoints.s3_bucket, Key="before", Body=b"kept")
    with psycopg.connect(endpoints.superuser_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE before_the_kill AS SELECT 42 AS answer")
    before = set(tracked(stack))
    stack.kill("supervisor")

    again = stack.start(servers_only=True, with_me=True)

    assert again == endpoints
    assert before.isdisjoint(tracked(stack))
    assert s3(again).get_object(Bucket=again.s3_bucket, Key="before")["Body"].read() == b"kept"
    with psycopg.connect(again.superuser_dsn) as connection:
        assert connection.execute("SELECT answer FROM before_the_kill").fetchone() == (42,)


def test_down_leaves_no_process_and_no_shared_memory(stack: Stack, endpoints: Endpoints) -> None:
    assert len(tracked(stack)) >= 4

    assert stack.stop() is True

    assert tracked(stack) == []
    assert list(Path("/dev/shm").glob(f"sightline_{stack.config().stack_id}_*")) == []
    assert stack.stop() is False


def test_a_port_that_another_program_took_is_replaced_with_a_notice_and_the_others_stay(stack: Stack) -> None:
    stack.stop()
    before = stack.config()
    with socket.create_server(("127.0.0.1", before.ports["valkey"])):
        stack.start(servers_only=True, with_me=True)

    status = stack.status()
    assert status is not None
    after = stack.config()
    changed = {name for name, port in after.ports.items() if port != before.ports[name]}
    assert changed == {"valkey"}
    assert any(str(before.ports["valkey"]) in notice and "valkey" in notice for notice in status.notices)
    assert msgspec.structs.replace(after, ports=before.ports) == before


def test_what_a_killed_supervisor_leaves_is_ended_by_down(stack: Stack, endpoints: Endpoints) -> None:
    stack.kill("supervisor")

    stack.stop()

    assert tracked(stack) == []
    with pytest.raises(NotRunningError):
        stack.process("postgres")


def test_a_server_that_cannot_start_is_named_with_the_end_of_its_log(stack: Stack) -> None:
    stack.stop()
    manifest = stack.paths.root / "valkey" / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("spoilt")
    load_commands()

    told = CliRunner().invoke(app, ["up", "--servers-only", "--state", str(stack.paths.root)])

    assert isinstance(told.exception, CommandFailed)
    assert "valkey does not start" in told.exception.message
    assert "AOF MANIFEST FILE ERROR" in told.exception.message
    assert tracked(stack) == []
    assert not stack.running
