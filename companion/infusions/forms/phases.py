"""The forms of what happens to a whole plan: all dates shift, a pause, going on."""

from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.formatting import short_date
from companion.forms import Form, LocalDateField, TextField, whole_number
from companion.infusions.forms.shared import check_near
from companion.infusions.models import BOOKED, EXPECTED
from companion.infusions.operations import MOST_SHIFT_DAYS, DateIsOver, DateIsPaused, NoRoom
from companion.infusions.words import PAUSE_WORDS

LATER, EARLIER, OTHER, OPEN = "later", "earlier", "other", "open"
TODAY, ON_DATE, NEVER = "today", "date", "never"
QUICK_SHIFTS = ("1", "7", "14")


class ShiftForm(Form):
    """By how many days the expected dates move, and which way."""

    way = wtforms.StringField(default=LATER)
    days = wtforms.StringField()
    other_days = TextField(most_bytes=12)

    def validate_way(self, field: Any) -> None:
        if field.data not in (LATER, EARLIER):
            raise ValidationError(_("Choose later or earlier."))

    def validate_days(self, field: Any) -> None:
        if field.data not in (*QUICK_SHIFTS, OTHER):
            raise ValidationError(_("Choose by how many days."))

    def validate_other_days(self, field: Any) -> None:
        if self.days.data == OTHER and not 1 <= whole_number(field.data) <= MOST_SHIFT_DAYS:
            raise ValidationError(_("Type a number of days from 1 to 365."))

    @property
    def by_days(self) -> int:
        """The days, negative for earlier."""
        count = whole_number(self.other_days.data if self.days.data == OTHER else self.days.data)
        return -count if self.way.data == EARLIER else count


class PauseForm(Form):
    """From when to when a plan rests, and why; the end may be open."""

    from_on = LocalDateField()
    ends = wtforms.StringField(default="date")
    until_on = LocalDateField()
    reason = wtforms.StringField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_from_on(self, field: Any) -> None:
        _check_date(field, self.today, _("Choose the first day of the pause."))

    def validate_until_on(self, field: Any) -> None:
        if self.ends.data == OPEN:
            return
        _check_date(field, self.today, _("Choose the last day of the pause, or say that it is not known."))
        if field.data < self.today or (self.from_on.data and field.data < self.from_on.data):
            raise ValidationError(_("The last day is before the first one, or over. Choose a later day."))

    def validate_reason(self, field: Any) -> None:
        if field.data and field.data not in PAUSE_WORDS:
            raise ValidationError(_("Choose one of the answers."))

    def pause(self) -> dict[str, Any]:
        """The pause as operations take it."""
        until_on = None if self.ends.data == OPEN else self.until_on.data
        return {"from_on": self.from_on.data, "until_on": until_on, "reason": self.reason.data or None}


class EndForm(Form):
    """When a plan ends: today, on a date ahead, or not after all; without an answer today."""

    ends = wtforms.StringField(default=TODAY)
    ends_on = LocalDateField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_ends(self, field: Any) -> None:
        field.data = field.data or TODAY
        if field.data not in (TODAY, ON_DATE, NEVER):
            raise ValidationError(_("Choose one of the answers."))

    def validate_ends_on(self, field: Any) -> None:
        if self.ends.data != ON_DATE:
            return
        _check_date(field, self.today, _("Choose when the plan ends."))
        if field.data < self.today:
            raise ValidationError(_("This date is over. Choose today or a later day."))

    @property
    def is_over(self) -> bool:
        """Whether it ends at all."""
        return bool(self.ends.data != NEVER)

    @property
    def end_on(self) -> date:
        """The first day without the plan."""
        return self.ends_on.data if self.ends.data == ON_DATE and self.ends_on.data else self.today


class ResumeForm(Form):
    """The next infusion after a pause."""

    next_on = LocalDateField()
    certainty = wtforms.StringField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_next_on(self, field: Any) -> None:
        _check_date(field, self.today, _("Choose the date of the next infusion."))
        if field.data < self.today:
            raise ValidationError(_("This date is over. Choose today or a later day."))

    def going_on(self) -> dict[str, Any]:
        """The next date as operations take it."""
        return {
            "next_on": self.next_on.data,
            "certainty": BOOKED if self.certainty.data == BOOKED else EXPECTED,
        }


def shift_refused_words(refused: NoRoom | DateIsOver | DateIsPaused) -> str:
    """Why the dates cannot shift so far, and what to do."""
    on = short_date(refused.on)
    if isinstance(refused, DateIsOver):
        return str(_("The first date would be %(date)s, and that is over. Choose fewer days.", date=on))
    if isinstance(refused, DateIsPaused):
        return str(_("%(date)s is in the pause of the plan. Choose another number of days.", date=on))
    return str(_("The infusion of %(date)s stays, and one would reach it. Choose fewer days.", date=on))


def _check_date(field: Any, today: date, missing: str) -> None:
    if field.data is None:
        if not field.errors:
            raise ValidationError(missing)
        raise ValidationError(field.errors[0])
    check_near(field.data, today)
