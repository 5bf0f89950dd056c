"""Nobody drives: two days before, everyone in the circle is asked once."""

from collections.abc import Sequence
from datetime import datetime

from companion.circles.models import Circle
from companion.delivery.models import Delivery
from companion.delivery.operations import Wanted
from companion.domain import reminder_plan
from companion.preparations.queries import has_driver, needs_a_drive
from companion.reminders import queries
from companion.reminders.operations.ways import Reader, deliveries_of
from companion.reminders.queries import Subjects


def wanted_drives(circle: Circle, subjects: Subjects, stored: Sequence[Delivery], now: datetime) -> list[Wanted]:
    """One message to each member who sees the dates, for each course that needs a driver and has none.

    Nobody is asked about infusions of a short interval.
    """
    people = [m.account for m in circle.memberships if "see_dates" in m.rights]
    found = []
    for infusion in subjects.courses:
        course = queries.course_to_remind(infusion)
        if (course.interval_days or 0) < reminder_plan.LONG_INTERVAL_DAYS:
            continue
        if not needs_a_drive(infusion) or has_driver(infusion):
            continue
        for person in people:
            for one in reminder_plan.plan_nobody_drives(course, queries.recipient_of(person), now):
                found += deliveries_of(one, Reader(person), circle, stored, now)
    return found
