"""The answer pages: one tap, no sign-in, GET changes nothing, Undo for ten minutes."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import PlanChange
from companion.reminders import queries
from tests.reminders.conftest import AFTER, WEEK_BEFORE, day_of


@pytest.fixture
def link(plan, planned, at, client_of):
    """Ana's plan of two days, the day after its first; gives client, address and regimen."""
    at(WEEK_BEFORE)
    regimen = plan(day_offsets=[0, 1], certainty="booked")
    row = next(row for row in planned() if row.stage == "did_it_happen")
    token = queries.answer_token(row, day_of(regimen))
    at(AFTER)
    return client_of(), f"/answers/{token}", regimen


def follow(client, answer):
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["Location"])


def changes():
    return list(db.session.scalars(sa.select(PlanChange)))


def test_it_shows_the_date_and_four_answers_and_changes_nothing(link):
    client, url, regimen = link
    page = client.get(url)
    assert page.status_code == 200
    for word in (
        "Mon 30 Nov",
        "9:00",
        "day 1 of 2",
        "Done",
        "Moved",
        "Skipped",
        "Later",
        "Call for emergency help now",
    ):
        assert word in page.text
    assert "Still on" not in page.text
    assert day_of(regimen).state == "planned"
    assert changes() == []


def test_of_two_plans_it_says_which_one(link, plan):
    client, url, _ = link
    plan(certainty="booked")
    assert "Infusion, plan 1, day 1 of 2" in client.get(url).text


def test_the_address_is_kept_secret(link):
    client, url, _ = link
    headers = client.get(url).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"


def test_before_the_day_it_asks_whether_it_is_still_on(link, at):
    client, url, regimen = link
    at(WEEK_BEFORE)
    page = client.get(url)
    assert "Still on" in page.text
    assert 'value="done"' not in page.text
    assert "emergency help" not in page.text
    result = follow(client, client.post(url, data={"answer": "still_on"}))
    assert "Undo" in result.text
    assert day_of(regimen).confirmed_at is not None


def test_done_is_saved_in_the_name_of_the_reader(link, people):
    client, url, regimen = link
    result = follow(client, client.post(url, data={"answer": "done"}))
    day = day_of(regimen)
    assert (day.state, day.given_on, day.answered_by_id) == ("done", date(2026, 11, 30), people.ana.id)
    assert "Day 1: done on 30 Nov." in result.text
    assert day.infusion.public_id in result.text
    assert "Undo" in result.text


def test_done_before_the_day_is_not_taken(link, at):
    client, url, regimen = link
    at(WEEK_BEFORE)
    assert "Still on" in follow(client, client.post(url, data={"answer": "done"})).text
    assert day_of(regimen).state == "planned"


def test_done_twice_is_one_answer(link):
    client, url, _ = link
    client.post(url, data={"answer": "done"})
    assert "Day 1: done" in follow(client, client.post(url, data={"answer": "done"})).text
    assert len(changes()) == 1


def test_undo_takes_it_back(link):
    client, url, regimen = link
    client.post(url, data={"answer": "done"})
    answer = client.post(f"{url}/undo", data={"change": changes()[0].public_id})
    assert "Your answer was taken back." in follow(client, answer).text
    assert day_of(regimen).state == "planned"


def test_undo_is_over_after_ten_minutes(link, at):
    client, url, regimen = link
    client.post(url, data={"answer": "done"})
    at(AFTER + timedelta(minutes=11))
    answer = client.post(f"{url}/undo", data={"change": changes()[0].public_id})
    assert answer.status_code == 409
    assert "too late to undo" in answer.text
    assert day_of(regimen).state == "done"


def test_an_answered_link_says_so_later(link, at):
    client, url, _ = link
    client.post(url, data={"answer": "done"})
    at(AFTER + timedelta(minutes=11))
    page = client.get(url)
    assert page.status_code == 410
    assert "This day has its answer" in page.text


def test_the_first_answer_counts(link, people):
    client, url, regimen = link
    with transaction():
        infusions.skip_day(day_of(regimen), account=people.ben, now=AFTER)
    page = follow(client, client.post(url, data={"answer": "done"}))
    assert page.status_code == 410
    assert day_of(regimen).state == "skipped"


def test_moved_asks_for_the_day_and_says_what_changed(link):
    client, url, regimen = link
    page = follow(client, client.post(url, data={"answer": "moved"}))
    assert 'type="date"' in page.text
    result = follow(client, client.post(url, data={"answer": "moved", "to_on": "2026-12-03"}))
    assert "3 Dec" in result.text
    day = day_of(regimen)
    assert (day.planned_on, day.state) == (date(2026, 12, 3), "planned")
    again = follow(client, client.post(url, data={"answer": "moved", "to_on": "2026-12-03"}))
    assert "3 Dec" in again.text
    assert len(changes()) == 1


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Choose the new day."),
        ("2026-02-30", "This day does not exist."),
        ("2026-11-30", "This is the day it has now."),
        ("2029-01-01", "more than a year away"),
        ("3 December", "This day does not exist."),
    ],
)
def test_a_wrong_day_is_explained_and_kept(link, typed, message):
    client, url, regimen = link
    page = client.post(url, data={"answer": "moved", "to_on": typed})
    assert page.status_code == 422
    assert message in page.text
    assert f'value="{typed}"' in page.text
    assert day_of(regimen).planned_on == date(2026, 11, 30)


def test_a_day_without_room_is_explained(link):
    client, url, regimen = link
    with transaction():
        infusions.book_infusion(day_of(regimen, 1).infusion, now=AFTER)
    page = client.post(url, data={"answer": "moved", "to_on": "2026-12-29"})
    assert page.status_code == 422
    assert "Choose a day before it." in page.text


@pytest.mark.parametrize(("reason", "kept"), [("ill", "ill"), ("", None), ("<b>", None)])
def test_skipped_takes_an_optional_reason(link, reason, kept):
    client, url, regimen = link
    assert "I was ill" in follow(client, client.post(url, data={"answer": "skipped"})).text
    assert day_of(regimen).state == "planned"
    follow(client, client.post(url, data={"answer": "skipped", "reason": reason}))
    assert (day_of(regimen).state, day_of(regimen).skip_reason) == ("skipped", kept)


def test_later_is_no_answer(link):
    client, url, regimen = link
    page = follow(client, client.post(url, data={"answer": "later"}))
    assert "When shall we ask again?" in page.text
    assert "Fri 4 Dec, 10:00" in page.text
    page = follow(client, client.post(url, data={"answer": "later", "at": "tomorrow"}))
    assert "We will ask again: Wed 2 Dec, 12:00." in page.text
    assert "We will ask again" not in follow(client, client.post(url, data={"answer": "later", "at": "forget"})).text
    assert client.post(url, data={"answer": "later", "at": "never"}).status_code == 409
    assert day_of(regimen).state == "planned"
    assert changes() == []


def test_it_speaks_the_readers_language_and_another_on_request(link, people):
    client, url, _ = link
    with transaction():
        people.ana.language = "zh"
    page = client.get(url, headers={"Accept-Language": "en"})
    assert 'lang="zh-Hans"' in page.text
    assert "这次输液做了吗" in page.text
    assert "Did this infusion take place?" in client.get(f"{url}?lang=en").text


def test_a_reader_elsewhere_sees_whose_clock_it_is(link, people):
    client, url, _ = link
    with transaction():
        people.ana.tz = "Asia/Shanghai"
    assert "9:00 London time" in client.get(url).text


def test_it_is_over_72_hours_after_the_question(link, at):
    client, url, regimen = link
    at(AFTER + timedelta(days=3))
    for page in (client.get(url), client.post(url, data={"answer": "done"})):
        assert page.status_code == 410
        assert "This link is over" in page.text
        assert "/sign-in" in page.text
    assert day_of(regimen).state == "planned"


def test_it_is_over_when_the_reader_left_or_the_plan_ended(link, people):
    client, url, regimen = link
    with transaction():
        db.session.delete(queries.membership_of(people.circle.id, people.ana.id))
    assert client.get(url).status_code == 410
    assert client.post(url, data={"answer": "done"}).status_code == 410
    assert day_of(regimen).state == "planned"


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "%00", "é"])
def test_a_forged_link_is_nothing(app, client_of, token):
    client = client_of()
    assert client.get(f"/answers/{token}").status_code == 404
    assert client.post(f"/answers/{token}", data={"answer": "done"}).status_code == 404
    assert client.post(f"/answers/{token}/undo").status_code == 404


def test_a_token_is_for_one_delivery_and_one_day(link):
    client, _, regimen = link
    first, second = day_of(regimen), day_of(regimen, number=2)
    row = db.session.scalars(sa.select(Delivery).where(Delivery.subject_id == first.id)).first()
    assert client.get(f"/answers/{queries.answer_token(row, second)}").status_code == 404
    token = queries.answer_token(row, first)
    assert client.get(f"/answers/{token[:-1]}").status_code == 404


def test_an_answer_nobody_offered_is_refused(link):
    client, url, _ = link
    assert client.post(url, data={"answer": "delete"}).status_code == 400
    assert client.post(url).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({}, 403),
    ],
)
def test_only_our_own_pages_may_post(link, app, headers, status):
    _, url, _ = link
    plain = app.test_client()
    merged = {"Sec-Fetch-Site": None} | headers
    sent = {name: value for name, value in merged.items() if value is not None}
    from flask.testing import FlaskClient

    answer = FlaskClient.open(plain, url, method="POST", data={"answer": "done"}, headers=sent)
    assert answer.status_code == status
