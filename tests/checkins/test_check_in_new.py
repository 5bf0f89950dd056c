"""Recording a check-in: what is taken, what is refused with words, and that nothing typed is lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion.checkins import operations, queries
from companion.checkins.models import CheckIn, Measurement
from companion.clock import now
from companion.database import transaction
from companion.extensions import db

KEY = {"client_id": "one-form"}


@pytest.fixture
def ana(people, client_of):
    """Ana with a dynamometer in kilograms."""
    with transaction():
        operations.use_device(people.circle, name="Hand dynamometer", unit="kg", on=now().date())
    return client_of(people.ana)


def rows():
    return list(db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id)))


def measurements():
    return list(db.session.scalars(sa.select(Measurement).order_by(Measurement.id)))


def test_the_page_shows_both_hands_and_five_answers(ana):
    page = ana.get("/check-ins/new").text
    assert page.count('name="left_rating"') == page.count('name="right_rating"') == 5
    assert "Like my best" in page
    assert 'name="left_grip"' in page


def test_ratings_alone_are_a_check_in(ana, people):
    answer = ana.post("/check-ins", data=KEY | {"left_rating": "3", "right_rating": "1"})
    assert (answer.status_code, answer.location) == (303, "/")
    row = rows()[0]
    assert (row.left_rating, row.right_rating, row.tz, row.repeated) == (3, 1, "Europe/London", False)
    assert row.on == row.recorded_at.date()
    assert measurements() == []


def test_a_comma_is_a_decimal_point_and_an_untouched_hand_is_not_saved(ana):
    ana.post("/check-ins", data=KEY | {"left_grip": "12,5", "right_grip": ""})
    (one,) = measurements()
    assert (one.hand, one.answer, one.value, one.unit, one.unit_kind) == (
        "left",
        "number",
        Decimal("12.5"),
        "kg",
        "force",
    )


def test_cannot_is_an_answer_and_no_number(ana):
    ana.post("/check-ins", data=KEY | {"right_grip_cannot": "y"})
    (one,) = measurements()
    assert (one.hand, one.answer, one.value, one.unit) == ("right", "cannot", None, None)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("-1", "from 0 to 150"),
        ("9999", "from 0 to 150"),
        ("twelve", "Type a number in digits"),
        ("1e3", "Type a number in digits"),
        ("nan", "Type a number in digits"),
    ],
)
def test_a_grip_that_cannot_be_is_refused_with_words_and_kept(ana, typed, words):
    answer = ana.post("/check-ins", data=KEY | {"left_grip": typed, "right_rating": "2", "note": "cold day"})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'id="right_rating-2" name="right_rating" value="2" checked' in answer.text
    assert "cold day" in answer.text
    assert rows() == []


def test_a_number_and_cannot_do_not_go_together(ana):
    answer = ana.post("/check-ins", data=KEY | {"left_grip": "12", "left_grip_cannot": "y"})
    assert answer.status_code == 422
    assert "not both" in answer.text


def test_nothing_answered_is_not_a_check_in(ana):
    answer = ana.post("/check-ins", data=KEY)
    assert answer.status_code == 422
    assert "at least one question" in answer.text


def test_emoji_and_right_to_left_text_survive(ana):
    note = "😀 اليد اليسرى ضعيفة 手凉"
    ana.post("/check-ins", data=KEY | {"left_rating": "2", "note": note})
    assert rows()[0].note == note
    assert "手凉" not in rows()[0].note_sealed


def test_a_very_long_note_is_refused_and_kept(ana):
    note = "word " * 20_000
    answer = ana.post("/check-ins", data=KEY | {"left_rating": "2", "note": note})
    assert answer.status_code == 422
    assert "too long" in answer.text
    assert note.strip()[:1000] in answer.text
    assert rows() == []


def test_a_body_beyond_the_limit_is_refused(ana):
    answer = ana.post("/check-ins", data=KEY | {"left_rating": "2", "note": "x" * 300_000})
    assert answer.status_code == 413
    assert rows() == []


@pytest.mark.parametrize("on", ["2026-02-30", "not-a-day", "2999-01-01"])
def test_an_impossible_or_future_day_is_refused(ana, on):
    answer = ana.post("/check-ins", data=KEY | {"left_rating": "2", "day": "other", "on": on})
    assert answer.status_code == 422
    assert rows() == []


def test_yesterday_is_kept_as_the_local_date(ana):
    ana.post("/check-ins", data=KEY | {"left_rating": "2", "day": "yesterday"})
    assert rows()[0].on == now().date() - timedelta(days=1)


def test_sending_the_form_again_makes_no_second_row(ana):
    first = ana.post("/check-ins", data=KEY | {"left_rating": "3"})
    again = ana.post("/check-ins", data=KEY | {"left_rating": "3"})
    assert (first.status_code, first.location) == (again.status_code, again.location)
    assert len(rows()) == 1


def test_the_same_key_with_another_body_is_refused(ana):
    ana.post("/check-ins", data=KEY | {"left_rating": "3"})
    assert ana.post("/check-ins", data=KEY | {"left_rating": "1"}).status_code == 422
    assert [row.left_rating for row in rows()] == [3]


def test_json_gets_the_same_answer_each_time(ana):
    headers = {"Accept": "application/json"}
    first = ana.post("/check-ins", data=KEY | {"left_rating": "3"}, headers=headers)
    again = ana.post("/check-ins", data=KEY | {"left_rating": "3"}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert first.json["client_id"] == "one-form"
    assert first.json["id"] == rows()[0].public_id


def test_a_member_without_the_right_and_a_stranger_are_refused(people, client_of):
    form = KEY | {"left_rating": "3", "circle": people.circle.public_id}
    assert client_of(people.vera).post("/check-ins", data=form).status_code == 403
    assert client_of(people.sam).post("/check-ins", data=form).status_code == 404
    assert rows() == []


def test_a_form_from_another_site_is_refused(ana):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert ana.post("/check-ins", data=KEY | {"left_rating": "3"}, headers=headers).status_code == 403
    assert rows() == []


def test_without_a_meter_grip_disappears(people, client_of):
    with transaction():
        people.circle.has_grip_meter = False
        tasks = operations.watch_tasks(people.circle, ["key"], "开门", on=now().date())
    ana = client_of(people.ana)
    page = ana.get("/check-ins/new").text
    assert "left_grip" not in page
    assert "开门" in page
    name = f"task_{tasks[0].public_id}_left"
    ana.post("/check-ins", data=KEY | {name: "cannot"})
    (answer,) = rows()[0].task_answers
    assert (answer.hand, answer.answer, answer.marker_task.key) == ("left", "cannot", "key")


def test_three_tries_are_three_rows_and_the_best_counts(ana, people):
    with transaction():
        people.circle.grip_tries = 3
    ana.post("/check-ins", data=KEY | {"left_grip": "10", "left_grip_2": "12.5", "left_grip_3": "11"})
    assert [m.value for m in measurements()] == [Decimal(10), Decimal("12.5"), Decimal(11)]
    device = queries.current_device(people.circle)
    best = queries.best_by_day(people.circle, "left", device, now().date() - timedelta(days=1))
    assert [one.value for one in best] == [Decimal("12.5")]
