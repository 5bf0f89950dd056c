"""The few questions of the first run."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion.circles.models import STAGES
from companion.forms import Form, LocalDateField, TextField

RHYTHMS = {
    "1-week": (1, "week"),
    "2-week": (2, "week"),
    "3-week": (3, "week"),
    "4-week": (4, "week"),
    "6-week": (6, "week"),
    "8-week": (8, "week"),
    "1-month": (1, "month"),
}
FARTHEST_DAYS = 400


class StageForm(Form):
    """Where the person is now."""

    stage = TextField()

    def validate(self, extra_validators: Any = None) -> bool:
        """One of the four answers."""
        if self.stage.data not in STAGES:
            self.stage.errors = [_("Choose what fits best now.")]
            return False
        return True


class ComingDate(LocalDateField):
    """A date from today on, at most thirteen months ahead."""

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        if self.data < form.today:
            raise StopValidation(_("Choose today or a later day."))
        if (self.data - form.today).days > FARTHEST_DAYS:
            raise StopValidation(_("This is more than a year ahead. Please check the date."))


class FirstInfusionForm(Form):
    """When is the next infusion, and how often?"""

    first_on = ComingDate()
    rhythm = TextField()
    today: date

    def validate(self, extra_validators: Any = None) -> bool:
        """Both are needed; either can be skipped with its page."""
        good: bool = super().validate(extra_validators)
        if self.first_on.data is None and not self.first_on.errors:
            self.first_on.errors, good = [_("Choose the day of the next infusion.")], False
        if self.rhythm.data not in RHYTHMS:
            self.rhythm.errors, good = [_("Choose how often.")], False
        return good

    @property
    def day(self) -> date:
        """The day of the next infusion, after validation."""
        assert self.first_on.data is not None
        return self.first_on.data

    @property
    def interval(self) -> tuple[int, str]:
        """Count and unit of the rhythm."""
        return RHYTHMS[self.rhythm.data or ""]


class FirstVisitForm(Form):
    """When is the next visit? It may stay empty."""

    next_visit_on = ComingDate()
    today: date
