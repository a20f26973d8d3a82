"""What the ingest service takes from its environment."""

import pytest

from kit.settings import UnusableSettingError
from services.ingest.settings import read_ingest_settings

REQUIRED = dict.fromkeys(
    (
        "SIGHTLINE_POSTGRES_DSN",
        "SIGHTLINE_REDIS_URL",
        "SIGHTLINE_S3_ENDPOINT",
        "SIGHTLINE_S3_ACCESS_KEY",
        "SIGHTLINE_S3_SECRET_KEY",
    ),
    "x",
)


def test_recordings_may_be_as_long_as_a_day_or_be_held_shorter() -> None:
    assert read_ingest_settings(REQUIRED).limits.seconds == 24 * 3600
    assert read_ingest_settings({**REQUIRED, "SIGHTLINE_INGEST_MAX_HOURS": "0.5"}).limits.seconds == 1800


@pytest.mark.parametrize("hours", ["25", "-1"])
def test_a_longest_recording_that_searches_would_not_look_back_to_is_refused(hours: str) -> None:
    with pytest.raises(UnusableSettingError, match=rf"SIGHTLINE_INGEST_MAX_HOURS is '{hours}'.*24 hours"):
        read_ingest_settings({**REQUIRED, "SIGHTLINE_INGEST_MAX_HOURS": hours})
