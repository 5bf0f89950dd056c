"""The sum of all messages: each is in a named state, and none has disappeared since the last look."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.delivery.models import (
    ACCEPTED,
    LEASED,
    OPEN_STATES,
    PENDING,
    SETTLED_STATES,
    Delivery,
    DeliveryAttempt,
)
from companion.delivery.operations.rows import beat
from companion.delivery.queries import AUDIT, OUTAGE_AFTER, OUTAGES, last_beat, last_tick_at, outages
from companion.domain import retry
from companion.extensions import db

GRACE = timedelta(minutes=5)
"""How long the worker may take to put right what the audit would call a break."""
LOOKS_BACK = timedelta(days=1)
OUTAGES_KEPT = 5


def audit(*, now: datetime) -> list[str]:
    """Look at all messages, write down the counts, and name what does not add up; call in a transaction.

    Promise: planned = accepted + failed + expired + superseded + cancelled + suppressed + still open.
    """
    counts = _counts()
    last_id = db.session.scalar(sa.select(sa.func.max(Delivery.id))) or 0
    stuck = [] if _is_catching_up(now) else _stuck(now)
    breaks = [text for text in (*_lost(), *_odd(counts), *stuck, *_unfounded(now)) if text]
    beat(AUDIT, now=now, counts=counts, planned=sum(counts.values()), last_id=last_id, breaks=breaks)
    return breaks


def forget_deliveries(recipient_ids: Collection[int]) -> int:
    """Remove what was ever sent to some accounts that are removed too; returns how many. The audit is told."""
    theirs = Delivery.recipient_id.in_(recipient_ids)
    before = last_beat(AUDIT)
    detail = dict((before.detail if before else None) or {})
    last_id, planned = detail.get("last_id"), detail.get("planned")
    if before is not None and isinstance(last_id, int) and isinstance(planned, int):
        before.detail = detail | {"planned": planned - _count(theirs, Delivery.id <= last_id)}
    ids = sa.select(Delivery.id).where(theirs)
    db.session.execute(sa.delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(ids)))
    removed: int = db.session.execute(sa.delete(Delivery).where(theirs)).rowcount  # type: ignore[attr-defined]
    return removed


def note_outage(*, now: datetime) -> None:
    """Remember a time in which no worker was there, before the tick that ends it; call in a transaction."""
    last_at = last_tick_at()
    if last_at is None or now - last_at <= OUTAGE_AFTER:
        return
    spans = [(one.from_at.isoformat(), one.to_at.isoformat()) for one in outages()]
    beat(OUTAGES, now=now, spans=[*spans, (last_at.isoformat(), now.isoformat())][-OUTAGES_KEPT:])


def _counts() -> dict[str, int]:
    query = sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state)
    return {state: count for state, count in db.session.execute(query)}  # noqa: C416


def _lost() -> list[str]:
    """Rows that the last look counted and that are not there any more."""
    before = last_beat(AUDIT)
    detail = (before.detail if before else None) or {}
    planned, last_id = detail.get("planned"), detail.get("last_id")
    if not isinstance(planned, int) or not isinstance(last_id, int):
        return []
    still = _count(Delivery.id <= last_id)
    return [f"{planned - still} messages have disappeared"] if still < planned else []


def _odd(counts: dict[str, int]) -> list[str]:
    known = {*OPEN_STATES, *SETTLED_STATES}
    return [f"{count} messages in the state {state!r}" for state, count in counts.items() if state not in known]


def _is_catching_up(now: datetime) -> bool:
    """Whether no worker looks for messages, or one does again since a moment: what it found is not put right yet."""
    last_at = last_tick_at()
    is_away = last_at is not None and now - last_at > OUTAGE_AFTER
    return is_away or any(now - one.to_at < GRACE for one in outages())


def _stuck(now: datetime) -> list[str]:
    leased = _count(Delivery.state == LEASED, Delivery.leased_until < now - GRACE)
    late = _count(Delivery.state == PENDING, Delivery.useful_until < now - GRACE, Delivery.due_at < now - GRACE)
    endless = _count(Delivery.state == LEASED, Delivery.leased_until.is_(None))
    return [
        f"{leased + endless} messages are held by nobody" if leased + endless else "",
        f"{late} messages are too late and not settled" if late else "",
    ]


def _unfounded(now: datetime) -> list[str]:
    """Settled without a time, or accepted without an attempt that says so."""
    timeless = _count(Delivery.state.in_(SETTLED_STATES), Delivery.settled_at.is_(None))
    said = sa.exists().where(DeliveryAttempt.delivery_id == Delivery.id, DeliveryAttempt.outcome == retry.ACCEPTED)
    unsaid = _count(Delivery.state == ACCEPTED, Delivery.settled_at > now - LOOKS_BACK, ~said)
    return [
        f"{timeless} messages ended at no time" if timeless else "",
        f"{unsaid} messages count as accepted and nobody took them" if unsaid else "",
    ]


def _count(*conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Delivery).where(*conditions)) or 0
