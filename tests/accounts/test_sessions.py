"""How long a sign-in lasts, and how it ends."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.accounts.models import AccountSession
from companion.database import transaction
from companion.extensions import db
from tests.accounts.browsers import ask, code, cookie


def is_in(client):
    return client.get("/settings").status_code == 200


def move_back(**columns):
    """Make the newest session older."""
    with transaction():
        row = db.session.scalars(sa.select(AccountSession).order_by(AccountSession.id.desc())).first()
        for name, by in columns.items():
            setattr(row, name, getattr(row, name) - by)


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


@pytest.fixture
def shared(people, client_of):
    client = client_of(None)
    ask(client, shared_device="y")
    client.post("/sign-in/code", data={"code": code()})
    return client


def test_a_phone_stays_signed_in_for_thirty_quiet_days(ana):
    move_back(last_seen_at=timedelta(days=29, hours=23))
    assert is_in(ana)
    move_back(last_seen_at=timedelta(days=30, minutes=1))
    assert not is_in(ana)


def test_a_phone_asks_again_after_half_a_year(ana):
    move_back(expires_at=timedelta(days=179, hours=23))
    assert is_in(ana)
    move_back(expires_at=timedelta(hours=1, minutes=1))
    assert not is_in(ana)


def test_a_shared_device_is_signed_out_after_fifteen_quiet_minutes(shared):
    move_back(last_seen_at=timedelta(minutes=14))
    assert is_in(shared)
    move_back(last_seen_at=timedelta(minutes=15, seconds=1))
    assert not is_in(shared)


def test_a_shared_device_is_signed_out_after_eight_hours(shared):
    move_back(expires_at=timedelta(hours=8))
    assert not is_in(shared)


def test_using_the_app_keeps_the_session_alive_with_one_write_an_hour(ana):
    seen = sa.select(AccountSession.last_seen_at)
    move_back(last_seen_at=timedelta(minutes=59))
    before = db.session.scalar(seen)
    assert is_in(ana)
    assert db.session.scalar(seen) == before
    move_back(last_seen_at=timedelta(minutes=2))
    assert is_in(ana)
    assert clock.now() - db.session.scalar(seen) < timedelta(minutes=1)


def test_a_static_file_is_no_sign_of_life(app, ana):
    move_back(last_seen_at=timedelta(hours=2))
    before = db.session.scalar(sa.select(AccountSession.last_seen_at))
    assert ana.get(f"{app.static_url_path}/css/app.css").status_code == 200
    assert db.session.scalar(sa.select(AccountSession.last_seen_at)) == before


def test_signing_out_ends_the_session_and_clears_the_device(ana):
    token = ana.get_cookie("session").value
    answer = ana.post("/sign-out")
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Max-Age=0" in cookie(answer, "session")
    ana.set_cookie("session", token)
    assert not is_in(ana)


def test_signing_out_again_is_harmless(ana):
    for _ in range(3):
        assert ana.post("/sign-out").status_code == 303


def test_the_list_shows_the_devices(people, ana, client_of):
    other = client_of(None)
    ask(other)
    phone = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    other.post("/sign-in/code", data={"code": code()}, headers={"User-Agent": phone})
    page = ana.get("/settings/sign-in").text
    assert "Chrome · Android" in page
    assert page.count("Sign out there</span>") == 1


def test_another_device_can_be_signed_out(people, ana, client_of):
    other = client_of(None)
    ask(other)
    other.post("/sign-in/code", data={"code": code()})
    row = db.session.scalars(sa.select(AccountSession).order_by(AccountSession.id.desc())).first()
    assert ana.post(f"/settings/sessions/{row.public_id}/end").status_code == 303
    assert not is_in(other)
    assert is_in(ana)
    assert ana.post(f"/settings/sessions/{row.public_id}/end").status_code == 404


def test_the_sessions_of_others_do_not_exist(people, ana, client_of):
    ben = client_of(people.ben)
    row = db.session.scalars(sa.select(AccountSession).where(AccountSession.account_id == people.ana.id)).one()
    assert ben.post(f"/settings/sessions/{row.public_id}/end").status_code == 404
    assert is_in(ana)


@pytest.mark.parametrize("token", ["", "x", "token-of-nobody", "😀", "a" * 4000])
def test_an_odd_token_is_signed_out(people, client_of, token):
    client = client_of(None)
    client.set_cookie("session", token)
    assert client.get("/settings").status_code == 303
