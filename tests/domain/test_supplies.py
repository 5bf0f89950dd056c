"""Supplies: the earliest expiry first, how far they last, when they run low."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain import supplies
from companion.domain.supplies import Held, NotEnough, Taken

MARCH, MAY = date(2028, 3, 31), date(2028, 5, 31)


def test_the_earliest_expiry_goes_first_and_an_unknown_one_last():
    held = [Held(1, 5), Held(2, 5, MAY), Held(3, 5, MARCH), Held(4, 0, MARCH)]
    assert [one.id for one in supplies.in_order_of_use(held)] == [3, 2, 1]


def test_of_the_same_expiry_the_older_goes_first():
    held = [Held(1, 1, MAY, date(2027, 2, 1)), Held(2, 1, MAY, date(2027, 1, 1)), Held(3, 1, MAY)]
    assert [one.id for one in supplies.in_order_of_use(held)] == [2, 1, 3]


def test_taking_goes_on_with_the_next_one():
    assert supplies.take([Held(1, 2, MAY), Held(2, 3, MARCH)], 4) == [Taken(2, 3), Taken(1, 1)]
    assert supplies.take([Held(1, 2, MAY)], 0) == []


def test_more_than_there_is_is_refused_with_what_there_is():
    with pytest.raises(NotEnough) as refused:
        supplies.take([Held(1, 2), Held(2, 1)], 4)
    assert refused.value.there == 3


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 40))
def test_what_is_taken_is_what_was_asked_for_and_never_more_than_each_has(counts, wanted):
    held = [Held(n, count) for n, count in enumerate(counts)]
    if wanted > sum(counts):
        with pytest.raises(NotEnough):
            supplies.take(held, wanted)
        return
    taken = supplies.take(held, wanted)
    assert sum(one.count for one in taken) == wanted
    assert all(0 < one.count <= counts[one.id] for one in taken)


@pytest.mark.parametrize(
    ("count", "low_at", "each", "low"),
    [
        (3, 3, None, True),
        (4, 3, 4, False),
        (7, None, 4, True),
        (8, None, 4, False),
        (0, None, None, False),
        (0, 0, None, True),
    ],
)
def test_when_it_runs_low(count, low_at, each, low):
    assert supplies.is_low(count, low_at, each) is low


def test_how_far_it_lasts_is_unknown_while_nobody_said_how_many_one_takes():
    assert supplies.usual_count([]) is None
    assert supplies.usual_count([0]) is None
    assert supplies.lasts_for(9, supplies.usual_count([4, 6])) == 2
    assert supplies.lasts_for(9, None) is None


def test_past_its_date_is_the_day_after_and_only_what_is_there():
    held = [Held(1, 1, MARCH), Held(2, 0, MARCH), Held(3, 1)]
    assert supplies.past_date(held, MARCH) == []
    assert [one.id for one in supplies.past_date(held, date(2028, 4, 1))] == [1]
