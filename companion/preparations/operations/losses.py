"""Duties of somebody who leaves a circle: nobody has them then, and the app asks for somebody in good time."""

from collections import defaultdict

import sqlalchemy as sa

from companion.circles.operations import Loss, register_loss
from companion.extensions import db
from companion.formatting import local_date
from companion.infusions.models import Infusion
from companion.preparations.models import TAKEN, Duty, PreparationChange
from companion.preparations.operations.duties import clear_duty, decline_duty
from companion.preparations.operations.history import ChangeCannotBeUndone, undo_change


def lose(loss: Loss) -> list[int]:
    """Free the duties of days to come, and end what the person was asked for; what is past stays as it was."""
    if "answer" not in loss.rights:
        return []
    today = local_date(loss.now, loss.circle.tz)
    query = sa.select(Duty).where(Duty.circle_id == loss.circle.id)
    asked = _by_course_and_role(query.where(Duty.offered_to_id == loss.account.id))
    changes = [decline_duty(_course(one), role, account=loss.account, now=loss.now) for one, role in sorted(asked)]
    mine = query.where(Duty.account_id == loss.account.id, Duty.state == TAKEN, Duty.agreed_on >= today)
    changes += [
        clear_duty(_course(one), role, days, needed=True, account=loss.by, now=loss.now)
        for (one, role), days in sorted(_by_course_and_role(mine).items())
    ]
    return [change.id for change in changes]


def put_back(loss: Loss, kept: list[int]) -> None:
    """Give the duties back that nobody else has taken since."""
    for change_id in reversed(kept):
        try:
            undo_change(db.session.get_one(PreparationChange, change_id), now=loss.now)
        except ChangeCannotBeUndone:
            continue


def _by_course_and_role(query: sa.Select[Duty]) -> dict[tuple[int, str], list[int]]:
    """The days of some duties, without those that a later plan has no day for."""
    days: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for duty in db.session.scalars(query):
        if any(day.number == duty.day_number for day in duty.infusion.days):
            days[duty.infusion_id, duty.role].append(duty.day_number)
    return days


def _course(infusion_id: int) -> Infusion:
    return db.session.get_one(Infusion, infusion_id)


register_loss("duties", lose, put_back)
