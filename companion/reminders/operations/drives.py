"""Nobody drives: two days before, everyone in the circle is asked once."""

from datetime import datetime

from companion.circles.models import Circle
from companion.delivery.channels import EMAIL
from companion.delivery.operations import Wanted
from companion.domain import reminder_plan
from companion.preparations.queries import has_driver, needs_a_drive
from companion.reminders import queries
from companion.reminders.queries import Subjects


def wanted_drives(circle: Circle, subjects: Subjects, now: datetime) -> list[Wanted]:
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
            if person.address is not None and person.address.bad_since_at is None:
                planned = reminder_plan.plan_nobody_drives(course, queries.recipient_of(person), now)
                found += [_delivery(one, person.address.id, circle) for one in planned]
    return found


def _delivery(one: reminder_plan.Wanted, address_id: int, circle: Circle) -> Wanted:
    return Wanted(
        subject_kind=one.subject_kind,
        subject_id=one.subject_id,
        stage=one.stage,
        due_slot=one.due_slot,
        recipient_id=one.recipient_id,
        channel=EMAIL,
        address_id=address_id,
        due_at=one.due_at,
        useful_until=one.useful_until,
        revision=one.revision,
        circle_id=circle.id,
    )
