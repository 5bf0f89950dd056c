"""Take a change of the plan back."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from companion.extensions import db
from companion.infusions.models import Infusion, PlanChange, Regimen
from companion.infusions.operations.history import (
    ChangeCannotBeUndone,
    Edit,
    is_still_so,
    restore_course,
    restore_regimen,
    snapshot,
)
from companion.infusions.operations.plans import follow, live_courses, lock_regimen


def undo_change(change: PlanChange, *, now: datetime) -> PlanChange:
    """Put every row back as it was before the change. Undoing twice does nothing the second time.

    Raises ChangeCannotBeUndone, and then changes nothing, where a later change touched the same rows or put
    another course in the way.
    """
    course = db.session.get_one(Infusion, change.infusion_id)
    regimen = lock_regimen(course.regimen_id) if course.regimen_id else None
    db.session.refresh(change)
    if change.undone_at is not None:
        return change
    courses = _courses_of(change)
    _refuse_changed(change, regimen, courses)
    _refuse_disorder(change, regimen, courses)
    _restore(change, regimen, courses, now)
    change.undone_at = now
    db.session.flush()
    if regimen is not None:
        _settle_newer(regimen, change, now)
    return change


def _rows(change: PlanChange, side: str) -> dict[str, Any]:
    rows: Any = getattr(change, side)["rows"]
    return dict(rows)


def _courses_of(change: PlanChange) -> dict[str, Infusion]:
    """The touched courses that still exist, read afresh, by the names of the record."""
    ids = [int(key.split(":")[1]) for key in _rows(change, "after") if key.startswith("infusion:")]
    query = sa.select(Infusion).where(Infusion.id.in_(ids)).execution_options(populate_existing=True)
    courses = list(db.session.scalars(query))
    for course in courses:
        for day in course.days:
            db.session.refresh(day)
    return {f"infusion:{course.id}": course for course in courses}


def _refuse_changed(change: PlanChange, regimen: Regimen | None, courses: dict[str, Infusion]) -> None:
    current = snapshot(regimen, list(courses.values()))
    if any(not is_still_so(values, current.get(key)) for key, values in _rows(change, "after").items()):
        raise ChangeCannotBeUndone


def _refuse_disorder(change: PlanChange, regimen: Regimen | None, courses: dict[str, Infusion]) -> None:
    """Courses of the plan that no change touched must not stand where the old dates go back to."""
    if regimen is None:
        return
    untouched = [c for c in live_courses(regimen.id) if f"infusion:{c.id}" not in courses]
    others = [c for c in untouched if c.created_at <= change.at]
    before = _rows(change, "before")
    ends = [span[1] for span in (_span(before[key]) for key in courses) if span]
    last_on = max([*ends, *(c.last_on for c in others)], default=date.min)
    if any(c.created_at > change.at and c.keeps_its_date and c.first_on <= last_on for c in untouched):
        raise ChangeCannotBeUndone
    for key, course in courses.items():
        span = _span(before[key])
        if span is None:
            continue
        for other in others:
            stays_before = other.last_on < span[0] and other.first_on < course.first_on
            stays_after = other.first_on > span[1] and other.first_on > course.first_on
            if not (stays_before or stays_after):
                raise ChangeCannotBeUndone


def _span(values: dict[str, Any] | None) -> tuple[date, date] | None:
    """First and last date of a course as it was; None where it was not part of the plan."""
    if values is None or values["cancelled_at"] is not None:
        return None
    dates = [date.fromisoformat(day["given_on"] or day["planned_on"]) for day in values["days"].values()]
    return min(dates), max(dates)


def _restore(change: PlanChange, regimen: Regimen | None, courses: dict[str, Infusion], now: datetime) -> None:
    for key, values in _rows(change, "before").items():
        if key in courses:
            restore_course(courses[key], values, now)
        elif regimen is not None:
            restore_regimen(regimen, values)


def _settle_newer(regimen: Regimen, change: PlanChange, now: datetime) -> None:
    """Courses that were added since, at the far end, follow the restored ones, which may reach farther again."""
    courses = live_courses(regimen.id)
    newer = [course for course in courses if course.created_at > change.at]
    older = [course for course in courses if course.created_at <= change.at]
    if newer and older:
        anchor_on = regimen.anchor_on
        follow(Edit(regimen, older[-1], None, newer), now)
        regimen.anchor_on = anchor_on  # as it was before the change, for the one that may be undone next
