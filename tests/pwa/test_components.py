"""The components as they are drawn: big enough to press, far enough apart, nothing cut off, axe content."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Measured at the end of the page, where the tabs lie over nothing.
MEASURE = """() => {
  window.scrollTo(0, document.body.scrollHeight);
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".skip-link");
  const box = (e) => (e.classList.contains("tile__input") ? e.parentElement : e).getBoundingClientRect();
  const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  return [...document.querySelectorAll(pressed)].filter(seen).map((e) => {
    const { x, y, width, height } = box(e);
    const words = e.getAttribute("aria-label") || e.textContent.trim() || e.name;
    return { words, cut: e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0, x, y, width, height };
  });
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Words that stand on more than one line: cut in two because their box is too narrow for their letters.
CUT_WORDS = """() => {
  const cut = [], texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (!parentElement.checkVisibility() || parentElement.closest(".visually-hidden, option, textarea")) continue;
    for (const { 0: word, index } of data.matchAll(/[A-Za-z0-9]{2,}/g)) {
      const range = new Range();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1) cut.push(word);
    }
  }
  return cut;
}"""
LOOKS: list[dict[str, Any]] = [
    {"width": 360, "lang": "en", "theme": "light"},
    {"width": 360, "lang": "zh", "theme": "dark"},
    {"width": 320, "lang": "en", "theme": "dark"},
    {"width": 768, "lang": "zh", "theme": "light"},
    {"width": 360, "lang": "en", "theme": "light", "letters": 32},
    {"width": 320, "lang": "zh", "theme": "light", "letters": 32},
]


def shown(page: Page, look: dict[str, Any]) -> None:
    page.set_viewport_size({"width": look["width"], "height": 780})
    letters = look.get("letters", 16)
    fonts = page.context.new_cdp_session(page)
    fonts.send("Page.setFontSizes", {"fontSizes": {"standard": letters, "fixed": letters - 3}})
    page.goto(f"/sample?signed_in=1&lang={look['lang']}&theme={look['theme']}")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_targets_are_big_and_apart(page: Page, look: dict[str, Any]) -> None:
    shown(page, look)
    targets = page.evaluate(MEASURE)
    assert len(targets) > 40
    assert [t for t in targets if t["width"] < 56 or t["height"] < 56] == []
    assert [t for t in targets if t["cut"]] == []
    assert page.evaluate(SIDEWAYS) == 0
    assert [(a["words"], b["words"]) for a in targets for b in targets if a is not b and too_near(a, b)] == []


@pytest.mark.parametrize("by", ["setting", "zoom"])
@pytest.mark.parametrize("width", [320, 360])
def test_no_word_is_cut_when_letters_are_twice_as_large(page: Page, width: int, by: str) -> None:
    """By the browser's setting, which media queries know, and by a zoom of text alone, which they do not."""
    shown(page, {"width": width, "lang": "en", "theme": "light", "letters": 32 if by == "setting" else 16})
    if by == "zoom":
        page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(CUT_WORDS) == []
    assert page.evaluate(SIDEWAYS) == 0
    ticks = page.locator(".choice .tile__input:checked + .tile__face .tile__tick").all()
    assert [tick for tick in ticks if tick.bounding_box()["height"] > 40] == []


@pytest.mark.parametrize("columns", ["320", "360"])
def test_short_answers_stand_side_by_side_on_a_phone(page: Page, columns: str) -> None:
    shown(page, {"width": int(columns), "lang": "en", "theme": "light"})
    first, second = (page.locator(f'label:has([value="{one}"])').bounding_box() for one in ("nurse", "neurologist"))
    assert first["y"] == second["y"]


def too_near(a: dict[str, float], b: dict[str, float]) -> bool:
    across = max(a["x"], b["x"]) - min(a["x"] + a["width"], b["x"] + b["width"])
    down = max(a["y"], b["y"]) - min(a["y"] + a["height"], b["y"] + b["height"])
    return max(across, down) < 8 - 0.5


@pytest.mark.parametrize("look", LOOKS[1:3], ids=str)
def test_axe_finds_nothing(page: Page, look: dict[str, Any]) -> None:
    shown(page, look)
    page.evaluate("window.measuring = true")
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found.response["violations"]] == []
