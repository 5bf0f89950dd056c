""" "Later" on an answer page: kept, planned as a message of its own, and ended by any answer. It is no answer."""

from collections.abc import Sequence
from datetime import UTC, datetime

from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted
from companion.domain import reminder_plan
from companion.domain.snoozes import LATER, times_to_choose
from companion.extensions import db
from companion.infusions.models import InfusionDay
from companion.reminders import queries
from companion.reminders.models import ReminderRule, Snooze
from companion.reminders.operations.answers import check_link
from companion.reminders.operations.ways import deliveries_of, reader_of
from companion.reminders.queries import INFUSION_DAY, AnswerLink


class NotAChoice(ValueError):
    """The time is not offered: it is over, or the question would have lost its use."""


def choices(link: AnswerLink, now: datetime) -> dict[str, datetime]:
    """When the reader of a link may be asked again."""
    until = queries.useful_until(link.day, link.reader, now)
    return times_to_choose(now, until, queries.recipient_of(link.reader))


def remind_later(link: AnswerLink, choice: str, now: datetime) -> Snooze:
    """Ask the reader of this link again at the chosen time, in place of a time chosen before.

    Raises LinkIsGone, NotAChoice.
    """
    check_link(link, now)
    remind_at = choices(link, now).get(choice)
    if remind_at is None:
        raise NotAChoice(choice)
    snooze = queries.snooze_of(link.delivery)
    if snooze is None:
        snooze = Snooze(circle_id=link.day.circle_id, delivery_id=link.delivery.id)
        db.session.add(snooze)
    snooze.remind_at, snooze.created_at = remind_at, now
    db.session.flush()
    return snooze


def forget_later(link: AnswerLink) -> None:
    """Do not ask again at the chosen time after all."""
    snooze = queries.snooze_of(link.delivery)
    if snooze is not None:
        db.session.delete(snooze)
        db.session.flush()


def wanted_later(
    circle: Circle,
    rules: Sequence[ReminderRule],
    others: Sequence[Wanted],
    stored: Sequence[Delivery],
    now: datetime,
) -> list[Wanted]:
    """The messages that readers asked for, unless somebody answered since or a newer stage says the same.

    `rules`: also those that are off. `others`: what else is wanted.
    """
    by_reader = {rule.recipient_id: rule for rule in rules if queries.may_be_told(rule)}
    found = []
    for snooze in queries.snoozes(circle, now):
        rule = by_reader.get(snooze.delivery.recipient_id)
        one = _planned(snooze, rule, now) if rule else None
        if rule is None or one is None or any(_says_it(other, one, now) for other in others):
            continue
        found += deliveries_of(one, reader_of(rule), circle, stored, now)
    return found


def _planned(snooze: Snooze, rule: ReminderRule, now: datetime) -> reminder_plan.Wanted | None:
    day = db.session.get(InfusionDay, snooze.delivery.subject_id)
    if day is None or not queries.is_open(day, snooze.delivery.revision):
        return None
    if day.confirmed_at is not None and day.confirmed_at > snooze.created_at:
        return None
    seen, until = queries.as_rules_see(day), queries.useful_until(day, rule.recipient, snooze.created_at)
    if until <= now or snooze.remind_at >= until:
        return None
    return reminder_plan.Wanted(
        subject_kind=INFUSION_DAY,
        subject_id=day.id,
        infusion_id=day.infusion_id,
        stage=LATER,
        begins_at=seen.begins_at,
        due_at=snooze.remind_at,
        due_slot=f"{snooze.remind_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        useful_until=until,
        recipient_id=rule.recipient_id,
        revision=day.revision,
    )


def _says_it(other: Wanted, one: reminder_plan.Wanted, now: datetime) -> bool:
    """Whether a later stage about the same day is due as well: the latest stage is enough."""
    same = (other.subject_kind, other.subject_id, other.recipient_id)
    about = (one.subject_kind, one.subject_id, one.recipient_id)
    return same == about and one.due_at <= other.due_at <= now
