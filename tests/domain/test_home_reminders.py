"""Things to prepare and supplies: when one message about them comes, and until when it helps."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import home_reminders
from companion.domain.reminder_plan import quiet_window
from tests.domain.test_reminder_plan import LONDON, NEW_YORK, SHANGHAI, a_course, a_day, someone, utc


@pytest.mark.parametrize(
    ("quiet_from", "due"),
    [("21:30", "06-13 18:00"), ("17:00", "06-14 08:00")],
)
def test_what_is_open_is_named_two_evenings_before_the_first_day(quiet_from, due):
    course = a_course(a_day("2026-06-16", number=2), a_day("2026-06-15", "11:00", number=1))
    one = home_reminders.plan_to_prepare(course, someone(quiet_from=quiet_from), utc("2026-06-10T12:00"))
    assert one is not None
    assert f"{one.due_at.astimezone(LONDON):%m-%d %H:%M}" == due
    assert (one.subject_id, one.useful_until) == (7, utc("2026-06-14T10:00"))


def test_it_is_too_late_a_day_before_and_short_intervals_have_none():
    assert home_reminders.plan_to_prepare(a_course(a_day("2026-06-15")), someone(), utc("2026-06-14T08:00")) is None
    weekly = a_course(a_day("2026-06-15"), every=7)
    assert home_reminders.plan_to_prepare(weekly, someone(), utc("2026-06-10T08:00")) is None
    assert home_reminders.plan_to_prepare(
        a_course(a_day("2026-06-15"), every=None), someone(), utc("2026-06-10T08:00")
    )


@pytest.mark.parametrize(
    ("now", "told_on", "expected"),
    [
        ("2026-11-10T08:00", None, "2026-11-10 10:00 20:00"),
        ("2026-11-10T19:59", None, "2026-11-10 10:00 20:00"),
        ("2026-11-10T20:00", None, "2026-11-11 10:00 20:00"),
        ("2026-11-10T10:30", date(2026, 11, 10), "2026-11-10 10:00 20:00"),
        ("2026-11-10T20:30", date(2026, 11, 10), "2026-11-17 10:00 20:00"),
        ("2026-11-10T10:30", date(2026, 11, 1), "2026-11-10 10:00 20:00"),
    ],
)
def test_supplies_are_named_once_a_week(now, told_on, expected):
    one = home_reminders.plan_runs_low(5, someone(), told_on=told_on, now=utc(now))
    assert f"{one.due_slot} {one.due_at:%H:%M} {one.useful_until:%H:%M}" == expected


@given(
    hours=st.integers(0, 24 * 330),
    tz=st.sampled_from([LONDON, NEW_YORK, SHANGHAI]),
    quiet=st.sampled_from([("21:30", "08:00"), ("09:00", "17:00"), ("00:00", "00:00")]),
)
def test_supplies_come_in_waking_hours_and_a_week_apart(hours, tz, quiet):
    now, told_on, sent = utc("2026-01-01T00:00") + timedelta(hours=hours), None, []
    person = someone(tz, *quiet)
    for _tick in range(16 * 8):
        one = home_reminders.plan_runs_low(5, person, told_on=told_on, now=now)
        if one.due_at <= now and one.due_slot not in [slot for slot, _at in sent]:
            assert quiet_window(now, person) is None
            told_on = date.fromisoformat(one.due_slot)
            sent.append((one.due_slot, now))
        now += timedelta(hours=3)
    dates = [date.fromisoformat(slot) for slot, _at in sent]
    assert len(sent) in (2, 3)
    assert all(second - first >= home_reminders.WEEK for first, second in pairwise(dates))
