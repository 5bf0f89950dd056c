"""Deliveries change state as they should, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations
from companion.delivery.channels.base import BROKEN, Outcome
from companion.delivery.models import Delivery, DeliveryAttempt
from companion.delivery.operations import Lease, Wanted
from companion.domain.retry import ACCEPTED, MAYBE_SENT, OUR_FAULT, PERMANENT_ADDRESS, TEMPORARY
from companion.extensions import db
from tests.delivery.conftest import NOON

MINUTE = timedelta(minutes=1)


def lease(now=NOON, limit=10, seconds=60):
    with transaction():
        return operations.lease_due(limit=limit, now=now, lease_seconds=seconds)


def settle(one, outcome, now=NOON):
    with transaction():
        return operations.settle(one, outcome, now=now)


def state(delivery):
    db.session.refresh(delivery)
    return delivery.state


def test_planning_twice_makes_one_row(parcel):
    first, second = parcel(), parcel()
    assert first.id == second.id
    assert first.message_id == f"<{first.public_id}@localhost>"
    assert db.session.scalar(sa.select(sa.func.count(Delivery.id))) == 1


@pytest.mark.parametrize(
    "change", [{"stage": "b"}, {"due_slot": "x"}, {"revision": 1}, {"rule_id": 7}, {"number": 2}]
)
def test_another_key_is_another_message(parcel, change):
    assert parcel().id != parcel(**change).id


def test_planning_again_moves_a_delivery_that_was_not_tried(parcel):
    parcel()
    moved = parcel(due_at=NOON + 5 * MINUTE)
    assert moved.next_attempt_at == NOON + 5 * MINUTE


def test_a_cancelled_delivery_comes_back_when_it_is_wanted_again(parcel):
    delivery = parcel()
    with transaction():
        assert operations.cancel_deliveries("parcel", 1, reason="off", now=NOON) == 1
    assert state(delivery) == "cancelled"
    parcel()
    assert state(delivery) == "pending"


def test_a_sent_delivery_never_comes_back(parcel):
    delivery = parcel()
    settle(lease()[0], Outcome(ACCEPTED))
    parcel(due_at=NOON + MINUTE)
    assert state(delivery) == "accepted"
    assert lease(NOON + MINUTE) == []


def test_only_due_and_useful_ones_are_leased_oldest_first(parcel):
    late = parcel(1, due_at=NOON - MINUTE)
    parcel(2, due_at=NOON + MINUTE)
    parcel(3, due_at=NOON - 2 * MINUTE, useful_until=NOON)
    oldest = parcel(4, due_at=NOON - 3 * MINUTE)
    assert lease() == [Lease(oldest.id, 1, NOON + MINUTE), Lease(late.id, 1, NOON + MINUTE)]


def test_a_leased_delivery_is_not_leased_twice(parcel):
    parcel()
    assert len(lease()) == 1
    assert lease() == []


def test_each_attempt_is_written_down_before_and_after(parcel):
    delivery = parcel()
    one = lease()[0]
    attempt = db.session.scalars(sa.select(DeliveryAttempt)).one()
    assert (attempt.number, attempt.started_at, attempt.outcome) == (1, NOON, None)
    settle(one, Outcome(TEMPORARY, "rcpt 451"))
    db.session.refresh(attempt)
    assert (attempt.outcome, attempt.detail, attempt.ended_at) == (TEMPORARY, "rcpt 451", NOON)
    assert state(delivery) == "pending"


@pytest.mark.parametrize(
    ("result", "after"),
    [
        (ACCEPTED, "accepted"),
        (TEMPORARY, "pending"),
        (OUR_FAULT, "pending"),
        (MAYBE_SENT, "pending"),
        (BROKEN, "pending"),
        (PERMANENT_ADDRESS, "failed"),
    ],
)
def test_each_outcome_leads_to_its_state(parcel, result, after):
    delivery = parcel()
    assert settle(lease()[0], Outcome(result, "detail"))
    assert state(delivery) == after
    assert (delivery.settled_at is None) == (after == "pending")


def test_a_retry_waits_about_thirty_seconds_then_longer(parcel):
    delivery = parcel()
    now = NOON
    for wait in (30, 120, 300):
        settle(lease(now)[0], Outcome(TEMPORARY), now)
        db.session.refresh(delivery)
        waited = (delivery.next_attempt_at - now).total_seconds()
        assert wait * 0.8 <= waited <= wait * 1.2
        now = delivery.next_attempt_at


def test_it_fails_when_the_next_try_would_be_too_late(parcel):
    delivery = parcel(useful_until=NOON + timedelta(seconds=20))
    settle(lease()[0], Outcome(TEMPORARY, "connect"))
    assert state(delivery) == "failed"
    assert delivery.reason == "temporary connect"


def test_perhaps_sent_is_sent_once_more_and_never_again(parcel):
    delivery = parcel()
    settle(lease()[0], Outcome(MAYBE_SENT))
    assert state(delivery) == "pending"
    settle(lease(NOON + 2 * MINUTE)[0], Outcome(MAYBE_SENT), NOON + 2 * MINUTE)
    assert state(delivery) == "failed"


def test_what_cannot_be_written_fails_at_the_third_try(parcel):
    delivery = parcel()
    for minute in (0, 2, 8):
        settle(lease(NOON + minute * MINUTE)[0], Outcome(BROKEN), NOON + minute * MINUTE)
    assert state(delivery) == "failed"


def test_an_unknown_address_is_marked_and_an_accepted_mail_clears_it(parcel, people):
    parcel(1)
    settle(lease()[0], Outcome(PERMANENT_ADDRESS, "rcpt 550"))
    db.session.refresh(people.ana.address)
    assert people.ana.address.bad_since_at == NOON
    parcel(2)
    settle(lease()[0], Outcome(ACCEPTED))
    db.session.refresh(people.ana.address)
    assert people.ana.address.bad_since_at is None


def test_a_lease_that_ran_out_goes_back_and_its_owner_cannot_settle_over_the_next(parcel):
    delivery = parcel()
    stale = lease()[0]
    with transaction():
        assert operations.return_expired_leases(now=NOON + timedelta(seconds=59)) == 0
        assert operations.return_expired_leases(now=NOON + MINUTE) == 1
    fresh = lease(NOON + MINUTE)[0]
    assert fresh.attempt == 2
    assert not settle(stale, Outcome(PERMANENT_ADDRESS), NOON + MINUTE)
    assert state(delivery) == "leased"
    assert settle(fresh, Outcome(ACCEPTED), NOON + MINUTE)
    assert state(delivery) == "accepted"


def test_an_attempt_accepted_after_its_lease_ran_out_counts_when_nobody_else_began(parcel):
    delivery = parcel()
    slow = lease()[0]
    with transaction():
        operations.return_expired_leases(now=NOON + MINUTE)
    assert settle(slow, Outcome(ACCEPTED), NOON + MINUTE)
    assert state(delivery) == "accepted"


def test_a_lost_lease_is_not_held(parcel):
    parcel()
    one = lease()[0]
    assert list(operations.held([one], now=NOON + timedelta(seconds=59))) == [one]
    assert not operations.held([one], now=NOON + MINUTE)
    with transaction():
        operations.cancel_deliveries("parcel", 1, reason="off", now=NOON)
    assert not operations.held([one], now=NOON)


def test_a_settle_after_a_cancel_changes_nothing(parcel):
    delivery = parcel()
    one = lease()[0]
    with transaction():
        operations.supersede_deliveries("parcel", 1, reason="moved", now=NOON)
    assert not settle(one, Outcome(TEMPORARY))
    assert state(delivery) == "superseded"


def test_unused_leases_are_given_back_at_once(parcel):
    delivery = parcel()
    leases = lease()
    with transaction():
        operations.give_back(leases, now=NOON)
    assert state(delivery) == "pending"
    assert lease()[0].attempt == 2


def expire(now):
    with transaction():
        return operations.expire_deliveries(now=now)


def test_it_expires_only_when_two_looks_a_minute_apart_agree(parcel):
    delivery = parcel(useful_until=NOON)
    assert [expire(NOON), expire(NOON + timedelta(seconds=59))] == [0, 0]
    assert state(delivery) == "pending"
    assert expire(NOON + MINUTE) == 1
    assert (state(delivery), delivery.reason) == ("expired", "too late to be useful")


def test_a_clock_that_was_wrong_for_one_look_expires_nothing(parcel):
    delivery = parcel()
    far = NOON.replace(year=2099)
    assert expire(far) == 0
    assert lease(far) == []
    assert expire(NOON) == 0
    db.session.refresh(delivery)
    assert delivery.too_late_since_at is None
    assert len(lease()) == 1


def wanted_from(delivery, **changes):
    values = {name: getattr(delivery, name) for name in Wanted.__slots__}
    return Wanted(**(values | changes))


def test_reconciling_adds_keeps_and_ends(parcel):
    kept, orphan, sent, too_late = parcel(1), parcel(2), parcel(3, due_at=NOON - MINUTE), parcel(4, useful_until=NOON)
    settle(lease(limit=1)[0], Outcome(ACCEPTED))
    stored = [kept, orphan, sent, too_late]
    wanted = [wanted_from(kept), wanted_from(kept, subject_id=9)]
    assert operations.needs_reconciling(wanted, stored, now=NOON)
    with transaction():
        changed = operations.reconcile_deliveries(
            wanted, stored, ending=lambda row: ("superseded", "moved"), now=NOON
        )
    assert changed == 2
    assert [state(row) for row in stored] == ["pending", "superseded", "accepted", "pending"]
    everything = db.session.scalars(sa.select(Delivery)).all()
    assert len(everything) == 5
    assert not operations.needs_reconciling(wanted, everything, now=NOON)


def test_a_sign_of_life_is_one_row(app):
    for minute in (0, 1):
        with transaction():
            operations.beat("tick", now=NOON + minute * MINUTE)
    rows = db.session.execute(sa.text("select name, at from heartbeats")).all()
    assert [row.name for row in rows] == ["tick"]


def test_a_kind_nobody_knows_has_no_words(app):
    with pytest.raises(operations.UnknownSubject):
        operations.composer_of("riddle")
