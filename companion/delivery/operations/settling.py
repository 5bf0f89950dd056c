"""Deliveries settled: what came of an attempt, and what came too late."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.delivery.channels.base import BROKEN, Outcome
from companion.delivery.models import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    FAILED,
    LEASED,
    OPEN_STATES,
    PENDING,
    SUPERSEDED,
    SUPPRESSED,
    Delivery,
    DeliveryAttempt,
)
from companion.delivery.operations.addresses import mark_gone, mark_taken
from companion.delivery.operations.leasing import Lease
from companion.delivery.operations.providers import note_provider
from companion.delivery.operations.rows import LONGEST_REASON, config, end, locked, note
from companion.domain import retry
from companion.extensions import db

TOO_LATE_SECONDS = 60
"""A delivery expires only when two looks at least this far apart find it useless: one look may be a wrong clock."""
BROKEN_TRIES = 3
"""A message that cannot be written is tried again a few times: what it needs may come back."""


def settle_all(ended: Sequence[tuple[Lease, Outcome]], *, now: datetime) -> list[bool]:
    """`settle` for each of several hand-overs, and what they say about their providers; call in a transaction."""
    settled = [settle(lease, outcome, now=now) for lease, outcome in ended]
    ids = {lease.delivery_id for lease, _ in ended}
    query = sa.select(Delivery.id, Delivery.provider).where(Delivery.id.in_(ids))
    providers = {row.id: row.provider for row in db.session.execute(query)}
    told: dict[str, list[Outcome]] = {}
    for lease, outcome in ended:
        if outcome.result != BROKEN and lease.delivery_id in providers:
            told.setdefault(providers[lease.delivery_id], []).append(outcome)
    for name, outcomes in told.items():
        note_provider(name, outcomes, now=now)
    return settled


def settle(lease: Lease, outcome: Outcome, *, now: datetime) -> bool:
    """Write down what came of an attempt; False when a newer attempt or another end has overtaken it.

    Call in a transaction. An attempt that was accepted after its lease ran out still settles the delivery,
    as long as nobody else has begun. One that was accepted although the delivery was taken back meanwhile counts
    as accepted too: its reader was told, and has to hear what is so now.
    """
    row = locked(lease.delivery_id)
    note(lease.delivery_id, lease.attempt, outcome.result, outcome.detail, now)
    taken_back = row is not None and row.state in (CANCELLED, SUPERSEDED) and outcome.result == retry.ACCEPTED
    if row is None or row.attempt != lease.attempt or not (taken_back or row.state in OPEN_STATES):
        db.session.flush()
        return False
    if row.state == PENDING and outcome.result != retry.ACCEPTED:
        db.session.flush()
        return False
    row.leased_until = None
    _apply(row, outcome, now)
    db.session.flush()
    return True


def suppress(lease: Lease, *, now: datetime) -> bool:
    """End a leased delivery that is not wanted any more; False when the lease was overtaken."""
    row = locked(lease.delivery_id)
    if row is None or row.attempt != lease.attempt or row.state != LEASED:
        return False
    note(lease.delivery_id, lease.attempt, "not wanted", "", now)
    end(row, SUPPRESSED, "not wanted at sending time", now)
    db.session.flush()
    return True


def expire_deliveries(*, now: datetime) -> int:
    """Expire what came too late, at the second look; returns how many expired. Call in a transaction."""
    late = sa.select(Delivery).where(Delivery.state == PENDING, Delivery.useful_until <= now)
    expired = 0
    for row in db.session.scalars(late.with_for_update(skip_locked=True)):
        if row.too_late_since_at is None or row.too_late_since_at > now:
            row.too_late_since_at = now
        elif now - row.too_late_since_at >= timedelta(seconds=TOO_LATE_SECONDS):
            end(row, EXPIRED, row.reason or "too late to be useful", now)
            expired += 1
    in_time_again = sa.update(Delivery).where(
        Delivery.state == PENDING, Delivery.useful_until > now, Delivery.too_late_since_at.is_not(None)
    )
    db.session.execute(in_time_again.values(too_late_since_at=None))
    db.session.flush()
    return expired


def _apply(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """The state after an attempt: accepted, tried again while it is useful, or failed."""
    reason = f"{outcome.result} {outcome.detail}".strip()[:LONGEST_REASON]
    if outcome.result == retry.ACCEPTED:
        end(row, ACCEPTED, outcome.detail, now)
        mark_taken(row, now)
        return
    if outcome.result == retry.PERMANENT_ADDRESS:
        mark_gone(row, now)
    again_at = _again_at(row, outcome, now)
    if again_at is None:
        end(row, FAILED, reason, now)
    else:
        row.state, row.next_attempt_at, row.reason = PENDING, again_at, reason


def _again_at(row: Delivery, outcome: Outcome, now: datetime) -> datetime | None:
    if outcome.result == BROKEN:
        allowed = row.attempt < BROKEN_TRIES
    else:
        allowed = retry.may_try_again(outcome.result, _maybe_sent_before(row))
    if not allowed:
        return None
    back_off = tuple(timedelta(seconds=seconds) for seconds in config().retry_seconds)
    return retry.next_attempt_at(row.attempt, now, row.useful_until, random.random(), back_off, outcome.wait)


def _maybe_sent_before(row: Delivery) -> int:
    earlier = sa.select(sa.func.count()).where(
        DeliveryAttempt.delivery_id == row.id,
        DeliveryAttempt.number < row.attempt,
        DeliveryAttempt.outcome == retry.MAYBE_SENT,
    )
    return db.session.scalar(earlier) or 0
