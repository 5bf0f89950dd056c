"""Hand measurements and ratings: units, ranges, what was typed, and how far a hand fell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

UNIT_KINDS: dict[str, str] = {"kg": "force", "lb": "force", "kPa": "pressure"}
"""What each unit measures. Dynamometers read force, vigorimeters pressure: no conversion (Draak 2015)."""

RANGES: dict[str, tuple[Decimal, Decimal]] = {
    "kg": (Decimal(0), Decimal(150)),
    "lb": (Decimal(0), Decimal(330)),
    "kPa": (Decimal(0), Decimal(160)),
}
"""Lowest and highest reading taken as real, by unit: own rule, well above strong hands; 0 is a reading."""

RATING_CODES: tuple[str, ...] = ("no_strength", "hardly_any", "much_less", "a_little_less", "like_my_best")
"""Words of the rating of a hand against its own best, at the place of their number 0-4."""

_KG_PER_LB = Decimal("0.45359237")
_THOUSANDTH = Decimal("0.001")
_NUMBER = re.compile(r"-?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)")
_PLAIN = str.maketrans("０１２３４５６７８９．，。－\u2212", "0123456789.,.--")
_LONGEST = 24


class UnknownUnit(ValueError):
    """Raised for a unit that the companion does not measure in."""


class UnlikeUnits(ValueError):
    """Raised when force and pressure would be mixed."""


class NotAQuantity(ValueError):
    """Raised for text that is not one plain number."""


class UnknownRating(ValueError):
    """Raised for a rating outside 0 to 4."""


@dataclass(frozen=True)
class OutOfRange:
    """Why a reading is not taken, and the limits in its unit."""

    code: str
    lowest: Decimal
    highest: Decimal
    unit: str


def kind_of(unit: str) -> str:
    """The kind a unit measures, force or pressure. Raises UnknownUnit."""
    try:
        return UNIT_KINDS[unit]
    except KeyError:
        raise UnknownUnit(unit) from None


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal:
    """The value in another unit of the same kind, to a thousandth; unchanged where the unit is the same.

    Raises UnlikeUnits across kinds and UnknownUnit.
    """
    if kind_of(from_unit) != kind_of(to_unit):
        raise UnlikeUnits(f"{from_unit} to {to_unit}")
    if from_unit == to_unit:
        return value
    converted = value * _KG_PER_LB if from_unit == "lb" else value / _KG_PER_LB
    return converted.quantize(_THOUSANDTH)


def check(value: Decimal, unit: str) -> OutOfRange | None:
    """None for a reading that can be real, else the code "negative" or "too_high" with the limits.

    Raises UnknownUnit.
    """
    kind_of(unit)
    lowest, highest = RANGES[unit]
    if value < lowest:
        return OutOfRange("negative", lowest, highest, unit)
    if value > highest:
        return OutOfRange("too_high", lowest, highest, unit)
    return None


def best_try(tries: Iterable[Decimal | None]) -> Decimal | None:
    """The highest of several tries of one hand in one unit; None is "cannot" and is never a number.

    Source: the best of the tries as the day's value (maximal grip, Hahn 2013).
    """
    return max((value for value in tries if value is not None), default=None)


def fell_by(rating_before: int, rating_now: int) -> int:
    """Steps a hand fell between two ratings; 0 when it is the same or stronger. Raises UnknownRating."""
    for rating in (rating_before, rating_now):
        if not 0 <= rating < len(RATING_CODES):
            raise UnknownRating(rating)
    return max(0, rating_before - rating_now)


def parse_quantity(text: str) -> Decimal:
    """The one number in what was typed: "12.5", "12,5" and full-width digits; the sign is kept.

    Spaces around are ignored. Raises NotAQuantity for words, grouped thousands, exponents and "nan".
    """
    plain = text.strip().translate(_PLAIN)
    if len(plain) > _LONGEST or not _NUMBER.fullmatch(plain):
        raise NotAQuantity(text[:_LONGEST])
    return Decimal(plain.replace(",", "."))
