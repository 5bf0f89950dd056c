"""The times of a given record follow the date of its day."""

from collections.abc import Iterable

import sqlalchemy as sa

from companion.extensions import db
from companion.infusions.models import GivenRecord, InfusionDay


def keep_given_times(days: Iterable[InfusionDay]) -> None:
    """After dates of days were corrected: the start and stop in their records stay the same on the wall."""
    by_id = {day.id: day for day in days if day.id is not None}
    for record in db.session.scalars(sa.select(GivenRecord).where(GivenRecord.infusion_day_id.in_(by_id))):
        record.keep_to(by_id[record.infusion_day_id].happened_on)
