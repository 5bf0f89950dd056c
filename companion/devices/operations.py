"""Devices switched on, renewed, tested, named and taken off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from flask_babel import force_locale
from flask_babel import gettext as _

from companion.accounts.models import Account
from companion.database import keyring
from companion.delivery.channels.base import AnyMessage
from companion.delivery.models import Delivery, PushSubscription
from companion.delivery.operations import (
    GONE,
    Wanted,
    close_subscription,
    page_url,
    plan_wanted,
    register_subject,
    write,
)
from companion.delivery.queries import push_way
from companion.devices import queries
from companion.devices.queries import DEVICE_TEST, MOVED, REMOVED, REPLACED
from companion.extensions import db

TESTS_AT_MOST, TESTS_WITHIN = 5, timedelta(minutes=10)
TEST_USEFUL = timedelta(minutes=10)
KEPT, FRESH, LEAVE, IDLE = "kept", "fresh", "leave", "idle"
"""What a browser that told its endpoint does next: nothing, subscribe anew, unsubscribe, or nothing as we do not
write to it."""


class TestedTooOften(Exception):
    """A device has had its tests for now; `again_at` is when the next one is possible."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at


class CannotReopen(Exception):
    """The device was not taken off by its owner, or has another address by now."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a browser tells about its subscription, checked."""

    endpoint: str
    p256dh: str
    auth: str
    vapid_public: str
    provider: str


def switch_on(
    account: Account,
    given: Given,
    *,
    name: str,
    here: PushSubscription | None,
    session_id: int | None,
    now: datetime,
) -> PushSubscription:
    """Send messages to this browser from now on. `here` is the device of the account that this browser was before,
    `session_id` its sign-in, None where it renews its address without one.

    A browser has one address at a time: a newer one takes the place of the older, and it is of the account that
    switched it on last.
    """
    known = queries.device_at(given.endpoint)
    if known is not None and known.account_id != account.id:
        _give_up_endpoint(known, now)
        known = None
    if here is not None and here is not known:
        if known is None and here.provider == given.provider:
            known = here
        else:
            close_subscription(here, REPLACED, now=now)
    if known is None:
        known = PushSubscription(account_id=account.id, created_at=now, sent_since_confirmed=0)
        known.device_name = _free_name(account, name)
        db.session.add(known)
    known.session_id = session_id or (here.session_id if here is not None else known.session_id)
    _set_address(known, given)
    db.session.flush()
    return known


def _free_name(account: Account, name: str) -> str:
    """A name that no other device in the list has: `Chrome · Android 2` beside `Chrome · Android`."""
    taken = {device.device_name for device in queries.devices_of(account)}
    numbered = (f"{name} {number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _give_up_endpoint(device: PushSubscription, now: datetime) -> None:
    """The browser is somebody else's now; its former owner still reads why it is closed."""
    device.endpoint_hash = keyring().fingerprint(f"moved:{device.public_id}")
    close_subscription(device, MOVED, now=now)
    db.session.flush()


def _set_address(device: PushSubscription, given: Given) -> None:
    """A new address, and one that was closed, has shown nothing yet."""
    endpoint_hash = keyring().fingerprint(given.endpoint)
    if device.endpoint_hash != endpoint_hash or device.closed_at is not None:
        device.confirmed_at = device.first_unconfirmed_at = None
        device.sent_since_confirmed = 0
    if device.endpoint_hash != endpoint_hash:
        device.endpoint, device.endpoint_hash = given.endpoint, endpoint_hash
    device.p256dh, device.auth = given.p256dh, given.auth
    device.vapid_public, device.provider = given.vapid_public, given.provider
    device.closed_at = device.closed_reason = None


def renew(
    account: Account | None,
    given: Given,
    *,
    here: PushSubscription | None,
    proved: PushSubscription | None,
    session_id: int | None,
    now: datetime,
) -> tuple[str, PushSubscription | None]:
    """A browser tells its address unasked, as it may have changed: what to do next, and the device.

    It never switches anything on: without a device that takes messages, or lost its address, nothing comes of it.
    `here` is the device that this browser was; `proved` one whose old address it knows with its secret.
    """
    known = queries.device_at(given.endpoint)
    if known is not None:
        if account is not None and known.account_id != account.id:
            _give_up_endpoint(known, now)
            return LEAVE, None
        if known.closed_at is None:
            known.session_id = session_id or known.session_id
            return KEPT, known
        return (FRESH, known) if known.closed_reason == GONE else (IDLE, None)
    before = here or proved
    if before is None:
        return IDLE, None
    if account is not None and before.account_id != account.id:
        _give_up_endpoint(before, now)
        return LEAVE, None
    if before.closed_at is not None and before.closed_reason != GONE:
        return IDLE, None
    owner = account or db.session.get_one(Account, before.account_id)
    return KEPT, switch_on(owner, given, name=before.device_name, here=before, session_id=session_id, now=now)


def rename(device: PushSubscription, name: str) -> None:
    """Call a device what its owner calls it."""
    device.device_name = name
    db.session.flush()


def take_off(device: PushSubscription, now: datetime) -> None:
    """Send nothing to a device any more; one that closed by itself is not shown any more."""
    if device.closed_at is None:
        close_subscription(device, REMOVED, now=now)
    elif device.closed_reason != REMOVED:
        device.closed_reason = REMOVED
    db.session.flush()


def put_back(device: PushSubscription) -> None:
    """Undo `take_off`. Raises CannotReopen."""
    db.session.refresh(device, with_for_update=True)
    if device.closed_reason != REMOVED:
        raise CannotReopen
    device.closed_at = device.closed_reason = None
    db.session.flush()


def plan_test(device: PushSubscription, now: datetime) -> Delivery:
    """A message to one device that only says that it arrived. Raises TestedTooOften."""
    db.session.refresh(device, with_for_update=True)
    asked = queries.tests_since(device, now - TESTS_WITHIN)
    if len(asked) >= TESTS_AT_MOST:
        raise TestedTooOften(asked[-TESTS_AT_MOST] + TESTS_WITHIN)
    way = push_way(device)
    wanted = Wanted(
        subject_kind=DEVICE_TEST,
        subject_id=device.id,
        stage=DEVICE_TEST,
        due_slot=now.isoformat(timespec="milliseconds"),
        recipient_id=device.account_id,
        channel=way.channel,
        address_id=way.address_id,
        provider=way.provider,
        due_at=now,
        useful_until=now + TEST_USEFUL,
    )
    return plan_wanted(wanted, now=now)


def compose_test(delivery: Delivery, now: datetime) -> AnyMessage | None:
    """The test message in the language of its reader; None when the device is closed by now."""
    account = db.session.get(Account, delivery.recipient_id)
    language = (account.language if account else None) or "en"
    with force_locale(language):
        title, body = _("Test message"), _("It arrived. There is nothing to do.")
    link = page_url("devices.index")
    return write(delivery, "", language=language, title=title, body=body, link=link)


register_subject(DEVICE_TEST, compose_test)
