"""Reads of the calendar: dates of a circle, the agenda, the month picture, feeds and their entries."""

from companion.calendar.queries.agenda import (
    LEAST_ROWS,
    Cell,
    coming_up,
    rows_between,
    unanswered,
    weeks_of,
)
from companion.calendar.queries.dates import dates_between, dates_named, rows_of_infusion, rows_of_visit
from companion.calendar.queries.feeds import (
    EMPTY_DAYS,
    entries_of,
    feed_of,
    feed_of_token,
    feeds_of,
    is_live,
    window_of,
)
from companion.calendar.queries.rows import INFUSION, VISIT, InfusionRow, Row, VisitRow

__all__ = [
    "EMPTY_DAYS",
    "INFUSION",
    "LEAST_ROWS",
    "VISIT",
    "Cell",
    "InfusionRow",
    "Row",
    "VisitRow",
    "coming_up",
    "dates_between",
    "dates_named",
    "entries_of",
    "feed_of",
    "feed_of_token",
    "feeds_of",
    "is_live",
    "rows_between",
    "rows_of_infusion",
    "rows_of_visit",
    "unanswered",
    "weeks_of",
    "window_of",
]
