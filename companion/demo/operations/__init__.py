"""The sample circle: 18 months of check-ins and infusions, the same each time, up to yesterday."""

from datetime import datetime
from random import Random

from companion.demo import queries
from companion.demo.operations.around import fill_sams_shelf, look_around
from companion.demo.operations.calendar import Calendar
from companion.demo.operations.check_ins import record_anas_check_ins, record_sams_check_ins
from companion.demo.operations.infusions import live_through_infusions, live_through_sams_infusions, send_reminders
from companion.demo.operations.people import make_people
from companion.demo.operations.traces import leave_traces

__all__ = ["NotEmpty", "leave_traces", "load_sample"]

SEED = 34


class NotEmpty(Exception):
    """Somebody has an account already: sample people must not be mixed with real ones."""


def load_sample(now: datetime) -> None:
    """Fill an empty database with Ana's circle and Sam's. Raises NotEmpty."""
    if not queries.is_empty():
        raise NotEmpty
    days, rng = Calendar(now), Random(SEED)
    people = make_people(days)
    live_through_infusions(people, days)
    look_around(people, days)
    record_anas_check_ins(people, days, rng)
    live_through_sams_infusions(people, days)
    fill_sams_shelf(people, days)
    record_sams_check_ins(people, days)
    for circle in (people.circle, people.sams_circle):
        send_reminders(circle.id, days.now)  # what came into the sample meanwhile may be due as well
