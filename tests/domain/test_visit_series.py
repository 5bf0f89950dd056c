"""Dates of visits that repeat."""

from datetime import date

import pytest

from companion.domain.recurrence import Interval, Unit, step
from companion.domain.visit_series import BadRepeat, moved_slots, slots_after, validate_repeat

D = date.fromisoformat


@pytest.mark.parametrize(
    ("count", "unit"), [(0, "week"), (53, "week"), (13, "month"), (1, "day"), (1, ""), (-1, "week")]
)
def test_a_repeat_that_cannot_be_is_refused(count, unit):
    with pytest.raises(BadRepeat):
        validate_repeat(count, unit)


@pytest.mark.parametrize(("count", "unit"), [(1, "week"), (52, "week"), (12, "month")])
def test_a_repeat_is_counted_in_weeks_or_months(count, unit):
    assert validate_repeat(count, unit) == Interval(count, Unit(unit))


def test_months_keep_the_day_and_clamp_to_the_end():
    monthly = Interval(1, Unit.MONTH)
    assert slots_after(D("2027-01-31"), monthly, D("2027-01-31"), D("2027-04-30")) == [
        D("2027-02-28"),
        D("2027-03-31"),
        D("2027-04-30"),
    ]
    assert moved_slots(D("2027-01-31"), monthly, 2) == [D("2027-01-31"), D("2027-02-28")]


@pytest.mark.parametrize("every", [Interval(1, Unit.WEEK), Interval(6, Unit.WEEK), Interval(3, Unit.MONTH)])
def test_the_rest_of_a_series_is_the_same_wherever_one_begins_to_count(every):
    anchor, until = D("2027-01-31"), D("2028-06-30")
    whole = [on for n in range(120) if (on := step(anchor, every, n)) <= until]
    for index, last in enumerate(whole):
        assert slots_after(anchor, every, last, until) == whole[index + 1 :]
