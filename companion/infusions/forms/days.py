"""The forms of one day: given, moved, skipped."""

from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.forms import DecimalField, Form, LocalDateField, LocalTimeField
from companion.infusions.forms.shared import check_grams, check_near
from companion.infusions.models import BOOKED, EXPECTED, InfusionDay
from companion.infusions.words import SKIP_WORDS


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
