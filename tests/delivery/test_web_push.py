"""Push messages against a real service on loopback: encrypted, signed, bounded, and nothing sent elsewhere."""

import asyncio
import base64
import json
import socket
import ssl
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from companion.clock import now as clock_now
from companion.config import Config
from companion.database import transaction
from companion.delivery import operations, queries
from companion.delivery.channels import open_channel
from companion.delivery.channels.base import PushMessage
from companion.delivery.channels.http import GuardedResolver
from companion.delivery.channels.web_push import BadKeys, WebPushChannel, device_keys, is_good_subject, subject_of
from companion.delivery.jobs.loops import run_to_end
from companion.delivery.models import VapidKey
from companion.delivery.operations.vapid import signing_key_of
from companion.domain import push_hosts
from companion.extensions import db
from tests.delivery.certificates import self_signed
from tests.push_sink import PushSink, Reply

SUBJECT = "mailto:companion@example.org"
HERE = ["127.0.0.1"]


@pytest.fixture(scope="module")
def sink():
    service = PushSink()
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def key():
    scalar = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(scalar.to_bytes(32, "big")).decode()


@pytest.fixture
def message(sink, key):
    """A message to a device of the service."""

    def make(name="phone", body="Tomorrow", **values):
        device = sink.device(name)
        payload = {"web_push": 8030, "notification": {"title": "Hello", "body": body}}
        defaults = {
            "endpoint": device.endpoint,
            "p256dh": device.p256dh,
            "auth": device.auth,
            "payload": json.dumps(payload).encode(),
            "topic": "abc",
            "useful_until": clock_now() + timedelta(hours=2),
            "vapid_private": key,
        }
        return PushMessage(**(defaults | values))

    return make


def send(*messages, channel=None, now=None):
    """Hand messages over by one channel, side by side; gives the outcomes."""

    async def run():
        opened = channel or WebPushChannel(SUBJECT, HERE)
        try:
            return await asyncio.gather(*(opened.send(one, now or clock_now()) for one in messages))
        finally:
            await opened.close()

    return run_to_end(run())


def results(outcomes):
    return [f"{one.result} {one.detail}".strip() for one in outcomes]


def test_a_message_arrives_readable_by_its_device_alone(sink, message):
    token = "/push/one?token=BQ%2b~%7e%3d%2F.."
    [outcome] = send(message("one", urgency="normal", endpoint=f"{sink.origin}{token}"))
    assert (outcome.result, outcome.detail) == ("accepted", "201")
    [push] = sink.to("one")
    assert push.notification == {"title": "Hello", "body": "Tomorrow"}
    assert (push.topic, push.urgency, push.path) == ("abc", "normal", token)
    assert 7190 < push.ttl <= 7200
    assert sink.problems == []


def test_the_time_to_live_is_never_negative_and_at_most_four_weeks(sink, message):
    now = clock_now()
    send(message("past", useful_until=now - timedelta(1)), message("far", useful_until=now + timedelta(90)))
    assert [sink.to("past")[0].ttl, sink.to("far")[0].ttl] == [0, 28 * 86400]


@pytest.mark.parametrize(
    ("reply", "result", "wait"),
    [
        (Reply(200), "accepted 200", None),
        (Reply(404), "permanent_address 404", None),
        (Reply(410, body=b'{"errno": 106}'), "permanent_address 410", None),
        (Reply(403, body=b'{"reason":"BadJwtToken"}'), "our_fault 403 BadJwtToken", None),
        (Reply(429, {"Retry-After": "120"}), "temporary 429", 120),
        (Reply(503, {"Retry-After": "soon"}), "temporary 503", None),
        (Reply(307, {"Location": "/elsewhere"}), "our_fault 307", None),
        (Reply(201, endless=True), "accepted 201", None),
        (Reply(500, body=b"x" * 200_000), "temporary 500", None),
        (Reply(drop=True), "maybe_sent ServerDisconnectedError", None),
    ],
)
def test_what_an_answer_comes_to(sink, message, reply, result, wait):
    one = message("odd")
    sink.always["odd"] = reply
    [outcome] = send(one)
    assert results([outcome]) == [result]
    assert outcome.wait == (None if wait is None else timedelta(seconds=wait))
    assert sink.problems == []


def test_a_payload_that_is_too_large_goes_again_without_its_body(sink, message):
    one = message("small")
    sink.replies["small"] = [Reply(413)]
    assert results(send(one)) == ["accepted 201"]
    assert sink.to("small")[0].notification == {"title": "Hello"}
    sink.always["small"] = Reply(413)
    assert results(send(one)) == ["our_fault 413"]
    assert sink.calls["small"] == 4


def test_silence_ends_in_time_and_it_matters_whether_the_message_had_left(sink, message):
    channel = WebPushChannel(SUBJECT, HERE)
    channel._poster._seconds = 0.3
    one, two = message("silent"), message("dripping")
    sink.always |= {"silent": Reply(seconds=30), "dripping": Reply(drip_head=True)}
    assert results(send(one, two, channel=channel)) == ["maybe_sent TimeoutError"] * 2
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = message("gone", endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}/push/gone")
        assert results(send(gone)) == ["temporary ClientConnectorError"]


def test_a_service_with_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*self_signed(tmp_path))
    false = PushSink(context=context)
    false.start()
    device = false.device()
    one = PushMessage(device.endpoint, device.p256dh, device.auth, b"{}", "a", clock_now(), "AQ")
    outcomes = send(one)
    false.stop()
    assert results(outcomes) == ["temporary ClientConnectorCertificateError"]
    assert not false.calls


def test_the_signature_is_kept_and_made_anew_before_it_ends(sink, message, key):
    channel, now = WebPushChannel(SUBJECT), clock_now()
    first = channel._signature(key, sink.origin, now)
    assert channel._signature(key, sink.origin, now + timedelta(hours=10)) == first
    assert channel._signature(key, "https://other.example.org", now) != first
    later = channel._signature(key, sink.origin, now + timedelta(hours=11))
    assert later != first
    assert channel._signature(key, sink.origin, now - timedelta(days=1)) != later


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ({"endpoint": "https://push.example.org/1"}, "our_fault host not allowed"),
        ({"endpoint": "https://fcm.googleapis.com:8443/1"}, "our_fault only https at its usual port, by name"),
        ({"p256dh": "AAAA"}, "permanent_address bad keys"),
        ({"auth": "ü"}, "permanent_address bad keys"),
    ],
)
def test_nothing_is_sent_where_it_may_not_go(message, values, result):
    assert results(send(message("nowhere", **values))) == [result]


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:192.168.0.1"])
def test_a_known_name_that_leads_inside_is_not_connected_to(message, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def look_up(host, port, **_):
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    channel = WebPushChannel(SUBJECT, resolver=GuardedResolver(push_hosts.may_connect, look_up))
    one = message("inside", endpoint="https://fcm.googleapis.com/fcm/send/1")
    assert results(send(one, channel=channel)) == ["temporary ClientConnectorDNSError"]


def test_a_name_that_changes_its_address_gives_nothing_but_public_ones():
    answers = [["8.8.8.8", "10.0.0.1"], ["127.0.0.1"]]

    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    async def run():
        resolver = GuardedResolver(push_hosts.may_connect, look_up)
        first = await resolver.resolve("fcm.googleapis.com", 443)
        with pytest.raises(OSError, match="no address"):
            await resolver.resolve("fcm.googleapis.com", 443)
        await resolver.close()
        return first

    assert [one["host"] for one in run_to_end(run())] == ["8.8.8.8"]


@pytest.mark.parametrize(("p256dh", "auth"), [("", ""), ("A" * 87, "A" * 22), ("*", "A" * 22)])
def test_keys_that_no_browser_makes_are_refused(p256dh, auth):
    with pytest.raises(BadKeys):
        device_keys(p256dh, auth)


@pytest.mark.parametrize(
    ("mail_from", "base_url", "subject", "good"),
    [
        ("A <a@example.org>", "http://127.0.0.1", "mailto:a@example.org", True),
        ("a@localhost", "https://companion.example.org", "https://companion.example.org", True),
        ("a@localhost", "http://127.0.0.1:8000", "mailto:a@localhost", False),
        ("a@localhost", "https://localhost", "mailto:a@localhost", False),
    ],
)
def test_the_subject_is_one_that_every_service_takes(app, mail_from, base_url, subject, good):
    config: Config = replace(app.config["COMPANION"], mail_from=mail_from, base_url=base_url)
    assert (subject_of(config), is_good_subject(subject_of(config))) == (subject, good)


def test_the_first_run_makes_one_key_and_the_newest_counts(app, people, sink):
    with transaction():
        first = operations.ensure_vapid_key(now=clock_now())
        assert operations.ensure_vapid_key(now=clock_now()) is first
        device = sink.subscribe(people.ana.id, "kept")
        twin = VapidKey(private=first.private, public="other", created_at=clock_now())
        db.session.add(twin)
    assert queries.newest_vapid_key() is twin
    assert signing_key_of(device.vapid_public) == signing_key_of(device.vapid_public) == first.private
    device.vapid_public = "lost"
    assert signing_key_of(device.vapid_public) == twin.private
    assert first.private not in str(db.session.scalars(sa.select(VapidKey.private_sealed)).all())


def test_two_processes_that_make_a_key_at_once_use_the_same(app):
    at_once = threading.Barrier(2)

    def make():
        with app.app_context():
            at_once.wait()
            with transaction():
                operations.ensure_vapid_key(now=clock_now())

    makers = [threading.Thread(target=make) for _ in range(2)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert 1 <= db.session.scalar(sa.select(sa.func.count(VapidKey.id))) <= 2
    with transaction():
        assert operations.ensure_vapid_key(now=clock_now()) is queries.newest_vapid_key()


def test_the_channel_is_known_by_its_name(app):
    assert isinstance(open_channel("push", app.config["COMPANION"]), WebPushChannel)
