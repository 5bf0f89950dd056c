"""Ana sees what was told about an infusion, asks her uncle herself, says who is told, and stops mails by a link."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from companion.infusions import operations
from tests import factories
from tests.journeys.looking import look_around
from tests.journeys.test_main_job import pick, press_the_main_key
from tests.journeys.test_nurse_vials import LANGUAGES_AND_THEMES
from tests.running import MailSink, RunningApp, wait_until

pytestmark = pytest.mark.long

WORDS = {
    "en": {
        "told": "The day before\nAna (you) · mail\nSent",
        "planned": "Planned for",
        "name": "Type the person's name.",
        "copied": "Ana有一项安排。",
        "said": "Said: Still on",
        "days": "2 days",
        "always": "email always",
        "never": "no email",
        "stopped": "You get no more reminders by mail.",
    },
    "zh": {
        "told": "前一天\nAna（您） · 邮件\n",
        "planned": "计划",
        "name": "请输入这个人的名字。",
        "copied": "Ana有一项安排。",
        "said": "回答：照常",
        "days": "2 天",
        "always": "总发邮件",
        "never": "不发邮件",
        "stopped": "您不会再收到提醒邮件。",
    },
}


def words_on(page: Any) -> str:
    """What the page says, after a look at it."""
    look_around(page)
    return str(page.locator("main").inner_text())


@pytest.mark.timeout(300)
@LANGUAGES_AND_THEMES
def test_messages_are_seen_copied_chosen_and_stopped(
    stopped: RunningApp, life_before: Any, mail: MailSink, phone: Any, language: str, theme: str
) -> None:
    words, app = WORDS[language], stopped
    app.move_to(app.now().replace(hour=12, minute=0))
    with life_before() as now:
        ana, ben = (
            factories.account(name, f"{name.lower()}@example.org", language=language) for name in ("Ana", "Ben")
        )
        circle = factories.circle(patient=ana, patient_name="Ana")
        factories.membership(circle, ben, "manage_calendar")
        tomorrow = now.date() + timedelta(days=1)
        plan = operations.start_regimen(
            circle, first_on=tomorrow, interval_count=4, interval_unit="week", local_time="09:00", now=now
        )
        infusion, token = f"{app.url}/infusions/{plan.infusions[0].public_id}", factories.session_token(ana, now)
    app.start()
    page = phone(language, theme, signed_in=(app, token))
    stop = wait_until(lambda: mail.to("ana@example.org"))[0]["List-Unsubscribe"].strip("<>")

    # Every message about the infusion; one by hand for somebody whom none of them reaches.
    page.goto(infusion)
    page.locator('a[href$="/messages"]').click()
    shown = words_on(page)
    assert words["told"] in shown
    assert words["planned"] in shown
    page.locator('main a[href$="/copied-messages/new"]').click()
    pick(page, "reader", "else")
    press_the_main_key(page)
    assert words["name"] in words_on(page)
    page.locator('[name="name"]').fill("Uncle Wu")
    pick(page, "language", "zh")
    press_the_main_key(page)
    page.locator("[data-copy]").wait_for()
    look_around(page)
    assert words["copied"] in page.locator("textarea").input_value()
    page.locator('button[value="still_on"]').click()
    page.wait_for_url(infusion)
    page.goto(f"{infusion}/messages")
    assert words["said"] in page.locator("main").inner_text()

    # How early and by which ways Ana is told, whether Ben is too, and when nobody answers.
    rules = f"{app.url}/circle/reminders"
    page.goto(rules)
    look_around(page)
    for question, name, value, kept in (("events", "lead_hours", "48", "days"), ("ways", "mail", "always", "always")):
        page.goto(f"{rules}/{question}")
        look_around(page)
        pick(page, name, value)
        press_the_main_key(page)
        page.locator(".undo").wait_for()
        expect(page.locator("main")).to_contain_text(words[kept])
    page.locator('main a[href*="/reminders/people"]').click()
    look_around(page)
    for box in ("alerts", "escalations"):
        pick(page, box, "y")
    page.locator("main form").first.locator("button").click()
    page.locator(".undo").wait_for()
    expect(page.locator("main input:checked")).to_have_count(2)
    page.locator(".undo button").click()
    expect(page.locator("main input:checked")).to_have_count(0)
    page.locator("#hours").fill("6")
    page.locator('form[action$="/waiting"] button[type="submit"]').click()
    page.locator(".undo").wait_for()
    expect(page.locator("#hours")).to_have_value("6")

    # The link in a mail needs no sign-in, changes nothing by itself, and can be taken back.
    elsewhere = phone(language, theme)
    elsewhere.goto(stop)
    look_around(elsewhere)
    elsewhere.locator("main .button--main").click()
    assert words["stopped"] in words_on(elsewhere)
    page.goto(rules)
    assert words["never"] in page.locator("main").inner_text()
    elsewhere.locator('form[action$="/undo"] button').click()
    elsewhere.locator("main .button--main").wait_for()
    page.reload()
    assert words["always"] in page.locator("main").inner_text()
    assert elsewhere.problems == page.problems == []
