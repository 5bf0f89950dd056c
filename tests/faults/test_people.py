"""People who leave, share a phone, answer, move dates or cannot be reached: who is told what, on the running app."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion.calendar.operations.entries import publish_infusion
from companion.database import transaction
from companion.delivery.models import OPEN_STATES, Delivery, PushSubscription
from companion.delivery.operations import ensure_vapid_key
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import InfusionDay
from companion.reminders import queries
from tests.faults.phones import Browser
from tests.push_sink import Reply
from tests.running import text_of, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def told_by(story, sink, name):
    """What a browser tells about its subscription."""
    device = sink.devices.get(name) or sink.device(name)
    with story.app.app_context(), transaction():
        device.vapid_public = ensure_vapid_key(now=story.worker.now()).public
    return {
        "endpoint": device.endpoint,
        "p256dh": device.p256dh,
        "auth": device.auth,
        "vapid_public": device.vapid_public,
    }


def sign_in(story, browser, address):
    browser.post("/sign-in", {"email": address})
    code = re.search(r"\b(\d{3}) (\d{3})\b", text_of(wait_until(lambda: story.server.to(address))[-1]))
    browser.post("/sign-in/code", {"code": "".join(code.groups())})


def last_mail(story, address):
    return text_of(story.server.to(address)[-1])


@pytest.mark.long
def test_f18_a_phone_with_a_new_address_and_another_account_tells_nobody_else(phones, story):
    sink, phone = phones.sink(), Browser(story.worker.port)
    ana, ben = story.people_named("ana@example.org", "ben@example.org")
    story.worker.start("web")
    sign_in(story, phone, ana)
    phone.post("/settings/devices", told_by(story, sink, "old"))
    assert [push.notification["title"] for push in sink.to("old")] == ["Test message"]
    before = {"endpoint": sink.devices["old"].endpoint, "auth": sink.devices["old"].auth}
    worker_of_the_page = Browser(story.worker.port)
    assert "kept" in worker_of_the_page.post("/push/renewals", **told_by(story, sink, "new"), old=before)
    sign_in(story, phone, ben)
    phone.post("/settings/devices", told_by(story, sink, "new"))
    story.server.messages.clear()
    story.worker.start("worker")
    wait_until(lambda: story.server.counts() == {ana: 1, ben: 1})
    wait_until(lambda: len(sink.to("new")) == 2)
    rows = story.read(sa.select(PushSubscription.account_id, PushSubscription.closed_at.is_(None)))
    with story.app.app_context():
        ana_id, ben_id = story.account_of(ana).id, story.account_of(ben).id
    assert sorted(map(tuple, rows)) == sorted([(ana_id, False), (ben_id, True)])
    reminders = sa.select(Delivery.recipient_id).where(Delivery.channel == "push", Delivery.stage == "day_before")
    assert story.read(reminders) == [(ben_id,)]
    assert len(sink.to("old")) == 1


@pytest.mark.long
def test_f20_when_all_ways_to_the_patient_are_dead_others_the_operator_and_the_app_say_so(phones, story):
    sink = phones.sink()
    ana = phones.person(sink)
    carer = story.caregiver(ana, is_on=False, gets_escalations=True)
    sink.always["phone"] = Reply(410)
    story.server.odd[ana] = ["550 5.1.1 no such mailbox"] * 9
    story.worker.start("web", "worker")
    wait_until(lambda: story.server.to(carer))
    assert "do not reach" in last_mail(story, carer)
    assert story.server.counts() == {carer: 1}
    assert "no way leads to a person any more" in [alarm["event"] for alarm in phones.alarms()]
    browser = Browser(story.worker.port)
    browser.cookies["session"] = story.session_of(ana)
    assert "No reminder reaches you now." in browser.get("/")


def test_f29_a_date_that_moves_while_its_message_is_under_way_is_told_anew(story):
    (ana,) = story.people(1)
    story.server.holds = True
    story.worker.environ["COMPANION_LEASE_SECONDS"] = "60"
    story.worker.start("worker")
    wait_until(lambda: story.server.begun)
    with story.app.app_context():
        with transaction():
            day = db.session.scalars(sa.select(InfusionDay).order_by(InfusionDay.id)).first()
            ((entry, _row),) = publish_infusion(day.infusion, story.worker.now())
            before = entry.sequence
        with transaction():
            infusions.move_day(day, to_on=day.planned_on + timedelta(days=3), now=story.worker.now())
        with transaction():
            ((entry, _row),) = publish_infusion(day.infusion, story.worker.now())
            assert entry.sequence == before + 1
    wait_until(lambda: story.states()["superseded"] == 1)
    story.server.holds = False
    wait_until(lambda: story.states()["accepted"] == 1)
    assert story.server.counts() == {ana: 1}
    story.worker.move_to(story.worker.now() + timedelta(minutes=7))
    wait_until(lambda: len(story.server.to(ana)) == 2)
    assert "Before, it was" in last_mail(story, ana)
    old = story.read(sa.select(Delivery.state).where(Delivery.revision == 0, Delivery.subject_kind == "infusion_day"))
    assert {row[0] for row in old} <= {"accepted", "superseded", "cancelled"}


@pytest.mark.long
def test_f31_one_answer_stops_what_others_were_about_to_be_asked(phones, story):
    sink = phones.sink()
    ana = phones.person(sink, "a")
    with story.app.app_context(), transaction():
        sink.subscribe(story.account_of(ana).id, "b", confirmed_at=story.worker.now())
    carer = story.caregiver(ana, gets_escalations=True)
    sink.always["b"] = Reply(201, seconds=1.5)
    story.server.odd[carer] = ["451 4.7.1 come back later"] * 99
    phones.later(hours=58)
    story.worker.start("web", "worker")
    wait_until(lambda: sink.to("a") and sink.calls["b"])
    path = sink.to("a")[-1].notification["navigate"].partition(str(story.worker.port))[2]
    Browser(story.worker.port).post(path, {"answer": "done"})
    asked = sa.select(Delivery.id).where(Delivery.stage == "did_it_happen", Delivery.state.in_(OPEN_STATES))
    wait_until(lambda: not story.read(asked))
    assert (sink.calls["a"], sink.calls["b"]) == (1, 1)
    sent = len(story.server.messages)
    del story.server.odd[carer]
    phones.later(hours=5)
    story.ticks()
    assert (sink.calls["a"], sink.calls["b"], len(story.server.messages)) == (1, 1, sent)


@pytest.mark.long
@pytest.mark.parametrize("how", ["removed", "without the right"])
def test_f42_who_was_taken_out_while_a_worker_held_the_message_gets_nothing(story, how):
    (ana,) = story.people(1)
    carer = story.caregiver(ana)
    story.die_at("after_lease")
    held = story.read(sa.select(Delivery.recipient_id).where(Delivery.state == "leased"))
    with story.app.app_context(), transaction():
        member = queries.membership_of(story.circle_of(ana).id, story.account_of(carer).id)
        assert held == [(member.account_id,)]
        if how == "removed":
            db.session.delete(member)
        else:
            member.rights = frozenset({"answer"})
    story.worker.start("worker")
    story.worker.move_to(story.worker.now() + timedelta(seconds=5))
    wait_until(lambda: story.server.counts()[ana] == 1)
    wait_until(lambda: not {"pending", "leased"} & set(story.states()))
    assert story.server.counts() == {ana: 1}
