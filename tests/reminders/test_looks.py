"""Which circles are looked at: those in which something changed, at once; all others once an hour."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders import jobs, operations, queries
from companion.reminders.models import PlanLook, ReminderRule
from tests.reminders.conftest import WEEK_BEFORE, day_of

MINUTE = timedelta(minutes=1)


def due(now=WEEK_BEFORE):
    return set(queries.circles_to_look_at(now, 50))


@pytest.fixture
def quiet(plan, people, at):
    """Everything was looked at just now; gives the plan."""
    at(WEEK_BEFORE)
    regimen = plan()
    jobs.plan_deliveries()
    assert not due()
    return regimen


def test_time_alone_asks_for_a_look_once_an_hour(quiet, people):
    assert not due(WEEK_BEFORE + 58 * MINUTE)
    assert people.circle.id in due(WEEK_BEFORE + 62 * MINUTE)


@pytest.mark.parametrize("change", ["day", "rule", "member", "account", "address"])
def test_a_change_asks_for_a_look_at_once_and_only_in_its_circle(quiet, people, change):
    with transaction():
        if change == "day":
            infusions.skip_day(day_of(quiet), now=WEEK_BEFORE)
        elif change == "rule":
            db.session.scalars(
                sa.select(ReminderRule).where(ReminderRule.circle_id == people.circle.id)
            ).first().is_on = False
        elif change == "member":
            db.session.delete(queries.membership_of(people.circle.id, people.ben.id))
        elif change == "account":
            people.ana.quiet_to = "06:00"
        else:
            people.ana.address.bad_since_at = WEEK_BEFORE
    assert due() == {people.circle.id}
    assert jobs.plan_deliveries() or change == "member"
    assert not due()


def test_what_changes_during_a_look_is_looked_at_again(quiet, people):
    look = db.session.get_one(PlanLook, people.circle.id)
    before = look.marks
    with transaction():
        infusions.skip_day(day_of(quiet), now=WEEK_BEFORE)
    with transaction():
        operations.note_looks({people.circle.id: before}, now=WEEK_BEFORE)
    assert due() == {people.circle.id}


def test_a_machine_that_slept_between_reading_and_noting_looks_again_at_once(plan, people, at):
    """Otherwise nothing of the time it slept through would be planned for an hour."""
    at(WEEK_BEFORE - timedelta(days=30))
    plan()
    woken, asleep = WEEK_BEFORE, True

    @sa.event.listens_for(db.engine, "after_cursor_execute")
    def sleep(_connection, _cursor, statement, *_more):
        nonlocal asleep
        if asleep and "FROM infusion_days" in statement:
            asleep = False
            at(woken)

    jobs.plan_deliveries()
    sa.event.remove(db.engine, "after_cursor_execute", sleep)
    assert not asleep
    assert people.circle.id in due(woken)


def test_a_sent_message_asks_for_a_look_a_minute_later_and_a_failing_one_at_once(quiet, people):
    with transaction():
        first = deliveries.lease_due(limit=1, now=WEEK_BEFORE, lease_seconds=60)
        deliveries.settle(first[0], Outcome("accepted"), now=WEEK_BEFORE)
    assert not due()
    assert due(WEEK_BEFORE + 2 * MINUTE) == {people.circle.id}
    later = WEEK_BEFORE + timedelta(days=6)
    jobs.plan_deliveries()
    with transaction():
        second = deliveries.lease_due(limit=1, now=later, lease_seconds=60)
        deliveries.settle(second[0], Outcome("our_fault"), now=later)
    with transaction():
        third = deliveries.lease_due(limit=1, now=later + 9 * MINUTE, lease_seconds=60)
        deliveries.settle(third[0], Outcome("our_fault"), now=later + 9 * MINUTE)
    assert people.circle.id in due()
