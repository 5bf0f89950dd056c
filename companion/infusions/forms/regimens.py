"""The form of a plan, and the words of its errors."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.domain import recurrence
from companion.domain.recurrence import BadInterval, BadOffsets, Policy, Unit
from companion.forms import DecimalField, Form, LocalDateField, LocalTimeField, TextField, ZoneField, whole_number
from companion.infusions.forms.course_days import (
    DAY_COUNTS,
    IN_A_ROW,
    check_day_count,
    check_further_day,
    day_values,
    is_rising,
    offsets_in,
)
from companion.infusions.forms.shared import MOST_GRAMS, check_near
from companion.infusions.models import BOOKED, EXPECTED, Regimen, RegimenDose
from companion.infusions.operations import Dose, Loading
from companion.infusions.words import rhythm_words

QUICK_RHYTHMS = ((1, "week"), (2, "week"), (3, "week"), (4, "week"), (6, "week"), (8, "week"))
OTHER = "other"
MAINTENANCE, LOADING = "maintenance", "loading"
ALL, DOSE_ALONE = "all", "dose"
GOES_ON, ENDS_THEN, ENDS_ON = "on", "then", "date"
FROM_NEXT, CORRECTED, FROM_DATE = "next", "correct", "date"
MOST_AFTER_DAYS = 365
GRAMS, PER_KG, PER_KG_DAY = "g", "g_per_kg", "g_per_kg_day"
MOST = {GRAMS: MOST_GRAMS, PER_KG: Decimal(10), PER_KG_DAY: Decimal(10)}


class RegimenForm(Form):
    """A plan. Two answers are needed: when is the next infusion, and how often; the dose is stored as typed."""

    first_on = LocalDateField()
    certainty = wtforms.StringField()
    rhythm = wtforms.StringField()
    every_count = TextField(most_bytes=12)
    every_unit = wtforms.StringField()
    days = wtforms.StringField(default="1")
    spacing = wtforms.StringField(default=IN_A_ROW)
    day_2 = TextField(most_bytes=12)
    day_3 = TextField(most_bytes=12)
    day_4 = TextField(most_bytes=12)
    day_5 = TextField(most_bytes=12)
    product = TextField(most_bytes=120)
    route = wtforms.StringField()
    dose = DecimalField()
    dose_unit = wtforms.StringField()
    local_time = LocalTimeField()
    tz = ZoneField()
    place = TextField(most_bytes=200)
    at_home = wtforms.StringField()
    policy = wtforms.StringField(default=str(Policy.FROM_REAL))

    MORE: tuple[str, ...] = ("product", "route", "dose", "dose_unit", "local_time", "tz", "place", "at_home")
    """The fields that are folded away at first."""

    def __init__(self, *args: Any, today: date, earliest: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.earliest = today, earliest

    def validate_first_on(self, field: Any) -> None:
        if field.data is None:
            if not field.errors:
                raise ValidationError(_("Choose the date of the next infusion."))
            return
        if self.earliest and field.data < self.earliest:
            raise ValidationError(_("This date is over. Choose today or a later day."))
        check_near(field.data, self.today)

    def validate_rhythm(self, field: Any) -> None:
        if field.data != OTHER and field.data not in {rhythm_value(*each) for each in QUICK_RHYTHMS}:
            raise ValidationError(_("Choose how often."))

    def validate_every_count(self, field: Any) -> None:
        if self.rhythm.data != OTHER:
            return
        try:
            recurrence.validate_interval(whole_number(field.data), self.every_unit.data or "")
        except BadInterval:
            raise ValidationError(_("Choose 1 to 365 days, 1 to 52 weeks or 1 to 12 months.")) from None

    def validate_days(self, field: Any) -> None:
        check_day_count(field)
        offsets = offsets_in(self)
        if not is_rising(offsets):
            return  # said at the day that is not
        try:
            recurrence.validate_offsets(offsets, recurrence.validate_interval(*self.every))
        except BadInterval:
            return  # said at its own field
        except BadOffsets:
            raise ValidationError(
                _("These days do not fit. The next course begins %(rhythm)s.", rhythm=rhythm_words(*self.every))
            ) from None

    def validate_day_2(self, field: Any) -> None:
        check_further_day(self, "", 2)

    def validate_day_3(self, field: Any) -> None:
        check_further_day(self, "", 3)

    def validate_day_4(self, field: Any) -> None:
        check_further_day(self, "", 4)

    def validate_day_5(self, field: Any) -> None:
        check_further_day(self, "", 5)

    def validate_dose(self, field: Any) -> None:
        _check_dose(field, self.dose_unit.data)

    def validate_dose_unit(self, field: Any) -> None:
        _check_unit(field, self.dose.data)

    @property
    def every(self) -> tuple[int, str]:
        """Interval count and unit; a count of 0 where none can be read."""
        if self.rhythm.data == OTHER:
            return whole_number(self.every_count.data), self.every_unit.data or ""
        count, _dash, unit = (self.rhythm.data or "").partition("-")
        return whole_number(count), unit

    def typed_dose(self) -> Dose:
        """The dose as typed; an empty one where there is none."""
        return _typed_dose(self.dose.data, self.dose_unit.data)

    def plan(self, first: str) -> dict[str, Any]:
        """The plan as operations take it; `first` is their name for the first date."""
        count, unit = self.every
        return {
            first: self.first_on.data,
            "certainty": BOOKED if self.certainty.data == BOOKED else EXPECTED,
            "interval_count": count,
            "interval_unit": unit,
            "day_offsets": offsets_in(self),
            "product": self.product.data,
            "route": self.route.data if self.route.data in ("IV", "SC") else None,
            "local_time": self.local_time.data.strftime("%H:%M") if self.local_time.data else None,
            "tz": self.tz.data,
            "place": self.place.data,
            "at_home": {"home": True, "clinic": False}.get(self.at_home.data or ""),
            "policy": str(Policy.PLANNED_WEEKDAY if self.policy.data == Policy.PLANNED_WEEKDAY else Policy.FROM_REAL),
        }


class LoadingForm(RegimenForm):
    """A plan with a loading course of its own days and dose, where `has_loading`."""

    loading_days = wtforms.StringField(default="1")
    loading_spacing = wtforms.StringField(default=IN_A_ROW)
    loading_day_2 = TextField(most_bytes=12)
    loading_day_3 = TextField(most_bytes=12)
    loading_day_4 = TextField(most_bytes=12)
    loading_day_5 = TextField(most_bytes=12)
    loading_after = TextField(most_bytes=12)
    loading_after_unit = wtforms.StringField(default=str(Unit.WEEK))
    loading_dose = DecimalField()
    loading_dose_unit = wtforms.StringField()

    @property
    def has_loading(self) -> bool:
        """Whether the days of a loading course are asked."""
        return False

    @property
    def has_loading_dose(self) -> bool:
        """Whether its dose is asked; it can be corrected when the days are history."""
        return self.has_loading

    def validate_loading_days(self, field: Any) -> None:
        if self.has_loading:
            check_day_count(field)

    def validate_loading_day_2(self, field: Any) -> None:
        self._check_loading_day(2)

    def validate_loading_day_3(self, field: Any) -> None:
        self._check_loading_day(3)

    def validate_loading_day_4(self, field: Any) -> None:
        self._check_loading_day(4)

    def validate_loading_day_5(self, field: Any) -> None:
        self._check_loading_day(5)

    def _check_loading_day(self, number: int) -> None:
        if self.has_loading:
            check_further_day(self, "loading_", number)

    def validate_loading_after(self, field: Any) -> None:
        if not self.has_loading:
            return
        if not 1 <= self.after_days <= MOST_AFTER_DAYS:
            raise ValidationError(_("Type when maintenance begins: 1 to 365 days, or 1 to 52 weeks."))
        if self.loading_days.data in DAY_COUNTS and self.after_days <= offsets_in(self, "loading_")[-1]:
            raise ValidationError(_("The loading course is not over by then. Type a larger number."))

    def validate_loading_dose(self, field: Any) -> None:
        if self.has_loading_dose:
            _check_dose(field, self.loading_dose_unit.data)

    def validate_loading_dose_unit(self, field: Any) -> None:
        if self.has_loading_dose:
            _check_unit(field, self.loading_dose.data)

    @property
    def after_days(self) -> int:
        """How many days after the first loading day maintenance begins."""
        return whole_number(self.loading_after.data) * (7 if self.loading_after_unit.data == Unit.WEEK else 1)

    def typed_loading_dose(self) -> Dose:
        """The dose of the loading course as typed."""
        return _typed_dose(self.loading_dose.data, self.loading_dose_unit.data)

    def loading(self) -> Loading | None:
        """The loading course as operations take it."""
        if not self.has_loading:
            return None
        return Loading(offsets_in(self, "loading_"), self.after_days, self.typed_loading_dose())


class NewRegimenForm(LoadingForm):
    """A plan that begins: perhaps with a loading course, perhaps in place of the one so far."""

    begins = wtforms.StringField(default=MAINTENANCE)
    old_ends = wtforms.StringField(default=GOES_ON)
    old_plan = wtforms.StringField()
    old_ends_on = LocalDateField()

    def __init__(self, *args: Any, running: Sequence[str], **kwargs: Any) -> None:
        """`running` names the plans that may end, by their public ids."""
        super().__init__(*args, **kwargs)
        self.running = running

    def validate_old_plan(self, field: Any) -> None:
        if self.old_ends.data not in (ENDS_ON, ENDS_THEN) or not self.running:
            return
        if len(self.running) == 1:
            field.data = field.data or self.running[0]
        if field.data not in self.running:
            raise ValidationError(_("Choose which plan ends."))

    def validate_old_ends_on(self, field: Any) -> None:
        if self.old_ends.data != ENDS_ON:
            return
        if field.data is None:
            raise ValidationError(field.errors[0] if field.errors else _("Choose when the old plan ends."))
        check_near(field.data, self.today)
        if field.data < self.today:
            raise ValidationError(_("This date is over. Choose today or a later day."))

    @property
    def has_loading(self) -> bool:
        """Whether the plan begins with a loading course."""
        return bool(self.begins.data == LOADING)

    def end_of_old_plan(self) -> date | None:
        """When the plan so far ends; None where it goes on."""
        if self.old_ends.data == ENDS_ON:
            return self.old_ends_on.data
        return self.first_on.data if self.old_ends.data == ENDS_THEN else None


class ChangedRegimenForm(LoadingForm):
    """A plan that changes; a new dose says from when it counts.

    `loading`: what of its loading course can still change: all of it, or the dose alone; nothing where it has none.
    """

    dose_counts = wtforms.StringField(default=FROM_NEXT)
    dose_from_on = LocalDateField()

    MORE = (*RegimenForm.MORE, "dose_from_on")

    def __init__(self, *args: Any, of_loading: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of_loading = of_loading

    @property
    def has_loading(self) -> bool:
        """Whether its days and what comes after them can still change."""
        return self.of_loading == ALL

    @property
    def has_loading_dose(self) -> bool:
        """Whether it began with a loading course."""
        return self.of_loading is not None

    def validate_dose_from_on(self, field: Any) -> None:
        if self.dose_counts.data != FROM_DATE:
            return
        if field.data is None:
            raise ValidationError(field.errors[0] if field.errors else _("Choose from when the dose counts."))
        check_near(field.data, self.today)

    def dose_from(self) -> date | None:
        """From when the dose counts; None where it corrects the one that is known."""
        if self.dose_counts.data == CORRECTED:
            return None
        return self.dose_from_on.data if self.dose_counts.data == FROM_DATE else self.first_on.data


def _check_dose(field: Any, unit: str | None) -> None:
    if field.data is None:
        return
    if field.data <= 0:
        raise ValidationError(_("Type a dose above 0, or leave it empty."))
    if field.data > MOST.get(unit or "", MOST[GRAMS]):
        raise ValidationError(_("This number is very high. Please read the letter or label again."))


def _check_unit(field: Any, dose: Decimal | None) -> None:
    if dose is not None and field.data not in MOST:
        raise ValidationError(_("Choose what the number means."))


def _typed_dose(dose: Decimal | None, unit: str | None) -> Dose:
    return Dose(
        total_grams=dose if unit == GRAMS else None,
        dose_g_per_kg=dose if unit in (PER_KG, PER_KG_DAY) else None,
        dose_each_day=dose is not None and unit == PER_KG_DAY,
    )


def rhythm_value(count: int, unit: str) -> str:
    """The value of a tile: `4-week`."""
    return f"{count}-{unit}"


def loading_values(offsets: Sequence[int], dose: RegimenDose | None, after_days: int | None) -> dict[str, Any]:
    """What the fields of a loading course start with; without `after_days` its days are history."""
    values = {f"loading_{name}": value for name, value in _dose_values(dose).items()}
    if after_days is None:
        return values
    unit, count = (Unit.DAY, after_days) if after_days % 7 else (Unit.WEEK, after_days // 7)
    values |= {"loading_after": str(count), "loading_after_unit": str(unit)}
    return values | day_values(offsets, "loading_")


def regimen_values(
    regimen: Regimen, dose: RegimenDose | None, next_on: date | None, certainty: str
) -> dict[str, Any]:
    """What the form of a plan starts with when the plan is changed."""
    every = (regimen.interval_count, regimen.interval_unit)
    quick = every in QUICK_RHYTHMS
    return {
        "first_on": next_on,
        "certainty": certainty,
        "rhythm": rhythm_value(*every) if quick else OTHER,
        "every_count": None if quick else str(regimen.interval_count),
        "every_unit": None if quick else regimen.interval_unit,
        **day_values(regimen.day_offsets),
        "product": regimen.product,
        "route": regimen.route,
        **_dose_values(dose),
        "local_time": _clock(regimen.local_time),
        "tz": regimen.tz,
        "place": regimen.place,
        "at_home": {True: "home", False: "clinic"}.get(regimen.at_home) if regimen.at_home is not None else None,
        "policy": regimen.policy,
    }


def _dose_values(dose: RegimenDose | None) -> dict[str, Any]:
    if dose is None:
        return {"dose": None, "dose_unit": None}
    if dose.total_grams is not None:
        return {"dose": dose.total_grams, "dose_unit": GRAMS}
    return {"dose": dose.dose_g_per_kg, "dose_unit": PER_KG_DAY if dose.dose_each_day else PER_KG}


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
