"""Nobody answers: waking hours of the patient, quiet hours of the caregiver, and no message that comes too late."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import escalation
from companion.domain.escalation import NO_ANSWER, NO_ANSWER_AFTER, Asked
from companion.domain.reminder_plan import quiet_window
from companion.domain.snoozes import times_to_choose
from tests.domain.test_reminder_plan import LONDON, NEW_YORK, SHANGHAI, a_day, someone, utc

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-10T09:00", 4, "2026-11-10T13:00"),
        ("2026-11-10T19:30", 4, "2026-11-11T10:00"),
        ("2026-11-10T21:30", 1, "2026-11-11T09:00"),
        ("2026-11-10T23:00", 24, "2026-11-12T18:30"),
        ("2026-11-10T17:30", 4, "2026-11-10T21:30"),
        ("2026-11-12T17:30", 24, None),
    ],
)
def test_waking_hours_pause_in_quiet_hours(start, hours, expected):
    found = escalation.waking_hours_after(utc(start), hours, someone(), utc("2026-11-13T12:00"))
    assert found == (utc(expected) if expected else None)


def test_without_quiet_hours_every_hour_counts():
    always = someone(quiet_from="00:00", quiet_to="00:00")
    assert escalation.waking_hours_after(utc("2026-11-10T22:00"), 5, always, utc("2026-11-13T12:00")) == utc(
        "2026-11-11T03:00"
    )
    assert escalation.waking_hours_after(utc("2026-11-10T09:00"), 4, someone(), utc("2026-11-10T09:00")) is None


@given(
    minutes=st.integers(0, 60 * 24 * 30),
    hours=st.sampled_from(escalation.HOURS),
    tz=st.sampled_from([LONDON, NEW_YORK, SHANGHAI]),
    quiet=st.sampled_from([("21:30", "08:00"), ("13:00", "15:00"), ("22:00", "12:00")]),
)
def test_waking_hours_are_counted_as_a_slow_clock_counts_them(minutes, hours, tz, quiet):
    person, start = someone(tz, *quiet), utc("2026-03-10T00:00") + timedelta(minutes=minutes)
    found = escalation.waking_hours_after(start, hours, person, start + timedelta(days=10))
    at, awake, minute = start, 0, timedelta(minutes=1)
    while awake < hours * 60:
        awake += quiet_window(at, person) is None
        at += minute
    assert found == at


def asked(at: str, stage: str = NO_ANSWER, starts: str = "2026-11-12", hour: str = "09:00") -> Asked:
    day = a_day(starts, hour)
    until = day.begins_at if stage == NO_ANSWER else day.begins_at + 74 * HOUR
    return Asked(day, 7, stage, utc(at), until)


@pytest.mark.parametrize(
    ("question", "caregiver", "due"),
    [
        (asked("2026-11-11T09:00"), someone(), "2026-11-11T13:00"),
        (asked("2026-11-11T10:00"), someone(SHANGHAI), "2026-11-12T00:00"),
        (asked("2026-11-11T17:30"), someone(quiet_from="20:00", quiet_to="10:00"), "2026-11-11T19:45"),
        (asked("2026-11-11T15:30"), someone(quiet_from="16:00", quiet_to="10:00"), None),
        (asked("2026-11-11T17:00"), someone(quiet_from="20:00", quiet_to="10:00", wakes=True), "2026-11-11T21:00"),
        (asked("2026-11-12T06:00"), someone(), None),
        (asked("2026-11-12T11:00", NO_ANSWER_AFTER), someone(), "2026-11-12T15:00"),
    ],
)
def test_a_caregiver_is_told_out_of_quiet_hours_and_in_time(question, caregiver, due):
    found = escalation.plan_escalation(question, caregiver, patient=someone(), hours=4, now=utc("2026-11-11T10:00"))
    assert (found.due_at if found else None) == (utc(due) if due else None)
    if found:
        assert (found.subject_kind, found.stage, found.useful_until) == (
            "escalation",
            question.stage,
            question.until,
        )


def test_a_caregiver_is_not_told_after_the_start():
    late = utc("2026-11-12T09:00")
    assert (
        escalation.plan_escalation(asked("2026-11-11T09:00"), someone(), patient=someone(), hours=4, now=late) is None
    )


@pytest.mark.parametrize(
    ("now", "known", "due"),
    [
        ("2026-11-10T12:00", None, "2026-11-10T12:00"),
        ("2026-11-10T23:00", None, "2026-11-11T08:00"),
        ("2026-11-10T23:00", "2026-11-10T20:00", "2026-11-10T20:00"),
        ("2026-11-01T12:00", None, None),
        ("2026-11-12T09:00", None, None),
    ],
)
def test_who_cannot_be_reached_is_told_of_at_once(now, known, due):
    known_due_at = utc(known) if known else None
    found = escalation.plan_unreachable(a_day("2026-11-12"), 7, someone(), known_due_at=known_due_at, now=utc(now))
    assert (found.due_at if found else None) == (utc(due) if due else None)


@pytest.mark.parametrize(
    ("now", "until", "expected"),
    [
        ("2026-11-10T10:00", "2026-11-13T10:00", {"hour": "10T11:00", "evening": "10T19:00", "tomorrow": "11T10:00"}),
        ("2026-11-10T19:00", "2026-11-13T10:00", {"hour": "10T20:00", "tomorrow": "11T19:00"}),
        ("2026-11-10T21:00", "2026-11-13T10:00", {"hour": "11T08:00", "tomorrow": "11T21:00"}),
        ("2026-11-10T10:00", "2026-11-11T09:00", {"hour": "10T11:00", "evening": "10T19:00"}),
        ("2026-11-10T10:00", "2026-11-10T11:00", {}),
    ],
)
def test_later_comes_while_it_helps(now, until, expected):
    found = times_to_choose(utc(now), utc(until), someone())
    assert {name: f"{at:%dT%H:%M}" for name, at in found.items()} == expected


@given(st.integers(0, 60 * 24 * 60), st.integers(1, 72), st.sampled_from([LONDON, NEW_YORK, SHANGHAI]))
def test_later_is_always_ahead_useful_and_awake(minutes, hours, tz):
    now, person = utc("2026-03-01T00:00") + timedelta(minutes=minutes), someone(tz)
    until = now + hours * HOUR
    for at in times_to_choose(now, until, person).values():
        assert now < at < until
        assert quiet_window(at, person) is None
