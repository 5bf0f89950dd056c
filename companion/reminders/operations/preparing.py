"""What many messages about infusion days will need, read in few queries: thousands may be due in one minute."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import joinedload, selectinload

from companion.accounts.models import Account
from companion.circles.models import Circle, Membership
from companion.delivery.channels import PUSH
from companion.delivery.models import Delivery, PushSubscription
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay
from companion.reminders.models import ReminderRule


def prepare_infusion_days(deliveries: Sequence[Delivery]) -> list[Any]:
    """Days, rules, readers, members and devices; the answer keeps them in the session."""
    members = selectinload(Circle.memberships)
    course = joinedload(InfusionDay.infusion).options(
        joinedload(Infusion.regimen), joinedload(Infusion.circle).options(members), selectinload(Infusion.days)
    )
    circle_ids = {row.circle_id for row in deliveries}
    queries = (
        sa.select(InfusionDay).where(InfusionDay.id.in_({row.subject_id for row in deliveries})).options(course),
        sa.select(ReminderRule)
        .where(ReminderRule.id.in_({row.rule_id for row in deliveries}))
        .options(joinedload(ReminderRule.recipient), joinedload(ReminderRule.circle).options(members)),
        sa.select(Account).where(Account.id.in_({row.recipient_id for row in deliveries})),
        sa.select(PushSubscription).where(
            PushSubscription.id.in_({row.address_id for row in deliveries if row.channel == PUSH})
        ),
    )
    kept = [row for query in queries for row in db.session.scalars(query)]
    found = db.session.scalars(sa.select(Membership).where(Membership.circle_id.in_(circle_ids))).all()
    g.members_read = {(member.circle_id, member.account_id): member for member in found}
    return [*kept, *found]
