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
    keep_days: int
    """Days (UTC) whose vectors and attributes are kept after they are over (SIGHTLINE_EMBED_KEEP_DAYS); 0: for ever."""
    seal_after_hours: float
    """How long a day has been over when its index is built (SIGHTLINE_EMBED_SEAL_AFTER_HOURS)."""
    merge_after_days: int
    """How long a month has been over when its days are put together (SIGHTLINE_EMBED_MERGE_AFTER_DAYS); 0: never."""
    upkeep_seconds: float
    """Between two looks at what the stored days need (SIGHTLINE_EMBED_UPKEEP_SECONDS)."""


def read_embed_settings(environment: Mapping[str, str] = os.environ) -> EmbedSettings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError."""
    return EmbedSettings(
        plumbing=read_settings(environment),
        fetch_threads=int(environment.get("SIGHTLINE_EMBED_FETCH_THREADS") or 6),
        keep_days=int(environment.get("SIGHTLINE_EMBED_KEEP_DAYS") or 0),
        seal_after_hours=float(environment.get("SIGHTLINE_EMBED_SEAL_AFTER_HOURS") or 6),
        merge_after_days=int(environment.get("SIGHTLINE_EMBED_MERGE_AFTER_DAYS") or 7),
        upkeep_seconds=float(environment.get("SIGHTLINE_EMBED_UPKEEP_SECONDS") or 60),
    )
