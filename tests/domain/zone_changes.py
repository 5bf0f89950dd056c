"""When clocks change in a zone, and the slow way from a wall time to its instant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)


@dataclass(frozen=True)
class ClockChange:
    """One change of the clocks: the first instant of the new offset, and both offsets."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def jump(self) -> timedelta:
        """How far clocks go forward; below zero where an hour comes twice."""
        return self.after - self.before

    def walls(self) -> list[datetime]:
        """Wall times around and inside what is skipped or comes twice: edges, a minute beside them, the middle."""
        one, two = sorted(self.at.replace(tzinfo=None) + offset for offset in (self.before, self.after))
        minute = timedelta(minutes=1)
        middle = (one + (two - one) / 2).replace(second=0)
        return [one - minute, one, middle, two - minute, two]


@lru_cache
def clock_changes(zone: str, first_year: int = 2020, last_year: int = 2037) -> tuple[ClockChange, ...]:
    """Every change of a zone's offset in these years: a look each week, then halves of the week."""
    tz = ZoneInfo(zone)
    return tuple(_search(tz, datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)))


def _search(tz: ZoneInfo, at: datetime, end: datetime) -> Iterator[ClockChange]:
    before = offset_at(at, tz)
    while at < end:
        later = min(at + WEEK, end)
        after = offset_at(later, tz)
        if after != before:
            low, high = at, later
            while high - low > SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset_at(middle, tz) == before else (low, middle)
            yield ClockChange(high, before, after)
        at, before = later, after


def offset_at(at: datetime, tz: ZoneInfo) -> timedelta:
    """The offset in force at an instant."""
    offset = at.astimezone(tz).utcoffset()
    assert offset is not None
    return offset


def instants_of(wall: datetime, tz: ZoneInfo) -> list[datetime]:
    """Every instant at which the clocks of a zone show this time: none, one or two. Tries each offset near it."""
    near = [wall.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in (-30, -20, -10, 0, 10, 20, 30)]
    tried = {wall.replace(tzinfo=UTC) - offset_at(at, tz) for at in near}
    return sorted(at for at in tried if at.astimezone(tz).replace(tzinfo=None) == wall)
