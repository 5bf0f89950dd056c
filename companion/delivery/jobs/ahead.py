"""What the worker does between due times: write and encrypt push messages that are due soon."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from flask import g
from sqlalchemy.exc import OperationalError

from companion import clock
from companion.database import transaction
from companion.delivery import operations, queries
from companion.delivery.channels.base import PushMessage
from companion.delivery.channels.web_push import BadKeys, encrypted
from companion.delivery.jobs.contexts import own_context
from companion.delivery.models import Delivery
from companion.delivery.operations import Made
from companion.extensions import db
from companion.failpoints import failpoint
from companion.logs import log

CHUNK, LOOK = 50, 1000
LOOK_SECONDS = 0.25
"""How often to look whether something is due: looking takes a while where much is planned."""


def write_ahead(stopping: Callable[[], bool] = lambda: False) -> int:
    """Write what is due soon, the first due first; returns how many messages.

    It ends after one tick, and at once when anything is due: sending comes first. What is not written in time, or no
    longer says what is so, is written at sending.
    """
    lead, ends_at = timedelta(seconds=operations.config().ahead_seconds), clock.monotonic() + _longest()
    if not lead:
        return 0
    count, looked_at = 0, float("-inf")
    for chunk in _chunks(lead):
        if stopping() or clock.monotonic() >= ends_at:
            break
        if clock.monotonic() >= looked_at + LOOK_SECONDS:
            looked_at = clock.monotonic()
            if queries.due_providers(clock.now()):
                break
        count += _write(chunk)
    if operations.has_old_ahead(now=clock.now()):
        with transaction():
            operations.forget_ahead(now=clock.now())
    if count:
        log.info("messages written ahead", count=count)
    return count


def _longest() -> float:
    return max(operations.config().tick_seconds, 1.0)


def _chunks(lead: timedelta) -> Iterator[Sequence[int]]:
    """What is to be written, some at a time, and nothing twice: what changes all the time is written at sending.
    Several workers begin at different places, so that they write little twice."""
    seen: set[int] = set()
    while True:
        now = clock.now()
        found = operations.to_write_ahead(now=now, until=now + lead, limit=LOOK)
        db.session.rollback()
        ids = [ident for ident in found if ident not in seen]
        if not ids:
            return
        seen |= set(ids)
        chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
        random.shuffle(chunks)
        yield from chunks


def _write(ids: Sequence[int]) -> int:
    """Write some messages and keep them; returns how many have words."""
    with own_context():
        marks = operations.marks_of(ids)
        rows = operations.not_begun(ids)
        kept = operations.prepare(rows)
        made = [_made(row, marks[row.id]) for row in rows]
        del kept
    failpoint("before_keeping")
    with transaction():
        operations.keep_ahead(made, now=clock.now())
    failpoint("after_keeping")
    return sum(one.body is not None for one in made)


def _made(delivery: Delivery, marks: int) -> Made:
    """The message as it will be right when it is due; without a body where sending has to decide."""
    ident, due_at = delivery.id, delivery.due_at
    g.written_for = due_at
    try:
        message = operations.composer_of(delivery.subject_kind)(delivery, due_at)
        if isinstance(message, PushMessage):
            body = encrypted(message.payload, message.p256dh, message.auth)
            return Made(ident, due_at, marks, body, message.urgency)
    except OperationalError:
        raise
    except BadKeys:
        pass
    except Exception as error:
        db.session.rollback()
        log.warning("message could not be written ahead", delivery=ident, kind=type(error).__name__)
    return Made(ident, due_at, marks)
