"""What a change of visits touched, kept before and after, so that it can be taken back exactly."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.extensions import db
from companion.snapshots import put_back, values_of
from companion.visits.models import CANCELLED, Visit, VisitChange, VisitSeries

SERIES_FIELDS = ("interval_count", "interval_unit", "anchor_on", "ended_on")
VISIT_FIELDS = (
    *("series_id", "slot_on", "is_exception", "kind", "title_sealed", "planned_on", "local_time", "tz", "starts_at"),
    *("length_minutes", "moved_from_on", "place", "phone_sealed", "bring_sealed", "questions_sealed", "note_sealed"),
    *("state", "is_dropped", "answered_at", "answered_by_id"),
)
TIMING = ("planned_on", "local_time", "tz", "length_minutes")

Snapshot = dict[str, dict[str, Any]]


class ChangeCannotBeUndone(Exception):
    """A later change touched the same visits."""


@dataclass
class Edit:
    """One change in the making: a visit, its series, the later visits of it, and how all of them were before."""

    visit: Visit
    series: VisitSeries | None
    later: list[Visit]
    created: list[Visit] = field(default_factory=list)
    before: Snapshot = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = snapshot(self.series, [self.visit, *self.later])

    def finish(self, verb: str, *, account: Account | None, now: datetime) -> VisitChange:
        """Write down what differs from before; rows whose timing changed get a new revision."""
        db.session.flush()
        rows = [self.visit, *self.later, *self.created]
        after = snapshot(self.series, rows)
        touched = [key for key in after if after[key] != self.before.get(key)]
        for row in rows:
            mark_changed(row, self.before.get(_key(row)), now)
        change = VisitChange(
            circle_id=self.visit.circle_id,
            visit_id=self.visit.id,
            account_id=account.id if account else None,
            verb=verb,
            before={key: self.before.get(key) for key in touched},
            after={key: after[key] for key in touched},
            at=now,
        )
        db.session.add(change)
        db.session.flush()
        return change


def begin_edit(visit: Visit) -> Edit:
    """Hold the visit, or its whole series, until the end of the transaction, and read it afresh."""
    db.session.flush()
    if visit.series_id is None:
        _fresh(sa.select(Visit).where(Visit.id == visit.id).with_for_update())
        return Edit(visit, None, [])
    series = lock_series(visit.series_id)
    rows = rows_of(series)
    later = [row for row in rows if row.slot_on and visit.slot_on and row.slot_on > visit.slot_on]
    return Edit(visit, series, [row for row in later if not row.is_dropped])


def lock_series(series_id: int) -> VisitSeries:
    """A series, held until the end of the transaction, so that two changes never lay it out at once."""
    db.session.flush()
    series: VisitSeries = _fresh(sa.select(VisitSeries).where(VisitSeries.id == series_id).with_for_update())[0]
    return series


def rows_of(series: VisitSeries) -> list[Visit]:
    """All visits of a series by their slots, read afresh."""
    return _fresh(sa.select(Visit).where(Visit.series_id == series.id).order_by(Visit.slot_on, Visit.id))


def snapshot(series: VisitSeries | None, visits: list[Visit]) -> Snapshot:
    """The values of rows as plain JSON, by the rows' names."""
    rows = {_key(visit): values_of(visit, VISIT_FIELDS) for visit in visits}
    if series is not None:
        rows[f"series:{series.id}"] = values_of(series, SERIES_FIELDS)
    return rows


def mark_changed(visit: Visit, before: dict[str, Any] | None, now: datetime) -> None:
    """Note when a visit changed, and give it a new revision where messages and calendars must follow."""
    current = values_of(visit, VISIT_FIELDS)
    if before is None or before == current:
        return
    visit.changed_at = now
    cancelled = (before["state"] == CANCELLED) != visit.is_cancelled
    if cancelled or any(before[name] != current[name] for name in TIMING):
        visit.revision += 1


def restore_visit(visit: Visit, values: dict[str, Any] | None, now: datetime) -> None:
    """Put a visit back; one that did not exist before falls away."""
    was = values_of(visit, VISIT_FIELDS)
    if values is None:
        visit.state, visit.is_dropped = CANCELLED, True
    else:
        put_back(visit, values, VISIT_FIELDS)
    mark_changed(visit, was, now)


def restore_series(series: VisitSeries, values: dict[str, Any] | None) -> None:
    """Put a series back; one that did not exist before has ended before it began."""
    if values is None:
        series.ended_on = series.anchor_on
    else:
        put_back(series, values, SERIES_FIELDS)


def _key(visit: Visit) -> str:
    return f"visit:{visit.id}"


def _fresh(query: sa.Select[Any]) -> list[Any]:
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
