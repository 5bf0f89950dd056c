"""Series of visits: concrete rows 13 months ahead, which keep their ids when the series moves."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from companion.circle_guard import across_circles
from companion.database import attempt, one_of_many
from companion.domain import recurrence, visit_series
from companion.domain.recurrence import Interval, Unit
from companion.extensions import db
from companion.formatting import local_date
from companion.visits.models import CANCELLED, PLANNED, Visit, VisitSeries
from companion.visits.operations.history import Edit, lock_series, rows_of

SHARED = ("kind", "title", "local_time", "tz", "length_minutes", "place", "phone", "bring")
"""What all visits of a series have in common; questions and note belong to one visit."""


def put_visit(visit: Visit, on: date) -> None:
    """Plan a visit for a date; its instant follows from its wall time and zone."""
    starts_at = None
    if visit.local_time is not None:
        starts_at = recurrence.local_instant(on, time.fromisoformat(visit.local_time), ZoneInfo(visit.tz))
    visit.planned_on, visit.starts_at = on, starts_at


def begin_series(edit: Edit, repeat: Interval, now: datetime) -> None:
    """Let a single visit come again."""
    visit = edit.visit
    series = VisitSeries(
        circle_id=visit.circle_id,
        interval_count=repeat.count,
        interval_unit=str(repeat.unit),
        anchor_on=visit.planned_on,
        created_at=now,
    )
    db.session.add(series)
    db.session.flush()
    edit.series = visit.series = series
    visit.series_id, visit.slot_on = series.id, visit.planned_on
    edit.created += _add_missing(series, visit, visit.planned_on, now)


def move_series(edit: Edit, repeat: Interval, now: datetime) -> None:
    """Count this visit and the later ones from its date on; exceptions keep their own date."""
    series, visit = edit.series, edit.visit
    assert series is not None
    until = None if repeat == repeat_of(series) else _horizon(visit, now)
    series.interval_count, series.interval_unit, series.anchor_on = repeat.count, str(repeat.unit), visit.planned_on
    slots = visit_series.moved_slots(visit.planned_on, repeat, len(edit.later) + 1)
    visit.slot_on = slots[0]
    for row, slot in zip(edit.later, slots[1:], strict=True):
        row.slot_on = slot
        if follows(row):
            put_visit(row, slot)
            if until is not None and slot > until:
                drop(row)
    kept = [row.slot_on for row in edit.later if not row.is_dropped and row.slot_on]
    edit.created += _add_missing(series, visit, max([slots[0], *kept]), now)


def follows(visit: Visit) -> bool:
    """Whether a visit goes where its series goes: still planned, and never changed alone."""
    return visit.state == PLANNED and not visit.is_exception


def drop(visit: Visit) -> None:
    """Let a visit fall away with its series; calendars still say that it is cancelled."""
    visit.state, visit.is_dropped = CANCELLED, True


def repeat_of(series: VisitSeries) -> Interval:
    """How often a series comes."""
    return Interval(series.interval_count, Unit(series.interval_unit))


def extend_visits(now: datetime) -> int:
    """Add the visits that are missing up to 13 months ahead, in all circles; returns how many were added."""
    open_ones = sa.select(VisitSeries.id).where(VisitSeries.ended_on.is_(None)).order_by(VisitSeries.id)
    added = 0
    with across_circles("all series are kept 13 months ahead"):
        found = list(db.session.scalars(open_ones))
    for series_id in found:
        with one_of_many("visits could not be extended", series=series_id), attempt():
            added += _extend(series_id, now)
    return added


@across_circles("new rules of time zones count for all")
def keep_visit_times(now: datetime) -> int:
    """Give visits ahead the instants of their wall times under the zone rules of today; returns how many changed."""
    query = sa.select(Visit).where(Visit.starts_at > now, Visit.state == PLANNED).order_by(Visit.id)
    changed = 0
    for visit in db.session.scalars(query.with_for_update()):
        was = visit.starts_at
        with one_of_many("no instant for a wall time", visit=visit.id):
            put_visit(visit, visit.planned_on)
        if visit.starts_at != was:
            visit.revision, visit.changed_at, changed = visit.revision + 1, now, changed + 1
    db.session.flush()
    return changed


def settle_newer(series: VisitSeries, newer: list[Visit], now: datetime) -> None:
    """Visits that the hourly job added since follow a series that was put back."""
    ids = {row.id for row in newer}
    last_on = max(r.slot_on for r in rows_of(series) if r.id not in ids and not r.is_dropped and r.slot_on)
    slots = visit_series.moved_slots(series.anchor_on, repeat_of(series), len(newer) + _count_to(series, last_on))
    for row, slot in zip(newer, slots[-len(newer) :], strict=True):
        row.slot_on = slot
        if follows(row) and row.planned_on != slot:
            put_visit(row, slot)
            row.revision, row.changed_at = row.revision + 1, now


def _count_to(series: VisitSeries, last_on: date) -> int:
    """How many slots of a series there are from its anchor up to a date."""
    before = recurrence.step(series.anchor_on, repeat_of(series), -1)
    return len(visit_series.slots_after(series.anchor_on, repeat_of(series), before, last_on))


def _extend(series_id: int, now: datetime) -> int:
    series = lock_series(series_id)
    rows = [row for row in rows_of(series) if not row.is_dropped]
    if not rows:
        return 0
    usual = [row for row in rows if not row.is_exception]
    last_on = rows[-1].slot_on
    assert last_on is not None
    return len(_add_missing(series, (usual or rows)[-1], last_on, now))


def _add_missing(series: VisitSeries, like: Visit, last_on: date, now: datetime) -> list[Visit]:
    if series.ended_on is not None:
        return []
    slots = visit_series.slots_after(series.anchor_on, repeat_of(series), last_on, _horizon(like, now))
    made = [_copy(like, series, slot, now) for slot in slots]
    db.session.add_all(made)
    db.session.flush()
    return made


def _copy(like: Visit, series: VisitSeries, slot: date, now: datetime) -> Visit:
    made = Visit(
        circle_id=like.circle_id,
        series_id=series.id,
        slot_on=slot,
        is_exception=False,
        state=PLANNED,
        is_dropped=False,
        revision=0,
        created_at=now,
        changed_at=now,
    )
    for name in SHARED:
        setattr(made, name, getattr(like, name))
    put_visit(made, slot)
    return made


def _horizon(visit: Visit, now: datetime) -> date:
    return recurrence.horizon(local_date(now, visit.tz))
