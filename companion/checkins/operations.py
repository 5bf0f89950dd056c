"""Writes of check-ins: record, change, remove, bring back, and what is tracked."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from companion.accounts.models import Account
from companion.checkins import queries
from companion.checkins.models import (
    DAILY_HANDS,
    GRIP,
    MOVEMENT,
    TAPPING,
    CheckIn,
    Device,
    FunctionAnswer,
    MarkerTask,
    Measurement,
    QuestionnaireTotal,
    TaskAnswer,
)
from companion.circles.models import Circle
from companion.database import public_id
from companion.domain import check_in_plan
from companion.domain.hand_function import BOTH, rhythm_spread_ms
from companion.domain.measurements import kind_of
from companion.domain.recurrence import local_instant
from companion.extensions import db

PARTS_OF = {MOVEMENT: check_in_plan.MOVEMENTS, DAILY_HANDS: check_in_plan.DAILY_HANDS}


class NothingAnswered(Exception):
    """A check-in needs at least one answer."""


class NothingToRepeat(Exception):
    """There is no earlier rating to repeat."""


@dataclass(frozen=True, slots=True)
class GripTry:
    """One try of one hand: a number in the device's unit, or None for "cannot do with this hand"."""

    hand: str
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class TaskTry:
    """How one marker task went with one hand."""

    task: MarkerTask
    hand: str
    answer: str


@dataclass(frozen=True, slots=True)
class MovementTry:
    """How one movement of one side is: as_usual, weaker or cannot."""

    movement: str
    side: str
    answer: str


@dataclass(frozen=True, slots=True)
class DailyTry:
    """How one everyday thing went, with one hand or both: easy, with_effort or cannot."""

    item: str
    answer: str


@dataclass(frozen=True, slots=True)
class TapTry:
    """A tapping test of one hand: the moments of the taps in milliseconds since it began, and how long it took."""

    hand: str
    times_ms: tuple[int, ...]
    seconds: Decimal


@dataclass(frozen=True, slots=True)
class Answers:
    """What a check-in says. Ratings are 4 like my best to 0 no strength; a left-out question is None or empty."""

    left_rating: int | None = None
    right_rating: int | None = None
    grips: tuple[GripTry, ...] = ()
    tasks: tuple[TaskTry, ...] = ()
    movements: tuple[MovementTry, ...] = ()
    daily_hands: tuple[DailyTry, ...] = ()
    taps: tuple[TapTry, ...] = ()
    symptoms: frozenset[str] = frozenset()
    hand_warmth: str | None = None
    context: frozenset[str] = frozenset()
    note: str | None = None
    repeated: bool = False

    @property
    def is_repeated(self) -> bool:
        """Whether this says "same as last time" and nothing more: ratings that are no fresh look."""
        return self.repeated and self == Answers(self.left_rating, self.right_rating, repeated=True)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered at all. What only explains a number is not an answer alone."""
        rated = self.left_rating is not None or self.right_rating is not None
        tried = self.grips or self.tasks or self.movements or self.daily_hands or self.taps
        return not (rated or tried or self.symptoms or self.note)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a check-in is about: the instant, the zone there, and the local date then, never recomputed."""

    recorded_at: datetime
    tz: str
    on: date


def moment_of(on: date, *, today: date, tz: str, now: datetime, earlier: bool = False) -> Moment:
    """The moment of a check-in about a local date: now for today, noon for an earlier day.

    "Earlier today" is half-way between midnight and now: nobody is asked for a clock time, only the order counts.
    """
    if on == today and earlier:
        midnight = local_instant(today, time(0), ZoneInfo(tz))
        return Moment(midnight + max(now - midnight, timedelta(0)) / 2, tz, today)
    if on == today:
        return Moment(now, tz, today)
    return Moment(local_instant(on, time(12), ZoneInfo(tz)), tz, on)


def record_check_in(
    circle: Circle,
    account: Account,
    answers: Answers,
    *,
    moment: Moment,
    device: Device | None,
    now: datetime,
    client_id: str | None = None,
    told_by: str | None = None,
) -> CheckIn:
    """Store one report of how the hands are; `told_by` phone or paper where somebody typed it for the patient.

    Raises NothingAnswered.
    """
    if answers.is_empty:
        raise NothingAnswered
    row = CheckIn(
        public_id=public_id(),
        circle_id=circle.id,
        account_id=account.id,
        client_id=client_id,
        told_by=told_by,
        created_at=now,
    )
    _fill(row, answers, moment, device)
    db.session.add(row)
    db.session.flush()
    return row


def change_check_in(
    row: CheckIn,
    answers: Answers,
    *,
    moment: Moment,
    device: Device | None,
    keep_note: bool,
    now: datetime,
    parts: frozenset[str] = frozenset(),
) -> CheckIn:
    """Replace the answers of a check-in; `keep_note` for a member who may not see notes. Raises NothingAnswered.

    Movements and everyday hands are replaced only when `parts` names them, so that a page without these questions
    loses nothing. A tapping test is never changed, only moved to another day together with its check-in.
    """
    note = row.note if keep_note else answers.note
    replaced = {kind for kind, part in PARTS_OF.items() if part in parts}
    kept = [one for one in row.function_answers if one.kind not in replaced]
    taps = row.taps
    if answers.is_empty and not (note or kept or taps):
        raise NothingAnswered
    row.measurements[:] = taps
    row.task_answers.clear()
    row.function_answers[:] = kept
    db.session.flush()
    _fill(row, _only(answers, replaced), moment, device)
    for answer in kept:
        answer.on = moment.on
    for tap in taps:
        tap.on, tap.recorded_at = moment.on, moment.recorded_at
    row.note = note
    row.edited_at = now
    db.session.flush()
    return row


def _only(answers: Answers, kinds: set[str]) -> Answers:
    """The answers without movements and everyday hands that stay as they are, and without a second tapping test."""
    movements = answers.movements if MOVEMENT in kinds else ()
    daily_hands = answers.daily_hands if DAILY_HANDS in kinds else ()
    return replace(answers, movements=movements, daily_hands=daily_hands, taps=())


def repeat_check_in(circle: Circle, account: Account, *, moment: Moment, now: datetime) -> CheckIn:
    """ "Same as last time": the ratings only, marked as repeated. Raises NothingToRepeat."""
    last = queries.latest_check_in(circle)
    if last is None:
        raise NothingToRepeat
    answers = Answers(left_rating=last.left_rating, right_rating=last.right_rating, repeated=True)
    return record_check_in(circle, account, answers, moment=moment, device=None, now=now)


def remove_check_in(row: CheckIn, *, now: datetime) -> None:
    """Take a check-in out of sight; it can be brought back."""
    row.deleted_at = row.deleted_at or now
    db.session.flush()


def bring_back_check_in(row: CheckIn) -> None:
    """Undo a removal."""
    row.deleted_at = None
    db.session.flush()


def answer_when_it_came(row: CheckIn, *, suddenly: bool) -> None:
    """Keep the answer to "Did it come within minutes or hours?"."""
    row.came_suddenly = suddenly
    db.session.flush()


def record_total(
    circle: Circle,
    account: Account,
    *,
    name: str,
    total: Decimal,
    out_of: Decimal | None,
    on: date,
    now: datetime,
    client_id: str | None = None,
) -> QuestionnaireTotal:
    """Keep the total of a questionnaire that was filled in elsewhere on a date."""
    row = QuestionnaireTotal(circle_id=circle.id, account_id=account.id, client_id=client_id, created_at=now)
    row.name, row.total, row.out_of, row.on = name, total, out_of, on
    db.session.add(row)
    db.session.flush()
    return row


def remove_total(row: QuestionnaireTotal, *, now: datetime) -> None:
    """Take a total out of sight; it can be brought back."""
    row.deleted_at = row.deleted_at or now
    db.session.flush()


def bring_back_total(row: QuestionnaireTotal) -> None:
    """Undo a removal."""
    row.deleted_at = None
    db.session.flush()


def choose_rhythm(circle: Circle, *, rhythm: str, parts: frozenset[str]) -> None:
    """How often the person wants to be asked, and for what beside the daily question."""
    circle.check_in_rhythm, circle.check_in_parts = rhythm, parts
    db.session.flush()


def use_device(circle: Circle, *, name: str, unit: str, on: date) -> Device:
    """Measure with this grip meter from now on; another device or unit starts a new baseline."""
    current = queries.current_device(circle)
    if current is not None and (current.name, current.unit) == (name, unit):
        return current
    if current is not None:
        current.retired_on = on
    device = Device(circle_id=circle.id, name=name, unit=unit, unit_kind=kind_of(unit), started_on=on)
    db.session.add(device)
    db.session.flush()
    return device


def watch_tasks(circle: Circle, keys: list[str], own_words: str | None, *, on: date) -> list[MarkerTask]:
    """Watch these everyday tasks from now on: known keys in their order, then one in the person's words.

    A task that stays keeps its row, so its answers go on in one line; one that goes is kept for the past.
    """
    wanted = [(key, None) for key in keys] + ([(None, own_words)] if own_words else [])
    kept = {(task.key, task.words): task for task in queries.active_tasks(circle)}
    for pair, task in kept.items():
        if pair not in wanted:
            task.retired_on = on
    for position, pair in enumerate(wanted):
        task = kept.get(pair) or MarkerTask(
            public_id=public_id(), circle_id=circle.id, key=pair[0], words=pair[1], started_on=on
        )
        task.position = position
        db.session.add(task)
    db.session.flush()
    return queries.active_tasks(circle)


def _fill(row: CheckIn, answers: Answers, moment: Moment, device: Device | None) -> None:
    row.recorded_at, row.tz, row.on = moment.recorded_at, moment.tz, moment.on
    row.left_rating, row.right_rating = answers.left_rating, answers.right_rating
    row.symptoms, row.note, row.repeated = answers.symptoms, answers.note, answers.is_repeated
    row.hand_warmth, row.context = answers.hand_warmth, answers.context
    row.measurements.extend(_tapping(row, one) for one in answers.taps)
    row.function_answers.extend(
        FunctionAnswer(
            circle_id=row.circle_id, kind=MOVEMENT, item=one.movement, side=one.side, answer=one.answer, on=row.on
        )
        for one in answers.movements
    )
    row.function_answers.extend(
        FunctionAnswer(
            circle_id=row.circle_id, kind=DAILY_HANDS, item=one.item, side=BOTH, answer=one.answer, on=row.on
        )
        for one in answers.daily_hands
    )
    if device is not None:
        row.measurements.extend(_measurement(row, one, device) for one in answers.grips)
    row.task_answers.extend(
        TaskAnswer(circle_id=row.circle_id, marker_task_id=one.task.id, hand=one.hand, answer=one.answer, on=row.on)
        for one in answers.tasks
    )


def _measurement(row: CheckIn, one: GripTry, device: Device) -> Measurement:
    number = one.value is not None
    return Measurement(
        circle_id=row.circle_id,
        kind=GRIP,
        hand=one.hand,
        answer="number" if number else "cannot",
        value=one.value,
        unit=device.unit if number else None,
        unit_kind=device.unit_kind if number else None,
        device_id=device.id,
        on=row.on,
        recorded_at=row.recorded_at,
    )


def _tapping(row: CheckIn, one: TapTry) -> Measurement:
    return Measurement(
        circle_id=row.circle_id,
        kind=TAPPING,
        hand=one.hand,
        answer="number",
        value=Decimal(len(one.times_ms)),
        unit="taps",
        unit_kind="count",
        seconds=one.seconds,
        rhythm_spread_ms=rhythm_spread_ms(one.times_ms),
        on=row.on,
        recorded_at=row.recorded_at,
    )
