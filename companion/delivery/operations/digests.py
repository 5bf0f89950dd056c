"""Many messages for one reader at once, as after a time without a worker, become one."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from companion.delivery.channels.base import BROKEN
from companion.delivery.models import (
    ACCEPTED,
    FAILED,
    IN_DIGEST,
    PENDING,
    SETTLED_STATES,
    SUPERSEDED,
    Delivery,
)
from companion.delivery.operations.planning import Wanted, key_of, plan_wanted
from companion.delivery.operations.registry import kinds_in_digests, mail_is_stopped
from companion.delivery.operations.rows import end
from companion.delivery.queries import Way, gathered_in, mail_way
from companion.domain.digests import SINGLE_UP_TO, to_gather
from companion.extensions import db

DIGEST = "digest"


def gather_digests(*, now: datetime) -> int:
    """Put what is due for a reader into one message where it would be more than three; returns how many went in.

    Call in a transaction. Only what was never tried: what may have arrived is not told again. By every way there is a
    digest of the messages that go by it, by mail one of all; it says whatever of them is still so when it is sent.
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
    by_way: dict[Way, list[Delivery]] = {}
    for row in (*rows, *_by_mail_too(reader, rows, now)):
        by_way.setdefault(Way(row.channel, row.address_id, row.provider), []).append(row)
    for way, theirs in by_way.items():
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
                useful_until=max(row.useful_until for row in theirs),
                provider=way.provider,
            ),
            now=now,
        )
        for row in theirs:
            end(row, SUPERSEDED, IN_DIGEST, now)


def _by_mail_too(reader: int, rows: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """The same messages by mail, where they do not go by mail already and their reader has not stopped it: so that
    what became of each is known."""
    way = mail_way(reader)
    if way is None:
        return []
    by_mail = {"channel": way.channel, "address_id": way.address_id, "provider": way.provider}
    wanted = {
        one.key: one
        for one in (
            Wanted(**{name: getattr(row, name) for name in Wanted.__slots__} | by_mail)
            for row in rows
            if not mail_is_stopped(row)
        )
    }
    known = {key_of(row) for row in rows}
    made = [plan_wanted(one, now=now) for key, one in wanted.items() if key not in known]
    return [row for row in made if row.state == PENDING]


def scatter_digests(ended: Iterable[Delivery], now: datetime) -> None:
    """Where a digest was not taken over, its messages end as it did, so that they count as told no more.

    Of a digest that could not be written, each goes out alone: what is wrong with one harms no other. Call in the
    transaction in which they ended.
    """
    for digest in ended:
        if digest.subject_kind == DIGEST and digest.state in SETTLED_STATES and digest.state != ACCEPTED:
            _scatter(digest, now)


def _scatter(digest: Delivery, now: datetime) -> None:
    is_broken = digest.state == FAILED and (digest.reason or "").startswith(BROKEN)
    rows = db.session.scalars(gathered_in(digest).order_by(Delivery.id).with_for_update()).all()
    for row in rows:
        if is_broken and row.useful_until > now:
            row.state, row.settled_at, row.reason = PENDING, None, digest.reason
            row.attempt, row.next_attempt_at = digest.attempt, now
        else:
            end(row, digest.state, digest.reason or "", now)
    db.session.flush()
