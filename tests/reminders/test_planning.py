"""What is planned follows the plan, the answers, the rules and the people."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders import jobs, operations, queries
from companion.reminders.models import ReminderRule
from tests import factories
from tests.reminders.conftest import MORNING, WEEK_BEFORE, day_of, stages

HOUR = timedelta(hours=1)


def test_a_course_of_two_days_has_its_stages(plan, planned):
    plan(day_offsets=[0, 1])
    rows = planned()
    assert stages(rows) == ["week_before", "day_before", "morning", "morning", "did_it_happen", "did_it_happen"]
    assert rows[0].due_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert rows[1].due_at == datetime(2026, 11, 29, 9, tzinfo=UTC)
    assert rows[2].due_at == datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_a_weekly_plan_has_two_stages_a_day(plan, planned):
    plan(interval_count=1)
    assert stages(planned())[:2] == ["due_now", "follow_up"]


def test_only_the_patient_is_told_by_default(plan, planned, people):
    plan()
    assert {row.recipient_id for row in planned()} == {people.ana.id}
    assert {row.address_id for row in planned()} == {people.ana.address.id}


def test_the_keeper_is_told_while_the_patient_has_no_account(plan, planned, people):
    with transaction():
        people.circle.patient_account_id = None
        people.circle.memberships[0].rights = frozenset({"see_dates"})
        keeper = factories.account("Kim", "kim@example.org")
        factories.membership(people.circle, keeper, "keeper")
    plan()
    assert {row.recipient_id for row in planned()} == {keeper.id}


def test_planning_again_changes_nothing(plan, planned, people):
    plan(day_offsets=[0, 1])
    before = [(row.id, row.state, row.due_at) for row in planned()]
    days = queries.subjects_of([people.circle.id], WEEK_BEFORE)[people.circle.id]
    assert not operations.needs_planning(people.circle.id, days, WEEK_BEFORE)
    assert [(row.id, row.state, row.due_at) for row in planned()] == before


def test_an_answer_takes_back_what_was_not_sent(plan, planned, people):
    regimen = plan()
    planned()
    with transaction():
        infusions.skip_day(day_of(regimen), account=people.ana, now=WEEK_BEFORE)
    rows = [row for row in planned() if row.subject_id == day_of(regimen).id]
    assert {(row.state, row.reason) for row in rows} == {("cancelled", "answered")}


def test_undo_brings_the_reminders_back(plan, planned, people):
    regimen = plan()
    planned()
    with transaction():
        change = infusions.skip_day(day_of(regimen), account=people.ana, now=WEEK_BEFORE)
    planned()
    with transaction():
        infusions.undo_change(change, now=WEEK_BEFORE)
    assert stages(planned()) == ["week_before", "day_before", "morning", "did_it_happen"]


def test_a_move_supersedes_the_old_dates_and_never_touches_what_was_sent(plan, planned):
    regimen = plan()
    sent = planned()[0]
    with transaction():
        lease = deliveries.lease_due(limit=1, now=WEEK_BEFORE, lease_seconds=60)[0]
        deliveries.settle(lease, Outcome("accepted"), now=WEEK_BEFORE)
        infusions.move_day(day_of(regimen), to_on=date(2026, 12, 1), now=WEEK_BEFORE)
    rows = planned()
    assert (sent.state, sent.revision) == ("accepted", 0)
    assert {row.reason for row in rows if row.state == "superseded"} == {"date or time changed"}
    assert {row.revision for row in rows if row.state == "pending"} == {1}
    assert stages(rows) == ["changed", "week_before", "day_before", "morning", "did_it_happen"]


@pytest.mark.parametrize("change", ["rule off", "left the circle", "address is bad", "may not see dates"])
def test_who_is_not_to_be_told_any_more_loses_what_was_not_sent(plan, planned, people, change):
    plan()
    planned()
    membership = queries.membership_of(people.circle.id, people.ana.id)
    with transaction():
        if change == "rule off":
            db.session.scalars(sa.select(ReminderRule)).one().is_on = False
        elif change == "left the circle":
            people.circle.patient_account_id = people.ben.id
            db.session.delete(membership)
        elif change == "address is bad":
            people.ana.address.bad_since_at = WEEK_BEFORE
        else:
            membership.rights = frozenset({"answer"})
    hers = [row for row in planned() if row.recipient_id == people.ana.id]
    reason = "not by this way any more" if change == "address is bad" else "not for this reader any more"
    assert {(row.state, row.reason) for row in hers} == {("cancelled", reason)}


def test_a_rule_switched_on_again_plans_them_again(plan, planned):
    plan()
    planned()
    rule = db.session.scalars(sa.select(ReminderRule)).one()
    for is_on in (False, True):
        with transaction():
            rule.is_on = is_on
        rows = planned()
    assert len(stages(rows)) == 4


def test_a_later_stage_supersedes_an_earlier_one_that_did_not_get_out(plan, planned):
    plan(local_time="07:00")
    planned()
    evening = datetime(2026, 11, 29, 20, 30, tzinfo=UTC)
    rows = planned(evening)
    assert stages(rows, "superseded") == ["day_before"]
    assert stages(rows) == ["week_before", "morning", "did_it_happen"]


def test_what_is_only_too_late_is_left_to_the_second_look(plan, planned):
    plan()
    planned()
    assert stages(planned(MORNING)) == ["week_before", "day_before", "morning", "did_it_happen"]
    for seconds in (0, 60):
        with transaction():
            deliveries.expire_deliveries(now=MORNING + timedelta(seconds=seconds))
    assert stages(planned(MORNING), "expired") == ["week_before", "day_before"]


def test_a_clock_that_was_wrong_once_takes_nothing_back(plan, planned):
    plan()
    before = stages(planned())
    assert stages(planned(WEEK_BEFORE.replace(year=2099))) == before
    assert stages(planned()) == before


def test_a_clock_set_back_makes_no_earlier_stage_useful_again(plan, planned):
    plan()
    day_before = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
    assert stages(planned(day_before)) == ["day_before", "morning", "did_it_happen"]
    with transaction():
        lease = deliveries.lease_due(limit=1, now=day_before, lease_seconds=60)[0]
        deliveries.settle(lease, Outcome("accepted"), now=day_before)
    assert stages(planned(day_before - timedelta(hours=2))) == ["morning", "did_it_happen"]


def test_a_cancelled_course_is_not_reminded_of(plan, planned):
    regimen = plan()
    planned()
    with transaction():
        infusions.end_regimen(regimen, now=WEEK_BEFORE)
    assert stages(planned()) == []


def test_changed_quiet_hours_move_a_message_and_add_none(plan, planned, people):
    plan(local_time="10:00")
    morning = next(row for row in planned() if row.stage == "morning")
    assert morning.due_at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    with transaction():
        people.ana.quiet_to = "09:00"
    rows = planned()
    assert len(rows) == 4
    assert next(row for row in rows if row.stage == "morning").due_at == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_one_circle_that_cannot_be_planned_stops_no_other(plan, people, at):
    at(WEEK_BEFORE)
    plan()
    with transaction():
        infusions.start_regimen(
            people.sams_circle,
            first_on=date(2026, 11, 30),
            interval_count=4,
            interval_unit="week",
            now=WEEK_BEFORE,
        )
        people.ana.tz = "Nowhere/Land"
    jobs.plan_deliveries()
    told = set(db.session.scalars(sa.select(Delivery.recipient_id)))
    assert told == {people.sam.id}


def test_the_job_plans_and_then_is_idle(plan, at):
    at(WEEK_BEFORE)
    plan()
    assert jobs.plan_deliveries() == 4
    assert jobs.plan_deliveries() == 0
