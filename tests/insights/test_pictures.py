"""How twelve weeks become a picture: scales, gaps, bars, tables."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from companion.checkins.queries import DayValue
from companion.insights.queries import FRAME, Window, grip_picture, rating_picture, runs, scale, table_rows

FIRST = date(2026, 9, 1)
WINDOW = Window(FIRST, FIRST + timedelta(days=83))


def day(offset: int, value: str) -> DayValue:
    return DayValue(FIRST + timedelta(days=offset), Decimal(value))


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (("22", "18.5", "24.5"), ["10", "15", "20", "25"]),
        (("3", "2.5"), ["1.5", "2", "2.5", "3"]),
        (("0",), ["0", "0.5"]),
        (("300", "0"), ["0", "100", "200", "300"]),
        (("15.5", "11.5"), ["8", "10", "12", "14", "16"]),
        (("24", "23"), ["10", "15", "20", "25"]),
    ],
)
def test_the_scale_is_round_holds_all_and_does_not_make_small_changes_large(values, numbers):
    ticks = scale([Decimal(value) for value in values])
    assert [tick.value for tick in ticks] == [Decimal(number) for number in numbers]
    assert ticks[0].y == FRAME.bottom
    assert ticks[-1].y == FRAME.top


def test_a_line_joins_neighbouring_days_only():
    picture = grip_picture("left", [day(0, "20"), day(1, "21"), day(3, "22"), day(10, "20"), day(11, "21")], WINDOW)
    assert picture.path.count("M") == 2
    assert picture.path.count("L") == 2
    assert picture.dots.count("M") == 5


def test_a_lone_value_is_a_dot_without_a_line():
    picture = grip_picture("right", [day(83, "20")], WINDOW)
    assert picture.path == ""
    assert (picture.last_x, picture.latest.on) == (FRAME.right, WINDOW.last_on)


def test_a_hand_without_a_value_draws_nothing():
    picture = grip_picture("right", [], WINDOW, cannot_days=2)
    assert (picture.path, picture.dots, picture.cannot_days) == ("", "", 2)


def test_runs_are_cut_at_every_missing_day():
    days = [FIRST + timedelta(days=n) for n in (0, 1, 2, 4, 6, 7)]
    assert [len(run) for run in runs(days)] == [3, 1, 2]


def test_no_strength_still_shows_a_mark():
    picture = rating_picture("left", [day(0, "0"), day(1, "4")], WINDOW)
    assert picture.path == f"M38.0 {FRAME.bottom}V{FRAME.bottom - 2.0}M41.0 {FRAME.bottom}V{FRAME.top}.0"


def test_the_commonest_rating_and_the_newest_of_equals():
    assert rating_picture("left", [day(0, "4"), day(1, "2"), day(2, "2")], WINDOW).most_often == 2
    assert rating_picture("left", [day(0, "4"), day(1, "2")], WINDOW).most_often == 2


def test_the_table_has_each_day_with_an_answer_or_an_infusion_newest_first():
    infusion = FIRST + timedelta(days=5)
    values = {"left": [day(0, "20"), day(3, "21")], "right": [day(3, "12")]}
    rows = table_rows(values, {"right": {FIRST}}, frozenset({infusion}))
    assert [(row.on - FIRST).days for row in rows] == [5, 3, 0]
    assert rows[0].is_infusion_day
    assert rows[1].values == {"left": 21, "right": 12}
    assert rows[2].cannot == {"right"}
