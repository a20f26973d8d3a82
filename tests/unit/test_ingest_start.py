"""When a recording began is given or read, never invented."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.ingest.model.errors import StartUnknownError
from services.ingest.model.start import StartSource, true_start

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GIVEN = datetime(2026, 3, 2, 8, 0, tzinfo=timezone(timedelta(hours=1)))


def test_a_given_start_wins_over_the_containers() -> None:
    start = true_start(GIVEN, {"creation_time": "2017-09-26T16:57:49.000000Z"}, NOW)
    assert (start.at, start.source) == (GIVEN, StartSource.GIVEN)


def test_the_containers_time_is_taken_where_none_is_given() -> None:
    start = true_start(None, {"creation_time": "2017-09-26T16:57:49.000000Z"}, NOW)
    assert start.at == datetime(2017, 9, 26, 16, 57, 49, tzinfo=UTC)
    assert start.source is StartSource.CONTAINER


def test_apples_own_time_with_its_offset_is_the_more_exact_one() -> None:
    tags = {
        "creation_time": "2024-05-01T10:00:05.000000Z",
        "com.apple.quicktime.creationdate": "2024-05-01T12:00:00+0200",
    }
    assert true_start(None, tags, NOW).at == datetime(2024, 5, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        "1904-01-01T00:00:00.000000Z",
        "1970-01-01T00:00:00.000000Z",
        "2031-01-01T00:00:00.000000Z",
        "2024-05-01T10:00:00",
        "yesterday",
    ],
)
def test_a_time_that_cannot_be_is_not_believed(told: str) -> None:
    with pytest.raises(StartUnknownError, match="started_at"):
        true_start(None, {"creation_time": told}, NOW)


def test_without_any_time_the_sender_is_asked_for_it() -> None:
    with pytest.raises(StartUnknownError, match="does not say when it was recorded: send it again with its started_at"):
        true_start(None, {"date": "2024/07/02 12:59:22"}, NOW)


def test_a_given_start_without_offset_is_refused() -> None:
    with pytest.raises(StartUnknownError, match="no offset"):
        true_start(datetime(2026, 3, 2, 8, 0), {}, NOW)  # noqa: DTZ001
