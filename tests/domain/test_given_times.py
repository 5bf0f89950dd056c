"""Start and stop on the wall of a place become instants, also over midnight and over a change of the clocks."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.given_times import given_span, moved_span, wall_time

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")


def t(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("on", "started", "stopped", "tz", "expected"),
    [
        ("2026-11-03", "09:20", "13:05", LONDON, ("2026-11-03T09:20", "2026-11-03T13:05")),
        ("2026-07-03", "09:20", "13:05", NEW_YORK, ("2026-07-03T13:20", "2026-07-03T17:05")),
        ("2026-11-03", "22:00", "01:30", LONDON, ("2026-11-03T22:00", "2026-11-04T01:30")),
        ("2026-11-03", "22:00", "22:00", LONDON, ("2026-11-03T22:00", "2026-11-04T22:00")),
        ("2026-11-03", None, "13:05", LONDON, (None, "2026-11-03T13:05")),
        ("2026-11-03", "09:20", None, LONDON, ("2026-11-03T09:20", None)),
        ("2026-11-03", None, None, LONDON, (None, None)),
        # 25 Oct 2026: 2:00 becomes 1:00 again; 0:50 UTC, then 1:10 UTC
        ("2026-10-25", "01:50", "01:10", LONDON, ("2026-10-25T00:50", "2026-10-25T01:10")),
        ("2026-10-25", "00:30", "03:00", LONDON, ("2026-10-24T23:30", "2026-10-25T03:00")),
        # 29 Mar 2026: 1:30 does not exist and moves on by the hour
        ("2026-03-28", "22:00", "01:30", LONDON, ("2026-03-28T22:00", "2026-03-29T01:30")),
    ],
)
def test_span(on: str, started: str | None, stopped: str | None, tz: ZoneInfo, expected: tuple) -> None:
    span = given_span(date.fromisoformat(on), t(started), t(stopped), tz)
    assert span == tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None for text in expected)


times = st.times().map(lambda each: each.replace(second=0, microsecond=0))
plain_days = st.dates(date(2026, 5, 1), date(2026, 9, 30))


@given(plain_days, times, times, plain_days)
def test_the_wall_keeps_its_times_when_the_date_is_corrected(on, started, stopped, other) -> None:
    span = given_span(on, started, stopped, LONDON)
    assert span[0] < span[1]
    assert (span[1] - span[0]).total_seconds() <= 86400
    moved = moved_span(*span, other, LONDON)
    assert [wall_time(each, LONDON) for each in moved] == [started, stopped]
    assert moved[0].astimezone(LONDON).date() == other
    assert moved[1] - moved[0] == span[1] - span[0]
