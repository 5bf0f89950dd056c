"""Devices: switched on, listed, tested, named, removed, moved between accounts; and what says that a message came."""

import base64
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.database import transaction
from companion.delivery.models import Delivery, PushSubscription
from companion.delivery.operations import close_subscription
from companion.delivery.operations.writing import ack_token
from companion.devices import operations, queries
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders.operations import change_rule
from tests import factories
from tests.accounts.browsers import ask, code

sqlite_only = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def devices() -> list[PushSubscription]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(PushSubscription).order_by(PushSubscription.id)))


@pytest.fixture
def switch_on(told):
    def switch_on(client, name: str = "one") -> PushSubscription:
        answer = client.post("/settings/devices", data=told(name), headers={"User-Agent": ANDROID})
        assert (answer.status_code, answer.location) == (303, "/settings/devices")
        return [d for d in devices() if d.endpoint == told(name)["endpoint"]][-1]

    return switch_on


def messages_to(device: PushSubscription) -> list[Delivery]:
    query = sa.select(Delivery).where(Delivery.subject_kind == "device_test", Delivery.address_id == device.id)
    return list(db.session.scalars(query.order_by(Delivery.id)))


def test_switched_on_tested_and_shown_as_it_is(people, client_of, told, switch_on, sink):
    ana = client_of(people.ana)
    told()
    page = ana.get("/settings/devices").text
    assert "No device gets messages yet." in page
    page = ana.get("/settings/devices/new").text
    assert 'data-push="iphone" hidden' in page
    assert f'data-key="{told()["vapid_public"]}"' in page
    device = switch_on(ana)
    assert (device.device_name, device.provider) == ("Chrome · Android", f"127.0.0.1:{sink.port}")
    assert device.account_id == people.ana.id
    assert "127.0.0.1" not in device.endpoint_sealed
    (test,) = messages_to(device)
    assert (test.channel, test.provider, test.state) == ("push", device.provider, "accepted")
    (push,) = sink.to("one")
    assert (push.notification["title"], push.notification["lang"]) == ("Test message", "en")
    assert push.notification["navigate"].endswith("/settings/devices")
    assert sink.problems == []
    page = ana.get("/settings/devices").text
    assert "This device gets messages now." in page
    assert "Not confirmed yet" in page
    assert "The device has not shown it yet." in page
    switch_on(ana)
    assert len(devices()) == 1, "the same address again"
    assert client_of(people.ben).get("/settings/devices").text.count("Chrome") == 0


@sqlite_only
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"endpoint": "https://169.254.169.254/latest/meta-data"}, "message service"),
        ({"endpoint": "https://localhost/x"}, "message service"),
        ({"endpoint": "https://10.0.0.1/x"}, "message service"),
        ({"endpoint": "https://[::1]/x"}, "message service"),
        ({"endpoint": "http://fcm.googleapis.com/x"}, "message service"),
        ({"endpoint": "https://fcm.googleapis.com.example.org/x"}, "message service"),
        ({"endpoint": "https://user@fcm.googleapis.com:8443/x"}, "message service"),
        ({"endpoint": "file:///etc/passwd"}, "message service"),
        ({"endpoint": "https://fcm.googleapis.com/" + "x" * 2000}, "message service"),
        ({"endpoint": ""}, "no address"),
        ({"p256dh": "not base64!"}, "incomplete key"),
        ({"p256dh": b64(b"\x02" + b"p" * 32)}, "incomplete key"),
        ({"auth": b64(b"short")}, "incomplete key"),
        ({"vapid_public": b64(b"\x04" + b"x" * 64)}, "open for too long"),
    ],
)
def test_what_cannot_be_is_refused_in_words(people, client_of, changed, words, told):
    ana = client_of(people.ana)
    answer = ana.post("/settings/devices", data=told() | changed)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert words in answer.text
    answer = ana.post("/push/renewals", json=told() | changed)
    assert answer.status_code == 422
    assert words in answer.json["errors"][0]
    assert devices() == []


def test_on_a_shared_device_nothing_is_switched_on(app, people, told):
    client = app.test_client()
    with transaction():
        client.set_cookie("session", factories.session_token(people.ana, clock.now(), shared_device=True))
    assert "others could read them" in client.get("/settings/devices/new").text
    assert client.post("/settings/devices", data=told()).status_code == 422
    assert devices() == []


def test_a_browser_has_one_address_and_is_of_who_switched_it_on_last(people, client_of, switch_on):
    ana = client_of(people.ana)
    device = switch_on(ana)
    test = messages_to(device)[0]
    assert ana.post("/push/ack", json={"ack": ack_token(test)}).status_code == 204
    ident = device.public_id
    renewed = switch_on(ana, "two")
    assert (len(devices()), renewed.public_id, renewed.confirmed_at) == (1, ident, None)
    assert switch_on(client_of(people.ana), "three").device_name == "Chrome · Android 2"
    bens = switch_on(client_of(people.ben), "two")
    first, _three, second = devices()
    assert (first.account_id, first.closed_reason) == (people.ana.id, "moved")
    assert (second.id, second.account_id, second.closed_at) == (bens.id, people.ben.id, None)
    assert "somebody else signed in" in ana.get("/settings/devices").text
    assert not queries.device_named(people.ana, second.public_id)


def test_signing_out_stops_messages_there(people, client_of, told, switch_on):
    ana = client_of(people.ana)
    device = switch_on(ana)
    ana.post("/sign-out")
    assert devices()[0].closed_reason == "signed_out"
    assert ana.get_cookie("device") is None
    again = client_of(people.ana)
    assert device.device_name not in again.get("/settings/devices").text
    assert again.post("/push/renewals", json=told()).json == {"state": "idle"}, "nothing is switched on unasked"
    assert switch_on(again).closed_at is None


def test_a_new_address_is_told_by_whoever_can_prove_the_old_one(people, client_of, told, switch_on):
    ana, anyone = client_of(people.ana), client_of(None)
    device = switch_on(ana)
    old = {"endpoint": told()["endpoint"], "auth": told()["auth"]}
    assert anyone.post("/push/renewals", json=told("two")).json == {"state": "idle"}
    for wrong in ({**old, "auth": b64(b"b" * 16)}, {**old, "endpoint": "https://fcm.googleapis.com/x"}, "x", None):
        assert anyone.post("/push/renewals", json={**told("two"), "old": wrong}).json == {"state": "idle"}
    answer = anyone.post("/push/renewals", json={**told("two"), "old": old})
    assert answer.json == {"state": "kept"}
    assert "Set-Cookie" not in answer.headers
    (renewed,) = devices()
    assert (renewed.id, renewed.endpoint) == (device.id, told("two")["endpoint"])
    assert ana.post("/push/renewals", json=told("three")).json == {"state": "kept"}
    with transaction():
        close_subscription(devices()[0], "gone", now=clock.now())
    assert ana.post("/push/renewals", json=told("three")).json == {"state": "fresh"}
    assert ana.post("/push/renewals", json=told("four")).json == {"state": "kept"}
    assert devices()[0].closed_at is None
    ben = client_of(people.ben)
    assert ben.post("/push/renewals", json=told("four")).json == {"state": "leave"}
    assert [(d.account_id, d.closed_reason) for d in devices()] == [(people.ana.id, "moved")]


def test_named_removed_and_brought_back(people, client_of, switch_on):
    ana, vera = client_of(people.ana), client_of(people.vera)
    address = f"/settings/devices/{switch_on(ana).public_id}"
    assert 'value="Chrome · Android"' in ana.get(f"{address}/name").text
    assert ana.post(f"{address}/name", data={"device_name": " Küche "}).status_code == 303
    assert devices()[0].device_name == "Küche"
    for name in ("", " ", "x" * 61):
        answer = ana.post(f"{address}/name", data={"device_name": name})
        assert (answer.status_code, "error-summary" in answer.text) == (422, True)
    for path in ("name", "test", "removal", "removal/undo"):
        assert vera.post(f"{address}/{path}").status_code == 404
    page = ana.get(ana.post(f"{address}/removal").location).text
    assert "Küche gets no more messages." in page
    assert f'action="{address}/removal/undo"' in page
    assert devices()[0].closed_reason == "removed"
    assert ana.post(f"{address}/test").status_code == 404
    ana.post(f"{address}/removal/undo")
    assert devices()[0].closed_at is None
    answer = ana.post(f"{address}/removal/undo")
    assert "has changed" in ana.get(answer.location).text
    with transaction():
        close_subscription(devices()[0], "gone", now=clock.now())
    assert "no longer takes messages" in ana.get("/settings/devices").text
    ana.post(f"{address}/removal")
    assert "Küche" not in re.sub(r'class="(undo|banner).*?</div>', "", ana.get("/settings/devices").text, flags=re.S)


def test_a_test_says_that_it_arrived_and_has_a_limit(people, client_of, move_clock, switch_on):
    ana, anyone = client_of(people.ana), client_of(None)
    device = switch_on(ana)
    address, test = f"/settings/devices/{device.public_id}/test", messages_to(device)[0]
    assert ana.get(address).json["is_open"] is True
    for body in ({"ack": "forged"}, {"ack": 1}, {}, [], "x"):
        answer = anyone.post("/push/ack", json=body)
        assert (answer.status_code, answer.data) == (204, b"")
    assert anyone.post("/push/ack", data=b"\xff").status_code == 204
    assert devices()[0].confirmed_at is None
    for _ in range(2):
        assert anyone.post("/push/ack", json={"ack": ack_token(test)}).status_code == 204
    assert devices()[0].confirmed_at is not None
    state = ana.get(address).json
    assert re.fullmatch(r"It arrived, \d+:\d\d\.", state["words"])
    assert state["is_open"] is False
    page = ana.get("/settings/devices").text
    assert state["words"] in page
    assert "Last confirmed on" in page
    for _ in range(operations.TESTS_AT_MOST - 1):
        assert ana.post(address).status_code == 303
    answer = ana.post(address)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 601
    assert "This device had 5 tests." in answer.text
    move_clock(clock.now() + timedelta(minutes=11))
    assert ana.post(address).status_code == 303
    assert ana.post("/settings/devices/unknown/test").status_code == 404


@sqlite_only
def test_today_says_when_reminders_may_not_arrive(people, client_of, move_clock, switch_on):
    begin = clock.now()
    with transaction():
        people.circle.stage = "on_treatment"
        first_on = begin.date() + timedelta(days=9)
        infusions.start_regimen(people.circle, first_on=first_on, interval_count=4, interval_unit="week", now=begin)
    ana = client_of(people.ana)
    device = switch_on(ana)
    silent = "Reminders may not reach this phone"
    assert silent not in ana.get("/").text
    move_clock(begin + timedelta(hours=49))
    page = ana.get("/").text
    assert silent in page
    assert "reminders come by mail too" in page
    assert 'href="/calendar/feeds"' in page
    assert "/copied-messages/new" in page
    with transaction():
        change_rule(people.circle, people.ana, {"mail": "never"}, now=clock.now())
    assert "You stopped the mails, so no reminder may reach you." in ana.get("/").text
    with transaction():
        change_rule(people.circle, people.ana, {"mail": "backup"}, now=clock.now())
    assert "Reminders may not reach your phone" in client_of(people.ana).get("/").text
    assert silent not in client_of(people.ben).get("/").text
    ana.post("/push/ack", json={"ack": ack_token(messages_to(device)[0])})
    assert silent not in ana.get("/").text
    with transaction():
        close_subscription(devices()[0], "gone", now=clock.now())
        people.ana.address.bad_since_at = clock.now()
    page = ana.get("/").text
    assert "Chrome · Android no longer takes messages." in page
    assert "Mail does not reach you either." in page
    assert 'data-lost="1"' in page
    with transaction():
        factories.push_subscription(people.ana, confirmed_at=clock.now())
    assert "Another device still shows them." in ana.get("/").text
    ana.post(f"/settings/devices/{device.public_id}/removal")
    assert "may not reach" not in ana.get("/").text


def test_signing_out_elsewhere_ends_messages_there_for_good(people, client_of, told, switch_on):
    ana, other = client_of(people.ana), client_of(people.ana)
    ends = re.findall(r"/settings/sessions/[\w-]+/end", ana.get("/settings/sign-in").text)
    here, device = switch_on(ana, "two"), switch_on(other)
    answer = ana.post(ends[0])
    assert answer.location == "/settings/sign-in"
    assert "signed out and gets no more messages" in ana.get("/settings").text
    assert {d.public_id: d.closed_reason for d in devices()} == {here.public_id: None, device.public_id: "signed_out"}
    old = {"endpoint": told()["endpoint"], "auth": told()["auth"]}
    for browser in (other, client_of(None)):
        assert browser.post("/push/renewals", json={**told("three"), "old": old}).json == {"state": "idle"}


def test_a_gone_device_of_a_session_that_ended_cannot_renew_itself(people, client_of, told, switch_on):
    ana, other = client_of(people.ana), client_of(people.ana)
    ends = re.findall(r"/settings/sessions/[\w-]+/end", ana.get("/settings/sign-in").text)
    device = switch_on(other)
    with transaction():
        close_subscription(device, "gone", now=clock.now())
    ana.post(ends[0])
    old = {"endpoint": told()["endpoint"], "auth": told()["auth"]}
    assert client_of(None).post("/push/renewals", json={**told("two"), "old": old}).json == {"state": "idle"}


def test_a_device_follows_its_browser_to_its_newest_sign_in(people, client_of, switch_on, move_clock):
    ana, other = client_of(people.ana), client_of(people.ana)
    device = switch_on(other)
    with transaction():
        device.session_id = None  # as before sessions were remembered
    ends = re.findall(r"/settings/sessions/[\w-]+/end", ana.get("/settings/sign-in").text)
    move_clock(clock.now() + timedelta(hours=2))
    other.get("/settings")
    ana.post(ends[0])
    assert devices()[0].closed_reason == "signed_out"
    again = client_of(None)
    again.set_cookie("device", device.public_id)
    with transaction():
        device.closed_at = device.closed_reason = None
    ask(again, people.ana.address.email)
    again.post("/sign-in/code", data={"code": code()})
    assert (
        ana.post(re.findall(r"/settings/sessions/[\w-]+/end", ana.get("/settings/sign-in").text)[0]).status_code
        == 303
    )
    assert devices()[0].closed_reason == "signed_out"


def test_a_device_that_nobody_can_tell_is_named_when_another_is_signed_out(people, client_of, switch_on):
    ana, other = client_of(people.ana), client_of(people.ana)
    ends = re.findall(r"/settings/sessions/[\w-]+/end", ana.get("/settings/sign-in").text)
    device = switch_on(other)
    with transaction():
        device.session_id = None
    answer = ana.post(ends[0])
    assert answer.location == "/settings/devices"
    assert "remove it here too" in ana.get("/settings/devices").text
