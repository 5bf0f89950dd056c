"""What people type to sign in and to set their preferences, and the words when it does not fit."""

import re
import unicodedata
from datetime import time
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms.validators import StopValidation

from companion.accounts import queries
from companion.accounts.models import Account
from companion.forms import Form, LocalTimeField, TextField, TouchFields, ZoneField, check_email
from companion.language import LANGUAGES, chosen_language

THEMES = ("auto", "light", "dark")
LOCK_MINUTES = ("5", "15", "30", "60")


def code_digits(text: str) -> str:
    """The digits of a typed or pasted code, without spaces and dashes; full-width digits count."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text), flags=re.ASCII)


class EmailForm(Form):
    """Where to send the link and the code."""

    email = wtforms.StringField()
    shared_device = wtforms.BooleanField()
    next = wtforms.StringField()

    def validate_email(self, field: wtforms.Field) -> None:
        field.data = queries.normalised_email(field.data or "")
        check_email(field.data)


class CodeForm(Form):
    """The six digits from the mail."""

    code = wtforms.StringField()
    tz = wtforms.StringField()

    def validate_code(self, field: wtforms.Field) -> None:
        digits = code_digits(field.data or "")
        if len(digits) != queries.CODE_DIGITS or not digits.isascii() or not digits.isdigit():
            raise StopValidation(_("Type the 6 digits from the mail."))
        field.data = digits


class PreferenceForm(Form):
    """One group of preferences; `values` are the columns to change."""

    title: Any = ""
    saved: Any = lazy_gettext("Saved.")

    def values(self) -> dict[str, Any]:
        """Column names and new values."""
        return dict(self.data)


class LanguageForm(PreferenceForm):
    """The language of pages and mails."""

    title = lazy_gettext("Language")
    language = wtforms.StringField()

    def validate_language(self, field: wtforms.Field) -> None:
        if field.data not in LANGUAGES:
            raise StopValidation(_("Choose one of these."))


class ThemeForm(PreferenceForm):
    """Light, dark, or as the device has it."""

    title = lazy_gettext("Light or dark")
    theme = wtforms.StringField()

    def validate_theme(self, field: wtforms.Field) -> None:
        if field.data not in THEMES:
            raise StopValidation(_("Choose one of these."))


class TouchForm(TouchFields, PreferenceForm):
    """Which thumb presses, and how large the keys are."""

    title = lazy_gettext("Thumb and size")


class NameForm(PreferenceForm):
    """What the circle calls the person."""

    title = lazy_gettext("Your name")
    name = TextField(most_bytes=200)


class TimeZoneForm(PreferenceForm):
    """The zone of the person's reminders."""

    title = lazy_gettext("Time zone")
    tz = ZoneField()


class QuietHoursForm(PreferenceForm):
    """When messages wait, and whether an infusion may break that."""

    title = lazy_gettext("Quiet hours")
    quiet_from = LocalTimeField()
    quiet_to = LocalTimeField()
    wakes_for_infusion = wtforms.BooleanField()

    def validate_quiet_from(self, field: wtforms.Field) -> None:
        """Both ends are needed."""
        if field.data is None and not field.errors:
            raise StopValidation(_("Type a time such as 9:00 or 14:30."))

    def validate_quiet_to(self, field: wtforms.Field) -> None:
        """Quiet hours that end when they begin could mean none or all day."""
        self.validate_quiet_from(field)
        if field.data is not None and field.data == self.quiet_from.data:
            raise StopValidation(_("Choose two different times."))

    def values(self) -> dict[str, Any]:
        times = {name: f"{self[name].data:%H:%M}" for name in ("quiet_from", "quiet_to")}
        return {**times, "wakes_for_infusion": bool(self.wakes_for_infusion.data)}


class LockForm(PreferenceForm):
    """How long the pages of an account with a passkey may lie open unused."""

    title = lazy_gettext("Lock the pages")
    lock_minutes = wtforms.StringField()

    def validate_lock_minutes(self, field: wtforms.Field) -> None:
        if field.data not in LOCK_MINUTES:
            raise StopValidation(_("Choose one of these."))

    def values(self) -> dict[str, Any]:
        return {"lock_minutes": int(self.lock_minutes.data)}


class PasskeyNameForm(Form):
    """What a passkey is called."""

    name = TextField(most_bytes=80)

    def validate_name(self, field: wtforms.Field) -> None:
        if not field.data:
            raise StopValidation(_("Type a name, such as My phone."))


class AddressForm(Form):
    """Another mail address."""

    email = wtforms.StringField()

    def validate_email(self, field: wtforms.Field) -> None:
        field.data = queries.normalised_email(field.data or "")
        check_email(field.data)


class RecoveryCodeForm(Form):
    """A code from the sheet of paper."""

    recovery_code = TextField(most_bytes=100)

    def validate_recovery_code(self, field: wtforms.Field) -> None:
        if not field.data:
            raise StopValidation(_("Type one of the codes from your sheet."))


PREFERENCES: dict[str, type[PreferenceForm]] = {
    "language": LanguageForm,
    "theme": ThemeForm,
    "touch": TouchForm,
    "name": NameForm,
    "time-zone": TimeZoneForm,
    "quiet-hours": QuietHoursForm,
    "lock": LockForm,
}


def shown_preferences(account: Account) -> dict[str, Any]:
    """An account's preferences as the forms start with them."""
    plain = {
        name: getattr(account, name) for name in ("name", "theme", "thumb", "extra_large", "tz", "wakes_for_infusion")
    }
    times = {name: time.fromisoformat(getattr(account, name)) for name in ("quiet_from", "quiet_to")}
    plain["lock_minutes"] = str(account.lock_minutes)
    return {**plain, **times, "language": account.language or chosen_language()}
