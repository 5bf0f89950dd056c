"""Reads of deliveries, of the ways to reach a person, and of the worker's signs of life."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.delivery.channels import EMAIL, HOOK, PUSH
from companion.delivery.models import (
    OPEN_STATES,
    PENDING,
    Delivery,
    Heartbeat,
    MailAddress,
    ProviderState,
    PushSubscription,
)
from companion.extensions import db

TICK = "tick"
UNCONFIRMED_AFTER = 3
"""So many messages that a push service took and the device did not confirm: it may be silently dead."""
UNCONFIRMED_AFTER_DAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a person: channel, the row of its address, and who takes messages over."""

    channel: str
    address_id: int
    provider: str


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


def is_confirmed(subscription: PushSubscription, now: datetime) -> bool:
    """Whether a device shows what it is sent: it confirmed one message, and not too much is open since."""
    if subscription.closed_at is not None or subscription.confirmed_at is None:
        return False
    waiting_since = subscription.first_unconfirmed_at
    fresh = waiting_since is None or now - waiting_since < UNCONFIRMED_AFTER_DAYS
    return fresh and subscription.sent_since_confirmed < UNCONFIRMED_AFTER


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


def is_paused(provider: str, now: datetime) -> bool:
    """Whether a provider asked us to wait."""
    state = db.session.get(ProviderState, provider, populate_existing=True)
    return state is not None and state.paused_until is not None and state.paused_until > now


def last_tick_at() -> datetime | None:
    """When the worker last looked for due deliveries."""
    beat = last_beat(TICK)
    return beat.at if beat else None


def last_beat(name: str) -> Heartbeat | None:
    """The last sign of life of a job, with what it had to tell."""
    return db.session.get(Heartbeat, name)


def oldest_overdue_at(now: datetime) -> datetime | None:
    """When the oldest delivery became due that is still useful and not settled; None when nothing is late."""
    query = sa.select(sa.func.min(Delivery.due_at)).where(
        Delivery.state.in_(OPEN_STATES), Delivery.next_attempt_at <= now, Delivery.due_at <= now
    )
    return db.session.scalar(query)
