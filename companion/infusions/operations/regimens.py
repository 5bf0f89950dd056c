"""Regimens: start, change and end a plan."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.domain import recurrence
from companion.domain.recurrence import Interval
from companion.extensions import db
from companion.infusions.models import EXPECTED, Infusion, PlanChange, Regimen
from companion.infusions.operations.history import Edit, set_day_count
from companion.infusions.operations.plans import (
    NoRoom,
    add_courses,
    begin_edit,
    follow,
    interval_of,
    last_course,
    lay_days,
    live_courses,
    local_today,
    lock_regimen,
)
from companion.infusions.operations.wall_times import put_day

DETAILS = (
    *("product", "route", "total_grams", "dose_g_per_kg", "dose_each_day"),
    *("local_time", "place", "at_home", "policy"),
)


class RegimenHasEnded(Exception):
    """An ended regimen is history and is not changed any more."""


def start_regimen(
    circle: Circle,
    *,
    first_on: date,
    certainty: str = EXPECTED,
    interval_count: int,
    interval_unit: str,
    day_offsets: Sequence[int] = (0,),
    product: str | None = None,
    route: str | None = None,
    total_grams: Decimal | None = None,
    dose_g_per_kg: Decimal | None = None,
    dose_each_day: bool = False,
    local_time: str | None = None,
    tz: str | None = None,
    place: str | None = None,
    at_home: bool | None = None,
    policy: str = "from_real",
    now: datetime,
) -> Regimen:
    """A new plan with its courses 13 months ahead; only the first may be booked.

    Of a plan that began earlier, the latest past course is kept and asked about, older ones are not made up.
    The dose is stored as typed. Raises BadInterval, BadOffsets.
    """
    interval = recurrence.validate_interval(interval_count, interval_unit)
    regimen = Regimen(
        circle_id=circle.id,
        product=product,
        route=route,
        total_grams=total_grams,
        dose_g_per_kg=dose_g_per_kg,
        dose_each_day=dose_each_day,
        day_offsets=list(recurrence.validate_offsets(day_offsets, interval)),
        interval_count=interval_count,
        interval_unit=interval_unit,
        local_time=local_time,
        tz=tz or circle.tz,
        place=place,
        at_home=at_home,
        policy=policy,
        anchor_on=first_on,
        created_at=now,
    )
    db.session.add(regimen)
    db.session.flush()
    courses = add_courses(regimen, _first_dates(first_on, interval, local_today(now, regimen.tz)), now)
    if courses[0].first_on == first_on:
        courses[0].certainty = certainty
    db.session.flush()
    return regimen


def change_regimen(
    regimen: Regimen,
    *,
    next_on: date | None = None,
    certainty: str | None = None,
    interval_count: int,
    interval_unit: str,
    day_offsets: Sequence[int],
    tz: str | None = None,
    account: Account | None = None,
    now: datetime,
    **details: Any,
) -> PlanChange:
    """Change a plan from its next course without an answer on; `next_on` gives that one another date.

    Answered courses stay as they are. Booked ones keep date and time, and only gain a missing time or change
    their number of days. `details` are the fields of DETAILS; one left out stays. Raises BadInterval,
    BadOffsets, NoRoom, RegimenHasEnded.
    """
    interval = recurrence.validate_interval(interval_count, interval_unit)
    offsets = list(recurrence.validate_offsets(day_offsets, interval))
    if unknown := details.keys() - set(DETAILS):
        raise TypeError(f"no such details: {sorted(unknown)}")
    edit = _edit_from_next(regimen, next_on, now)
    old_offsets, old_rhythm = list(regimen.day_offsets), _rhythm(regimen)
    regimen.interval_count, regimen.interval_unit, regimen.day_offsets = interval_count, interval_unit, offsets
    regimen.tz = tz or regimen.tz
    for name in DETAILS:
        setattr(regimen, name, details.get(name, getattr(regimen, name)))
    _refit(edit, old_offsets)
    next_on = next_on or edit.course.first_on
    if next_on != edit.course.first_on or _rhythm(regimen) != old_rhythm:
        regimen.anchor_on = next_on
    _put_next(edit, next_on, certainty)
    follow(edit, now)
    return edit.finish("change", account=account, now=now)


def end_regimen(
    regimen: Regimen, *, on: date | None = None, account: Account | None = None, now: datetime
) -> PlanChange:
    """End a plan on a local date (today): later expected courses fall away, booked ones stay until answered."""
    lock_regimen(regimen.id)
    if regimen.ended_on is not None:
        raise RegimenHasEnded
    end_on = on or local_today(now, regimen.tz)
    ahead = [c for c in live_courses(regimen.id, Infusion.first_on >= end_on) if not c.is_answered]
    course = ahead[0] if ahead else last_course(regimen.id)
    assert course is not None, "a regimen has at least one course"
    edit = Edit(regimen, course, None, [c for c in ahead if c is not course])
    regimen.ended_on = end_on
    for each in ahead:
        if not each.keeps_its_date:
            each.cancelled_at = now
    return edit.finish("end", account=account, now=now)


def next_open_course(regimen: Regimen, today: date) -> Infusion | None:
    """The first course from today on of which no day was answered."""
    ahead = live_courses(regimen.id, Infusion.first_on >= today)
    return next((course for course in ahead if not course.is_answered), None)


def _first_dates(first_on: date, interval: Interval, today: date) -> list[date]:
    """Dates of the rhythm up to the horizon, from the latest one that is not after today, or the first."""
    until = max(first_on, recurrence.horizon(today))
    dates = [days[0] for days in recurrence.planned_courses(first_on, interval, (0,), until)]
    past = [on for on in dates if on <= today]
    return dates[max(0, len(past) - 1) :]


def _edit_from_next(regimen: Regimen, next_on: date | None, now: datetime) -> Edit:
    lock_regimen(regimen.id)
    if regimen.ended_on is not None:
        raise RegimenHasEnded
    today = local_today(now, regimen.tz)
    course = next_open_course(regimen, today)
    if course is not None:
        return begin_edit(course)
    last = last_course(regimen.id)
    earliest = recurrence.step(last.first_on, interval_of(regimen), 1) if last else today
    edit = begin_edit(add_courses(regimen, [next_on or max(earliest, today)], now)[0])
    edit.forget(edit.course)
    return edit


def _refit(edit: Edit, old_offsets: list[int]) -> None:
    """Give every open course the new number of days, zone and time; a booked one only what it lacks."""
    regimen = edit.regimen
    assert regimen is not None
    for course in [edit.course, *edit.followers]:
        if course.is_answered:
            continue
        if regimen.day_offsets != old_offsets:
            set_day_count(course, len(regimen.day_offsets))
            lay_days(course, course.first_on, regimen.day_offsets, course.days[0].local_time)
        for day in course.days:
            if not course.keeps_its_date:
                day.tz = regimen.tz
                put_day(day, day.planned_on, regimen.local_time)
            elif day.starts_at is None:
                put_day(day, day.planned_on, regimen.local_time)


def _rhythm(regimen: Regimen) -> tuple[Interval, str]:
    return interval_of(regimen), regimen.policy


def _put_next(edit: Edit, on: date, certainty: str | None) -> None:
    """Put the next course on its date, from which the others are counted."""
    course, regimen = edit.course, edit.regimen
    assert regimen is not None
    if edit.previous and on <= edit.previous.last_on:
        raise NoRoom(edit.previous.last_on, after=False)
    if on != course.first_on:
        lay_days(course, on, regimen.day_offsets, regimen.local_time)
    kept = [c for c in edit.followers if c.keeps_its_date]
    if kept and kept[0].first_on <= course.last_on:
        raise NoRoom(kept[0].first_on, after=True, booked=True)
    course.certainty = certainty or course.certainty
