"""Plan a visit, change it or its series, say what became of it, and take a change back."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.domain.recurrence import Interval
from companion.extensions import db
from companion.formatting import local_date
from companion.visits import queries
from companion.visits.models import CANCELLED, DONE, NEUROLOGIST, PLANNED, Visit, VisitChange, VisitSeries
from companion.visits.operations.history import (
    ChangeCannotBeUndone,
    Edit,
    begin_edit,
    lock_series,
    restore_series,
    restore_visit,
    rows_of,
    snapshot,
)
from companion.visits.operations.series import (
    SHARED,
    begin_series,
    drop,
    follows,
    move_series,
    put_visit,
    repeat_of,
    settle_newer,
)

OWN = ("questions", "note")
DETAILS = frozenset({*SHARED, *OWN, "planned_on"})


class VisitAlreadyAnswered(Exception):
    """Someone already said what became of this visit; it is opened again on purpose first."""


class VisitIsAhead(ValueError):
    """A visit in the future cannot be over."""


def add_visit(
    circle: Circle,
    *,
    kind: str,
    planned_on: date,
    title: str | None = None,
    local_time: str | None = None,
    tz: str | None = None,
    length_minutes: int | None = None,
    place: str | None = None,
    phone: str | None = None,
    bring: str | None = None,
    questions: str | None = None,
    note: str | None = None,
    repeat: Interval | None = None,
    now: datetime,
) -> Visit:
    """A new visit on a local date, at a wall time `HH:MM` in a zone (the circle's) where there is one.

    With `repeat` it comes again: visits 13 months ahead, each a row of its own.
    """
    visit = Visit(
        circle_id=circle.id,
        kind=kind,
        local_time=local_time,
        tz=tz or circle.tz,
        length_minutes=length_minutes,
        place=place,
        state=PLANNED,
        created_at=now,
        changed_at=now,
    )
    visit.title, visit.phone, visit.bring, visit.questions, visit.note = title, phone, bring, questions, note
    put_visit(visit, planned_on)
    db.session.add(visit)
    db.session.flush()
    if repeat is not None:
        begin_series(Edit(visit, None, []), repeat, now)
    db.session.flush()
    return visit


def change_visit(
    visit: Visit,
    *,
    later: bool = False,
    repeat: Interval | None = None,
    account: Account | None = None,
    now: datetime,
    **details: Any,
) -> VisitChange:
    """Change one visit, or with `later` also the later ones of its series; `details` are words of DETAILS.

    Changed alone, a visit of a series becomes an exception that no longer follows it. With `later` only what
    differs is taken over, and never questions and note. `repeat` lets a single visit come again, or with
    `later` gives its series another rhythm. Raises VisitAlreadyAnswered for a cancelled one.
    """
    if unknown := details.keys() - DETAILS:
        raise TypeError(f"no such details: {sorted(unknown)}")
    edit = begin_edit(visit)
    if visit.is_cancelled:
        raise VisitAlreadyAnswered
    changed = {name: value for name, value in details.items() if getattr(visit, name) != value}
    _change(visit, changed)
    if edit.series is None:
        _note_move(visit, edit)
        if repeat is not None:
            begin_series(edit, repeat, now)
    elif later or (repeat is not None and edit.series.ended_on is not None):
        _change_later(edit, changed, repeat, now)
    elif changed.keys() - set(OWN):
        visit.is_exception = True
        _note_move(visit, edit)
    return edit.finish("change", account=account, now=now)


def cancel_visit(visit: Visit, *, later: bool = False, account: Account | None = None, now: datetime) -> VisitChange:
    """Say that a visit will not take place; with `later` the series ends here. Raises VisitAlreadyAnswered."""
    edit = begin_edit(visit)
    if visit.state != PLANNED:
        raise VisitAlreadyAnswered
    _answer(visit, CANCELLED, account, now)
    if later and edit.series is not None:
        _end(edit, visit.slot_on)
    return edit.finish("cancel", account=account, now=now)


def take_back_visit(visit: Visit, *, account: Account | None = None, now: datetime) -> VisitChange:
    """Let a new visit, and its series, fall away as if it had not been planned; calendars that have it say cancelled.

    Raises ChangeCannotBeUndone where somebody changed any of them since.
    """
    edit = begin_edit(visit)
    of_series = Visit.id == visit.id if visit.series_id is None else Visit.series_id == visit.series_id
    if db.session.scalar(sa.select(sa.exists().where(VisitChange.visit_id == Visit.id, of_series))):
        raise ChangeCannotBeUndone
    drop(visit)
    if edit.series is not None:
        _end(edit, visit.slot_on)
    return edit.finish("take_back", account=account, now=now)


def end_series(visit: Visit, *, account: Account | None = None, now: datetime) -> VisitChange:
    """Let no visit come after this one; this one stays."""
    edit = begin_edit(visit)
    if edit.series is not None and visit.slot_on is not None:
        _end(edit, visit.slot_on + timedelta(days=1))
    return edit.finish("end", account=account, now=now)


def record_visit_done(visit: Visit, *, account: Account | None = None, now: datetime) -> VisitChange:
    """Say that a visit took place. Raises VisitAlreadyAnswered, VisitIsAhead."""
    edit = begin_edit(visit)
    if visit.state != PLANNED:
        raise VisitAlreadyAnswered
    if visit.planned_on > local_date(now, visit.tz):
        raise VisitIsAhead(visit.planned_on.isoformat())
    _answer(visit, DONE, account, now)
    return edit.finish("done", account=account, now=now)


def reopen_visit(visit: Visit, *, account: Account | None = None, now: datetime) -> VisitChange:
    """Plan a visit again that was done or cancelled."""
    edit = begin_edit(visit)
    visit.state, visit.is_dropped, visit.answered_at, visit.answered_by_id = PLANNED, False, None, None
    return edit.finish("reopen", account=account, now=now)


def set_next_visit(circle: Circle, on: date | None, *, account: Account | None = None, now: datetime) -> None:
    """The date of the next visit to the neurologist, or none: what the first run asks."""
    today = local_date(now, circle.tz)
    visit = queries.next_visit(circle, today, kind=NEUROLOGIST)
    if visit is None and on is not None:
        add_visit(circle, kind=NEUROLOGIST, planned_on=on, now=now)
    elif visit is not None and on is None:
        cancel_visit(visit, account=account, now=now)
    elif visit is not None:
        change_visit(visit, planned_on=on, account=account, now=now)


def undo_change(change: VisitChange, *, now: datetime) -> VisitChange:
    """Put every visit back as it was before the change. Undoing twice does nothing the second time.

    Raises ChangeCannotBeUndone, and then changes nothing, where a later change touched the same visits.
    """
    visit = change.visit
    begin_edit(visit)
    db.session.refresh(change)
    if change.undone_at is not None:
        return change
    series = visit.series
    rows = rows_of(lock_series(series.id)) if series is not None else [visit]
    known = {f"visit:{row.id}": row for row in rows}
    current = snapshot(series, rows)
    if any(current.get(key) != values for key, values in change.after.items()):
        raise ChangeCannotBeUndone
    _restore(change, series, known, now)
    change.undone_at = now
    db.session.flush()
    for row in rows:
        db.session.expire(row, ["series"])
    return change


def _restore(change: VisitChange, series: VisitSeries | None, known: dict[str, Visit], now: datetime) -> None:
    before: dict[str, Any] = change.before
    for key, row in known.items():
        if key in before:
            restore_visit(row, before[key], now)
    if series is None or f"series:{series.id}" not in before:
        return
    values = before[f"series:{series.id}"]
    restore_series(series, values)
    newer = [row for row in known.values() if row.created_at > change.at and not row.is_dropped]
    if values is None:
        for row in newer:
            restore_visit(row, None, now)
    elif newer:
        settle_newer(series, newer, now)


def _change(visit: Visit, changed: dict[str, Any]) -> None:
    for name, value in changed.items():
        if name != "planned_on":
            setattr(visit, name, value)
    put_visit(visit, changed.get("planned_on", visit.planned_on))


def _change_later(edit: Edit, changed: dict[str, Any], repeat: Interval | None, now: datetime) -> None:
    visit, series = edit.visit, edit.series
    assert series is not None
    comes_again = repeat is not None and series.ended_on is not None
    repeat = repeat or repeat_of(series)
    visit.is_exception, visit.moved_from_on = False, None
    if comes_again:
        series.ended_on = None
    shared = {name: value for name, value in changed.items() if name in SHARED}
    for row in edit.later:
        if follows(row):
            _change(row, shared)
    if comes_again or visit.planned_on != visit.slot_on or repeat != repeat_of(series):
        move_series(edit, repeat, now)


def _end(edit: Edit, ended_on: date | None) -> None:
    assert edit.series is not None
    edit.series.ended_on = ended_on
    for row in edit.later:
        if row.state == PLANNED:
            drop(row)


def _note_move(visit: Visit, edit: Edit) -> None:
    """Where a move began: the first date, and nothing when it is back there."""
    origin = visit.moved_from_on or date.fromisoformat(edit.before[f"visit:{visit.id}"]["planned_on"])
    visit.moved_from_on = None if origin == visit.planned_on else origin


def _answer(visit: Visit, state: str, account: Account | None, now: datetime) -> None:
    visit.state, visit.answered_at, visit.answered_by_id = state, now, account.id if account else None
