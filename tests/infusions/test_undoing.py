"""Undo puts back exactly what was; any mix of edits loses, doubles and reorders nothing."""

import itertools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import BOOKED, Regimen
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


edits = st.lists(
    st.tuples(
        st.sampled_from(
            ["done", "done", "partial", "skip", "move", "move", "book", "expect", "confirm", "undo", "wait"]
        ),
        st.integers(0, 5),
        st.integers(0, 4),
        st.integers(-12, 25),
    ),
    max_size=12,
)
plans = st.fixed_dictionaries(
    {
        "interval_count": st.integers(1, 4),
        "interval_unit": st.sampled_from(["week", "week", "month"]),
        "day_offsets": st.sampled_from([[0], [0, 1], [0, 2], [0, 1, 2, 3, 4]]),
        "policy": st.sampled_from(["from_real", "planned_weekday"]),
        "local_time": st.sampled_from([None, "09:00", "02:30"]),
    }
)


class Story:
    """One plan under a run of edits, with everything checked after each."""

    def __init__(self, circle: Any, plan: dict[str, Any]) -> None:
        self.regimen = start(circle, "2027-03-05", **plan)
        self.now = NOW
        self.changes: list[tuple[Any, dict[str, Any]]] = []

    def edit(self, verb: str, course: int, number: int, shift: int) -> None:
        before, revisions = picture(self.regimen), self.revisions()
        order = [c.id for c in courses(self.regimen)]
        live = courses(self.regimen)
        target = live[course % len(live)]
        day = target.days[number % len(target.days)]
        try:
            with transaction():
                change = self.apply(verb, target, day, shift)
        except (*REFUSALS, ChangeCannotBeUndone):
            assert picture(self.regimen) == before
            return
        self.check(before, revisions, order, set() if verb == "undo" else {target.id})
        if change is not None and verb != "undo":
            self.changes.append((change, before))

    def apply(self, verb: str, course: Any, day: Any, shift: int) -> Any:
        to_on = day.planned_on + timedelta(days=shift)
        if verb == "wait":
            self.now += timedelta(days=abs(shift))
            return self.wait()
        if verb == "undo":
            return self.undo()
        if verb in ("book", "expect"):
            do = operations.book_infusion if verb == "book" else operations.expect_infusion
            return do(course, now=self.now)
        if verb == "move":
            return operations.move_day(day, to_on=to_on, now=self.now)
        if verb == "confirm":
            return operations.confirm_day(day, now=self.now)
        if verb == "skip":
            return operations.skip_day(day, now=self.now)
        if verb == "partial":
            return operations.record_day_partial(day, grams_given=None, given_on=to_on, now=self.now)
        return operations.record_day_done(day, given_on=to_on, now=self.now)

    def wait(self) -> None:
        operations.extend_plans(self.now)

    def undo(self) -> Any:
        if not self.changes:
            return None
        change, before = self.changes.pop()
        operations.undo_change(change, now=self.now)
        now = picture(self.regimen)
        assert {key: now[key] for key in before} == before
        return change

    def revisions(self) -> dict[int, tuple[date, datetime | None, int]]:
        days = [day for c in courses(self.regimen) for day in c.days]
        return {day.id: (day.planned_on, day.starts_at, day.revision) for day in days}

    def check(self, before: Any, revisions: Any, order: list[int], targets: set[int]) -> None:
        live = courses(self.regimen)
        assert [c.id for c in live if c.id in order] == [i for i in order if i in {c.id for c in live}]
        assert len({c.first_on for c in live}) == len(live)
        for earlier, later in itertools.pairwise(live):
            assert earlier.last_on < later.first_on
        for course in live:
            assert course.first_on == course.first_given_on()
            dates = [day.happened_on for day in course.days]
            assert dates == sorted(set(dates))
        after = picture(self.regimen)
        for course_id in order:
            if targets and course_id not in targets:
                self.check_untouched(before[f"infusion:{course_id}"], after.get(f"infusion:{course_id}"))
        days = {day.id: day for c in courses(self.regimen) for day in c.days}
        for day_id, (on, starts_at, revision) in revisions.items():
            day = days.get(day_id)
            if day is not None and (day.planned_on, day.starts_at) != (on, starts_at):
                assert day.revision > revision

    def check_untouched(self, was: Any, now: Any) -> None:
        answered = any(day["state"] in ("done", "partial", "skipped") for day in was["days"].values())
        if answered or was["certainty"] == BOOKED:
            assert now == was


@pytest.mark.timeout(300)
def test_no_mix_of_edits_breaks_the_plan(people, app):
    examples = 60 if db.engine.dialect.name == "sqlite" else 10

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(plans, edits)
    def tell(plan, run):
        story = Story(people.circle, plan)
        for verb, course, number, shift in run:
            story.edit(verb, course, number, shift)

    tell()
