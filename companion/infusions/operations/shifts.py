"""Move all later expected courses of a plan by the same number of days."""

from datetime import date, datetime, timedelta

from companion.accounts.models import Account
from companion.domain import recurrence
from companion.infusions.models import BOOKED, Infusion, PlanChange, Regimen
from companion.infusions.operations.history import Edit
from companion.infusions.operations.plans import (
    NoRoom,
    as_course,
    course_before,
    interval_of,
    live_courses,
    local_today,
    lock_regimen,
    put_course,
)
from companion.infusions.operations.regimens import RegimenHasEnded

MOST_SHIFT_DAYS = 365


class NothingToShift(ValueError):
    """No later course is expected: all are booked, answered, confirmed or moved by hand, or there is none."""


class DateIsOver(ValueError):
    """A course would come to lie in the past, on `on`."""

    def __init__(self, on: date) -> None:
        super().__init__(on.isoformat())
        self.on = on


class DateIsPaused(ValueError):
    """A course would come to lie in a pause of its plan, on `on`."""

    def __init__(self, on: date) -> None:
        super().__init__(on.isoformat())
        self.on = on


def shift_expected(
    of: Infusion | Regimen, *, by_days: int, account: Account | None = None, now: datetime
) -> PlanChange:
    """Move the expected courses of a plan by so many days, later or (negative) earlier.

    From a course it is that one and all after it, from a regimen all after today. Booked, answered, confirmed
    and single moved ones stay. The rhythm moves too: courses that are added later, and those that follow a
    late infusion, count from the shifted dates. Raises NothingToShift, NoRoom where a shifted course would
    reach one that stays, DateIsOver, DateIsPaused and RegimenHasEnded.
    """
    regimen, courses = _courses_from(of, now)
    free = [course for course in courses if not course.keeps_its_date]
    if not free or not by_days:
        raise NothingToShift
    first = courses.index(free[0])
    before = courses[first - 1] if first else course_before(free[0])
    edit = Edit(regimen, free[0], before, courses[first + 1 :], beside=courses[:first])
    dates = recurrence.shifted([as_course(c, is_fixed=c.keeps_its_date) for c in courses], by_days)
    _check(edit, dates, local_today(now, regimen.tz))
    for course in free:
        put_course(course, dates[course.id], regimen)
        if regimen.ended_on is not None and course.first_on >= regimen.ended_on:
            course.cancelled_at = now
    _move_rhythm(edit)
    own = [c.first_on.isoformat() for c in courses if c.has_own_date]
    begun_on = of.id if isinstance(of, Infusion) else None
    return edit.finish("shift", account=account, now=now, by_days=by_days, own=own, begun_on=begun_on)


def _courses_from(of: Infusion | Regimen, now: datetime) -> tuple[Regimen, list[Infusion]]:
    regimen_id = of.id if isinstance(of, Regimen) else of.regimen_id
    if regimen_id is None:
        raise NothingToShift
    regimen = lock_regimen(regimen_id)
    today = local_today(now, regimen.tz)
    if regimen.has_ended(today):
        raise RegimenHasEnded
    first_on = today + timedelta(days=1) if isinstance(of, Regimen) else max(of.first_on, today)
    return regimen, live_courses(regimen.id, Infusion.first_on >= first_on)


def _check(edit: Edit, dates: dict[int, date], today: date) -> None:
    """See that the courses stay in order, in the future and out of pauses."""
    last_on = edit.previous.last_on if edit.previous else None
    stays: Infusion | None = edit.previous
    for course in [edit.course, *edit.followers]:
        by = dates.get(course.id, course.first_on) - course.first_on
        on, end_on = course.first_on + by, course.last_on + by
        if by:
            _check_free(edit, on, end_on, today)
        if last_on is not None and on <= last_on:
            raise _no_room(on, None if by else course, stays)
        last_on, stays = end_on, stays if by else course


def _no_room(on: date, ahead: Infusion | None, behind: Infusion | None) -> NoRoom:
    if ahead is not None:
        return NoRoom(ahead.first_on, after=True, booked=ahead.certainty == BOOKED)
    return NoRoom(behind.last_on if behind else on, after=False)


def _check_free(edit: Edit, on: date, end_on: date, today: date) -> None:
    assert edit.regimen is not None
    if on < today:
        raise DateIsOver(on)
    if any(pause.span.holds(on, end_on) for pause in edit.regimen.pauses):
        raise DateIsPaused(on)


def _move_rhythm(edit: Edit) -> None:
    """Let the rhythm begin anew wherever a shifted course is not one step after the one before it."""
    regimen, before = edit.regimen, edit.previous
    assert regimen is not None
    interval, anchor, n = interval_of(regimen), edit.course.first_on, 0
    for course in [edit.course, *edit.followers]:
        if course.keeps_its_date:
            before, anchor = course, date.min
            continue
        in_rhythm = anchor != date.min and recurrence.step(anchor, interval, n) == course.first_on
        if in_rhythm and course is not edit.course:
            course.restart_on = course.restart_gap_days = None
        else:
            anchor, n = course.first_on, 0
            _begin_anew(regimen, before, course)
        before, n = course, n + 1


def _begin_anew(regimen: Regimen, before: Infusion | None, course: Infusion) -> None:
    if before is None:
        regimen.anchor_on = course.first_on
        return
    course.restart_on, course.restart_gap_days = course.first_on, (course.first_on - before.first_on).days
