"""Who was told a date is told when it changes; visits are reminded of; nobody drives is asked about."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery.models import ACCEPTED, Delivery
from companion.delivery.operations import composer_of
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.preparations.models import DRIVE, NOT_NEEDED, Duty
from companion.visits import operations as visits
from tests import factories
from tests.reminders.conftest import FIRST, WEEK_BEFORE, day_of, stages

MINUTE = timedelta(minutes=1)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def told(plan, planned):
    """A plan whose week-before message was sent."""
    regimen = plan()
    with transaction():
        planned()[0].state = ACCEPTED
        planned()[0].settled_at = WEEK_BEFORE
    return regimen


def changes(rows):
    return [row for row in rows if row.stage == "changed"]


def mail_of(row, now):
    return composer_of(row.subject_kind)(row, now)


def send(row, now):
    """Note a message as sent, as the worker does."""
    with transaction():
        row.state, row.settled_at = ACCEPTED, now


def test_who_was_told_the_old_date_is_told_the_new_one_once(told, planned, at):
    at(WEEK_BEFORE)
    with transaction():
        infusions.move_day(day_of(told), to_on=date(2026, 12, 3), local_time="11:00", now=WEEK_BEFORE)
    [notice] = changes(planned())
    assert notice.due_at == WEEK_BEFORE + 5 * MINUTE
    [same] = changes(planned(WEEK_BEFORE + MINUTE))
    assert (same.id, same.due_at) == (notice.id, notice.due_at)
    mail = mail_of(notice, WEEK_BEFORE)
    assert mail.subject == "A date has changed"
    assert "Thu 3 Dec, 11:00" in mail.text
    assert "Before, it was Mon 30 Nov." in mail.text
    assert "/answers/" in mail.text
    send(notice, WEEK_BEFORE + 5 * MINUTE)
    assert changes(planned(WEEK_BEFORE + 6 * MINUTE)) == [notice]


@pytest.mark.parametrize(("hours_before", "ways"), [(47, ["email", "push"]), (72, ["push"])])
def test_a_near_date_that_moves_far_away_goes_by_mail_too(told, people, planned, at, hours_before, ways):
    now = datetime(2026, 11, 30, 9, tzinfo=UTC) - timedelta(hours=hours_before)
    at(now)
    with transaction():
        factories.push_subscription(people.ana, confirmed_at=now)
        infusions.move_day(day_of(told), to_on=date(2026, 12, 9), now=now)
    assert sorted(row.channel for row in changes(planned(now))) == ways


def test_by_every_way_a_change_names_the_date_before_it(told, people, planned, at):
    now = datetime(2026, 11, 29, 9, tzinfo=UTC)
    at(now)
    with transaction():
        factories.push_subscription(people.ana, confirmed_at=now)
        infusions.move_day(day_of(told), to_on=date(2026, 12, 9), now=now)
    push, notice = sorted(changes(planned(now)), key=lambda row: row.channel, reverse=True)
    send(push, now + 5 * MINUTE)
    assert "Before, it was Mon 30 Nov." in mail_of(notice, now + 5 * MINUTE).text


def test_a_slip_that_was_taken_back_tells_nobody(told, planned):
    with transaction():
        change = infusions.move_day(day_of(told), to_on=date(2026, 12, 3), now=WEEK_BEFORE)
    planned()
    with transaction():
        infusions.undo_change(change, now=WEEK_BEFORE + MINUTE)
    assert [row.state for row in changes(planned(WEEK_BEFORE + MINUTE))] == ["superseded"]


def test_a_move_beyond_the_days_ahead_is_told_too(told, planned):
    with transaction():
        infusions.move_day(day_of(told), to_on=date(2026, 12, 23), now=WEEK_BEFORE)
    assert stages(planned()) == ["changed"]


def test_nobody_is_told_twice_in_the_same_minutes(plan, planned):
    regimen, now = plan(), datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
    for row in planned(now)[:1]:
        send(row, now)
    with transaction():
        infusions.move_day(day_of(regimen), to_on=FIRST, local_time="08:00", now=now)
    assert stages(planned(now)) == ["changed", "morning", "did_it_happen"]
    send(changes(planned(now))[0], now + 5 * MINUTE)
    assert stages(planned(now + 6 * MINUTE)) == ["morning", "did_it_happen"]


def test_a_date_that_is_off_is_said(told, planned, at):
    at(WEEK_BEFORE)
    with transaction():
        infusions.end_regimen(told, now=WEEK_BEFORE)
    [notice] = changes(planned())
    mail = mail_of(notice, WEEK_BEFORE)
    assert mail.subject == "A date is off"
    assert "Mon 30 Nov is no longer planned" in mail.text
    send(notice, WEEK_BEFORE + 5 * MINUTE)
    assert stages(planned(WEEK_BEFORE + 6 * MINUTE)) == []


def test_who_was_told_nothing_is_told_no_change(plan, planned):
    regimen = plan()
    planned()
    with transaction():
        infusions.move_day(day_of(regimen), to_on=date(2026, 12, 3), now=WEEK_BEFORE)
    assert changes(planned()) == []


def test_a_visit_has_the_stages_ahead_of_it_and_its_own_mail(people, planned, at):
    at(DECEMBER)
    values = {"planned_on": date(2026, 12, 8), "local_time": "14:00", "place": "Room 4"}
    with transaction():
        visit = visits.add_visit(people.circle, kind="neurologist", now=DECEMBER, **values)
    rows = planned(DECEMBER)
    assert stages(rows) == ["week_before", "day_before", "morning"]
    assert {row.recipient_id for row in rows} == {people.ana.id}
    mail = mail_of(rows[1], DECEMBER)
    assert mail.subject == "A reminder is waiting for you"
    assert "Room 4" not in mail.text
    assert f"/visits/{visit.public_id}" in mail.text
    send(rows[0], DECEMBER)
    with transaction():
        visits.change_visit(visit, planned_on=date(2026, 12, 9), now=DECEMBER)
    assert stages(planned(DECEMBER))[0] == "changed"
    with transaction():
        visits.cancel_visit(visit, now=DECEMBER)
    off = [row for row in changes(planned(DECEMBER)) if row.state == "pending"]
    assert mail_of(off[0], DECEMBER).subject == "A date is off"


def test_nobody_drives_is_asked_of_everyone_two_days_before(people, plan, planned, at):
    at(WEEK_BEFORE)
    regimen = plan(at_home=False)
    asked = [row for row in planned() if row.subject_kind == "drive"]
    assert {row.recipient_id for row in asked} == {people.ana.id, people.ben.id, people.vera.id}
    assert {row.due_at for row in asked} == {datetime(2026, 11, 28, 9, tzinfo=UTC)}
    mail = mail_of(asked[0], datetime(2026, 11, 28, 9, tzinfo=UTC))
    assert "Nobody has said yet that they drive." in mail.text
    names = ["It is about Ana." in mail_of(row, WEEK_BEFORE).text for row in asked]
    assert names == [row.recipient_id != people.ana.id for row in asked], "a caregiver may be in several circles"
    with transaction():
        regimen.at_home = True
    assert mail_of(asked[0], WEEK_BEFORE) is None
    with transaction():
        regimen.at_home = False
        db.session.add(
            Duty(
                circle_id=people.circle.id,
                infusion_id=day_of(regimen).infusion_id,
                day_number=1,
                role=DRIVE,
                state=NOT_NEEDED,
                changed_at=WEEK_BEFORE,
            )
        )
    planned()
    found = db.session.scalars(sa.select(Delivery).where(Delivery.subject_kind == "drive"))
    assert {row.state for row in found} == {"cancelled"}
    assert mail_of(asked[0], WEEK_BEFORE) is None


@pytest.mark.parametrize("values", [{"at_home": True}, {"route": "SC"}, {"at_home": False, "interval_count": 1}, {}])
def test_nobody_is_asked_to_drive_where_none_has_to(plan, planned, values):
    plan(**values)
    assert [row for row in planned() if row.subject_kind == "drive"] == []
