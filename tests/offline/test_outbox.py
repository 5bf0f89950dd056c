"""Check-ins without a connection in a real browser: the faults that phones really meet."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from companion.accounts.models import Account
from companion.checkins.models import CheckIn
from companion.clock import now
from companion.database import transaction
from companion.extensions import db
from tests.offline.conftest import House, Phone

PhoneOf = Callable[..., Phone]
SEND_FIVE_TIMES = """
  const [entry] = await store.entries();
  const headers = { Accept: "application/json", "X-Account": owner };
  const body = new URLSearchParams(entry.fields);
  const once = async () => (await fetch(entry.route, { method: "POST", headers, body })).text();
  const registration = await navigator.serviceWorker.ready;
  await registration.sync?.register("outbox").catch(() => {});
  const again = sync.flush({ force: true, wait: true });
  const answers = await Promise.all([once(), once(), once(), once(), once(), again]);
  return answers.slice(0, 5);
"""
CLOCK_IS_OFF = """
  const real = Date.now;
  Date.now = () => real.call(Date) + Number(localStorage.getItem("off") ?? 0);
"""


def strip(phone: Phone) -> Any:
    return phone.page.locator("[data-module=waiting]")


def test_without_a_connection_the_form_is_there_and_what_is_saved_is_sent_later(
    house: House, phone_of: PhoneOf
) -> None:
    """From the lift to the server: form, strip on every page, list, and one row on the right day."""
    phone = phone_of(house.people.ana)
    phone.open()
    phone.context.set_offline(True)
    phone.page.goto("/check-ins/new")
    phone.check_in(left=3, note="in the lift")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Saved on this phone")
    for path in ("/", "/emergency", "/calendar"):
        phone.page.goto(path)
        expect(strip(phone)).to_contain_text("1 check-in is waiting to be sent.")
    phone.page.goto("/emergency")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Emergency signs")
    phone.page.get_by_role("link", name="See them").click()
    expect(phone.page.locator("main .card")).to_contain_text("in the lift")
    assert house.rows() == []
    phone.context.set_offline(False)
    phone.page.goto("/")
    phone.until(lambda: house.rows())
    phone.wait("async () => document.querySelector('[data-module=waiting]').hidden")
    (row,) = house.rows()
    assert (row.left_rating, row.note) == (3, "in the lift")
    assert abs(row.recorded_at - now()) < timedelta(minutes=1)


def test_today_asks_the_daily_question_without_a_connection_until_it_is_answered(
    house: House, phone_of: PhoneOf
) -> None:
    """Three taps: left, right, Save."""
    phone = phone_of(house.people.ana)
    phone.open()
    phone.context.set_offline(True)
    phone.page.goto("/")
    phone.page.locator("label.tile:has([name=left_rating][value='2'])").click()
    phone.page.locator("label.tile:has([name=right_rating][value='4'])").click()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Saved on this phone")
    phone.page.goto("/")
    expect(phone.page.get_by_role("link", name="Check in")).to_be_visible()
    expect(phone.page.locator(".tile")).to_have_count(0)
    phone.context.set_offline(False)
    phone.settle()
    assert [row.left_rating for row in house.rows()] == [2]


SLOW_LOCKS = """
const request = navigator.locks.request.bind(navigator.locks);
navigator.locks.request = async (...given) => {
  await new Promise((go) => setTimeout(go, 400));
  return request(...given);
};
"""


def test_on_a_slow_phone_the_page_sends_before_the_browser_and_offers_undo(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    phone.context.add_init_script(SLOW_LOCKS)
    phone.open("/check-ins/new")
    phone.check_in(left=2)
    expect(phone.page.get_by_text("Saved. Thank you.")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Undo")).to_be_visible()
    assert [row.left_rating for row in house.rows()] == [2]


@pytest.mark.long
def test_the_keys_stay_as_large_and_where_the_person_wants_them(house: House, phone_of: PhoneOf) -> None:
    with house.app.app_context(), transaction():
        db.session.execute(sa.update(Account).values(extra_large=True, thumb="left", theme="dark"))
    phone = phone_of(house.people.ana)
    phone.open()
    phone.context.set_offline(True)
    phone.page.goto("/check-ins/new")
    expect(phone.page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    html = phone.page.locator("html")
    for name, value in (("data-size", "extra-large"), ("data-thumb", "left"), ("data-theme", "dark")):
        expect(html).to_have_attribute(name, value)


def test_undo_takes_it_back_also_when_it_was_sent_meanwhile(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    for was_sent in (True, False):
        phone.context.set_offline(True)
        phone.page.goto("/check-ins/new")
        phone.check_in(left=3)
        undo = phone.page.get_by_role("button", name="Undo")
        expect(undo).to_be_visible()
        if was_sent:
            phone.context.set_offline(False)
            phone.until(lambda: house.rows() and not phone.waiting())
        undo.click()
        phone.wait("location.pathname !== '/offline/saved' && document.readyState === 'complete'")
        phone.context.set_offline(False)
    with house.app.app_context():
        (row,) = db.session.scalars(sa.select(CheckIn))
        assert row.deleted_at is not None
    assert phone.waiting() == []


def test_the_same_as_last_time_is_one_tap_also_offline(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    phone.add({"left_rating": "3", "right_rating": "0"})
    phone.settle()
    phone.run("await store.setFlag('copied_at', null);")
    phone.open()
    phone.context.set_offline(True)
    phone.page.goto("/")
    button = phone.page.get_by_role("button", name="Same as last time")
    expect(button).to_contain_text("Left hand: A little less, Right hand: No strength")
    button.click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Saved on this phone")
    phone.context.set_offline(False)
    phone.settle()
    assert [row.left_rating for row in house.rows()] == [3, 3]


def test_f32_sent_many_times_from_everywhere_it_is_one_row(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    key = phone.add({"left_rating": "3"})
    house.network.trouble, house.network.only = "lost", ("POST",)
    phone.settle()
    assert len(house.rows()) == 1, "the answer was lost, the row was not"
    assert [one["id"] for one in phone.waiting()] == [key]
    house.network.trouble = ""
    answers = phone.run(SEND_FIVE_TIMES)
    assert len(set(answers)) == 1
    assert key in answers[0]
    phone.wait("async () => document.querySelector('[data-module=waiting]').hidden")
    assert len(house.rows()) == 1
    assert phone.waiting() == []


@pytest.mark.long
def test_f33_another_version_under_the_same_key_is_a_new_one_only_if_wanted(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    key = phone.add({"left_rating": "3"})
    house.network.trouble, house.network.only = "lost", ("POST",)
    phone.settle()
    circle = house.people.circle.public_id
    phone.run(
        "await sync.change(given.key, given.fields, 'fresh');",
        {"key": key, "fields": [["circle", circle], ["left_rating", "1"]]},
    )
    house.network.trouble = ""
    phone.settle()
    assert [row.left_rating for row in house.rows()] == [3]
    phone.page.goto("/offline/waiting")
    card = phone.page.locator("main .card")
    expect(card).to_contain_text("Saving it again makes a second check-in.")
    expect(strip(phone)).to_contain_text("1 check-in needs a look.")
    card.get_by_role("button", name="Change").click()
    expect(phone.page.locator("input[type=radio][name=left_rating][value='1']")).to_be_checked()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.wait("async () => location.pathname !== '/offline/check-in'")
    assert [row.left_rating for row in house.rows()] == [3, 1]
    assert phone.waiting() == []


def test_f34_a_bad_one_stays_visible_and_holds_nobody_up(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    for number in range(1, 16):
        phone.add({"left_rating": "9" if number == 7 else str(number % 5)})
    house.network.cut_after = 10
    phone.settle()
    assert len(house.rows()) == 9
    assert len(phone.waiting()) == 6
    house.network.cut_after = -1
    phone.settle()
    assert [row.left_rating for row in house.rows()] == [number % 5 for number in range(1, 16) if number != 7]
    (bad,) = phone.waiting()
    assert (bad["state"], bad["words"]) == ("rejected", ["Choose one of the answers."])
    phone.page.goto("/offline/waiting")
    expect(phone.page.locator("main .card")).to_contain_text("Choose one of the answers.")
    phone.page.get_by_role("button", name="Delete").click()
    phone.page.get_by_role("button", name="Undo").click()
    expect(phone.page.locator("main .card")).to_have_count(1)


@pytest.mark.long
def test_f35_a_wrong_clock_is_put_right_and_the_order_stays(house: House, phone_of: PhoneOf) -> None:
    """Three days ahead, three behind, 1970, 2038, and set while entries wait."""
    phone = phone_of(house.people.ana)
    phone.context.add_init_script(CLOCK_IS_OFF)
    phone.open()
    day = 86_400_000
    for off in (3 * day, -3 * day, -56 * 365 * day, 11 * 365 * day):
        phone.run("localStorage.setItem('off', String(given));", off)
        phone.add({"left_rating": "3"})
        phone.settle()
    phone.add({"left_rating": "2"})
    phone.run("localStorage.setItem('off', String(given));", -2 * day)
    phone.add({"left_rating": "1"})
    phone.settle()
    rows = house.rows()
    assert [row.left_rating for row in rows] == [3, 3, 3, 3, 2, 1]
    assert all(abs(row.recorded_at - now()) < timedelta(minutes=2) for row in rows[:5])
    assert phone.waiting() == []
    phone.run("localStorage.setItem('off', String(given));", 3 * day)
    phone.page.goto("/")
    clock = phone.page.locator("[data-module=device-clock]")
    expect(clock).to_contain_text("The clock of this phone says")
    phone.page.goto("/check-ins/new")
    phone.check_in(left=4)
    expect(phone.page.locator(".undo")).to_contain_text("We use the right time:")
    phone.until(lambda: phone.run("return Math.abs((await store.value('copy')).keptAt - Date.now()) < 60_000;"))
    phone.context.set_offline(True)
    phone.page.goto("/check-ins/new")
    phone.check_in(left=4)
    expect(phone.page.locator("main")).to_contain_text("We use the right time:")


def test_f36_a_session_that_is_over_keeps_all_and_asks_to_sign_in(house: House, phone_of: PhoneOf) -> None:
    """And somebody else who signs in on the same phone neither reads nor sends it."""
    phone, people = phone_of(house.people.ana), house.people
    phone.open()
    house.end_sessions()
    phone.add({"left_rating": "3", "note": "canary of Ana"})
    phone.settle()
    phone.page.goto("/emergency")
    phone.wait("async () => !document.querySelector('[data-module=waiting]').hidden")
    phone.page.get_by_role("button", name="Send now").click()
    expect(strip(phone)).to_contain_text("Sign in to send them.")
    phone.sign_in(people.ben)
    phone.open("/")
    phone.wait("async () => document.querySelector('[data-module=waiting]').textContent.includes('someone else')")
    phone.page.goto("/offline/waiting")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Nothing is waiting")
    assert house.rows() == []
    phone.sign_in(people.ana)
    phone.open("/")
    phone.until(lambda: house.rows())
    (row,) = house.rows()
    assert (row.note, row.account_id) == ("canary of Ana", people.ana.id)


LONG = pytest.mark.long


@pytest.mark.long
@pytest.mark.parametrize("trouble", ["portal", pytest.param("down", marks=LONG), pytest.param("broken", marks=LONG)])
def test_f37_a_hotels_page_an_error_page_or_silence_is_no_answer(
    house: House, phone_of: PhoneOf, trouble: str
) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    phone.page.goto("/check-ins/new")
    house.network.trouble = trouble
    phone.check_in(left=2)
    phone.wait("async () => location.pathname === '/offline/saved'")
    phone.page.get_by_role("link", name="Back to today").or_(phone.page.locator("[data-no]")).first.wait_for()
    assert house.rows() == []
    assert [one["state"] in ("waiting", "sending") for one in phone.waiting()] == [True]
    for path, heading in (("/emergency", "Emergency signs"), ("/check-ins/new", "How are your hands today?")):
        phone.page.goto(path)
        expect(phone.page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(strip(phone)).to_contain_text("1 check-in is waiting to be sent.")
    house.network.trouble = ""
    phone.settle()
    assert len(house.rows()) == 1


NO_ROOM = "() => { IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
NO_STORE = "() => { delete window.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined }); }"


@pytest.mark.parametrize("why", [NO_ROOM, NO_STORE], ids=["no room", "private"])
def test_f38_a_browser_that_keeps_nothing_says_so_and_saves_the_plain_way(
    house: House, phone_of: PhoneOf, why: str
) -> None:
    phone = phone_of(house.people.ana)
    phone.context.add_init_script(f"({why})()")
    phone.page.goto("/check-ins/new")
    if why == NO_STORE:
        expect(strip(phone).locator("p")).to_have_text("This browser cannot keep check-ins without a connection.")
        expect(strip(phone).get_by_role("button")).to_be_hidden()
    phone.check_in(left=4)
    expect(phone.page.locator(".undo")).to_be_visible()
    assert [row.left_rating for row in house.rows()] == [4]
    phone.page.goto("/check-ins/movements")
    phone.page.get_by_role("button", name="The rest is as usual").click()
    expect(phone.page.locator(".undo")).to_be_visible()
    assert len(house.rows()) == 2, "the key that was pressed is an answer too"


@pytest.mark.long
def test_f54_two_taps_three_taps_back_and_two_tabs_make_one_row(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open("/check-ins/new")
    phone.page.locator("input[type=radio][name=left_rating][value='3']").check(force=True)
    phone.page.get_by_role("button", name="Save", exact=True).evaluate(
        "(key) => { key.click(); key.click(); setTimeout(() => key.click(), 700); }"
    )
    expect(phone.page.locator(".undo")).to_be_visible()
    assert len(house.rows()) == 1
    phone.page.go_back()
    phone.page.locator("input[type=radio][name=left_rating][value='3']").check(force=True)
    phone.page.get_by_role("button", name="Save", exact=True).click()
    expect(phone.page.locator(".undo")).to_be_visible()
    assert len(house.rows()) == 1
    second = phone.context.new_page()
    second.goto("/")
    phone.context.set_offline(True)
    phone.add({"left_rating": "1"})
    phone.context.set_offline(False)
    first_tab, phone.page = phone.page, second
    phone.settle()
    phone.until(lambda: not phone.waiting())
    first_tab.close()
    assert [row.left_rating for row in house.rows()] == [3, 1]
