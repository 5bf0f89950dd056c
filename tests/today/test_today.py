"""The first screen: welcome, the right circle, the next infusion, the stage the person is in."""

from datetime import timedelta

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
    assert "Sign in with email" in page
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


def test_vera_sees_dates_and_no_hands(people, client_of, regimen):
    page = client_of(people.vera).get("/").text
    assert "In 6 days" in page
    assert "Check in" not in page
    assert "It moved" not in page


@pytest.mark.parametrize("stage", ["waiting", "about_to_start"])
def test_before_treatment_there_is_no_empty_infusion_card(people, client_of, stage):
    with transaction():
        people.circle.stage = stage
        people.circle.next_visit_on = now().date() + timedelta(days=3)
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
