"""The slow way to re-plan: walk through the days after the real one and ask what is due on each.

Written from the rules of the decision records alone; it shares nothing with `companion.domain.recurrence`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rhythm:
    """Every `count` days, weeks or months; whether dates follow the real one or stay where they were planned."""

    count: int
    unit: str
    stays_planned: bool

    def is_on(self, day: date, anchor: date) -> bool:
        """Whether the rhythm that began at the anchor has this day."""
        if self.unit == "month":
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            is_last_of_month = (day + ONE_DAY).month != day.month
            return months % self.count == 0 and (day.day == anchor.day or (is_last_of_month and anchor.day > day.day))
        return (day - anchor).days % (self.count * (7 if self.unit == "week" else 1)) == 0

    def before(self, day: date, anchor: date) -> date:
        """The last day of the rhythm before this one."""
        while True:
            day -= ONE_DAY
            if self.is_on(day, anchor):
                return day


@dataclass(frozen=True)
class Slot:
    """One later course: `reach` is how many days after its first day the last one is.

    With `anew` the rhythm begins anew with it: on a date, so many days after the course before it.
    One that `must_come` waits for the end of a break.
    """

    id: int
    first_on: date
    is_fixed: bool
    reach: int
    anew: tuple[date, int] | None = None
    must_come: bool = False


@dataclass(frozen=True)
class Break:
    """Days on which nothing is expected, both included; without an end it is open."""

    first_on: date
    last_on: date | None

    def touches(self, on: date, reach: int) -> bool:
        return self.first_on <= on + timedelta(days=reach) and (self.last_on is None or on <= self.last_on)


@dataclass
class Walk:
    """Where the walk put the free courses, which it dropped, which dates it found for more, and its anchor."""

    dates: dict[int, date] = field(default_factory=dict)
    dropped: list[int] = field(default_factory=list)
    more: list[date] = field(default_factory=list)
    anchor: date = date.min


@dataclass
class Walker:
    """Someone with a list of courses in hand, going from day to day."""

    rhythm: Rhythm
    left: list[Slot]
    anchor: date
    latest: date | None
    latest_reach: int
    reach: int
    breaks: Sequence[Break]
    end_on: date | None
    day: date
    is_based: bool = False
    not_before: date = date.min
    half_of: int | None = None
    found: Walk = field(default_factory=Walk)

    def go(self, until_on: date) -> Walk:
        """Walk until nothing is left in hand and the last day is over."""
        if self.latest is not None:
            self.begin_again(self.latest, self.latest_reach)
        self.found.anchor = self.anchor
        self.take_up()
        while self.left or self.day <= until_on:
            fixed = next((slot for slot in self.left if slot.is_fixed), None)
            if fixed is not None and fixed.first_on <= self.day:
                if self.left[0] is not fixed:
                    self.drop()
                    continue
                self.left.pop(0)
                if fixed.anew:
                    self.anchor = fixed.anew[0]
                self.day = fixed.first_on + ONE_DAY
                self.begin_again(fixed.first_on, fixed.reach)
                self.take_up()
            elif self.is_due() and (not self.left or not self.left[0].is_fixed):
                self.place(fixed)
            else:
                self.day += ONE_DAY
        return self.found

    def begin_again(self, on: date, reach: int) -> None:
        """From here on dates count from this one, or look for the next day of the rhythm that is far enough."""
        self.latest, self.latest_reach, self.is_based = on, reach, True
        self.not_before, self.half_of = on + timedelta(days=reach + 1), None
        if not self.rhythm.stays_planned and not (self.rhythm.unit == "month" and self.rhythm.is_on(on, self.anchor)):
            self.anchor = on

    def take_up(self) -> None:
        """Look at the next course in hand: it may begin the rhythm anew, or fall away for its date."""
        while self.left and not self.left[0].is_fixed:
            slot = self.left[0]
            if slot.anew:
                self.anew(*slot.anew)
            falls_away = self.rhythm.stays_planned and any(b.touches(slot.first_on, slot.reach) for b in self.breaks)
            if slot.must_come or not falls_away:
                return
            self.found.dropped.append(self.left.pop(0).id)

    def anew(self, on: date, gap: int) -> None:
        if self.latest is None:
            self.anchor = self.not_before = self.day = on
        elif self.rhythm.stays_planned:
            self.anchor = self.not_before = on
            self.is_based, self.half_of, self.day = True, gap, self.latest + ONE_DAY
        else:
            self.anchor = self.not_before = self.latest + timedelta(days=max(gap, self.latest_reach + 1))
            self.is_based, self.day = False, self.latest + ONE_DAY

    def drop(self) -> None:
        self.found.dropped.append(self.left.pop(0).id)
        self.take_up()

    def is_due(self) -> bool:
        day = self.day
        if day < self.not_before or not self.rhythm.is_on(day, self.anchor):
            return False
        if not self.rhythm.stays_planned:
            return True
        if day < self.anchor:
            return False
        if not self.is_based or self.latest is None:
            return True
        length = (day - self.rhythm.before(day, self.anchor)).days
        far = (day - self.latest).days
        return far > self.latest_reach and 2 * far >= min(length, self.half_of or length)

    def place(self, fixed: Slot | None) -> None:
        """Something is due today: put the next course here, or behind a break, or drop it."""
        slot = self.left[0] if self.left else None
        reach = slot.reach if slot else self.reach
        on: date | None = self.day
        while on and (on_break := next((b for b in self.breaks if b.touches(on, reach)), None)):
            if self.is_over(on) or on_break.last_on is None:
                on = None
            elif self.rhythm.stays_planned:
                self.day += ONE_DAY
                return
            else:
                on = on_break.last_on + ONE_DAY
        fits = on and not self.is_over(on) and (fixed is None or on + timedelta(days=reach) < fixed.first_on)
        if not on or not fits:
            if slot:
                self.drop()
            else:
                self.day += ONE_DAY
            return
        if on != self.day:
            self.anchor = on
        if slot:
            self.found.dates[slot.id] = on
            self.left.pop(0)
        else:
            self.found.more.append(on)
        self.latest, self.latest_reach, self.is_based = on, reach, False
        self.not_before, self.half_of, self.day = date.min, None, on + ONE_DAY
        self.take_up()

    def is_over(self, on: date) -> bool:
        return self.end_on is not None and on >= self.end_on


def walk(
    rhythm: Rhythm,
    slots: Sequence[Slot],
    *,
    anchor: date,
    real_on: date | None,
    real_reach: int | None = None,
    reach: int,
    until_on: date,
    breaks: Sequence[Break] = (),
    end_on: date | None = None,
) -> Walk:
    """Walk from the day after the real one, or from the anchor where there is none.

    `reach` is that of a course of the plan. Free courses have no horizon; more are found up to until_on.
    """
    walker = Walker(
        rhythm,
        list(slots),
        anchor,
        real_on,
        reach if real_reach is None else real_reach,
        reach,
        breaks,
        end_on,
        day=anchor if real_on is None else real_on + ONE_DAY,
        not_before=anchor if real_on is None else date.min,
    )
    found = walker.go(until_on)
    found.more = [on for on in found.more if on <= until_on]
    return found
