"""People who never touch the app: a month on paper, typed in by somebody else, and a call."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from companion.checkins.models import CheckIn
from companion.checkins.operations import use_device
from companion.circles.models import Circle
from companion.clock import now
from companion.database import transaction
from companion.extensions import db
from tests import factories
from tests.infusions.plans import TODAY, start

LAST = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
MONTH = f"/paper-logs/{LAST:%Y-%m}"


@pytest.fixture
def helper(app, people, client_of):
    """Somebody with full help; the grip meter is not used."""
    with transaction():
        carol = factories.account("Carol", "carol@example.org")
        factories.membership(people.circle, carol, "full_help")
    return client_of(carol)


def rows(people):
    found = db.session.query(CheckIn).filter_by(circle_id=people.circle.id, deleted_at=None).order_by(CheckIn.on)
    return [(row.on, row.left_rating, row.right_rating, row.told_by, row.account.name) for row in found]


def test_a_month_is_typed_once_and_taken_back_together(people, helper):
    filled = {"client_id": "month-1", "left_3": "4", "right_3": "2", "left_5": "３", "right_9": "0"}
    first = helper.post(f"{MONTH}/answers", data=filled)
    again = helper.post(f"{MONTH}/answers", data=filled)
    assert (first.status_code, again.status_code) == (303, 303)
    assert rows(people) == [
        (LAST.replace(day=3), 4, 2, "paper", "Carol"),
        (LAST.replace(day=5), 3, None, "paper", "Carol"),
        (LAST.replace(day=9), None, 0, "paper", "Carol"),
    ]
    page = helper.get(first.location).text
    bar = page.partition('class="undo__form"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', bar))
    taken = helper.post(f"{MONTH}/answers/removal", data=fields)
    assert taken.status_code == 303
    assert rows(people) == []


def test_a_day_that_has_a_check_in_is_shown_and_never_written_over(people, helper):
    with transaction():
        kept = factories.check_in(people.circle, people.ana, on=LAST.replace(day=3), left_rating=1)
    page = helper.get(f"{MONTH}/answers").text
    assert f"/check-ins/{kept.public_id}" in page
    assert 'name="left_3"' not in page
    helper.post(f"{MONTH}/answers", data={"left_3": "4", "left_4": "4"})
    assert [(on.day, left) for on, left, *_ in rows(people)] == [(3, 1), (4, 4)]


@pytest.mark.parametrize("wrong", ["5", "x", "-1", "44", "2.5"])
def test_a_wrong_digit_keeps_everything_typed_and_names_the_day(people, helper, wrong):
    answer = helper.post(f"{MONTH}/answers", data={"left_3": wrong, "right_4": "2"})
    assert answer.status_code == 422
    assert f'value="{wrong}"' in answer.text
    assert "Day 3: Type a digit from 0 to 4" in answer.text
    assert re.search(r'name="right_4" value="2"', answer.text)
    assert rows(people) == []


def test_empty_boxes_save_nothing_and_days_to_come_have_none(people, helper):
    assert helper.post(f"{MONTH}/answers", data={"left_3": " "}).status_code == 422
    tomorrow = TODAY + timedelta(days=1)
    page = helper.get(f"/paper-logs/{tomorrow:%Y-%m}/answers").text
    assert f'name="left_{tomorrow.day}"' not in page
    assert (f'name="left_{TODAY.day}"' in page) == (tomorrow.day > 1)


def test_a_grip_goes_to_the_meter_in_use(people, helper):
    with transaction():
        circle = db.session.get(Circle, people.circle.id)
        use_device(circle, name="Jamar", unit="kg", on=date(2026, 1, 1))
    refused = helper.post(f"{MONTH}/answers", data={"left_grip_3": "900"})
    assert refused.status_code == 422
    assert "Day 3: A grip is from" in refused.text
    assert helper.post(f"{MONTH}/answers", data={"left_grip_3": "12,5"}).status_code == 303
    row = db.session.query(CheckIn).filter_by(circle_id=people.circle.id).one()
    assert [(m.hand, str(m.value), m.unit) for m in row.measurements] == [("left", "12.5", "kg")]


def test_a_sudden_fall_of_the_last_days_is_asked_about_after_saving(people, helper):
    with transaction():
        before = TODAY - timedelta(days=1)
        at = datetime(before.year, before.month, before.day, 9, tzinfo=UTC)
        factories.check_in(people.circle, people.ana, on=before, recorded_at=at, left_rating=4)
    answer = helper.post(f"/paper-logs/{TODAY:%Y-%m}/answers", data={f"left_{TODAY.day}": "1"})
    assert answer.location.endswith("/safety")
    old = helper.post(f"{MONTH}/answers", data={"left_2": "4", "left_3": "0"})
    assert "/safety" not in old.location


def test_the_sheet_speaks_the_patients_language_and_marks_infusion_days(people, helper):
    with transaction():
        db.session.get(Circle, people.circle.id).language = "zh"
    coming = (TODAY.replace(day=1) + timedelta(days=45)).replace(day=12)
    start(people.circle, coming.isoformat(), now=now())
    month = f"/paper-logs/{coming:%Y-%m}"
    page = helper.get(month).text
    assert 'lang="zh-Hans"' in page
    assert "我的手怎么样" in page
    assert "999" in page
    assert page.count('class="paper__infusion"') == 1
    assert "How are my hands?" in helper.get(f"{month}?language=en").text


def test_the_call_leads_to_a_check_in_told_by_phone(people, helper):
    page = helper.get("/paper-logs/call").text
    link = re.search(r'href="(/check-ins/new\?[^"]*told_by=phone[^"]*)"', page)
    form = helper.get(link[1].replace("&amp;", "&")).text
    assert 'name="told_by" value="phone"' in form
    helper.post("/check-ins", data={"left_rating": "3", "told_by": "phone"})
    assert [row[3] for row in rows(people)] == ["phone"]
    shown = helper.get(f"/check-ins/{db.session.query(CheckIn).one().public_id}").text
    assert "Told by phone" in shown
    assert "Carol" in shown


def test_who_sees_only_dates_prints_and_does_not_type(people, client_of):
    vera = client_of(people.vera)
    page = vera.get("/paper-logs").text
    assert f"/paper-logs/{TODAY:%Y-%m}?" in page
    assert "/answers" not in page
    assert "/paper-logs/call" not in page
    assert vera.get(MONTH).status_code == 200
    assert vera.get(f"{MONTH}/answers").status_code == 403


@pytest.mark.parametrize("month", ["2026-13", "x", "0001-01", "2026-1-1"])
def test_a_month_that_is_none_is_no_page(people, helper, month):
    assert helper.get(f"/paper-logs/{month}").status_code == 404
