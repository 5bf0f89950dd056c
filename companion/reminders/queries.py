"""Reads for reminders: who is reminded of what, which messages are stored, and what an answer link means."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app, g
from itsdangerous import BadSignature, Signer
from sqlalchemy.orm import contains_eager

from companion.accounts.models import Account
from companion.circle_guard import across_circles
from companion.circles.models import Circle, Membership
from companion.delivery import queries as deliveries
from companion.delivery.models import OPEN_STATES, Delivery
from companion.domain import reminder_plan
from companion.domain.escalation import ESCALATION
from companion.domain.home_reminders import PREPARATION, SUPPLY
from companion.domain.nudges import CHECK_IN
from companion.domain.recurrence import Interval, Unit
from companion.domain.reminder_plan import AHEAD, CHANGED, OFF_SLOT, QUESTIONS, SECOND_THOUGHTS
from companion.domain.snoozes import LATER
from companion.extensions import db
from companion.infusions import queries as infusions
from companion.infusions.models import Infusion, InfusionDay, PlanChange
from companion.reminders.models import PlanLook, ReminderRule, Snooze
from companion.visits import queries as visits
from companion.visits.models import DONE as VISIT_DONE
from companion.visits.models import Visit

INFUSION_DAY, VISIT, DRIVE, ANSWER = "infusion_day", "visit", "drive", "answer"
OTHERS = (CHECK_IN, PREPARATION, SUPPLY, ESCALATION, ANSWER)
SUBJECTS = (INFUSION_DAY, VISIT, DRIVE, *OTHERS)
UNDO_MINUTES = 10
TOLD_BACK = timedelta(days=1)
OTHERS_BACK = timedelta(days=10)
"""How far back other messages say what their readers know: supplies come once a week."""
SNOOZES_BACK = timedelta(days=4)
ANSWERS = ("done", "partial", "confirm", "skip")
"""What an answer does that others wait for; a move has a message of its own."""


@dataclass(slots=True)
class Subjects:
    """What a circle may have to be told about: open infusion days and visits."""

    days: list[InfusionDay] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    @property
    def courses(self) -> list[Infusion]:
        """The courses of the days, each once."""
        return list({day.infusion_id: day.infusion for day in self.days}.values())


@across_circles("the planner works for all of them")
def circles_to_look_at(now: datetime, limit: int) -> dict[int, int]:
    """Circles whose messages are to be worked out now, the longest overdue first, with their marks."""
    look_at = sa.func.coalesce(PlanLook.next_at, sa.literal(now, PlanLook.next_at.type))
    query = (
        sa.select(Circle.id, sa.func.coalesce(PlanLook.marks, 0))
        .outerjoin(PlanLook, PlanLook.circle_id == Circle.id)
        .where(look_at <= now)
        .order_by(look_at, Circle.id)
        .limit(limit)
    )
    return {circle_id: marks for circle_id, marks in db.session.execute(query)}  # noqa: C416


def subjects_of(circle_ids: Collection[int], now: datetime) -> dict[int, Subjects]:
    """What some circles may have to be told about."""
    found = {circle_id: Subjects() for circle_id in circle_ids}
    for day in infusions.days_to_remind(now, circle_ids):
        found[day.circle_id].days.append(day)
    for visit in visits.visits_to_remind(now, circle_ids):
        found[visit.circle_id].visits.append(visit)
    return found


def _still_ahead(now: datetime) -> sa.ColumnElement[bool]:
    """Messages that were sent, or are under way, about a date which may still be ahead."""
    off = sa.and_(Delivery.due_slot == OFF_SLOT, Delivery.useful_until > now)
    ahead = sa.or_(Delivery.due_slot.between(f"{now - TOLD_BACK:%Y-%m-%dT%H:%M}", "9"), off)
    return sa.and_(deliveries.told_or_under_way(), ahead, Delivery.stage.in_(AHEAD))


def told_ahead(circle_id: int, now: datetime) -> list[Delivery]:
    """What was last sent to each reader about each date that may still be ahead."""
    query = sa.select(Delivery).where(
        Delivery.circle_id == circle_id, Delivery.subject_kind.in_((INFUSION_DAY, VISIT)), _still_ahead(now)
    )
    latest = {}
    for row in sorted(db.session.scalars(query), key=lambda row: (row.settled_at or now, row.id)):
        latest[row.subject_kind, row.subject_id, row.recipient_id] = row
    return list(latest.values())


def missing_default_recipients(circle: Circle) -> list[int]:
    """The patient, else the keepers, without a rule of their own yet."""
    wanted = first_asked(circle)
    if not wanted:
        return []
    known = sa.select(ReminderRule.recipient_id).where(ReminderRule.circle_id == circle.id)
    return sorted(wanted - set(db.session.scalars(known)))


def rules_of(circle: Circle) -> list[ReminderRule]:
    """Every rule of a circle, also those that are off."""
    query = sa.select(ReminderRule).where(ReminderRule.circle_id == circle.id)
    return list(db.session.scalars(query.order_by(ReminderRule.id)))


def rule_of(circle_id: int, account_id: int) -> ReminderRule | None:
    """How one person is reminded by a circle; None where nobody said."""
    query = sa.select(ReminderRule).where(
        ReminderRule.circle_id == circle_id, ReminderRule.recipient_id == account_id
    )
    return db.session.scalars(query).first()


def live_rules(circle: Circle) -> list[ReminderRule]:
    """The rules that are on, for people who may see the dates."""
    return [rule for rule in rules_of(circle) if is_live(rule)]


def is_live(rule: ReminderRule) -> bool:
    """Whether a rule is on and its reader still sees the dates."""
    member = membership_of(rule.circle_id, rule.recipient_id)
    return rule.is_on and member is not None and "see_dates" in member.rights


def gets_escalations(rule: ReminderRule) -> bool:
    """Whether a reader was chosen to be told when nobody answers, and still sees the dates."""
    member = membership_of(rule.circle_id, rule.recipient_id)
    return rule.gets_escalations and member is not None and "see_dates" in member.rights


def may_be_told(rule: ReminderRule) -> bool:
    """Whether a reader is told anything at all."""
    return is_live(rule) or gets_escalations(rule)


def first_asked(circle: Circle) -> set[int]:
    """Whose answer is waited for: the patient's, else the keepers'."""
    if circle.patient_account_id is not None:
        return {circle.patient_account_id}
    return {m.account_id for m in circle.memberships if "keep_circle" in m.rights}


def membership_of(circle_id: int, account_id: int) -> Membership | None:
    """A person's place in a circle at this moment."""
    read: dict[tuple[int, int], Membership] | None = g.get("members_read")
    if read is not None and (circle_id, account_id) in read:
        return read[circle_id, account_id]
    query = sa.select(Membership).where(Membership.circle_id == circle_id, Membership.account_id == account_id)
    return db.session.scalars(query).first()


def stored_deliveries(circle_id: int, subjects: Subjects, now: datetime) -> list[Delivery]:
    """What is stored about these subjects, lately about others, and what is open about any subject of the circle."""
    days = [other.id for day in subjects.days for other in day.infusion.days]
    about = sa.or_(
        sa.and_(Delivery.subject_kind == INFUSION_DAY, Delivery.subject_id.in_(days)),
        sa.and_(Delivery.subject_kind == VISIT, Delivery.subject_id.in_([visit.id for visit in subjects.visits])),
        sa.and_(Delivery.subject_kind == DRIVE, Delivery.subject_id.in_([day.infusion_id for day in subjects.days])),
    )
    others = sa.and_(Delivery.subject_kind.in_(OTHERS), Delivery.due_at > now - OTHERS_BACK)
    query = sa.select(Delivery).where(
        Delivery.subject_kind.in_(SUBJECTS),
        Delivery.circle_id == circle_id,
        sa.or_(Delivery.state.in_(OPEN_STATES), Delivery.stage == CHANGED, about, others),
    )
    return list(db.session.scalars(query))


def told_before(change: Delivery) -> date | None:
    """The date that the reader of a message about a change was told before it."""
    query = sa.select(Delivery.due_slot).where(
        Delivery.subject_kind == change.subject_kind,
        Delivery.subject_id == change.subject_id,
        Delivery.recipient_id == change.recipient_id,
        deliveries.told(),
        Delivery.stage.in_(AHEAD),
        Delivery.due_slot != OFF_SLOT,
        Delivery.revision != change.revision,
    )
    slot = db.session.scalars(query.order_by(Delivery.settled_at.desc(), Delivery.id.desc()).limit(1)).first()
    return date.fromisoformat(slot[:10]) if slot else None


def visit_to_remind(visit: Visit) -> reminder_plan.DayToRemind:
    """A visit as the rules see it."""
    return reminder_plan.DayToRemind(
        day_id=visit.id,
        number=1,
        planned_on=visit.planned_on,
        tz=ZoneInfo(visit.tz),
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        state=visit.state,
        revision=visit.revision,
    )


def subject_of(kind: str, subject_id: int) -> InfusionDay | Visit | None:
    """The infusion day or visit that a message is about."""
    return db.session.get(Visit, subject_id) if kind == VISIT else db.session.get(InfusionDay, subject_id)


def is_off(subject: InfusionDay | Visit) -> bool:
    """Whether a date will not take place any more."""
    if isinstance(subject, Visit):
        return subject.is_cancelled
    return subject.infusion.cancelled_at is not None


def is_over(subject: InfusionDay | Visit) -> bool:
    """Whether somebody said what became of it: then nobody is told of a change."""
    return subject.is_answered if isinstance(subject, InfusionDay) else subject.state == VISIT_DONE


def as_rules_see(subject: InfusionDay | Visit) -> reminder_plan.DayToRemind:
    """An infusion day or visit for the rules."""
    return visit_to_remind(subject) if isinstance(subject, Visit) else _day_to_remind(subject)


def course_to_remind(infusion: Infusion) -> reminder_plan.CourseToRemind:
    """A course as the rules see it.

    The first one after a loading course may follow sooner than the interval says: the shorter of both counts.
    """
    regimen = infusion.regimen
    shortest = None
    if regimen is not None:
        shortest = Interval(regimen.interval_count, Unit(regimen.interval_unit)).shortest_days
        shortest = min(shortest, infusion.restart_gap_days or shortest)
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


def recipient_of(account: Account, lead_hours: int = 24) -> reminder_plan.Recipient:
    """A person as the rules see them."""
    return reminder_plan.Recipient(
        id=account.id,
        tz=ZoneInfo(account.tz),
        quiet_from=time.fromisoformat(account.quiet_from),
        quiet_to=time.fromisoformat(account.quiet_to),
        wakes_for_infusion=account.wakes_for_infusion,
        lead_hours=lead_hours,
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
        Delivery.subject_kind.in_((INFUSION_DAY, ESCALATION)),
        Delivery.subject_id == InfusionDay.id,
    )
    with across_circles("the signature says that this reader was sent this row"):
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


def is_open(day: InfusionDay, revision: int) -> bool:
    """Whether a day still waits for an answer, on the date that a message named."""
    return day.infusion.cancelled_at is None and not day.is_answered and day.revision == revision


def useful_until(day: InfusionDay, reader: Account, at: datetime) -> datetime:
    """How long asking about a day helps: until it begins, or as long as "did it happen?"."""
    begins_at = as_rules_see(day).begins_at
    return begins_at if begins_at > at else question_useful_until(day, reader)


def snooze_of(delivery: Delivery) -> Snooze | None:
    """When the reader of a message wants to be asked again."""
    return db.session.scalars(sa.select(Snooze).where(Snooze.delivery_id == delivery.id)).first()


def snoozes(circle: Circle, now: datetime) -> list[Snooze]:
    """The newest "Later" of each reader about each day, as long as it may matter."""
    query = (
        sa.select(Snooze)
        .join(Snooze.delivery)
        .where(Snooze.circle_id == circle.id, Snooze.remind_at > now - SNOOZES_BACK)
        .options(contains_eager(Snooze.delivery))
        .order_by(Snooze.created_at, Snooze.id)
    )
    return list({(s.delivery.subject_id, s.delivery.recipient_id): s for s in db.session.scalars(query)}.values())


def fresh_answers(circle: Circle, since: datetime) -> list[PlanChange]:
    """The answer that stands about each day, where it is new; said again by another form it is still the first."""
    query = (
        sa.select(PlanChange)
        .where(
            PlanChange.circle_id == circle.id,
            PlanChange.at > since,
            PlanChange.undone_at.is_(None),
            PlanChange.infusion_day_id.is_not(None),
        )
        .order_by(PlanChange.id)
    )
    standing: dict[int | None, PlanChange] = {}
    for change in db.session.scalars(query):
        before = standing.get(change.infusion_day_id)
        if before is None or before.verb != change.verb:
            standing[change.infusion_day_id] = change
    return [change for change in standing.values() if change.verb in ANSWERS]


def waiting_for(change: PlanChange) -> set[int]:
    """Who waits for this answer: they were asked the same before it, or told that nobody answers."""
    kinds = (INFUSION_DAY, ESCALATION)
    query = sa.select(Delivery).where(
        Delivery.subject_kind.in_(kinds),
        Delivery.subject_id == change.infusion_day_id,
        deliveries.told(),
        Delivery.settled_at < change.at + SECOND_THOUGHTS,
    )
    rows = [row for row in db.session.scalars(query) if row.recipient_id != change.account_id]
    return {row.recipient_id for row in rows if row.subject_kind == ESCALATION or _asked(row, change)}


def _asked(row: Delivery, change: PlanChange) -> bool:
    """Whether a message asked what the answer says, or told a date that is off, or still on, now."""
    if change.verb == "confirm":
        return row.stage in AHEAD
    return row.stage in (*QUESTIONS, LATER) or (change.verb == "skip" and row.stage in AHEAD)


def gathered_in(digest: Delivery) -> list[Delivery]:
    """The messages that became this digest, by due time."""
    return list(db.session.scalars(deliveries.gathered_in(digest).order_by(Delivery.due_at, Delivery.id)))


def circle_of_digest(digest: Delivery) -> Circle | None:
    """The circle that all messages of a digest are about; None where they are about several."""
    ids = {row.circle_id for row in gathered_in(digest)}
    return db.session.get(Circle, ids.pop()) if len(ids) == 1 else None


def name_of(account_id: int | None) -> str | None:
    """What a person is called."""
    account = db.session.get(Account, account_id) if account_id is not None else None
    return account.name if account is not None else None


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
