"""The check-in by one thumb: how many taps, by keys alone, without scripts, extra large, and near the thumb."""

import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.looking import TARGETS, look_at
from tests.running import ROOT, MailSink, RunningApp, links_in, wait_until

PEOPLE = """
from datetime import timedelta

from companion import clock, create_app
from companion.checkins import operations
from companion.database import transaction
from tests import factories

with create_app().app_context(), transaction():
    now = clock.now()
    ana = factories.account("Ana", "ana@example.org")
    circle = factories.circle(patient=ana)
    operations.use_device(circle, name="Blue one", unit="kg", on=now.date())
    operations.choose_rhythm(circle, rhythm="daily", parts=frozenset({"movements", "daily_hands", "tapping"}))
    factories.check_in(circle, ana, on=now.date() - timedelta(days=1), recorded_at=now - timedelta(days=1))
"""
NAMES = """() => [...document.querySelectorAll('main input:not([type=hidden]), main button, .dock button')].filter(
  (one) => one.getClientRects().length).map((one) => {
    const words = (node) => node.textContent.replace(/\\s+/g, ' ').trim();
    const shown = words(one.closest('label') || one.labels?.[0] || one);
    return [one.getAttribute('aria-label') || shown, shown];
  })"""
FOCUSED = "() => document.activeElement.name || document.activeElement.textContent.trim()"


class Thumb:
    """Taps and counts them."""

    def __init__(self, page: Any) -> None:
        self.page, self.taps = page, 0

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()
        self.taps += 1

    def tile(self, name: str, value: str) -> None:
        self.tap(f'label.tile:has([name="{name}"][value="{value}"])')

    def count(self) -> int:
        """The taps since it was asked last."""
        taps, self.taps = self.taps, 0
        return taps


def check_ins(page: Any, app: RunningApp) -> list[dict[str, Any]]:
    """What is stored, newest first."""
    listed: list[dict[str, Any]] = page.request.get(f"{app.url}/api/v1/check-ins").json()["check_ins"]
    return listed


def sign_in(page: Any, app: RunningApp, mail: MailSink) -> None:
    page.goto(f"{app.url}/sign-in")
    page.locator('input[type="email"]').fill("ana@example.org")
    page.locator(".dock .button--main").click()
    page.goto(links_in(wait_until(lambda: mail.to("ana@example.org"))[-1])[0])
    page.locator(".dock .button--main").click()
    page.wait_for_url(app.url + "/")


def by_one_thumb(page: Any, app: RunningApp) -> None:
    """Changed: three taps from Today. The same: one. From a notification: one more than opening it."""
    thumb = Thumb(page)
    thumb.tile("left_rating", "2")
    thumb.tile("right_rating", "3")
    thumb.tap(".button--main:has-text('Save')")
    page.wait_for_selector(".undo")
    assert thumb.count() == 3
    newest = check_ins(page, app)[0]
    assert (newest["left_rating"], newest["right_rating"]) == (2, 3)
    look_at(page)
    thumb.tap(".undo button")
    page.wait_for_url("**/check-ins?month=*")
    assert len(check_ins(page, app)) == 1
    page.goto(app.url)
    thumb.count()
    thumb.tap(".button:has-text('Same as last time')")
    page.wait_for_selector(".undo")
    assert thumb.count() == 1
    page.goto(f"{app.url}/check-ins/new")
    look_at(page)
    thumb.tap(".dock .button:has-text('Same as last time')")
    page.wait_for_selector(".undo")
    assert thumb.count() == 1
    first, second, *_rest = check_ins(page, app)
    assert first["repeated"] is second["repeated"] is True
    assert first["grip"] == []
    for one in (first, second):
        page.request.post(f"{app.url}/check-ins/{one['id']}/deletion", headers={"Origin": app.url})


def by_keys_alone(page: Any, app: RunningApp) -> None:
    """With Tab the check-in is reached within twelve stops, and nothing needs a pointer."""
    page.goto(app.url)
    for _stop in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == "left_rating":
            break
    assert page.evaluate(FOCUSED) == "left_rating"
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".undo")
    assert check_ins(page, app)[0]["left_rating"] == 3


def parts(page: Any, app: RunningApp) -> None:
    """What is asked now and then: its pages, and that each answer has a name of its own."""
    thumb = Thumb(page)
    for path in ("movements", "daily-hands", "tapping", "totals/new", "tracking"):
        page.goto(f"{app.url}/check-ins/{path}")
        look_at(page)
        names = page.evaluate(NAMES)
        assert len({name for name, _shown in names}) == len(names), f"{path}: {names}"
        assert [name for name, shown in names if not name.startswith(shown)] == []
    page.goto(app.url)
    thumb.tap("a[href$='/check-ins/movements']")
    thumb.tile("movement_pinch_left", "weaker")
    thumb.tap(".dock .button--main")
    page.wait_for_selector(".undo")
    assert thumb.count() == 3
    assert len(check_ins(page, app)[0]["movements"]) == 10


def tapping(page: Any, app: RunningApp) -> None:
    """Practice is not saved; every touch counts."""
    page.goto(f"{app.url}/check-ins/tapping")
    page.wait_for_load_state("networkidle")  # what few pages need is fetched last
    page.locator("[data-next]").click()
    page.evaluate("() => { document.querySelector('.tapping__pad').dispatchEvent(new PointerEvent('pointerdown')); }")
    for _again in range(3):
        page.locator(".tapping__pad").tap()
    page.locator("[data-again]").wait_for(state="visible")
    page.locator(".dock .button--main").tap()
    page.wait_for_selector(".undo")
    (one,) = check_ins(page, app)[0]["tapping"]
    assert (one["hand"], one["taps"], one["seconds"]) == ("left", 4, 10)


def without_scripts(new_context: Any, page: Any, app: RunningApp) -> None:
    """The same pages as plain forms."""
    context = new_context(java_script_enabled=False, storage_state=page.context.storage_state(), viewport=PHONE)
    plain = context.new_page()
    plain.goto(f"{app.url}/check-ins/new")
    plain.locator('input[name="left_grip"]').fill("20,5")
    plain.locator('label.tile:has([name="right_rating"][value="1"])').click()
    plain.locator(".dock .button--main").click()
    expect(plain.locator(".undo")).to_be_visible()
    assert check_ins(page, app)[0]["grip"][0]["value"] == 20.5
    plain.goto(f"{app.url}/check-ins/tapping")
    assert plain.get_by_text("This test needs JavaScript.").is_visible()
    assert not plain.locator(".tapping__pad").is_visible()


def extra_large_and_near_the_thumb(page: Any, app: RunningApp) -> None:
    """Seen at once while it is chosen; then every key is 126 px, and Save lies low on the side of the thumb."""
    page.goto(f"{app.url}/settings/touch")
    page.wait_for_load_state("networkidle")
    thumb = Thumb(page)
    for side, is_there in (("left", lambda box: box["x"] < 60), ("right", lambda box: box["x"] > 60)):
        thumb.tile("thumb", side)
        box = page.locator(".dock .button--main").bounding_box()
        assert is_there(box), (side, box)
        assert box["y"] >= 0.4 * PHONE["height"]
        assert box["x"] >= 24
        assert box["x"] + box["width"] <= PHONE["width"] - 24
        assert box["y"] + box["height"] <= PHONE["height"] - 24
    thumb.tile("extra_large", "y")
    assert page.locator(".dock .button--main").bounding_box()["height"] >= 126
    thumb.tap(".dock .button--main")
    page.wait_for_url("**/settings")
    for path in ("/settings", "/", "/check-ins/new", "/check-ins/movements", "/check-ins/daily-hands"):
        page.goto(app.url + path)
        look_at(page, axe=False)
        small = [one for one in page.evaluate(TARGETS) if min(one[1], one[2]) < 125.5]
        assert small == [], path


PHONE = {"width": 360, "height": 780}


@pytest.mark.timeout(300)
def test_a_check_in_by_one_thumb(running: RunningApp, mail: MailSink, phone: Any, new_context: Any) -> None:
    subprocess.run([sys.executable, "-c", PEOPLE], cwd=ROOT, env=running.environ, check=True)
    page = phone()
    sign_in(page, running, mail)
    by_one_thumb(page, running)
    by_keys_alone(page, running)
    parts(page, running)
    tapping(page, running)
    without_scripts(new_context, page, running)
    extra_large_and_near_the_thumb(page, running)
    assert page.problems == []
