"""What the calendar shows: the picture of a month and the agenda, read from infusions."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from companion.circles.models import Circle
from companion.infusions import queries as infusions
from companion.infusions.models import EXPECTED, InfusionDay

AHEAD_DAYS = 70
LEAST_ROWS = 4
"""The agenda shows what is coming in ten weeks, and at least the next few days of infusions."""


@dataclass(frozen=True)
class Cell:
    """One day of the picture. `mark` is done, booked, expected, skipped or nothing."""

    on: date
    mark: str = ""
    is_today: bool = False
    is_open: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the agenda: a day of an infusion and what became of it, seen from today."""

    day: InfusionDay
    on: date
    state: str
    certainty: str

    @property
    def kind(self) -> str:
        """The edge of the row: given, our estimate, over without being given, or booked."""
        if self.day.is_given:
            return "done"
        if self.day.is_answered:
            return "minor"
        return "expected" if self.certainty == EXPECTED else ""

    @property
    def mark(self) -> str:
        """The drop in the picture."""
        if self.day.is_given:
            return "done"
        return "skipped" if self.day.is_answered else self.certainty


def rows_between(circle: Circle, first: date, last: date, today: date) -> list[Row]:
    """Infusion days from one date to another, by the real date where it is known, in order."""
    courses = infusions.infusions_between(circle, first, last)
    rows = [_row(day, today) for course in courses for day in course.days]
    return sorted((row for row in rows if first <= row.on <= last), key=lambda row: row.on)


def coming_up(circle: Circle, today: date) -> list[Row]:
    """Open infusion days from today on, for some weeks and at least a few."""
    courses = infusions.upcoming_infusions(circle, today)
    rows = [_row(day, today) for course in courses for day in course.days if not day.is_answered]
    ahead = sorted((row for row in rows if row.on >= today), key=lambda row: row.on)
    within = [row for row in ahead if row.on <= today + timedelta(days=AHEAD_DAYS)]
    return within if len(within) >= LEAST_ROWS else ahead[:LEAST_ROWS]


def unanswered(circle: Circle, today: date) -> list[Row]:
    """Past infusion days that nobody has answered."""
    return [_row(day, today) for day in infusions.open_days(circle, today - timedelta(days=1))]


def weeks_of(month: date, rows: list[Row], today: date) -> list[list[Cell | None]]:
    """The month as weeks from Monday; None outside the month."""
    marks = {row.on: row for row in rows}
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[_cell(on, marks.get(on), today) if on.month == month.month else None for on in week] for week in weeks]


def _cell(on: date, row: Row | None, today: date) -> Cell:
    if row is None:
        return Cell(on, is_today=on == today)
    return Cell(on, row.mark, on == today, is_open=row.state == "unknown")


def _row(day: InfusionDay, today: date) -> Row:
    return Row(day, day.happened_on, day.state_on(today), day.infusion.certainty)
