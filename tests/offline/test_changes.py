"""Changes of check-ins and their parts without a connection, and a server that was put back to an older day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from companion.accounts.models import Submission
from companion.checkins.models import CheckIn
from companion.clock import now
from companion.database import Base, transaction
from companion.extensions import db
from tests import factories
from tests.offline.conftest import House, Phone

PhoneOf = Callable[..., Phone]
NO_PAGE = "location.protocol === 'chrome-error:'"
WHOLE_COPY = "return Boolean((await store.value('copy'))?.partsBy);"


def yesterdays(house: House) -> str:
    """A check-in of yesterday with a note, a symptom and a movement check."""
    with house.app.app_context(), transaction():
        at = now() - timedelta(days=1)
        facts: dict[str, Any] = {"on": at.date(), "recorded_at": at, "note": "stays", "symptoms": frozenset({"cold"})}
        row = factories.check_in(house.people.circle, house.people.ana, left_rating=3, **facts)
        return row.public_id


def stored(house: House) -> dict[str, Any]:
    with house.app.app_context():
        row = db.session.scalars(sa.select(CheckIn).order_by(CheckIn.id)).first()
        assert row is not None
        return {"left": row.left_rating, "note": row.note, "symptoms": row.symptoms, "on": row.on}


def change_offline(phone: Phone, key: str, left: int) -> None:
    """From the list of what is kept to the form, and Save."""
    phone.page.goto("/check-ins")
    phone.page.locator(f"main a[href$='/check-ins/{key}/edit']").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("How were your hands?")
    phone.check_in(left=left)
    phone.wait("async () => location.pathname === '/offline/saved'")


def test_an_old_check_in_is_changed_without_a_connection(house: House, phone_of: PhoneOf) -> None:
    """The change waits like a new entry and loses nothing; where another device was there, the person decides."""
    key, phone = yesterdays(house), phone_of(house.people.ana)
    phone.open()
    phone.context.set_offline(True)
    change_offline(phone, key, left=1)
    change_offline(phone, key, left=2)
    expect(phone.page.locator("[data-module=waiting]")).to_contain_text("1 check-in is waiting to be sent.")
    phone.context.set_offline(False)
    phone.settle()
    yesterday = (now() - timedelta(days=1)).date()
    assert stored(house) == {"left": 2, "note": "stays", "symptoms": {"cold"}, "on": yesterday}
    phone.run("await store.setFlag('copied_at', null);")
    phone.open()
    phone.context.set_offline(True)
    change_offline(phone, key, left=4)
    tablet = phone_of(house.people.ana)
    tablet.page.goto(f"/check-ins/{key}/edit")
    tablet.check_in(left=0)
    tablet.page.wait_for_url(f"**/check-ins/{key}")
    phone.context.set_offline(False)
    phone.settle()
    assert stored(house)["left"] == 0, "nothing is overwritten"
    phone.page.goto("/offline/waiting")
    card = phone.page.locator("main .card")
    expect(card).to_contain_text("Change of the check-in of")
    expect(card).to_contain_text("Left hand: Saved: No strength, Typed here: Like my best")
    card.get_by_role("button", name="Change").click()
    expect(phone.page.locator("[name=left_rating][value='4']")).to_be_checked()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.page.wait_for_url(f"**/check-ins/{key}")
    assert (stored(house)["left"], phone.waiting()) == (4, [])


def test_what_was_sent_while_it_was_changed_here_becomes_a_change_and_no_second_one(
    house: House, phone_of: PhoneOf
) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    phone.context.set_offline(True)
    phone.page.goto("/check-ins/new")
    phone.check_in(left=3)
    phone.wait("location.pathname === '/offline/saved'")
    phone.page.goto("/offline/waiting")
    phone.page.get_by_role("button", name="Change").click()
    expect(phone.page.locator("[name=left_rating][value='3']")).to_be_checked()
    phone.context.set_offline(False)
    phone.until(lambda: house.rows() and not phone.waiting())
    phone.check_in(left=1)
    card = phone.page.locator("main .card")
    expect(card).to_contain_text("Left hand: Saved: A little less, Typed here: Hardly any")
    card.get_by_role("button", name="Change").click()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.wait("!location.pathname.startsWith('/offline') && document.readyState === 'complete'")
    assert ([row.left_rating for row in house.rows()], phone.waiting()) == ([1], [])


@pytest.mark.long
def test_with_a_connection_the_second_device_sees_the_difference_at_once(house: House, phone_of: PhoneOf) -> None:
    key, phone, tablet = yesterdays(house), phone_of(house.people.ana), phone_of(house.people.ana)
    for one in (phone, tablet):
        one.page.goto(f"/check-ins/{key}/edit")
    tablet.check_in(left=0)
    tablet.page.wait_for_url(f"**/check-ins/{key}")
    phone.check_in(left=4)
    expect(phone.page.locator("main")).to_contain_text("Typed here: Like my best")
    assert stored(house)["left"] == 0
    assert [one["state"] for one in phone.waiting()] == ["rejected"], "what was typed stays until it is settled"
    expect(phone.page.locator("[data-module=waiting]")).to_be_hidden()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.wait("document.readyState === 'complete' && !document.querySelector('#check-in')")
    assert (stored(house)["left"], phone.waiting()) == (4, [])


@pytest.mark.long
def test_keeping_what_is_saved_lets_go_of_what_was_typed(house: House, phone_of: PhoneOf) -> None:
    key, phone, tablet = yesterdays(house), phone_of(house.people.ana), phone_of(house.people.ana)
    for one in (phone, tablet):
        one.page.goto(f"/check-ins/{key}/edit")
    tablet.check_in(left=0)
    tablet.page.wait_for_url(f"**/check-ins/{key}")
    phone.check_in(left=4)
    link = phone.page.get_by_role("link", name="Keep what is saved")
    expect(link).to_be_visible()
    phone.page.wait_for_load_state("networkidle")
    link.click()
    phone.wait("document.readyState === 'complete' && !document.querySelector('#check-in')")
    assert (stored(house)["left"], phone.waiting()) == (0, [])


def test_what_was_typed_stays_when_the_line_fails_before_the_page_that_shows_it(
    house: House, phone_of: PhoneOf
) -> None:
    """The server refused it in words, then its page does not come: of a new check-in and of a change."""
    key, phone, tablet = yesterdays(house), phone_of(house.people.ana), phone_of(house.people.ana)
    phone.open(f"/check-ins/{key}/edit")
    tablet.page.goto(f"/check-ins/{key}/edit")
    tablet.check_in(left=0)
    tablet.page.wait_for_url(f"**/check-ins/{key}")
    house.network.cuts_pages = True
    phone.check_in(left=4)
    phone.wait(NO_PAGE)
    phone.page.goto("/check-ins/new")
    phone.page.locator("[name=left_rating]").first.evaluate(
        "(one) => { one.form.querySelector('[value=\"2\"]').value = '9'; }"
    )
    phone.page.locator("input[name=left_rating][value='9']").check(force=True)
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.wait(NO_PAGE)
    phone.page.goto("/")
    expect(phone.page.locator("[data-module=waiting]")).to_contain_text("2 check-ins need a look.")
    assert [one["state"] for one in phone.waiting()] == ["rejected", "rejected"]
    house.network.cuts_pages = False
    phone.page.goto("/offline/waiting")
    phone.page.locator("main .card", has_text="Typed here").get_by_role("button", name="Change").click()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.until(lambda: stored(house)["left"] == 4)


@pytest.mark.long
def test_f40_a_change_of_what_was_deleted_elsewhere_is_kept_until_the_person_says(
    house: House, phone_of: PhoneOf
) -> None:
    key, phone = yesterdays(house), phone_of(house.people.ana)
    phone.open()
    phone.context.set_offline(True)
    change_offline(phone, key, left=1)
    with house.app.app_context(), transaction():
        db.session.execute(sa.update(CheckIn).values(deleted_at=now()))
    phone.context.set_offline(False)
    phone.settle()
    phone.page.goto("/offline/waiting")
    expect(phone.page.locator("main .card")).to_contain_text("This check-in was deleted on another device.")
    phone.page.get_by_role("button", name="Change").click()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.page.wait_for_url(f"**/check-ins/{key}")
    assert (stored(house)["left"], phone.waiting()) == (1, [])
    with house.app.app_context():
        assert db.session.scalar(sa.select(CheckIn.deleted_at)) is None


def test_movements_and_everyday_hands_open_and_save_without_a_connection(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    phone.until(lambda: phone.run(WHOLE_COPY))
    phone.context.set_offline(True)
    phone.page.goto("/")
    phone.page.get_by_role("link", name="Movement check").click()
    phone.page.locator("label.tile:has([name=movement_pinch_left][value=weaker])").click()
    phone.page.get_by_role("button", name="The rest is as usual").click()
    phone.wait("async () => location.pathname === '/offline/saved'")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Saved on this phone")
    phone.page.goto("/check-ins/movements")
    phone.page.locator("label.tile:has([name=movement_pinch_right][value=cannot])").click()
    phone.page.get_by_role("button", name="The rest is as usual").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Did it come within minutes or hours?")
    phone.page.goto("/check-ins/daily-hands")
    phone.page.locator("label.tile:has([name=daily_jar][value=cannot])").click()
    phone.page.get_by_role("button", name="Save", exact=True).click()
    phone.wait("async () => location.pathname === '/offline/saved'")
    phone.page.goto("/offline/waiting")
    first = phone.page.locator("main .card").filter(has_text="Movement check").first
    first.get_by_role("button", name="Change").click()
    expect(phone.page.locator("[name=movement_pinch_left][value=weaker]")).to_be_checked()
    phone.context.set_offline(False)
    phone.settle()
    with house.app.app_context():
        first, _fallen, second = db.session.scalars(sa.select(CheckIn).order_by(CheckIn.recorded_at))
        assert sorted({(one.item, one.side) for one in first.movements if one.answer == "weaker"}) == [
            ("pinch", "left")
        ]
        assert len(first.movements) == 10
        assert [(one.item, one.answer) for one in second.daily_hands] == [("jar", "cannot")]


@pytest.mark.long
def test_f44_a_server_of_an_older_day_gets_again_what_it_forgot(house: House, phone_of: PhoneOf) -> None:
    phone = phone_of(house.people.ana)
    phone.open()
    phone.add({"left_rating": "3", "note": "of before"})
    phone.settle()
    assert len(house.rows()) == 1
    with house.app.app_context(), transaction():
        for table in (
            Submission.__table__,
            *(t for t in reversed(Base.metadata.sorted_tables) if t.name == "check_ins"),
        ):
            db.session.execute(sa.delete(table))
    phone.run("await store.setFlag('copied_at', null);")
    phone.page.goto("/")
    phone.until(lambda: house.rows())
    phone.until(lambda: not phone.waiting())
    assert [(row.left_rating, row.note) for row in house.rows()] == [(3, "of before")]
