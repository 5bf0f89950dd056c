"""Two devices change one check-in: the second sees where they differ, and nothing is overwritten in silence."""

import re
from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.checkins.models import CheckIn
from companion.checkins.operations import use_device
from companion.database import transaction
from companion.extensions import db
from tests import factories
from tests.people import People

JSON = {"Accept": "application/json"}
ClientOf = Callable[[Account | None], FlaskClient]


def stored() -> CheckIn:
    db.session.rollback()
    return db.session.scalars(sa.select(CheckIn)).one()


def made_from(page: str) -> str:
    found = re.search(r'name="made_from" value="(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def address(people: People) -> str:
    with transaction():
        use_device(people.circle, name="Meter", unit="kg", on=date(2026, 1, 1))
        return f"/check-ins/{factories.check_in(people.circle, people.ana, note='first words').public_id}"


def test_the_second_device_sees_the_difference_and_keeps_what_was_typed(
    people: People, client_of: ClientOf, address: str
) -> None:
    phone, tablet = client_of(people.ana), client_of(people.ana)
    key = made_from(phone.get(f"{address}/edit").text)
    same = {"made_from": key, "right_rating": "4", "day": "other", "on": "2026-11-01"}
    first = phone.post(address, data={**same, "left_rating": "2", "note": "from the phone", "symptoms": "cold"})
    assert first.status_code == 303
    late = {**same, "left_rating": "0", "note": "from the tablet", "left_grip": "12.5"}
    second = tablet.post(address, data=late)
    assert second.status_code == 409
    for words in (
        "Saved: Much less",
        "Typed here: No strength",
        "Saved: from the phone",
        "Typed here: from the tablet",
    ):
        assert words in second.text
    for words in (
        "Typed here: 12.5 kg",
        "Saved: not entered",
        "Saved: Cold made it worse",
        "Typed here: not entered",
    ):
        assert words in second.text
    assert "Like my best</strong>" not in second.text, "what is the same is no difference"
    assert re.search(r'name="left_rating" value="0" checked', second.text)
    assert re.search(r"<textarea[^>]*>\s*from the tablet", second.text)
    assert (stored().left_rating, stored().note) == (2, "from the phone")
    again = tablet.post(address, data={**late, "made_from": made_from(second.text)})
    assert again.status_code == 303
    assert (stored().left_rating, stored().note) == (0, "from the tablet")


def test_the_same_change_twice_is_no_difference_and_a_page_of_before_is_taken(
    people: People, client_of: ClientOf, address: str
) -> None:
    ana = client_of(people.ana)
    key = made_from(ana.get(f"{address}/edit").text)
    change = {"left_rating": "2", "day": "other", "on": "2026-11-01", "note": "same"}
    assert ana.post(address, data={**change, "made_from": key}).status_code == 303
    assert ana.post(address, data={**change, "made_from": key}).status_code == 303
    assert ana.post(address, data={**change, "left_rating": "0"}).status_code == 303
    assert stored().left_rating == 0


def test_a_note_is_shown_only_to_those_who_may_see_it(people: People, client_of: ClientOf, address: str) -> None:
    with transaction():
        helper = factories.account("Hal", "hal@example.org")
        factories.membership(people.circle, helper, "full_help")
    hal = client_of(helper)
    key = made_from(hal.get(f"{address}/edit").text)
    day = {"day": "other", "on": "2026-11-01"}
    client_of(people.ana).post(address, data={**day, "left_rating": "2", "note": "secret words"})
    answer = hal.post(address, data={**day, "left_rating": "1", "made_from": key})
    assert answer.status_code == 409
    assert "secret words" not in answer.text
    assert "Typed here: Hardly any" in answer.text


def test_a_change_that_a_phone_kept_is_saved_once_and_loses_nothing(
    people: People, client_of: ClientOf, address: str
) -> None:
    """Sent twice it is one change; a note that the phone never had stays; another version is answered in words."""
    ana = client_of(people.ana)
    key = made_from(ana.get(f"{address}/edit").text)
    kept = {"made_from": key, "left_rating": "2", "day": "2026-11-01", "client_id": "k"}
    first = ana.post(address, data=kept, headers=JSON)
    assert first.status_code == 201
    assert (first.json["client_id"], stored().left_rating, stored().note) == ("k", 2, "first words")
    other = ana.post(address, data={**kept, "client_id": "l", "left_rating": "0"}, headers=JSON)
    assert (other.status_code, other.json["reason"]) == (409, "changed_meanwhile")
    assert other.json["fields"][0]["message"] == "Left hand: Saved: Much less, Typed here: No strength"
    assert ana.post(address, data=kept, headers=JSON).json == first.json
    mine = {**kept, "client_id": "l", "left_rating": "0", "made_from": other.json["made_from"]}
    assert ana.post(address, data=mine, headers=JSON).status_code == 201
    assert ana.post(address, data=kept, headers=JSON).json == first.json, "a replay changes nothing any more"
    assert (stored().left_rating, stored().note) == (0, "first words")


def test_a_change_of_a_deleted_check_in_waits_for_the_word_to_bring_it_back(
    people: People, client_of: ClientOf, address: str
) -> None:
    phone, tablet = client_of(people.ana), client_of(people.ana)
    key = made_from(phone.get(f"{address}/edit").text)
    tablet.post(f"{address}/deletion")
    change = {"made_from": key, "left_rating": "2", "day": "2026-11-01"}
    page = phone.post(address, data=change)
    assert page.status_code == 409
    assert "This check-in was deleted meanwhile." in page.text
    assert 'name="bring_back" value="y"' in page.text
    answer = phone.post(address, data={**change, "client_id": "k"}, headers=JSON)
    assert (answer.status_code, answer.json["reason"]) == (409, "deleted_meanwhile")
    assert stored().deleted_at is not None
    back = phone.post(address, data={**change, "client_id": "k", "bring_back": "y"}, headers=JSON)
    assert back.status_code == 201
    assert (stored().deleted_at, stored().left_rating) == (None, 2)
