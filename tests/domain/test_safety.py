"""The question of how fast it came, and emergency numbers."""

from datetime import date, timedelta

import pytest

from companion.domain.safety import (
    EMERGENCY_NUMBERS,
    SHORT_LIST,
    EarlierRating,
    asks_when_it_came,
    emergency_number,
)

TODAY = date(2026, 3, 2)


def rated(hand: str, days_ago: int, rating: int) -> EarlierRating:
    return EarlierRating(hand, TODAY - timedelta(days=days_ago), rating)


@pytest.mark.parametrize(
    ("earlier", "ratings", "something_new", "asks"),
    [
        ([], {"left": 0, "right": 0}, False, False),
        ([], {}, True, True),
        ([rated("left", 1, 4)], {"left": 4}, True, True),
        ([rated("left", 1, 4)], {"left": 2}, False, True),
        ([rated("left", 1, 4)], {"left": 3}, False, False),
        ([rated("left", 0, 3)], {"left": 1}, False, True),
        ([rated("left", 3, 4)], {"left": 2}, False, True),
        ([rated("left", 4, 4)], {"left": 0}, False, False),
        ([rated("left", -1, 4)], {"left": 0}, False, False),
        ([rated("left", 1, 4)], {"right": 0}, False, False),
        ([rated("left", 1, 4)], {"left": None, "right": 0}, False, False),
        ([rated("left", 3, 4), rated("left", 1, 3)], {"left": 2}, False, True),
        ([rated("left", 1, 0)], {"left": 4}, False, False),
        ([rated("left", 1, 3), rated("right", 2, 2)], {"left": 3, "right": 0}, False, True),
    ],
)
def test_asks_when_it_came(
    earlier: list[EarlierRating], ratings: dict[str, int | None], something_new: bool, asks: bool
) -> None:
    assert asks_when_it_came(TODAY, earlier, ratings, something_new) is asks


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("US", "911"),
        ("cn", "120"),
        ("GB", "999"),
        ("DE", "112"),
        ("IE", "112"),
        (" fr ", "112"),
        ("HK", None),
        ("TW", None),
        ("JP", None),
        ("", None),
        (None, None),
        ("Atlantis", None),
    ],
)
def test_emergency_number(country: str | None, number: str | None) -> None:
    assert emergency_number(country) == number


def test_all_27_member_states_and_the_short_list_agree() -> None:
    assert list(EMERGENCY_NUMBERS.values()).count("112") == 27
    assert {number for _, number in SHORT_LIST} == set(EMERGENCY_NUMBERS.values())


def test_a_movement_that_was_as_usual_and_cannot_be_done_now_asks():
    earlier = [EarlierRating("lift_wrist left", TODAY - timedelta(days=2), 2)]
    assert asks_when_it_came(TODAY, earlier, {"lift_wrist left": 0})
    assert not asks_when_it_came(TODAY, earlier, {"lift_wrist left": 1})
    assert not asks_when_it_came(TODAY, earlier, {"lift_wrist right": 0})
