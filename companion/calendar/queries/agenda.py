"""The agenda and the picture of a month, for one circle at a time; pages put several together."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from companion.calendar.queries.dates import dates_between, open_dates, unanswered_dates
from companion.calendar.queries.rows import VISIT, Row
from companion.circles.models import Circle

AHEAD_DAYS = 70
LEAST_ROWS = 4
"""The agenda shows what is coming in ten weeks, and at least the next few dates."""
ASK_BACK_DAYS, MOST_ASKED = 60, 4
"""It asks about the last few dates without an answer; older ones stand in the list of infusions."""


@dataclass(frozen=True)
class Cell:
    """One day of the picture with its dates; several may fall on one day."""

    on: date
    rows: tuple[Row, ...] = ()
    is_today: bool = False

    @property
    def mark(self) -> str:
        """The drop around the number: done, booked, expected, skipped or nothing."""
        return next((row.mark for row in self.rows if row.kind != VISIT), "")

    @property
    def is_moved(self) -> bool:
        """Whether the infusion of this day was moved here by hand."""
        return any(row.moved_from_on for row in self.rows if row.kind != VISIT)

    @property
    def visits(self) -> tuple[Row, ...]:
        """What stands below the number."""
        return tuple(row for row in self.rows if row.kind == VISIT)


def rows_between(circle: Circle, first: date, last: date, today: date) -> list[Row]:
    """Dates from one day to another, in order."""
    return dates_between(circle, first, last, today)


def coming_up(circle: Circle, today: date) -> list[Row]:
    """Open dates from today on, for some weeks and at least a few."""
    within = open_dates(circle, today, until=today + timedelta(days=AHEAD_DAYS))
    return within if len(within) >= LEAST_ROWS else open_dates(circle, today, most=LEAST_ROWS)


def unanswered(circle: Circle, today: date) -> list[Row]:
    """The last past dates that nobody has answered."""
    last = today - timedelta(days=1)
    return unanswered_dates(circle, today - timedelta(days=ASK_BACK_DAYS), last, MOST_ASKED, today)


def weeks_of(month: date, rows: Sequence[Row], today: date) -> list[list[Cell | None]]:
    """The month as weeks from Monday; None outside the month."""
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[_cell(on, rows, today) if on.month == month.month else None for on in week] for week in weeks]


def _cell(on: date, rows: Sequence[Row], today: date) -> Cell:
    return Cell(on, tuple(row for row in rows if row.on == on), on == today)
