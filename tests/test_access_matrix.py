"""The matrix of who may do what, written down on its own: every route has a row, whatever its decorator says.

tests/test_access.py asks whether each route keeps its rule; here is whether the rule is the right one, and what each
role finds on the pages.
"""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from companion.access import access_of
from companion.accounts.models import Account
from companion.circles.models import Contact
from companion.clock import now
from companion.database import public_id, transaction
from companion.infusions.models import DiaryEntry, GivenRecord, Infusion, InfusionDay, Reaction, Vial
from companion.medical_cards.models import MedicalCard
from tests import factories
from tests.access_matrix import written_down
from tests.people import People
from tests.test_access import Way, ask, naming, row_for, ways

pytestmark = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


def in_the_program(app: Flask) -> dict[tuple[str, str], tuple[str, bool]]:
    """The same from the routes themselves; whether it asks again where the rule says so."""
    found = {}
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None
        path = re.sub(r"^/static/[0-9a-f]{12}/", "/static/<digest>/", str(rule))
        part = access.right or ("key" if "token" in rule.arguments else "public" if access.public else "signed_in")
        if not access.public and access.right is None:
            part = "signed_in"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found[method, path] = (part, access.decides and method != "GET")
    return found


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    table, program = written_down(), in_the_program(app)
    missing = sorted(set(program) - set(table))
    assert missing == [], "say in tests/access_matrix.txt who may do this"
    assert sorted(set(table) - set(program)) == [], "these are gone"
    wrong = {key: (table[key][0], program[key][0]) for key in table if table[key][0] != program[key][0]}
    assert wrong == {}, "the table says the first, the program the second"
    assert [key for key in table if program[key][1] and not table[key][1]] == []


def test_a_row_that_changes_nothing_is_a_get_and_a_key_reads_or_answers_for_one_thing(app: Flask) -> None:
    """There is no operator among the routes, no other method, and a clinician's link can only be read."""
    table = written_down()
    assert {method for method, _path in table} == {"GET", "POST"}
    assert [method for method, path in table if path.startswith("/clinician/")] == ["GET"]
    assert {path.split("/")[1] for (_m, path), (part, _again) in table.items() if part == "key"} == {
        "add-vials", "answers", "calendar", "clinician", "mail-stops", "sign-in",
    }  # fmt: skip


def one_of_each(app: Flask, every: bool) -> Iterator[Way]:
    """All ways that need a right, or one of each kind: by right, row, and reading or writing."""
    seen = set()
    for way in ways(app):
        kind = (way.access.right, way.access.row is None, way.access.decides, way.method)
        if way.access.right is not None and (every or kind not in seen):
            seen.add(kind)
            yield way


EVERY = pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)])


@EVERY
@pytest.mark.parametrize("who", ["removed", "invited"])
def test_who_is_not_in_the_circle_is_a_stranger(
    app: Flask, people: People, client_of: Callable[..., Any], who: str, every: bool
) -> None:
    """Somebody removed a moment ago, and somebody invited who has not accepted."""
    with transaction():
        nora = factories.account("Nora", "nora@example.org")
        factories.invitation(people.circle, people.ana, "nora@example.org", preset="full_help")
    if who == "removed":
        client = client_of(people.ben)
        assert client.get("/infusions").status_code == 200
        with transaction():
            ben = next(m for m in people.circle.memberships if m.account_id == people.ben.id)
            ident = ben.public_id
        assert client_of(people.ana).post(f"/circle/members/{ident}/removal").status_code == 303
    else:
        client = client_of(nora)
    wrong, asked = [], 0
    for way in one_of_each(app, every):
        row_id, none_id = row_for(way, people), public_id()
        strange, missing = ask(client, way, row_id, people), ask(client, way, none_id, people)
        same = strange.text.replace(row_id or "?", "") == missing.text.replace(none_id, "")
        asked += 1
        if strange.status_code != 404 or (way.access.row is not None and not same):
            wrong.append((str(way), strange.status_code, same))
    assert wrong == []
    assert asked > 20


@EVERY
@pytest.mark.parametrize("preset", ["full_help", pytest.param("keeper", marks=pytest.mark.long)])
def test_other_roles_may_what_their_rights_say(
    app: Flask, people: People, client_of: Callable[..., Any], preset: str, every: bool
) -> None:
    with transaction():
        kim = factories.account("Kim", "kim@example.org")
        factories.membership(people.circle, kim, preset)
    client, wrong = client_of(kim), []
    for way in one_of_each(app, every):
        answer = ask(client, way, row_for(way, people), people)
        allowed = preset == "keeper" or way.access.right not in ("keep_circle", "see_notes")
        if (answer.status_code == 403) == allowed or answer.status_code in (401, 404, 405):
            wrong.append((str(way), answer.status_code))
    assert wrong == []


def test_a_secret_address_opens_nothing_but_its_own_page(
    app: Flask, people: People, client_of: Callable[..., Any]
) -> None:
    """Neither as a session, nor as a bearer, nor at another address that takes a key."""
    with transaction():
        link = factories.clinician_link(people.circle, people.ana)
        invitation = factories.invitation(people.circle, people.ana, "vera@example.org")
        tokens = [link.token, invitation.token]
    vera = client_of(people.vera)
    shown = vera.get(vera.post("/calendar/feeds", data={"level": "neutral"}).location).text
    tokens += re.findall(r"/calendar/feeds/([\w.-]+)\.ics", shown)[:1]
    assert len(tokens) == 3
    keys = [path for (method, path), (part, _again) in written_down().items() if part == "key" and method == "GET"]
    for token in tokens:
        client = client_of(None)
        client.set_cookie("session", token)
        for path in ("/check-ins", "/circle", "/offline/snapshot", "/api/v1/infusions"):
            answer = client.get(path, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
            assert answer.status_code == 401, path
        assert client.post("/check-ins", data={"left_rating": "1"}).location.startswith("/sign-in")
        opened = [path for path in keys if client_of(None).get(path.replace("<token>", token)).status_code == 200]
        assert len(opened) <= 1, opened


# --- what each role finds on the pages, field by field ---

SHOWN = {
    "CheckIn": ("note",),
    "QuestionnaireTotal": ("name",),
    "Reaction": ("what", "done_about_it"),
    "DiaryEntry": ("note",),
    "GivenRecord": ("prepared_by", "given_by"),
    "Visit": ("title", "questions", "bring", "note"),
    "CopiedMessage": ("for_name",),
    "Vial": ("lot", "product"),
    "Supply": ("name",),
}
"""What people write in their own words, by kind of row."""

DATES = {"Contact-name", "Contact-note", "CopiedMessage-for_name", "Supply-name", "Vial-lot", "Vial-product"}
DATES |= {"Visit-title", "Visit-bring", "GivenRecord-prepared_by", "GivenRecord-given_by"}
CARD = {"MedicalCard-conditions", "MedicalCard-allergies"}
CHECK_INS = {"QuestionnaireTotal-name", "Reaction-what", "Reaction-done_about_it"}
NOTES = {"CheckIn-note", "DiaryEntry-note", "Visit-note", "Visit-questions"}
FOUND = {
    "patient": DATES | CARD | CHECK_INS | NOTES,
    "keeper": DATES | CARD | CHECK_INS | NOTES,
    "full_help with notes": DATES | CARD | CHECK_INS | NOTES,
    "full_help": DATES | CARD | CHECK_INS,
    "manage_calendar": DATES | CARD,
    "calendar_only": DATES,
    "stranger": set(),
}
"""The words that each role meets anywhere: on pages, in files, in the API, in the copy for its phone."""


def told(people: People) -> dict[type[Any], str]:
    """One row of each kind in Ana's circle, around one infusion, each protected field with a word of its own."""
    circle, ana = people.circle, people.ana
    with transaction():
        rows = {model: make(circle, ana) for model, make in factories.ROWS.items()}
        infusion, day = rows[Infusion], rows[Infusion].days[0]
        for model, row in rows.items():
            for name in SHOWN.get(model.__name__, ()):
                setattr(row, name, f"word-{model.__name__}-{name}")
            if model in (Reaction, DiaryEntry, Vial):
                row.infusion_id = infusion.id
        rows[GivenRecord].day = day
        infusion.first_on = day.planned_on = now().date() - timedelta(days=2)
        day.state = "done"
        doctor = Contact(circle_id=circle.id, kind="neurologist")
        doctor.name, doctor.phone, doctor.note = "word-Contact-name", "+44 20 7946 0123", "word-Contact-note"
        factories.add(doctor)
        card = MedicalCard(circle_id=circle.id, saved_at=now(), allergy_answer="some")
        card.conditions, card.allergies = "word-MedicalCard-conditions", "word-MedicalCard-allergies"
        factories.add(card)
        return {model: row.public_id for model, row in rows.items()} | {InfusionDay: day.public_id}


def words_shown(app: Flask, client: Any, people: People, ids: dict[type[Any], str]) -> set[str]:
    """The words that a reader meets wherever something can be read."""
    found: set[bytes] = set()
    for way in ways(app):
        if way.method == "GET":
            row = way.access.row
            named = {} if row else {"circle": people.circle.public_id}
            page = client.get(way.path(ids[row] if row else ""), query_string=named).data
            found |= set(re.findall(rb"word-(\w+-\w+)", page))
    return {word.decode() for word in found}


def in_role(people: People, role: str) -> Account:
    """Somebody who has this place in Ana's circle."""
    at_hand = {"patient": people.ana, "calendar_only": people.vera, "stranger": people.sam}
    if role in at_hand:
        return at_hand[role]
    with transaction():
        kim = factories.account("Kim", "kim@example.org")
        preset, _with, notes = role.partition(" with ")
        factories.membership(people.circle, kim, preset, see_notes=bool(notes))
    return kim


QUICK = ("full_help", "calendar_only")


@pytest.mark.parametrize(
    "role", [role if role in QUICK else pytest.param(role, marks=pytest.mark.long) for role in FOUND]
)
def test_each_role_finds_its_fields_and_no_other(
    app: Flask, people: People, client_of: Callable[..., Any], role: str
) -> None:
    ids = told(people)
    assert words_shown(app, client_of(in_role(people, role)), people, ids) == FOUND[role]


API = {
    "/api/v1/infusions": {"see_dates"},
    "/api/v1/check-ins": {"see_check_ins"},
    "/api/v1/questionnaire-totals": {"see_check_ins"},
}


def test_programs_get_the_same_keys_whatever_the_role_and_notes_only_with_their_right(
    app: Flask, people: People, client_of: Callable[..., Any]
) -> None:
    told(people)
    with transaction():
        kim = factories.account("Kim", "kim@example.org")
        factories.membership(people.circle, kim, "full_help")
    for path, rights in API.items():
        anas, kims, veras = (client_of(one).get(path) for one in (people.ana, kim, people.vera))
        assert (anas.status_code, kims.status_code) == (200, 200)
        assert veras.status_code == (200 if "see_dates" in rights else 403), path
        first = [next(row for row in body.json.values() if isinstance(row, list))[0] for body in (anas, kims)]
        assert set(first[0]) == set(first[1])
        assert {name for name in first[0] if first[0][name] != first[1][name]} <= {"note"}, path


TIMED = (
    "GET /infusions/<public_id>",
    "GET /check-ins/<public_id>",
    "POST /check-ins/<public_id>/deletion",
    "GET /calendar",
    "GET /api/v1/check-ins",
)


@pytest.mark.long
def test_what_is_not_yours_takes_as_long_as_what_is_not_there(
    app: Flask, people: People, client_of: Callable[..., Any]
) -> None:
    """In turns, by the time of the processor: how busy the machine is does not count."""
    sam, chosen = client_of(people.sam), [way for way in ways(app) if str(way) in TIMED]
    assert len(chosen) == len(TIMED)
    for way in chosen:
        took: dict[str, list[float]] = {"strange": [], "missing": []}
        row_id = row_for(way, people)
        for number in range(100):
            for kind in sorted(took, reverse=bool(number % 2)):
                circle = people.circle.public_id if kind == "strange" else public_id()
                path = way.path(row_id if kind == "strange" else public_id())
                options = {} if way.access.row else naming(way, circle)
                begun = time.process_time()
                answer = sam.open(path, method=way.method, **options)
                took[kind].append(time.process_time() - begun)
                assert answer.status_code == 404
        strange, missing = (statistics.median(took[kind]) for kind in ("strange", "missing"))
        assert abs(strange - missing) < max(0.005, 0.1 * missing), (str(way), strange, missing)
