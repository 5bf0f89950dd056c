"""Deleting by pages: what they say before, who may, what everybody sees meanwhile, and the one button back."""

import sqlalchemy as sa

from companion.clock import now
from companion.database import transaction
from companion.exchange.models import Deletion
from companion.extensions import db
from tests import factories


def asked():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Deletion))


def test_a_circle_is_deleted_in_two_steps_and_kept_with_one_button(people, client_of):
    ana, ben = client_of(people.ana), client_of(people.ben)
    before = ana.get("/deletion/circle").text
    assert "Ben, Vera will be told" in before
    assert "Nobody can bring them back." in before
    assert ana.post("/deletion/circle").status_code == 422
    assert asked() == 0
    answer = ana.post("/deletion/circle", data={"sure": "y"}, follow_redirects=True)
    assert "Until then you can keep everything." in answer.text
    assert asked() == 1
    for path in ("/", "/circle", "/settings", "/deletion"):
        page = ana.get(path).text
        assert "Deletion on " in page, path
        assert "Keep everything" in page, path
    seen = ben.get("/").text
    assert "Care circle of Ana: deletion on " in seen
    assert "Ana asked for it." in seen
    assert "Keep everything" not in seen
    assert ben.post("/deletion/undo").status_code == 303
    assert asked() == 1, "only who asked can take it back"
    kept = ana.post("/deletion/undo", follow_redirects=True).text
    assert "Nothing will be deleted." in kept
    assert asked() == 0
    assert "deletion on" not in ben.get("/").text


def test_only_whoever_keeps_the_circle_may_delete_it(people, client_of):
    named = {"circle": people.circle.public_id, "sure": "y"}
    assert client_of(people.ben).get("/deletion/circle").status_code == 403
    assert client_of(people.ben).post("/deletion/circle", data={"sure": "y"}).status_code == 403
    assert client_of(people.sam).post("/deletion/circle", data=named).status_code == 404
    assert client_of(None).post("/deletion/account", data={"sure": "y"}).status_code == 303
    assert asked() == 0


def test_the_page_before_says_what_becomes_of_each_circle(people, client_of, app):
    with transaction():
        father = factories.circle(keeper=people.ben, patient_name="Leo")
        factories.membership(father, people.vera, "full_help")
    page = client_of(people.ben).get("/deletion/account").text
    assert "Care circle of Leo" in page
    assert "It goes along, with all infusions" in page
    assert "Then ask somebody else to keep it." in page
    assert "Care circle of Ana" in page
    assert "What you entered stays there, without your name." in page
    ana = client_of(people.ana).get("/deletion/account").text
    assert "Then ask somebody else" not in ana, "nobody else can be the patient"
    ben = client_of(people.ben)
    ben.post("/deletion/account", data={"sure": "y"})
    assert asked() == 2, "the account, and the circle that it keeps"
    assert "Care circle of Leo: deletion on " in client_of(people.vera).get(f"/circle?circle={father.public_id}").text
    assert "deletion on" not in client_of(people.ana).get("/").text
    ben.post("/deletion/undo")
    assert asked() == 0


def test_an_entry_without_its_writer_still_has_a_page(people, client_of):
    with transaction():
        entry = factories.check_in(people.circle, people.ana)
        entry.account_id = None
        ident = entry.public_id
    page = client_of(people.ana).get(f"/check-ins/{ident}")
    assert page.status_code == 200
    assert "Entered " in page.text
    assert "Entered by" not in page.text


def test_a_browser_of_nobody_is_told_to_forget_nothing(people, client_of):
    client = client_of(None)
    client.set_cookie("session", "unknown")
    assert "Clear-Site-Data" not in client.get("/").headers


def test_a_session_that_was_left_alone_confirms_first_and_may_always_keep(people, app, client_of):
    client = client_of(None)
    with transaction():
        client.set_cookie("session", factories.session_token(people.ana, now(), fresh=False))
    for path in ("/export/account", "/export/circle", "/deletion/account", "/deletion/circle"):
        answer = client.post(path, data={"sure": "y"})
        assert answer.status_code == 401, path
        assert answer.mimetype == "text/html"
    assert client.get("/export").status_code == 401
    assert asked() == 0
    client_of(people.ana).post("/deletion/account", data={"sure": "y"})
    assert asked() == 2
    assert client.post("/deletion/undo").status_code == 303
    assert asked() == 0
