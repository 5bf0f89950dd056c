"""A phone without a connection whose pages are locked: it draws nothing of before, and takes a check-in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from companion import clock
from companion.database import transaction
from tests import factories
from tests.offline.conftest import House, Phone

PhoneOf = Callable[..., Phone]
UNUSED = "await store.setFlag('used_at', Date.now() - given * 60_000);"


@pytest.fixture
def with_passkey(house: House) -> House:
    """Ana has a passkey, a check-in of today, and so pages that lock."""
    with house.app.app_context(), transaction():
        factories.passkey(house.people.ana)
        now = clock.now()
        factories.check_in(house.people.circle, house.people.ana, recorded_at=now, on=now.date(), left_rating=1)
    return house


def test_the_copy_on_the_phone_locks_and_a_check_in_can_be_written(with_passkey: House, phone_of: PhoneOf) -> None:
    house, phone = with_passkey, phone_of(with_passkey.people.ana)
    phone.open()
    assert phone.run("return store.flag('lock_minutes');") == 15
    house.network.trouble = "down"
    phone.run(UNUSED, 14)
    phone.page.goto("/")
    expect(phone.page.get_by_text("Hardly any").first).to_be_visible()
    phone.run(UNUSED, 16)
    for path in ("/", "/check-ins", "/calendar", "/offline/waiting", "/medical-card"):
        phone.page.goto(path)
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("Locked, to keep it private")
        assert "Hardly any" not in phone.page.locator("main").inner_text(), path
    phone.page.get_by_role("link", name="Check in").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("How are your hands today?")
    assert "last time" not in phone.page.locator("main").inner_text().lower()
    phone.check_in(left=3)
    expect(phone.page.get_by_role("heading", name="Saved on this phone")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Undo")).to_be_visible()
    phone.page.goto("/")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Locked, to keep it private")
    house.network.trouble = ""
    phone.settle()
    assert [row.left_rating for row in house.rows()] == [1, 3]
