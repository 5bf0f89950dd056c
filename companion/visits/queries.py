"""Reads of visits, always within one circle."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from companion.circles.models import Circle
from companion.extensions import db
from companion.visits.models import CANCELLED, DONE, PLANNED, Visit

REMIND_BACK_DAYS, REMIND_AHEAD_DAYS = 2, 10
"""From the day after a visit to the message of the week before, with a day of slack for zones."""


def upcoming_visits(circle: Circle, on: date, limit: int | None = None) -> list[Visit]:
    """Planned visits on or after a date, the next one first."""
    query = _visits(circle).where(Visit.state == PLANNED, Visit.planned_on >= on)
    return list(db.session.scalars(query.limit(limit)))


def next_visit(circle: Circle, on: date, kind: str | None = None) -> Visit | None:
    """The next planned visit on or after a date, of one kind where it is named."""
    query = _visits(circle).where(Visit.state == PLANNED, Visit.planned_on >= on)
    if kind is not None:
        query = query.where(Visit.kind == kind)
    return db.session.scalars(query.limit(1)).first()


def unanswered_visits(circle: Circle, on: date) -> list[Visit]:
    """Planned visits before a date that nobody has spoken for, the latest first."""
    query = _visits(circle).where(Visit.state == PLANNED, Visit.planned_on < on)
    return list(db.session.scalars(_latest_first(query)))


def past_visits(circle: Circle, limit: int | None = None) -> list[Visit]:
    """Visits that took place, the latest first."""
    return list(db.session.scalars(_latest_first(_visits(circle).where(Visit.state == DONE)).limit(limit)))


def cancelled_visits(circle: Circle, limit: int | None = None) -> list[Visit]:
    """Cancelled visits, the latest first, without those that fell away with their series."""
    query = _visits(circle).where(Visit.state == CANCELLED, Visit.is_dropped.is_(False))
    return list(db.session.scalars(_latest_first(query).limit(limit)))


def visits_after(visit: Visit, limit: int | None = None) -> list[Visit]:
    """The planned visits of a series after one of its visits."""
    if visit.slot_on is None:
        return []
    query = (
        sa.select(Visit)
        .where(Visit.series_id == visit.series_id, Visit.slot_on > visit.slot_on, Visit.state == PLANNED)
        .order_by(Visit.planned_on, Visit.id)
    )
    return list(db.session.scalars(query.limit(limit)))


def visits_to_remind(now: datetime, circle_ids: Collection[int]) -> list[Visit]:
    """Visits of some circles that may need a message about now, cancelled ones too; the circle is loaded.

    What a message needs: `starts_at` (or `planned_on` where there is no time), `tz`, `revision`, `is_cancelled`.
    """
    today = now.date()
    first, last = today - timedelta(days=REMIND_BACK_DAYS), today + timedelta(days=REMIND_AHEAD_DAYS)
    query = (
        sa.select(Visit)
        .where(Visit.circle_id.in_(circle_ids), Visit.planned_on.between(first, last))
        .options(joinedload(Visit.circle))
    )
    return list(db.session.scalars(query.order_by(Visit.circle_id, Visit.planned_on, Visit.id)))


def _visits(circle: Circle) -> sa.Select[Any]:
    untimed_first = sa.func.coalesce(Visit.local_time, "")
    return (
        sa.select(Visit)
        .where(Visit.circle_id == circle.id)
        .options(joinedload(Visit.series))
        .order_by(Visit.planned_on, untimed_first, Visit.id)
    )


def _latest_first(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(None).order_by(Visit.planned_on.desc(), Visit.id.desc())
