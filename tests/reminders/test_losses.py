"""Reminders of somebody who is removed from a circle, or keeps it no longer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.circles import operations as circles
from companion.database import transaction
from companion.delivery.models import CANCELLED, PENDING, Delivery
from companion.delivery.operations.marks import marks_of_delivery
from companion.extensions import db
from companion.infusions.models import Regimen
from companion.reminders import operations, queries
from tests import factories
from tests.people import People
from tests.reminders.conftest import WEEK_BEFORE

Planned = Callable[[datetime], list[Delivery]]


def of(rows: list[Delivery], person: object) -> list[Delivery]:
    return [row for row in rows if row.recipient_id == person.id]


def marks_of(row: Delivery) -> int:
    return db.session.scalar(sa.select(marks_of_delivery()).where(Delivery.id == row.id)) or 0


def place(people: People) -> str:
    return next(m.public_id for m in people.circle.memberships if m.account_id == people.ben.id)


def test_nothing_more_is_sent_to_who_was_removed_and_undo_brings_it_back(
    people: People, plan: Callable[[], Regimen], planned: Planned
) -> None:
    plan()
    with transaction():
        operations.tell_caregiver(
            people.circle, people.ben, alerts=True, escalations=True, by=people.ana, now=WEEK_BEFORE
        )
    his = of(planned(WEEK_BEFORE), people.ben)
    assert {row.state for row in his} == {PENDING}
    assert operations.compose(his[0], WEEK_BEFORE) is not None
    later, marks = WEEK_BEFORE + timedelta(minutes=5), marks_of(his[0])
    with transaction():
        end = circles.remove_member(people.circle, place(people), by=people.ana, now=later)
    assert marks_of(his[0]) > marks, "what was written ahead is not sent"
    assert people.circle.id in queries.circles_to_look_at(later, 9), "worked out again at once"
    assert operations.compose(his[0], later) is None, "a message that was about to go"
    assert {row.state for row in of(planned(later), people.ben)} == {CANCELLED}
    with transaction():
        circles.put_back_member(end, by=people.ana, now=later)
    assert {row.state for row in of(planned(later), people.ben)} == {PENDING}


def test_who_joins_again_later_gets_no_reminders_by_an_old_wish(people: People) -> None:
    with transaction():
        operations.tell_caregiver(
            people.circle, people.ben, alerts=True, escalations=True, by=people.ana, now=WEEK_BEFORE
        )
        circles.remove_member(people.circle, place(people), by=people.ana, now=WEEK_BEFORE)
        circles.add_member(people.circle, people.ben, "full_help", now=WEEK_BEFORE)
    rule = queries.rule_of(people.circle.id, people.ben.id)
    assert rule is not None
    assert not queries.may_be_told(rule)
    assert not operations.may_switch_on(people.circle, rule), "asked of the patient again"


def test_a_keeper_is_reminded_as_before_by_leave_of_the_patient(people: People, app: object) -> None:
    with transaction():
        circle = factories.circle(keeper=people.ben)
        operations.ensure_default_rules(circle, WEEK_BEFORE)
        father = factories.account("Dad", "dad@example.org")
        offer = factories.invitation(circle, people.ben, "dad@example.org", preset="patient")
        circles.accept_invitation(offer, father, now=WEEK_BEFORE)
        operations.ensure_default_rules(circle, WEEK_BEFORE)
    kept, own = queries.rule_of(circle.id, people.ben.id), queries.rule_of(circle.id, father.id)
    assert kept is not None
    assert own is not None
    assert (kept.is_on, kept.switched_on_by_id, own.is_on) == (True, father.id, True)
    told = operations.others_to_tell(circle, father)
    assert [(one.member.account_id, one.alerts) for one in told] == [(people.ben.id, True)]
    with pytest.raises(circles.CircleNeedsSomebody):
        circles.leave_circle(circle, father, now=WEEK_BEFORE)
