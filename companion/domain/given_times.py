"""When an infusion began and ended: times on the wall of its place, kept as instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from companion.domain.recurrence import local_instant


def given_span(
    on: date, started: time | None, stopped: time | None, tz: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The instants of a start and a stop on a day. A stop at or before the start is after midnight.

    In the night the clocks go back, a stop that reads earlier than the start may be in the repeated hour.
    """
    start = local_instant(on, started, tz) if started else None
    if stopped is None:
        return start, None
    stop = local_instant(on, stopped, tz)
    if start is None or stop > start:
        return start, stop
    again = datetime.combine(on, stopped, tzinfo=tz).replace(fold=1).astimezone(UTC)
    if again > start:
        return start, again
    return start, local_instant(on + timedelta(days=1), stopped, tz)


def wall_time(instant: datetime | None, tz: ZoneInfo) -> time | None:
    """The time on the wall of a place, to the minute."""
    return instant.astimezone(tz).time().replace(second=0, microsecond=0, fold=0) if instant else None


def moved_span(
    started_at: datetime | None, stopped_at: datetime | None, to_on: date, tz: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The same times on the wall, on another date."""
    return given_span(to_on, wall_time(started_at, tz), wall_time(stopped_at, tz), tz)
