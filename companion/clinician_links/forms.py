"""Which range a doctor may read, for how long and in which language."""

from datetime import date

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion.clinician_links.operations import DAYS
from companion.forms import Form, LocalDateField
from companion.language import LANGUAGES


class LinkForm(Form):
    """The range ends today at the latest: what is still to come is no record."""

    first_on = LocalDateField()
    last_on = LocalDateField()
    days = wtforms.StringField()
    language = wtforms.StringField()
    today: date

    def validate_first_on(self, field: wtforms.Field) -> None:
        if field.data is None and not field.errors:
            raise StopValidation(_("Choose the first day."))

    def validate_last_on(self, field: wtforms.Field) -> None:
        if field.errors:
            return
        if field.data is None:
            raise StopValidation(_("Choose the last day."))
        if field.data > self.today:
            raise StopValidation(_("This day is still to come. Choose today or an earlier day."))
        if self.first_on.data is not None and field.data < self.first_on.data:
            raise StopValidation(_("The last day is before the first one."))

    def validate_days(self, field: wtforms.Field) -> None:
        if field.data not in {str(days) for days in DAYS}:
            raise StopValidation(_("Choose one of these."))

    def validate_language(self, field: wtforms.Field) -> None:
        if field.data not in LANGUAGES:
            raise StopValidation(_("Choose one of these."))
