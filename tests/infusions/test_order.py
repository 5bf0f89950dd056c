"""Corners of plans where courses could pass or overlap each other, found by the machine; each told as a story."""

import itertools
from datetime import date, timedelta

import pytest

from companion.database import transaction
from companion.infusions import operations
from companion.infusions.operations import ChangeCannotBeUndone, NoRoom
from tests.infusions.plans import NOW, D, at, courses, day_of, first_dates, start


def do(operation, *args, now=NOW, **values):
    with transaction():
        return operation(*args, now=now, **values)


def are_in_order(regimen) -> bool:
    return all(a.last_on < b.first_on for a, b in itertools.pairwise(courses(regimen)))


def test_after_the_end_nothing_makes_way_so_nothing_passes(people):
    regimen = start(people.circle, interval_count=1)
    do(operations.extend_plans, now=at("2027-03-20"))
    do(operations.end_regimen, regimen, now=at("2027-03-20"))
    assert first_dates(regimen) == ["2027-03-05", "2027-03-12", "2027-03-19"]
    with pytest.raises(NoRoom):
        do(operations.move_day, day_of(regimen), to_on=D("2027-03-15"), now=at("2027-03-20"))
    assert first_dates(regimen) == ["2027-03-05", "2027-03-12", "2027-03-19"]


def test_a_given_day_that_was_skipped_after_all_stays_where_its_old_place_was_taken(people):
    regimen = start(people.circle, interval_count=1)
    do(operations.record_day_done, day_of(regimen, 1), given_on=D("2027-03-16"), now=at("2027-03-16"))
    do(operations.move_day, day_of(regimen), to_on=D("2027-03-14"), now=at("2027-03-16"))
    do(operations.skip_day, day_of(regimen, 1), again=True, now=at("2027-03-16"))
    assert first_dates(regimen, 2) == ["2027-03-14", "2027-03-16"]
    assert are_in_order(regimen)


def test_a_shorter_interval_makes_way_for_a_day_that_was_moved_far(people):
    regimen = start(people.circle, day_offsets=[0, 1])
    do(operations.move_day, day_of(regimen, 1, number=2), to_on=D("2027-04-25"))
    kept = {"interval_unit": "week", "day_offsets": [0, 1]}
    do(operations.change_regimen, regimen, interval_count=2, **kept)
    assert first_dates(regimen, 3) == ["2027-03-05", "2027-04-02", "2027-04-30"]
    assert are_in_order(regimen)


def test_two_changes_are_undone_one_after_the_other_though_days_passed(people):
    plan = {"interval_count": 1, "interval_unit": "month", "first_on": "2027-03-31"}
    regimen = start(people.circle, **plan)
    do(operations.move_day, day_of(regimen, 5), to_on=day_of(regimen, 5).planned_on + timedelta(days=3))
    before = [course.first_on for course in courses(regimen)]
    changes = [
        do(operations.move_day, day_of(regimen, n), to_on=day_of(regimen, n).planned_on + timedelta(days=n + 3))
        for n in (1, 2)
    ]
    do(operations.extend_plans, now=at("2027-06-20"))
    for change in reversed(changes):
        do(operations.undo_change, change, now=at("2027-06-20"))
    assert [course.first_on for course in courses(regimen)][: len(before)] == before
    assert are_in_order(regimen)


def test_what_was_added_behind_a_plan_moved_earlier_makes_way_when_it_moves_back(people):
    regimen = start(people.circle, "2027-06-10", interval_count=2)
    before = [(course.id, course.first_on) for course in courses(regimen)]
    moved = do(operations.shift_expected, courses(regimen)[0], by_days=-80)
    do(operations.extend_plans, now=at("2027-03-02"))
    assert len(courses(regimen)) > len(before)
    do(operations.undo_change, moved, now=at("2027-03-02"))
    after = [(course.id, course.first_on) for course in courses(regimen)]
    assert after[: len(before)] == before
    assert after == sorted(after)
    assert {(b - a).days for (_, a), (_, b) in itertools.pairwise(after)} == {14}


def test_but_not_what_the_clinic_booked_there_since(people):
    regimen = start(people.circle, "2027-06-10", interval_count=2)
    moved = do(operations.shift_expected, courses(regimen)[0], by_days=-80)
    do(operations.extend_plans, now=at("2027-03-02"))
    do(operations.book_infusion, courses(regimen)[-6], now=at("2027-03-02"))
    with pytest.raises(ChangeCannotBeUndone):
        do(operations.undo_change, moved, now=at("2027-03-02"))
    assert are_in_order(regimen)


def test_the_past_keeps_its_given_courses_while_one_is_dropped_and_comes_back(people):
    """One exception, one course taken away and put back: history, ids and the other dates are untouched."""
    regimen = start(people.circle)
    do(operations.record_day_done, day_of(regimen), given_on=D("2027-03-06"), now=at("2027-03-06"))
    ids = [course.id for course in courses(regimen)]
    dates: list[date] = [course.first_on for course in courses(regimen)]
    ended = do(operations.end_regimen, regimen, now=at("2027-03-20"))
    assert [course.id for course in courses(regimen)] == ids[:1]
    do(operations.undo_change, ended, now=at("2027-03-20"))
    assert [course.id for course in courses(regimen)] == ids
    assert [course.first_on for course in courses(regimen)] == dates
    moved = do(operations.move_day, day_of(regimen, 2), to_on=D("2027-05-04"), now=at("2027-03-20"))
    assert [course.first_on for course in courses(regimen)][:2] == dates[:2]
    do(operations.undo_change, moved, now=at("2027-03-20"))
    assert [course.first_on for course in courses(regimen)] == dates
    assert (day_of(regimen).state, day_of(regimen).given_on) == ("done", D("2027-03-06"))
