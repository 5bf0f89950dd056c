"""Nobody drives: two days before, everyone in the circle is asked once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted
from companion.domain import reminder_plan
from companion.preparations.queries import has_driver, needs_a_drive
from companion.reminders import queries
from companion.reminders.models import DRIVES
from companion.reminders.operations.ways import Reader, deliveries_of, reader_of
from companion.reminders.queries import Subjects


def wanted_drives(circle: Circle, subjects: Subjects, stored: Sequence[Delivery], now: datetime) -> list[Wanted]:
    """One message to each member who sees the dates, for each course that needs a driver and has none.

    Nobody is asked about infusions of a short interval.
    """
    readers = _readers(circle)
    found = []
    for infusion in subjects.courses:
        course = queries.course_to_remind(infusion)
        if (course.interval_days or 0) < reminder_plan.LONG_INTERVAL_DAYS:
            continue
        if not needs_a_drive(infusion) or has_driver(infusion):
            continue
        for reader in readers:
            for one in reminder_plan.plan_nobody_drives(course, queries.recipient_of(reader.account), now):
                found += deliveries_of(one, reader, circle, stored, now)
    return found


def _readers(circle: Circle) -> list[Reader]:
    """Who is asked, by the ways of their rule. Who has none is asked too; who switched it off is not."""
    rules = {rule.recipient_id: rule for rule in queries.rules_of(circle)}
    found = []
    for member in circle.memberships:
        rule = rules.get(member.account_id)
        if "see_dates" in member.rights and (rule is None or (rule.is_on and rule.wants(DRIVES))):
            reader = reader_of(rule) if rule else Reader(member.account)
            found.append(replace(reader, rule_id=0))
    return found
