"""The form of a plan, and the words of its errors."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.domain import recurrence
from companion.domain.recurrence import BadInterval, BadOffsets, Policy
from companion.forms import DecimalField, Form, LocalDateField, LocalTimeField, TextField, ZoneField
from companion.infusions.forms.shared import MOST_GRAMS, check_near, whole_number
from companion.infusions.models import BOOKED, EXPECTED, Regimen, RegimenDose
from companion.infusions.words import rhythm_words

QUICK_RHYTHMS = ((1, "week"), (2, "week"), (3, "week"), (4, "week"), (6, "week"), (8, "week"))
OTHER = "other"
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
    product = TextField(most_bytes=120)
    route = wtforms.StringField()
    dose = DecimalField()
    dose_unit = wtforms.StringField()
    local_time = LocalTimeField()
    tz = ZoneField()
    place = TextField(most_bytes=200)
    at_home = wtforms.StringField()
    policy = wtforms.StringField(default=str(Policy.FROM_REAL))

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
        if field.data not in ("1", "2", "3", "4", "5"):
            raise ValidationError(_("Choose 1 to 5 days."))
        try:
            interval = recurrence.validate_interval(*self.every)
            recurrence.validate_offsets(range(int(field.data)), interval)
        except BadInterval:
            return  # said at its own field
        except BadOffsets:
            raise ValidationError(
                _("These days do not fit. The next course begins %(rhythm)s.", rhythm=rhythm_words(*self.every))
            ) from None

    def validate_dose(self, field: Any) -> None:
        if field.data is None:
            return
        if field.data <= 0:
            raise ValidationError(_("Type a dose above 0, or leave it empty."))
        if field.data > MOST.get(self.dose_unit.data or "", MOST[GRAMS]):
            raise ValidationError(_("This number is very high. Please read the letter or label again."))

    def validate_dose_unit(self, field: Any) -> None:
        if self.dose.data is not None and field.data not in MOST:
            raise ValidationError(_("Choose what the number means."))

    @property
    def every(self) -> tuple[int, str]:
        """Interval count and unit; a count of 0 where none can be read."""
        if self.rhythm.data == OTHER:
            return whole_number(self.every_count.data), self.every_unit.data or ""
        count, _dash, unit = (self.rhythm.data or "").partition("-")
        return whole_number(count), unit

    def plan(self, first: str) -> dict[str, Any]:
        """The plan as operations take it; `first` is their name for the first date."""
        count, unit = self.every
        dose, dose_unit = self.dose.data, self.dose_unit.data
        return {
            first: self.first_on.data,
            "certainty": BOOKED if self.certainty.data == BOOKED else EXPECTED,
            "interval_count": count,
            "interval_unit": unit,
            "day_offsets": list(range(int(self.days.data))),
            "product": self.product.data,
            "route": self.route.data if self.route.data in ("IV", "SC") else None,
            "total_grams": dose if dose_unit == GRAMS else None,
            "dose_g_per_kg": dose if dose_unit in (PER_KG, PER_KG_DAY) else None,
            "dose_each_day": dose is not None and dose_unit == PER_KG_DAY,
            "local_time": self.local_time.data.strftime("%H:%M") if self.local_time.data else None,
            "tz": self.tz.data,
            "place": self.place.data,
            "at_home": {"home": True, "clinic": False}.get(self.at_home.data or ""),
            "policy": str(Policy.PLANNED_WEEKDAY if self.policy.data == Policy.PLANNED_WEEKDAY else Policy.FROM_REAL),
        }


def rhythm_value(count: int, unit: str) -> str:
    """The value of a tile: `4-week`."""
    return f"{count}-{unit}"


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
        "days": str(regimen.days_per_course),
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
