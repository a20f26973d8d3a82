"""Objects in S3: content-addressed, presigned for clients, never proxied through Python when avoidable.

Keeps to plain S3 that every server knows: no presigned POST, lifecycle or tagging.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from kit.settings import ObjectSettings

PART_BYTES = 16 * 1024 * 1024
"""Size of the parts of an upload; S3 allows 5 MiB to 5 GiB, and 10,000 parts."""


class ObjectMissingError(Exception):
    """There is no such object."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no object {key}")
        self.key = key


class ObjectsUnavailableError(Exception):
    """The object store did not answer, or refused."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """S3's own word for the refusal, such as `InvalidPart`; empty where there was no answer."""


@dataclass(frozen=True)
class StoredObject:
    """An object that was put."""

    key: str
    sha256: bytes
    size_bytes: int


def content_key(digest: bytes, suffix: str = "") -> str:
    """The key of content with this SHA-256: `sha256/ab/abcdef…<suffix>`."""
    name = digest.hex()
    return f"sha256/{name[:2]}/{name}{suffix}"


class Objects:
    """One bucket."""

    def __init__(self, settings: ObjectSettings) -> None:
        self._settings = settings

    @cached_property
    def _client(self) -> Any:
        return self._connect(self._settings.endpoint)

    @cached_property
    def _public_client(self) -> Any:
        return self._connect(self._settings.public_endpoint)

    def _connect(self, endpoint: str) -> Any:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=self._settings.access_key,
            aws_secret_access_key=self._settings.secret_key,
            region_name=self._settings.region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"max_attempts": 5, "mode": "standard"},
                connect_timeout=5,
                read_timeout=60,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def ensure_bucket(self) -> None:
        """Makes the bucket where it is missing."""
        try:
            self._client.head_bucket(Bucket=self._settings.bucket)
        except ClientError:
            self._client.create_bucket(Bucket=self._settings.bucket)

    def put(self, content: bytes, *, suffix: str, content_type: str) -> StoredObject:
        """Stores bytes under their own hash; storing them again changes nothing."""
        digest = hashlib.sha256(content).digest()
        key = content_key(digest, suffix)
        self.put_at(key, content, content_type=content_type)
        return StoredObject(key, digest, len(content))

    def put_at(self, key: str, content: bytes, *, content_type: str) -> None:
        """Stores bytes under a key of the caller's."""
        self._call("put_object", Key=key, Body=content, ContentType=content_type)

    def put_file(self, path: Path, *, suffix: str, content_type: str) -> StoredObject:
        """Stores a file under its hash, in parts where it is large."""
        digest = file_digest(path)
        key = content_key(digest, suffix)
        try:
            self._client.upload_file(str(path), self._settings.bucket, key, ExtraArgs={"ContentType": content_type})
        except (BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError) as error:
            raise ObjectsUnavailableError(f"could not store {key}: {error}") from error
        return StoredObject(key, digest, path.stat().st_size)

    def put_stream(self, key: str, content: BinaryIO, *, content_type: str) -> None:
        """Stores what can be read from an open file under a key of the caller's, in parts where it is large."""
        try:
            self._client.upload_fileobj(content, self._settings.bucket, key, ExtraArgs={"ContentType": content_type})
        except (BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError) as error:
            raise ObjectsUnavailableError(f"could not store {key}: {error}") from error

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises ObjectMissingError."""
        body: bytes = self._call("get_object", Key=key)["Body"].read()
        return body

    def get_file(self, key: str, path: Path) -> None:
        """Writes the object to a file. Raises ObjectMissingError."""
        try:
            self._client.download_file(self._settings.bucket, key, str(path))
        except ClientError as error:
            raise _translated(error, key) from error
        except BotoCoreError as error:
            raise ObjectsUnavailableError(f"could not fetch {key}: {error}") from error

    def size(self, key: str) -> int:
        """Bytes of the object. Raises ObjectMissingError."""
        size: int = self._call("head_object", Key=key)["ContentLength"]
        return size

    def copy(self, source: str, target: str) -> None:
        """Copies inside the bucket, on the server."""
        self._call("copy_object", Key=target, CopySource={"Bucket": self._settings.bucket, "Key": source})

    def delete(self, key: str) -> None:
        """Removes the object; no error where there is none."""
        self._call("delete_object", Key=key)

    def signed_get(self, key: str, *, seconds: int, filename: str | None = None) -> str:
        """A link that lets whoever holds it fetch the object until it expires."""
        response = {} if filename is None else {"response-content-disposition": f'attachment; filename="{filename}"'}
        return presigned_get(self._settings, key, seconds=seconds, at=datetime.now(UTC), response=response)

    def start_multipart(self, key: str, *, content_type: str) -> str:
        """Opens an upload in parts and returns S3's id of it."""
        upload_id: str = self._call("create_multipart_upload", Key=key, ContentType=content_type)["UploadId"]
        return upload_id

    def signed_part(self, key: str, upload_id: str, number: int, *, seconds: int) -> str:
        """A link to which the client PUTs part `number` (from 1)."""
        parameters = {"Bucket": self._settings.bucket, "Key": key, "UploadId": upload_id, "PartNumber": number}
        url: str = self._public_client.generate_presigned_url("upload_part", Params=parameters, ExpiresIn=seconds)
        return url

    def finish_multipart(self, key: str, upload_id: str, etags: Sequence[tuple[int, str]]) -> None:
        """Joins the parts: (number, ETag) of each."""
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in etags]
        self._call("complete_multipart_upload", Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts})

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Throws the parts away."""
        self._call("abort_multipart_upload", Key=key, UploadId=upload_id)

    def healthy(self) -> bool:
        """Whether the bucket can be reached."""
        try:
            self._call("head_bucket")
        except (ObjectMissingError, ObjectsUnavailableError):
            return False
        return True

    def _call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(Bucket=self._settings.bucket, **parameters)
        except ClientError as error:
            raise _translated(error, str(parameters.get("Key", ""))) from error
        except BotoCoreError as error:
            raise ObjectsUnavailableError(f"{operation} failed: {error}") from error
        return answer


def presigned_get(
    settings: ObjectSettings, key: str, *, seconds: int, at: datetime, response: Mapping[str, str]
) -> str:
    """A link to an object, signed as AWS says (Signature Version 4, "Authenticating requests: using query parameters").

    A page of hits has twenty links and more. boto3 finds the endpoint and serialises the parameters anew for each,
    which takes a quarter of a millisecond; this takes a thirtieth.

    Args:
        settings: whose bucket, for clients.
        key: the object's.
        seconds: that the link lives.
        at: when it is signed.
        response: headers that the answer shall have, as query parameters.
    """
    endpoint = urlsplit(settings.public_endpoint)
    default = {"http": 80, "https": 443}.get(endpoint.scheme)
    host = (endpoint.hostname or "") if endpoint.port in {None, default} else endpoint.netloc
    path = f"{endpoint.path.rstrip('/')}/{settings.bucket}/{quote(key, safe='/~')}"
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{settings.region}/s3/aws4_request"
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{settings.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
        **response,
    }
    query = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))
    request = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = _hmac(_signing_key(settings.secret_key, stamp[:8], settings.region), text).hex()
    return f"{endpoint.scheme}://{endpoint.netloc}{path}?{query}&X-Amz-Signature={signature}"


@lru_cache(maxsize=4)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _translated(error: ClientError, key: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in {"404", "NoSuchKey", "NotFound"}:
        return ObjectMissingError(key)
    return ObjectsUnavailableError(f"the object store refused {key}: {code} {error}", code=code)
