"""Opening a circle and its page: shown, saved, refused, repeated."""

import pytest
import sqlalchemy as sa

from companion.circles import queries
from companion.circles.models import Circle, Membership
from companion.domain.roles import RIGHTS
from companion.extensions import db
from tests import factories

OPENED = {"patient": "self", "patient_name": "Nora", "country": "GB", "tz": "Europe/London", "client_id": "k1"}
CARED_FOR = {"patient": "other", "country": "other", "other_country": "FR", "tz": "Europe/Paris", "client_id": "k2"}


@pytest.fixture
def nora(people):
    """Somebody without a circle."""
    made = factories.account("Nora", "nora@example.org")
    db.session.commit()
    return made


def circles():
    return db.session.scalar(sa.select(sa.func.count(Circle.id)))


def test_without_a_circle_every_page_leads_to_the_first(nora, client_of):
    answer = client_of(nora).get("/circle")
    assert (answer.status_code, answer.location) == (303, "/circle/new")


def test_the_page_asks_who_it_is_for(nora, client_of):
    page = client_of(nora).get("/circle/new").text
    assert "For me" in page
    assert "For someone I care for" in page
    assert '<option value="Europe/London" selected>' in page


def test_a_circle_for_oneself(nora, client_of):
    answer = client_of(nora).post("/circle", data=OPENED)
    membership = db.session.scalars(sa.select(Membership).where(Membership.account_id == nora.id)).one()
    circle = membership.circle
    assert (answer.status_code, answer.location) == (303, f"/first-steps?circle={circle.public_id}")
    assert (circle.patient_account_id, circle.country, circle.tz) == (nora.id, "GB", "Europe/London")
    assert (membership.preset, membership.rights) == ("patient", RIGHTS)
    assert circle.shown_name == "Nora"


def test_a_circle_for_someone_one_cares_for(nora, client_of):
    client_of(nora).post("/circle", data=CARED_FOR)
    membership = db.session.scalars(sa.select(Membership).where(Membership.account_id == nora.id)).one()
    assert (membership.preset, membership.rights) == ("keeper", RIGHTS)
    assert membership.circle.patient_account_id is None
    assert (membership.circle.country, membership.circle.shown_name) == ("FR", None)
    assert client_of(None).get("/circle").status_code == 303


def test_opening_again_with_the_same_form_makes_one_circle(nora, client_of):
    client, before = client_of(nora), circles()
    first, second = client.post("/circle", data=OPENED), client.post("/circle", data=OPENED)
    assert first.location == second.location
    assert circles() == before + 1
    assert client.post("/circle", data={**OPENED, "country": "US"}).status_code == 422


def test_nobody_is_the_patient_of_two_circles(people, client_of):
    client, before = client_of(people.ana), circles()
    assert "For me" not in client.get("/circle/new").text
    answer = client.post("/circle", data=OPENED)
    assert answer.status_code == 422
    assert "You have a circle of your own" in answer.text
    assert circles() == before


@pytest.mark.parametrize(
    "change",
    [
        {"patient": ""},
        {"patient": "everyone"},
        {"tz": "Mars/Base"},
        {"tz": ""},
        {"country": "other", "other_country": ""},
        {"country": "XX"},
        {"country": "other", "other_country": "../x"},
        {"patient_name": "n" * 500},
    ],
)
def test_what_does_not_fit_is_explained_and_kept(nora, client_of, change):
    before = circles()
    answer = client_of(nora).post("/circle", data={**OPENED, **change})
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert ("n" * 500 if "patient_name" in change else 'value="Nora"') in answer.text
    assert circles() == before


@pytest.mark.parametrize("name", ["😀 李", "مريم", "<b>x</b>", "a'b\"c"])
def test_names_of_every_kind(nora, client_of, name):
    client = client_of(nora)
    client.post("/circle", data={**OPENED, "patient_name": name})
    page = client.get("/circle/edit").text
    assert "<b>x</b>" not in page
    assert queries.own_circle(nora).shown_name == name


def test_the_page_shows_people_and_their_rights(people, client_of):
    page = client_of(people.ana).get("/circle").text
    for words in (
        "Ana (you)",
        "Ben",
        "Vera",
        "Sees and changes dates",
        "Sees dates and answers reminders",
        "Invite someone",
    ):
        assert words in page


def test_there_are_no_dead_buttons(people, client_of):
    vera, ben = client_of(people.vera).get("/circle").text, client_of(people.ben).get("/circle").text
    for path in ("/circle/edit", "/circle/location", "/circle/weights"):
        assert path not in vera
    assert "/circle/edit" not in ben
    assert "/circle/location" in ben
    assert "Year of birth" not in vera
    assert "Weight" not in vera


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("get", "/circle/edit", "ben"),
        ("post", "/circle/edit", "ben"),
        ("get", "/circle/location", "vera"),
        ("post", "/circle/location", "vera"),
        ("post", "/circle/weights", "vera"),
    ],
)
def test_a_member_without_the_right_is_refused(people, client_of, method, path, who):
    assert getattr(client_of(getattr(people, who)), method)(path).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/circle"),
        ("get", "/circle/edit"),
        ("post", "/circle/edit"),
        ("post", "/circle/location"),
        ("post", "/circle/weights"),
        ("get", "/circle/contacts"),
        ("post", "/circle/contacts"),
    ],
)
def test_a_stranger_finds_nothing(people, client_of, method, path):
    sam, query = client_of(people.sam), {"circle": people.circle.public_id}
    call = {"query_string": query} if method == "get" else {"data": query}
    assert getattr(sam, method)(path, **call).status_code == 404


def test_facts_about_the_patient_are_saved(people, client_of):
    client = client_of(people.ana)
    typed = {
        "patient_name": "Ana M.",
        "birth_year": "１９６１",
        "country": "other",
        "other_country": "NL",
        "tz": "Europe/Paris",
    }
    assert client.post("/circle/edit", data=typed).status_code == 303
    circle = db.session.get(Circle, people.circle.id, populate_existing=True)
    assert (circle.patient_name, circle.birth_year, circle.country, circle.tz) == (
        "Ana M.",
        1961,
        "NL",
        "Europe/Paris",
    )
    page = client.get("/circle/edit").text
    assert 'value="1961"' in page
    assert '<option value="NL" selected>' in page


@pytest.mark.parametrize("year", ["1899", "2200", "abc", "19.5", "-1", "😀", "9" * 30])
def test_a_year_of_birth_that_cannot_be(people, client_of, year):
    answer = client_of(people.ana).post("/circle/edit", data={"birth_year": year, "tz": "Europe/London"})
    assert answer.status_code == 422
    assert f'value="{year}"' in answer.text


def test_where_the_patient_is_now(people, client_of):
    client = client_of(people.ben)
    answer = client.post("/circle/location", data={"country": "US", "back": "/emergency"})
    assert (answer.status_code, answer.location) == (303, "/emergency")
    circle = db.session.get(Circle, people.circle.id, populate_existing=True)
    assert queries.country_now(circle) == "US"
    assert "United States" in client.get("/circle").text
    client.post("/circle/location", data={"country": "GB", "back": "https://evil.example"})
    assert db.session.get(Circle, people.circle.id, populate_existing=True).location_country is None


def test_with_two_circles_the_page_asks_which(people, client_of):
    factories.membership(people.sams_circle, people.ben, "calendar_only")
    db.session.commit()
    client = client_of(people.ben)
    page = client.get("/circle").text
    for circle in (people.circle, people.sams_circle):
        assert f"/circle?circle={circle.public_id}" in page
    assert "Care circle of Sam" in page
    assert "Care circle of Ana" in client.get(f"/circle?circle={people.circle.public_id}").text
