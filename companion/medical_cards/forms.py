"""What can be typed for the medical card."""

from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion.forms import Form, TextField
from companion.medical_cards.models import NONE_KNOWN, SOME, MedicalCard

MOST_BYTES = 400


class CardForm(Form):
    """All optional; what is left out is printed as not entered."""

    has_mmn = wtforms.BooleanField()
    conditions = TextField(most_bytes=MOST_BYTES)
    allergy_answer = wtforms.StringField()
    allergies = TextField(most_bytes=MOST_BYTES)

    def validate_allergy_answer(self, field: wtforms.Field) -> None:
        """Words of an allergy say by themselves that there is one."""
        field.data = field.data or None
        if field.data not in (None, NONE_KNOWN, SOME):
            raise StopValidation(_("Choose one of the answers."))
        if field.data == NONE_KNOWN and self.allergies.data:
            raise StopValidation(_("You typed an allergy. Choose “Yes”, or empty the box."))
        if field.data is None and self.allergies.data:
            field.data = SOME

    @classmethod
    def of(cls, card: MedicalCard | None) -> "CardForm":
        """The form as it starts."""
        names = ("has_mmn", "conditions", "allergy_answer", "allergies")
        return cls(data={name: getattr(card, name) for name in names} if card else {})

    def facts(self) -> dict[str, Any]:
        """What to keep."""
        return {name: self[name].data for name in ("has_mmn", "conditions", "allergy_answer", "allergies")}
