"""Ana keeps bottles at home: counted, used with the older lot first, low on Today, a parcel that comes."""

import re
from datetime import timedelta
from typing import Any

import pytest

from companion.infusions import operations
from tests import factories
from tests.journeys.looking import look_at
from tests.journeys.test_main_job import pick, press_the_main_key
from tests.running import RunningApp

pytestmark = pytest.mark.long

OLDER = {"name": "Hizentra", "grams": "4", "count": "2", "lot": "OLD1", "expires": "05/2028"}
WORDS = {
    "en": {
        "six": "6 here",
        "first": "Use first: lot NEW2, use by 02/2028",
        "short": "Only 6 are there. Count again first.",
        "used": "What was used is noted, with 5 lot numbers.",
        "low": "Hizentra, 4 g runs low: 1 here, not enough for an infusion",
        "way": "4 on their way",
        "came": "5 here, enough for 1 infusion",
    },
    "zh": {
        "six": "现有6件",
        "first": "先用：批号NEW2",
        "short": "只有6件",
        "used": "用量已记下，并写入5个批号。",
        "low": "快用完了：现有1件、不够用一次",
        "way": "在途4件",
        "came": "现有5件、够用1次",
    },
}


def words_on(page: Any, *, axe: bool = False) -> str:
    """What the page says, after a look at it."""
    look_at(page, axe=axe)
    return str(page.locator("main").inner_text())


def fill(page: Any, **values: str) -> None:
    """Type into fields, folded ones too."""
    for folded in page.locator("form details:not([open]) > summary").all():
        folded.click()
    for name, value in values.items():
        page.locator(f'[name="{name}"]').fill(value)


def save(page: Any) -> str:
    """Look at the form, press the honey button and read what comes."""
    look_at(page)
    with page.expect_navigation():
        press_the_main_key(page)
    return words_on(page)


def follow(page: Any, address: str) -> None:
    """Follow the first link whose address ends so."""
    with page.expect_navigation():
        page.locator(f'main a[href$="{address}"]').first.click()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh", "dark")])
def test_ana_keeps_bottles_at_home(web: RunningApp, life_before: Any, phone: Any, language: str, theme: str) -> None:
    with life_before() as now:
        ana = factories.account("Ana", "ana@example.org")
        plan = operations.start_regimen(
            factories.circle(patient=ana),
            first_on=now.date() - timedelta(days=1),
            interval_count=1,
            interval_unit="week",
            route="SC",
            at_home=True,
            product="Hizentra",
            now=now,
        )
        first = plan.infusions[0]
        operations.record_day_done(first.days[0], given_on=first.first_on, now=now)
        token = factories.session_token(ana, now)
    words, page = WORDS[language], phone(language, theme, signed_in=(web, token))
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")

    page.goto(f"{web.url}/infusions")
    follow(page, "/supplies")
    follow(page, "/supplies/new")
    fill(page, **OLDER)
    save(page)
    shelf = page.url
    page.go_back()
    fill(page, **OLDER)
    with page.expect_navigation():
        press_the_main_key(page)
    assert page.url == shelf  # gone back and saved again, it is one supply, with two bottles
    follow(page, "/stock")
    fill(page, count="4", lot="NEW2", expires="02/2028")
    assert words["six"] in save(page)
    page.goto(f"{web.url}/supplies")
    assert words["first"] in words_on(page, axe=True)

    page.goto(f"{web.url}/infusions")
    page.locator('main a[href^="/infusions/"]').last.click()
    course = page.url
    follow(page, "/supplies")
    used = page.locator('[name^="used-"]')
    used.fill("9")
    assert words["short"] in save(page)
    assert used.input_value() == "9"
    used.fill("5")
    pick(page, "with_vials", "1")
    with page.expect_navigation():
        press_the_main_key(page)
    assert words["used"] in words_on(page)
    page.goto(course)
    lots = words_on(page)
    assert re.search(r"NEW2\W+4 ", lots)  # the earliest date first: all four of it, then one of the other
    assert lots.count("OLD1") == 1

    page.goto(web.url)
    assert words["low"] in words_on(page, axe=True)
    follow(page, "/supplies")
    page.locator('main a[href^="/supplies/"]').first.click()
    follow(page, "/parcels/new")
    fill(page, count="4")
    save(page)
    page.goto(web.url)
    assert words["way"] in words_on(page)
    page.goto(shelf)
    follow(page, "/arrival")
    fill(page, lot="NEW3", expires="09/2028")
    assert words["came"] in save(page)
    look_at(page)
