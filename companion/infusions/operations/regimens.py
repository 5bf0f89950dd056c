"""Regimens: start, change and end a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.domain import recurrence
from companion.domain.recurrence import Interval, Unit
from companion.extensions import db
from companion.infusions.models import BOOKED, EXPECTED, LONG_AGO, Infusion, PlanChange, Regimen, RegimenDose
from companion.infusions.operations.doses import Dose, set_dose, set_loading_dose
from companion.infusions.operations.history import Edit, set_day_count
from companion.infusions.operations.plans import (
    NoRoom,
    add_courses,
    add_loading_course,
    any_course,
    begin_edit,
    count_on,
    follow,
    interval_of,
    last_course,
    lay_days,
    live_courses,
    local_today,
    lock_regimen,
    offsets_of,
)
from companion.infusions.operations.wall_times import put_day

DETAILS = ("product", "route", "local_time", "place", "at_home", "policy")


class RegimenHasEnded(Exception):
    """An ended regimen is history and is not changed any more."""


@dataclass(frozen=True)
class Loading:
    """The course that a plan begins with: its own days and dose, and when maintenance begins after its first day."""

    day_offsets: Sequence[int]
    maintenance_after_days: int
    dose: Dose = field(default_factory=Dose)


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
    loading: Loading | None = None,
    now: datetime,
) -> Regimen:
    """A new plan with its courses 13 months ahead; only the first may be booked.

    With `loading` the first date is the loading course's, and maintenance begins as many days after it as that
    says. Of a plan that began earlier, the latest past course is kept and asked about, older ones are not made
    up. Doses are stored as typed. Raises BadInterval, BadOffsets.
    """
    interval = recurrence.validate_interval(interval_count, interval_unit)
    regimen = Regimen(
        circle_id=circle.id,
        product=product,
        route=route,
        day_offsets=list(recurrence.validate_offsets(day_offsets, interval)),
        loading_offsets=_loading_offsets(loading),
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
    set_dose(regimen, Dose(total_grams, dose_g_per_kg, dose_each_day), LONG_AGO)
    courses = _first_courses(regimen, loading, now)
    if courses[0].first_on == first_on:
        courses[0].certainty = certainty
    db.session.flush()
    return regimen


def _loading_offsets(loading: Loading | None) -> list[int] | None:
    if loading is None:
        return None
    until_maintenance = recurrence.validate_interval(loading.maintenance_after_days, Unit.DAY)
    return list(recurrence.validate_offsets(loading.day_offsets, until_maintenance))


def _first_courses(regimen: Regimen, loading: Loading | None, now: datetime) -> list[Infusion]:
    first_on, today = regimen.anchor_on, local_today(now, regimen.tz)
    if loading is None:
        return add_courses(regimen, _first_dates(first_on, interval_of(regimen), today), now)
    if not loading.dose.is_empty:
        regimen.doses.append(RegimenDose(from_on=LONG_AGO, is_loading=True, **loading.dose.values()))
    regimen.anchor_on = first_on + timedelta(days=loading.maintenance_after_days)
    maintenance = add_courses(regimen, _first_dates(regimen.anchor_on, interval_of(regimen), today), now)
    if maintenance[0].first_on <= today:
        return maintenance
    maintenance[0].restart_on = regimen.anchor_on
    maintenance[0].restart_gap_days = loading.maintenance_after_days
    return [add_loading_course(regimen, first_on, now), *maintenance]


def change_regimen(
    regimen: Regimen,
    *,
    next_on: date | None = None,
    certainty: str | None = None,
    interval_count: int,
    interval_unit: str,
    day_offsets: Sequence[int],
    tz: str | None = None,
    dose: Dose | None = None,
    dose_from: date | None = None,
    loading: Loading | None = None,
    loading_dose: Dose | None = None,
    account: Account | None = None,
    now: datetime,
    **details: Any,
) -> PlanChange:
    """Change a plan from its next course without an answer on; `next_on` gives that one another date.

    Answered courses stay as they are. Booked ones keep date and time, and only gain a missing time or change
    their number of days. A `dose` is in force from `dose_from` on, what was in force before stays history;
    without that date it corrects the dose that the next course has. `loading` changes the course that the plan
    begins with, as long as that is the next one; later `loading_dose` corrects what its dose was.
    `details` are the fields of DETAILS; one left out stays. Raises BadInterval, BadOffsets, NoRoom,
    RegimenHasEnded.
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
    if _rhythm(regimen) != old_rhythm:
        _forget_restarts(edit)
    if loading is not None and edit.course.is_loading:
        _put_loading(edit, loading, next_on)
    _put_next(edit, next_on, certainty)
    follow(edit, now)
    if dose is not None:
        set_dose(regimen, dose, dose_from or _dose_began_on(regimen, next_on))
    if loading_dose is not None:
        set_loading_dose(regimen, loading_dose)
    return edit.finish("change", account=account, now=now)


def _put_loading(edit: Edit, loading: Loading, on: date) -> None:
    """Give the loading course its new days, and maintenance its new distance from it, unless that keeps its date."""
    course, regimen = edit.course, edit.regimen
    assert regimen is not None
    offsets = _loading_offsets(loading)
    if offsets != regimen.loading_offsets:
        regimen.loading_offsets = offsets
        set_day_count(course, len(loading.day_offsets))
        lay_days(course, course.first_on, loading.day_offsets, course.days[0].local_time)
    first, gap = (edit.followers[0] if edit.followers else None), loading.maintenance_after_days
    if first and not first.keeps_its_date and gap != (first.first_on - course.first_on).days:
        first.restart_on, first.restart_gap_days = on + timedelta(days=gap), gap


def _dose_began_on(regimen: Regimen, on: date) -> date:
    began = [dose.from_on for dose in regimen.maintenance_doses if dose.from_on <= on]
    return began[-1] if began else LONG_AGO


def _forget_restarts(edit: Edit) -> None:
    """Another rhythm begins with the next course: later ones count from it."""
    for course in [edit.course, *edit.followers]:
        if not (course.regimen and course.regimen.loading_offsets and _follows_loading(edit, course)):
            course.restart_on = course.restart_gap_days = None


def _follows_loading(edit: Edit, course: Infusion) -> bool:
    """Whether it is the first maintenance course, which keeps its own distance from the loading course."""
    courses = [edit.course, *edit.followers]
    before = courses[courses.index(course) - 1] if course is not edit.course else edit.previous
    return before is not None and before.is_loading


def end_regimen(
    regimen: Regimen, *, on: date | None = None, account: Account | None = None, now: datetime
) -> PlanChange:
    """End a plan on a local date (today, or one ahead): from it on the expected courses fall away, booked ones stay.

    Raises RegimenHasEnded.
    """
    today = _today_of_running(regimen, now)
    end_on = on or today
    if regimen.ended_on is not None and end_on > regimen.ended_on:
        return _end_later(regimen, end_on, account, now)
    ahead = [c for c in live_courses(regimen.id, Infusion.first_on >= end_on) if not c.is_answered]
    course = ahead[0] if ahead else last_course(regimen.id)
    assert course is not None, "a regimen has at least one course"
    edit = Edit(regimen, course, None, [c for c in ahead if c is not course])
    regimen.ended_on = end_on
    for each in ahead:
        if not each.keeps_its_date:
            each.cancelled_at = now
    ahead_on = end_on.isoformat() if end_on > today else None
    stays = [each.first_on.isoformat() for each in ahead if each.certainty == BOOKED]
    return edit.finish("end", account=account, now=now, ends_on=ahead_on, stays=stays)


def keep_regimen(regimen: Regimen, *, account: Account | None = None, now: datetime) -> PlanChange:
    """Take away an end that lies ahead: the dates after it are expected again. Raises RegimenHasEnded."""
    _today_of_running(regimen, now)
    return _end_later(regimen, None, account, now)


def _today_of_running(regimen: Regimen, now: datetime) -> date:
    lock_regimen(regimen.id)
    today = local_today(now, regimen.tz)
    if regimen.has_ended(today):
        raise RegimenHasEnded
    return today


def _end_later(regimen: Regimen, end_on: date | None, account: Account | None, now: datetime) -> PlanChange:
    """Expect dates again from the old end to a later one, or without end, counted on from the last course."""
    edit = begin_edit(last_course(regimen.id) or any_course(regimen.id))
    regimen.ended_on = end_on
    count_on(edit, now)
    ends_on = end_on.isoformat() if end_on else None
    return edit.finish("end" if end_on else "keep", account=account, now=now, ends_on=ends_on)


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
    today = _today_of_running(regimen, now)
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
        if regimen.day_offsets != old_offsets and not course.is_loading:
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


def _gap_moved(course: Infusion, on: date) -> int | None:
    if course.restart_gap_days is None:
        return None
    return max(1, course.restart_gap_days + (on - course.first_on).days)


def _put_next(edit: Edit, on: date, certainty: str | None) -> None:
    """Put the next course on its date, from which the others are counted."""
    course, regimen = edit.course, edit.regimen
    assert regimen is not None
    if edit.previous and on <= edit.previous.last_on:
        raise NoRoom(edit.previous.last_on, after=False)
    if on != course.first_on:
        course.restart_gap_days = _gap_moved(course, on)
        lay_days(course, on, offsets_of(course), regimen.local_time)
    kept = [c for c in edit.followers if c.keeps_its_date]
    if kept and kept[0].first_on <= course.last_on:
        raise NoRoom(kept[0].first_on, after=True, booked=True)
    course.certainty = certainty or course.certainty
