"""Dates of visits that repeat: the slots of a series, and where they go when the series moves."""

from collections.abc import Iterator
from datetime import date

from companion.domain.recurrence import Interval, Unit, step

MOST_WEEKS, MOST_MONTHS = 52, 12
_LONGEST_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31}


class BadRepeat(ValueError):
    """Raised for a repeat that is not every 1 to 52 weeks or 1 to 12 months."""


def validate_repeat(count: int, unit: str) -> Interval:
    """Every `count` weeks or months. Raises BadRepeat."""
    most = {Unit.WEEK: MOST_WEEKS, Unit.MONTH: MOST_MONTHS}
    if unit not in list(most) or not 1 <= count <= most[Unit(unit)]:
        raise BadRepeat(f"{count} {unit}")
    return Interval(count, Unit(unit))


def slots_after(anchor_on: date, interval: Interval, last_on: date, until_on: date) -> list[date]:
    """The dates of a series after a date, up to another, both counted from the anchor."""
    return list(_slots(anchor_on, interval, last_on, until_on))


def _slots(anchor_on: date, interval: Interval, last_on: date, until_on: date) -> Iterator[date]:
    n = max(0, (last_on - anchor_on).days // (interval.count * _LONGEST_DAYS[interval.unit]))
    while (on := step(anchor_on, interval, n)) <= until_on:
        if on > last_on:
            yield on
        n += 1


def moved_slots(first_on: date, interval: Interval, count: int) -> list[date]:
    """The dates of `count` visits of a series whose first one is now on `first_on`."""
    return [step(first_on, interval, n) for n in range(count)]
