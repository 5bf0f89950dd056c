"""The form of what was given on a day, and the words of its errors."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.domain.given_times import given_span
from companion.domain.measurements import convert
from companion.domain.sites import SKIN_SITES, VEIN_SITES
from companion.forms import DecimalField, Form, LocalTimeField, TextField
from companion.infusions.forms.shared import check_grams
from companion.infusions.models import DONE, PARTIAL, Facts, InfusionDay

LEAST_KG, MOST_KG = Decimal(2), Decimal(400)
MOST_ML_H, MOST_ML, MOST_NEEDLE_MM = Decimal(2000), Decimal(1000), Decimal(60)
MOST_ROWS = 20
NOTE_BYTES = 2000
TEXTS = ("place", "product", "strength", "stop_reason", "fluids")
KG, LB = "kg", "lb"


class RateRow(Form):
    """One step of the speed: from when on, how fast."""

    time = LocalTimeField()
    ml_h = DecimalField()

    def validate_ml_h(self, field: Any) -> None:
        if field.data is not None and not 0 < field.data <= MOST_ML_H:
            raise ValidationError(_("Type the speed in mL per hour, such as 60."))

    def facts(self) -> dict[str, str | None]:
        """The row as operations take it."""
        return {"time": _clock(self.time), "ml_h": _plain(self.ml_h.data)}


class MedicineRow(Form):
    """One medicine before the infusion, as it was typed."""

    name = TextField(most_bytes=120)
    dose = TextField(most_bytes=80)
    time = LocalTimeField()

    def facts(self) -> dict[str, str | None]:
        """The row as operations take it."""
        return {"name": self.name.data, "dose": self.dose.data, "time": _clock(self.time)}


class SiteRow(Form):
    """One place under the skin: used or not, with mL and the needle where they are known."""

    used = wtforms.BooleanField()
    ml = DecimalField()
    needle_mm = DecimalField()

    def validate_ml(self, field: Any) -> None:
        if field.data is not None and not 0 < field.data <= MOST_ML:
            raise ValidationError(_("Type the amount in mL, such as 20."))

    def validate_needle_mm(self, field: Any) -> None:
        if field.data is not None and not 0 < field.data <= MOST_NEEDLE_MM:
            raise ValidationError(_("Type the length in mm, such as 9."))

    @property
    def is_used(self) -> bool:
        """Ticked, or something was typed for it."""
        return bool(self.used.data) or self.ml.data is not None or self.needle_mm.data is not None


class GivenForm(Form):
    """What was given on a day. Nothing is needed and nothing is filled in that nobody said."""

    answer = wtforms.StringField()
    started = LocalTimeField()
    stopped = LocalTimeField()
    grams = DecimalField()
    stop_reason = TextField(most_bytes=NOTE_BYTES)
    weight = DecimalField()
    weight_unit = wtforms.StringField()
    place = TextField(most_bytes=200)
    prepared_by = wtforms.StringField()
    prepared_by_other = TextField(most_bytes=200)
    given_by = wtforms.StringField()
    given_by_other = TextField(most_bytes=200)
    product = TextField(most_bytes=120)
    strength = TextField(most_bytes=40)
    route = wtforms.StringField()
    vein_site = wtforms.StringField()
    rates = wtforms.FieldList(wtforms.FormField(RateRow), max_entries=MOST_ROWS)
    premedicines = wtforms.FieldList(wtforms.FormField(MedicineRow), max_entries=MOST_ROWS)
    fluids = TextField(most_bytes=NOTE_BYTES)

    def __init__(self, formdata: Any = None, *, day: InfusionDay, now: datetime, **kwargs: Any) -> None:
        self.day, self.now = day, now
        data: Mapping[str, Any] = kwargs.get("data") or {}
        uses = {use["site"]: use for use in data.get("sites", [])}
        self.sites = {
            site: SiteRow(formdata, prefix=f"site-{site}", data={"used": site in uses, **uses.get(site, {})})
            for site in SKIN_SITES
        }
        super().__init__(formdata, **kwargs)

    # --- rules ---

    def validate_answer(self, field: Any) -> None:
        if self.grams.data is not None and not self.day.is_given and field.data not in (DONE, PARTIAL):
            raise ValidationError(_("Choose: all of it, or only a part."))

    def validate_grams(self, field: Any) -> None:
        check_grams(field.data)

    def validate_weight(self, field: Any) -> None:
        if field.data is not None and not LEAST_KG <= self._typed_kg() <= MOST_KG:
            if self.weight_unit.data == LB:
                raise ValidationError(_("Type a weight from 5 to 880 pounds."))
            raise ValidationError(_("Type a weight from 2 to 400 kilograms."))

    def validate_started(self, field: Any) -> None:
        self._check_past(field, 0)

    def validate_stopped(self, field: Any) -> None:
        self._check_past(field, 1)

    def _check_past(self, field: Any, which: int) -> None:
        span = given_span(self.day.happened_on, self.started.data, self.stopped.data, ZoneInfo(self.day.tz))
        at = span[which]
        if field.data is not None and at is not None and at > self.now:
            raise ValidationError(_("This time is still to come."))

    def validate(self, extra_validators: Any = None) -> bool:
        """The fields, the rows, and the places under the skin."""
        good = super().validate(extra_validators)
        wrong = [name for name, row in self.sites.items() if not row.validate()]
        return good and not wrong

    def error_list(self) -> list[tuple[str, str]]:
        """As every form, with the errors of its rows."""
        plain = [(field.id, str(field.errors[0])) for field in self if field.errors and not _is_list(field)]
        return plain + [error for row in self._rows() for error in row.error_list()]

    def _rows(self) -> Iterator[Form]:
        yield from self.sites.values()
        for rows in (self.rates, self.premedicines):
            yield from (entry.form for entry in rows)

    # --- the answer ---

    @property
    def has_rows(self) -> bool:
        """Whether anything stands in the rows that are folded away."""
        return bool(self.rates.entries or self.premedicines.entries or self.fluids.data)

    def facts(self, now_known: Facts) -> Facts:
        """What was typed, as operations take it, without the needle of the way that was not chosen.

        `now_known` keeps a weight exact that nobody touched.
        """
        route = self.route.data if self.route.data in ("IV", "SC") else None
        vein_site = self.vein_site.data if self.vein_site.data in VEIN_SITES and route != "SC" else None
        return {
            "answer": self.answer.data if self.answer.data in (DONE, PARTIAL) else None,
            "grams": _plain(self.grams.data),
            "weight_kg": self._weight_kg(now_known),
            "weight_unit": LB if self.weight.data is not None and self.weight_unit.data == LB else None,
            "route": route,
            "started": _clock(self.started),
            "stopped": _clock(self.stopped),
            "prepared_by": self.prepared_by_other.data or self.prepared_by.data or None,
            "given_by": self.given_by_other.data or self.given_by.data or None,
            "vein_site": vein_site,
            **{name: self[name].data for name in TEXTS},
            "rates": [row for row in (entry.form.facts() for entry in self.rates) if any(row.values())],
            "premedicines": [row for row in (e.form.facts() for e in self.premedicines) if any(row.values())],
            "sites": [
                {"site": name, "ml": _plain(row.ml.data), "needle_mm": _plain(row.needle_mm.data)}
                for name, row in self.sites.items()
                if row.is_used and route != "IV"
            ],
        }

    def _weight_kg(self, now_known: Facts) -> str | None:
        if self.weight.data is None:
            return None
        if self.weight.data == shown_weight(now_known["weight_kg"], self.weight_unit.data):
            return str(now_known["weight_kg"])
        return _plain(self._typed_kg())

    def _typed_kg(self) -> Decimal:
        typed = self.weight.data or Decimal(0)
        return convert(typed, LB, KG) if self.weight_unit.data == LB else typed


def given_values(facts: Facts, names: Sequence[str], unit: str) -> dict[str, Any]:
    """What the form starts with; `unit` is the one for a weight that nobody has typed yet."""
    weight_unit = facts["weight_unit"] or (KG if facts["weight_kg"] else unit)
    people: dict[str, str | None] = {}
    for who in ("prepared_by", "given_by"):
        listed = facts[who] in names
        people |= {who: facts[who] if listed else None, f"{who}_other": None if listed else facts[who]}
    return {
        **facts,
        **people,
        **{"weight_unit": weight_unit, "weight": shown_weight(facts["weight_kg"], weight_unit)},
        **{"grams": _number(facts["grams"])},
        **{name: _as_time(facts[name]) for name in ("started", "stopped")},
        "rates": [{"time": _as_time(r["time"]), "ml_h": _number(r["ml_h"])} for r in facts["rates"]],
        "premedicines": [row | {"time": _as_time(row["time"])} for row in facts["premedicines"]],
        "sites": [s | {"ml": _number(s["ml"]), "needle_mm": _number(s["needle_mm"])} for s in facts["sites"]],
    }


def shown_weight(weight_kg: str | None, unit: str | None) -> Decimal | None:
    """A weight in the unit that it is typed in; pounds to a tenth."""
    if weight_kg is None:
        return None
    kilograms = Decimal(weight_kg)
    return convert(kilograms, KG, LB).quantize(Decimal("0.1")) if unit == LB else kilograms


def _is_list(field: Any) -> bool:
    return isinstance(field, wtforms.FieldList)


def _clock(field: Any) -> str | None:
    return field.data.strftime("%H:%M") if field.data else None


def _as_time(text: str | None) -> Any:
    return datetime.strptime(text, "%H:%M").time() if text else None  # noqa: DTZ007


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None else None


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
