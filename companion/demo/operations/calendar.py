"""When things happened in the sample, counted from today in Ana's zone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from companion.domain.recurrence import local_instant

ZONE = "Europe/London"
FIRST_CHECK_IN, FIRST_COURSE, NEXT_COURSE = -548, -530, 6
CYCLE, COURSES = 28, 19
MOVED_COURSE, MOVED_BY = 13, 4


class Calendar:
    """Dates and instants by their distance from today; a day in the past is negative."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.astimezone(ZoneInfo(ZONE)).date()

    def on(self, offset: int) -> date:
        """The local date so many days from today."""
        return self.today + timedelta(days=offset)

    def at(self, on: date, hour: int, minute: int = 0) -> datetime:
        """A wall time on a date, never later than now."""
        return min(local_instant(on, time(hour, minute), ZoneInfo(ZONE)), self.now)

    @property
    def course_starts(self) -> list[date]:
        """The real first days of Ana's courses so far; one came some days late, and the next ones followed it."""
        late = [MOVED_BY if number >= MOVED_COURSE else 0 for number in range(COURSES)]
        return [self.on(FIRST_COURSE + CYCLE * number + late[number]) for number in range(COURSES)]
