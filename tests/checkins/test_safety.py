"""The one calm question after a sudden fall or something new."""

import pytest
import sqlalchemy as sa

from companion.checkins.models import CheckIn
from companion.circles.models import Contact
from companion.database import transaction
from companion.extensions import db


def row():
    return db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id.desc())).first()


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def test_something_new_asks_after_saving(ana):
    answer = ana.post("/check-ins", data={"left_rating": "3", "symptoms": "something_new"})
    assert answer.location == f"/check-ins/{row().public_id}/safety"
    page = ana.get(answer.location).text
    assert "Did it come within minutes or hours?" in page
    assert "care-card--emergency" not in page


def test_a_fall_of_two_steps_within_three_days_asks(ana):
    ana.post("/check-ins", data={"left_rating": "4", "day": "yesterday"})
    assert ana.post("/check-ins", data={"left_rating": "2"}).location.endswith("/safety")


def test_one_step_or_the_other_hand_does_not_ask(ana):
    ana.post("/check-ins", data={"left_rating": "4", "right_rating": "1", "day": "yesterday"})
    assert ana.post("/check-ins", data={"left_rating": "3", "right_rating": "1"}).location == "/"


def test_yes_opens_the_emergency_page(ana):
    ana.post("/check-ins", data={"symptoms": "something_new"})
    answer = ana.post(f"/check-ins/{row().public_id}/safety", data={"suddenly": "yes"})
    assert answer.location.split("?")[0] == "/emergency"
    assert row().came_suddenly is True


def test_no_offers_the_neurologist(ana, people):
    with transaction():
        db.session.add(Contact(circle_id=people.circle.id, kind="neurologist", name="Dr. Hand", phone="01632 960001"))
    ana.post("/check-ins", data={"symptoms": "something_new"})
    answer = ana.post(f"/check-ins/{row().public_id}/safety", data={"suddenly": "no"})
    page = ana.get(answer.location).text
    assert "tel:01632960001" in page
    assert row().came_suddenly is False


def test_neither_answer_is_asked_again(ana):
    ana.post("/check-ins", data={"symptoms": "something_new"})
    answer = ana.post(f"/check-ins/{row().public_id}/safety", data={})
    assert answer.status_code == 422
    assert row().came_suddenly is None
