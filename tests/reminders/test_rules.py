"""What a rule says is planned, and nothing else: events, lead time, privacy."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.operations import composer_of
from companion.extensions import db
from companion.reminders.models import EVENTS, ReminderRule
from tests.reminders.conftest import WEEK_BEFORE, stages


@pytest.fixture
def rule_of(people, planned):
    """Change the rule of one person (Ana's is made by planning)."""

    def change(account=None, **values):
        planned()
        with transaction():
            query = sa.select(ReminderRule).where(ReminderRule.recipient_id == (account or people.ana).id)
            rule = db.session.scalars(query).first()
            if rule is None:
                rule = ReminderRule(circle_id=people.circle.id, recipient_id=account.id, created_at=WEEK_BEFORE)
                db.session.add(rule)
            for name, value in values.items():
                setattr(rule, name, value)
            db.session.flush()
        return rule

    return change


def test_an_event_that_is_off_plans_nothing_and_takes_back_what_was_planned(plan, planned, rule_of, people):
    plan()
    rows = planned()
    assert stages(rows)
    rule_of(events_off=list(EVENTS))
    assert composer_of(rows[0].subject_kind)(rows[0], WEEK_BEFORE) is None
    rows = planned()
    assert stages(rows) == []
    assert {row.reason for row in rows} == {"not for this reader any more"}
    rule_of(events_off=[])
    assert stages(planned())


def test_the_lead_time_moves_the_day_before(plan, planned, rule_of):
    plan()
    rule_of(lead_hours=72)
    due = {row.stage: row.due_at for row in planned() if row.state == "pending"}
    assert due["day_before"] == datetime(2026, 11, 27, 9, tzinfo=UTC)
