"""Deliveries settled: what came of an attempt, and what came too late."""

import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from companion.delivery.channels import PUSH
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
    PushSubscription,
)
from companion.delivery.operations.addresses import lock_devices, mark_gone, mark_taken
from companion.delivery.operations.digests import DIGEST, scatter_digests
from companion.delivery.operations.leasing import Lease
from companion.delivery.operations.marks import touches
from companion.delivery.operations.providers import note_provider
from companion.delivery.operations.registry import tell_taken
from companion.delivery.operations.rows import LONGEST_REASON, config, end, note, note_all
from companion.delivery.queries import UNCONFIRMED_AFTER
from companion.domain import retry
from companion.extensions import db

TOO_LATE_SECONDS = 60
"""A delivery expires only when two looks at least this far apart find it useless: one look may be a wrong clock."""
BROKEN_TRIES = 3
"""A message that cannot be written is tried again a few times: what it needs may come back."""


def settle_all(ended: Sequence[tuple[Lease, Outcome]], *, now: datetime) -> list[bool]:
    """Write down what came of some attempts, and what they say about their providers; call in a transaction.

    False for an attempt that a newer one or another end has overtaken. One that was accepted after its lease ran out
    still settles the delivery, as long as nobody else has begun. One that was accepted although the delivery was
    taken back meanwhile counts as accepted too: its reader was told, and has to hear what is so now.
    """
    found = _locked({lease.delivery_id for lease, _ in ended})
    note_all([(lease.delivery_id, lease.attempt, outcome.result, outcome.detail) for lease, outcome in ended], now)
    plain = _plain(found, ended)
    _end_plain([(found[lease.delivery_id], outcome) for lease, outcome in ended if lease in plain], now)
    others = [(lease, outcome) for lease, outcome in ended if lease not in plain]
    settled = _settle_others(others, now) | plain
    told: dict[str, list[Outcome]] = {}
    for lease, outcome in ended:
        row = found.get(lease.delivery_id)
        if outcome.result != BROKEN and row is not None:
            told.setdefault(row.provider, []).append(outcome)
    db.session.flush()
    for name, outcomes in told.items():
        note_provider(name, outcomes, now=now)
    return [lease in settled for lease, _ in ended]


def settle(lease: Lease, outcome: Outcome, *, now: datetime) -> bool:
    """`settle_all` for one attempt."""
    return settle_all([(lease, outcome)], now=now)[0]


def _locked(ids: Collection[int]) -> dict[int, Any]:
    """What settling asks of deliveries, by number, locked in one order."""
    query = sa.select(
        Delivery.id,
        Delivery.state,
        Delivery.attempt,
        Delivery.channel,
        Delivery.address_id,
        Delivery.provider,
        Delivery.subject_kind,
        Delivery.circle_id,
        Delivery.confirmed_at,
    )
    rows = db.session.execute(query.where(Delivery.id.in_(ids)).order_by(Delivery.id).with_for_update())
    return {row.id: row for row in rows}


def _plain(found: Mapping[int, Any], ended: Sequence[tuple[Lease, Outcome]]) -> set[Lease]:
    """What nearly all hand-overs of a busy minute are: a push message that was taken while its lease was ours, one to
    a device, and no sign by itself that the device is silent."""
    rows = [
        (lease, found[lease.delivery_id])
        for lease, one in ended
        if one.result == retry.ACCEPTED and lease.delivery_id in found
    ]
    by_device: dict[int, Lease] = {}
    for lease, row in rows:
        is_ours = row.state == LEASED and row.attempt == lease.attempt
        if is_ours and row.channel == PUSH and row.subject_kind != DIGEST and row.confirmed_at is None:
            by_device.setdefault(row.address_id, lease)
    query = sa.select(PushSubscription.id).where(
        PushSubscription.id.in_(by_device), PushSubscription.sent_since_confirmed != UNCONFIRMED_AFTER - 1
    )
    devices = db.session.scalars(query.order_by(PushSubscription.id).with_for_update()) if by_device else ()
    return {by_device[ident] for ident in devices}


def _end_plain(taken: Sequence[tuple[Any, Outcome]], now: datetime) -> None:
    """What `_settle` does, for many in a few statements."""
    by_detail: dict[str, list[int]] = {}
    for row, outcome in taken:
        by_detail.setdefault(outcome.detail[:LONGEST_REASON], []).append(row.id)
    for detail, ids in by_detail.items():
        ending = {"state": ACCEPTED, "reason": detail, "settled_at": now, "leased_until": None}
        db.session.execute(sa.update(Delivery).where(Delivery.id.in_(ids)).values(**ending))
    if taken:
        devices = sa.update(PushSubscription).where(PushSubscription.id.in_([row.address_id for row, _ in taken]))
        at = sa.literal(now, PushSubscription.first_unconfirmed_at.type)
        one_more = PushSubscription.sent_since_confirmed + 1
        db.session.execute(
            devices.values(
                sent_since_confirmed=one_more,
                first_unconfirmed_at=sa.func.coalesce(PushSubscription.first_unconfirmed_at, at),
            ),
            execution_options=touches(),
        )
        tell_taken({row.circle_id for row, _ in taken if row.circle_id is not None}, now)


def _settle_others(ended: Sequence[tuple[Lease, Outcome]], now: datetime) -> set[Lease]:
    """Settle one by one; those that were settled."""
    if not ended:
        return set()
    rows, _kept = _locked_rows({lease.delivery_id for lease, _ in ended})
    settled = {lease for lease, outcome in ended if _settle(rows.get(lease.delivery_id), lease, outcome, now)}
    scatter_digests(rows.values(), now)
    return settled


def _locked_rows(ids: Collection[int]) -> tuple[dict[int, Delivery], Sequence[PushSubscription]]:
    """Deliveries by number, read afresh and locked in one order, and their devices: whoever keeps them need not
    read them one by one."""
    query = sa.select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.id).with_for_update()
    rows = {row.id: row for row in db.session.scalars(query, execution_options={"populate_existing": True})}
    return rows, lock_devices([row.address_id for row in rows.values() if row.channel == PUSH])


def _settle(row: Delivery | None, lease: Lease, outcome: Outcome, now: datetime) -> bool:
    taken_back = row is not None and row.state in (CANCELLED, SUPERSEDED) and outcome.result == retry.ACCEPTED
    if row is None or row.attempt != lease.attempt or not (taken_back or row.state in OPEN_STATES):
        return False
    if row.state == PENDING and outcome.result != retry.ACCEPTED:
        return False
    row.leased_until = None
    _apply(row, outcome, now)
    return True


def suppress_all(leases: Sequence[Lease], *, now: datetime) -> None:
    """End leased deliveries that are not wanted any more, where nobody else has begun; call in a transaction."""
    rows, _kept = _locked_rows({lease.delivery_id for lease in leases})
    for lease in leases:
        row = rows.get(lease.delivery_id)
        if row is not None and row.attempt == lease.attempt and row.state == LEASED:
            note(lease.delivery_id, lease.attempt, "not wanted", "", now)
            end(row, SUPPRESSED, "not wanted at sending time", now)
    scatter_digests(rows.values(), now)
    db.session.flush()


def expire_deliveries(*, now: datetime) -> int:
    """Expire what came too late, at the second look; returns how many expired. Call in a transaction."""
    late = sa.select(Delivery).where(Delivery.state == PENDING, Delivery.useful_until <= now)
    expired: list[Delivery] = []
    for row in db.session.scalars(late.with_for_update(skip_locked=True)):
        if row.too_late_since_at is None or row.too_late_since_at > now:
            row.too_late_since_at = now
        elif now - row.too_late_since_at >= timedelta(seconds=TOO_LATE_SECONDS):
            end(row, EXPIRED, row.reason or "too late to be useful", now)
            expired.append(row)
    scatter_digests(expired, now)
    in_time_again = sa.update(Delivery).where(
        Delivery.state == PENDING, Delivery.useful_until > now, Delivery.too_late_since_at.is_not(None)
    )
    db.session.execute(in_time_again.values(too_late_since_at=None))
    db.session.flush()
    return len(expired)


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
