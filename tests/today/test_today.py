"""The first screen: welcome, the right circle, the next infusion, the stage the person is in."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from companion.circles.models import Contact
from companion.clock import now
from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations as infusions
from tests import factories


@pytest.fixture
def regimen(people):
    """Every four weeks, next in six days, booked."""
    with transaction():
        return infusions.start_regimen(
            people.circle,
            first_on=now().date() + timedelta(days=6),
            certainty="booked",
            interval_count=4,
            interval_unit="week",
            local_time="09:00",
            now=now(),
        )


def test_signed_out_it_welcomes(client_of):
    page = client_of(None).get("/").text
    assert "Sign in with a touch or email" in page
    assert "/sign-in" in page
    assert 'href="/emergency' in page
    assert "demo/sign-in" not in page


def test_it_welcomes_in_chinese(client_of):
    answer = client_of(None).get("/?lang=zh")
    assert '<html lang="zh-Hans"' in answer.text
    assert "手的力气、输液的日子，都记在这里" in answer.text
    assert "lang=zh" in answer.headers["Set-Cookie"]


def test_an_account_without_a_circle_opens_one(app, client_of):
    with transaction():
        new = factories.account("New", "new@example.org")
    assert client_of(new).get("/").location == "/circle/new"


def test_a_new_circle_begins_with_its_stage(people, client_of):
    with transaction():
        people.circle.stage = None
    assert client_of(people.ana).get("/").location == "/first-steps"
    assert client_of(people.vera).get("/").status_code == 200


def test_the_next_infusion_says_when_and_how_sure(people, client_of, regimen):
    page = client_of(people.ana).get("/").text
    assert "In 6 days" in page
    assert "Booked by the clinic" in page
    assert "Still on" in page


def test_a_due_day_asks_whether_it_happened(people, client_of):
    with transaction():
        db.session.add(Contact(circle_id=people.circle.id, kind="clinic", name="Day unit", phone="01632 960002"))
        infusions.start_regimen(
            people.circle,
            first_on=now().date() - timedelta(days=2),
            certainty="booked",
            interval_count=4,
            interval_unit="week",
            now=now(),
        )
    page = client_of(people.ana).get("/").text
    assert "happen?" in page
    assert "tel:01632960002" in page
    assert "missed" not in page.lower()


@pytest.fixture
def skipped(people):
    """The course of two days ago was skipped; the next one is only expected."""
    with transaction():
        clinic = Contact(circle_id=people.circle.id, kind="clinic")
        clinic.phone = "01632 960002"
        db.session.add(clinic)
        regimen = infusions.start_regimen(
            people.circle,
            first_on=now().date() - timedelta(days=2),
            certainty="booked",
            interval_count=4,
            interval_unit="week",
            now=now(),
        )
        infusions.skip_day(regimen.infusions[0].days[0], now=now())
    return regimen


def test_a_skipped_course_stays_until_a_new_date_is_booked(people, client_of, skipped):
    page = client_of(people.ana).get("/").text
    assert "was skipped" in page
    assert "No new date is booked yet." in page
    assert "tel:01632960002" in page
    assert "Call the clinic" in page
    assert "Enter the new date" in page
    assert "Enter the new date" not in client_of(people.vera).get("/").text
    with transaction():
        infusions.book_infusion(skipped.infusions[1], now=now())
    assert "was skipped" not in client_of(people.ana).get("/").text


def test_while_paused_no_new_date_is_asked_for(people, client_of, skipped):
    with transaction():
        people.circle.stage = "paused"
    page = client_of(people.ana).get("/").text
    assert "was skipped" not in page
    assert "The plan still runs, and its reminders come." in page
    assert "/regimens" in page


def test_paused_says_so_and_asks_for_nothing(people, client_of):
    with transaction():
        people.circle.stage = "paused"
    page = client_of(people.ana).get("/").text
    assert "Treatment is paused" in page
    assert "Plan the next infusion" in page
    assert "When is the next infusion?" not in page


def test_the_questions_to_ask_fit_the_stage(people, client_of):
    asked = "What else could it be?"
    for stage, fits in [("waiting", True), ("about_to_start", False)]:
        with transaction():
            people.circle.stage = stage
        page = client_of(people.ana).get("/").text
        assert (asked in page) is fits
        assert page.count("<li>") >= 6


def test_one_card_stands_out(people, client_of, regimen):
    with transaction():
        people.circle.stage = "about_to_start"
    page = client_of(people.ana).get("/").text
    assert "Next visit" in page
    assert page.count("card--spruce") == 1


def test_the_stage_can_be_changed_later(people, client_of):
    ana = client_of(people.ana)
    link = f"/first-steps?circle={people.circle.public_id}"
    assert link in ana.get("/circle").text
    assert "/first-steps" not in client_of(people.ben).get("/circle").text
    for stage in ("waiting", "about_to_start", "paused"):
        with transaction():
            people.circle.stage = stage
        assert "/first-steps" in ana.get("/").text


@pytest.mark.parametrize(("hours", "asked"), [(-1, True), (1, False)])
def test_a_day_is_asked_about_once_it_has_begun(people, client_of, hours, asked):
    begins = (now() + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/London"))
    with transaction():
        infusions.start_regimen(
            people.circle,
            first_on=begins.date(),
            certainty="booked",
            interval_count=4,
            interval_unit="week",
            local_time=begins.strftime("%H:%M"),
            now=now(),
        )
    page = client_of(people.ana).get("/").text
    assert ("happen?" in page) is asked


def test_vera_sees_dates_and_no_hands(people, client_of, regimen):
    page = client_of(people.vera).get("/").text
    assert "In 6 days" in page
    assert "Check in" not in page
    assert "It moved" not in page


@pytest.mark.parametrize("stage", ["waiting", "about_to_start"])
def test_before_treatment_there_is_no_empty_infusion_card(people, client_of, stage):
    with transaction():
        people.circle.stage = stage
        factories.visit(people.circle, planned_on=now().date() + timedelta(days=3))
    page = client_of(people.ana).get("/").text
    assert "Next visit" in page
    assert "In 3 days" in page
    assert "What to bring" in page
    assert "Three questions to ask" in page
    assert "When is the next infusion?" not in page


def test_on_treatment_without_a_plan_asks_for_it(people, client_of):
    assert "When is the next infusion?" in client_of(people.ana).get("/").text


def test_two_circles_are_chosen_from(people, client_of):
    with transaction():
        factories.membership(people.sams_circle, people.ben, "calendar_only")
    ben = client_of(people.ben)
    page = ben.get("/").text
    assert people.circle.public_id in page
    assert people.sams_circle.public_id in page
    assert ben.get(f"/?circle={people.sams_circle.public_id}").status_code == 200


def test_the_demo_does_not_exist_elsewhere(client_of):
    assert client_of(None).post("/demo/sign-in", data={"person": "ana"}).status_code == 404


def test_left_right_save_are_on_the_page_until_today_has_a_rating(people, client_of, regimen):
    ana = client_of(people.ana)
    page = ana.get("/").text
    assert page.count('name="left_rating"') == page.count('name="right_rating"') == 5
    assert "Movement check" not in page
    ana.post("/check-ins", data={"left_tap_times": "0,200,400"})
    assert 'name="left_rating"' in ana.get("/").text
    saved = ana.post("/check-ins", data={"left_rating": "3", "right_rating": "1"})
    page = ana.get(saved.location).text
    assert "/deletion" in page
    assert 'name="left_rating"' not in page
    assert "/check-ins/movements" in page
    assert "/check-ins/tapping" not in page
    ana.post("/check-ins", data={"rest": "as_usual"})
    ana.post("/check-ins", data={"daily_key": "easy"})
    page = ana.get("/").text
    assert "The next movement check is on" in page
    assert "/check-ins/movements" not in page


def test_same_as_last_time_is_one_tap_and_the_rhythm_is_the_persons_own(people, client_of):
    ana = client_of(people.ana)
    with transaction():
        factories.check_in(people.circle, people.ana, on=now().date() - timedelta(days=1), left_rating=1)
    page = ana.get("/").text
    assert "Left hand: Hardly any" in page
    assert 'name="repeated"' in page
    for rhythm, asked in (("daily", True), ("second_day", False), ("weekly", False), ("around_infusions", False)):
        with transaction():
            people.circle.check_in_rhythm = rhythm
        page = ana.get("/").text
        assert ('name="left_rating"' in page) is asked, rhythm
        assert 'href="/check-ins/new"' in page
    assert "You chose: Only around infusions." in page
    assert "missed" not in page
