"""What an attempt says about an address: a mailbox that is not there, a device that is gone, one that confirms."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.delivery.channels import EMAIL, PUSH
from companion.delivery.models import Delivery, MailAddress, PushSubscription
from companion.delivery.operations.planning import Wanted, plan_wanted
from companion.delivery.queries import is_confirmed, mail_way, open_subscriptions, push_way
from companion.extensions import db
from companion.logs import log

GONE = "gone"
BAD_ADDRESS = "bad_address"
"""The kind of message that tells its owner, on a device, that mail comes back."""
TELL_FOR = timedelta(hours=72)


def mark_taken(row: Delivery, now: datetime) -> None:
    """A message was taken: the mailbox exists, or a device owes us a sign that it showed it, if none came yet."""
    if row.channel == EMAIL:
        _mark_mailbox(row, None)
    device = _device_of(row) if row.confirmed_at is None else None
    if device is not None:
        device.sent_since_confirmed += 1
        device.first_unconfirmed_at = device.first_unconfirmed_at or now


def mark_gone(row: Delivery, now: datetime) -> None:
    """Nobody is at a mail address, or a push service says that a device will never be there again."""
    if row.channel == EMAIL and _mark_mailbox(row, now):
        _tell_owner(row, now)
    device = _device_of(row)
    if device is not None:
        close_subscription(device, GONE, now=now)
    db.session.flush()
    if mail_way(row.recipient_id) is None and not open_subscriptions(row.recipient_id):
        log.error("no way leads to a person any more", account=row.recipient_id)


def close_subscription(device: PushSubscription, reason: str, *, now: datetime) -> None:
    """Send nothing to a device any more; why is kept for its owner to read."""
    if device.closed_at is None:
        device.closed_at, device.closed_reason = now, reason


def confirm_delivery(ident: str, *, now: datetime) -> bool:
    """A device said that it showed a message (its public id); False when there is no such message for a device.

    Saying it again is no new sign of life. The message is locked before its device, as when it is settled.
    """
    query = sa.select(Delivery).where(Delivery.public_id == ident, Delivery.channel == PUSH).with_for_update()
    row = db.session.scalars(query.execution_options(populate_existing=True)).first()
    if row is not None and row.confirmed_at is not None:
        return True
    devices = lock_devices([row.address_id]) if row is not None else ()
    if row is None or not devices:
        return False
    device = devices[0]
    row.confirmed_at = now
    device.confirmed_at, device.sent_since_confirmed, device.first_unconfirmed_at = now, 0, None
    db.session.flush()
    return True


def lock_devices(ids: Sequence[int]) -> Sequence[PushSubscription]:
    """Some devices, read afresh and locked in one order: two workers must not wait for each other."""
    query = sa.select(PushSubscription).where(PushSubscription.id.in_(ids)).order_by(PushSubscription.id)
    fresh = {"populate_existing": True}
    return db.session.scalars(query.with_for_update(), execution_options=fresh).all() if ids else ()


def _device_of(row: Delivery) -> PushSubscription | None:
    return db.session.get(PushSubscription, row.address_id) if row.channel == PUSH and row.address_id else None


def _mark_mailbox(row: Delivery, bad_since_at: datetime | None) -> bool:
    """Whether a mailbox is another than before: good, or bad since a time."""
    address = db.session.get(MailAddress, row.address_id) if row.address_id else None
    if address is None or (address.bad_since_at is None) == (bad_since_at is None):
        return False
    address.bad_since_at = bad_since_at
    return True


def _tell_owner(mail: Delivery, now: datetime) -> None:
    """Tell by every device that shows its messages; without one, the pages of the app say it."""
    for device in open_subscriptions(mail.recipient_id):
        if is_confirmed(device, now):
            way = push_way(device)
            wanted = Wanted(
                subject_kind=BAD_ADDRESS,
                subject_id=mail.address_id,
                stage=BAD_ADDRESS,
                due_slot=now.isoformat(timespec="seconds"),
                recipient_id=mail.recipient_id,
                channel=way.channel,
                address_id=way.address_id,
                provider=way.provider,
                due_at=now,
                useful_until=now + TELL_FOR,
            )
            plan_wanted(wanted, now=now)
