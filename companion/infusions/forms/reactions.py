"""The forms of a reaction and of a day of the diary."""

from datetime import date, time
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.forms import Form, LocalDateField, LocalTimeField, TextField, TickedField
from companion.infusions.forms.shared import check_near
from companion.infusions.models import DiaryEntry, Reaction
from companion.infusions.reaction_words import (
    ACTION_WORDS,
    HEADACHE_WORDS,
    KIND_WORDS,
    SIGN_WORDS,
    TOLD_WORDS,
    WHEN_WORDS,
)
from companion.infusions.words import SEVERITY_WORDS

LONGEST_REACTION_BYTES = 4000
LONGEST_NOTE_BYTES = 4000
LONGEST_TEMPERATURE_BYTES = 24
NOTHING, NOBODY = "nothing", "nobody"


class ReactionForm(Form):
    """What went wrong, when, how bad; what was done and who was told can be left out."""

    kinds = TickedField(known=KIND_WORDS)
    what = TextField(most_bytes=LONGEST_REACTION_BYTES)
    severity = wtforms.StringField()
    when = wtforms.StringField()
    started_on = LocalDateField()
    started_time = LocalTimeField()
    actions = TickedField(known=ACTION_WORDS)
    done_about_it = TextField(most_bytes=LONGEST_REACTION_BYTES)
    told = TickedField(known=TOLD_WORDS)

    def __init__(self, *args: Any, today: date, first_on: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.first_on = today, first_on

    def validate_what(self, field: Any) -> None:
        if not field.data and not self.kinds.data:
            raise ValidationError(_("Choose what it was, or say it in a few words."))

    def validate_when(self, field: Any) -> None:
        if field.data and field.data not in WHEN_WORDS:
            raise ValidationError(_("Choose one of the answers."))

    def validate_severity(self, field: Any) -> None:
        if field.data not in SEVERITY_WORDS:
            raise ValidationError(_("Choose how bad it was."))

    def validate_started_on(self, field: Any) -> None:
        if field.data is None:
            if not field.errors:
                raise ValidationError(_("Choose the day."))
            return
        if field.data > self.today:
            raise ValidationError(_("This day is still to come. Choose today or an earlier day."))
        if self.first_on and field.data < self.first_on <= self.today:
            raise ValidationError(_("This day is before the infusion. Please check the date."))
        check_near(field.data, self.today, most_days=3660)

    def reaction(self) -> dict[str, Any]:
        """The reaction as operations take it; "nothing" and "nobody" give way to any other answer."""
        return {
            "kinds": self.kinds.data or (),
            "what": self.what.data,
            "during": self.when.data == "during",
            "started_on": self.started_on.data,
            "started_time": self.started_time.data.strftime("%H:%M") if self.started_time.data else None,
            "severity": self.severity.data,
            "actions": _without(self.actions.data, NOTHING),
            "done_about_it": self.done_about_it.data,
            "told": _without(self.told.data, NOBODY),
        }


def reaction_values(reaction: Reaction) -> dict[str, Any]:
    """What the form starts with when a reaction is changed."""
    return {
        "kinds": reaction.kinds,
        "what": reaction.what,
        "when": "during" if reaction.during else "after",
        "started_on": reaction.started_on,
        "started_time": _time(reaction.started_time),
        "severity": reaction.severity,
        "actions": reaction.actions,
        "done_about_it": reaction.done_about_it,
        "told": reaction.told,
    }


class DiaryForm(Form):
    """A day of the diary: the headache is needed, all else is not."""

    headache = wtforms.StringField()
    signs = TickedField(known=SIGN_WORDS)
    temperature = TextField(most_bytes=LONGEST_TEMPERATURE_BYTES)
    note = TextField(most_bytes=LONGEST_NOTE_BYTES)

    def validate_headache(self, field: Any) -> None:
        if field.data not in HEADACHE_WORDS:
            raise ValidationError(_("Choose how the head is. None is an answer too."))

    def entry(self) -> dict[str, Any]:
        """The entry as operations take it."""
        return {
            "headache": self.headache.data,
            "signs": self.signs.data or (),
            "temperature": self.temperature.data,
            "note": self.note.data,
        }


def diary_values(entry: DiaryEntry) -> dict[str, Any]:
    """What the form starts with when a day is changed."""
    return {
        "headache": entry.headache,
        "signs": entry.signs,
        "temperature": entry.temperature,
        "note": entry.note,
    }


def _without(ticked: frozenset[str] | None, lone: str) -> frozenset[str]:
    ticked = ticked or frozenset()
    return ticked - {lone} if len(ticked) > 1 else ticked


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
