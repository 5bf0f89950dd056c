"""Reads of what was told about one infusion: to whom, how, what became of it, and who answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from companion.accounts.models import Account
from companion.circles.models import Circle, Membership
from companion.delivery.channels import PUSH
from companion.delivery.models import CANCELLED, IN_DIGEST, SUPERSEDED, SUPPRESSED, Delivery, PushSubscription
from companion.domain.escalation import ESCALATION
from companion.extensions import db
from companion.infusions.models import Infusion, InfusionDay, PlanChange
from companion.messages.models import CopiedMessage
from companion.reminders.queries import ANSWER, DRIVE, INFUSION_DAY

ABOUT_A_DAY = (INFUSION_DAY, ESCALATION)
"""Kinds of messages whose subject is an infusion day."""
ANSWERS = ("done", "partial", "skip", "confirm", "move")
"""Changes of the plan that say what became of a day, or will."""
TAKEN_BACK = (SUPERSEDED, CANCELLED, SUPPRESSED)


@dataclass(frozen=True, slots=True)
class Told:
    """One message to one reader by one way. `reader_id` is None for somebody who has left the circle."""

    delivery: Delivery
    reader_id: int | None
    reader: str | None
    device: str | None = None

    @property
    def stage(self) -> str:
        """The stage that its words are about; an answer that others gave has one of its own."""
        return ANSWER if self.delivery.subject_kind == ANSWER else self.delivery.stage


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody said about a day. `by_id` is None where they have left the circle, or nobody signed."""

    change: PlanChange
    by_id: int | None
    by: str | None
    channel: str | None


@dataclass(slots=True)
class DayHistory:
    """One day: its answers, newest first; its messages by stage, newest stage first; those that were not needed."""

    day: InfusionDay
    answers: list[Answered] = field(default_factory=list)
    stages: dict[str, list[Told]] = field(default_factory=dict)
    taken_back: list[Told] = field(default_factory=list)
    copied: list[CopiedMessage] = field(default_factory=list)


def history_of(infusion: Infusion) -> list[DayHistory]:
    """Everything that was planned to be told about a course, and every answer; the same few reads for any length."""
    days = {day.id: DayHistory(day) for day in infusion.days}
    names = names_in(infusion.circle_id)
    changes = _answers(infusion)
    rows = _deliveries(infusion, list(days), [change.id for change in changes])
    channels = {row.id: row.channel for row in rows}
    for change in changes:
        by = names.get(change.account_id or 0)
        known = change.account_id if change.account_id in names else None
        channel = channels.get(change.delivery_id or 0)
        days[change.infusion_day_id or 0].answers.append(Answered(change, known, by, channel))
    day_of_change = {change.id: change.infusion_day_id for change in changes}
    for copied in _copied(list(days)):
        days[copied.infusion_day_id].copied.append(copied)
    devices = _device_names(rows)
    for row in rows:
        history = days[_day_of(row, infusion, day_of_change)]
        _sort_in(history, _told(row, names, devices))
    return list(days.values())


def names_in(circle_id: int) -> dict[int, str | None]:
    """The name of each member of a circle, by account."""
    query = sa.select(Membership).where(Membership.circle_id == circle_id).options(joinedload(Membership.account))
    return {member.account_id: member.account.name for member in db.session.scalars(query)}


def others_in(circle_id: int, viewer: Account) -> dict[str, Account]:
    """The other members of a circle, the patient first, by public id."""
    query = (
        sa.select(Account, Circle.patient_account_id)
        .join(Membership, Membership.account_id == Account.id)
        .join(Circle, Circle.id == Membership.circle_id)
        .where(Membership.circle_id == circle_id, Account.id != viewer.id)
        .order_by(Membership.id)
    )
    found = db.session.execute(query).all()
    return {account.public_id: account for account, patient in sorted(found, key=lambda row: row[0].id != row[1])}


def _copied(day_ids: Sequence[int]) -> Sequence[CopiedMessage]:
    query = sa.select(CopiedMessage).where(CopiedMessage.infusion_day_id.in_(day_ids))
    query = query.options(
        joinedload(CopiedMessage.sender),
        joinedload(CopiedMessage.for_account),
        joinedload(CopiedMessage.change),
        selectinload(CopiedMessage.changes_after),
    )
    return db.session.scalars(query.order_by(CopiedMessage.id.desc())).all()


def _answers(infusion: Infusion) -> Sequence[PlanChange]:
    query = sa.select(PlanChange).where(
        PlanChange.circle_id == infusion.circle_id,
        PlanChange.infusion_day_id.in_([day.id for day in infusion.days]),
        PlanChange.verb.in_(ANSWERS),
    )
    return db.session.scalars(query.order_by(PlanChange.at.desc(), PlanChange.id.desc())).all()


def _deliveries(infusion: Infusion, day_ids: Sequence[int], change_ids: Sequence[int]) -> Sequence[Delivery]:
    """Newest first, by the time they are or were due."""
    about = sa.or_(
        sa.and_(Delivery.subject_kind.in_(ABOUT_A_DAY), Delivery.subject_id.in_(day_ids)),
        sa.and_(Delivery.subject_kind == DRIVE, Delivery.subject_id == infusion.id),
        sa.and_(Delivery.subject_kind == ANSWER, Delivery.subject_id.in_(change_ids)),
    )
    query = sa.select(Delivery).where(Delivery.circle_id == infusion.circle_id, about)
    return db.session.scalars(query.order_by(Delivery.due_at.desc(), Delivery.recipient_id, Delivery.id)).all()


def _device_names(rows: Iterable[Delivery]) -> dict[int, str]:
    ids = {row.address_id for row in rows if row.channel == PUSH}
    if not ids:
        return {}
    query = sa.select(PushSubscription.id, PushSubscription.device_name).where(PushSubscription.id.in_(ids))
    return {row.id: row.device_name for row in db.session.execute(query)}


def _day_of(row: Delivery, infusion: Infusion, day_of_change: Mapping[int, int | None]) -> int:
    """The day that a message belongs to; what is about the whole course stands with its first day."""
    if row.subject_kind == DRIVE:
        return infusion.days[0].id
    if row.subject_kind == ANSWER:
        return day_of_change[row.subject_id] or infusion.days[0].id
    return row.subject_id


def _told(row: Delivery, names: Mapping[int, str | None], devices: Mapping[int, str]) -> Told:
    device = devices.get(row.address_id) if row.channel == PUSH else None
    known = row.recipient_id if row.recipient_id in names else None
    return Told(row, known, names.get(row.recipient_id), device)


def _sort_in(history: DayHistory, told: Told) -> None:
    if told.delivery.state in TAKEN_BACK and told.delivery.reason != IN_DIGEST:
        history.taken_back.append(told)
    else:
        history.stages.setdefault(told.stage, []).append(told)
