"""People with phones, on one push service or several, and a browser that talks to the running application."""

import http.client
import json
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import Delivery, DeliveryAttempt, ProviderState, PushSubscription
from tests.push_sink import PushSink
from tests.running import PATIENCE_SECONDS, wait_until


class Phones:
    """The story's people with a phone each, on one push service or several."""

    def __init__(self, story):
        self.story, self.sinks = story, []
        story.worker.environ |= {
            "COMPANION_PUSH_HOSTS": "127.0.0.1",
            "COMPANION_RETRY_SECONDS": "0.4,0.4",
            # A proxy that is not there: nothing may ask it.
            **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9"),
        }

    def sink(self):
        """One more push service."""
        made = PushSink(now=self.story.worker.now)
        made.start()
        self.sinks.append(made)
        return made

    def person(self, sink, name="phone", **values):
        """Somebody whose infusion is tomorrow, with a phone that has confirmed messages so far."""
        [address] = self.story.people_named(f"{name}@example.org")
        with self.story.app.app_context(), transaction():
            defaults = {"confirmed_at": self.story.worker.now()}
            sink.subscribe(self.story.account_of(address).id, name, **(defaults | values))
        return address

    def device(self):
        """Whether the one device is open, and why not."""
        [row] = self.story.read(sa.select(PushSubscription.closed_at.is_not(None), PushSubscription.closed_reason))
        return tuple(row)

    def outcomes(self, channel="push"):
        """What came of each attempt by a channel, in order."""
        query = sa.select(DeliveryAttempt.outcome, DeliveryAttempt.detail).join(Delivery)
        rows = self.story.read(query.where(Delivery.channel == channel).order_by(DeliveryAttempt.id))
        return [f"{outcome} {detail or ''}".strip() for outcome, detail in rows]

    def take(self, count, channel="push"):
        """Wait until so many messages were taken, and the worker has written it down."""
        wait_until(lambda: [one.split()[0] for one in self.outcomes(channel)].count("accepted") == count)

    def pauses(self):
        """How long each provider is left alone from now on, in seconds."""
        now = self.story.worker.now()
        rows = self.story.read(sa.select(ProviderState.name, ProviderState.paused_until))
        return {name: until and (until - now).total_seconds() for name, until in rows}

    def alarms(self):
        """Errors that the operator reads."""
        lines = (self.story.folder / "log").read_text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in events if line.get("level") == "error"]

    def later(self, **step):
        """Move the clock on."""
        self.story.worker.move_to(self.story.worker.now() + timedelta(**step))


class Browser:
    """A browser of the running application: it keeps cookies, and says that its requests come from our own pages."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, SimpleCookie()

    def get(self, path: str) -> str:
        """The text of a page that must be there."""
        status, text = self.ask("GET", path)
        assert status == 200, (path, status)
        return text

    def post(self, path: str, fields: Any = (), **body: Any) -> str:
        """Send a form, or JSON given by names; gives the text of an answer, or where it leads."""
        status, text = self.ask("POST", path, body or None, fields)
        assert status in (200, 204, 303), (path, status, text[:300])
        return text

    def ask(self, method: str, path: str, body: Any = None, fields: Any = ()) -> tuple[int, str]:
        """One request: status and text, or status and the address that a redirect leads to."""
        headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        headers["Cookie"] = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
        data = urlencode(fields).encode() if body is None else json.dumps(body).encode()
        if method == "POST":
            headers["Content-Type"] = "application/json" if body else "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request(method, path, data if method == "POST" else None, headers)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.getheader("Location") or text
