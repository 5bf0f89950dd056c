"""What many messages about infusion days will need, read in few queries: thousands may be due in one minute."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from companion.accounts.models import Account
from companion.circles.models import Circle, Membership
from companion.delivery.channels import PUSH
from companion.delivery.models import Delivery, PushSubscription
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay
from companion.reminders.models import ReminderRule


def prepare_infusion_days(deliveries: Sequence[Delivery]) -> list[Any]:
    """Days, rules, readers, members and devices; the answer keeps them in the session."""
    course = joinedload(InfusionDay.infusion).options(joinedload(Infusion.regimen), selectinload(Infusion.days))
    circle_ids = {row.circle_id for row in deliveries}
    queries = (
        sa.select(InfusionDay).where(InfusionDay.id.in_({row.subject_id for row in deliveries})).options(course),
        sa.select(ReminderRule)
        .where(ReminderRule.id.in_({row.rule_id for row in deliveries}))
        .options(joinedload(ReminderRule.recipient)),
        sa.select(Account).where(Account.id.in_({row.recipient_id for row in deliveries})),
        sa.select(Circle).where(Circle.id.in_(circle_ids)),
        sa.select(PushSubscription).where(
            PushSubscription.id.in_({row.address_id for row in deliveries if row.channel == PUSH})
        ),
    )
    kept = [row for query in queries for row in db.session.scalars(query)]
    members = sa.select(Membership).where(Membership.circle_id.in_(circle_ids)).order_by(Membership.id)
    found = db.session.scalars(members).all()
    g.members_read = {(member.circle_id, member.account_id): member for member in found}
    by_circle: dict[int, list[Membership]] = {}
    for member in found:
        by_circle.setdefault(member.circle_id, []).append(member)
    for circle in (row for row in kept if isinstance(row, Circle)):
        set_committed_value(circle, "memberships", by_circle.get(circle.id, []))
    return [*kept, *found]
