"""What a phone sends later: its time, its errors as JSON, its second version."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.checkins.models import CheckIn
from companion.clock import now
from companion.extensions import db
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]
JSON = {"Accept": "application/json"}


def ms(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


def rows() -> list[CheckIn]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id)))


def test_a_late_check_in_is_about_the_day_it_was_entered_on(people: People, client_of: ClientOf) -> None:
    """Also where the clock of the phone is three days behind, and where it tells no time of sending."""
    ana, then = client_of(people.ana), now() - timedelta(days=2)
    behind = timedelta(days=3)
    form = {"left_rating": "3", "client_id": "late", "recorded_at": ms(then - behind)}
    answer = ana.post("/check-ins", data=form, headers={**JSON, "X-Sent-At": ms(now() - behind)})
    assert answer.status_code == 201
    yesterday = {"left_rating": "2", "client_id": "plain", "recorded_at": ms(then), "day": "yesterday"}
    assert ana.post("/check-ins", data=yesterday, headers=JSON).status_code == 201
    late, plain = rows()
    assert abs(late.recorded_at - then) < timedelta(seconds=30)
    assert late.on == then.date() == plain.on + timedelta(days=1)
    again = ana.post("/check-ins", data=form, headers={**JSON, "X-Sent-At": ms(datetime(1970, 1, 2, tzinfo=UTC))})
    assert again.json == answer.json, "the time of sending is no part of what was said"
    repeated = {"client_id": "same", "recorded_at": ms(then)}
    assert ana.post("/check-ins/repetition", data=repeated, headers=JSON).status_code == 201
    assert rows()[-1].on == then.date()


def test_what_needs_fixing_is_told_as_json_too(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    empty = ana.post("/check-ins", data={"client_id": "none"}, headers=JSON)
    assert (empty.status_code, empty.mimetype) == (422, "application/json")
    assert empty.json["fields"][0]["message"].startswith("Answer at least one question.")
    bad = ana.post("/check-ins", data={"client_id": "none", "left_rating": "9"}, headers=JSON).json
    assert {"field": "left_rating", "message": "Choose one of the answers."} in bad["fields"]
    assert ana.post("/check-ins", data={"client_id": "none"}).mimetype == "text/html"


def test_another_version_under_the_same_key_says_so(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    ana.post("/check-ins", data={"client_id": "k", "left_rating": "3"}, headers=JSON)
    other = ana.post("/check-ins", data={"client_id": "k", "left_rating": "2"}, headers=JSON)
    assert (other.status_code, other.json["reason"]) == (422, "other_body")
    assert [row.left_rating for row in rows()] == [3]


def test_what_ana_wrote_is_not_taken_from_ben(people: People, client_of: ClientOf) -> None:
    """Whatever Ben may do here: it waits on the phone, and is not refused."""
    form = {"client_id": "k", "left_rating": "3", "circle": people.circle.public_id}
    headers = {**JSON, "X-Account": people.ana.public_id}
    answer = client_of(people.ben).post("/check-ins", data=form, headers=headers)
    assert (answer.status_code, answer.json["reason"], rows()) == (409, "other_account", [])
    assert client_of(people.ana).post("/check-ins", data=form, headers=headers).status_code == 201


def test_a_script_that_opens_the_page_finds_undo_there(people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    opens = {**JSON, "X-Opens-Page": "1"}
    for _ in range(2):
        answer = ana.post("/check-ins", data={"client_id": "k", "left_rating": "3"}, headers=opens)
        assert ana.get(answer.json["url"]).text.count('class="undo"') == 1
    ana.post("/check-ins", data={"client_id": "l", "left_rating": "3"}, headers=JSON)
    assert 'class="undo"' not in ana.get("/").text, "what is sent in the background says nothing"


def test_signing_out_answers_a_script_and_may_keep_its_storage(people: People, client_of: ClientOf) -> None:
    kept: Any = client_of(people.ana).post("/sign-out", data={"keep": "1"}, headers=JSON)
    assert kept.json == {"signed_out": True}
    assert kept.headers["Clear-Site-Data"] == '"cache"'
    assert client_of(people.ana).post("/sign-out", headers=JSON).headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client_of(None).post("/sign-out", headers=JSON).json == {"signed_out": True}


def test_a_page_of_an_earlier_version_gets_todays_files(client_of: ClientOf) -> None:
    nobody = client_of(None)
    for name in ("css/app.css", "js/app.js"):
        old = nobody.get(f"/static/0123456789ab/{name}")
        assert old.status_code == 302
        assert nobody.get(old.location).status_code == 200
        assert old.location.endswith(f"/{name}")
    assert nobody.get("/static/none/css/app.css").status_code == 404
