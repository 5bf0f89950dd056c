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
class Pause:
    """Local dates, both included, on which nothing is expected; without an end it is open."""

    from_on: date
    until_on: date | None = None

    def holds(self, first_on: date, last_on: date) -> bool:
        """Whether any day of a course lies in it."""
        return last_on >= self.from_on and (self.until_on is None or first_on <= self.until_on)


@dataclass(frozen=True)
class Restart:
    """Where a rhythm begins anew: on this date, so many days after the first day of the course before it."""

    on: date
    gap_days: int


@dataclass(frozen=True)
class Course:
    """One future course: booked by the clinic or expected by us; an answered one is history.

    `last_offset` is its own length where that is not the plan's. With a `restart` the rhythm begins anew with
    it: the first maintenance course after the loading course, the first one after a shift or a pause.
    One that `must_come`, the loading course, does not fall away in a pause: it comes after it.
    """

    id: int
    first_on: date
    certainty: str = EXPECTED
    answered: bool = False
    last_offset: int | None = None
    restart: Restart | None = None
    must_come: bool = False

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
    rhythm = itertools.takewhile(lambda on: on <= until_on, (step(anchor_on, interval, n) for n in itertools.count()))
    return [course_dates(on, day_offsets) for on in rhythm]


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
    real_last_on: date | None = None,
    until_on: date,
    pauses: Sequence[Pause] = (),
    end_on: date | None = None,
) -> Replan:
    """New first days for the expected ones among the courses that follow `real_on`, in course order.

    `real_on` is the first day of the last course that was given, or of the one that was just moved, and
    `real_last_on` its last day; None where there is none, and the plan then begins at the anchor. Answered and
    booked courses never move; the expected ones after a fixed one count on from it. Rules (own, ADR 1):

    - from_real: one interval after the last real or booked date. For months the anchor's day is kept while
      the real date is on the anchor's rhythm (31 January, 28 February, 31 March); else it is the new anchor.
      Where a day of that course was moved so far that the next one would begin within it, one more interval.
    - planned_weekday: the dates stay on the anchor's rhythm. The next one is the first date of that rhythm
      that is at least half an interval after the real date and after the course's own days.
    - restart: the rhythm begins anew with that course. from_real: its own gap after the real first day of the
      course before it; planned_weekday: on its own date or the next of its rhythm. Either way not before the
      course before it has ended.
    - pause: nothing is expected in it. from_real: what is due in it comes on the first day after it, and the
      later ones count from there; planned_weekday: the dates in it fall away and the rhythm goes on after it.
      Only a course that must come is put on the next date of the rhythm after it.

    No date is inserted before a fixed course. An expected course that would reach or pass the next fixed one
    is surplus, and so is one that begins after until_on, on or after end_on, or in an open pause; missing ones
    up to until_on are to be appended.
    """
    plan = _Plan(policy, interval, offsets[-1], tuple(pauses), end_on)
    reach = offsets[-1] if real_on is None or real_last_on is None else (real_last_on - real_on).days
    cursor = plan.after(_Cursor(anchor_on, 0), real_on, reach)
    anchor_kept = cursor.anchor
    latest, dates, surplus = real_on, dict[int, date](), list[int]()
    for index, course in enumerate(courses):
        own_reach = offsets[-1] if course.last_offset is None else course.last_offset
        if course.is_fixed:
            latest, reach = max(latest or course.first_on, course.first_on), own_reach
            cursor = _Cursor(course.restart.on, 0) if course.restart else cursor
            cursor = plan.after(cursor, latest, reach)
            continue
        if course.restart:
            cursor = plan.anew(course.restart, latest, reach)
        falls_away = not course.must_come and plan.falls_away(course.first_on, own_reach)
        place = None if falls_away else plan.free(cursor, own_reach)
        on = step(place.anchor, interval, place.n) if place else None
        if place and on and _fits(on, own_reach, _next_fixed(courses[index + 1 :], latest), until_on):
            dates[course.id] = latest = on
            cursor, reach = _Cursor(place.anchor, place.n + 1), own_reach
        else:
            surplus.append(course.id)
    return Replan(dates, tuple(surplus), tuple(plan.run(cursor, until_on)), anchor_kept)


def shifted(courses: Sequence[Course], by_days: int) -> dict[int, date]:
    """The first days of the expected courses when all of them move by so many days; fixed ones stay."""
    by = timedelta(days=by_days)
    return {course.id: course.first_on + by for course in courses if not course.is_fixed}


@dataclass(frozen=True)
class _Cursor:
    """The next date of a rhythm: n intervals after an anchor."""

    anchor: date
    n: int


@dataclass(frozen=True)
class _Plan:
    """How to go on after a date that is fixed, and around the pauses."""

    policy: Policy
    interval: Interval
    last_offset: int
    pauses: tuple[Pause, ...]
    end_on: date | None

    def after(self, cursor: _Cursor, base_on: date | None, reach: int) -> _Cursor:
        """The first date of the rhythm that may follow base_on; the cursor as it is where there is none.

        `reach` is how many days after base_on that course has its last day.
        """
        if base_on is None:
            return cursor
        if self.policy is Policy.PLANNED_WEEKDAY:
            return self._next_in_rhythm(cursor.anchor, base_on, reach)
        n = _index_of_month(cursor.anchor, self.interval, base_on)
        return self._past(_Cursor(base_on, 1) if n is None else _Cursor(cursor.anchor, n + 1), base_on, reach)

    def anew(self, restart: Restart, base_on: date | None, reach: int) -> _Cursor:
        """The first date of a rhythm that begins anew."""
        if base_on is None:
            return _Cursor(restart.on, 0)
        if self.policy is Policy.PLANNED_WEEKDAY:
            return self._next_in_rhythm(restart.on, base_on, reach, restart.gap_days)
        return _Cursor(base_on + timedelta(days=max(restart.gap_days, reach + 1)), 0)

    def free(self, cursor: _Cursor, reach: int) -> _Cursor | None:
        """The first date from the cursor on that is in no pause; None where the plan is paused or over by then."""
        on = step(cursor.anchor, self.interval, cursor.n)
        if self.end_on and on >= self.end_on:
            return None
        pause = next((p for p in self.pauses if p.holds(on, on + timedelta(days=reach))), None)
        if pause is None:
            return cursor
        if pause.until_on is None:
            return None
        if self.policy is Policy.PLANNED_WEEKDAY:
            return self.free(_Cursor(cursor.anchor, cursor.n + 1), reach)
        return self.free(_Cursor(pause.until_on + timedelta(days=1), 0), reach)

    def falls_away(self, first_on: date, reach: int) -> bool:
        """Whether a course is dropped for its date: in a pause, where the plan stays on its planned dates."""
        stays = self.policy is Policy.PLANNED_WEEKDAY
        return stays and any(p.holds(first_on, first_on + timedelta(days=reach)) for p in self.pauses)

    def run(self, cursor: _Cursor, until_on: date) -> Iterator[date]:
        """The free dates from the cursor on up to until_on."""
        while place := self.free(cursor, self.last_offset):
            on = step(place.anchor, self.interval, place.n)
            if on > until_on:
                return
            yield on
            cursor = _Cursor(place.anchor, place.n + 1)

    def _past(self, cursor: _Cursor, base_on: date, reach: int) -> _Cursor:
        """The first date from the cursor on that is not within the course before it."""
        n = cursor.n
        while step(cursor.anchor, self.interval, n) <= base_on + timedelta(days=reach):
            n += 1
        return _Cursor(cursor.anchor, n)

    def _next_in_rhythm(self, anchor: date, base_on: date, reach: int, most_days: int | None = None) -> _Cursor:
        longest = self.interval.count * _LONGEST_DAYS[self.interval.unit]
        n = max(0, (base_on - anchor).days // longest)
        while not self._far_enough(anchor, n, base_on, reach, most_days):
            n += 1
        return _Cursor(anchor, n)

    def _far_enough(self, anchor: date, n: int, base_on: date, reach: int, most_days: int | None) -> bool:
        on = step(anchor, self.interval, n)
        gap = (on - base_on).days
        length = (on - step(anchor, self.interval, n - 1)).days
        return gap > reach and 2 * gap >= min(length, most_days or length)


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
