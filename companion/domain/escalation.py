"""Nobody answers: when a caregiver is told, in waking hours of the patient, and until when that helps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from companion.domain.reminder_plan import DayToRemind, Recipient, Wanted, next_quiet, out_of_quiet, quiet_window

ESCALATION = "escalation"
NO_ANSWER, NO_ANSWER_AFTER, UNREACHABLE = "no_answer", "no_answer_after", "unreachable"
ESCALATIONS: frozenset[str] = frozenset({NO_ANSWER, NO_ANSWER_AFTER, UNREACHABLE})
HOURS = range(1, 25)
"""Waking hours that a patient may choose."""
UNREACHABLE_AHEAD = timedelta(days=8)
"""Caregivers hear of it when a day so near ahead can be told to nobody: the week before has begun."""
_SOONEST = timedelta(hours=1)
_WAKES_WITHIN = timedelta(hours=12)


@dataclass(frozen=True)
class Asked:
    """A question that the patient got at a time and that nobody has answered. `stage` is what caregivers get,
    `until` how long that helps."""

    day: DayToRemind
    infusion_id: int
    stage: str
    at: datetime
    until: datetime


def waking_hours_after(start: datetime, hours: int, person: Recipient, until: datetime) -> datetime | None:
    """The moment so many hours outside a person's quiet hours after the start; None when that is after `until`."""
    left, at = timedelta(hours=hours), start
    while at < until:
        window = quiet_window(at, person)
        if window is not None:
            at = window[1]
            continue
        quiet = next_quiet(at, person)
        if at + left <= quiet:
            return at + left if at + left < until else None
        left, at = left - (quiet - at), quiet
    return None


def plan_escalation(
    asked: Asked, caregiver: Recipient, *, patient: Recipient, hours: int, now: datetime
) -> Wanted | None:
    """The message to a caregiver that nobody has answered; None where it is too late for it.

    It waits so many waking hours of the patient, and out of the caregiver's quiet hours; where only a time before
    these is left, it comes an hour after the question at the soonest, or not at all.
    """
    due_at = waking_hours_after(asked.at, hours, patient, asked.until)
    if due_at is None:
        return None
    wakes = caregiver.wakes_for_infusion and timedelta(0) <= asked.day.begins_at - due_at <= _WAKES_WITHIN
    if not wakes:
        due_at = out_of_quiet(due_at, asked.until, caregiver)
    if due_at < asked.at + _SOONEST or asked.until <= now:
        return None
    return _told(asked.day, asked.infusion_id, asked.stage, caregiver, due_at, asked.until)


def plan_unreachable(
    day: DayToRemind, infusion_id: int, caregiver: Recipient, *, known_due_at: datetime | None, now: datetime
) -> Wanted | None:
    """The message that no way leads to the patient any more: at once, out of quiet hours, while the day is ahead.

    `known_due_at` is the due time of the message where it is planned already: it stays.
    """
    until = day.begins_at
    if until <= now or until - now > UNREACHABLE_AHEAD:
        return None
    due_at = known_due_at or out_of_quiet(now, until, caregiver)
    return _told(day, infusion_id, UNREACHABLE, caregiver, due_at, until)


def _told(
    day: DayToRemind, infusion_id: int, stage: str, caregiver: Recipient, due_at: datetime, until: datetime
) -> Wanted:
    return Wanted(
        subject_kind=ESCALATION,
        subject_id=day.day_id,
        infusion_id=infusion_id,
        stage=stage,
        begins_at=day.begins_at,
        due_at=due_at,
        due_slot=day.slot,
        useful_until=until,
        recipient_id=caregiver.id,
        revision=day.revision,
    )
