"""After a time without a worker: what is still useful comes once, many messages at once as one, and all adds up."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders import queries
from companion.reminders.models import ReminderRule
from companion.reminders.operations import stops
from tests import factories
from tests.reminders.conftest import WEEK_BEFORE, day_of

REFUSED, BROKEN = Outcome("permanent_address", "410"), Outcome("broken", "KeyError")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AFTERNOON = datetime(2026, 11, 29, 14, tzinfo=UTC)


@pytest.fixture
def full(people, plan, planned):
    """An infusion and five visits tomorrow, all planned a week ahead, with a nudge each day."""
    regimen = plan()
    planned()
    with transaction():
        rule = queries.rule_of(people.circle.id, people.ana.id)
        rule.privacy, rule.nudge_at, rule.mail = "time_only", "09:00", "always"
        for hour in range(10, 15):
            starts_at = datetime(2026, 11, 30, hour, tzinfo=UTC)
            factories.visit(
                people.circle, planned_on=date(2026, 11, 30), local_time=f"{hour}:00", starts_at=starts_at
            )
    planned()
    return regimen


@pytest.fixture
def tick(planned):
    """One tick of the worker without a network; gives what was sent as (stage, text)."""

    def run(now: datetime) -> list[tuple[str, str]]:
        planned(now)
        sent = []
        with transaction():
            deliveries.expire_deliveries(now=now)
            deliveries.gather_digests(now=now)
        with transaction():
            for lease in deliveries.lease_due(limit=100, now=now, lease_seconds=60):
                row = db.session.get_one(Delivery, lease.delivery_id)
                mail = deliveries.composer_of(row.subject_kind)(row, now)
                if mail is None:
                    deliveries.suppress_all([lease], now=now)
                    continue
                deliveries.settle(lease, Outcome("accepted"), now=now)
                sent.append((row.stage, f"{mail.subject}\n{mail.text}"))
        return sent

    return run


def rows() -> list[Delivery]:
    return list(db.session.scalars(sa.select(Delivery)))


def test_many_at_once_become_one_and_each_question_keeps_its_link(full, tick, planned, people):
    ((stage, text),) = tick(AFTERNOON)
    assert stage == "digest"
    assert text.startswith("7 reminders are waiting for you")
    assert text.count("/answers/") == 1
    assert text.count("/visits/") == 5
    assert "Infusion" not in text
    gathered = [row for row in rows() if row.reason == "in a digest"]
    assert {row.state for row in gathered} == {"superseded"}
    assert tick(AFTERNOON + MINUTE) == []
    told = next(row for row in gathered if row.subject_kind == "infusion_day")
    assert queries.answer_link(queries.answer_token(told, day_of(full))).reader.id == people.ana.id
    with transaction():
        infusions.move_day(day_of(full), to_on=date(2026, 12, 2), now=AFTERNOON + HOUR)
    tick(AFTERNOON + HOUR)
    assert [stage for stage, _text in tick(AFTERNOON + HOUR + 6 * MINUTE)] == ["changed"]


def test_what_is_not_so_any_more_is_not_in_it(full, tick, planned):
    planned(AFTERNOON)
    with transaction():
        deliveries.gather_digests(now=AFTERNOON)
        infusions.skip_day(day_of(full), now=AFTERNOON)
    (digest,) = [row for row in rows() if row.subject_kind == "digest"]
    mail = deliveries.composer_of("digest")(digest, AFTERNOON)
    assert "/answers/" not in mail.text
    late = deliveries.composer_of("digest")(digest, AFTERNOON + 48 * HOUR)
    assert late is None


def test_it_can_be_stopped_like_each_of_its_mails(full, planned, people):
    planned(AFTERNOON)
    with transaction():
        deliveries.gather_digests(now=AFTERNOON)
    (digest,) = [row for row in rows() if row.subject_kind == "digest"]
    mail = deliveries.composer_of("digest")(digest, AFTERNOON)
    link = mail.headers["List-Unsubscribe"].strip("<>")
    assert link in mail.text
    assert link in mail.html
    with transaction():
        stops.stop_mails(stops.stop_link(link.rsplit("/", 1)[1]), AFTERNOON)
    assert deliveries.composer_of("digest")(digest, AFTERNOON) is None


def test_three_at_once_come_one_by_one_and_what_was_tried_is_left_alone(full, tick, planned):
    planned(AFTERNOON)
    with transaction():
        for row in rows():
            if row.state == "pending" and row.due_at <= AFTERNOON and row.subject_kind == "visit":
                row.attempt = 1
        assert deliveries.gather_digests(now=AFTERNOON) == 0


@pytest.fixture
def digested(full, planned, people):
    """A digest by phone and by mail at work, with what became of the attempts by each."""
    with transaction():
        deliveries.ensure_vapid_key(now=AFTERNOON)
        factories.push_subscription(people.ana, confirmed_at=AFTERNOON - HOUR)
        queries.rule_of(people.circle.id, people.ana.id).mail = "backup"
    planned(AFTERNOON)
    with transaction():
        deliveries.gather_digests(now=AFTERNOON)

    def end(now: datetime = AFTERNOON, **outcomes: Outcome) -> None:
        with transaction():
            for lease in deliveries.lease_due(limit=9, now=now, lease_seconds=60):
                channel = db.session.get_one(Delivery, lease.delivery_id).channel
                deliveries.settle(lease, outcomes[channel], now=now)

    return end


def gathered() -> Counter[tuple[str, str, str | None]]:
    db.session.expire_all()
    return Counter((r.channel, r.state, r.reason) for r in rows() if r.created_at <= AFTERNOON and r.settled_at)


def test_a_digest_that_one_way_took_over_counts_as_told_and_asks_for_a_look(digested, people, planned):
    digested(push=REFUSED, email=Outcome("accepted"))
    assert {one[:2] for one in gathered()} >= {("push", "failed"), ("email", "superseded")}
    assert {why for way, _state, why in gathered() if way == "push"} == {"permanent_address 410"}
    planned(AFTERNOON + MINUTE)
    waiting = [row for row in rows() if row.state == "pending" and row.due_at <= AFTERNOON]
    assert not [row for row in waiting if row.useful_until > AFTERNOON]
    assert people.circle.id in queries.circles_to_look_at(AFTERNOON + 2 * MINUTE, 50)


def test_what_a_digest_carried_that_no_way_took_over_is_told_to_nobody(digested, people):
    digested(push=REFUSED, email=REFUSED)
    assert not [row for row in rows() if row.reason == "in a digest"]
    assert {one[:2] for one in gathered()} >= {("push", "failed"), ("email", "failed")}
    assert people.circle.id in queries.circles_to_look_at(AFTERNOON, 50)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_another_way_takes_over_what_a_failed_digest_carried(digested, people, planned):
    with transaction():
        people.ana.address.bad_since_at = AFTERNOON
    digested(push=REFUSED, email=REFUSED)
    with transaction():
        factories.push_subscription(people.ana, endpoint="https://fcm.googleapis.com/new")
    carried = {(r.subject_kind, r.subject_id) for r in rows() if r.state == "failed" and r.subject_kind != "digest"}
    now = AFTERNOON + MINUTE
    fresh = [r for r in planned(now) if r.state == "pending" and r.due_at <= now]
    assert {(row.subject_kind, row.subject_id) for row in fresh} == carried


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_of_a_digest_that_cannot_be_written_each_message_goes_out_alone(digested, people):
    for tries in range(3):
        digested(AFTERNOON + tries * HOUR / 4, push=BROKEN, email=BROKEN)
    alone = [row for row in rows() if row.state == "pending" and row.next_attempt_at <= AFTERNOON + HOUR]
    alone = [row for row in alone if row.useful_until > AFTERNOON]
    assert Counter(row.channel for row in alone) == {"push": 7, "email": 7}
    with transaction():
        assert deliveries.gather_digests(now=AFTERNOON + HOUR) == 0


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_digest_whose_ways_are_gone_leaves_nobody_told(digested, people):
    with transaction():
        leases = deliveries.lease_due(limit=9, now=AFTERNOON, lease_seconds=60)
        deliveries.suppress_all(leases, now=AFTERNOON)
    assert not [row for row in rows() if row.reason == "in a digest"]
    assert people.circle.id in queries.circles_to_look_at(AFTERNOON, 50)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_mail_of_many_leaves_out_a_circle_whose_mails_were_stopped(digested, people):
    with transaction():
        queries.rule_of(people.circle.id, people.ana.id).mail = "never"
    by_way = {r.channel: deliveries.composer_of("digest")(r, AFTERNOON) for r in rows() if r.subject_kind == "digest"}
    assert by_way["email"] is None
    assert by_way["push"] is not None


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_of_who_stopped_mails_a_digest_goes_by_devices_alone_and_others_hear_where_these_fail(full, planned, people):
    with transaction():
        factories.push_subscription(people.ana, confirmed_at=AFTERNOON - HOUR)
        queries.rule_of(people.circle.id, people.ana.id).mail = "never"
        bens = ReminderRule(circle_id=people.circle.id, recipient_id=people.ben.id, created_at=WEEK_BEFORE)
        bens.is_on, bens.gets_escalations = False, True
        db.session.add(bens)
    planned(AFTERNOON)
    with transaction():
        deliveries.gather_digests(now=AFTERNOON)
    assert {row.channel for row in rows() if row.reason == "in a digest"} == {"push"}
    for now in (AFTERNOON, AFTERNOON + HOUR):
        with transaction():
            for lease in deliveries.lease_due(limit=9, now=now, lease_seconds=60):
                deliveries.settle(lease, Outcome("maybe_sent", "TimeoutError"), now=now)
    fresh = [row for row in planned(AFTERNOON + HOUR) if row.recipient_id == people.ben.id]
    assert [(row.stage, row.state) for row in fresh] == [("unreachable", "pending")]


@pytest.mark.parametrize("away", [timedelta(hours=5), timedelta(days=3), timedelta(days=40)], ids=str)
def test_after_a_time_without_a_worker_there_is_no_storm_and_nothing_is_lost(full, tick, people, away):
    with transaction():
        db.session.add(
            ReminderRule(
                circle_id=people.circle.id,
                recipient_id=people.ben.id,
                gets_escalations=True,
                created_at=WEEK_BEFORE,
            )
        )
    before = AFTERNOON - 6 * HOUR
    tick(before)
    planned_before = {row.id for row in rows()}
    back, sent = before + away, []
    for minutes in range(0, 12, 2):
        sent += tick(back + minutes * MINUTE)
    assert len(sent) <= 4
    by_state = Counter(row.state for row in rows())
    assert planned_before <= {row.id for row in rows()}
    assert sum(by_state.values()) == len(rows())
    assert not [row for row in rows() if row.state == "pending" and row.useful_until <= back]
    assert all(row.useful_until > row.settled_at for row in rows() if row.state == "accepted")
    assert len({text for _stage, text in sent}) == len(sent)
