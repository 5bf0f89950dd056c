"""Push messages written before they are due: they say what is so when they go out, or are written afresh."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.circles.models import Contact, Membership
from companion.database import transaction
from companion.delivery import jobs, operations
from companion.delivery.models import Delivery, DeliveryAttempt, PushSubscription, WrittenAhead
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import Infusion, InfusionDay, RegimenPause
from companion.reminders.models import FULL, ReminderRule
from tests import factories
from tests.push_sink import PushSink, Reply
from tests.reminders.conftest import FIRST, WEEK_BEFORE

DUE = WEEK_BEFORE.replace(day=29, hour=9)
SOON = DUE - timedelta(minutes=5)


@pytest.fixture
def sink():
    made = PushSink(now=clock.now)
    made.start()
    yield made
    made.stop()
    assert made.problems == []


@pytest.fixture
def phone(app, people, plan, planned, at, sink):
    """Ana's phone, five minutes before the message of the day before; her circle has a clinic."""
    app.config["COMPANION"] = replace(app.config["COMPANION"], push_hosts=("127.0.0.1",))
    at(WEEK_BEFORE)
    with transaction():
        device = sink.subscribe(people.ana.id, "phone", confirmed_at=WEEK_BEFORE)
        factories.add(Contact(circle_id=people.circle.id, kind="clinic", name="Ward 5", phone="020 7946 0000"))
        factories.membership(people.circle, people.sam, "calendar_only")
    plan(product="Privigen", place="St Mary", certainty="booked")
    planned()
    with transaction():
        rule = db.session.scalars(sa.select(ReminderRule)).one()
        rule.privacy = FULL
        db.session.execute(sa.delete(Delivery).where(Delivery.stage != "day_before"))
    at(SOON)
    return device


def waiting():
    """How many messages are to be written, or written again."""
    db.session.rollback()
    return len(operations.to_write_ahead(now=SOON, until=DUE, limit=10))


def outcomes():
    return list(db.session.scalars(sa.select(DeliveryAttempt.outcome).order_by(DeliveryAttempt.id)))


def the(model):
    return db.session.scalars(sa.select(model).order_by(*model.__table__.primary_key)).first()


def test_it_is_written_once_and_goes_out_as_it_was_written(phone, sink, at):
    assert jobs.write_ahead() == 1
    assert jobs.write_ahead() == 0
    kept = the(WrittenAhead)
    assert b"Infusion" not in kept.body
    at(DUE + timedelta(seconds=1))
    jobs.dispatch_due()
    [push] = sink.to("phone")
    assert push.notification["title"] == "Infusion on Mon 30 Nov"
    assert push.notification["body"].endswith("Tomorrow, Mon 30 Nov, 9:00")
    assert push.topic == push.notification["tag"]
    assert 79190 < push.ttl <= 79199
    assert outcomes() == ["accepted"]
    at(DUE + timedelta(hours=1))
    assert jobs.write_ahead() == 0
    db.session.rollback()
    assert the(WrittenAhead) is None


def test_what_goes_out_was_really_written_before(phone, sink, at):
    jobs.write_ahead()
    with transaction():
        # As nothing ever does: past the session, so that no mark moves.
        db.session.connection().execute(sa.update(PushSubscription).values(p256dh="broken"))
        db.session.connection().execute(sa.update(InfusionDay).values(planned_on=FIRST + timedelta(days=3)))
    at(DUE)
    jobs.dispatch_due()
    assert [one.notification["title"] for one in sink.to("phone")] == ["Infusion on Mon 30 Nov"]


def day_moves(people):
    infusions.move_day(the(InfusionDay), to_on=FIRST + timedelta(days=1), now=SOON)


def rule_changes(people):
    the(ReminderRule).privacy = "neutral"


def right_is_lost(people):
    db.session.scalars(sa.select(Membership).where(Membership.account_id == people.ana.id)).one().rights = frozenset()


def another_leaves(people):
    theirs = sa.select(Membership).where(Membership.account_id == people.sam.id)
    db.session.delete(db.session.scalars(theirs.where(Membership.circle_id == people.circle.id)).one())


def another_comes(people):
    factories.membership(people.circle, factories.account("Max", "max@example.org"), "calendar_only")


def reader_changes(people):
    people.ana.language = "zh"


def another_is_renamed(people):
    people.ben.name = "Benjamin"


def device_closes(people):
    operations.close_subscription(the(PushSubscription), "user", now=SOON)


def device_renews(people):
    the(PushSubscription).p256dh = "q" * 87


def clinic_changes(people):
    the(Contact).phone = "020 7946 1111"


def course_changes(people):
    the(Infusion).place = "St John"


def plan_pauses(people):
    factories.add(RegimenPause(regimen_id=the(Infusion).regimen_id, from_on=FIRST + timedelta(days=40)))


def a_statement_changes_many(people):
    db.session.execute(sa.update(InfusionDay).where(InfusionDay.id == -1).values(number=1))


CHANGES = [
    value
    for value in list(globals().values())
    if getattr(value, "__code__", None) and "people" in (value.__code__.co_varnames[:1])
]


def _take_back(change, people):
    with transaction():
        change(people)
        db.session.flush()
        raise ZeroDivisionError


def test_whatever_it_was_made_from_may_change_and_it_is_written_again(phone, people):
    jobs.write_ahead()
    assert len(CHANGES) == 13
    for change in CHANGES:
        assert waiting() == 0, f"before {change.__name__}"
        with pytest.raises(ZeroDivisionError):
            _take_back(change, people)
        assert waiting() == 0, f"{change.__name__} was taken back"
        marks = the(WrittenAhead).marks
        with transaction():
            change(people)
        assert waiting() == 1, change.__name__
        jobs.write_ahead()
        db.session.rollback()
        assert the(WrittenAhead).marks > marks, change.__name__


def test_what_is_no_part_of_any_message_leaves_it_as_it_is(phone, people):
    jobs.write_ahead()
    with transaction():
        device = the(PushSubscription)
        device.sent_since_confirmed, device.confirmed_at = 1, SOON
        factories.session_token(people.ana, SOON)
    with transaction():
        factories.add(Contact(circle_id=people.sams_circle.id, kind="clinic", name="Ward 9", phone="1"))
        people.sams_circle.tz = "Europe/Paris"
    assert waiting() == 0


@pytest.mark.parametrize(
    "change", [day_moves, rule_changes, right_is_lost, device_closes], ids=lambda one: one.__name__
)
def test_a_change_after_it_was_written_reaches_the_reader_in_what_is_sent(phone, people, sink, at, change):
    jobs.write_ahead()
    with transaction():
        change(people)
    at(DUE)
    jobs.dispatch_due()
    titles = [one.notification["title"] for one in sink.to("phone")]
    assert titles == (["A reminder is waiting for you"] if change is rule_changes else [])


def test_a_change_while_it_is_written_makes_it_stale(phone, people):
    ids = operations.to_write_ahead(now=SOON, until=DUE, limit=10)
    marks = operations.marks_of(ids)
    db.session.rollback()
    with transaction():
        rule_changes(people)
    with transaction():
        operations.keep_ahead([operations.Made(ids[0], DUE, marks[ids[0]], b"old words")], now=SOON)
    assert waiting() == 1


@pytest.mark.parametrize("late", [timedelta(minutes=2), timedelta(minutes=16)])
def test_words_that_depend_on_the_clock_do_not_wait(phone, sink, at, late):
    jobs.write_ahead()
    with transaction():
        db.session.execute(sa.update(WrittenAhead).values(body=b"not to be sent"))
    at(DUE + late)
    jobs.dispatch_due()
    assert len(sink.to("phone")) == 1, "written afresh, or the device could not read it"


def test_no_quarter_of_an_hour_passes_between_the_words_and_the_reader():
    until = operations.ahead.good_until
    assert until(DUE) == DUE + timedelta(minutes=2)
    assert until(DUE + timedelta(minutes=14)) == DUE + timedelta(minutes=15)
    assert until(DUE + timedelta(minutes=14, seconds=59)) == DUE + timedelta(minutes=15)


def test_a_second_try_and_what_is_too_large_are_written_afresh(phone, sink, at):
    sink.replies["phone"] = [Reply(413), Reply(500)]
    jobs.write_ahead()
    at(DUE)
    jobs.dispatch_due()
    assert outcomes() == ["temporary"], "too large is no attempt of its own"
    with transaction():
        db.session.execute(sa.update(WrittenAhead).values(body=b"not to be sent"))
        db.session.execute(sa.update(Delivery).values(next_attempt_at=DUE))
        db.session.execute(sa.text("delete from provider_states"))
    jobs.dispatch_due()
    assert outcomes() == ["temporary", "accepted"]
    assert len(sink.to("phone")) == 1


def test_another_address_of_ours_or_a_setting_of_nothing_writes_at_sending(phone, app, sink, at):
    jobs.write_ahead()
    app.config["COMPANION"] = replace(app.config["COMPANION"], base_url="https://moved.example.org", ahead_seconds=0)
    assert waiting() == 1
    assert jobs.write_ahead() == 0
    at(DUE)
    jobs.dispatch_due()
    [push] = sink.to("phone")
    assert push.notification["navigate"].startswith("https://moved.example.org/")


def test_another_due_time_is_another_text(phone):
    jobs.write_ahead()
    with transaction():
        row = the(Delivery)
        row.due_at = row.next_attempt_at = DUE - timedelta(minutes=1)
    assert waiting() == 1
