"""The operator's own service gets signed JSON, once an id, and its answers mean what a push service's do."""

import hashlib
import hmac
import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from companion import clock
from companion.database import transaction
from companion.delivery import jobs, operations
from companion.delivery.channels import UnknownChannel, open_channel
from companion.delivery.channels.base import HookMessage
from companion.delivery.channels.webhook import WebhookChannel
from companion.delivery.jobs.loops import run_to_end
from companion.extensions import db
from tests.delivery.conftest import NOON
from tests.fixtures import make_app

SECRET = "a secret of thirty-two letters ok"
MESSAGE = HookMessage('{"title":"提醒"}'.encode(), "abc123")


@pytest.fixture
def service():
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.status)
            for name, value in server.extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status, server.extra = [], 200, {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def send(service, *messages):
    async def run():
        channel = WebhookChannel(f"http://127.0.0.1:{service.server_port}/hook", SECRET)
        try:
            return [await channel.send(one, NOON) for one in messages]
        finally:
            await channel.close()

    return run_to_end(run())


def test_a_message_is_signed_and_keeps_its_id(service):
    outcomes = send(service, MESSAGE, MESSAGE)
    assert [outcome.result for outcome in outcomes] == ["accepted"] * 2
    (headers, body), (again, _) = service.got
    assert body == MESSAGE.body
    assert headers["Idempotency-Key"] == again["Idempotency-Key"] == "abc123"
    stamp = headers["Companion-Timestamp"]
    assert stamp == str(int(NOON.timestamp()))
    digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["Companion-Signature"] == f"sha256={digest}"


@pytest.mark.parametrize(
    ("status", "result", "wait"),
    [
        (204, "accepted", None),
        (302, "our_fault", None),
        (404, "our_fault", None),
        (410, "permanent_address", None),
        (503, "temporary", timedelta(seconds=7)),
    ],
)
def test_what_its_answers_mean(service, status, result, wait):
    service.status, service.extra = status, {"Location": "/x", **({"Retry-After": "7"} if wait else {})}
    [outcome] = send(service, MESSAGE)
    assert (outcome.result, outcome.wait, len(service.got)) == (result, wait, 1)


def test_a_due_message_reaches_it_and_is_taken(app, parcel, people, service):
    def compose(delivery, now):
        words = {"language": "en", "title": "Hello", "body": "Tomorrow", "link": "https://example.org/a"}
        return operations.write(delivery, "emails/none", **words)

    operations.register_subject("parcel", compose)
    settings = {"webhook_url": f"http://127.0.0.1:{service.server_port}/", "webhook_secret": SECRET}
    app.config["COMPANION"] = replace(app.config["COMPANION"], **settings)
    delivery = parcel(channel="webhook", address_id=0, now=clock.now())
    with transaction():
        delivery.provider = "webhook"
    assert jobs.dispatch_due() == 1
    db.session.refresh(delivery)
    assert delivery.state == "accepted"
    [(_, body)] = service.got
    assert (json.loads(body)["id"], json.loads(body)["recipient"]) == (delivery.public_id, people.ana.public_id)


def test_the_channel_is_there_when_the_operator_names_an_address(tmp_path):
    named = {"COMPANION_WEBHOOK_URL": "https://sms.example.org/in", "COMPANION_WEBHOOK_SECRET": SECRET}
    config = make_app(tmp_path, **named).config["COMPANION"]
    assert isinstance(open_channel("webhook", config), WebhookChannel)
    with pytest.raises(UnknownChannel):
        open_channel("webhook", make_app(tmp_path).config["COMPANION"])
