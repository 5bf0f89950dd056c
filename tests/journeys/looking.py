"""What is checked on every page of a journey: axe finds nothing, targets are large, nothing sticks out."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

SMALLEST_TARGET = 56
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# A link inside a sentence is part of its text (WCAG 2.5.8); every other target counts with its label or tile.
TARGETS = """() => {
  const found = [];
  const kinds = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
  for (const one of document.querySelectorAll(kinds)) {
    const style = getComputedStyle(one), words = (node) => node.textContent.trim();
    if (style.visibility === 'hidden' || !one.getClientRects().length || one.closest('.skip-link')) continue;
    if (one.matches('a') && style.display === 'inline' && words(one.parentElement) !== words(one)) continue;
    const tile = one.matches('input[type=radio], input[type=checkbox]') && one.closest('label');
    const box = (tile || one).getBoundingClientRect();
    if (box.bottom < 0 || one.matches('.visually-hidden')) continue;
    found.push([one.outerHTML.slice(0, 110), Math.round(box.width * 10) / 10, Math.round(box.height * 10) / 10]);
  }
  return found;
}"""
# A bar that sticks to the lower edge covers what one has not scrolled to, and axe takes what shows of it for small.
LAY_THE_BAR_DOWN = """(down) => {
  window.measuring = true;
  for (const bar of document.querySelectorAll('.nav, .dock')) bar.style.position = down ? 'static' : '';
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look_at(page: Any, *, axe: bool = True) -> None:
    """Fail when this page is not fit for weak hands or for a screen reader."""
    page.wait_for_load_state("load")
    where = page.url
    small = [one for one in page.evaluate(TARGETS) if min(one[1], one[2]) < SMALLEST_TARGET - 0.5]
    assert not small, f"{where}: targets under {SMALLEST_TARGET} px: {small}"
    assert page.evaluate(OVERFLOW) <= 0, f"{where}: wider than the screen"
    problems = page.problems + page.evaluate("() => window.violations || []")
    assert problems == [], f"{where}: {problems}"
    if axe:
        page.evaluate(LAY_THE_BAR_DOWN, True)
        found = Axe().run(page, options=RULES).response["violations"]
        page.evaluate(LAY_THE_BAR_DOWN, False)
        assert not found, f"{where}: " + "; ".join(
            f"{one['id']}: {[node['target'] for node in one['nodes']][:4]}" for one in found
        )


def look_around(page: Any) -> None:
    """`look_at` in the themes of this run: one in the quick profile, so that both languages cover both."""
    for scheme in page.themes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        look_at(page)
