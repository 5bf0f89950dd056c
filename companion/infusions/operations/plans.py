"""The planned courses of a regimen: laid out 13 months ahead, and following what really happened."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from companion.domain import recurrence
from companion.domain.recurrence import Course, Interval, Policy, Replan, Unit
from companion.extensions import db
from companion.infusions.models import BOOKED, EXPECTED, Infusion, InfusionDay, Regimen
from companion.infusions.operations.history import Edit
from companion.infusions.operations.wall_times import put_day


class NoRoom(ValueError):
    """The new date would reach or pass a neighbour on `on`: another day, or a course that keeps its date."""

    def __init__(self, on: date, *, after: bool, booked: bool = False) -> None:
        super().__init__(on.isoformat())
        self.on, self.after, self.booked = on, after, booked


def local_today(now: datetime, tz: str) -> date:
    """The calendar date of an instant in a zone."""
    return now.astimezone(ZoneInfo(tz)).date()


def begin_edit(course: Infusion) -> Edit:
    """Lock the regimen of a course, read its rows afresh and note how they are."""
    if course.regimen_id is None:
        _read_again(course)
        return Edit(None, course, None, [])
    regimen = lock_regimen(course.regimen_id)
    _read_again(course)
    later = live_courses(regimen.id, Infusion.first_on > course.first_on)
    return Edit(regimen, course, _course_before(course), later)


def lock_regimen(regimen_id: int) -> Regimen:
    """The regimen, held until the end of the transaction, so that two changes never plan at once."""
    db.session.flush()
    query = sa.select(Regimen).where(Regimen.id == regimen_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def live_courses(regimen_id: int, *conditions: sa.ColumnElement[bool]) -> list[Infusion]:
    """Courses of a regimen that are not cancelled, in order, read afresh."""
    query = (
        sa.select(Infusion)
        .where(Infusion.regimen_id == regimen_id, Infusion.cancelled_at.is_(None), *conditions)
        .options(selectinload(Infusion.days))
        .order_by(Infusion.first_on, Infusion.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def last_course(regimen_id: int) -> Infusion | None:
    """The latest course of a regimen."""
    query = (
        sa.select(Infusion)
        .where(Infusion.regimen_id == regimen_id, Infusion.cancelled_at.is_(None))
        .order_by(Infusion.first_on.desc(), Infusion.id.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def add_courses(regimen: Regimen, dates: Iterable[date], now: datetime) -> list[Infusion]:
    """New expected courses that begin on these dates."""
    made = [_new_course(regimen, on, now) for on in dates]
    db.session.flush()
    return made


def lay_days(course: Infusion, first_on: date, offsets: Sequence[int], local_time: str | None) -> None:
    """Put the days of a course on their dates; there must be as many days as offsets."""
    course.first_on = first_on
    for day, on in zip(course.days, recurrence.course_dates(first_on, offsets), strict=True):
        put_day(day, on, local_time)


def check_room(edit: Edit, dates: dict[int, date], first_on: date, today: date) -> None:
    """See that days stay in order and touch no other course that keeps its date. Raises NoRoom.

    `dates` holds the new date of each day of the course by number, `first_on` the course's new first date.
    """
    _check_days(dates)
    first, last = min(dates.values()), max(dates.values())
    if edit.previous and first <= edit.previous.last_on:
        raise NoRoom(edit.previous.last_on, after=False)
    kept = [c for c in edit.followers if _stays(c, last, today)]
    if kept and kept[0].first_on <= last:
        raise NoRoom(kept[0].first_on, after=True, booked=kept[0].certainty == BOOKED)
    if edit.regimen and not edit.regimen.ended_on:
        ahead = [*_replan(edit, first_on, last, today).dates.values(), *(c.first_on for c in kept)]
        if ahead and min(ahead) <= last:
            raise NoRoom(min(ahead), after=True)


def follow(edit: Edit, now: datetime) -> None:
    """Let the expected courses after the edited one follow it, as the regimen's policy says."""
    regimen = edit.regimen
    if regimen is None or regimen.ended_on is not None:
        return
    today = local_today(now, regimen.tz)
    plan = _replan(edit, edit.course.first_on, edit.course.last_on, today)
    for course in edit.followers:
        if course.id in plan.surplus:
            course.cancelled_at = now
        elif course.id in plan.dates:
            _shift(course, plan.dates[course.id], regimen)
    if regimen.interval_unit == Unit.MONTH:  # elsewhere the anchor is only where the rhythm began
        regimen.anchor_on = plan.anchor_on
    edit.created += add_courses(regimen, _wanted(plan.append, today), now)


def extend_plans(now: datetime) -> int:
    """Add the courses missing up to 13 months ahead, in all circles; saying it twice adds nothing.

    Returns how many were added.
    """
    return sum(extend_plan(regimen_id, now) for regimen_id in _regimens_to_extend(now))


def extend_plan(regimen_id: int, now: datetime) -> int:
    """Add the missing courses of one regimen, counted on from its last one."""
    regimen, last = lock_regimen(regimen_id), last_course(regimen_id)
    if regimen.ended_on is not None or last is None:
        return 0
    edit, anchor_on = Edit(regimen, last, None, []), regimen.anchor_on
    follow(edit, now)
    regimen.anchor_on = anchor_on  # nothing happened: the rhythm is the same
    return len(edit.created)


def interval_of(regimen: Regimen) -> Interval:
    """How often, as the rules of recurrence see it."""
    return Interval(regimen.interval_count, Unit(regimen.interval_unit))


def _regimens_to_extend(now: datetime) -> list[int]:
    """Regimens whose last course leaves room for another one."""
    query = (
        sa.select(Regimen, sa.func.max(Infusion.first_on))
        .join(Infusion, sa.and_(Infusion.regimen_id == Regimen.id, Infusion.cancelled_at.is_(None)))
        .where(Regimen.ended_on.is_(None))
        .group_by(Regimen.id)
    )
    return [regimen.id for regimen, last_on in db.session.execute(query) if _may_lack_courses(regimen, last_on, now)]


def _may_lack_courses(regimen: Regimen, last_on: date, now: datetime) -> bool:
    interval = interval_of(regimen)
    after_half = last_on + timedelta(days=interval.shortest_days // 2)
    earliest = after_half if regimen.policy == Policy.PLANNED_WEEKDAY else recurrence.step(last_on, interval, 1)
    return earliest <= recurrence.horizon(local_today(now, regimen.tz))


def _replan(edit: Edit, base_on: date, base_last_on: date, today: date) -> Replan:
    regimen = edit.regimen
    assert regimen is not None
    courses = [
        Course(
            course.id,
            course.first_on,
            BOOKED if _stays(course, base_last_on, today) else EXPECTED,
            course.is_answered,
        )
        for course in edit.followers
    ]
    return recurrence.replan(
        courses,
        policy=Policy(regimen.policy),
        interval=interval_of(regimen),
        offsets=regimen.day_offsets,
        anchor_on=regimen.anchor_on,
        real_on=base_on,
        until_on=_far_enough(edit, base_on, today),
    )


def _far_enough(edit: Edit, base_on: date, today: date) -> date:
    """A date that no re-planned course can reach: the horizon is for new courses, it never drops a planned one."""
    assert edit.regimen is not None
    latest = max([base_on, recurrence.horizon(today), *(course.first_on for course in edit.followers)])
    return recurrence.step(latest, interval_of(edit.regimen), len(edit.followers) + 2)


def _stays(course: Infusion, base_last_on: date, today: date) -> bool:
    """Whether a later course keeps its date: for good reason, or because its own date has come or gone."""
    return course.keeps_its_date or base_last_on < course.first_on <= today


def _wanted(dates: Iterable[date], today: date) -> list[date]:
    return [on for on in dates if today <= on <= recurrence.horizon(today)]


def _shift(course: Infusion, to_on: date, regimen: Regimen) -> None:
    by = to_on - course.first_on
    if not by:
        return
    course.first_on = to_on
    for day in course.days:
        put_day(day, day.planned_on + by, regimen.local_time)


def _new_course(regimen: Regimen, first_on: date, now: datetime) -> Infusion:
    course = Infusion(
        circle_id=regimen.circle_id,
        regimen_id=regimen.id,
        first_on=first_on,
        certainty=EXPECTED,
        created_at=now,
    )
    for number, on in enumerate(recurrence.course_dates(first_on, regimen.day_offsets), start=1):
        day = InfusionDay(circle_id=regimen.circle_id, number=number, tz=regimen.tz, state="planned", revision=0)
        put_day(day, on, regimen.local_time)
        course.days.append(day)
    db.session.add(course)
    return course


def _check_days(dates: dict[int, date]) -> None:
    for earlier, later in itertools.pairwise(dates[number] for number in sorted(dates)):
        if later <= earlier:
            raise NoRoom(earlier, after=False)


def _course_before(course: Infusion) -> Infusion | None:
    query = (
        sa.select(Infusion)
        .where(
            Infusion.regimen_id == course.regimen_id,
            Infusion.cancelled_at.is_(None),
            Infusion.first_on < course.first_on,
        )
        .order_by(Infusion.first_on.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def _read_again(course: Infusion) -> None:
    db.session.flush()
    for day in course.days:
        db.session.expire(day)
    db.session.expire(course)
