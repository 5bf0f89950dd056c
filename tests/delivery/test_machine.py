"""Any mix of planning, writing ahead, changes, leasing, sending, settling, dying workers and passing time: each
message ends in a state with a name, none is lost, a crash costs at most one more, and nothing that was written ahead
is sent once it is no longer so."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from companion.accounts.models import Account
from companion.database import transaction
from companion.delivery import operations
from companion.delivery.channels.base import Outcome
from companion.delivery.models import ACCEPTED, OPEN_STATES, SETTLED_STATES, Delivery
from companion.delivery.operations import Lease, Made, Wanted
from companion.domain import retry
from companion.extensions import db
from tests import factories
from tests.delivery.conftest import NOON, compose_parcel

LEASE_SECONDS = 60
PROVIDERS = ("email", "fcm.googleapis.com")
workers = st.integers(0, 1)
outcomes = st.sampled_from(
    [
        Outcome(retry.ACCEPTED),
        Outcome(retry.ACCEPTED),
        Outcome(retry.TEMPORARY),
        Outcome(retry.TEMPORARY, wait=timedelta(minutes=10)),
        Outcome(retry.MAYBE_SENT),
        Outcome(retry.OUR_FAULT),
        Outcome("broken"),
    ]
)


class Undone(Exception):
    """Ends the transaction of one story without a trace."""


@dataclass
class Worker:
    """What one worker has in its hands: leases it did not use yet, and hand-overs it did not write down."""

    leases: list[Lease] = field(default_factory=list)
    ended: list[tuple[Lease, Outcome]] = field(default_factory=list)


class DeliveryMachine(RuleBasedStateMachine):
    """`shown` counts what reached the reader; `spare` how often it may have been one too many, and why."""

    recipient_id = address_id = device_id = 0

    def __init__(self):
        super().__init__()
        self.now = NOON
        self.workers = [Worker(), Worker()]
        self.shown: Counter[int] = Counter()
        self.spare: Counter[int] = Counter()
        self.planned: set[tuple] = set()
        self.held: dict[int, tuple[int, datetime]] = {}
        self.version = 0
        self.half_written: list[Made] = []
        self.outer = transaction()
        self.outer.__enter__()

    @initialize()
    def begin(self):
        """Three messages are due."""
        for number in range(3):
            self.plan(number, 0, 300)

    @rule(number=st.integers(0, 2), due=st.sampled_from([-1, 0, 0, 30]), useful=st.sampled_from([9, 90, 300]))
    def plan_again(self, number, due, useful):
        """Plan a message, perhaps once more."""
        self.plan(number, due, useful)

    def plan(self, number, due, useful):
        due_at = self.now + timedelta(minutes=due)
        one = Wanted(
            subject_kind="parcel",
            subject_id=number,
            stage="sent",
            due_slot="noon",
            recipient_id=self.recipient_id,
            channel="push" if number else "email",
            provider=PROVIDERS[1] if number else PROVIDERS[0],
            address_id=self.device_id if number else self.address_id,
            due_at=due_at,
            useful_until=due_at + timedelta(minutes=useful),
        )
        with transaction():
            operations.plan_wanted(one, now=self.now)
        self.planned.add(one.key)

    @rule(worker=workers, limit=st.integers(1, 3))
    def take(self, worker, limit):
        """A worker takes some of what is due."""
        self.lease(worker, limit)

    @rule(limit=st.integers(1, 3), seconds=st.sampled_from([61, 700]))
    def stall(self, limit, seconds):
        """A worker takes some and stalls; somebody else tidies up and takes them over."""
        self.lease(0, limit)
        self.wait(seconds, True)
        self.lease(1, 3)

    def lease(self, worker, limit):
        """A worker takes some of what is due."""
        for provider in PROVIDERS:
            with transaction():
                due = {"now": self.now, "lease_seconds": LEASE_SECONDS, "provider": provider}
                taken = operations.lease_due(limit=limit, **due)
                ready = operations.ready(taken, now=self.now)
            self.note(worker, taken)
            for lease, message in ready.items():
                assert lease.attempt == 1
                written_for, words = message.body.decode().split()
                assert words == str(self.version), "it says what is not so any more"
                assert 0 <= self.now.timestamp() - float(written_for) < 120, "it was written for another time"

    def note(self, worker, taken):
        self.workers[worker].leases += taken
        for lease in taken:
            self.held[lease.delivery_id] = lease.attempt, self.now + timedelta(seconds=LEASE_SECONDS)

    @rule()
    def begin_to_write_ahead(self):
        """A worker reads what messages that are due soon are made from."""
        ids = operations.to_write_ahead(now=self.now, until=self.now + timedelta(hours=1), limit=5)
        marks = operations.marks_of(ids)
        self.half_written += [
            Made(row.id, row.due_at, marks[row.id], f"{row.due_at.timestamp()} {self.version}".encode())
            for row in operations.not_begun(ids)
        ]

    @rule()
    def keep_what_is_written_ahead(self):
        """It keeps them, perhaps long after it read."""
        made, self.half_written = self.half_written, []
        with transaction():
            operations.keep_ahead(made, now=self.now)

    @rule(number=st.integers(1, 2), changes=st.booleans(), late=st.sampled_from([0, 0, 1, 119, 121, 400]))
    def write_ahead_and_send(self, number, changes, late):
        """A worker writes what is due in half an hour; then perhaps something changes, and it is due."""
        self.plan(number, 30, 300)
        due_at = self.now + timedelta(minutes=30)
        self.begin_to_write_ahead()
        self.keep_what_is_written_ahead()
        if changes:
            self.something_changes()
        self.now = due_at + timedelta(seconds=late)
        self.lease(0, 3)

    @rule()
    def something_changes(self):
        """What messages are made from is another."""
        self.version += 1
        with transaction():
            db.session.get_one(Account, self.recipient_id).name = f"Ana {self.version}"
            db.session.flush()
            operations.write_marks(db.session)

    @rule(worker=workers, outcome=outcomes, reached=st.booleans())
    def hand_over(self, worker, outcome, reached):
        """A worker sends one."""
        self.send(worker, outcome, reached)

    def send(self, worker, outcome, reached):
        """A worker hands one over, if it still holds it."""
        hand = self.workers[worker]
        if not hand.leases:
            return
        lease = hand.leases.pop(0)
        attempt, until = self.held[lease.delivery_id]
        is_ours = lease.attempt == attempt and self.now < until
        if not operations.held([lease], now=self.now):
            return
        assert is_ours, "it sends what another has, or may have, taken"
        if outcome.result == retry.ACCEPTED or (outcome.result == retry.MAYBE_SENT and reached):
            self.shown[lease.delivery_id] += 1
        if outcome.result == retry.MAYBE_SENT:
            self.spare[lease.delivery_id] += 1
        hand.ended.append((lease, outcome))

    @rule(worker=workers)
    def settle(self, worker):
        """A worker writes down what came of its hand-overs; what another has overtaken was one too many."""
        hand = self.workers[worker]
        ended, hand.ended = hand.ended, []
        if ended:
            with transaction():
                settled = operations.settle_all(ended, now=self.now)
            for (lease, _), is_settled in zip(ended, settled, strict=True):
                self.spare[lease.delivery_id] += not is_settled

    @rule(worker=workers)
    def kill(self, worker):
        """A worker dies with all that it has in its hands."""
        for lease, _ in self.workers[worker].ended:
            self.spare[lease.delivery_id] += 1
        self.workers[worker] = Worker()

    @rule(worker=workers)
    def stop(self, worker):
        """A worker is asked to end: it settles and gives back."""
        self.settle(worker)
        with transaction():
            operations.give_back(self.workers[worker].leases, now=self.now)
        self.workers[worker] = Worker()

    @rule(seconds=st.sampled_from([0, 1, 59, 61, 61, 130, 700]), tidies=st.booleans())
    def time_passes(self, seconds, tidies):
        """Time passes, and perhaps somebody tidies up."""
        self.wait(seconds, tidies)

    def wait(self, seconds, tidies):
        """Time passes, and perhaps somebody tidies up."""
        self.now += timedelta(seconds=seconds)
        if tidies:
            self.tick()

    def tick(self):
        """A worker tidies up."""
        with transaction():
            operations.return_expired_leases(now=self.now)
            operations.expire_deliveries(now=self.now)

    @rule(number=st.integers(0, 2), replaced=st.booleans())
    def take_back(self, number, replaced):
        """Something newer replaces what is planned, or nobody wants it any more."""
        end = operations.supersede_deliveries if replaced else operations.cancel_deliveries
        with transaction():
            end("parcel", number, reason="tried", now=self.now)

    @invariant()
    def each_is_in_a_named_state_and_none_is_lost(self):
        """R3 and R4: one row a key, and the sum fits."""
        states = Counter(row.state for row in db.session.execute(sa.select(Delivery.state)))
        assert set(states) <= {*OPEN_STATES, *SETTLED_STATES}
        assert states.total() == len(self.planned)

    @invariant()
    def none_comes_more_often_than_a_crash_explains(self):
        """R7."""
        unsettled = Counter(lease.delivery_id for hand in self.workers for lease, _ in hand.ended)
        for ident, count in self.shown.items():
            assert count <= 1 + self.spare[ident] + unsettled[ident], ident

    def teardown(self):
        """R4 and R8: with one worker that lives on, everything ends; what counts as accepted was handed over."""
        try:
            self.all_ends_well()
        finally:
            with suppress(Undone):
                self.outer.__exit__(Undone, Undone(), None)

    def all_ends_well(self):
        self.workers[1] = Worker()
        for _ in range(60):
            self.tick()
            if not db.session.scalar(sa.select(sa.func.count()).where(Delivery.state.in_(OPEN_STATES))):
                break
            self.lease(0, 20)
            while self.workers[0].leases:
                self.send(0, Outcome(retry.ACCEPTED), True)
            self.settle(0)
            self.now += timedelta(minutes=9)
        rows = db.session.scalars(sa.select(Delivery)).all()
        assert all(row.state in SETTLED_STATES for row in rows), Counter(row.state for row in rows)
        assert all(self.shown[row.id] for row in rows if row.state == ACCEPTED)
        with transaction():
            assert operations.audit(now=self.now) == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "examples", [pytest.param(25, id="quick"), pytest.param(200, id="long", marks=pytest.mark.long)]
)
def test_no_mix_of_crashes_and_time_loses_or_repeats_a_message(app, people, examples):
    with transaction():
        phone = factories.push_subscription(people.ana, vapid_public=operations.ensure_vapid_key(now=NOON).public)
    DeliveryMachine.recipient_id, DeliveryMachine.address_id = people.ana.id, people.ana.address.id
    DeliveryMachine.device_id = phone.id
    operations.register_subject("parcel", compose_parcel, written_at_sending=())

    run_state_machine_as_test(
        DeliveryMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
