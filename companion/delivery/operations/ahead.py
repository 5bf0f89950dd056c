"""Messages written ahead: encrypted for their device some minutes before they are due, and kept with the marks of all
that they were made from. One goes out only while none of these marks has moved and for a short time after it is due;
every other one is written at sending."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from companion.delivery.channels import PUSH
from companion.delivery.channels.base import SealedPush
from companion.delivery.models import LEASED, PENDING, Delivery, PushSubscription, WrittenAhead
from companion.delivery.operations.leasing import Lease
from companion.delivery.operations.marks import marks_of_delivery
from companion.delivery.operations.registry import stages_written_at_sending
from companion.delivery.operations.rows import config, insert
from companion.delivery.operations.vapid import signing_key_of
from companion.delivery.operations.writing import topic_of_id
from companion.extensions import db

GOOD_FOR = timedelta(minutes=2)
QUARTER = timedelta(minutes=15)
"""Dates change at a full quarter of an hour, in every zone there is: no message written ahead goes out past one."""
KEPT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of writing one delivery ahead; without a body it has to be written at sending."""

    delivery_id: int
    due_at: datetime
    marks: int
    body: bytes | None = None
    urgency: str = "high"


def good_until(due_at: datetime) -> datetime:
    """Until when a message written for a moment still says what is so, as "tomorrow"."""
    since_quarter = (due_at - datetime(1970, 1, 1, tzinfo=UTC)) % QUARTER
    return min(due_at + GOOD_FOR, due_at + QUARTER - since_quarter)


def made_with() -> str:
    """What else a message is made from: our address and the key that signs its links. Another one, another text."""
    text = f"{config().base_url}\n{config().secret_key}\n{config().mail_from}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def to_write_ahead(*, now: datetime, until: datetime, limit: int) -> list[int]:
    """Push messages that are due soon and are not written yet, or no longer say what is so; the first due first."""
    late = [
        sa.and_(Delivery.subject_kind == kind, Delivery.stage.not_in(stages))
        for kind, stages in sorted(stages_written_at_sending().items())
    ]
    query = (
        sa.select(Delivery.id)
        .outerjoin(WrittenAhead, WrittenAhead.delivery_id == Delivery.id)
        .where(
            Delivery.state == PENDING,
            Delivery.attempt == 0,
            Delivery.channel == PUSH,
            Delivery.due_at > now,
            Delivery.due_at <= until,
            Delivery.next_attempt_at == Delivery.due_at,
            sa.or_(*late),
            sa.or_(WrittenAhead.delivery_id.is_(None), ~_stands()),
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
    )
    return list(db.session.scalars(query)) if late else []


def _stands() -> sa.ColumnElement[bool]:
    """Whether nothing moved since a message was written."""
    return sa.and_(
        WrittenAhead.due_at == Delivery.due_at,
        WrittenAhead.made_with == made_with(),
        WrittenAhead.marks == marks_of_delivery(),
    )


def marks_of(delivery_ids: Collection[int]) -> dict[int, int]:
    """The marks of some deliveries; read them before anything that their messages are made from."""
    query = sa.select(Delivery.id, marks_of_delivery()).where(Delivery.id.in_(delivery_ids))
    return {ident: marks for ident, marks in db.session.execute(query)}  # noqa: C416


def not_begun(delivery_ids: Collection[int]) -> Sequence[Delivery]:
    """Those deliveries that nobody has begun to send."""
    query = sa.select(Delivery).where(Delivery.id.in_(delivery_ids), Delivery.state == PENDING, Delivery.attempt == 0)
    return db.session.scalars(query.order_by(Delivery.id)).all()


def keep_ahead(made: Sequence[Made], *, now: datetime) -> None:
    """Keep what was written, in place of what was kept before; call in a transaction."""
    there = set(db.session.scalars(sa.select(Delivery.id).where(Delivery.id.in_([one.delivery_id for one in made]))))
    rows = [
        {
            "delivery_id": one.delivery_id,
            "due_at": one.due_at,
            "good_until": good_until(one.due_at),
            "made_with": made_with(),
            "marks": one.marks,
            "body": one.body,
            "urgency": one.urgency,
            "written_at": now,
        }
        for one in sorted(made, key=lambda one: one.delivery_id)
        if one.delivery_id in there
    ]
    if rows:
        statement = insert(WrittenAhead.__table__)
        fresh = {name: statement.excluded[name] for name in rows[0] if name != "delivery_id"}
        db.session.execute(statement.on_conflict_do_update(index_elements=["delivery_id"], set_=fresh), rows)


def ready(leases: Sequence[Lease], *, now: datetime) -> Mapping[Lease, SealedPush]:
    """The messages of leased deliveries that were written ahead and still say what is so, for devices that are still
    their readers' and open; call in the transaction that leased them."""
    first = {lease.delivery_id: lease for lease in leases if lease.attempt == 1}
    if not first:
        return {}
    device = sa.and_(
        PushSubscription.id == Delivery.address_id,
        PushSubscription.account_id == Delivery.recipient_id,
        PushSubscription.closed_at.is_(None),
    )
    query = (
        sa.select(
            Delivery.id,
            Delivery.public_id,
            Delivery.useful_until,
            WrittenAhead.body,
            WrittenAhead.urgency,
            PushSubscription.public_id.label("device_id"),
            PushSubscription.endpoint_sealed,
            PushSubscription.vapid_public,
        )
        .join(WrittenAhead, WrittenAhead.delivery_id == Delivery.id)
        .join(PushSubscription, device)
        .where(
            Delivery.id.in_(first),
            Delivery.state == LEASED,
            Delivery.attempt == 1,
            WrittenAhead.body.is_not(None),
            WrittenAhead.due_at <= now,
            WrittenAhead.good_until > now,
            _stands(),
        )
    )
    found: dict[Lease, SealedPush] = {}
    for row in db.session.execute(query):
        key = signing_key_of(row.vapid_public)
        endpoint = PushSubscription.endpoint.opened(row.endpoint_sealed, row.device_id)
        if key is not None:
            found[first[row.id]] = SealedPush(
                endpoint=endpoint,
                body=row.body,
                topic=topic_of_id(row.public_id),
                useful_until=row.useful_until,
                vapid_private=key,
                urgency=row.urgency,
            )
    return found


def has_old_ahead(*, now: datetime) -> bool:
    """Whether anything that was written ahead is over."""
    return db.session.scalar(sa.select(WrittenAhead.delivery_id).where(_is_over(now)).limit(1)) is not None


def forget_ahead(*, now: datetime) -> int:
    """Remove what is over; returns how many."""
    removed: int = db.session.execute(sa.delete(WrittenAhead).where(_is_over(now))).rowcount  # type: ignore[attr-defined]
    return removed


def _is_over(now: datetime) -> sa.ColumnElement[bool]:
    return WrittenAhead.due_at < now - KEPT
