"""Dates as labels print them. A date that can be read in two ways is asked about, never guessed."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_YEAR, LAST_YEAR = 2000, 2100

_BEFORE, _AFTER = r"(?<![A-Za-z0-9./-])", r"(?![A-Za-z0-9]|[./-][A-Za-z0-9])"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = (
    r"(JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?"
    r"|SEPT?(?:EMBER)?|OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?)"
)
_Y, _TWO, _IN, _WORD = r"(\d{4})", r"(\d{1,2})", r"\s?[-/.]\s?", r"[-/.\s]{0,2}"


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}(?:{pattern}){_AFTER}", re.IGNORECASE | re.ASCII)


_CHINESE = re.compile(r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*[日号])?", re.ASCII)
_SHAPES = (
    ("ymd", _shape(rf"{_Y}{_IN}{_TWO}{_IN}{_TWO}")),
    ("dmy", _shape(rf"{_TWO}{_IN}{_TWO}{_IN}{_Y}")),
    ("dby", _shape(rf"{_TWO}{_WORD}{_MONTH}{_WORD}{_Y}")),
    ("bdy", _shape(rf"{_MONTH}[.\s]{{1,2}}{_TWO},?\s{_Y}")),
    ("ybd", _shape(rf"{_Y}{_WORD}{_MONTH}{_WORD}{_TWO}")),
    ("by", _shape(rf"{_MONTH}{_WORD}{_Y}")),
    ("yb", _shape(rf"{_Y}{_WORD}{_MONTH}")),
    ("my", _shape(rf"{_TWO}{_IN}{_Y}")),
    ("ym", _shape(rf"{_Y}{_IN}{_TWO}")),
    ("short", _shape(r"\d{1,2}/\d{2}(?:/\d{2})?|\d{1,2}\.\d{1,2}\.\d{2}")),
    ("short", _shape(rf"(?:\d{{1,2}}{_WORD})?{_MONTH}{_WORD}\d{{2}}")),
)
_AFTER_ITS_WORD = (
    ("ymd", _shape(r"(\d{4})(\d{2})(\d{2})")),
    ("ym", _shape(r"(20\d{2})(\d{2})")),
    ("short", _shape(r"\d{6}|\d{1,2}-\d{2}(?:-\d{2})?|\d{4}")),
)


@dataclass(frozen=True)
class LabelDate:
    """A date found in a text: where it stands, and what it says or why it cannot be read.

    `problem` is "date_two_ways", "date_year" (two digits) or "date_impossible".
    """

    start: int
    end: int
    on: date | None = None
    problem: str = ""


def first_date(text: str, after_its_word: bool = False) -> LabelDate | None:
    """The first date in a text. Where only a month is known, its last day.

    With `after_its_word` the text follows "EXP": the date must stand at its very start, and digits without marks
    between them (20280331) are taken for one.
    """
    found = _CHINESE.match(text) if after_its_word else _CHINESE.search(text)
    if found:
        return _made(found, int(found[1]), int(found[2]), int(found[3]) if found[3] else None)
    for order, shape in _SHAPES + (_AFTER_ITS_WORD if after_its_word else ()):
        found = shape.match(text) if after_its_word else shape.search(text)
        if found:
            return _read(order, found)
    return None


def month_end(on: date) -> date:
    """The last day of a month."""
    return on.replace(day=monthrange(on.year, on.month)[1])


def is_month_end(on: date) -> bool:
    """Whether a date is the last of its month, as is every expiry of which only the month is known."""
    return (on + timedelta(days=1)).day == 1


def gs1_date(digits: str) -> date | None:
    """The date of six digits YYMMDD in this century, day 00 meaning the last of the month; None where there is none.

    Source: GS1 General Specifications, AI (17).
    """
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    year, month, day = 2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:])
    return _date(year, month, day or None)


def _read(order: str, found: re.Match[str]) -> LabelDate:
    if order == "short":
        return LabelDate(found.start(), found.end(), problem="date_year")
    parts = dict(zip(order, found.groups(), strict=True))
    month = _month_number(parts["b"]) if "b" in parts else int(parts["m"])
    day = int(parts["d"]) if "d" in parts else None
    if order == "dmy" and day is not None:
        if day != month and day <= 12 and month <= 12:
            return LabelDate(found.start(), found.end(), problem="date_two_ways")
        if month > 12:
            day, month = month, day
    return _made(found, int(parts["y"]), month, day)


def _month_number(word: str) -> int:
    return _MONTHS.index(word[:3].upper()) + 1


def _made(found: re.Match[str], year: int, month: int, day: int | None) -> LabelDate:
    on = _date(year, month, day)
    return LabelDate(found.start(), found.end(), on, "" if on else "date_impossible")


def _date(year: int, month: int, day: int | None) -> date | None:
    """A date that exists, the last of the month without a day."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return None
    last = monthrange(year, month)[1]
    return date(year, month, day if day is not None else last) if 1 <= (day or last) <= last and day != 0 else None
