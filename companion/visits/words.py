"""Visits in the reader's words, for every page and message that names them."""

from datetime import date
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from companion.formatting import clock_time, joined, locale, reader_zone
from companion.visits.models import (
    BLOOD_TEST,
    INSURER,
    NEUROLOGIST,
    OCCUPATIONAL,
    OTHER,
    PHYSIOTHERAPY,
    Visit,
    VisitSeries,
)

KIND_WORDS = {
    NEUROLOGIST: _l("Neurologist"),
    PHYSIOTHERAPY: _l("Physiotherapy"),
    OCCUPATIONAL: _l("Occupational therapy"),
    BLOOD_TEST: _l("Blood test"),
    INSURER: _l("Call with the insurer"),
    OTHER: _l("Something else"),
}
KIND_ICONS = {
    NEUROLOGIST: "stethoscope",
    PHYSIOTHERAPY: "hearthand",
    OCCUPATIONAL: "left",
    BLOOD_TEST: "drop",
    INSURER: "phone",
    OTHER: "calendar",
}
STATE_WORDS = {
    "planned": _l("Planned"),
    "today": _l("Today"),
    "done": _l("Done"),
    "cancelled": _l("Cancelled"),
    "unknown": _l("Not answered"),
}
CHIPS = {"cancelled": "skipped"}
"""Where the look of a chip has another name than the state."""


def visit_title(visit: Visit) -> str:
    """What it is: its own title, else its kind."""
    return visit.title or str(_("Visit") if visit.kind == OTHER else KIND_WORDS[visit.kind])


def visit_time(visit: Visit, reader_tz: str | None = None) -> str:
    """The start on the wall of the place: `9:00`, with its city where the reader's clock differs; may be empty."""
    if visit.starts_at is None:
        return ""
    shown = clock_time(visit.starts_at, visit.tz)
    reader = ZoneInfo(reader_tz) if reader_tz else reader_zone()
    there, here = visit.starts_at.astimezone(ZoneInfo(visit.tz)), visit.starts_at.astimezone(reader)
    if there.utcoffset() == here.utcoffset():
        return shown
    city = get_timezone_location(ZoneInfo(visit.tz), locale=locale(), return_city=True)
    return str(_("%(time)s %(city)s time", time=shown, city=city))


def visit_facts(visit: Visit) -> str:
    """Time and place, as far as they are known."""
    return joined([part for part in (visit_time(visit), visit.place) if part])


def length_words(minutes: int) -> str:
    """`45 minutes`."""
    return str(_("%(count)s minutes", count=minutes))


def repeat_words(count: int, unit: str) -> str:
    """`Every week`, `Every 3 months`."""
    if unit == "week":
        return str(_("Every week") if count == 1 else _("Every %(num)s weeks", num=count))
    if count == 12:
        return str(_("Every year"))
    return str(_("Every month") if count == 1 else _("Every %(num)s months", num=count))


def series_words(series: VisitSeries | None) -> str:
    """How often a visit comes again; nothing where it does not, or where its series has ended."""
    if series is None or series.ended_on is not None:
        return ""
    return repeat_words(series.interval_count, series.interval_unit)


def visit_question(visit: Visit, today: date) -> str:
    """The question that the dock asks once the day has come."""
    if visit.kind == INSURER:
        return str(_("Did the call take place?"))
    return str(_("Did this visit take place?"))
