"""Beside dates: nudges, lists, supplies, nobody answers, who answered, and "Later", as rows of the database."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.preparations import operations as preparations
from companion.preparations import queries as lists
from companion.reminders import operations, queries
from companion.reminders.models import ReminderRule, Snooze
from companion.supplies import operations as supplies
from tests import factories
from tests.reminders.conftest import WEEK_BEFORE, day_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY_BEFORE = datetime(2026, 11, 29, 9, tzinfo=UTC)


@pytest.fixture
def rule(people):
    """Make or change the rule of one person."""

    def change(account, **values):
        with transaction():
            row = queries.rule_of(people.circle.id, account.id)
            if row is None:
                row = ReminderRule(circle_id=people.circle.id, recipient_id=account.id, created_at=WEEK_BEFORE)
                db.session.add(row)
            for name, value in values.items():
                setattr(row, name, value)
            db.session.flush()
        return row

    return change


@pytest.fixture
def tick(planned):
    """Plan, send what is due by nobody, and give what was sent: (stage, reader, channel)."""

    def run(now: datetime, outcome: str = "accepted") -> list[tuple[str, int]]:
        planned(now)
        sent = []
        with transaction():
            for lease in deliveries.lease_due(limit=50, now=now, lease_seconds=60):
                row = db.session.get_one(Delivery, lease.delivery_id)
                if deliveries.composer_of(row.subject_kind)(row, now) is None:
                    deliveries.suppress(lease, now=now)
                    continue
                deliveries.settle(lease, Outcome(outcome), now=now)
                sent.append((row.stage, row.recipient_id))
        planned(now)
        return sorted(sent)

    return run


def rows(kind: str, state: str | None = None) -> list[Delivery]:
    query = sa.select(Delivery).where(Delivery.subject_kind == kind).order_by(Delivery.due_at, Delivery.id)
    return [row for row in db.session.scalars(query) if state in (None, row.state)]


def text_of(row: Delivery, now: datetime) -> str:
    mail = deliveries.composer_of(row.subject_kind)(row, now)
    return f"{mail.subject}\n{mail.text}" if mail else ""


def test_the_nudge_comes_once_a_date_for_those_who_write_check_ins(people, rule, tick):
    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    rule(people.ana, nudge_at="09:00", privacy="full")
    rule(people.vera, nudge_at="09:00")
    assert tick(now) == []
    nudge = rows("check_in")[0]
    assert (nudge.recipient_id, nudge.due_at.hour, nudge.priority) == (people.ana.id, 9, 2)
    text = text_of(nudge, now + 2 * HOUR)
    assert "How are your hands today?" in text
    assert "/check-ins/new?circle=" in text
    assert not {"miss", "forgot", "still", "late"} & set(text.lower().split())
    assert tick(now + 2 * HOUR) == [("nudge", people.ana.id)]
    tomorrow = now + 25 * HOUR
    with transaction():
        made = factories.check_in(people.circle, people.ana, on=date(2026, 11, 24))
    assert tick(tomorrow + HOUR) == []
    with transaction():
        made.deleted_at = tomorrow
    assert tick(tomorrow + HOUR) == [("nudge", people.ana.id)]


def test_the_nudge_keeps_the_rhythm_that_the_person_chose(people, rule, tick):
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)
    rule(people.ana, nudge_at="09:00")
    with transaction():
        people.circle.check_in_rhythm = "second_day"
        factories.check_in(people.circle, people.ana, on=date(2026, 11, 23))
    assert tick(now) == []
    assert tick(now + 24 * HOUR) == [("nudge", people.ana.id)]
    with transaction():
        people.circle.check_in_rhythm = "around_infusions"
    assert tick(now + 48 * HOUR) == []


def test_a_list_with_something_open_is_named_two_evenings_before(people, plan, rule, planned):
    regimen = plan()
    course = regimen.infusions[0]
    rule(people.ana, privacy="full")
    planned()
    assert rows("preparation") == []
    with transaction():
        preparations.tick_item(course, lists.list_of(course)[0].key, done=True, account=people.ana, now=WEEK_BEFORE)
    planned()
    (row,) = rows("preparation")
    assert row.due_at == datetime(2026, 11, 28, 18, tzinfo=UTC)
    text = text_of(row, row.due_at)
    assert "Warm clothes" in text
    assert "Blood test" not in text
    rule(people.ana, privacy="neutral")
    assert "Warm clothes" not in text_of(row, row.due_at)
    with transaction():
        for item in lists.open_items([course])[course.id]:
            preparations.tick_item(course, item.key, done=True, account=people.ana, now=WEEK_BEFORE)
    planned()
    assert rows("preparation", "cancelled") == [row]
    assert not text_of(row, row.due_at)


def test_supplies_that_run_low_are_named_once_a_week(people, rule, tick):
    now = datetime(2026, 11, 23, 11, tzinfo=UTC)
    rule(people.ana, privacy="full")
    with transaction():
        supply = supplies.add_supply(people.circle, kind="vial", name="Hizentra", grams=None, low_at=3, now=now)
        supplies.receive(
            supply, count=2, expires_on=date(2026, 12, 31), account=people.ana, on=date(2026, 11, 1), now=now
        )
    assert tick(now) == [("runs_low", people.ana.id)]
    assert "Hizentra runs low" in text_of(rows("supply")[0], now)
    assert "use by" not in text_of(rows("supply")[0], now)
    assert "12/2026" in text_of(rows("supply")[0], now + 30 * 24 * HOUR)
    assert [tick(now + day * 24 * HOUR) for day in range(1, 8)] == [[]] * 6 + [[("runs_low", people.ana.id)]]
    with transaction():
        supplies.receive(supply, count=9, account=people.ana, on=date(2026, 12, 1), now=now)
    assert tick(now + 14 * 24 * HOUR) == []


def test_nobody_answers_and_then_one_answer_ends_it_for_all(people, plan, rule, tick):
    regimen = plan()
    rule(people.ana, escalate_after_hours=4)
    rule(people.ben, is_on=False, gets_escalations=True, privacy="full")
    with transaction():
        people.circle.patient_name = "Ana M"
    assert tick(DAY_BEFORE) == [("day_before", people.ana.id)]
    (row,) = rows("escalation")
    assert (row.stage, row.recipient_id, row.due_at) == ("no_answer", people.ben.id, DAY_BEFORE + 4 * HOUR)
    text = text_of(row, row.due_at)
    assert "Ana M has not answered yet." in text
    assert "no emergency service" in text
    assert "/answers/" in text
    assert tick(DAY_BEFORE + 3 * HOUR) == []
    assert tick(DAY_BEFORE + 4 * HOUR) == [("no_answer", people.ben.id)]
    with transaction():
        infusions.confirm_day(day_of(regimen), account=people.ana, now=DAY_BEFORE + 5 * HOUR)
    assert tick(DAY_BEFORE + 5 * HOUR) == []
    assert tick(DAY_BEFORE + 5 * HOUR + 6 * MINUTE) == [("confirm", people.ben.id)]
    assert "Ana answered: the infusion is still on." in text_of(rows("answer")[0], DAY_BEFORE + 6 * HOUR)
    after = datetime(2026, 12, 1, 10, tzinfo=UTC)
    tick(after - 26 * HOUR)
    assert tick(after) == [("did_it_happen", people.ana.id)]
    assert tick(after + 4 * HOUR) == [("no_answer_after", people.ben.id)]
    late = next(row for row in rows("escalation") if row.stage == "no_answer_after")
    assert "It is not known whether it took place." in text_of(late, after + 4 * HOUR)
    assert "Trouble breathing" in text_of(late, after + 4 * HOUR)
    assert day_of(regimen).state == "planned"
    link = queries.answer_link(queries.answer_token(late, day_of(regimen)))
    with transaction():
        operations.answer_done(link, after + 5 * HOUR)
    assert tick(after + 5 * HOUR + 6 * MINUTE) == [("done", people.ana.id)]
    assert "Ben has answered. You need not do anything." in text_of(rows("answer")[-1], after + 6 * HOUR)
    assert [row.state for row in rows("answer")] == ["accepted", "accepted"]
    assert tick(after + 30 * HOUR) == []


def test_an_answer_that_was_taken_back_tells_nobody(people, plan, rule, tick):
    regimen = plan()
    rule(people.ben, is_on=True)
    after = datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert tick(after) == [("did_it_happen", people.ana.id), ("did_it_happen", people.ben.id)]
    with transaction():
        change = infusions.record_day_done(day_of(regimen), account=people.ben, now=after + HOUR)
    assert tick(after + HOUR) == []
    with transaction():
        infusions.undo_change(change, now=after + HOUR + MINUTE)
    assert tick(after + 2 * HOUR) == []


@pytest.mark.parametrize("how", ["bounced", "failed"])
def test_when_no_way_leads_to_the_patient_the_caregiver_is_told_at_once(people, plan, rule, tick, how):
    plan()
    rule(people.ben, is_on=False, gets_escalations=True)
    if how == "bounced":
        with transaction():
            people.ana.address.bad_since_at = WEEK_BEFORE
        assert tick(WEEK_BEFORE) == [("unreachable", people.ben.id)]
    else:
        assert tick(WEEK_BEFORE, "permanent_address") == [("week_before", people.ana.id)]
        assert tick(WEEK_BEFORE + MINUTE) == [("unreachable", people.ben.id)]
    assert "Our messages do not reach Ana" in text_of(rows("escalation")[0], WEEK_BEFORE)
    assert tick(WEEK_BEFORE + HOUR) == []


def test_a_caregiver_who_left_or_was_taken_off_is_told_nothing_more(people, plan, rule, tick):
    plan()
    ben = rule(people.ben, is_on=True, gets_escalations=True)
    tick(DAY_BEFORE)
    with transaction():
        db.session.delete(queries.membership_of(people.circle.id, people.ben.id))
    open_ones = [row for row in db.session.scalars(sa.select(Delivery)) if row.state == "pending"]
    for row in open_ones:
        if row.recipient_id == people.ben.id:
            assert deliveries.composer_of(row.subject_kind)(row, DAY_BEFORE) is None
    assert tick(DAY_BEFORE + 4 * HOUR) == []
    assert not [
        r
        for r in db.session.scalars(sa.select(Delivery))
        if r.state == "pending" and r.recipient_id == ben.recipient_id
    ]


def test_later_comes_again_by_every_way_until_somebody_answers(people, plan, rule, tick):
    regimen = plan()
    assert tick(DAY_BEFORE) == [("day_before", people.ana.id)]
    row = next(r for r in db.session.scalars(sa.select(Delivery)) if r.state == "accepted")
    link = queries.answer_link(queries.answer_token(row, day_of(regimen)))
    assert set(operations.choices(link, DAY_BEFORE)) == {"hour", "evening"}
    with pytest.raises(operations.NotAChoice), transaction():
        operations.remind_later(link, "tomorrow", DAY_BEFORE)
    with transaction():
        operations.remind_later(link, "hour", DAY_BEFORE)
        operations.remind_later(link, "evening", DAY_BEFORE + MINUTE)
    assert len(db.session.scalars(sa.select(Snooze)).all()) == 1
    assert tick(DAY_BEFORE + 2 * HOUR) == []
    evening = datetime(2026, 11, 29, 19, tzinfo=UTC)
    assert tick(evening) == [("later", people.ana.id)]
    assert tick(evening + HOUR) == []
    with transaction():
        operations.remind_later(link, "hour", evening + HOUR)
        infusions.confirm_day(day_of(regimen), account=people.ben, now=evening + HOUR + MINUTE)
    assert tick(evening + HOUR + 7 * MINUTE) == [("confirm", people.ana.id)]
    assert tick(datetime(2026, 11, 30, 8, tzinfo=UTC)) == [("morning", people.ana.id)]
    with transaction():
        operations.forget_later(link)
    assert db.session.scalars(sa.select(Snooze)).all() == []
