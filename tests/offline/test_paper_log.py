"""What takes long to type, a month of paper or the medical card, must not be lost with the line."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from companion.clock import now
from companion.extensions import db
from companion.medical_cards.models import MedicalCard
from tests.offline.conftest import House, Phone

PhoneOf = Callable[..., Phone]


def test_a_month_that_was_typed_stays_on_its_page_until_the_server_has_it(house: House, phone_of: PhoneOf) -> None:
    """The page of a hotel, then a lost answer: it is saved once."""
    phone = phone_of(house.people.ana)
    month = now().date().replace(day=1) - timedelta(days=1)
    phone.page.goto(f"/paper-logs/{month:%Y-%m}/answers")
    boxes = phone.page.locator("input[data-next]")
    boxes.first.focus()
    phone.page.wait_for_load_state("networkidle")
    phone.page.keyboard.type("43" * 10)
    told, save = phone.page.locator("[data-not-sent]"), phone.page.get_by_role("button", name="Save", exact=True)
    house.network.only = ("POST",)
    for trouble in ("portal", "lost"):
        house.network.trouble = trouble
        told.evaluate("(one) => { one.hidden = true; }")
        phone.page.wait_for_timeout(650)  # a second tap within 600 ms is none
        save.click()
        expect(told).to_contain_text("This is not saved yet.")
        assert [boxes.nth(n).input_value() for n in (0, 1, 18, 19)] == ["4", "3", "4", "3"]
    house.network.trouble = ""
    phone.page.wait_for_timeout(650)
    save.click()
    expect(phone.page.locator(".undo")).to_contain_text("10 days are saved.")
    assert len(house.rows()) == 10


@pytest.mark.long
def test_a_card_that_was_typed_stays_on_its_page_until_the_server_has_it(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.page.goto("/medical-card/edit")
    phone.page.wait_for_load_state("networkidle")
    phone.page.get_by_label("Other conditions").fill("Asthma")
    told, save = phone.page.locator("[data-not-sent]"), phone.page.get_by_role("button", name="Save", exact=True)
    house.network.only, house.network.trouble = ("POST",), "portal"
    save.click()
    expect(told).to_contain_text("This is not saved yet.")
    expect(phone.page.get_by_label("Other conditions")).to_have_value("Asthma")
    house.network.trouble = ""
    phone.page.wait_for_timeout(650)  # a second tap within 600 ms is none
    save.click()
    expect(phone.page.locator(".undo")).to_contain_text("Saved.")
    with house.app.app_context():
        assert [card.conditions for card in db.session.query(MedicalCard)] == ["Asthma"]
