"""The days of one course in a form: how many, in a row or on other days; a loading course has its own."""

import itertools
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from wtforms.validators import ValidationError

from companion.domain.recurrence import MOST_DAYS_PER_COURSE, default_offsets
from companion.forms import whole_number

IN_A_ROW, OTHER_DAYS = "row", "other"
FURTHER = range(2, MOST_DAYS_PER_COURSE + 1)
DAY_COUNTS = tuple(str(count) for count in range(1, MOST_DAYS_PER_COURSE + 1))


def offsets_in(form: Any, prefix: str = "") -> list[int]:
    """The days as offsets from the first one, as far as they can be read: 0 stands for one that cannot."""
    count = int(form[f"{prefix}days"].data)
    if not _has_own_days(form, prefix):
        return list(default_offsets(count))
    return [0, *(whole_number(form[f"{prefix}day_{number}"].data) for number in FURTHER if number <= count)]


def check_day_count(field: Any) -> None:
    """Refuse anything but 1 to 5 days."""
    if field.data not in DAY_COUNTS:
        raise ValidationError(_("Choose 1 to 5 days."))


def check_further_day(form: Any, prefix: str, number: int) -> None:
    """See that a further day, where it is asked for, comes after the one before it."""
    count = form[f"{prefix}days"].data
    if count not in DAY_COUNTS or number > int(count) or not _has_own_days(form, prefix):
        return
    offsets = offsets_in(form, prefix)
    if offsets[number - 1] <= offsets[number - 2]:
        raise ValidationError(_("Type a number of days, larger than for the day before it."))


def is_rising(offsets: Sequence[int]) -> bool:
    """Whether each day comes after the one before."""
    return all(a < b for a, b in itertools.pairwise(offsets))


def day_values(offsets: Sequence[int], prefix: str = "") -> dict[str, Any]:
    """What the fields start with."""
    in_a_row = tuple(offsets) == default_offsets(len(offsets))
    further = {f"{prefix}day_{n}": str(offset) for n, offset in enumerate(offsets[1:], start=2) if not in_a_row}
    return {
        f"{prefix}days": str(len(offsets)),
        f"{prefix}spacing": IN_A_ROW if in_a_row else OTHER_DAYS,
        **further,
    }


def _has_own_days(form: Any, prefix: str) -> bool:
    return bool(form[f"{prefix}days"].data != "1" and form[f"{prefix}spacing"].data == OTHER_DAYS)
