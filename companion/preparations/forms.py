"""What people type about duties and things to prepare, and the words when it does not fit."""

from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.domain.measurements import NotAQuantity, parse_quantity
from companion.forms import Form, TextField
from companion.preparations.models import ROLES
from companion.preparations.queries import MOST_LEAD_DAYS

NAME, OPEN, NOT_NEEDED = "name", "open", "not_needed"


class RoleForm(Form):
    """Which duty, and on which days of the course; no day ticked means all of them."""

    role = wtforms.StringField()
    days = wtforms.SelectMultipleField(choices=["1", "2", "3", "4", "5"], validate_choice=False)

    def validate_role(self, field: Any) -> None:
        if field.data not in ROLES:
            raise ValidationError(_("Choose one of these."))

    @property
    def numbers(self) -> list[int] | None:
        """Numbers of days, None for all."""
        return [int(n) for n in self.days.data or [] if n.isascii() and n.isdigit()] or None


class DutyForm(RoleForm):
    """Who has a duty: a member, somebody outside the app by name, nobody, or nobody is needed."""

    who = wtforms.StringField()
    name = TextField(most_bytes=120)
    agreed = wtforms.StringField()

    def __init__(self, *args: Any, choices: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices

    def validate_who(self, field: Any) -> None:
        if field.data not in self.choices:
            raise ValidationError(_("Choose who."))

    def validate_name(self, field: Any) -> None:
        if self.who.data == NAME and not field.data and not field.errors:
            raise ValidationError(_("Type the name."))


class ItemForm(Form):
    """One thing to prepare."""

    key = wtforms.StringField()
    words = TextField(most_bytes=240)
    lead_days = TextField(most_bytes=12)

    def validate_words(self, field: Any) -> None:
        if not field.data and not field.errors:
            raise ValidationError(_("Say in a few words what it is."))

    def validate_lead_days(self, field: Any) -> None:
        if self.lead is None:
            raise ValidationError(_("Choose 0 to %(most)s days.", most=MOST_LEAD_DAYS))

    @property
    def lead(self) -> int | None:
        """How many days before; empty means on the day."""
        if not self.lead_days.data:
            return 0
        try:
            value = parse_quantity(self.lead_days.data)
        except NotAQuantity:
            return None
        return int(value) if value in range(MOST_LEAD_DAYS + 1) else None
