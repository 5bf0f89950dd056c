"""Reads for reminders: who is reminded of what, which messages are stored, and what an answer link means."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app
from itsdangerous import BadSignature, Signer

from companion.accounts.models import Account
from companion.circles.models import Circle, Membership
from companion.delivery.channels import EMAIL
from companion.delivery.models import OPEN_STATES, Delivery
from companion.domain import reminder_plan
from companion.domain.recurrence import Interval, Unit
from companion.extensions import db
from companion.infusions import queries as infusions
from companion.infusions.models import Infusion, InfusionDay, PlanChange
from companion.reminders.models import ReminderRule

INFUSION_DAY = "infusion_day"
UNDO_MINUTES = 10


def circles_to_plan(now: datetime) -> dict[int, list[InfusionDay]]:
    """Circles with a day to remind of, or with a message that may have to be taken back, and these days."""
    stored = sa.select(Delivery.circle_id).where(
        Delivery.subject_kind == INFUSION_DAY, Delivery.state.in_(OPEN_STATES), Delivery.circle_id.is_not(None)
    )
    found: dict[int, list[InfusionDay]] = {
        circle_id: [] for circle_id in db.session.scalars(stored.distinct()) if circle_id
    }
    for day in infusions.days_to_remind(now):
        found.setdefault(day.circle_id, []).append(day)
    return found


def missing_default_recipients(circle: Circle) -> list[int]:
    """The patient, else the keepers, without a rule of their own yet."""
    if circle.patient_account_id is not None:
        wanted = [circle.patient_account_id]
    else:
        wanted = [m.account_id for m in circle.memberships if "keep_circle" in m.rights]
    if not wanted:
        return []
    known = sa.select(ReminderRule.recipient_id).where(
        ReminderRule.circle_id == circle.id,
        ReminderRule.subject_kind == INFUSION_DAY,
        ReminderRule.channel == EMAIL,
    )
    return sorted(set(wanted) - set(db.session.scalars(known)))


def live_rules(circle: Circle) -> list[ReminderRule]:
    """The rules that are on, for people who may see the dates and can be reached."""
    query = sa.select(ReminderRule).where(
        ReminderRule.circle_id == circle.id, ReminderRule.subject_kind == INFUSION_DAY
    )
    return [rule for rule in db.session.scalars(query.order_by(ReminderRule.id)) if is_live(rule)]


def is_live(rule: ReminderRule) -> bool:
    """Whether a rule is on, its reader still sees the dates, and mail has not come back from the address."""
    member = membership_of(rule.circle_id, rule.recipient_id)
    address = rule.recipient.address
    reached = address is not None and address.bad_since_at is None
    return rule.is_on and reached and member is not None and "see_dates" in member.rights


def membership_of(circle_id: int, account_id: int) -> Membership | None:
    """A person's place in a circle at this moment."""
    query = sa.select(Membership).where(Membership.circle_id == circle_id, Membership.account_id == account_id)
    return db.session.scalars(query).first()


def stored_deliveries(circle_id: int, days: Sequence[InfusionDay]) -> list[Delivery]:
    """What is stored about these days, and what is open about any day of the circle."""
    about = Delivery.subject_id.in_([other.id for day in days for other in day.infusion.days])
    query = sa.select(Delivery).where(
        Delivery.subject_kind == INFUSION_DAY,
        sa.or_(sa.and_(Delivery.circle_id == circle_id, Delivery.state.in_(OPEN_STATES)), about),
    )
    return list(db.session.scalars(query))


def course_to_remind(infusion: Infusion) -> reminder_plan.CourseToRemind:
    """A course as the rules see it."""
    regimen = infusion.regimen
    shortest = None
    if regimen is not None:
        shortest = Interval(regimen.interval_count, Unit(regimen.interval_unit)).shortest_days
    return reminder_plan.CourseToRemind(
        infusion_id=infusion.id,
        days=tuple(_day_to_remind(day) for day in infusion.days),
        interval_days=shortest,
    )


def _day_to_remind(day: InfusionDay) -> reminder_plan.DayToRemind:
    return reminder_plan.DayToRemind(
        day_id=day.id,
        number=day.number,
        planned_on=day.planned_on,
        tz=ZoneInfo(day.tz),
        starts_at=day.starts_at,
        ends_at=day.ends_at,
        state=day.state,
        revision=day.revision,
    )


def recipient_of(account: Account) -> reminder_plan.Recipient:
    """A person as the rules see them."""
    return reminder_plan.Recipient(
        id=account.id,
        tz=ZoneInfo(account.tz),
        quiet_from=time.fromisoformat(account.quiet_from),
        quiet_to=time.fromisoformat(account.quiet_to),
        wakes_for_infusion=account.wakes_for_infusion,
    )


class AnswerLink(NamedTuple):
    """What an answer link is about, and until when it works."""

    delivery: Delivery
    day: InfusionDay
    reader: Account
    valid_until: datetime


def answer_token(delivery: Delivery, day: InfusionDay) -> str:
    """The signed end of an answer link: one delivery, one infusion day."""
    return _signer().sign(f"{delivery.public_id}.{day.public_id}").decode()


def answer_link(token: str) -> AnswerLink | None:
    """The delivery and day of a token; None when it is forged, or either does not exist any more."""
    try:
        delivery_id, day_id = _signer().unsign(token).decode().split(".")
    except (BadSignature, ValueError):
        return None
    query = sa.select(Delivery, InfusionDay).where(
        Delivery.public_id == delivery_id,
        InfusionDay.public_id == day_id,
        Delivery.subject_kind == INFUSION_DAY,
        Delivery.subject_id == InfusionDay.id,
    )
    found = db.session.execute(query).first()
    if found is None:
        return None
    delivery, day = found
    reader = db.session.get_one(Account, delivery.recipient_id)
    return AnswerLink(delivery, day, reader, question_useful_until(day, reader))


def question_useful_until(day: InfusionDay, reader: Account) -> datetime:
    """Until when "did it happen?" may be answered by its link: 72 h after it is asked."""
    course = course_to_remind(day.infusion)
    days = tuple(replace(each, state="planned") for each in course.days)
    long_before = min(each.begins_at for each in days) - timedelta(days=30)
    asked = reminder_plan.plan_course(replace(course, days=days), recipient_of(reader), long_before)
    return max(one.useful_until for one in asked if one.subject_id == day.id)


def is_ahead(day: InfusionDay, now: datetime) -> bool:
    """Whether a day has not begun: by its time, else by the date at its place."""
    if day.starts_at is not None:
        return day.starts_at > now
    return day.planned_on > now.astimezone(ZoneInfo(day.tz)).date()


def last_change(day: InfusionDay) -> PlanChange | None:
    """The latest answer about a day that was not taken back."""
    query = (
        sa.select(PlanChange)
        .where(PlanChange.infusion_day_id == day.id, PlanChange.undone_at.is_(None))
        .order_by(PlanChange.id.desc())
    )
    return db.session.scalars(query).first()


def same_move(link: AnswerLink, to_on: date | None) -> PlanChange | None:
    """The move to this date that this link has just made: the same form sent twice."""
    change = last_change(link.day)
    if change is None or change.verb != "move" or change.delivery_id != link.delivery.id:
        return None
    return change if link.day.planned_on == to_on else None


def change_of_link(link: AnswerLink, change_id: str) -> PlanChange | None:
    """A change that was made by this very link."""
    query = sa.select(PlanChange).where(PlanChange.public_id == change_id, PlanChange.delivery_id == link.delivery.id)
    return db.session.scalars(query).first()


def next_message_at(link: AnswerLink, now: datetime) -> datetime | None:
    """When the same reader hears about the day again."""
    query = sa.select(sa.func.min(Delivery.due_at)).where(
        Delivery.subject_kind == INFUSION_DAY,
        Delivery.subject_id == link.day.id,
        Delivery.recipient_id == link.reader.id,
        Delivery.state.in_(OPEN_STATES),
        Delivery.due_at > now,
    )
    return db.session.scalar(query)


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="answer", digest_method=hashlib.sha256)
