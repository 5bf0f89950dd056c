"""Faults that rules and messages must stand: no way to the patient, flights, moves and answers under way."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from companion.database import transaction
from companion.delivery import operations as deliveries
from companion.delivery.channels.base import Outcome
from companion.delivery.models import Delivery
from companion.domain.reminder_plan import quiet_window
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders import operations, queries
from companion.reminders.models import ReminderRule
from tests.reminders.conftest import WEEK_BEFORE, day_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AFTER = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.fixture
def ben_told(people):
    """Ben gets every reminder, and hears when nobody answers."""
    with transaction():
        rule = ReminderRule(circle_id=people.circle.id, recipient_id=people.ben.id, created_at=WEEK_BEFORE)
        rule.gets_escalations = True
        db.session.add(rule)


def lease(now: datetime) -> list:
    with transaction():
        return deliveries.lease_due(limit=50, now=now, lease_seconds=60)


def send(now: datetime, outcome: str = "accepted", leases: list | None = None) -> list[tuple[str, int]]:
    """Hand over what is due, or leased already, where its words are still wanted."""
    sent = []
    for one in lease(now) if leases is None else leases:
        row = db.session.get_one(Delivery, one.delivery_id)
        wanted = leases is not None or deliveries.composer_of(row.subject_kind)(row, now) is not None
        with transaction():
            if wanted:
                deliveries.settle_all([(one, Outcome(outcome))], now=now)
                sent.append((row.stage, row.recipient_id))
            else:
                deliveries.suppress_all([one], now=now)
    return sorted(sent)


def test_f20_when_every_way_to_the_patient_is_dead_others_the_operator_and_the_app_say_so(
    people, plan, planned, ben_told, client_of
):
    plan()
    planned(WEEK_BEFORE)
    with transaction():
        queries.rule_of(people.circle.id, people.ben.id).is_on = False
    planned(WEEK_BEFORE)
    with capture_logs() as logs:
        assert send(WEEK_BEFORE, "permanent_address") == [("week_before", people.ana.id)]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["no way leads to a person any more"]
    planned(WEEK_BEFORE + MINUTE)
    assert send(WEEK_BEFORE + MINUTE) == [("unreachable", people.ben.id)]
    assert "No reminder reaches you now." in client_of(people.ana).get("/").text


def test_f28_a_flight_moves_no_infusion_and_gives_no_two_nudges_within_twelve_hours(people, plan, planned):
    plan()
    planned(WEEK_BEFORE)
    with transaction():
        queries.rule_of(people.circle.id, people.ana.id).nudge_at = "09:00"
    zones = ["Asia/Shanghai", "America/Los_Angeles", "Asia/Shanghai", "Europe/London"]
    nudges: list[tuple[str, datetime]] = []
    for tick in range(4 * 26):
        now = WEEK_BEFORE + tick * HOUR
        if tick % 26 == 0:
            with transaction():
                people.ana.tz = zones[tick // 26]
        planned(now)
        for stage, _reader in send(now):
            assert quiet_window(now, queries.recipient_of(people.ana)) is None
            nudges += [(now.astimezone(queries.recipient_of(people.ana).tz).date().isoformat(), now)] * (
                stage == "nudge"
            )
    assert len(nudges) >= 3
    assert len({on for on, _at in nudges}) == len(nudges)
    times = [at for _on, at in nudges]
    assert all(later - earlier >= 12 * HOUR for earlier, later in pairwise(times))
    starts = {row.due_slot for row in db.session.scalars(sa.select(Delivery)) if row.stage == "morning"}
    assert starts == {"2026-11-30T09:00"}


def test_f29_a_message_under_way_about_a_date_that_moved_is_followed_by_the_new_date(people, plan, planned):
    regimen = plan()
    now = datetime(2026, 11, 29, 9, tzinfo=UTC)
    planned(now)
    under_way = lease(now)
    with transaction():
        infusions.move_day(day_of(regimen), to_on=date(2026, 12, 3), now=now)
    planned(now)
    assert send(now, leases=under_way) == [("day_before", people.ana.id)]
    planned(now + MINUTE)
    planned(now + 7 * MINUTE)
    assert send(now + 7 * MINUTE) == [("changed", people.ana.id)]
    old = [row for row in db.session.scalars(sa.select(Delivery)) if row.revision == 0]
    assert {row.state for row in old} == {"accepted", "superseded"}


def test_f31_one_answer_stops_all_but_the_message_under_way(people, plan, planned, ben_told):
    regimen = plan()
    planned(AFTER)
    with transaction():
        under_way = deliveries.lease_due(limit=1, now=AFTER, lease_seconds=60)
    first = db.session.get_one(Delivery, under_way[0].delivery_id).recipient_id
    other = people.ben if first == people.ana.id else people.ana
    row = db.session.scalars(
        sa.select(Delivery).where(Delivery.recipient_id == other.id, Delivery.stage == "did_it_happen")
    ).one()
    link = queries.answer_link(queries.answer_token(row, day_of(regimen)))
    with transaction():
        operations.answer_done(link, AFTER + MINUTE)
    planned(AFTER + MINUTE)
    assert send(AFTER + MINUTE, leases=under_way) == [("did_it_happen", first)]
    planned(AFTER + 2 * MINUTE)
    assert send(AFTER + 2 * MINUTE) == []
    planned(AFTER + 7 * MINUTE)
    assert send(AFTER + 7 * MINUTE) == [("done", first)]
    planned(AFTER + 9 * HOUR)
    assert send(AFTER + 9 * HOUR) == []
