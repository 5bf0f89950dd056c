"""The key that signs our push messages: made at the first run, kept sealed, the newest in use."""

import base64
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from companion.delivery.models import VapidKey
from companion.delivery.queries import newest_vapid_key, vapid_key_of
from companion.extensions import db

_known: dict[str, str] = {}
"""Private keys by public ones: a key never changes, and each message needs one."""


def ensure_vapid_key(*, now: datetime) -> VapidKey:
    """The key in use, made where there is none; call in a transaction.

    Two processes that make one at the same time leave two rows: both then use the newest, and a device that
    subscribed with the other still gets its messages, signed with that one.
    """
    found = newest_vapid_key()
    if found is None:
        key = ec.generate_private_key(ec.SECP256R1())
        point = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        scalar = key.private_numbers().private_value.to_bytes(32, "big")
        db.session.add(VapidKey(private=_text_of(scalar), public=_text_of(point), created_at=now))
        db.session.flush()
        found = newest_vapid_key()
    assert found is not None
    return found


def signing_key_of(public: str) -> str | None:
    """The private key for devices that subscribed with this public one, else the newest; None where none is."""
    if public in _known:
        return _known[public]
    found = vapid_key_of(public)
    if found is None or not found.private:
        return None
    if found.public == public:
        _known[found.public] = found.private
    return found.private


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
