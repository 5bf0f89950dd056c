"""Who was told a date is told when it changes: one message, a few minutes after the change."""

from collections.abc import Sequence
from datetime import datetime

from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted
from companion.delivery.queries import is_told
from companion.domain import reminder_plan
from companion.domain.reminder_plan import CHANGED, OFF_SLOT, QUESTIONS, SECOND_THOUGHTS
from companion.reminders import queries
from companion.reminders.models import ReminderRule
from companion.reminders.operations.ways import deliveries_of, reader_of


def wanted_changes(
    circle: Circle, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """The messages about dates that changed, or are off, since their readers were told."""
    by_reader = {rule.recipient_id: rule for rule in rules}
    found = []
    for row in queries.told_ahead(circle.id, now):
        rule = by_reader.get(row.recipient_id)
        if rule is None or not rule.wants(row.subject_kind):
            continue
        if (one := _change_of(row, rule, stored, now)) is not None:
            found += deliveries_of(one, reader_of(rule), circle, stored, now)
    return found


def _change_of(
    row: Delivery, rule: ReminderRule, stored: Sequence[Delivery], now: datetime
) -> reminder_plan.Wanted | None:
    subject = queries.subject_of(row.subject_kind, row.subject_id)
    if subject is None or queries.is_over(subject):
        return None
    person, seen = queries.recipient_of(rule.recipient), queries.as_rules_see(subject)
    slot = OFF_SLOT if queries.is_off(subject) else seen.slot
    known = next((other.due_at for other in stored if _is_change(other, row, seen.revision, slot)), None)
    if slot == OFF_SLOT:
        return reminder_plan.off_notice(
            seen, person, told_slot=row.due_slot, known_due_at=known, now=now, kind=row.subject_kind
        )
    return reminder_plan.changed_notice(
        seen, person, told_slot=row.due_slot, known_due_at=known, now=now, kind=row.subject_kind
    )


def _is_change(other: Delivery, told: Delivery, revision: int, slot: str) -> bool:
    same = (other.subject_kind, other.subject_id, other.recipient_id)
    about = (told.subject_kind, told.subject_id, told.recipient_id)
    return other.stage == CHANGED and same == about and (other.revision, other.due_slot) == (revision, slot)


def without_what_changes_say(
    found: Sequence[Wanted], changed: Sequence[Wanted], stored: Sequence[Delivery]
) -> list[Wanted]:
    """Leave out what a message about a change tells, or has told, at about the same time."""
    said = {_of(one): one.due_at for one in changed}
    said |= {_of(row): row.settled_at or row.due_at for row in stored if _was_told(row)}
    return [one for one in found if one.stage in QUESTIONS or not _is_said(one, said)]


def _is_said(one: Wanted, said: dict[tuple[str, int, int, int], datetime]) -> bool:
    at = said.get(_of(one))
    return at is not None and one.due_at <= at + SECOND_THOUGHTS


def _was_told(row: Delivery) -> bool:
    return row.stage == CHANGED and is_told(row)


def _of(one: Wanted | Delivery) -> tuple[str, int, int, int]:
    return one.subject_kind, one.subject_id, one.recipient_id, one.revision
