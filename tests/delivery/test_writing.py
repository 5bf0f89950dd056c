"""One message for each channel: what a lock screen shows, what the webhook gets, and who confirmed it."""

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.database import keyring, transaction
from companion.delivery import operations
from companion.delivery.models import PushSubscription
from companion.delivery.operations import writing
from tests import factories
from tests.delivery.conftest import NOON

LINK = "https://companion.example.org/answer/abc"


@pytest.fixture
def device(people):
    with transaction():
        operations.ensure_vapid_key(now=NOON)
        return factories.add(
            PushSubscription(
                account_id=people.ana.id,
                endpoint="https://push.example.org/1",
                endpoint_hash=keyring().fingerprint("https://push.example.org/1"),
                p256dh="key",
                auth="secret",
                vapid_public="public",
                provider="push.example.org",
                device_name="Phone",
                created_at=NOON,
            )
        )


def write(delivery, body="", **values):
    words = {"language": "zh", "title": "您有一条提醒", "body": body, "link": LINK}
    return operations.write(delivery, "emails/none", **(words | values))


def test_a_push_message_is_json_that_a_device_shows_by_itself(parcel, device):
    delivery = parcel(channel="push", address_id=device.id)
    done = operations.Action("done", "完成", f"{LINK}?done=1")
    message = write(delivery, "明天 9:00", actions=[done], urgent=False)
    assert (message.endpoint, message.p256dh, message.auth) == ("https://push.example.org/1", "key", "secret")
    assert (message.urgency, message.useful_until) == ("normal", NOON + timedelta(hours=1))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", message.topic)
    shown = json.loads(message.payload)
    ack = shown["notification"].pop("data")["ack"]
    assert shown == {
        "web_push": 8030,
        "mutable": True,
        "notification": {
            "title": "您有一条提醒",
            "body": "明天 9:00",
            "lang": "zh-Hans",
            "dir": "ltr",
            "tag": message.topic,
            "navigate": LINK,
            "actions": [{"action": "done", "title": "完成", "navigate": f"{LINK}?done=1"}],
        },
    }
    assert operations.acked_delivery_id(ack) == delivery.public_id
    again = write(delivery)
    assert again.topic == message.topic
    assert again.urgency == "high"
    assert "body" not in json.loads(again.payload)["notification"]


def test_a_device_that_is_gone_or_another_person_s_gets_none(parcel, device, people):
    delivery = parcel(channel="push", address_id=device.id)
    with transaction():
        device.account_id = people.ben.id
    assert write(delivery) is None
    with transaction():
        device.account_id = people.ana.id
        operations.close_subscription(device, "gone", now=NOON)
    assert write(delivery) is None


def test_the_webhook_knows_a_person_by_public_id_alone(parcel, people):
    delivery = parcel(channel="webhook", address_id=0)
    message = write(delivery, "明天 9:00")
    assert message.delivery_id == delivery.public_id
    assert json.loads(message.body) == {
        "id": delivery.public_id,
        "recipient": people.ana.public_id,
        "kind": "parcel",
        "stage": "sent",
        "language": "zh-Hans",
        "title": "您有一条提醒",
        "body": "明天 9:00",
        "link": LINK,
    }


def test_a_channel_that_nobody_knows_gets_none(parcel):
    assert write(parcel(channel="pigeon")) is None


@pytest.mark.parametrize("token", ["", "x", "abc.def", "é.ü", "."])
def test_a_forged_confirmation_is_nobody_s(app, token):
    assert operations.acked_delivery_id(token) is None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=4000), st.integers(-5, 3000))
def test_a_long_body_is_cut_to_its_room(text, room):
    short = writing._fitting(text, room)
    assert len(writing._json(short)) - 2 <= max(room, 0)
    assert short == text or text.startswith(short.removesuffix("…"))


def test_a_payload_stays_under_3000_bytes(parcel, device):
    delivery = parcel(channel="push", address_id=device.id)
    message = write(delivery, "输液" * 3000, title="很长" * 500)
    assert 2900 < len(message.payload) < 3000
