"""A page that is left open is covered, and keeps what was typed; without scripts a code does what a touch does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.looking import look_at
from tests.journeys.passkey_device import PasskeyDevice
from tests.journeys.test_lost_phone import at_localhost, code_in, token  # noqa: F401
from tests.journeys.test_main_job import pick, press_the_main_key, tap
from tests.running import MailSink, RunningApp


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_page_left_open_is_covered_and_keeps_what_was_typed(
    at_localhost: RunningApp,  # noqa: F811
    token: str,  # noqa: F811
    phone: Callable[..., Any],
    mail: MailSink,
) -> None:
    app = at_localhost
    app.start()
    page = phone(signed_in=(app, token))
    device = PasskeyDevice(page)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{app.url}/settings/passkeys/new")
    press_the_main_key(page)
    page.get_by_label("Code from the mail").fill(code_in(mail, "Your code to confirm"))
    press_the_main_key(page)
    tap(page, "Make a passkey")
    page.wait_for_url(re.compile("/settings/sign-in"))
    page.context.clock.install()
    page.goto(f"{app.url}/check-ins/new")
    pick(page, "left_rating", "3")
    page.get_by_text("More: what explains it").click()
    page.locator("[name=note]").fill("canary note")
    page.context.clock.fast_forward(14 * 60_000)
    expect(page.locator("[name=note]")).to_be_visible()
    page.context.clock.fast_forward(2 * 60_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Locked, to keep it private")
    expect(page.locator("[name=note]")).to_be_hidden()
    assert "canary" not in page.locator("body").inner_text()
    look_at(page)
    device.verify(False)
    tap(page, "Open with a touch")
    expect(page.get_by_text("That did not work.")).to_be_visible()
    device.verify(True)
    tap(page, "Open with a touch")
    expect(page.locator("[name=note]")).to_have_value("canary note")
    expect(page.locator("[name=left_rating][value='3']")).to_be_checked()

    # Under the mail field this device offers its passkey, and picks it at once: no key to press.
    page.goto(f"{app.url}/settings")
    tap(page, "Sign out here")
    page.wait_for_url(f"{app.url}/")
    page.goto(f"{app.url}/sign-in?next=/insights")
    page.wait_for_url(f"{app.url}/insights")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_without_scripts_a_mailed_code_confirms_and_what_was_typed_goes_on(
    at_localhost: RunningApp,  # noqa: F811
    token: str,  # noqa: F811
    phone: Callable[..., Any],
    mail: MailSink,
) -> None:
    app = at_localhost
    app.start()
    page = phone(signed_in=(app, token), java_script_enabled=False)
    page.goto(f"{app.url}/circle/invitations/new")
    page.locator('input[type="email"]').fill("ben@example.org")
    pick(page, "preset", "calendar_only")
    press_the_main_key(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    expect(page.get_by_text("What you typed is kept.")).to_be_visible()
    assert "ben" not in page.url
    press_the_main_key(page)
    page.get_by_label("Code from the mail").fill(code_in(mail, "Your code to confirm"))
    press_the_main_key(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is you")
    press_the_main_key(page)
    expect(page.get_by_text("The invitation is made.")).to_be_visible()
