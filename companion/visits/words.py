"""Visits in the reader's words, for every page and message that names them."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from companion.formatting import joined, start_words
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


def visit_facts(visit: Visit) -> str:
    """Time and place, as far as they are known."""
    return joined([part for part in (start_words(visit), visit.place) if part])


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
