"""A mail address from which mail comes back: its owner is told on a device and in the app, and can try it again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.database import transaction
from companion.delivery import operations
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery
from companion.extensions import db
from tests import factories

NOBODY_THERE = Outcome("permanent_address", "rcpt 550 5.1.1")


@pytest.fixture
def came_back(people):
    """Ana has two devices, of which one shows its messages, and a mail to her has come back."""
    now = clock.now()
    with transaction():
        operations.ensure_vapid_key(now=now)
        people.ana.language, people.circle.stage = "zh", "on_treatment"
        good = factories.push_subscription(people.ana, confirmed_at=now)
        factories.push_subscription(people.ana, sent_since_confirmed=3)
        for number in range(2):
            operations.plan_delivery(
                subject_kind="visit",
                subject_id=number,
                stage="day_before",
                due_slot="2026-11-30",
                recipient_id=people.ana.id,
                channel="email",
                address_id=people.ana.address.id,
                due_at=now,
                useful_until=now + timedelta(hours=1),
                now=now,
            )
    with transaction():
        for lease in operations.lease_due(limit=9, now=now, lease_seconds=60):
            operations.settle(lease, NOBODY_THERE, now=now)
    return good


def notices():
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Delivery).where(Delivery.subject_kind == "bad_address")))


def test_its_owner_is_told_once_by_each_device_that_shows_messages(came_back, people):
    (notice,) = notices()
    assert (notice.channel, notice.address_id, notice.recipient_id) == ("push", came_back.id, people.ana.id)
    message = operations.composer_of("bad_address")(notice, clock.now())
    assert "给您的邮件被退回".encode() in message.payload
    with transaction():
        people.ana.address.bad_since_at = None
    assert operations.composer_of("bad_address")(notice, clock.now()) is None


def test_the_app_says_it_until_its_owner_tries_it_again(came_back, people, client_of):
    ana = client_of(people.ana)
    assert "Mail to you came back." in ana.get("/?lang=en").text
    assert "Mail to you came back." not in client_of(people.ben).get("/?lang=en").text
    page = ana.get("/settings?lang=en").text
    assert "Mail to this address came back on" in page
    answer = ana.post("/settings/email/again")
    assert (answer.status_code, answer.location) == (303, "/settings")
    page = ana.get("/settings?lang=en").text
    assert "came back" not in page
    assert "came back" not in ana.get("/?lang=en").text
