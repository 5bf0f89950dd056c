"""Pause a plan for travel, hospital or another reason, and let it go on."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.extensions import db
from companion.infusions.models import BOOKED, Infusion, PlanChange, Regimen, RegimenPause
from companion.infusions.operations.history import Edit
from companion.infusions.operations.plans import (
    NoRoom,
    add_courses,
    any_course,
    course_before,
    follow,
    last_course_before,
    lay_out,
    live_courses,
    local_today,
    lock_regimen,
    put_course,
)
from companion.infusions.operations.regimens import RegimenHasEnded
from companion.infusions.operations.shifts import DateIsOver

REASONS = ("travel", "hospital", "other")


class AlreadyPaused(ValueError):
    """These dates touch another pause of the plan, `pause`."""

    def __init__(self, pause: RegimenPause) -> None:
        super().__init__(pause.from_on.isoformat())
        self.pause = pause


class LoadingComesFirst(ValueError):
    """The loading course of the plan keeps its date, `on`, and nothing comes before it."""

    def __init__(self, on: date) -> None:
        super().__init__(on.isoformat())
        self.on = on


class NotPaused(Exception):
    """There is no pause, now or later, that could end."""


def pause_regimen(
    regimen: Regimen,
    *,
    from_on: date,
    until_on: date | None = None,
    reason: str | None = None,
    account: Account | None = None,
    now: datetime,
) -> PlanChange:
    """Expect nothing from a local date until another, both included, or until the plan is resumed.

    What is due in the pause comes on the first day after it and the later dates count from there; where the
    plan stays on its planned weekday, the dates in the pause fall away and the rhythm goes on after it. Booked,
    confirmed and single moved ones stay, and so do past ones that nobody has answered. Raises AlreadyPaused,
    RegimenHasEnded.
    """
    lock_regimen(regimen.id)
    today = local_today(now, regimen.tz)
    if regimen.has_ended(today):
        raise RegimenHasEnded
    pause = RegimenPause(from_on=from_on, until_on=until_on, reason=reason)
    _refuse_overlap(regimen, pause)
    base = _last_before(regimen, from_on)
    later = live_courses(regimen.id, *([Infusion.first_on > base.first_on] if base else []))
    is_laid_out = base is None and bool(later)
    course = base or (later.pop(0) if later else any_course(regimen.id))
    edit = Edit(regimen, course, None, later)
    regimen.pauses.append(pause)
    if is_laid_out:
        lay_out(edit, now, free_from=today)
    else:
        follow(edit, now, free_from=today)
    inside = [c for c in live_courses(regimen.id, Infusion.first_on >= today) if _is_booked_in(c, pause)]
    stays = [course.first_on.isoformat() for course in inside]
    return edit.finish("pause", account=account, now=now, pause=_dates(pause), stays=stays)


def resume_regimen(
    regimen: Regimen,
    *,
    next_on: date,
    certainty: str | None = None,
    account: Account | None = None,
    now: datetime,
) -> PlanChange:
    """Let a paused plan go on with its next infusion on a date: the pause ends the day before.

    A pause that would begin later than that date is taken away. The expected dates after it count from it,
    booked ones stay. A plan that was paused before its loading course goes on with that one. Raises NotPaused,
    DateIsOver, NoRoom, RegimenHasEnded and LoadingComesFirst.
    """
    lock_regimen(regimen.id)
    today = local_today(now, regimen.tz)
    if regimen.has_ended(today):
        raise RegimenHasEnded
    pause = regimen.pause_from(today)
    if pause is None:
        raise NotPaused
    if next_on < today:
        raise DateIsOver(next_on)
    edit = _edit_of_next(regimen, next_on, max(today, min(pause.from_on, next_on)), now)
    _end_pause(regimen, pause, next_on)
    _put_anew(edit, next_on, certainty)
    follow(edit, now)
    return edit.finish("resume", account=account, now=now)


def _refuse_overlap(regimen: Regimen, pause: RegimenPause) -> None:
    for other in regimen.pauses:
        if other.span.holds(pause.from_on, pause.until_on or date.max):
            raise AlreadyPaused(other)


def _is_booked_in(course: Infusion, pause: RegimenPause) -> bool:
    return course.certainty == BOOKED and not course.is_answered and pause.span.holds(course.first_on, course.last_on)


def _dates(pause: RegimenPause) -> list[str | None]:
    return [pause.from_on.isoformat(), pause.until_on.isoformat() if pause.until_on else None]


def _last_before(regimen: Regimen, from_on: date) -> Infusion | None:
    """The last course that the pause leaves alone: it begins and, unless it keeps its date, ends before it."""
    base = last_course_before(regimen.id, from_on)
    if base is not None and base.last_on >= from_on and not base.keeps_its_date:
        return course_before(base)
    return base


def _edit_of_next(regimen: Regimen, next_on: date, first_on: date, now: datetime) -> Edit:
    """The course that becomes the next one: the first free one between the same fixed ones, else a new one."""
    ahead = live_courses(regimen.id, Infusion.first_on >= first_on)
    fixed_before = [c for c in ahead if c.keeps_its_date and c.first_on < next_on]
    fixed_after = [c for c in ahead if c.keeps_its_date and c.first_on >= next_on]
    left = fixed_before[-1].first_on if fixed_before else date.min
    right = fixed_after[0].first_on if fixed_after else date.max
    course = next((c for c in ahead if not c.keeps_its_date and left < c.first_on < right), None)
    if any(c.is_loading and c is not course for c in fixed_after):
        raise LoadingComesFirst(fixed_after[0].first_on)
    lost = [] if course or fixed_before else _lost_beginning(regimen, first_on)
    if lost:
        return _edit_of_lost(regimen, lost, next_on, later=ahead)
    is_new = course is None
    course = course or add_courses(regimen, [next_on], now)[0]
    dropped = [c for c in ahead if c is not course and not c.keeps_its_date and c.first_on < course.first_on]
    later = [c for c in ahead if c is not course and c not in dropped and c not in fixed_before]
    previous = fixed_before[-1] if fixed_before else last_course_before(regimen.id, first_on)
    edit = Edit(regimen, course, previous, later, beside=[*dropped, *fixed_before])
    if is_new:
        edit.forget(course)
    for each in dropped:
        each.cancelled_at = now
    return edit


def _lost_beginning(regimen: Regimen, first_on: date) -> list[Infusion]:
    """The loading course that fell away in a pause, and what was to follow it; none where the plan has begun."""
    if regimen.loading_offsets is None or last_course_before(regimen.id, first_on) is not None:
        return []
    query = (
        sa.select(Infusion)
        .where(
            Infusion.regimen_id == regimen.id,
            Infusion.cancelled_at.is_not(None),
            sa.or_(Infusion.is_loading, Infusion.restart_gap_days.is_not(None)),
        )
        .order_by(Infusion.first_on, Infusion.id)
    )
    lost = sorted(db.session.scalars(query), key=lambda course: not course.is_loading)[:2]
    return lost if lost and lost[0].is_loading else []


def _edit_of_lost(regimen: Regimen, lost: list[Infusion], next_on: date, *, later: list[Infusion]) -> Edit:
    """The loading course becomes the next one again, with the first maintenance course at its old distance."""
    loading, *first = lost
    edit = Edit(regimen, loading, None, [*(first if not later else []), *later])
    loading.cancelled_at = None
    for course in first if not later else []:
        on = next_on + timedelta(days=course.restart_gap_days or 1)
        put_course(course, on, regimen)
        course.cancelled_at, course.restart_on = None, on
    return edit


def _end_pause(regimen: Regimen, pause: RegimenPause, next_on: date) -> None:
    if next_on <= pause.from_on:
        regimen.pauses.remove(pause)
    else:
        pause.until_on = next_on - timedelta(days=1)
    db.session.flush()


def _put_anew(edit: Edit, next_on: date, certainty: str | None) -> None:
    course, regimen, before = edit.course, edit.regimen, edit.previous
    assert regimen is not None
    if before is not None and before.last_on >= next_on:
        raise NoRoom(before.last_on, after=False)
    put_course(course, next_on, regimen)
    kept = next((c for c in edit.followers if c.keeps_its_date), None)
    if kept is not None and kept.first_on <= course.last_on:
        raise NoRoom(kept.first_on, after=True, booked=True)
    if before is None:
        regimen.anchor_on = next_on
    else:
        course.restart_on, course.restart_gap_days = next_on, (next_on - before.first_on).days
    course.certainty = certainty or course.certainty
