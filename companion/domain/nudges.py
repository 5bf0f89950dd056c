"""The daily question how the hands are: at the person's own time, once a local date, never two within 12 hours."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta

from companion.domain.recurrence import local_instant
from companion.domain.reminder_plan import Recipient, Wanted, next_quiet, on_a_date, out_of_quiet

CHECK_IN, NUDGE = "check_in", "nudge"
APART = timedelta(hours=12)
"""Two nudges are at least so far apart, also for somebody who flies around the world."""
USEFUL = timedelta(hours=6)
_DAY, _SAME_ROUND = timedelta(days=1), timedelta(hours=1)


def plan_nudge(
    circle_id: int,
    at: time,
    person: Recipient,
    *,
    checked_in: Collection[date],
    told: Mapping[date, datetime],
    now: datetime,
) -> Wanted | None:
    """The nudge of the first local date that still needs one; None where there is none soon.

    A date with a check-in needs none. `told`: when the nudge of a date was taken over; it goes out by the other
    ways of the reader within an hour, or not any more. Useful for 6 hours, and neither into quiet hours nor into
    the next date.
    """
    today = now.astimezone(person.tz).date()
    for on in (today + n * _DAY for n in (-1, 0, 1, 2)):
        one = _nudge_on(circle_id, on, at, person, told)
        if one is None or one.useful_until <= now or date.fromisoformat(one.due_slot) in checked_in:
            continue
        return one
    return None


def _nudge_on(circle_id: int, on: date, at: time, person: Recipient, told: Mapping[date, datetime]) -> Wanted | None:
    wall = local_instant(on, at, person.tz)
    due_at = out_of_quiet(wall, wall + USEFUL, person)
    slot = due_at.astimezone(person.tz).date()
    until = min(due_at + USEFUL, local_instant(slot + _DAY, time(0), person.tz), next_quiet(due_at, person))
    if slot in told:
        due_at, until = told[slot], min(until, told[slot] + _SAME_ROUND)
    earlier = [moment for date_told, moment in told.items() if date_told != slot]
    due_at = max([due_at, *(moment + APART for moment in earlier)])
    if due_at >= until:
        return None
    return on_a_date(CHECK_IN, NUDGE, circle_id, person, on=slot, due_at=due_at, until=until)
