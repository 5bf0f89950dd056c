"""The dates of a circle as one kind of row, whatever feature keeps them; each read stays within its span."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from companion.calendar.models import CANCELLED, CONFIRMED, TENTATIVE
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import ANSWERED, EXPECTED, SKIPPED, Infusion, InfusionDay

INFUSION, VISIT = "infusion", "visit"
_OPEN = InfusionDay.state.not_in(ANSWERED)


@dataclass(frozen=True)
class Row:
    """One date: an infusion day and what became of it, seen from today."""

    circle: Circle
    day: InfusionDay
    today: date

    kind = INFUSION

    @property
    def uid(self) -> str:
        """What names this date for good."""
        return self.day.public_id

    @property
    def on(self) -> date:
        """The real date where it is known, else the planned one."""
        return self.day.happened_on

    @property
    def starts_at(self) -> datetime | None:
        """The planned start; None where there is no time, or where the day was given on another date."""
        return self.day.starts_at if self.on == self.day.planned_on else None

    @property
    def ends_at(self) -> datetime | None:
        """The planned end, where it is known."""
        return self.day.ends_at if self.starts_at else None

    @property
    def state(self) -> str:
        """The answer, else unknown (past, not answered), today or planned."""
        return self.day.state_on(self.today)

    @property
    def certainty(self) -> str:
        """Booked by the clinic or expected by us."""
        return self.day.infusion.certainty

    @property
    def status(self) -> str:
        """What a calendar program is told: confirmed, tentative or cancelled."""
        if self.day.state == SKIPPED:
            return CANCELLED
        return TENTATIVE if self.certainty == EXPECTED and not self.day.is_answered else CONFIRMED

    @property
    def moved_from_on(self) -> date | None:
        """The date it had in the plan before someone moved it by hand; None once it was answered."""
        return None if self.day.is_answered else self.day.moved_from_on

    @property
    def facts(self) -> list[object]:
        """What else a feed may say of it."""
        course = self.day.infusion
        return [self.day.number, len(course.days), course.shown_place, course.regimen and course.regimen.route]

    @property
    def edge(self) -> str:
        """The edge of the row: given, over without being given, our estimate, or booked."""
        if self.day.is_given:
            return "done"
        if self.day.is_answered:
            return "minor"
        return EXPECTED if self.certainty == EXPECTED else ""

    @property
    def mark(self) -> str:
        """The mark in the month picture."""
        if self.day.is_given:
            return "done"
        return "skipped" if self.day.is_answered else self.certainty

    @property
    def order(self) -> tuple[date, datetime, int]:
        """Where it stands in a list: by date, those without a time first."""
        return self.on, self.starts_at or datetime.min.replace(tzinfo=UTC), self.day.id


def dates_between(circle: Circle, first: date, last: date, today: date) -> list[Row]:
    """Every date of a circle from one day to another, both included, by the real date where it is known; in order."""
    return _rows(circle, _days(circle).where(_happened(first, last)), today)


def dates_named(circle: Circle, uids: Collection[str], today: date) -> list[Row]:
    """The dates that still exist among the named ones, wherever they stand now."""
    if not uids:
        return []
    return _rows(circle, _days(circle).where(InfusionDay.public_id.in_(uids)), today)


def open_dates(circle: Circle, today: date, *, until: date | None = None, most: int = 0) -> list[Row]:
    """Dates from today on that nobody has answered, up to `until`, or the first `most` of them."""
    query = _days(circle).where(_OPEN, InfusionDay.planned_on >= today)
    if until is not None:
        query = query.where(InfusionDay.planned_on <= until)
    if most:
        query = query.order_by(InfusionDay.planned_on, InfusionDay.id).limit(most)
    return _rows(circle, query, today)


def unanswered_dates(circle: Circle, first: date, last: date, most: int, today: date) -> list[Row]:
    """The latest dates of a span that nobody has answered, in order."""
    query = _days(circle).where(_OPEN, InfusionDay.planned_on.between(first, last))
    query = query.order_by(InfusionDay.planned_on.desc(), InfusionDay.id.desc()).limit(most)
    return _rows(circle, query, today)


def rows_of_infusion(infusion: Infusion, today: date) -> list[Row]:
    """The dates of one course."""
    return [Row(infusion.circle, day, today) for day in infusion.days]


def _happened(first: date, last: date) -> sa.ColumnElement[bool]:
    """The real date, else the planned one, lies in a span; written so that either is found by its index."""
    planned = sa.and_(InfusionDay.given_on.is_(None), InfusionDay.planned_on.between(first, last))
    return sa.or_(planned, InfusionDay.given_on.between(first, last))


def _rows(circle: Circle, query: sa.Select[Any], today: date) -> list[Row]:
    rows = [Row(circle, day, today) for day in db.session.scalars(query)]
    return sorted(rows, key=lambda row: row.order)


def _days(circle: Circle) -> sa.Select[Any]:
    course = contains_eager(InfusionDay.infusion)
    return (
        sa.select(InfusionDay)
        .join(InfusionDay.infusion)
        .where(InfusionDay.circle_id == circle.id, Infusion.cancelled_at.is_(None))
        .options(course.options(selectinload(Infusion.days), joinedload(Infusion.regimen)))
    )
