"""What is joined and shortened is, for a browser, what the source says; and pages ask for few files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page

from companion.clock import now
from companion.database import transaction
from companion.scripts import GROUPS, exports, reader
from companion.static import SHEET, bundle, shortened
from tests import factories

STATIC = Path(__file__).resolve().parents[2] / "static"
RULES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map((rule) => rule.cssText.replaceAll(/ *([,/]) */g, "$1"));
}"""
"""What a browser understands; the value of a custom property it keeps as it was written."""
NAMES = "async (address) => Object.keys(await import(address)).filter((name) => !name.startsWith('$')).sort()"
ONCE = """async ([base, members]) => {
  const twice = [];
  for (const [member, leader, name] of members) {
    const [alone, group] = await Promise.all([import(`${base}/${member}`), import(`${base}/${leader}`)]);
    for (const [key, value] of Object.entries(alone)) if (group[name][key] !== value) twice.push(`${member}: ${key}`);
  }
  return twice;
}"""


def test_the_short_stylesheet_has_the_same_rules(page: Page) -> None:
    text = bundle(STATIC / SHEET)
    rules = page.evaluate(RULES, text)
    assert len(rules) > 50
    assert page.evaluate(RULES, shortened(text)) == rules


def test_every_module_gives_what_its_source_exports_and_exists_once(page: Page, served: Flask) -> None:
    page.goto("/offline")
    base = served.static_url_path
    for path in sorted((STATIC / "js").rglob("*.js")):
        module = path.relative_to(STATIC).as_posix()
        assert page.evaluate(NAMES, f"{base}/{module}") == sorted(exports(reader(STATIC)(module))), module
    names = [
        [member, leader, "$" + Path(member).stem.replace("-", "_")]
        for leader, group in GROUPS.items()
        for member in group
    ]
    assert page.evaluate(ONCE, [base, names]) == []


def test_a_first_visit_asks_for_few_files(new_context: Callable[..., Any], served: Flask) -> None:
    with served.app_context(), transaction():
        lea = factories.account("Lea", "lea@example.org")
        factories.circle(patient=lea)
        token = factories.session_token(lea, now())
    context = new_context(service_workers="block")
    context.add_cookies([{"name": "session", "value": token, "url": served.config["COMPANION"].base_url}])
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url.partition("/static/")[2].partition("/")[2]))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert sorted(path for path in asked if path.endswith((".js", ".css"))) == [
        SHEET,
        *sorted(GROUPS)[:1],
        "js/offline/house.js",
    ]
