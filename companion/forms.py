"""Fields that every form shares: they accept what people type and say what to do when they cannot."""

import re
import unicodedata
from collections.abc import Collection
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import wtforms
from flask import g, has_request_context
from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion.domain.measurements import NotAQuantity, parse_quantity

TIME = re.compile(r"(\d{1,2})[:.](\d{2})(:\d{2}(\.\d+)?)?", re.ASCII)
PHONE = re.compile(r"[0-9+() .\-]*", re.ASCII)
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}", re.ASCII)
LONGEST_EMAIL = 254
LONGEST_PHONE, FEWEST_DIGITS = 40, 2
THUMBS = ("both", "left", "right")
NOT_TEXT = ("Cc", "Cs")  # control characters and halves of a character


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class Form(wtforms.Form):
    """A form whose errors can be listed in the order of its fields, and that keeps what was typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_request_context():
            g.form = self  # a program that sent this form is told of the same errors as a page

    def error_list(self) -> list[tuple[str, str]]:
        """Pairs of field id and message, at most one a field."""
        return [(field.id, str(field.errors[0])) for field in self if field.errors]

    def error(self, name: str) -> str:
        """The message of one field, or nothing."""
        errors = self[name].errors
        return str(errors[0]) if errors else ""

    def typed(self, name: str) -> str:
        """The text to show in a field: what was typed, else the value it starts with."""
        field = self[name]
        if field.raw_data:
            return str(field.raw_data[0])
        return "" if field.data is None else str(field._value() if hasattr(field, "_value") else field.data)

    def chosen(self, name: str) -> list[str]:
        """The ticked values of a field with tiles."""
        field = self[name]
        if field.raw_data is not None:
            return [str(value) for value in field.raw_data]
        data = field.data
        if data is None:
            return []
        return [str(value) for value in data] if isinstance(data, (list, set, frozenset)) else [str(data)]


class TextField(wtforms.StringField):
    """Text without blank edges; too long a text is refused with a message that says how long."""

    def __init__(self, label: Any = "", validators: Any = None, most_bytes: int = 200, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.most_bytes = most_bytes

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            kept = (c for c in valuelist[0] if c in "\n\t" or unicodedata.category(c) not in NOT_TEXT)
            self.data = "".join(kept).strip() or None

    def pre_validate(self, form: Any) -> None:
        if self.data and len(self.data.encode()) > self.most_bytes:
            raise StopValidation(
                _("This text is too long. Keep it under %(count)s letters.", count=self.most_bytes // 4 * 2)
            )


class DecimalField(wtforms.Field):
    """A number with a dot or a comma: `12.5`, `12,5`, full-width digits. Anything else keeps what was typed."""

    widget = wtforms.widgets.TextInput()

    def _value(self) -> str:
        return "" if self.data is None else f"{self.data:f}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data: Decimal | None = None
        if not text:
            return
        try:
            self.data = parse_quantity(text)
        except NotAQuantity:
            raise ValueError(_("Type a number in digits, such as 12.5")) from None


def whole_number(text: str | None) -> int:
    """A count that was typed, 0 where it is none."""
    try:
        value = parse_quantity(text or "")
    except NotAQuantity:
        return 0
    return int(value) if value == value.to_integral_value() else 0


class TickedField(wtforms.Field):
    """The ticked tiles of a question, each a known code word; none is an answer too."""

    def __init__(self, *args: Any, known: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data: frozenset[str] = frozenset(valuelist)
        if not self.data <= set(self.known):
            raise ValueError(_("Choose one of the answers."))


class LocalDateField(wtforms.Field):
    """A calendar date, `YYYY-MM-DD`; an impossible one is refused with words."""

    widget = wtforms.widgets.DateInput()

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data: date | None = None
        if not text:
            return
        try:
            self.data = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("This day does not exist. Choose a day in the calendar.")) from None
        if not 1900 <= self.data.year <= 2200:
            self.data = None
            raise ValueError(_("Please check the year."))


class LocalTimeField(wtforms.Field):
    """A time of day, `HH:MM`."""

    widget = wtforms.widgets.TimeInput()

    def _value(self) -> str:
        return self.data.strftime("%H:%M") if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        self.data: time | None = None
        if not text:
            return
        typed = TIME.fullmatch(text)
        try:
            self.data = time(int(typed[1]), int(typed[2])) if typed else None
        except ValueError:
            self.data = None
        if self.data is None:
            raise ValueError(_("Type a time such as 9:00 or 14:30."))


class PhoneField(wtforms.StringField):
    """A phone number, kept as it was typed; empty is fine."""

    def pre_validate(self, form: Any) -> None:
        phone = unicodedata.normalize("NFKC", self.data or "").strip()
        if len(phone) > LONGEST_PHONE:
            raise StopValidation(_("This number is too long. Type one number only."))
        if phone and (not PHONE.fullmatch(phone) or sum(c.isdigit() for c in phone) < FEWEST_DIGITS):
            raise StopValidation(_("Type digits only. Spaces, +, - and brackets are fine."))
        self.data: str | None = phone or None


def check_email(email: str) -> None:
    """Refuse a normalised mail address that cannot be one; the mail that arrives is the real check.

    Raises StopValidation.
    """
    if not email:
        raise StopValidation(_("Type your email address."))
    if len(email) > LONGEST_EMAIL:
        raise StopValidation(_("This address is too long. Check it and type it again."))
    if not EMAIL.fullmatch(email):
        raise StopValidation(_("This does not look complete. It should look like name@example.org."))


class ZoneField(wtforms.StringField):
    """The name of a time zone, such as Europe/London."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in _zones():
            raise StopValidation(_("This time zone is not known. Type a name such as Europe/London."))


class TouchFields(Form):
    """Which thumb presses, and how large the keys are: for oneself, or set up for the patient."""

    thumb = wtforms.StringField()
    extra_large = wtforms.BooleanField()

    def validate_thumb(self, field: wtforms.Field) -> None:
        """One of the three tiles."""
        if field.data not in THUMBS:
            raise StopValidation(_("Choose one of these."))
