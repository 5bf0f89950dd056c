"""A reader on the other side of the world: dates and times are those of the place of the infusion, and say so."""

from datetime import date, datetime

import pytest

from companion.clock import now
from companion.database import transaction
from companion.infusions import operations as infusions
from tests import factories


@pytest.fixture
def clock_at(monkeypatch, tmp_path):
    """Move the clock of the pages to an instant."""
    path = tmp_path / "clock"
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(path))

    def move(text):
        path.write_text("0")
        path.write_text(str((datetime.fromisoformat(text) - now()).total_seconds()))

    return move


@pytest.fixture
def kim(app, clock_at):
    """Lives in Shanghai and keeps the circle of a patient in New York: infusions on 24 and 25 November at 9:00."""
    clock_at("2026-11-20T12:00:00-05:00")
    with transaction():
        made = factories.account("Kim", "kim@example.org", tz="Asia/Shanghai")
        circle = factories.circle(keeper=made, tz="America/New_York", country="US")
        infusions.start_regimen(
            circle,
            first_on=date(2026, 11, 24),
            certainty="booked",
            interval_count=4,
            interval_unit="week",
            day_offsets=[0, 1],
            local_time="09:00",
            now=now(),
        )
    return made


def home(client):
    return client.get("/").text


def test_an_infusion_is_tomorrow_while_it_is_tomorrow_there(kim, client_of, clock_at):
    clock_at("2026-11-24T01:30:00+08:00")
    page = home(client_of(kim))
    assert "happen?" not in page
    assert '<p class="card__giant">Tomorrow</p>' in page
    assert "Still on" in page
    assert "Tue 24 Nov · 9:00 New York time" in page
    assert "<h1>Monday 23 November</h1>" in page
    assert "It is 12:30 in New York now." in page


def test_only_the_day_that_has_begun_there_is_asked_about(kim, client_of, clock_at):
    clock_at("2026-11-25T01:30:00+08:00")
    page = home(client_of(kim))
    assert page.count("happen?") == 1
    assert "Did today's infusion happen?" in page


def test_where_both_calendars_agree_the_place_is_named_with_the_time_alone(kim, client_of, clock_at):
    clock_at("2026-11-23T20:00:00+08:00")
    page = home(client_of(kim))
    assert "New York time" in page
    assert "in New York now" not in page


def test_the_city_is_named_in_calendar_and_infusion_too(kim, client_of, clock_at):
    clock_at("2026-11-23T20:00:00+08:00")
    client = client_of(kim)
    assert "9:00 New York time" in client.get("/calendar").text
    assert "纽约时间 9:00" in client.get("/calendar?lang=zh").text


def test_a_reader_on_the_same_clock_sees_the_bare_time(kim, client_of, clock_at):
    with transaction():
        kim.tz = "America/Toronto"
    clock_at("2026-11-23T12:30:00-05:00")
    page = home(client_of(kim))
    assert "Tue 24 Nov · 9:00" in page
    assert "New York" not in page


def test_the_first_infusion_may_be_today_there(kim, client_of, clock_at):
    clock_at("2026-11-24T01:30:00+08:00")
    form = {"first_on": "2026-11-23", "rhythm": "4-week", "client_id": "far"}
    assert client_of(kim).post("/first-steps/infusion", data=form).status_code == 303
