"""What a check-in form accepts, and the words of its errors."""

from datetime import date, datetime, timedelta
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from companion.checkins.models import (
    CANNOT,
    EASY,
    HANDS,
    SYMPTOMS,
    TASK_KEYS,
    WITH_EFFORT,
    CheckIn,
    Device,
    MarkerTask,
)
from companion.checkins.operations import Answers, GripTry, Moment, TaskTry, moment_of
from companion.domain.measurements import UNIT_KINDS, check
from companion.formatting import number, unit_word
from companion.forms import DecimalField, Form, LocalDateField, TextField

LONGEST_NOTE_BYTES = 16_000
MOST_TASKS = 3
OLDEST_DAYS = 3660
TODAY, YESTERDAY, OTHER = "today", "yesterday", "other"

HAND_WORDS = {"left": _l("Left hand"), "right": _l("Right hand")}
RATING_WORDS = {
    4: _l("Like my best"),
    3: _l("A little less"),
    2: _l("Much less"),
    1: _l("Hardly any"),
    0: _l("No strength"),
}
SYMPTOM_WORDS = {
    "cramps": _l("Cramps"),
    "twitching": _l("Twitching"),
    "tiredness": _l("Tiredness"),
    "cold": _l("Cold made it worse"),
    "wrist_drop": _l("Wrist drop"),
    "finger_drop": _l("Finger drop"),
    "foot_drop": _l("Foot drop"),
    "something_new": _l("Something new"),
}
TASK_WORDS = {
    "shirt_button": _l("Do up a shirt button"),
    "key": _l("Turn a key"),
    "full_cup": _l("Lift a full cup"),
    "pen": _l("Write with a pen"),
    "phone": _l("Type on a phone"),
    "jar": _l("Open a jar"),
}
ANSWER_WORDS = {EASY: _l("Easy"), WITH_EFFORT: _l("With effort"), CANNOT: _l("Cannot do with this hand")}


def task_words(task: MarkerTask) -> str:
    """What a marker task is called."""
    return str(TASK_WORDS[task.key]) if task.key else (task.words or "")


class RatingField(wtforms.Field):
    """A rating 0 to 4, or nothing."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data: int | None = None
        if valuelist and valuelist[0] != "":
            if valuelist[0] not in {str(rating) for rating in RATING_WORDS}:
                raise ValueError(_("Choose one of the answers."))
            self.data = int(valuelist[0])


class OneOf(wtforms.Field):
    """One of some code words, or nothing."""

    data: Any

    def __init__(self, label: Any = "", allowed: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.allowed = allowed

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and valuelist[0] != "":
            if valuelist[0] not in self.allowed:
                raise ValueError(_("Choose one of the answers."))
            self.data = valuelist[0]


class SomeOf(OneOf):
    """Any of some code words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if set(valuelist) - set(self.allowed):
            raise ValueError(_("Choose from the answers."))
        self.data = frozenset(valuelist)


class GripField(DecimalField):
    """One try in the unit of the device; out of range is refused with the limits."""

    def __init__(self, label: Any = "", unit: str = "kg", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.unit = unit

    def pre_validate(self, form: Any) -> None:
        problem = None if self.data is None else check(self.data, self.unit)
        if problem is None:
            return
        raise StopValidation(
            _(
                "A grip is from %(lowest)s to %(highest)s %(unit)s. Please check the number.",
                lowest=number(problem.lowest),
                highest=number(problem.highest),
                unit=unit_word(self.unit),
            )
        )


class CheckInForm(Form):
    """The questions that every check-in has. Grip and tasks are added by `form_for`."""

    left_rating = RatingField()
    right_rating = RatingField()
    symptoms = SomeOf(allowed=SYMPTOMS)
    note = TextField(most_bytes=LONGEST_NOTE_BYTES)
    day = OneOf(allowed=(TODAY, YESTERDAY, OTHER), default=TODAY)
    on = LocalDateField()

    device: Device | None
    tasks: list[MarkerTask]
    tries: int
    today: date
    tz: str

    def validate(self, extra_validators: Any = None) -> bool:
        """Fields first, then what only the whole can show."""
        good: bool = super().validate(extra_validators)
        good = self._day_is_good() and good
        good = self._grip_is_clear() and good
        if good and self.answers().is_empty:
            self.form_errors.append(_("Answer at least one question. All others can stay empty."))
            return False
        return good

    def error_list(self) -> list[tuple[str, str]]:
        """As always, with the words about the whole form first."""
        return [("left_rating-4", str(error)) for error in self.form_errors] + super().error_list()

    def _day_is_good(self) -> bool:
        if self.day.data != OTHER or self.on.errors:
            return not self.on.errors
        if self.on.data is None:
            self.on.errors = [_("Choose the day.")]
        elif self.on.data > self.today:
            self.on.errors = [_("This day has not come yet. Choose today or an earlier day.")]
        elif (self.today - self.on.data).days > OLDEST_DAYS:
            self.on.errors = [_("Please check the year.")]
        return not self.on.errors

    def _grip_is_clear(self) -> bool:
        for hand in HANDS if self.device else ():
            first = self[f"{hand}_grip"]
            if self[f"{hand}_grip_cannot"].data and any(f.data is not None for f in self._tries_of(hand)):
                first.errors = [_("Choose the number or “Cannot do with this hand”, not both.")]
                return False
        return True

    def _tries_of(self, hand: str) -> list[GripField]:
        names = [f"{hand}_grip"] + [f"{hand}_grip_{n}" for n in range(2, self.tries + 1)]
        return [self[name] for name in names]

    def answers(self) -> Answers:
        """What was answered; an untouched question is left out."""
        grips: list[GripTry] = []
        for hand in HANDS if self.device else ():
            if self[f"{hand}_grip_cannot"].data:
                grips.append(GripTry(hand, None))
            grips.extend(GripTry(hand, field.data) for field in self._tries_of(hand) if field.data is not None)
        tasks = [
            TaskTry(task, hand, self[f"task_{task.public_id}_{hand}"].data)
            for task in self.tasks
            for hand in HANDS
            if self[f"task_{task.public_id}_{hand}"].data
        ]
        return Answers(
            left_rating=self.left_rating.data,
            right_rating=self.right_rating.data,
            grips=tuple(grips),
            tasks=tuple(tasks),
            symptoms=self.symptoms.data or frozenset(),
            note=self.note.data,
        )

    def moment(self, now: datetime, before: CheckIn | None = None) -> Moment:
        """The time this is about; a check-in that keeps its day keeps its time."""
        days = {TODAY: self.today, YESTERDAY: self.today - timedelta(days=1)}
        on = days.get(self.day.data or TODAY, self.on.data)
        if before is not None and before.on == on:
            return Moment(before.recorded_at, before.tz, before.on)
        return moment_of(on or self.today, today=self.today, tz=self.tz, now=now)


def form_for(
    *,
    device: Device | None,
    tasks: list[MarkerTask],
    tries: int,
    today: date,
    tz: str,
    data: Any = None,
    **values: Any,
) -> CheckInForm:
    """The form of one circle: grip fields only with a device, task fields only for its marker tasks."""
    fields: dict[str, Any] = {}
    if device is not None:
        for hand in HANDS:
            fields[f"{hand}_grip_cannot"] = wtforms.BooleanField()
            for n in range(1, tries + 1):
                fields[f"{hand}_grip" if n == 1 else f"{hand}_grip_{n}"] = GripField(unit=device.unit)
    for task in tasks:
        for hand in HANDS:
            fields[f"task_{task.public_id}_{hand}"] = OneOf(allowed=(EASY, WITH_EFFORT, CANNOT))
    kind = type("CircleCheckInForm", (CheckInForm,), fields)
    form: CheckInForm = kind(data, data=values)
    form.device, form.tasks, form.tries, form.today, form.tz = device, tasks, tries, today, tz
    return form


def values_of(row: CheckIn, today: date) -> dict[str, Any]:
    """The fields of a stored check-in, to change it."""
    days = {today: TODAY, today - timedelta(days=1): YESTERDAY}
    values: dict[str, Any] = {
        "left_rating": row.left_rating,
        "right_rating": row.right_rating,
        "symptoms": row.symptoms,
        "note": row.note,
        "day": days.get(row.on, OTHER),
        "on": row.on,
    }
    counts = dict.fromkeys(HANDS, 0)
    for measurement in row.measurements:
        if measurement.answer == CANNOT:
            values[f"{measurement.hand}_grip_cannot"] = True
            continue
        counts[measurement.hand] += 1
        n = counts[measurement.hand]
        values[f"{measurement.hand}_grip" if n == 1 else f"{measurement.hand}_grip_{n}"] = measurement.value
    for answer in row.task_answers:
        values[f"task_{answer.marker_task.public_id}_{answer.hand}"] = answer.answer
    return values


def tries_in(row: CheckIn) -> int:
    """How many tries a hand of a stored check-in has at most."""
    return max((sum(m.hand == hand and m.value is not None for m in row.measurements) for hand in HANDS), default=0)


class TrackingForm(Form):
    """What the person tracks: a grip meter or none, and everyday tasks."""

    has_grip_meter = OneOf(allowed=("yes", "no"))
    unit = OneOf(allowed=tuple(UNIT_KINDS), default="kg")
    device_name = TextField(most_bytes=160)
    tries = OneOf(allowed=("1", "3"), default="1")
    tasks = SomeOf(allowed=TASK_KEYS)
    own_task = TextField(most_bytes=160)

    def validate(self, extra_validators: Any = None) -> bool:
        """Say yes or no to the meter; without one, at most three tasks."""
        good: bool = super().validate(extra_validators)
        if self.has_grip_meter.data is None and not self.has_grip_meter.errors:
            self.has_grip_meter.errors = [_("Say whether you have a grip meter.")]
            good = False
        if self.task_count > MOST_TASKS:
            self.tasks.errors = [_("Choose three at most. Fewer is easier to keep up.")]
            good = False
        return good

    @property
    def task_count(self) -> int:
        """How many tasks were chosen."""
        return len(self.tasks.data or ()) + bool(self.own_task.data)

    @property
    def task_keys(self) -> list[str]:
        """The chosen known tasks in their usual order."""
        return [key for key in TASK_KEYS if key in (self.tasks.data or ())]
