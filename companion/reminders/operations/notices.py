"""The words of the other mails: a date has changed or is off, a visit comes, nobody drives."""

from datetime import date, datetime

from flask_babel import gettext as _

from companion.accounts.models import Account
from companion.delivery.models import Delivery
from companion.delivery.operations import page_url
from companion.domain.reminder_plan import CHANGED, OFF_SLOT
from companion.extensions import db
from companion.formatting import weekday_date
from companion.infusions.models import Infusion, InfusionDay
from companion.preparations.queries import has_driver, needs_a_drive
from companion.reminders import queries
from companion.reminders.models import DRIVES, FULL, NEUTRAL, TIME_ONLY, ReminderRule
from companion.reminders.operations.messages import (
    Letter,
    Words,
    about_whom,
    answer_page,
    has_planned,
    how_long,
    infusion_letter,
    planned_words,
    when_words,
)
from companion.visits.models import Visit
from companion.visits.words import visit_title


def day_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """About an infusion day: what is planned, what was asked, or that the date has changed."""
    return _change_letter(delivery, now) if delivery.stage == CHANGED else infusion_letter(delivery, now)


def visit_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """About a visit; it leads to the visit, behind sign-in."""
    if delivery.stage == CHANGED:
        return _change_letter(delivery, now)
    visit, rule = db.session.get(Visit, delivery.subject_id), _rule_of(delivery)
    if visit is None or rule is None or visit.state != "planned" or visit.revision != delivery.revision:
        return None
    words = Words(
        subject=_subject(visit, rule),
        lead=_lead(visit, rule),
        when=when_words(visit, rule.recipient, now),
        facts=[*how_long(visit, now), *(_place(visit) if rule.privacy == FULL else [])],
        ask=_("Open the page to see it."),
        button=_("See it"),
    )
    return Letter(words, rule.privacy, _page_of(visit), urgent=False)


def drive_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """Nobody drives yet; None when somebody does, or the reader sees no dates any more."""
    infusion, reader = db.session.get(Infusion, delivery.subject_id), db.session.get(Account, delivery.recipient_id)
    if infusion is None or reader is None or infusion.cancelled_at is not None:
        return None
    if has_driver(infusion) or not needs_a_drive(infusion):
        return None
    member, first = queries.membership_of(infusion.circle_id, reader.id), infusion.days[0]
    if member is None or "see_dates" not in member.rights or first.revision != delivery.revision:
        return None
    rule = queries.rule_of(infusion.circle_id, reader.id)
    if rule is not None and not (rule.is_on and rule.wants(DRIVES)):
        return None
    privacy = rule.privacy if rule else NEUTRAL
    words = Words(
        subject=_("A reminder is waiting for you") if privacy == NEUTRAL else _("Somebody is needed"),
        lead=_("Nobody has said yet that they drive."),
        when=when_words(first, reader, now),
        facts=[*how_long(first, now), *about_whom(infusion.circle, reader.id)],
        ask=_("Can you? One tap tells all the others."),
        button=_("See it"),
    )
    return Letter(words, privacy, page_url("infusions.show", public_id=infusion.public_id))


def _change_letter(delivery: Delivery, now: datetime) -> Letter | None:
    subject, rule = queries.subject_of(delivery.subject_kind, delivery.subject_id), _rule_of(delivery)
    if subject is None or rule is None or queries.is_over(subject) or subject.revision != delivery.revision:
        return None
    if queries.is_off(subject) != (delivery.due_slot == OFF_SLOT):
        return None
    words = _off_words(subject, rule) if queries.is_off(subject) else _change_words(delivery, subject, rule, now)
    return Letter(words, rule.privacy, _link(delivery, subject))


def _change_words(delivery: Delivery, subject: InfusionDay | Visit, rule: ReminderRule, now: datetime) -> Words:
    told = queries.told_before(delivery)
    before = [_("Before, it was %(date)s.", date=weekday_date(told))] if told else []
    return Words(
        subject=_("A date has changed"),
        lead=_lead(subject, rule),
        when=when_words(subject, rule.recipient, now),
        facts=[*before, *how_long(subject, now)],
        ask=_("Open the page to see it."),
        button=_("See it"),
    )


def _off_words(subject: InfusionDay | Visit, rule: ReminderRule) -> Words:
    return Words(
        subject=_("A date is off"),
        lead=_lead(subject, rule),
        when=_("%(date)s is no longer planned", date=weekday_date(subject.planned_on)),
        ask=_("Open the calendar to see what is planned."),
        button=_("Calendar"),
    )


def _rule_of(delivery: Delivery) -> ReminderRule | None:
    """The rule behind a message, while it is live."""
    rule = db.session.get(ReminderRule, delivery.rule_id)
    is_wanted = rule is not None and queries.is_live(rule) and rule.wants(delivery.subject_kind)
    return rule if is_wanted else None


def _lead(subject: InfusionDay | Visit, rule: ReminderRule) -> str:
    if rule.privacy != FULL:
        return has_planned(rule)
    return visit_title(subject) if isinstance(subject, Visit) else planned_words(subject, rule)


def _subject(visit: Visit, rule: ReminderRule) -> str:
    on: date = visit.planned_on
    if rule.privacy == FULL:
        return str(_("%(what)s on %(date)s", what=visit_title(visit), date=weekday_date(on)))
    if rule.privacy == TIME_ONLY:
        return str(_("Reminder for %(date)s", date=weekday_date(on)))
    return str(_("A reminder is waiting for you"))


def _place(visit: Visit) -> list[str]:
    return [_("Place: %(place)s", place=visit.place)] if visit.place else []


def _link(delivery: Delivery, subject: InfusionDay | Visit) -> str:
    if queries.is_off(subject):
        return page_url("calendar.agenda")
    if isinstance(subject, Visit):
        return _page_of(subject)
    return answer_page(delivery, subject)


def _page_of(visit: Visit) -> str:
    return page_url("visits.show", public_id=visit.public_id)
