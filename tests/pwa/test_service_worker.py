"""What a phone still shows without a connection, and what it must never keep."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from companion.clock import now
from companion.database import transaction
from tests import factories
from tests.conftest import BROWSER_PATIENCE_SECONDS
from tests.people import make_people

KEPT_PAGES = """async () => {
  const pages = await caches.open("pages");
  const kept = {};
  for (const request of await pages.keys()) {
    const page = await pages.match(request);
    kept[new URL(request.url).pathname] = await page.text();
  }
  return kept;
}"""
KEEPS = """async ({ path, words }) => {
  const kept = await (await caches.open("pages")).match(path);
  return Boolean(kept) && (await kept.text()).includes(words);
}"""


def visit(page: Page, path: str) -> None:
    """Open a page and wait until the worker has the address and its public copy."""
    page.goto(path)
    page.evaluate("navigator.serviceWorker.ready")
    wait_for(page, "Boolean(navigator.serviceWorker.controller)")
    page.wait_for_load_state("networkidle")


def kept(page: Page, path: str, words: str) -> None:
    wait_for(page, KEEPS, {"path": path, "words": words})


def wait_for(page: Page, what: str, argument: object = None) -> None:
    """Ask again and again from outside: the page's own policy forbids the evaluation that Playwright waits with."""
    for _ in range(10 * BROWSER_PATIENCE_SECONDS):
        if page.evaluate(what, argument):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"did not happen: {what}")


def test_without_a_connection_the_emergency_page_still_opens(page: Page, context: BrowserContext) -> None:
    visit(page, "/offline")
    kept(page, "/emergency", "<html")
    context.set_offline(True)
    page.goto("/emergency")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("document.styleSheets[0].cssRules.length > 10")
    page.goto("/sign-in")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no connection now")


def test_what_is_kept_follows_the_language(page: Page) -> None:
    visit(page, "/offline?lang=en")
    kept(page, "/offline", 'lang="en"')
    visit(page, "/offline?lang=zh")
    kept(page, "/offline", "现在没有网络")


def test_articles_that_nobody_opened_are_there_too(page: Page) -> None:
    visit(page, "/offline")
    page.evaluate("() => navigator.serviceWorker.controller.postMessage({ articles: true, language: 'en' })")
    kept(page, "/learn/what-mmn-is", "<html")
    kept(page, "/learn", "<html")


def test_nothing_of_a_person_is_kept(page: Page, context: BrowserContext, served: Flask) -> None:
    with served.app_context():
        people = make_people(served)
        with transaction():
            token = factories.session_token(people.ana, now())
    address = served.config["COMPANION"].base_url
    context.add_cookies([{"name": "session", "value": token, "url": address}])
    visit(page, "/offline")
    expect(page.locator(".nav")).to_be_visible()
    visit(page, "/learn")
    kept(page, "/learn", "<html")
    for path, text in page.evaluate(KEPT_PAGES).items():
        assert path.split("/")[1] in ("offline", "emergency", "learn"), path
        assert 'class="nav"' not in text
        assert "Ana" not in text


def test_the_page_can_be_installed(page: Page, new_context: Callable[..., Any]) -> None:
    visit(page, "/offline")
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in told if error["errorId"] != "in-incognito"] == []
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
