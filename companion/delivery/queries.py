"""Reads of deliveries, of the ways to reach a person, and of the worker's signs of life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.delivery.channels import EMAIL, HOOK, PUSH
from companion.delivery.models import (
    ACCEPTED,
    CANCELLED,
    IN_DIGEST,
    LEASED,
    OPEN_STATES,
    PENDING,
    SUPERSEDED,
    Delivery,
    DeliveryAttempt,
    Heartbeat,
    MailAddress,
    ProviderState,
    PushSubscription,
    VapidKey,
)
from companion.domain.retry import OUR_FAULT
from companion.extensions import db

TICK, AUDIT, OUTAGES = "tick", "audit", "outages"
OLDEST_TICK, OLDEST_OVERDUE = timedelta(seconds=120), timedelta(seconds=300)
OLDEST_AUDIT = timedelta(minutes=15)
OUTAGE_AFTER = timedelta(minutes=5)
"""A worker that was silent for longer was out of order."""
UNCONFIRMED_AFTER = 3
"""So many messages that a push service took and the device did not confirm: it may be silently dead."""
TIME_TO_CONFIRM = timedelta(seconds=50)
"""Several messages sent in one go are no sign of silence before the device had time to show them. What was sent is
looked at again a minute later."""
UNCONFIRMED_AFTER_DAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a person: channel, the row of its address, and who takes messages over."""

    channel: str
    address_id: int
    provider: str


def is_told(delivery: Delivery) -> bool:
    """Whether its reader was told: it was taken over, by itself or in a digest."""
    return delivery.state == ACCEPTED or (delivery.state == SUPERSEDED and delivery.reason == IN_DIGEST)


def told() -> sa.ColumnElement[bool]:
    """`is_told` for a query."""
    gathered = sa.and_(Delivery.state == SUPERSEDED, Delivery.reason == IN_DIGEST)
    return sa.or_(Delivery.state == ACCEPTED, gathered)


def told_or_under_way() -> sa.ColumnElement[bool]:
    """Told, or perhaps told in a moment: an attempt has begun, and nobody knows yet what came of it."""
    begun = sa.exists().where(DeliveryAttempt.delivery_id == Delivery.id, DeliveryAttempt.ended_at.is_(None))
    return sa.or_(told(), sa.and_(Delivery.state.in_((LEASED, SUPERSEDED, CANCELLED)), begun))


def gathered_in(digest: Delivery) -> sa.Select[Delivery]:
    """The messages that became a digest: those of its reader that would have gone the same way."""
    return sa.select(Delivery).where(
        Delivery.recipient_id == digest.recipient_id,
        Delivery.channel == digest.channel,
        Delivery.address_id == digest.address_id,
        Delivery.state == SUPERSEDED,
        Delivery.reason == IN_DIGEST,
        Delivery.settled_at == digest.created_at,
    )


def mail_way(account_id: int) -> Way | None:
    """By mail; None where there is no address, or mail came back from it."""
    query = sa.select(MailAddress.id).where(MailAddress.account_id == account_id, MailAddress.bad_since_at.is_(None))
    found = db.session.scalars(query.order_by(MailAddress.id)).first()
    return Way(EMAIL, found, EMAIL) if found else None


def hook_way() -> Way:
    """By the operator's webhook, which knows people by their public id."""
    return Way(HOOK, 0, HOOK)


def push_way(subscription: PushSubscription) -> Way:
    """By one device."""
    return Way(PUSH, subscription.id, subscription.provider)


def leads_to_reader(delivery: Delivery) -> bool:
    """Whether a message's address is still its reader's and still takes messages."""
    if delivery.channel == EMAIL:
        return mailbox_of(delivery) is not None
    return delivery.channel != PUSH or device_of(delivery) is not None


def mailbox_of(delivery: Delivery) -> MailAddress | None:
    """The address of a mail, while it is its reader's and mail does not come back from it."""
    address = db.session.get(MailAddress, delivery.address_id)
    mine = address is not None and address.account_id == delivery.recipient_id and address.bad_since_at is None
    return address if mine else None


def device_of(delivery: Delivery) -> PushSubscription | None:
    """The device of a push message, while it is its reader's and open."""
    device = db.session.get(PushSubscription, delivery.address_id)
    mine = device is not None and device.account_id == delivery.recipient_id and device.closed_at is None
    return device if mine else None


def open_subscriptions(account_id: int) -> Sequence[PushSubscription]:
    """The devices of an account that take messages, oldest first."""
    query = sa.select(PushSubscription).where(
        PushSubscription.account_id == account_id, PushSubscription.closed_at.is_(None)
    )
    return db.session.scalars(query.order_by(PushSubscription.id)).all()


def newest_vapid_key() -> VapidKey | None:
    """The key that devices subscribe with now; None before the first run made one."""
    query = sa.select(VapidKey).order_by(VapidKey.created_at.desc(), VapidKey.id.desc())
    return db.session.scalars(query.limit(1)).first()


def vapid_key_of(public: str) -> VapidKey | None:
    """The key that a device subscribed with; the newest where that one is lost."""
    query = sa.select(VapidKey).where(VapidKey.public == public).order_by(VapidKey.id.desc())
    return db.session.scalars(query.limit(1)).first() or newest_vapid_key()


def is_confirmed(subscription: PushSubscription, now: datetime) -> bool:
    """Whether a device shows what it is sent: it confirmed one message, and not too much is open since."""
    if subscription.closed_at is not None or subscription.confirmed_at is None:
        return False
    waiting_since = subscription.first_unconfirmed_at
    waited = now - waiting_since if waiting_since is not None else None
    if waited is not None and waited >= UNCONFIRMED_AFTER_DAYS:
        return False
    had_time = waited is None or waited >= TIME_TO_CONFIRM
    return subscription.sent_since_confirmed < UNCONFIRMED_AFTER or not had_time


def due_providers(now: datetime) -> list[str]:
    """Who has something to take over now, without those who asked us to wait."""
    waiting = sa.select(ProviderState.name).where(ProviderState.paused_until > now)
    query = (
        sa.select(Delivery.provider)
        .where(
            Delivery.state == PENDING,
            Delivery.next_attempt_at <= now,
            Delivery.useful_until > now,
            Delivery.provider.not_in(waiting),
        )
        .distinct()
    )
    return sorted(db.session.scalars(query))


def backlog(now: datetime) -> int:
    """How many messages are due."""
    due = sa.select(sa.func.count()).where(Delivery.state == PENDING, Delivery.next_attempt_at <= now)
    return db.session.scalar(due) or 0


def is_paused(provider: str, now: datetime) -> bool:
    """Whether a provider asked us to wait."""
    state = db.session.get(ProviderState, provider, populate_existing=True)
    return state is not None and state.paused_until is not None and state.paused_until > now


@dataclass(frozen=True, slots=True)
class Health:
    """Whether reminders go out: ages are None where there is nothing to be old."""

    tick_age: timedelta | None
    oldest_overdue_age: timedelta | None
    audit_age: timedelta | None
    breaks: list[str]
    troubled: dict[str, str]

    @property
    def is_good(self) -> bool:
        """The worker ticks, nothing useful is late, and the messages add up."""
        ticks = self.tick_age is not None and self.tick_age <= OLDEST_TICK
        in_time = self.oldest_overdue_age is None or self.oldest_overdue_age <= OLDEST_OVERDUE
        audited = self.audit_age is None or self.audit_age <= OLDEST_AUDIT
        return ticks and in_time and audited and not self.breaks


def health(now: datetime) -> Health:
    """The worker's signs of life, what is late, what does not add up, and the providers in trouble."""
    audit = last_beat(AUDIT)
    breaks = (audit.detail or {}).get("breaks", []) if audit else []
    return Health(
        tick_age=_age(last_tick_at(), now),
        oldest_overdue_age=_age(oldest_overdue_at(now), now),
        audit_age=_age(audit.at if audit else None, now),
        breaks=[str(one) for one in breaks] if isinstance(breaks, list) else [],
        troubled=providers_in_trouble(now),
    )


def providers_in_trouble(now: datetime) -> dict[str, str]:
    """Providers that fail, refuse us or asked us to wait, with the code of their last refusal."""
    troubles = (
        ProviderState.failures > 0,
        ProviderState.paused_until > now,
        ProviderState.last_detail.startswith(OUR_FAULT, autoescape=True),
    )
    query = sa.select(ProviderState).where(sa.or_(*troubles))
    return {state.name: state.last_detail or "" for state in db.session.scalars(query)}


def _age(at: datetime | None, now: datetime) -> timedelta | None:
    return None if at is None else max(timedelta(0), now - at)


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which no worker looked for messages."""

    from_at: datetime
    to_at: datetime


def outages() -> list[Outage]:
    """The last times without a worker, oldest first."""
    beat = last_beat(OUTAGES)
    spans = (beat.detail or {}).get("spans", []) if beat else []
    found = spans if isinstance(spans, list) else []
    return [Outage(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in found]


def late_deliveries(account_id: int, outage: Outage) -> Sequence[Delivery]:
    """What this person should have got while no worker was there, and what became of it since."""
    query = sa.select(Delivery).where(
        Delivery.recipient_id == account_id,
        Delivery.due_at.between(outage.from_at, outage.to_at),
        Delivery.created_at < outage.to_at,
        sa.or_(Delivery.settled_at.is_(None), Delivery.settled_at >= outage.to_at),
    )
    return db.session.scalars(query.order_by(Delivery.due_at, Delivery.id)).all()


def last_tick_at() -> datetime | None:
    """When the worker last looked for due deliveries."""
    beat = last_beat(TICK)
    return beat.at if beat else None


def last_beat(name: str) -> Heartbeat | None:
    """The last sign of life of a job, with what it had to tell."""
    return db.session.get(Heartbeat, name)


def oldest_overdue_at(now: datetime) -> datetime | None:
    """When the oldest delivery became due that is not settled; None when nothing is late."""
    query = sa.select(sa.func.min(Delivery.due_at)).where(
        Delivery.state.in_(OPEN_STATES), Delivery.next_attempt_at <= now, Delivery.due_at <= now
    )
    return db.session.scalar(query)
