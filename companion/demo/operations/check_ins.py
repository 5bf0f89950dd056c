"""The check-ins of the sample, written in one go: hundreds of rows, but the same rows that the forms make."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from random import Random

from companion.accounts.models import Account
from companion.checkins.models import (
    DAILY_HANDS,
    EASY,
    GRIP,
    MOVEMENT,
    WITH_EFFORT,
    CheckIn,
    Device,
    FunctionAnswer,
    MarkerTask,
    Measurement,
    TaskAnswer,
)
from companion.checkins.operations import record_total, use_device, watch_tasks
from companion.circles.models import Circle
from companion.demo.operations import hands
from companion.demo.operations.calendar import FIRST_CHECK_IN, ZONE, Calendar
from companion.demo.operations.people import People
from companion.domain.hand_function import BOTH, MOVEMENTS, SIDES
from companion.domain.hand_function import DAILY_HANDS as DAILY_HANDS_ITEMS
from companion.extensions import db

DEVICE = "Hand dynamometer"
UNUSUAL_WORK = (-330, -60, -8)
TOTALS = {-500: 33, -380: 38, -255: 39, -130: 37, -20: 38}
"""Of a questionnaire on paper, at the visits: made up."""
TWO_WEEKS_AWAY, FEW_DAYS_AWAY = range(-252, -238), range(-127, -121)
LAST_WEEK = range(-7, 0)
SUNDAY = 6
WINTER = (11, 12, 1, 2, 3)
NOTES = {
    -548: "First entry. The nurse showed me how to hold the meter.",
    -512: "Could open the front door with the right hand again.",
    -430: "Handles on the new mugs are wider. Much better.",
    -330: "Long week at work, typed a lot.",
    -237: "Back from two weeks away. Left the meter at home.",
    -150: "The infusion came four days late this time.",
    -101: "Headache is gone. The nurse wrote it down too.",
    -60: "Warmed both hands in warm water before the test.",
    -8: "Ben did the shopping bags.",
    -2: "Left hand tired on the stairs rail.",
}


@dataclass
class _Diary:
    """Ana's rows in the making, and what the next one depends on."""

    circle: Circle
    account: Account
    device: Device
    tasks: list[MarkerTask]
    rows: list[CheckIn] = field(default_factory=list)


def record_anas_check_ins(people: People, days: Calendar, rng: Random) -> None:
    """About five a week, with days left out, grip in most of them, and everyday tasks on Sundays."""
    first_on = days.on(FIRST_CHECK_IN)
    diary = _Diary(
        people.circle,
        people.ana,
        use_device(people.circle, name=DEVICE, unit="kg", on=first_on),
        watch_tasks(people.circle, list(hands.TASK_NEEDS_KG), None, on=first_on),
    )
    starts = days.course_starts
    for offset in range(FIRST_CHECK_IN, 0):
        skipped = rng.random() < 0.27 and offset not in LAST_WEEK and offset not in NOTES
        away = offset in TWO_WEEKS_AWAY or offset in FEW_DAYS_AWAY
        if not skipped and not away:
            diary.rows.append(_check_in(diary, days.on(offset), offset, starts, days, rng))
    _add_now_and_then(diary, days)
    db.session.add_all(diary.rows)
    db.session.flush()
    for offset, total in TOTALS.items():
        on = days.on(offset)
        record_total(
            people.circle, people.ana, name="MMN-RODS", total=Decimal(total), out_of=None, on=on, now=days.at(on, 19)
        )


def record_sams_check_ins(people: People, days: Calendar) -> None:
    """A few, without a grip meter: ratings and one task."""
    circle = people.sams_circle
    task = watch_tasks(circle, ["pen"], None, on=days.on(-40))[0]
    for offset, left, right in ((-33, 4, 2), (-26, 4, 3), (-19, 4, 3), (-12, 4, 2), (-5, 4, 3), (-1, 4, 3)):
        on = days.on(offset)
        row = _empty_row(circle, people.sam, on, days.at(on, 20))
        row.left_rating, row.right_rating = left, right
        answer = EASY if right == 3 else WITH_EFFORT
        row.task_answers.append(_task_answer(circle, task, "right", answer, on))
        db.session.add(row)
    db.session.flush()


def _check_in(diary: _Diary, on: date, offset: int, starts: list[date], days: Calendar, rng: Random) -> CheckIn:
    row = _empty_row(diary.circle, diary.account, on, days.at(on, rng.choice((8, 9, 18, 19, 20)), rng.randrange(60)))
    row.note = NOTES.get(offset)
    last = diary.rows[-1] if diary.rows else None
    if last is not None and offset not in LAST_WEEK and offset not in NOTES and rng.random() < 0.06:
        row.left_rating, row.right_rating, row.repeated = last.left_rating, last.right_rating, True
        return row
    row.symptoms = _symptoms(on, starts, rng)
    cold = 0.93 if "cold" in row.symptoms else 1.0
    shares = {hand: hands.strength(hand, on, starts) * cold for hand in hands.BEST_KG}
    row.left_rating = _rating(shares["left"], [r.left_rating for r in diary.rows[-3:]])
    row.right_rating = _rating(shares["right"], [r.right_rating for r in diary.rows[-3:]])
    if offset in LAST_WEEK or rng.random() < 0.9:
        for hand, share in shares.items():
            row.measurements.append(_grip(diary, row, hand, share, rng.gauss(1, 0.035)))
    if on.weekday() == SUNDAY:
        row.task_answers.extend(_sunday_tasks(diary, on, shares))
    return row


def _add_now_and_then(diary: _Diary, days: Calendar) -> None:
    """The movement check on Sundays, the daily-hands list on every second one, and what explains a cold day."""
    for row in diary.rows:
        offset = (row.on - days.on(0)).days
        if row.repeated:
            continue
        if "cold" in row.symptoms:
            row.hand_warmth, row.context = "cold", frozenset({"cold_outside"})
        elif row.measurements:
            row.hand_warmth = "warm"
        if offset in UNUSUAL_WORK:
            row.context = row.context | {"unusual_work"}
        if row.on.weekday() != SUNDAY:
            continue
        shares = {hand: hands.strength(hand, row.on, days.course_starts) for hand in hands.BEST_KG}
        row.function_answers = [
            _function_answer(row, MOVEMENT, movement, side, hands.movement_answer(movement, side, offset, shares))
            for movement in MOVEMENTS
            for side in SIDES
        ]
        if row.on.toordinal() // 7 % 2 == 0:
            row.function_answers += [
                _function_answer(row, DAILY_HANDS, item, BOTH, hands.daily_answer(item, shares))
                for item in DAILY_HANDS_ITEMS
            ]


def _function_answer(row: CheckIn, kind: str, item: str, side: str, answer: str) -> FunctionAnswer:
    return FunctionAnswer(circle_id=row.circle_id, kind=kind, item=item, side=side, answer=answer, on=row.on)


def _empty_row(circle: Circle, account: Account, on: date, at: datetime) -> CheckIn:
    return CheckIn(
        circle_id=circle.id,
        account_id=account.id,
        recorded_at=at,
        created_at=at,
        tz=ZONE,
        on=on,
        symptoms=frozenset(),
        context=frozenset(),
        repeated=False,
    )


def _rating(share: float, before: list[int | None]) -> int:
    """Never two steps below the last ones: the sample has no sudden weakness."""
    return max([hands.rating(share), *(rating - 1 for rating in before if rating is not None)])


def _grip(diary: _Diary, row: CheckIn, hand: str, share: float, wobble: float) -> Measurement:
    return Measurement(
        circle_id=diary.circle.id,
        kind=GRIP,
        hand=hand,
        answer="number",
        value=hands.grip_kg(hand, share, wobble),
        unit=diary.device.unit,
        unit_kind=diary.device.unit_kind,
        device_id=diary.device.id,
        on=row.on,
        recorded_at=row.recorded_at,
    )


def _sunday_tasks(diary: _Diary, on: date, shares: dict[str, float]) -> list[TaskAnswer]:
    return [
        _task_answer(diary.circle, task, hand, hands.task_answer(task.key or "", hand, share), on)
        for task in diary.tasks
        for hand, share in shares.items()
    ]


def _task_answer(circle: Circle, task: MarkerTask, hand: str, answer: str, on: date) -> TaskAnswer:
    return TaskAnswer(circle_id=circle.id, marker_task_id=task.id, hand=hand, answer=answer, on=on)


def _symptoms(on: date, starts: list[date], rng: Random) -> frozenset[str]:
    after_infusion = any(0 <= (on - start).days <= 3 for start in starts)
    chances = {
        "cold": 0.2 if on.month in WINTER else 0.01,
        "cramps": 0.05,
        "twitching": 0.05,
        "tiredness": 0.3 if after_infusion else 0.05,
        "finger_drop": 0.03,
    }
    return frozenset(name for name, chance in chances.items() if rng.random() < chance)
