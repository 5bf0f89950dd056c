"""A daughter keeps a circle for her father, who takes it over: two phones, two languages, real mail."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.looking import look_at
from tests.journeys.test_main_job import pick, press_the_main_key, tap
from tests.running import MailSink, RunningApp, links_in, text_of, wait_until


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_daughter_keeps_a_circle_for_her_father(
    running: RunningApp, life_before: Callable[..., Any], phone: Callable[..., Any], mail: MailSink
) -> None:
    with life_before() as now:
        mei = factories.account("Mei", "mei@example.org", language="en")
        token = factories.session_token(mei, now)
    hers, his = phone(signed_in=(running, token)), phone("zh")
    for page in (hers, his):
        page.emulate_media(reduced_motion="reduce")
    hers.goto(f"{running.url}/circle/new")
    pick(hers, "patient", "other")
    hers.get_by_label("Name of the patient").fill("Dad")
    press_the_main_key(hers)
    hers.wait_for_url(re.compile("/first-steps"))
    hers.goto(f"{running.url}/circle")
    look_at(hers)
    tap(hers, "Invite the patient", role="link")
    hers.locator('input[type="email"]').fill("baba@example.org")
    pick(hers, "language", "zh")
    look_at(hers)
    press_the_main_key(hers)
    expect(hers.get_by_text("The invitation is made.")).to_be_visible()
    look_at(hers)

    letter = wait_until(lambda: mail.to("baba@example.org"))[-1]
    assert letter["Subject"] == "您收到一份邀请"
    assert "Mei邀请您" in text_of(letter)
    assert "Dad" not in text_of(letter)
    his.goto(links_in(letter)[0])
    expect(his.get_by_text("请用收到邀请的那个邮箱")).to_be_visible()
    his.locator('input[type="email"]').fill("baba@example.org")
    press_the_main_key(his)
    his.goto(links_in(wait_until(lambda: mail.to("baba@example.org")[1:])[-1])[0])
    press_the_main_key(his)
    his.wait_for_url(re.compile("/invitations/"))
    expect(his.get_by_text("这个照护圈一直由Mei替您管理")).to_be_visible()
    look_at(his)
    his.locator('input[name="name"]').fill("李伟")
    pick(his, "preset", "manage_calendar")
    press_the_main_key(his)
    expect(his.get_by_role("heading", level=1, name="您的照护圈")).to_be_visible()
    look_at(his)

    hers.goto(f"{running.url}/circle")
    expect(hers.get_by_role("heading", level=1, name="Care circle of Dad")).to_be_visible()
    expect(hers.get_by_text("Invite someone")).to_have_count(0)
    look_at(hers)
    his.get_by_role("link", name="Mei").click()
    look_at(his)
    tap(his, "移出照护圈")
    expect(his.get_by_text("Mei已不在照护圈里")).to_be_visible()
    hers.goto(f"{running.url}/circle")
    hers.wait_for_url(re.compile("/circle/new"))
