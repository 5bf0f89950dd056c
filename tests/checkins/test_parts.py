"""Movement check, daily-hands list, tapping test, totals, what explains a day: saved, changed, refused, undone."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion.checkins import operations, queries
from companion.checkins.models import CheckIn, QuestionnaireTotal
from companion.clock import now
from companion.database import transaction
from companion.domain.roles import rights_of
from companion.extensions import db


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def row():
    return db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id.desc())).first()


def movements():
    return {(one.item, one.side): one.answer for one in row().movements}


def test_only_what_is_weaker_is_marked_and_the_rest_is_as_usual(ana, people):
    page = ana.get("/check-ins/movements").text
    assert page.count('role="img" aria-label="Drawing:') == 5
    assert page.count('type="radio" id="movement_') == 30
    form = {"page": "movements", "part": "movements", "movement_pinch_left": "weaker", "rest": "as_usual"}
    answer = ana.post("/check-ins", data=form)
    assert answer.location == "/"
    assert len(movements()) == 10
    assert [key for key, value in movements().items() if value != "as_usual"] == [("pinch", "left")]
    assert queries.parts_answered_on(people.circle, now().date()) == {"movements": row().on}
    shown = ana.get(f"/check-ins/{row().public_id}").text
    assert "Movement check" in shown
    assert "Weaker" in shown
    assert "Strength" not in shown


def test_only_what_was_marked_is_saved_without_the_rest(ana):
    ana.post("/check-ins", data={"page": "movements", "movement_lift_foot_right": "cannot"})
    assert movements() == {("lift_foot", "right"): "cannot"}


def test_what_changed_since_the_check_before_is_said(ana, people):
    with transaction():
        then = now() - timedelta(days=7)
        tries = tuple(operations.MovementTry("pinch", side, "as_usual") for side in ("left", "right"))
        moment = operations.Moment(then, "Europe/London", then.date())
        operations.record_check_in(
            people.circle, people.ana, operations.Answers(movements=tries), moment=moment, device=None, now=then
        )
    ana.post("/check-ins", data={"movement_pinch_left": "weaker", "movement_pinch_right": "as_usual"})
    assert ": Pinch." in ana.get(f"/check-ins/{row().public_id}").text


def test_nothing_marked_comes_back_with_its_own_page(ana):
    answer = ana.post("/check-ins", data={"page": "movements"})
    assert answer.status_code == 422
    assert "The rest is as usual" in answer.text
    for bad in (
        {"movement_pinch_left": "strong"},
        {"daily_key": "never"},
        {"context": "rain"},
        {"hand_warmth": "hot"},
    ):
        assert ana.post("/check-ins", data={"left_rating": "3", **bad}).status_code == 422
    assert row() is None


def test_a_movement_that_is_lost_within_days_asks_how_fast_it_came(ana):
    ana.post("/check-ins", data={"movement_lift_wrist_left": "as_usual", "day": "yesterday"})
    assert ana.post("/check-ins", data={"movement_lift_wrist_left": "weaker"}).location == "/"
    answer = ana.post("/check-ins", data={"movement_lift_wrist_left": "cannot"})
    assert answer.location.endswith("/safety")
    assert "Did it come within minutes or hours?" in ana.get(answer.location).text


def test_the_daily_hands_list_says_whose_it_is_and_keeps_one_answer_an_item(ana):
    page = ana.get("/check-ins/daily-hands").text
    assert "not a tested scale and not the MMN-RODS" in page
    ana.post("/check-ins", data={"page": "daily_hands", "daily_jar": "cannot", "daily_zip": "easy"})
    assert {(one.item, one.side): one.answer for one in row().daily_hands} == {
        ("jar", "both"): "cannot",
        ("zip", "both"): "easy",
    }
    assert "Open a jar" in ana.get(f"/check-ins/{row().public_id}").text


def test_a_change_of_the_ratings_loses_no_part_and_a_change_of_a_part_does(ana):
    form = {"movement_pinch_left": "weaker", "daily_key": "easy", "left_tap_times": "0,200,400,600"}
    ana.post("/check-ins", data={"left_rating": "3", **form})
    address = f"/check-ins/{row().public_id}"
    edit = ana.get(f"{address}/edit").text
    assert 'id="movement_pinch_left-weaker" name="movement_pinch_left" value="weaker" checked' in edit
    ana.post(address, data={"left_rating": "2", "day": "yesterday"})
    yesterday = now().date() - timedelta(days=1)
    held = [*row().movements, *row().daily_hands, *row().taps]
    assert [one.on for one in held] == [yesterday] * 3
    ana.post(address, data={"left_rating": "2", "part": "movements", "movement_pinch_left": "cannot"})
    assert movements() == {("pinch", "left"): "cannot"}
    assert len(row().daily_hands) == len(row().taps) == 1


def test_tapping_is_off_until_it_is_switched_on_and_counts_every_tap(ana, people):
    assert ana.get("/check-ins/tapping").location == "/check-ins/tracking"
    with transaction():
        operations.choose_rhythm(people.circle, rhythm="daily", parts=frozenset({"tapping"}))
    assert "This test needs JavaScript." in ana.get("/check-ins/tapping").text
    ana.post("/check-ins", data={"page": "tapping", "left_tap_times": "0,100,400", "right_tap_times": ""})
    (one,) = row().measurements
    assert (one.kind, one.hand, one.value, one.unit) == ("tapping", "left", Decimal(3), "taps")
    assert (one.seconds, one.rhythm_spread_ms, one.device) == (Decimal(10), 100, None)
    page = ana.get(f"/check-ins/{row().public_id}").text
    assert "3 taps in 10 s" in page
    assert "Grip" not in page


@pytest.mark.parametrize("times", ["1,2,x", "5,3", "0,-4", ",".join(["1"] * 400), "0,99999999"])
def test_taps_that_cannot_be_are_refused(ana, times):
    assert ana.post("/check-ins", data={"left_tap_times": times}).status_code == 422
    assert row() is None


def test_what_explains_a_day_is_kept_but_is_no_answer_alone(ana):
    context = {"hand_warmth": "cold", "context": ["cold_outside", "unusual_work"]}
    assert ana.post("/check-ins", data=context).status_code == 422
    ana.post("/check-ins", data={"left_rating": "2", **context})
    assert (row().hand_warmth, row().context) == ("cold", frozenset({"cold_outside", "unusual_work"}))
    assert "Unusual work for the hands" in ana.get(f"/check-ins/{row().public_id}").text


def test_the_day_is_chosen_by_taps(ana):
    page = ana.get("/check-ins/new").text
    assert 'type="date"' not in page
    today = now().date()
    for day, back in (
        ("now", 0),
        ("today", 0),
        ("earlier", 0),
        ("yesterday", 1),
        (str(today - timedelta(days=5)), 5),
    ):
        ana.post("/check-ins", data={"left_rating": "2", "day": day})
        assert row().on == today - timedelta(days=back), day
        assert f'value="{"now" if back == 0 else day}" checked' in ana.get(f"/check-ins/{row().public_id}/edit").text
    ana.post("/check-ins", data={"left_rating": "2", "day": "earlier"})
    assert row().recorded_at < row().created_at
    for day in ("someday", "2999-01-01", "1990-01-01"):
        assert ana.post("/check-ins", data={"left_rating": "2", "day": day}).status_code == 422


def test_a_total_of_a_questionnaire_is_kept_undone_and_brought_back(ana, people, client_of):
    form = {"name": "MMN-RODS", "total": "38,5", "out_of": "50", "day": "yesterday", "client_id": "t"}
    first, again = (ana.post("/check-ins/totals", data=form) for _ in range(2))
    assert first.location == again.location == "/check-ins/totals"
    (one,) = db.session.scalars(sa.select(QuestionnaireTotal))
    assert (one.total, one.out_of, one.on) == (Decimal("38.5"), Decimal(50), now().date() - timedelta(days=1))
    page = ana.get("/check-ins/totals").text
    assert "38.5 of 50" in page
    assert f"/check-ins/totals/{one.public_id}/deletion" in page
    ana.post(f"/check-ins/totals/{one.public_id}/deletion")
    gone = ana.get("/check-ins/totals").text
    assert "38.5 of 50" not in gone
    assert "/restoration" in gone
    ana.post(f"/check-ins/totals/{one.public_id}/restoration")
    assert "38.5 of 50" in ana.get("/check-ins/totals").text
    for bad in ({"name": ""}, {"total": ""}, {"total": "60"}, {"total": "x"}, {"out_of": "9999"}, {"day": "other"}):
        answer = ana.post("/check-ins/totals", data={**form, "client_id": "u", **bad})
        assert answer.status_code == 422, bad
    assert client_of(people.vera).get("/check-ins/totals").status_code == 403


def test_the_rhythm_and_the_parts_are_chosen_with_what_is_tracked(ana, people, client_of):
    page = ana.get("/check-ins/tracking").text
    assert "Only around infusions" in page
    form = {"has_grip_meter": "no", "rhythm": "weekly", "has_parts": "y", "parts": "tapping"}
    ana.post("/check-ins/tracking", data=form)
    circle = people.circle
    assert (circle.check_in_rhythm, circle.check_in_parts) == ("weekly", frozenset({"tapping"}))
    ana.post("/check-ins/tracking", data={"has_grip_meter": "no"})
    assert (circle.check_in_rhythm, circle.check_in_parts) == ("weekly", frozenset({"tapping"}))
    assert ana.post("/check-ins/tracking", data={**form, "rhythm": "hourly"}).status_code == 422
    with transaction():
        vera = next(m for m in circle.memberships if m.account_id == people.vera.id)
        vera.rights = rights_of("full_help")
    assert client_of(people.vera).get("/check-ins/movements").status_code == 200
