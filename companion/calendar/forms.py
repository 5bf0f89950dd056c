"""What a person chooses for a calendar feed."""

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion.calendar.models import LEVELS, NEUTRAL
from companion.forms import Form


class FeedForm(Form):
    """How much the feed shows, and whether it rings."""

    level = wtforms.StringField(default=NEUTRAL)
    with_alarms = wtforms.BooleanField()

    def validate_level(self, field: wtforms.Field) -> None:
        """One of the tiles; nothing chosen is neutral."""
        field.data = field.data or NEUTRAL
        if field.data not in LEVELS:
            raise StopValidation(_("Choose how much it shows."))
