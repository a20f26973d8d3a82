"""Time zones: which there are, and times as a camera's clock shows them. Pure."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from gateway.refusals import InvalidFieldError

FIRST_YEAR = 1970
LAST_YEAR = 2200
"""A clock that says anything else is not set."""


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def check_time_zone(name: str) -> str:
    """The name, if it is an IANA time zone. Raises InvalidFieldError."""
    if name not in _names():
        raise InvalidFieldError("time_zone", f"{name!r} is not an IANA time zone, such as Europe/Berlin")
    return name


def with_offset(moment: datetime | None, field: str) -> datetime | None:
    """The time from a query, if it carries an offset: what one without would mean is never guessed. Raises
    InvalidFieldError."""
    if moment is not None and moment.tzinfo is None:
        raise InvalidFieldError(field, "must carry an offset, such as 2026-03-02T08:00:00+01:00", "query")
    return moment


def check_start(moment: datetime | None, source: str) -> datetime | None:
    """The true time of a recording's first frame, if it can be one. Raises InvalidFieldError."""
    if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidFieldError("started_at", f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}", source)
    return moment


def in_zone(moment: datetime, time_zone: str) -> datetime:
    """The same moment with the zone's offset."""
    return moment.astimezone(ZoneInfo(time_zone))
