"""What the gateway is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kit.settings import Settings, read_settings


@dataclass(frozen=True)
class GatewaySettings:
    """The plumbing's settings and the gateway's own."""

    plumbing: Settings = field(repr=False)
    link_seconds: int = 3600
    """How long signed links live."""
    search_seconds: float = 10.0
    """How long a search may take, unless the client asks for another time."""
    most_recording_bytes: int = 100 * 1024**3
    """The largest file taken in."""
    allowed_origins: tuple[str, ...] = ()
    """Web origins that may call the API from a browser (CORS); none by default."""


def read_gateway_settings(environment: Mapping[str, str] = os.environ) -> GatewaySettings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError."""
    origins = environment.get("SIGHTLINE_ALLOWED_ORIGINS", "")
    return GatewaySettings(
        plumbing=read_settings(environment),
        link_seconds=int(environment.get("SIGHTLINE_LINK_SECONDS") or 3600),
        search_seconds=float(environment.get("SIGHTLINE_SEARCH_SECONDS") or 10),
        most_recording_bytes=int(environment.get("SIGHTLINE_MOST_RECORDING_BYTES") or 100 * 1024**3),
        allowed_origins=tuple(origin.strip() for origin in origins.split(",") if origin.strip()),
    )
