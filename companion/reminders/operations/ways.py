"""Which ways a wanted reminder takes to its reader: devices first, mail where no device is sure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.delivery import queries as deliveries
from companion.delivery.channels import PUSH
from companion.delivery.models import FAILED, OPEN_STATES, Delivery
from companion.delivery.operations import Wanted, config
from companion.delivery.queries import Way
from companion.domain import reminder_plan
from companion.domain.escalation import ESCALATIONS
from companion.domain.reminder_plan import CHANGED, NOBODY_DRIVES
from companion.reminders.models import MAIL_ALWAYS, MAIL_BACKUP, MAIL_NEVER, ReminderRule

BY_EVERY_WAY_WITHIN = timedelta(hours=48)
"""A change of a date, old or new, or that nobody answers, so close ahead goes by push and mail."""
PRESSING = frozenset({CHANGED, NOBODY_DRIVES, *ESCALATIONS})
FAILURES_BEFORE_MAIL = 2
PRIORITIES = {"infusion_day": 0, "escalation": 0, "drive": 0, "check_in": 2}
"""What is most pressing goes first; all other kinds are 1."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person to tell, and the ways they chose."""

    account: Account
    rule_id: int = 0
    by_push: bool = True
    by_hook: bool = False
    mail: str = MAIL_BACKUP


def reader_of(rule: ReminderRule, account: Account | None = None) -> Reader:
    """The reader of a rule; `account` where the rule is not stored yet."""
    return Reader(account or rule.recipient, rule.id, rule.by_push, rule.by_hook, rule.mail)


def deliveries_of(
    one: reminder_plan.Wanted, reader: Reader, circle: Circle, stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """A wanted reminder as one message for each way that it takes."""
    return [_delivery(one, reader, circle, way) for way in ways_of(one, reader, stored, now)]


def ways_of(one: reminder_plan.Wanted, reader: Reader, stored: Sequence[Delivery], now: datetime) -> list[Way]:
    """Every device that is open; the operator's service where chosen; mail where the reader wants it always,
    where no device has shown it or is sure to, where it failed twice on a device, or for a change within two days;
    never mail where the reader has stopped it."""
    devices = deliveries.open_subscriptions(reader.account.id) if reader.by_push else []
    ways = [deliveries.push_way(device) for device in devices]
    if reader.by_hook and config().webhook_url:
        ways.append(deliveries.hook_way())
    sure = any(deliveries.is_confirmed(device, now) for device in devices) or _was_shown(one, stored)
    needs_mail = not sure or reader.mail == MAIL_ALWAYS or _is_pressing(one, now) or _fails_on_a_device(one, stored)
    mail = deliveries.mail_way(reader.account.id) if needs_mail and reader.mail != MAIL_NEVER else None
    return [*ways, mail] if mail else ways


def has_a_way(reader: Reader) -> bool:
    """Whether any message can reach this person at all."""
    devices = deliveries.open_subscriptions(reader.account.id) if reader.by_push else []
    by_hook = reader.by_hook and bool(config().webhook_url)
    by_mail = reader.mail != MAIL_NEVER and deliveries.mail_way(reader.account.id) is not None
    return bool(devices) or by_hook or by_mail


def _is_pressing(one: reminder_plan.Wanted, now: datetime) -> bool:
    ahead = [at - now for at in (one.begins_at, one.was_at) if at is not None and at > now]
    return one.stage in PRESSING and any(each <= BY_EVERY_WAY_WITHIN for each in ahead)


def _fails_on_a_device(one: reminder_plan.Wanted, stored: Sequence[Delivery]) -> bool:
    """Whether this very message was refused by a device's push service for good, or failed there twice so far."""
    about = one.subject_kind, one.subject_id, one.stage, one.due_slot, one.recipient_id, one.revision
    return any(
        row.channel == PUSH and about == _about(row) and (row.state == FAILED or _failed_twice(row)) for row in stored
    )


def _was_shown(one: reminder_plan.Wanted, stored: Sequence[Delivery]) -> bool:
    """Whether a device said that it showed this very message: then it need not come again by mail."""
    about = one.subject_kind, one.subject_id, one.stage, one.due_slot, one.recipient_id, one.revision
    return any(row.confirmed_at is not None and about == _about(row) for row in stored)


def _failed_twice(row: Delivery) -> bool:
    return row.state in OPEN_STATES and row.attempt >= FAILURES_BEFORE_MAIL


def _about(row: Delivery) -> tuple[str, int, str, str, int, int]:
    return row.subject_kind, row.subject_id, row.stage, row.due_slot, row.recipient_id, row.revision


def _delivery(one: reminder_plan.Wanted, reader: Reader, circle: Circle, way: Way) -> Wanted:
    return Wanted(
        subject_kind=one.subject_kind,
        subject_id=one.subject_id,
        stage=one.stage,
        due_slot=one.due_slot,
        recipient_id=one.recipient_id,
        channel=way.channel,
        address_id=way.address_id,
        due_at=one.due_at,
        useful_until=one.useful_until,
        rule_id=reader.rule_id,
        revision=one.revision,
        circle_id=circle.id,
        provider=way.provider,
        priority=PRIORITIES.get(one.subject_kind, 1),
    )
