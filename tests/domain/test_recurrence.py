"""Planned dates, wall time in many zones, and what follows when an infusion moves."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.relativedelta import relativedelta
from dateutil.tz import gettz, resolve_imaginary
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import recurrence
from companion.domain.recurrence import (
    BadInterval,
    BadOffsets,
    Course,
    Interval,
    Policy,
    Replan,
    Unit,
    planned_courses,
    replan,
    step,
)

D = date.fromisoformat
FROM_REAL, PLANNED = Policy.FROM_REAL, Policy.PLANNED_WEEKDAY
DAY, WEEK, MONTH = Unit.DAY, Unit.WEEK, Unit.MONTH

ZONES = [
    "Africa/Cairo",
    "America/New_York",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "UTC",
]

days = st.dates(date(2020, 1, 1), date(2032, 12, 31))
intervals = st.one_of(
    st.builds(Interval, st.integers(1, 60), st.just(DAY)),
    st.builds(Interval, st.integers(1, 12), st.just(WEEK)),
    st.builds(Interval, st.integers(1, 6), st.just(MONTH)),
)


# Intervals and offsets


@pytest.mark.parametrize(
    ("count", "unit"),
    [(1, "day"), (21, "day"), (365, "day"), (1, "week"), (52, "week"), (1, "month"), (12, "month")],
)
def test_a_good_interval(count: int, unit: str) -> None:
    assert recurrence.validate_interval(count, unit) == Interval(count, Unit(unit))


@pytest.mark.parametrize(
    ("count", "unit"),
    [(0, "day"), (-1, "week"), (366, "day"), (53, "week"), (13, "month"), (1, "year"), (1, "")],
)
def test_a_bad_interval(count: int, unit: str) -> None:
    with pytest.raises(BadInterval):
        recurrence.validate_interval(count, unit)


@pytest.mark.parametrize(
    ("offsets", "interval"),
    [
        ([0], Interval(1, DAY)),
        ([0, 1], Interval(3, WEEK)),
        ([0, 1, 2, 3, 4], Interval(1, WEEK)),
        ([0, 3, 10], Interval(1, MONTH)),
        ([0, 27], Interval(1, MONTH)),
    ],
)
def test_good_offsets(offsets: list[int], interval: Interval) -> None:
    assert recurrence.validate_offsets(offsets, interval) == tuple(offsets)


@pytest.mark.parametrize(
    ("offsets", "interval"),
    [
        ([], Interval(1, WEEK)),
        ([1, 2], Interval(1, WEEK)),
        ([0, 0], Interval(1, WEEK)),
        ([0, 2, 1], Interval(1, WEEK)),
        ([0, 1, 2, 3, 4, 5], Interval(1, WEEK)),
        ([0, 7], Interval(1, WEEK)),
        ([0, 28], Interval(1, MONTH)),
        ([0, 1], Interval(1, DAY)),
    ],
)
def test_bad_offsets(offsets: list[int], interval: Interval) -> None:
    with pytest.raises(BadOffsets):
        recurrence.validate_offsets(offsets, interval)


def test_default_offsets() -> None:
    assert recurrence.default_offsets(1) == (0,)
    assert recurrence.default_offsets(5) == (0, 1, 2, 3, 4)
    for wrong in (0, 6, -1):
        with pytest.raises(BadOffsets):
            recurrence.default_offsets(wrong)


# Steps and planned courses


@pytest.mark.parametrize(
    ("anchor", "interval", "expected"),
    [
        ("2026-01-31", Interval(1, MONTH), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2023-12-31", Interval(2, MONTH), ["2023-12-31", "2024-02-29", "2024-04-30", "2024-06-30"]),
        ("2024-02-29", Interval(12, MONTH), ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28"]),
        ("2026-12-28", Interval(1, WEEK), ["2026-12-28", "2027-01-04", "2027-01-11", "2027-01-18"]),
        ("2026-03-02", Interval(8, WEEK), ["2026-03-02", "2026-04-27", "2026-06-22", "2026-08-17"]),
        ("2026-03-02", Interval(3, WEEK), ["2026-03-02", "2026-03-23", "2026-04-13", "2026-05-04"]),
        ("2024-02-08", Interval(21, DAY), ["2024-02-08", "2024-02-29", "2024-03-21", "2024-04-11"]),
        ("2026-12-31", Interval(1, DAY), ["2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"]),
    ],
)
def test_steps(anchor: str, interval: Interval, expected: list[str]) -> None:
    assert [step(D(anchor), interval, n).isoformat() for n in range(4)] == expected


def test_iso_week_53_is_a_week_like_any_other() -> None:
    weeks = [step(D("2026-12-21"), Interval(1, WEEK), n).isocalendar().week for n in range(4)]
    assert weeks == [52, 53, 1, 2]


@given(days, intervals, st.integers(-40, 200))
def test_step_agrees_with_dateutil(anchor: date, interval: Interval, n: int) -> None:
    name = {DAY: "days", WEEK: "weeks", MONTH: "months"}[interval.unit]
    assert step(anchor, interval, n) == anchor + relativedelta(**{name: n * interval.count})  # type: ignore[arg-type]


REGIMENS = [
    ("2 g/kg over 5 days, every 4 weeks", Interval(4, WEEK), 5, 15),
    ("1 g/kg on 2 days, every month", Interval(1, MONTH), 2, 14),
    ("0.4 g/kg every week", Interval(1, WEEK), 1, 57),
    ("2 g/kg every 8 weeks", Interval(8, WEEK), 5, 8),
    ("1 g/kg every 3 weeks", Interval(3, WEEK), 1, 19),
    ("under the skin every week", Interval(7, DAY), 1, 57),
    ("every 21 days", Interval(21, DAY), 2, 19),
]


@pytest.mark.parametrize(("name", "interval", "length", "courses"), REGIMENS)
def test_thirteen_months_of_a_regimen(name: str, interval: Interval, length: int, courses: int) -> None:
    start = D("2026-01-05")
    plan = planned_courses(start, interval, recurrence.default_offsets(length), recurrence.horizon(start))
    assert len(plan) == courses, name
    assert all(len(course) == length for course in plan)
    assert all(course[-1] - course[0] == timedelta(days=length - 1) for course in plan)


def test_days_of_a_course_need_not_be_consecutive() -> None:
    plan = planned_courses(D("2026-03-02"), Interval(4, WEEK), (0, 2, 9), D("2026-03-30"))
    assert plan == [
        [D("2026-03-02"), D("2026-03-04"), D("2026-03-11")],
        [D("2026-03-30"), D("2026-04-01"), D("2026-04-08")],
    ]


def test_no_course_when_the_plan_ends_before_it_begins() -> None:
    assert planned_courses(D("2026-03-02"), Interval(1, WEEK), (0,), D("2026-03-01")) == []


def day_by_day(anchor: date, interval: Interval, until: date) -> list[date]:
    """The slow oracle: walk every day and count."""
    found, on, since = [], anchor, 0
    while on <= until:
        if interval.unit is MONTH:
            last_of_month = (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            months = (on.year * 12 + on.month) - (anchor.year * 12 + anchor.month)
            if on.day == min(anchor.day, last_of_month.day) and months % interval.count == 0:
                found.append(on)
        elif since % (interval.count * (7 if interval.unit is WEEK else 1)) == 0:
            found.append(on)
        on, since = on + timedelta(days=1), since + 1
    return found


@given(days, intervals, st.integers(0, 500))
def test_planned_courses_agree_with_counting_every_day(anchor: date, interval: Interval, length: int) -> None:
    until = anchor + timedelta(days=length)
    assert [course[0] for course in planned_courses(anchor, interval, (0,), until)] == day_by_day(
        anchor, interval, until
    )


# Wall time


@pytest.mark.parametrize(
    ("zone", "on", "at", "utc"),
    [
        ("America/New_York", "2026-01-15", "09:00", "2026-01-15T14:00"),
        ("America/New_York", "2026-07-15", "09:00", "2026-07-15T13:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:30"),  # gap: 03:30
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),  # twice: the first
        ("Europe/London", "2026-03-29", "01:30", "2026-03-29T01:30"),  # gap: 02:30
        ("Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45"),  # gap of 30 minutes: 02:45
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
        ("Antarctica/Troll", "2026-03-29", "02:00", "2026-03-29T02:00"),  # gap of two hours: 04:00
        ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23T22:30"),  # gap at midnight: 01:30
        ("Asia/Beirut", "2026-03-29", "00:00", "2026-03-28T22:00"),  # gap at midnight: 01:00
        ("Asia/Shanghai", "2026-07-15", "09:00", "2026-07-15T01:00"),
        ("Pacific/Apia", "2011-12-30", "10:00", "2011-12-30T20:00"),  # a date that was skipped
        ("Asia/Kathmandu", "2026-01-01", "09:00", "2026-01-01T03:15"),
    ],
)
def test_local_instant(zone: str, on: str, at: str, utc: str) -> None:
    instant = recurrence.local_instant(D(on), time.fromisoformat(at), ZoneInfo(zone))
    assert instant == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "on", "at", "shown"),
    [
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T03:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:45"),
        ("Antarctica/Troll", "2026-03-29", "02:00", "2026-03-29T04:00"),
        ("Asia/Beirut", "2026-03-29", "00:00", "2026-03-29T01:00"),
        ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-24T01:30"),
        ("Pacific/Apia", "2011-12-30", "10:00", "2011-12-31T10:00"),
    ],
)
def test_a_time_in_a_gap_moves_forward_by_the_gap(zone: str, on: str, at: str, shown: str) -> None:
    tz = ZoneInfo(zone)
    instant = recurrence.local_instant(D(on), time.fromisoformat(at), tz)
    assert instant.astimezone(tz).replace(tzinfo=None).isoformat()[:16] == shown


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2032, 12, 31)), st.times(), st.integers(0, 1))
def test_local_instant_agrees_with_dateutil(zone: str, on: date, at: time, fold: int) -> None:
    at = at.replace(microsecond=0, fold=fold)
    expected = resolve_imaginary(datetime.combine(on, at.replace(fold=0), tzinfo=gettz(zone)))
    found = recurrence.local_instant(on, at, ZoneInfo(zone))
    assert found == expected.astimezone(UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_every_21_days_is_21_local_days_and_the_same_wall_time(zone: str) -> None:
    tz = ZoneInfo(zone)
    dates = [step(D("2026-01-05"), Interval(21, DAY), n) for n in range(20)]
    shown = [recurrence.local_instant(on, time(9), tz).astimezone(tz) for on in dates]
    assert [moment.date() for moment in shown] == dates
    assert {moment.time() for moment in shown} == {time(9)}


@pytest.mark.parametrize("zone", ZONES)
def test_days_never_come_back_or_double(zone: str) -> None:
    tz = ZoneInfo(zone)
    every_day = [D("2026-01-01") + timedelta(days=n) for n in range(400)]
    for at in (time(0), time(1, 30), time(2, 30), time(23, 59)):
        instants = [recurrence.local_instant(on, at, tz) for on in every_day]
        assert all(a < b for a, b in itertools.pairwise(instants))


@pytest.mark.long
@pytest.mark.parametrize("zone", sorted(available_timezones() - {"localtime"}))
def test_every_zone_keeps_the_wall_time_or_moves_it_by_the_gap(zone: str) -> None:
    tz = ZoneInfo(zone)
    earlier = None
    for number in range(3 * 365):
        on = D("2026-01-01") + timedelta(days=number)
        for at in (time(0), time(2, 30), time(9)):
            instant = recurrence.local_instant(on, at, tz)
            assert earlier is None or earlier < instant
            moved_by = instant.astimezone(tz).replace(tzinfo=None) - datetime.combine(on, at)
            assert timedelta(0) <= moved_by <= timedelta(hours=3)
            earlier = instant


# Cycle day


@pytest.mark.parametrize(
    ("on", "last", "expected"),
    [
        ("2026-03-02", "2026-03-02", 0),
        ("2026-03-29", "2026-03-02", 27),
        ("2026-03-01", "2026-03-02", None),
        ("2026-03-01", None, None),
    ],
)
def test_cycle_day(on: str, last: str | None, expected: int | None) -> None:
    assert recurrence.cycle_day(D(on), D(last) if last else None) == expected


# Re-planning


def courses_from(text: str) -> list[Course]:
    """ "2026-03-30 2026-04-27b 2026-05-25a": b is booked, a is answered; ids count from 1."""
    return [
        Course(number, D(word[:10]), "booked" if "b" in word[10:] else "expected", "a" in word[10:])
        for number, word in enumerate(text.split(), start=1)
    ]


def planned(
    courses: str,
    *,
    real: str | None,
    interval: Interval,
    until: str,
    policy: Policy = FROM_REAL,
    anchor: str = "2026-03-02",
    offsets: Sequence[int] = (0,),
) -> Replan:
    return replan(
        courses_from(courses),
        policy=policy,
        interval=interval,
        offsets=offsets,
        anchor_on=D(anchor),
        real_on=D(real) if real else None,
        until_on=D(until),
    )


FOUR_WEEKS = Interval(4, WEEK)

REPLANS = [
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-27",
            "real": "2026-03-02",
            "interval": FOUR_WEEKS,
            "until": "2026-04-27",
        },
        ({1: "2026-03-30", 2: "2026-04-27"}, [], []),
        id="on time changes nothing",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-27",
            "real": "2026-03-05",
            "interval": FOUR_WEEKS,
            "until": "2026-05-10",
        },
        ({1: "2026-04-02", 2: "2026-04-30"}, [], []),
        id="three days late, all follow",
    ),
    pytest.param(
        {"courses": "2026-03-30 2026-04-27b 2026-05-25", "real": "2026-03-05", "interval": FOUR_WEEKS}
        | {"until": "2026-06-01"},
        ({1: "2026-04-02", 3: "2026-05-25"}, [], []),
        id="the booked one stays and the next counts on from it",
    ),
    pytest.param(
        {"courses": "2026-03-30 2026-04-29b 2026-05-25", "real": "2026-03-02", "interval": FOUR_WEEKS}
        | {"until": "2026-06-01"},
        ({1: "2026-03-30", 3: "2026-05-27"}, [], []),
        id="a booked one off the rhythm carries the next along",
    ),
    pytest.param(
        {
            "courses": "2026-03-30a 2026-04-27",
            "real": "2026-03-02",
            "interval": FOUR_WEEKS,
            "until": "2026-05-01",
        },
        ({2: "2026-04-27"}, [], []),
        id="answered is never touched",
    ),
    pytest.param(
        {"courses": "2026-03-30 2026-04-27 2026-05-25", "real": "2026-03-09", "interval": FOUR_WEEKS}
        | {"until": "2026-05-25"},
        ({1: "2026-04-06", 2: "2026-05-04"}, [3], []),
        id="beyond the horizon is surplus",
    ),
    pytest.param(
        {"courses": "2026-03-30", "real": "2026-03-02", "interval": FOUR_WEEKS, "until": "2026-06-30"},
        ({1: "2026-03-30"}, [], ["2026-04-27", "2026-05-25", "2026-06-22"]),
        id="the horizon moved on",
    ),
    pytest.param(
        {"courses": "2026-03-30 2026-04-02b 2026-04-27", "real": "2026-03-09", "interval": FOUR_WEEKS}
        | {"until": "2026-05-01"},
        ({3: "2026-04-30"}, [1], []),
        id="one that would pass the booked one is surplus",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-09b",
            "real": "2026-03-09",
            "interval": FOUR_WEEKS,
            "offsets": range(3),
        }
        | {"until": "2026-04-30"},
        ({1: "2026-04-06"}, [], []),
        id="a course that ends before the booked one fits",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-09b",
            "real": "2026-03-09",
            "interval": FOUR_WEEKS,
            "offsets": range(4),
        }
        | {"until": "2026-04-30"},
        ({}, [1], []),
        id="a course that reaches into the booked one does not",
    ),
    pytest.param(
        {"courses": "", "real": None, "interval": FOUR_WEEKS, "until": "2026-04-01"},
        ({}, [], ["2026-03-02", "2026-03-30"]),
        id="a new plan begins at the anchor",
    ),
    pytest.param(
        {"courses": "2026-03-04b 2026-03-30", "real": None, "interval": FOUR_WEEKS, "until": "2026-04-20"},
        ({2: "2026-04-01"}, [], []),
        id="a new plan with a booked first date",
    ),
    pytest.param(
        {
            "courses": "2026-03-30b 2026-04-27",
            "real": "2026-04-06",
            "interval": FOUR_WEEKS,
            "until": "2026-05-20",
        },
        ({2: "2026-05-04"}, [], []),
        id="moved past a booked one: the later date counts",
    ),
    pytest.param(
        {"courses": "2026-02-28 2026-03-31 2026-04-30", "anchor": "2026-01-31", "real": "2026-01-31"}
        | {"interval": Interval(1, MONTH), "until": "2026-05-01"},
        ({1: "2026-02-28", 2: "2026-03-31", 3: "2026-04-30"}, [], []),
        id="the 31st comes back",
    ),
    pytest.param(
        {"courses": "2026-03-31 2026-04-30", "anchor": "2026-01-31", "real": "2026-02-28"}
        | {"interval": Interval(1, MONTH), "until": "2026-05-01"},
        ({1: "2026-03-31", 2: "2026-04-30"}, [], []),
        id="given on 28 February as planned, the 31st comes back",
    ),
    pytest.param(
        {"courses": "2026-03-31 2026-04-30", "anchor": "2026-01-31", "real": "2026-03-02"}
        | {"interval": Interval(1, MONTH), "until": "2026-05-05"},
        ({1: "2026-04-02", 2: "2026-05-02"}, [], []),
        id="given two days late, the new day of the month holds",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-27",
            "real": "2026-03-05",
            "interval": FOUR_WEEKS,
            "until": "2026-05-01",
        }
        | {"policy": PLANNED},
        ({1: "2026-03-30", 2: "2026-04-27"}, [], []),
        id="planned weekday: three days late, nothing moves",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-27",
            "real": "2026-03-16",
            "interval": FOUR_WEEKS,
            "until": "2026-05-01",
        }
        | {"policy": PLANNED},
        ({1: "2026-03-30", 2: "2026-04-27"}, [], []),
        id="planned weekday: two weeks late is still half an interval ahead",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-27",
            "real": "2026-03-17",
            "interval": FOUR_WEEKS,
            "until": "2026-05-25",
        }
        | {"policy": PLANNED},
        ({1: "2026-04-27", 2: "2026-05-25"}, [], []),
        id="planned weekday: later than half, one date of the rhythm is left out",
    ),
    pytest.param(
        {
            "courses": "2026-03-30 2026-04-27",
            "real": "2026-02-27",
            "interval": FOUR_WEEKS,
            "until": "2026-05-01",
        }
        | {"policy": PLANNED},
        ({1: "2026-03-30", 2: "2026-04-27"}, [], []),
        id="planned weekday: three days early, the day of the rhythm is not repeated",
    ),
    pytest.param(
        {"courses": "2026-03-09 2026-03-16", "real": "2026-03-04", "interval": Interval(1, WEEK)}
        | {"policy": PLANNED, "offsets": range(5), "until": "2026-03-20"},
        ({1: "2026-03-09", 2: "2026-03-16"}, [], []),
        id="planned weekday: the next begins after the days of this one",
    ),
    pytest.param(
        {"courses": "2026-03-09 2026-03-16", "real": "2026-03-05", "interval": Interval(1, WEEK)}
        | {"policy": PLANNED, "offsets": range(5), "until": "2026-03-20"},
        ({1: "2026-03-16"}, [2], []),
        id="planned weekday: no overlap with the days of this one",
    ),
    pytest.param(
        {"courses": "2026-02-28 2026-03-31", "anchor": "2026-01-31", "real": "2026-02-03"}
        | {"interval": Interval(1, MONTH), "policy": PLANNED, "until": "2026-04-01"},
        ({1: "2026-02-28", 2: "2026-03-31"}, [], []),
        id="planned weekday, monthly: the anchor's day stays",
    ),
    pytest.param(
        {
            "courses": "2026-03-30b 2026-04-27",
            "real": "2026-03-02",
            "interval": FOUR_WEEKS,
            "until": "2026-05-01",
        }
        | {"policy": PLANNED, "anchor": "2026-03-03"},
        ({2: "2026-04-28"}, [], []),
        id="planned weekday: after a booked one the rhythm goes on",
    ),
]


@pytest.mark.parametrize(("given_plan", "expected"), REPLANS)
def test_replan(given_plan: dict[str, object], expected: tuple[dict[int, str], list[int], list[str]]) -> None:
    found = planned(**given_plan)  # type: ignore[arg-type]
    dates = {number: on.isoformat() for number, on in found.dates.items()}
    assert (dates, list(found.surplus), [on.isoformat() for on in found.append]) == expected


@pytest.mark.parametrize(
    ("policy", "real", "anchor"),
    [
        (FROM_REAL, "2026-02-28", "2026-01-31"),
        (FROM_REAL, "2026-03-02", "2026-03-02"),
        (PLANNED, "2026-03-02", "2026-01-31"),
        (FROM_REAL, None, "2026-01-31"),
    ],
)
def test_the_anchor_to_keep(policy: Policy, real: str | None, anchor: str) -> None:
    monthly = Interval(1, MONTH)
    found = planned("", policy=policy, real=real, anchor="2026-01-31", interval=monthly, until="2026-06-01")
    assert found.anchor_on == D(anchor)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, object]:
    interval = draw(intervals)
    longest = min(5, interval.shortest_days)
    anchor = draw(days)
    real = anchor + timedelta(days=draw(st.integers(-40, 400)))
    on, courses = real, []
    for number in range(draw(st.integers(0, 12))):
        on += timedelta(days=draw(st.integers(1, 70)))
        certainty = draw(st.sampled_from(["expected", "expected", "booked"]))
        courses.append(Course(number, on, certainty, answered=draw(st.integers(0, 9)) == 0))
    return {
        "courses": courses,
        "policy": draw(st.sampled_from(Policy)),
        "interval": interval,
        "offsets": tuple(range(draw(st.integers(1, longest)))),
        "anchor_on": anchor,
        "real_on": real,
        "until_on": real + timedelta(days=draw(st.integers(0, 396))),
    }


@given(plans())
def test_nothing_is_lost_doubled_or_reordered(plan: dict[str, object]) -> None:
    found = replan(**plan)  # type: ignore[arg-type]
    courses: list[Course] = plan["courses"]  # type: ignore[assignment]
    free = [course.id for course in courses if not course.is_fixed]
    assert sorted([*found.dates, *found.surplus]) == free
    order = [found.dates.get(c.id, c.first_on) for c in courses if c.id not in found.surplus]
    order = [plan["real_on"], *order, *found.append]  # type: ignore[list-item]
    assert all(a < b for a, b in itertools.pairwise(order))


@given(plans())
def test_planning_again_changes_nothing(plan: dict[str, object]) -> None:
    first = replan(**plan)  # type: ignore[arg-type]
    courses: list[Course] = plan["courses"]  # type: ignore[assignment]
    again = [
        Course(course.id, first.dates.get(course.id, course.first_on), course.certainty, course.answered)
        for course in courses
        if course.id not in first.surplus
    ]
    again += [Course(100 + n, on) for n, on in enumerate(first.append)]
    second = replan(**{**plan, "courses": again, "anchor_on": first.anchor_on})  # type: ignore[arg-type]
    assert second.surplus == ()
    assert second.append == ()
    assert second.dates == {course.id: course.first_on for course in again if not course.is_fixed}


def walked(plan: dict[str, object]) -> list[date]:
    """The slow oracle: walk every day after the real one and place what is due that day."""
    courses: list[Course] = list(plan["courses"])  # type: ignore[call-overload]
    anchor, last, until = plan["anchor_on"], plan["real_on"], plan["until_on"]
    interval, span = plan["interval"], plan["offsets"][-1]  # type: ignore[index]
    assert isinstance(anchor, date)
    assert isinstance(last, date)
    assert isinstance(until, date)
    assert isinstance(interval, Interval)
    end = max([until, *(course.first_on for course in courses)])
    rhythm = set(day_by_day(anchor, interval, end))
    placed, on, based = [], last, True
    while on <= end:
        on += timedelta(days=1)
        fixed = [course for course in courses if course.is_fixed]
        if fixed and fixed[0].first_on == on:
            del courses[: courses.index(fixed[0]) + 1]
            last, based = on, True
            continue
        if plan["policy"] is FROM_REAL:
            due = (on - last).days == interval.shortest_days
        else:
            earlier = max((day for day in rhythm if day < on), default=step(anchor, interval, -1))
            near = based and (2 * (on - last).days < (on - earlier).days or (on - last).days <= span)
            due = on in rhythm and not near
        if not due:
            continue
        blocked = fixed and (fixed[0] is courses[0] or on + timedelta(days=span) >= fixed[0].first_on)
        if blocked or (not fixed and on > until):
            continue
        if courses:
            courses.pop(0)
        placed.append(on)
        last, based = on, False
    return placed


@given(plans().filter(lambda plan: plan["interval"].unit is not MONTH or plan["policy"] is PLANNED))  # type: ignore[attr-defined]
def test_replan_agrees_with_walking_every_day(plan: dict[str, object]) -> None:
    found = replan(**plan)  # type: ignore[arg-type]
    assert [*found.dates.values(), *found.append] == walked(plan)
