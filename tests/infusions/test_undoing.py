"""Undo puts back exactly what was, and refuses where something else has taken the place since."""

import itertools
from typing import Any

import pytest

from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import Regimen
from companion.infusions.operations import ChangeCannotBeUndone, DayAlreadyAnswered, DayIsAhead, NoRoom
from companion.infusions.operations.history import snapshot
from tests.infusions.plans import NOW, D, at, book, courses, day_of, first_dates, start

REFUSALS = (NoRoom, DayAlreadyAnswered, DayIsAhead)


def picture(regimen: Regimen) -> dict[str, Any]:
    """Everything that an undo must bring back."""
    db.session.expire_all()
    live = courses(regimen)
    rows: dict[str, Any] = snapshot(regimen, live)
    return rows


def undo(change, now=NOW):
    with transaction():
        operations.undo_change(change, now=now)


def move(day, to, now=NOW):
    with transaction():
        return operations.move_day(day, to_on=D(to), now=now)


def test_undo_restores_every_row_and_voids_messages_of_the_moved_plan(people):
    regimen = start(people.circle, day_offsets=[0, 1], local_time="09:00")
    before = picture(regimen)
    change = move(day_of(regimen), "2027-03-12")
    undo(change)
    assert picture(regimen) == before
    assert [day.revision for c in courses(regimen)[:3] for day in c.days] == [2] * 6


def test_undoing_twice_does_nothing_the_second_time(people):
    regimen = start(people.circle)
    change = move(day_of(regimen), "2027-03-12")
    undo(change)
    again = move(day_of(regimen), "2027-03-13")
    undo(change)
    assert first_dates(regimen, 1) == ["2027-03-13"]
    assert again.undone_at is None


def test_a_later_change_of_the_same_rows_stands_in_the_way(people):
    regimen = start(people.circle)
    first = move(day_of(regimen), "2027-03-12")
    second = move(day_of(regimen), "2027-03-14")
    with pytest.raises(ChangeCannotBeUndone):
        undo(first)
    assert first_dates(regimen, 1) == ["2027-03-14"]
    undo(second)
    undo(first)
    assert first_dates(regimen, 1) == ["2027-03-05"]


def test_a_course_that_took_the_old_place_stands_in_the_way(people):
    regimen = start(people.circle)
    book(regimen, 1)
    first = move(day_of(regimen), "2027-03-03")
    move(day_of(regimen, 1), "2027-03-04")
    with pytest.raises(ChangeCannotBeUndone):
        undo(first)


def test_courses_added_since_follow_the_restored_ones(people):
    regimen = start(people.circle)
    change = move(day_of(regimen), "2027-03-12")
    with transaction():
        operations.extend_plans(at("2027-04-20"))
    undo(change, at("2027-04-20"))
    live = courses(regimen)
    assert {(b.first_on - a.first_on).days for a, b in itertools.pairwise(live)} == {28}
    assert live[0].first_on == D("2027-03-05")


def test_courses_that_a_change_added_go_again(people):
    regimen = start(people.circle, "2027-03-29")
    before = picture(regimen)
    change = move(day_of(regimen), "2027-03-02")
    assert len(courses(regimen)) == len(before)  # the regimen is one of the rows
    undo(change)
    assert picture(regimen) == before
