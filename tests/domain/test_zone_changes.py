"""Plans across changes of the clocks: no course lost, doubled or reordered, each at its time or later by the gap."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from companion.domain import reminder_plan
from companion.domain.recurrence import Course, Interval, Policy, Unit, local_instant, planned_courses, replan, step
from companion.domain.reminder_plan import CourseToRemind, DayToRemind, Recipient
from tests.domain.zone_changes import ClockChange, clock_changes, instants_of

D = date.fromisoformat
DAY, WEEK, MONTH = Unit.DAY, Unit.WEEK, Unit.MONTH
SOME_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Chatham",
]
RHYTHMS = [
    (Interval(1, DAY), (0,)),
    (Interval(1, WEEK), (0, 1, 2)),
    (Interval(21, DAY), (0, 1)),
    (Interval(1, MONTH), (0,)),
]


def shown(zone: str, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def plan_of(zone: str, first_on: str, at: str, interval: Interval, count: int) -> list[str]:
    """The wall times of the first courses of a plan."""
    until = step(D(first_on), interval, count - 1)
    dates = [course[0] for course in planned_courses(D(first_on), interval, (0,), until)]
    return [shown(zone, local_instant(on, time.fromisoformat(at), ZoneInfo(zone))) for on in dates]


# A spring gap


@pytest.mark.parametrize(
    ("zone", "first_on", "at", "expected"),
    [
        ("Europe/Berlin", "2027-03-21", "02:30", ["03-21 02:30", "03-28 03:30", "04-04 02:30"]),
        ("America/New_York", "2027-03-07", "02:30", ["03-07 02:30", "03-14 03:30", "03-21 02:30"]),
        ("America/St_Johns", "2027-03-07", "02:30", ["03-07 02:30", "03-14 03:30", "03-21 02:30"]),
        ("Australia/Lord_Howe", "2026-09-27", "02:15", ["09-27 02:15", "10-04 02:45", "10-11 02:15"]),
        ("Australia/Lord_Howe", "2026-09-27", "02:30", ["09-27 02:30", "10-04 02:30", "10-11 02:30"]),
        ("Antarctica/Troll", "2027-03-21", "02:30", ["03-21 02:30", "03-28 04:30", "04-04 02:30"]),
        ("Pacific/Chatham", "2026-09-20", "02:50", ["09-20 02:50", "09-27 03:50", "10-04 02:50"]),
        ("Asia/Beirut", "2027-03-21", "00:30", ["03-21 00:30", "03-28 01:30", "04-04 00:30"]),
        ("Asia/Beirut", "2027-03-21", "00:00", ["03-21 00:00", "03-28 01:00", "04-04 00:00"]),
        ("Africa/Cairo", "2027-04-23", "00:30", ["04-23 00:30", "04-30 01:30", "05-07 00:30"]),
        ("Africa/Cairo", "2027-04-22", "23:30", ["04-22 23:30", "04-29 23:30", "05-06 23:30"]),
        ("America/Havana", "2027-03-07", "00:00", ["03-07 00:00", "03-14 01:00", "03-21 00:00"]),
    ],
)
def test_a_time_that_a_spring_gap_skips_is_later_by_the_gap_that_once(zone, first_on, at, expected):
    found = plan_of(zone, first_on, at, Interval(1, WEEK), 3)
    assert [one[5:] for one in found] == expected


def test_reminders_of_a_time_in_the_gap_count_from_the_real_start():
    """02:30 that became 03:30: the morning stage is two elapsed hours before it, once."""
    tz = ZoneInfo("Europe/Berlin")
    day = DayToRemind(1, 1, D("2027-03-28"), tz, local_instant(D("2027-03-28"), time(2, 30), tz))
    found = reminder_plan.plan_course(CourseToRemind(1, (day,), 28), awake(tz), datetime(2027, 3, 1, tzinfo=UTC))
    assert [shown("Europe/Berlin", one.due_at) for one in found if one.stage == "morning"] == ["2027-03-28 00:30"]
    assert {one.due_slot for one in found} == {"2027-03-28T03:30"}


# An hour that comes twice


@pytest.mark.parametrize(
    ("zone", "on", "at", "utc"),
    [
        ("Europe/Berlin", "2027-10-31", "02:30", "2027-10-31T00:30"),
        ("Europe/London", "2027-10-31", "01:30", "2027-10-31T00:30"),
        ("America/New_York", "2027-11-07", "01:30", "2027-11-07T05:30"),
        ("Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-03T14:45"),
        ("Antarctica/Troll", "2027-10-31", "01:30", "2027-10-30T23:30"),
        ("Asia/Beirut", "2027-10-30", "23:30", "2027-10-30T20:30"),
        ("America/Havana", "2027-11-07", "00:30", "2027-11-07T04:30"),
    ],
)
def test_a_time_that_comes_twice_in_autumn_is_the_first_and_comes_once(zone, on, at, utc):
    tz, wished = ZoneInfo(zone), datetime.combine(D(on), time.fromisoformat(at))
    found = [
        local_instant(course[0], wished.time(), tz)
        for course in planned_courses(D(on) - timedelta(days=1), Interval(1, DAY), (0,), D(on) + timedelta(days=1))
    ]
    assert found[1] == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert len(instants_of(wished, tz)) == 2
    assert [shown(zone, one)[:10] for one in found] == [str(D(on) + timedelta(days=n)) for n in (-1, 0, 1)]


@pytest.mark.parametrize(
    ("zone", "on", "at", "due"),
    [
        ("Europe/Berlin", "2027-10-31", "03:30", "2027-10-31 02:30"),  # one hour earlier on the wall, two elapsed
        ("Europe/London", "2027-10-31", "02:30", "2027-10-31 01:30"),
        ("America/New_York", "2027-11-07", "01:30", "2027-11-06 23:30"),  # the first 01:30: nothing came twice yet
        ("Antarctica/Troll", "2027-10-31", "03:00", "2027-10-31 01:00"),  # clocks went back two hours before that
        ("Australia/Lord_Howe", "2027-04-04", "03:00", "2027-04-04 01:30"),
        ("Europe/Berlin", "2027-03-28", "04:00", "2027-03-28 01:00"),  # three hours earlier on the wall
    ],
)
def test_two_hours_before_are_two_elapsed_hours(zone, on, at, due):
    tz = ZoneInfo(zone)
    starts_at = local_instant(D(on), time.fromisoformat(at), tz)
    day = DayToRemind(1, 1, D(on), tz, starts_at)
    found = reminder_plan.plan_course(CourseToRemind(1, (day,), 28), awake(tz), starts_at - timedelta(days=20))
    (morning,) = [one for one in found if one.stage == "morning"]
    assert starts_at - morning.due_at == timedelta(hours=2)
    assert shown(zone, morning.due_at) == due


def awake(tz: ZoneInfo) -> Recipient:
    return Recipient(1, tz, time(8), time(8), wakes_for_infusion=True)


# Odd dates


@pytest.mark.parametrize(
    ("zone", "first_on", "interval", "expected"),
    [
        # 30 December 2011 never came to Samoa: that one is a day later, the others stay.
        (
            "Pacific/Apia",
            "2011-12-23",
            Interval(1, WEEK),
            ["2011-12-23 09:00", "2011-12-31 09:00", "2012-01-06 09:00", "2012-01-13 09:00"],
        ),
        (
            "Pacific/Apia",
            "2011-12-09",
            Interval(21, DAY),
            ["2011-12-09 09:00", "2011-12-31 09:00", "2012-01-20 09:00", "2012-02-10 09:00"],
        ),
        (
            "Europe/Berlin",
            "2024-02-29",
            Interval(12, MONTH),
            ["2024-02-29 09:00", "2025-02-28 09:00", "2026-02-28 09:00", "2027-02-28 09:00", "2028-02-29 09:00"],
        ),
        (
            "America/New_York",
            "2027-01-31",
            Interval(1, MONTH),
            ["2027-01-31 09:00", "2027-02-28 09:00", "2027-03-31 09:00", "2027-04-30 09:00", "2027-05-31 09:00"],
        ),
        (
            "Europe/London",
            "2026-12-21",
            Interval(1, WEEK),  # 28 December 2026 begins ISO week 53
            ["2026-12-21 09:00", "2026-12-28 09:00", "2027-01-04 09:00"],
        ),
        (
            "Asia/Shanghai",
            "2026-12-30",
            Interval(1, DAY),
            ["2026-12-30 09:00", "2026-12-31 09:00", "2027-01-01 09:00", "2027-01-02 09:00"],
        ),
        (
            "America/New_York",
            "2027-02-21",
            Interval(21, DAY),  # clocks change on 14 March, the day of the second
            ["2027-02-21 09:00", "2027-03-14 09:00", "2027-04-04 09:00"],
        ),
        (
            "Australia/Lord_Howe",
            "2026-09-13",
            Interval(21, DAY),
            ["2026-09-13 09:00", "2026-10-04 09:00", "2026-10-25 09:00"],
        ),
    ],
)
def test_odd_dates_lose_and_double_no_course(zone, first_on, interval, expected):
    assert plan_of(zone, first_on, "09:00", interval, len(expected)) == expected


# Every change of every zone


def around(change: ClockChange, zone: str) -> None:
    """Each rhythm, at each time around one change, against the slow way."""
    tz = ZoneInfo(zone)
    for wall in change.walls():
        for interval, offsets in RHYTHMS:
            back = 0 if interval.unit is MONTH else 1  # the 30th before a 31st is another rhythm
            anchor = step(wall.date(), interval, -back)
            courses = planned_courses(anchor, interval, offsets, step(anchor, interval, 2))
            dates = [on for course in courses for on in course]
            assert wall.date() in dates
            assert len(courses) == 3
            check_order(dates, wall.time(), tz)
        moved = check_instant(wall, tz)
        skipped = change.jump > timedelta(0) and wall in change.walls()[1:4]
        assert moved == (change.jump if skipped else timedelta(0))
        check_answer(wall.date())


def check_order(dates: list[date], at: time, tz: ZoneInfo) -> None:
    instants = [local_instant(on, at, tz) for on in dates]
    assert all(earlier < later for earlier, later in itertools.pairwise(instants))


def check_instant(wall: datetime, tz: ZoneInfo) -> timedelta:
    """The instant of a wall time is the first that shows it, or later by the gap; returns by how much."""
    found = local_instant(wall.date(), wall.time(), tz)
    there = instants_of(wall, tz)
    assert not there or found == there[0]
    return found.astimezone(tz).replace(tzinfo=None) - wall


def check_answer(on: date) -> None:
    """A course given a day late on the date of the change: each of the others is still there, once, in order."""
    every = Interval(3, WEEK)
    planned = [step(on, every, n) for n in range(1, 5)]
    found = replan(
        [Course(n, day) for n, day in enumerate(planned)],
        policy=Policy.FROM_REAL,
        interval=every,
        offsets=(0, 1),
        anchor_on=on,
        real_on=on + timedelta(days=1),
        until_on=planned[-1] + timedelta(days=1),
    )
    assert [found.dates[n] for n in range(4)] == [day + timedelta(days=1) for day in planned]
    assert not found.surplus
    assert not found.append


def check_zone(zone: str) -> int:
    changes = clock_changes(zone)
    for change in changes:
        around(change, zone)
    return len(changes)


@pytest.mark.parametrize("zone", SOME_ZONES)
def test_no_clock_change_until_2037_loses_doubles_or_reorders_a_course(zone):
    assert check_zone(zone) >= (0 if zone == "Asia/Kathmandu" else 30)


@pytest.mark.long
@pytest.mark.parametrize("letter", sorted({zone[0] for zone in available_timezones()}))
def test_no_clock_change_of_any_zone_until_2037_does(letter):
    for zone in available_timezones() - {"localtime"}:
        if zone.startswith(letter):
            check_zone(zone)


@pytest.mark.long
def test_all_zones_have_thousands_of_clock_changes():
    """A search that finds nothing proves nothing."""
    zones = available_timezones() - {"localtime"}
    assert len(zones) > 400
    assert sum(len(clock_changes(zone)) for zone in zones) > 5000
