"""What the page shows: twelve weeks of each hand, as pictures and as a table, infusions, everyday tasks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from companion.checkins import queries as checkins
from companion.checkins.models import EASY, GRIP, HANDS, CheckIn, Device, MarkerTask, Measurement, TaskAnswer
from companion.checkins.queries import DayValue
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions.queries import infusions_between
from companion.insights.queries.pictures import Picture, Window, grip_picture, rating_picture

SPAN_DAYS = 84


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
