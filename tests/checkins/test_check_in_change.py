"""Seeing, changing, deleting and bringing back a check-in; and the list by month."""

from datetime import timedelta

import pytest

from companion.checkins import operations
from companion.checkins.operations import Answers, GripTry, Moment
from companion.clock import now
from companion.database import transaction


@pytest.fixture
def saved(people):
    """A check-in of today with a grip and a note."""
    with transaction():
        device = operations.use_device(people.circle, name="Hand dynamometer", unit="lb", on=now().date())
        return operations.record_check_in(
            people.circle,
            people.ana,
            Answers(left_rating=3, grips=(GripTry("left", 40), GripTry("right", None)), note="secret words"),
            moment=Moment(now(), "Europe/London", now().date()),
            device=device,
            now=now(),
        )


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def test_it_is_shown(ana, saved):
    page = ana.get(f"/check-ins/{saved.public_id}").text
    assert "40 lb" in page
    assert "Cannot do with this hand" in page
    assert "secret words" in page


def test_the_change_page_holds_what_is_stored(ana, saved):
    page = ana.get(f"/check-ins/{saved.public_id}/edit").text
    assert 'name="left_grip" type="text" inputmode="decimal" autocomplete="off" maxlength="9" value="40"' in page
    assert 'id="left_rating-3" name="left_rating" value="3" checked' in page


def test_a_change_replaces_the_answers(ana, saved):
    answer = ana.post(f"/check-ins/{saved.public_id}", data={"left_rating": "2", "left_grip": "38,5", "note": "new"})
    assert answer.status_code == 303
    assert (saved.left_rating, saved.note, len(saved.measurements)) == (2, "new", 1)
    assert saved.edited_at is not None


def test_a_bad_change_loses_nothing(ana, saved):
    answer = ana.post(f"/check-ins/{saved.public_id}", data={"left_rating": "2", "left_grip": "999"})
    assert answer.status_code == 422
    assert 'value="999"' in answer.text
    assert (saved.left_rating, len(saved.measurements)) == (3, 2)


def test_a_deleted_one_is_gone_until_undo(ana, saved):
    deleted = ana.post(f"/check-ins/{saved.public_id}/deletion")
    assert "/restoration" in ana.get(deleted.location).text
    assert ana.get(f"/check-ins/{saved.public_id}").status_code == 404
    assert ana.post(f"/check-ins/{saved.public_id}/restoration").status_code == 303
    assert ana.get(f"/check-ins/{saved.public_id}").status_code == 200


def test_deleting_twice_is_harmless(ana, saved):
    assert ana.post(f"/check-ins/{saved.public_id}/deletion").status_code == 303
    first = saved.deleted_at
    assert ana.post(f"/check-ins/{saved.public_id}/deletion").status_code == 303
    assert saved.deleted_at == first


@pytest.mark.parametrize("path", ["", "/edit"])
def test_strangers_and_members_without_the_right(people, client_of, saved, path):
    assert client_of(people.sam).get(f"/check-ins/{saved.public_id}{path}").status_code == 404
    assert client_of(people.vera).get(f"/check-ins/{saved.public_id}{path}").status_code == 403


def test_a_helper_without_notes_neither_sees_nor_loses_them(people, client_of, saved):
    from companion.domain.roles import rights_of

    with transaction():
        vera = next(m for m in people.circle.memberships if m.account_id == people.vera.id)
        vera.rights = rights_of("full_help")
    client = client_of(people.vera)
    assert "secret words" not in client.get(f"/check-ins/{saved.public_id}").text
    assert "secret words" not in client.get(f"/check-ins/{saved.public_id}/edit").text
    client.post(f"/check-ins/{saved.public_id}", data={"left_rating": "1", "note": "overwritten"})
    assert (saved.left_rating, saved.note) == (1, "secret words")


def test_the_list_goes_by_month(ana, saved):
    assert f"/check-ins/{saved.public_id}" in ana.get("/check-ins").text
    before = (now().date().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    page = ana.get(f"/check-ins?month={before}").text
    assert f"/check-ins/{saved.public_id}" not in page
    assert "a gap, not a fault" in page
    assert ana.get("/check-ins?month=nonsense").status_code == 200


def test_same_as_last_time_copies_ratings_only(ana, saved, people):
    from companion.checkins.queries import latest_check_in

    assert ana.post("/check-ins/repetition", data={"client_id": "r"}).location == "/"
    assert ana.post("/check-ins/repetition", data={"client_id": "r"}).location == "/"
    last = latest_check_in(people.circle)
    assert last.public_id != saved.public_id
    assert (last.left_rating, last.repeated, last.measurements, last.note) == (3, True, [], None)


def test_same_as_last_time_keeps_the_ratings_that_were_seen_and_nothing_else_is_a_repetition(ana, saved, people):
    from companion.checkins.queries import latest_check_in

    page = ana.get("/check-ins/new").text
    assert '<input type="hidden" name="left_rating" value="3">' in page
    ana.post("/check-ins", data={"left_rating": "3", "repeated": "y"})
    last = latest_check_in(people.circle)
    assert (last.left_rating, last.right_rating, last.repeated) == (3, None, True)
    ana.post(f"/check-ins/{last.public_id}", data={"left_rating": "3"})
    assert last.repeated is False
    ana.post("/check-ins", data={"left_rating": "3", "repeated": "y", "symptoms": "cramps"})
    assert latest_check_in(people.circle).repeated is False


def test_nothing_to_repeat_leads_to_the_form(ana):
    assert ana.post("/check-ins/repetition").location == "/check-ins/new"
