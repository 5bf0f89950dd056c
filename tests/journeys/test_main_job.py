"""The main job from the first visit to an answered reminder, on a phone, in both languages."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys.looking import look_around, look_at
from tests.running import MailSink, RunningApp, links_in, wait_until

LONDON = ZoneInfo("Europe/London")
# The other pairs belong to the long profile; every page is seen in Chinese and in the dark in the quick one too.
LANGUAGES_AND_THEMES = pytest.mark.parametrize(
    ("language", "theme"),
    [
        ("en", "light"),
        pytest.param("zh", "dark", marks=pytest.mark.long),
        pytest.param("en", "dark", marks=pytest.mark.long),
        pytest.param("zh", "light", marks=pytest.mark.long),
    ],
)
WORDS = {
    "en": {
        "sign in by mail": "Sign in with a touch or email",
        "first day": "Day of the next infusion",
        "check in": "Check in",
        "saved": "Saved. Thank you.",
        "undo": "Undo",
        "stays booked": "stays booked",
    },
    "zh": {
        "sign in by mail": "用轻触或邮箱登录",
        "first day": "下次输液的日期",
        "check in": "开始记录",
        "saved": "已保存，谢谢。",
        "undo": "撤销",
        "stays booked": "已约好的",
    },
}


def tap(page: Any, name: str, *, role: str = "button") -> None:
    """Press a button, link or tile by the words on it."""
    page.get_by_role(role, name=re.compile(re.escape(name))).first.click()


def press_the_main_key(page: Any) -> None:
    """Press the honey button of the page's one decision."""
    page.locator(".dock .button--main").click()


def pick(page: Any, name: str, value: str) -> None:
    """Choose a tile by its field and value, as a finger does: on its face."""
    page.locator(f'label.tile:has(input[name="{name}"][value="{value}"])').click()


def sign_in(page: Any, app: RunningApp, mail: MailSink, address: str, words: dict[str, str]) -> None:
    """From the welcome page through the mail to the first page behind it."""
    page.goto(app.url)
    look_around(page)
    tap(page, words["sign in by mail"], role="link")
    look_at(page)
    page.locator('input[type="email"]').fill(address)
    press_the_main_key(page)
    look_at(page)
    message = wait_until(lambda: mail.to(address))[-1]
    page.goto(links_in(message)[0])
    look_at(page)
    press_the_main_key(page)
    page.wait_for_url(re.compile("/circle/new"))


def first_run(page: Any, words: dict[str, str], first_on: date, *, meter: bool) -> None:
    """A circle for oneself, the stage, the two questions, the meter."""
    look_around(page)
    pick(page, "patient", "self")
    press_the_main_key(page)
    page.wait_for_url(re.compile("/first-steps"))
    look_around(page)
    pick(page, "stage", "on_treatment")
    press_the_main_key(page)
    look_around(page)
    page.get_by_label(words["first day"]).fill(first_on.isoformat())
    pick(page, "rhythm", "4-week")
    press_the_main_key(page)
    look_around(page)
    pick(page, "has_grip_meter", "yes" if meter else "no")
    if not meter:
        pick(page, "tasks", "key")
        pick(page, "tasks", "full_cup")
    press_the_main_key(page)
    page.wait_for_url(re.compile(r"/(\?.*)?$"))
    look_around(page)


def check_in(page: Any, words: dict[str, str]) -> None:
    """Two ratings and a grip by the big keys; an untouched hand is not saved."""
    tap(page, words["check in"], role="link")
    look_around(page)
    pick(page, "left_rating", "3")
    pick(page, "right_rating", "1")
    left = page.locator('[data-module="stepper"]', has=page.locator('input[name="left_grip"]'))
    left.locator('input[name="left_grip"]').fill("21")
    left.locator('button[data-by="1"]').click()
    assert page.locator('input[name="left_grip"]').input_value() in ("21.5", "21,5")
    assert page.locator('input[name="right_grip"]').input_value() == ""
    press_the_main_key(page)
    expect(page.get_by_text(words["saved"])).to_be_visible()
    expect(page.get_by_role("button", name=words["undo"])).to_be_visible()
    look_around(page)


def local(on: date, hour: int, minute: int = 0) -> datetime:
    """A wall time in London as an instant."""
    return datetime.combine(on, time(hour, minute), LONDON).astimezone(UTC)


def set_regimen(page: Any, app: RunningApp, words: dict[str, str]) -> None:
    """ "2 g/kg over 5 days" at 9:00, on the plan of every four weeks."""
    page.goto(f"{app.url}/regimens")
    look_at(page)
    page.locator('a[href*="/regimens/"][href*="/edit"]').first.click()
    look_around(page)
    pick(page, "days", "5")
    for folded in page.locator("details:not([open]) > summary").all():
        folded.click()
    page.locator('input[name="dose"]').fill("2")
    pick(page, "dose_unit", "g_per_kg")
    page.locator('input[name="local_time"]').fill("09:00")
    press_the_main_key(page)
    page.wait_for_load_state()
    look_at(page)


def answer_page(message: Any) -> str:
    """The answer link of a reminder."""
    return next(link for link in links_in(message) if "/answers/" in link)


def infusion_dates(page: Any, app: RunningApp) -> list[dict[str, Any]]:
    """Planned courses as the API gives them: first day, certainty, states."""
    listed = page.request.get(f"{app.url}/api/v1/infusions").json()["infusions"]
    return [
        {"id": one["id"], "first": date.fromisoformat(one["first_on"]), "sure": one["certainty"], "days": one["days"]}
        for one in listed
    ]


@pytest.mark.timeout(300)
@LANGUAGES_AND_THEMES
def test_from_the_first_visit_to_an_answered_reminder(
    running: RunningApp, mail: MailSink, phone: Any, language: str, theme: str
) -> None:
    words, address = WORDS[language], "ana@example.org"
    page = phone(language, theme)
    first_on = running.now().astimezone(LONDON).date() + timedelta(days=9)

    sign_in(page, running, mail, address, words)
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-Hans"}[language]
    first_run(page, words, first_on, meter=True)
    check_in(page, words)
    set_regimen(page, running, words)

    plan = infusion_dates(page, running)
    assert [(one["first"] - first_on).days for one in plan[:3]] == [0, 28, 56]
    assert [len(one["days"]) for one in plan[:3]] == [5, 5, 5]
    page.goto(f"{running.url}/infusions/{plan[2]['id']}")
    look_around(page)
    with page.expect_navigation():
        page.locator('form[action*="booking"] button').first.click()
    assert infusion_dates(page, running)[2]["sure"] == "booked"
    for path in ("/calendar", "/infusions", "/insights", "/circle", "/circle/contacts", "/settings", "/check-ins"):
        page.goto(running.url + path)
        look_around(page)

    # The worker sends the day-before mail at nine the day before, in her language, without health words outside.
    before = len(mail.to(address))
    running.move_to(local(first_on - timedelta(days=1), 9, 1))
    reminder = wait_until(lambda: mail.to(address)[before:])[-1]
    assert not re.search("infus|IVIG|MMN |输液", str(reminder["Subject"]))
    other = phone(language, theme)
    other.goto(answer_page(reminder))
    look_around(other)
    other.locator('button[value="still_on"]').wait_for()
    other.locator('button[value="moved"]').click()
    other.locator('input[name="to_on"]').fill((first_on + timedelta(days=1)).isoformat())
    look_around(other)
    with other.expect_navigation():
        other.locator("main form button").last.click()
    look_around(other)

    # The clinic moved it by a day: the expected dates follow, the booked one stays.
    moved = infusion_dates(page, running)
    assert [(one["first"] - first_on).days for one in moved[:3]] == [1, 29, 56]
    assert [one["sure"] for one in moved[:4]] == ["booked", "expected", "booked", "expected"]

    # The day after, the question comes; its link marks the day done, once.
    seen = len(mail.to(address))
    running.move_to(local(first_on + timedelta(days=2), 10, 5))
    question = wait_until(lambda: [m for m in mail.to(address)[seen:] if _asks_about(m, other)])[-1]
    other.goto(answer_page(question))
    look_around(other)
    with other.expect_navigation():
        other.locator('button[value="done"]').click()
    look_around(other)
    other.goto(answer_page(question))
    expect(other.locator('button[value="done"]')).to_have_count(0)
    after = infusion_dates(page, running)
    assert [day["state"] for day in after[0]["days"]] == ["done", "planned", "planned", "planned", "planned"]
    assert [one["first"] for one in after] == [one["first"] for one in moved]

    # Signed in again on the phone, the next day of the course is what Today is about.
    page.goto(running.url)
    look_around(page)
    page.goto(f"{running.url}/infusions/{after[0]['id']}")
    look_around(page)
    assert page.problems == other.problems == []


def _asks_about(message: Any, page: Any) -> bool:
    """Whether the answer page of a mail asks if a day took place."""
    page.goto(answer_page(message))
    return page.locator('button[value="done"]').count() > 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.long)])
def test_the_clinic_moves_her_by_three_days_and_her_booked_date_stays(
    running: RunningApp, mail: MailSink, phone: Any, language: str
) -> None:
    words = WORDS[language]
    page = phone(language)
    first_on = running.now().astimezone(LONDON).date() + timedelta(days=3)
    sign_in(page, running, mail, "ana@example.org", words)
    first_run(page, words, first_on, meter=True)
    plan = infusion_dates(page, running)
    page.goto(f"{running.url}/infusions/{plan[2]['id']}")
    with page.expect_navigation():
        page.locator('form[action*="booking"] button').first.click()
    day = plan[0]["days"][0]["id"]
    page.goto(f"{running.url}/infusions/{plan[0]['id']}")
    for ending in (day, "/move"):
        page.locator(f'main a[href$="{ending}"]').click()
        look_around(page)
    page.locator('input[name="to_on"]').fill((first_on + timedelta(days=3)).isoformat())
    press_the_main_key(page)
    page.wait_for_url(re.compile("/infusions/"))
    look_around(page)
    expect(page.get_by_text(words["stays booked"]).first).to_be_visible()
    moved = infusion_dates(page, running)
    assert [(one["first"] - first_on).days for one in moved[:4]] == [3, 31, 56, 84]
    assert moved[2]["sure"] == "booked"
    with page.expect_navigation():
        page.get_by_role("button", name=words["undo"]).click()
    assert [one["first"] for one in infusion_dates(page, running)[:4]] == [one["first"] for one in plan[:4]]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_person_without_a_grip_meter(running: RunningApp, mail: MailSink, phone: Any) -> None:
    words = WORDS["en"]
    page = phone("en")
    sign_in(page, running, mail, "wei@example.org", words)
    first_run(page, words, running.now().astimezone(LONDON).date() + timedelta(days=3), meter=False)
    tap(page, words["check in"], role="link")
    look_around(page)
    assert page.locator('input[name="left_grip"]').count() == 0
    assert page.get_by_text("grip", exact=False).count() == 0
    pick(page, "left_rating", "2")
    page.locator('label.tile:has(input[name^="task_"][name$="_left"][value="with_effort"])').first.click()
    press_the_main_key(page)
    expect(page.get_by_text(words["saved"])).to_be_visible()
    page.goto(f"{running.url}/insights")
    look_around(page)
    assert "kg" not in page.locator("main").inner_text()


@pytest.mark.long
@pytest.mark.timeout(300)
@LANGUAGES_AND_THEMES
def test_public_pages(running: RunningApp, phone: Any, language: str, theme: str) -> None:
    page = phone(language, theme)
    paths = [
        "/guide",
        "/learn",
        *(f"/learn/{slug}" for slug in SLUGS),
        "/emergency",
        "/emergency?country=US&place=clinic",
        "/emergency?country=CN&place=home",
        "/assistance",
        "/assistance?country=US&insurance=medicare&product=gammagard-liquid&place=clinic",
        "/assistance?country=JP",
        "/offline",
        "/sign-in",
        "/nothing-here",
    ]
    for path in paths:
        page.goto(running.url + path)
        look_around(page)


SLUGS = (
    "what-mmn-is",
    "treatment-with-immunoglobulin",
    "infusion-day",
    "cold-and-hand-care",
    "questions-for-your-neurologist",
)
