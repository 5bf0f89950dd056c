"""Every route carries exactly one rule, and the rule holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from companion.access import PUBLIC_ENDPOINTS, Access, access_of
from companion.accounts.models import Account, AccountSession
from companion.clock import now
from companion.database import public_id, transaction
from companion.domain.roles import ROLES
from companion.extensions import db
from tests import factories
from tests.access_matrix import written_down
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]
ROLE_OF = {"ana": "patient", "ben": "manage_calendar", "vera": "calendar_only"}
WORDS_IN_ADDRESSES = {
    "question": "events",
    "kind": "clinic",
    "month": "2026-11",
    "group": "name",
    "session_id": "unknown",
    "feed_id": "unknown",
    "device_id": "unknown",
    "consent_id": "unknown",
    "passkey_id": "unknown",
    "token": "unknown",
}


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


# --- every route, every method, every person ---


@dataclass(frozen=True)
class Way:
    """One method of one route, and the rule that it carries."""

    method: str
    rule: str
    arguments: frozenset[str]
    access: Access

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def path(self, row_id: str) -> str:
        """The address with everything filled in."""
        path = self.rule
        for name in self.arguments:
            word = row_id if name == "public_id" else WORDS_IN_ADDRESSES.get(name)
            assert word, f"say in WORDS_IN_ADDRESSES what <{name}> of {self.rule} may be"
            path = path.replace(f"<{name}>", word)
        return path


def ways(app: Flask) -> Iterator[Way]:
    """Every way into the application that is not public."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        access = access_of(app, rule.endpoint)
        assert access is not None
        if not access.public:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Way(method, str(rule), frozenset(rule.arguments), access)


def row_for(way: Way, people: People) -> str:
    """The public id of a fresh row of Ana's circle for this address."""
    model = way.access.row
    if model is None:
        return ""
    assert model in factories.ROWS, f"{way} names a {model.__name__}: add how to make one to factories.ROWS"
    with transaction():
        return str(factories.ROWS[model](people.circle, people.ana).public_id)


def naming(way: Way, circle: str) -> dict[str, Any]:
    """What names a circle in a request of this way."""
    if way.method == "GET":
        return {"query_string": {"circle": circle}}
    if way.rule.startswith("/api/"):
        return {"json": {"circle": circle}, "headers": {"X-App-Request": "1"}}
    return {"data": {"circle": circle}}


def ask(client: FlaskClient, way: Way, row_id: str, people: People) -> Any:
    """Ask about Ana's circle, with nothing else filled in."""
    if way.method == "GET" and way.access.row is not None:
        return client.get(way.path(row_id))
    return client.open(way.path(row_id), method=way.method, **naming(way, people.circle.public_id))


def test_the_matrix_holds_what_it_should(app: Flask) -> None:
    rules = [way.access for way in ways(app)]
    assert len(rules) > 50
    assert {rule.right for rule in rules} - {None} <= ROLES["patient"]


def test_signed_out_nothing_opens(app: Flask, people: People, client_of: ClientOf) -> None:
    client, wrong = client_of(None), []
    for way in ways(app):
        answer = ask(client, way, row_for(way, people), people)
        leads_to_sign_in = answer.status_code == 303 and answer.location.startswith("/sign-in?next=%2F")
        if not (answer.status_code == 401 if way.rule.startswith("/api/") else leads_to_sign_in):
            wrong.append((str(way), answer.status_code))
    assert wrong == []


ANSWERS = (200, 201, 303, 400, 409, 410, 422)
"""What an allowed request with an empty form may get: anything but refused, hidden, or an error."""


@pytest.mark.parametrize("name", list(ROLE_OF))
def test_a_member_may_what_the_role_says(app: Flask, people: People, client_of: ClientOf, name: str) -> None:
    client, rights, wrong = client_of(getattr(people, name)), ROLES[ROLE_OF[name]], []
    for way in ways(app):
        if way.access.right is None:
            continue
        answer = ask(client, way, row_for(way, people), people)
        allowed = way.access.right in rights
        fine = (
            answer.status_code in (200, 201, 302, 303, 400, 409, 410, 422) if allowed else answer.status_code == 403
        )
        if not fine:
            wrong.append((str(way), way.access.right, answer.status_code))
    assert wrong == []


def test_for_a_stranger_nothing_is_there(app: Flask, people: People, client_of: ClientOf) -> None:
    """A row or circle of others is answered like one that does not exist, to the byte."""
    sam, wrong = client_of(people.sam), []
    for way in ways(app):
        if way.access.right is None:
            continue
        row_id, none_id = row_for(way, people), public_id()
        strange = ask(sam, way, row_id, people)
        missing = ask(sam, way, none_id, people)
        if way.access.row is None:
            missing = sam.open(way.path(""), method=way.method, **naming(way, none_id))
            row_id = people.circle.public_id
        same = strange.text.replace(row_id, "") == missing.text.replace(none_id, "")
        headers = [{k: v for k, v in dict(a.headers).items() if k != "Date"} for a in (strange, missing)]
        if strange.status_code != 404 or missing.status_code != 404 or not same or headers[0] != headers[1]:
            wrong.append((str(way), strange.status_code, missing.status_code, same))
    assert wrong == []


def test_a_form_that_names_another_circle_than_its_row_is_not_answered(
    app: Flask, people: People, client_of: ClientOf
) -> None:
    with transaction():
        factories.membership(people.sams_circle, people.ana, "full_help")
    ana, wrong = client_of(people.ana), []
    for way in ways(app):
        if way.access.row is not None and way.method == "POST":
            data = {"circle": people.sams_circle.public_id}
            answer = ana.post(way.path(row_for(way, people)), data=data)
            if answer.status_code != 404:
                wrong.append((str(way), answer.status_code))
    assert wrong == []


OPEN_WHILE_CLOSED = {
    "GET /check-ins/new",
    "POST /check-ins",
    "POST /check-ins/<public_id>/deletion",
    "GET /check-ins/<public_id>/safety",
    "POST /check-ins/<public_id>/safety",
    "GET /check-ins/<public_id>/safety/contacts",
    "GET /confirm",
    "POST /confirm/passkey/options",
    "POST /confirm/passkey",
    "POST /confirm/recovery-code",
}
"""What is open to a locked or limited session: writing a check-in, the safety question, opening the rest. A mailed
code opens what is locked; it is all that a limited session has shown. What was just saved can be undone."""


@pytest.mark.parametrize("state", ["locked", "limited"])
def test_a_locked_or_limited_session_opens_only_what_it_should(
    app: Flask, people: People, client_of: ClientOf, state: str
) -> None:
    client = client_of(people.ana)
    with transaction():
        factories.passkey(people.ana)
        [session] = db.session.scalars(sa.select(AccountSession))
        session.limited = state == "limited"
        session.used_at -= timedelta(hours=1 if state == "locked" else 0)
    opened = set()
    for way in ways(app):
        answer = ask(client, way, "unknown", people)  # closed before anything is looked up
        if answer.status_code != 401:
            opened.add(str(way))
    assert opened - {"POST /confirm/mail", "POST /confirm/code"} == OPEN_WHILE_CLOSED
    assert ("POST /confirm/mail" in opened) == (state == "locked")


def test_what_is_for_the_person_alone_asks_whether_it_is_them(app: Flask, people: People) -> None:
    client = app.test_client()
    with transaction():
        client.set_cookie("session", factories.session_token(people.ana, now(), fresh=False))
    wanted = {f"{method} {path}" for (method, path), (_part, again) in written_down().items() if again}
    asked = [way for way in ways(app) if str(way) in wanted]
    assert {str(way) for way in ways(app) if way.access.decides and way.method != "GET"} <= wanted
    answers = {str(way): ask(client, way, row_for(way, people), people).status_code for way in asked}
    assert answers == dict.fromkeys(wanted, 401)


def test_with_two_circles_a_page_asks_which_and_a_write_without_one_is_refused(
    people: People, client_of: ClientOf
) -> None:
    with transaction():
        factories.membership(people.sams_circle, people.ana, "full_help")
    ana = client_of(people.ana)
    asked = ana.get("/check-ins/new")
    assert asked.status_code == 200
    for circle in (people.circle, people.sams_circle):
        assert f"/check-ins/new?circle={circle.public_id}" in asked.text
    assert ana.get("/check-ins/new", headers={"Accept": "application/json"}).status_code == 400
    assert ana.post("/check-ins", data={"left_rating": "3"}).status_code == 400
    form = {"left_rating": "3", "circle": people.sams_circle.public_id}
    assert ana.post("/check-ins", data=form).status_code == 303


def test_with_one_circle_an_empty_name_means_that_one(people: People, client_of: ClientOf) -> None:
    assert client_of(people.ana).get("/check-ins?circle=").status_code == 200


def test_without_a_circle_a_page_leads_to_a_new_one(app: Flask, client_of: ClientOf) -> None:
    with transaction():
        nora = factories.account("Nora", "nora@example.org")
    answer = client_of(nora).get("/check-ins")
    assert (answer.status_code, answer.location) == (303, "/circle/new")


def test_a_right_that_was_taken_back_is_gone_with_the_next_request(people: People, client_of: ClientOf) -> None:
    ben = client_of(people.ben)
    assert ben.get("/regimens").status_code == 200
    with transaction():
        membership = next(m for m in people.circle.memberships if m.account_id == people.ben.id)
        membership.rights = frozenset({"answer"})
    assert ben.get("/regimens").status_code == 403
