"""Reads of the calendar: dates of a circle, the agenda, the month picture, feeds and their entries."""

from companion.calendar.queries.agenda import (
    LEAST_ROWS,
    Cell,
    coming_up,
    rows_between,
    unanswered,
    weeks_of,
)
from companion.calendar.queries.dates import INFUSION, VISIT, Row, dates_between, dates_named, rows_of_infusion
from companion.calendar.queries.feeds import (
    EMPTY_DAYS,
    entries_of,
    feed_of,
    feed_of_token,
    feeds_of,
    is_live,
    window_of,
)

__all__ = [
    "EMPTY_DAYS",
    "INFUSION",
    "LEAST_ROWS",
    "VISIT",
    "Cell",
    "Row",
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
    "unanswered",
    "weeks_of",
    "window_of",
]
