"""Loading by the command, and being one of the sample people; no other mode has a trace of it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from companion.accounts.models import Account, AccountSession
from companion.cli import load_demo
from companion.database import transaction
from companion.extensions import db
from tests import factories
from tests.fixtures import make_app


@pytest.fixture
def demo_client(app: Flask) -> Iterator[FlaskClient]:
    """A browser at the same database, served in demonstration mode."""
    config = app.config["COMPANION"]
    demo = make_app(config.data, config.database_url, COMPANION_DEMO="1")
    with demo.app_context():
        yield demo.test_client()
        db.engine.dispose()


def sign_in(client, person):
    return client.post("/demo/sign-in", data={"person": person})


def accounts():
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Account))


@pytest.mark.parametrize("person", ["ana", "ben", "vera", "sam"])
def test_every_sample_person_comes_in(people, demo_client, person):
    answer = sign_in(demo_client, person)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert f"{person}@example.org" in demo_client.get("/settings").text


def test_another_person_ends_the_session_before(people, demo_client):
    sign_in(demo_client, "ana")
    sign_in(demo_client, "ben")
    ended = {s.account.name: s.ended_at is not None for s in db.session.scalars(sa.select(AccountSession))}
    assert ended == {"Ana": True, "Ben": False}


@pytest.mark.parametrize("person", ["eve", "", "ANA", "ana@example.org"])
def test_nobody_else_comes_in(people, demo_client, person):
    answer = sign_in(demo_client, person)
    assert answer.status_code == 422
    assert "session=" not in answer.headers.get("Set-Cookie", "")


def test_before_the_sample_is_loaded_nobody_comes_in(demo_client):
    assert sign_in(demo_client, "ana").status_code == 422


def test_another_site_cannot_sign_anyone_in(people, demo_client):
    answer = demo_client.post("/demo/sign-in", data={"person": "ana"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_welcome_page_offers_the_sample_people(demo_client):
    page = demo_client.get("/").text
    assert "This is a demonstration with sample people." in page
    assert all(f'value="{person}"' in page for person in ("ana", "ben", "vera", "sam"))


def test_no_other_mode_has_the_way_in(app, people, client_of):
    assert "demo.sign_in" not in app.view_functions
    assert sign_in(client_of(None), "ana").status_code == 404
    assert "demonstration" not in client_of(None).get("/").text


def test_the_command_fills_an_empty_database_once(app):
    first = app.test_cli_runner().invoke(load_demo)
    assert first.exit_code == 0, first.output
    assert "Ana, Ben, Vera and Sam are here" in first.output
    again = app.test_cli_runner().invoke(load_demo)
    assert again.exit_code == 2
    assert "no sample people were added" in again.output
    assert accounts() == 4


def test_real_people_are_never_mixed_with_sample_ones(app):
    with transaction():
        factories.account("Real", "real@example.org")
    assert app.test_cli_runner().invoke(load_demo).exit_code == 2
    assert accounts() == 1


def test_in_the_demonstration_one_press_shows_that_it_is_you(people, demo_client):
    sign_in(demo_client, "ana")
    with transaction():
        db.session.execute(sa.update(AccountSession).values(stepped_up_at=None))
    form = {"email": "nora@example.org", "preset": "calendar_only", "language": "en"}
    asked = demo_client.post("/circle/invitations", data=form)
    assert (asked.status_code, "Yes, it is me" in asked.text, "Mail me a code" in asked.text) == (401, True, False)
    kept = {"kept-url": "/circle/invitations", "kept-form": "y"} | {
        f"kept.{name}": text for name, text in form.items()
    }
    page = demo_client.post("/demo/confirmation", data=kept).text
    assert 'action="/circle/invitations"' in page
    assert 'name="email" value="nora@example.org"' in page
    assert demo_client.post("/circle/invitations", data=form).status_code == 303
