"""Every page that Ana reaches by links, on the sample circle: large keys, nothing sticks out, axe finds nothing.

The quick run sees each page once, and all pages together in each language, theme, width and size of letters. The long
run sees every page in each of these ways, and with extra large keys.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from companion.accounts.models import Account
from companion.demo.operations import load_sample
from companion.extensions import db
from tests import factories
from tests.journeys.looking import TARGETS, look_at
from tests.running import RunningApp

WAYS = (
    ("en", "light", 360, 100),
    ("zh", "dark", 360, 200),
    ("en", "dark", 320, 100),
    ("zh", "light", 320, 200),
    ("en", "light", 768, 200),
    ("zh", "dark", 768, 100),
    ("en", "dark", 412, 200),
    ("zh", "light", 412, 100),
)
"""Language, theme, width in px, size of letters in percent; each pair of values is among them."""
EXTRA_LARGE_WAYS = (("en", "light", 360, 100), ("zh", "dark", 320, 100))
EXTRA_LARGE = 126
SMALL_BY_CHOICE = "paper-grid__box"
"""A month of a paper log is one table with a box a day: larger ones would not fit beside each other."""
AXE_EACH = 4
MOST_PAGES = 150
IDS = re.compile(r"[\w-]{22}|\d{4}-\d\d(-\d\d)?|\d+")
LINKS = "() => [...document.querySelectorAll('a[href]')].map((one) => one.href)"
NO_PAGES = re.compile(r"\.ics|/photo|/sign-out|/static/|tel:|mailto:|#")


def kind_of(address: str) -> str:
    """Pages of one kind differ in ids, dates and questions only."""
    return IDS.sub("*", address.partition("?")[0])


def reachable(page: Any, url: str) -> Iterator[str]:
    """One address of each kind of page, opened, by following links from the home screen and the settings."""
    found, waiting = set(), [f"{url}/", f"{url}/settings", f"{url}/offline", f"{url}/check-ins/tracking"]
    while waiting and len(found) < MOST_PAGES:
        address = waiting.pop(0)
        if kind_of(address) in found or not address.startswith(url) or NO_PAGES.search(address):
            continue
        answer = page.goto(address)
        found.add(kind_of(address))
        if answer and answer.headers.get("content-type", "").startswith("text/html"):
            waiting += page.evaluate(LINKS)
            yield address


def see(page: Any, address: str, way: tuple[str, str, int, int], *, axe: bool, extra_large: bool = False) -> str:
    """What is wrong with a page seen in one way, or nothing."""
    language, theme, width, percent = way
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", f"{percent}%")
    if extra_large:
        page.evaluate("() => { document.documentElement.dataset.size = 'extra-large'; }")
    try:
        if extra_large:
            too_small = [one for one in page.evaluate(TARGETS) if min(one[1], one[2]) < EXTRA_LARGE - 0.5]
            assert not [one for one in too_small if SMALL_BY_CHOICE not in one[0]], too_small
        look_at(page, axe=axe)
    except AssertionError as error:
        return f"{way}: {error}"
    return ""


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)])
def test_every_page_fits_weak_hands(web: RunningApp, life_before: Any, phone: Any, every: bool) -> None:
    with life_before() as now:
        load_sample(now)
        ana = next(one for one in db.session.scalars(sa.select(Account)) if one.name == "Ana")
        token = factories.session_token(ana, now)
    page = phone(signed_in=(web, token))
    wrong, seen, asked = [], 0, set[str]()
    page.context.on("request", lambda request: asked.add(urlsplit(request.url)._replace(path="", query="").geturl()))
    for address in reachable(page, web.url):
        for number, way in enumerate(WAYS):
            if every or number == seen % len(WAYS):
                wrong.append(see(page, address, way, axe=every or not seen % AXE_EACH))
        for way in EXTRA_LARGE_WAYS if every else ():
            wrong.append(see(page, address, way, axe=True, extra_large=True))
        seen += 1
    assert seen > 60
    assert {one for one in asked if not one.startswith(("data:", "blob:"))} == {web.url}, "no page asks anybody else"
    assert not any(wrong), "\n".join(filter(None, wrong))
