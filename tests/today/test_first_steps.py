"""The first run: where are you now, when is the next infusion, how often."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.clock import now
from companion.database import transaction
from companion.extensions import db
from companion.infusions.models import Regimen
from companion.visits.queries import next_visit


@pytest.fixture
def ana(people, client_of):
    with transaction():
        people.circle.stage = None
        people.circle.has_grip_meter = None
    return client_of(people.ana)


def regimens():
    return list(db.session.scalars(sa.select(Regimen)))


def soon(days=6):
    return (now().date() + timedelta(days=days)).isoformat()


def test_on_treatment_leads_to_two_questions_and_the_meter(ana, people):
    assert ana.get("/first-steps").status_code == 200
    assert ana.post("/first-steps", data={"stage": "on_treatment"}).location == "/first-steps/infusion"
    form = {"client_id": "f", "first_on": soon(), "rhythm": "4-week"}
    assert ana.post("/first-steps/infusion", data=form).location == "/check-ins/tracking"
    ana.post("/first-steps/infusion", data=form)
    (regimen,) = regimens()
    assert (regimen.interval_count, regimen.interval_unit, regimen.doses, regimen.local_time) == (4, "week", [], None)
    assert [c.certainty for c in regimen.infusions][:2] == ["booked", "expected"]


def next_visit_of(people):
    visit = next_visit(people.circle, now().date())
    return visit.planned_on if visit else None


def test_waiting_leads_to_the_next_visit(ana, people):
    assert ana.post("/first-steps", data={"stage": "waiting"}).location == "/first-steps/visit"
    assert ana.post("/first-steps/visit", data={"next_visit_on": soon(9)}).location == "/check-ins/tracking"
    assert next_visit_of(people) == now().date() + timedelta(days=9)
    assert regimens() == []


def test_unknown_stays_unknown(ana, people):
    ana.post("/first-steps", data={"stage": "on_treatment"})
    assert ana.post("/first-steps/skip").location == "/check-ins/tracking"
    ana.post("/first-steps/visit", data={"next_visit_on": ""})
    assert next_visit_of(people) is None
    ana.post("/first-steps/visit", data={"next_visit_on": soon(9)})
    ana.post("/first-steps/visit", data={"next_visit_on": soon(8)})
    assert soon(8) in ana.get("/first-steps/visit").text
    ana.post("/first-steps/visit", data={"next_visit_on": ""})
    assert (regimens(), next_visit_of(people)) == ([], None)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"first_on": "", "rhythm": "4-week"}, "Choose the day"),
        ({"first_on": "2026-02-30", "rhythm": "4-week"}, "does not exist"),
        ({"first_on": "2020-01-01", "rhythm": "4-week"}, "today or a later day"),
        ({"first_on": soon(900), "rhythm": "4-week"}, "more than a year"),
        ({"first_on": soon(), "rhythm": "0-week"}, "Choose how often"),
        ({"first_on": soon()}, "Choose how often"),
    ],
)
def test_bad_answers_are_said_and_kept(ana, form, words):
    answer = ana.post("/first-steps/infusion", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert form["first_on"] in answer.text
    assert regimens() == []


def test_an_unknown_stage_is_refused(ana):
    assert ana.post("/first-steps", data={"stage": "cured"}).status_code == 422


def test_only_the_keeper_of_the_circle_sets_it(people, client_of):
    assert client_of(people.vera).post("/first-steps", data={"stage": "paused"}).status_code == 403
    assert (
        client_of(people.sam)
        .post("/first-steps", data={"stage": "paused", "circle": people.circle.public_id})
        .status_code
        == 404
    )
