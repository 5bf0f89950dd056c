"""Reads of the devices that get an account's messages, and whether reminders may fail to reach it."""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.database import keyring
from companion.delivery.models import Delivery, PushSubscription
from companion.delivery.operations import GONE
from companion.delivery.queries import is_confirmed, mail_way, newest_vapid_key
from companion.extensions import db

DEVICE_TEST = "device_test"
MOVED, REMOVED, REPLACED = "moved", "removed", "replaced"
"""Why a device was closed: another account signed in there, its owner took it off, it has a newer address."""
TOLD_TO_OWNER = (GONE, MOVED)
TIME_TO_CONFIRM = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why reminders may not reach a person: `gone` is a device that takes no messages any more, None where
    devices take them and show nothing. `is_here`: it is about the device that asks. `has_other`: another device shows
    them."""

    gone: PushSubscription | None
    is_here: bool
    has_other: bool
    has_mail: bool


def devices_of(account: Account) -> list[PushSubscription]:
    """The devices that an account knows of: open ones, and those that closed without its doing; oldest first."""
    shown = sa.or_(PushSubscription.closed_at.is_(None), PushSubscription.closed_reason.in_(TOLD_TO_OWNER))
    query = sa.select(PushSubscription).where(PushSubscription.account_id == account.id, shown)
    return list(db.session.scalars(query.order_by(PushSubscription.id)))


def device_named(account: Account | None, ident: str | None) -> PushSubscription | None:
    """A device of an account, open or closed."""
    if account is None or not ident:
        return None
    query = sa.select(PushSubscription).where(
        PushSubscription.account_id == account.id, PushSubscription.public_id == ident
    )
    return db.session.scalars(query).first()


def vapid_public() -> str:
    """The public key that browsers subscribe with; nothing before the first run made one."""
    key = newest_vapid_key()
    return key.public if key is not None else ""


def device_at(endpoint: str) -> PushSubscription | None:
    """The device of an endpoint, whoever's it is."""
    query = sa.select(PushSubscription).where(PushSubscription.endpoint_hash == keyring().fingerprint(endpoint))
    return db.session.scalars(query).first()


def device_proved(endpoint: str, auth: str) -> PushSubscription | None:
    """The device of a browser that shows its old endpoint and the secret that only it and we know."""
    device = device_at(endpoint)
    known = device.auth if device is not None else None
    return device if known and hmac.compare_digest(known.encode(), auth.encode()) else None


def mark_of(device: PushSubscription | None) -> str:
    """What tells a browser whether we know its endpoint, without saying the endpoint."""
    endpoint = device.endpoint if device is not None and device.closed_at is None else None
    return hashlib.sha256(endpoint.encode()).hexdigest() if endpoint else ""


def last_tests(devices: Collection[PushSubscription]) -> dict[int, Delivery]:
    """The newest test message of each device, by the id of the device."""
    query = sa.select(Delivery).where(
        Delivery.subject_kind == DEVICE_TEST, Delivery.subject_id.in_([device.id for device in devices])
    )
    return {row.subject_id: row for row in db.session.scalars(query.order_by(Delivery.id))}


def tests_since(device: PushSubscription, since: datetime) -> list[datetime]:
    """When tests of a device were asked for, oldest first."""
    query = sa.select(Delivery.created_at).where(
        Delivery.subject_kind == DEVICE_TEST, Delivery.subject_id == device.id, Delivery.created_at > since
    )
    return list(db.session.scalars(query.order_by(Delivery.id)))


def trouble_of(account: Account, here: PushSubscription | None, now: datetime) -> Trouble | None:
    """Whether a device was closed by its service, or none has shown a message for two days; None if all is well."""
    devices = devices_of(account)
    gone = next((device for device in devices if device.closed_reason == GONE), None)
    live = [device for device in devices if device.closed_at is None]
    silent = bool(live) and all(_is_silent(device, now) for device in live)
    if gone is None and not silent:
        return None
    about = gone or live[0]
    return Trouble(
        gone=gone,
        is_here=here is not None and about.id == here.id,
        has_other=any(is_confirmed(device, now) for device in live),
        has_mail=mail_way(account.id) is not None,
    )


def _is_silent(device: PushSubscription, now: datetime) -> bool:
    since = device.first_unconfirmed_at or device.created_at
    return not is_confirmed(device, now) and now - since >= TIME_TO_CONFIRM
