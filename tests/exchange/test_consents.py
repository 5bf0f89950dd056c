"""Consents: asked in one sentence where it first matters, noted with the version, and what ends with each."""

import pytest
import sqlalchemy as sa

from companion.circles.models import Invitation
from companion.clinician_links.models import ClinicianLink
from companion.clock import now
from companion.consents.models import CLINICIAN, HEALTH_DATA, MAIL, PURPOSES, PUSH, SHARING, VERSIONS, Consent
from companion.consents.operations import agree
from companion.consents.queries import consents_of
from companion.consents.words import ENDS, TEXTS, TITLES
from companion.database import transaction
from companion.delivery.models import PushSubscription
from companion.exchange.models import Deletion
from companion.extensions import db
from companion.reminders.queries import rule_of
from tests import factories


def given(account, purpose, circle=None):
    with transaction():
        (made,) = agree(
            account,
            [f"{purpose}.1"],
            asked=(purpose,),
            circle_id=circle.id if circle is not None else None,
            language="en",
            now=now(),
        )
        return made.public_id


def noted(account):
    db.session.rollback()
    return {(one.purpose, one.circle_id): one for one in consents_of(account)}


def take_back(client, ident):
    assert client.get(f"/consents/{ident}").status_code == 200
    return client.post(f"/consents/{ident}/withdrawal", follow_redirects=True)


def test_each_purpose_has_words_a_version_and_an_end():
    assert set(PURPOSES) == set(TITLES) == set(TEXTS) == set(ENDS) == set(VERSIONS)


def test_only_what_was_shown_is_noted_and_only_once(people):
    with transaction():
        ask = {"asked": (MAIL, SHARING), "circle_id": people.circle.id, "language": "zh", "now": now()}
        shown = ["mail.1", "sharing.1", "push.1", "mail.2", "mail.x", "mail.²", "nonsense", "", "mail.99999"]
        assert len(agree(people.ana, shown, **ask)) == 2
        assert agree(people.ana, shown, **ask) == []
    found = noted(people.ana)
    assert set(found) == {(MAIL, None), (SHARING, people.circle.id)}
    assert (found[MAIL, None].version, found[MAIL, None].language) == (1, "zh")
    assert consents_of(people.ben) == []


def test_opening_a_circle_asks_in_the_form_itself(app, client_of):
    with transaction():
        zoe = factories.account("Zoe", "zoe@example.org")
    client = client_of(zoe)
    page = client.get("/circle/new").text
    assert page.count('name="consent"') == 2
    form = {"patient": "self", "country": "GB", "tz": "Europe/London"}
    client.post("/circle", data={**form, "consent": ["health_data.1", "mail.1"]})
    assert {purpose for purpose, _circle in noted(zoe)} == {HEALTH_DATA, MAIL}
    listed = client.get("/consents").text
    assert "Keeping health data, Your care circle" in listed
    assert "Since " in listed


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/circle/invitations/new", "sharing.1"),
        ("/circle/clinician-links/new", "clinician_link.1"),
        ("/settings/devices/new", "push.1"),
        ("/circle/reminders/ways", "mail.1"),
    ],
)
def test_the_sentence_stands_where_it_matters(people, client_of, path, words):
    assert f'value="{words}"' in client_of(people.ana).get(path).text


def test_forms_note_it(people, client_of):
    client = client_of(people.ana)
    invited = {"email": "kim@example.org", "preset": "calendar_only", "language": "en", "consent": "sharing.1"}
    assert client.post("/circle/invitations", data=invited).status_code == 303
    link = {"first_on": "2026-11-01", "last_on": "2026-11-20", "days": "7", "language": "en"}
    assert client.post("/circle/clinician-links", data={**link, "consent": "clinician_link.1"}).status_code == 303
    ways = {"by_push": "y", "mail": "always"}
    assert client.post("/circle/reminders/ways", data={**ways, "consent": "mail.1"}).status_code == 303
    client_of(people.ben).post("/circle/reminders/ways", data={"mail": "never", "consent": "mail.1"})
    circle = people.circle.id
    assert set(noted(people.ana)) == {(SHARING, circle), (CLINICIAN, circle), (MAIL, None)}
    assert noted(people.ben) == {}


def test_taking_sharing_back_ends_places_and_offers(people, client_of):
    with transaction():
        factories.invitation(people.circle, people.ana)
    ident = given(people.ana, SHARING, people.circle)
    page = take_back(client_of(people.ana), ident).text
    assert "Taken back." in page
    assert client_of(people.ben).get("/circle").status_code == 303, "he is in no circle now"
    assert [one.revoked_at is None for one in db.session.scalars(sa.select(Invitation))] == [False]
    assert noted(people.ana)[SHARING, people.circle.id].withdrawn_at is not None
    assert given(people.ana, SHARING, people.circle) != ident, "asked again, it is noted anew"


def test_taking_the_others_back_ends_links_mails_and_devices(people, client_of):
    client = client_of(people.ana)
    with transaction():
        factories.clinician_link(people.circle, people.ana)
        factories.push_subscription(people.ana)
        factories.push_subscription(people.ben)
    take_back(client, given(people.ana, CLINICIAN, people.circle))
    take_back(client, given(people.ana, MAIL))
    take_back(client, given(people.ana, PUSH))
    db.session.rollback()
    assert [one.is_open(now()) for one in db.session.scalars(sa.select(ClinicianLink))] == [False]
    assert rule_of(people.circle.id, people.ana.id).mail == "never"
    open_ones = db.session.scalars(sa.select(PushSubscription).where(PushSubscription.closed_at.is_(None)))
    assert [one.account_id for one in open_ones] == [people.ben.id]


def test_without_keeping_health_data_there_is_no_circle(people, client_of):
    client = client_of(people.ana)
    page = take_back(client, given(people.ana, HEALTH_DATA, people.circle)).text
    assert "The circle is deleted in 7 days" in page
    assert db.session.scalars(sa.select(Deletion.circle_id)).all() == [people.circle.id]
    client.post("/deletion/undo")
    assert noted(people.ana)[HEALTH_DATA, people.circle.id].withdrawn_at is None, "kept, it still counts"


def test_nobody_reads_or_takes_back_what_somebody_else_agreed_to(people, client_of):
    ident = given(people.ana, SHARING, people.circle)
    ben = client_of(people.ben)
    assert ben.get(f"/consents/{ident}").status_code == 404
    assert ben.post(f"/consents/{ident}/withdrawal").status_code == 404
    assert db.session.scalars(sa.select(Consent.withdrawn_at)).all() == [None]
