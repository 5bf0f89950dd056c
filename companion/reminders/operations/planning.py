"""What should be sent about infusion days, against what is stored."""

from collections.abc import Sequence
from datetime import datetime

from companion.circles.models import Circle
from companion.delivery import queries as deliveries
from companion.delivery.channels import EMAIL
from companion.delivery.models import CANCELLED, SUPERSEDED, Delivery
from companion.delivery.operations import Wanted, needs_reconciling, reconcile_deliveries
from companion.domain import reminder_plan
from companion.domain.escalation import ESCALATION
from companion.domain.home_reminders import PREPARATION, SUPPLY
from companion.domain.nudges import CHECK_IN
from companion.domain.reminder_plan import OFF_SLOT, STAGES
from companion.extensions import db
from companion.failpoints import failpoint
from companion.reminders import queries
from companion.reminders.models import INFUSIONS, VISITS, ReminderRule
from companion.reminders.operations.answered import wanted_answers
from companion.reminders.operations.changes import wanted_changes, without_what_changes_say
from companion.reminders.operations.drives import wanted_drives
from companion.reminders.operations.escalations import wanted_escalations
from companion.reminders.operations.home import wanted_preparations, wanted_supplies
from companion.reminders.operations.later import wanted_later
from companion.reminders.operations.nudges import wanted_nudges
from companion.reminders.operations.rules import ensure_default_rules
from companion.reminders.operations.ways import deliveries_of, reader_of
from companion.reminders.queries import ANSWER, DRIVE, Subjects

ENDS = {
    DRIVE: "somebody drives, or nobody has to",
    CHECK_IN: "checked in, or no nudge is wanted",
    PREPARATION: "nothing is open, or nobody wants to know",
    SUPPLY: "nothing runs low, or nobody wants to know",
    ESCALATION: "answered, or nobody is to be told",
    ANSWER: "taken back, or nobody waits for it",
}
"""Why a message is not wanted any more, for kinds that have one reason."""


def needs_planning(circle_id: int, subjects: Subjects, now: datetime) -> bool:
    """Whether `plan_deliveries` would change anything, given what the circle may have to be told."""
    circle = db.session.get_one(Circle, circle_id)
    if queries.missing_default_recipients(circle):
        return True
    stored = queries.stored_deliveries(circle_id, subjects, now)
    return needs_reconciling(_wanted(circle, subjects, stored, now), stored, now=now)


def plan_deliveries(circle_id: int, now: datetime) -> int:
    """Make the stored messages about a circle's dates those that are wanted; returns how many changed.

    Answered days, old dates and recipients who may not see dates any more lose what was not sent yet. Who was
    told a date that has changed since is told the new one.
    """
    circle = db.session.get_one(Circle, circle_id, populate_existing=True)
    ensure_default_rules(circle, now)
    subjects = queries.subjects_of([circle_id], now)[circle_id]
    stored = queries.stored_deliveries(circle_id, subjects, now)
    wanted = _wanted(circle, subjects, stored, now)
    failpoint("mid_plan")
    return reconcile_deliveries(wanted, stored, ending=lambda row: _end_of(row, now), now=now)


def _wanted(circle: Circle, subjects: Subjects, stored: Sequence[Delivery], now: datetime) -> list[Wanted]:
    rules, all_rules = queries.live_rules(circle), queries.rules_of(circle)
    changed = wanted_changes(circle, rules, stored, now)
    found = _wanted_dates(circle, subjects, rules, stored, now)
    told = _latest_told(stored)
    found = [one for one in found if _rank(one.stage) >= told.get(_about(one), 0)]
    found = [*without_what_changes_say(found, changed, stored), *changed]
    return [
        *found,
        *wanted_drives(circle, subjects, stored, now),
        *wanted_preparations(circle, subjects, rules, stored, now),
        *wanted_supplies(circle, rules, stored, now),
        *wanted_nudges(circle, rules, stored, now),
        *wanted_escalations(circle, subjects, all_rules, stored, now),
        *wanted_answers(circle, all_rules, stored, now),
        *wanted_later(circle, all_rules, found, stored, now),
    ]


def _wanted_dates(
    circle: Circle, subjects: Subjects, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """The stages of infusion days and visits."""
    courses = [queries.course_to_remind(infusion) for infusion in subjects.courses]
    visits = [queries.visit_to_remind(visit) for visit in subjects.visits]
    found = []
    for rule in rules:
        person = queries.recipient_of(rule.recipient, rule.lead_hours)
        planned = reminder_plan.plan(courses if rule.wants(INFUSIONS) else [], [person], now)
        if rule.wants(VISITS):
            planned += [one for visit in visits for one in reminder_plan.plan_visit(visit, person, now)]
        found += [way for one in planned for way in deliveries_of(one, reader_of(rule), circle, stored, now)]
    return found


Told = tuple[str, int, str, int, int, str]


def _about(one: Wanted | Delivery) -> Told:
    """Date, reader and channel. With its start: where a day was taken away, SQLite gives its number to another."""
    return one.subject_kind, one.subject_id, one.due_slot, one.recipient_id, one.revision, one.channel


def _rank(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else 0


def _latest_told(stored: Sequence[Delivery]) -> dict[Told, int]:
    """The latest stage that each reader has got about each date: a clock set back makes no earlier one useful."""
    told: dict[Told, int] = {}
    for row in stored:
        if deliveries.is_told(row):
            told[_about(row)] = max(told.get(_about(row), 0), _rank(row.stage))
    return told


def _end_of(row: Delivery, now: datetime) -> tuple[str, str]:
    """The state and reason of a message that is not wanted any more."""
    if row.subject_kind in ENDS:
        return CANCELLED, ENDS[row.subject_kind]
    subject = queries.subject_of(row.subject_kind, row.subject_id)
    if subject is None or (queries.is_off(subject) and row.due_slot != OFF_SLOT):
        return CANCELLED, "not planned any more"
    if queries.is_over(subject):
        return CANCELLED, "answered"
    if row.revision != subject.revision:
        return SUPERSEDED, "date or time changed"
    rule = db.session.get(ReminderRule, row.rule_id)
    if rule is None or not queries.is_live(rule) or not rule.wants(row.subject_kind):
        return CANCELLED, "not for this reader any more"
    if not deliveries.leads_to_reader(row) or (row.channel == EMAIL and row.due_at > now):
        return CANCELLED, "not by this way any more"
    return SUPERSEDED, "another message says it"
