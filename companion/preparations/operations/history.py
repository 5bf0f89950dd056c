"""What a change of duties or of a list touched, kept before and after, so that it can be taken back exactly."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.preparations.models import OPEN, Duty, Preparation, PreparationChange
from companion.snapshots import put_back, values_of

DUTY_FIELDS = ("state", "account_id", "name_sealed", "agreed_on", "offered_to_id", "offered_by_id")
PREPARATION_FIELDS = ("words_sealed", "position", "lead_days", "done_at", "done_by_id", "removed_at")

Thing = Duty | Preparation


class ChangeCannotBeUndone(Exception):
    """A later change touched the same rows."""


@dataclass
class Edit:
    """One change in the making: the course or circle that is held, its rows, and how they were before."""

    circle_id: int
    infusion: Infusion | None
    rows: list[Thing] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)

    def watch(self, *rows: Thing, is_new: bool = False) -> None:
        """Note how rows are, or that they did not exist before."""
        self.rows += rows
        self.before |= {_key(row): None if is_new else _values(row) for row in rows}

    def finish(self, verb: str, *, account: Account | None, now: datetime) -> PreparationChange:
        """Write down what differs from before."""
        db.session.flush()
        after = {_key(row): _values(row) for row in self.rows}
        touched = [key for key in after if after[key] != self.before[key]]
        for row in self.rows:
            if isinstance(row, Duty) and _key(row) in touched:
                row.changed_at = now
        change = PreparationChange(
            circle_id=self.circle_id,
            infusion_id=self.infusion.id if self.infusion else None,
            account_id=account.id if account else None,
            verb=verb,
            before={key: self.before[key] for key in touched},
            after={key: after[key] for key in touched},
            at=now,
        )
        db.session.add(change)
        db.session.flush()
        return change


def begin_edit(held: Infusion | Circle) -> Edit:
    """Hold a course (or a circle, for its own list) until the end of the transaction: the first of two wins."""
    db.session.flush()
    model = type(held)
    db.session.execute(sa.select(model.id).where(model.id == held.id).with_for_update())
    if isinstance(held, Circle):
        return Edit(held.id, None)
    return Edit(held.circle_id, held)


def undo_change(change: PreparationChange, *, now: datetime) -> PreparationChange:
    """Put every row back as it was before the change. Undoing twice does nothing the second time.

    Raises ChangeCannotBeUndone, and then changes nothing, where a later change touched the same rows.
    """
    begin_edit(change.infusion or db.session.get_one(Circle, change.circle_id))
    db.session.refresh(change)
    if change.undone_at is not None:
        return change
    rows = {key: _row_named(key) for key in change.after}
    if any(_values(row) != change.after[key] for key, row in rows.items()):
        raise ChangeCannotBeUndone
    before: dict[str, Any] = change.before
    for key, row in rows.items():
        _restore(row, before[key], now)
    change.undone_at = now
    db.session.flush()
    return change


def _restore(row: Thing, values: dict[str, Any] | None, now: datetime) -> None:
    if isinstance(row, Duty):
        row.changed_at = now
        put_back(row, values or dict.fromkeys(DUTY_FIELDS) | {"state": OPEN}, DUTY_FIELDS)
    elif values is not None:
        put_back(row, values, PREPARATION_FIELDS)
    else:
        row.removed_at = now


def _row_named(key: str) -> Thing:
    table, _colon, number = key.partition(":")
    if table == Duty.__tablename__:
        return db.session.get_one(Duty, int(number), populate_existing=True)
    return db.session.get_one(Preparation, int(number), populate_existing=True)


def _key(row: Thing) -> str:
    return f"{row.__tablename__}:{row.id}"


def _values(row: Thing) -> dict[str, Any]:
    return values_of(row, DUTY_FIELDS if isinstance(row, Duty) else PREPARATION_FIELDS)
