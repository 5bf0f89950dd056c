"""The one field of the answer pages, and the words of its errors."""

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms.validators import InputRequired, ValidationError

from companion.formatting import short_date
from companion.forms import Form, LocalDateField
from companion.infusions.operations import NoRoom

FARTHEST = timedelta(days=366)


class MoveForm(Form):
    """The new date of a day. Tell it the date that is planned now."""

    to_on = LocalDateField(validators=[InputRequired(lazy_gettext("Choose the new day."))])

    def __init__(self, *args: Any, planned_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.planned_on = planned_on

    def validate_to_on(self, field: LocalDateField) -> None:
        """Another day, not more than a year away."""
        if field.data is None:
            return
        if field.data == self.planned_on:
            raise ValidationError(_("This is the day it has now. Choose another one."))
        if abs(field.data - self.planned_on) > FARTHEST:
            raise ValidationError(_("This is more than a year away. Please check the year."))

    def refuse(self, error: NoRoom) -> None:
        """Say why there is no room on the chosen day."""
        self.to_on.errors = [no_room_words(error)]


def no_room_words(error: NoRoom) -> str:
    """What stands in the way, and what to do."""
    on = short_date(error.on)
    if error.after:
        return str(_("Another infusion day is on %(date)s. Choose a day before it.", date=on))
    return str(_("Another infusion day is on %(date)s. Choose a day after it.", date=on))
