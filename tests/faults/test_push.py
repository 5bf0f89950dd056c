"""Push services that are gone, busy, broken, silent or dishonest: the message still reaches its reader, in time."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
import sqlalchemy as sa

from companion.delivery import queries
from companion.delivery.models import PushSubscription
from tests.push_sink import Reply
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def test_f12_a_phone_that_is_gone_is_closed_at_once_and_mail_takes_its_place(phones, story):
    sink = phones.sink()
    address = phones.person(sink)
    sink.always["phone"] = Reply(410)
    story.worker.start("worker")
    wait_until(lambda: story.server.to(address), 60)
    phones.take(1, "email")
    assert phones.device() == (True, "gone")
    assert phones.outcomes() == ["permanent_address 410"]
    phones.later(hours=22)
    phones.take(2, "email")
    assert sink.calls["phone"] == 1


@pytest.mark.long
def test_f13_a_service_that_asks_for_patience_is_left_alone_and_others_are_not(phones, story):
    in_two_minutes = format_datetime(story.worker.now() + timedelta(seconds=120), usegmt=False)
    asked = {
        "seconds": {"Retry-After": "120"},
        "date": {"Retry-After": in_two_minutes.replace("+0000", "GMT")},
        "years": {"Retry-After": "315360000"},
        "nothing": {},
        "garbage": {"Retry-After": "later, perhaps"},
    }
    sinks = {name: phones.sink() for name in asked}
    for name, headers in asked.items():
        phones.person(sinks[name], name)
        sinks[name].replies[name] = [Reply(429, headers)]
    story.worker.start("worker")
    wait_until(lambda: phones.outcomes().count("temporary 429") == 5)
    wait_until(lambda: sinks["nothing"].to("nothing") and sinks["garbage"].to("garbage"))
    pauses = {name: phones.pauses().get(f"127.0.0.1:{sink.port}") for name, sink in sinks.items()}
    assert 60 < pauses["seconds"] <= 120
    assert 60 < pauses["date"] <= 120
    assert 3000 < pauses["years"] <= 3600
    assert (pauses["nothing"], pauses["garbage"]) == (None, None)
    for name, sink in sinks.items():
        phones.person(sink, f"second-{name}")
    wait_until(lambda: sinks["nothing"].to("second-nothing") and sinks["garbage"].to("second-garbage"))
    phones.take(4)
    assert not any(sinks[name].calls[f"second-{name}"] for name in ("seconds", "date", "years"))
    phones.later(seconds=121)
    phones.take(8)
    assert all(sinks[name].to(name) and sinks[name].to(f"second-{name}") for name in ("seconds", "date"))
    assert sinks["years"].calls.total() == 1
    phones.later(hours=1)
    wait_until(lambda: sinks["years"].to("second-years"))
    assert all(len(sinks[name].to(name)) == 1 for name in ("seconds", "date", "nothing", "garbage"))


def test_f14_a_service_that_is_down_mail_comes_forward_and_the_push_arrives_later(phones, story):
    sink = phones.sink()
    address = phones.person(sink)
    sink.always["phone"] = Reply(503)
    story.worker.start("worker")
    wait_until(lambda: story.server.to(address))
    assert phones.outcomes()[:2] == ["temporary 503"] * 2
    del sink.always["phone"]
    wait_until(lambda: sink.to("phone"))
    wait_until(lambda: phones.outcomes()[-1] == "accepted 201")
    assert story.server.counts() == {address: 1}
    assert phones.device() == (False, None)


def test_f15_silence_slowness_and_redirects_keep_nobody_else_waiting(phones, story):
    odd, calm = phones.sink(), phones.sink()
    replies = {
        "silent": Reply(seconds=60),
        "dripping": Reply(drip=True),
        "head": Reply(drip_head=True),
        "endless": Reply(endless=True),
        "elsewhere": Reply(307, {"Location": "/elsewhere"}),
    }
    for name, reply in replies.items():
        phones.person(odd, name)
        odd.always[name] = reply
    names = [f"calm-{number}" for number in range(5)]
    for name in names:
        phones.person(calm, name)
    phones.person(odd, "beside")
    story.worker.start("worker")
    wait_until(lambda: all(calm.to(name) for name in names) and odd.to("beside"))
    phones.take(8)
    assert "our_fault 307" in phones.outcomes()
    assert odd.calls["silent"] == odd.calls["dripping"] == odd.calls["head"] == odd.calls["endless"] == 1
    story.worker.kill("worker")


@pytest.mark.long
def test_f15_silence_ends_after_ten_seconds_once_more_and_then_mail(phones, story):
    sink = phones.sink()
    address = phones.person(sink)
    sink.always["phone"] = Reply(seconds=60)
    story.worker.start("worker")
    wait_until(lambda: story.server.to(address))
    wait_until(lambda: phones.outcomes() == ["maybe_sent TimeoutError"] * 2)
    first, second = sink.times["phone"]
    assert 10 <= second - first < 25
    assert {push.topic for push in sink.to("phone")} == {sink.to("phone")[0].topic}


@pytest.mark.long
def test_f16_a_service_that_refuses_us_costs_nobody_their_phone(phones, story):
    sink = phones.sink()
    addresses = [phones.person(sink, name) for name in ("one", "two", "three")]
    for name in ("one", "two", "three"):
        sink.always[name] = Reply(403, body=b'{"reason":"BadJwtToken"}')
    story.worker.start("worker")
    wait_until(lambda: story.server.counts() == dict.fromkeys(addresses, 1))
    assert set(phones.outcomes()) - {"None"} <= {"our_fault 403 BadJwtToken"}
    assert not story.read(sa.select(PushSubscription.id).where(PushSubscription.closed_at.is_not(None)))
    assert [alarm["event"] for alarm in phones.alarms()] == ["a provider refuses our messages"]
    with story.app.app_context():
        trouble = queries.providers_in_trouble(story.worker.now())
    assert trouble == {f"127.0.0.1:{sink.port}": "our_fault 403 BadJwtToken"}


@pytest.mark.long
def test_f17_a_phone_that_takes_all_and_shows_nothing_is_found_out(phones, story):
    sink = phones.sink()
    address = phones.person(sink)
    story.worker.start("worker")
    phones.take(1)
    phones.later(hours=22)
    phones.take(2)
    assert not story.server.to(address)
    phones.later(hours=40)
    phones.take(3)
    phones.take(1, "email")
    [counted] = story.read(sa.select(PushSubscription.sent_since_confirmed, PushSubscription.closed_at))
    assert tuple(counted) == (3, None)
    phones.later(days=20)
    phones.take(4)
    phones.take(2, "email")
    assert (len(sink.to("phone")), len(story.server.to(address))) == (4, 2)
