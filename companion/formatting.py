"""Template filters that put dates, times and quantities into the reader's language and zone."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from flask import Flask, g
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from jinja2 import pass_context

from companion import clock
from companion.domain.label_dates import is_month_end

WORD_JOINER = "\N{WORD JOINER}"


def locale() -> Any:
    """The locale of the page or message that is being written."""
    return get_locale() or "en"


def reader_zone() -> ZoneInfo:
    """The zone of the reader, else UTC."""
    account = g.get("account")
    return ZoneInfo(account.tz) if account else ZoneInfo("UTC")


def local_date(instant: datetime, tz: str | None = None) -> date:
    """The calendar date of an instant in a zone (the reader's by default)."""
    return instant.astimezone(ZoneInfo(tz) if tz else reader_zone()).date()


def today() -> date:
    """Today in the reader's zone; in a message that is written ahead, the day on which it will be read."""
    return local_date(g.get("written_for") or clock.now())


def _is_chinese() -> bool:
    return str(locale()).startswith("zh")


def short_date(on: date) -> str:
    """`24 Nov` / `11月24日`, with the year when it is not this one."""
    pattern = "M月d日" if _is_chinese() else "d MMM"
    if on.year != today().year:
        pattern = f"yyyy年{pattern}" if _is_chinese() else f"{pattern} yyyy"
    return format_date(on, pattern, locale=locale())


def weekday_date(on: date) -> str:
    """`Tue 24 Nov` / `11月24日 周二`, with the year when it is not this one."""
    weekday = format_date(on, "EEE", locale=locale())
    return f"{short_date(on)} {weekday}" if _is_chinese() else f"{weekday} {short_date(on)}"


def long_date(on: date) -> str:
    """`Tuesday 24 November` / `11月24日 星期二`."""
    return format_date(on, "M月d日 EEEE" if _is_chinese() else "EEEE d MMMM", locale=locale())


def full_date(on: date) -> str:
    """`24 November 2026` / `2026年11月24日`."""
    return format_date(on, "yyyy年M月d日" if _is_chinese() else "d MMMM yyyy", locale=locale())


def month_title(on: date) -> str:
    """`November 2026` / `2026年11月`."""
    return format_skeleton("yMMMM", on, locale=locale())


def clock_time(value: datetime | str, tz: str | None = None) -> str:
    """A time of day: an instant in a zone (the reader's by default), or a text `HH:MM`."""
    if isinstance(value, str):
        return value.lstrip("0") if not value.startswith("00") else value[1:]
    return format_time(value, "H:mm", tzinfo=ZoneInfo(tz) if tz else reader_zone(), locale=locale())


def when(instant: datetime, tz: str | None = None) -> str:
    """Weekday, date and time of an instant: `Tue 24 Nov, 9:00` / `11月24日 周二 9:00`."""
    space = " " if _is_chinese() else ", "
    return f"{weekday_date(local_date(instant, tz))}{space}{clock_time(instant, tz)}"


def in_days(on: date) -> str:
    """How far a date is from today: `Today`, `Tomorrow`, `In 6 days`, `3 days ago`."""
    days = (on - today()).days
    if days in (-1, 0, 1):
        return (_("Yesterday"), _("Today"), _("Tomorrow"))[days + 1]
    if days < 0:
        return ngettext("%(num)s day ago", "%(num)s days ago", -days)
    return ngettext("In %(num)s day", "In %(num)s days", days)


def expiry(on: date) -> str:
    """`03/2028` for the end of a month; another day whole and with the year first, which nobody takes for another."""
    return f"{on:%m/%Y}" if is_month_end(on) else on.isoformat()


def expiry_in_text(on: date) -> str:
    """As `expiry`, for reading only: joined so that no line breaks inside it, as Chinese text would after a dash."""
    return expiry(on).replace("-", f"{WORD_JOINER}-{WORD_JOINER}")


class Timed(Protocol):
    """Anything with an instant and the zone of its place: an infusion day, a visit."""

    @property
    def planned_on(self) -> date:
        """The local date there."""

    @property
    def starts_at(self) -> datetime | None:
        """The instant, None where only the date is known."""

    @property
    def tz(self) -> str:
        """The zone of the place."""


def start_words(at: Timed, reader_tz: str | None = None) -> str:
    """The start on the wall of the place: `9:00`, with its city where the reader's clock differs; may be empty."""
    if at.starts_at is None:
        return ""
    shown = clock_time(at.starts_at, at.tz)
    reader = ZoneInfo(reader_tz) if reader_tz else reader_zone()
    there, here = at.starts_at.astimezone(ZoneInfo(at.tz)), at.starts_at.astimezone(reader)
    if there.utcoffset() == here.utcoffset():
        return shown
    return str(_("%(time)s %(city)s time", time=shown, city=city_of(at.tz)))


def city_of(tz: str) -> str:
    """The city of a time zone in the reader's language."""
    return str(get_timezone_location(ZoneInfo(tz), locale=locale(), return_city=True))


def number(value: Decimal | int | float) -> str:
    """A number without needless zeros: `21.5`, `140`."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: Decimal | int | float | None, unit: str) -> str:
    """A number with its unit; an unknown one reads `not entered`, never 0."""
    if value is None:
        return _("not entered")
    return f"{number(value)} {unit_word(unit)}"


def unit_word(unit: str) -> str:
    """The unit as it is written on the page."""
    words = {"kg": _("kg"), "lb": _("lb"), "kPa": _("kPa"), "g": _("g"), "g/kg": _("g/kg")}
    return words.get(unit, unit)


@pass_context
def _unit_word_here(context: object, unit: str) -> str:
    """As `unit_word`. It asks for the context, or a template would keep the word of whoever opened it first."""
    return unit_word(unit)


def joined(words: Iterable[object]) -> str:
    """Words in a row with the language's comma."""
    return ("、" if _is_chinese() else ", ").join(str(word) for word in words)


def labelled(label: object, text: object) -> str:
    """A word and what it stands for: `Lot: AB1` / `批号：AB1`."""
    return f"{label}{'：' if _is_chinese() else ': '}{text}"


def sentences(parts: Iterable[object]) -> str:
    """Short statements one after the other, with the language's full stop between them."""
    return ("。" if _is_chinese() else ". ").join(str(part) for part in parts)


def week_of(on: date) -> list[date]:
    """The seven days of a date's week, Monday first."""
    first = on - timedelta(days=on.weekday())
    return [first + timedelta(days=n) for n in range(7)]


def init_app(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.filters.update(
        date=short_date,
        date_long=long_date,
        date_full=full_date,
        weekday_date=weekday_date,
        month_title=month_title,
        time=clock_time,
        when=when,
        in_days=in_days,
        number=number,
        quantity=quantity,
        unit_word=_unit_word_here,
        joined=joined,
        labelled=labelled,
        sentences=sentences,
        split=str.split,
        local_date=local_date,
    )
    app.jinja_env.globals.update(today=today)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
