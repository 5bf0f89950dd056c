"""Numbers of an infusion that deserve a second look at the label. A check asks; it never answers and never blocks.

Nothing here says what a number should be: the words beside a check are "please re-read the label".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

LEAST_G_PER_KG, MOST_G_PER_KG = Decimal("0.2"), Decimal("2.4")
"""A course into a vein outside these is asked about. Own bounds, wide on purpose: half of the lowest weekly dose in
the series that the article on doses names, and the highest monthly dose on the US label of Gammagard Liquid."""

WEIGHT_JUMP = Decimal("0.15")
"""A weight that differs from the last one by more than this part of it is asked about: own rule."""

IV = "IV"
DOSE_LOW, DOSE_HIGH, WEIGHT = "dose_low", "dose_high", "weight_jump"


@dataclass(frozen=True, slots=True)
class SoftCheck:
    """One question. `about` holds what it was asked about: when that changes, it is a new question."""

    code: str
    about: str


@dataclass(frozen=True, slots=True)
class CourseGiven:
    """Grams of each given day (None: not entered), and whether all days of the course were done in full."""

    route: str | None
    grams: Sequence[Decimal | None]
    in_full: bool


def found(*checks: SoftCheck | None) -> list[SoftCheck]:
    """The checks that ask something, in order."""
    return [check for check in checks if check is not None]


def check_dose(course: CourseGiven, weight_kg: Decimal | None) -> SoftCheck | None:
    """A course into a vein whose total is far out for this weight.

    Never under the skin, and never without a route, a weight or grams. Too little is asked only where every day
    was done in full with its grams: a course that was stopped is small for a known reason.
    """
    if course.route != IV or not weight_kg:
        return None
    known = [grams for grams in course.grams if grams is not None]
    dose = sum(known, Decimal(0)) / weight_kg
    about = f"{sum(known, Decimal(0)):f} g, {weight_kg:f} kg"
    if dose > MOST_G_PER_KG:
        return SoftCheck(DOSE_HIGH, about)
    if known and course.in_full and len(known) == len(course.grams) and dose < LEAST_G_PER_KG:
        return SoftCheck(DOSE_LOW, about)
    return None


def check_weight(weight_kg: Decimal | None, last_kg: Decimal | None) -> SoftCheck | None:
    """A weight that is far from the one before it."""
    if weight_kg is None or not last_kg or abs(weight_kg - last_kg) <= WEIGHT_JUMP * last_kg:
        return None
    return SoftCheck(WEIGHT, f"{last_kg:f} kg, {weight_kg:f} kg")


def without(checks: Iterable[SoftCheck], seen: Iterable[str]) -> list[SoftCheck]:
    """The checks that were not set aside yet; `seen` are keys as `key_of` makes them."""
    known = set(seen)
    return [check for check in checks if key_of(check) not in known]


def key_of(check: SoftCheck) -> str:
    """What a person's browser remembers of a check that was set aside."""
    return f"{check.code}: {check.about}"
