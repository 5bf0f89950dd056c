"""Days 1, 2, 3 and 7 after an infusion, and when a call comes first."""

from datetime import date

import pytest

from companion.domain import diary

LAST = date(2028, 2, 27)


@pytest.mark.parametrize(
    ("on", "day"),
    [
        (date(2028, 2, 26), None),
        (LAST, None),
        (date(2028, 2, 28), 1),
        (date(2028, 2, 29), 2),
        (date(2028, 3, 1), 3),
        (date(2028, 3, 2), None),
        (date(2028, 3, 5), 7),
        (date(2028, 3, 6), None),
    ],
)
def test_days(on: date, day: int | None) -> None:
    assert diary.day_on(LAST, on) == day
    if day is not None:
        assert diary.date_of(LAST, day) == on


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
