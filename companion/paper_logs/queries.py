"""Reads for the paper log: the days of a month, what stands there already, and when infusions are planned."""

import calendar
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from companion.checkins.models import PAPER, CheckIn
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import SKIPPED
from companion.infusions.queries import infusions_between


@dataclass(frozen=True, slots=True)
class PaperDay:
    """One row of the log: the date, whether an infusion day is planned or was given, and a check-in that is there."""

    on: date
    has_infusion: bool
    check_in: CheckIn | None


def days_of(circle: Circle, month: date) -> list[PaperDay]:
    """Every day of a month (given by its first day), in order."""
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    infusion_days = {
        day.happened_on
        for course in infusions_between(circle, month, last)
        for day in course.days
        if day.state != SKIPPED
    }
    query = (
        sa.select(CheckIn)
        .where(CheckIn.circle_id == circle.id, CheckIn.deleted_at.is_(None), CheckIn.on.between(month, last))
        .order_by(CheckIn.on, CheckIn.recorded_at, CheckIn.id)
    )
    there = {row.on: row for row in db.session.scalars(query)}
    dates = [month.replace(day=number) for number in range(1, last.day + 1)]
    return [PaperDay(on, on in infusion_days, there.get(on)) for on in dates]


def typed_together(circle: Circle, client_id: str) -> list[CheckIn]:
    """The check-ins that one sending of a month made."""
    query = sa.select(CheckIn).where(
        CheckIn.circle_id == circle.id, CheckIn.client_id == client_id, CheckIn.told_by == PAPER
    )
    return list(db.session.scalars(query))
