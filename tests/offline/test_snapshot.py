"""What a phone may keep: by role, to the field; small; unchanged it is not sent again."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.checkins.models import FunctionAnswer
from companion.checkins.operations import use_device, watch_tasks
from companion.circles.models import Contact
from companion.clock import now
from companion.database import transaction
from companion.domain.safety import LOOK_BACK_DAYS
from companion.offline.routes import MOST_BYTES, _packed
from tests import factories
from tests.infusions.plans import start
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]
ABOUT = {"id", "name", "is_patient", "tz", "rights", "look_back_days", "emergency"}
WHOLE = {"format", "account", "lang", "keeps", "seal", "forgotten", "circles", "writes", "lock_minutes"}
CHECK_IN = {"id", "version", "more", "on", "day", "left", "right", "grip", "movements", "repeated"}
INFUSION = {"on", "day", "title", "facts", "booked"}


def of(client: FlaskClient, **options: Any) -> dict[str, Any]:
    answer = client.get("/offline/snapshot", **options)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json)


@pytest.fixture
def filled(people: People) -> People:
    """A plan, a phone number, and check-ins of today and of twenty days ago."""
    today = now().date()
    with transaction():
        start(people.circle, (today + timedelta(days=6)).isoformat(), now=now())
        doctor = Contact(circle_id=people.circle.id, kind="neurologist")
        doctor.name, doctor.phone = "Dr Rao", "+44 20 7946 0000"
        factories.add(doctor)
        for days in (0, 20):
            on = today - timedelta(days=days)
            at = now() - timedelta(days=days)
            factories.check_in(people.circle, people.ana, on=on, recorded_at=at, left_rating=2, note="canary note")
    return people


def test_each_role_gets_its_fields_and_no_other(filled: People, client_of: ClientOf) -> None:
    with transaction():
        helper = factories.account("Hal", "hal@example.org")
        factories.membership(filled.circle, helper, "full_help")
    dates = ABOUT | {"infusions"}
    writes = dates | {"contacts", "check_ins", "medical_card", "parts"}
    card = {"medical_card"}
    expected = {filled.ana: writes, helper: writes, filled.ben: dates | card, filled.vera: dates}
    for account, fields in expected.items():
        kept = of(client_of(account))
        assert set(kept) == WHOLE
        (circle,) = kept["circles"]
        assert kept["writes"] == ([filled.circle.public_id] if "contacts" in fields else [])
        assert set(circle) == fields
        assert set(circle["infusions"][0]) == INFUSION
        assert circle["emergency"] == {"country": "GB", "number": "999"}
    anas = of(client_of(filled.ana))["circles"][0]
    assert [set(row) for row in anas["check_ins"]] == [CHECK_IN]
    assert anas["check_ins"][0]["left"] == 2
    assert anas["contacts"] == [{"kind": "neurologist", "name": "Dr Rao", "phone": "+44 20 7946 0000"}]
    assert of(client_of(helper))["circles"][0]["check_ins"] == [], "what others entered stays at home"
    assert "canary" not in client_of(filled.ana).get("/offline/snapshot").text
    assert "Dr Rao" not in client_of(filled.ben).get("/offline/snapshot").text


def test_a_stranger_and_nobody_get_nothing_of_it(filled: People, client_of: ClientOf) -> None:
    (own,) = of(client_of(filled.sam))["circles"]
    assert own["id"] == filled.sams_circle.public_id
    nobody = client_of(None).get("/offline/snapshot", headers={"Accept": "application/json"})
    assert (nobody.status_code, nobody.mimetype) == (401, "application/json")


def test_a_shared_device_keeps_nothing(filled: People, app: Any) -> None:
    client = app.test_client()
    with transaction():
        client.set_cookie("session", factories.session_token(filled.ana, now(), shared_device=True))
    kept = of(client)
    assert (kept["keeps"], kept["seal"], kept["circles"]) == (False, None, [])


def test_unchanged_it_is_not_sent_again_and_each_person_has_a_seal(filled: People, client_of: ClientOf) -> None:
    ana = client_of(filled.ana)
    first = ana.get("/offline/snapshot")
    again = ana.get("/offline/snapshot", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert ana.get("/offline/snapshot?lang=zh", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    seals = {of(client_of(person))["seal"] for person in (filled.ana, filled.ben, filled.sam)}
    assert len(seals) == 3
    assert len(ana.get("/offline/snapshot").json["seal"]) == 43


def test_it_comes_packed_and_lengths_tell_nothing_of_the_key(filled: People, client_of: ClientOf) -> None:
    ana = client_of(filled.ana)
    plain, packed = (ana.get("/offline/snapshot", headers={"Accept-Encoding": way}) for way in ("identity", "gzip"))
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(gzip.decompress(packed.data)) == len(plain.data)
    key = plain.json["seal"]
    lengths = {
        len(_packed(json.dumps({"name": guess, "seal": key, "note": guess}), key))
        for guess in (key[:20], key[19::-1])
    }
    assert len(lengths) == 1
    again = ana.get("/offline/snapshot", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_it_stays_small(filled: People, client_of: ClientOf) -> None:
    today = now().date()
    with transaction():
        for number in range(120):
            factories.check_in(filled.circle, filled.ana, on=today - timedelta(days=number % 14), left_rating=3)
    answer = client_of(filled.ana).get("/offline/snapshot")
    assert len(answer.json["circles"][0]["check_ins"]) == 60
    assert len(answer.data) < MOST_BYTES / 4


def test_movements_are_kept_while_the_safety_question_compares_with_them(filled: People, client_of: ClientOf) -> None:
    today = now().date()
    with transaction():
        for days in (LOOK_BACK_DAYS, LOOK_BACK_DAYS + 1):
            row = factories.check_in(filled.circle, filled.ana, on=today - timedelta(days=days), left_rating=4 - days)
            about = {
                "circle_id": row.circle_id,
                "kind": "movement",
                "side": "right",
                "answer": "cannot",
                "on": row.on,
            }
            row.function_answers.append(FunctionAnswer(item="lift_foot", **about))
    rows = client_of(filled.ana).get("/offline/snapshot").json["circles"][0]["check_ins"]
    assert [row["movements"] for row in rows] == [{}, {"lift_foot right": 0}, {}]


def test_what_a_change_must_not_lose_is_kept_and_what_was_forgotten_is_named(
    filled: People, client_of: ClientOf
) -> None:
    """All but the note, as the form sends it; and keys that a database of an older day does not know."""
    ana: Any = client_of(filled.ana)
    with transaction():
        meter = use_device(filled.circle, name="Meter", unit="kg", on=now().date())
        (task,) = watch_tasks(filled.circle, ["key"], None, on=now().date())
    field = f"task_{task.public_id}_left"
    form = {
        "left_rating": "0",
        "left_grip": "40",
        "right_grip_cannot": "1",
        field: "easy",
        "symptoms": ["cold", "cramps"],
    }
    more = {"note": "canary", "movement_pinch_left": "weaker", "hand_warmth": "cool", "client_id": "taken"}
    ana.post("/check-ins", data={**form, **more})
    answer = ana.get("/offline/snapshot?sent=taken,lost,,%20,taken").json
    assert answer["forgotten"] == ["lost"]
    rows = answer["circles"][0]["check_ins"]
    assert [row["movements"] for row in rows] == [{"pinch left": 1}, {}]
    said = next(row for row in rows if row["left"] == 0)["more"]
    assert said == {
        "left_grip": ["40"],
        "right_grip_cannot": ["1"],
        field: ["easy"],
        "symptoms": ["cold", "cramps"],
        "hand_warmth": ["cool"],
        "device": [meter.public_id],
    }
    assert client_of(filled.sam).get("/offline/snapshot?sent=taken").json["forgotten"] == ["taken"]


def test_a_form_that_is_kept_comes_alone_and_takes_no_message_of_its_person(
    filled: People, client_of: ClientOf
) -> None:
    ana = client_of(filled.ana)
    ana.post("/check-ins", data={"left_rating": "3"})
    alone = ana.get("/check-ins/new", headers={"X-Form-Only": "1"}).text
    assert 'id="check-in"' in alone
    assert filled.ana.public_id in alone
    assert 'class="dock' in alone
    for around in ("<nav", "<footer", "topbar", "undo__text", 'data-module="waiting"'):
        assert around not in alone
    assert "undo__text" in ana.get("/").text
