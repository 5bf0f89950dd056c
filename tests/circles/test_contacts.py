"""Whom to call: shown with a button that calls, kept as typed."""

import re

import pytest

from companion.circles.models import CONTACT_KINDS, Circle
from companion.circles.queries import contacts_of
from companion.extensions import db

CLINIC = {"kind": "clinic", "name": "St Luke's", "phone": "+44 (0)20-7946 0000", "note": "Mon to Fri"}


@pytest.fixture
def ben(people, client_of):
    return client_of(people.ben)


def contacts(people):
    return contacts_of(db.session.get(Circle, people.circle.id, populate_existing=True))


def test_an_empty_list_offers_each_kind(ben):
    page = ben.get("/circle/contacts").text
    for kind in CONTACT_KINDS:
        assert f"/circle/contacts/{kind}" in page


def test_a_number_is_kept_as_typed_and_can_be_called(people, ben):
    assert ben.post("/circle/contacts", data=CLINIC).status_code == 303
    assert contacts(people)["clinic"].phone == CLINIC["phone"]
    page = ben.get("/circle/contacts").text
    assert 'href="tel:+4402079460000"' in page
    assert "Call the clinic" in page


def test_who_only_sees_dates_can_call_and_not_change(people, ben, client_of):
    ben.post("/circle/contacts", data=CLINIC)
    vera = client_of(people.vera)
    page = vera.get("/circle/contacts").text
    assert 'href="tel:+4402079460000"' in page
    assert "/circle/contacts/clinic" not in page
    assert vera.get("/circle/contacts/clinic").status_code == 403
    assert vera.post("/circle/contacts", data=CLINIC).status_code == 403


@pytest.mark.parametrize("phone", ["12", "112", "+86 10 1234 5678", "(020) 7946.0000", "０２０"])
def test_numbers_of_many_kinds(people, ben, phone):
    assert ben.post("/circle/contacts", data={"kind": "pharmacy", "phone": phone}).status_code == 303
    assert "pharmacy" in contacts(people)


@pytest.mark.parametrize("phone", ["", "1", "call me", "12;ext=3", "javascript:1", "1" * 41, "😀 12", "--", "<b>12"])
def test_a_number_that_cannot_be_dialled_is_kept_and_explained(people, ben, phone):
    answer = ben.post("/circle/contacts", data={"kind": "clinic", "phone": phone, "name": "St Luke's"})
    assert answer.status_code == 422
    assert "St Luke&#39;s" in answer.text
    if "<" not in phone:
        assert f'value="{phone}"' in answer.text
    assert contacts(people) == {}


def test_saving_again_keeps_one_of_a_kind(people, ben):
    for _ in range(2):
        assert ben.post("/circle/contacts", data=CLINIC).status_code == 303
    assert len(contacts(people)) == 1


def test_an_empty_form_removes_and_undo_brings_back(people, ben):
    ben.post("/circle/contacts", data=CLINIC)
    ben.get("/circle/contacts")
    answer = ben.post("/circle/contacts", data={"kind": "clinic", "phone": "", "name": "", "note": ""})
    assert contacts(people) == {}
    page = ben.get(answer.location).text
    bar = page.partition('class="undo__form"')[2].partition("</form>")[0]
    fields = {k: v.replace("&#39;", "'") for k, v in re.findall(r'name="(\w+)" value="([^"]*)"', bar)}
    assert ben.post("/circle/contacts", data=fields).status_code == 303
    kept = contacts(people)["clinic"]
    assert (kept.name, kept.phone, kept.note) == (CLINIC["name"], CLINIC["phone"], CLINIC["note"])


def test_other_kinds_do_not_exist(ben):
    assert ben.get("/circle/contacts/plumber").status_code == 404
    assert ben.post("/circle/contacts", data={**CLINIC, "kind": "plumber"}).status_code == 422
