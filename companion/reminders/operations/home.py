"""What has to be at home: things to prepare before an infusion, and supplies that run low."""

from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import gettext as _

from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted, page_url
from companion.delivery.queries import is_told
from companion.domain.home_reminders import SUPPLY, plan_runs_low, plan_to_prepare
from companion.extensions import db
from companion.formatting import local_date
from companion.infusions.models import Infusion
from companion.preparations.queries import Item, open_items
from companion.preparations.words import KIND_WORDS
from companion.reminders import queries
from companion.reminders.models import FULL, NEUTRAL, PREPARATIONS, SUPPLIES, ReminderRule
from companion.reminders.operations.messages import Letter, Words, about_whom, subject_of_date, when_words
from companion.reminders.operations.ways import deliveries_of, reader_of
from companion.reminders.queries import Subjects
from companion.supplies.queries import needing_a_look
from companion.supplies.words import look_words


def wanted_preparations(
    circle: Circle, subjects: Subjects, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """One message to each reader for each course whose list, made by somebody, still has something open."""
    readers = [rule for rule in rules if rule.wants(PREPARATIONS)]
    items = open_items(subjects.courses) if readers else {}
    found = []
    for infusion in subjects.courses:
        if not items.get(infusion.id):
            continue
        course = queries.course_to_remind(infusion)
        for rule in readers:
            one = plan_to_prepare(course, queries.recipient_of(rule.recipient), now)
            found += deliveries_of(one, reader_of(rule), circle, stored, now) if one else []
    return found


def wanted_supplies(
    circle: Circle, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """One message a week to each reader while something runs low or expires soon."""
    readers = [rule for rule in rules if rule.wants(SUPPLIES)]
    if not readers or not needing_a_look(circle, local_date(now, circle.tz)):
        return []
    found = []
    for rule in readers:
        person, told_on = queries.recipient_of(rule.recipient), _told_on(rule, stored)
        one = plan_runs_low(circle.id, person, told_on=told_on, now=now)
        found += deliveries_of(one, reader_of(rule), circle, stored, now)
    return found


def preparation_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """What is still open on the list; None when all is ready, or the date is another one."""
    infusion, rule = db.session.get(Infusion, delivery.subject_id), _rule_of(delivery, PREPARATIONS)
    if infusion is None or rule is None or infusion.cancelled_at is not None:
        return None
    first, items = infusion.days[0], open_items([infusion])[infusion.id]
    if not items or first.is_answered or first.revision != delivery.revision:
        return None
    names = rule.privacy == FULL
    words = Words(
        subject=_("Still to prepare") if names else subject_of_date(first, rule),
        lead=_("Some things on the list are still open."),
        when=when_words(first, rule.recipient, now),
        facts=[*about_whom(rule.circle, rule.recipient_id), *(_said(items) if names else [])],
        ask=_("Open the list to tick what is ready."),
        button=_("See the list"),
    )
    return Letter(words, rule.privacy, page_url("infusions.show", public_id=infusion.public_id), urgent=False)


def supply_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """What runs low or expires soon; None when nothing does any more."""
    rule = _rule_of(delivery, SUPPLIES)
    if rule is None:
        return None
    today = local_date(now, rule.circle.tz)
    shelves = needing_a_look(rule.circle, today)
    if not shelves:
        return None
    names = rule.privacy == FULL
    words = Words(
        subject=_("Something at home runs low") if names else _("A reminder is waiting for you"),
        lead=_("Something at home runs low or expires soon."),
        when="",
        facts=[
            *about_whom(rule.circle, rule.recipient_id),
            *([line for shelf in shelves for line in look_words(shelf, today)] if names else []),
        ],
        ask=_("Open the page to see what is there."),
        button=_("See it"),
    )
    privacy = FULL if names else NEUTRAL
    return Letter(words, privacy, page_url("supplies.index", circle=rule.circle.public_id), urgent=False)


def _said(items: Sequence[Item]) -> list[str]:
    return [item.words or str(KIND_WORDS[item.kind or ""]) for item in items]


def _rule_of(delivery: Delivery, event: str) -> ReminderRule | None:
    rule = db.session.get(ReminderRule, delivery.rule_id)
    return rule if rule is not None and queries.is_live(rule) and rule.wants(event) else None


def _told_on(rule: ReminderRule, stored: Sequence[Delivery]) -> date | None:
    """The date of the last message about supplies that this reader got."""
    slots = [
        row.due_slot
        for row in stored
        if row.subject_kind == SUPPLY and row.recipient_id == rule.recipient_id and is_told(row)
    ]
    return date.fromisoformat(max(slots)) if slots else None
