"""What the service worker does with a message: it always shows something, says so, and takes an answer."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page

from companion import clock
from companion.database import transaction
from companion.delivery.models import Delivery
from companion.delivery.operations import Action, ensure_vapid_key, page_url, plan_delivery, write
from companion.delivery.queries import device_of
from companion.extensions import db
from companion.infusions.models import InfusionDay
from companion.reminders.queries import answer_token
from tests import factories
from tests.conftest import BROWSER_PATIENCE_SECONDS
from tests.infusions.plans import TODAY, courses, start

SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, lang, tag, data, actions }) => ({ title, body, lang, tag, data, actions }));
}"""
PRESS = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  await follow(notification, action);
}"""
POINT = "BI5TO2-gv3tGJbswZnwB-2B--fi4qA_vWzAGKHAxh7Kjc-sdveAzGDZtBp-DpvWQAFPHNjPLBBshxV4ahsH0ALQ"
Deliver = Callable[[str], None]


@pytest.fixture
def told(served: Flask) -> dict[str, Any]:
    """A message about yesterday's infusion as its device gets it, and what it is about."""
    with served.test_request_context(), transaction():
        kim = factories.account("Kim", f"kim{clock.now().timestamp()}@example.org")
        circle, yesterday = factories.circle(patient=kim), TODAY - timedelta(days=1)
        plan = start(circle, yesterday.isoformat(), now=clock.now() - timedelta(days=2))
        day = courses(plan)[0].days[0]
        ensure_vapid_key(now=clock.now())
        device = factories.push_subscription(kim)
        delivery = plan_delivery(
            subject_kind="infusion_day",
            subject_id=day.id,
            stage="follow_up",
            due_slot="now",
            recipient_id=kim.id,
            channel="push",
            address_id=device.id,
            due_at=clock.now(),
            useful_until=clock.now() + timedelta(days=3),
            now=clock.now(),
        )
        link = page_url("reminders.answer", token=answer_token(delivery, day))
        actions = [Action("done", "Done", link), Action("later", "Later", f"{link}?step=later")]
        message = write(delivery, "", language="en", title="A question", body="Today", link=link, actions=actions)
        return {"payload": message.payload.decode(), "day": day.id, "delivery": delivery.id, "link": link}


@pytest.fixture
def deliver(page: Page, context: BrowserContext, served: Flask) -> Deliver:
    """Hand a message to the worker as the browser does when its push service has one."""
    url = served.config["COMPANION"].base_url
    context.grant_permissions(["notifications"], origin=url)
    page.goto("/offline")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session, found = context.new_cdp_session(page), []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    wait_for(page, lambda: found)

    def hand_over(data: str) -> None:
        registration = found[-1]["registrationId"]
        session.send(
            "ServiceWorker.deliverPushMessage", {"origin": url, "registrationId": registration, "data": data}
        )

    return hand_over


def wait_for(page: Page, what: Callable[[], Any]) -> Any:
    for _ in range(20 * BROWSER_PATIENCE_SECONDS):
        if answer := what():
            return answer
        page.wait_for_timeout(50)
    raise AssertionError("did not happen")


def shown(page: Page, count: int = 1) -> list[dict[str, Any]]:
    return list(wait_for(page, lambda: (all_of := page.evaluate(SHOWN)) and len(all_of) == count and all_of))


def row(served: Flask, model: type[Any], ident: int) -> Any:
    with served.test_request_context():
        db.session.rollback()
        return db.session.get_one(model, ident)


def test_a_message_is_shown_and_confirmed_and_an_answer_is_saved(
    page: Page, context: BrowserContext, deliver: Deliver, served: Flask, told: dict[str, Any]
) -> None:
    deliver(told["payload"])
    (one,) = shown(page)
    given = json.loads(told["payload"])["notification"]
    assert (one["title"], one["body"], one["lang"], one["tag"]) == ("A question", "Today", "en", given["tag"])
    assert [action["action"] for action in one["actions"]] == ["done", "later"]
    assert one["data"]["navigate"] == told["link"]
    assert "ack" not in one["data"]
    wait_for(page, lambda: row(served, Delivery, told["delivery"]).confirmed_at)
    deliver(told["payload"])
    assert len(shown(page)) == 1, "the same tag"
    context.service_workers[0].evaluate(PRESS, [given["tag"], "done"])
    (one,) = shown(page)
    assert one["title"] == "Saved. Tap to undo."
    assert one["data"]["navigate"].startswith(f"{told['link']}?change=")
    assert row(served, InfusionDay, told["day"]).state == "done"
    page.goto(one["data"]["navigate"])
    page.get_by_role("button", name="Undo").click()
    assert row(served, InfusionDay, told["day"]).state == "planned"


def test_what_cannot_be_read_or_told_is_shown_all_the_same(
    page: Page, context: BrowserContext, deliver: Deliver, told: dict[str, Any]
) -> None:
    for unreadable in ("", "not json", '{"notification": {"title": 5}}', "[]"):
        deliver(unreadable)
    assert {one["title"] for one in shown(page, 4)} == {"A reminder is waiting for you"}
    worker = context.service_workers[0]
    assert worker.evaluate("() => ownPage('https://example.org/answers/x').pathname") == "/"
    assert worker.evaluate("() => ownPage(undefined).pathname") == "/"
    declared = "() => messageOf({ data: null, notification: { title: 'Read by the browser', data: { ack: 'x' } } })"
    assert [worker.evaluate(declared)[name] for name in ("title", "ack")] == ["Read by the browser", "x"]
    context.set_offline(True)
    deliver(told["payload"])
    last = shown(page, 5)[-1]
    worker.evaluate(PRESS, [last["tag"], "done"])  # nothing is saved, and no window may be opened by a test
    titles = [one["title"] for one in shown(page, 5)]
    assert "Not saved yet. Tap to answer." in titles


def test_a_new_address_is_told_by_the_worker_with_its_old_one(
    page: Page, context: BrowserContext, deliver: Deliver, served: Flask, told: dict[str, Any]
) -> None:
    with served.test_request_context():
        device = device_of(row(served, Delivery, told["delivery"]))
        assert device is not None
        old = {"endpoint": device.endpoint, "keys": {"auth": device.auth}}
    fresh = f"{old['endpoint']}-fresh"
    given = [old, {"endpoint": fresh, "keys": {"p256dh": POINT, "auth": "a" * 22}}]
    context.service_workers[0].evaluate("([old, given]) => renew(old, { toJSON: () => given })", given)
    with served.test_request_context():
        db.session.rollback()
        device = device_of(db.session.get_one(Delivery, told["delivery"]))
        assert device is not None
        assert device.endpoint == fresh
