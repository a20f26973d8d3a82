"""Time zones: which there are, and times as a camera's clock shows them. Pure."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from gateway.refusals import InvalidFieldError


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def check_time_zone(name: str) -> str:
    """The name, if it is an IANA time zone. Raises InvalidFieldError."""
    if name not in _names():
        raise InvalidFieldError("time_zone", f"{name!r} is not an IANA time zone, such as Europe/Berlin")
    return name


def in_zone(moment: datetime, time_zone: str) -> datetime:
    """The same moment with the zone's offset."""
    return moment.astimezone(ZoneInfo(time_zone))
