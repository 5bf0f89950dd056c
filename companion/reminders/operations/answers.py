"""What a tap on an answer link does. The token is the proof; the reader of the mail is the one who answers."""

from datetime import date, datetime, timedelta

from companion.infusions import operations as infusions
from companion.infusions.models import PlanChange
from companion.infusions.operations import ChangeCannotBeUndone
from companion.infusions.words import SKIP_WORDS
from companion.reminders import queries
from companion.reminders.queries import UNDO_MINUTES, AnswerLink


class LinkIsGone(Exception):
    """The link is too old, its day is not planned any more, or its reader may not answer any more."""


class UndoIsOver(Exception):
    """The time for Undo has passed, or something changed since."""


def check_link(link: AnswerLink, now: datetime) -> None:
    """Raises LinkIsGone where the link must not do anything any more."""
    member = queries.membership_of(link.day.circle_id, link.reader.id)
    may_answer = member is not None and "answer" in member.rights
    if now >= link.valid_until or not may_answer or link.day.infusion.cancelled_at is not None:
        raise LinkIsGone


def answer_done(link: AnswerLink, now: datetime) -> PlanChange:
    """The day took place as planned. Raises LinkIsGone, DayAlreadyAnswered, DayIsAhead, NoRoom."""
    check_link(link, now)
    if queries.is_ahead(link.day, now):
        raise infusions.DayIsAhead(link.day.planned_on.isoformat())
    return infusions.record_day_done(link.day, account=link.reader, delivery_id=link.delivery.id, now=now)


def answer_still_on(link: AnswerLink, now: datetime) -> PlanChange:
    """The day stays as it is planned. Raises LinkIsGone, DayAlreadyAnswered."""
    check_link(link, now)
    return infusions.confirm_day(link.day, account=link.reader, delivery_id=link.delivery.id, now=now)


def answer_moved(link: AnswerLink, to_on: date, now: datetime) -> PlanChange:
    """The day has a new date. Raises LinkIsGone, DayAlreadyAnswered, NoRoom."""
    check_link(link, now)
    return infusions.move_day(link.day, to_on=to_on, account=link.reader, delivery_id=link.delivery.id, now=now)


def answer_skipped(link: AnswerLink, reason: str | None, now: datetime) -> PlanChange:
    """The day does not take place. Raises LinkIsGone, DayAlreadyAnswered."""
    check_link(link, now)
    known = reason if reason in SKIP_WORDS else None
    return infusions.skip_day(link.day, reason=known, account=link.reader, delivery_id=link.delivery.id, now=now)


def undo_answer(link: AnswerLink, change: PlanChange, now: datetime) -> None:
    """Take back an answer given by this link. Raises UndoIsOver after 10 minutes or when something changed since."""
    if now >= undo_until(change):
        raise UndoIsOver
    try:
        infusions.undo_change(change, now=now)
    except ChangeCannotBeUndone as error:
        raise UndoIsOver from error


def undo_until(change: PlanChange) -> datetime:
    """Until when an answer can be taken back by its link."""
    return change.at + timedelta(minutes=UNDO_MINUTES)
