"""What the embed service is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from kit.settings import Settings, read_settings


@dataclass(frozen=True)
class EmbedSettings:
    """The plumbing's settings and the service's own."""

    plumbing: Settings
    fetch_threads: int
    """Stills fetched and decoded at the same time (SIGHTLINE_EMBED_FETCH_THREADS)."""


def read_embed_settings(environment: Mapping[str, str] = os.environ) -> EmbedSettings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError."""
    return EmbedSettings(
        plumbing=read_settings(environment),
        fetch_threads=int(environment.get("SIGHTLINE_EMBED_FETCH_THREADS") or 6),
    )
