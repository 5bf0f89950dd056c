"""The mail server down, busy, refusing or hanging up: each message still ends in a named state."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import transaction
from companion.delivery.models import MailAddress
from companion.extensions import db
from companion.reminders.models import ReminderRule
from companion.reminders.operations import stops
from companion.reminders.operations.stops import StopLink
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def later(story, **step):
    story.worker.move_to(story.worker.now() + timedelta(**step))


def test_f19_down_for_a_while_then_up(story):
    people = story.people(3)
    story.server.stop()
    story.worker.start("worker")
    wait_until(lambda: story.attempts() == ["temporary"] * 3)
    assert story.states() == {"pending": 3}
    story.server.start()
    later(story, seconds=40)
    story.settle(accepted=3)
    assert story.server.counts() == dict.fromkeys(people, 1)


@pytest.mark.long
def test_f19_greylisted_then_taken(story):
    people = story.people(2)
    story.server.odd["p0@example.org"] = ["451 4.7.1 come back later"]
    story.worker.start("worker")
    story.settle(accepted=1, pending=1)
    later(story, seconds=40)
    story.settle(accepted=2)
    assert story.server.counts() == dict.fromkeys(people, 1)
    assert sorted(story.attempts()) == ["accepted", "accepted", "temporary"]


def test_f19_an_unknown_address_is_marked_and_bothers_nobody_else(story):
    story.people(3)
    story.server.odd["p1@example.org"] = ["550 5.1.1 no such mailbox"] * 9
    story.worker.start("worker")
    story.settle(accepted=2, failed=1)
    assert story.bad_addresses() == 1
    assert set(story.server.counts()) == {"p0@example.org", "p2@example.org"}


@pytest.mark.long
def test_f19_whose_address_fails_is_told_on_the_phone(phones, story):
    sink = phones.sink()
    ana = phones.person(sink)
    with story.app.app_context(), transaction():
        circle, owner = story.circle_of(ana), story.account_of(ana)
        db.session.add(
            ReminderRule(circle_id=circle.id, recipient_id=owner.id, mail="always", created_at=story.worker.now())
        )
    story.server.odd[ana] = ["550 5.1.1 no such mailbox"] * 9
    story.worker.start("worker")
    wait_until(lambda: len(sink.to("phone")) == 2)
    titles = [push.notification["title"] for push in sink.to("phone")]
    assert titles.count("Mail to you comes back") == 1
    phones.take(2)
    assert phones.outcomes("email") == ["permanent_address rcpt 550 5.1.1"]


def test_f19_a_connection_lost_before_the_answer_costs_one_more_mail_with_the_same_id(story):
    people = story.people(2)
    story.server.drops = 1
    story.worker.start("worker")
    story.settle(accepted=1, pending=1)
    later(story, seconds=40)
    story.settle(accepted=2)
    assert sorted(story.server.counts().values()) == [1, 2]
    assert all(len(story.server.ids_of(person)) == 1 for person in people)


@pytest.mark.long
def test_f19_down_until_it_is_too_late_it_says_so(story):
    story.people(1)
    story.server.stop()
    story.worker.start("worker")
    wait_until(lambda: story.attempts() == ["temporary"])
    later(story, hours=22)
    wait_until(story.has_seen_it_is_too_late)
    later(story, seconds=70)
    story.settle(expired=1)
    story.server.start()


@pytest.mark.long
def test_f19_without_encryption_nothing_is_sent_and_no_name_is_said(story):
    story.people(2)
    story.worker.environ["COMPANION_SMTP_URL"] = f"smtps://robot:secret@127.0.0.1:{story.server.port}"
    story.worker.start("worker")
    wait_until(lambda: len(story.attempts()) >= 2 and None not in story.attempts())
    assert not {"accepted", "maybe_sent"} & set(story.attempts())
    assert story.states() == {"pending": 2}
    assert story.server.messages == []


@pytest.mark.long
def test_f42_what_a_reader_stopped_while_a_worker_held_it_is_not_sent(story):
    stopped, other = story.people(2)
    story.die_at("after_lease")
    with story.app.app_context(), transaction():
        address = db.session.scalars(sa.select(MailAddress).order_by(MailAddress.id)).first()
        reader = db.session.get(Account, address.account_id)
        circle = db.session.scalars(sa.select(Circle).where(Circle.patient_account_id == reader.id)).one()
        stops.stop_mails(StopLink(circle, reader), story.worker.now())
    story.worker.start("worker")
    later(story, seconds=5)
    wait_until(lambda: story.server.counts()[other] == 1)
    wait_until(lambda: set(story.states()) <= {"accepted", "suppressed", "cancelled"})
    assert story.server.counts() == {other: 1}
    assert stopped not in story.server.counts()
