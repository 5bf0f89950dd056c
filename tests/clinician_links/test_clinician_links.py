"""A link for the doctor: made, read, counted, over; and what it must not show."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from companion import clock
from companion.checkins.models import Measurement
from companion.circles.operations import accept_invitation
from companion.clinician_links import jobs, operations
from companion.clinician_links.models import ClinicianLink
from companion.clinician_links.queries import report_of
from companion.database import transaction
from companion.extensions import db
from tests import factories

FORM = {"first_on": "2026-10-01", "last_on": "2026-11-20", "days": "14", "language": "en", "client_id": "k"}


def links():
    db.session.expire_all()
    return list(db.session.scalars(sa.select(ClinicianLink).order_by(ClinicianLink.id)))


@pytest.fixture
def filled(people):
    """Check-ins inside and outside of November, with a note, and an infusion."""
    with transaction():
        inside = factories.check_in(
            people.circle, people.ana, on=date(2026, 11, 5), left_rating=1, note="canary note"
        )
        tries = {"kind": "grip", "hand": "right", "answer": "number", "unit": "kg", "unit_kind": "force"}
        factories.add(
            Measurement(
                circle_id=people.circle.id,
                check_in_id=inside.id,
                value=Decimal("21.5"),
                on=inside.on,
                recorded_at=inside.recorded_at,
                **tries,
            )
        )
        factories.check_in(people.circle, people.ana, on=date(2026, 9, 30), left_rating=0)
        factories.check_in(people.circle, people.ana, on=date(2026, 11, 6), left_rating=None, right_rating=None)
        day = factories.infusion(people.circle).days[0]
        day.planned_on, day.state = date(2026, 11, 3), "done"
        factories.check_in(people.sams_circle, people.sam, on=date(2026, 11, 7), left_rating=4)
    return people


def test_a_link_is_made_and_shows_its_range_without_notes(filled, client_of):
    ana, nobody = client_of(filled.ana), client_of(None)
    assert "It shows no notes." in ana.get("/circle/clinician-links").text
    first, again = ana.post("/circle/clinician-links", data=FORM), ana.post("/circle/clinician-links", data=FORM)
    assert first.location == again.location
    [link] = links()
    address = f"/clinician/{link.token}"
    assert address in ana.get(first.location).text
    answer = nobody.get(address)
    assert (answer.status_code, answer.headers["Referrer-Policy"]) == (200, "no-referrer")
    for words in (
        "Hands and infusions of Ana",
        "5 November 2026",
        "Hardly any",
        "21.5 kg",
        "3 November 2026",
        "Done",
    ):
        assert words in answer.text
    for closed in ("canary", "30 September", "No strength", "6 November", "7 November", "/settings"):
        assert closed not in answer.text
    assert answer.text.count("not entered") == 1, "no grams were entered"
    assert "手" in nobody.get(f"{address}?lang=zh").text
    assert client_of(filled.sam).get(address).text == answer.text, "the same for all"


def test_each_opening_is_seen_and_a_reload_is_none(people, client_of):
    with transaction():
        link = factories.clinician_link(people.circle, people.ana)
    for _ in range(2):
        client_of(None).get(f"/clinician/{link.token}")
    with transaction():
        db.session.refresh(link)
        assert len(link.views) == 1
        operations.note_view(link, link.views[0].at + timedelta(minutes=1))
    page = client_of(people.ana).get(f"/circle/clinician-links/{link.public_id}").text
    assert page.count("<li>") >= 2
    assert "Opened 2 times" in client_of(people.ana).get("/circle/clinician-links").text


def test_over_by_time_by_hand_and_unknown_look_the_same(people, client_of):
    with transaction():
        link = factories.clinician_link(people.circle, people.ana)
    ana, nobody, path = client_of(people.ana), client_of(None), f"/clinician/{link.token}"
    assert nobody.get(path).status_code == 200
    ana.post(f"/circle/clinician-links/{link.public_id}/revocation")
    off = nobody.get(path)
    made_up = nobody.get(f"/clinician/{'0' * 64}")
    assert off.status_code == made_up.status_code == 404
    assert off.text.replace(link.token, "") == made_up.text.replace("0" * 64, "")
    ana.post(f"/circle/clinician-links/{link.public_id}/restoration")
    assert nobody.get(path).status_code == 200
    with transaction():
        link.expires_at = clock.now()
    assert nobody.get(path).text == off.text
    assert "Over" in ana.get("/circle/clinician-links").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"first_on": ""}, "Choose the first day"),
        ({"last_on": "2026-09-01"}, "before the first one"),
        ({"last_on": "2099-01-01"}, "still to come"),
        ({"days": "31"}, "Choose one of these"),
        ({"days": ""}, "Choose one of these"),
        ({"language": "fr"}, "Choose one of these"),
    ],
)
def test_what_does_not_fit_is_explained(people, client_of, fields, words):
    answer = client_of(people.ana).post("/circle/clinician-links", data=FORM | fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert links() == []
    assert client_of(people.ben).post("/circle/clinician-links", data=FORM).status_code == 403


def test_what_is_long_over_is_forgotten(people):
    with transaction():
        old = factories.clinician_link(people.circle, people.ana, now=clock.now() - timedelta(days=98))
        operations.note_view(old, clock.now())
        kept = factories.clinician_link(people.circle, people.ana)
    jobs.forget_old_links()
    assert [one.id for one in links()] == [kept.id]


def test_a_link_ends_with_the_keeping_of_who_made_it(people):
    with transaction():
        circle = factories.circle(keeper=people.ben)
        link = factories.clinician_link(circle, people.ben)
        father = factories.account("Dad", "dad@example.org")
        offer = factories.invitation(circle, people.ben, "dad@example.org", preset="patient")
        accept_invitation(offer, father, now=clock.now())
    assert not link.is_open(clock.now())


def test_a_hand_that_cannot_is_no_number(people):
    with transaction():
        at = datetime(2026, 11, 5, 9, tzinfo=UTC)
        row = factories.check_in(people.circle, people.ana, on=at.date(), left_rating=None, right_rating=None)
        factories.add(
            Measurement(
                circle_id=people.circle.id,
                check_in_id=row.id,
                kind="grip",
                hand="left",
                answer="cannot",
                on=row.on,
                recorded_at=at,
            )
        )
        link = factories.clinician_link(people.circle, people.ana)
    [shown] = report_of(link).check_ins
    assert shown.grips == {"left": "cannot", "right": None}
