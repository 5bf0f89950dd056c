"""The dose of a plan, as typed, from a date on; what was in force before stays history."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from companion.extensions import db
from companion.infusions.models import LONG_AGO, Regimen, RegimenDose


@dataclass(frozen=True)
class Dose:
    """A dose as typed: grams a course, or g/kg a course or a day; nothing where it is not known."""

    total_grams: Decimal | None = None
    dose_g_per_kg: Decimal | None = None
    dose_each_day: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return self.total_grams is None and self.dose_g_per_kg is None

    def values(self) -> dict[str, Any]:
        """Its columns."""
        return asdict(self)


def dose_of(row: RegimenDose | None) -> Dose:
    """The dose of a row; an empty one where there is none."""
    return Dose() if row is None else Dose(row.total_grams, row.dose_g_per_kg, row.dose_each_day)


def set_dose(regimen: Regimen, dose: Dose, from_on: date) -> None:
    """Put a dose in force from a date on, until the next one that is known; nothing changes where it is in force."""
    if dose_of(regimen.dose_on(from_on)) == dose:
        return
    row = next((each for each in regimen.maintenance_doses if each.from_on == from_on), None)
    if row is None:
        row = RegimenDose(from_on=from_on, is_loading=False)
        regimen.doses.append(row)
    for name, value in dose.values().items():
        setattr(row, name, value)
    db.session.flush()
    _drop_repeats(regimen)


def set_loading_dose(regimen: Regimen, dose: Dose) -> None:
    """Correct the dose of the loading course; an empty one takes it away."""
    row = regimen.loading_dose
    if dose_of(row) == dose:
        return
    if dose.is_empty and row is not None:
        regimen.doses.remove(row)
    elif row is None:
        regimen.doses.append(RegimenDose(from_on=LONG_AGO, is_loading=True, **dose.values()))
    else:
        for name, value in dose.values().items():
            setattr(row, name, value)
    db.session.flush()
    db.session.expire(regimen, ["doses"])


def _drop_repeats(regimen: Regimen) -> None:
    """A row that says what was in force before it is no change."""
    before = Dose()
    for row in sorted(regimen.maintenance_doses, key=lambda each: each.from_on):
        dose = dose_of(row)
        if dose == before or (dose.is_empty and before.is_empty):
            regimen.doses.remove(row)
        before = dose
    db.session.flush()
    db.session.expire(regimen, ["doses"])
