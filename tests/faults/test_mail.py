"""The mail server down, busy, refusing or hanging up: each message still ends in a named state."""

from datetime import timedelta

import pytest

from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


def later(story, **step):
    story.worker.move_to(story.worker.now() + timedelta(**step))


def test_down_for_a_while_then_up(story):
    people = story.people(3)
    story.server.stop()
    story.worker.start("worker")
    wait_until(lambda: story.attempts() == ["temporary"] * 3)
    assert story.states() == {"pending": 3}
    story.server.start()
    later(story, seconds=40)
    story.settle(accepted=3)
    assert story.server.counts() == dict.fromkeys(people, 1)


def test_greylisted_then_taken(story):
    people = story.people(2)
    story.server.odd["p0@example.org"] = ["451 4.7.1 come back later"]
    story.worker.start("worker")
    story.settle(accepted=1, pending=1)
    later(story, seconds=40)
    story.settle(accepted=2)
    assert story.server.counts() == dict.fromkeys(people, 1)
    assert sorted(story.attempts()) == ["accepted", "accepted", "temporary"]


def test_an_unknown_address_is_marked_and_bothers_nobody_else(story):
    story.people(3)
    story.server.odd["p1@example.org"] = ["550 5.1.1 no such mailbox"] * 9
    story.worker.start("worker")
    story.settle(accepted=2, failed=1)
    assert story.bad_addresses() == 1
    assert set(story.server.counts()) == {"p0@example.org", "p2@example.org"}


def test_a_connection_lost_before_the_answer_costs_one_more_mail_with_the_same_id(story):
    people = story.people(2)
    story.server.drops = 1
    story.worker.start("worker")
    story.settle(accepted=1, pending=1)
    later(story, seconds=40)
    story.settle(accepted=2)
    assert sorted(story.server.counts().values()) == [1, 2]
    assert all(len(story.server.ids_of(person)) == 1 for person in people)


def test_down_until_it_is_too_late_it_says_so(story):
    story.people(1)
    story.server.stop()
    story.worker.start("worker")
    wait_until(lambda: story.attempts() == ["temporary"])
    later(story, hours=22)
    wait_until(story.has_seen_it_is_too_late)
    later(story, seconds=70)
    story.settle(expired=1)
    story.server.start()
