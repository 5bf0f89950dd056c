"""Ana switches messages on with one tap, sees that a test arrives, and answers a reminder from the lock screen.

No push service reaches a browser of a test: the page gets an address of the service on this machine, and what that
service takes is handed to the browser as if it came from there.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from companion.infusions import operations
from tests import factories
from tests.journeys.looking import look_around
from tests.push_sink import PushSink
from tests.running import RunningApp, wait_until

SUBSCRIBE = """(() => {
  const given = %s;
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly) throw new TypeError("hidden");
    window.askedWith = applicationServerKey.length;
    return { endpoint: given.endpoint, toJSON: () => given, unsubscribe: async () => true };
  };
})()"""
WORDS = {
    "en": {
        "arrived": "It arrived, ",
        "confirmed": "Last confirmed on",
        "saved": "Saved. Tap to undo.",
    },
    "zh": {"arrived": "已收到，", "confirmed": "上次确认", "saved": "已保存。点这里可撤销。"},
}
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, lang, data, actions }) => ({ title, lang, data, actions }));
}"""
PRESS = """async (action) => {
  const shown = await self.registration.getNotifications();
  await follow(shown.find((one) => one.actions.some((offered) => offered.action === action)), action);
}"""


@pytest.fixture
def sink() -> Iterator[PushSink]:
    """A real push service."""
    service = PushSink()
    service.start()
    yield service
    service.stop()


@pytest.fixture
def app(stopped: RunningApp, sink: PushSink) -> RunningApp:
    """Web and worker at noon, allowed to reach the push service; not started yet."""
    stopped.environ["COMPANION_PUSH_HOSTS"] = "127.0.0.1"
    stopped.move_to(stopped.now().replace(hour=12, minute=0))
    sink.now = stopped.now
    return stopped


def pushed(sink: PushSink, where: str) -> dict[str, Any]:
    """The message that leads to a page, once the push service has it."""
    found = wait_until(lambda: [one for one in sink.to("phone") if where in one.notification["navigate"]])
    return dict(found[0].payload)


def deliver_to(page: Any, url: str) -> Callable[[dict[str, Any]], None]:
    """Hands a message to the worker of a page, as the browser does."""
    session, found = page.context.new_cdp_session(page), []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def deliver(payload: dict[str, Any]) -> None:
        wait_until(lambda: page.wait_for_timeout(20) or found)
        values = {"origin": url, "registrationId": found[-1]["registrationId"], "data": json.dumps(payload)}
        session.send("ServiceWorker.deliverPushMessage", values)

    return deliver


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("language", "theme"), [("en", "light"), pytest.param("zh", "dark", marks=pytest.mark.long)])
def test_ana_gets_messages_on_her_phone(
    app: RunningApp, life_before: Any, sink: PushSink, phone: Any, language: str, theme: str
) -> None:
    with life_before() as now:
        ana = factories.account("Ana", "ana@example.org", language=language)
        operations.start_regimen(
            factories.circle(patient=ana),
            first_on=now.date() - timedelta(days=1),
            interval_count=9,
            interval_unit="week",
            local_time="09:00",
            now=now - timedelta(days=3),
        )
        token = factories.session_token(ana, now)
    app.start()
    words, page, device = WORDS[language], phone(language, theme, signed_in=(app, token)), sink.device()
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    page.context.add_init_script(SUBSCRIBE % json.dumps({"endpoint": device.endpoint, "keys": keys}))
    page.context.grant_permissions(["notifications"], origin=app.url)
    page.goto(f"{app.url}/settings/devices")
    look_around(page)
    page.locator("main .button--main").click()
    page.wait_for_url("**/settings/devices/new")
    look_around(page)
    page.locator("[data-push-button]").click()
    page.wait_for_url("**/settings/devices")
    look_around(page)

    deliver = deliver_to(page, app.url)
    deliver(pushed(sink, "/settings/devices"))
    page.get_by_text(words["arrived"]).wait_for()
    page.reload()
    assert words["confirmed"] in page.locator("main").inner_text()
    look_around(page)

    deliver(pushed(sink, "/answers/"))
    titles = wait_until(lambda: len(shown := page.evaluate(SHOWN)) == 2 and shown)
    assert {one["lang"] for one in titles} == {{"en": "en", "zh": "zh-Hans"}[language]}
    page.context.service_workers[0].evaluate(PRESS, "done")
    saved = next(one for one in page.evaluate(SHOWN) if one["title"] == words["saved"])
    page.goto(saved["data"]["navigate"])
    assert page.locator('form[action$="/undo"] button').is_visible()
    assert sink.problems == []
