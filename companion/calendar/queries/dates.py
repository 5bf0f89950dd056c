"""The dates of a circle as one kind of row, whatever feature keeps them; each read stays within its span."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from companion.calendar.queries.rows import InfusionRow, Row, VisitRow
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import ANSWERED, Infusion, InfusionDay
from companion.preparations.models import TAKEN
from companion.preparations.queries import duties_of
from companion.visits.models import CANCELLED, PLANNED, Visit

_OPEN = InfusionDay.state.not_in(ANSWERED)


def dates_between(circle: Circle, first: date, last: date, today: date) -> list[Row]:
    """Every date of a circle from one day to another, both included, by the real date where it is known; in order.

    What was cancelled is left out, as on the pages; a skipped infusion day stays, for it is history.
    """
    visits = _visits(circle).where(Visit.planned_on.between(first, last), Visit.state != CANCELLED)
    return _rows(circle, _days(circle).where(_happened(first, last)), visits, today)


def dates_named(circle: Circle, uids: Collection[str], today: date) -> list[Row]:
    """The dates that still exist among the named ones, wherever they stand now; cancelled visits too."""
    if not uids:
        return []
    days, visits = InfusionDay.public_id.in_(uids), Visit.public_id.in_(uids)
    return _rows(circle, _days(circle).where(days), _visits(circle).where(visits), today)


def open_dates(circle: Circle, today: date, *, until: date | None = None, most: int = 0) -> list[Row]:
    """Dates from today on that nobody has answered, up to `until`, or the first `most` of them."""
    days = _days(circle).where(_OPEN, InfusionDay.planned_on >= today)
    visits = _visits(circle).where(Visit.state == PLANNED, Visit.planned_on >= today)
    if until is not None:
        days, visits = days.where(InfusionDay.planned_on <= until), visits.where(Visit.planned_on <= until)
    if most:
        days = days.order_by(InfusionDay.planned_on, InfusionDay.id).limit(most)
        visits = visits.order_by(Visit.planned_on, Visit.id).limit(most)
    rows = _rows(circle, days, visits, today)
    return rows[:most] if most else rows


def unanswered_dates(circle: Circle, first: date, last: date, most: int, today: date) -> list[Row]:
    """The latest dates of a span that nobody has answered, in order."""
    days = _days(circle).where(_OPEN, InfusionDay.planned_on.between(first, last))
    visits = _visits(circle).where(Visit.state == PLANNED, Visit.planned_on.between(first, last))
    days = days.order_by(InfusionDay.planned_on.desc(), InfusionDay.id.desc()).limit(most)
    visits = visits.order_by(Visit.planned_on.desc(), Visit.id.desc()).limit(most)
    return _rows(circle, days, visits, today)[-most:]


def rows_of_infusion(infusion: Infusion, today: date) -> list[Row]:
    """The dates of one course."""
    return list(_with_duties(infusion.circle, infusion.days, today))


def rows_of_visit(visit: Visit, today: date) -> list[Row]:
    """The date of one visit."""
    return [VisitRow(visit.circle, visit, today)]


def _happened(first: date, last: date) -> sa.ColumnElement[bool]:
    """The real date, else the planned one, lies in a span; written so that either is found by its index."""
    planned = sa.and_(InfusionDay.given_on.is_(None), InfusionDay.planned_on.between(first, last))
    return sa.or_(planned, InfusionDay.given_on.between(first, last))


def _rows(circle: Circle, days: sa.Select[Any], visits: sa.Select[Any], today: date) -> list[Row]:
    rows: list[Row] = list(_with_duties(circle, list(db.session.scalars(days)), today))
    rows += [VisitRow(circle, visit, today) for visit in db.session.scalars(visits)]
    return sorted(rows, key=lambda row: row.order)


def _with_duties(circle: Circle, days: Sequence[InfusionDay], today: date) -> Iterator[InfusionRow]:
    """Days with those who said yes to their very date."""
    known = duties_of({day.infusion.id: day.infusion for day in days}.values())
    for day in days:
        duties = [duty for duty in known.get(day.infusion_id, []) if duty.day_number == day.number]
        taken = [duty for duty in duties if duty.state == TAKEN and duty.agreed_on == day.happened_on]
        yield InfusionRow(circle, day, today, tuple(taken))


def _days(circle: Circle) -> sa.Select[Any]:
    course = contains_eager(InfusionDay.infusion)
    return (
        sa.select(InfusionDay)
        .join(InfusionDay.infusion)
        .where(InfusionDay.circle_id == circle.id, Infusion.cancelled_at.is_(None))
        .options(course.options(selectinload(Infusion.days), joinedload(Infusion.regimen)))
    )


def _visits(circle: Circle) -> sa.Select[Any]:
    return sa.select(Visit).where(Visit.circle_id == circle.id).options(joinedload(Visit.series))
