"""One instant, whoever reads it and wherever: on the page, in the mail, in the API; and when people or plans move."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery
from companion.delivery.operations import composer_of
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders import operations
from companion.reminders.models import ReminderRule
from tests.reminders.conftest import WEEK_BEFORE, day_of, stages

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("tz", "first_on", "local_time", "instant", "shown", "city"),
    [
        (
            "Australia/Lord_Howe",
            "2027-10-03",
            "02:15",
            "2027-10-02T15:45:00Z",
            "2:45",
            "Lord Howe Island",
        ),  # half an hour
        ("Africa/Cairo", "2027-04-30", "00:30", "2027-04-29T22:30:00Z", "1:30", "Cairo"),  # a gap at midnight
        ("America/New_York", "2027-11-07", "01:30", "2027-11-07T05:30:00Z", "1:30", "New York"),  # the first of two
    ],
)
def test_page_mail_and_api_tell_the_same_instant(
    plan, at, people, client_of, tz, first_on, local_time, instant, shown, city
):
    on, starts_at = date.fromisoformat(first_on), datetime.fromisoformat(instant)
    now = starts_at - 20 * HOUR
    at(now)
    day = day_of(plan(first_on=on, local_time=local_time, tz=tz, now=now))
    with transaction():
        people.ana.quiet_from = people.ana.quiet_to = "08:00"
    with transaction():
        operations.plan_deliveries(people.circle.id, now)
    rows = {row.stage: row for row in db.session.scalars(sa.select(Delivery))}
    assert rows["morning"].due_at == starts_at - 2 * HOUR
    mail = composer_of("infusion_day")(rows["day_before"], now)
    words = f"{shown} {city} time"
    assert words in mail.text
    assert "In 20 hours." in mail.text
    ana = client_of(people.ana)
    assert words in ana.get(f"/infusions/{day.infusion.public_id}").text
    found = ana.get(
        f"/api/v1/infusions?circle={people.circle.public_id}&from={on}&to={on}", headers={"X-App-Request": "1"}
    ).json["infusions"]
    assert [datetime.fromisoformat(d["starts_at"]) for each in found for d in each["days"]] == [starts_at]


def test_whoever_flies_the_infusion_stays_at_the_clinics_wall_time(plan, planned, people):
    """Ana goes from UTC+8 to UTC-8, Ben reads in a third zone: same start, own quiet hours, no stage twice."""
    with transaction():
        people.ana.tz, people.ben.tz = "Asia/Shanghai", "Asia/Kathmandu"
        db.session.add(_rule(people.circle, people.ben))
    day = day_of(plan(tz="Europe/London"))
    before = (day.local_time, day.starts_at, day.revision)
    planned()
    with transaction():
        lease = deliveries.lease_due(limit=1, now=WEEK_BEFORE, lease_seconds=60)[0]
        deliveries.settle(lease, Outcome("accepted"), now=WEEK_BEFORE)
        people.ana.tz = "America/Los_Angeles"
        people.circle.tz = "America/Los_Angeles"
    rows = planned()
    db.session.refresh(day)
    assert (day.local_time, day.starts_at, day.revision) == before
    for person in (people.ana, people.ben):
        own = [row for row in rows if row.recipient_id == person.id]
        assert sorted(row.stage for row in own) == ["day_before", "did_it_happen", "morning", "week_before"]
        assert {row.due_slot for row in own} == {"2026-11-30T09:00"}
    morning = {row.recipient_id: row.due_at for row in rows if row.stage == "morning"}
    assert morning[people.ben.id] == datetime(2026, 11, 30, 7, tzinfo=UTC)  # 12:45 in Kathmandu
    assert morning[people.ana.id] == datetime(2026, 11, 30, 4, tzinfo=UTC)  # 20:00 the evening before, out there


def test_a_move_while_a_message_is_in_flight_plans_the_new_date_and_tells_of_the_change(plan, planned, people):
    regimen = plan()
    planned()
    with transaction():
        lease = deliveries.lease_due(limit=1, now=WEEK_BEFORE, lease_seconds=60)[0]
        infusions.move_day(day_of(regimen), to_on=date(2026, 12, 2), account=people.ben, now=WEEK_BEFORE)
    rows = planned()
    in_flight = next(row for row in rows if row.id == lease.delivery_id)
    assert (in_flight.state, in_flight.reason, in_flight.revision) == ("superseded", "date or time changed", 0)
    assert not deliveries.held([lease], now=WEEK_BEFORE)
    with transaction():
        assert deliveries.settle(lease, Outcome("accepted"), now=WEEK_BEFORE), "its reader was told the old date"
    rows = planned()
    assert stages(rows, "superseded") == ["day_before", "morning", "did_it_happen"]
    assert stages(rows) == ["changed", "week_before", "day_before", "morning", "did_it_happen"]
    assert {(row.revision, row.due_slot) for row in rows if row.state == "pending"} == {(1, "2026-12-02T09:00")}


@pytest.mark.parametrize("way", ["another interval", "the end of the plan"])
def test_an_edit_of_the_plan_while_a_message_is_leased(plan, planned, way):
    regimen = plan(first_on=date(2026, 11, 2))
    with transaction():
        infusions.record_day_done(day_of(regimen), given_on=date(2026, 11, 2), now=WEEK_BEFORE)
    planned()
    with transaction():
        lease = deliveries.lease_due(limit=1, now=WEEK_BEFORE, lease_seconds=60)[0]
        if way == "another interval":
            kept = {"interval_unit": "week", "day_offsets": [0], "now": WEEK_BEFORE}
            infusions.change_regimen(regimen, interval_count=3, next_on=date(2026, 12, 1), **kept)
        else:
            infusions.end_regimen(regimen, now=WEEK_BEFORE)
    rows = planned()
    assert next(row for row in rows if row.id == lease.delivery_id).state in ("superseded", "cancelled")
    pending = {(row.stage, row.revision) for row in rows if row.state == "pending"}
    if way == "another interval":
        assert {revision for _stage, revision in pending} == {1}
    else:
        assert pending == {("changed", 0)}, "who is told the date at this moment hears that it is off"
    with transaction():
        deliveries.settle_all([(lease, Outcome("temporary"))], now=WEEK_BEFORE)
    assert "changed" not in stages(planned()), "it did not leave after all"
    first = next(c for c in regimen.infusions if c.first_on == date(2026, 11, 2))
    assert (first.days[0].state, first.days[0].given_on) == ("done", date(2026, 11, 2))


def _rule(circle, account):
    return ReminderRule(
        circle_id=circle.id,
        recipient_id=account.id,
        is_on=True,
        privacy="neutral",
        created_at=WEEK_BEFORE,
    )
