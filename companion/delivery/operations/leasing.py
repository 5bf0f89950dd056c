"""Deliveries leased: the right to hand one over, until it runs out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.delivery.models import LEASED, PENDING, Delivery, DeliveryAttempt
from companion.delivery.operations.rows import config, locked, note
from companion.delivery.queries import is_paused
from companion.extensions import db


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to hand one delivery over, until it runs out."""

    delivery_id: int
    attempt: int
    until: datetime


def lease_due(
    *, limit: int, now: datetime, lease_seconds: float, provider: str | None = None, only: int | None = None
) -> list[Lease]:
    """Lease up to `limit` due deliveries and write down each attempt; call in a transaction.

    The most pressing first, then the oldest. Rows that another worker is leasing at this moment are passed over.
    With `provider`, only what that one takes over, and nothing while it asked us to wait.
    """
    query = (
        sa.select(Delivery.id, Delivery.attempt)
        .where(Delivery.state == PENDING, Delivery.next_attempt_at <= now, Delivery.useful_until > now)
        .order_by(Delivery.priority, Delivery.next_attempt_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if provider is not None:
        if is_paused(provider, now):
            return []
        query = query.where(Delivery.provider == provider)
    if only is not None:
        query = query.where(Delivery.id == only)
    until = now + timedelta(seconds=lease_seconds)
    leases = [Lease(ident, attempt + 1, until) for ident, attempt in db.session.execute(query)]
    if not leases:
        return []
    taken = sa.update(Delivery).where(Delivery.id.in_([lease.delivery_id for lease in leases]))
    db.session.execute(
        taken.values(
            state=LEASED,
            attempt=Delivery.attempt + 1,
            leased_until=until,
            too_late_since_at=None,
        ),
    )
    attempts = [{"delivery_id": lease.delivery_id, "number": lease.attempt, "started_at": now} for lease in leases]
    db.session.execute(sa.insert(DeliveryAttempt), attempts)
    return leases


def held(leases: Sequence[Lease], *, now: datetime) -> dict[Lease, Delivery]:
    """Those leased deliveries whose lease is still ours: it did not run out, move on, and was not taken back."""
    query = sa.select(Delivery).where(Delivery.id.in_([lease.delivery_id for lease in leases]))
    found = db.session.scalars(query, execution_options={"populate_existing": True})
    rows = {row.id: row for row in found if row.state == LEASED and row.leased_until and row.leased_until > now}
    by_lease = {lease: rows.get(lease.delivery_id) for lease in leases}
    return {lease: row for lease, row in by_lease.items() if row is not None and row.attempt == lease.attempt}


def give_back(leases: Iterable[Lease], *, now: datetime) -> None:
    """End leases that were not used, so that the next worker need not wait for them; call in a transaction."""
    for lease in leases:
        row = locked(lease.delivery_id)
        if row is not None and row.state == LEASED and row.attempt == lease.attempt:
            row.state, row.leased_until = PENDING, None
            note(lease.delivery_id, lease.attempt, "given back", "", now)
    db.session.flush()


def return_expired_leases(*, now: datetime) -> int:
    """Put deliveries back whose worker did not come back; returns how many. Call in a transaction.

    The first goes out again at once, later ones after the usual waits, so that a message that kills its worker
    cannot keep it busy.
    """
    query = sa.select(Delivery).where(Delivery.state == LEASED, Delivery.leased_until <= now)
    rows = db.session.scalars(query.with_for_update(skip_locked=True)).all()
    waits = config().retry_seconds
    for row in rows:
        wait = 0.0 if row.attempt <= 1 else waits[min(row.attempt - 1, len(waits)) - 1]
        row.next_attempt_at = (row.leased_until or now) + timedelta(seconds=wait)
        row.state, row.leased_until = PENDING, None
        note(row.id, row.attempt, "lease ran out", "", now)
    db.session.flush()
    return len(rows)
