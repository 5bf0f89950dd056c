"""Many push messages under way at once: a worker killed, stopped, doubled or put to sleep, and a slow service."""

import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import DeliveryAttempt, WrittenAhead
from companion.extensions import db
from companion.reminders.models import ReminderRule
from tests.push_sink import Reply
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def crowd(phones):
    """Thirty phones of one service; gives the service and their names."""
    sink = phones.sink()
    names = [f"phone{number}" for number in range(30)]
    for name in names:
        phones.person(sink, name)
    return sink, names


def answer_after(sink, names, seconds):
    for name in names:
        sink.always[name] = Reply(201, seconds=seconds)


def topics(sink):
    """How many different messages each phone got."""
    return {name: len({push.topic for push in sink.to(name)}) for name in sink.calls}


def test_f02_killed_after_some_were_taken_each_comes_at_most_twice_with_one_topic(crowd, story):
    sink, names = crowd
    story.die_at("after_send:10")
    story.worker.start("worker")
    story.settle(accepted=30)
    counts = Counter(push.device for push in sink.pushes)
    assert set(counts) == set(names)
    assert max(counts.values()) <= 2
    assert set(topics(sink).values()) == {1}


@pytest.mark.long
def test_f05_stopped_while_many_are_under_way_it_ends_soon_and_repeats_none(crowd, story):
    sink, names = crowd
    answer_after(sink, names, 1.5)
    story.worker.start("worker")
    wait_until(lambda: sum(sink.calls.values()) >= 30)
    process = story.worker.processes.pop("worker")
    began = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert "leased" not in story.states()
    sink.always.clear()
    story.worker.start("worker")
    story.settle(accepted=30)
    assert sink.calls == dict.fromkeys(names, 1)


@pytest.mark.long
def test_f06_of_four_workers_one_sleeps_with_leases_in_its_hands(crowd, story):
    sink, names = crowd
    answer_after(sink, names, 1)
    story.worker.start("worker")
    wait_until(lambda: sum(sink.calls.values()) >= 5)
    sleeper = story.worker.processes.pop("worker")
    sleeper.send_signal(signal.SIGSTOP)
    story.leases_run_out()
    others = []
    for _ in range(3):
        story.worker.start("worker")
        others.append(story.worker.processes.pop("worker"))
    story.settle(accepted=30)
    story.worker.move_to(story.worker.now() + timedelta(minutes=5))
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(2)
    for number, process in enumerate([sleeper, *others]):
        story.worker.processes[f"worker {number}"] = process
    assert set(sink.calls) == set(names)
    assert max(sink.calls.values()) <= 2, "at most one more for each message that the sleeper held"
    assert set(topics(sink).values()) == {1}


def test_f49_a_silent_service_with_a_crowd_delays_nobody_else(crowd, phones, story):
    slow, names = crowd
    answer_after(slow, names, 60)
    quick = phones.sink()
    for number in range(3):
        phones.person(quick, f"quick{number}")
    story.worker.start("worker")
    phones.take(3)
    assert len(quick.pushes) == 3
    attempts = sa.select(DeliveryAttempt.outcome).where(DeliveryAttempt.ended_at.is_not(None))
    ended = story.read(attempts.order_by(DeliveryAttempt.ended_at).limit(3))
    assert ended == [("accepted",)] * 3, "before any silence was given up"


@pytest.mark.long
@pytest.mark.parametrize("failpoint", ["before_keeping", "after_keeping"])
def test_killed_while_writing_ahead_none_is_lost_doubled_or_out_of_date(phones, story, failpoint):
    sink, names = phones.sink(), [f"phone{number}" for number in range(5)]
    soon = story.worker.now() + timedelta(hours=1, minutes=10)
    for name in names:
        [address] = story.people_named(f"{name}@example.org", now=soon)
        with story.app.app_context(), transaction():
            sink.subscribe(story.account_of(address).id, name, confirmed_at=story.worker.now())
    story.die_at(failpoint)
    story.worker.start("worker")
    bodies = sa.select(WrittenAhead.body).where(WrittenAhead.body.is_not(None))
    wait_until(lambda: len(story.read(bodies)) == 5)
    with story.app.app_context(), transaction():
        changed = story.circle_of("phone3@example.org")
        db.session.scalars(sa.select(ReminderRule).where(ReminderRule.circle_id == changed.id)).one().privacy = "full"
    story.worker.kill("worker")
    story.worker.move_to(soon - timedelta(hours=1))
    story.worker.start("worker")
    story.settle(accepted=5)
    counts = Counter((push.device, push.topic) for push in sink.pushes)
    assert {device for device, _ in counts} == set(names)
    assert set(counts.values()) == {1}
    full = {push.device for push in sink.pushes if push.notification["title"].startswith("Infusion")}
    assert full == {"phone3"}
