"""For whom a message is copied, in which language, and how much it says."""

from collections.abc import Mapping
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.forms import Form, TextField
from companion.language import LANGUAGES
from companion.reminders.models import FULL, NEUTRAL

SOMEBODY_ELSE = "else"


class CopyForm(Form):
    """`members` are the accounts that it may be for, by public id."""

    reader = wtforms.StringField()
    name = TextField(most_bytes=120)
    language = wtforms.StringField()
    privacy = wtforms.StringField()

    def __init__(self, *args: Any, members: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = members

    def validate_reader(self, field: Any) -> None:
        if field.data not in self.members and field.data != SOMEBODY_ELSE:
            raise ValidationError(_("Choose for whom it is."))

    def validate_name(self, field: Any) -> None:
        if self.reader.data == SOMEBODY_ELSE and not field.data:
            raise ValidationError(_("Type the person's name."))

    def validate_language(self, field: Any) -> None:
        if field.data not in LANGUAGES:
            raise ValidationError(_("Choose the language."))

    def validate_privacy(self, field: Any) -> None:
        if field.data not in (NEUTRAL, FULL):
            raise ValidationError(_("Choose how much it says."))

    @property
    def chosen_values(self) -> dict[str, Any]:
        """What `copy_message` keeps."""
        member = self.members.get(self.reader.data or "")
        who = {"for_account_id": member.id} if member else {"for_name": self.name.data}
        return who | {"language": self.language.data, "privacy": self.privacy.data}
