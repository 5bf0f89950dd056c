"""The form of a reaction."""

from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.forms import Form, LocalDateField, TextField
from companion.infusions.forms.shared import check_near
from companion.infusions.words import SEVERITY_WORDS

LONGEST_REACTION_BYTES = 4000


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
