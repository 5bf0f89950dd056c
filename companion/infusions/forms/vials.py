"""The forms of vials: many at once, one bottle a line or in fields, and one that was misread."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms.validators import ValidationError

from companion.domain.label_dates import first_date
from companion.domain.vial_labels import MOST_AT_ONCE, Label
from companion.formatting import short_date
from companion.forms import DecimalField, Form, TextField, whole_number
from companion.infusions.forms.label_words import check_words, problem_words
from companion.infusions.forms.labels import ReadLine, read_line, read_lines
from companion.infusions.forms.shared import check_grams
from companion.infusions.models import InfusionDay

LONGEST_TEXT = 8000
FIELDS_OF_ONE_LOT = ("count", "lot", "grams", "expires")

Recorded = Callable[[Sequence[str]], Mapping[str, date]]
"""Which of some serial numbers were recorded before, and on which day. A page that tells nothing has none."""


def nothing_recorded(_serials: Sequence[str]) -> Mapping[str, date]:
    """For a page that must not tell what was recorded before."""
    return {}


class LabelsField(TextField):
    """Text as typed, line by line. Unlike other texts it keeps ASCII 29, which stands between the parts of a code."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            kept = (c for c in valuelist[0] if c >= " " or c in "\n\r\t\x1d")
            self.data = "".join(kept).strip(" \r\n\t") or None


class ExpiryField(TextField):
    """A date as labels print it: `03/2028`, `2028-03-31`, `31 MAR 2028`. Only a month means its last day."""

    on: date | None = None

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        text = (self.data or "").strip()
        if not text:
            return
        found = first_date(text, after_its_word=True)
        if found is None or found.end < len(text):
            raise ValidationError(_("Type month and year, such as 03/2028."))
        if found.problem:
            raise ValidationError(problem_words(Label(problem=found.problem, about=text)))
        self.on = found.on


class LotField(TextField):
    """One lot number and nothing else."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most_bytes=60, **kwargs)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        said = read_line(self.data or "")
        if said.gtin or said.count > 1 or said.grams or said.expires_on or said.serial:
            raise ValidationError(_("Type only the lot number here."))


@dataclass(frozen=True)
class Check:
    """Something to look at before saving: which line, what it says, and the words of the question."""

    key: str
    text: str
    words: str


class VialsForm(Form):
    """The bottles of one saving: lines of text, and beside them one lot in plain fields. No lot is filled in before.

    `recorded` looks serial numbers up; `days` are the days of the course that a bottle can belong to.
    """

    labels = LabelsField(most_bytes=LONGEST_TEXT)
    count = wtforms.StringField()
    lot = LotField()
    grams = DecimalField()
    expires = ExpiryField()
    day = wtforms.StringField()
    confirmed = wtforms.StringField()

    def __init__(
        self, *args: Any, days: Sequence[InfusionDay] = (), recorded: Recorded = nothing_recorded, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.days, self._recorded = days, recorded
        self.lines: list[ReadLine] = []
        self.checks: list[Check] = []

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all can be saved: every line is readable, and every doubt was looked at."""
        self.lines = read_lines(self.labels.data or "")
        if not super().validate(extra_validators):
            return False
        self.checks = self._find_checks()
        if self.checks and self.confirmed.data != self.check_key:
            self.confirmed.errors = [_("Please check this first.")]
            return False
        return True

    def validate_labels(self, field: Any) -> None:
        if not self.lines and not self.uses_fields:
            raise ValidationError(_("Type or paste the lots, one bottle a line."))
        if sum(label.count for label in self.bottles()) > MOST_AT_ONCE:
            raise ValidationError(_("Save at most %(count)s bottles at once.", count=MOST_AT_ONCE))
        if bad := len(self.problems):
            raise ValidationError(ngettext("One line cannot be read yet.", "%(num)d lines cannot be read yet.", bad))

    def validate_count(self, field: Any) -> None:
        if field.data and not 1 <= whole_number(field.data) <= MOST_AT_ONCE:
            raise ValidationError(_("Type a number from 1 to %(count)s.", count=MOST_AT_ONCE))

    def validate_lot(self, field: Any) -> None:
        if not field.data and self.uses_fields:
            raise ValidationError(_("Type the lot number from the label."))

    def validate_grams(self, field: Any) -> None:
        check_grams(field.data)

    def validate_day(self, field: Any) -> None:
        if field.data and self.chosen_day is None:
            raise ValidationError(_("Choose one of the answers."))

    @property
    def uses_fields(self) -> bool:
        """Whether anything stands in the plain fields, which then must not be folded away."""
        return any(self[name].raw_data and self[name].raw_data[0].strip() for name in FIELDS_OF_ONE_LOT)

    @property
    def problems(self) -> list[tuple[ReadLine, str]]:
        """The lines that cannot be read, with the reason in words."""
        return [(line, problem_words(line.label)) for line in self.lines if line.label.problem]

    @property
    def chosen_day(self) -> InfusionDay | None:
        """The day that was chosen; of a course of one day, that one."""
        if len(self.days) == 1:
            return self.days[0]
        return next((day for day in self.days if day.public_id == self.day.data), None)

    @property
    def check_key(self) -> str:
        """Names the doubts that were shown, so that saying yes to them says yes to no other."""
        return hashlib.sha256("\n".join(check.key for check in self.checks).encode()).hexdigest()[:16]

    def bottles(self) -> list[Label]:
        """What is to be saved, as operations take it."""
        labels = [line.label for line in self.lines]
        if self.lot.data:
            count = whole_number(self.count.data) or 1
            labels.append(Label(self.lot.data, self.grams.data, self.expires.on, count=count))
        return labels

    def _find_checks(self) -> list[Check]:
        serials = [line.label.serial for line in self.lines if line.label.serial]
        recorded = self._recorded(serials) if serials else {}
        seen: set[str] = set()
        checks = []
        for line in self.lines:
            serial = line.label.serial
            if line.label.check:
                checks.append(Check(f"unsure {line.text}", line.text, check_words(line.label)))
            if serial in seen:
                checks.append(Check(f"twice {serial}", line.text, _("This bottle is in the list twice.")))
            elif serial in recorded:
                words = _("You recorded this bottle already, on %(date)s.", date=short_date(recorded[serial]))
                checks.append(Check(f"recorded {serial}", line.text, words))
            seen |= {serial} - {""}
        return checks


class VialForm(Form):
    """One bottle that was saved before: what is on its label, put right."""

    lot = LotField()
    grams = DecimalField()
    expires = ExpiryField()
    serial = TextField(most_bytes=40)
    product = TextField(most_bytes=120)
    day = wtforms.StringField()

    def __init__(self, *args: Any, days: Sequence[InfusionDay] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.days = days

    def validate_lot(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Type the lot number from the label."))

    def validate_grams(self, field: Any) -> None:
        check_grams(field.data)

    @property
    def chosen_day(self) -> InfusionDay | None:
        """The day that was chosen; none where it is not known."""
        return next((day for day in self.days if day.public_id == self.day.data), None)

    def label(self) -> Label:
        """What the label says, as operations take it."""
        return Label(self.lot.data or "", self.grams.data, self.expires.on, serial=self.serial.data or "")
