"""Forgiving touch: what was meant acts once, also with a palm on the glass and a finger that trembles."""

import json
import re
import time
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.pwa.touch_sequences import sequences

REPLAY = """async ([recogniser, played]) => {
  const { TouchRecogniser } = await import(recogniser);
  return JSON.parse(played).map((events) => {
    const one = new TouchRecogniser();
    let acted = 0;
    for (const event of events) {
      if (event.verb === "down") one.down(event, event.target);
      if (event.verb === "move") one.move(event);
      if (event.verb === "up" && one.up(event, event.inside, 600) === "tile") acted += 1;
    }
    return acted;
  });
}"""


def test_ten_thousand_touches_act_once_or_not_at_all(page: Page, served: Flask) -> None:
    page.goto("/sample")
    page.wait_for_load_state("networkidle")
    made = sequences(10_000)
    recogniser = f"{served.static_url_path}/js/modules/touch-recogniser.js"
    acted = page.evaluate(REPLAY, [recogniser, json.dumps([one.events for one in made])])
    meant = [times for one, times in zip(made, acted, strict=True) if one.acts]
    others = [times for one, times in zip(made, acted, strict=True) if not one.acts]
    assert max(acted) == 1
    assert sum(meant) >= 0.98 * len(meant), f"{sum(meant)} of {len(meant)} acted"
    assert sum(others) == 0


COUNT_CHANGES = """form => form.addEventListener("change", () => {
  form.querySelector("output").value = Number(form.querySelector("output").value) + 1;
})"""


def touch_form(page: Page) -> Any:
    """The form of the sample page that takes touches, and how often its tile was ticked or cleared."""
    page.goto("/sample")
    expect(page.locator(".page")).to_have_class(re.compile("touch-live"))
    page.locator("#touch").evaluate(COUNT_CHANGES)
    return page.locator("#touch output")


class Finger:
    """Touches of the sample page through the browser, as the glass reports them."""

    def __init__(self, page: Page) -> None:
        self.glass = page.context.new_cdp_session(page)
        self.page = page

    def send(
        self, kind: str, *points: tuple[float, float, int], size: float = 12, after: float | None = None
    ) -> None:
        """Now, or so many seconds after what was sent last, however long this machine takes."""
        self.sent_at = time.time() if after is None else self.sent_at + after
        touches = [{"x": x, "y": y, "id": contact, "radiusX": size, "radiusY": size} for x, y, contact in points]
        self.glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches, "timestamp": self.sent_at})

    def press(self, x: float, y: float, *, lasts: int = 80, moves: tuple[float, float] = (0, 0)) -> None:
        self.send("touchStart", (x, y, 0))
        if moves != (0, 0):
            self.send("touchMove", (x + moves[0], y + moves[1], 0))
        self.page.wait_for_timeout(lasts)
        self.send("touchEnd")

    def tremble(self, x: float, y: float) -> None:
        """A press of 40 ms, a fifth of a second after the last one."""
        self.send("touchStart", (x, y, 0), after=0.2)
        self.send("touchEnd", after=0.04)


def middle(page: Page, words: str) -> tuple[float, float]:
    """The middle of a tile or key of the touch form."""
    one = page.locator("#touch").get_by_text(words, exact=True)
    one.scroll_into_view_if_needed()
    box: Any = one.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_long_press_a_drift_and_a_palm_through_the_glass(page: Page) -> None:
    times, finger = touch_form(page), Finger(page)
    x, y = middle(page, "Tremble")
    finger.press(x, y, lasts=900)
    expect(times).to_have_text("1")
    page.wait_for_timeout(620)
    finger.press(x, y, moves=(16, 14))
    expect(times).to_have_text("2")
    finger.tremble(x, y)
    page.wait_for_timeout(620)
    expect(times).to_have_text("2")
    finger.send("touchStart", (x, y, 0))
    finger.send("touchStart", (x, y, 0), (x + 40, y, 1), size=50)
    page.wait_for_timeout(60)
    finger.send("touchEnd", (x + 40, y, 1))
    finger.send("touchEnd")
    expect(times).to_have_text("3")
    page.wait_for_timeout(620)
    finger.press(x, y, moves=(0, 300))
    expect(times).to_have_text("3")
    page.get_by_label("Tremble").focus()
    page.keyboard.press("Space")
    expect(times).to_have_text("4")


WATCH_KEYS = """() => {
  window.pressed = [];
  document.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", (event) => {
    const key = event.target.closest(".button");
    if (!event.defaultPrevented && key) window.pressed.push(key.textContent.trim());
  });
}"""


@pytest.mark.parametrize(("words", "moves"), [("Finish", (3, 21)), ("Delete", (22, 3))])
def test_keys_and_links_forgive_too(page: Page, words: str, moves: tuple[float, float]) -> None:
    """A key of the dock takes a drift to all sides, on a long page one to the side; a flick there scrolls."""
    page.goto("/sample")
    page.evaluate(WATCH_KEYS)
    finger, key = Finger(page), page.get_by_role("button", name=words).first
    key.scroll_into_view_if_needed()
    box: Any = key.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger.press(x, y, lasts=900, moves=moves)
    finger.tremble(x, y)
    page.wait_for_timeout(50)
    assert page.evaluate("() => window.pressed") == [words]
    if words == "Delete":
        before = page.evaluate("() => scrollY")
        finger.press(x, y, moves=(0, 200))
        assert page.evaluate("() => scrollY") < before
        assert page.evaluate("() => window.pressed") == [words]


@pytest.mark.long
@pytest.mark.timeout(400)
def test_two_hundred_touches_through_the_browser(page: Page) -> None:
    times, finger = touch_form(page), Finger(page)
    places = [middle(page, "Tremble"), middle(page, "Shake")]
    meant = [one for one in sequences(400) if one.acts][:200]
    acted = []
    for n, one in enumerate(meant):
        x, y = places[n % 2]
        before = int(times.inner_text())
        first = one.events[[event["id"] for event in one.events].index(1)]
        mine = [event for event in one.events if event["id"] == 1]
        finger.send("touchStart", (x, y, 0), size=first["size"] / 2)
        for event in mine[1:-1]:
            dx, dy = event["x"] - first["x"], event["y"] - first["y"]
            finger.send("touchMove", (x + dx, min(max(y + dy, y - 30), y + 30), 0), size=first["size"] / 2)
        page.wait_for_timeout(min(mine[-1]["at"] - first["at"], 1200))
        finger.send("touchEnd")
        page.wait_for_timeout(320)  # each tile is quiet for 600 ms after it acted
        acted.append(int(times.inner_text()) - before)
    assert max(acted) == 1
    assert sum(acted) >= 196
