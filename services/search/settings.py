"""What the search service is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from kit.settings import Settings, read_settings


@dataclass(frozen=True)
class SearchSettings:
    """The plumbing's settings and the service's own."""

    plumbing: Settings
    encode_seconds: float
    """Deadline of one call to a model (SIGHTLINE_SEARCH_ENCODE_SECONDS): somebody is waiting."""
    describe_url: str = ""
    """host:port of the Triton that serves `describe` (SIGHTLINE_SEARCH_DESCRIBE_URL), which may word and verify
    answers. Empty: they are worded by rule."""
    answer_days: int = 90
    """Answers to questions are kept for so many days; 0: for ever (SIGHTLINE_SEARCH_ANSWER_DAYS)."""


def read_search_settings(environment: Mapping[str, str] = os.environ) -> SearchSettings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError."""
    return SearchSettings(
        plumbing=read_settings(environment),
        encode_seconds=float(environment.get("SIGHTLINE_SEARCH_ENCODE_SECONDS") or 5),
        describe_url=environment.get("SIGHTLINE_SEARCH_DESCRIBE_URL", ""),
        answer_days=int(environment.get("SIGHTLINE_SEARCH_ANSWER_DAYS") or 90),
    )
