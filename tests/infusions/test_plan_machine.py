"""Any mix of edits, as days pass, against a slow model: nothing is lost, doubled or reordered; undo restores."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import selectinload

from companion.database import transaction
from companion.extensions import db
from companion.infusions import operations
from companion.infusions.models import Infusion, InfusionDay, PlanChange
from companion.infusions.operations import (
    ChangeCannotBeUndone,
    DateIsOver,
    DateIsPaused,
    Loading,
    LoadingComesFirst,
    NoRoom,
    NothingToShift,
)
from tests.domain.zone_changes import instants_of
from tests.infusions.slow_plan import ANSWERS, PlanIsFull, SlowCourse, SlowDay, SlowPlan

REFUSALS = (NoRoom, NothingToShift, DateIsOver, DateIsPaused, LoadingComesFirst)
TZ = "America/New_York"
NOW = datetime(2027, 2, 26, 17, tzinfo=UTC)
FEW_DAYS = timedelta(days=5)

which = st.integers(0, 5)
number = st.integers(0, 4)
shift = st.one_of(st.sampled_from([0, 0, 1, -1, 3]), st.integers(-12, 30))
rhythms = st.sampled_from(
    [(3, "week"), (4, "week"), (4, "week"), (21, "day"), (1, "month"), (2, "month"), (2, "week")]
)
day_offsets = st.sampled_from([[0], [0], [0, 1], [0, 2], [0, 1, 2, 3, 4]])
policies = st.sampled_from(["from_real", "planned_weekday"])
firsts = st.sampled_from(["2027-03-05", "2027-01-31", "2027-03-14", "2027-06-10"])
loadings = st.sampled_from([None, None, ([0, 1, 2, 3, 4], 21), ([0, 1], 30)])
times = st.sampled_from([None, "09:00", "02:30"])


has_courses = precondition(lambda self: self.model.live)
is_running = precondition(lambda self: not self.model.is_over(self.today))
has_open_days = precondition(lambda self: any(d.state not in ANSWERS for c in self.model.live for d in c.days))


class Undone(Exception):
    """Ends the transaction of one story without a trace."""


class PlanMachine(RuleBasedStateMachine):
    """The program and the slow model, side by side."""

    def __init__(self, circle: Any) -> None:
        super().__init__()
        self.circle, self.now = circle, NOW
        self.changes: list[tuple[PlanChange, SlowPlan, set[int]]] = []
        self.marks: dict[str, tuple[Any, ...]] = {}
        self.outer = transaction()
        self.outer.__enter__()

    def teardown(self) -> None:
        with suppress(Undone):
            self.outer.__exit__(Undone, Undone(), None)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(TZ)).date()

    # --- rules ---

    @initialize(rhythm=rhythms, offsets=day_offsets, policy=policies, at=times, first=firsts, loading=loadings)
    def start(self, rhythm: Any, offsets: list[int], policy: str, at: str | None, first: str, loading: Any) -> None:
        (count, unit), first_on = rhythm, date.fromisoformat(first)
        loading_offsets, after = loading or (None, None)
        self.model = SlowPlan(count, unit, offsets, policy, at, first_on, loading=loading_offsets)
        self.model.start(self.today, after)
        self.regimen = operations.start_regimen(
            self.circle,
            first_on=first_on,
            interval_count=count,
            interval_unit=unit,
            day_offsets=offsets,
            policy=policy,
            local_time=at,
            tz=TZ,
            loading=Loading(loading_offsets, after) if loading else None,
            now=self.now,
        )
        self.compare()

    @rule(days=st.integers(1, 45))
    def days_pass(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.model.extend(self.today)
        operations.extend_plans(self.now)
        self.compare()
        assert operations.extend_plans(self.now) == 0

    @has_courses
    @rule(which=which, number=number, shift=shift, state=st.sampled_from(["done", "done", "partial"]))
    def answer(self, which: int, number: int, shift: int, state: str) -> None:
        course, n, row = self.pick(which, number)
        on = min(course.days[n].on + timedelta(days=shift), self.today)

        def record() -> PlanChange:
            if state == "done":
                return operations.record_day_done(row, given_on=on, again=True, now=self.now)
            return operations.record_day_partial(row, grams_given=None, given_on=on, again=True, now=self.now)

        self.edit(record, lambda plan: plan.answer(course.id, n, state, on, self.today), course.id)

    @has_courses
    @rule(which=which, number=number)
    def skip(self, which: int, number: int) -> None:
        course, n, row = self.pick(which, number)
        self.edit(
            lambda: operations.skip_day(row, again=True, now=self.now),
            lambda plan: plan.skip(course.id, n, self.today),
            course.id,
        )

    @has_open_days
    @rule(which=which, number=number, shift=shift, at=times, is_booked=st.booleans())
    def move(self, which: int, number: int, shift: int, at: str | None, is_booked: bool) -> None:
        course, n, row = self.pick(which, number, is_open=True)
        to_on, certainty = course.days[n].on + timedelta(days=shift), "booked" if is_booked else None
        self.edit(
            lambda: operations.move_day(row, to_on=to_on, local_time=at, certainty=certainty, now=self.now),
            lambda plan: plan.move(course.id, n, to_on, at, is_booked, self.today),
            course.id,
        )

    @has_courses
    @rule(which=which, is_booked=st.booleans())
    def book_or_not(self, which: int, is_booked: bool) -> None:
        course, _n, row = self.pick(which, 0)
        infusion = row.infusion
        book = operations.book_infusion if is_booked else operations.expect_infusion

        def mark(plan: SlowPlan) -> None:
            plan.course(course.id).certainty = "booked" if is_booked else "expected"

        self.edit(lambda: book(infusion, now=self.now), mark, course.id)

    @has_open_days
    @rule(which=which, number=number)
    def confirm(self, which: int, number: int) -> None:
        course, n, row = self.pick(which, number, is_open=True)

        def mark(plan: SlowPlan) -> None:
            plan.course(course.id).days[n].confirmed = True

        self.edit(lambda: operations.confirm_day(row, now=self.now), mark, course.id)

    @is_running
    @rule(rhythm=rhythms, offsets=day_offsets, policy=policies, at=times, next_in=st.none() | st.integers(0, 40))
    def change(self, rhythm: Any, offsets: list[int], policy: str, at: str | None, next_in: int | None) -> None:
        count, unit = rhythm
        next_on = None if next_in is None else self.today + timedelta(days=next_in)
        wanted: dict[str, Any] = {"policy": policy, "next_on": next_on}
        self.edit(
            lambda: operations.change_regimen(
                self.regimen,
                interval_count=count,
                interval_unit=unit,
                day_offsets=offsets,
                local_time=at,
                now=self.now,
                **wanted,
            ),
            lambda plan: plan.change(count=count, unit=unit, offsets=offsets, time=at, today=self.today, **wanted),
            *[c.id for c in self.model.live if not c.answered],
        )

    @has_courses
    @is_running
    @rule(which=which, by_days=shift | st.integers(-80, 80))
    def shift_all(self, which: int, by_days: int) -> None:
        course, _n, row = self.pick(which, 0)
        self.edit(
            lambda: operations.shift_expected(row.infusion, by_days=by_days, now=self.now),
            lambda plan: plan.shift(course.id, by_days, self.today),
        )

    @has_courses
    @is_running
    @rule(in_days=st.integers(0, 60), days=st.none() | st.integers(0, 50))
    def pause(self, in_days: int, days: int | None) -> None:
        first_on = self.today + timedelta(days=in_days)
        last_on = None if days is None else first_on + timedelta(days=days)
        reach = ((last_on or date.max) - first_on).days
        if any(each.touches(first_on, reach) for each in self.model.breaks):
            return
        self.edit(
            lambda: operations.pause_regimen(self.regimen, from_on=first_on, until_on=last_on, now=self.now),
            lambda plan: plan.pause(first_on, last_on, self.today),
        )

    @is_running
    @precondition(lambda self: self.model.break_from(self.today))
    @rule(in_days=st.integers(0, 60))
    def resume(self, in_days: int) -> None:
        next_on = self.today + timedelta(days=in_days)
        self.edit(
            lambda: operations.resume_regimen(self.regimen, next_on=next_on, now=self.now),
            lambda plan: plan.resume(next_on, self.today),
        )

    @is_running
    @precondition(lambda self: len(self.changes) > 1 and self.model.live)
    @rule(in_days=st.sampled_from([0, 0, 40, 100]))
    def end(self, in_days: int) -> None:
        on = self.today + timedelta(days=in_days)
        self.edit(
            lambda: operations.end_regimen(self.regimen, on=on, now=self.now),
            lambda plan: plan.end(on, self.today),
        )

    @is_running
    @precondition(lambda self: self.model.end_on)
    @rule()
    def keep(self) -> None:
        self.edit(
            lambda: operations.keep_regimen(self.regimen, now=self.now),
            lambda plan: plan.keep(self.today),
        )

    @precondition(lambda self: self.changes)
    @rule()
    def undo(self) -> None:
        change, then, made = self.changes.pop()
        try:
            back = self.model.taken_back(then, made, self.today)
        except PlanIsFull:
            back = None
        try:
            with db.session.begin_nested():
                operations.undo_change(change, now=self.now)
        except ChangeCannotBeUndone:
            assert back is None, "this change could have been undone"
            self.changes.clear()
        else:
            assert back is not None, "undoing this change breaks the plan"
            self.model = back
        self.compare()

    # --- both sides ---

    def pick(self, which: int, number: int, is_open: bool = False) -> tuple[SlowCourse, int, InfusionDay]:
        """One of the courses around today, one of its days, and that day's row."""
        live = self.model.live
        if is_open:
            live = [c for c in live if any(day.state not in ANSWERS for day in c.days)]
        ahead = [n for n, c in enumerate(live) if c.last_on >= self.today]
        begin = max(0, (ahead[0] if ahead else len(live)) - 2)
        near = live[begin : begin + 6] or live[-6:]
        course = near[which % len(near)]
        numbers = [n for n, day in enumerate(course.days) if not (is_open and day.state in ANSWERS)]
        n = numbers[number % len(numbers)]
        row = db.session.scalars(
            sa.select(InfusionDay).where(InfusionDay.infusion_id == course.id, InfusionDay.number == n + 1)
        ).one()
        return course, n, row

    def edit(self, real: Callable[[], PlanChange], slow: Callable[[SlowPlan], None], *targets: int) -> None:
        """The same change on both sides: both refuse, and nothing changes, or both end up with the same plan."""
        then, known = deepcopy(self.model), {course.id for course in self.model.courses}
        planned = deepcopy(self.model)
        try:
            slow(planned)
        except PlanIsFull:
            planned = None
        refusal = None
        try:
            with db.session.begin_nested():
                change = real()
        except REFUSALS as error:
            refusal = error
        assert refusal is None or planned is None, f"there was room, but: {refusal}"
        if refusal is None:
            assert planned is not None, "the program let courses or days pass each other"
            self.model = planned
            rows = self.adopt_new()
            self.changes.append((change, then, {course.id for course in planned.courses} - known))
            self.check_kept(rows, then, targets)
            self.check_marks(rows)
            self.compare(rows)
        else:
            self.compare()

    def rows(self) -> dict[int, Infusion]:
        """Every course of the plan, cancelled ones too, read afresh."""
        db.session.flush()
        query = (
            sa.select(Infusion)
            .where(Infusion.regimen_id == self.regimen.id)
            .options(selectinload(Infusion.days))
            .execution_options(populate_existing=True)
        )
        return {row.id: row for row in db.session.scalars(query)}

    def adopt_new(self) -> dict[int, Infusion]:
        """Give the model's new courses the ids of the program's new ones, in order; returns all rows."""
        rows = self.rows()
        known = {course.id for course in self.model.courses}
        new = sorted((row for row in rows.values() if row.id not in known), key=lambda row: row.first_on)
        waiting = sorted((c for c in self.model.courses if c.id < 0), key=lambda c: c.first_on)
        assert [row.first_on for row in new] == [course.first_on for course in waiting]
        for course, row in zip(waiting, new, strict=True):
            course.id = row.id
        return rows

    def compare(self, rows: dict[int, Infusion] | None = None) -> None:
        """Every course and day is as the model says, and each day starts when the slow way says."""
        rows = rows or self.adopt_new()
        self.marks = _marks(rows)
        assert rows.keys() == {course.id for course in self.model.courses}
        for course in self.model.courses:
            row = rows[course.id]
            assert (row.cancelled_at is not None) == course.cancelled, course
            if course.cancelled:
                continue
            assert [d.number for d in row.days] == list(range(1, len(course.days) + 1))
            assert (row.first_on, row.certainty, row.moved_from_on) == (
                course.first_on,
                course.certainty,
                course.moved_from,
            ), course
            assert [_slow_day(day) for day in row.days] == course.days
            anew = (row.restart_on, row.restart_gap_days) if row.restart_on else None
            assert anew == course.anew
            for day in row.days:
                assert day.starts_at == _instant(day.planned_on, day.local_time)
        assert self.regimen.anchor_on == self.model.anchor
        self.check_order(rows)

    def check_order(self, rows: dict[int, Infusion]) -> None:
        live = sorted((row for row in rows.values() if row.cancelled_at is None), key=lambda row: row.first_on)
        for earlier, later in itertools.pairwise(live):
            assert earlier.last_on < later.first_on
        for row in live:
            assert row.first_on == row.first_given_on()
        assert not any(row.is_loading for row in live[1:]), "maintenance lies before its loading course"

    def check_kept(self, rows: dict[int, Infusion], then: SlowPlan, targets: tuple[int, ...]) -> None:
        """What was answered is as it was; what was booked, moved or confirmed too, but for the edited course."""
        for course in then.courses:
            if course.id in targets or course.cancelled or not (course.stays or course.answered):
                continue
            row = rows[course.id]
            assert row.cancelled_at is None
            assert [_slow_day(day) for day in row.days] == course.days

    def check_marks(self, rows: dict[int, Infusion]) -> None:
        """A day that changed date or time has a new revision, so that messages of the old plan are void."""
        for name, (revision, *when) in _marks(rows).items():
            if name in self.marks:
                old_revision, *old = self.marks[name]
                assert (revision > old_revision) == (when != old)


def _marks(rows: dict[int, Infusion]) -> dict[str, tuple[Any, ...]]:
    """What messages of each day are planned by, and its revision."""
    days = (day for row in rows.values() for day in row.days)
    return {day.public_id: (day.revision, day.planned_on, day.starts_at, day.tz) for day in days}


def _slow_day(day: InfusionDay) -> SlowDay:
    return SlowDay(
        day.planned_on, day.local_time, day.state, day.given_on, day.moved_from_on, day.confirmed_at is not None
    )


@cache
def _instant(on: date, local_time: str | None) -> datetime | None:
    """The first instant that shows the wall time; where there is none, that of the time an hour later."""
    if local_time is None:
        return None
    wall = datetime.combine(on, time.fromisoformat(local_time))
    found = instants_of(wall, ZoneInfo(TZ)) or instants_of(wall + timedelta(hours=1), ZoneInfo(TZ))
    return found[0]


def play(circle: Any, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: PlanMachine(circle),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.timeout(300)
def test_no_mix_of_edits_loses_doubles_or_reorders_a_course(people, app):
    is_quick = db.engine.dialect.name == "sqlite"
    play(people.circle, examples=20 if is_quick else 4, steps=8)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nor_does_any_of_many(people, app):
    is_quick = db.engine.dialect.name == "sqlite"
    play(people.circle, examples=400 if is_quick else 100, steps=14)
