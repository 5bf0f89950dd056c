"""Reminders of what has to be at home: things to prepare for an infusion, and supplies that run low."""

from datetime import date, datetime, time, timedelta

from companion.domain.recurrence import local_instant
from companion.domain.reminder_plan import (
    LONG_INTERVAL_DAYS,
    CourseToRemind,
    Recipient,
    Wanted,
    awake_ten,
    next_quiet,
    on_a_date,
    out_of_quiet,
)

PREPARATION, TO_PREPARE = "preparation", "to_prepare"
SUPPLY, RUNS_LOW = "supply", "runs_low"
WEEK = timedelta(days=7)
_EVENING, _DAY = time(18), timedelta(days=1)
_USEFUL = timedelta(hours=10)


def plan_to_prepare(course: CourseToRemind, person: Recipient, now: datetime) -> Wanted | None:
    """One message about what is open on the list: 18:00 two evenings before the first day.

    So a whole day is left to buy or ask for something. Useful until 24 h before the start, when nothing can be
    ordered any more and the day-before message is near. Short intervals have none: they would nag every week.
    """
    if course.interval_days is not None and course.interval_days < LONG_INTERVAL_DAYS:
        return None
    first = min(course.days, key=lambda day: (day.begins_at, day.number))
    until = first.begins_at - _DAY
    evening = local_instant(first.begins_at.astimezone(person.tz).date() - 2 * _DAY, _EVENING, person.tz)
    if until <= now:
        return None
    return Wanted(
        subject_kind=PREPARATION,
        subject_id=course.infusion_id,
        infusion_id=course.infusion_id,
        stage=TO_PREPARE,
        begins_at=first.begins_at,
        due_at=out_of_quiet(evening, until, person),
        due_slot=first.slot,
        useful_until=until,
        recipient_id=person.id,
        revision=first.revision,
    )


def plan_runs_low(circle_id: int, person: Recipient, *, told_on: date | None, now: datetime) -> Wanted:
    """One message about all that runs low or expires: at 10:00, and at least a week after the last one.

    Useful for ten hours, and not into quiet hours; else the next morning.
    """
    on = now.astimezone(person.tz).date()
    while True:
        due_at = awake_ten(on, person)
        until = min(due_at + _USEFUL, next_quiet(due_at, person))
        may_tell = told_on is None or on == told_on or on >= told_on + WEEK
        if may_tell and until > now:
            break
        on += _DAY
    return on_a_date(SUPPLY, RUNS_LOW, circle_id, person, on=on, due_at=due_at, until=until)
