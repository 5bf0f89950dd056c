"""Clocks that change, dates that do not exist, new zone rules, long flights and edited plans, on the running app."""

import importlib.resources
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from companion.calendar.operations.entries import publish_infusion
from companion.database import transaction
from companion.delivery.models import Delivery
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.infusions.models import Infusion, InfusionDay, Regimen
from companion.reminders.models import ReminderRule
from tests.running import text_of, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEARLY = {"interval_count": 12, "interval_unit": "month"}
GAPS = [
    ("America/New_York", "2027-03-14", "02:30", "3:30"),
    ("Asia/Beirut", "2027-03-28", "00:00", "1:00"),
    ("Europe/Berlin", "2027-03-28", "02:30", "3:30"),
    ("Antarctica/Troll", "2027-03-28", "02:30", "4:30"),
    ("Africa/Cairo", "2027-04-30", "00:30", "1:30"),
    ("Australia/Lord_Howe", "2027-10-03", "02:15", "2:45"),
]
"""Zone, date, wall time that does not exist on it, and the one that a reader is told: later by the gap."""


def first_days(story):
    """The first day of each plan, with its zone; inside a context of the application."""
    firsts = sa.select(sa.func.min(InfusionDay.id)).group_by(InfusionDay.circle_id)
    return db.session.scalars(sa.select(InfusionDay).where(InfusionDay.id.in_(firsts)).order_by(InfusionDay.id)).all()


def test_f24_a_time_that_does_not_exist_is_told_once_and_later_by_the_gap(story):
    story.worker.move_to(datetime(2027, 3, 1, 12, tzinfo=UTC))
    shown = {}
    for number, (tz, on, wall, told) in enumerate(GAPS):
        plan = {"first_on": date.fromisoformat(on), "local_time": wall} | YEARLY
        shown |= dict.fromkeys(story.people_named(f"p{number}@example.org", tz=tz, **plan), told)
    with story.app.app_context(), transaction():
        starts = [day.starts_at for day in first_days(story)]
        for day in first_days(story):
            ((entry, _row),) = publish_infusion(day.infusion, story.worker.now())
            assert entry.starts_at == day.starts_at
    day_before = sa.select(Delivery.recipient_id).where(Delivery.stage == "day_before", Delivery.state == "accepted")
    story.worker.start("worker")
    for count, starts_at in enumerate(sorted(starts), start=1):
        story.worker.move_to(starts_at - 20 * HOUR)
        wait_until(lambda count=count: len(story.read(day_before)) >= count)
    story.ticks()
    readers = story.read(day_before)
    assert len(set(readers)) == len(readers) == len(shown)
    for address, told in shown.items():
        assert all(told in text_of(mail) for mail in story.server.to(address)), address


@pytest.mark.long
def test_f25_a_time_that_comes_twice_is_its_first_and_two_hours_are_two_hours(story):
    first = datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    story.worker.move_to(first - 3 * HOUR)
    (ana,) = story.people_named(
        "ana@example.org", tz="America/New_York", first_on=date(2027, 11, 7), local_time="01:30"
    )
    story.worker.start("worker")
    wait_until(lambda: story.server.counts() == {ana: 1})
    story.worker.move_to(first - 2 * HOUR - timedelta(minutes=2))
    story.ticks()
    assert story.server.counts() == {ana: 1}
    story.worker.move_to(first - 2 * HOUR + timedelta(seconds=5))
    wait_until(lambda: story.server.counts() == {ana: 2})
    story.worker.move_to(first + HOUR)
    story.ticks()
    assert story.server.counts() == {ana: 2}
    assert "1:30" in text_of(story.server.to(ana)[1])


@pytest.mark.long
def test_f26_month_ends_leap_days_week_53_and_lost_dates_lose_and_double_no_course(story):
    begin = datetime(2011, 12, 15, 12, tzinfo=UTC)
    story.worker.move_to(begin)
    plans = {
        "apia": ("Pacific/Apia", date(2011, 12, 16), {"interval_count": 1, "interval_unit": "week"}),
        "month": ("Europe/London", date(2011, 12, 31), {"interval_count": 1, "interval_unit": "month"}),
        "days": ("Europe/London", date(2012, 2, 8), {"interval_count": 21, "interval_unit": "day"}),
    }
    for name, (tz, on, rhythm) in plans.items():
        story.people_named(f"{name}@example.org", tz=tz, now=begin, first_on=on, local_time="10:00", **rhythm)
    story.worker.start("worker")
    story.ticks()
    story.worker.kill("worker")
    story.worker.move_to(begin + 300 * DAY)
    story.worker.start("worker")
    story.ticks()
    grown = sa.select(sa.func.max(InfusionDay.planned_on))
    wait_until(lambda: story.read(grown)[0][0] > date(2013, 10, 1))
    with story.app.app_context():
        dates = {}
        for name in plans:
            circle = story.circle_of(f"{name}@example.org")
            query = sa.select(InfusionDay).where(InfusionDay.circle_id == circle.id).order_by(InfusionDay.planned_on)
            dates[name] = list(db.session.scalars(query))
    on = {name: [day.planned_on for day in days] for name, days in dates.items()}
    assert on["apia"] == [date(2011, 12, 16) + n * 7 * DAY for n in range(len(on["apia"]))]
    lost = next(day for day in dates["apia"] if day.planned_on == date(2011, 12, 30))
    assert lost.starts_at == datetime(2011, 12, 30, 20, tzinfo=UTC), "that date was left out there: a day later"
    assert on["days"] == [date(2012, 2, 8) + n * 21 * DAY for n in range(len(on["days"]))]
    assert date(2012, 2, 29) in on["days"]
    months = [day.year * 12 + day.month for day in on["month"]]
    assert months == list(range(months[0], months[0] + len(months)))
    assert all((day + DAY).day == 1 for day in on["month"])


@pytest.mark.long
def test_f27_new_zone_rules_keep_the_wall_time_and_tell_who_was_told(story, tmp_path):
    (ana,) = story.people_named("ana@example.org", tz="Europe/London")
    story.worker.start("worker")
    wait_until(lambda: story.server.counts() == {ana: 1})
    wait_until(lambda: story.states()["accepted"] == 1)
    story.worker.end("worker")
    before = story.read(sa.select(InfusionDay.starts_at, InfusionDay.local_time).order_by(InfusionDay.id))[0]
    rules = tmp_path / "zones"
    (rules / "Europe").mkdir(parents=True)
    (rules / "+VERSION").write_text("2099a\n")
    as_in_paris = importlib.resources.files("tzdata").joinpath("zoneinfo", "Europe", "Paris").read_bytes()
    (rules / "Europe" / "London").write_bytes(as_in_paris)
    story.worker.environ["PYTHONTZPATH"] = str(rules)
    story.worker.start("worker")
    changed = sa.select(InfusionDay.starts_at, InfusionDay.local_time).order_by(InfusionDay.id)
    wait_until(lambda: story.read(changed)[0] != before)
    after = story.read(changed)[0]
    assert (after.starts_at, after.local_time) == (before.starts_at - HOUR, before.local_time)
    wait_until(lambda: story.server.counts() == {ana: 2})
    wait_until(lambda: story.states()["accepted"] == 2)
    told = sa.select(Delivery.revision, Delivery.due_slot).where(Delivery.state == "accepted").order_by(Delivery.id)
    [(old, old_slot), (new, new_slot)] = story.read(told)
    assert (old, new, old_slot) == (0, 1, new_slot), "the same time on the wall, an hour sooner"


@pytest.mark.long
def test_f28_a_flight_moves_no_infusion_and_gives_no_two_nudges_within_twelve_hours(story):
    begin = datetime(2027, 5, 3, 0, tzinfo=UTC)
    story.worker.move_to(begin)
    starts_at = begin + 60 * HOUR
    (ana,) = story.people_named("ana@example.org", first_on=starts_at.date(), local_time="12:00")
    carer = story.caregiver(ana)
    with story.app.app_context(), transaction():
        story.account_of(ana).tz, story.account_of(carer).tz = "Asia/Shanghai", "Europe/Athens"
        owner = story.account_of(ana).id
        db.session.add(
            ReminderRule(circle_id=story.circle_of(ana).id, recipient_id=owner, created_at=begin, nudge_at="09:00")
        )
    story.worker.start("worker")
    query = sa.select(Delivery.due_slot, Delivery.settled_at).where(
        Delivery.subject_kind == "check_in", Delivery.state == "accepted"
    )
    flights = [
        (3.5, "Asia/Shanghai", 1),
        (17, "America/Los_Angeles", 1),
        (41, "America/Los_Angeles", 2),
        (50, "Asia/Shanghai", 2),
        (53.2, "Asia/Shanghai", 3),
    ]
    for hours, tz, count in flights:
        with story.app.app_context(), transaction():
            story.account_of(ana).tz = tz
        story.worker.move_to(begin + hours * HOUR)
        wait_until(lambda count=count: len(story.read(query)) >= count)
        story.ticks()
        assert len(story.read(query)) == count, "once a local date, and twelve hours apart"
    nudges = sorted(story.read(query), key=lambda row: row.settled_at)
    assert len({row.due_slot for row in nudges}) == 3
    assert all(later.settled_at - earlier.settled_at >= 12 * HOUR for earlier, later in pairwise(nudges))
    story.worker.move_to(starts_at - 1.9 * HOUR)
    wait_until(
        lambda: story.read(sa.select(Delivery.id).where(Delivery.stage == "morning", Delivery.state == "accepted"))
    )
    assert story.read(sa.select(Delivery.due_at).where(Delivery.stage == "morning").distinct()) == [
        (starts_at - 2 * HOUR,)
    ]
    wait_until(lambda: story.server.counts()[carer] >= 2)


@pytest.mark.long
def test_f30_an_edited_plan_a_skip_and_its_undo_leave_what_was_done_alone(story):
    (ana,) = story.people(1)
    story.worker.start("worker")
    wait_until(lambda: story.server.counts() == {ana: 1})
    story.worker.move_to(story.worker.now() + 26 * HOUR)
    now = story.worker.now()
    with story.app.app_context():
        courses = list(db.session.scalars(sa.select(Infusion).order_by(Infusion.first_on)))
        regimen = db.session.scalars(sa.select(Regimen)).one()
        with transaction():
            infusions.record_day_done(courses[0].days[0], account=story.account_of(ana), now=now)
        done = (courses[0].days[0].id, courses[0].days[0].planned_on, courses[0].days[0].given_on)
        ids = [course.id for course in courses]
        with transaction():
            change = infusions.skip_day(courses[1].days[0], account=story.account_of(ana), now=now)
        with transaction():
            infusions.undo_change(change, now=now)
        with transaction():
            infusions.change_regimen(regimen, interval_count=5, interval_unit="week", day_offsets=[0], now=now)
        db.session.expire_all()
        kept = {course.id: course for course in db.session.scalars(sa.select(Infusion))}
        assert set(ids[:3]) <= set(kept)
        first = kept[ids[0]].days[0]
        assert (first.id, first.planned_on, first.given_on, first.state) == (*done, "done")
        second, third = (kept[ident].first_on for ident in ids[1:3])
        assert third - second == 35 * DAY
    story.ticks()
    planned = story.read(
        sa.select(Delivery.due_slot).where(Delivery.stage == "week_before", Delivery.state == "pending")
    )
    assert len({row[0] for row in planned}) == len(planned)
    assert story.server.counts() == {ana: 1}
