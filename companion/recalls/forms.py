"""What a notice may be, and what of a result goes on paper."""

from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from companion.domain.recalls import Reading
from companion.forms import Form, TextField

LONGEST_NOTICE_BYTES = 100_000
LONGEST_LOT_BYTES = 120
MOST_ON_PAPER = 500
FULL, INITIALS, NONE = "name", "initials", "none"
NAME_WORDS = {FULL: _l("The name"), INITIALS: _l("Only the first letters"), NONE: _l("No name")}


class NoticeForm(Form):
    """The text of a notice, or one lot to look for."""

    notice = TextField(most_bytes=LONGEST_NOTICE_BYTES)
    lot = TextField(most_bytes=LONGEST_LOT_BYTES)

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.asks_for_lot = formdata is not None and "lot" in formdata

    def validate_notice(self, field: Any) -> None:
        if not field.data and not self.asks_for_lot:
            raise ValidationError(_("Paste the text of the notice."))

    def validate_lot(self, field: Any) -> None:
        if not field.data and self.asks_for_lot:
            raise ValidationError(_("Type the lot number from the label."))

    @property
    def text(self) -> str:
        """What is searched."""
        return (self.lot.data if self.asks_for_lot else self.notice.data) or ""


class PaperForm(Form):
    """A result to print: whose name stands on it, and, as sent, the lots found and how the notice wrote them."""

    who = wtforms.StringField()

    def __init__(self, sent: Any) -> None:
        super().__init__(sent)
        self.sent = sent

    @property
    def reading(self) -> Reading:
        """The result as it was shown. The notice itself is not sent again."""
        return Reading(
            exact=self._pairs("exact"),
            maybe=self._pairs("maybe"),
            ranges=tuple(self.sent.getlist("range"))[:MOST_ON_PAPER],
            all_lots="all_lots" in self.sent,
        )

    def _pairs(self, name: str) -> dict[str, str]:
        lots, seen = self.sent.getlist(name), self.sent.getlist(f"{name}_seen")
        return dict(zip(lots[:MOST_ON_PAPER], seen, strict=False))

    def name_on_paper(self, name: str | None) -> str:
        """The patient's name as it was chosen; nothing where none is known."""
        if not name or self.who.data == NONE:
            return ""
        return name if self.who.data == FULL else initials(name)


def initials(name: str) -> str:
    """First letters: `Ana Maria Cole` is `A. M. C.`, 王芳 is 王某."""
    words = name.split()
    if words and words[0][0] >= "\u2e80":
        return f"{words[0][0]}某"
    return " ".join(f"{word[0].upper()}." for word in words)
