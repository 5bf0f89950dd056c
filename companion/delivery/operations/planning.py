"""Deliveries planned: one row a key, brought up to date, taken back when nobody wants it any more."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from companion.database import public_id
from companion.delivery.channels import EMAIL
from companion.delivery.models import CANCELLED, IN_DIGEST, KEY_COLUMNS, OPEN_STATES, PENDING, SUPERSEDED, Delivery
from companion.delivery.operations.rows import end, insert, message_domain, message_id_of
from companion.extensions import db

Key = tuple[str, int, int, str, str, int, str, int, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message that should exist; its key is the unique key of a delivery. `provider` takes it over."""

    subject_kind: str
    subject_id: int
    stage: str
    due_slot: str
    recipient_id: int
    channel: str
    address_id: int
    due_at: datetime
    useful_until: datetime
    rule_id: int = 0
    revision: int = 0
    circle_id: int | None = None
    provider: str = EMAIL
    priority: int = 0

    @property
    def key(self) -> Key:
        """What makes it one message."""
        return tuple(getattr(self, name) for name in KEY_COLUMNS)


_given = attrgetter(*Wanted.__slots__)


def key_of(delivery: Delivery) -> Key:
    """The unique key of a stored delivery."""
    return tuple(getattr(delivery, name) for name in KEY_COLUMNS)


def plan_delivery(
    *,
    subject_kind: str,
    subject_id: int,
    stage: str,
    due_slot: str,
    recipient_id: int,
    channel: str,
    address_id: int,
    due_at: datetime,
    useful_until: datetime,
    now: datetime,
    rule_id: int = 0,
    revision: int = 0,
    circle_id: int | None = None,
) -> Delivery:
    """The delivery of this key, planned now unless it is already there."""
    return plan_wanted(
        Wanted(
            subject_kind=subject_kind,
            subject_id=subject_id,
            stage=stage,
            due_slot=due_slot,
            recipient_id=recipient_id,
            channel=channel,
            address_id=address_id,
            due_at=due_at,
            useful_until=useful_until,
            rule_id=rule_id,
            revision=revision,
            circle_id=circle_id,
        ),
        now=now,
    )


def plan_all(wanted: Collection[Wanted], *, now: datetime) -> None:
    """Insert many deliveries; what is there already stays as it is."""
    if wanted:
        db.session.flush()
        statement = insert(Delivery.__table__).on_conflict_do_nothing(index_elements=KEY_COLUMNS)
        domain = message_domain()
        db.session.execute(statement, [_values_of(one, now, domain) for one in wanted])


def _values_of(wanted: Wanted, now: datetime, domain: str | None = None) -> dict[str, Any]:
    """A new row: every column that is not empty. `domain` is what its Message-ID ends with."""
    ident = public_id()
    values = dict(zip(Wanted.__slots__, _given(wanted), strict=True))
    values["public_id"], values["message_id"] = ident, message_id_of(ident, domain)
    values["created_at"], values["next_attempt_at"] = now, wanted.due_at
    values["state"], values["attempt"] = PENDING, 0
    return values


def plan_wanted(wanted: Wanted, *, now: datetime) -> Delivery:
    """Insert the delivery, or bring the stored one up to date; two planners at once still make one row."""
    values = _values_of(wanted, now)
    ident = values["public_id"]
    db.session.flush()
    db.session.execute(insert(Delivery).values(**values).on_conflict_do_nothing(index_elements=KEY_COLUMNS))
    stored = db.session.scalars(
        sa.select(Delivery).filter_by(**dict(zip(KEY_COLUMNS, wanted.key, strict=True)))
    ).one()
    if stored.public_id != ident:
        _bring_up_to_date(stored, wanted)
        db.session.flush()
    return stored


def reconcile_deliveries(
    wanted: Collection[Wanted],
    stored: Iterable[Delivery],
    *,
    ending: Callable[[Delivery], tuple[str, str]],
    now: datetime,
) -> int:
    """Make the stored deliveries of some subjects those that are wanted; returns how many rows changed.

    Adds what is missing. An open row that nobody wants gets the state and reason that `ending` gives, unless
    it is only too late: that is for `expire_deliveries` to judge twice. Settled rows stay as they are, except
    that one taken back before it was sent comes back when it is wanted again.
    """
    by_key = {key_of(row): row for row in stored}
    keys = {one.key for one in wanted}
    missing = [one for one in wanted if one.key not in by_key]
    plan_all(missing, now=now)
    changes = len(missing)
    for one in wanted:
        if one.key in by_key:
            changes += _bring_up_to_date(by_key[one.key], one)
    for key, row in by_key.items():
        if key not in keys and row.state in OPEN_STATES and row.useful_until > now:
            state, reason = ending(row)
            end(row, state, reason, now)
            changes += 1
    db.session.flush()
    return changes


def needs_reconciling(wanted: Collection[Wanted], stored: Iterable[Delivery], *, now: datetime) -> bool:
    """Whether `reconcile_deliveries` would write, so that an idle tick takes no write lock."""
    by_key = {key_of(row): row for row in stored}
    keys = {one.key for one in wanted}
    if any(one.key not in by_key or _differs(by_key[one.key], one) for one in wanted):
        return True
    return any(key not in keys and row.state in OPEN_STATES and row.useful_until > now for key, row in by_key.items())


def _differs(row: Delivery, wanted: Wanted) -> bool:
    if row.state in (CANCELLED, SUPERSEDED):
        return row.reason != IN_DIGEST
    moved = (row.due_at, row.useful_until) != (wanted.due_at, wanted.useful_until)
    return row.state == PENDING and row.attempt == 0 and moved


def _bring_up_to_date(row: Delivery, wanted: Wanted) -> bool:
    """New times for a row that was not tried yet; one that was taken back is open again."""
    if not _differs(row, wanted):
        return False
    if row.state in (CANCELLED, SUPERSEDED):
        row.state, row.reason, row.settled_at = PENDING, None, None
    row.due_at = row.next_attempt_at = wanted.due_at
    row.useful_until, row.too_late_since_at = wanted.useful_until, None
    return True


def cancel_deliveries(subject_kind: str, subject_id: int, *, reason: str, now: datetime) -> int:
    """Take back what was not sent about a subject; returns how many."""
    return _end_open(subject_kind, subject_id, CANCELLED, reason, now)


def supersede_deliveries(subject_kind: str, subject_id: int, *, reason: str, now: datetime) -> int:
    """Mark what was not sent about a subject as replaced by something newer; returns how many."""
    return _end_open(subject_kind, subject_id, SUPERSEDED, reason, now)


def _end_open(subject_kind: str, subject_id: int, state: str, reason: str, now: datetime) -> int:
    query = sa.select(Delivery).where(
        Delivery.subject_kind == subject_kind,
        Delivery.subject_id == subject_id,
        Delivery.state.in_(OPEN_STATES),
    )
    rows = db.session.scalars(query.with_for_update()).all()
    for row in rows:
        end(row, state, reason, now)
    db.session.flush()
    return len(rows)
