"""S3, served by OpenStack Swift in one process (`swift_server.py`); its settings and its bucket."""

from __future__ import annotations

import sys
from http import HTTPStatus
from pathlib import Path

from infra.embedded.child import Child, answers_http, plain_environment
from infra.embedded.state import CHECKOUT, Paths, StackConfig, write_private

BUCKET = "sightline"
REGION = "us-east-1"
ACCESS_KEY = "sightline:s3"

DEVICE = "disk"
BACKENDS = ("object", "container", "account")

_CLUSTER = """\
[swift-hash]
swift_hash_path_prefix = sightline
swift_hash_path_suffix = {paths_secret}
[storage-policy:0]
name = default
default = yes
policy_type = replication
"""

_SHARED = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_level = WARNING
fallocate_reserve = 1%
"""

# Objects wait for their container's listing rather than leave it for later: S3 multipart uploads read it back.
_BACKEND = """\
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
recon_cache_path = {folder}/recon
container_update_timeout = 30
[object-updater]
node_timeout = 30
conn_timeout = 5
recon_cache_path = {folder}/recon
"""

_PROXY = """\
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging bulk listing_formats s3api tempauth copy slo dlo \
versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = false
node_timeout = 60
recoverable_node_timeout = 30
conn_timeout = 5
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:bulk]
use = egg:swift#bulk
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:symlink]
use = egg:swift#symlink
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:tempauth]
use = egg:swift#tempauth
user_sightline_s3 = {secret} .admin
[filter:s3api]
use = egg:swift#s3api
location = {region}
s3_acl = false
check_bucket_owner = false
auto_create_bucket_policy = false
min_segment_size = 5242880
max_upload_part_num = 10000
"""


def endpoint(config: StackConfig) -> str:
    """The S3 endpoint, for servers and for presigned URLs alike."""
    return f"http://127.0.0.1:{config.ports['s3']}"


def _write_settings(folder: Path, config: StackConfig) -> None:
    (folder / "devices" / DEVICE).mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "recon").mkdir(mode=0o700, exist_ok=True)
    write_private(folder / "swift.conf", _CLUSTER.format(paths_secret=config.secrets["s3_paths"]))
    for kind in BACKENDS:
        shared = _SHARED.format(port=config.ports[f"s3_{kind}"], folder=folder)
        write_private(folder / f"{kind}-server.conf", shared + _BACKEND.format(kind=kind, folder=folder))
    shared = _SHARED.format(port=config.ports["s3"], folder=folder)
    write_private(folder / "proxy-server.conf", shared + _PROXY.format(secret=config.secrets["s3"], region=REGION))


def child(paths: Paths, config: StackConfig) -> Child:
    """Write the settings and describe the server."""
    folder = paths.server("s3")
    _write_settings(folder, config)
    port = config.ports["s3"]

    ports = {kind: config.ports[f"s3_{kind}"] for kind in BACKENDS}
    return Child(
        name="s3",
        # Eventlet warns at every start that it is in maintenance.
        command=(sys.executable, "-W", "ignore", "-m", "infra.embedded.swift_server", str(folder)),
        environment=plain_environment(
            config.stack_id,
            SIGHTLINE_SWIFT_PORTS=",".join(f"{kind}={number}" for kind, number in ports.items()),
            SIGHTLINE_SWIFT_PROXY_PORT=str(port),
            SIGHTLINE_SWIFT_INTERNAL_SECRET=config.secrets["s3_internal"],
        ),
        healthy=answers_http(port, "/healthcheck"),
        folder=CHECKOUT,
        port=port,
    )


def make_bucket(config: StackConfig) -> str:
    """Make the bucket where it is missing."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    client = boto3.client(
        "s3",
        endpoint_url=endpoint(config),
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=config.secrets["s3"],
        region_name=REGION,
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
        ),
    )
    try:
        client.head_bucket(Bucket=BUCKET)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
            raise
        client.create_bucket(Bucket=BUCKET)
        return f"{BUCKET} created"
    return f"{BUCKET} is there"
