"""What the month grid accepts: a digit from 0 to 4 for each hand and day, and a grip where there is a meter."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext as _

from companion.checkins.models import HANDS, Device
from companion.checkins.operations import Answers, GripTry
from companion.domain.measurements import RATING_CODES, check
from companion.formatting import number, unit_word
from companion.forms import DecimalField, Form
from companion.paper_logs.operations import Typed
from companion.paper_logs.queries import PaperDay


class DigitField(wtforms.StringField):
    """A rating as one digit, 4 like my best to 0 no strength, also full-width. An empty box is no answer."""

    rating: int | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = text = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        if not text:
            return
        if text not in {str(rating) for rating in range(len(RATING_CODES))}:
            raise ValueError(_("Type a digit from 0 to 4, or leave the box empty."))
        self.rating = int(text)


class MonthForm(Form):
    """A month of boxes. The fields of each open day are added by `form_for`."""

    dates: Sequence[date]
    device: Device | None

    def validate(self, extra_validators: Any = None) -> bool:
        """Each box, then whether there is anything at all."""
        good: bool = super().validate(extra_validators) and self._grips_are_real()
        self.form_errors = []
        if good and not self.rows():
            self.form_errors.append(_("Type at least one box. The others can stay empty."))
        return good and not self.form_errors

    def error_list(self) -> list[tuple[str, str]]:
        """As always, with the words about the whole form first, and the day named."""
        first = f"left_{self.dates[0].day}" if self.dates else "month"
        words = [(first, str(error)) for error in self.form_errors]
        return words + [
            (name, _("Day %(day)s: %(problem)s", day=name.rpartition("_")[2], problem=problem))
            for name, problem in super().error_list()
        ]

    def _grips_are_real(self) -> bool:
        good = True
        for name in [f"{hand}_grip_{on.day}" for on in self.dates for hand in HANDS] if self.device else []:
            problem = (
                check(self[name].data, self.device.unit) if self.device and self[name].data is not None else None
            )
            if problem is not None:
                limits = {"lowest": number(problem.lowest), "highest": number(problem.highest)}
                words = _(
                    "A grip is from %(lowest)s to %(highest)s %(unit)s. Please check the number.",
                    unit=unit_word(problem.unit),
                    **limits,
                )
                self[name].errors, good = [words], False
        return good

    def rows(self) -> list[Typed]:
        """The rows that have anything in them."""
        found = [Typed(on, self._answers_on(on)) for on in self.dates]
        return [one for one in found if not one.answers.is_empty]

    def _answers_on(self, on: date) -> Answers:
        grips = [
            GripTry(hand, self[f"{hand}_grip_{on.day}"].data)
            for hand in HANDS
            if self.device is not None and self[f"{hand}_grip_{on.day}"].data is not None
        ]
        left, right = (self[f"{hand}_{on.day}"].rating for hand in HANDS)
        return Answers(left_rating=left, right_rating=right, grips=tuple(grips))


def form_for(days: Sequence[PaperDay], *, today: date, device: Device | None, data: Any = None) -> MonthForm:
    """The form of one month: days to come and days that have a check-in already have no boxes."""
    dates = [day.on for day in days if day.on <= today and day.check_in is None]
    fields: dict[str, Any] = {}
    for on in dates:
        for hand in HANDS:
            fields[f"{hand}_{on.day}"] = DigitField()
            if device is not None:
                fields[f"{hand}_grip_{on.day}"] = DecimalField()
    form: MonthForm = type("OneMonthForm", (MonthForm,), fields)(data)
    form.dates, form.device, form.form_errors = dates, device, []
    return form
