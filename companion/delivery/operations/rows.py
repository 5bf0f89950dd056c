"""Small steps that planning, leasing and settling share."""

import functools
from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from companion.config import Config
from companion.delivery.models import Delivery, DeliveryAttempt, Heartbeat
from companion.extensions import db

LONGEST_REASON = 200


def beat(name: str, *, now: datetime, **detail: object) -> None:
    """Leave a sign of life; call in a transaction."""
    values = {"name": name, "at": now, "detail": detail or None}
    statement = insert(Heartbeat).values(**values)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"at": now, "detail": detail or None})
    )


def message_id_of(ident: str, domain: str | None = None) -> str:
    """The Message-ID of a delivery: the same at every attempt, so that a mail sent twice shows once."""
    return f"<{ident}@{domain or message_domain()}>"


def message_domain() -> str:
    """What our Message-IDs end with."""
    return _domain_of(config().mail_from)


@functools.lru_cache(maxsize=8)
def _domain_of(sender: str) -> str:
    """Reading an address takes longer than all else of a row that is planned."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def config() -> Config:
    """The settings of the running application."""
    found: Config = current_app.config["COMPANION"]
    return found


def insert(model: Any) -> Any:
    return (postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(model)


def locked(delivery_id: int) -> Delivery | None:
    return db.session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def note(delivery_id: int, attempt_number: int, outcome: str, detail: str, now: datetime) -> None:
    values = {"ended_at": now, "outcome": str(outcome), "detail": detail[:LONGEST_REASON] or None}
    attempt = sa.update(DeliveryAttempt).where(
        DeliveryAttempt.delivery_id == delivery_id, DeliveryAttempt.number == attempt_number
    )
    db.session.execute(attempt.values(**values))


def note_all(ended: Sequence[tuple[int, int, str, str]], now: datetime) -> None:
    """`note` for several attempts: delivery, number, outcome, detail."""
    by_words: dict[tuple[int, str, str], list[int]] = {}
    for ident, number, outcome, detail in ended:
        by_words.setdefault((number, str(outcome), detail[:LONGEST_REASON]), []).append(ident)
    for (number, outcome, detail), ids in by_words.items():
        theirs = sa.update(DeliveryAttempt).where(
            DeliveryAttempt.delivery_id.in_(ids), DeliveryAttempt.number == number
        )
        db.session.execute(theirs.values(ended_at=now, outcome=outcome, detail=detail or None))


def end(row: Delivery, state: str, reason: str, now: datetime) -> None:
    row.state, row.reason, row.settled_at, row.leased_until = state, reason[:LONGEST_REASON], now, None
