"""The form of the circle's own steps: one a line."""

from typing import Any

from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.forms import Form, TextField
from companion.infusions.operations import step_lines

MOST_STEPS, LONGEST_STEP = 30, 200


class StepListForm(Form):
    """Both lists, each a text with one step a line."""

    vein = TextField(most_bytes=12000)
    skin = TextField(most_bytes=12000)

    def validate_vein(self, field: Any) -> None:
        _check(field.data)

    def validate_skin(self, field: Any) -> None:
        _check(field.data)


def _check(text: str | None) -> None:
    lines = step_lines(text)
    if len(lines) > MOST_STEPS:
        raise ValidationError(_("These are many steps. Keep it to 30."))
    if any(len(line) > LONGEST_STEP for line in lines):
        raise ValidationError(_("One line is very long. Keep each step short."))
