"""What every process is told by its environment: read once, frozen, never printed with its secrets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


class MissingSettingError(Exception):
    """A variable that must be set is not."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the environment variable {name} is not set: `sightline up` sets it, or see docs/reference/settings.md"
        )
        self.name = name


class UnusableSettingError(Exception):
    """A variable is set to what cannot be used."""

    def __init__(self, name: str, value: str, reason: str) -> None:
        super().__init__(f"the environment variable {name} is {value!r}: {reason} (docs/reference/settings.md)")
        self.name, self.value, self.reason = name, value, reason


@dataclass(frozen=True)
class ObjectSettings:
    """Where objects lie (S3)."""

    endpoint: str
    """URL that this process uses."""
    public_endpoint: str
    """URL that presigned links name, reachable for clients."""
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str
    region: str


@dataclass(frozen=True)
class Settings:
    """The plumbing's settings; a service adds its own in its `settings.py`."""

    postgres_dsn: str = field(repr=False)
    redis_url: str = field(repr=False)
    objects: ObjectSettings
    triton_url: str
    """host:port of Triton's gRPC."""
    triton_seconds: float
    """Deadline of one request to a model, for jobs."""
    otlp_endpoint: str
    """Base URL of an OTLP/HTTP collector; empty: telemetry is not sent anywhere."""
    lease_seconds: float
    """How long a worker may stay silent before its job is taken from it."""
    reconcile_seconds: float
    """How often the reconciler looks for forgotten jobs."""


def required(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of a variable. Raises MissingSettingError."""
    value = environment.get(name, "")
    if not value:
        raise MissingSettingError(name)
    return value


def read_object_settings(environment: Mapping[str, str] = os.environ) -> ObjectSettings:
    """Reads SIGHTLINE_S3_* variables. Raises MissingSettingError."""
    endpoint = required("SIGHTLINE_S3_ENDPOINT", environment)
    return ObjectSettings(
        endpoint=endpoint,
        public_endpoint=environment.get("SIGHTLINE_S3_PUBLIC_ENDPOINT") or endpoint,
        access_key=required("SIGHTLINE_S3_ACCESS_KEY", environment),
        secret_key=required("SIGHTLINE_S3_SECRET_KEY", environment),
        bucket=environment.get("SIGHTLINE_S3_BUCKET") or "sightline",
        region=environment.get("SIGHTLINE_S3_REGION") or "us-east-1",
    )


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError."""
    return Settings(
        postgres_dsn=required("SIGHTLINE_POSTGRES_DSN", environment),
        redis_url=required("SIGHTLINE_REDIS_URL", environment),
        objects=read_object_settings(environment),
        triton_url=environment.get("SIGHTLINE_TRITON_URL", ""),
        triton_seconds=float(environment.get("SIGHTLINE_TRITON_SECONDS") or 20),
        otlp_endpoint=environment.get("SIGHTLINE_OTLP_ENDPOINT", ""),
        lease_seconds=float(environment.get("SIGHTLINE_LEASE_SECONDS") or 60),
        reconcile_seconds=float(environment.get("SIGHTLINE_RECONCILE_SECONDS") or 15),
    )
