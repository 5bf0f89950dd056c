"""The agenda, and the picture of one month, of one circle or of all the viewer may see."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, render_template, request

from companion import clock
from companion.access import Standing, needs_somewhere
from companion.calendar import queries, words
from companion.calendar.queries import Row
from companion.calendar.routes import blueprint
from companion.circles.models import Circle
from companion.circles.queries import memberships_of
from companion.formatting import week_of
from companion.infusions.models import RegimenPause
from companion.infusions.queries import pauses_between, regimens_of

FIRST_YEAR, LAST_YEAR = 1950, 2150


@blueprint.get("/calendar")
@needs_somewhere("see_dates")
def agenda() -> Any:
    """What is coming; with `?month=YYYY-MM` (anything else is this month) the picture of a month and its dates."""
    if request.args.get("month"):
        return _month_page(g.standings)
    circles = [standing.circle for standing in g.standings]
    return render_template(
        "calendar/agenda_show.html",
        month=_today(g.standings).replace(day=1),
        rows=_in_order(queries.coming_up(circle, _today_at(circle)) for circle in circles),
        unanswered=_in_order(queries.unanswered(circle, _today_at(circle)) for circle in circles),
        has_plan=any(regimens_of(circle) for circle in circles),
        pauses=_pauses(circles, None, None),
        **_people(),
    )


def _month_page(standings: list[Standing]) -> Any:
    today = _today(standings)
    month = _month(request.args["month"], today)
    last = _next(month) - timedelta(days=1)
    circles = [standing.circle for standing in standings]
    rows = _in_order(queries.rows_between(circle, month, last, _today_at(circle)) for circle in circles)
    return render_template(
        "calendar/month_show.html",
        month=month,
        earlier=(month - timedelta(days=1)).replace(day=1),
        later=_next(month),
        is_now=month == today.replace(day=1),
        weekdays=week_of(today),
        weeks=queries.weeks_of(month, rows, today),
        rows=rows,
        pauses=_pauses(circles, month, last),
        **_people(),
    )


def _pauses(circles: list[Circle], first: date | None, last: date | None) -> list[tuple[Circle, RegimenPause]]:
    """The pauses of plans that are not over, or that touch a month."""
    return [
        (circle, pause) for circle in circles for pause in pauses_between(circle, first or _today_at(circle), last)
    ]


def _people() -> dict[str, Any]:
    """Whose calendar this is: no names for one circle; the choice where the viewer has several."""
    order = [membership.circle for membership in memberships_of(g.account) if "see_dates" in membership.rights]
    everyone = words.people_of(g.account, order)
    shown = {standing.circle.id for standing in g.standings}
    several = len(g.standings) > 1
    return {
        "may_add": any(standing.can("manage_dates") for standing in g.standings),
        "choices": list(everyone.values()) if len(order) > 1 else [],
        "people": {key: person for key, person in everyone.items() if key in shown} if several else {},
        "circle_named": "all" if several else g.standing.circle.public_id,
    }


def _in_order(lists: Iterable[list[Row]]) -> list[Row]:
    return sorted(chain.from_iterable(lists), key=lambda row: row.order)


def _today_at(circle: Circle) -> date:
    return clock.now().astimezone(ZoneInfo(circle.tz)).date()


def _today(standings: list[Standing]) -> date:
    """Today at the place of the only circle; for several, where the viewer is."""
    tz = standings[0].circle.tz if len(standings) == 1 else g.account.tz
    return clock.now().astimezone(ZoneInfo(tz)).date()


def _month(text: str | None, today: date) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if FIRST_YEAR <= month.year <= LAST_YEAR else today.replace(day=1)


def _next(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
