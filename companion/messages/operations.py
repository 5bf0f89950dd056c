"""A message that somebody sends by hand: its words in the reader's language, and what the reader said."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from companion.accounts.models import Account
from companion.extensions import db
from companion.formatting import start_words, weekday_date
from companion.infusions import operations as infusions
from companion.infusions.models import BOOKED, InfusionDay, PlanChange
from companion.infusions.words import day_title
from companion.messages.models import CopiedMessage
from companion.reminders.models import FULL
from companion.reminders.operations import red_flags
from companion.reminders.queries import is_ahead

DONE, STILL_ON, MOVED, SKIPPED = "done", "still_on", "moved", "skipped"
SAID = (DONE, STILL_ON, MOVED, SKIPPED)
_WRITES: dict[str, Callable[..., PlanChange]] = {
    DONE: infusions.record_day_done,
    STILL_ON: infusions.confirm_day,
}
"""What is written down at once; a new date and a reason are asked for on their own pages."""


def copy_message(day: InfusionDay, *, sender: Account, now: datetime, **chosen: Any) -> CopiedMessage:
    """Keep for whom somebody copies a message about a day, in which language, and how much it says."""
    row = CopiedMessage(circle_id=day.circle_id, day=day, sender_id=sender.id, created_at=now, **chosen)
    db.session.add(row)
    db.session.flush()
    return row


def note_answer(message: CopiedMessage, said: str, *, account: Account, now: datetime) -> PlanChange | None:
    """Write down what the reader said, in the name of the one who notes it; gives the change it made, if any.

    Raises DayAlreadyAnswered, DayIsAhead, NoRoom.
    """
    write = _WRITES.get(said)
    change = write(message.day, account=account, now=now) if write else None
    message.said, message.said_at, message.change = said, now, change
    db.session.flush()
    return change


def text_of(message: CopiedMessage, now: datetime) -> str:
    """The words to send, in the language of their reader. It holds no link and asks for no sign-in."""
    with force_locale(message.language):
        ahead = is_ahead(message.day, now)
        lines = [_hello(message), _what(message, ahead), _when(message)]
        if message.privacy == FULL:
            lines += _place(message.day)
        if ahead:
            lines += [_certainty(message.day), "", _("Is it still on? Please tell me.")]
        else:
            lines += ["", _("Did it take place? Please tell me."), "", *red_flags()]
    return "\n".join(str(line) for line in lines)


def _hello(message: CopiedMessage) -> str:
    sender = message.sender.name
    return str(_("A reminder from %(name)s", name=sender) if sender else _("A reminder"))


def _what(message: CopiedMessage, ahead: bool) -> str:
    """What it is about: all of it where the sender chose so, else only that there is something."""
    circle = message.day.infusion.circle
    is_patient = message.for_account_id is not None and message.for_account_id == circle.patient_account_id
    name = None if is_patient else circle.shown_name
    if message.privacy == FULL:
        title = day_title(message.day)
        return str(_("%(what)s, for %(name)s", what=title, name=name) if name else title)
    if name:
        planned = _("%(name)s has something planned.", name=name)
        return str(planned if ahead else _("%(name)s had something planned.", name=name))
    return str(_("You have something planned.") if ahead else _("You had something planned."))


def _when(message: CopiedMessage) -> str:
    day, reader = message.day, message.for_account
    time = start_words(day, reader.tz if reader else day.tz)
    date = weekday_date(day.planned_on)
    return str(_("%(date)s, %(time)s", date=date, time=time) if time else date)


def _place(day: InfusionDay) -> list[str]:
    place = day.infusion.shown_place
    return [_("Place: %(place)s", place=place)] if place else []


def _certainty(day: InfusionDay) -> str:
    booked = day.infusion.certainty == BOOKED
    return str(_("This date is booked.") if booked else _("This date is our estimate, not booked."))
