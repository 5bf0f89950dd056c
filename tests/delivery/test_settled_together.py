"""What a busy minute ends with: many push messages settled in a few statements, and what one row alone would do."""

import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations
from companion.delivery.channels.base import Outcome
from companion.delivery.models import DeliveryAttempt, PushSubscription
from companion.domain import retry
from companion.extensions import db
from companion.reminders.models import PlanLook
from tests import factories
from tests.delivery.conftest import NOON

TAKEN = Outcome(retry.ACCEPTED, "201")


def leased(parcel, devices, **values):
    """A delivery for each device, all leased."""
    for number, device in enumerate(devices):
        parcel(number, channel="push", address_id=device.id, **values)
    with transaction():
        return operations.lease_due(limit=20, now=NOON, lease_seconds=60)


def test_each_device_counts_what_it_owes_and_each_circle_is_looked_at_later(people, parcel):
    with transaction():
        owner = people.ana
        plain, twice, unsure = (factories.push_subscription(owner, sent_since_confirmed=n) for n in (0, 0, 2))
    leases = leased(parcel, [plain, twice, twice, unsure], circle_id=people.circle.id)
    with transaction():
        db.session.execute(sa.delete(PlanLook))
        assert operations.settle_all([(one, TAKEN) for one in leases], now=NOON) == [True] * 4

    counts = db.session.execute(
        sa.select(PushSubscription.sent_since_confirmed, PushSubscription.first_unconfirmed_at)
        .where(PushSubscription.id.in_([plain.id, twice.id, unsure.id]))
        .order_by(PushSubscription.id)
    ).all()
    assert counts == [(1, NOON), (2, NOON), (3, NOON)]
    attempts = db.session.execute(
        sa.select(DeliveryAttempt.outcome, DeliveryAttempt.detail, DeliveryAttempt.ended_at)
    )
    assert set(attempts) == {(retry.ACCEPTED, "201", NOON)}
    assert db.session.get_one(PlanLook, people.circle.id).next_at < NOON, "a device that is not sure asks at once"


def test_what_was_taken_back_or_overtaken_meanwhile_is_settled_as_one_alone_would_be(people, parcel):
    with transaction():
        device = factories.push_subscription(people.ana)
    first, second, third = leased(parcel, [device] * 3)
    with transaction():
        operations.supersede_deliveries("parcel", 1, reason="newer", now=NOON)
        operations.give_back([third], now=NOON)
    with transaction():
        settled = operations.settle_all([(third, TAKEN), (first, TAKEN), (second, TAKEN)], now=NOON)
        again = operations.settle_all([(first, TAKEN)], now=NOON)
    assert settled == [True, True, True]
    assert again == [False]
    with transaction():
        assert operations.audit(now=NOON) == []
