"""The check-in nudge: once a local date, never two within 12 hours, and quiet where it should be."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.nudges import plan_nudge
from companion.domain.reminder_plan import Recipient, quiet_window

LONDON = ZoneInfo("Europe/London")
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "America/Los_Angeles", "Pacific/Apia", "Europe/London")]
HOUR = timedelta(hours=1)


def someone(tz: ZoneInfo = LONDON, quiet_from: str = "21:30", quiet_to: str = "08:00") -> Recipient:
    return Recipient(1, tz, time.fromisoformat(quiet_from), time.fromisoformat(quiet_to))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(at: str, person: Recipient, now: str, checked_in=(), told=None) -> str:
    one = plan_nudge(5, time.fromisoformat(at), person, checked_in=checked_in, told=told or {}, now=utc(now))
    assert one is not None
    tz = person.tz
    return f"{one.due_slot} {one.due_at.astimezone(tz):%d %H:%M} {one.useful_until.astimezone(tz):%d %H:%M}"


@pytest.mark.parametrize(
    ("at", "quiet", "now", "expected"),
    [
        ("09:00", ("21:30", "08:00"), "2026-11-10T08:00", "2026-11-10 10 09:00 10 15:00"),
        ("09:00", ("21:30", "08:00"), "2026-11-10T14:00", "2026-11-10 10 09:00 10 15:00"),
        ("09:00", ("21:30", "08:00"), "2026-11-10T15:00", "2026-11-11 11 09:00 11 15:00"),
        ("18:00", ("21:30", "08:00"), "2026-11-10T12:00", "2026-11-10 10 18:00 10 21:30"),
        ("18:00", ("21:30", "08:00"), "2026-11-10T23:00", "2026-11-11 11 18:00 11 21:30"),
        ("22:00", ("21:30", "08:00"), "2026-11-10T12:00", "2026-11-10 10 21:15 10 21:30"),
        ("07:00", ("21:30", "08:00"), "2026-11-10T06:00", "2026-11-10 10 08:00 10 14:00"),
        ("00:30", ("21:30", "08:00"), "2026-11-10T12:00", "2026-11-10 10 21:15 10 21:30"),
        ("22:00", ("00:00", "00:00"), "2026-11-10T12:00", "2026-11-10 10 22:00 11 00:00"),
    ],
)
def test_it_is_useful_for_six_hours_and_never_into_quiet_hours_or_the_next_date(at, quiet, now, expected):
    assert window(at, someone(LONDON, *quiet), now) == expected


def test_a_check_in_of_the_date_makes_it_needless():
    assert window("09:00", someone(), "2026-11-10T08:00", [date(2026, 11, 10)]).startswith("2026-11-11")
    week = [date(2026, 11, 8) + timedelta(days=n) for n in range(8)]
    assert plan_nudge(5, time(9), someone(), checked_in=week, told={}, now=utc("2026-11-10T08:00")) is None


def test_what_was_told_goes_out_by_the_other_ways_at_once_or_not_any_more():
    told = {date(2026, 11, 10): utc("2026-11-10T09:00")}
    assert window("09:00", someone(), "2026-11-10T09:05", told=told) == "2026-11-10 10 09:00 10 10:00"
    assert window("09:00", someone(), "2026-11-10T10:05", told=told).startswith("2026-11-11 11 09:00")


def test_who_flies_east_waits_for_twelve_hours():
    told = {date(2026, 11, 9): utc("2026-11-09T17:00")}
    shanghai = someone(ZONES[0])
    assert window("09:00", shanghai, "2026-11-10T00:00", told=told) == "2026-11-10 10 13:00 10 15:00"


def test_who_changes_the_time_by_much_waits_for_the_next_date():
    told = {date(2026, 11, 9): utc("2026-11-09T20:30")}
    assert window("02:00", someone(LONDON, "00:00", "00:00"), "2026-11-10T00:00", told=told).startswith("2026-11-11")


@given(st.data())
def test_flights_give_no_two_nudges_within_twelve_hours_or_on_one_date(data):
    """The worker ticks every half hour and sends what is due, while the person changes zone, time and quiet hours."""
    quiet = data.draw(st.sampled_from([("21:30", "08:00"), ("00:00", "00:00"), ("12:00", "15:00")]))
    at = data.draw(st.times().map(lambda moment: moment.replace(microsecond=0)))
    now, sent = utc("2026-03-27T00:00"), dict[date, datetime]()
    for _leg in range(4):
        person = someone(data.draw(st.sampled_from(ZONES)), *quiet)
        for _tick in range(data.draw(st.integers(1, 60))):
            one = plan_nudge(5, at, person, checked_in=(), told=sent, now=now)
            assert one is None or (one.due_at < one.useful_until and one.useful_until > now)
            on = date.fromisoformat(one.due_slot) if one else None
            if one is not None and one.due_at <= now and on not in sent:
                assert now.astimezone(person.tz).date() == on
                assert quiet_window(now, person) is None
                assert all(now - earlier >= 12 * HOUR for earlier in sent.values())
                sent[on] = now
            now += HOUR / 2
