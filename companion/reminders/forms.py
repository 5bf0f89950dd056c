"""What people type about reminders and on answer pages, and the words when it does not fit."""

import unicodedata
from datetime import date, time, timedelta
from typing import Any, ClassVar

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms.validators import InputRequired, StopValidation, ValidationError

from companion.domain.escalation import HOURS
from companion.domain.reminder_plan import LEADS
from companion.formatting import short_date
from companion.forms import Form, LocalDateField, LocalTimeField
from companion.infusions.operations import NoRoom
from companion.reminders.models import (
    EVENTS,
    FULL,
    MAIL_ALWAYS,
    MAIL_BACKUP,
    MAIL_NEVER,
    NEUTRAL,
    TIME_ONLY,
    ReminderRule,
)

FARTHEST = timedelta(days=366)


class MoveForm(Form):
    """The new date of a day. Tell it the date that is planned now."""

    to_on = LocalDateField(validators=[InputRequired(lazy_gettext("Choose the new day."))])

    def __init__(self, *args: Any, planned_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.planned_on = planned_on

    def validate_to_on(self, field: LocalDateField) -> None:
        """Another day, not more than a year away."""
        if field.data is None:
            return
        if field.data == self.planned_on:
            raise ValidationError(_("This is the day it has now. Choose another one."))
        if abs(field.data - self.planned_on) > FARTHEST:
            raise ValidationError(_("This is more than a year away. Please check the year."))

    def refuse(self, error: NoRoom) -> None:
        """Say why there is no room on the chosen day."""
        self.to_on.errors = [no_room_words(error)]


def no_room_words(error: NoRoom) -> str:
    """What stands in the way, and what to do."""
    on = short_date(error.on)
    if error.after:
        return str(_("Another infusion day is on %(date)s. Choose a day before it.", date=on))
    return str(_("Another infusion day is on %(date)s. Choose a day after it.", date=on))


class RuleForm(Form):
    """One question about how a person is reminded."""

    title: ClassVar[Any]

    @classmethod
    def of(cls, rule: ReminderRule) -> "RuleForm":
        """The form as it starts."""
        raise NotImplementedError

    @classmethod
    def fields_of(cls, rule: ReminderRule) -> dict[str, str]:
        """What the form would send for a rule as it is, for Undo; what is not ticked sends nothing."""
        form = cls.of(rule)
        return {field.name: "y" if field.data is True else form.typed(field.name) for field in form if field.data}

    def values(self) -> dict[str, Any]:
        """What to change."""
        raise NotImplementedError


class WaysForm(RuleForm):
    """By which ways."""

    title = lazy_gettext("How reminders come")
    by_push = wtforms.BooleanField()
    by_hook = wtforms.BooleanField()
    mail = wtforms.StringField()

    def validate_mail(self, field: wtforms.Field) -> None:
        if field.data not in (MAIL_BACKUP, MAIL_ALWAYS, MAIL_NEVER):
            raise StopValidation(_("Choose one of these."))

    @classmethod
    def of(cls, rule: ReminderRule) -> "WaysForm":
        return cls(data={"by_push": rule.by_push, "by_hook": rule.by_hook, "mail": rule.mail})

    def values(self) -> dict[str, Any]:
        return {"by_push": self.by_push.data, "by_hook": self.by_hook.data, "mail": self.mail.data}


class EventsForm(RuleForm):
    """What of, each a box of its own, and how early."""

    title = lazy_gettext("What you are reminded of")
    infusion_day = wtforms.BooleanField()
    visit = wtforms.BooleanField()
    preparation = wtforms.BooleanField()
    drive = wtforms.BooleanField()
    supply = wtforms.BooleanField()
    check_in = wtforms.BooleanField()
    lead_hours = wtforms.StringField()

    def validate_lead_hours(self, field: wtforms.Field) -> None:
        if field.data not in [str(hours) for hours in LEADS]:
            raise StopValidation(_("Choose one of these."))

    @classmethod
    def of(cls, rule: ReminderRule) -> "EventsForm":
        return cls(data={"lead_hours": str(rule.lead_hours), **{event: rule.wants(event) for event in EVENTS}})

    def values(self) -> dict[str, Any]:
        off = [event for event in EVENTS if not self[event].data]
        return {"events_off": off, "lead_hours": int(self.lead_hours.data or 0)}


class LockScreenForm(RuleForm):
    """How much a lock screen shows."""

    title = lazy_gettext("What others can read")
    privacy = wtforms.StringField()

    def validate_privacy(self, field: wtforms.Field) -> None:
        if field.data not in (NEUTRAL, TIME_ONLY, FULL):
            raise StopValidation(_("Choose one of these."))

    @classmethod
    def of(cls, rule: ReminderRule) -> "LockScreenForm":
        return cls(data={"privacy": rule.privacy})

    def values(self) -> dict[str, Any]:
        return {"privacy": self.privacy.data}


class NudgeForm(RuleForm):
    """Whether, and when, to be asked how the hands are."""

    title = lazy_gettext("A reminder to check in")
    wanted = wtforms.StringField()
    nudge_at = LocalTimeField()

    def validate_wanted(self, field: wtforms.Field) -> None:
        if field.data not in ("no", "yes"):
            raise StopValidation(_("Choose one of these."))

    def validate_nudge_at(self, field: wtforms.Field) -> None:
        if self.wanted.data != "yes":
            field.errors = []
            raise StopValidation
        if field.data is None and not field.errors:
            raise StopValidation(_("Type a time such as 9:00 or 14:30."))

    @classmethod
    def of(cls, rule: ReminderRule) -> "NudgeForm":
        at = time.fromisoformat(rule.nudge_at) if rule.nudge_at else None
        return cls(data={"wanted": "yes" if at else "no", "nudge_at": at})

    def values(self) -> dict[str, Any]:
        is_wanted = self.wanted.data == "yes" and self.nudge_at.data is not None
        return {"nudge_at": f"{self.nudge_at.data:%H:%M}" if is_wanted else None}


RULE_FORMS: dict[str, type[RuleForm]] = {
    "ways": WaysForm,
    "events": EventsForm,
    "lock-screen": LockScreenForm,
    "check-in": NudgeForm,
}


class TellForm(Form):
    """What one caregiver is told."""

    member = wtforms.StringField()
    alerts = wtforms.BooleanField()
    escalations = wtforms.BooleanField()


class WaitingForm(Form):
    """How many waking hours may pass without an answer."""

    hours = wtforms.StringField()

    @property
    def count(self) -> int:
        """The hours, once the form is valid."""
        return int(unicodedata.normalize("NFKC", self.hours.data or ""))

    def validate_hours(self, field: wtforms.Field) -> None:
        text = unicodedata.normalize("NFKC", field.data or "").strip()
        if not (text.isascii() and text.isdigit() and int(text[:9]) in HOURS):
            raise StopValidation(_("Type a number from %(first)s to %(last)s.", first=HOURS[0], last=HOURS[-1]))

    @classmethod
    def of(cls, hours: int) -> "WaitingForm":
        """The form as it starts."""
        return cls(data={"hours": str(hours)})
