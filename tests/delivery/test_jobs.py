"""A tick sends what is due, once, however many workers run."""

import asyncio
import itertools
import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from flask import g
from structlog.testing import capture_logs

from companion import clock
from companion.database import transaction
from companion.delivery import jobs, operations, queries
from companion.delivery.jobs import sending
from companion.delivery.models import Delivery, DeliveryAttempt
from companion.extensions import db
from tests.delivery.conftest import NOON


def states():
    db.session.rollback()
    return dict(db.session.execute(sa.select(Delivery.subject_id, Delivery.state)).all())


def outbox(app):
    files = sorted(app.config["COMPANION"].outbox.glob("*.eml"))
    return [(file, message_from_bytes(file.read_bytes(), policy=policy.default)) for file in files]


def test_a_due_delivery_is_written_to_the_outbox_and_the_console(app, parcel, noon, capsys):
    delivery = parcel()
    assert jobs.dispatch_due() == 1
    assert states() == {1: "accepted"}
    [(file, mail)] = outbox(app)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # The clock is only moved, it goes on: on a busy machine the minute counts, not the second.
    assert re.fullmatch(rf"20261123T1200\d\dZ-{delivery.public_id}\.eml", file.name)
    assert (mail["To"], mail["Message-ID"]) == ("ana@example.org", delivery.message_id)
    assert "To: ana@example.org\nSubject: Hello" in capsys.readouterr().out


def test_an_idle_tick_leaves_a_sign_of_life(app, noon):
    assert jobs.dispatch_due() == 0
    assert (queries.last_tick_at() - NOON) < timedelta(minutes=1)


def test_what_is_not_wanted_is_suppressed_and_what_cannot_be_written_harms_no_other(parcel, noon):
    parcel(1, stage="unwanted")
    parcel(2, stage="poison")
    parcel(3)
    parcel(4, subject_kind="riddle")
    parcel(5, channel="pigeon")
    with capture_logs() as logs:
        assert jobs.dispatch_due() == 2
    assert states() == {1: "suppressed", 2: "pending", 3: "accepted", 4: "pending", 5: "pending"}
    assert sorted(line["kind"] for line in logs if line["log_level"] == "error" and "kind" in line) == [
        "UnknownChannel",
        "UnknownSubject",
        "ZeroDivisionError",
    ]
    noon(NOON + timedelta(minutes=3))
    jobs.dispatch_due()
    noon(NOON + timedelta(minutes=10))
    jobs.dispatch_due()
    assert (states()[2], states()[4]) == ("failed", "failed")


def test_it_stops_between_two_and_leases_no_more(parcel, noon, app):
    for number in range(5):
        parcel(number)
    asked = itertools.chain([False, False, False], itertools.repeat(True))
    sent = jobs.dispatch_due(lambda: next(asked))
    assert 1 <= sent <= 2
    assert sorted(states().values()) == ["accepted"] * sent + ["pending"] * (5 - sent)
    assert jobs.dispatch_due() == 5 - sent
    assert len(outbox(app)) == 5


def test_send_now_sends_only_that_one(parcel, noon, app):
    first, second = parcel(1), parcel(2)
    jobs.send_now(second.id)
    assert states() == {1: "pending", 2: "accepted"}
    jobs.send_now(second.id)
    assert len(outbox(app)) == 1
    assert first.attempt == 0


def test_send_now_inside_a_transaction_is_a_mistake(parcel, noon):
    delivery = parcel()
    with transaction(), pytest.raises(jobs.StillInTransaction):
        jobs.send_now(delivery.id)
    assert not g.get("in_transaction")


def test_a_full_disk_is_our_fault_and_tried_again(parcel, noon, app):
    parcel()
    config = app.config["COMPANION"]
    config.outbox.write_text("in the way")
    jobs.dispatch_due()
    assert states() == {1: "pending"}
    config.outbox.unlink()
    noon(NOON + timedelta(minutes=1))
    jobs.dispatch_due()
    assert states() == {1: "accepted"}


def test_a_slow_owner_does_not_send_what_another_has_taken(parcel, noon, app):
    parcel()
    with transaction():
        stale = operations.lease_due(limit=1, now=clock.now(), lease_seconds=60)
    noon(NOON + timedelta(minutes=2))
    jobs.dispatch_due()
    with app.app_context():
        assert sending._write_all(stale) == {stale[0]: None}
    assert len(outbox(app)) == 1


def test_four_workers_at_once_send_each_once(app, parcel, noon):
    for number in range(60):
        parcel(number)
    start = threading.Barrier(4)
    errors = []

    def work():
        with app.app_context():
            start.wait()
            try:
                for _ in range(3):
                    jobs.dispatch_due()
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(states().values()) == {"accepted"}
    assert len(outbox(app)) == 60
    assert db.session.scalar(sa.select(sa.func.count(DeliveryAttempt.id))) == 60


def test_four_planners_at_once_make_one_row_each(app, parcel, people, noon):
    ana, address = people.ana.id, people.ana.address.id
    start = threading.Barrier(4)

    def work():
        with app.app_context():
            start.wait()
            for number in range(20):
                with transaction():
                    operations.plan_delivery(
                        subject_kind="parcel",
                        subject_id=number,
                        stage="sent",
                        due_slot="x",
                        recipient_id=ana,
                        channel="email",
                        address_id=address,
                        due_at=NOON,
                        useful_until=NOON + timedelta(hours=1),
                        now=NOON,
                    )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(states()) == 20
    assert db.session.scalar(sa.select(sa.func.count(Delivery.id))) == 20


def test_messages_go_out_from_a_thread_that_is_inside_a_loop(parcel, noon, app):
    first, second = parcel(1), parcel(2)

    async def inside():
        jobs.send_now(second.id)
        assert jobs.dispatch_due() == 1

    with ThreadPoolExecutor(1) as fresh:
        fresh.submit(copy_context().run, asyncio.run, inside()).result()
    assert states() == {first.id: "accepted", second.id: "accepted"}
