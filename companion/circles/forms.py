"""What people type about a care circle, and the words when it does not fit."""

import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation

from companion import places
from companion.accounts.queries import normalised_email
from companion.circles.models import CONTACT_KINDS, Circle, Contact, Membership
from companion.domain.roles import FULL_HELP, PATIENT, PRESETS
from companion.forms import (
    DecimalField,
    Form,
    LocalDateField,
    PhoneField,
    TextField,
    TouchFields,
    ZoneField,
    check_email,
)
from companion.language import LANGUAGES

OTHER = "other"
FIRST_BIRTH_YEAR = 1900
LEAST_KG, MOST_KG = Decimal(2), Decimal(400)


class PatientTouchForm(TouchFields):
    """How the patient's pages are, set up by somebody who helps."""


class CountryForm(Form):
    """A country by a tile, or by the list behind the tile "another country"."""

    country = wtforms.StringField()
    other_country = wtforms.StringField()

    @property
    def country_code(self) -> str | None:
        """The chosen country, None where nothing was chosen."""
        named = self.country.data
        chosen: str | None = self.other_country.data if named in (None, "", OTHER) else named
        return chosen or None

    def validate_country(self, field: wtforms.Field) -> None:
        """A tile named "another country" asks for the list; an unknown code is refused."""
        if self.country_code is None and field.data == OTHER:
            raise StopValidation(_("Choose the country in the list."))
        if self.country_code is not None and self.country_code not in places.country_codes():
            raise StopValidation(_("Choose one of these."))

    def start_country(self, code: str | None) -> None:
        """Begin with a country."""
        frequent = code in places.FREQUENT_COUNTRIES
        self.country.data = code if frequent or code is None else OTHER
        self.other_country.data = None if frequent else code


class CircleForm(CountryForm):
    """Who the circle is for."""

    patient = wtforms.StringField()
    patient_name = TextField(most_bytes=200)
    tz = ZoneField()

    @property
    def for_self(self) -> bool:
        """Whether the patient is the one who asks."""
        return bool(self.patient.data == "self")

    def validate_patient(self, field: wtforms.Field) -> None:
        if field.data not in ("self", "other"):
            raise StopValidation(_("Choose who it is for."))


class PatientForm(CountryForm):
    """Facts about the patient, all optional but the zone."""

    patient_name = TextField(most_bytes=200)
    birth_year = wtforms.StringField()
    language = wtforms.StringField()
    tz = ZoneField()
    today: date

    def validate_language(self, field: wtforms.Field) -> None:
        field.data = field.data or None
        if field.data is not None and field.data not in LANGUAGES:
            raise StopValidation(_("Choose one of the answers."))

    @property
    def year(self) -> int | None:
        """The year of birth."""
        return int(self.birth_year.data) if self.birth_year.data else None

    def validate_birth_year(self, field: wtforms.Field) -> None:
        text = unicodedata.normalize("NFKC", field.data or "").strip()
        if text and not (text.isascii() and text.isdigit() and FIRST_BIRTH_YEAR <= int(text[:9]) <= self.today.year):
            raise StopValidation(
                _("Type a year from %(first)s to %(last)s.", first=FIRST_BIRTH_YEAR, last=self.today.year)
            )
        field.data = text

    @classmethod
    def of(cls, circle: Circle) -> "PatientForm":
        """The form as it starts."""
        data = {"patient_name": circle.patient_name, "birth_year": circle.birth_year or "", "tz": circle.tz}
        data["language"] = circle.language or ""
        form = cls(data=data)
        form.start_country(circle.country)
        return form

    def facts(self) -> dict[str, Any]:
        """What to change."""
        named = {"patient_name": self.patient_name.data, "birth_year": self.year}
        return {**named, "country": self.country_code, "language": self.language.data, "tz": self.tz.data}


class LocationForm(CountryForm):
    """Where the patient is now."""


class WeightForm(Form):
    """A weight in kilograms, today or on an earlier day."""

    weight_kg = DecimalField()
    on = LocalDateField()
    today: date

    def validate_weight_kg(self, field: wtforms.Field) -> None:
        if field.errors:
            return
        if field.data is None:
            raise StopValidation(_("Type the weight in kilograms."))
        if not LEAST_KG <= field.data <= MOST_KG:
            raise StopValidation(_("Type a weight from 2 to 400 kilograms."))

    def validate_on(self, field: wtforms.Field) -> None:
        """A reader one zone ahead may already have tomorrow's date."""
        if field.data is not None and field.data > self.today + timedelta(days=1):
            raise StopValidation(_("This day is still to come. Choose today or an earlier day."))


class ContactForm(Form):
    """Whom to call. The number is kept as it was typed."""

    kind = wtforms.StringField()
    name = TextField(most_bytes=200)
    phone = PhoneField()
    note = TextField(most_bytes=400)

    def validate_kind(self, field: wtforms.Field) -> None:
        if field.data not in CONTACT_KINDS:
            raise StopValidation(_("Choose one of these."))

    def validate_phone(self, field: wtforms.Field) -> None:
        if not field.data and (self.name.data or self.note.data):
            raise StopValidation(_("Type the phone number too."))

    @classmethod
    def of(cls, kind: str, contact: Contact | None) -> "ContactForm":
        """The form as it starts."""
        parts = ("name", "phone", "note")
        return cls(data={"kind": kind, **({part: getattr(contact, part) for part in parts} if contact else {})})


class RightsForm(Form):
    """What a member may do: a preset, and notes as a flag of its own. `was`: how it was when the form was drawn."""

    preset = wtforms.StringField()
    see_notes = wtforms.BooleanField()
    was = wtforms.StringField()

    presets: tuple[str, ...] = PRESETS

    def validate_preset(self, field: wtforms.Field) -> None:
        if field.data not in self.presets:
            raise StopValidation(_("Choose what this person may do."))

    @property
    def notes(self) -> bool:
        """Whether notes are open: only to who sees check-ins."""
        return bool(self.see_notes.data) and self.preset.data == FULL_HELP

    @classmethod
    def of(cls, member: Membership) -> "RightsForm":
        """The form as it starts."""
        return cls(data={"preset": member.preset, "see_notes": member.sees_notes, "was": member.mark})


class InvitationForm(RightsForm):
    """Whom to invite, to what, and in which language the mail is. The patient only while none has an account here."""

    email = wtforms.StringField()
    language = wtforms.StringField()

    def __init__(self, *args: Any, with_patient: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.presets = (PATIENT, *PRESETS) if with_patient else PRESETS

    def validate_email(self, field: wtforms.Field) -> None:
        field.data = normalised_email(field.data or "")
        if not field.data:
            raise StopValidation(_("Type the email address of the person."))
        check_email(field.data)

    def validate_language(self, field: wtforms.Field) -> None:
        if field.data not in LANGUAGES:
            raise StopValidation(_("Choose one of these."))


class JoinForm(RightsForm):
    """What whoever joins is called; and, for who takes a circle over, what the keeper so far may do from now on."""

    name = TextField(most_bytes=200)

    def __init__(self, *args: Any, takes_over: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.takes_over = takes_over

    def validate_preset(self, field: wtforms.Field) -> None:
        if self.takes_over:
            super().validate_preset(field)
