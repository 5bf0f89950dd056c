"""Whoever helps sets up from afar how large the patient's keys are; the patient has the last word."""

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.database import transaction
from companion.extensions import db
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]


def size(account: Account) -> tuple[str, bool]:
    db.session.rollback()
    return account.thumb, account.extra_large


def test_ben_sets_it_up_for_ana_with_undo_and_his_own_pages_stay(people: People, client_of: ClientOf) -> None:
    ben: Any = client_of(people.ben)
    assert 'href="/circle/touch' in ben.get("/circle").text
    page = ben.get("/circle/touch").text
    assert 'data-module="touch-preview"' in page
    assert "of Ana will be" in page
    saved = ben.post("/circle/touch", data={"thumb": "left", "extra_large": "y"})
    assert saved.status_code == 303
    assert (size(people.ana), size(people.ben)) == (("left", True), ("both", False))
    assert "Saved for Ana." in ben.get(saved.location).text
    assert 'data-size="extra-large"' in client_of(people.ana).get("/").text
    assert 'data-size="extra-large"' not in ben.get("/").text
    ben.post("/circle/touch", data={"thumb": "both"})
    assert size(people.ana) == ("both", False)
    assert ben.post("/circle/touch", data={"thumb": "third"}).status_code == 422


def test_only_who_manages_and_only_where_the_patient_has_pages(people: People, client_of: ClientOf) -> None:
    assert client_of(people.vera).post("/circle/touch", data={"thumb": "left"}).status_code == 403
    answer = client_of(people.sam).post(f"/circle/touch?circle={people.circle.public_id}", data={"thumb": "left"})
    assert answer.status_code == 404
    assert 'href="/circle/touch' not in client_of(people.ana).get("/circle").text, "Ana has her own settings"
    with transaction():
        people.circle.patient_account_id = None
    assert client_of(people.ben).get("/circle/touch").status_code == 404
