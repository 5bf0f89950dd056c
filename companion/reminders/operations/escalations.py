"""Nobody answers, or nothing reaches the patient: the caregivers who were chosen for it are told.

An unanswered day stays unknown. Nothing here calls it missed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flask_babel import gettext as _

from companion.circles.models import Circle
from companion.delivery.models import CANCELLED, EXPIRED, FAILED, SUPERSEDED, SUPPRESSED, Delivery
from companion.delivery.operations import Wanted
from companion.delivery.queries import is_told
from companion.domain.escalation import (
    ESCALATION,
    NO_ANSWER,
    NO_ANSWER_AFTER,
    UNREACHABLE,
    Asked,
    plan_escalation,
    plan_unreachable,
)
from companion.domain.reminder_plan import AHEAD, DAY_BEFORE, QUESTIONS
from companion.extensions import db
from companion.formatting import weekday_date
from companion.infusions.models import InfusionDay
from companion.reminders import queries
from companion.reminders.models import FULL, INFUSIONS, ReminderRule
from companion.reminders.operations.messages import Letter, Words, answer_page, red_flags, when_words
from companion.reminders.operations.ways import deliveries_of, has_a_way, reader_of
from companion.reminders.queries import INFUSION_DAY, Subjects


def wanted_escalations(
    circle: Circle, subjects: Subjects, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """The messages to caregivers about days that nobody has answered. `rules`: also those that are off."""
    first_asked = queries.first_asked(circle)
    caregivers = [rule for rule in rules if rule.recipient_id not in first_asked and queries.gets_escalations(rule)]
    own = [rule for rule in rules if rule.recipient_id in first_asked and _asks(rule)]
    if not caregivers or not own:
        return []
    patient, hours = queries.recipient_of(own[0].recipient), own[0].escalate_after_hours
    found = []
    for rule in caregivers:
        person = queries.recipient_of(rule.recipient)
        for asked in _unanswered(subjects, own, stored):
            one = plan_escalation(asked, person, patient=patient, hours=hours, now=now)
            found += deliveries_of(one, reader_of(rule), circle, stored, now) if one else []
        for day in _untold(subjects, own, stored, now):
            known = next((row.due_at for row in stored if _is_about(row, day, rule)), None)
            seen = queries.as_rules_see(day)
            one = plan_unreachable(seen, day.infusion_id, person, known_due_at=known, now=now)
            found += deliveries_of(one, reader_of(rule), circle, stored, now) if one else []
    return found


def escalation_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """Nobody has answered, or nothing reaches the patient; None once somebody answered, or the date is another."""
    day, rule = db.session.get(InfusionDay, delivery.subject_id), db.session.get(ReminderRule, delivery.rule_id)
    if day is None or rule is None or not queries.gets_escalations(rule):
        return None
    is_over = day.is_answered or day.infusion.cancelled_at is not None or day.revision != delivery.revision
    if is_over or (delivery.stage == NO_ANSWER and day.confirmed_at is not None):
        return None
    words = _words(delivery.stage, day, rule, now)
    return Letter(words, rule.privacy, answer_page(delivery, day))


def _words(stage: str, day: InfusionDay, rule: ReminderRule, now: datetime) -> Words:
    name = rule.circle.shown_name or _("The patient")
    unreachable, after = stage == UNREACHABLE, stage == NO_ANSWER_AFTER
    if unreachable:
        lead = _("Our messages do not reach %(name)s at the moment.", name=name)
        subject = _("Messages do not arrive")
    else:
        lead = _("%(name)s has not answered yet.", name=name)
        subject = lead if rule.privacy == FULL else _("Nobody has answered yet")
    known = _("It is not known whether it took place.") if after else _("Please ask, or pass the date on.")
    return Words(
        subject=subject,
        lead=lead,
        when=weekday_date(day.planned_on) if after else when_words(day, rule.recipient, now),
        facts=[known, no_emergency_service()],
        ask=_("Do you know more? Your answer counts too."),
        button=_("See it and answer"),
        red_flags=red_flags() if after else [],
    )


def no_emergency_service() -> str:
    """What every such message says, so that nobody waits for help from here."""
    return str(_("This app is no emergency service. Are you worried? Call yourself."))


def _unanswered(subjects: Subjects, own: Sequence[ReminderRule], stored: Sequence[Delivery]) -> Iterator[Asked]:
    """Open days about which the patient was asked, with the time of the first way that took the question over."""
    for day in subjects.days:
        seen = queries.as_rules_see(day)
        before = _told_at(day, own, stored, (DAY_BEFORE,))
        if before and day.confirmed_at is None:
            yield Asked(seen, day.infusion_id, NO_ANSWER, min(before)[0], seen.begins_at)
        after = _told_at(day, own, stored, tuple(QUESTIONS))
        if after:
            yield Asked(seen, day.infusion_id, NO_ANSWER_AFTER, min(after)[0], max(until for _at, until in after))


def _told_at(
    day: InfusionDay, own: Sequence[ReminderRule], stored: Sequence[Delivery], stages: tuple[str, ...]
) -> list[tuple[datetime, datetime]]:
    readers = {rule.recipient_id for rule in own}
    return [
        (row.settled_at, row.useful_until)
        for row in stored
        if _is_of_day(row, day) and row.stage in stages and row.recipient_id in readers and is_told(row)
        if row.settled_at is not None
    ]


def _untold(
    subjects: Subjects, own: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> Iterator[InfusionDay]:
    """Days ahead of which the patient cannot be told: no way is left, or the last message about it failed on each."""
    silent = not any(has_a_way(reader_of(rule)) for rule in own)
    readers = {rule.recipient_id for rule in own}
    for day in subjects.days:
        rows = [
            row
            for row in stored
            if _is_of_day(row, day) and row.stage in AHEAD and row.recipient_id in readers and row.due_at <= now
        ]
        last = max((row.due_at for row in rows), default=None)
        states = {row.state for row in rows if row.due_at == last and not _was_taken_back(row)}
        if silent or (states and states <= {FAILED, EXPIRED}):
            yield day


def _was_taken_back(row: Delivery) -> bool:
    """Whether a message ended before it was sent, as one of a way that its reader has stopped: it says nothing."""
    return row.state in (CANCELLED, SUPPRESSED) or (row.state == SUPERSEDED and not is_told(row))


def _is_of_day(row: Delivery, day: InfusionDay) -> bool:
    return (row.subject_kind, row.subject_id, row.revision) == (INFUSION_DAY, day.id, day.revision)


def _is_about(row: Delivery, day: InfusionDay, rule: ReminderRule) -> bool:
    about = (ESCALATION, UNREACHABLE, day.id, day.revision, rule.recipient_id)
    return (row.subject_kind, row.stage, row.subject_id, row.revision, row.recipient_id) == about


def _asks(rule: ReminderRule) -> bool:
    return queries.is_live(rule) and rule.wants(INFUSIONS)
