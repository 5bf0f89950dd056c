"""What is asked for on a date: rhythms, parts, and the one thing to say afterwards."""

from datetime import date, timedelta

import pytest

from companion.domain.check_in_plan import (
    AROUND_INFUSIONS,
    DAILY,
    DAILY_HANDS,
    MOVEMENTS,
    SECOND_DAY,
    TAPPING,
    WEEKLY,
    Due,
    due_today,
    next_on,
    quiet_dates,
    wants_check_in,
    word_after_saving,
)

TODAY = date(2026, 11, 28)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("rhythm", "last", "wanted"),
    [
        (DAILY, None, True),
        (DAILY, 0, False),
        (DAILY, 1, True),
        (DAILY, 400, True),
        (SECOND_DAY, None, True),
        (SECOND_DAY, 0, False),
        (SECOND_DAY, 1, False),
        (SECOND_DAY, 2, True),
        (SECOND_DAY, 3, True),
        (WEEKLY, None, True),
        (WEEKLY, 6, False),
        (WEEKLY, 7, True),
        (WEEKLY, 30, True),
        (DAILY, -1, False),
    ],
)
def test_the_chosen_rhythm(rhythm, last, wanted):
    assert wants_check_in(rhythm, TODAY, last_on=None if last is None else ago(last)) is wanted


@pytest.mark.parametrize(
    ("first", "wanted"), [(-4, False), (-3, True), (0, True), (7, True), (8, False)], ids=lambda v: str(v)
)
def test_only_around_infusions(first, wanted):
    courses = [ago(200), ago(first)]
    assert wants_check_in(AROUND_INFUSIONS, TODAY, last_on=ago(1), courses=courses) is wanted
    assert wants_check_in(AROUND_INFUSIONS, TODAY, last_on=None, courses=courses) is wanted
    assert not wants_check_in(AROUND_INFUSIONS, TODAY, last_on=TODAY, courses=courses)


def test_without_an_infusion_nothing_is_around_one():
    assert not wants_check_in(AROUND_INFUSIONS, TODAY, last_on=None)


def test_the_dates_on_which_nobody_is_asked():
    dates = [ago(n) for n in (1, 0, -1, -2)]
    answered = [ago(9), ago(1)]
    assert quiet_dates(DAILY, dates, answered, []) == {ago(1)}
    assert quiet_dates(SECOND_DAY, dates, answered, []) == {ago(1), ago(0)}
    assert quiet_dates(WEEKLY, dates, [], []) == set()
    assert quiet_dates(AROUND_INFUSIONS, dates, [], [ago(-4)]) == {ago(1), ago(0)}


@pytest.mark.parametrize(
    ("part", "last", "days"),
    [
        (MOVEMENTS, None, 0),
        (MOVEMENTS, 0, 7),
        (MOVEMENTS, 6, 1),
        (MOVEMENTS, 7, 0),
        (MOVEMENTS, 90, 0),
        (DAILY_HANDS, 13, 1),
        (DAILY_HANDS, 14, 0),
        (TAPPING, 1, 6),
    ],
)
def test_when_a_part_comes_again(part, last, days):
    assert next_on(part, TODAY, None if last is None else ago(last)) == TODAY + timedelta(days=days)


def due(parts, **parts_on):
    return due_today(
        TODAY, rhythm=DAILY, parts=parts, check_in_on=TODAY, parts_on={k: ago(v) for k, v in parts_on.items()}
    )


def test_what_was_switched_off_is_never_asked_for():
    assert due([]) == Due(False, (), ())
    assert due([MOVEMENTS]).parts == (MOVEMENTS,)
    assert due([TAPPING, DAILY_HANDS, MOVEMENTS]).parts == (MOVEMENTS, DAILY_HANDS, TAPPING)


def test_what_is_due_and_what_comes():
    found = due([MOVEMENTS, DAILY_HANDS], movements=8, daily_hands=3)
    assert found == Due(False, (MOVEMENTS,), ((DAILY_HANDS, TODAY + timedelta(days=11)),))


@pytest.mark.parametrize(
    ("found", "cycle_day", "word"),
    [
        (Due(False, (DAILY_HANDS, TAPPING), ()), 15, ("daily_hands_now", None)),
        (Due(False, (), ((MOVEMENTS, TODAY),)), 0, ("cycle_day", 0)),
        (Due(False, (), ((DAILY_HANDS, ago(-9)), (MOVEMENTS, ago(-2)))), None, ("movements_on", ago(-2))),
        (Due(False, (), ()), None, ("saved", None)),
    ],
)
def test_the_one_thing_to_say_after_saving(found, cycle_day, word):
    assert word_after_saving(found, cycle_day) == word
