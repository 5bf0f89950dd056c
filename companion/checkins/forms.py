"""What a check-in form accepts, and the words of its errors."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from companion.checkins.models import (
    CANNOT,
    CONTEXTS,
    EASY,
    HANDS,
    SYMPTOMS,
    TASK_KEYS,
    WARMTHS,
    WITH_EFFORT,
    CheckIn,
    Device,
    MarkerTask,
)
from companion.checkins.operations import (
    Answers,
    DailyTry,
    GripTry,
    Moment,
    MovementTry,
    TapTry,
    TaskTry,
    moment_of,
)
from companion.checkins.queries import stored_answers
from companion.domain.check_in_plan import PARTS, RHYTHMS
from companion.domain.hand_function import (
    AS_USUAL,
    DAILY_ANSWERS,
    DAILY_HANDS,
    MOST_SECONDS,
    MOST_TAPS,
    MOVEMENT_ANSWERS,
    MOVEMENTS,
    SIDES,
)
from companion.domain.measurements import UNIT_KINDS, check
from companion.formatting import joined, number, unit_word
from companion.forms import DecimalField, Form, LocalDateField, TextField

LONGEST_NOTE_BYTES = 16_000
MOST_TASKS = 3
MOST_TOTAL = 1000
OLDEST_DAYS = 3660
NOW, TODAY, EARLIER, YESTERDAY, OTHER = "now", "today", "earlier", "yesterday", "other"
"""The days to choose from, beside a date. `today` is what pages of before called `now`."""
DAYS_BACK = range(2, 8)
TAPPING_SECONDS = 10

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


def last_words(row: CheckIn) -> str:
    """The ratings of a check-in in one line, left hand first."""
    pairs = (("left", row.left_rating), ("right", row.right_rating))
    return joined(
        [
            _("%(hand)s: %(rating)s", hand=HAND_WORDS[hand], rating=RATING_WORDS[r])
            for hand, r in pairs
            if r is not None
        ]
    )


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


class DayField(wtforms.Field):
    """Now, earlier today, yesterday, another day, or one of the last days by its date."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist else None
        if self.data in (None, "", NOW, TODAY, EARLIER, YESTERDAY, OTHER):
            return
        try:
            date.fromisoformat(str(self.data))
        except ValueError:
            self.data = None
            raise ValueError(_("Choose one of the answers.")) from None


class TapTimesField(wtforms.Field):
    """The moments of taps in milliseconds since the test began, in order: `0,190,402`."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data: tuple[int, ...] = ()
        if not valuelist or not valuelist[0].strip():
            return
        parts = valuelist[0].split(",")
        whole = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 6]
        too_late = bool(whole) and whole[-1] > MOST_SECONDS * 1000
        if len(whole) != len(parts) or len(whole) > MOST_TAPS or whole != sorted(whole) or too_late:
            raise ValueError(_("The taps could not be read. Please do the test again."))
        self.data = tuple(whole)


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


class DayForm(Form):
    """Which day something is about: by a tap, without a date wheel."""

    day = DayField(default=NOW)
    on = LocalDateField()
    today: date

    def days_back(self) -> list[date]:
        """The days before yesterday that can be chosen by a tap."""
        return [self.today - timedelta(days=n) for n in DAYS_BACK]

    def _day_is_good(self) -> bool:
        on, field = self.chosen_on(), self.on if self.day.data == OTHER else self.day
        if field.errors:
            return False
        if on is None:
            field.errors = [_("Choose the day.")]
        elif on > self.today:
            field.errors = [_("This day has not come yet. Choose today or an earlier day.")]
        elif (self.today - on).days > OLDEST_DAYS:
            field.errors = [_("Please check the year.")]
        return not field.errors

    def chosen_on(self) -> date | None:
        """The local date that this is about."""
        day = self.day.data or NOW
        if day == OTHER:
            return self.on.data
        known = {NOW: self.today, TODAY: self.today, EARLIER: self.today, YESTERDAY: self.today - timedelta(days=1)}
        return known.get(day) or date.fromisoformat(day)


class CheckInForm(DayForm):
    """The questions that every check-in has. Grip and tasks are added by `form_for`."""

    left_rating = RatingField()
    right_rating = RatingField()
    symptoms = SomeOf(allowed=SYMPTOMS)
    hand_warmth = OneOf(allowed=WARMTHS)
    context = SomeOf(allowed=CONTEXTS)
    rest = OneOf(allowed=(AS_USUAL,))
    repeated = wtforms.BooleanField()
    left_tap_times = TapTimesField()
    right_tap_times = TapTimesField()
    part = SomeOf(allowed=PARTS)
    note = TextField(most_bytes=LONGEST_NOTE_BYTES)

    device: Device | None
    tasks: list[MarkerTask]
    tries: int
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
            movements=self._movements(),
            daily_hands=tuple(
                DailyTry(item, answer) for item in DAILY_HANDS if (answer := self[f"daily_{item}"].data)
            ),
            taps=tuple(
                TapTry(hand, times, Decimal(TAPPING_SECONDS))
                for hand in HANDS
                if (times := self[f"{hand}_tap_times"].data)
            ),
            symptoms=self.symptoms.data or frozenset(),
            hand_warmth=self.hand_warmth.data,
            context=self.context.data or frozenset(),
            note=self.note.data,
            repeated=self.repeated.data,
        )

    def _movements(self) -> tuple[MovementTry, ...]:
        """What was marked; with "the rest is as usual" all others too."""
        marked = [(movement, side, self[f"movement_{movement}_{side}"].data) for movement, side in MOVEMENT_FIELDS]
        return tuple(
            MovementTry(movement, side, answer or self.rest.data)
            for movement, side, answer in marked
            if answer or self.rest.data
        )

    def moment(self, now: datetime, before: CheckIn | None = None) -> Moment:
        """The time this is about; a check-in that keeps its day keeps its time."""
        on = self.chosen_on()
        if before is not None and before.on == on:
            return Moment(before.recorded_at, before.tz, before.on)
        earlier = self.day.data == EARLIER
        return moment_of(on or self.today, today=self.today, tz=self.tz, now=now, earlier=earlier)


MOVEMENT_FIELDS = tuple((movement, side) for movement in MOVEMENTS for side in SIDES)


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
    fields: dict[str, Any] = {
        f"movement_{movement}_{side}": OneOf(allowed=MOVEMENT_ANSWERS) for movement, side in MOVEMENT_FIELDS
    }
    fields |= {f"daily_{item}": OneOf(allowed=DAILY_ANSWERS) for item in DAILY_HANDS}
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
    days = {today: NOW, today - timedelta(days=1): YESTERDAY}
    days |= {day: day.isoformat() for n in DAYS_BACK if (day := today - timedelta(days=n))}
    return {**stored_answers(row), "note": row.note, "day": days.get(row.on, OTHER), "on": row.on}


def tries_in(row: CheckIn) -> int:
    """How many tries a hand of a stored check-in has at most."""
    return max((sum(m.hand == hand and m.value is not None for m in row.grips) for hand in HANDS), default=0)


class TotalForm(DayForm):
    """The total of a questionnaire that was filled in elsewhere."""

    name = TextField(most_bytes=160)
    total = DecimalField()
    out_of = DecimalField()

    @property
    def sum(self) -> Decimal:
        """The total, after validation."""
        assert self.total.data is not None
        return self.total.data

    def validate(self, extra_validators: Any = None) -> bool:
        """A name and a total are needed; a total is not more than the most there is."""
        good: bool = super().validate(extra_validators)
        if not self.name.data and not self.name.errors:
            self.name.errors, good = [_("Type the name that stands on the questionnaire.")], False
        if self.total.data is None and not self.total.errors:
            self.total.errors, good = [_("Type the total.")], False
        for field in (self.total, self.out_of):
            if field.data is not None and not 0 <= field.data <= MOST_TOTAL:
                field.errors, good = [_("A total is from 0 to %(most)s.", most=MOST_TOTAL)], False
        total, most = self.total.data, self.out_of.data
        if good and total is not None and most is not None and total > most:
            self.total.errors, good = [_("The total is more than the highest one. Please check both.")], False
        return self._day_is_good() and good


class TrackingForm(Form):
    """What the person tracks: a grip meter or none, and everyday tasks."""

    has_grip_meter = OneOf(allowed=("yes", "no"))
    unit = OneOf(allowed=tuple(UNIT_KINDS), default="kg")
    device_name = TextField(most_bytes=160)
    tries = OneOf(allowed=("1", "3"), default="1")
    tasks = SomeOf(allowed=TASK_KEYS)
    own_task = TextField(most_bytes=160)
    rhythm = OneOf(allowed=RHYTHMS)
    parts = SomeOf(allowed=PARTS)
    has_parts = wtforms.BooleanField()

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
