"""A slow model of one plan: plain dates in lists, every change worked out by walking through the days.

It knows the rules of plans, and shares no code with them. `PlanIsFull` is where the program must refuse.
"""

import itertools
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from tests.domain.slow_rhythm import ONE_DAY, Break, Rhythm, Slot, Walk, walk

HORIZON = timedelta(days=396)
ANSWERS, GIVEN = ("done", "partial", "skipped"), ("done", "partial")


class PlanIsFull(Exception):
    """Two courses, or two days, would stand on each other or pass each other."""


@dataclass
class SlowDay:
    """One day: where it is planned, when it was given, and what fixes it."""

    on: date
    time: str | None
    state: str = "planned"
    given_on: date | None = None
    moved_from: date | None = None
    confirmed: bool = False

    @property
    def real_on(self) -> date:
        return self.given_on or self.on


@dataclass
class SlowCourse:
    """One course. Its id is the program's; a new one has none until the program has made it."""

    id: int
    days: list[SlowDay]
    first_on: date
    certainty: str = "expected"
    moved_from: date | None = None
    cancelled: bool = False
    is_loading: bool = False
    anew: tuple[date, int] | None = None

    @property
    def answered(self) -> bool:
        return any(day.state in ANSWERS for day in self.days)

    @property
    def given(self) -> list[date]:
        return [day.real_on for day in self.days if day.state in GIVEN]

    @property
    def stays(self) -> bool:
        by_hand = self.moved_from or any(day.moved_from or day.confirmed for day in self.days)
        return self.certainty == "booked" or bool(by_hand) or self.answered

    @property
    def last_on(self) -> date:
        return max(day.real_on for day in self.days)

    @property
    def reach(self) -> int:
        return (self.last_on - self.first_on).days

    def put(self, on: date, time: str | None) -> None:
        """All days along with the first one."""
        by = on - self.first_on
        if by:
            self.first_on = on
            for day in self.days:
                day.on, day.time = day.on + by, time


@dataclass
class SlowPlan:
    """One plan and all its courses, cancelled ones too."""

    count: int
    unit: str
    offsets: list[int]
    policy: str
    time: str | None
    anchor: date
    courses: list[SlowCourse] = field(default_factory=list)
    loading: list[int] | None = None
    breaks: list[Break] = field(default_factory=list)
    end_on: date | None = None
    _ids: int = 0

    # --- what there is ---

    @property
    def live(self) -> list[SlowCourse]:
        return sorted((c for c in self.courses if not c.cancelled), key=lambda c: (c.first_on, c.id < 0, c.id))

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.count, self.unit, self.policy == "planned_weekday")

    def is_over(self, today: date) -> bool:
        return self.end_on is not None and self.end_on <= today

    def break_from(self, today: date) -> Break | None:
        """The break that is running, or the next one."""
        return next((each for each in self.breaks if each.last_on is None or each.last_on >= today), None)

    def course(self, course_id: int) -> SlowCourse:
        return next(course for course in self.courses if course.id == course_id)

    # --- changes ---

    def start(self, today: date, maintenance_after: int | None = None) -> None:
        """Courses up to the horizon; of past ones only the latest. A loading course comes before the others."""
        first_on = self.anchor
        if maintenance_after is not None:
            self.anchor += timedelta(days=maintenance_after)
        until = max(self.anchor, today + HORIZON)
        dates = [self.anchor + timedelta(days=n) for n in range((until - self.anchor).days + 1)]
        dates = [on for on in dates if self.rhythm.is_on(on, self.anchor)]
        past = [on for on in dates if on <= today]
        made = [self._add(on) for on in dates[max(0, len(past) - 1) :]]
        if maintenance_after is not None and made[0].first_on > today:
            made[0].anew = (self.anchor, maintenance_after)
            self._add(first_on, is_loading=True)

    def answer(self, course_id: int, number: int, state: str, on: date, today: date) -> None:
        """A day was given on a date."""
        course = self.course(course_id)
        followers, before = self._around(course)
        day = course.days[number]
        self._carry(course, number, on - day.real_on)
        day.state, day.given_on = state, on
        course.first_on = min(course.given)
        self._keep_clear(course, followers, today)
        self._follow(course, followers, today)
        self._check([before, course, *followers])

    def skip(self, course_id: int, number: int, today: date) -> None:
        """A day was not given and will not be. It is back on its planned date, unless that was taken since."""
        course = self.course(course_id)
        back = deepcopy(self)
        try:
            back._skip(back.course(course_id), number, course.days[number].on, today)
        except PlanIsFull:
            self._skip(course, number, course.days[number].real_on, today)
        else:
            self._skip(course, number, course.days[number].on, today)

    def _skip(self, course: SlowCourse, number: int, on: date, today: date) -> None:
        followers, before = self._around(course)
        day = course.days[number]
        self._carry(course, number, on - day.real_on)
        day.on, day.state, day.given_on = on, "skipped", None
        course.first_on = min(course.given, default=course.days[0].on)
        self._keep_clear(course, followers, today)
        self._follow(course, followers, today)
        self._check([before, course, *followers])

    def move(self, course_id: int, number: int, to_on: date, time: str | None, booked: bool, today: date) -> None:
        """A day is planned for another date; the open ones after it keep their distance."""
        course = self.course(course_id)
        followers, before = self._around(course)
        was = [day.on for day in course.days]
        self._carry(course, number, to_on - was[number])
        course.days[number].on = to_on
        for n, day in enumerate(course.days):
            if day.state not in ANSWERS and n >= number:
                day.moved_from = None if (day.moved_from or was[n]) == day.on else day.moved_from or was[n]
                day.confirmed, day.time = False, time or day.time
        first = course.first_on if course.given else course.days[0].on
        origin = course.moved_from or course.first_on
        course.moved_from = None if origin == first else origin
        course.first_on = first
        course.certainty = "booked" if booked else course.certainty
        self._keep_clear(course, followers, today)
        self._follow(course, followers, today)
        self._check([before, course, *followers])

    def change(
        self,
        *,
        count: int,
        unit: str,
        offsets: list[int],
        policy: str,
        time: str | None,
        next_on: date | None,
        today: date,
    ) -> None:
        """Another rhythm, number of days, policy or time, from the next course without an answer on."""
        course = next((c for c in self.live if c.first_on >= today and not c.answered), None)
        if course is None:
            last = self.live[-1] if self.live else None
            earliest = max(self._one_later(last.first_on), today) if last else today
            course = self._add(next_on or earliest)
        followers, before = self._around(course)
        is_other = (count, unit, policy) != (self.count, self.unit, self.policy)
        has_other_days = offsets != self.offsets
        self.count, self.unit, self.offsets, self.policy, self.time = count, unit, offsets, policy, time
        for each in [course, *followers]:
            if each.answered:
                continue
            if has_other_days and not each.is_loading:
                self._lay(each, each.first_on, each.days[0].time)
            for day in each.days:
                if not each.stays or day.time is None:
                    day.time = time
        if (next_on and next_on != course.first_on) or is_other:
            self.anchor = next_on or course.first_on
        if is_other:
            self._forget_anew(course, followers, before)
        if next_on and next_on != course.first_on:
            if course.anew:
                course.anew = (course.anew[0], max(1, course.anew[1] + (next_on - course.first_on).days))
            self._lay(course, next_on, time)
        self._follow(course, followers, today)
        self._check([before, course, *followers])

    def end(self, on: date, today: date) -> None:
        """From a date on expected courses fall away; up to one later than before they are expected again."""
        is_later = self.end_on is not None and on > self.end_on
        self.end_on = on
        if is_later:
            self._count_on(today)
            return
        for course in self.live:
            if course.first_on >= on and not course.stays:
                course.cancelled = True

    def keep(self, today: date) -> None:
        """The plan does not end after all."""
        self.end_on = None
        self._count_on(today)

    def extend(self, today: date) -> None:
        """Add what is missing up to the horizon."""
        if not self.is_over(today) and self.live:
            self._count_on(today)

    def _count_on(self, today: date) -> None:
        """Add what is missing after the last course, or after the newest one where all have fallen away."""
        anchor = self.anchor
        self._follow(self.live[-1] if self.live else max(self.courses, key=lambda c: c.id), [], today)
        self.anchor = anchor

    def shift(self, course_id: int, by_days: int, today: date) -> None:
        """The expected courses from one on move by as many days."""
        first_on = max(self.course(course_id).first_on, today)
        courses = [c for c in self.live if c.first_on >= first_on]
        free = [c for c in courses if not c.stays]
        if not free or not by_days:
            raise PlanIsFull
        _followers, before = self._around(free[0])
        later = courses[courses.index(free[0]) :]
        for course in free:
            course.put(course.first_on + timedelta(days=by_days), self.time)
            in_break = any(each.touches(course.first_on, course.reach) for each in self.breaks)
            if course.first_on < today or in_break:
                raise PlanIsFull
        self._check([before, *later], whole=False)
        for course in free:
            course.cancelled = self.end_on is not None and course.first_on >= self.end_on
        self._move_rhythm(before, later)
        self._check([before, *later])

    def pause(self, first_on: date, last_on: date | None, today: date) -> None:
        """Expect nothing for some days."""
        base = next((c for c in reversed(self.live) if c.first_on < first_on), None)
        if base and base.last_on >= first_on and not base.stays:
            base = self._around(base)[1]
        later = [c for c in self.live if base is None or c.first_on > base.first_on]
        self.breaks = sorted([*self.breaks, Break(first_on, last_on)], key=lambda each: each.first_on)
        if base:
            self._follow(base, later, today, free_from=today)
        else:
            self._lay_out(later, today)
        self._check([base, *later])

    def resume(self, next_on: date, today: date) -> None:
        """The break ends, and the plan goes on from a date."""
        pause = self.break_from(today)
        assert pause is not None
        first_on = max(today, min(pause.first_on, next_on))
        ahead = [c for c in self.live if c.first_on >= first_on]
        fixed_before = [c for c in ahead if c.stays and c.first_on < next_on]
        left = fixed_before[-1].first_on if fixed_before else date.min
        right = min((c.first_on for c in ahead if c.stays and c.first_on >= next_on), default=date.max)
        before = fixed_before[-1] if fixed_before else ([c for c in self.live if c.first_on < first_on] or [None])[-1]
        course = next((c for c in ahead if not c.stays and left < c.first_on < right), None)
        if any(c.is_loading and c is not course and c.first_on >= next_on for c in ahead):
            raise PlanIsFull
        if course is None and before is None:
            course = self._bring_back(next_on, alone=bool(ahead))
        course = course or self._add(next_on)
        ahead = [c for c in self.live if c.first_on >= first_on]
        for each in ahead:
            if each is not course and not each.stays and each.first_on < course.first_on:
                each.cancelled = True
        later = [c for c in ahead if c is not course and not c.cancelled and c not in fixed_before]
        self.breaks.remove(pause)
        if next_on > pause.first_on:
            self.breaks.append(Break(pause.first_on, next_on - ONE_DAY))
            self.breaks.sort(key=lambda each: each.first_on)
        course.put(next_on, self.time)
        if before is None:
            self.anchor = next_on
        else:
            course.anew = (next_on, (next_on - before.first_on).days)
        self._follow(course, later, today)
        self._check([before, course, *later])

    def taken_back(self, then: "SlowPlan", made: set[int], today: date) -> "SlowPlan":
        """The plan as it was then. What the change had made is cancelled, what was added since follows on."""
        back = deepcopy(then)
        since = [deepcopy(c) for c in self.courses if c.id not in {each.id for each in then.courses}]
        for course in since:
            if course.id in made:
                course.cancelled, course.anew = True, None
        old, newer = back.live, [c for c in since if not c.cancelled]
        if old and any(c.stays and c.first_on <= max(each.last_on for each in old) for c in newer):
            raise PlanIsFull
        back.courses += since
        if newer and old and not back.is_over(today):
            back._follow(old[-1], sorted(newer, key=lambda c: c.first_on), today)
            back.anchor = then.anchor
        back._check(back.live)
        return back

    def _bring_back(self, next_on: date, alone: bool) -> SlowCourse | None:
        """The loading course that fell away in a break begins the plan after all, and maintenance follows it."""
        gone = sorted((c for c in self.courses if c.cancelled), key=lambda c: (c.first_on, c.id))
        loading = next((c for c in gone if c.is_loading), None)
        first = next((c for c in gone if c.anew and not c.is_loading), None)
        if loading is None:
            return None
        loading.cancelled = False
        loading.put(next_on, self.time)
        if first and first.anew and not alone:
            on = next_on + timedelta(days=first.anew[1])
            first.put(on, self.time)
            first.cancelled, first.anew = False, (on, first.anew[1])
        return loading

    # --- how ---

    def _one_later(self, on: date) -> date:
        return self._next(on, on)

    def _add(self, on: date, is_loading: bool = False) -> SlowCourse:
        self._ids -= 1
        offsets = self.loading if is_loading and self.loading else self.offsets
        days = [SlowDay(on + timedelta(days=offset), self.time) for offset in offsets]
        self.courses.append(SlowCourse(self._ids, days, on, is_loading=is_loading))
        return self.courses[-1]

    def _around(self, course: SlowCourse) -> tuple[list[SlowCourse], SlowCourse | None]:
        """The courses after one, and the one before it, as they are before it changes."""
        before = [c for c in self.live if c.first_on < course.first_on]
        return [c for c in self.live if c.first_on > course.first_on], before[-1] if before else None

    def _carry(self, course: SlowCourse, number: int, by: timedelta) -> None:
        """Move the later open days of a course along."""
        for day in course.days[number + 1 :]:
            if day.state not in ANSWERS:
                day.on += by

    def _lay(self, course: SlowCourse, first_on: date, time: str | None) -> None:
        old = course.days
        course.first_on = first_on
        offsets = self.loading if course.is_loading and self.loading else self.offsets
        course.days = [
            replace(old[n], on=first_on + timedelta(days=offset), time=time)
            if n < len(old)
            else SlowDay(first_on + timedelta(days=offset), time)
            for n, offset in enumerate(offsets)
        ]

    def _follow(
        self, course: SlowCourse, followers: list[SlowCourse], today: date, free_from: date | None = None
    ) -> None:
        if self.is_over(today):
            return
        found = self._walk(
            followers,
            today,
            come=free_from - ONE_DAY if free_from else today,
            after=course.last_on,
            anchor=self._anchor_at(course),
            real_on=course.first_on,
            real_reach=course.reach,
        )
        self._apply(followers, found, today)

    def _keep_clear(self, course: SlowCourse, followers: list[SlowCourse], today: date) -> None:
        """Where dates follow the real one, no day is put among the courses that the rhythm has next."""
        if self.policy == "from_real" and not self.is_over(today):
            found = self._walk(
                followers,
                today,
                come=today,
                after=course.last_on,
                anchor=self._anchor_at(course),
                real_on=course.first_on,
            )
            if min(found.dates.values(), default=date.max) <= course.last_on:
                raise PlanIsFull

    def _anchor_at(self, course: SlowCourse) -> date:
        """Where the rhythm in force began: with the plan, or anew with a later course."""
        began = [c.anew[0] for c in [*self.live, course] if c.anew and (c is course or c.first_on <= course.first_on)]
        return max([self.anchor, *began])

    def _lay_out(self, courses: list[SlowCourse], today: date) -> None:
        """Plan all from the beginning: there is nothing before them to count from."""
        found = self._walk(courses, today, come=today - ONE_DAY, after=date.min, anchor=self.anchor, real_on=None)
        self._apply(courses, found, today)

    def _walk(self, courses: list[SlowCourse], today: date, *, come: date, after: date, **start: Any) -> Walk:
        slots = [
            Slot(
                c.id,
                c.first_on,
                c.stays or after < c.first_on <= come,
                c.reach,
                (c.first_on, 1) if c.is_loading else c.anew,
                must_come=c.is_loading,
            )
            for c in courses
            if not c.cancelled
        ]
        return walk(
            self.rhythm,
            slots,
            reach=self.offsets[-1],
            until_on=today + HORIZON,
            breaks=self.breaks,
            end_on=self.end_on,
            **start,
        )

    def _apply(self, courses: list[SlowCourse], found: Walk, today: date) -> None:
        left_over: tuple[date, int] | None = None
        for course in courses:
            if course.id in found.dropped:
                course.cancelled = True
                left_over = course.anew or left_over
            elif course.id in found.dates:
                course.put(found.dates[course.id], self.time)
                if self.policy == "planned_weekday":
                    course.anew = course.anew or left_over
                left_over = None
        if self.unit == "month":
            self.anchor = found.anchor
        for on in found.more:
            if on >= today:
                self._add(on)

    def _forget_anew(self, course: SlowCourse, followers: list[SlowCourse], before: SlowCourse | None) -> None:
        """Another rhythm begins with the next course; only the distance after the loading course stays."""
        for earlier, each in itertools.pairwise([before, course, *followers]):
            if each is not None and not (earlier is not None and earlier.is_loading):
                each.anew = None

    def _move_rhythm(self, before: SlowCourse | None, courses: list[SlowCourse]) -> None:
        """Where a shifted course is not one step after the one before it, the rhythm begins anew."""
        began, last = None, before
        for course in courses:
            if course.stays:
                began, last = None, course
                continue
            if began and self._next(last.first_on if last else began, began) == course.first_on:
                course.anew = None
            else:
                began = course.first_on
                if last is None:
                    self.anchor = course.first_on
                else:
                    course.anew = (course.first_on, (course.first_on - last.first_on).days)
            last = course

    def _next(self, after: date, anchor: date) -> date:
        day = after + ONE_DAY
        while not self.rhythm.is_on(day, anchor):
            day += ONE_DAY
        return day

    def _check(self, order: Sequence[SlowCourse | None], whole: bool = True) -> None:
        """Days in order, no course on another, and the courses named still in this order."""
        kept = [c for c in order if c is not None and not c.cancelled]
        for courses in (kept, self.live) if whole else (kept,):
            for one, two in itertools.pairwise(courses):
                if one.last_on >= two.first_on:
                    raise PlanIsFull
        for course in self.live:
            dates = [day.real_on for day in course.days]
            if dates != sorted(set(dates)):
                raise PlanIsFull
