"""A kind of subject of the tests' own, and deliveries about it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from companion.database import transaction
from companion.delivery import operations
from companion.delivery.channels.base import Message
from companion.delivery.models import Delivery, MailAddress
from companion.delivery.operations import registry
from companion.extensions import db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def compose_parcel(delivery: Delivery, now: datetime) -> Message | None:
    """A plain message; stages named `unwanted` and `poison` are what they say."""
    if delivery.stage == "unwanted":
        return None
    if delivery.stage == "poison":
        raise ZeroDivisionError
    address = db.session.get(MailAddress, delivery.address_id)
    assert address
    return Message(address.email or "", "Hello", f"Parcel {delivery.subject_id}\n", None, delivery.message_id)


@pytest.fixture(autouse=True)
def parcels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register the subject for the time of one test."""
    operations.register_subject("parcel", compose_parcel)
    yield
    registry._composers.pop("parcel")
    registry._ahead.pop("parcel", None)


@pytest.fixture
def parcel(people: Any) -> Callable[..., Delivery]:
    """Plan one delivery to Ana."""

    def plan(number: int = 1, now: datetime = NOON, **values: Any) -> Delivery:
        defaults: dict[str, Any] = {
            "subject_kind": "parcel",
            "subject_id": number,
            "stage": "sent",
            "due_slot": "2026-11-23T12:00",
            "recipient_id": people.ana.id,
            "channel": "email",
            "address_id": people.ana.address.id,
            "due_at": now,
            "useful_until": now + timedelta(hours=1),
        }
        with transaction():
            return operations.plan_delivery(**(defaults | values), now=now)

    return plan


@pytest.fixture
def noon(tmp_path, monkeypatch):
    """The clock stands near noon; gives a way to set it."""
    file = tmp_path / "clock"
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))

    def move(moment):
        file.write_text(str((moment - datetime.now(UTC)).total_seconds()))

    move(NOON)
    return move
