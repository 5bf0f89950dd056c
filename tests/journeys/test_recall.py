"""Ben checks a recall notice: a match, a maybe, and none; he reads no reaction."""

from datetime import timedelta
from typing import Any

import pytest

from companion.infusions import operations
from tests import factories
from tests.journeys.looking import look_at
from tests.running import RunningApp

pytestmark = pytest.mark.long

WORDS = {
    "en": {
        "match": "This lot is in your records",
        "maybe": "Maybe: look at the label again",
        "none": "No match found",
        "steps": "Do not stop treatment on your own.",
        "coverage": "1 infusion with lots.\n1 without lots: ask the clinic.",
        "print": "A page for the nurse",
    },
    "zh": {
        "match": "这个批号在你们的记录里",
        "maybe": "可能是：请再看一眼标签",
        "none": "没有找到",
        "steps": "不要自行停止治疗。",
        "coverage": "1 次输液有批号。\n1 次没有批号，请问医院。",
        "print": "给护士的一页",
    },
}


def look_up(page: Any, app: RunningApp, notice: str) -> str:
    """Paste a notice and read what comes."""
    page.goto(f"{app.url}/recalls")
    page.locator('textarea[name="notice"]').fill(notice)
    page.locator("main .button--main").click()
    page.wait_for_load_state()
    look_at(page)
    return str(page.locator("main").inner_text())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_ben_checks_a_recall_notice(web: RunningApp, life_before: Any, phone: Any, language: str) -> None:
    with life_before() as now:
        ana, ben = factories.account("Ana", "ana@example.org"), factories.account("Ben", "ben@example.org")
        circle = factories.circle(patient=ana)
        factories.membership(circle, ben, "manage_calendar")
        for days_ago in (12, 40):
            began_on = now.date() - timedelta(days=days_ago)
            plan = operations.start_regimen(
                circle, first_on=began_on, interval_count=9, interval_unit="week", product="Octagam 10 %", now=now
            )
            first = plan.infusions[0]
            operations.record_day_done(first.days[0], given_on=first.first_on, now=now)
        operations.add_vial(first, lot="LF4100A", now=now)
        operations.add_reaction(first, what="Hives on the arm", severity="mild", started_on=first.first_on, now=now)
        token = factories.session_token(ben, now)
    words, page = WORDS[language], phone(language, signed_in=(web, token))
    page.goto(f"{web.url}/infusions")
    look_at(page, axe=False)  # its rows stand below the tabs by chance; the main job has axe read this page
    page.locator('a[href^="/recalls"]').first.click()
    look_at(page)

    found = look_up(page, web, "Product\tLot\nOctagam 10 %\tlf-4100 a\n")
    assert words["match"] in found
    assert words["steps"] in found
    assert "Octagam 10 %" in found
    assert "Hives" not in found
    assert "4100" not in page.url
    page.locator("details > summary").first.click()
    page.locator('form[action$="/recalls/paper"] button').click()
    page.wait_for_load_state()
    look_at(page)
    paper = page.locator("main").inner_text()
    assert all(WORDS[each]["coverage"] in paper for each in WORDS)
    assert "Hives" not in paper

    perhaps = look_up(page, web, "Lot LF41OOA")
    assert words["maybe"] in perhaps
    assert words["match"] not in perhaps
    none = look_up(page, web, "Lot LF4200A")
    assert words["none"] in none
    assert words["coverage"] in none

    page.goto(f"{web.url}/infusions")
    page.locator('a[href^="/infusions/"]').last.click()
    assert "Hives" not in page.locator("main").inner_text()
