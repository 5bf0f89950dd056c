"""The worker killed, stopped, doubled and put to sleep: nothing is lost, nothing settled is sent again."""

import signal
import time
from datetime import timedelta

import pytest

from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def exactly_once(story, people):
    assert story.server.counts() == dict.fromkeys(people, 1)


@pytest.mark.parametrize(
    "failpoint",
    [
        "mid_plan",
        pytest.param("after_lease", marks=pytest.mark.long),
        pytest.param("before_send", marks=pytest.mark.long),
        "between_sends:2",
    ],
)
def test_f01_f03_f04_killed_before_a_send_none_is_lost_and_none_repeated(story, failpoint):
    people = story.people(4)
    story.die_at(failpoint)
    story.worker.start("worker")
    story.settle(accepted=4)
    exactly_once(story, people)


@pytest.mark.parametrize("failpoint", ["after_send:2", pytest.param("before_settle:2", marks=pytest.mark.long)])
def test_f02_killed_between_send_and_settle_one_comes_twice_with_the_same_id(story, failpoint):
    people = story.people(4)
    story.die_at(failpoint)
    assert story.states()["accepted"] == 1
    story.worker.start("worker")
    story.settle(accepted=4)
    counts = story.server.counts()
    assert sorted(counts.values()) == [1, 1, 1, 2]
    assert all(len(story.server.ids_of(person)) == 1 for person in people)
    assert sorted(filter(None, story.attempts())).count("accepted") == 4
    assert "lease ran out" in story.attempts()


@pytest.mark.long
def test_f03_killed_from_outside_between_two_sends(story):
    people = story.people(8)
    story.server.seconds = 0.2
    story.worker.start("worker")
    wait_until(lambda: len(story.server.messages) >= 3)
    story.worker.kill("worker")
    story.leases_run_out()
    settled = story.states()["accepted"]
    story.worker.start("worker")
    story.settle(accepted=8)
    counts = story.server.counts()
    assert set(counts) == set(people)
    assert sum(counts.values()) <= 9
    assert settled >= 2


@pytest.mark.long
def test_f02_killed_again_and_again_each_kill_costs_at_most_one(story):
    people = story.people(6)
    for point in ("after_send", "between_sends", "after_send"):
        story.die_at(point)
        story.worker.move_to(story.worker.now() + timedelta(seconds=130))
    story.worker.start("worker")
    story.settle(accepted=6)
    counts = story.server.counts()
    assert set(counts) == set(people)
    assert sum(counts.values()) <= 6 + 2
    assert all(len(story.server.ids_of(person)) == 1 for person in people)


def test_f05_sigterm_ends_it_soon_and_gives_its_leases_back(story):
    people = story.people(20)
    story.server.seconds = 0.3
    story.worker.start("worker")
    wait_until(lambda: len(story.server.messages) >= 2)
    process = story.worker.processes.pop("worker")
    began = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    states = story.states()
    assert "leased" not in states
    assert states["accepted"] == len(story.server.messages)
    assert states["pending"], "it began no more of them"
    story.server.seconds = 0
    story.worker.start("worker")
    story.settle(accepted=20)
    exactly_once(story, people)


@pytest.mark.long
def test_f05_sigterm_ends_it_even_when_the_mail_server_is_silent(story):
    story.people(1)
    story.server.seconds = 60
    story.worker.start("worker")
    wait_until(lambda: story.states()["leased"])
    process = story.worker.processes.pop("worker")
    began = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert (story.states(), story.attempts()) == ({"pending": 1}, ["maybe_sent"])


@pytest.mark.long
def test_f06_two_workers_at_once_send_each_once(story):
    people = story.people(12)
    story.worker.start("worker")
    first = story.worker.processes.pop("worker")
    story.worker.start("worker")
    story.settle(accepted=12)
    exactly_once(story, people)
    story.worker.processes["first"] = first


@pytest.mark.long
def test_f06_a_worker_that_slept_past_its_leases_repeats_at_most_the_one_in_its_hands(story):
    people = story.people(6)
    story.server.seconds = 0.8
    story.worker.start("worker")
    wait_until(lambda: len(story.server.messages) >= 2)
    time.sleep(0.4)  # in the middle of a hand-over, so that it holds no lock of the database
    sleeper = story.worker.processes.pop("worker")
    sleeper.send_signal(signal.SIGSTOP)
    story.leases_run_out()
    story.server.seconds = 0
    story.worker.start("worker")
    story.settle(accepted=6)
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(1.5)
    counts = story.server.counts()
    assert set(counts) == set(people)
    assert sum(counts.values()) <= 7
    story.worker.processes["sleeper"] = sleeper


@pytest.mark.long
def test_f22_a_clock_set_back_repeats_nothing_and_does_not_stop_the_ticks(story):
    people = story.people(2)
    story.worker.start("worker")
    story.settle(accepted=2)
    story.worker.move_to(story.worker.now() - timedelta(hours=2))
    time.sleep(1.5)
    more = story.people_named("q1@example.org")
    story.settle(accepted=3)
    assert story.server.counts() == dict.fromkeys([*people, *more], 1)
