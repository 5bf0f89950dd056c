"""Another mail address: shown by a code, told to the old one, and no way into somebody else's account."""

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.accounts.queries import address_of
from companion.clock import now
from companion.extensions import db
from tests.accounts.browsers import ask, code, mails

NEW = "anna@example.org"


def accounts():
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(Account.id)))


def test_a_code_from_the_new_address_puts_it_in_place_of_the_old(app, people, client_of):
    ana, before = client_of(people.ana), accounts()
    assert ana.get("/settings/email").status_code == 200
    assert ana.post("/settings/email", data={"email": "anna@"}).status_code == 422
    page = ana.post("/settings/email", data={"email": f" {NEW.upper()} "})
    assert (page.status_code, NEW in page.text) == (200, True)
    typed = code()
    wrong = f"{(int(typed) + 1) % 10**6:06d}"
    assert ana.post("/settings/email/code", data={"code": wrong}).status_code == 422
    assert client_of(people.ben).post("/settings/email/code", data={"code": typed}).status_code == 410
    assert address_of("ana@example.org") is not None
    assert ana.post("/settings/email/code", data={"code": typed}).status_code == 303
    db.session.rollback()
    assert address_of("ana@example.org") is None
    assert address_of(NEW).account_id == people.ana.id
    assert address_of(NEW).confirmed_at is not None
    assert accounts() == before, "asking leaves no empty account"
    told = [(mail["To"], mail["Subject"]) for mail in mails(app)]
    assert told == [(NEW, "Your code to confirm"), ("ana@example.org", "Your sign-in has changed")]
    other = client_of(None)
    ask(other, NEW)
    assert other.post("/sign-in/code", data={"code": code()}).status_code == 303
    assert NEW in other.get("/settings").text


def test_an_address_that_comes_back_can_be_replaced(app, people, client_of):
    people.ana.address.bad_since_at = now()
    db.session.commit()
    ana = client_of(people.ana)
    ana.post("/settings/email", data={"email": NEW})
    assert ana.post("/settings/email/code", data={"code": code()}).status_code == 303
    db.session.rollback()
    assert address_of(NEW).bad_since_at is None
    assert [mail["To"] for mail in mails(app)] == [NEW]


def test_the_address_of_somebody_else_stays_theirs(app, people, client_of):
    ana, ben = client_of(people.ana), "ben@example.org"
    known = ana.post("/settings/email", data={"email": ben})
    unknown = ana.post("/settings/email", data={"email": NEW})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ben, "") == unknown.text.replace(NEW, "")
    ana.post("/settings/email", data={"email": ben})
    answer = ana.post("/settings/email/code", data={"code": code()})
    assert answer.status_code == 409
    assert "an account of its own" in answer.text
    assert address_of(ben).account_id == people.ben.id
