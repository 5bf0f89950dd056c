"""Stages, quiet hours and usefulness of infusion reminders."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import reminder_plan
from companion.domain.recurrence import local_instant
from companion.domain.reminder_plan import CourseToRemind, DayToRemind, Recipient, Wanted

LONDON, NEW_YORK, SHANGHAI = (
    ZoneInfo("Europe/London"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Shanghai"),
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_day(
    on: str,
    at: str | None = "09:00",
    *,
    number: int = 1,
    hours: float | None = None,
    tz: ZoneInfo = LONDON,
    state: str = "planned",
    revision: int = 0,
) -> DayToRemind:
    planned_on = date.fromisoformat(on)
    starts_at = local_instant(planned_on, time.fromisoformat(at), tz) if at else None
    ends_at = starts_at + timedelta(hours=hours) if starts_at and hours else None
    return DayToRemind(100 + number, number, planned_on, tz, starts_at, ends_at, state, revision)


def a_course(*days: DayToRemind, every: int | None = 28) -> CourseToRemind:
    return CourseToRemind(7, days, every)


def someone(
    tz: ZoneInfo = LONDON, quiet_from: str = "21:30", quiet_to: str = "08:00", wakes: bool = False
) -> Recipient:
    return Recipient(1, tz, time.fromisoformat(quiet_from), time.fromisoformat(quiet_to), wakes)


def shown(wanted: Sequence[Wanted], tz: ZoneInfo = LONDON) -> list[str]:
    """Each reminder as "stage day: due" on the recipient's wall."""
    return [f"{one.stage} {one.subject_id}: {one.due_at.astimezone(tz):%m-%d %H:%M}" for one in wanted]


@pytest.mark.parametrize(
    ("hours", "day_before", "week_before_until"),
    [
        (12, "06-14 21:00", "06-14 09:00"),
        (24, "06-14 09:00", "06-14 09:00"),
        (48, "06-13 09:00", "06-13 09:00"),
        (72, "06-12 09:00", "06-12 09:00"),
    ],
)
def test_the_lead_moves_the_day_before_and_ends_the_week_before(hours, day_before, week_before_until):
    reader = replace(someone(), lead_hours=hours)
    by_stage = {one.stage: one for one in reminder_plan.plan_course(a_course(a_day("2026-06-15")), reader, LONG_AGO)}
    assert f"{by_stage['day_before'].due_at.astimezone(LONDON):%m-%d %H:%M}" == day_before
    assert by_stage["day_before"].useful_until == by_stage["day_before"].begins_at - timedelta(hours=2)
    assert f"{by_stage['week_before'].useful_until.astimezone(LONDON):%m-%d %H:%M}" == week_before_until
    assert by_stage["morning"].due_at == by_stage["morning"].begins_at - timedelta(hours=1)


PLANS = [
    pytest.param(
        a_course(a_day("2026-06-15", hours=4)),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 09:00",
            "morning 101: 06-15 08:00",
            "did_it_happen 101: 06-15 15:00",
        ],
        id="one day, end known; the morning falls on the end of quiet hours",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "13:00")),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 13:00",
            "morning 101: 06-15 11:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="end not known: 10:00 the next day",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", number=1), a_day("2026-06-16", number=2), a_day("2026-06-19", number=3)),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 09:00",
            "morning 101: 06-15 08:00",
            "morning 102: 06-16 08:00",
            "did_it_happen 101: 06-16 10:00",
            "did_it_happen 102: 06-17 10:00",
            "morning 103: 06-19 08:00",
            "did_it_happen 103: 06-20 10:00",
        ],
        id="three days: week and day before once, the rest for each day",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", number=1, state="done"), a_day("2026-06-16", number=2)),
        someone(),
        ["morning 102: 06-16 08:00", "did_it_happen 102: 06-17 10:00"],
        id="an answered first day takes week and day before with it",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", number=1, state="skipped"), a_day("2026-06-16", number=2, state="partial")),
        someone(),
        [],
        id="all answered",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", state="unknown")),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 09:00",
            "morning 101: 06-15 08:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="unknown is not an answer",
    ),
    pytest.param(
        a_course(a_day("2026-06-18", number=1), a_day("2026-06-16", number=2)),
        someone(),
        [
            "week_before 102: 06-09 10:00",
            "day_before 102: 06-15 09:00",
            "morning 102: 06-16 08:00",
            "did_it_happen 102: 06-17 10:00",
            "morning 101: 06-18 08:00",
            "did_it_happen 101: 06-19 10:00",
        ],
        id="the first day is the earliest, whatever its number",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "08:45")),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 08:45",
            "morning 101: 06-15 08:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="the end of quiet hours is just 45 minutes ahead",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "08:44")),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 08:44",
            "morning 101: 06-14 20:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="less than 45 minutes: 20:00 the evening before",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "06:00")),
        someone(quiet_from="19:00"),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 08:00",
            "morning 101: 06-14 18:45",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="20:00 is quiet too: before quiet hours; the day before moves to their end",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "06:00")),
        someone(wakes=True),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 08:00",
            "morning 101: 06-15 04:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="who chose to be woken is woken in the morning only",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "23:45")),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-15 08:00",
            "morning 101: 06-15 20:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="late in the evening",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "20:00", hours=2)),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 20:00",
            "morning 101: 06-15 18:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="two hours after the end is quiet: the next 10:00",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "21:00", hours=3.5)),
        someone(quiet_from="23:00"),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 21:00",
            "morning 101: 06-15 19:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="an end after midnight is still asked about that morning",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "08:00", hours=3)),
        someone(quiet_from="12:00", quiet_to="15:00"),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 08:00",
            "morning 101: 06-15 06:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="quiet hours at noon",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "08:00")),
        someone(quiet_from="22:00", quiet_to="11:00"),
        [
            "week_before 101: 06-08 11:00",
            "day_before 101: 06-14 11:00",
            "morning 101: 06-14 20:00",
            "did_it_happen 101: 06-16 11:00",
        ],
        id="long quiet hours",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "03:00")),
        someone(quiet_from="00:00", quiet_to="00:00"),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 03:00",
            "morning 101: 06-15 01:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="no quiet hours",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", None)),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 09:00",
            "morning 101: 06-15 08:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="no time of day: planned as 09:00",
    ),
    pytest.param(
        a_course(a_day("2026-06-15"), every=None),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 09:00",
            "morning 101: 06-15 08:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="no interval: all four",
    ),
    pytest.param(
        a_course(a_day("2026-06-15"), every=14),
        someone(),
        [
            "week_before 101: 06-08 10:00",
            "day_before 101: 06-14 09:00",
            "morning 101: 06-15 08:00",
            "did_it_happen 101: 06-16 10:00",
        ],
        id="fourteen days: all four",
    ),
    pytest.param(
        a_course(a_day("2026-06-15"), every=13),
        someone(),
        ["due_now 101: 06-15 09:00", "follow_up 101: 06-16 10:00"],
        id="thirteen days: two",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", number=1), a_day("2026-06-17", number=2), every=7),
        someone(),
        [
            "due_now 101: 06-15 09:00",
            "follow_up 101: 06-16 10:00",
            "due_now 102: 06-17 09:00",
            "follow_up 102: 06-18 10:00",
        ],
        id="weekly on two days: two for each",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "22:00"), every=7),
        someone(),
        ["due_now 101: 06-16 08:00", "follow_up 101: 06-16 10:00"],
        id="due now waits for the end of quiet hours",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "22:00"), every=7),
        someone(wakes=True),
        ["due_now 101: 06-15 22:00", "follow_up 101: 06-16 10:00"],
        id="due now wakes who chose it",
    ),
    pytest.param(
        a_course(a_day("2026-06-15", "22:00"), every=7),
        someone(quiet_to="12:00"),
        ["due_now 101: 06-15 21:15", "follow_up 101: 06-16 12:00"],
        id="due now before quiet hours that end with the follow-up",
    ),
    pytest.param(
        a_course(a_day("2026-03-30")),
        someone(),
        [
            "week_before 101: 03-23 10:00",
            "day_before 101: 03-29 09:00",
            "morning 101: 03-30 08:00",
            "did_it_happen 101: 03-31 10:00",
        ],
        id="the week of the spring change",
    ),
    pytest.param(
        a_course(a_day("2026-03-29", "09:30")),
        someone(),
        [
            "week_before 101: 03-22 10:00",
            "day_before 101: 03-28 08:30",
            "morning 101: 03-29 08:00",
            "did_it_happen 101: 03-30 10:00",
        ],
        id="24 hours are 24 elapsed hours",
    ),
]


@pytest.mark.parametrize(("course", "recipient", "expected"), PLANS)
def test_stages(course: CourseToRemind, recipient: Recipient, expected: list[str]) -> None:
    assert shown(reminder_plan.plan_course(course, recipient, LONG_AGO)) == expected


def test_everything_is_in_the_recipients_own_zone() -> None:
    course = a_course(a_day("2026-06-15", "09:00", tz=SHANGHAI))  # 21:00 on the 14th in New York
    wanted = reminder_plan.plan_course(course, someone(NEW_YORK), LONG_AGO)
    assert shown(wanted, NEW_YORK) == [
        "week_before 101: 06-07 10:00",
        "day_before 101: 06-13 21:00",
        "morning 101: 06-14 19:00",
        "did_it_happen 101: 06-15 10:00",
    ]
    assert {one.due_slot for one in wanted} == {"2026-06-15T09:00"}


def test_two_elapsed_hours_on_the_autumn_night() -> None:
    course = a_course(a_day("2026-10-25", "02:30"))
    morning = reminder_plan.plan_course(course, someone(wakes=True), LONG_AGO)[2]
    assert morning.due_at == utc("2026-10-25T00:30")


@pytest.mark.parametrize(
    ("every", "windows"),
    [
        (
            28,
            {
                "week_before": "2026-06-14T08:00",
                "day_before": "2026-06-15T06:00",
                "morning": "2026-06-15T08:00",
                "did_it_happen": "2026-06-18T13:00",
            },
        ),
        (7, {"due_now": "2026-06-16T09:00", "follow_up": "2026-06-19T09:00"}),
        (2, {"due_now": "2026-06-16T09:00", "follow_up": "2026-06-18T09:00"}),
    ],
)
def test_windows_of_usefulness(every: int, windows: dict[str, str]) -> None:
    course = a_course(a_day("2026-06-15", hours=3), every=every)
    wanted = reminder_plan.plan_course(course, someone(), LONG_AGO)
    assert {one.stage: one.useful_until for one in wanted} == {stage: utc(until) for stage, until in windows.items()}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-06-01T00:00", ["week_before", "day_before", "morning", "did_it_happen"]),
        ("2026-06-12T00:00", ["week_before", "day_before", "morning", "did_it_happen"]),  # late, still useful
        ("2026-06-14T07:59", ["week_before", "day_before", "morning", "did_it_happen"]),
        ("2026-06-14T08:00", ["day_before", "morning", "did_it_happen"]),
        ("2026-06-15T05:59", ["day_before", "morning", "did_it_happen"]),
        ("2026-06-15T06:00", ["morning", "did_it_happen"]),
        ("2026-06-15T07:59", ["morning", "did_it_happen"]),
        ("2026-06-15T08:00", ["did_it_happen"]),
        ("2026-06-18T12:59", ["did_it_happen"]),
        ("2026-06-18T13:00", []),
        ("2026-07-25T00:00", []),
    ],
)
def test_what_is_still_useful_after_a_pause(now: str, expected: list[str]) -> None:
    course = a_course(a_day("2026-06-15", hours=3))
    assert [one.stage for one in reminder_plan.plan_course(course, someone(), utc(now))] == expected


def test_of_those_due_only_the_latest_is_wanted() -> None:
    course = a_course(a_day("2026-06-15", "08:30"))  # the morning one moves to 20:00 the evening before
    wanted = reminder_plan.plan_course(course, someone(), utc("2026-06-14T19:30"))
    assert [one.stage for one in wanted] == ["morning", "did_it_happen"]


def test_questions_about_several_days_all_stay() -> None:
    course = a_course(*(a_day(f"2026-06-{14 + number}", number=number) for number in range(1, 6)))
    wanted = reminder_plan.plan_course(course, someone(), utc("2026-06-18T09:30"))
    assert shown(wanted) == [
        "did_it_happen 101: 06-16 10:00",
        "did_it_happen 102: 06-17 10:00",
        "did_it_happen 103: 06-18 10:00",
        "morning 105: 06-19 08:00",
        "did_it_happen 104: 06-19 10:00",
        "did_it_happen 105: 06-20 10:00",
    ]


def test_a_question_about_yesterday_does_not_replace_this_morning() -> None:
    course = a_course(a_day("2026-06-15", "12:00", number=1), a_day("2026-06-16", "12:00", number=2))
    wanted = reminder_plan.plan_course(course, someone(), utc("2026-06-16T10:30"))
    assert shown(wanted) == [
        "did_it_happen 101: 06-16 10:00",
        "morning 102: 06-16 10:00",
        "did_it_happen 102: 06-17 10:00",
    ]


def test_supersede_is_for_each_infusion_and_recipient() -> None:
    day = a_day("2026-06-15", "08:30")
    courses = [a_course(day), CourseToRemind(8, (a_day("2026-06-15", "08:30", number=2),), 28)]
    people = [someone(), Recipient(2, LONDON)]
    every = [
        one
        for course in courses
        for person in people
        for one in reminder_plan.plan_course(course, person, LONG_AGO)
        if one.stage in ("day_before", "morning")
    ]
    assert len(every) == 8
    kept = reminder_plan.supersede(every)
    assert {(one.infusion_id, one.recipient_id, one.stage) for one in kept} == {
        (infusion, person, "morning") for infusion in (7, 8) for person in (1, 2)
    }


def test_plan_joins_courses_and_recipients_by_due_time() -> None:
    courses = [a_course(a_day("2026-07-13")), CourseToRemind(8, (a_day("2026-06-15", number=2),), 28)]
    wanted = reminder_plan.plan(courses, [someone(), Recipient(2, NEW_YORK)], LONG_AGO)
    assert len(wanted) == 16
    assert [one.due_at for one in wanted] == sorted(one.due_at for one in wanted)
    assert len({one.key for one in wanted}) == 16


def test_a_change_of_zone_or_quiet_hours_keeps_the_key() -> None:
    course = a_course(a_day("2026-06-15", revision=3))
    at_home = reminder_plan.plan_course(course, someone(), LONG_AGO)
    abroad = reminder_plan.plan_course(course, someone(SHANGHAI, "20:00", "09:30"), LONG_AGO)
    assert {one.key for one in at_home} == {one.key for one in abroad}
    assert {one.revision for one in at_home} == {3}


ZONES = ["Europe/London", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Antarctica/Troll"]
ZONES += ["Africa/Cairo", "Asia/Beirut", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu", "UTC"]
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
recipients = st.builds(
    Recipient,
    st.just(1),
    st.sampled_from(ZONES).map(ZoneInfo),
    clock_times,
    clock_times,
    st.booleans(),
)


@st.composite
def courses(draw: st.DrawFn) -> CourseToRemind:
    tz = ZoneInfo(draw(st.sampled_from(ZONES)))
    on = draw(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
    found = []
    for number in range(draw(st.integers(1, 5))):
        at = draw(st.one_of(st.none(), clock_times))
        starts_at = local_instant(on, at, tz) if at else None
        length = draw(st.one_of(st.none(), st.integers(1, 8)))
        ends_at = starts_at + timedelta(hours=length) if starts_at and length else None
        state = draw(st.sampled_from(["planned", "planned", "planned", "done", "unknown"]))
        found.append(DayToRemind(number, number, on, tz, starts_at, ends_at, state))
        on += DAY * draw(st.integers(1, 3))
    return CourseToRemind(1, tuple(found), draw(st.sampled_from([None, 1, 7, 13, 14, 28])))


@given(courses(), recipients)
def test_reminders_are_due_while_useful_and_never_in_quiet_hours(
    course: CourseToRemind, recipient: Recipient
) -> None:
    for one in reminder_plan.plan_course(course, recipient, LONG_AGO):
        assert one.due_at < one.useful_until
        assert one.due_at.tzinfo is UTC
        woken = recipient.wakes_for_infusion and one.stage in ("morning", "due_now")
        if not woken:
            assert reminder_plan.quiet_window(one.due_at, recipient) is None


@given(courses(), recipients)
def test_every_open_day_has_its_question_and_keys_are_unique(course: CourseToRemind, recipient: Recipient) -> None:
    wanted = reminder_plan.plan_course(course, recipient, LONG_AGO)
    asked = sorted(one.subject_id for one in wanted if one.stage in reminder_plan.QUESTIONS)
    assert asked == [day.day_id for day in course.days if day.state not in reminder_plan.ANSWERED]
    assert len({one.key for one in wanted}) == len(wanted)


@given(courses(), recipients, st.integers(-15 * 24, 15 * 24))
def test_time_only_takes_reminders_away(course: CourseToRemind, recipient: Recipient, hours: int) -> None:
    now = course.days[0].begins_at + timedelta(hours=hours)
    all_of_them = reminder_plan.plan_course(course, recipient, LONG_AGO)
    wanted = reminder_plan.plan_course(course, recipient, now)
    assert set(wanted) <= set(all_of_them)
    assert {one for one in all_of_them if one.due_at > now} <= set(wanted)
    assert all(one.useful_until > now for one in wanted)
    ahead = [one for one in wanted if one.due_at <= now and one.stage not in reminder_plan.QUESTIONS]
    assert len(ahead) <= 1


@given(recipients, st.integers(0, 8 * 365 * 24 * 4))
def test_a_quiet_window_holds_the_instant_that_asked(recipient: Recipient, quarters: int) -> None:
    at = LONG_AGO + timedelta(minutes=15 * quarters)
    window = reminder_plan.quiet_window(at, recipient)
    if window:
        assert window[0] <= at < window[1]
    moved = reminder_plan.out_of_quiet(at, at + DAY, recipient)
    assert moved == (window[1] if window and window[1] < at + DAY else moved)
