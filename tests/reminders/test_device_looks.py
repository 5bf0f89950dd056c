"""A device that comes, confirms, gets another address or goes changes which ways a reminder takes."""

from companion.clock import now
from companion.database import transaction
from companion.delivery.operations import close_subscription
from companion.extensions import db
from companion.reminders import jobs, queries
from tests import factories
from tests.reminders.conftest import WEEK_BEFORE


def test_what_a_phone_has_shown_does_not_come_again_by_mail(plan, people, planned, at):
    at(WEEK_BEFORE)
    plan()
    with transaction():
        device = factories.push_subscription(people.ana, confirmed_at=WEEK_BEFORE)
    (shown, *_later) = planned()
    assert shown.channel == "push"
    with transaction():
        shown.state, shown.settled_at, shown.confirmed_at = "accepted", WEEK_BEFORE, WEEK_BEFORE
        device.sent_since_confirmed = 3
    mails = [row for row in planned() if row.channel == "email"]
    assert {row.stage for row in mails} == {"day_before", "morning", "did_it_happen"}
    with transaction():
        device.sent_since_confirmed = 0
    planned()
    assert {(row.state, row.reason) for row in mails} == {("cancelled", "not by this way any more")}


def test_what_makes_a_device_surer_or_less_sure_asks_for_a_look(plan, people, at):
    at(WEEK_BEFORE)
    plan()
    with transaction():
        device = factories.push_subscription(people.ana)

    def shown() -> None:
        device.confirmed_at = now()

    def renewed() -> None:
        device.confirmed_at = None

    def shown_again() -> None:
        device.confirmed_at = WEEK_BEFORE

    def silent() -> None:
        device.sent_since_confirmed = 3

    def gone() -> None:
        close_subscription(device, "gone", now=now())

    def back() -> None:
        device.closed_at = None

    for change in (shown, renewed, shown_again, silent, gone, back):
        jobs.plan_deliveries()
        assert not queries.circles_to_look_at(WEEK_BEFORE, 50)
        with transaction():
            db.session.refresh(device)
            change()
        assert people.circle.id in queries.circles_to_look_at(WEEK_BEFORE, 50), change.__name__
