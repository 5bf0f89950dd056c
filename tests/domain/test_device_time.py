"""When an entry was really made, told by a device whose clock may be wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from companion.domain.device_time import Entered, entered_at

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_2038 = datetime(2038, 1, 19, tzinfo=UTC)


def ms(at: datetime | timedelta) -> int:
    return round((at - EPOCH if isinstance(at, datetime) else at) / timedelta(milliseconds=1))


@pytest.mark.parametrize("off", [timedelta(0), 3 * DAY, -3 * DAY, EPOCH - NOW, YEAR_2038 - NOW])
@pytest.mark.parametrize("age", [timedelta(0), HOUR, 30 * DAY])
@pytest.mark.parametrize("knows_skew", [True, False])
def test_a_wrong_clock_is_put_right(off: timedelta, age: timedelta, knows_skew: bool) -> None:
    recorded, sent = NOW - age + off, NOW + off
    entered = entered_at(NOW, ms(recorded), sent_ms=ms(sent), skew_ms=ms(-off) if knows_skew else None)
    assert entered.at == NOW - age
    assert entered.off_by == (-off or None)


def test_a_clock_that_was_set_while_the_entry_waited_counts_by_what_was_known_before() -> None:
    entered = entered_at(NOW, ms(NOW - DAY), sent_ms=ms(NOW + 3 * DAY), skew_ms=0)
    assert entered == Entered(NOW - DAY)
    back_in_time = entered_at(NOW, ms(NOW - DAY), sent_ms=ms(NOW - 3 * DAY), skew_ms=0)
    assert back_in_time == Entered(NOW - DAY)


def test_an_offset_that_leads_to_the_future_counts_for_nothing() -> None:
    off = 3 * DAY
    entered = entered_at(NOW, ms(NOW + off - HOUR), sent_ms=ms(NOW + off), skew_ms=0)
    assert entered == Entered(NOW - HOUR, -off)


def test_what_is_sent_at_once_needs_no_offset() -> None:
    off = -3 * DAY
    entered = entered_at(NOW, ms(NOW + off - timedelta(minutes=1)), sent_ms=ms(NOW + off), skew_ms=ms(off))
    assert entered == Entered(NOW - timedelta(minutes=1), -off)


def test_small_differences_are_no_news_and_nothing_is_ahead_of_now() -> None:
    assert entered_at(NOW, ms(NOW + timedelta(minutes=2)), sent_ms=ms(NOW + timedelta(minutes=2))) == Entered(NOW)
    assert entered_at(NOW, ms(NOW - HOUR)) == Entered(NOW - HOUR)


@pytest.mark.parametrize("odd", [10**15, -(10**15), 10**16 - 1, ms(NOW - 500 * DAY), ms(NOW + DAY)])
def test_nonsense_becomes_now(odd: int) -> None:
    assert entered_at(NOW, odd).at == NOW
    assert entered_at(NOW, odd, sent_ms=ms(NOW), skew_ms=odd).at == NOW
