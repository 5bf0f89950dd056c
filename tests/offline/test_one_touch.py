"""F36 with a passkey: a month without a connection, the session gone, and one touch sends all that waited."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from companion.accounts.models import Passkey
from companion.clock import now
from companion.extensions import db
from tests.journeys.passkey_device import PasskeyDevice
from tests.offline.conftest import House, Phone

PhoneOf = Callable[..., Phone]
MONTH = timedelta(days=31)
NO_LIST_UNDER_FIELDS = (
    "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false;"
)


@pytest.fixture
def a_month_ago(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """The clock of the server, a month behind until it is told to be right."""
    file = tmp_path / "clock"
    file.write_text(str(-MONTH.total_seconds()))
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))
    monkeypatch.setenv("COMPANION_TESTING", "1")
    return file


@pytest.mark.long
@pytest.mark.timeout(120)
def test_f36_one_touch_sends_all_that_waited(a_month_ago: Any, house: House, new_context: Callable[..., Any]) -> None:
    there = house.url.replace("127.0.0.1", "localhost")
    context = new_context(viewport={"width": 360, "height": 780}, has_touch=True, base_url=there, locale="en-GB")
    context.clock.install(time=datetime.now(UTC) - MONTH)
    context.add_init_script(NO_LIST_UNDER_FIELDS)
    context.add_cookies([{"name": "session", "value": house.token(house.people.ana), "url": there}])
    phone = Phone(context, house)
    device = PasskeyDevice(phone.page)
    phone.page.goto("/settings/passkeys/new")
    phone.page.get_by_role("button", name="Make a passkey").click()
    expect(phone.page.get_by_text("From now on one touch signs you in")).to_be_visible()
    assert len(device.passkeys()) == 1
    phone.open()
    house.network.trouble = "down"
    made_at = now()
    for left in (2, 3, 2):
        phone.page.goto("/check-ins/new")
        phone.check_in(left=left)
        expect(phone.page.get_by_role("heading", name="Saved on this phone")).to_be_visible()

    a_month_ago.write_text("0")
    context.clock.set_system_time(datetime.now(UTC))
    house.network.trouble = ""
    phone.page.goto("/sign-in")
    expect(phone.page.get_by_text("3 check-ins are waiting to be sent.")).to_be_visible()
    assert house.live_sessions() == 1, "nobody ended it: a month without a sign of life did"
    phone.page.get_by_role("button", name="Sign in with a touch").click()
    phone.until(lambda: len(house.rows()) == 3)
    assert [row.left_rating for row in house.rows()] == [2, 3, 2]
    assert all(abs(row.recorded_at - made_at) < timedelta(minutes=2) for row in house.rows())
    phone.until(lambda: phone.waiting() == [])
    expect(phone.page.get_by_text("are waiting to be sent")).to_have_count(0)
    with house.app.app_context():
        assert db.session.scalars(sa.select(Passkey)).one().last_used_at is not None
