"""The planned courses of a regimen: laid out 13 months ahead, and following what really happened."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from companion.circle_guard import across_circles
from companion.database import attempt, one_of_many
from companion.domain import recurrence
from companion.domain.recurrence import Course, Interval, Policy, Replan, Restart, Unit
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
    return Edit(regimen, course, course_before(course), later)


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


def course_before(course: Infusion) -> Infusion | None:
    """The course of the same plan before this one."""
    return last_course_before(course.regimen_id, course.first_on)


def last_course_before(regimen_id: int | None, on: date) -> Infusion | None:
    """The latest course of a regimen that begins before a date."""
    query = (
        sa.select(Infusion)
        .where(Infusion.regimen_id == regimen_id, Infusion.cancelled_at.is_(None), Infusion.first_on < on)
        .order_by(Infusion.first_on.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def any_course(regimen_id: int) -> Infusion:
    """The newest course of a regimen, cancelled ones too."""
    query = sa.select(Infusion).where(Infusion.regimen_id == regimen_id).order_by(Infusion.id.desc()).limit(1)
    return db.session.scalars(query).one()


def add_courses(regimen: Regimen, dates: Iterable[date], now: datetime) -> list[Infusion]:
    """New expected courses that begin on these dates."""
    made = [_new_course(regimen, on, now) for on in dates]
    db.session.flush()
    return made


def add_loading_course(regimen: Regimen, on: date, now: datetime) -> Infusion:
    """The loading course that a plan begins with, on days of its own."""
    made = _new_course(regimen, on, now, is_loading=True)
    db.session.flush()
    return made


def lay_days(course: Infusion, first_on: date, offsets: Sequence[int], local_time: str | None) -> None:
    """Put the days of a course on their dates; there must be as many days as offsets."""
    course.first_on = first_on
    for day, on in zip(course.days, recurrence.course_dates(first_on, offsets), strict=True):
        put_day(day, on, local_time)


def put_course(course: Infusion, to_on: date, regimen: Regimen) -> None:
    """Move all days of a course along with its first one, at the regimen's time."""
    by = to_on - course.first_on
    if not by:
        return
    course.first_on = to_on
    for day in course.days:
        put_day(day, day.planned_on + by, regimen.local_time)


def check_room(edit: Edit, dates: dict[int, date], first_on: date, today: date) -> None:
    """See that days stay in order and touch no other course that keeps its date. Raises NoRoom.

    `dates` holds the new date of each day of the course by number, `first_on` the course's new first date.
    """
    _check_days(dates)
    first, last = min(dates.values()), max(dates.values())
    if edit.previous and first <= edit.previous.last_on:
        raise NoRoom(edit.previous.last_on, after=False)
    is_over = edit.regimen is not None and edit.regimen.has_ended(today)  # nothing follows any more
    kept = [c for c in edit.followers if is_over or _stays(c, last, today)]
    if kept and kept[0].first_on <= last:
        raise NoRoom(kept[0].first_on, after=True, booked=kept[0].certainty == BOOKED)
    if edit.regimen and not edit.regimen.has_ended(today):
        ahead = [*_dates_to_keep_clear(edit, first_on, last, today), *(c.first_on for c in kept)]
        if ahead and min(ahead) <= last:
            raise NoRoom(min(ahead), after=True)


def _dates_to_keep_clear(edit: Edit, first_on: date, last_on: date, today: date) -> Iterable[date]:
    """Where the expected courses would be by their rhythm: a day moved among them is more likely a slip."""
    assert edit.regimen is not None
    makes_way = edit.regimen.policy == Policy.PLANNED_WEEKDAY
    return _replan_courses(edit, edit.followers, first_on, last_on, today, makes_way=makes_way).dates.values()


def follow(edit: Edit, now: datetime, free_from: date | None = None) -> None:
    """Let the expected courses after the edited one follow it, as the regimen's policy says.

    One whose date has come stays, unless it is on or after `free_from`.
    """
    regimen = edit.regimen
    if regimen is None or regimen.has_ended(local_today(now, regimen.tz)):
        return
    today = local_today(now, regimen.tz)
    base = edit.course
    plan = _replan_courses(edit, edit.followers, base.first_on, base.last_on, today, free_from)
    _apply(edit, regimen, edit.followers, plan, now)


def lay_out(edit: Edit, now: datetime, free_from: date | None = None) -> None:
    """Plan all courses of the edit from the beginning of the plan on: there is none before them to count from."""
    regimen = edit.regimen
    assert regimen is not None
    courses = [edit.course, *edit.followers]
    plan = _replan_courses(edit, courses, None, None, local_today(now, regimen.tz), free_from)
    _apply(edit, regimen, courses, plan, now)


def _apply(edit: Edit, regimen: Regimen, courses: Sequence[Infusion], plan: Replan, now: datetime) -> None:
    restart = None
    for course in courses:
        if course.id in plan.surplus:
            course.cancelled_at, restart = now, _restart_of(course) or restart
        elif course.id in plan.dates:
            put_course(course, plan.dates[course.id], regimen)
            if restart and regimen.policy == Policy.PLANNED_WEEKDAY:
                _begin_anew(course, restart)
            restart = None
    if regimen.interval_unit == Unit.MONTH:  # elsewhere the anchor is only where the rhythm began
        regimen.anchor_on = plan.anchor_on
    today = local_today(now, regimen.tz)
    edit.created += add_courses(regimen, _wanted(plan.append, today), now)


def _begin_anew(course: Infusion, restart: Restart) -> None:
    """The rhythm that began anew with a course that fell away begins anew with this one, unless it has its own."""
    if course.restart_on is None:
        course.restart_on, course.restart_gap_days = restart.on, restart.gap_days


def extend_plans(now: datetime) -> int:
    """Add the courses missing up to 13 months ahead, in all circles; saying it twice adds nothing.

    Returns how many were added.
    """
    added = 0
    for regimen, last_on in _regimens_with_courses(now):
        with one_of_many("plan could not be extended", regimen=regimen.id):
            if _may_lack_courses(regimen, last_on, now):
                with attempt():
                    added += extend_plan(regimen.id, now)
    return added


def extend_plan(regimen_id: int, now: datetime) -> int:
    """Add the missing courses of one regimen, counted on from its last one."""
    regimen, last = lock_regimen(regimen_id), last_course(regimen_id)
    if regimen.has_ended(local_today(now, regimen.tz)) or last is None:
        return 0
    edit = Edit(regimen, last, None, [])
    count_on(edit, now)
    return len(edit.created)


def count_on(edit: Edit, now: datetime) -> None:
    """Add what is missing after the last course of the edit. Nothing happened: the rhythm stays as it is."""
    regimen = edit.regimen
    assert regimen is not None
    anchor_on = regimen.anchor_on
    follow(edit, now)
    regimen.anchor_on = anchor_on


def interval_of(regimen: Regimen) -> Interval:
    """How often, as the rules of recurrence see it."""
    return Interval(regimen.interval_count, Unit(regimen.interval_unit))


@across_circles("all plans are kept 13 months ahead")
def _regimens_with_courses(now: datetime) -> list[tuple[Regimen, date]]:
    """Regimens that go on, each with the first day of its last course."""
    query = (
        sa.select(Regimen, sa.func.max(Infusion.first_on))
        .join(Infusion, sa.and_(Infusion.regimen_id == Regimen.id, Infusion.cancelled_at.is_(None)))
        .where(sa.or_(Regimen.ended_on.is_(None), Regimen.ended_on > now.date()))
        .group_by(Regimen.id)
    )
    return [(regimen, last_on) for regimen, last_on in db.session.execute(query)]


def _may_lack_courses(regimen: Regimen, last_on: date, now: datetime) -> bool:
    """Whether the last course leaves room for another one."""
    interval = interval_of(regimen)
    after_half = last_on + timedelta(days=interval.shortest_days // 2)
    earliest = after_half if regimen.policy == Policy.PLANNED_WEEKDAY else recurrence.step(last_on, interval, 1)
    return earliest <= recurrence.horizon(local_today(now, regimen.tz))


def _replan_courses(
    edit: Edit,
    courses: Sequence[Infusion],
    base_on: date | None,
    base_last_on: date | None,
    today: date,
    free_from: date | None = None,
    makes_way: bool = True,
) -> Replan:
    """The new plan of these courses. They make way for days of the base that lie among them, if they may."""
    regimen = edit.regimen
    assert regimen is not None
    come = min(today, free_from - timedelta(days=1)) if free_from else today
    return recurrence.replan(
        [as_course(course, is_fixed=_stays(course, base_last_on or date.min, come)) for course in courses],
        policy=Policy(regimen.policy),
        interval=interval_of(regimen),
        offsets=regimen.day_offsets,
        anchor_on=_anchor_at(edit, base_on),
        real_on=base_on,
        real_last_on=base_last_on if makes_way else None,
        until_on=_far_enough(edit, base_on or regimen.anchor_on, today),
        pauses=[pause.span for pause in regimen.pauses],
        end_on=regimen.ended_on,
    )


def as_course(course: Infusion, *, is_fixed: bool) -> Course:
    """A course as the rules of recurrence see it."""
    return Course(
        course.id,
        course.first_on,
        BOOKED if is_fixed else EXPECTED,
        course.is_answered,
        last_offset=(course.last_on - course.first_on).days,
        restart=Restart(course.first_on, 1) if course.is_loading else _restart_of(course),
        must_come=course.is_loading,
    )


def _restart_of(course: Infusion) -> Restart | None:
    if course.restart_on is None:
        return None
    return Restart(course.restart_on, course.restart_gap_days or 1)


def _anchor_at(edit: Edit, base_on: date | None) -> date:
    """Where the rhythm in force on a date began: with the plan, or anew with a later course."""
    regimen = edit.regimen
    assert regimen is not None
    if base_on is None:
        return regimen.anchor_on
    query = sa.select(sa.func.max(Infusion.restart_on)).where(
        Infusion.regimen_id == regimen.id, Infusion.cancelled_at.is_(None), Infusion.first_on <= base_on
    )
    began_anew = (db.session.scalar(query), edit.course.restart_on)
    return max([regimen.anchor_on, *(on for on in began_anew if on is not None)])


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


def offsets_of(course: Infusion) -> list[int]:
    """The days that its plan gives a course."""
    regimen = course.regimen
    assert regimen is not None
    return list((regimen.loading_offsets if course.is_loading else None) or regimen.day_offsets)


def _new_course(regimen: Regimen, first_on: date, now: datetime, is_loading: bool = False) -> Infusion:
    course = Infusion(
        circle_id=regimen.circle_id,
        regimen=regimen,
        first_on=first_on,
        certainty=EXPECTED,
        is_loading=is_loading,
        created_at=now,
    )
    for number, on in enumerate(recurrence.course_dates(first_on, offsets_of(course)), start=1):
        day = InfusionDay(circle_id=regimen.circle_id, number=number, tz=regimen.tz, state="planned", revision=0)
        put_day(day, on, regimen.local_time)
        course.days.append(day)
    db.session.add(course)
    return course


def _check_days(dates: dict[int, date]) -> None:
    for earlier, later in itertools.pairwise(dates[number] for number in sorted(dates)):
        if later <= earlier:
            raise NoRoom(earlier, after=False)


def _read_again(course: Infusion) -> None:
    db.session.flush()
    for day in course.days:
        db.session.expire(day)
    db.session.expire(course)
