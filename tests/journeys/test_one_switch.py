"""One switch reaches everything: it goes from stop to stop in the order of the page, and chooses. No time counts.

What scans a page for a switch stops at each link, key and answer, also at the second answer of a question, which Tab
would leave out. Here the next stop gets the focus, and a key of the keyboard chooses it.
"""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions.models import InfusionDay
from companion.reminders.jobs import plan_deliveries
from companion.reminders.queries import answer_token
from tests import factories
from tests.infusions.plans import start
from tests.running import RunningApp

LEAST_RING = 3
MOST_STOPS_TO_THE_CHECK_IN = 12
NEXT_STOP = """(first) => {
  if (first) window.stop = -1;
  const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
  const stops = [...document.querySelectorAll(kinds)].filter((one) => one.checkVisibility()
    && one.getClientRects().length && !one.disabled && getComputedStyle(one).visibility !== 'hidden');
  window.stop += 1;
  const here = stops[window.stop];
  if (!here) return null;
  here.focus();
  const ring = [here, here.nextElementSibling].filter(Boolean).map((one) => getComputedStyle(one));
  const wide = Math.max(...ring.map((one) => (one.outlineStyle === 'none' ? 0 : parseFloat(one.outlineWidth))));
  const box = (here.closest('.tile') ?? here).getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, 120) / 2];
  const on = document.elementFromPoint(x, y);
  return {
    hasFocus: document.activeElement === here, ring: wide,
    isSeen: Boolean(on && (here.contains(on) || here.closest('.tile')?.contains(on))),
    what: here.outerHTML.slice(0, 120), isInput: here.matches('input'), top: box.top + scrollY, left: box.left,
  };
}"""


class Switch:
    """One key that goes on, one that chooses."""

    def __init__(self, page: Any) -> None:
        self.page, self.is_new = page, True

    def open(self, address: str) -> None:
        """A page, from its first stop on."""
        self.page.goto(address)
        self.page.keyboard.press("Shift")
        self.is_new = True

    def go_to(self, selector: str) -> int:
        """Stop by stop to what was wanted; how many stops it took."""
        self.page.wait_for_load_state("load")
        for stops in range(1, 200):
            stop = self.page.evaluate(NEXT_STOP, self.is_new)
            self.is_new = False
            assert stop is not None, f"{self.page.url}: {selector} is no stop"
            assert stop["hasFocus"], stop
            assert stop["ring"] >= LEAST_RING, f"{self.page.url}: no ring around {stop['what']}"
            assert stop["isSeen"], f"{self.page.url}: covered: {stop['what']}"
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return stops
        raise AssertionError(selector)

    def choose(self, selector: str, opens_page: bool = False) -> int:
        """Go there and press."""
        stops = self.go_to(selector)
        is_input = self.page.evaluate("() => document.activeElement.matches('input')")
        if opens_page:
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
            self.is_new = True
        else:
            self.page.keyboard.press("Space" if is_input else "Enter")
        return stops


@pytest.mark.long
@pytest.mark.timeout(300)
def test_one_switch_checks_in_takes_back_and_answers(web: RunningApp, life_before: Any, phone: Any) -> None:
    with life_before() as now:
        ana = factories.account("Ana", "ana@example.org")
        circle = factories.circle(patient=ana)
        factories.check_in(circle, ana, on=now.date() - timedelta(days=1), recorded_at=now - timedelta(days=1))
        start(circle, (now.date() + timedelta(days=6)).isoformat(), now=now)
        plan_deliveries()
        pair = sa.select(Delivery, InfusionDay).where(
            Delivery.subject_id == InfusionDay.id,
            Delivery.subject_kind == "infusion_day",
            Delivery.recipient_id == ana.id,
            InfusionDay.planned_on > now.date(),
        )
        delivery, day = db.session.execute(pair).first()
        answer = f"{web.url}/answers/{answer_token(delivery, day)}"
        token = factories.session_token(ana, now)
    page = phone(signed_in=(web, token))
    switch = Switch(page)
    switch.open(web.url)
    stops = switch.choose("[name=left_rating][value='2']")
    assert stops <= MOST_STOPS_TO_THE_CHECK_IN + 2, "the third answer of the left hand"
    switch.choose("[name=right_rating][value='3']")
    switch.choose("#quick-check-in .button--main", opens_page=True)
    page.wait_for_selector(".undo")
    switch.choose(".undo .button", opens_page=True)
    expect(page.get_by_text("The check-in is deleted.")).to_be_visible()
    switch.open(f"{web.url}/check-ins/movements")
    switch.choose("[name=movement_pinch_left][value=weaker]")
    switch.choose(".dock .button--main", opens_page=True)
    page.wait_for_selector(".undo")
    switch.open(answer)
    switch.choose("[name=answer][value=still_on]", opens_page=True)
    switch.choose("form .button", opens_page=True)
    expect(page.get_by_text("Your answer was taken back.")).to_be_visible()
