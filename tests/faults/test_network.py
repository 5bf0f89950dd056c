"""Names that nobody knows, addresses that swallow everything, certificates that ended, secrets that changed."""

import json
import socket
import ssl
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import DeliveryAttempt, PushSubscription, VapidKey
from companion.delivery.operations import ensure_vapid_key
from companion.extensions import db
from tests.delivery.certificates import self_signed
from tests.faults.phones import Browser
from tests.push_sink import PushSink
from tests.running import PATIENCE_SECONDS, links_in, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def readiness(story):
    """What the status page says."""
    try:
        with urllib.request.urlopen(f"{story.worker.url}/readyz", timeout=PATIENCE_SECONDS) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


@contextmanager
def black_hole(port):
    """A port of ::1 that swallows every wish to connect: its queue is full and nobody looks at it."""
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", port))
        listener.listen(0)
        callers = []
        for _ in range(8):
            caller = socket.socket(socket.AF_INET6)
            caller.setblocking(False)
            caller.connect_ex(("::1", port))
            callers.append(caller)
        try:
            yield
        finally:
            for caller in callers:
                caller.close()


NAMES = """
import socket

real = socket.getaddrinfo


def look_up(host, port, *args, **kwargs):
    if host == "nowhere.example.test":
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answers")
    if host != "localhost":
        return real(host, port, *args, **kwargs)
    return real("::1", port, *args, **kwargs) + real("127.0.0.1", port, *args, **kwargs)


socket.getaddrinfo = look_up
"""
"""What a worker finds out about names: `localhost` has two addresses, of which the first swallows everything."""


@pytest.fixture
def names(story, phones, tmp_path):
    """The worker asks name servers of our own."""
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NAMES)
    story.worker.environ |= {
        "PYTHONPATH": str(folder),
        "COMPANION_PUSH_HOSTS": "127.0.0.1,localhost,nowhere.example.test",
    }


@pytest.mark.long
def test_f51_names_addresses_and_certificates_that_fail_are_tried_again_named_and_mail_comes(
    names, phones, story, tmp_path
):
    files = self_signed(tmp_path, datetime.now(UTC) - timedelta(days=1))
    story.worker.environ["SSL_CERT_FILE"] = str(files[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    calm, expired = phones.sink(), PushSink(now=story.worker.now, context=context)
    expired.start()
    phones.sinks.append(expired)
    with black_hole(calm.port):
        calm.origin = f"http://localhost:{calm.port}"
        phones.person(calm, "half")
        lost = [
            phones.person(calm, "nameless", origin="https://nowhere.example.test"),
            phones.person(expired, "expired"),
        ]
        story.worker.start("web", "worker")
        wait_until(lambda: calm.to("half"))
        wait_until(lambda: story.server.counts() == dict.fromkeys(lost, 1))
    assert len(phones.outcomes()) >= 5
    times = sa.select(DeliveryAttempt.started_at, DeliveryAttempt.ended_at).where(
        DeliveryAttempt.outcome == "accepted", DeliveryAttempt.detail == "201"
    )
    [(begun, ended)] = story.read(times)
    assert ended - begun < timedelta(seconds=10)
    troubled = readiness(story)["providers"]
    assert troubled["nowhere.example.test"] == "ClientConnectorDNSError"
    assert troubled[f"127.0.0.1:{expired.port}"] == "ClientConnectorCertificateError"
    assert expired.calls.total() == 0


@pytest.mark.long
def test_f51_an_address_that_swallows_everything_costs_ten_seconds_and_others_nothing(names, phones, story):
    calm, dark = phones.sink(), phones.sink()
    dark.stop()
    story.worker.environ["COMPANION_SMTP_URL"] = f"smtp://localhost:{story.server.port}"
    with black_hole(dark.port), black_hole(story.server.port):
        swallowed = phones.person(dark, "dark", origin=f"http://localhost:{dark.port}")
        phones.person(calm, "calm")
        story.worker.start("worker")
        wait_until(lambda: calm.to("calm"))
        assert "temporary TimeoutError" not in phones.outcomes()
        wait_until(lambda: "temporary TimeoutError" in phones.outcomes())
        wait_until(lambda: story.server.to(swallowed))


@pytest.mark.long
def test_f52_new_secrets_end_what_hangs_on_them_cleanly_and_leave_all_data_readable(phones, story):
    sink, browser = phones.sink(), Browser(story.worker.port)
    ana = phones.person(sink)
    browser.cookies["session"] = story.session_of(ana)
    with story.app.app_context():
        browser.cookies["device"] = db.session.scalars(sa.select(PushSubscription.public_id)).one()
    story.worker.start("web", "worker")
    phones.take(1)
    answer = sink.to("phone")[0].notification["navigate"].partition(str(story.worker.port))[2]
    browser.post("/sign-in", {"email": ana})
    sign_in_link = links_in(wait_until(lambda: story.server.to(ana))[0])[0].partition(str(story.worker.port))[2]
    story.worker.end("web", "worker")
    story.worker.environ |= {
        "COMPANION_SECRET_KEY": "another secret that nobody has seen before, long enough",
        "COMPANION_MAIL_FROM": "MMN Companion <hello@new.example.org>",
    }
    with story.app.app_context(), transaction():
        db.session.execute(sa.delete(VapidKey))
    with story.app.app_context(), transaction():
        fresh_key = ensure_vapid_key(now=story.worker.now()).public
    story.server.messages.clear()
    phones.later(hours=22)
    story.worker.start("web", "worker")
    for dead in (answer, sign_in_link):
        assert browser.ask("GET", dead)[0] == 404
    assert ana in browser.get("/settings")
    wait_until(lambda: story.server.to(ana))
    assert str(story.server.to(ana)[0]["Message-ID"]).endswith("@new.example.org>")
    assert set(sink.problems) == {"VapidPkHashMismatch"}
    assert f'data-key="{fresh_key}"' in browser.get("/settings/devices/new")
    device = sink.devices["phone"]
    device.vapid_public = fresh_key
    told = {"endpoint": device.endpoint, "p256dh": device.p256dh, "auth": device.auth, "vapid_public": fresh_key}
    browser.post("/settings/devices", told)
    assert story.read(sa.select(PushSubscription.closed_at)) == [(None,)]
    wait_until(lambda: len(sink.to("phone")) == 2)
    assert set(sink.problems) == {"VapidPkHashMismatch"}
    sink.problems.clear()
