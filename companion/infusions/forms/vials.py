"""The form of a vial."""

from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.forms import DecimalField, Form, TextField
from companion.infusions.forms.shared import check_grams, whole_number


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


def month_of(text: str) -> date | None:
    """The first day of a month that was typed as year and month in either order; None where it is none."""
    parts = [part for part in text.strip().replace("/", "-").replace(".", "-").split("-") if part.strip()]
    numbers = [whole_number(part) for part in parts]
    if len(numbers) == 2 and numbers[1] > 12:
        numbers.reverse()
    if len(numbers) != 2 or not 1 <= numbers[1] <= 12 or not 2000 <= numbers[0] <= 2100:
        return None
    return date(numbers[0], numbers[1], 1)
