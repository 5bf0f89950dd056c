"""Every route carries exactly one rule, and the rule holds."""

import pytest

from companion.access import PUBLIC_ENDPOINTS, access_of


def test_every_route_has_a_rule(app):
    missing = [e for e in app.view_functions if access_of(app, e) is None]
    assert missing == []
    assert set(app.view_functions) >= PUBLIC_ENDPOINTS


@pytest.mark.parametrize("path", ["/check-ins", "/circle", "/infusions"])
def test_signed_out_pages_lead_to_sign_in(client_of, path):
    answer = client_of(None).get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=")


def test_signed_out_programs_are_told_so(client_of):
    answer = client_of(None).get("/check-ins", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_a_member_without_the_right_is_refused(people, client_of):
    assert client_of(people.vera).get("/check-ins/new").status_code == 403


def test_a_stranger_and_a_missing_circle_look_the_same(people, client_of):
    sam = client_of(people.sam)
    anas = people.circle.public_id
    strange = sam.get(f"/circle?circle={anas}")
    missing = sam.get(f"/circle?circle={anas[::-1]}")
    assert strange.status_code == missing.status_code == 404
    assert strange.text.replace(anas, "") == missing.text.replace(anas[::-1], "")
