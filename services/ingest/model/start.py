"""When a recording began: given, or told by its container; never invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from services.ingest.model.errors import StartUnknownError

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TAGS = ("com.apple.quicktime.creationdate", "creation_time")
"""Where containers tell it, the more exact first. MP4's creation_time is UTC by its standard (ISO 14496-12)."""


class StartSource(StrEnum):
    """Who said when the recording began."""

    GIVEN = "given"
    CONTAINER = "container"


@dataclass(frozen=True)
class Start:
    """The true time of the first picture, and who said so."""

    at: datetime
    source: StartSource


def true_start(given: datetime | None, tags: Mapping[str, str], now: datetime) -> Start:
    """The start as given, or else as the container tells it, if that is a real time: with an offset, from 1990 on, not
    in the future (clocks that were never set say 1904 or 1970). Raises StartUnknownError."""
    if given is not None:
        if given.tzinfo is None:
            raise StartUnknownError("the started_at of this recording has no offset from UTC")
        return Start(given, StartSource.GIVEN)
    told = [moment for moment in (_moment(tags.get(tag)) for tag in _TAGS) if moment is not None]
    if not told:
        raise StartUnknownError("the file does not say when it was recorded")
    for moment in told:
        if _EARLIEST <= moment <= now + timedelta(days=1):
            return Start(moment, StartSource.CONTAINER)
    raise StartUnknownError(f"the file says that it was recorded at {told[0].isoformat()}, which cannot be")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
