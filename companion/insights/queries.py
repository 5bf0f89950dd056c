"""What the insights page shows: twelve weeks of each hand as a picture and as a table, infusions, everyday tasks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from math import ceil, floor

import sqlalchemy as sa

from companion.checkins import queries as checkins
from companion.checkins.models import EASY, HANDS, CheckIn, Device, MarkerTask, Measurement, TaskAnswer
from companion.checkins.queries import GRIP, DayValue
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.queries import infusions_between

SPAN_DAYS = 84
BEST_RATING = 4
MOST_INTERVALS = 4
STEPS = tuple(Decimal(step) for step in ("0.5", "1", "2", "5", "10", "20", "50", "100", "200"))
NARROWEST = Decimal("0.6")
"""The scale of a hand reaches at least down to this share of its highest value: small changes must not look large."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The sheet that a picture is drawn on: its size, the edges of the field, and where dates and numbers go."""

    width: int = 300
    height: int = 164
    left: int = 38
    right: int = 288
    top: int = 14
    bottom: int = 124
    dates_y: int = 158
    numbers_x: int = 30


FRAME = Frame()


@dataclass(frozen=True, slots=True)
class Window:
    """The local days of a picture, both ends included."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last_on - self.first_on).days + 1

    def holds(self, on: date) -> bool:
        """Whether a day is in it."""
        return self.first_on <= on <= self.last_on

    def x(self, on: date) -> float:
        """Where a day stands across the picture."""
        return round(FRAME.left + (FRAME.right - FRAME.left) * (on - self.first_on).days / (self.days - 1), 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the picture and its number."""

    y: float
    value: Decimal


@dataclass(frozen=True, slots=True)
class Picture:
    """One hand: `path` joins neighbouring days only, `dots` marks each day; both are empty without a value."""

    hand: str
    values: Sequence[DayValue]
    path: str = ""
    dots: str = ""
    ticks: Sequence[Tick] = ()
    last_y: float = 0
    last_x: float = 0
    cannot_days: int = 0

    @property
    def lowest(self) -> Decimal:
        """The lowest value of a day."""
        return min(each.value for each in self.values)

    @property
    def highest(self) -> Decimal:
        """The highest value of a day."""
        return max(each.value for each in self.values)

    @property
    def latest(self) -> DayValue:
        """The newest day with a value."""
        return self.values[-1]

    @property
    def most_often(self) -> Decimal:
        """The commonest value; of equally common ones the newest."""
        counts = Counter(each.value for each in reversed(self.values))
        return counts.most_common(1)[0][0]


@dataclass(frozen=True, slots=True)
class Row:
    """One day of the table: a value for each hand that has one, hands that could not, and whether Ig was given."""

    on: date
    values: Mapping[str, Decimal]
    cannot: frozenset[str]
    is_infusion_day: bool


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How often an everyday task was easy, of how many answers, for each hand that has answers."""

    task: MarkerTask
    easy: Mapping[str, int]
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Infusions:
    """Given infusions in the window: the first day of each course, where it stands, and every day."""

    starts: Sequence[date]
    drops: Sequence[float]
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page. `device` is set where the pictures are of grip, else they are of ratings."""

    window: Window
    device: Device | None
    pictures: Sequence[Picture]
    rows: Sequence[Row]
    infusions: Infusions
    tasks: Sequence[TaskCount]
    other_device: bool
    this_month: int
    has_any: bool

    @property
    def has_values(self) -> bool:
        """Whether there is anything to draw."""
        return any(picture.values for picture in self.pictures)


def overview(circle: Circle, today: date) -> Overview:
    """The last 12 weeks: grip where there is a meter with numbers, else ratings; and what else is known."""
    window = Window(today - timedelta(days=SPAN_DAYS - 1), today)
    infusions = given_infusions(circle, window)
    device = checkins.current_device(circle) if circle.has_grip_meter else None
    values, cannot = _grips(circle, device, window) if device else ({}, {})
    if device is None or not (any(values.values()) or any(cannot.values())):
        device, values, cannot = None, ratings_by_day(circle, window), {}
    draw = rating_picture if device is None else grip_picture
    return Overview(
        window=window,
        device=device,
        pictures=[draw(hand, values[hand], window, len(cannot.get(hand, ()))) for hand in HANDS],
        rows=table_rows(values, cannot, infusions.days),
        infusions=infusions,
        tasks=task_counts(circle, window),
        other_device=device is not None and _has_other_device(circle, device, window),
        this_month=_count(circle, CheckIn.on.between(today.replace(day=1), today)),
        has_any=checkins.months_with_check_ins(circle) is not None,
    )


def grip_picture(hand: str, values: Sequence[DayValue], window: Window, cannot_days: int = 0) -> Picture:
    """A line for a hand, in the unit of its device. Days without a number are left open."""
    if not values:
        return Picture(hand, values, cannot_days=cannot_days)
    ticks = scale([each.value for each in values])
    low, high = ticks[0].value, ticks[-1].value
    points = {each.on: (window.x(each.on), height_of(each.value, low, high)) for each in values}
    last_x, last_y = points[values[-1].on]
    path = "".join(_joined(points[on] for on in run) for run in runs(list(points)) if len(run) > 1)
    return Picture(hand, values, path, _dotted(points.values()), ticks, last_y, last_x, cannot_days)


def rating_picture(hand: str, values: Sequence[DayValue], window: Window, cannot_days: int = 0) -> Picture:
    """A bar a day with a head for the ratings of a hand, from 0 at the bottom to "like my best" at the top."""
    ticks = [
        Tick(height_of(Decimal(n), Decimal(0), Decimal(BEST_RATING)), Decimal(n)) for n in range(BEST_RATING + 1)
    ]
    tops = [(window.x(each.on), min(ticks[int(each.value)].y, FRAME.bottom - 2.0)) for each in values]
    path = "".join(f"M{x} {FRAME.bottom}V{y}" for x, y in tops)
    return Picture(hand, values, path, _dotted(tops), ticks, cannot_days=cannot_days)


def scale(values: Sequence[Decimal]) -> list[Tick]:
    """Round numbers from below the lowest value to above the highest one, two to five of them."""
    highest = max(values)
    lowest = min(*values, highest * NARROWEST)
    ends = ((step, floor(lowest / step), ceil(highest / step)) for step in STEPS)
    step, first, last = next(end for end in ends if end[2] - end[1] <= MOST_INTERVALS)
    numbers = [step * n for n in range(first, max(last, first + 1) + 1)]
    return [Tick(height_of(number, numbers[0], numbers[-1]), number) for number in numbers]


def height_of(value: Decimal, low: Decimal, high: Decimal) -> float:
    """Where a value stands between the bottom (`low`) and the top (`high`) of the picture."""
    return round(FRAME.bottom - (FRAME.bottom - FRAME.top) * float((value - low) / (high - low)), 1)


def runs(days: Sequence[date]) -> list[list[date]]:
    """Days in order, cut wherever a day is missing."""
    by_start = groupby(enumerate(days), key=lambda pair: pair[1] - timedelta(days=pair[0]))
    return [[on for _, on in run] for _, run in by_start]


def table_rows(
    values: Mapping[str, Sequence[DayValue]], cannot: Mapping[str, set[date]], infusion_days: frozenset[date]
) -> list[Row]:
    """One row for each day with an answer or an infusion, newest first."""
    by_hand = {hand: {each.on: each.value for each in values[hand]} for hand in values}
    days = set(infusion_days).union(*by_hand.values(), *cannot.values())
    return [
        Row(
            on,
            {hand: by_hand[hand][on] for hand in by_hand if on in by_hand[hand]},
            frozenset(hand for hand in cannot if on in cannot[hand]),
            on in infusion_days,
        )
        for on in sorted(days, reverse=True)
    ]


def given_infusions(circle: Circle, window: Window) -> Infusions:
    """The infusions that were given in the window, at least in part."""
    courses = infusions_between(circle, window.first_on, window.last_on)
    days = {day.happened_on for course in courses for day in course.days if day.is_given}
    starts = [course.first_on for course in courses if course.is_given and window.holds(course.first_on)]
    return Infusions(starts, [window.x(on) for on in starts], frozenset(filter(window.holds, days)))


def ratings_by_day(circle: Circle, window: Window) -> dict[str, list[DayValue]]:
    """The newest rating of each day and hand, oldest day first."""
    query = (
        sa.select(CheckIn.on, CheckIn.left_rating, CheckIn.right_rating)
        .where(*_live(circle), CheckIn.on.between(window.first_on, window.last_on))
        .order_by(CheckIn.on, CheckIn.recorded_at, CheckIn.id)
    )
    newest: dict[str, dict[date, Decimal]] = {hand: {} for hand in HANDS}
    for on, *ratings in db.session.execute(query):
        for hand, rating in zip(HANDS, ratings, strict=True):
            if rating is not None:
                newest[hand][on] = Decimal(rating)
    return {hand: [DayValue(on, value) for on, value in newest[hand].items()] for hand in HANDS}


def task_counts(circle: Circle, window: Window) -> list[TaskCount]:
    """How often each watched task was easy in the window; tasks without an answer are left out."""
    query = (
        sa.select(TaskAnswer.marker_task_id, TaskAnswer.hand, TaskAnswer.answer, sa.func.count())
        .join(CheckIn)
        .where(*_live(circle), TaskAnswer.on.between(window.first_on, window.last_on))
        .group_by(TaskAnswer.marker_task_id, TaskAnswer.hand, TaskAnswer.answer)
    )
    answers: Counter[tuple[int, str]] = Counter()
    easy: Counter[tuple[int, str]] = Counter()
    for task_id, hand, answer, count in db.session.execute(query):
        answers[task_id, hand] += count
        easy[task_id, hand] += count if answer == EASY else 0
    return [
        TaskCount(
            task, {hand: easy[task.id, hand] for hand in hands}, {hand: answers[task.id, hand] for hand in hands}
        )
        for task in checkins.active_tasks(circle)
        if (hands := [hand for hand in HANDS if answers[task.id, hand]])
    ]


def _grips(circle: Circle, device: Device, window: Window) -> tuple[dict[str, list[DayValue]], dict[str, set[date]]]:
    """The best try of each day, and the days on which a hand only had "cannot"."""
    values = {
        hand: [v for v in checkins.best_by_day(circle, hand, device, window.first_on) if window.holds(v.on)]
        for hand in HANDS
    }
    query = (
        sa.select(Measurement.hand, Measurement.on)
        .join(CheckIn)
        .where(*_live(circle), *_grip_within(window), Measurement.device_id == device.id, Measurement.value.is_(None))
    )
    cannot: dict[str, set[date]] = {hand: set() for hand in HANDS}
    for hand, on in db.session.execute(query):
        cannot[hand].add(on)
    return values, {hand: cannot[hand] - {v.on for v in values[hand]} for hand in HANDS}


def _has_other_device(circle: Circle, device: Device, window: Window) -> bool:
    query = (
        sa.select(Measurement.id)
        .join(CheckIn)
        .where(*_live(circle), *_grip_within(window), Measurement.device_id != device.id)
        .limit(1)
    )
    return db.session.scalar(query) is not None


def _grip_within(window: Window) -> tuple[sa.ColumnElement[bool], ...]:
    return Measurement.kind == GRIP, Measurement.on.between(window.first_on, window.last_on)


def _live(circle: Circle) -> tuple[sa.ColumnElement[bool], ...]:
    return CheckIn.circle_id == circle.id, CheckIn.deleted_at.is_(None)


def _count(circle: Circle, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(CheckIn).where(*_live(circle), *conditions)
    return db.session.scalar(query) or 0


def _joined(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _dotted(points: Iterable[tuple[float, float]]) -> str:
    """Lines of no length: their caps are the dots."""
    return "".join(f"M{x} {y}h0" for x, y in points)
