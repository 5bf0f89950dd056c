"""Deliveries change state: planned, leased, sent, settled. The worker and the web process use the same steps."""

import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

import sqlalchemy as sa
from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy.dialects import postgresql, sqlite

from companion.config import Config
from companion.database import public_id
from companion.delivery.channels import EMAIL
from companion.delivery.channels.base import BROKEN, Message, Outcome
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
    Heartbeat,
    MailAddress,
)
from companion.domain import retry
from companion.extensions import db
from companion.language import HTML_LANG

Compose = Callable[[Delivery, datetime], Message | None]
Key = tuple[str, int, int, str, str, int, str, int, int]

KEY_COLUMNS = (
    "subject_kind",
    "subject_id",
    "rule_id",
    "stage",
    "due_slot",
    "recipient_id",
    "channel",
    "address_id",
    "revision",
)
TOO_LATE_SECONDS = 60
"""A delivery expires only when two looks at least this far apart find it useless: one look may be a wrong clock."""
BROKEN_TRIES = 3
"""A message that cannot be written is tried again a few times: what it needs may come back."""
LONGEST_REASON = 200
_composers: dict[str, Compose] = {}


class UnknownSubject(LookupError):
    """Nobody knows how to write about this kind of subject."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message that should exist; its key is the unique key of a delivery."""

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

    @property
    def key(self) -> Key:
        """What makes it one message."""
        return tuple(getattr(self, name) for name in KEY_COLUMNS)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to hand one delivery over, until it runs out."""

    delivery_id: int
    attempt: int


def register_subject(kind: str, compose: Compose) -> None:
    """Say who writes messages about a kind of subject. None from `compose` means: not wanted any more."""
    _composers[kind] = compose


def composer_of(kind: str) -> Compose:
    """Who writes about a kind of subject. Raises UnknownSubject."""
    try:
        return _composers[kind]
    except KeyError:
        raise UnknownSubject(kind) from None


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


def plan_wanted(wanted: Wanted, *, now: datetime) -> Delivery:
    """Insert the delivery, or bring the stored one up to date; two planners at once still make one row."""
    ident = public_id()
    values = {name: getattr(wanted, name) for name in Wanted.__slots__}
    values |= {"public_id": ident, "message_id": message_id_of(ident), "created_at": now, "state": PENDING}
    values |= {"next_attempt_at": wanted.due_at, "attempt": 0}
    db.session.flush()
    db.session.execute(_insert(Delivery).values(**values).on_conflict_do_nothing(index_elements=KEY_COLUMNS))
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
    changes = 0
    for one in wanted:
        row = by_key.get(one.key)
        if row is None:
            plan_wanted(one, now=now)
            changes += 1
        else:
            changes += _bring_up_to_date(row, one)
    for key, row in by_key.items():
        if key not in keys and row.state in OPEN_STATES and row.useful_until > now:
            state, reason = ending(row)
            _end(row, state, reason, now)
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
        return True
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
        _end(row, state, reason, now)
    db.session.flush()
    return len(rows)


def lease_due(*, limit: int, now: datetime, lease_seconds: float, only: int | None = None) -> list[Lease]:
    """Lease up to `limit` due deliveries, oldest first, and write down each attempt; call in a transaction.

    Rows that another worker is leasing at this moment are passed over.
    """
    query = (
        sa.select(Delivery)
        .where(Delivery.state == PENDING, Delivery.next_attempt_at <= now, Delivery.useful_until > now)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        query = query.where(Delivery.id == only)
    rows = db.session.scalars(query).all()
    for row in rows:
        row.state, row.attempt = LEASED, row.attempt + 1
        row.leased_until, row.too_late_since_at = now + timedelta(seconds=lease_seconds), None
        db.session.add(DeliveryAttempt(delivery_id=row.id, number=row.attempt, started_at=now))
    db.session.flush()
    return [Lease(row.id, row.attempt) for row in rows]


def holds(lease: Lease, *, now: datetime) -> Delivery | None:
    """The leased delivery while the lease is still ours; None once it ran out, moved on or was taken back."""
    row = db.session.get(Delivery, lease.delivery_id, populate_existing=True)
    if row is None or row.state != LEASED or row.attempt != lease.attempt:
        return None
    return row if row.leased_until is not None and row.leased_until > now else None


def renew(lease: Lease, *, now: datetime, lease_seconds: float) -> bool:
    """Hold a lease for its full time again; False when it is no longer ours. Call in a transaction."""
    row = _locked(lease.delivery_id)
    if row is None or holds(lease, now=now) is None:
        return False
    row.leased_until = now + timedelta(seconds=lease_seconds)
    db.session.flush()
    return True


def give_back(leases: Iterable[Lease], *, now: datetime) -> None:
    """End leases that were not used, so that the next worker need not wait for them; call in a transaction."""
    for lease in leases:
        row = _locked(lease.delivery_id)
        if row is not None and row.state == LEASED and row.attempt == lease.attempt:
            row.state, row.leased_until = PENDING, None
            _note(lease, "given back", "", now)
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
        _note(Lease(row.id, row.attempt), "lease ran out", "", now)
    db.session.flush()
    return len(rows)


def settle(lease: Lease, outcome: Outcome, *, now: datetime) -> bool:
    """Write down what came of an attempt; False when a newer attempt or another end has overtaken it.

    Call in a transaction. An attempt that was accepted after its lease ran out still settles the delivery,
    as long as nobody else has begun.
    """
    row = _locked(lease.delivery_id)
    _note(lease, outcome.result, outcome.detail, now)
    if row is None or row.attempt != lease.attempt or row.state not in OPEN_STATES:
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
    row = _locked(lease.delivery_id)
    if row is None or row.attempt != lease.attempt or row.state != LEASED:
        return False
    _note(lease, "not wanted", "", now)
    _end(row, SUPPRESSED, "not wanted at sending time", now)
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
            _end(row, EXPIRED, row.reason or "too late to be useful", now)
            expired += 1
    in_time_again = sa.update(Delivery).where(
        Delivery.state == PENDING, Delivery.useful_until > now, Delivery.too_late_since_at.is_not(None)
    )
    db.session.execute(in_time_again.values(too_late_since_at=None))
    db.session.flush()
    return expired


def beat(name: str, *, now: datetime, **detail: object) -> None:
    """Leave a sign of life; call in a transaction."""
    values = {"name": name, "at": now, "detail": detail or None}
    statement = _insert(Heartbeat).values(**values)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"at": now, "detail": detail or None})
    )


def mail(delivery: Delivery, template: str, *, language: str, **values: Any) -> Message | None:
    """A mail from `templates/<template>.{subject.txt,txt,html}`; None when its address is gone."""
    address = db.session.get(MailAddress, delivery.address_id)
    if address is None or not address.email:
        return None
    values |= {"language": language, "html_lang": HTML_LANG[language]}
    with force_locale(language):
        return Message(
            to=address.email,
            subject=" ".join(render_template(f"{template}.subject.txt", **values).split()),
            text=render_template(f"{template}.txt", **values).strip() + "\n",
            html=render_template(f"{template}.html", **values),
            message_id=delivery.message_id,
            language=language,
        )


def page_url(endpoint: str, **values: Any) -> str:
    """The full address of one of our pages, for messages; works outside a request."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{config().base_url}{path}"


def message_id_of(ident: str) -> str:
    """The Message-ID of a delivery: the same at every attempt, so that a mail sent twice shows once."""
    domain = parseaddr(config().mail_from)[1].rpartition("@")[2] or "localhost"
    return f"<{ident}@{domain}>"


def config() -> Config:
    """The settings of the running application."""
    found: Config = current_app.config["COMPANION"]
    return found


def _insert(model: type[Any]) -> Any:
    return (postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert)(model)


def _locked(delivery_id: int) -> Delivery | None:
    return db.session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)


def _note(lease: Lease, outcome: str, detail: str, now: datetime) -> None:
    values = {"ended_at": now, "outcome": str(outcome), "detail": detail[:LONGEST_REASON] or None}
    attempt = sa.update(DeliveryAttempt).where(
        DeliveryAttempt.delivery_id == lease.delivery_id, DeliveryAttempt.number == lease.attempt
    )
    db.session.execute(attempt.values(**values))


def _end(row: Delivery, state: str, reason: str, now: datetime) -> None:
    row.state, row.reason, row.settled_at, row.leased_until = state, reason[:LONGEST_REASON], now, None


def _apply(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """The state after an attempt: accepted, tried again while it is useful, or failed."""
    reason = f"{outcome.result} {outcome.detail}".strip()[:LONGEST_REASON]
    if outcome.result == retry.ACCEPTED:
        _end(row, ACCEPTED, outcome.detail, now)
        _mark_address(row, None)
        return
    if outcome.result == retry.PERMANENT_ADDRESS:
        _mark_address(row, now)
    again_at = _again_at(row, outcome, now)
    if again_at is None:
        _end(row, FAILED, reason, now)
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
    return retry.next_attempt_at(row.attempt, now, row.useful_until, random.random(), back_off)


def _maybe_sent_before(row: Delivery) -> int:
    earlier = sa.select(sa.func.count()).where(
        DeliveryAttempt.delivery_id == row.id,
        DeliveryAttempt.number < row.attempt,
        DeliveryAttempt.outcome == retry.MAYBE_SENT,
    )
    return db.session.scalar(earlier) or 0


def _mark_address(row: Delivery, bad_since_at: datetime | None) -> None:
    """Remember that nobody is at an address, or that a mail to it was taken after all."""
    address = db.session.get(MailAddress, row.address_id) if row.channel == EMAIL and row.address_id else None
    if address is not None and (address.bad_since_at is None) != (bad_since_at is None):
        address.bad_since_at = bad_since_at
