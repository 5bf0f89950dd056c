"""Dates of infusions: from a regimen to local dates and UTC, and what follows when one of them moves."""

import calendar
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

HORIZON_DAYS = 396
"""Planned courses are kept for 13 months ahead."""

MOST_DAYS_PER_COURSE = 5

BOOKED, EXPECTED = "booked", "expected"


class Unit(StrEnum):
    """What an interval counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Policy(StrEnum):
    """Where the next dates are counted from after a late or early infusion."""

    FROM_REAL = "from_real"
    PLANNED_WEEKDAY = "planned_weekday"


class BadInterval(ValueError):
    """Raised for an interval of an unknown unit, below one, or longer than a year."""


class BadOffsets(ValueError):
    """Raised for course days that are not 1 to 5 rising offsets from 0, or that run into the next course."""


_MOST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12}
_SHORTEST_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28}
_LONGEST_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31}


@dataclass(frozen=True)
class Interval:
    """Every `count` days, weeks or months, from the first day of one course to the first day of the next."""

    count: int
    unit: Unit

    @property
    def shortest_days(self) -> int:
        """The fewest local days between two courses."""
        return self.count * _SHORTEST_DAYS[self.unit]


@dataclass(frozen=True)
class Course:
    """One future course: booked by the clinic or expected by us; an answered one is history."""

    id: int
    first_on: date
    certainty: str = EXPECTED
    answered: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether re-planning must leave it where it is."""
        return self.answered or self.certainty == BOOKED


@dataclass(frozen=True)
class Replan:
    """The new plan: dates of the expected courses by id, the ids no longer needed, the dates to add.

    `anchor_on` is the anchor to keep on the regimen: it holds the day of the month for the next re-planning.
    """

    dates: Mapping[int, date]
    surplus: tuple[int, ...]
    append: tuple[date, ...]
    anchor_on: date


@dataclass(frozen=True)
class Move:
    """One course that changed its first day."""

    id: int
    from_on: date
    to_on: date


@dataclass(frozen=True)
class Changes:
    """What a re-planning changed, enough for one sentence: moved, booked ones that stay, dropped, added."""

    moved: tuple[Move, ...]
    stays: tuple[Course, ...]
    dropped: tuple[Course, ...]
    added: tuple[date, ...]

    def __bool__(self) -> bool:
        return bool(self.moved or self.dropped or self.added)


def validate_interval(count: int, unit: str) -> Interval:
    """An interval of 1-365 days, 1-52 weeks or 1-12 months. Raises BadInterval."""
    if unit not in list(Unit):
        raise BadInterval(f"unit {unit!r}")
    if not 1 <= count <= _MOST[Unit(unit)]:
        raise BadInterval(f"{count} {unit}")
    return Interval(count, Unit(unit))


def validate_offsets(offsets: Sequence[int], interval: Interval) -> tuple[int, ...]:
    """The days of one course as offsets from its first day: 1 to 5, from 0, rising, before the next course.

    They need not be consecutive. Raises BadOffsets.
    """
    rising = all(earlier < later for earlier, later in itertools.pairwise(offsets))
    if not 1 <= len(offsets) <= MOST_DAYS_PER_COURSE or offsets[0] != 0 or not rising:
        raise BadOffsets(f"offsets {list(offsets)}")
    if offsets[-1] >= interval.shortest_days:
        raise BadOffsets(f"offsets {list(offsets)} reach the next course")
    return tuple(offsets)


def default_offsets(days: int) -> tuple[int, ...]:
    """Consecutive days: 0 to days - 1. Raises BadOffsets outside 1 to 5 days."""
    if not 1 <= days <= MOST_DAYS_PER_COURSE:
        raise BadOffsets(f"{days} days")
    return tuple(range(days))


def step(anchor: date, interval: Interval, n: int) -> date:
    """The date n intervals after the anchor (before it when n is negative), in local days.

    Months keep the anchor's day and clamp to the end of a shorter month; the 31st comes back after February.
    """
    if interval.unit is not Unit.MONTH:
        return anchor + timedelta(days=n * interval.shortest_days)
    years, month = divmod(anchor.month - 1 + n * interval.count, 12)
    year = anchor.year + years
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def course_dates(first_on: date, offsets: Sequence[int]) -> list[date]:
    """The local dates of one course."""
    return [first_on + timedelta(days=offset) for offset in offsets]


def planned_courses(
    anchor_on: date, interval: Interval, day_offsets: Sequence[int], until_on: date
) -> list[list[date]]:
    """The dates of every course that begins on or after the anchor and not after until_on."""
    return [course_dates(on, day_offsets) for on in _run(_Cursor(anchor_on, 0), interval, until_on)]


def local_instant(on: date, local_time: time, tz: ZoneInfo) -> datetime:
    """The UTC instant of a wall time. House rule: nine in the morning stays nine in the morning.

    A time in a spring gap moves forward by the gap, an ambiguous autumn time is the first of the two. On a
    date that the zone skipped (Apia, 30 December 2011) the gap is 24 hours: the same time a day later.
    """
    return datetime.combine(on, local_time.replace(fold=0), tzinfo=tz).astimezone(UTC)


def cycle_day(on: date, last_course_first_on: date | None) -> int | None:
    """Local days since the last given course began; 0 is its first day, None before any course."""
    if last_course_first_on is None or on < last_course_first_on:
        return None
    return (on - last_course_first_on).days


def horizon(today: date) -> date:
    """The last local date that plans reach."""
    return today + timedelta(days=HORIZON_DAYS)


def replan(
    courses: Sequence[Course],
    *,
    policy: Policy,
    interval: Interval,
    offsets: Sequence[int],
    anchor_on: date,
    real_on: date | None,
    until_on: date,
) -> Replan:
    """New first days for the expected ones among the courses that follow `real_on`, in course order.

    `real_on` is the first day of the last course that was given, or of the one that was just moved; None
    where there is none, and the plan then begins at the anchor. Answered and booked courses never move; the
    expected ones after a fixed one count on from it. Rules (own, ADR 1):

    - from_real: one interval after the last real or booked date. For months the anchor's day is kept while
      the real date is on the anchor's rhythm (31 January, 28 February, 31 March); else it is the new anchor.
    - planned_weekday: the dates stay on the anchor's rhythm. The next one is the first date of that rhythm
      that is at least half an interval after the real date and after the course's own days.

    No date is inserted before a fixed course. An expected course that would reach or pass the next fixed one
    is surplus, and so is one that begins after until_on; missing ones up to until_on are to be appended.
    """
    plan = _Plan(policy, interval, offsets[-1])
    cursor = plan.after(_Cursor(anchor_on, 0), real_on)
    anchor_kept = cursor.anchor
    latest, dates, surplus = real_on, dict[int, date](), list[int]()
    for index, course in enumerate(courses):
        if course.is_fixed:
            latest = max(latest or course.first_on, course.first_on)
            cursor = plan.after(cursor, latest)
            continue
        on = step(cursor.anchor, interval, cursor.n)
        limit = _next_fixed(courses[index + 1 :], latest)
        if _fits(on, offsets[-1], limit, until_on):
            dates[course.id] = latest = on
            cursor = _Cursor(cursor.anchor, cursor.n + 1)
        else:
            surplus.append(course.id)
    return Replan(dates, tuple(surplus), tuple(_run(cursor, interval, until_on)), anchor_kept)


def change_summary(before: Sequence[Course], after: Replan) -> Changes:
    """What changed between the courses as they were and the new plan."""
    moved = tuple(
        Move(course.id, course.first_on, after.dates[course.id])
        for course in before
        if course.id in after.dates and after.dates[course.id] != course.first_on
    )
    stays = tuple(course for course in before if course.certainty == BOOKED and not course.answered)
    dropped = tuple(course for course in before if course.id in after.surplus)
    return Changes(moved, stays, dropped, after.append)


@dataclass(frozen=True)
class _Cursor:
    """The next date of a rhythm: n intervals after an anchor."""

    anchor: date
    n: int


@dataclass(frozen=True)
class _Plan:
    """How to go on after a date that is fixed."""

    policy: Policy
    interval: Interval
    last_offset: int

    def after(self, cursor: _Cursor, base_on: date | None) -> _Cursor:
        """The first date of the rhythm that may follow base_on; the cursor as it is where there is none."""
        if base_on is None:
            return cursor
        if self.policy is Policy.PLANNED_WEEKDAY:
            return _Cursor(cursor.anchor, self._next_in_rhythm(cursor.anchor, base_on))
        n = _index_of_month(cursor.anchor, self.interval, base_on)
        return _Cursor(base_on, 1) if n is None else _Cursor(cursor.anchor, n + 1)

    def _next_in_rhythm(self, anchor: date, base_on: date) -> int:
        longest = self.interval.count * _LONGEST_DAYS[self.interval.unit]
        n = max(0, (base_on - anchor).days // longest)
        while not self._far_enough(anchor, n, base_on):
            n += 1
        return n

    def _far_enough(self, anchor: date, n: int, base_on: date) -> bool:
        on = step(anchor, self.interval, n)
        gap = (on - base_on).days
        length = (on - step(anchor, self.interval, n - 1)).days
        return gap > self.last_offset and 2 * gap >= length


def _index_of_month(anchor: date, interval: Interval, on: date) -> int | None:
    """The n for which a monthly rhythm gives this date; None when it is off the rhythm or not monthly."""
    if interval.unit is not Unit.MONTH:
        return None
    months = (on.year - anchor.year) * 12 + on.month - anchor.month
    n, rest = divmod(months, interval.count)
    return n if rest == 0 and step(anchor, interval, n) == on else None


def _next_fixed(later: Sequence[Course], latest: date | None) -> date | None:
    ahead = [course.first_on for course in later if course.is_fixed]
    return min((on for on in ahead if latest is None or on > latest), default=None)


def _fits(on: date, last_offset: int, next_fixed_on: date | None, until_on: date) -> bool:
    if next_fixed_on is None:
        return on <= until_on
    return on + timedelta(days=last_offset) < next_fixed_on


def _run(cursor: _Cursor, interval: Interval, until_on: date) -> Iterator[date]:
    n = cursor.n
    while (on := step(cursor.anchor, interval, n)) <= until_on:
        yield on
        n += 1
