"""Ana records an infusion in full: what was given, its bottles, a reaction, and the day after."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.looking import look_around
from tests.journeys.test_main_job import pick, press_the_main_key
from tests.journeys.test_nurse_vials import LANGUAGES_AND_THEMES, start_treatment
from tests.running import RunningApp

WORDS = {
    "en": {
        "partial": "Stopped at 6 g",
        "weight": "0.08 g/kg at 75.5 kg",
        "unread": "03/04/2031 can be two days.",
        "group": "LF4117A · 4 bottles\n10 g each, use by 03/2031",
        "passed": "this bottle’s date has passed",
        "reaction": "Mild, during the infusion",
        "call": "Call for help first.",
        "diary": "Headache: mild, temperature 37.2",
    },
    "zh": {
        "partial": "输到 6 克停了",
        "weight": "按 75.5 公斤算，0.08 克/公斤",
        "unread": "03/04/2031",
        "group": "LF4117A · 4 瓶\n每瓶 10 克、有效期至 03/2031",
        "passed": "这瓶已过有效期",
        "reaction": "轻、输液时",
        "call": "先打电话求助。",
        "diary": "头痛：轻、体温 37.2",
    },
}
LOTS = "4 x LF4117A 10 g 03/2031\n(01)00309442700043(17)310331(10)LF4118B(21)SER1\nLF4119C {date}\nOLD77 03/2020"


@pytest.mark.long
@pytest.mark.timeout(300)
@LANGUAGES_AND_THEMES
def test_an_infusion_is_recorded_in_full(
    web: RunningApp, life_before: Any, phone: Any, language: str, theme: str
) -> None:
    path, token = start_treatment(life_before)
    words, page, infusion = WORDS[language], phone(language, theme, signed_in=(web, token)), f"{web.url}{path}"

    # Only a part was given: what was typed stays while a number is wrong, then all of it is shown.
    page.goto(infusion)
    page.locator('a[href$="/given-record"]').click()
    pick(page, "answer", "partial")
    for name, typed in (("started", "00:10"), ("stopped", "00:40"), ("grams", "lots"), ("weight", "75.5")):
        page.locator(f'[name="{name}"]').fill(typed)
    press_the_main_key(page)
    page.locator(".error-summary").wait_for()
    look_around(page)
    assert page.locator('[name="weight"]').input_value() == "75.5"
    page.locator('[name="grams"]').fill("6")
    press_the_main_key(page)
    page.wait_for_url(infusion)
    for key in ("partial", "weight"):
        expect(page.get_by_text(words[key]).first).to_be_visible()

    # Bottles: one line that can be read in two ways keeps all of them from being saved.
    page.locator('a[href$="/vials/new"]').click()
    page.locator('[name="labels"]').fill(LOTS.format(date="03/04/2031"))
    press_the_main_key(page)
    expect(page.get_by_text(words["unread"]).first).to_be_visible()
    page.locator('[name="labels"]').fill(LOTS.format(date="2031-04-03"))
    press_the_main_key(page)
    page.wait_for_url(infusion)
    group = page.locator(".lot-group > .more")
    expect(group.locator("summary")).to_contain_text(words["group"], use_inner_text=True)
    expect(page.get_by_text(words["passed"]).last).to_be_visible()
    group.locator("summary").click()
    group.locator("form button").last.click()
    page.wait_for_url(infusion)
    expect(page.locator(".lot-group .records__keys")).to_have_count(3)

    # A reaction.
    page.locator('a[href$="/reactions/new"]').click()
    for name, value in (("kinds", "headache"), ("severity", "mild"), ("when", "during")):
        pick(page, name, value)
    press_the_main_key(page)
    page.wait_for_url(infusion)
    expect(page.get_by_text(words["reaction"])).to_be_visible()
    look_around(page)

    # The next day: a nurse is no longer there to be told, and the diary has its fixed signs.
    web.move_to(web.now() + timedelta(days=1))
    page.goto(infusion)
    page.locator('a[href*="/diary?day=1"]').click()
    look_around(page)
    pick(page, "headache", "mild")
    page.locator('[name="temperature"]').fill("37.2")
    press_the_main_key(page)
    page.goto(infusion)
    expect(page.get_by_text(words["diary"])).to_be_visible()
    assert words["call"] in page.locator(".banner--urgent").inner_text()
    assert page.problems == []
