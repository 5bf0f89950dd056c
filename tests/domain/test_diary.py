"""Days 1, 2, 3 and 7 after an infusion, and when a call comes first."""

from datetime import date

import pytest

from companion.domain import diary

LAST = date(2028, 2, 27)


def test_days() -> None:
    days = [diary.date_of(LAST, day) for day in diary.DAYS]
    assert days == [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2028, 3, 5)]


@pytest.mark.parametrize(
    ("last", "started_on", "late"),
    [
        (LAST, date(2028, 2, 20), False),
        (LAST, date(2028, 3, 5), False),
        (LAST, date(2028, 3, 6), True),
        (None, date(2028, 3, 6), False),
    ],
)
def test_later_than_seven_days(last: date | None, started_on: date, late: bool) -> None:
    assert diary.is_late(last, started_on) is late


@pytest.mark.parametrize(
    ("headache", "signs", "asks"),
    [
        ("bad", {"stiff_neck"}, True),
        ("bad", {"light", "vomiting"}, True),
        ("bad", set(), False),
        ("moderate", {"stiff_neck"}, False),
        ("none", {"vomiting"}, False),
    ],
)
def test_when_a_call_comes_first(headache: str, signs: set[str], asks: bool) -> None:
    assert diary.asks_for_a_call(headache, signs) is asks
