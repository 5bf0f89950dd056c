"""What the forms of supplies accept, and the words of their errors."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation, ValidationError

from companion.domain.label_dates import first_date
from companion.domain.measurements import NotAQuantity, parse_quantity
from companion.forms import DecimalField, Form, LocalDateField, TextField
from companion.supplies.models import KINDS, VIAL

MOST_PIECES, MOST_GRAMS = 9999, Decimal(100)
FAR_DAYS = 731


class CountField(TextField):
    """A whole number of pieces; nothing typed is None."""

    count: int | None = None

    def __init__(self, *, least: int = 1, needed: bool = True, **kwargs: Any) -> None:
        super().__init__(most_bytes=12, **kwargs)
        self.least, self.needed = least, needed

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            if self.needed:
                raise StopValidation(_("Say how many."))
            return
        try:
            value = parse_quantity(self.data)
        except NotAQuantity:
            raise StopValidation(_("Type a whole number, such as 4.")) from None
        if value != value.to_integral_value() or not self.least <= value <= MOST_PIECES:
            raise StopValidation(_("Type a whole number, such as 4."))
        self.count = int(value)


class ExpiryField(TextField):
    """The last day of use as labels print it; only a month means its last day."""

    on: date | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most_bytes=30, **kwargs)

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        found = first_date(self.data, after_its_word=True)
        if found is None or found.on is None or found.end < len(self.data):
            raise StopValidation(_("Type month and year, such as 03/2028."))
        self.on = found.on


class SupplyForm(Form):
    """A kind of thing at home. Its name is enough."""

    kind = wtforms.StringField(default=VIAL)
    name = TextField(most_bytes=120)
    grams = DecimalField()
    low_at = CountField(least=0, needed=False)

    def validate_kind(self, field: Any) -> None:
        if field.data not in KINDS:
            raise ValidationError(_("Choose one of these."))

    def validate_name(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Say what it is, as on the package."))

    def validate_grams(self, field: Any) -> None:
        if field.data is not None and not 0 < field.data <= MOST_GRAMS:
            raise StopValidation(_("Type the grams, such as 20, or leave it empty."))

    def supply(self) -> dict[str, Any]:
        """The supply as operations take it."""
        grams = self.grams.data if self.kind.data == VIAL else None
        return {"name": self.name.data, "grams": grams, "low_at": self.low_at.count}


class StockForm(Form):
    """Pieces that came."""

    count = CountField()
    lot = TextField(most_bytes=60)
    expires = ExpiryField()

    def stock(self) -> dict[str, Any]:
        """The pieces as operations take them."""
        return {"count": self.count.count, "lot": self.lot.data, "expires_on": self.expires.on}


class RecountForm(Form):
    """How many are really there."""

    count = CountField(least=0)


class ParcelForm(Form):
    """Pieces on their way; the day may be unknown."""

    count = CountField()
    expected_on = LocalDateField()

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_expected_on(self, field: Any) -> None:
        if field.data is None:
            return
        if field.data < self.today:
            raise ValidationError(_("This date is over. Choose today or a later day."))
        if field.data > self.today + timedelta(days=FAR_DAYS):
            raise ValidationError(_("This date is far ahead. Please check the year."))


def used_counts(typed: dict[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """The counts of a form with one field a supply, by its public id, and the errors by the same ids."""
    counts, errors = dict[str, int](), dict[str, str]()
    for ident, text in typed.items():
        try:
            value = parse_quantity(text) if text.strip() else Decimal(0)
        except NotAQuantity:
            value = Decimal(-1)
        if value != value.to_integral_value() or not 0 <= value <= MOST_PIECES:
            errors[ident] = str(_("Type a whole number, such as 4."))
        else:
            counts[ident] = int(value)
    return counts, errors
