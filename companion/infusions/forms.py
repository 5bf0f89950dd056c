"""What the forms of infusions accept, and the words of their errors."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation, ValidationError

from companion.domain import recurrence
from companion.domain.measurements import NotAQuantity, parse_quantity
from companion.domain.recurrence import BadInterval, BadOffsets, Policy
from companion.formatting import short_date
from companion.forms import DecimalField, Form, LocalDateField, LocalTimeField, TextField, ZoneField
from companion.infusions.models import BOOKED, EXPECTED, InfusionDay, Regimen
from companion.infusions.operations import NoRoom
from companion.infusions.words import SEVERITY_WORDS, SKIP_WORDS, rhythm_words

QUICK_RHYTHMS = ((1, "week"), (2, "week"), (3, "week"), (4, "week"), (6, "week"), (8, "week"))
OTHER = "other"
GRAMS, PER_KG, PER_KG_DAY = "g", "g_per_kg", "g_per_kg_day"
MOST = {GRAMS: Decimal(1000), PER_KG: Decimal(10), PER_KG_DAY: Decimal(10)}
FAR_DAYS = 731
LONGEST_REACTION_BYTES = 4000


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


class DayForm(Form):
    """What happened on a day: the real date and the grams, both optional."""

    given_on = LocalDateField()
    grams = DecimalField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_given_on(self, field: Any) -> None:
        if field.data is None:
            return
        if field.data > self.today:
            raise ValidationError(_("This day is still to come. Choose today or an earlier day."))
        check_near(field.data, self.today)

    def validate_grams(self, field: Any) -> None:
        check_grams(field.data)


class MoveForm(Form):
    """The new date of a day, with a time where there is one."""

    to_on = LocalDateField()
    local_time = LocalTimeField()
    booked = wtforms.StringField()

    def __init__(self, *args: Any, today: date, moved: InfusionDay | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.moved = today, moved

    def validate_to_on(self, field: Any) -> None:
        if field.data is None:
            if not field.errors:
                raise ValidationError(_("Choose the new date."))
            return
        check_near(field.data, self.today)
        if self.changes_nothing:
            raise ValidationError(_("This is the date it has now. Choose another day or time."))

    @property
    def changes_nothing(self) -> bool:
        """Whether the day has this date, time and certainty already."""
        if self.moved is None:
            return False
        now = {"to_on": self.moved.planned_on, "local_time": self.moved.local_time}
        to = self.move() | {"local_time": self.move()["local_time"] or self.moved.local_time}
        return to == now | {"certainty": self.moved.infusion.certainty}

    def move(self) -> dict[str, Any]:
        """The move as operations take it."""
        return {
            "to_on": self.to_on.data,
            "local_time": self.local_time.data.strftime("%H:%M") if self.local_time.data else None,
            "certainty": BOOKED if self.booked.data == BOOKED else EXPECTED,
        }


class SkipForm(Form):
    """Why a day did not happen; the reason can be left out."""

    reason = wtforms.StringField()

    def validate_reason(self, field: Any) -> None:
        if field.data and field.data not in SKIP_WORDS:
            raise ValidationError(_("Choose one of the answers."))


class VialForm(Form):
    """One lot number as it is printed, never filled in beforehand."""

    lot = TextField(most_bytes=60)
    grams = DecimalField()
    expires = wtforms.StringField()

    def validate_lot(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Type the lot number from the label."))

    def validate_grams(self, field: Any) -> None:
        check_grams(field.data)

    def validate_expires(self, field: Any) -> None:
        if field.data and self.expires_on is None:
            raise ValidationError(_("Type month and year, such as 03/2028."))

    @property
    def expires_on(self) -> date | None:
        """The first day of the month of expiry: `2028-03`, `03/2028` and `3.2028` are read."""
        return month_of(self.expires.data or "")

    def vial(self) -> dict[str, Any]:
        """The vial as operations take it."""
        return {"lot": self.lot.data, "grams": self.grams.data, "expires_on": self.expires_on}


class ReactionForm(Form):
    """What went wrong, how bad, on which day."""

    what = TextField(most_bytes=LONGEST_REACTION_BYTES)
    severity = wtforms.StringField()
    started_on = LocalDateField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_what(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Say in a few words what it was."))

    def validate_severity(self, field: Any) -> None:
        if field.data not in SEVERITY_WORDS:
            raise ValidationError(_("Choose how bad it was."))

    def validate_started_on(self, field: Any) -> None:
        if field.data is None:
            if not field.errors:
                raise ValidationError(_("Choose the day."))
            return
        if field.data > self.today:
            raise ValidationError(_("This day is still to come. Choose today or an earlier day."))
        check_near(field.data, self.today, most_days=3660)

    def reaction(self) -> dict[str, Any]:
        """The reaction as operations take it."""
        return {"what": self.what.data, "severity": self.severity.data, "started_on": self.started_on.data}


def rhythm_value(count: int, unit: str) -> str:
    """The value of a tile: `4-week`."""
    return f"{count}-{unit}"


def regimen_values(regimen: Regimen, next_on: date | None, certainty: str) -> dict[str, Any]:
    """What the form of a plan starts with when the plan is changed."""
    every = (regimen.interval_count, regimen.interval_unit)
    quick = every in QUICK_RHYTHMS
    by_weight = PER_KG_DAY if regimen.dose_each_day else PER_KG
    return {
        "first_on": next_on,
        "certainty": certainty,
        "rhythm": rhythm_value(*every) if quick else OTHER,
        "every_count": None if quick else str(regimen.interval_count),
        "every_unit": None if quick else regimen.interval_unit,
        "days": str(regimen.days_per_course),
        "product": regimen.product,
        "route": regimen.route,
        "dose": regimen.total_grams if regimen.total_grams is not None else regimen.dose_g_per_kg,
        "dose_unit": GRAMS if regimen.total_grams is not None else by_weight if regimen.dose_g_per_kg else None,
        "local_time": _clock(regimen.local_time),
        "tz": regimen.tz,
        "place": regimen.place,
        "at_home": {True: "home", False: "clinic"}.get(regimen.at_home) if regimen.at_home is not None else None,
        "policy": regimen.policy,
    }


def no_room_words(refused: NoRoom, day: InfusionDay | None = None) -> str:
    """Why a date cannot be, and what to do."""
    on = short_date(refused.on)
    if not refused.after:
        return str(_("%(date)s is taken by the infusion day before. Choose a later day.", date=on))
    if refused.booked:
        return str(_("The next one is booked for %(date)s. Choose a day before it, or skip this one.", date=on))
    return str(_("The next one is on %(date)s. Choose a day before it, or skip this one.", date=on))


def check_near(on: date, today: date, most_days: int = FAR_DAYS) -> None:
    """Refuse a date more than two years away, which is nearly always a slip of the year."""
    if on < today - timedelta(days=most_days):
        raise ValidationError(_("This date is long ago. Please check the year."))
    if on > today + timedelta(days=FAR_DAYS):
        raise ValidationError(_("This date is far ahead. Please check the year."))


def check_grams(grams: Decimal | None) -> None:
    """Refuse grams that cannot be."""
    if grams is not None and not 0 < grams <= MOST[GRAMS]:
        raise StopValidation(_("Type the grams, such as 20, or leave it empty."))


def whole_number(text: str | None) -> int:
    """A count that was typed, 0 where it is none."""
    try:
        value = parse_quantity(text or "")
    except NotAQuantity:
        return 0
    return int(value) if value == value.to_integral_value() else 0


def month_of(text: str) -> date | None:
    """The first day of a month that was typed as year and month in either order; None where it is none."""
    parts = [part for part in text.strip().replace("/", "-").replace(".", "-").split("-") if part.strip()]
    numbers = [whole_number(part) for part in parts]
    if len(numbers) == 2 and numbers[1] > 12:
        numbers.reverse()
    if len(numbers) != 2 or not 1 <= numbers[1] <= 12 or not 2000 <= numbers[0] <= 2100:
        return None
    return date(numbers[0], numbers[1], 1)


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
