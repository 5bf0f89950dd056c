"""A creating form may be sent any number of times, one after the other or at once: it makes one row."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from companion.accounts.models import Account, Submission
from companion.checkins.models import CheckIn
from companion.circles.models import Weight
from companion.clock import now
from companion.database import transaction
from companion.extensions import db
from tests import factories
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]
Answers = list[tuple[int, Any]]
JSON = {"Accept": "application/json"}
FORM = {"left_rating": "3", "client_id": "key-1"}
API = "/api/v1/check-ins"
APP = {"X-App-Request": "1"}


def count(model: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_sent_again_it_makes_one_row_and_gets_the_same_answer(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    first, again = ana.post("/check-ins", data=FORM), ana.post("/check-ins", data=FORM)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert count(CheckIn) == count(Submission) == 1


def test_a_program_gets_the_same_answer_too(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    first, again = (ana.post("/check-ins", data=FORM, headers=JSON) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json == again.json
    assert first.json["client_id"] == "key-1"
    row = db.session.scalars(sa.select(CheckIn)).one()
    assert first.json["id"] == row.public_id


def test_a_page_form_sent_again_by_a_program_gets_the_json(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    assert ana.post("/check-ins", data=FORM).status_code == 303
    again = ana.post("/check-ins", data=FORM, headers={"Accept": "application/json"})
    assert again.status_code == 201
    assert again.json is not None
    assert again.json["client_id"] == FORM["client_id"]
    assert again.json["id"]


def test_a_program_s_form_sent_again_by_a_page_gets_the_page(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    assert ana.post("/check-ins", data=FORM, headers={"Accept": "application/json"}).status_code == 201
    again = ana.post("/check-ins", data=FORM)
    assert (again.status_code, again.location) == (303, "/")


def test_who_pressed_twice_still_sees_the_message_and_one_undo(people: People, client_of: ClientOf) -> None:
    """The browser drops the first answer, cookie and all; the second one must say it."""
    ana = client_of(people.ana)
    ana.post("/check-ins", data=FORM)
    ana.delete_cookie("page")
    page = ana.post("/check-ins", data=FORM, follow_redirects=True).text
    assert page.count('class="undo"') == 1
    ana.post("/check-ins", data={**FORM, "client_id": "key-2"})
    page = ana.post("/check-ins", data={**FORM, "client_id": "key-2"}, follow_redirects=True).text
    assert page.count('class="undo"') == 1


def test_the_kept_answer_cannot_be_read_in_the_table(people: People, client_of: ClientOf) -> None:
    client_of(people.ana).post("/check-ins", data=FORM, headers=JSON)
    kept = db.session.scalars(sa.select(Submission)).one()
    row = db.session.scalars(sa.select(CheckIn)).one()
    assert row.public_id not in kept.body
    assert "Saved" not in kept.body


def test_another_body_under_the_same_key_is_refused(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    ana.post("/check-ins", data=FORM)
    assert ana.post("/check-ins", data={**FORM, "left_rating": "2"}).status_code == 422
    assert ana.post("/check-ins?circle=" + people.circle.public_id, data=FORM).status_code == 422
    assert ana.post("/check-ins", data={**FORM, "right_rating": "2"}, headers=JSON).status_code == 422
    assert count(CheckIn) == 1


def test_another_address_under_the_same_key_is_refused(people: People, client_of: ClientOf) -> None:
    ana, form = client_of(people.ana), {"client_id": "key-1", "weight_kg": "70"}
    assert ana.post("/circle/weights", data=form).status_code == 303
    assert ana.post("/check-ins", data=form).status_code == 422
    assert (count(CheckIn), count(Weight)) == (0, 1)


WAYS: dict[str, dict[str, Any]] = {
    "in the form": {"data": {"left_rating": "3", "client_id": "key-1"}},
    "in the header": {"data": {"left_rating": "3"}, "headers": {"Idempotency-Key": "key-1"}},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_form_may_carry_its_key_in_two_ways(people: People, client_of: ClientOf, way: dict[str, Any]) -> None:
    ana = client_of(people.ana)
    for _ in range(2):
        assert ana.post("/check-ins", **way).status_code == 303
    assert count(CheckIn) == 1
    assert db.session.scalars(sa.select(Submission.client_id)).one() == "key-1"


@pytest.mark.parametrize("place", ["header", "body"])
def test_a_program_may_carry_its_key_in_two_ways(people: People, client_of: ClientOf, place: str) -> None:
    ana = client_of(people.ana)
    headers = APP | ({"Idempotency-Key": "key-1"} if place == "header" else {})
    body = {"left_rating": 3} | ({"client_id": "key-1"} if place == "body" else {})
    answers = [ana.post(API, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json == answers[1].json
    assert count(CheckIn) == 1
    # The order of the fields is not part of what was said, their values are.
    turned = json.dumps(dict(reversed(body.items())))
    assert ana.post(API, data=turned, content_type="application/json", headers=headers).status_code == 201
    assert ana.post(API, json={**body, "left_rating": 2}, headers=headers).status_code == 422


def test_a_form_that_was_refused_is_forgotten(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    assert ana.post("/check-ins", data={"client_id": "key-1"}).status_code == 422
    assert count(Submission) == 0
    assert ana.post("/check-ins", data=FORM).status_code == 303
    assert count(CheckIn) == 1


def test_without_a_key_each_sending_counts(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    for form in ({"left_rating": "3"}, {"left_rating": "3", "client_id": ""}):
        assert ana.post("/check-ins", data=form).status_code == 303
    assert count(CheckIn) == 2
    assert count(Submission) == 0


@pytest.mark.parametrize("key", ["x" * 65, "a b", "tab\t", "ü", "\0"])
def test_a_key_that_is_none_is_refused(people: People, client_of: ClientOf, key: str) -> None:
    assert client_of(people.ana).post("/check-ins", data={**FORM, "client_id": key}).status_code == 422
    assert count(CheckIn) == 0


def test_the_keys_of_two_people_are_their_own(people: People, client_of: ClientOf) -> None:
    with transaction():
        factories.membership(people.sams_circle, people.ben, "full_help")
    form = {**FORM, "circle": people.sams_circle.public_id}
    sam, ben = client_of(people.sam), client_of(people.ben)
    assert sam.post("/check-ins", data=form).status_code == 303
    assert ben.post("/check-ins", data={**form, "left_rating": "1"}).status_code == 303
    assert count(CheckIn) == 2


# --- at once ---


def at_once(
    app: Flask, account: Account, forms: list[dict[str, str]], headers: dict[str, str]
) -> list[tuple[int, Any]]:
    """Send forms in threads that start together; what each was answered."""
    with transaction():
        token = factories.session_token(account, now())
    together, answers = threading.Barrier(len(forms)), []

    def send(form: dict[str, str]) -> None:
        client = FlaskClient(app, use_cookies=True)
        client.set_cookie("session", token)
        together.wait(10)
        answer = client.post("/check-ins", data=form, headers={"Sec-Fetch-Site": "same-origin", **headers})
        answers.append((answer.status_code, answer.json if headers else answer.location))

    threads = [threading.Thread(target=send, args=[form]) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.parametrize("headers", [{}, JSON], ids=["form", "json"])
def test_sent_at_once_it_makes_one_row(app: Flask, people: People, headers: dict[str, str]) -> None:
    answers = at_once(app, people.ana, [FORM] * 6, headers)
    assert [status for status, _ in answers] == [201 if headers else 303] * 6
    assert all(said == answers[0][1] for _, said in answers)
    assert count(CheckIn) == count(Submission) == 1


def test_different_forms_at_once_are_all_kept(app: Flask, people: People) -> None:
    forms = [{"left_rating": "3", "client_id": f"key-{n}"} for n in range(6)]
    answers = at_once(app, people.ana, forms, JSON)
    assert [status for status, _ in answers] == [201] * 6
    assert count(CheckIn) == 6


def test_two_bodies_under_one_key_at_once_keep_one(app: Flask, people: People) -> None:
    forms = [{**FORM, "left_rating": str(n)} for n in (0, 1, 2, 3)]
    answers = at_once(app, people.ana, forms, JSON)
    assert sorted(status for status, _ in answers) == [201, 422, 422, 422]
    assert count(CheckIn) == 1
