"""The daily nudge to check in: wanted by the person's own time, and worded without blame."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _

from companion.checkins.queries import dates_with_check_in
from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted, page_url
from companion.delivery.queries import is_told
from companion.domain.check_in_plan import AFTER_DAYS, BEFORE_DAYS, quiet_dates
from companion.domain.nudges import CHECK_IN, plan_nudge
from companion.extensions import db
from companion.formatting import local_date, weekday_date
from companion.infusions.queries import infusions_between
from companion.reminders import queries
from companion.reminders.models import CHECK_INS, FULL, NEUTRAL, ReminderRule
from companion.reminders.operations.messages import Letter, Words, patient_of
from companion.reminders.operations.ways import deliveries_of, reader_of

LOOKS_BACK, LOOKS_AHEAD = timedelta(days=8), 3
"""As far back as the slowest rhythm goes, and the local dates that can be nudged now, wherever the reader is."""


def wanted_nudges(
    circle: Circle, rules: Sequence[ReminderRule], stored: Sequence[Delivery], now: datetime
) -> list[Wanted]:
    """The next nudge of each reader who chose a time and may write check-ins."""
    nudged = [rule for rule in rules if is_nudged(rule)]
    checked_in = _not_asked(circle, now) if nudged else set()
    found = []
    for rule in nudged:
        person, told = queries.recipient_of(rule.recipient), _told(rule, stored)
        at = time.fromisoformat(rule.nudge_at or "")
        one = plan_nudge(circle.id, at, person, checked_in=checked_in, told=told, now=now)
        if one is not None:
            found += deliveries_of(one, reader_of(rule), circle, stored, now)
    return found


def _not_asked(circle: Circle, now: datetime) -> set[date]:
    """The local dates around now that need no nudge: they have a check-in, or the chosen rhythm leaves them out."""
    today = now.date()
    answered = dates_with_check_in(circle, (now - LOOKS_BACK).date())
    window = [today + timedelta(days=n) for n in range(-2, LOOKS_AHEAD + 1)]
    first, last = window[0] - timedelta(days=AFTER_DAYS), window[-1] + timedelta(days=BEFORE_DAYS)
    courses = [course.first_on for course in infusions_between(circle, first, last)]
    return quiet_dates(circle.check_in_rhythm, window, answered, courses) | answered


def is_nudged(rule: ReminderRule) -> bool:
    """Whether a reader chose a time for it, left it switched on and may write check-ins."""
    member = queries.membership_of(rule.circle_id, rule.recipient_id)
    may_write = member is not None and "write_check_ins" in member.rights
    return bool(rule.nudge_at) and rule.wants(CHECK_INS) and may_write


def nudge_letter(delivery: Delivery, now: datetime) -> Letter | None:
    """How are the hands today? None when somebody said so, or on another date."""
    rule = db.session.get(ReminderRule, delivery.rule_id)
    if rule is None or not queries.is_live(rule) or not is_nudged(rule):
        return None
    on = date.fromisoformat(delivery.due_slot)
    if on in _not_asked(rule.circle, now) or on != local_date(now, rule.recipient.tz):
        return None
    name = patient_of(rule)
    question = _("Check-in for %(name)s", name=name) if name else _("How are your hands today?")
    words = Words(
        subject=question if rule.privacy == FULL else _("A reminder is waiting for you"),
        lead=_("Two taps are enough. If today does not suit you, leave it."),
        when=weekday_date(on),
        ask=_("Open the page to check in."),
        button=_("Check in"),
    )
    privacy = FULL if rule.privacy == FULL else NEUTRAL
    return Letter(words, privacy, page_url("checkins.new", circle=rule.circle.public_id), urgent=False)


def _told(rule: ReminderRule, stored: Sequence[Delivery]) -> dict[date, datetime]:
    """When the nudges of the last days were taken over, by their date; the first way counts."""
    told: dict[date, datetime] = {}
    for row in stored:
        mine = row.subject_kind == CHECK_IN and row.recipient_id == rule.recipient_id
        if mine and is_told(row) and row.settled_at is not None:
            on = date.fromisoformat(row.due_slot)
            told[on] = min(told.get(on, row.settled_at), row.settled_at)
    return told
