"""What people type about a visit, and the words when it does not fit."""

from datetime import date, time, timedelta
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.domain.recurrence import Interval
from companion.domain.visit_series import BadRepeat, validate_repeat
from companion.forms import Form, LocalDateField, LocalTimeField, PhoneField, TextField, ZoneField, whole_number
from companion.visits.models import KINDS, OTHER, Visit
from companion.visits.operations import repeat_of

QUICK_REPEATS = ((1, "week"), (2, "week"), (1, "month"), (3, "month"), (6, "month"), (12, "month"))
ONCE = "once"
THIS, LATER = "this", "later"
LONGEST_TEXT_BYTES = 4000
FAR_DAYS = 1830
MOST_MINUTES = 1440


class MoveForm(Form):
    """A new date and time; of a series also whether the later ones move along."""

    planned_on = LocalDateField()
    local_time = LocalTimeField()
    scope = wtforms.StringField(default=THIS)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_planned_on(self, field: Any) -> None:
        if field.data is None:
            if not field.errors:
                raise ValidationError(_("Choose the day of the visit."))
            return
        if abs(field.data - self.today) > timedelta(days=FAR_DAYS):
            raise ValidationError(_("Please check the year."))

    @property
    def with_later(self) -> bool:
        """Whether the later visits of the series change too."""
        return bool(self.scope.data == LATER)

    def timing(self) -> dict[str, Any]:
        """Date and time as operations take them."""
        local_time = self.local_time.data.strftime("%H:%M") if self.local_time.data else None
        return {"planned_on": self.planned_on.data, "local_time": local_time}


class VisitForm(MoveForm):
    """A visit. Two answers are needed: what is it, and on which day. The fields in the order of the page."""

    kind = wtforms.StringField()
    title = TextField(most_bytes=200)
    planned_on = LocalDateField()
    local_time = LocalTimeField()
    place = TextField(most_bytes=200)
    phone = PhoneField()
    length = TextField(most_bytes=12)
    repeat = wtforms.StringField(default=ONCE)
    every_count = TextField(most_bytes=12)
    every_unit = wtforms.StringField()
    bring = TextField(most_bytes=LONGEST_TEXT_BYTES)
    questions = TextField(most_bytes=LONGEST_TEXT_BYTES)
    note = TextField(most_bytes=LONGEST_TEXT_BYTES)
    tz = ZoneField()

    def validate_kind(self, field: Any) -> None:
        if field.data not in KINDS:
            raise ValidationError(_("Choose what it is."))

    def validate_title(self, field: Any) -> None:
        if self.kind.data == OTHER and not field.data and not field.errors:
            raise ValidationError(_("Say in a few words what it is."))

    def validate_length(self, field: Any) -> None:
        if field.data and not 1 <= whole_number(field.data) <= MOST_MINUTES:
            raise ValidationError(_("Type the minutes, such as 45, or leave it empty."))

    def validate_repeat(self, field: Any) -> None:
        if field.data not in {ONCE, OTHER, *(repeat_value(*each) for each in QUICK_REPEATS)}:
            raise ValidationError(_("Choose how often."))

    def validate_every_count(self, field: Any) -> None:
        if self.repeat.data != OTHER:
            return
        try:
            self.every()
        except BadRepeat:
            raise ValidationError(_("Choose 1 to 52 weeks or 1 to 12 months.")) from None

    def every(self) -> Interval | None:
        """How often it comes again, None for once. Raises BadRepeat."""
        if self.repeat.data == ONCE:
            return None
        if self.repeat.data == OTHER:
            return validate_repeat(whole_number(self.every_count.data), self.every_unit.data or "")
        count, _dash, unit = (self.repeat.data or "").partition("-")
        return validate_repeat(whole_number(count), unit)

    def details(self, with_private: bool) -> dict[str, Any]:
        """The visit as operations take it; questions and note only for those who may read them."""
        details = self.timing() | {
            "kind": self.kind.data,
            "title": self.title.data if self.kind.data == OTHER else None,
            "tz": self.tz.data,
            "length_minutes": whole_number(self.length.data) or None,
            "place": self.place.data,
            "phone": self.phone.data,
            "bring": self.bring.data,
        }
        if with_private:
            details |= {"questions": self.questions.data, "note": self.note.data}
        return details


def visit_values(visit: Visit, with_private: bool) -> dict[str, Any]:
    """What the form starts with when a visit is changed."""
    values: dict[str, Any] = {
        name: getattr(visit, name) for name in ("kind", "title", "place", "phone", "bring", "tz")
    }
    if with_private:
        values |= {"questions": visit.questions, "note": visit.note}
    series = visit.series if visit.series and not visit.series.ended_on else None
    length = str(visit.length_minutes) if visit.length_minutes else None
    return values | move_values(visit) | {"length": length} | _repeat_values(repeat_of(series) if series else None)


def move_values(visit: Visit) -> dict[str, Any]:
    """Date and time as a form starts with them."""
    return {"planned_on": visit.planned_on, "local_time": _clock(visit.local_time)}


def _repeat_values(repeat: Interval | None) -> dict[str, Any]:
    if repeat is None:
        return {"repeat": ONCE}
    every = (repeat.count, str(repeat.unit))
    if every in QUICK_REPEATS:
        return {"repeat": repeat_value(*every)}
    return {"repeat": OTHER, "every_count": str(repeat.count), "every_unit": str(repeat.unit)}


def repeat_value(count: int, unit: str) -> str:
    """The value of a tile: `3-month`."""
    return f"{count}-{unit}"


def _clock(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
