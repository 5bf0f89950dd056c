"""After a time without reminders, Today says what came late or not at all, until it is put away or two days old."""

from datetime import datetime, timedelta

import pytest

from companion.database import transaction
from companion.delivery.operations import beat
from companion.delivery.queries import OUTAGES
from tests.reminders.conftest import WEEK_BEFORE

BEGAN, ENDED = WEEK_BEFORE + timedelta(hours=2), WEEK_BEFORE + timedelta(hours=7)


def outage(began: datetime, ended: datetime) -> None:
    with transaction():
        beat(OUTAGES, now=ended, spans=[(began.isoformat(), ended.isoformat())])


@pytest.fixture
def late(people, plan, planned, at):
    """No worker for five hours: one of Ana's messages came late, one was too late, one was taken back."""
    with transaction():
        people.circle.stage = "on_treatment"
    plan()
    rows = planned()
    with transaction():
        for row, state in zip(rows, ("accepted", "expired", "cancelled"), strict=False):
            row.due_at, row.state, row.settled_at = BEGAN + timedelta(hours=1), state, ENDED + timedelta(minutes=1)
    outage(BEGAN, ENDED)
    at(ENDED + timedelta(hours=1))


def test_it_says_what_was_late_until_it_is_put_away(late, people, client_of, at):
    ana = client_of(people.ana)
    page = ana.get("/").text
    for words in ("Reminders were off", "Mon 23 Nov, 14:00", "19:00", "came late, 19:01", "not sent, too late"):
        assert words in page, words
    card = page[page.index('id="outage"') : page.index("I have read it")]
    assert card.count("<li>") == 2
    assert "Reminders were off" not in client_of(people.ben).get("/").text
    assert "提醒停了一段时间" in ana.get("/?lang=zh").text
    ana.get("/?lang=en")
    answer = ana.post("/outages/seen", data={"until": ENDED.isoformat()})
    assert "Reminders were off" not in ana.get(answer.location).text
    outage(ENDED - timedelta(hours=1), ENDED + timedelta(minutes=30))
    assert ana.post("/outages/seen", data={"until": "soon"}).status_code == 400


def test_after_two_days_it_is_old(late, people, client_of, at):
    at(ENDED + timedelta(hours=49))
    assert "Reminders were off" not in client_of(people.ana).get("/").text
