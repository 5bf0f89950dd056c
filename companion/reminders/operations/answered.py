"""One answer is enough: who was asked too, or was told that nobody answers, hears who answered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _

from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted, page_url
from companion.domain import reminder_plan
from companion.domain.reminder_plan import SECOND_THOUGHTS, out_of_quiet
from companion.extensions import db
from companion.formatting import weekday_date
from companion.infusions.models import InfusionDay, PlanChange
from companion.reminders import queries
from companion.reminders.models import FULL, ReminderRule
from companion.reminders.operations.messages import Letter, Words, about_whom
from companion.reminders.operations.ways import deliveries_of, reader_of
from companion.reminders.queries import ANSWER

USEFUL = timedelta(hours=72)
"""As long as the question itself."""


def wanted_answers(
    circle: Circle, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """One message to everyone who waits for an answer that another one gave, a few minutes after it.

    `rules`: also those that are off. An answer that was taken back tells nobody.
    """
    found = []
    for change in queries.fresh_answers(circle, now - USEFUL):
        waiting = queries.waiting_for(change)
        for rule in rules:
            if rule.recipient_id in waiting and queries.may_be_told(rule):
                one = _planned(change, rule)
                found += deliveries_of(one, reader_of(rule), circle, stored, now)
    return found


def _planned(change: PlanChange, rule: ReminderRule) -> reminder_plan.Wanted:
    day = db.session.get_one(InfusionDay, change.infusion_day_id)
    person, until = queries.recipient_of(rule.recipient), change.at + USEFUL
    return reminder_plan.Wanted(
        subject_kind=ANSWER,
        subject_id=change.id,
        infusion_id=day.infusion_id,
        stage=change.verb,
        begins_at=change.at,
        due_at=out_of_quiet(change.at + SECOND_THOUGHTS, until, person),
        due_slot=day.planned_on.isoformat(),
        useful_until=until,
        recipient_id=rule.recipient_id,
        revision=0,
    )


def answer_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """Who answered, and what; None when it was taken back or answered otherwise."""
    change, rule = db.session.get(PlanChange, delivery.subject_id), db.session.get(ReminderRule, delivery.rule_id)
    if change is None or rule is None or not queries.may_be_told(rule):
        return None
    day = db.session.get(InfusionDay, change.infusion_day_id)
    latest = queries.last_change(day) if day is not None else None
    if change.undone_at is not None or day is None or latest is None or latest.verb != change.verb:
        return None
    words = Words(
        subject=_said(change) if rule.privacy == FULL else _("Somebody has answered"),
        lead=_said(change) if rule.privacy == FULL else _answered(change),
        when=weekday_date(day.planned_on),
        facts=about_whom(rule.circle, rule.recipient_id),
        ask=_("Open the page to see it."),
        button=_("See it"),
    )
    link = page_url("infusions.show", public_id=day.infusion.public_id)
    return Letter(words, rule.privacy, link, urgent=False)


def _answered(change: PlanChange) -> str:
    name = queries.name_of(change.account_id)
    if name is None:
        return str(_("Somebody has answered. You need not do anything."))
    return str(_("%(name)s has answered. You need not do anything.", name=name))


def _said(change: PlanChange) -> str:
    name = queries.name_of(change.account_id) or _("Somebody")
    said = {
        "done": _("%(name)s answered: the infusion took place.", name=name),
        "partial": _("%(name)s answered: a part was given.", name=name),
        "confirm": _("%(name)s answered: the infusion is still on.", name=name),
        "skip": _("%(name)s answered: the infusion is skipped.", name=name),
    }
    return str(said[change.verb])
