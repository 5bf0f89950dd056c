"""The audit of all messages, times without a worker, and the page that says whether all is well."""

import dataclasses
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa

from companion import clock, worker
from companion.database import transaction
from companion.delivery import jobs, operations, queries
from companion.delivery.models import Delivery, DeliveryAttempt, ProviderState
from companion.extensions import db
from tests.delivery.conftest import NOON

MINUTE = timedelta(minutes=1)


def audit(now=NOON):
    with transaction():
        return operations.audit(now=now)


def change(**values):
    with transaction():
        db.session.execute(sa.update(Delivery).values(**values))


def test_messages_in_every_state_add_up(parcel, noon):
    for number in range(3):
        parcel(number)
    parcel(4, stage="unwanted")
    jobs.dispatch_due()
    parcel(5)
    assert audit() == []
    detail = queries.last_beat(queries.AUDIT).detail
    assert detail["counts"] == {"accepted": 3, "suppressed": 1, "pending": 1}
    assert detail["planned"] == 5


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"state": "sent?"}, "1 messages in the state 'sent?'"),
        ({"state": "leased", "leased_until": NOON - 6 * MINUTE}, "1 messages are held by nobody"),
        ({"state": "leased", "leased_until": None}, "1 messages are held by nobody"),
        ({"due_at": NOON - 9 * MINUTE, "useful_until": NOON - 6 * MINUTE}, "1 messages are too late and not settled"),
        ({"state": "failed"}, "1 messages ended at no time"),
        ({"state": "accepted", "settled_at": NOON}, "1 messages count as accepted and nobody took them"),
    ],
)
def test_a_break_is_named(parcel, values, told):
    parcel()
    change(**values)
    assert audit() == [told]


def test_a_message_that_disappears_is_missed_and_one_that_was_removed_on_purpose_is_not(parcel, people):
    for number in range(3):
        parcel(number)
    parcel(9, recipient_id=people.ben.id, address_id=people.ben.address.id)
    assert audit() == []
    with transaction():
        assert operations.forget_deliveries([people.ben.id]) == 1
    assert audit() == []
    with transaction():
        db.session.execute(sa.delete(DeliveryAttempt))
        db.session.execute(sa.delete(Delivery).where(Delivery.subject_id == 1))
    assert audit() == ["1 messages have disappeared"]


def test_the_page_turns_red_for_a_break_a_late_message_and_a_silent_worker(app, parcel, noon):
    client = app.test_client()
    worker.run_once(app)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.json["breaks"]) == (200, "ready", [])
    parcel()
    change(state="sent?")
    assert not jobs.audit_deliveries()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["breaks"]) == (503, ["1 messages in the state 'sent?'"])
    change(state="pending", due_at=NOON - 6 * MINUTE, next_attempt_at=NOON - 6 * MINUTE)
    jobs.audit_deliveries()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["oldest_overdue_age"] >= 360
    jobs.dispatch_due()
    assert client.get("/readyz").status_code == 200
    noon(NOON + 3 * MINUTE)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["tick_age"] >= 120


def test_a_provider_in_trouble_is_named(app, noon):
    jobs.dispatch_due()
    with transaction():
        db.session.add(ProviderState(name="push.example", failures=4, last_detail="503", changed_at=NOON))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["providers"]) == (200, {"push.example": "503"})


def test_a_time_without_a_worker_is_remembered_with_what_came_late(parcel, noon, people):
    jobs.dispatch_due()
    noon(NOON + 2 * MINUTE)
    jobs.dispatch_due()
    assert queries.outages() == []
    parcel(1, due_at=NOON + 30 * MINUTE, useful_until=NOON + timedelta(hours=9))
    parcel(2, due_at=NOON + 3 * timedelta(hours=5), useful_until=NOON + timedelta(days=1))
    noon(NOON + timedelta(hours=5))
    jobs.dispatch_due()
    (outage,) = queries.outages()
    assert timedelta(hours=4, minutes=57) < outage.to_at - outage.from_at < timedelta(hours=5)
    assert [row.subject_id for row in queries.late_deliveries(people.ana.id, outage)] == [1]
    assert not queries.late_deliveries(people.ben.id, outage)


def test_what_a_time_without_a_worker_left_behind_is_no_break_while_it_is_put_right(parcel, noon):
    jobs.dispatch_due()
    parcel(due_at=NOON + MINUTE, useful_until=NOON + 30 * MINUTE)
    back = NOON + timedelta(hours=5)
    assert audit(back) == []
    noon(back)
    jobs.dispatch_due()
    assert audit(back + MINUTE) == []
    with transaction():
        operations.beat(queries.TICK, now=back + 6 * MINUTE)
    assert audit(back + 6 * MINUTE) == ["1 messages are too late and not settled"]


def test_only_the_last_times_without_a_worker_are_kept(app):
    with transaction():
        operations.beat(queries.TICK, now=NOON)
    for hour in range(1, 8):
        now = NOON + timedelta(hours=hour)
        with transaction():
            operations.note_outage(now=now)
            operations.beat(queries.TICK, now=now)
    assert [one.to_at for one in queries.outages()] == [NOON + timedelta(hours=hour) for hour in range(3, 8)]


class Listener(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def listener():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_somebody_outside_is_told_only_while_all_is_well(app, noon, listener, monkeypatch):
    url = f"http://127.0.0.1:{listener.server_port}/ping"
    monkeypatch.setitem(app.config, "COMPANION", dataclasses.replace(app.config["COMPANION"], dead_man_url=url))
    assert not jobs.tell_outside()
    jobs.dispatch_due()
    assert jobs.tell_outside()
    assert listener.asked == ["/ping"]
    noon(NOON + 3 * MINUTE)
    assert not jobs.tell_outside()
    jobs.dispatch_due()
    monkeypatch.setattr(Listener, "status", 500)
    assert not jobs.tell_outside()
    listener.shutdown()
    listener.server_close()
    assert not jobs.tell_outside()


def test_a_clock_that_jumps_holds_all_work_for_a_while(tmp_path, monkeypatch):
    file = tmp_path / "clock"
    file.write_text("0")
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))
    guard = worker.ClockGuard(60)
    assert not guard.holds()
    file.write_text("5000")
    assert not guard.holds(), "time that passed for both clocks is no jump"
    file.write_text("5000 200")
    assert not guard.holds()
    file.write_text("5000 2300000000")
    assert guard.holds()
    assert clock.now().year == 2099
    file.write_text("5055 200")
    assert guard.holds(), "and back is a jump again"
    file.write_text("5110 200")
    assert guard.holds()
    file.write_text("5116 200")
    assert not guard.holds()


def test_time_that_passes_for_both_clocks_while_they_are_read_is_no_jump(tmp_path, monkeypatch):
    file, fresh = tmp_path / "clock", tmp_path / "clock.new"
    file.write_text("0")
    monkeypatch.setenv("COMPANION_TESTING", "1")
    monkeypatch.setenv("COMPANION_TEST_CLOCK", str(file))
    guard = worker.ClockGuard(60)

    def move():
        for step in range(300):
            fresh.write_text(str(step * 420))
            fresh.replace(file)

    mover = threading.Thread(target=move)
    mover.start()
    while mover.is_alive():
        assert not guard.holds()
    mover.join()
