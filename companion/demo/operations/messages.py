"""Messages in the sample: devices that get them, who else is told, and one that Ben sent by hand."""

import base64
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from companion.database import keyring
from companion.delivery.channels.sample import SAMPLE_HOST
from companion.delivery.models import PushSubscription
from companion.delivery.operations import close_subscription, ensure_vapid_key
from companion.demo.operations.calendar import Calendar
from companion.demo.operations.people import People
from companion.devices.queries import MOVED
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.messages.operations import STILL_ON, copy_message, note_answer
from companion.reminders.models import NEUTRAL
from companion.reminders.operations import change_rule, tell_caregiver

PHONE, TABLET = "Chrome · Android", "Safari · iPad"
NUDGE_AT = "09:00"


def switch_messages_on(people: People, now: datetime) -> None:
    """Ana's phone shows messages, her old tablet is somebody else's; she is asked daily, and Ben is told too."""
    _add_device(people, PHONE, now).confirmed_at = now
    close_subscription(_add_device(people, TABLET, now), MOVED, now=now)
    change_rule(people.circle, people.ana, {"nudge_at": NUDGE_AT}, now=now)
    tell_caregiver(people.circle, people.ben, alerts=True, escalations=True, by=people.ana, now=now)


def ask_uncle_wu(people: People, ahead: Infusion, days: Calendar) -> None:
    """Ben wrote to Uncle Wu about the next infusion and noted what he said."""
    sent_at, said_at = days.at(days.on(-1), 18), days.at(days.on(-1), 20, 15)
    chosen = {"for_name": "Uncle Wu", "language": "zh", "privacy": NEUTRAL}
    message = copy_message(ahead.days[0], sender=people.ben, now=sent_at, **chosen)
    note_answer(message, STILL_ON, account=people.ben, now=said_at)


def _add_device(people: People, name: str, now: datetime) -> PushSubscription:
    """A device with keys as browsers make them, and an address that no message leaves this machine for."""
    endpoint = f"https://{SAMPLE_HOST}/{name}"
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    device = PushSubscription(
        account_id=people.ana.id,
        endpoint=endpoint,
        endpoint_hash=keyring().fingerprint(endpoint),
        p256dh=_text_of(raw),
        auth=_text_of(sha256(name.encode()).digest()[:16]),
        vapid_public=ensure_vapid_key(now=now).public,
        provider=SAMPLE_HOST,
        device_name=name,
        created_at=now,
        sent_since_confirmed=0,
    )
    db.session.add(device)
    db.session.flush()
    return device


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
