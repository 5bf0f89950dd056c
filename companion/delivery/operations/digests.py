"""Many messages for one reader at once, as after a time without a worker, become one."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from companion.delivery.models import IN_DIGEST, PENDING, SUPERSEDED, Delivery
from companion.delivery.operations.planning import Wanted, plan_wanted
from companion.delivery.operations.registry import kinds_in_digests
from companion.delivery.operations.rows import end
from companion.delivery.queries import Way, mail_way
from companion.domain.digests import SINGLE_UP_TO, to_gather
from companion.extensions import db

DIGEST = "digest"


def gather_digests(*, now: datetime) -> int:
    """Put what is due for a reader into one message where it would be more than three; returns how many went in.

    Call in a transaction. Only what was never tried: what may have arrived is not told again. The digest goes by
    every way of its messages and by mail, and says whatever of them is still so when it is sent.
    """
    rows = _due(now)
    by_reader: dict[int, list[Delivery]] = {}
    for row in rows:
        by_reader.setdefault(row.recipient_id, []).append(row)
    gathered = 0
    for reader in to_gather((row.recipient_id, _message_of(row)) for row in rows):
        _gather(reader, by_reader[reader], now)
        gathered += len(by_reader[reader])
    db.session.flush()
    return gathered


def _due(now: datetime) -> Sequence[Delivery]:
    """What is due for readers who have much of it, the oldest first."""
    due = (
        Delivery.state == PENDING,
        Delivery.next_attempt_at <= now,
        Delivery.useful_until > now,
        Delivery.attempt == 0,
        Delivery.subject_kind.in_(kinds_in_digests()),
    )
    readers = db.session.scalars(
        sa.select(Delivery.recipient_id)
        .where(*due)
        .group_by(Delivery.recipient_id)
        .having(sa.func.count() > SINGLE_UP_TO)
    ).all()
    if not readers:
        return []
    query = sa.select(Delivery).where(*due, Delivery.recipient_id.in_(readers)).order_by(Delivery.due_at, Delivery.id)
    return db.session.scalars(query.with_for_update(skip_locked=True)).all()


def _message_of(row: Delivery) -> tuple[str, int, str, str, int]:
    """What makes it one message, whatever its way."""
    return row.subject_kind, row.subject_id, row.stage, row.due_slot, row.revision


def _gather(reader: int, rows: Sequence[Delivery], now: datetime) -> None:
    ways = {Way(row.channel, row.address_id, row.provider) for row in rows} | {mail_way(reader)}
    for way in ways - {None}:
        assert way is not None
        plan_wanted(
            Wanted(
                subject_kind=DIGEST,
                subject_id=reader,
                stage=DIGEST,
                due_slot=f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}",
                recipient_id=reader,
                channel=way.channel,
                address_id=way.address_id,
                due_at=now,
                useful_until=max(row.useful_until for row in rows),
                provider=way.provider,
            ),
            now=now,
        )
    for row in rows:
        end(row, SUPERSEDED, IN_DIGEST, now)
