"""What should be sent about infusion days, against what is stored."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from companion.circles.models import Circle
from companion.database import public_id
from companion.delivery.channels import EMAIL
from companion.delivery.models import ACCEPTED, CANCELLED, SUPERSEDED, Delivery
from companion.delivery.operations import Wanted, needs_reconciling, reconcile_deliveries
from companion.domain import reminder_plan
from companion.domain.reminder_plan import STAGES
from companion.extensions import db
from companion.failpoints import failpoint
from companion.infusions.models import Infusion, InfusionDay
from companion.reminders import queries
from companion.reminders.models import ReminderRule
from companion.reminders.queries import INFUSION_DAY


def needs_planning(circle_id: int, days: Sequence[InfusionDay], now: datetime) -> bool:
    """Whether `plan_deliveries` would change anything, given the circle's days to remind of."""
    circle = db.session.get_one(Circle, circle_id)
    if queries.missing_default_recipients(circle):
        return True
    stored = queries.stored_deliveries(circle_id, days)
    return needs_reconciling(_wanted(circle, days, stored, now), stored, now=now)


def plan_deliveries(circle_id: int, now: datetime) -> int:
    """Make the stored messages about a circle's infusion days those that are wanted; returns how many changed.

    Answered days, old dates and recipients who may not see dates any more lose what was not sent yet.
    """
    circle = db.session.get_one(Circle, circle_id, populate_existing=True)
    ensure_default_rules(circle, now)
    days = queries.circles_to_plan(now).get(circle_id, [])
    stored = queries.stored_deliveries(circle_id, days)
    wanted = _wanted(circle, days, stored, now)
    failpoint("mid_plan")
    return reconcile_deliveries(wanted, stored, ending=_end_of, now=now)


def ensure_default_rules(circle: Circle, now: datetime) -> None:
    """The patient is reminded by mail, or the keeper while the patient has no account; nobody else by default."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for account_id in queries.missing_default_recipients(circle):
        values = {
            "public_id": public_id(),
            "circle_id": circle.id,
            "recipient_id": account_id,
            "subject_kind": INFUSION_DAY,
            "channel": EMAIL,
            "is_on": True,
            "privacy": "neutral",
            "created_at": now,
        }
        db.session.execute(insert(ReminderRule).values(**values).on_conflict_do_nothing())
    db.session.flush()


def _wanted(circle: Circle, days: Sequence[InfusionDay], stored: Sequence[Delivery], now: datetime) -> list[Wanted]:
    courses = [queries.course_to_remind(infusion) for infusion in _courses(days)]
    found = []
    for rule in queries.live_rules(circle):
        person = queries.recipient_of(rule.recipient)
        found += [_delivery(one, rule, circle) for one in reminder_plan.plan(courses, [person], now)]
    told = _latest_told(stored)
    return [one for one in found if STAGES.index(one.stage) >= told.get(_about(one), 0)]


def _about(one: Wanted | Delivery) -> tuple[int, int, int, str]:
    return one.subject_id, one.recipient_id, one.revision, one.channel


def _latest_told(stored: Sequence[Delivery]) -> dict[tuple[int, int, int, str], int]:
    """The latest stage that each reader has got about each day: a clock set back makes no earlier one useful."""
    told: dict[tuple[int, int, int, str], int] = {}
    for row in stored:
        if row.state == ACCEPTED:
            told[_about(row)] = max(told.get(_about(row), 0), STAGES.index(row.stage))
    return told


def _courses(days: Sequence[InfusionDay]) -> list[Infusion]:
    return list({day.infusion_id: day.infusion for day in days}.values())


def _delivery(one: reminder_plan.Wanted, rule: ReminderRule, circle: Circle) -> Wanted:
    address = rule.recipient.address
    return Wanted(
        subject_kind=one.subject_kind,
        subject_id=one.subject_id,
        stage=one.stage,
        due_slot=one.due_slot,
        recipient_id=one.recipient_id,
        channel=rule.channel,
        address_id=address.id if address else 0,
        due_at=one.due_at,
        useful_until=one.useful_until,
        rule_id=rule.id,
        revision=one.revision,
        circle_id=circle.id,
    )


def _end_of(row: Delivery) -> tuple[str, str]:
    """The state and reason of a message that is not wanted any more."""
    day = db.session.get(InfusionDay, row.subject_id)
    if day is None or day.infusion.cancelled_at is not None:
        return CANCELLED, "not planned any more"
    if day.is_answered:
        return CANCELLED, "answered"
    if row.revision != day.revision:
        return SUPERSEDED, "date or time changed"
    rule = db.session.get(ReminderRule, row.rule_id)
    if rule is None or not queries.is_live(rule):
        return CANCELLED, "not for this reader any more"
    return SUPERSEDED, "another message says it"
