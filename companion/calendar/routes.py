"""The calendar: a picture of one month, and the agenda."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, render_template, request

from companion import clock
from companion.access import needs
from companion.calendar import queries
from companion.formatting import week_of
from companion.infusions.queries import regimens_of

blueprint = Blueprint("calendar", __name__)
FIRST_YEAR, LAST_YEAR = 1950, 2150


@blueprint.get("/calendar")
@needs("see_dates")
def agenda() -> Any:
    """One month (`?month=YYYY-MM`; anything else is this month) and what is coming, or what was in it."""
    circle = g.standing.circle
    today = clock.now().astimezone(ZoneInfo(circle.tz)).date()
    month = _month(request.args.get("month"), today)
    is_now = month == today.replace(day=1)
    rows = queries.rows_between(circle, month, _next(month) - timedelta(days=1), today)
    return render_template(
        "calendar/agenda_show.html",
        month=month,
        earlier=(month - timedelta(days=1)).replace(day=1),
        later=_next(month),
        is_now=is_now,
        weekdays=week_of(today),
        weeks=queries.weeks_of(month, rows, today),
        rows=queries.coming_up(circle, today) if is_now else rows,
        unanswered=queries.unanswered(circle, today) if is_now else [],
        has_plan=bool(regimens_of(circle)),
    )


def _month(text: str | None, today: date) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if FIRST_YEAR <= month.year <= LAST_YEAR else today.replace(day=1)


def _next(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
