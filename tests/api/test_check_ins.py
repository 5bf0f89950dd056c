"""`/api/v1/check-ins`: the same rules as the form."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion.checkins import operations
from companion.checkins.models import CheckIn
from companion.clock import now
from companion.database import transaction
from companion.extensions import db

HEADERS = {"X-App-Request": "1"}
URL = "/api/v1/check-ins"


@pytest.fixture
def ana(people, client_of):
    with transaction():
        operations.use_device(people.circle, name="Hand dynamometer", unit="kg", on=now().date())
    return client_of(people.ana)


def rows():
    return list(db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id)))


def test_a_check_in_is_recorded_and_listed(ana, people):
    body = {
        "client_id": "a",
        "left_rating": 3,
        "grip": [{"hand": "left", "value": 21.5, "unit": "kg"}, {"hand": "right", "answer": "cannot"}],
        "symptoms": ["cold"],
        "note": "in the snow",
    }
    answer = ana.post(URL, json=body, headers=HEADERS)
    assert (answer.status_code, answer.json["client_id"]) == (201, "a")
    (row,) = rows()
    assert [m.value for m in row.measurements] == [Decimal("21.5"), None]
    listed = ana.get(URL).json
    assert listed["circle"] == people.circle.public_id
    assert listed["check_ins"][0]["id"] == answer.json["id"]
    assert listed["check_ins"][0]["grip"][0]["value"] == 21.5
    assert listed["check_ins"][0]["note"] == "in the snow"


def test_sending_again_is_answered_the_same(ana):
    body = {"left_rating": 3}
    headers = HEADERS | {"Idempotency-Key": "k"}
    first, again = (ana.post(URL, json=body, headers=headers) for _ in range(2))
    assert first.json == again.json
    assert len(rows()) == 1
    assert ana.post(URL, json={"left_rating": 1}, headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "left_rating"),
        ({"left_rating": 5}, "left_rating"),
        ({"left_rating": "strong"}, "left_rating"),
        ({"left_rating": "3"}, "left_rating"),
        ({"left_rating": True}, "left_rating"),
        ({"on": 0, "left_rating": 1}, "on"),
        ({"grip": [{"hand": "left", "value": -1, "unit": "kg"}]}, "grip.0.value"),
        ({"grip": [{"hand": "left", "value": 9999, "unit": "kg"}]}, "grip.0.value"),
        ({"grip": [{"hand": "left", "value": 20, "unit": "kPa"}]}, "grip.0"),
        ({"grip": [{"hand": "left", "value": "NaN", "unit": "kg"}]}, "grip.0.value"),
        ({"on": "2026-02-30", "left_rating": 1}, "on"),
        ({"on": "2999-01-01", "left_rating": 1}, "on"),
        ({"left_rating": 1, "owner_id": 7}, "owner_id"),
        ({"tasks": [{"task": "none", "hand": "left", "answer": "easy"}]}, "tasks.0.task"),
        ({"left_rating": 1, "note": "x" * 5000}, "note"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(ana, body, field):
    answer = ana.post(URL, json=body, headers=HEADERS)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json["fields"]] == [field]
    assert rows() == []


def test_a_body_about_another_circle_than_its_address_is_refused(ana, people):
    address = f"{URL}?circle={people.circle.public_id}"
    other = ana.post(address, json={"left_rating": 3, "circle": people.sams_circle.public_id}, headers=HEADERS)
    assert [one["field"] for one in other.json["fields"]] == ["circle"]
    assert rows() == []
    same = ana.post(address, json={"left_rating": 3, "circle": people.circle.public_id}, headers=HEADERS)
    assert same.status_code == 201


def test_broken_json_and_a_missing_header_are_refused(ana):
    assert ana.post(URL, data="{", content_type="application/json", headers=HEADERS).status_code == 422
    assert ana.post(URL, json={"left_rating": 1}).status_code == 403
    assert ana.post(URL, data={"left_rating": "1"}, headers=HEADERS).status_code == 403
    assert rows() == []


def test_notes_are_for_members_who_may_see_them(ana, people, client_of):
    ana.post(URL, json={"left_rating": 3, "note": "private"}, headers=HEADERS)
    from companion.domain.roles import rights_of

    with transaction():
        ben = next(m for m in people.circle.memberships if m.account_id == people.ben.id)
        ben.rights = rights_of("full_help")
    assert client_of(people.ben).get(URL).json["check_ins"][0]["note"] is None


def test_rights_hold(people, client_of):
    circle = {"circle": people.circle.public_id}
    assert client_of(None).get(URL).status_code == 401
    assert client_of(people.vera).get(URL).status_code == 403
    assert client_of(people.sam).get(URL, query_string=circle).status_code == 404
    assert client_of(people.sam).post(URL, json={"left_rating": 1, **circle}, headers=HEADERS).status_code == 404


def test_bad_ranges_are_refused(ana):
    for query in ("from=yesterday", "from=2026-11-02&to=2026-11-01", "from=1900-01-01&to=2026-01-01"):
        assert ana.get(f"{URL}?{query}").status_code == 422


def test_movements_everyday_hands_tapping_and_context_are_recorded_and_listed(ana):
    body = {
        "movements": [{"movement": "pinch", "side": "left", "answer": "weaker"}],
        "daily_hands": [{"item": "zip", "answer": "cannot"}],
        "tapping": [{"hand": "right", "times_ms": [0, 100, 400], "seconds": 10}],
        "hand_warmth": "cool",
        "context": ["ill"],
    }
    assert ana.post(URL, json=body, headers=HEADERS).status_code == 201
    (listed,) = ana.get(URL).json["check_ins"]
    assert (listed["movements"], listed["daily_hands"]) == (body["movements"], body["daily_hands"])
    assert (listed["hand_warmth"], listed["context"], listed["grip"]) == ("cool", ["ill"], [])
    assert [(one["taps"], one["rhythm_spread_ms"]) for one in listed["tapping"]] == [(3, 100)]
    twice = {"daily_hands": body["daily_hands"] * 2}
    backwards = {"tapping": [{"hand": "left", "times_ms": [5, 3], "seconds": 10}]}
    for bad, field in (
        (twice, "daily_hands"),
        (backwards, "tapping.0.times_ms"),
        ({"context": ["ill"]}, "left_rating"),
    ):
        answer = ana.post(URL, json=bad, headers=HEADERS)
        assert [one["field"] for one in answer.json["fields"]] == [field]


def test_totals_of_questionnaires_are_recorded_and_listed(ana):
    url = "/api/v1/questionnaire-totals"
    body = {"name": "MMN-RODS", "total": 38.5, "out_of": 50, "client_id": "t"}
    first, again = (ana.post(url, json=body, headers=HEADERS) for _ in range(2))
    assert (first.status_code, first.json) == (201, again.json)
    (one,) = ana.get(url).json["totals"]
    assert (one["name"], one["total"], one["out_of"], one["id"]) == ("MMN-RODS", 38.5, 50, first.json["id"])
    for bad in ({"total": 51}, {"total": -1}, {"name": ""}, {"on": "2999-01-01"}):
        answer = ana.post(url, json={**body, "client_id": None, **bad}, headers=HEADERS)
        assert [field["field"] for field in answer.json["fields"]] == list(bad), bad
    assert ana.post(url, json={**body, "client_id": "u"}).status_code == 403
    assert ana.get(f"{url}?to=2020-01-01&from=2019-01-01").json["totals"] == []
