"""Signing out on a phone: what happens to unsent check-ins, and that nothing of the person remains."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from companion.circles.models import Contact
from companion.database import transaction
from tests import factories
from tests.offline.conftest import House, Phone

PhoneOf = Callable[..., Phone]
CANARIES = ("canary note", "Canary Clinic", "canary number")
EVERYTHING = """async () => {
  const opened = await new Promise((done, failed) => {
    const asked = indexedDB.open("companion");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const session = JSON.stringify({ ...sessionStorage, ...localStorage });
  const found = { dom: document.documentElement.outerHTML, session, caches: "", stores: {} };
  for (const name of opened.objectStoreNames) {
    const store = opened.transaction(name).objectStore(name);
    const all = await new Promise((done) => { store.getAll().onsuccess = (event) => done(event.target.result); });
    found.stores[name] = all.map((one) => {
      const bytes = one?.data ? new TextDecoder("latin1").decode(one.data) : "";
      return (one instanceof CryptoKey ? "key" : JSON.stringify(one)) + bytes;
    });
  }
  opened.close();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (/\\.(png|svg)$/.test(request.url)) continue;
      found.caches += request.url + await (await cache.match(request)).text();
    }
  }
  return found;
}"""


@pytest.fixture
def filled(house: House) -> House:
    with house.app.app_context(), transaction():
        clinic = Contact(circle_id=house.people.circle.id, kind="neurologist")
        clinic.name, clinic.phone = "Canary Clinic", "+44 20 7946 0001"
        factories.add(clinic)
    return house


def leave(phone: Phone) -> None:
    phone.page.get_by_role("button", name="Sign out here").click()


def remains(phone: Phone) -> dict[str, Any]:
    found = dict(phone.page.evaluate(EVERYTHING))
    text = repr(found)
    assert not [canary for canary in CANARIES if canary in text]
    assert found["stores"]["keys"] == []
    assert found["stores"]["values"] == []
    assert found["session"] == "{}"
    return found


def unsent(phone: Phone, house: House) -> None:
    """A phone that knows its circle, with one check-in that could not be sent, on the page of settings."""
    phone.open("/learn/cold-and-hand-care")
    phone.page.goto("/settings")
    house.network.trouble, house.network.only = "down", ("POST",)
    phone.add({"left_rating": "3", "note": "canary note"})
    before = phone.page.evaluate(EVERYTHING)
    assert "Canary Clinic" in repr(phone.run("return store.value('copy');"))
    assert not [canary for canary in CANARIES if canary in repr(before["stores"])], "sealed also before"
    leave(phone)
    expect(phone.page.get_by_role("heading", name="Not sent yet: 1")).to_be_visible()


def test_erased_without_a_connection_nothing_remains_and_nothing_personal_opens(
    filled: House, phone_of: PhoneOf
) -> None:
    phone = phone_of(filled.people.ana)
    unsent(phone, filled)
    phone.context.set_offline(True)
    phone.page.get_by_role("button", name="Erase them").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("You are signed out on this phone")
    found = remains(phone)
    assert found["stores"]["entries"] == []
    assert "cold-and-hand-care" not in found["caches"]
    phone.context.set_offline(False)
    for path in ("/", "/check-ins", "/settings"):
        phone.page.goto(path)
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("You are signed out on this phone")
    assert filled.live_sessions() == 1, "the server does not know yet"
    filled.network.trouble = ""
    phone.until(lambda: phone.page.goto("/check-ins") and "/sign-in" in phone.page.url)
    assert filled.live_sessions() == 0
    assert filled.rows() == []


@pytest.mark.long
def test_kept_it_is_sealed_for_the_one_who_signs_in_again(filled: House, phone_of: PhoneOf) -> None:
    phone, people = phone_of(filled.people.ana), filled.people
    unsent(phone, filled)
    filled.network.trouble = ""
    filled.network.only = ("GET", "POST")
    phone.page.get_by_role("button", name="Keep them here").click()
    phone.wait("async () => location.pathname === '/'")
    phone.page.wait_for_load_state("networkidle")
    assert len(remains(phone)["stores"]["entries"]) == 1
    assert filled.live_sessions() == 0
    strip = phone.page.locator("[data-module=waiting]")
    expect(strip).to_contain_text("Check-ins wait on this device, locked.")
    phone.sign_in(people.ben)
    phone.open("/")
    expect(strip).to_contain_text("1 check-in of someone else waits on this device.")
    assert phone.waiting() == []
    phone.sign_in(people.ana)
    phone.open("/")
    phone.until(lambda: filled.rows())
    (row,) = filled.rows()
    assert (row.note, row.account_id) == ("canary note", people.ana.id)


@pytest.mark.long
def test_sent_first_then_signed_out(filled: House, phone_of: PhoneOf) -> None:
    phone = phone_of(filled.people.ana)
    unsent(phone, filled)
    phone.page.get_by_role("button", name="Send them, then sign out").click()
    expect(phone.page.get_by_role("alert").filter(has_text="Not all could be sent")).to_be_visible()
    filled.network.trouble = ""
    phone.page.get_by_role("button", name="Send them, then sign out").click()
    phone.wait("async () => location.pathname === '/'")
    phone.page.wait_for_load_state("networkidle")
    assert [row.note for row in filled.rows()] == ["canary note"]
    assert remains(phone)["stores"]["entries"] == []
    assert filled.live_sessions() == 0


def test_on_a_shared_device_nothing_is_kept(filled: House, phone_of: PhoneOf) -> None:
    phone = phone_of(None)
    phone.sign_in(filled.people.ana, shared=True)
    phone.page.goto("/check-ins/new")
    phone.page.wait_for_load_state("networkidle")
    phone.check_in(left=2)
    expect(phone.page.locator(".undo")).to_be_visible()
    assert [row.left_rating for row in filled.rows()] == [2]
    found = phone.page.evaluate(EVERYTHING)
    assert (found["stores"]["entries"], found["stores"]["values"]) == ([], [])
    assert not [canary for canary in CANARIES if canary in repr(found)]


def test_a_new_version_waits_until_it_is_wanted(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open("/check-ins/new")
    phone.page.locator("input[type=radio][name=left_rating][value='3']").check(force=True)
    house.network.worker = "\n// a newer one\n"
    phone.page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update()).then(() => 1)")
    offer = phone.page.locator("[data-new-version]")
    expect(offer).to_be_visible()
    assert phone.page.evaluate("navigator.serviceWorker.getRegistration().then((one) => Boolean(one.waiting))")
    expect(phone.page.locator("input[type=radio][name=left_rating][value='3']")).to_be_checked()
    offer.get_by_role("button").click()
    phone.wait("async () => !(await navigator.serviceWorker.getRegistration()).waiting")
    expect(phone.page.locator("input[type=radio][name=left_rating][value='3']")).to_be_checked()
