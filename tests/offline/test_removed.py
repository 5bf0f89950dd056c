"""Somebody is removed from a circle while their phone is offline: with the next page nothing of it remains there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from companion import clock
from companion.circles import operations
from companion.circles.models import Circle, Contact, Invitation
from companion.database import transaction
from companion.extensions import db
from tests import factories
from tests.offline.conftest import House, Phone
from tests.offline.test_leaving import EVERYTHING

PhoneOf = Callable[..., Phone]


@pytest.mark.long
def test_ben_is_invited_helps_and_is_removed_while_offline(house: House, phone_of: PhoneOf) -> None:
    people = house.people
    with house.app.app_context(), transaction():
        clinic = Contact(circle_id=people.circle.id, kind="neurologist")
        clinic.name, clinic.phone = "Canary Clinic", "+44 20 7946 0001"
        factories.add(clinic)
        nora = factories.account("Nora", "nora@example.org")
        offer = operations.invite(
            db.session.get_one(Circle, people.circle.id),
            people.ana,
            email="nora@example.org",
            preset="full_help",
            language="en",
            now=clock.now(),
        )
        path = f"/invitations/{offer.token}"
        db.session.expunge(nora)
    phone = phone_of(nora)
    phone.open(path)
    phone.page.get_by_role("button", name="Join").click()
    expect(phone.page.get_by_text("You are in. Welcome.")).to_be_visible()
    phone.open("/check-ins/new")
    phone.wait("async () => Boolean(document.querySelector('input[name=left_rating]'))")
    phone.check_in(left=2)
    expect(phone.page.get_by_text("Saved. Thank you.")).to_be_visible()
    phone.page.wait_for_load_state()
    assert len(house.rows()) == 1
    phone.open("/")
    assert "Canary Clinic" in repr(phone.run("return store.value('copy');"))
    phone.context.set_offline(True)
    phone.page.goto("/check-ins/new")
    phone.check_in(left=1, note="canary note")
    phone.wait("async () => location.pathname === '/offline/saved'")
    with house.app.app_context(), transaction():
        circle = db.session.get_one(Circle, people.circle.id)
        place = next(m.public_id for m in circle.memberships if m.account_id == nora.id)
        operations.remove_member(circle, place, by=people.ana, now=clock.now())
        assert db.session.query(Invitation).one().accepted_at is not None
    phone.context.set_offline(False)
    phone.page.goto("/settings")
    expect(phone.page.get_by_text("1 check-in that waited here is gone")).to_be_visible()
    found = phone.page.evaluate(EVERYTHING)
    assert not [where for where, kept in found.items() if "anary " in repr(kept)]
    assert phone.waiting() == []
    assert phone.run("return (await store.value('copy')).circles;") == []
    assert len(house.rows()) == 1, "what came after the removal is not taken"
