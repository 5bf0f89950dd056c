"""How each person is reminded, changed by themselves, and whom the patient or keeper lets be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql, sqlite

from companion.accounts.models import Account
from companion.circles.models import Circle, Membership
from companion.database import public_id
from companion.delivery.operations import touches
from companion.extensions import db
from companion.formatting import in_days, local_date, weekday_date
from companion.reminders import queries
from companion.reminders.models import FULL, MAIL_BACKUP, NEUTRAL, TIME_ONLY, ReminderRule
from companion.reminders.operations.ways import has_a_way, reader_of
from companion.trail.operations import untold

DEFAULTS: dict[str, Any] = {
    "is_on": True,
    "by_push": True,
    "by_hook": False,
    "mail": MAIL_BACKUP,
    "privacy": NEUTRAL,
    "events_off": [],
    "lead_hours": 24,
    "gets_escalations": False,
    "escalate_after_hours": 4,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What one member of a circle is told by the patient's or keeper's wish. `is_off`: they switched it off."""

    member: Membership
    alerts: bool
    escalations: bool
    is_off: bool


def add_rule(circle: Circle, account_id: int, *, is_on: bool, now: datetime) -> None:
    """A rule with the usual answers, unless the person has one; two at once still make one row."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    ids = {"public_id": public_id(), "circle_id": circle.id, "recipient_id": account_id, "created_at": now}
    statement = insert(ReminderRule).values(**ids, **(DEFAULTS | {"is_on": is_on})).on_conflict_do_nothing()
    options = touches(circles=[circle.id]) | untold("the usual answers, before anybody chose any")
    db.session.execute(statement, execution_options=options)


def ensure_default_rules(circle: Circle, now: datetime) -> None:
    """The patient is reminded by mail, or the keeper while the patient has no account; nobody else by default."""
    for account_id in queries.missing_default_recipients(circle):
        add_rule(circle, account_id, is_on=True, now=now)
    db.session.flush()


def rule_or_default(circle: Circle, account: Account, now: datetime) -> ReminderRule:
    """How a person is reminded; where nothing is stored yet, what planning would store. Writes nothing."""
    rule = queries.rule_of(circle.id, account.id)
    if rule is not None:
        return rule
    is_on = account.id in queries.first_asked(circle)
    with db.session.no_autoflush:
        rule = ReminderRule(recipient_id=account.id, created_at=now, **(DEFAULTS | {"is_on": is_on}))
    return rule


def may_switch_on(circle: Circle, rule: ReminderRule) -> bool:
    """Whether the reader may switch their reminders on: their own, or switched on before by patient or keeper."""
    member = queries.membership_of(circle.id, rule.recipient_id)
    keeps = member is not None and "keep_circle" in member.rights
    return keeps or rule.switched_on_by_id is not None


def has_no_way(rule: ReminderRule) -> bool:
    """Whether reminders are on and no way leads to the reader."""
    recipient = db.session.get_one(Account, rule.recipient_id)
    return rule.is_on and not has_a_way(reader_of(rule, recipient))


def change_rule(circle: Circle, account: Account, values: Mapping[str, Any], *, now: datetime) -> ReminderRule:
    """Set how a person is reminded."""
    add_rule(circle, account.id, is_on=account.id in queries.first_asked(circle), now=now)
    query = sa.select(ReminderRule).where(
        ReminderRule.circle_id == circle.id, ReminderRule.recipient_id == account.id
    )
    rule = db.session.scalars(query.execution_options(populate_existing=True)).one()
    for name, value in values.items():
        setattr(rule, name, value)
    db.session.flush()
    return rule


def others_to_tell(circle: Circle, viewer: Account) -> list[Told]:
    """The other members who see the dates, and what they are told."""
    rules = {rule.recipient_id: rule for rule in queries.rules_of(circle)}
    first = queries.first_asked(circle)
    found = []
    for member in circle.memberships:
        if member.account_id == viewer.id or "see_dates" not in member.rights:
            continue
        rule = rules.get(member.account_id)
        granted = rule is not None and (rule.switched_on_by_id is not None or member.account_id in first)
        is_off = rule is not None and granted and not rule.is_on
        found.append(Told(member, granted, rule is not None and rule.gets_escalations, is_off))
    return found


def member_named(circle: Circle, ident: str) -> Membership | None:
    """A member of a circle by public id."""
    return next((member for member in circle.memberships if member.public_id == ident), None)


def tell_caregiver(
    circle: Circle, account: Account, *, alerts: bool, escalations: bool, by: Account, now: datetime
) -> dict[str, bool]:
    """Let a caregiver be told, or not any more, from the next message on; returns what it was.

    What they switched off for themselves stays off.
    """
    rule = queries.rule_of(circle.id, account.id)
    granted = rule is not None and rule.switched_on_by_id is not None
    before = {"alerts": granted, "escalations": rule is not None and rule.gets_escalations}
    values: dict[str, Any] = {"gets_escalations": escalations}
    if alerts != granted:
        values |= {"is_on": alerts, "switched_on_by_id": by.id if alerts else None}
    change_rule(circle, account, values, now=now)
    return before


def waiting_hours(circle: Circle) -> int:
    """How many waking hours may pass without an answer."""
    rule = _first_rule(circle)
    return rule.escalate_after_hours if rule else int(DEFAULTS["escalate_after_hours"])


def change_waiting(circle: Circle, hours: int, *, now: datetime) -> int:
    """Set how long nobody may answer before others are told; returns what it was."""
    before = waiting_hours(circle)
    for account_id in queries.first_asked(circle):
        account = db.session.get_one(Account, account_id)
        change_rule(circle, account, {"escalate_after_hours": hours}, now=now)
    return before


def _first_rule(circle: Circle) -> ReminderRule | None:
    first = queries.first_asked(circle)
    return next((rule for rule in queries.rules_of(circle) if rule.recipient_id in first), None)


def lock_screen_examples(reader: Account, now: datetime) -> dict[str, tuple[str, str]]:
    """What a phone would show of a reminder for tomorrow: title and the line under it, for each wish."""
    on = local_date(now + timedelta(days=1), reader.tz)
    date, time = weekday_date(on), "9:00"
    when = str(_("%(relative)s, %(date)s, %(time)s", relative=in_days(on), date=date, time=time))
    return {
        NEUTRAL: (_("A reminder is waiting for you"), ""),
        TIME_ONLY: (_("Reminder for %(date)s", date=date), when),
        FULL: (_("Infusion on %(date)s", date=date), f"{_('Infusion')}\n{when}"),
    }
