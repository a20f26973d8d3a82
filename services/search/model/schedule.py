"""When a rule or a watch counts, on the clock of the camera's place."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.events import Schedule


def holds(schedule: Schedule, moment: datetime, time_zone: str) -> bool:
    """Whether the clock in the time zone shows a time that the schedule names."""
    local = moment.astimezone(ZoneInfo(time_zone))
    day, hours = local.date(), schedule.day_time
    if hours is not None:
        now = local.time()
        if hours.start < hours.until:
            if not hours.start <= now < hours.until:
                return False
        elif now < hours.until:
            # The stretch began yesterday.
            day -= timedelta(days=1)
        elif now < hours.start:
            return False
    return not schedule.weekdays or day.weekday() in schedule.weekdays
