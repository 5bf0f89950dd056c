"""The wall time of a day: kept as planned beside its zone, and turned into an instant in this one place."""

from collections.abc import Iterable
from datetime import date, datetime

import sqlalchemy as sa

from companion.extensions import db
from companion.infusions import queries
from companion.infusions.models import InfusionDay, Regimen


def put_day(day: InfusionDay, on: date, local_time: str | None) -> None:
    """Plan a day for a date and a local time (`HH:MM`); its length, where known, stays.

    The time stays as it was wished. Where that time does not exist on that date, only the instant is later.
    """
    length = day.ends_at - day.starts_at if day.starts_at and day.ends_at else None
    day.planned_on, day.local_time = on, local_time
    day.starts_at = queries.instant_of(on, local_time, day.tz)
    day.ends_at = day.starts_at + length if day.starts_at and length else None


def keep_wall_times(circle_id: int, now: datetime) -> int:
    """Give the days ahead of a circle the instants of their wall times under the zone rules of today.

    Each gets a new revision, so that messages that name the old instant are void. Returns how many changed;
    doing it again changes none. Call in a transaction.
    """
    _hold_plans(circle_id)
    changed = 0
    for day in _fresh_days(queries.days_off_their_wall_time(now, circle_id).get(circle_id, [])):
        put_day(day, day.planned_on, day.local_time)
        day.revision += 1
        changed += 1
    db.session.flush()
    return changed


def _hold_plans(circle_id: int) -> None:
    """Lock the regimens in one order, as every edit does with its own."""
    query = sa.select(Regimen.id).where(Regimen.circle_id == circle_id).order_by(Regimen.id)
    db.session.execute(query.with_for_update())


def _fresh_days(ids: Iterable[int]) -> list[InfusionDay]:
    query = sa.select(InfusionDay).where(InfusionDay.id.in_(ids)).order_by(InfusionDay.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
