"""What a device confirmed, whichever of two messages about it comes first."""

from datetime import timedelta

import sqlalchemy as sa

from companion import clock
from companion.database import transaction
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery, PushSubscription
from companion.delivery.operations import confirm_delivery, lease_due, settle
from companion.delivery.operations.leasing import Lease
from companion.devices import operations
from companion.domain.retry import ACCEPTED
from companion.extensions import db
from tests import factories


def device() -> PushSubscription:
    db.session.expire_all()
    return db.session.scalars(sa.select(PushSubscription)).one()


def handed_over(people) -> tuple[Delivery, Lease]:
    """A test message on its way to Ana's device."""
    now = clock.now()
    with transaction():
        test = operations.plan_test(factories.push_subscription(people.ana), now)
    with transaction():
        (lease,) = lease_due(limit=1, now=now, lease_seconds=60, provider="fcm.googleapis.com")
    return test, lease


def test_a_phone_that_is_faster_than_our_own_books_owes_nothing(people):
    test, lease = handed_over(people)
    shown_at = clock.now()
    with transaction():
        assert confirm_delivery(test.public_id, now=shown_at)
    with transaction():
        assert settle(lease, Outcome(ACCEPTED), now=shown_at + timedelta(seconds=1))
    found = device()
    assert (found.sent_since_confirmed, found.first_unconfirmed_at, found.confirmed_at) == (0, None, shown_at)
    assert test.state == "accepted"


def test_saying_it_again_is_no_new_sign_of_life(people):
    test, lease = handed_over(people)
    with transaction():
        settle(lease, Outcome(ACCEPTED), now=clock.now())
    assert device().sent_since_confirmed == 1
    shown_at = clock.now()
    for later in (0, 20):
        with transaction():
            assert confirm_delivery(test.public_id, now=shown_at + timedelta(days=later))
    assert (device().confirmed_at, device().sent_since_confirmed) == (shown_at, 0)
    with transaction():
        assert not confirm_delivery("unknown", now=shown_at)
