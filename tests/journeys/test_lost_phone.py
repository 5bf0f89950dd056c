"""Ana loses her phone: by mail on a new one, a code from her sheet, the old one out; and pages that lock and open."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.looking import look_at
from tests.journeys.passkey_device import PasskeyDevice
from tests.journeys.test_main_job import pick, press_the_main_key, tap
from tests.running import MailSink, RunningApp, text_of, wait_until

EMAIL = "ana@example.org"


# Where it can, the virtual device answers the list under the mail field at once, and nobody can press the key.
NO_LIST_UNDER_FIELDS = (
    "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;"
)


def code_in(mail: MailSink, subject: str) -> str:
    found = wait_until(lambda: [one for one in mail.to(EMAIL) if one["Subject"] == subject])
    return re.search(r"\d{3} \d{3}", text_of(found[-1]))[0]


@pytest.fixture
def at_localhost(stopped: RunningApp) -> RunningApp:
    """A browser makes passkeys for a name only, and for no bare number."""
    stopped.url = f"http://localhost:{stopped.port}"
    stopped.environ["COMPANION_BASE_URL"] = stopped.url
    return stopped


@pytest.fixture
def token(at_localhost: RunningApp, life_before: Callable[..., Any]) -> str:
    """Ana's session on the phone that she has had for long."""
    with life_before() as now:
        ana = factories.account("Ana", EMAIL, language="en")
        circle = factories.circle(patient=ana)
        factories.infusion(circle, first_on=date(2027, 3, 5))
        factories.check_in(circle, ana, recorded_at=now, on=now.date(), left_rating=2)
        return factories.session_token(ana, now, fresh=False)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_ana_loses_her_phone(at_localhost: RunningApp, token: str, phone: Callable[..., Any], mail: MailSink) -> None:
    app = at_localhost
    app.start()
    old, new = phone(signed_in=(app, token)), phone()
    for page in (old, new):
        page.emulate_media(reduced_motion="reduce")
        page.add_init_script(NO_LIST_UNDER_FIELDS)
    hers = PasskeyDevice(old)

    # On her phone: the offer, the question whether it is her, the passkey, and a sheet of codes.
    old.goto(app.url)
    expect(old.get_by_text("Next time: one touch")).to_be_visible()
    look_at(old)
    tap(old, "Sign in with a touch from now on")
    old.wait_for_url(re.compile("/settings/passkeys/new"))
    look_at(old)
    press_the_main_key(old)
    look_at(old)
    old.get_by_label("Code from the mail").fill(code_in(mail, "Your code to confirm"))
    press_the_main_key(old)
    expect(old.get_by_role("heading", level=1, name="Sign in with one touch")).to_be_visible()
    look_at(old)
    tap(old, "Make a passkey")
    old.wait_for_url(re.compile("/settings/sign-in"))
    look_at(old)
    assert len(hers.passkeys()) == 1
    tap(old, "Recovery codes", role="link")
    tap(old, "Make 8 new codes")
    look_at(old)
    codes = old.locator(".codes__one").all_text_contents()
    assert len(codes) == 8

    # It lies open for a while: a check-in can be written and shows nothing back, one touch opens the rest.
    app.move_to(app.now() + timedelta(minutes=20))
    old.goto(f"{app.url}/insights")
    expect(old.get_by_role("heading", level=1)).to_have_text("Locked, to keep it private")
    look_at(old)
    tap(old, "Check in", role="link")
    expect(old.get_by_text("last time")).to_have_count(0)
    look_at(old)
    pick(old, "left_rating", "3")
    press_the_main_key(old)
    expect(old.get_by_text("Saved. Thank you.")).to_be_visible()
    expect(old.get_by_role("button", name="Undo")).to_be_visible()
    look_at(old)
    hers.verify(False)
    tap(old, "Open with a touch")
    expect(old.get_by_text("That did not work.")).to_be_visible()
    hers.verify(True)
    tap(old, "Open with a touch")
    expect(old.get_by_role("heading", name="Next infusion")).to_be_visible()

    # It is gone. A mail lets her in on a new one, for check-ins and the next date.
    their = PasskeyDevice(new)
    new.goto(f"{app.url}/sign-in")
    expect(new.get_by_role("button", name="Sign in with a touch")).to_be_visible()
    look_at(new)
    new.locator('input[type="email"]').fill(EMAIL)
    press_the_main_key(new)
    new.get_by_label("Code from the mail").fill(code_in(mail, "Your sign-in code"))
    press_the_main_key(new)
    expect(new.get_by_role("heading", level=1)).to_have_text("This device is new")
    expect(new.get_by_text("Fri 5 Mar")).to_be_visible()
    look_at(new)
    new.goto(f"{app.url}/settings/sign-in")
    new.get_by_text("Other ways").click()
    new.get_by_label("Recovery code").fill(codes[0])
    look_at(new)
    tap(new, "Use this code")
    expect(new.get_by_role("heading", level=1, name="Ways to sign in")).to_be_visible()

    # The old one out, its passkey away, a new one made: each is told by mail.
    tap(new, "Sign out there")
    expect(new.get_by_text("That device is signed out.")).to_be_visible()
    new.locator(".facts .link-row").first.click()
    look_at(new)
    tap(new, "Remove this passkey")
    expect(new.get_by_text("The passkey is removed.")).to_be_visible()
    tap(new, "Add a passkey", role="link")
    tap(new, "Make a passkey")
    new.wait_for_url(re.compile("/settings/sign-in"))
    assert len(their.passkeys()) == 1
    told = "\n".join(text_of(one) for one in wait_until(lambda: notices(mail, 6)))
    for words in (
        "was added",
        "was removed",
        "recovery code was used",
        "signed out",
        "new device",
        "codes were made",
    ):
        assert words in told

    # The finder of the old phone sees nothing and its passkey opens nothing; on the new one, one touch does.
    old.goto(app.url)
    expect(old.get_by_text("Next infusion")).to_have_count(0)
    old.goto(f"{app.url}/sign-in")
    tap(old, "Sign in with a touch")
    expect(old.get_by_text("This passkey is not known here any more.")).to_be_visible()
    new.goto(f"{app.url}/settings")
    tap(new, "Sign out here")
    new.wait_for_url(f"{app.url}/")
    new.goto(f"{app.url}/sign-in?next=/insights")
    tap(new, "Sign in with a touch")
    new.wait_for_url(f"{app.url}/insights")


def notices(mail: MailSink, count: int) -> list[Any]:
    """The mails about changes of sign-in, once so many came."""
    found = [one for one in mail.to(EMAIL) if one["Subject"] == "Your sign-in has changed"]
    return found if len(found) >= count else []
