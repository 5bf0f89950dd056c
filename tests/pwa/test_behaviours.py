"""What the scripts add to a page that works without them, in a real browser."""

import re

from playwright.sync_api import Page, expect

TWO_PRESSES_OF_ONE_TREMBLE = "key => { key.click(); key.click(); }"
SEND_TWICE = """form => {
  const stopped = [];
  document.addEventListener("submit", (event) => { stopped.push(event.defaultPrevented); event.preventDefault(); });
  form.requestSubmit();
  form.requestSubmit();
  return stopped;
}"""


def test_a_number_is_unset_until_touched(page: Page) -> None:
    page.goto("/sample")
    left = page.get_by_label("Left grip", exact=True).and_(page.locator("input"))
    expect(left).to_have_value("")
    expect(left).to_have_attribute("placeholder", "21.5")
    page.get_by_role("button", name="More, Left grip").click()
    expect(left).to_have_value("22.0")
    page.get_by_role("button", name="Less, Left grip").click(delay=130)
    page.wait_for_timeout(130)
    page.get_by_role("button", name="Less, Left grip").click()
    expect(left).to_have_value("21.0")


def test_a_tremble_counts_once_and_a_comma_is_a_dot(page: Page) -> None:
    page.goto("/sample")
    page.get_by_role("button", name="More, Right grip").evaluate(TWO_PRESSES_OF_ONE_TREMBLE)
    expect(page.locator("input[name=right_grip]")).to_have_value("110.0")


def test_a_number_and_cannot_exclude_each_other(page: Page) -> None:
    page.goto("/sample")
    left, cannot = page.locator("input[name=left_grip]"), page.locator("input[name=left_cannot]")
    left.fill("20")
    cannot.check(force=True)
    expect(left).to_have_value("")
    page.get_by_role("button", name="Less, Left grip").click()
    expect(cannot).not_to_be_checked()
    expect(left).to_have_value("21.0")


def test_a_second_sending_within_600_ms_is_stopped(page: Page) -> None:
    page.goto("/sample")
    assert page.locator("form#form").evaluate(SEND_TWICE) == [False, True]


def test_what_needs_fixing_has_the_focus_and_leads_to_the_field(page: Page) -> None:
    page.goto("/sample")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Choose how it is given").click()
    expect(page.locator("input[value=iv]")).to_be_focused()


def test_back_to_a_refused_form_asks_nothing(page: Page) -> None:
    """A browser that goes back to a sent form asks whether to send it again; here the form has taken its place."""
    page.goto("/sign-in")
    page.locator("[name=email]").fill("nobody")
    page.locator("[name=email]").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    page.goto("/offline")
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in$"))
    expect(page.locator("[name=email]")).to_be_visible()


def test_no_page_breaks_the_content_security_policy(page: Page) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    for path in ("/offline", "/sample?signed_in=1", "/sample?theme=dark"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert told == []


def test_without_scripts_the_number_is_a_plain_field(new_context: object) -> None:
    context = new_context(java_script_enabled=False)  # type: ignore[operator]
    page = context.new_page()
    page.goto("/sample")
    expect(page.get_by_role("button", name="More, Left grip")).to_be_hidden()
    expect(page.locator("input[name=left_grip]")).to_be_editable()


def test_the_own_switch_wins_over_the_phone(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/sample?theme=light")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.goto("/sample")
    dark = page.evaluate(paper)
    page.emulate_media(color_scheme="light")
    page.goto("/sample?theme=dark")
    assert page.evaluate(paper) == dark != light
